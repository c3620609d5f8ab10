//! What LDAP would answer, as the admin API tells it, beside what LDAP answers.

use serde_json::{Value, json};

use crate::harness::ldap::Ldap;
use crate::harness::office::Office;

/// An organization with people, a group and an application that sees the group alone.
fn office() -> (Office, Ldap) {
    let office = Office::new();
    office.make("custom-attributes", &json!({"name": "badge", "syntax": "text"}));
    office.user("ada", "correct horse battery");
    let bob =
        json!({"login": "bob", "display_name": "Bob", "surname": "B", "mail": ["bob@x.example"]});
    let bob = office.make("users", &bob)["id"].as_str().unwrap().to_owned();
    let staff = office.group("staff", &[&bob], &[]);
    let fields = json!({"name": "wiki", "visibility": {"groups": [staff]}, "profile": "ad-like"});
    let made = office.make("service-accounts", &fields);
    let client = office.demo.ldap();
    let client = client.bound(made["dn"].as_str().unwrap(), made["password"].as_str().unwrap());
    (office, client)
}

fn explained(office: &Office, request: &Value) -> Value {
    office.act("POST", "ldap/explain", Some(request))
}

#[test]
fn a_search_is_explained_as_it_is_answered() {
    let (office, client) = office();
    let people = format!("cn=users,{}", office.base);
    for (base, scope, filter) in [
        (office.base.as_str(), "sub", "(objectClass=*)"),
        (office.base.as_str(), "sub", "(sAMAccountName=bob)"),
        (office.base.as_str(), "sub", "(sAMAccountName=ada)"),
        (office.base.as_str(), "one", "(cn=*)"),
        (people.as_str(), "one", "(mail=*@x.example)"),
        (people.as_str(), "base", "(cn=users)"),
        ("ou=nowhere", "sub", "(cn=*)"),
        (&format!("cn=nobody,{people}"), "base", "(cn=*)"),
        ("no name", "sub", "(cn=*)"),
        (office.base.as_str(), "sub", "(!(nosuch=x))"),
        (office.base.as_str(), "sub", "(badge=x)"),
    ] {
        let said = client.search(base, scope, filter, &["1.1"]);
        let asked =
            json!({"service_account": "wiki", "base": base, "scope": scope, "filter": filter});
        let told = explained(&office, &asked);
        let search = &told["search"];
        let names = if said.code == 0 { said.names() } else { Vec::new() };
        assert_eq!(search["entries"], names.len(), "{base} {scope} {filter}: {told}");
        let told_names = search["names"].as_array().unwrap().iter();
        let mut told_names: Vec<_> = told_names.map(|name| name.as_str().unwrap()).collect();
        told_names.sort_unstable();
        assert_eq!(told_names, names, "{base} {scope} {filter}");
        let code = match search["result"].as_str().unwrap() {
            "success" => 0,
            "noSuchObject" => 32,
            "invalidDnSyntax" => 34,
            other => panic!("{other}"),
        };
        assert_eq!(said.code, code, "{base} {scope} {filter}: {told}");
        assert_eq!(told["bind"]["accept"], true, "{told}");
    }
}

#[test]
fn a_filter_is_taken_to_pieces_and_attributes_are_looked_at_one_by_one() {
    let (office, _) = office();
    let asked = json!({
        "service_account": "wiki", "base": office.base,
        "filter": "(&(mail=BOB@x.example)(nosuch=x)(badge=*)(uidNumber=many)(cn:1.2.3:=x))",
        "attributes": ["cn", "badge", "nosuch", "userPassword", "employeeType", "homeDirectory", "mail;x"],
    });
    let told = explained(&office, &asked);
    let tests = told["search"]["tests"].as_array().unwrap();
    let meanings: Vec<&Value> = tests.iter().map(|test| &test["meaning"]).collect();
    assert_eq!(meanings, ["tested", "undefined", "tested", "undefined", "undefined"], "{told}");
    assert_eq!((&tests[0]["indexed"], &tests[0]["candidates"]), (&json!(true), &json!(1)));
    // No index serves it, but what the application sees are a group and its member alone.
    assert_eq!((&tests[2]["indexed"], &tests[2]["candidates"]), (&json!(true), &json!(2)));
    let reason = |test: &Value| test["reason"].as_str().unwrap().to_owned();
    assert_eq!(reason(&tests[1]), "no entry can have this attribute");
    assert!(
        reason(&tests[3]).contains("does not fit") && reason(&tests[4]).contains("matching rule")
    );
    assert_eq!(told["search"]["scans"], false);
    assert_eq!(told["search"]["layout"], "active_directory");
    let attributes = told["search"]["attributes"].as_array().unwrap();
    let are_told: Vec<&Value> = attributes.iter().map(|attribute| &attribute["told"]).collect();
    assert_eq!(are_told, [true, true, false, false, false, false, false], "{told}");
    assert!(attributes[4]["reason"].as_str().unwrap().contains("does not define"));
    office.make("service-accounts", &json!({"name": "all", "visibility": "everything"}));
    let scanned = json!({"service_account": "all", "base": office.base, "filter": "(badge=x)"});
    let told = explained(&office, &scanned);
    assert_eq!((&told["search"]["scans"], &told["search"]["entries"]), (&json!(true), &json!(0)));
    assert_eq!(told["search"]["layout"], "rfc2307bis");
}

