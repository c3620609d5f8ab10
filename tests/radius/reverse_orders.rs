//! Orders down a connection inside TLS that gear has opened itself (RFC 6614, section 2.5).

use std::thread::JoinHandle;

use serde_json::{Value, json};

use crate::harness::authority::{Authority, Holder, Issued};
use crate::harness::office::Office;
use crate::harness::radsec::{RADSEC, RadSec};
use crate::harness::wire::{ACCEPT, ACCESS_REQUEST, Request, md5_of};

const PASSWORD: &str = "correct horse battery";

/// Gear with a certificate of its own, and a user.
struct Gateway {
    office: Office,
    user: String,
    issued: Issued,
    _authority: Authority,
}

impl Gateway {
    fn new(orders: &Value) -> Self {
        let (office, authority) = (Office::new(), Authority::new("whoever"));
        let issued = authority.issue(&Holder { common_name: "gateway", ..Holder::default() });
        let certificates = json!({"fingerprints": [issued.fingerprint()]});
        let fields = json!({"sources": [], "certificates": certificates, "orders": orders});
        office.client("gateway", &fields);
        let user = office.user("ada", PASSWORD);
        Self { office, user, issued, _authority: authority }
    }

    fn connect(&self, protocols: &[&str]) -> RadSec {
        let radius = &self.office.demo.radius;
        let place = (radius.radsec.as_str(), self.office.demo.ca_file.as_str());
        RadSec::connect(place, Some(&self.issued), protocols).unwrap()
    }

    /// Connects, and tells of a session.
    fn begin(&self) -> RadSec {
        let mut connection = self.connect(&[]);
        connection.send(&start());
        assert_eq!(connection.receive().unwrap()[0], 5);
        connection
    }

    /// Has the only session ended by hand.
    fn disconnect(&self) -> Value {
        let sessions = self.office.read("sessions?open=true");
        let session = sessions["items"][0]["id"].as_str().unwrap();
        let path = format!("sessions/{session}/disconnect");
        self.office.act("POST", &path, Some(&json!({"wait_seconds": 60})))
    }
}

/// What a session `one` of ada begins with.
const START: [u8; 16] = *b"\x28\x06\x00\x00\x00\x01\x2c\x05one\x01\x05ada";

/// A packet without what signs it.
fn packet(head: [u8; 2], field: [u8; 16], attributes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(20 + attributes.len()).unwrap().to_be_bytes();
    [&head[..], &length, &field, attributes].concat()
}

/// An Accounting-Request that begins the session.
fn start() -> Vec<u8> {
    let bare = packet([4, 9], [0; 16], &START);
    packet([4, 9], md5_of(&[&bare, RADSEC.as_bytes()]), &START)
}

/// An answer to an order, signed.
fn answer(order: &[u8], code: u8, attributes: &[u8]) -> Vec<u8> {
    let head = [code, order[1]];
    let asked: [u8; 16] = order[4..20].try_into().unwrap();
    let bare = packet(head, asked, attributes);
    packet(head, md5_of(&[&bare, RADSEC.as_bytes()]), attributes)
}

/// Gear that hears one order on a connection, and does something then.
fn hear(
    mut connection: RadSec,
    then: impl FnOnce(&mut RadSec, &[u8]) + Send + 'static,
) -> JoinHandle<(RadSec, Vec<u8>)> {
    std::thread::spawn(move || {
        let order = connection.receive().expect("no order came");
        then(&mut connection, &order);
        (connection, order)
    })
}

fn names_the_session(order: &[u8]) -> bool {
    order.windows(5).any(|window| window == b"\x2c\x05one")
}

#[test]
fn section_2_5_an_order_goes_down_the_connection_of_its_gear() {
    let gateway = Gateway::new(&json!({"way": "radsec"}));
    let gear = hear(gateway.begin(), |connection, order| {
        // A request with the identifier of the order is no answer to it.
        let mut request = Request::new(ACCESS_REQUEST, RADSEC);
        request.identifier = order[1];
        let request = request.with(1, b"ada").password(PASSWORD.as_bytes());
        assert_eq!(connection.ask(&request).code, ACCEPT);
        // What answers another order is ignored.
        let mut other = answer(order, 42, &[]);
        other[1] ^= 1;
        connection.send(&other);
        connection.send(&answer(order, 41, &[]));
    });
    let told = gateway.disconnect();
    let (mut connection, order) = gear.join().unwrap();
    assert_eq!((&told["outcome"], &told["reason"]), (&json!("done"), &Value::Null), "{told}");
    assert!(told["sent_to"].as_str().unwrap().starts_with("radsec 127."), "{told}");
    let bare = packet([40, order[1]], [0; 16], &order[20..]);
    assert_eq!(order[4..20], md5_of(&[&bare, RADSEC.as_bytes()]));
    assert!(names_the_session(&order), "{order:?}");
    connection.send(&Request::status(RADSEC).encode());
    assert_eq!(connection.receive().unwrap()[0], ACCEPT, "the connection goes on");
    let event = gateway.office.event("session_disconnect");
    assert_eq!(event["success"], true, "{event}");
}

