//! RADIUS inside TLS, with radsecproxy and FreeRADIUS between the gear and us.

use std::sync::Arc;

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::eap_matrix::{METHODS, VERSIONS};
use crate::harness::authority::{Authority, Holder, Issued, List};
use crate::harness::client::Client as Program;
use crate::harness::eapol::Peer;
use crate::harness::office::{Client, Office};
use crate::harness::radsec::{RADSEC, RadSec};
use crate::harness::relay::Relay;
use crate::harness::server::Site;
use crate::harness::wire::{
    ACCEPT, ACCESS_REQUEST, AUTHENTICATOR, PROXY_STATE, REJECT, Request, sign_report,
};

const PASSWORD: &str = "correct horse battery";

/// Gear with a certificate of its own.
struct Gateway {
    office: Office,
    client: Client,
    issued: Issued,
    authority: Authority,
}

impl Gateway {
    fn new() -> Self {
        Self::on(Office::new())
    }

    fn on(office: Office) -> Self {
        let authority = Authority::new("whoever");
        let issued = authority.issue(&Holder { common_name: "gateway", ..Holder::default() });
        let certificates = json!({"fingerprints": [issued.fingerprint()]});
        let profile = office.make("reply-profiles", &json!({"name": "staff", "vlan": "30"}));
        let fields = json!({
            "sources": [], "certificates": certificates, "reply_profile": profile["id"],
        });
        let client = office.client("gateway", &fields);
        office.set(&json!({"chap": true, "ms_chap": true}));
        office.user("ada", PASSWORD);
        Self { office, client, issued, authority }
    }

    fn place(&self) -> (&str, &str) {
        (&self.office.demo.radius.radsec, &self.office.demo.ca_file)
    }

    fn connect(&self) -> RadSec {
        RadSec::connect(self.place(), Some(&self.issued), &[]).unwrap()
    }
}

/// An Access-Request of ada, with an identifier and a Proxy-State.
fn login(identifier: u8, password: &str) -> Request {
    let mut request = Request::new(ACCESS_REQUEST, RADSEC);
    request.identifier = identifier;
    request.with(1, b"ada").password(password.as_bytes()).with(PROXY_STATE, &[identifier])
}

/// What goes through a relay: both verdicts, every kind of report, and conversations of EAP.
fn goes_through(gateway: &Gateway, relay: &Relay) {
    let accepted = relay.gear().login("ada", PASSWORD);
    assert!(accepted.is("Access-Accept"), "{accepted:?} {}", relay.said());
    assert_eq!(accepted.values("Tunnel-Private-Group-Id:0"), ["30"], "{accepted:?}");
    assert!(relay.gear().login("ada", "wrong").is("Access-Reject"));
    reports_go_through(gateway, relay);
    conversations_go_through(gateway, relay);
}

/// The five kinds of RFC 2866, section 5.1. A relay may answer by itself what names no user.
fn reports_go_through(gateway: &Gateway, relay: &Relay) {
    let report = |kind: &str, more: &str| {
        let words = format!("Acct-Status-Type={kind},User-Name=ada,NAS-Identifier=ap-1{more}");
        let told = relay.reporter().ask("acct", &words);
        assert!(told.is("Accounting-Response"), "{words}: {told:?} {}", relay.said());
    };
    let session = |name: &str| {
        let sessions = gateway.office.read("sessions?limit=200");
        let mut sessions = sessions["items"].as_array().unwrap().clone().into_iter();
        sessions.find(|it| it["name"] == name).unwrap_or_else(|| panic!("no session {name}"))
    };
    report("Accounting-On", "");
    let (first, second) = (",Acct-Session-Id=5f3a", ",Acct-Session-Id=5f3b");
    report("Start", first);
    let begun = session("5f3a");
    assert_eq!(begun["radius_client"], json!(gateway.client.id), "{begun}");
    assert_eq!((&begun["gear"], &begun["ended"]), (&json!("ap-1"), &Value::Null));
    let counts = ",Acct-Session-Time=60,Acct-Input-Octets=7,Acct-Input-Gigawords=2";
    report("Interim-Update", &format!("{first}{counts}"));
    let going = session("5f3a");
    assert_eq!((&going["octets_in"], &going["ended"]), (&json!((2_u64 << 32) + 7), &Value::Null));
    report("Stop", &format!("{first},Acct-Session-Time=61,Acct-Terminate-Cause=Idle-Timeout"));
    let ended = session("5f3a");
    assert_eq!((&ended["ending"], &ended["seconds"]), (&json!("stopped"), &json!(61)));
    report("Start", second);
    assert!(session("5f3b")["ended"].is_null());
    report("Accounting-Off", "");
    assert_eq!(session("5f3b")["ending"], "restarted");
    report("Start", ",Acct-Session-Id=5f3c");
    report("Accounting-On", "");
    assert_eq!(session("5f3c")["ending"], "restarted");
}

