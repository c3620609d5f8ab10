//! `/v1/organizations/{organization}/reply-profiles`.

use serde_json::json;

use crate::harness::office::{Office, id_of};

#[test]
fn a_profile_is_made_shown_changed_and_deleted_unless_gear_uses_it() {
    let office = Office::new();
    let fields = json!({
        "name": "staff", "vlan": "20", "filters": ["a", "b"], "classes": ["c"],
        "session_timeout": 60, "idle_timeout": 30,
        "vendor_attributes": [{"vendor": 9, "number": 1, "value": {"text": "shell:priv-lvl=15"}}]
    });
    let id = id_of(&office.make("reply-profiles", &fields));
    let place = format!("reply-profiles/{id}");
    let shown = office.read(&place);
    for (field, value) in fields.as_object().unwrap() {
        assert_eq!(&shown[field], value);
    }
    let client = office.client("switch", &json!({"reply_profile": id}));
    assert_eq!(office.top.send("DELETE", &office.path(&place), None).status, 409);
    let cleared = json!({"reply_profile": null});
    office.act("PATCH", &format!("radius-clients/{}", client.id), Some(&cleared));
    office.act("DELETE", &place, None);
    assert_eq!(office.top.get(&office.path(&place)).status, 404);
}

#[test]
fn what_no_packet_can_carry_is_refused_when_it_is_written() {
    let office = Office::new();
    let vendor = |vendor: u32, number: u32, value: serde_json::Value| json!({"vendor_attributes": [{"vendor": vendor, "number": number, "value": value}]});
    let long = "x".repeat(248);
    for more in [
        json!({"vlan": ""}),
        json!({"vlan": long}),
        json!({"vlan": "\u{1}20"}),
        json!({"vlan": "0"}),
        json!({"vlan": "4095"}),
        json!({"filters": [""]}),
        json!({"filters": ["x".repeat(300)]}),
        json!({"classes": [""]}),
        json!({"session_timeout": -1}),
        json!({"session_timeout": 4_294_967_296_u64}),
        vendor(0, 1, json!({"text": "x"})),
        vendor(9, 0, json!({"text": "x"})),
        vendor(9, 256, json!({"text": "x"})),
        vendor(9, 1, json!({"text": long})),
        vendor(9, 1, json!({"text": ""})),
        vendor(9, 1, json!({"address": "2001:db8::1"})),
        vendor(311, 2, json!({"text": "x"})),
        vendor(311, 16, json!({"text": "x"})),
        vendor(311, 17, json!({"text": "x"})),
        vendor(311, 26, json!({"text": "x"})),
        json!({"filters": vec!["x".repeat(240); 20]}),
    ] {
        let mut fields = json!({"name": "profile"});
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let refused = office.top.send("POST", &office.path("reply-profiles"), Some(&fields));
        assert_eq!(refused.status, 422, "{more}: {refused:?}");
    }
    // What the server does not write itself may be said, of Microsoft's attributes too.
    let other = json!({"vendor": 311, "number": 28, "value": {"address": "192.0.2.53"}});
    office.make("reply-profiles", &json!({"name": "other", "vendor_attributes": [other]}));
}
