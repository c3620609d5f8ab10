//! A port of a switch that is closed to whoever the organization does not let in: hostapd asks and
//! tells in the switch's place, `wpa_supplicant` is the computer at the other end of the cable.

use serde_json::{Value, json};

use crate::harness::cable::Cable;
use crate::harness::eapol::Peer;
use crate::harness::office::{Client, Office, id_of};
use crate::harness::program::Program;
use crate::harness::tenantry::Tenantry;

const PASSWORD: &str = "correct horse battery";
const SUCCESS: &str = "CTRL-EVENT-EAP-SUCCESS";
const FAILURE: &str = "CTRL-EVENT-EAP-FAILURE";

/// A switch that is told who came, whatever they call themselves outside, and takes orders.
struct Wire {
    office: Office,
    ada: String,
    gear: Client,
    cable: Cable,
}

impl Wire {
    fn new() -> Self {
        let office = Office::new();
        office.set(&json!({"ms_chap": true}));
        let ada = office.user("ada", PASSWORD);
        let named = json!({"name": "named",
            "attributes": [{"name": "User-Name", "value": "{login}"}]});
        let profile = id_of(&office.make("reply-profiles", &named));
        let gear = office.client("switch", &json!({"reply_profile": profile}));
        let cable = office.cable(&gear);
        let orders = json!({"orders": {"port": cable.orders, "suspended": "disconnect"}});
        office.act("PATCH", &format!("radius-clients/{}", gear.id), Some(&orders));
        Self { office, ada, gear, cable }
    }

    /// Ada's computer.
    fn peer(&self, method: &str, inner: &str, password: &str) -> Peer {
        let peer = self.office.peer(&self.gear, method);
        let named = peer.quoted("anonymous_identity", "anonymous").quoted("identity", "ada");
        named.quoted("password", password).quoted("phase2", inner)
    }

    /// The one session on the network, once it is there.
    fn session(&self) -> Value {
        let open = |_| {
            let sessions = self.office.read("sessions?open=true")["items"].clone();
            let sessions = sessions.as_array().unwrap().clone();
            assert!(sessions.len() < 2, "{sessions:?}");
            sessions.into_iter().next()
        };
        (0..10_000).find_map(open).unwrap_or_else(|| panic!("none: {}", self.cable.said()))
    }

    /// How a session ended, once it has.
    fn ended(&self, session: &Value) -> Value {
        let path = format!("sessions/{}", session["id"].as_str().unwrap());
        let ended = |_| {
            let session = self.office.read(&path);
            session["ended"].is_string().then_some(session)
        };
        (0..10_000).find_map(ended).unwrap_or_else(|| panic!("it goes on: {}", self.cable.said()))
    }

    /// Plugs in who is let in; tells the session that the switch told of.
    fn comes(&self, peer: &Peer) -> (Program, Value) {
        let computer = self.cable.plug(peer);
        computer.says(SUCCESS);
        self.cable.says(": authorizing port");
        let session = self.session();
        assert_eq!(session["user"], json!(self.ada), "{session}");
        // The switch knows the name from the accept, not from the peer.
        let (name, gear) = (&session["login"], &session["gear"]);
        assert_eq!((name, gear), (&json!("ada"), &json!("switch-1")), "{session}");
        assert_eq!(session["calling_station"].as_str().map(str::len), Some(17), "{session}");
        (computer, session)
    }
}

/// Comes by a method, and leaves.
fn comes_and_leaves(wire: &Wire, peer: &Peer, method: &str) {
    let (_computer, session) = wire.comes(peer);
    let event = wire.office.event("radius_access");
    assert_eq!((&event["method"], &event["success"]), (&json!(method), &json!(true)), "{event}");
    assert_eq!(event["actor"]["name"], "ada", "{event}");
    let left = wire.cable.log_off();
    assert_eq!((left.code, left.stdout.trim()), (0, "OK"), "{left:?}");
    let ended = wire.ended(&session);
    // The user asked for it (RFC 2866, section 5.10).
    assert_eq!((&ended["ending"], &ended["terminate_cause"]), (&json!("stopped"), &json!(1)));
}

#[test]
fn a_computer_comes_by_eap_tls_and_leaves() {
    let wire = Wire::new();
    wire.office.built_in("Acme Wi-Fi");
    let handed = wire.office.hand_out(&format!("users/{}", wire.ada), &json!({}));
    let peer = wire.office.peer(&wire.gear, "TLS").quoted("identity", "anonymous");
    let peer = peer
        .quoted("client_cert", &handed.certificate().display().to_string())
        .quoted("private_key", &handed.key().display().to_string());
    comes_and_leaves(&wire, &peer, "eap_tls");
}

#[test]
fn a_computer_comes_by_ttls_and_leaves() {
    let wire = Wire::new();
    comes_and_leaves(&wire, &wire.peer("TTLS", "auth=PAP", PASSWORD), "eap_ttls");
}