/// Every method by both versions of TLS, its session resumed, and with a proof that does not count;
/// and EAP-TLS with a certificate that is longer than a packet of EAP may be.
fn conversations_go_through(gateway: &Gateway, relay: &Relay) {
    let Gateway { office, client, .. } = gateway;
    let at = |peer: Peer| peer.at(&relay.auth, relay.secret());
    let [people, strangers] = ["people", "strangers"].map(Authority::new);
    let fields = json!({"name": "people", "certificate": people.pem(),
        "holder": "user_by_common_name"});
    office.make("certificate-authorities", &fields);
    let named = || Holder { common_name: "ada", ..Holder::default() };
    let (own, anothers) = (people.issue(&named()), strangers.issue(&named()));
    for (method, inner) in METHODS {
        let certified = |issued: &Issued| office.certified(client, issued);
        let typed = |password: &str| {
            let peer = office.peer(client, method).quoted("anonymous_identity", "anonymous");
            peer.quoted("identity", "ada").quoted("password", password).quoted("phase2", inner)
        };
        let (right, wrong) = match method {
            "TLS" => (certified(&own), certified(&anothers)),
            _ => (typed(PASSWORD), typed("wrong horse battery")),
        };
        for version in VERSIONS {
            let verdict = at(right.clone()).tls(version).with(["-r1"]).gets_in();
            let said = &verdict.output.stdout;
            assert!(verdict.resumed(), "{method} {inner} {version}: {said}");
        }
        at(wrong).stays_out();
    }
    let mail = format!("{}@mail.example", "a".repeat(2_000));
    let long = people.issue(&Holder { mail: Some(&mail), ..named() });
    for (mtu, size) in [(204, 200), (1_400, 1_396)] {
        let peer = office.certified(client, &long).set("fragment_size", &size.to_string());
        let verdict = at(peer.with([&*format!("-N12:d:{mtu}")])).gets_in();
        let said = &verdict.output.stdout;
        assert!(verdict.says("more fragments will follow"), "{size}: {said}");
    }
}

#[test]
fn radsecproxy_brings_logins_reports_and_conversations_inside_tls_1_2() {
    let gateway = Gateway::new();
    goes_through(&gateway, &Relay::radsecproxy(&gateway.office, &gateway.issued, "TLS1_2"));
}

#[test]
fn radsecproxy_brings_logins_reports_and_conversations_inside_tls_1_3() {
    let gateway = Gateway::new();
    goes_through(&gateway, &Relay::radsecproxy(&gateway.office, &gateway.issued, "TLS1_3"));
}

#[test]
fn freeradius_brings_logins_reports_and_conversations() {
    let gateway = Gateway::new();
    goes_through(&gateway, &Relay::freeradius(&gateway.office, &gateway.issued));
}

