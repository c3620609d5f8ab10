//! What an admin changes is true at every connection at once.

use serde_json::json;

use crate::harness::ldap::Ldap;
use crate::harness::office::Office;
use crate::harness::raw::{self, Raw};

const OLD: &str = "correct horse battery";
const NEW: &str = "staple of another kind";

fn code(client: &Ldap) -> i32 {
    client.who_am_i().code
}

#[test]
fn a_changed_password_is_good_at_once_and_the_old_one_no_longer() {
    let office = Office::new();
    let ada = office.user("ada", OLD);
    // So often that a remembered check would be used.
    for _ in 0..3 {
        assert_eq!(code(&office.ldap_as("ada", OLD)), 0);
    }
    office.act("PUT", &format!("users/{ada}/password"), Some(&json!({"password": NEW})));
    assert_eq!(code(&office.ldap_as("ada", OLD)), 49);
    assert_eq!(code(&office.ldap_as("ada", NEW)), 0);
}

#[test]
fn a_suspended_user_can_neither_bind_nor_go_on_with_an_old_connection() {
    let office = Office::new();
    let ada = office.user("ada", OLD);
    let mut raw = Raw::bound(&office.demo.ldap, &office.user_dn("ada"), OLD);
    let mut look = |id| {
        raw.send(&raw::search(id, &office.user_dn("ada"), 0, raw::present("uid")));
        raw.receive_all_of(id).last().unwrap().code()
    };
    assert_eq!(look(2), 0);
    office.act("POST", &format!("users/{ada}/suspend"), None);
    assert_eq!(look(3), 50);
    assert_eq!(code(&office.ldap_as("ada", OLD)), 49);
    office.act("POST", &format!("users/{ada}/activate"), None);
    assert_eq!(code(&office.ldap_as("ada", OLD)), 0);
}

#[test]
fn a_deleted_user_is_gone_everywhere_and_a_new_one_of_the_name_inherits_nothing() {
    let office = Office::new();
    let client = office.ldap();
    let ada = office.user("ada", OLD);
    office.group("staff", &[&ada], &[]);
    let is_in = format!("(memberOf=cn=staff,ou=groups,{})", office.base);
    assert_eq!(office.find(&client, &is_in, &["1.1"]).names(), [office.user_dn("ada")]);
    office.act("DELETE", &format!("users/{ada}"), None);
    assert_eq!(code(&office.ldap_as("ada", OLD)), 49);
    assert!(office.find(&client, "(uid=ada)", &["1.1"]).names().is_empty());
    assert!(office.find(&client, &is_in, &["1.1"]).names().is_empty());
    let member = format!("(member={})", office.user_dn("ada"));
    assert!(office.find(&client, &member, &["1.1"]).names().is_empty());
    office.user("ada", NEW);
    assert_eq!(code(&office.ldap_as("ada", OLD)), 49);
    assert_eq!(code(&office.ldap_as("ada", NEW)), 0);
    assert!(office.find(&client, &is_in, &["1.1"]).names().is_empty());
    let staff = office.find(&client, "(cn=staff)", &["member"]);
    assert!(staff.only().values("member").is_empty());
}

#[test]
fn a_renamed_user_keeps_the_uuid_and_the_groups_under_the_new_name() {
    let office = Office::new();
    let client = office.ldap();
    let ada = office.user("ada", OLD);
    office.group("staff", &[&ada], &[]);
    let before = office.find(&client, "(uid=ada)", &["entryUUID"]);
    let uuid = before.only().value("entryUUID").to_owned();
    office.act("PATCH", &format!("users/{ada}"), Some(&json!({"login": "augusta"})));
    let after = office.find(&client, "(uid=augusta)", &["entryUUID", "memberOf"]);
    assert_eq!(after.only().value("entryUUID"), uuid);
    assert_eq!(after.only().values("memberOf").len(), 1);
    let staff = office.find(&client, "(cn=staff)", &["member"]);
    assert_eq!(staff.only().values("member"), [office.user_dn("augusta")]);
    let old = client.search(&office.user_dn("ada"), "base", "(objectClass=*)", &[]);
    assert_eq!(old.code, 32);
    assert_eq!(code(&office.ldap_as("augusta", OLD)), 0);
    assert_eq!(code(&office.ldap_as("ada", OLD)), 49);
}

#[test]
fn memberships_follow_nested_groups_as_they_change() {
    let office = Office::new();
    let client = office.ldap();
    let ada = office.user("ada", OLD);
    let inner = office.group("inner", &[&ada], &[]);
    let outer = office.group("outer", &[], &[&inner]);
    let is_in = format!("(&(uid=ada)(memberOf=cn=outer,ou=groups,{}))", office.base);
    assert_eq!(office.find(&client, &is_in, &["1.1"]).names().len(), 1);
    let leave = json!({"remove": {"groups": [inner]}});
    office.act("PATCH", &format!("groups/{outer}/members"), Some(&leave));
    assert!(office.find(&client, &is_in, &["1.1"]).names().is_empty());
    let come = json!({"add": {"groups": [inner]}});
    office.act("PATCH", &format!("groups/{outer}/members"), Some(&come));
    assert_eq!(office.find(&client, &is_in, &["1.1"]).names().len(), 1);
    office.act("DELETE", &format!("groups/{inner}"), None);
    assert!(office.find(&client, &is_in, &["1.1"]).names().is_empty());
}

