//! MAC authentication: devices that gear names by their hardware addresses.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::harness::eapol::Peer;
use crate::harness::office::{Client, Office, id_of};
use crate::harness::radius::Reply;
use crate::harness::server::Site;

const ADDRESS: &str = "00:10:a4:23:19:c0";

/// A request as gear sends it for a device: its address as the name, and a password.
fn ask(office: &Office, client: &Client, name: &str, password: &str, more: &str) -> Reply {
    let calling = format!("Calling-Station-Id=\"{name}\",");
    let more = if more.contains("Calling-Station-Id") { more } else { &calling };
    from_somewhere(office, client, name, password, more)
}

/// A request that says no more of where it comes from than `more` does.
fn from_somewhere(
    office: &Office,
    client: &Client,
    name: &str,
    password: &str,
    more: &str,
) -> Reply {
    let attributes = format!(
        "User-Name=\"{name}\",User-Password=\"{password}\",Message-Authenticator=0x00,{more}\
         Packet-Src-IP-Address={}",
        office.address
    );
    office.gear(client).ask("auth", &attributes)
}

fn vlan(reply: &Reply) -> &str {
    assert!(reply.is("Access-Accept"), "{reply:?}");
    reply.values("Tunnel-Private-Group-Id:0").first().copied().unwrap_or_default()
}

/// An office with a printer in the group `printers`, and a profile for the VLAN 30.
fn office() -> (Office, String, Value) {
    let office = Office::new();
    let printers = office.group("printers", &[], &[]);
    let device = json!({"name": "printer", "addresses": ["0010.A423.19C0"], "groups": [printers]});
    let device = office.make("devices", &device);
    assert_eq!(device["addresses"], json!([ADDRESS]));
    let profile = office.make("reply-profiles", &json!({"name": "printers", "vlan": "30"}));
    (office, printers, json!([device["id"], profile["id"]]))
}

#[test]
fn a_device_is_let_in_by_its_address_in_any_spelling_where_the_client_says_so() {
    let (office, printers, ids) = office();
    let rules = json!([{"name": "printers", "groups": [printers], "methods": ["mac"],
        "verdict": "accept", "reply_profile": ids[1]}]);
    let client = office.client("switch", &json!({"mac_authentication": true, "rules": rules}));
    for spelled in ["0010a42319c0", "00-10-A4-23-19-C0", "00:10:a4:23:19:C0", "0010.a423.19c0"] {
        assert_eq!(vlan(&ask(&office, &client, spelled, spelled, "")), "30", "{spelled}");
        let calling = format!("Calling-Station-Id=\"{ADDRESS}\",");
        let check = format!("Service-Type=Call-Check,{calling}");
        assert_eq!(vlan(&ask(&office, &client, spelled, ADDRESS, &calling)), "30", "{spelled}");
        assert_eq!(vlan(&ask(&office, &client, spelled, "common", &check)), "30", "{spelled}");
        let typed = from_somewhere(&office, &client, spelled, spelled, "");
        assert!(typed.is("Access-Reject"), "{spelled}");
        let another = "Calling-Station-Id=\"00:10:a4:23:19:c1\",";
        assert!(ask(&office, &client, spelled, spelled, another).is("Access-Reject"), "{spelled}");
        assert!(ask(&office, &client, spelled, "other", &calling).is("Access-Reject"), "{spelled}");
    }
    let event = office.events().into_iter().find(|event| event["actor"]["kind"] == "device");
    let event = event.unwrap_or_else(|| office.event("radius_access"));
    assert_eq!((&event["method"], &event["rule"]), (&json!("mac"), &json!("printers")), "{event}");
    assert_eq!((&event["actor"]["id"], &event["actor"]["name"]), (&ids[0], &json!("printer")));
    let explain = format!("radius-clients/{}/explain", client.id);
    let again = office.act("POST", &explain, Some(&json!({"event": event["sequence"]})));
    assert_eq!((&again["device"], &again["event"]["different"]), (&ids[0], &json!([])), "{again}");
    let told = office.act("POST", &explain, Some(&json!({"login": ADDRESS, "method": "mac"})));
    assert_eq!((&told["accept"], &told["rule"]), (&json!(true), &json!("printers")), "{told}");
    for (calling, accept) in [("00-10-A4-23-19-C0", true), ("00-10-A4-23-19-C1", false)] {
        let asked = json!({"login": ADDRESS, "method": "mac", "calling_station_id": calling});
        let told = office.act("POST", &explain, Some(&asked));
        assert_eq!(told["accept"], accept, "{told}");
    }

    let device = format!("devices/{}", ids[0].as_str().unwrap());
    office.act("PATCH", &device, Some(&json!({"suspended": true})));
    assert!(ask(&office, &client, ADDRESS, ADDRESS, "").is("Access-Reject"));
    let plain = office.client("plain", &json!({}));
    office.act("PATCH", &device, Some(&json!({"suspended": false})));
    assert!(ask(&office, &plain, ADDRESS, ADDRESS, "").is("Access-Reject"));
    assert!(ask(&office, &client, ADDRESS, ADDRESS, "").is("Access-Accept"));
}

