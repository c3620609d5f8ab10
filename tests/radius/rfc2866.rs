//! Accounting, reported by radclient and read back through the admin API.

use serde_json::{Value, json};

use crate::harness::calendar::seconds;
use crate::harness::office::{Client, Office};
use crate::harness::radius::Gear;
use crate::harness::wire::{Request, Wire, sign_report};

fn tell(office: &Office, client: &Client, attributes: &str) {
    let reply = office.report(client, attributes);
    assert!(reply.is("Accounting-Response"), "{reply:?}");
    assert!(reply.attributes.is_empty(), "{reply:?}");
}

fn sessions(office: &Office) -> Vec<Value> {
    office.read("sessions?limit=200")["items"].as_array().unwrap().clone()
}

fn only(office: &Office) -> Value {
    let mut sessions = sessions(office);
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    sessions.remove(0)
}

const SESSION: &str = "Acct-Session-Id=5f3a,User-Name=ada,NAS-Identifier=ap-1,\
     NAS-Port-Type=Wireless-802.11,Called-Station-Id=00-11-22-33-44-55:Office,\
     Calling-Station-Id=66-77-88-99-AA-BB,Framed-IP-Address=10.1.2.3,\
     Framed-IPv6-Address=2001:db8::5,Class=0x7374616666";

#[test]
fn section_4_1_a_session_from_its_start_to_its_end() {
    let office = Office::new();
    let client = office.client("wifi", &json!({}));
    let ada = office.user("ada", "correct horse battery");
    tell(&office, &client, &format!("Acct-Status-Type=Start,{SESSION}"));
    let begun = only(&office);
    assert!(begun["ended"].is_null(), "{begun}");
    assert_eq!((&begun["user"], &begun["radius_client"]), (&json!(ada), &json!(client.id)));
    assert_eq!((&begun["gear"], &begun["name"]), (&json!("ap-1"), &json!("5f3a")));
    assert_eq!((&begun["ipv4"], &begun["class"]), (&json!("10.1.2.3"), &json!("staff")));
    // RFC 6911, section 3.1.
    assert_eq!(begun["ipv6"], "2001:db8::5");
    assert_eq!(begun["calling_station"], "66-77-88-99-AA-BB");
    // RFC 2869, sections 5.1 and 5.2.
    let interim = "Acct-Session-Time=60,Acct-Input-Octets=7,Acct-Input-Gigawords=2,\
         Acct-Output-Octets=9,Acct-Input-Packets=3,Acct-Output-Packets=4";
    tell(&office, &client, &format!("Acct-Status-Type=Interim-Update,{SESSION},{interim}"));
    let going = only(&office);
    assert_eq!((&going["octets_in"], &going["octets_out"]), (&json!((2_u64 << 32) + 7), &json!(9)));
    assert_eq!((&going["packets_in"], &going["packets_out"]), (&json!(3), &json!(4)));
    let stop = "Acct-Session-Time=61,Acct-Terminate-Cause=Idle-Timeout";
    tell(&office, &client, &format!("Acct-Status-Type=Stop,{SESSION},{stop}"));
    let ended = only(&office);
    assert_eq!((&ended["ending"], &ended["terminate_cause"]), (&json!("stopped"), &json!(4)));
    assert_eq!((&ended["seconds"], &ended["id"]), (&json!(61), &begun["id"]));
}

#[test]
fn rfc2869_5_1_and_5_2_more_octets_than_a_counter_holds_are_told_both_ways() {
    const LARGEST: u64 = 0xffff_ffff;
    let office = Office::new();
    let client = office.client("wifi", &json!({}));
    let report = |stage: &str, [input, output]: [u64; 2]| {
        let counts = format!(
            "Acct-Input-Octets={},Acct-Input-Gigawords={},Acct-Output-Octets={},\
             Acct-Output-Gigawords={}",
            input & LARGEST,
            input >> 32,
            output & LARGEST,
            output >> 32
        );
        tell(&office, &client, &format!("Acct-Status-Type={stage},{SESSION},{counts}"));
        let shown = only(&office);
        let told = (&shown["octets_in"], &shown["octets_out"]);
        assert_eq!(told, (&json!(input), &json!(output)), "{stage}: {shown}");
    };
    tell(&office, &client, &format!("Acct-Status-Type=Start,{SESSION}"));
    // Up to the last octet before a counter turns, and beyond it; the first octets are none then.
    report("Interim-Update", [7, LARGEST]);
    report("Interim-Update", [LARGEST, LARGEST + 1]);
    report("Interim-Update", [(2 << 32) + 7, (3 << 32) + 9]);
    report("Stop", [(2 << 32) + LARGEST, 5 << 40]);
    assert_eq!(only(&office)["ending"], "stopped");
}