#[test]
fn section_2_6_packets_come_cut_and_joined_and_256_wait_for_answers_in_any_order() {
    let gateway = Gateway::new();
    let mut connection = gateway.connect();
    // The first makes the password known, so that the rest is quick.
    assert_eq!(connection.ask(&login(0, PASSWORD)).code, ACCEPT);
    let password = |identifier: u8| if identifier % 16 == 3 { "wrong" } else { PASSWORD };
    let requests: Vec<_> = (0..=255).map(|id| login(id, password(id))).collect();
    let octets: Vec<u8> = requests.iter().flat_map(Request::encode).collect();
    let (first, rest) = octets.split_at(11);
    connection.send(first);
    for piece in rest.chunks(7_001) {
        connection.send(piece);
    }
    let mut left = 256;
    while left > 0 {
        let octets = connection.receive().unwrap();
        let identifier = octets[1];
        let answer = requests[usize::from(identifier)].check(octets);
        let expected = if identifier % 16 == 3 { REJECT } else { ACCEPT };
        assert_eq!(answer.code, expected, "{identifier}");
        assert_eq!(answer.values(PROXY_STATE), [[identifier]]);
        left -= 1;
    }
}

#[test]
fn who_sends_very_many_at_once_is_answered_a_few_at_a_time() {
    let gateway = Gateway::new();
    let mut connection = gateway.connect();
    connection.send(&Request::status(RADSEC).encode());
    let length = connection.receive().unwrap().len();
    let request = |identifier| {
        let mut request = Request::status(RADSEC);
        request.identifier = identifier;
        request.encode()
    };
    // In one record of TLS, which comes whole or not at all.
    let octets: Vec<u8> = (0..200).flat_map(request).collect();
    connection.send(&octets);
    let mut identifiers = Vec::new();
    while identifiers.len() < 200 {
        let record = connection.receive_record();
        assert!(record.len() <= 16 * length, "{} octets of answers", record.len());
        identifiers.extend(record.chunks(length).map(|answer| answer[1]));
    }
    assert!(identifiers.into_iter().eq(0..200));
}

#[test]
fn all_that_came_in_one_record_is_answered_before_the_daemon_ends() {
    let Some(office) = Office::alone() else { return };
    let mut gateway = Gateway::on(office);
    let mut connection = gateway.connect();
    // Then the password is known, and nobody waits for hashes, but for turns.
    assert_eq!(connection.ask(&login(255, PASSWORD)).code, ACCEPT);
    let requests: Vec<_> = (0..200).map(|identifier| login(identifier, PASSWORD)).collect();
    connection.send(&requests.iter().flat_map(Request::encode).collect::<Vec<u8>>());
    let first = connection.receive().unwrap();
    let daemon = Arc::get_mut(&mut gateway.office.demo).unwrap().daemon();
    daemon.signal(Signal::SIGTERM);
    let rest = std::iter::from_fn(|| connection.receive());
    let mut answered: Vec<u8> = [first].into_iter().chain(rest).map(|answer| answer[1]).collect();
    answered.sort_unstable();
    assert!(answered.iter().copied().eq(0..200), "{answered:?}");
    assert!(daemon.ends().success());
}