/// The address as gear of different makers spells it.
const SPELLED: [&str; 10] = [
    "0010a42319c0",
    "0010A42319C0",
    "00-10-a4-23-19-c0",
    "00-10-A4-23-19-C0",
    "00:10:a4:23:19:c0",
    "00:10:A4:23:19:C0",
    "0010.a423.19c0",
    "0010.A423.19C0",
    "0010-a423-19c0",
    "0010a4-2319C0",
];

#[test]
fn name_password_and_calling_station_may_be_spelled_each_in_its_own_way() {
    let (office, _, ids) = office();
    let fields = json!({"mac_authentication": true, "reply_profile": ids[1]});
    let client = office.client("switch", &fields);
    let spelled = |at: usize| SPELLED[at % SPELLED.len()];
    for at in 0..SPELLED.len() {
        for [password, calling] in [[at, at], [at, at + 3], [at + 1, at], [at + 4, at + 7]] {
            let [name, password, calling] = [at, password, calling].map(spelled);
            let from = format!("Calling-Station-Id=\"{calling}\",");
            let reply = ask(&office, &client, name, password, &from);
            assert_eq!(vlan(&reply), "30", "{name} {password} {calling}");
        }
    }
    let from = format!("Calling-Station-Id=\"{ADDRESS}\",");
    for name in [
        "0010a42319c",
        "0010a42319c00",
        "0010a42319cg",
        "00_10_a4_23_19_c0",
        "00 10 a4 23 19 c0",
        "001-0a4-231-9c0",
        "-0010a42319c0",
    ] {
        let reply = ask(&office, &client, name, name, &from);
        assert!(reply.is("Access-Reject"), "{name}: {reply:?}");
    }
}

#[test]
fn the_wireless_network_is_found_behind_the_access_points_address_however_that_is_spelled() {
    let (office, _, ids) = office();
    let rules = json!([
        {"name": "things", "methods": ["mac"], "ssids": ["Things: 2"], "verdict": "accept",
         "reply_profile": ids[1]},
        {"name": "else", "verdict": "reject"}
    ]);
    let client = office.client("ap", &json!({"mac_authentication": true, "rules": rules}));
    let called = |station: &str| {
        let more = format!("Calling-Station-Id=\"{ADDRESS}\",Called-Station-Id=\"{station}\",");
        ask(&office, &client, ADDRESS, ADDRESS, &more)
    };
    for address in SPELLED {
        assert_eq!(vlan(&called(&format!("{address}:Things: 2"))), "30", "{address}");
        for other in ["", ":", ":Things", ":things: 2", ":2", "Things: 2"] {
            let reply = called(&format!("{address}{other}"));
            assert!(reply.is("Access-Reject"), "{address}{other}: {reply:?}");
        }
    }
}

#[test]
fn gear_that_asks_by_chap_names_devices_too() {
    let (office, _, ids) = office();
    office.user("ada", "correct horse battery");
    let fields = json!({"mac_authentication": true, "reply_profile": ids[1]});
    let client = office.client("switch", &fields);
    let ask = |client: &Client, name: &str, password: &str, calling: &str| {
        let attributes = format!(
            "User-Name=\"{name}\",CHAP-Password=\"{password}\",Calling-Station-Id=\"{calling}\",\
             Message-Authenticator=0x00,Packet-Src-IP-Address={}",
            office.address
        );
        office.gear(client).ask("auth", &attributes)
    };
    let name = "0010a42319c0";
    assert_eq!(vlan(&ask(&client, name, name, ADDRESS)), "30");
    for (name, password, calling) in [
        (name, "0010a42319c1", ADDRESS),
        (name, name, "00:10:a4:23:19:c1"),
        ("ada", "ada", ADDRESS),
        ("0010a42319c1", "0010a42319c1", "00:10:a4:23:19:c1"),
    ] {
        let reply = ask(&client, name, password, calling);
        assert!(reply.is("Access-Reject"), "{name} {password} {calling} {reply:?}");
    }
    let plain = office.client("plain", &json!({}));
    assert!(ask(&plain, name, name, ADDRESS).is("Access-Reject"));
}

