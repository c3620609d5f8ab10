//! Section 3.3: a copy is brought up to date from time to time.

use serde_json::json;

use super::consumer::Consumer;
use super::{
    EVERYTHING, PASSWORD, PEOPLE, application, change_members, dismiss, entitle, hire, reader,
    rename,
};
use crate::harness::ldap::Ldap;
use crate::harness::office::{Office, id_of};

const POLL: &str = "refreshOnly";

#[test]
fn a_copy_gets_everything_once_and_then_what_changed() {
    let office = Office::new();
    let (ada, bob) = (hire(&office, "ada"), hire(&office, "bob"));
    let staff = office.group("staff", &[&ada], &[]);
    let mut copy = Consumer::new(POLL, &office, &reader(&office), EVERYTHING);
    let first = copy.poll();
    let new = |name: &str| first.contains(&format!("new {name}"));
    let base = office.base.split(',').next().unwrap();
    assert!(
        [base, "ou=people", "uid=ada", "uid=bob", "cn=staff", "cn=reader"].into_iter().all(new)
    );
    assert_eq!(copy.poll().len(), 1, "nothing changed");

    entitle(&office, &ada, "Countess");
    assert_eq!(copy.poll()[..1], ["changed uid=ada"]);
    change_members(&office, &staff, "add", &bob);
    let said = copy.poll();
    assert_eq!(said[..2], ["changed uid=bob", "changed cn=staff"]);
    assert_eq!(said.len(), 3, "nothing of Ada, who is in the group as well: {said:?}");
    rename(&office, &bob, "robert");
    assert_eq!(copy.poll()[..2], ["changed uid=robert", "changed cn=staff"]);

    dismiss(&office, &bob);
    let cyd = hire(&office, "cyd");
    let said = copy.poll();
    assert_eq!(said[..3], ["gone uid=robert", "new uid=cyd", "changed cn=staff"], "{said:?}");
    assert_eq!(said.len(), 4);
    dismiss(&office, &cyd);
    assert_eq!(copy.poll()[..1], ["gone uid=cyd"]);
    assert_eq!(copy.poll().len(), 1, "nothing changed");
}

#[test]
fn who_does_not_match_any_more_is_gone_and_comes_back() {
    let office = Office::new();
    let ada = hire(&office, "ada");
    let bob = hire(&office, "bob");
    let staff = office.group("staff", &[&ada, &bob], &[]);
    let filter = format!("(&{PEOPLE}(memberOf=cn=staff,ou=groups,{}))", office.base);
    let mut copy = Consumer::new(POLL, &office, &reader(&office), &filter);
    assert_eq!(copy.poll().last().unwrap(), "copy uid=ada uid=bob");
    change_members(&office, &staff, "remove", &ada);
    assert_eq!(copy.poll(), ["gone uid=ada", "copy uid=bob"]);
    change_members(&office, &staff, "add", &ada);
    assert_eq!(copy.poll(), ["new uid=ada", "copy uid=ada uid=bob"]);
    // Under another name the group is another one for this filter.
    office.act("PATCH", &format!("groups/{staff}"), Some(&json!({"name": "crew"})));
    assert_eq!(copy.poll(), ["gone uid=ada", "gone uid=bob", "copy"]);
}

#[test]
fn what_all_entries_rest_on_makes_them_come_anew() {
    let office = Office::new();
    let ada = hire(&office, "ada");
    let mut copy = Consumer::new(POLL, &office, &reader(&office), PEOPLE);
    copy.poll();
    office.make("custom-attributes", &json!({"name": "officeShoeSize", "syntax": "integer"}));
    assert_eq!(copy.poll(), ["changed uid=ada", "copy uid=ada"]);
    dismiss(&office, &ada);
    office.set(&json!({"users_see_people": false}));
    assert_eq!(copy.poll(), ["gone uid=ada", "copy"]);
}

