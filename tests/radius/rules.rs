//! Rules of RADIUS clients, and what becomes of a request that is only described.

use serde_json::{Value, json};

use crate::harness::office::{Client, Office};
use crate::harness::radius::Reply;

const PASSWORD: &str = "correct horse battery";

fn login(office: &Office, client: &Client, user: &str, more: &str) -> Reply {
    let attributes = format!(
        "User-Name=\"{user}\",User-Password=\"{PASSWORD}\",Message-Authenticator=0x00,{more},\
         Packet-Src-IP-Address={}",
        office.address
    );
    office.gear(client).ask("auth", &attributes)
}

/// Ada is of the staff, Bob of nothing.
fn office() -> (Office, Client, Value) {
    let office = Office::new();
    let ada = office.user("ada", PASSWORD);
    office.user("bob", PASSWORD);
    let (inner, profile) =
        (office.group("it", &[&ada], &[]), json!({"name": "staff", "vlan": "20"}));
    let staff = office.group("staff", &[], &[&inner]);
    let profile = office.make("reply-profiles", &profile);
    let rules = json!([
        {"name": "staff", "groups": [staff], "ssids": ["office"], "port_types": [19],
         "methods": ["pap", "eap_ttls"], "verdict": "accept", "reply_profile": profile["id"]},
        {"name": "guests", "ssids": ["guests"], "verdict": "accept",
         "times": [{"days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
                             "sunday"], "from": "00:00", "to": "24:00"}]},
        {"name": "else", "verdict": "reject"}
    ]);
    let client = office.client("wifi", &json!({"rules": rules}));
    (office, client, rules)
}

const OFFICE: &str = "NAS-Port-Type=19,Called-Station-Id=\"00-10-A4-23-19-C0:office\"";
const PHONE: &str = "Calling-Station-Id=\"66-77-88-99-AA-BB\"";
const GUESTS: &str = "NAS-Port-Type=19,Called-Station-Id=\"00:10:a4:23:19:c0:guests\"";

#[test]
fn the_first_rule_that_is_met_decides_and_is_named_in_the_event() {
    let (office, client, rules) = office();
    let more = format!("{OFFICE},{PHONE},NAS-Identifier=\"ap-7\"");
    let reply = login(&office, &client, "ada", &more);
    assert!(reply.is("Access-Accept"), "{reply:?}");
    assert_eq!(reply.values("Tunnel-Private-Group-Id:0"), ["20"], "{reply:?}");
    let event = office.event("radius_access");
    assert_eq!((&event["rule"], &event["method"]), (&json!("staff"), &json!("pap")), "{event}");
    let subject = json!({"kind": "radius_client", "id": client.id, "name": "wifi"});
    assert_eq!((&event["subject"], &event["gear"]), (&subject, &json!("ap-7")), "{event}");
    assert_eq!(event["called_station"], "00-10-A4-23-19-C0:office");
    assert_eq!(event["calling_station"], "66:77:88:99:aa:bb");
    assert_eq!(event["reply_profile"], "staff");
    let reply = login(&office, &client, "bob", GUESTS);
    assert!(reply.is("Access-Accept") && reply.values("Tunnel-Private-Group-Id:0").is_empty());
    for more in [OFFICE, "NAS-Port-Type=15", "Called-Station-Id=\"00:10:a4:23:19:c0\""] {
        assert!(login(&office, &client, "bob", more).is("Access-Reject"), "{more}");
    }
    let rejected = |event: &Value| event["rule"] == "else" && event["success"] == false;
    assert!((0..10_000).any(|_| office.events().iter().any(rejected)), "{:?}", office.events());

    let path = format!("radius-clients/{}", client.id);
    let shown = office.read(&path)["rules"].clone();
    assert_eq!(shown[0]["groups"], rules[0]["groups"]);
    assert_eq!(shown[0]["reply_profile"], rules[0]["reply_profile"]);
    assert_eq!(shown[1]["times"], rules[1]["times"]);
    // What a client shows it also takes.
    office.act("PATCH", &path, Some(&json!({"rules": shown})));
    let without = office.act("PATCH", &path, Some(&json!({"rules": []})));
    assert_eq!(without["rules"], json!([]));
    assert!(login(&office, &client, "bob", OFFICE).is("Access-Accept"));
}