#[test]
fn gear_that_gives_one_password_for_all_devices_names_them_where_the_client_has_it() {
    const COMMON: &str = "things and printers";
    let (office, _, ids) = office();
    let fields = json!({"mac_authentication": true, "mac_password": COMMON,
        "reply_profile": ids[1]});
    let client = office.client("switch", &fields);
    let plain = office.client("plain", &json!({"mac_authentication": true}));
    let name = "0010a42319c0";
    assert_eq!(vlan(&ask(&office, &client, name, COMMON, "")), "30");
    assert_eq!(vlan(&ask(&office, &client, name, name, "")), "30", "the address goes on");
    let by_chap = format!(
        "User-Name={name},CHAP-Password=\"{COMMON}\",Calling-Station-Id=\"{name}\",\
         Message-Authenticator=0x00,Packet-Src-IP-Address={}",
        office.address
    );
    assert_eq!(vlan(&office.gear(&client).ask("auth", &by_chap)), "30");
    let another = "Calling-Station-Id=\"00:10:a4:23:19:c1\",";
    for (client, password, calling) in
        [(&client, "things and printer", ""), (&client, COMMON, another), (&plain, COMMON, "")]
    {
        let reply = ask(&office, client, name, password, calling);
        assert!(reply.is("Access-Reject"), "{password} {calling} {reply:?}");
    }
    let path = format!("radius-clients/{}", client.id);
    assert_eq!(office.read(&path)["mac_password_set"], true);
    let shown = office.act("PATCH", &path, Some(&json!({"mac_password": null})));
    assert_eq!(shown["mac_password_set"], false);
    assert!(ask(&office, &client, name, COMMON, "").is("Access-Reject"));
    office.act("PATCH", &path, Some(&json!({"mac_password": "another one"})));
    assert_eq!(vlan(&ask(&office, &client, name, "another one", "")), "30");
    // It goes with the consent.
    for lets_in in [false, true] {
        office.act("PATCH", &path, Some(&json!({"mac_authentication": lets_in})));
    }
    assert_eq!(office.read(&path)["mac_password_set"], false);
    assert!(ask(&office, &client, name, "another one", "").is("Access-Reject"));
    let off = office.client("off", &json!({}));
    let path = office.path(&format!("radius-clients/{}", off.id));
    let refused = office.top.send("PATCH", &path, Some(&json!({"mac_password": COMMON})));
    assert_eq!((refused.status, &refused.json()["pointer"]), (422, &json!("/mac_password")));
    let events = json!(office.events()).to_string();
    assert!(events.contains("mac_password") && !events.contains(COMMON), "{events}");
}

#[test]
fn unknown_devices_have_a_profile_of_their_own_where_the_client_names_one() {
    let (office, _, ids) = office();
    let strict = office.client("strict", &json!({"mac_authentication": true}));
    let unknown = "02:00:00:00:00:07";
    assert!(ask(&office, &strict, unknown, unknown, "").is("Access-Reject"));
    let told = |event: &Value| event["reason"] == "there is no such device";
    assert!((0..10_000).any(|_| office.events().iter().any(told)), "{:?}", office.events());
    assert_eq!(vlan(&ask(&office, &strict, ADDRESS, ADDRESS, "")), "");
    let fields = json!({"mac_authentication": true, "unknown_device_profile": ids[1]});
    let open = office.client("open", &fields);
    assert_eq!(vlan(&ask(&office, &open, unknown, unknown, "")), "30");
    for nobodys in ["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01"] {
        let reply = ask(&office, &open, nobodys, nobodys, "");
        assert!(reply.is("Access-Reject"), "{nobodys}: {reply:?}");
    }
    let profile = office.path(&format!("reply-profiles/{}", ids[1].as_str().unwrap()));
    assert_eq!(office.top.send("DELETE", &profile, None).status, 409, "it is in use");
}

