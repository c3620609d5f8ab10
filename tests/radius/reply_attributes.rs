//! Attributes of accepts by their names, judged by radclient's own dictionaries.

use serde_json::{Value, json};

use crate::harness::office::{Client, Office, id_of};
use crate::harness::radius::Reply;

const PASSWORD: &str = "correct horse battery";

/// Has accepts carry these attributes.
fn carry(office: &Office, client: &Client, profile: &Value) {
    let made = office.make("reply-profiles", profile);
    let patch = json!({"reply_profile": made["id"]});
    office.act("PATCH", &format!("radius-clients/{}", client.id), Some(&patch));
}

/// What an accept with these attributes looks like to gear.
fn accepted(office: &Office, client: &Client, profile: &Value) -> Reply {
    carry(office, client, profile);
    let reply = office.login(client, "ada", PASSWORD);
    assert!(reply.is("Access-Accept"), "{profile} {reply:?}");
    reply
}

#[test]
fn named_attributes_come_in_their_order_as_often_as_they_are_there() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let client = office.client("switch", &json!({}));
    let attributes = json!([
        {"name": "cisco-avpair", "value": "shell:priv-lvl=15"},
        {"name": "Tunnel-Type", "tag": 1, "value": 13},
        {"name": "Tunnel-Private-Group-Id", "tag": 1, "value": "20"},
        {"name": "Cisco-AVPair", "value": "shell:roles=\"network-admin\""},
        {"name": "Framed-IP-Address", "value": "192.0.2.7"},
        {"name": "Class", "value": "0x00ff"}
    ]);
    let profile = json!({"name": "all", "filters": ["first"], "attributes": attributes});
    let reply = accepted(&office, &client, &profile);
    let names: Vec<&str> = reply.attributes.iter().map(|(name, _)| name.as_str()).collect();
    let expected = [
        "Message-Authenticator",
        "Filter-Id",
        "Cisco-AVPair",
        "Tunnel-Type:1",
        "Tunnel-Private-Group-Id:1",
        "Cisco-AVPair",
        "Framed-IP-Address",
        "Class",
    ];
    assert_eq!(names, expected, "{reply:?}");
    assert_eq!(reply.values("Cisco-AVPair").len(), 2);
    assert_eq!(reply.values("Tunnel-Type:1"), ["VLAN"]);
    assert_eq!(reply.values("Framed-IP-Address"), ["192.0.2.7"]);
    assert_eq!(reply.values("Class"), ["0x00ff"]);
    let profiles = office.read("reply-profiles")["items"].clone();
    let shown = &profiles[0]["attributes"];
    assert_eq!(shown[0], json!({"name": "Cisco-AVPair", "value": "shell:priv-lvl=15"}));
    assert_eq!(shown[1], attributes[1]);
    assert_eq!(shown[5], attributes[5]);
}

/// RFC 3162, 4818 and 6911, in the formats of RFC 8044.
#[test]
fn addresses_and_prefixes_of_ipv6_are_what_was_written() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let client = office.client("switch", &json!({}));
    let written = [
        ("Framed-IPv6-Prefix", "2001:db8:7::/48"),
        ("Framed-IPv6-Prefix", "2001:db8:8000::/33"),
        ("Delegated-IPv6-Prefix", "2001:db8:ff00::/56"),
        ("Framed-IPv6-Address", "2001:db8::7"),
        ("DNS-Server-IPv6-Address", "2001:db8::53"),
    ];
    let attributes = written.map(|(name, value)| json!({"name": name, "value": value}));
    let reply = accepted(&office, &client, &json!({"name": "v6", "attributes": attributes}));
    for (name, value) in written {
        assert!(reply.values(name).contains(&value), "{name} {reply:?}");
    }
    let shown = office.read("reply-profiles")["items"][0]["attributes"].clone();
    assert_eq!(shown, json!(attributes));
    for wrong in ["2001:db8::1/48", "2001:db8::", "192.0.2.0/24"] {
        let attributes = json!([{"name": "Framed-IPv6-Prefix", "value": wrong}]);
        let profile = json!({"name": "wrong", "attributes": attributes});
        let path = office.path("reply-profiles");
        let refused = office.top.send("POST", &path, Some(&profile));
        assert_eq!(refused.status, 422, "{wrong}");
    }
}