#[test]
fn who_names_somebody_else_is_told_anew_when_they_are_renamed_or_deleted() {
    let office = Office::new();
    office.make("custom-attributes", &json!({"name": "manager", "syntax": "reference"}));
    let (ada, bob) = (hire(&office, "ada"), hire(&office, "bob"));
    hire(&office, "cyd");
    let under = json!({"custom": {"manager": "ada"}});
    office.act("PATCH", &format!("users/{bob}"), Some(&under));
    let mut copy = Consumer::new(POLL, &office, &reader(&office), PEOPLE);
    copy.poll();
    rename(&office, &ada, "countess");
    let said = copy.poll();
    assert_eq!(said[..2], ["changed uid=countess", "changed uid=bob"], "{said:?}");
    entitle(&office, &ada, "Countess");
    assert_eq!(copy.poll()[..2], ["changed uid=countess", "copy uid=bob uid=countess uid=cyd"]);
    dismiss(&office, &ada);
    let said = copy.poll();
    assert_eq!(said, ["gone uid=countess", "changed uid=bob", "copy uid=bob uid=cyd"]);
}

#[test]
fn who_matches_by_a_chain_of_references_comes_and_goes_with_its_links() {
    let office = Office::new();
    office.make("custom-attributes", &json!({"name": "manager", "syntax": "reference"}));
    let users = ["ada", "bob", "cyd"].map(|login| hire(&office, login));
    let manage = |user: &str, manager: &serde_json::Value| {
        let fields = json!({"custom": {"manager": manager}});
        office.act("PATCH", &format!("users/{user}"), Some(&fields));
    };
    manage(&users[1], &json!("ada"));
    manage(&users[2], &json!("bob"));
    let filter = format!("(manager:1.2.840.113556.1.4.1941:={})", office.user_dn("ada"));
    let mut polled = Consumer::new(POLL, &office, &reader(&office), &filter);
    let last = |said: Vec<String>| said.last().unwrap().clone();
    assert_eq!(last(polled.poll()), "copy uid=bob uid=cyd");
    manage(&users[1], &json!(null));
    assert_eq!(last(polled.poll()), "copy");
    manage(&users[1], &json!("ada"));
    assert_eq!(last(polled.poll()), "copy uid=bob uid=cyd", "Cyd did not change");
}

#[test]
fn a_copy_holds_what_its_keeper_sees_and_no_more() {
    let office = Office::new();
    let (ada, bob) = (hire(&office, "ada"), hire(&office, "bob"));
    let staff = office.group("staff", &[&ada], &[]);
    let who = application(&office, "narrow", &json!({"groups": [staff]}));
    let mut copy = Consumer::new(POLL, &office, &who, "(|(uid=*)(cn=*))");
    let first = copy.poll();
    assert_eq!(first.last().unwrap(), "copy cn=narrow cn=staff uid=ada");
    entitle(&office, &bob, "Baron");
    dismiss(&office, &bob);
    assert_eq!(copy.poll(), ["present 3", "copy cn=narrow cn=staff uid=ada"], "not of Bob");
    let cyd = hire(&office, "cyd");
    change_members(&office, &staff, "add", &cyd);
    let said = copy.poll();
    assert_eq!(said[..2], ["new uid=cyd", "changed cn=staff"], "{said:?}");
    change_members(&office, &staff, "remove", &ada);
    let said = copy.poll();
    assert_eq!(said.last().unwrap(), "copy cn=narrow cn=staff uid=cyd");
    assert!(said.contains(&"gone uid=ada".to_owned()), "{said:?}");
}

#[test]
fn a_user_keeps_a_copy_of_what_users_see() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let who = (office.user_dn("ada"), PASSWORD.to_owned());
    office.set(&json!({"users_see_people": false}));
    let mut copy = Consumer::new(POLL, &office, &who, PEOPLE);
    let bob = hire(&office, "bob");
    assert_eq!(copy.poll(), ["new uid=ada", "copy uid=ada"]);
    office.set(&json!({"users_see_people": true}));
    assert_eq!(copy.poll().last().unwrap(), "copy uid=ada uid=bob");
    dismiss(&office, &bob);
    assert_eq!(copy.poll(), ["gone uid=bob", "copy uid=ada"]);
}