#[test]
fn a_wireless_network_that_the_station_does_not_name_is_what_the_vendor_has_for_it() {
    let (office, client, _) = office();
    let at = |more: &str| login(&office, &client, "bob", more);
    let station = "Called-Station-Id=\"00:10:a4:23:19:c0\"";
    for named in [
        "Aruba-Essid-Name=\"guests\"",
        "Ruckus-SSID=\"guests\"",
        "Cisco-AVPair=\"service-type=Framed\",Cisco-AVPair=\"ssid=guests\"",
        "Cisco-AVPair=\"method=dot1x\",Cisco-AVPair=\"cisco-wlan-ssid=guests\"",
    ] {
        for more in [format!("{named},NAS-Port-Type=19"), format!("{GUESTS},{named}")] {
            assert!(at(&more).is("Access-Accept"), "{more}");
        }
        assert!(at(&format!("{station},{named},NAS-Port-Type=19")).is("Access-Accept"), "{named}");
        // By cable there is none, and what the station names goes before.
        for more in [format!("{named},NAS-Port-Type=15"), format!("{named},{OFFICE}")] {
            assert!(at(&more).is("Access-Reject"), "{more}");
        }
        let other = named.replace("guests", "office");
        assert!(at(&format!("{other},NAS-Port-Type=19")).is("Access-Reject"), "{other}");
    }
}

#[test]
fn which_machine_has_an_old_password_is_found_among_the_events() {
    let (office, client, _) = office();
    office.client("console", &json!({}));
    let attributes = format!(
        "User-Name=\"ada\",User-Password=\"of last year\",Message-Authenticator=0x00,{OFFICE},\
         {PHONE},NAS-IP-Address=10.1.2.3,Packet-Src-IP-Address={}",
        office.address
    );
    assert!(office.gear(&client).ask("auth", &attributes).is("Access-Reject"));
    let told = office.event("radius_access");
    assert_eq!((&told["reason"], &told["rule"]), (&json!("the password is wrong"), &Value::Null));
    assert_eq!((&told["gear"], &told["reply_profile"]), (&json!("10.1.2.3"), &Value::Null));
    let found = |asked: &str| {
        let items = office.read(&format!("events?action=radius_access&{asked}"));
        items["items"].as_array().unwrap().len()
    };
    assert_eq!((found("text=66:77:88:99:AA:BB"), found("text=66:77:88:99:aa:bc")), (1, 0));
    assert_eq!((found("subject=wifi"), found("subject=console")), (1, 0));
    // An export says the same, and is hashed with it.
    let path = office.path("events/export?action=radius_access");
    let line: Value = serde_json::from_str(office.top.get(&path).body.trim()).unwrap();
    for member in ["calling_station", "called_station", "gear", "subject"] {
        assert_eq!(line[member], told[member], "{line}");
    }
}

#[test]
fn a_described_request_is_explained_without_a_password() {
    let (office, client, rules) = office();
    let path = format!("radius-clients/{}/explain", client.id);
    let explained = |body: Value| office.act("POST", &path, Some(&body));
    let called = "00-10-A4-23-19-C0:office";
    let told = explained(json!({"login": "ada", "method": "pap", "nas_port_type": 19,
        "called_station_id": called, "at": "2030-01-31T12:00:00Z"}));
    let expected = json!({"accept": true, "reason": null, "rule": "staff",
        "reply_profile": rules[0]["reply_profile"], "device": null, "reply_message": null,
        "reply": {"vlan": "20", "filters": [], "classes": [], "session_timeout": null,
                  "idle_timeout": null, "vendor_attributes": [], "attributes": []},
        "needs_code": false, "local_time": "2030-01-31T12:00:00+00:00[UTC]", "event": null});
    assert_eq!(told, expected);
    let told = explained(json!({"login": "bob", "method": "eap_ttls", "nas_port_type": 19,
        "called_station_id": called, "at": "2030-01-31T12:00:00Z"}));
    assert_eq!((&told["accept"], &told["rule"]), (&json!(false), &json!("else")), "{told}");
    let told = explained(json!({"login": "eve", "method": "pap"}));
    assert_eq!(told["reason"], "there is no such account");
    let certified = || explained(json!({"login": "ada", "method": "eap_tls"}));
    let told = certified();
    let reason =
        "the organization has no certificate authority, and the user no registered certificate";
    assert_eq!((&told["reason"], &told["rule"]), (&json!(reason), &Value::Null), "{told}");
    office.built_in("Acme Wi-Fi");
    let told = certified();
    assert_eq!((&told["accept"], &told["rule"]), (&json!(false), &json!("else")), "{told}");
    assert!(office.events().iter().all(|event| event["action"] != "radius_access"));
}