#[test]
fn section_2_3_nobody_gets_in_without_a_certificate_that_a_client_has() {
    let gateway = Gateway::new();
    assert_eq!(gateway.connect().ask(&Request::status(RADSEC)).code, ACCEPT);
    let unknown = gateway.authority.issue(&Holder { common_name: "other", ..Holder::default() });
    for issued in [None, Some(&unknown)] {
        let connected = RadSec::connect(gateway.place(), issued, &[]);
        assert!(connected.is_err() || connected.unwrap().is_refused());
    }
    let expired = Holder { common_name: "old", expired: true, ..Holder::default() };
    let expired = gateway.authority.issue(&expired);
    let certificates = json!({"fingerprints": [expired.fingerprint()]});
    gateway.office.client("old", &json!({"certificates": certificates}));
    assert!(RadSec::connect(gateway.place(), Some(&expired), &[]).unwrap().is_refused());
    // The old versions of TLS, and none at all.
    let address = gateway.place().0;
    let arguments = ["s_client", "-connect", address, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"];
    let refused = Program::new("openssl", "openssl").args(arguments).run();
    assert_ne!(refused.code, 0, "{refused:?}");
    let mut clear = std::net::TcpStream::connect(address).unwrap();
    std::io::Write::write_all(&mut clear, &login(1, PASSWORD).encode()).unwrap();
    let mut answer = Vec::new();
    drop(std::io::Read::read_to_end(&mut clear, &mut answer));
    assert!(answer.first().is_none_or(|first| *first == 21), "no alert of TLS: {answer:?}");
}

#[test]
fn section_2_4_the_certificate_says_whose_the_users_are() {
    let (acme, beta) = (Gateway::new(), Gateway::new());
    beta.office.user("grace", PASSWORD);
    for (gateway, code) in [(&acme, REJECT), (&beta, ACCEPT)] {
        let request = Request::new(ACCESS_REQUEST, RADSEC).with(1, b"grace");
        let answer = gateway.connect().ask(&request.password(PASSWORD.as_bytes()));
        assert_eq!(answer.code, code);
    }
    let claimed = json!({"name": "x", "sources": [],
        "certificates": {"fingerprints": [acme.issued.fingerprint()]}});
    let path = beta.office.path("radius-clients");
    let refused = beta.office.top.send("POST", &path, Some(&claimed));
    assert_eq!((refused.status, &refused.json()["pointer"]), (422, &json!("/certificates")));
    assert!(!refused.body.contains("gateway") && !refused.body.contains(&acme.office.slug));
}

#[test]
fn section_2_3_a_name_counts_where_the_organization_trusts_who_vouches_for_it() {
    let gateway = Gateway::new();
    let office = &gateway.office;
    let name = format!("gw.{}.example", office.slug);
    let named = Holder { common_name: "x", dns: Some(&name), ..Holder::default() };
    let issued = gateway.authority.issue(&named);
    office.client("named", &json!({"sources": [], "certificates": {"names": [name]}}));
    let connect = |issued| RadSec::connect(gateway.place(), Some(issued), &[]).unwrap();
    assert!(connect(&issued).is_refused());
    let fields = json!({
        "name": "ours", "certificate": gateway.authority.pem(), "holder": "user_by_mail",
    });
    let trusted = office.make("certificate-authorities", &fields);
    let mut connection = connect(&issued);
    assert_eq!(connection.ask(&login(1, PASSWORD)).code, ACCEPT);
    let namesake = Authority::new("whoever");
    let forged = namesake.issue(&named);
    assert!(connect(&forged).is_refused());
    // What is not trusted any more ends connections that are open.
    let id = trusted["id"].as_str().unwrap();
    office.act("DELETE", &format!("certificate-authorities/{id}"), None);
    assert!(connection.is_refused());
}

#[test]
fn a_resumed_session_is_that_of_its_certificate_as_long_as_that_counts() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let gateway = Gateway::new();
        let (address, ca_file) = gateway.place();
        let config = RadSec::config(ca_file, Some(&gateway.issued), &[], &[version]);
        let config = Arc::new(config);
        let connect = || RadSec::connect_as(address, &config).unwrap();
        let mut first = connect();
        assert_eq!(first.ask(&login(1, PASSWORD)).code, ACCEPT);
        assert!(!first.is_resumed());
        let mut second = connect();
        assert_eq!(second.ask(&login(1, PASSWORD)).code, ACCEPT);
        assert!(second.is_resumed(), "{version:?}");
        let place = format!("radius-clients/{}", gateway.client.id);
        let other =
            json!({"certificates": {"names": [format!("{}.example", gateway.office.slug)]}});
        gateway.office.act("PATCH", &place, Some(&other));
        let mut third = connect();
        assert!(third.is_refused() && second.is_refused(), "{version:?}");
    }
}

