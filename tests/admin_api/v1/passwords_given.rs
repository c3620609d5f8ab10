//! What an admin who sets a user's password is held to.

use serde_json::{Value, json};

use super::users::bind;
use crate::harness::https::Https;
use crate::harness::office::Office;

const PASSWORD: &str = "correct horse battery";

#[test]
fn a_help_desk_spares_nobody_the_change_that_the_policy_demands_after_a_reset() {
    let office = Office::new();
    let id = office.user("ada", PASSWORD);
    let path = office.path(&format!("users/{id}/password"));
    let set = |who: &Https, must_change: Value| {
        let body = json!({"password": "told by telephone", "must_change": must_change});
        who.send("PUT", &path, Some(&body))
    };
    let desk = office.admin("help_desk").session;
    let shown = || office.read(&format!("users/{id}"))["sign_in"]["must_change_password"].clone();
    assert_eq!(set(&desk, json!(false)).status, 204, "nothing is demanded");
    office.set(&json!({"password_policy": {"change_after_reset": true}}));
    let refused = set(&desk, json!(false));
    let told = refused.json();
    assert_eq!((refused.status, &told["type"]), (403, &json!("/problems/forbidden")), "{told}");
    assert_eq!(told["permission"], "manage_authentication");
    assert_eq!(shown(), false, "nothing was set");
    for said in [json!(null), json!(true)] {
        assert_eq!(set(&desk, said).status, 204);
        assert_eq!(shown(), true);
    }
    let administrator = office.admin("administrator").session;
    assert_eq!(set(&administrator, json!(false)).status, 204);
    assert_eq!(shown(), false);
}

#[test]
fn a_password_that_an_admin_sets_is_compared_with_the_history() {
    let office = Office::new();
    office.set(&json!({"password_policy": {"history": 2}}));
    let id = office.user("ada", PASSWORD);
    let desk = office.admin("help_desk").session;
    let set = |password: &str| {
        let body = json!({"password": password});
        desk.send("PUT", &office.path(&format!("users/{id}/password")), Some(&body))
    };
    let used = |password: &str| {
        let refused = set(password);
        let told = refused.json();
        assert_eq!((refused.status, &told["type"]), (422, &json!("/problems/invalid")), "{told}");
        assert_eq!(told["pointer"], "/password");
        assert_eq!(told["detail"], "was used before; choose one that is new");
    };
    used(PASSWORD);
    let event = office.event("password_set");
    assert_eq!((&event["subject"]["name"], &event["success"]), (&json!("ada"), &json!(false)));
    assert_eq!(set("told by telephone").status, 204);
    used(PASSWORD);
    assert_eq!(bind(&office, "ada", "told by telephone"), 0);
    assert_eq!(set("quite another one").status, 204);
    assert_eq!(set(PASSWORD).status, 204, "two others came in between");
    assert_eq!(bind(&office, "ada", PASSWORD), 0);
}

#[test]
fn common_passwords_in_disguise_and_the_organizations_name_are_refused() {
    let office = Office::new();
    let path = office.path(&format!("users/{}/password", office.user("ada", PASSWORD)));
    let refused = |password: &str| {
        let refused = office.top.send("PUT", &path, Some(&json!({"password": password})));
        assert_eq!((refused.status, &refused.json()["pointer"]), (422, &json!("/password")));
        refused.json()["detail"].as_str().unwrap().to_owned()
    };
    for common in ["P@55w0rd2024", "1Password1", "1qaz2wsx3edc", "24.12.1999"] {
        assert!(refused(common).contains("tried first"), "{common}");
    }
    let slug = format!("a chair of {} and a table", office.slug);
    for ours in [slug.as_str(), "a chair of the 0ff1ce"] {
        assert!(refused(ours).contains("name of the organization"), "{ours}");
    }
    let right = json!({"password": "a chair of the kitchen"});
    assert_eq!(office.top.send("PUT", &path, Some(&right)).status, 204);
}