#[test]
fn an_application_that_sees_chosen_groups_sees_nothing_else() {
    let office = Office::new();
    let (ada, bob) = (office.user("ada", OLD), office.user("bob", OLD));
    let inner = office.group("inner", &[&ada], &[]);
    let outer = office.group("outer", &[], &[&inner]);
    let hidden = office.group("hidden", &[&ada, &bob], &[]);
    let (_, client) = office.application("narrow", &json!({"groups": [outer]}));
    let found = office.find(&client, "(|(uid=*)(objectClass=groupOfNames))", &["1.1"]);
    let group_dn = |name: &str| format!("cn={name},ou=groups,{}", office.base);
    let mut expected = [group_dn("inner"), group_dn("outer"), office.user_dn("ada")];
    expected.sort();
    assert_eq!(found.names(), expected);
    let bobs = client.search(&office.user_dn("bob"), "base", "(objectClass=*)", &[]);
    let nobodys = client.search(&office.user_dn("nobody"), "base", "(objectClass=*)", &[]);
    assert_eq!((bobs.code, nobodys.code), (32, 32));
    let groups = office.find(&client, "(uid=ada)", &["memberOf"]);
    assert!(!groups.only().values("memberOf").contains(&group_dn("hidden").as_str()));
    let by_hidden = format!("(memberOf={})", group_dn("hidden"));
    assert!(office.find(&client, &by_hidden, &["1.1"]).names().is_empty());
    assert_eq!(client.compare(&office.user_dn("bob"), "uid:bob").code, 32);
    drop(hidden);
}

#[test]
fn a_rotated_password_of_an_application_ends_the_old_one() {
    let office = Office::new();
    let (account, client) = office.application("portal", &json!("everything"));
    assert_eq!(code(&client), 0);
    let path = format!("service-accounts/{account}/rotate");
    let at_once = serde_json::json!({"keep_previous_seconds": 0});
    let rotated = office.act("POST", &path, Some(&at_once));
    assert_eq!(code(&client), 49);
    let dn = format!("cn=portal,ou=services,{}", office.base);
    let new = office.demo.ldap().bound(&dn, rotated["password"].as_str().unwrap());
    assert_eq!(code(&new), 0);
}

/// Asks over and over again on one connection; the result of each search.
struct Looking {
    raw: Raw,
    base: String,
    id: i64,
}

impl Looking {
    fn new(office: &Office, dn: &str, password: &str) -> Self {
        let raw = Raw::bound(&office.demo.ldap, dn, password);
        let mut looking = Self { raw, base: office.base.clone(), id: 1 };
        assert_eq!((looking.look(), looking.look()), (0, 0));
        looking
    }

    fn look(&mut self) -> i64 {
        self.id += 1;
        self.raw.send(&raw::search(self.id, &self.base, 2, raw::equal("uid", "ada")));
        self.raw.receive_all_of(self.id).last().unwrap().code()
    }
}

#[test]
fn a_connection_asks_nothing_more_once_what_proved_it_was_replaced() {
    let office = Office::new();
    let ada = office.user("ada", OLD);
    let mut user = Looking::new(&office, &office.user_dn("ada"), OLD);
    let made = office.make("service-accounts", &json!({"name": "portal"}));
    let (dn, password) = (made["dn"].as_str().unwrap(), made["password"].as_str().unwrap());
    let mut application = Looking::new(&office, dn, password);
    office.act("PUT", &format!("users/{ada}/password"), Some(&json!({"password": NEW})));
    assert_eq!((user.look(), application.look()), (50, 0));
    let rotate = format!("service-accounts/{}/rotate", made["id"].as_str().unwrap());
    office.act("POST", &rotate, Some(&json!({"keep_previous_seconds": 0})));
    assert_eq!(application.look(), 50);
}

#[test]
fn a_connection_outlives_a_former_password_by_no_search() {
    let office = Office::new();
    office.user("ada", OLD);
    let made = office.make("service-accounts", &json!({"name": "portal"}));
    let (dn, password) = (made["dn"].as_str().unwrap(), made["password"].as_str().unwrap());
    let mut application = Looking::new(&office, dn, password);
    let rotate = format!("service-accounts/{}/rotate", made["id"].as_str().unwrap());
    office.act("POST", &rotate, Some(&json!({"keep_previous_seconds": 1})));
    assert_eq!(application.look(), 0, "it counts still");
    let binds = || {
        let mut connection = Raw::connect(&office.demo.ldap);
        connection.send(&raw::bind(1, dn, password));
        connection.receive().unwrap().code()
    };
    // A new bind is refused as soon as its time is over.
    while binds() == 0 {}
    assert_eq!(application.look(), 50);
}

#[test]
fn a_suspended_organization_answers_nobody_until_it_is_activated() {
    let office = Office::new();
    office.user("ada", OLD);
    let client = office.ldap();
    assert_eq!(code(&client), 0);
    let mut raw = Raw::bound(&office.demo.ldap, &office.user_dn("ada"), OLD);
    office.act("POST", "suspend", None);
    assert_eq!(code(&client), 49);
    assert_eq!(code(&office.ldap_as("ada", OLD)), 49);
    raw.send(&raw::search(2, &office.user_dn("ada"), 0, raw::present("uid")));
    assert_eq!(raw.receive().unwrap().code(), 50);
    office.act("POST", "activate", None);
    assert_eq!(code(&client), 0);
    assert_eq!(code(&office.ldap_as("ada", OLD)), 0);
}