#[test]
fn what_an_event_recorded_is_asked_about_again_as_policy_is_today() {
    let (office, client, _) = office();
    let more = format!("{OFFICE},{PHONE},NAS-Identifier=\"ap-7\"");
    assert!(login(&office, &client, "ada", &more).is("Access-Accept"));
    let event = office.event("radius_access");
    let number = &event["sequence"];
    let place = format!("radius-clients/{}", client.id);
    let path = format!("{place}/explain");
    let explained = |body: Value| office.act("POST", &path, Some(&body));
    let told = explained(json!({"event": number, "nas_port_type": 19}));
    let expected = json!({"sequence": number, "accept": true, "reason": null, "rule": "staff",
                          "reply_profile": "staff", "different": []});
    assert_eq!((&told["rule"], &told["event"]), (&json!("staff"), &expected), "{told}");
    // The kind of port stands in no event.
    let told = explained(json!({"event": number}));
    let all = json!(["accept", "reason", "rule", "reply_profile"]);
    assert_eq!((&told["rule"], &told["event"]["different"]), (&json!("else"), &all), "{told}");
    // What is said beside it counts.
    let guests = "00-10-A4-23-19-C0:guests";
    let told = explained(json!({"event": number, "called_station_id": guests, "login": "bob"}));
    assert_eq!((&told["rule"], &told["accept"]), (&json!("guests"), &json!(true)), "{told}");
    // The user is found who was meant, and the policy is today's.
    let user = format!("users/{}", event["actor"]["id"].as_str().unwrap());
    office.act("PATCH", &user, Some(&json!({"login": "grace"})));
    office.act("PATCH", &place, Some(&json!({"rules": []})));
    let told = explained(json!({"event": number}));
    let different = json!(["rule", "reply_profile"]);
    assert_eq!((&told["accept"], &told["event"]["different"]), (&json!(true), &different));
    let created = office.event("created")["sequence"].clone();
    let other = office.client("other", &json!({}));
    for (client, body, pointer) in [
        (&client, json!({"event": created}), "/event"),
        (&client, json!({"event": u64::MAX}), "/event"),
        (&other, json!({"event": number}), "/event"),
        (&client, json!({"method": "pap"}), "/login"),
        (&client, json!({"login": "ada"}), "/method"),
    ] {
        let path = office.path(&format!("radius-clients/{}/explain", client.id));
        let refused = office.top.send("POST", &path, Some(&body));
        assert_eq!((refused.status, &refused.json()["pointer"]), (422, &json!(pointer)), "{body}");
    }
}

