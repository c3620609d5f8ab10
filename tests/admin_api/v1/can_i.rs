//! `/v1/me/can-i`, `/v1/admins/{admin}/can-i` and the same of an organization.

use serde_json::{Value, json};

use crate::harness::admin::Admin;
use crate::harness::office::Office;

/// What an admin is told about one deed: whether it is allowed, and the codes of what is in the way.
fn told(shown: &Value) -> (bool, Vec<String>) {
    let answer = &shown["answers"][0];
    let reasons = answer["reasons"].as_array().unwrap().iter();
    let codes = reasons.map(|reason| reason["code"].as_str().unwrap().to_owned());
    (answer["allowed"].as_bool().unwrap(), codes.collect())
}

fn asks(admin: &Admin, question: &str) -> (bool, Vec<String>) {
    let answer = admin.session.get(&format!("/v1/me/can-i?{question}"));
    assert_eq!(answer.status, 200, "{question}: {answer:?}");
    told(&answer.json())
}

#[test]
fn what_is_told_is_what_happens() {
    let office = Office::new();
    let helper = office.provider_admin("help_desk", &json!({"organizations": [office.id]}));
    let here = format!("organization={}", office.id);
    let refused = asks(&helper, &format!("operation=create_group&{here}"));
    assert_eq!(refused, (false, vec!["permission".to_owned()]));
    let group = json!({"name": "staff"});
    assert_eq!(helper.session.send("POST", &office.path("groups"), Some(&group)).status, 403);
    assert_eq!(asks(&helper, &format!("operation=list_groups&{here}")), (true, vec![]));
    assert_eq!(helper.session.get(&office.path("groups")).status, 200);
    assert!(asks(&helper, &format!("permission=recover_accounts&{here}")).0);
    assert_eq!(asks(&helper, "operation=show_me"), (true, vec![]));
    let scoped =
        office.provider_admin("administrator_with_billing", &json!({"organizations": [office.id]}));
    let create = asks(&scoped, "operation=create_organization");
    assert_eq!(create, (false, vec!["scope_of_all".to_owned()]));
    let own = office.admin("administrator_with_billing");
    let delete = asks(&own, &format!("operation=delete_organization&{here}"));
    assert_eq!(delete, (false, vec!["never_theirs".to_owned()]));
    assert_eq!(asks(&own, "operation=list_admins"), (false, vec!["provider_only".to_owned()]));
    let all = helper.session.get(&format!("/v1/me/can-i?{here}")).json();
    let allowed = all["answers"].as_array().unwrap().iter().filter(|it| it["allowed"] == true);
    let allowed: Vec<_> = allowed.map(|answer| &answer["permission"]).collect();
    assert_eq!(allowed, ["recover_accounts", "view"]);
}

#[test]
fn what_names_its_organization_in_the_body_and_what_needs_no_permission_is_told_as_well() {
    let office = Office::new();
    let here = format!("operation=agree_on_plan&organization={}", office.id);
    let top = "administrator_with_billing";
    let scoped = office.provider_admin(top, &json!({"organizations": [office.id]}));
    assert_eq!(asks(&scoped, &here), (true, vec![]));
    let own = office.admin(top);
    assert_eq!(asks(&own, &here), (false, vec!["provider_only".to_owned()]));
    let without = scoped.session.get("/v1/me/can-i?operation=agree_on_plan");
    assert_eq!(without.json()["pointer"], "/organization", "{without:?}");
    let question = "operation=create_own_key";
    assert_eq!(asks(&own, question), (false, vec!["api_access_off".to_owned()]));
    let by_key = office.demo.api_as_top().get(&format!("/v1/me/can-i?{question}"));
    let (allowed, reasons) = told(&by_key.json());
    assert!(!allowed && reasons.contains(&"fresh_session".to_owned()), "{by_key:?}");
    let here = format!("organization={}", office.id);
    for question in [
        "operation=set_admin_password".to_owned(),
        format!("operation=reset_organization_admin_mfa&{here}"),
    ] {
        let by_key = office.demo.api_as_top().get(&format!("/v1/me/can-i?{question}"));
        assert_eq!(told(&by_key.json()), (false, vec!["fresh_session".to_owned()]), "{question}");
    }
    for question in [
        "operation=invite_admin".to_owned(),
        "operation=update_admin".to_owned(),
        "operation=activate_admin".to_owned(),
        format!("operation=update_organization_admin&{here}"),
    ] {
        let by_key = office.demo.api_as_top().get(&format!("/v1/me/can-i?{question}"));
        let said = (true, vec!["fresh_session".to_owned()]);
        assert_eq!(told(&by_key.json()), said, "not of who manages admins: {question}");
    }
    let chief = office.provider_admin(top, &json!("all"));
    assert_eq!(asks(&chief, "operation=reset_admin_mfa"), (true, vec![]));
    assert_eq!(asks(&chief, "operation=create_admin"), (true, vec![]));
    assert_eq!(asks(&chief, "operation=update_admin"), (true, vec![]));
}