#[test]
fn a_computer_comes_by_peap_and_leaves() {
    let wire = Wire::new();
    comes_and_leaves(&wire, &wire.peer("PEAP", "auth=MSCHAPV2", PASSWORD), "peap");
}

#[test]
fn the_port_stays_closed_to_a_wrong_password() {
    let wire = Wire::new();
    let computer = wire.cable.plug(&wire.peer("TTLS", "auth=PAP", "wrong horse battery"));
    computer.says(FAILURE);
    wire.cable.says("unauthorizing port");
    let said = wire.cable.said();
    assert!(!said.contains(": authorizing port"), "{said}");
    assert_eq!(wire.office.event("radius_access")["reason"], "the password is wrong");
    assert_eq!(wire.office.read("sessions")["items"], json!([]));
}

#[test]
fn the_switch_ends_a_session_that_the_command_line_ends_and_refuses_what_it_cannot_do() {
    let wire = Wire::new();
    let (_computer, session) = wire.comes(&wire.peer("TTLS", "auth=PAP", PASSWORD));
    let id = session["id"].as_str().unwrap();
    let key = &wire.office.demo.admin_api.tokens.administrator_with_billing;
    let tenantry = Tenantry::with_key(&wire.office.demo, key).within(&wire.office.slug);
    wire.office.make("reply-profiles", &json!({"name": "slow", "session_timeout": 600}));
    let change = format!("session change {id} --reply-profile slow --wait-seconds 60");
    // hostapd changes nothing of a wired port: CoA-NAK.
    let told = tenantry.run(&format!("{change} -o json"));
    assert_eq!(told.code, 7, "{told:?}");
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    let reason = "the gear refused: the gear does not support an attribute (Error-Cause 401)";
    assert_eq!((&told["outcome"], &told["reason"]), (&json!("refused"), &json!(reason)), "{told}");
    let event = wire.office.event("session_change");
    assert_eq!((&event["success"], &event["reason"]), (&json!(false), &json!(reason)));

    let told = tenantry.shows(&format!("session disconnect {id} --wait-seconds 60"));
    assert_eq!((&told["outcome"], &told["reason"]), (&json!("done"), &Value::Null), "{told}");
    wire.cable.says("Found a matching session");
    assert_eq!(wire.ended(&session)["ending"], "stopped");
    assert_eq!(wire.office.event("session_disconnect")["success"], true);
}

#[test]
fn the_switch_ends_the_session_of_who_is_suspended() {
    let wire = Wire::new();
    let (_computer, session) = wire.comes(&wire.peer("PEAP", "auth=MSCHAPV2", PASSWORD));
    wire.office.act("POST", &format!("users/{}/suspend", wire.ada), None);
    wire.cable.says("Found a matching session");
    assert_eq!(wire.ended(&session)["ending"], "stopped");
}

#[test]
fn the_switch_ends_a_session_that_has_an_address_and_a_port_which_no_order_to_it_may_name() {
    let wire = Wire::new();
    let (_computer, session) = wire.comes(&wire.peer("TTLS", "auth=PAP", PASSWORD));
    let [name, computer] = ["name", "calling_station"].map(|it| session[it].as_str().unwrap());
    // What an access point tells and a switch does not, in words of the switch's own.
    let report = format!(
        "Acct-Status-Type=Interim-Update,Acct-Session-Id={name},User-Name=ada,\
         NAS-Identifier=switch-1,NAS-IP-Address=127.0.0.1,Calling-Station-Id={computer},\
         NAS-Port=1,Framed-IP-Address=10.1.2.3"
    );
    let reply = wire.office.report(&wire.gear, &report);
    assert!(reply.is("Accounting-Response"), "{reply:?}");
    let known = wire.session();
    assert_eq!((&known["id"], &known["ipv4"]), (&session["id"], &json!("10.1.2.3")), "{known}");

    let path = format!("sessions/{}/disconnect", session["id"].as_str().unwrap());
    let told = wire.office.act("POST", &path, Some(&json!({"wait_seconds": 60})));
    assert_eq!((&told["outcome"], &told["reason"]), (&json!("done"), &Value::Null), "{told}");
    wire.cable.says("Found a matching session");
    let said = wire.cable.said();
    assert!(said.contains("DAS: Unsupported attribute"), "{said}");
    assert_eq!(wire.ended(&session)["ending"], "stopped");
    let event = wire.office.event("session_disconnect");
    assert_eq!(event["success"], true, "{event}");
    let mut differences = event["differences"].as_array().unwrap().iter();
    let again = "with no more than names the session, as the gear does not support an attribute \
                 (Error-Cause 401)";
    let is_told = differences.any(|it| it["field"] == "sent_again" && it["after"] == again);
    assert!(is_told, "{event}");
}