#[test]
fn times_of_the_week_are_those_of_the_clocks_where_the_gear_stands() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let of_days = days.map(|day| {
        let times = json!([{"days": [day], "from": "00:00", "to": "24:00"}]);
        json!({"name": day, "times": times, "verdict": "accept"})
    });
    let client = office.client("wifi", &json!({"rules": of_days}));
    let path = format!("radius-clients/{}", client.id);
    assert_eq!(office.read(&path)["time_zone"], "UTC");
    let stands_in = |zone: &str| {
        let shown = office.act("PATCH", &path, Some(&json!({"time_zone": zone})));
        assert_eq!(shown["time_zone"], zone);
    };
    // Clocks of these two are 25 hours apart: they never show the same day.
    let day_in = |zone: &str| {
        stands_in(zone);
        assert!(login(&office, &client, "ada", "NAS-Port-Type=19").is("Access-Accept"), "{zone}");
        let asked = json!({"login": "ada", "method": "pap"});
        let told = office.act("POST", &format!("{path}/explain"), Some(&asked));
        let shown = told["local_time"].as_str().unwrap();
        assert!(shown.ends_with(&format!("[{zone}]")), "{told}");
        told["rule"].as_str().unwrap().to_owned()
    };
    assert_ne!(day_in("Pacific/Kiritimati"), day_in("Pacific/Pago_Pago"));
    let rules = || office.events().into_iter().filter(|it| it["action"] == "radius_access");
    assert!((0..10_000).any(|_| rules().count() == 2));
    let rules: Vec<Value> = rules().map(|event| event["rule"].clone()).collect();
    assert!(rules[0] != rules[1] && rules.iter().all(Value::is_string), "{rules:?}");
    // Clocks are put forward at one o'clock in UTC on the last Sunday of March.
    stands_in("Europe/Berlin");
    let opening = json!([
        {"name": "open", "verdict": "accept",
         "times": [{"days": ["sunday", "monday"], "from": "08:00", "to": "18:00"}]},
        {"name": "closed", "verdict": "reject"}
    ]);
    office.act("PATCH", &path, Some(&json!({"rules": opening})));
    for (at, rule, shown) in [
        ("2030-03-30T06:30:00Z", "closed", "2030-03-30T07:30:00+01:00[Europe/Berlin]"),
        ("2030-03-31T06:30:00Z", "open", "2030-03-31T08:30:00+02:00[Europe/Berlin]"),
        ("2030-03-31T15:59:59Z", "open", "2030-03-31T17:59:59+02:00[Europe/Berlin]"),
        ("2030-03-31T16:00:00Z", "closed", "2030-03-31T18:00:00+02:00[Europe/Berlin]"),
        ("2030-10-28T06:30:00Z", "closed", "2030-10-28T07:30:00+01:00[Europe/Berlin]"),
        ("2030-10-28T07:00:00Z", "open", "2030-10-28T08:00:00+01:00[Europe/Berlin]"),
    ] {
        let asked = json!({"login": "ada", "method": "pap", "at": at});
        let told = office.act("POST", &format!("{path}/explain"), Some(&asked));
        assert_eq!((&told["rule"], &told["local_time"]), (&json!(rule), &json!(shown)), "{at}");
    }
    for zone in ["Europe/Atlantis", "CET+1", "", "utc"] {
        let wrong = json!({"time_zone": zone});
        let refused = office.top.send("PATCH", &office.path(&path), Some(&wrong));
        assert_eq!((refused.status, &refused.json()["pointer"]), (422, &json!("/time_zone")));
    }
    let unruled = json!({"rules": [], "time_zone": "Asia/Kolkata"});
    office.act("PATCH", &path, Some(&unruled));
    let asked = json!({"login": "ada", "method": "pap"});
    let told = office.act("POST", &format!("{path}/explain"), Some(&asked));
    assert_eq!((&told["accept"], &told["local_time"]), (&json!(true), &Value::Null), "{told}");
}

#[test]
fn a_request_about_which_nobody_is_asked_is_an_event_too() {
    let office = Office::new();
    let client = office.client("wifi", &json!({}));
    let attributes = format!(
        "User-Name=ada,Message-Authenticator=0x00,Packet-Src-IP-Address={}",
        office.address
    );
    let reply = office.gear(&client).ask("auth", &attributes);
    assert!(reply.is("Access-Reject"), "{reply:?}");
    let event = office.event("radius_access");
    let reason = "the request carries no credential";
    assert_eq!((&event["success"], &event["reason"]), (&json!(false), &json!(reason)), "{event}");
    assert_eq!(event["source"], office.address.to_string(), "{event}");
    assert_eq!(event["subject"]["id"], client.id, "{event}");
}

#[test]
fn rules_that_make_no_sense_are_refused_where_they_stand() {
    let (office, client, _) = office();
    let path = office.path(&format!("radius-clients/{}", client.id));
    let mine = json!({"name": "mine", "verdict": "reject"});
    let with = |name: &str, value: Value| {
        let mut rule = mine.clone();
        rule[name] = value;
        json!([rule])
    };
    let never = "01890000-0000-7000-8000-000000000000";
    for (rules, pointer) in [
        (json!([mine, mine]), "/rules/1/name"),
        (with("groups", json!([never])), "/rules/0/groups/0"),
        (with("with_device_groups", json!([never])), "/rules/0/with_device_groups/0"),
        (with("reply_profile", json!(never)), "/rules/0/reply_profile"),
        (with("ssids", json!([""])), "/rules/0/ssids/0"),
        (with("times", json!([{"days": [], "from": "00:00", "to": "01:00"}])), "/rules/0/times/0"),
    ] {
        let refused = office.top.send("PATCH", &path, Some(&json!({"rules": rules})));
        assert_eq!(refused.status, 422, "{rules} {refused:?}");
        assert_eq!(refused.json()["pointer"], pointer, "{rules}");
    }
}