/// Vendors that Debian's dictionaries of radclient do not have.
const UNKNOWN: [u64; 1] = [41_112];

/// What the dictionary of later ones says of the rates of UniFi's access points, with the numbers.
const RATES: &str = "VENDOR UBNT 41112
BEGIN-VENDOR UBNT
ATTRIBUTE UBNT-Data-Rate-DL 1 integer64
ATTRIBUTE UBNT-Data-Rate-DL-Burst 2 integer64
ATTRIBUTE UBNT-Data-Rate-UL 3 integer64
ATTRIBUTE UBNT-Data-Rate-UL-Burst 4 integer64
END-VENDOR UBNT
";

#[test]
fn rates_of_ubiquiti_are_numbers_of_64_bits_by_the_names_that_freeradius_has() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let client = office.client("ap", &json!({}));
    let rates: [(&str, u64); 4] = [
        ("UBNT-Data-Rate-DL", 50_000_000),
        ("UBNT-Data-Rate-DL-Burst", 5_000_000_000),
        ("UBNT-Data-Rate-UL", 10_000_000),
        ("UBNT-Data-Rate-UL-Burst", 20_000_000),
    ];
    let attributes =
        rates.map(|(name, rate)| json!({"name": name, "value": format!("0x{rate:016x}")}));
    carry(&office, &client, &json!({"name": "slow", "attributes": attributes}));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("dictionary"), RATES).unwrap();
    let gear = office.gear(&client).with(["-d", folder.path().to_str().unwrap()]);
    let login = format!(
        "User-Name=ada,User-Password=\"{PASSWORD}\",Message-Authenticator=0x00,\
         Packet-Src-IP-Address={}",
        office.address
    );
    let reply = gear.ask("auth", &login);
    assert!(reply.is("Access-Accept"), "{reply:?}");
    for (name, rate) in rates {
        assert_eq!(reply.values(name), [rate.to_string()], "{reply:?}");
    }
}

#[test]
fn every_attribute_is_known_to_radclient_by_its_name_and_kind() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let client = office.client("switch", &json!({}));
    let known = office.top.get("/v1/reply-attributes").json();
    let known: Vec<&Value> = known.as_array().unwrap().iter().collect();
    assert!(known.len() > 80, "only {}", known.len());
    let judged =
        known.into_iter().filter(|it| !UNKNOWN.map(|it| json!(it)).contains(&it["vendor"]));
    let judged: Vec<&Value> = judged.collect();
    for (number, some) in judged.chunks(20).enumerate() {
        let values = some.iter().map(|it| match it["kind"].as_str().unwrap() {
            "integer" | "tagged_integer" => json!(7_777),
            "address" => json!("192.0.2.7"),
            "ipv6_address" => json!("2001:db8::7"),
            "ipv6_prefix" => json!("2001:db8:7::/48"),
            _ => json!("text"),
        });
        let attributes: Vec<Value> = some
            .iter()
            .zip(values)
            .map(|(it, value)| json!({"name": it["name"], "value": value}))
            .collect();
        let profile = json!({"name": format!("profile {number}"), "attributes": attributes});
        let reply = accepted(&office, &client, &profile);
        for (known, sent) in some.iter().zip(&attributes) {
            let name = known["name"].as_str().unwrap();
            let is_tagged = known["kind"].as_str().unwrap().starts_with("tagged");
            let name = if is_tagged { format!("{name}:0") } else { name.to_owned() };
            let expected = match (&sent["value"], known["kind"] == "octets") {
                (Value::String(_), true) => "0x74657874".to_owned(),
                (Value::String(text), false) => text.clone(),
                (number, _) => number.to_string(),
            };
            assert_eq!(reply.values(&name), [expected], "{name} {reply:?}");
        }
    }
}

#[test]
fn presets_are_profiles_that_can_be_made() {
    let office = Office::new();
    let ada = office.user("ada", PASSWORD);
    let staff = office.group("staff", &[&ada], &[]);
    let client = office.client("switch", &json!({"allowed_groups": [staff]}));
    let presets = office.top.get("/v1/reply-presets").json();
    let seen: Vec<(String, String)> = presets
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|preset| accepted(&office, &client, &preset["profile"]).attributes)
        .collect();
    for (name, value) in [
        ("Tunnel-Private-Group-Id:0", "20"),
        ("Service-Type", "Administrative-User"),
        ("Cisco-AVPair", "shell:priv-lvl=15"),
        ("Fortinet-Group-Name", "staff"),
        ("Mikrotik-Group", "full"),
        ("Class", "0x61646d696e73"),
    ] {
        assert!(seen.contains(&(name.into(), value.into())), "{name} {seen:?}");
    }
}

