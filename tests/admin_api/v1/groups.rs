//! `/v1/organizations/{organization}/groups`.

use serde_json::{Value, json};

use crate::harness::ldap::Ldap;
use crate::harness::office::{Office, id_of};

/// The names that LDAP finds with a filter, for an application of the organization.
struct Application {
    ldap: Ldap,
    base: String,
}

impl Application {
    fn of(office: &Office) -> Self {
        let made = office.make("service-accounts", &json!({"name": "application"}));
        let text = |field: &str| made[field].as_str().unwrap().to_owned();
        let uri = format!("ldap://{}", office.demo.ldap);
        let ldap = Ldap::at(uri, &office.demo.ca_file, false).bound(&text("dn"), &text("password"));
        Self { ldap, base: office.base.clone() }
    }

    fn logins(&self, filter: &str) -> Vec<String> {
        let found = self.ldap.search(&self.base, "sub", filter, &["uid"]);
        assert_eq!(found.code, 0, "{found:?}");
        let mut logins: Vec<String> =
            found.entries.iter().map(|entry| entry.value("uid").to_owned()).collect();
        logins.sort_unstable();
        logins
    }
}

#[test]
fn membership_shows_in_ldap_at_once_nested_groups_included() {
    let office = Office::new();
    let [ada, grace] = ["ada", "grace"].map(|login| office.user(login, "correct horse battery"));
    let application = Application::of(&office);
    let member_of = |name: &str| {
        let group = format!("cn={name},ou=groups,{}", office.base);
        application.logins(&format!("(&(objectClass=inetOrgPerson)(memberOf={group}))"))
    };
    let inner = office.group("inner", &[&ada], &[]);
    let outer = office.group("outer", &[&grace], &[&inner]);
    assert_eq!(member_of("inner"), ["ada"]);
    assert_eq!(member_of("outer"), ["ada", "grace"]);
    let members = format!("groups/{inner}/members");
    let change = json!({"add": {"users": [grace]}, "remove": {"users": [ada]}});
    office.act("PATCH", &members, Some(&change));
    assert_eq!(member_of("inner"), ["grace"]);
    assert_eq!(member_of("outer"), ["grace"]);
    let listed = office.read(&format!("groups/{outer}/members"));
    let kinds: Vec<&Value> =
        listed["items"].as_array().unwrap().iter().map(|member| &member["kind"]).collect();
    assert_eq!(kinds, ["user", "group"]);
    let groups = office.read(&format!("users/{grace}/groups"));
    assert!(groups["items"].as_array().unwrap().len() >= 2, "{groups}");
    office.act("DELETE", &format!("groups/{inner}"), None);
    assert_eq!(member_of("inner"), Vec::<String>::new());
    assert_eq!(member_of("outer"), ["grace"]);
    office.act("DELETE", &format!("users/{grace}"), None);
    assert_eq!(member_of("outer"), Vec::<String>::new());
}

#[test]
fn a_group_never_contains_itself_by_whatever_way() {
    let office = Office::new();
    let [one, two, three] = ["one", "two", "three"].map(|name| office.group(name, &[], &[]));
    let add = |group: &str, member: &str| {
        let change = json!({"add": {"groups": [member]}});
        office.top.send("PATCH", &office.path(&format!("groups/{group}/members")), Some(&change))
    };
    assert_eq!(add(&one, &two).status, 200);
    assert_eq!(add(&two, &three).status, 200);
    for (group, member) in [(&one, &one), (&two, &one), (&three, &one)] {
        let refused = add(group, member);
        assert_eq!(refused.status, 422, "{refused:?}");
        assert_eq!(refused.json()["pointer"], "/add/groups/0");
    }
}

#[test]
fn members_come_all_or_none() {
    let office = Office::new();
    let ada = office.user("ada", "correct horse battery");
    let group = office.group("staff", &[], &[]);
    let never = "01890000-0000-7000-8000-000000000000";
    let change = json!({"add": {"users": [ada, never]}});
    let path = office.path(&format!("groups/{group}/members"));
    let refused = office.top.send("PATCH", &path, Some(&change));
    assert_eq!((refused.status, &refused.json()["pointer"]), (422, &json!("/add/users/1")));
    assert_eq!(office.read(&format!("groups/{group}/members"))["items"], json!([]));
}

#[test]
fn a_group_that_gear_allows_is_not_deleted_under_it() {
    let office = Office::new();
    let group = office.group("staff", &[], &[]);
    let client = office.client("switch", &json!({"allowed_groups": [group]}));
    let place = office.path(&format!("groups/{group}"));
    let refused = office.top.send("DELETE", &place, None);
    assert_eq!((refused.status, &refused.json()["type"]), (409, &json!("/problems/in-use")));
    office.act("DELETE", &format!("radius-clients/{}", client.id), None);
    assert_eq!(office.top.send("DELETE", &place, None).status, 204);
    let again = office.make("groups", &json!({"name": "staff", "description": "Everybody"}));
    let renamed = json!({"name": "all staff", "description": null});
    let shown = office.act("PATCH", &format!("groups/{}", id_of(&again)), Some(&renamed));
    assert_eq!((&shown["name"], &shown["description"]), (&json!("all staff"), &Value::Null));
}