#[test]
fn what_a_rejecting_rule_says_is_told_to_who_gave_the_right_proof_and_not_beside_eap() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    office.user("bob", "another horse battery");
    let text = "Bitte beim Empfang melden: Raum 7 (Büro).";
    let rules = json!([{"name": "closed", "verdict": "reject", "reply_message": text}]);
    let fields = json!({"rules": rules, "mac_authentication": true});
    let client = office.client("wifi", &fields);
    let path = format!("radius-clients/{}", client.id);
    let shown = office.read(&path)["rules"].clone();
    assert_eq!(shown[0]["reply_message"], text);
    office.act("PATCH", &path, Some(&json!({"rules": shown})));
    let reply = login(&office, &client, "ada", "NAS-Port-Type=19");
    assert!(reply.is("Access-Reject"), "{reply:?}");
    assert_eq!(reply.values("Reply-Message"), [text], "{reply:?}");
    // With a wrong password, for nobody, and for a device, which has proven nothing.
    office.make("devices", &json!({"name": "printer", "addresses": ["02:00:00:00:00:07"]}));
    let device = "User-Name=020000000007,User-Password=020000000007,Message-Authenticator=0x00,\
                  Calling-Station-Id=020000000007,Packet-Src-IP-Address=";
    let device = office.gear(&client).ask("auth", &format!("{device}{}", office.address));
    let (wrong, nobody) = (
        login(&office, &client, "bob", "NAS-Port-Type=19"),
        login(&office, &client, "eve", "NAS-Port-Type=19"),
    );
    for reply in [wrong, nobody, device] {
        assert!(reply.is("Access-Reject"), "{reply:?}");
        assert!(reply.values("Reply-Message").is_empty(), "{reply:?}");
    }
    let peer = office.peer(&client, "TTLS").quoted("anonymous_identity", "anonymous");
    let peer = peer.quoted("identity", "ada").quoted("password", PASSWORD);
    // Attribute 18, as eapol_test shows what it does not know by name.
    let verdict = peer.quoted("phase2", "auth=PAP").stays_out();
    assert!(!verdict.says("Attribute 18 "), "{}", verdict.output.stdout);
    for (method, told) in [("pap", json!(text)), ("eap_ttls", Value::Null)] {
        let asked = json!({"login": "ada", "method": method});
        let explained = office.act("POST", &format!("{path}/explain"), Some(&asked));
        assert_eq!(explained["reply_message"], told, "{explained}");
    }
    let with = |verdict: &str, message: &str| json!({"rules": [{"name": "x", "verdict": verdict, "reply_message": message}]});
    for wrong in [with("accept", text), with("reject", ""), with("reject", &"x".repeat(248))] {
        let refused = office.top.send("PATCH", &office.path(&path), Some(&wrong));
        let pointer = json!("/rules/0/reply_message");
        assert_eq!((refused.status, &refused.json()["pointer"]), (422, &pointer), "{wrong}");
    }
}