#[test]
fn facts_of_who_is_let_in_stand_in_their_places_and_who_lacks_one_stays_outside() {
    let office = Office::new();
    let ada = office.user("ada", PASSWORD);
    let client = office.client("vpn", &json!({}));
    let attributes = json!([{"name": "Filter-Id", "value": "{login} {display_name} {x"}]);
    let reply = accepted(&office, &client, &json!({"name": "one", "attributes": attributes}));
    assert_eq!(reply.values("Filter-Id"), ["ada ada {x"]);

    let attributes = json!([{"name": "Filter-Id", "value": "<{mail}>"}]);
    let profile = office.make("reply-profiles", &json!({"name": "two", "attributes": attributes}));
    let patch = json!({"reply_profile": profile["id"]});
    office.act("PATCH", &format!("radius-clients/{}", client.id), Some(&patch));
    assert!(office.login(&client, "ada", PASSWORD).is("Access-Reject"));
    let told = |event: &Value| event["reason"].to_string().contains("does not have");
    assert!((0..10_000).any(|_| office.events().iter().any(told)), "{:?}", office.events());
    office.act("PATCH", &format!("users/{ada}"), Some(&json!({"mail": ["ada@acme.example"]})));
    let reply = office.login(&client, "ada", PASSWORD);
    assert_eq!(reply.values("Filter-Id"), ["<ada@acme.example>"], "{reply:?}");
}

/// An office with attributes of its own, and a client whose accepts tell of them.
fn of_customs() -> (Office, String, Client) {
    let office = Office::new();
    for (name, syntax) in
        [("wifiVlan", "integer"), ("downRate", "text"), ("staticIp", "text"), ("hiredAt", "time")]
    {
        office.make("custom-attributes", &json!({"name": name, "syntax": syntax}));
    }
    let ada = office.user("ada", PASSWORD);
    let attributes = json!([
        {"name": "Session-Timeout", "value": "{custom.DOWNRATE}"},
        {"name": "Framed-IP-Address", "value": "{custom.staticIp}"},
        {"name": "Framed-IPv6-Prefix", "value": "2001:db8:{custom.wifiVlan}::/48"},
        {"name": "Framed-IPv6-Address", "value": "2001:db8::{custom.wifiVlan}"},
        {"name": "Tunnel-Preference", "tag": 1, "value": "{custom.wifiVlan}"},
        {"name": "Cisco-AVPair", "value": "rate={custom.downRate}"}
    ]);
    let profile = json!({"name": "own", "vlan": "{custom.wifiVlan}", "attributes": attributes});
    let profile = office.make("reply-profiles", &profile);
    assert_eq!(profile["attributes"], attributes);
    let client = office.client("vpn", &json!({"reply_profile": profile["id"]}));
    (office, ada, client)
}

#[test]
fn attributes_of_the_organization_stand_in_texts_and_for_numbers_and_addresses() {
    let (office, ada, client) = of_customs();
    let user = format!("users/{ada}");
    let has = |custom: Value| office.act("PATCH", &user, Some(&json!({"custom": custom})));
    let out = |reason: &str| {
        assert!(office.login(&client, "ada", PASSWORD).is("Access-Reject"), "{reason}");
        let told = |event: &Value| event["reason"].to_string().contains(reason);
        assert!((0..10_000).any(|_| office.events().iter().any(told)), "{:?}", office.events());
    };
    out("what the user does not have");
    has(json!({"wifiVlan": 30, "downRate": "fast", "staticIp": "192.0.2.7"}));
    out("by a number");
    has(json!({"downRate": "3600", "staticIp": "somewhere"}));
    out("by an address");
    has(json!({"staticIp": "192.0.2.7"}));
    let reply = office.login(&client, "ada", PASSWORD);
    for (name, value) in [
        ("Tunnel-Private-Group-Id:0", "30"),
        ("Session-Timeout", "3600"),
        ("Framed-IP-Address", "192.0.2.7"),
        ("Framed-IPv6-Prefix", "2001:db8:30::/48"),
        ("Framed-IPv6-Address", "2001:db8::30"),
        ("Tunnel-Preference:1", "30"),
        ("Cisco-AVPair", "rate=3600"),
    ] {
        assert_eq!(reply.values(name), [value], "{reply:?}");
    }
    let asked = json!({"login": "ada", "method": "pap"});
    let explain = format!("radius-clients/{}/explain", client.id);
    let told = office.act("POST", &explain, Some(&asked));
    let carried = &told["reply"]["attributes"];
    assert_eq!((&told["reply"]["vlan"], &carried[0]["value"]), (&json!("30"), &json!(3_600)));
    assert_eq!(carried[1]["value"], "192.0.2.7", "{told}");
    // What has no such form, or too large a one, keeps out.
    has(json!({"wifiVlan": 16_777_216}));
    out("an IPv6 prefix");
}