#[test]
fn rules_about_unknown_devices_come_before_the_profile_for_them() {
    let (office, _, ids) = office();
    let profile = |vlan: &str| {
        let made = office.make("reply-profiles", &json!({"name": vlan, "vlan": vlan}));
        made["id"].clone()
    };
    let days =
        json!(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]);
    let always = json!([{"days": days, "from": "00:00", "to": "24:00"}]);
    let rules = json!([
        {"name": "guests", "with_device": "unknown", "ssids": ["guests"], "verdict": "accept",
         "reply_profile": profile("40")},
        {"name": "wired", "with_device": "unknown", "port_types": [15], "times": always,
         "verdict": "accept", "reply_profile": profile("50")},
        {"name": "office", "with_device": "unknown", "ssids": ["office"], "verdict": "reject"},
        {"name": "else", "verdict": "reject"}
    ]);
    let fields = json!({"mac_authentication": true, "unknown_device_profile": ids[1],
                        "rules": rules});
    let client = office.client("switch", &fields);
    let path = format!("radius-clients/{}", client.id);
    assert_eq!(office.read(&path)["rules"][0]["with_device"], "unknown");
    let unknown = "02:00:00:00:00:07";
    let at = |ssid: &str| format!("Called-Station-Id=\"00-10-A4-23-19-C0:{ssid}\",");
    let asked = |more: &str| {
        let calling = format!("Calling-Station-Id=\"{unknown}\",");
        ask(&office, &client, unknown, unknown, &format!("{calling}{more}"))
    };
    assert_eq!(vlan(&asked(&at("guests"))), "40");
    assert_eq!(vlan(&asked("NAS-Port-Type=15,")), "50");
    // No other rule is about it, so the client's profile for such devices decides.
    assert_eq!(vlan(&asked(&at("lobby"))), "30");
    assert!(asked(&at("office")).is("Access-Reject"));
    // A device that the organization has is not meant.
    assert!(ask(&office, &client, ADDRESS, ADDRESS, "").is("Access-Reject"));
    let explain = |ssid: &str| {
        let called = format!("00-10-A4-23-19-C0:{ssid}");
        let asked = json!({"login": unknown, "method": "mac", "called_station_id": called});
        office.act("POST", &format!("{path}/explain"), Some(&asked))
    };
    for (ssid, accept, rule) in [
        ("guests", true, json!("guests")),
        ("office", false, json!("office")),
        ("lobby", true, Value::Null),
    ] {
        let told = explain(ssid);
        assert_eq!((&told["accept"], &told["rule"]), (&json!(accept), &rule), "{told}");
    }
    let grouped = json!({"rules": [{"name": "x", "with_device": "unknown",
        "groups": [office.group("any", &[], &[])], "verdict": "reject"}]});
    let refused = office.top.send("PATCH", &office.path(&path), Some(&grouped));
    let pointer = json!("/rules/0/with_device");
    assert_eq!((refused.status, &refused.json()["pointer"]), (422, &pointer));
}

#[test]
fn a_user_called_like_an_address_is_a_user_and_never_let_in_as_a_device() {
    let office = Office::new();
    office.user("0010a42319c0", "correct horse battery");
    let plain = office.client("plain", &json!({}));
    let mac = office.client("mac", &json!({"mac_authentication": true}));
    let name = "0010a42319c0";
    assert!(ask(&office, &plain, name, name, "").is("Access-Reject"));
    assert!(ask(&office, &mac, name, name, "").is("Access-Reject"));
    assert!(ask(&office, &mac, name, "correct horse battery", "").is("Access-Accept"));
    // What somebody types at a console comes from no address.
    let typed = from_somewhere(&office, &mac, "0010a42319c1", "0010a42319c1", "");
    assert!(typed.is("Access-Reject"));
    // Nothing that lacks a credential is ever let in.
    let bare = format!(
        "User-Name=\"{name}\",Service-Type=Call-Check,Calling-Station-Id=\"{name}\",\
         Message-Authenticator=0x00,Packet-Src-IP-Address={}",
        office.address
    );
    assert!(!office.gear(&mac).ask("auth", &bare).is("Access-Accept"));
}