#[test]
fn a_revoked_certificate_ends_its_connections_at_once_and_none_is_resumed() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let gateway = Gateway::new();
        let office = &gateway.office;
        let fields = json!({"name": "theirs", "certificate": gateway.authority.pem(),
            "holder": "service_account_by_dns_name"});
        let trusted = office.make("certificate-authorities", &fields);
        let (address, ca_file) = gateway.place();
        let config = RadSec::config(ca_file, Some(&gateway.issued), &[], &[version]);
        let config = Arc::new(config);
        let mut open = RadSec::connect_as(address, &config).unwrap();
        assert_eq!(open.ask(&login(1, PASSWORD)).code, ACCEPT);
        let list = gateway.authority.list(&List { revoked: &[&gateway.issued], ..List::default() });
        let path =
            format!("certificate-authorities/{}/revocations", trusted["id"].as_str().unwrap());
        office.act("PUT", &path, Some(&json!({"list": list})));
        assert!(open.is_refused(), "{version:?}");
        assert!(RadSec::connect_as(address, &config).unwrap().is_refused(), "{version:?}");
    }
}

#[test]
fn a_certificate_that_is_taken_away_ends_its_connections() {
    let gateway = Gateway::new();
    let mut connection = gateway.connect();
    assert_eq!(connection.ask(&login(1, PASSWORD)).code, ACCEPT);
    let other = json!({"certificates": {"names": [format!("{}.example", gateway.office.slug)]}});
    let place = format!("radius-clients/{}", gateway.client.id);
    gateway.office.act("PATCH", &place, Some(&other));
    assert!(connection.is_refused());
    assert!(gateway.connect().is_refused());
}

/// Does something about a gateway's whole organization.
fn of_all(gateway: &Gateway, method: &str, rest: &str) {
    let Office { top, id, .. } = &gateway.office;
    let done = top.send(method, &format!("/v1/organizations/{id}{rest}"), None);
    assert!(matches!(done.status, 200 | 204), "{method} {rest}: {done:?}");
}

/// A report that a session has begun.
fn report() -> Vec<u8> {
    let start = Request::new(4, RADSEC).with(40, &[0, 0, 0, 1]).with(44, b"too late");
    let mut octets = start.with(1, b"ada").encode();
    sign_report(&mut octets, RADSEC.as_bytes());
    octets
}

#[test]
fn connections_of_an_organization_that_is_suspended_or_deleted_end_without_another_answer() {
    for is_deleted in [false, true] {
        let (gateway, other) = (Gateway::new(), Gateway::new());
        let mut open: Vec<RadSec> = (0..4).map(|_| gateway.connect()).collect();
        let mut untouched = other.connect();
        for connection in open.iter_mut().chain([&mut untouched]) {
            assert_eq!(connection.ask(&login(1, PASSWORD)).code, ACCEPT);
        }
        if is_deleted {
            let shown = gateway.office.top.get(&format!("/v1/organizations/{}", gateway.office.id));
            let name = shown.json()["name"].as_str().unwrap().replace(' ', "%20");
            of_all(&gateway, "DELETE", &format!("?confirmation={name}"));
        } else {
            of_all(&gateway, "POST", "/suspend");
        }
        // Whichever comes first on a connection is its end.
        let (right, wrong) = (login(2, PASSWORD).encode(), login(2, "wrong").encode());
        let said = [right, wrong, Request::status(RADSEC).encode(), report()];
        for (connection, said) in open.iter_mut().zip(said) {
            connection.send(&said);
            assert_eq!(connection.receive(), None, "deleted: {is_deleted}, {said:?}");
        }
        assert!(gateway.connect().is_refused(), "deleted: {is_deleted}");
        assert_eq!(untouched.ask(&login(2, PASSWORD)).code, ACCEPT, "another organization's");
        if is_deleted {
            of_all(&gateway, "POST", "/restore");
            assert!(gateway.connect().is_refused(), "what is restored is suspended");
        }
        of_all(&gateway, "POST", "/activate");
        assert_eq!(gateway.connect().ask(&login(3, PASSWORD)).code, ACCEPT);
        assert_eq!(gateway.office.read("sessions")["items"], json!([]), "a report was taken");
    }
}