/// RFC 6613, section 2.6.4.
#[test]
fn section_2_6_4_a_forged_answer_ends_its_connection_and_the_order_goes_down_another() {
    let gateway = Gateway::new(&json!({"way": "radsec"}));
    let first = gateway.begin();
    let mut last = gateway.connect(&[]);
    last.send(&Request::status(RADSEC).encode());
    assert_eq!(last.receive().unwrap()[0], ACCEPT);
    let forging = hear(last, |connection, order| {
        let mut forged = answer(order, 42, &[]);
        forged[7] ^= 1;
        connection.send(&forged);
        assert_eq!(connection.receive(), None);
    });
    let obeying = hear(first, |connection, order| connection.send(&answer(order, 41, &[])));
    let told = gateway.disconnect();
    forging.join().unwrap();
    let (_connection, order) = obeying.join().unwrap();
    assert_eq!((&told["outcome"], order[0]), (&json!("done"), 40), "{told}");
    let reason = "an answer to an order is not signed with the shared secret";
    assert_eq!(gateway.office.event("radius_dropped")["reason"], reason);
}

#[test]
fn a_refusal_down_a_connection_is_told_with_its_cause() {
    let gateway = Gateway::new(&json!({"way": "radsec"}));
    let cause = [101, 6, 0, 0, 1, 0xf7];
    let gear = hear(gateway.begin(), move |connection, order| {
        connection.send(&answer(order, 42, &cause));
    });
    let told = gateway.disconnect();
    gear.join().unwrap();
    let reason = "the gear refused: the gear knows no such session (Error-Cause 503)";
    assert_eq!((&told["outcome"], &told["reason"]), (&json!("refused"), &json!(reason)), "{told}");
}

/// RFC 9765, section 4: a token in the place of identifier and authenticator.
#[test]
fn an_order_of_radius_1_1_is_answered_by_its_token() {
    let gateway = Gateway::new(&json!({"way": "radsec"}));
    let mut connection = gateway.connect(&["radius/1.1"]);
    assert_eq!(connection.protocol(), Some(&b"radius/1.1"[..]));
    connection.send(&packet([4, 0], [0; 16], &START));
    assert_eq!(connection.receive().unwrap()[0], 5);
    let gear = hear(connection, |connection, order| {
        let mut field: [u8; 16] = order[4..20].try_into().unwrap();
        field[0] ^= 1;
        connection.send(&packet([42, 0], field, &[]));
        field[0] ^= 1;
        connection.send(&packet([41, 0], field, &[]));
    });
    let told = gateway.disconnect();
    let (_connection, order) = gear.join().unwrap();
    assert_eq!(told["outcome"], "done", "{told}");
    assert_eq!((order[0], order[1], &order[8..20]), (40, 0, &[0; 12][..]));
    // Event-Timestamp, and no Message-Authenticator.
    assert_eq!(order[20], 55);
    assert!(names_the_session(&order), "{order:?}");
}

#[test]
fn an_order_waits_for_its_gear_to_connect_again() {
    let gateway = Gateway::new(&json!({"way": "radsec", "suspended": "disconnect"}));
    drop(gateway.begin());
    let path = format!("users/{}/suspend", gateway.user);
    gateway.office.act("POST", &path, None);
    let gear = hear(gateway.connect(&[]), |connection, order| {
        connection.send(&answer(order, 41, &[]));
    });
    let (_connection, order) = gear.join().unwrap();
    assert_eq!(order[0], 40);
    assert_eq!(gateway.office.event("session_disconnect")["success"], true);
}

#[test]
fn nothing_goes_down_a_connection_unless_its_client_says_so() {
    let gateway = Gateway::new(&json!({}));
    let _connection = gateway.begin();
    let told = gateway.disconnect();
    assert_eq!((&told["outcome"], &told["sent_to"]), (&json!("not_sent"), &Value::Null), "{told}");
    assert!(told["reason"].as_str().unwrap().contains("no sources"), "{told}");
}