#[test]
fn an_organization_out_of_sight_does_not_exist_here_either() {
    let (office, other) = (Office::new(), Office::new());
    let helper = office.provider_admin("help_desk", &json!({"organizations": [office.id]}));
    let never = "01890000-0000-7000-8000-000000000000";
    let ask = |path: &str, id: &str| {
        let answer = helper.session.get(&format!("{path}/can-i?permission=view&organization={id}"));
        (answer.status, answer.body)
    };
    let admin = office.provider_admin("manager", &json!("all"));
    for path in ["/v1/me", &admin.place] {
        assert_eq!(ask(path, &other.id).0, 404, "{path}");
        assert_eq!(ask(path, &other.id), ask(path, never), "{path}");
        assert_eq!(ask(path, &office.id).0, 200, "{path}");
    }
}

#[test]
fn of_others_is_told_why_they_may_not_even_sign_in() {
    let office = Office::new();
    let here = format!("permission=manage_identities&organization={}", office.id);
    let of = |place: &str| {
        let answer = office.top.get(&format!("{place}/can-i?{here}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        told(&answer.json())
    };
    let (id, _) = office.add_admin("/v1/admins", &json!({"role": "manager"}));
    let fresh = of(&format!("/v1/admins/{id}"));
    assert_eq!(fresh, (false, vec!["mfa_missing".to_owned(), "scope".to_owned()]));
    let admin = office.provider_admin("manager", &json!("all"));
    assert_eq!(of(&admin.place), (true, vec![]));
    assert_eq!(office.top.send("POST", &format!("{}/suspend", admin.place), None).status, 200);
    assert_eq!(of(&admin.place), (false, vec!["suspended".to_owned()]));
    let own = office.admin("read_only");
    assert_eq!(of(&own.place), (false, vec!["permission".to_owned()]));
    let usual = office.top.get(&format!("{}/can-i", own.place)).json();
    assert_eq!(
        (&usual["organization"], usual["answers"].as_array().unwrap().len()),
        (&json!(office.id), 8)
    );
}

#[test]
fn the_networks_of_another_admin_are_judged_where_an_address_is_named() {
    let office = Office::new();
    let admin = office.provider_admin("manager", &json!("all"));
    let sources = json!({"sources": ["127.0.0.0/8", "192.0.2.0/24"]});
    assert_eq!(office.top.send("PATCH", &admin.place, Some(&sources)).status, 200);
    let of = |from: &str| {
        let question = format!("permission=view&organization={}{from}", office.id);
        let answer = office.top.get(&format!("{}/can-i?{question}", admin.place)).json();
        (told(&answer), answer["from"].clone())
    };
    assert_eq!(of(""), ((true, vec![]), json!(null)), "nothing was judged");
    assert_eq!(of("&from=192.0.2.7"), ((true, vec![]), json!("192.0.2.7")));
    let refused = (false, vec!["network".to_owned()]);
    assert_eq!(of("&from=198.51.100.7"), (refused, json!("198.51.100.7")));
    let nowhere = office.top.get(&format!("{}/can-i?from=there", admin.place));
    assert_eq!((nowhere.status, &nowhere.json()["pointer"]), (400, &json!("/from")));
    let own = admin.session.get("/v1/me/can-i").json();
    assert_eq!(own["from"], "127.0.0.1", "who asks is let in from there");
    assert_eq!(admin.session.get("/v1/me/can-i?from=192.0.2.7").status, 400);
}

#[test]
fn a_question_that_makes_no_sense_is_told_where() {
    let office = Office::new();
    for (question, pointer) in [
        ("operation=fly", "/operation"),
        ("permission=fly", "/permission"),
        ("permission=view&operation=show_me", "/permission"),
        ("permission=manage_identities", "/organization"),
        ("operation=create_user", "/organization"),
    ] {
        let answer = office.top.get(&format!("/v1/me/can-i?{question}"));
        assert_eq!(
            (answer.status, &answer.json()["pointer"]),
            (422, &json!(pointer)),
            "{question}"
        );
    }
    let with = format!("/v1/me/can-i?operation=list_admins&organization={}", office.id);
    assert_eq!(office.top.get(&with).json()["pointer"], "/organization");
    assert_eq!(office.top.get("/v1/me/can-i?nonsense=1").status, 400);
}