#[test]
fn a_profile_tells_of_attributes_that_are_there_and_that_a_text_can_stand_for() {
    let (office, _, client) = of_customs();
    let path = format!("radius-clients/{}", client.id);
    let profile = office.read(&path)["reply_profile"].as_str().unwrap().to_owned();
    let profile = office.path(&format!("reply-profiles/{profile}"));
    let named = |name: &str, value: &str| json!({"attributes": [{"name": name, "value": value}]});
    for (patch, pointer) in [
        (json!({"vlan": "{custom.nothing}"}), "/vlan"),
        (json!({"classes": ["plain", "{custom.nothing}"]}), "/classes/1"),
        (named("Filter-Id", "{custom.hiredAt}"), "/attributes/0/value"),
        (named("Filter-Id", "{custom.}"), "/attributes/0/value"),
        (named("Session-Timeout", "{custom.nothing}"), "/attributes/0/value"),
        (named("Session-Timeout", "{group}"), "/attributes/0/value"),
        (named("Session-Timeout", "3600"), "/attributes/0/value"),
    ] {
        let refused = office.top.send("PATCH", &profile, Some(&patch));
        let told = (refused.status, refused.json()["pointer"].clone());
        assert_eq!(told, (422, json!(pointer)), "{patch}");
    }
    let customs = office.read("custom-attributes")["items"].clone();
    let own = customs.as_array().unwrap().iter().find(|it| it["name"] == "wifiVlan").unwrap();
    let own = office.path(&format!("custom-attributes/{}", own["id"].as_str().unwrap()));
    assert_eq!(office.top.send("DELETE", &own, None).status, 409, "a profile tells of it");
    let plain = json!({"vlan": null, "attributes": []});
    assert_eq!(office.top.send("PATCH", &profile, Some(&plain)).status, 200);
    assert_eq!(office.top.send("DELETE", &own, None).status, 204);
}

#[test]
fn attributes_that_cannot_be_are_refused_where_they_stand() {
    let office = Office::new();
    let profile = id_of(&office.make("reply-profiles", &json!({"name": "plain"})));
    let path = office.path(&format!("reply-profiles/{profile}"));
    for (attribute, field) in [
        (json!({"name": "Nonsense", "value": "x"}), "name"),
        (json!({"name": "Message-Authenticator", "value": "x"}), "name"),
        (json!({"name": "Session-Timeout", "value": "soon"}), "value"),
        (json!({"name": "Framed-IP-Address", "value": "2001:db8::1"}), "value"),
        (json!({"name": "Filter-Id", "value": 5}), "value"),
        (json!({"name": "Filter-Id", "value": "{logn}"}), "value"),
        (json!({"name": "Filter-Id", "tag": 1, "value": "x"}), "tag"),
        (json!({"name": "Tunnel-Type", "tag": 32, "value": 13}), "tag"),
        (json!({"name": "Tunnel-Type", "value": 16_777_216}), "value"),
        (json!({"name": "Class", "value": "0xf"}), "value"),
    ] {
        let patch = json!({"attributes": [attribute]});
        let refused = office.top.send("PATCH", &path, Some(&patch));
        assert_eq!(refused.status, 422, "{attribute} {refused:?}");
        assert_eq!(refused.json()["pointer"], format!("/attributes/0/{field}"), "{attribute}");
    }
}
