//! `/v1/organizations/{organization}/service-accounts`.

use serde_json::{Value, json};

use crate::harness::ldap::Ldap;
use crate::harness::office::{Office, id_of};

fn ldap(office: &Office, account: &Value) -> Ldap {
    let text = |field: &str| account[field].as_str().unwrap();
    let uri = format!("ldap://{}", office.demo.ldap);
    Ldap::at(uri, &office.demo.ca_file, false).bound(text("dn"), text("password"))
}

#[test]
fn its_password_is_shown_when_it_is_made_and_when_it_is_rotated_and_never_else() {
    let office = Office::new();
    let made = office.make("service-accounts", &json!({"name": "nextcloud"}));
    let (id, first) = (id_of(&made), made["password"].as_str().unwrap());
    assert_eq!(ldap(&office, &made).who_am_i().code, 0);
    let place = format!("service-accounts/{id}");
    for shown in [office.read(&place), office.read("service-accounts")] {
        assert!(!shown.to_string().contains("password"), "{shown}");
    }
    let rotated = office.act("POST", &format!("{place}/rotate"), None);
    let second = rotated["password"].as_str().unwrap();
    assert_ne!(first, second);
    assert_eq!(ldap(&office, &made).who_am_i().code, 49);
    let now = json!({"dn": made["dn"], "password": second});
    assert_eq!(ldap(&office, &now).who_am_i().code, 0);
    office.act("PATCH", &place, Some(&json!({"suspended": true})));
    assert_eq!(ldap(&office, &now).who_am_i().code, 49);
    office.act("PATCH", &place, Some(&json!({"suspended": false})));
    assert_eq!(ldap(&office, &now).who_am_i().code, 0);
    office.act("DELETE", &place, None);
    assert_eq!(ldap(&office, &now).who_am_i().code, 49);
}

#[test]
fn what_it_sees_is_what_its_visibility_says_from_the_next_search_on() {
    let office = Office::new();
    let ada = office.user("ada", "correct horse battery");
    office.user("grace", "correct horse battery");
    let group = office.group("staff", &[&ada], &[]);
    let made = office.make(
        "service-accounts",
        &json!({"name": "application", "visibility": {"groups": [group]}}),
    );
    let application = ldap(&office, &made);
    let people = || {
        let found = application.search(&office.base, "sub", "(uid=*)", &["uid"]);
        assert_eq!(found.code, 0, "{found:?}");
        let mut logins: Vec<String> =
            found.entries.iter().map(|entry| entry.value("uid").to_owned()).collect();
        logins.sort_unstable();
        logins
    };
    assert_eq!(people(), ["ada"]);
    let place = format!("service-accounts/{}", id_of(&made));
    office.act("PATCH", &place, Some(&json!({"visibility": "everything"})));
    assert_eq!(people(), ["ada", "grace"]);
}