#[test]
fn a_bind_is_explained_by_the_stage_that_refuses_it() {
    let (office, _) = office();
    let bind = |request: Value| explained(&office, &request)["bind"].clone();
    let ada = office.user_dn("ada");
    assert_eq!(bind(json!({"bind": ada})), bind(json!({"user": "ada"})));
    let known = bind(json!({"bind": ada}));
    assert_eq!((&known["accept"], &known["dn"]), (&json!(true), &json!(ada)));
    let domain = office.base.replace("dc=", "").replace(',', ".");
    assert_eq!(bind(json!({"bind": format!("ada@{domain}")}))["accept"], true);
    let reason = |request: Value| bind(request)["reason"].as_str().unwrap().to_owned();
    assert_eq!(reason(json!({"bind": office.user_dn("nobody")})), "there is no such account");
    assert_eq!(reason(json!({"user": "bob"})), "no password was set");
    office.set(&json!({"require_tls": true}));
    let reason_in_clear = reason(json!({"bind": ada, "encrypted": false}));
    assert!(reason_in_clear.contains("clear") || reason_in_clear.contains("not encrypted"));
    let id = office.read("users?name=ada")["items"][0]["id"].as_str().unwrap().to_owned();
    office.act("POST", &format!("users/{id}/suspend"), None);
    let told = explained(&office, &json!({"user": "ada", "base": office.base}));
    assert_eq!(told["bind"]["reason"], "the account is suspended");
    assert_eq!(told["search"], Value::Null);
    let stranger = Office::on(office.demo.clone());
    stranger.user("eve", "correct horse battery");
    let (eve, nobody) = (stranger.user_dn("eve"), "uid=eve,ou=people,dc=nowhere,dc=example");
    assert_eq!(bind(json!({"bind": eve})), bind(json!({"bind": nobody})));
}

#[test]
fn what_cannot_be_asked_is_refused_where_it_stands() {
    let (office, _) = office();
    for (request, pointer) in [
        (json!({}), "/bind"),
        (json!({"user": "ada", "service_account": "wiki"}), "/bind"),
        (json!({"user": "ada", "base": office.base, "filter": "(cn"}), "/filter"),
        (json!({"user": "ada", "filter": format!("(cn={})", "x".repeat(8_192))}), "/filter"),
        (json!({"user": "ada", "attributes": vec!["cn"; 257]}), "/attributes"),
    ] {
        let refused = office.top.send("POST", &office.path("ldap/explain"), Some(&request));
        let told = (refused.status, refused.json()["pointer"].clone());
        assert_eq!(told, (422, json!(pointer)), "{request}");
    }
}

#[test]
fn the_subschema_of_an_alias_base_is_there_as_it_is_for_applications() {
    let (office, client) = office();
    let alias = format!("o=5f-{},dc=jumpcloud,dc=com", office.slug);
    office.alias(&alias, "jumpcloud");
    for (base, result, code) in [
        (String::new(), "success", 0),
        ("cn=subschema".to_owned(), "success", 0),
        (format!("cn=subschema,{alias}"), "success", 0),
        (format!("cn=subschema,{}", office.base), "noSuchObject", 32),
    ] {
        let asked = json!({"service_account": "wiki", "base": base, "scope": "base"});
        let told = explained(&office, &asked);
        assert_eq!(told["search"]["result"], result, "{base}: {told}");
        assert_eq!(client.search(&base, "base", "(objectClass=*)", &["1.1"]).code, code, "{base}");
    }
}
