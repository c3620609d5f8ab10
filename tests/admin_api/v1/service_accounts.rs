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
        assert!(!shown.to_string().contains(first), "{shown}");
    }
    let at_once = json!({"keep_previous_seconds": 0});
    let rotated = office.act("POST", &format!("{place}/rotate"), Some(&at_once));
    let second = rotated["password"].as_str().unwrap();
    assert_ne!(first, second);
    assert_eq!(rotated["previous_password_until"], json!(null));
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

#[test]
fn the_password_before_counts_for_a_while_and_events_tell_which_one_was_used() {
    let office = Office::new();
    let made = office.make("service-accounts", &json!({"name": "nextcloud"}));
    let place = format!("service-accounts/{}", id_of(&made));
    let open = ldap(&office, &made);
    assert_eq!(open.who_am_i().code, 0);
    // Nothing is said of how long: a day.
    let rotated = office.act("POST", &format!("{place}/rotate"), None);
    assert!(rotated["previous_password_until"].is_string(), "{rotated}");
    assert_eq!(office.read(&place)["previous_password_until"], rotated["previous_password_until"]);
    let now = json!({"dn": made["dn"], "password": rotated["password"]});
    let used = || {
        let bound = office.event("ldap_bind");
        bound["differences"][0]["after"].clone()
    };
    let binds = |with: &Value| ldap(&office, with).who_am_i().code;
    assert_eq!((binds(&made), binds(&made)), (0, 0), "it is remembered as well");
    let told = |_| used() == "previous";
    assert!((0..10_000).any(told), "{:?}", office.events());
    assert_eq!((binds(&now), binds(&now)), (0, 0));
    let told = |_| used() == json!(null);
    assert!((0..10_000).any(told), "{:?}", office.events());
    assert_eq!(binds(&json!({"dn": made["dn"], "password": "neither"})), 49);

    office.act("DELETE", &format!("{place}/previous-password"), None);
    assert_eq!((binds(&made), binds(&now)), (49, 0));
    assert_eq!(office.read(&place)["previous_password_until"], json!(null));

    // Of two rotations the first password is none of the two that live.
    let again = office.act("POST", &format!("{place}/rotate"), Some(&json!({})));
    let newest = json!({"dn": made["dn"], "password": again["password"]});
    assert_eq!((binds(&made), binds(&now), binds(&newest)), (49, 0, 0));
    let long = json!({"keep_previous_seconds": 2_592_001});
    let refused = office.top.send("POST", &office.path(&format!("{place}/rotate")), Some(&long));
    assert_eq!(refused.status, 422, "{refused:?}");
    let short =
        office.act("POST", &format!("{place}/rotate"), Some(&json!({"keep_previous_seconds": 1})));
    assert!(short["previous_password_until"].is_string());
    let over = |_| binds(&newest) == 49;
    assert!((0..10_000).any(over), "it counts longer than it was to");
}
