//! Searches over LDAP as events: all that fail, and as many of the others as an organization wants.

use serde_json::{Value, json};

use crate::harness::office::Office;

/// The searches that were told, the newest first.
fn told(office: &Office) -> Vec<Value> {
    let events = office.events().into_iter();
    events.filter(|event| event["action"] == "ldap_search").collect()
}

#[test]
fn searches_that_fail_are_always_told_and_without_values() {
    let office = Office::new();
    office.user("ada", "correct horse battery");
    let client = office.ldap();
    assert_eq!(office.find(&client, "(uid=ada)", &["uid"]).names().len(), 1);
    let base = format!("cn=geheim,ou=nowhere,{}", office.base);
    assert_eq!(client.search(&base, "one", "(&(uid=geheim)(sn=g*m))", &["uid"]).code, 32);
    let told = told(&office);
    assert_eq!(told.len(), 1, "one that went well is not told: {told:#?}");
    let event = &told[0];
    assert_eq!(
        (&event["success"], &event["actor"]["kind"]),
        (&json!(false), &json!("service_account"))
    );
    assert_eq!(event["actor"]["name"], "reader");
    assert!(event["reason"].as_str().unwrap().contains("(result code 32)"), "{event}");
    assert!(event["source"].is_string(), "{event}");
    let search = &event["search"];
    assert_eq!(search["base"], json!(format!("cn=?,ou=nowhere,{}", office.base)));
    assert_eq!((&search["scope"], &search["entries"]), (&json!("one"), &json!(0)));
    assert_eq!(search["filter"], "(&(uid=?)(sn=?*?))");
    assert!(search["duration_ms"].as_u64().unwrap() < 60_000, "{event}");
}

#[test]
fn an_organization_has_all_searches_told_and_says_whether_with_values() {
    let office = Office::new();
    let wanted = json!({"one_in": 1, "values": true});
    assert_eq!(office.read("event-sampling"), json!({"one_in": 0, "values": false}));
    assert_eq!(office.act("PUT", "event-sampling", Some(&wanted)), wanted);
    let changed = office.event("changed");
    assert!(changed["differences"].to_string().contains("event_sampling.one_in"), "{changed}");
    office.user("ada", "correct horse battery");
    let client = office.ldap();
    let filter = "(|(uid=ada)(userPassword=geheim)(costCenter=geheim))";
    assert_eq!(office.find(&client, filter, &["uid"]).names().len(), 1);
    let event = office.event("ldap_search");
    assert_eq!((&event["success"], &event["reason"]), (&json!(true), &Value::Null));
    let search = &event["search"];
    assert_eq!(search["filter"], "(|(uid=ada)(userPassword=?)(costCenter=?))");
    assert_eq!((&search["base"], &search["entries"]), (&json!(office.base), &json!(1)));
    // Who wants one entry and is given one has not failed.
    client.clone().with(["-z", "1"]).search(&office.base, "sub", "(objectClass=*)", &["1.1"]);
    assert_eq!(told(&office)[0]["search"]["entries"], json!(1));
    assert_eq!(told(&office)[0]["success"], json!(true));
    let shape = json!({"one_in": 1, "values": false});
    office.act("PUT", "event-sampling", Some(&shape));
    office.find(&client, filter, &["uid"]);
    assert_eq!(told(&office)[0]["search"]["filter"], "(|(uid=?)(userPassword=?)(costCenter=?))");
    // Hardly one is told any more.
    office.act("PUT", "event-sampling", Some(&json!({"one_in": 1_000_000, "values": false})));
    let before = told(&office).len();
    (0..5).for_each(|_| assert_eq!(office.find(&client, "(uid=ada)", &["uid"]).code, 0));
    assert!(told(&office).len() < before + 5);
    let many = json!({"one_in": 1_000_001, "values": false});
    assert_eq!(office.top.send("PUT", &office.path("event-sampling"), Some(&many)).status, 422);
}

#[test]
fn each_of_many_failures_is_told() {
    const MANY: usize = 250;
    let office = Office::new();
    let client = office.ldap();
    for _ in 0..MANY {
        assert_eq!(client.search("ou=nowhere,dc=elsewhere", "base", "(uid=x)", &["uid"]).code, 32);
    }
    // Whatever waits is on the disk once a change behind it is told.
    office.make("groups", &json!({"name": "afterwards"}));
    let page = office.read("events?action=ldap_search&limit=200");
    let further = page["next"].as_str().map_or(0, |cursor| {
        let path = format!("events?action=ldap_search&limit=200&cursor={cursor}");
        office.read(&path)["items"].as_array().unwrap().len()
    });
    assert_eq!(page["items"].as_array().unwrap().len() + further, MANY);
}