#[test]
fn a_cookie_is_worth_nothing_in_another_search_or_to_somebody_else() {
    let office = Office::new();
    hire(&office, "ada");
    let (reader, other) = (reader(&office), application(&office, "other", &json!("everything")));
    let poll = |who: &(String, String), filter: &str, cookie: &str| {
        let ldap = office.demo.ldap().bound(&who.0, &who.1);
        let copied = format!("!sync=ro/{cookie}");
        let tool = ldap.tool("ldapsearch").args(["-b", &office.base, "-E", &copied, filter, "uid"]);
        let found = tool.run();
        assert_eq!(found.code, 0, "{found:?}");
        let given = found.stdout.lines().find_map(|line| line.split_once("ookie: "));
        let given = given.unwrap_or_else(|| panic!("no cookie: {found:?}")).1.to_owned();
        (found.stdout.matches("\ndn: ").count(), given)
    };
    let (all, cookie) = poll(&reader, PEOPLE, "");
    assert_eq!(all, 1);
    assert!(cookie.starts_with("rid=000,csn=2"), "{cookie}");
    assert_eq!(poll(&reader, PEOPLE, &cookie).0, 0, "nothing changed");
    assert_eq!(poll(&reader, "(uid=*)", &cookie).0, 1, "another search");
    assert_eq!(poll(&other, PEOPLE, &cookie).0, 1, "somebody else");
    let forged = cookie.replace("#000#", "#000#f");
    assert_eq!(poll(&reader, PEOPLE, &forged).0, 1, "not ours");
    let replica = cookie.replace("rid=000", "rid=042");
    let (none, given) = poll(&reader, PEOPLE, &replica);
    assert_eq!((none, given.starts_with("rid=042,")), (0, true), "the replica's own number");
}

#[test]
fn pages_order_and_views_do_not_go_with_a_copy_and_nobody_keeps_one_unnamed() {
    let office = Office::new();
    let (dn, password) = reader(&office);
    let ldap = office.demo.ldap().bound(&dn, &password);
    for other in ["pr=10/noprompt", "sss=uid"] {
        let both = ldap.clone().with(["-E", "sync=ro", "-E", other]);
        let refused = both.search(&office.base, "sub", PEOPLE, &["uid"]);
        assert_eq!((refused.code, refused.entries.len()), (2, 0), "{other}");
    }
    let root = ldap.with(["-E", "!sync=ro"]).search("", "base", EVERYTHING, &["+"]);
    assert_eq!((root.code, root.entries.len()), (53, 0));
    let nobody = office.demo.ldap().with(["-E", "!sync=ro"]);
    let refused = nobody.search(&office.base, "sub", EVERYTHING, &["uid"]);
    assert_eq!((refused.code, refused.entries.len()), (50, 0));
    let group = id_of(&office.make("groups", &json!({"name": "staff"})));
    assert!(!group.is_empty());
    let listed = office.demo.ldap().search("", "base", EVERYTHING, &["supportedControl"]);
    assert!(listed.only().values("supportedControl").contains(&"1.3.6.1.4.1.4203.1.9.1.1"));
}

#[test]
fn section_3_5_2_no_copy_is_kept_by_following_aliases_below_the_base() {
    let office = Office::new();
    hire(&office, "ada");
    let (dn, password) = reader(&office);
    let ldap = office.demo.ldap().bound(&dn, &password);
    for (aliases, code) in [("never", 0), ("find", 0), ("search", 2), ("always", 2)] {
        let plain = ldap.clone().with(["-a", aliases]);
        let search = |client: &Ldap| client.search(&office.base, "sub", PEOPLE, &["uid"]).code;
        assert_eq!(search(&plain), 0, "{aliases}");
        assert_eq!(search(&plain.with(["-E", "!sync=ro"])), code, "{aliases}");
    }
}

#[test]
fn a_copy_of_many_is_told_in_many_messages_which_are_left() {
    const MANY: usize = 300;
    let office = Office::new();
    let users: Vec<String> = (0..MANY).map(|n| hire(&office, &format!("u{n:03}"))).collect();
    let members: Vec<&str> = users.iter().map(String::as_str).collect();
    let staff = office.group("staff", &members, &[]);
    let who = application(&office, "narrow", &json!({"groups": [staff]}));
    let mut copy = Consumer::new(POLL, &office, &who, PEOPLE);
    let first = copy.poll();
    assert_eq!(first.iter().filter(|said| said.starts_with("new")).count(), MANY);
    entitle(&office, &users[7], "Countess");
    let gone = &users[MANY - 1];
    dismiss(&office, gone);
    let said = copy.poll();
    assert_eq!(said[0], "changed uid=u007");
    let present = said.iter().filter_map(|said| said.strip_prefix("present "));
    let present: Vec<usize> = present.map(|count| count.parse().unwrap()).collect();
    assert_eq!(present.iter().sum::<usize>(), MANY - 2, "{present:?}");
    assert!(present.len() > 1 && present.iter().all(|count| *count <= 256), "{present:?}");
    assert!(said.contains(&format!("gone uid=u{:03}", MANY - 1)));
}
