//! Passwords that came in clear.

use super::authentication::reasons;
use super::search::account;
use super::world::{RIGHT, World, accepted};
use crate::access::{Identity, View};
use crate::authentication::{Channel, Door, Outcome, Request, Who};
use crate::recorder::{Missed, REFUSED_CONTROLS};
use crate::records::{Settings, Visibility};

#[test]
fn an_organization_that_demands_tls_looks_at_no_password_that_came_in_clear() {
    let world = World::new();
    let strict = Settings { require_tls: true, ..Settings::default() };
    let (acme, globex) = (world.organization_with("acme", strict), world.organization("globex"));
    world.user(acme, "ada");
    world.user(globex, "ada");
    let attempt = |organization, text, channel| {
        let request = world.request(organization, Who::User("ada".into()), text);
        world.attempt(Request { door: Door::Ldap(channel), ..request })
    };
    for text in [RIGHT, "wrong"] {
        assert!(matches!(attempt(acme, text, Channel::Clear), Outcome::Unprotected));
        assert_eq!(reasons(&world, acme, 1), ["the connection is not encrypted"]);
    }
    // Remembered or not, a password in clear is no password.
    assert!(accepted(&attempt(acme, RIGHT, Channel::Encrypted)));
    assert!(matches!(attempt(acme, RIGHT, Channel::Clear), Outcome::Unprotected));
    assert!(accepted(&attempt(globex, RIGHT, Channel::Clear)));
    assert!(matches!(attempt(globex, "wrong", Channel::Clear), Outcome::Reject));
}

#[test]
fn whoever_comes_in_clear_again_and_again_hides_nobody_else() {
    const HEARD: &str = "the connection is not encrypted";
    let world = World::new();
    let acme = world.organization("acme");
    world.user(acme, "ada");
    let come = |source: &str, times: usize| {
        for _ in 0..times {
            let (who, source) = (Who::User("ada".into()), source.parse().unwrap());
            world.directory.note_overheard(acme, who, source, world.now()).unwrap();
        }
    };
    let heard = || reasons(&world, acme, 100).iter().filter(|reason| *reason == HEARD).count();
    come("192.0.2.1", 25);
    assert_eq!(heard(), 10);
    come("192.0.2.2", 1);
    assert_eq!(heard(), 11);
    world.directory.tell_untold_failures(world.now());
    assert_eq!(heard(), 11, "the minute is not over");
    world.pass(60_000);
    world.directory.tell_untold_failures(world.now());
    let counted = "binds in clear within a minute beside those that are told: 15";
    assert_eq!(reasons(&world, acme, 1), [counted]);
    come("192.0.2.1", 1);
    assert_eq!(heard(), 12, "another minute has begun");
}

#[test]
fn controls_that_nobody_knows_are_noted_of_a_service_account_and_no_storm_hides_what_else_is() {
    let world = World::new();
    let acme = world.organization("acme");
    world.user(acme, "ada");
    let actor = account(&world, acme, "wiki", Visibility::Everything);
    let Some(Identity::ServiceAccount(account)) = actor.identity() else { panic!("{actor:?}") };
    let come = |who: Who, control: String, source: &str| {
        let by = (source.parse().unwrap(), world.now());
        world.directory.note_unknown_controls(acme, who, &[control], by).unwrap();
    };
    let noted = || -> Vec<String> {
        let reading = world.directory.read(world.top()).unwrap();
        let lines = reading.authorize::<View>(acme).unwrap().recorded(account).unwrap();
        lines.into_iter().map(|line| line.text).collect()
    };
    let wiki = || Who::ServiceAccount("wiki".into());
    come(Who::User("ada".into()), "1.2.3".into(), "192.0.2.1");
    come(Who::ServiceAccount("other".into()), "1.2.3".into(), "192.0.2.1");
    assert_eq!(noted(), [""; 0]);
    let told = |control: &str| noted().contains(&format!("a bind was refused for {control}"));
    world.directory.note_missed(actor, Missed::Base, "what it asked itself", world.now());
    for number in 0..100 {
        world.pass(1);
        come(wiki(), format!("1.2.{number}"), "192.0.2.1");
    }
    assert!(told("1.2.9") && !told("1.2.10") && !told("1.2.1"), "{:?}", noted());
    assert_eq!(noted().len(), 1 + REFUSED_CONTROLS);
    world.pass(1);
    come(wiki(), "1.3".into(), "192.0.2.2");
    assert!(told("1.3"));
    assert!(noted().contains(&"what it asked itself".to_owned()), "{:?}", noted());
    world.pass(60_000);
    world.directory.tell_untold_failures(world.now());
    come(wiki(), "1.4".into(), "192.0.2.1");
    assert!(told("1.4"), "another minute has begun");
}