#[test]
fn an_address_for_name_and_password_lets_no_user_in_whatever_the_password_is() {
    let office = Office::new();
    let name = "0010a42319c0";
    // Of the name: into a hash that another system made nobody looks.
    let hash = "{SSHA}3YBAKxJ918ftpRXMAavWAKw8+GZzYWx0c2FsdA==";
    let fields = json!({"login": name, "display_name": "Printer", "surname": "Printer",
        "password_hash": hash});
    office.make("users", &fields);
    let plain = office.client("plain", &json!({}));
    let mac = office.client("mac", &json!({"mac_authentication": true}));
    for client in [&plain, &mac] {
        for calling in ["", "Calling-Station-Id=\"00-10-A4-23-19-C1\","] {
            for password in [name, "00-10-A4-23-19-C0"] {
                let reply = from_somewhere(&office, client, name, password, calling);
                assert!(reply.is("Access-Reject"), "{calling} {password} {reply:?}");
            }
        }
    }
    let reason = "name and password are one hardware address, which proves no user";
    let told = |event: &Value| event["reason"] == reason;
    assert!((0..10_000).any(|_| office.events().iter().any(told)), "{:?}", office.events());
}

#[test]
fn an_address_is_of_one_device_of_an_organization_and_another_has_its_own() {
    let (office, printers, ids) = office();
    let devices = office.path("devices");
    for (fields, pointer) in [
        (json!({"name": "two", "addresses": ["00-10-a4-23-19-c0"]}), "/addresses/0"),
        (
            json!({"name": "two", "addresses": ["02:00:00:00:00:01", "020000000001"]}),
            "/addresses/1",
        ),
        (json!({"name": "two", "addresses": ["ff:ff:ff:ff:ff:ff"]}), "/addresses/0"),
        (json!({"name": "two", "groups": [ids[0]]}), "/groups/0"),
        (json!({"name": "Printer"}), "/name"),
    ] {
        let refused = office.top.send("POST", &devices, Some(&fields));
        assert!(matches!(refused.status, 409 | 422), "{fields} {refused:?}");
        assert_eq!(refused.json()["pointer"], pointer, "{fields}");
    }
    let address = json!({"name": "two", "addresses": [ADDRESS]});
    let taken = office.top.send("POST", &devices, Some(&address));
    let told = taken.json();
    assert_eq!((taken.status, &told["type"]), (409, &json!("/problems/taken")), "{taken:?}");
    assert_eq!(told["detail"], "This value is taken; choose another.");
    let group = office.path(&format!("groups/{printers}"));
    assert_eq!(office.top.send("DELETE", &group, None).status, 409, "a device is in it");
    let other = Office::new();
    let theirs = json!({"name": "printer", "addresses": [ADDRESS]});
    let theirs = id_of(&other.make("devices", &theirs));
    assert_eq!(other.read(&format!("devices/{theirs}"))["name"], "printer");
    let here = office.top.get(&office.path(&format!("devices/{theirs}")));
    assert_eq!(here.status, 404);
    office.act("DELETE", &format!("devices/{}", ids[0].as_str().unwrap()), None);
    office.act("DELETE", &format!("groups/{printers}"), None);
    assert_eq!(office.read("devices")["items"], json!([]));
}

