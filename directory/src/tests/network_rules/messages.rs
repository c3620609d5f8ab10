//! What rules that reject tell users.

use super::{Office, pap, rule};
use crate::authentication::{Door, Outcome, Request, Who};
use crate::error::Error;
use crate::network::{Circumstances, NetworkMethod};
use crate::records::{Conditions, RuleVerdict};

const TEXT: &str = "Ask the help desk.";

fn saying(text: &str) -> RuleVerdict {
    RuleVerdict::RejectSaying(text.into())
}

#[test]
fn a_rule_tells_why_it_rejects_whoever_was_proven_and_nobody_else() {
    let office = Office::new();
    let client = office.client(vec![rule("closed", Conditions::default(), saying(TEXT))]);
    let client = client.unwrap();
    let Outcome::Refused(message) = office.login(client, "ada", pap()) else {
        panic!("nothing is told")
    };
    assert_eq!(&*message, TEXT);
    let (rule, reason) = office.told();
    assert_eq!(rule.as_deref(), Some("closed"));
    assert_eq!(reason.as_deref(), Some("the rule rejects whom it is about"));
    for login in ["ada", "nobody"] {
        let request = office.world.request(office.acme, Who::User(login.into()), "wrong");
        let request = Request { door: Door::Radius(client, pap()), ..request };
        assert!(matches!(office.world.attempt(request), Outcome::Reject), "{login}");
    }
    let told = |method| office.explained(client, "ada", Circumstances::of(method)).message;
    assert_eq!(told(NetworkMethod::Pap).as_deref(), Some(TEXT));
    assert_eq!(told(NetworkMethod::EapTtls), None);
}

#[test]
fn what_a_rule_tells_fits_into_an_attribute() {
    let office = Office::new();
    for text in [String::new(), "x".repeat(248), "two\nlines".to_owned()] {
        let made = office.client(vec![rule("closed", Conditions::default(), saying(&text))]);
        let Err(Error::Invalid(invalid)) = made else { panic!("{text} is taken") };
        assert_eq!(invalid.pointer, "/rules/0/reply_message");
    }
    let longest = "x".repeat(247);
    office.client(vec![rule("closed", Conditions::default(), saying(&longest))]).unwrap();
}