#[test]
fn rfc5176_3_4_a_report_may_carry_a_message_authenticator_which_has_to_be_right() {
    let office = Office::new();
    let client = office.client("wifi", &json!({}));
    tell(&office, &client, &format!("Acct-Status-Type=Start,{SESSION},Message-Authenticator=0x00"));
    assert_eq!(only(&office)["name"], "5f3a");
    let request = Request::new(4, &client.secret).with(40, &[0, 0, 0, 1]).with(44, b"another");
    let mut octets = Request { authenticator: [0; 16], ..request.authentic() }.encode();
    *octets.last_mut().unwrap() ^= 1;
    sign_report(&mut octets, client.secret.as_bytes());
    let gear = Wire::from(office.address, &office.demo.radius.acct);
    assert!(gear.meets_silence(&octets, &office.wire(), &client.secret));
    assert_eq!(only(&office)["name"], "5f3a");
}

#[test]
fn section_5_2_a_report_that_was_held_back_is_of_then_and_one_told_again_is_the_same() {
    let office = Office::new();
    let client = office.client("wifi", &json!({}));
    for delay in [0, 5, 10] {
        let more = format!("Acct-Delay-Time={delay},Acct-Session-Time=300");
        tell(&office, &client, &format!("Acct-Status-Type=Stop,{SESSION},{more}"));
    }
    tell(
        &office,
        &client,
        &format!("Acct-Status-Type=Interim-Update,{SESSION},Acct-Delay-Time=30"),
    );
    tell(&office, &client, &format!("Acct-Status-Type=Start,{SESSION},Acct-Delay-Time=300"));
    let session = only(&office);
    assert_eq!((&session["ending"], &session["seconds"]), (&json!("stopped"), &json!(300)));
    let times = ["started", "ended"].map(|name| session[name].as_str().unwrap().to_owned());
    assert!(times[0] < times[1], "{times:?}");
}

#[test]
fn rfc2869_5_3_a_report_that_says_its_date_and_no_delay_is_of_then() {
    let office = Office::new();
    let client = office.client("wifi", &json!({}));
    for (stage, ago) in [("Stop", 60), ("Start", 540)] {
        let date = format!("Event-Timestamp={}", seconds() - ago);
        tell(&office, &client, &format!("Acct-Status-Type={stage},{SESSION},{date}"));
    }
    let session = only(&office);
    assert_eq!(session["ending"], "stopped", "{session}");
    let times = ["started", "ended"].map(|name| session[name].as_str().unwrap().to_owned());
    assert!(times[0] < times[1], "{times:?}");
}

#[test]
fn section_5_7_a_time_that_no_session_lasts_is_not_believed() {
    let office = Office::new();
    let client = office.client("wifi", &json!({}));
    let stop = format!("Acct-Status-Type=Stop,{SESSION},Acct-Session-Time=4294967295");
    tell(&office, &client, &stop);
    let session = only(&office);
    assert_eq!((&session["seconds"], &session["started"]), (&json!(0), &session["ended"]));
}

#[test]
fn section_5_1_gear_that_restarts_ends_its_own_sessions() {
    let office = Office::new();
    let client = office.client("wifi", &json!({}));
    let start = |gear: &str, name: &str| {
        let session = format!("NAS-Identifier={gear},Acct-Session-Id={name},User-Name=ada");
        tell(&office, &client, &format!("Acct-Status-Type=Start,{session}"));
    };
    start("ap-1", "one");
    start("ap-2", "two");
    tell(&office, &client, "Acct-Status-Type=Accounting-On,NAS-Identifier=ap-1");
    start("ap-1", "three");
    let endings: Vec<Value> = sessions(&office).iter().map(|it| it["ending"].clone()).collect();
    assert_eq!(endings, [json!("restarted"), Value::Null, Value::Null]);
    tell(&office, &client, "Acct-Status-Type=Accounting-Off,NAS-Identifier=ap-1");
    let endings: Vec<Value> = sessions(&office).iter().map(|it| it["ending"].clone()).collect();
    assert_eq!(endings, [json!("restarted"), Value::Null, json!("restarted")]);
}

#[test]
fn section_5_5_a_name_that_gear_uses_again_at_once_is_of_another_session() {
    let office = Office::new();
    let client = office.client("wifi", &json!({}));
    let report = |stage: &str, login: &str, more: &str| {
        let session = "NAS-Identifier=ap-1,Acct-Session-Id=port-1";
        let words = format!("Acct-Status-Type={stage},{session},User-Name={login}{more}");
        tell(&office, &client, &words);
    };
    report("Start", "ada", "");
    report("Stop", "ada", ",Acct-Input-Octets=7");
    report("Start", "grace", "");
    report("Interim-Update", "grace", ",Acct-Input-Octets=9");
    tell(&office, &client, "Acct-Status-Type=Accounting-On,NAS-Identifier=ap-1");
    report("Start", "ada", "");
    let told = |it: &Value| json!([it["login"], it["ending"], it["octets_in"]]);
    let told: Vec<_> = sessions(&office).iter().map(told).collect();
    let expected =
        [json!(["ada", "stopped", 7]), json!(["grace", "restarted", 9]), json!(["ada", null, 0])];
    assert_eq!(told, expected);
}