#[test]
fn a_rule_may_ask_for_the_device_that_a_user_comes_with() {
    let office = Office::new();
    let ada = office.user("ada", PASSWORD);
    office.user("bob", PASSWORD);
    let managed = office.group("managed", &[], &[]);
    let device = office.make(
        "devices",
        &json!({"name": "laptop", "addresses": ["66-77-88-99-AA-BB"], "groups": [managed],
                "owner": ada}),
    );
    let rules = json!([
        {"name": "own", "with_device": "own", "with_device_groups": [managed],
         "verdict": "accept"},
        {"name": "known", "with_device": "known", "ssids": ["guests"], "verdict": "accept"},
        {"name": "else", "verdict": "reject"}
    ]);
    let client = office.client("wifi", &json!({"rules": rules}));
    let path = format!("radius-clients/{}", client.id);
    let shown = office.read(&path)["rules"].clone();
    assert_eq!(shown[0]["with_device_groups"], json!([managed]));
    assert_eq!(
        (&shown[1]["with_device"], &shown[2]["with_device"]),
        (&json!("known"), &json!(null))
    );
    let gets_in = |user: &str, more: &str| login(&office, &client, user, more).is("Access-Accept");
    let named = "Calling-Station-Id=\"6677.8899.aabb\"";
    assert!(gets_in("ada", named));
    assert!(!gets_in("bob", named));
    assert!(gets_in("bob", &format!("{named},{GUESTS}")));
    assert!(!gets_in("ada", &format!("Calling-Station-Id=\"66-77-88-99-AA-BC\",{GUESTS}")));
    assert!(!gets_in("ada", GUESTS));
    // Inside a tunnel as well.
    let ttls = |own: &str| {
        let peer = office.peer(&client, "TTLS").quoted("anonymous_identity", "anonymous");
        let peer = peer.quoted("identity", "ada").quoted("password", PASSWORD);
        peer.quoted("phase2", "auth=PAP").with(["-M", own])
    };
    ttls("66:77:88:99:aa:bb").gets_in();
    ttls("66:77:88:99:aa:bc").stays_out();
    let explain = |calling: &str| {
        let asked = json!({"login": "ada", "method": "pap", "calling_station_id": calling});
        office.act("POST", &format!("{path}/explain"), Some(&asked))
    };
    let told = explain("66-77-88-99-AA-BB");
    assert_eq!((&told["rule"], &told["device"]), (&json!("own"), &device["id"]), "{told}");
    let told = explain("66-77-88-99-AA-BC");
    assert_eq!((&told["rule"], &told["device"]), (&json!("else"), &Value::Null), "{told}");
    // What is suspended is no device that anybody comes with.
    let suspended = json!({"suspended": true});
    let place = format!("devices/{}", device["id"].as_str().unwrap());
    office.act("PATCH", &place, Some(&suspended));
    assert!(!gets_in("ada", named));
}

#[test]
fn a_rule_is_about_the_gear_and_the_service_that_it_names() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let rules = json!([
        {"name": "consoles", "nas_identifiers": ["core-1"], "service_types": [6],
         "nas_networks": ["10.1.0.0/16", "2001:db8::/32"], "verdict": "accept"},
        {"name": "else", "verdict": "reject"}
    ]);
    let client = office.client("switches", &json!({"rules": rules}));
    let path = format!("radius-clients/{}", client.id);
    assert_eq!(office.read(&path)["rules"][0]["nas_networks"], rules[0]["nas_networks"]);
    let gets_in = |more: &str| login(&office, &client, "ada", more).is("Access-Accept");
    let named = "NAS-Identifier=core-1,Service-Type=Administrative-User";
    assert!(gets_in(&format!("{named},NAS-IP-Address=10.1.2.3")));
    assert!(gets_in(&format!("{named},NAS-IPv6-Address=2001:db8::7")));
    for other in [
        named.to_owned(),
        format!("{named},NAS-IP-Address=10.2.2.3"),
        "NAS-Identifier=core-2,Service-Type=Administrative-User,NAS-IP-Address=10.1.2.3".to_owned(),
        "NAS-Identifier=core-1,Service-Type=Login-User,NAS-IP-Address=10.1.2.3".to_owned(),
        "NAS-Identifier=core-1,NAS-IP-Address=10.1.2.3".to_owned(),
    ] {
        assert!(!gets_in(&other), "{other}");
    }
    let explain = |fields: Value| {
        let explained = office.act("POST", &format!("{path}/explain"), Some(&fields));
        explained["rule"].clone()
    };
    let asked = json!({"login": "ada", "method": "pap", "nas_identifier": "core-1",
                       "nas_ip_address": "10.1.2.3", "service_type": 6});
    assert_eq!(explain(asked), "consoles");
    assert_eq!(explain(json!({"login": "ada", "method": "pap"})), "else");
    let long = json!({"rules": [{"name": "x", "nas_identifiers": ["x".repeat(65)],
                                 "verdict": "accept"}]});
    let refused = office.top.send("PATCH", &office.path(&path), Some(&long));
    let pointer = json!("/rules/0/nas_identifiers/0");
    assert_eq!((refused.status, &refused.json()["pointer"]), (422, &pointer));
}