#[test]
fn gear_that_asks_by_eap_md5_names_devices_and_nobody_else() {
    let (office, printers, ids) = office();
    // An address that is a user's name as well; and a user whose password is kept for CHAP.
    office.set(&json!({"chap": true}));
    office.user("0010a42319c1", "correct horse battery");
    office.user("ada", "correct horse battery");
    let rules = json!([{"name": "printers", "groups": [printers], "methods": ["mac"],
        "verdict": "accept", "reply_profile": ids[1]}]);
    let client = office.client("switch", &json!({"mac_authentication": true, "rules": rules}));
    let plain = office.client("plain", &json!({}));
    let peer = |client: &Client, name: &str, password: &str, calling: &str| {
        let peer = office.peer(client, "MD5").quoted("identity", name).quoted("password", password);
        // Nothing is shared afterwards.
        peer.set("key_mgmt", "NONE").with(["-n", "-M", calling])
    };
    for name in ["0010a42319c0", "00-10-A4-23-19-C0", "00:10:a4:23:19:c0"] {
        let verdict = peer(&client, name, name, ADDRESS).gets_in();
        // Tunnel-Private-Group-Id, with its value 30 as eapol_test shows it.
        assert!(verdict.says("Attribute 81"), "{}", verdict.output.stdout);
        assert!(!verdict.says("MS-MPPE-Send-Key"), "{}", verdict.output.stdout);
    }
    let event = office.event("radius_access");
    assert_eq!((&event["method"], &event["rule"]), (&json!("mac"), &json!("printers")), "{event}");
    assert_eq!((&event["actor"]["kind"], &event["actor"]["id"]), (&json!("device"), &ids[0]));
    let name = "0010a42319c0";
    for (client, name, password, calling) in [
        (&plain, name, name, ADDRESS),
        (&client, name, "0010a42319c1", ADDRESS),
        (&client, name, name, "00:10:a4:23:19:c1"),
        // No device, though it is a user's name, and the password is the user's.
        (&client, "0010a42319c1", "0010a42319c1", "00:10:a4:23:19:c1"),
        (&client, "0010a42319c1", "correct horse battery", "00:10:a4:23:19:c1"),
        (&client, "ada", "correct horse battery", ADDRESS),
    ] {
        peer(client, name, password, calling).stays_out();
    }
    let told =
        |event: &Value| event["reason"] == "the answer is not that of the device's own address";
    assert!((0..10_000).any(|_| office.events().iter().any(told)), "{:?}", office.events());
    // Gear that checks a call has no password to tell.
    peer(&client, name, "common", ADDRESS).with(["-N6:d:10"]).gets_in();
    // Whoever has such a name outside and wants a tunnel gets one.
    tunnel_of(&office, &client, name).gets_in();
    let device = format!("devices/{}", ids[0].as_str().unwrap());
    office.act("PATCH", &device, Some(&json!({"suspended": true})));
    peer(&client, name, name, ADDRESS).stays_out();
}

#[test]
fn a_daemon_without_a_certificate_asks_devices_by_eap_md5_and_shows_what_organizations_have() {
    let Some(mut here) = Office::alone() else { return };
    let there = Office::on(Arc::clone(&here.demo));
    let name = "0010a42319c0";
    here.make("devices", &json!({"name": "printer", "addresses": [ADDRESS]}));
    here.user("ada", "correct horse battery");
    let switch = here.client("switch", &json!({"mac_authentication": true}));
    let device = here.peer(&switch, "MD5").quoted("identity", name).quoted("password", name);
    let device = device.set("key_mgmt", "NONE").with(["-n", "-M", ADDRESS]);
    let user = here.ttls(&switch, "auth=PAP", "ada", "correct horse battery");
    let tunnel = tunnel_of(&here, &switch, name);
    there.user("bob", "correct horse battery");
    let wlan = there.client("wlan", &json!({}));
    let authority = there.built_in("Acme Wi-Fi");
    let names = json!({"dns_names": ["radius.acme.example"]});
    there.act("POST", "server-certificate/issue", Some(&names));
    let own = there.ttls(&wlan, "auth=PAP", "bob", "correct horse battery");
    let own = own.trusts(&authority.file);
    drop(there);
    let demo = Arc::get_mut(&mut here.demo).unwrap();
    demo.daemon().stop();
    let Some(site) = Site::of_demo(demo.folder()) else { return };
    let site = site.without_certificate();
    let server = site.serve();
    let at = |peer: &Peer, client: &Client| peer.clone().at(&server.radius_auth, &client.secret);
    at(&device, &switch).gets_in();
    at(&device, &switch).quoted("password", "0010a42319c1").stays_out();
    // Nobody else is offered anything, whatever they say and want.
    at(&user, &switch).stays_out();
    at(&tunnel, &switch).stays_out();
    at(&own, &wlan).gets_in();
}

/// A peer of EAP-TTLS whose outer identity is a device's address.
fn tunnel_of(office: &Office, client: &Client, outer: &str) -> Peer {
    let peer = office.peer(client, "TTLS").quoted("anonymous_identity", outer);
    let peer = peer.quoted("identity", "ada").quoted("password", "correct horse battery");
    peer.quoted("phase2", "auth=PAP").with(["-M", ADDRESS])
}