#[test]
fn section_3_a_wrong_secret_meets_silence_and_leaves_nothing() {
    let office = Office::new();
    let client = office.client("wifi", &json!({}));
    let attributes =
        format!("Acct-Status-Type=Start,{SESSION},Packet-Src-IP-Address={}", office.address);
    let ask = |secret: &str| {
        let gear = Gear::new(&office.demo.radius.acct, secret).with(["-t", "0.3"]);
        gear.ask("acct", &attributes)
    };
    assert!(ask("0123456789abcdefg").kind.is_none());
    assert!(sessions(&office).is_empty());
    assert!(ask(&client.secret).is("Accounting-Response"));
    assert_eq!(sessions(&office).len(), 1);
}

#[test]
fn section_5_odd_reports_are_answered_and_leave_nothing() {
    let office = Office::new();
    let client = office.client("wifi", &json!({}));
    for attributes in [
        "Acct-Status-Type=Tunnel-Start,Acct-Session-Id=1",
        "Acct-Session-Id=1,User-Name=ada",
        "Acct-Status-Type=Start,User-Name=ada",
    ] {
        tell(&office, &client, attributes);
    }
    assert!(sessions(&office).is_empty());
    let hostile = "Acct-Status-Type=Start,Acct-Session-Id=\"'; DROP\\n\\tx\",User-Name=0xff00fe";
    tell(&office, &client, hostile);
    let session = only(&office);
    let text = format!("{}{}", session["name"], session["login"]);
    assert!(text.contains("DROP") && !text.contains("\\n") && !text.contains("\\u0000"), "{text}");
}

#[test]
fn proxy_states_come_back_rfc2866_4_2() {
    let office = Office::new();
    let client = office.client("proxy", &json!({}));
    let states = "Proxy-State=0x0102,Proxy-State=0x03";
    let reply = office.report(&client, &format!("Acct-Status-Type=Start,{SESSION},{states}"));
    assert_eq!(reply.values("Proxy-State"), ["0x0102", "0x03"]);
    assert_eq!(reply.attributes.len(), 2, "{reply:?}");
}

#[test]
fn each_organization_has_the_sessions_of_its_own_gear() {
    let (acme, beta) = (Office::new(), Office::new());
    let clients = [&acme, &beta].map(|office| office.client("wifi", &json!({})));
    beta.user("ada", "correct horse battery");
    tell(&acme, &clients[0], &format!("Acct-Status-Type=Start,{SESSION}"));
    assert!(sessions(&beta).is_empty());
    assert!(only(&acme)["user"].is_null(), "a user of another organization");
    tell(&beta, &clients[1], &format!("Acct-Status-Type=Stop,{SESSION}"));
    assert!(only(&acme)["ended"].is_null(), "ended by another organization");
    let theirs = only(&beta)["id"].as_str().unwrap().to_owned();
    assert_eq!(acme.top.get(&acme.path(&format!("sessions/{theirs}"))).status, 404);
    // The secret of one counts for nothing at the address of the other.
    let attributes =
        format!("Acct-Status-Type=Start,{SESSION},Packet-Src-IP-Address={}", beta.address);
    let gear = Gear::new(&acme.demo.radius.acct, &clients[0].secret).with(["-t", "0.3"]);
    assert!(gear.ask("acct", &attributes).kind.is_none());
}

/// The values of the Class attributes of an accept, as `eapol_test` shows them.
fn classes(said: &str) -> Vec<String> {
    let value = |rest: &str| {
        let value = rest.split_once("Value: ").unwrap().1;
        value.split_whitespace().next().unwrap().to_owned()
    };
    said.split("Attribute 25 (Class)").skip(1).map(value).collect()
}

#[test]
fn section_5_4_a_session_under_an_anonymous_outer_identity_is_of_whom_the_accept_let_in() {
    const PASSWORD: &str = "correct horse battery";
    let office = Office::new();
    let client = office.client("wifi", &json!({}));
    let [ada, _] = ["ada", "anonymous"].map(|login| office.user(login, PASSWORD));
    let enter = |outer: &str| {
        let peer = office.peer(&client, "TTLS").quoted("anonymous_identity", outer);
        let peer = peer.quoted("identity", "ada").quoted("password", PASSWORD);
        classes(&peer.quoted("phase2", "auth=PAP").gets_in().output.stdout)
    };
    assert!(enter("ada").is_empty(), "the gear knows already");
    let classes = enter("anonymous");
    assert_eq!(classes.len(), 1, "{classes:?}");
    let session = format!("Acct-Session-Id=1,User-Name=anonymous,Class=0x{}", classes[0]);
    tell(&office, &client, &format!("Acct-Status-Type=Start,{session}"));
    // Of gear that does not say it again nobody knows whose it is, and a login by chance is not asked.
    tell(&office, &client, "Acct-Status-Type=Start,Acct-Session-Id=2,User-Name=anonymous");
    let users: Vec<Value> = sessions(&office).iter().map(|it| it["user"].clone()).collect();
    assert_eq!(users, [json!(ada), Value::Null]);
    tell(&office, &client, &format!("Acct-Status-Type=Stop,{session}"));
    let ended = sessions(&office).remove(0);
    assert_eq!((&ended["ending"], &ended["class"]), (&json!("stopped"), &json!("")));
    let event = office.event("network_session_ended");
    assert_eq!((&event["actor"]["id"], &event["actor"]["name"]), (&json!(ada), &json!("ada")));
}
