//! `/v1/organizations`.

use std::collections::BTreeSet;

use serde_json::json;

use crate::harness::https::Https;
use crate::harness::ldap::Ldap;
use crate::harness::office::Office;

const PASSWORD: &str = "correct horse battery";

/// The code with which the organization's ada is answered when she binds.
fn bind(office: &Office) -> i32 {
    let uri = format!("ldap://{}", office.demo.ldap);
    let ldap = Ldap::at(uri, &office.demo.ca_file, false);
    ldap.bound(&office.user_dn("ada"), PASSWORD).who_am_i().code
}

#[test]
fn an_organization_is_made_shown_changed_suspended_deleted_and_restored() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let place = format!("/v1/organizations/{}", office.id);
    let api = office.demo.api_as_top();
    let shown = api.get(&place);
    assert_eq!((shown.status, &shown.json()["state"]), (200, &json!("active")));
    assert_eq!(shown.json()["base"], json!(office.base));
    assert_eq!(bind(&office), 0);
    let renamed = api.send("PATCH", &place, Some(&json!({"name": "Another Name"})));
    assert_eq!(renamed.json()["name"], "Another Name");
    let state = |verb: &str| api.send("POST", &format!("{place}/{verb}"), None).json();
    assert_eq!(state("suspend")["state"], "suspended");
    assert_eq!(bind(&office), 49);
    assert_eq!(state("activate")["state"], "active");
    assert_eq!(bind(&office), 0);
    assert_eq!(api.send("DELETE", &place, None).status, 400);
    let typed = |name: &str| api.send("DELETE", &format!("{place}?confirmation={name}"), None);
    assert_eq!(typed("another%20name").status, 422);
    assert_eq!(typed("Another%20Name").status, 204);
    assert_eq!(bind(&office), 49);
    assert_eq!(api.get(&place).status, 404);
    assert_eq!(api.get(&office.path("users")).status, 404);
    assert_eq!(state("restore")["state"], "suspended");
    assert_eq!(state("activate")["state"], "active");
    assert_eq!(bind(&office), 0);
}

#[test]
fn slugs_and_bases_are_unique_and_no_base_lies_under_another() {
    let office = Office::new();
    let (slug, base) = (&office.slug, &office.base);
    let create = |slug: &str, base: &str| {
        let fields = json!({"slug": slug, "name": "X", "base": base});
        office.top.send("POST", "/v1/organizations", Some(&fields))
    };
    let taken = |response: &crate::harness::curl::Response, pointer: &str| {
        assert_eq!(response.status, 409, "{response:?}");
        assert_eq!(response.json()["pointer"], pointer);
    };
    taken(&create(slug, &format!("dc=x-{slug},dc=example")), "/slug");
    taken(&create(&format!("x-{slug}"), base), "/base");
    taken(&create(&format!("x-{slug}"), &base.to_uppercase()), "/base");
    taken(&create(&format!("x-{slug}"), &format!("ou=x,{base}")), "/base");
    taken(&create(&format!("x-{slug}"), "dc=example"), "/base");
    for (slug, base) in [("UPPER", "dc=x"), ("-x", "dc=x"), ("", "dc=x"), ("x", ""), ("x", "x")] {
        assert_eq!(create(slug, base).status, 422, "{slug} {base}");
    }
}

#[test]
fn lists_come_in_pages_that_show_each_thing_once() {
    let office = Office::new();
    let names: BTreeSet<String> = (0..23).map(|number| format!("group {number:02}")).collect();
    for name in &names {
        office.group(name, &[], &[]);
    }
    for limit in [1, 7, 22, 23, 200] {
        let (mut seen, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let more = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let page = office.read(&format!("groups?limit={limit}{more}"));
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= limit);
            seen.extend(items.iter().map(|item| item["name"].as_str().unwrap().to_owned()));
            cursor = page["next"].as_str().map(ToOwned::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), names.len(), "pages of {limit}");
        assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), names);
    }
    for query in ["limit=0", "limit=201", "limit=-1", "limit=x", "cursor=x", "cursor=", "size=3"] {
        let response = office.top.get(&office.path(&format!("groups?{query}")));
        assert!(matches!(response.status, 400 | 422), "{query}: {response:?}");
    }
}

#[test]
fn settings_count_at_once() {
    let office = Office::new();
    let settings = office.read("settings");
    assert_eq!(settings["chap"], false);
    office.set(&json!({"password_minimum": 20, "lockout": {"threshold": 3}}));
    let settings = office.read("settings");
    assert_eq!(
        (&settings["password_minimum"], &settings["lockout"]["threshold"]),
        (&json!(20), &json!(3))
    );
    let fields = json!({"login": "ada", "display_name": "A", "surname": "L",
        "password": "nineteen letters ab"});
    let refused = office.top.send("POST", &office.path("users"), Some(&fields));
    assert_eq!((refused.status, &refused.json()["pointer"]), (422, &json!("/password")));
}

#[test]
fn lists_find_the_one_of_a_name_in_their_own_organization_and_scope() {
    let (office, other) = (Office::new(), Office::new());
    for (collection, fields) in [
        ("users", json!({"login": "ada", "display_name": "Ada", "surname": "L"})),
        ("groups", json!({"name": "Staff"})),
        ("service-accounts", json!({"name": "Wiki"})),
        ("radius-clients", json!({"name": "Gate", "sources": ["192.0.2.1/32"]})),
        ("reply-profiles", json!({"name": "Guests"})),
        ("devices", json!({"name": "Printer"})),
        ("custom-attributes", json!({"name": "costCenter", "syntax": "text"})),
    ] {
        office.make(collection, &fields);
        let name =
            fields["name"].as_str().or_else(|| fields["login"].as_str()).unwrap().to_uppercase();
        let named = |office: &Office, name: &str| {
            office.read(&format!("{collection}?name={name}"))["items"].as_array().unwrap().len()
        };
        assert_eq!(named(&office, &name), 1, "{collection}");
        assert_eq!(named(&office, "nobody"), 0, "{collection}");
        assert_eq!(named(&other, &name), 0, "{collection}");
    }
    let slugs = |by: &Https, slug: &str| {
        let page = by.send("GET", &format!("/v1/organizations?name={slug}"), None).json();
        page["items"].as_array().unwrap().len()
    };
    assert_eq!(slugs(&office.top, &office.slug.to_uppercase()), 1);
    let scoped = office.provider_admin("administrator", &json!({"organizations": [office.id]}));
    assert_eq!(slugs(&scoped.session, &office.slug), 1);
    assert_eq!(slugs(&scoped.session, &other.slug), 0, "out of scope is as if it were not there");
}
