//! `/v1/organizations/{organization}/custom-attributes`, and the values that users and groups have.

use serde_json::{Value, json};

use crate::harness::office::{Office, id_of};

fn refused(office: &Office, collection: &str, fields: &Value) -> Value {
    let answer = office.top.send("POST", &office.path(collection), Some(fields));
    assert_eq!(answer.status, 422, "{fields}: {answer:?}");
    answer.json()["pointer"].clone()
}

#[test]
fn an_attribute_is_defined_shown_changed_and_deleted_with_its_values() {
    let office = Office::new();
    let fields = json!({"name": "costCenter", "syntax": "text", "description": "Who pays"});
    let made = office.make("custom-attributes", &fields);
    let place = format!("custom-attributes/{}", id_of(&made));
    let uuid = id_of(&made).replace('-', "");
    let number = u128::from_str_radix(&uuid, 16).unwrap();
    assert_eq!(made["oid"], format!("2.25.{number}"));
    assert_eq!((&made["multiple"], &made["settled"]), (&json!(false), &json!(true)));
    let user = json!({"login": "ada", "display_name": "Ada", "surname": "L",
                      "custom": {"COSTCENTER": "Lab"}});
    let user = office.make("users", &user);
    assert_eq!(user["custom"], json!({"costCenter": "Lab"}));
    let user = format!("users/{}", id_of(&user));
    let changed = office.act("PATCH", &place, Some(&json!({"multiple": true, "indexed": true})));
    assert_eq!((&changed["multiple"], &changed["indexed"]), (&json!(true), &json!(true)));
    let patch = json!({"custom": {"costCenter": ["Lab", "Attic"]}});
    assert_eq!(office.act("PATCH", &user, Some(&patch))["custom"], patch["custom"]);
    let settled = |_| (office.read(&place)["settled"] == true).then_some(());
    (0..10_000).find_map(settled).expect("the entries never follow");
    let again = office.top.send("PATCH", &office.path(&place), Some(&json!({"multiple": false})));
    assert_eq!(again.json()["pointer"], "/multiple");
    office.act("DELETE", &place, None);
    assert_eq!(office.top.get(&office.path(&place)).status, 404);
    assert_eq!(office.read("custom-attributes")["items"], json!([]));
    assert_eq!(office.read(&user)["custom"], json!({}));
    office.make("custom-attributes", &json!({"name": "costCenter", "syntax": "integer"}));
    assert_eq!(office.read(&user)["custom"], json!({}), "a new attribute has no old values");
}

#[test]
fn values_of_every_syntax_come_back_as_they_were_written_and_null_clears() {
    let office = Office::new();
    let values = json!({
        "text": "R & D", "exact_text": "aB", "integer": -7, "boolean": true,
        "time": "1969-07-20T20:17:40.5Z", "octets": "AP8="
    });
    for syntax in values.as_object().unwrap().keys() {
        let name = syntax.replace('_', "-");
        office.make("custom-attributes", &json!({"name": name, "syntax": syntax}));
    }
    let named = |value: &Value| {
        let pairs = value.as_object().unwrap().iter();
        Value::Object(pairs.map(|(name, it)| (name.replace('_', "-"), it.clone())).collect())
    };
    let group = office.make("groups", &json!({"name": "staff", "custom": named(&values)}));
    assert_eq!(group["custom"], named(&values));
    let place = format!("groups/{}", id_of(&group));
    let patch = json!({"custom": {"text": null, "integer": 8}});
    let mut expected = named(&values);
    expected.as_object_mut().unwrap().remove("text");
    expected["integer"] = json!(8);
    assert_eq!(office.act("PATCH", &place, Some(&patch))["custom"], expected);
    assert_eq!(office.read(&place)["custom"], expected);
}

#[test]
fn what_is_no_name_or_no_value_is_refused_where_it_stands() {
    let office = Office::new();
    for name in ["", "uid", "CommonName", "2.5.4.3", "userPassword", "a b", "inetOrgPerson"] {
        let fields = json!({"name": name, "syntax": "text"});
        assert_eq!(refused(&office, "custom-attributes", &fields), "/name", "{name}");
    }
    office.make("custom-attributes", &json!({"name": "level", "syntax": "integer"}));
    let addresses = json!({"name": "postalAddress", "syntax": "text", "multiple": true});
    office.make("custom-attributes", &addresses);
    let twice = json!({"name": "LEVEL", "syntax": "text"});
    let answer = office.top.send("POST", &office.path("custom-attributes"), Some(&twice));
    assert_eq!(answer.status, 409, "{answer:?}");
    let booleans = json!({"name": "flags", "syntax": "boolean", "multiple": true});
    assert_eq!(refused(&office, "custom-attributes", &booleans), "/multiple");
    let cases = [
        (json!({"level": "7"}), "/custom/level"),
        (json!({"level": 7.5}), "/custom/level"),
        (json!({"level": [1, 2]}), "/custom/level"),
        (json!({"level": {"is": 7}}), "/custom/level"),
        (json!({"level": 9_223_372_036_854_775_808_u64}), "/custom/level"),
        (json!({"no/such": 1}), "/custom/no~1such"),
        (
            json!({"postalAddress": ["1 High St$Leeds", "1 HIGH st $ Leeds"]}),
            "/custom/postalAddress",
        ),
    ];
    for (custom, pointer) in cases {
        assert_eq!(refused(&office, "groups", &json!({"name": "x", "custom": custom})), pointer);
    }
    // Others are not refused for being written alike.
    let custom = json!({"postalAddress": ["1 High St$Leeds", "1 High St, Leeds"]});
    let made = office.make("groups", &json!({"name": "x", "custom": custom}));
    assert_eq!(made["custom"], custom);
}

#[test]
fn a_change_is_told_by_the_names_of_attributes() {
    let office = Office::new();
    office.make("custom-attributes", &json!({"name": "level", "syntax": "integer"}));
    office.make("groups", &json!({"name": "staff", "custom": {"level": 7}}));
    let told = office.events().remove(0);
    let changes = told["differences"].to_string();
    assert!(changes.contains("custom.level") && changes.contains("[7]"), "{told}");
}

#[test]
fn other_octets_of_the_same_length_are_told() {
    let office = Office::new();
    office.make("custom-attributes", &json!({"name": "token", "syntax": "octets"}));
    let staff = office.make("groups", &json!({"name": "staff", "custom": {"token": "AP8="}}));
    let place = format!("groups/{}", id_of(&staff));
    office.act("PATCH", &place, Some(&json!({"custom": {"token": "AP4="}})));
    let told = office.events().remove(0)["differences"][0].clone();
    assert_eq!(told["field"], "custom.token", "{told}");
    assert_ne!(told["before"], told["after"]);
}