#[test]
fn section_2_6_4_what_is_malformed_or_forged_ends_its_connection_alone() {
    let gateway = Gateway::new();
    let mut honest = gateway.connect();
    let forged = {
        let mut request = login(1, PASSWORD).authentic();
        request.secret = b"another secret".to_vec();
        request.encode()
    };
    let mut torn = login(1, PASSWORD).encode();
    let last = torn.len() - 2;
    torn[last] = 77;
    for octets in [vec![1, 1, 0, 19, 0], vec![1, 1, 0x10, 1, 0], torn, forged] {
        let mut connection = gateway.connect();
        connection.send(&octets);
        // What comes behind is not looked at.
        connection.send(&login(2, PASSWORD).encode());
        assert_eq!(connection.receive(), None);
        assert_eq!(honest.ask(&login(3, PASSWORD)).code, ACCEPT);
    }
    let told = honest.ask(&Request::new(43, RADSEC).without(AUTHENTICATOR));
    assert_eq!((told.code, told.values(101)), (52, vec![&406_u32.to_be_bytes()[..]]));
}

#[test]
fn limits_of_connections_and_of_silence_are_kept() {
    let Some(office) = Office::alone() else { return };
    let mut gateway = Gateway::on(office);
    let ordered = gateway.authority.issue(&Holder { common_name: "vpn", ..Holder::default() });
    let certificates = json!({"fingerprints": [ordered.fingerprint()]});
    let fields = json!({"sources": [], "certificates": certificates, "orders": {"way": "radsec"}});
    gateway.office.client("vpn", &fields);
    let demo = Arc::get_mut(&mut gateway.office.demo).unwrap();
    demo.daemon().stop();
    let address = crate::harness::relay::free();
    let site = Site::of_demo(demo.folder())
        .unwrap()
        .set("radius", format!("radsec = [{address:?}]"))
        .set("radius", "radsec_connections_per_client = 2")
        .set("radius", "radsec_partial_timeout = \"1s\"")
        .set("radius", "radsec_idle_timeout = \"3s\"");
    let server = site.serve();
    let place = (address.as_str(), server.ca_file.as_str());
    let mut ordered = RadSec::connect(place, Some(&ordered), &[]).unwrap();
    assert_eq!(ordered.ask(&Request::status(RADSEC)).code, ACCEPT);
    let connect = || RadSec::connect(place, Some(&gateway.issued), &[]).unwrap();
    let (mut first, mut second) = (connect(), connect());
    for connection in [&mut first, &mut second] {
        assert_eq!(connection.ask(&Request::status(RADSEC)).code, ACCEPT);
    }
    assert!(connect().is_refused());
    second.send(&login(1, PASSWORD).encode()[..9]);
    assert_eq!(second.receive(), None);
    // Silence is borne for longer than half a packet, and ends with a word.
    assert_eq!(first.ask(&Request::status(RADSEC)).code, ACCEPT);
    assert_eq!(first.receive(), None);
    // One that orders go down has been silent for longer, and stays.
    assert_eq!(ordered.ask(&Request::status(RADSEC)).code, ACCEPT);
    assert_eq!(connect().ask(&login(1, PASSWORD)).code, ACCEPT);
}

#[test]
fn who_is_refused_is_an_event_of_the_provider() {
    let gateway = Gateway::new();
    let unknown = gateway.authority.issue(&Holder { common_name: "other", ..Holder::default() });
    let fingerprint = unknown.fingerprint().replace(':', "").to_lowercase();
    let told = |round: u32| {
        // One refusal of a source is told in a minute, and others may come from here.
        if round.is_multiple_of(100) {
            assert!(RadSec::connect(gateway.place(), Some(&unknown), &[]).unwrap().is_refused());
        }
        let events = gateway.office.top.get("/v1/events?limit=200").json();
        let events: Vec<Value> = events["items"].as_array().unwrap().clone();
        events.into_iter().find(|event| event.to_string().contains(&fingerprint))
    };
    let event = (0..40_000).find_map(told).expect("no event came");
    assert_eq!(event["reason"], "no RADIUS client has the certificate");
    let mut facts = event["differences"].as_array().unwrap().iter();
    assert!(
        facts.any(|it| it["field"] == "holder" && it["after"].to_string().contains("CN=other")),
        "{event}"
    );
    assert_eq!(
        (&event["action"], &event["source"]),
        (&json!("radius_dropped"), &json!("127.0.0.1"))
    );
}
