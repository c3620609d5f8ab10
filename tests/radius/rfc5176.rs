//! Dynamic authorization: FreeRADIUS takes orders in the place of network gear.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use serde_json::{Value, json};

use crate::harness::PATIENCE;
use crate::harness::issued::Handed;
use crate::harness::nas::{Nas, free_port};
use crate::harness::office::{Client, Office};
use crate::harness::wire;

const PASSWORD: &str = "correct horse battery";

/// An organization with gear that takes orders.
struct Site {
    office: Office,
    client: Client,
    nas: Nas,
}

impl Site {
    /// The gear wants to end sessions after everything.
    fn new() -> Self {
        let office = Office::new();
        let client = office.client("wifi", &json!({"orders": everything(3799)}));
        let nas = Nas::start(office.address, &client.secret);
        let site = Self { office, client, nas };
        site.set(&json!({"orders": everything(site.nas.port)}));
        site
    }

    fn set(&self, fields: &Value) {
        self.office.act("PATCH", &format!("radius-clients/{}", self.client.id), Some(fields));
    }

    /// Begins a session; tells its id.
    fn session(&self, login: &str) -> String {
        session(&self.office, &self.client, login, "")
    }

    fn disconnect(&self, session: &str) -> Value {
        disconnect(&self.office, session)
    }
}

fn everything(port: u16) -> Value {
    json!({"port": port, "suspended": "disconnect", "locked": "disconnect",
           "left_group": "disconnect", "password_changed": "disconnect"})
}

fn session(office: &Office, client: &Client, login: &str, more: &str) -> String {
    let attributes = format!(
        "Acct-Status-Type=Start,Acct-Session-Id=of-{login},User-Name={login},\
         NAS-Identifier=ap-1,Calling-Station-Id=66-77-88-99-AA-BB,Framed-IP-Address=10.1.2.3{more}"
    );
    let reply = office.report(client, &attributes);
    assert!(reply.is("Accounting-Response"), "{reply:?}");
    let sessions = office.read(&format!("sessions?open=true&login={login}"));
    let items = sessions["items"].as_array().unwrap();
    items.last().unwrap()["id"].as_str().unwrap().to_owned()
}

fn disconnect(office: &Office, session: &str) -> Value {
    let path = format!("sessions/{session}/disconnect");
    office.act("POST", &path, Some(&json!({"wait_seconds": 60})))
}

fn differences(event: &Value) -> Vec<(String, Value)> {
    let told = event["differences"].as_array().unwrap().iter();
    told.map(|it| (it["field"].as_str().unwrap().to_owned(), it["after"].clone())).collect()
}

#[test]
fn section_2_1_gear_is_told_to_end_a_session_and_does() {
    let site = Site::new();
    let id = site.session("ada");
    let told = site.disconnect(&id);
    assert_eq!((&told["outcome"], &told["reason"]), (&json!("done"), &Value::Null), "{told}");
    let at = format!("{}:{}", site.office.address, site.nas.port);
    assert_eq!(told["sent_to"], at);
    // Section 3: the session as its gear told of it, signed and dated.
    site.nas.says("Sent Disconnect-ACK");
    let said = site.nas.said();
    assert!(said.contains("Received Disconnect-Request"), "{said}");
    for attribute in [
        "Message-Authenticator = 0x",
        "Event-Timestamp = ",
        "User-Name = \"ada\"",
        "Acct-Session-Id = \"of-ada\"",
        "Calling-Station-Id = \"66-77-88-99-AA-BB\"",
        "NAS-Identifier = \"ap-1\"",
        "Framed-IP-Address = 10.1.2.3",
    ] {
        assert!(said.contains(attribute), "{attribute}: {said}");
    }
    let event = site.office.event("session_disconnect");
    assert_eq!((&event["success"], &event["actor"]["kind"]), (&json!(true), &json!("admin")));
    assert_eq!((&event["subject"]["id"], &event["subject"]["name"]), (&json!(id), &json!("ada")));
    let expected = [("radius_client".to_owned(), json!("wifi")), ("sent_to".to_owned(), json!(at))];
    assert_eq!(differences(&event), expected);
}

#[test]
fn section_3_5_a_refusal_is_told_with_its_cause_in_words() {
    let site = Site::new();
    let told = site.disconnect(&site.session("stubborn"));
    assert_eq!(told["outcome"], "refused", "{told}");
    let reason = "the gear refused: the gear knows no such session (Error-Cause 503)";
    assert_eq!(told["reason"], reason);
    let event = site.office.event("session_disconnect");
    assert_eq!((&event["success"], &event["reason"]), (&json!(false), &json!(reason)));
}

#[test]
fn section_2_2_a_session_goes_on_with_what_a_reply_profile_says() {
    let site = Site::new();
    let id = site.session("ada");
    let profile = site.office.make(
        "reply-profiles",
        &json!({"name": "slow", "filters": ["slow"], "session_timeout": 600}),
    );
    let path = format!("sessions/{id}/change");
    let change = json!({"reply_profile": profile["id"]});
    let told = site.office.act("POST", &path, Some(&change));
    assert_eq!(told["outcome"], "done", "{told}");
    site.nas.says("Sent CoA-ACK");
    let said = site.nas.said();
    for text in ["Received CoA-Request", "Filter-Id = \"slow\"", "Session-Timeout = 600"] {
        assert!(said.contains(text), "{text}: {said}");
    }
    let event = site.office.event("session_change");
    assert_eq!(differences(&event).last(), Some(&("reply_profile".into(), json!("slow"))));
    let unknown = json!({"reply_profile": id});
    let refused = site.office.top.send("POST", &site.office.path(&path), Some(&unknown));
    assert_eq!((refused.status, &refused.json()["pointer"]), (422, &json!("/reply_profile")));
}

#[test]
fn section_3_the_longest_names_of_a_session_and_the_largest_profile_fit_into_one_order() {
    let site = Site::new();
    let [name, login, gear, calling] = ["n", "l", "g", "c"].map(|letter| letter.repeat(253));
    let report = format!(
        "Acct-Status-Type=Start,Acct-Session-Id={name},User-Name={login},NAS-Identifier={gear},\
         Calling-Station-Id={calling},NAS-Port=7,Framed-IP-Address=10.1.2.3,\
         NAS-IPv6-Address=2001:db8::1"
    );
    let reply = site.office.report(&site.client, &report);
    assert!(reply.is("Accounting-Response"), "{reply:?}");
    let sessions = site.office.read("sessions?open=true");
    let id = sessions["items"][0]["id"].as_str().unwrap();
    // 3000 octets: twelve of 249, and one of twelve.
    let mut filters = vec!["f".repeat(247); 12];
    filters.push("0123456789".into());
    let profile = json!({"name": "largest", "filters": filters});
    let profile = site.office.make("reply-profiles", &profile);
    let change = json!({"reply_profile": profile["id"]});
    let told = site.office.act("POST", &format!("sessions/{id}/change"), Some(&change));
    assert_eq!(told["outcome"], "done", "{told}");
    site.nas.says("Filter-Id = \"0123456789\"");
    let said = site.nas.said();
    assert!(said.contains("length 4094"), "{said}");
    filters.push("x".into());
    let larger = json!({"name": "larger", "filters": filters});
    let path = site.office.path("reply-profiles");
    assert_eq!(site.office.top.send("POST", &path, Some(&larger)).status, 422);
}

#[test]
fn section_1_what_happens_to_users_ends_their_sessions() {
    let site = Site::new();
    let office = &site.office;
    let users = ["ada", "bob", "cleo", "dora", "eve"].map(|login| office.user(login, PASSWORD));
    let [ada, bob, cleo, dora, eve] = &users;
    let staff = office.group("staff", &[dora, eve], &[]);
    site.set(&json!({"allowed_groups": [staff]}));
    for login in ["ada", "bob", "cleo", "dora", "eve"] {
        site.session(login);
    }
    let ended = |login: &str, because: &str| {
        site.nas.says(&format!("Acct-Session-Id = \"of-{login}\""));
        let found = |_| {
            let mut events = office.events().into_iter();
            let of_login = |event: &Value| {
                event["action"] == "session_disconnect" && event["subject"]["name"] == login
            };
            events.find(of_login)
        };
        let event = (0..10_000).find_map(found).unwrap();
        assert_eq!((&event["success"], &event["actor"]["kind"]), (&json!(true), &json!("daemon")));
        assert_eq!(differences(&event).last(), Some(&("because".into(), json!(because))));
    };
    office.act("POST", &format!("users/{ada}/suspend"), None);
    ended("ada", "the user was suspended");
    let another = json!({"password": "another right password"});
    office.act("PUT", &format!("users/{bob}/password"), Some(&another));
    ended("bob", "the user has another password");
    office.act("POST", &format!("users/{cleo}/lock"), Some(&json!({"seconds": 600})));
    ended("cleo", "an admin locked the user out");
    let login = || site.office.login(&site.client, "cleo", PASSWORD);
    assert!(login().is("Access-Reject"));
    office.act(
        "PATCH",
        &format!("groups/{staff}/members"),
        Some(&json!({"add": {"users": [cleo]}})),
    );
    office.act("POST", &format!("users/{cleo}/unlock"), None);
    assert!(login().is("Access-Accept"));
    let removed = json!({"remove": {"users": [dora]}});
    office.act("PATCH", &format!("groups/{staff}/members"), Some(&removed));
    ended("dora", "the user left a group");
    office.act("DELETE", &format!("users/{eve}"), None);
    ended("eve", "the user was deleted");
    assert_eq!(site.nas.said().matches("Received Disconnect-Request").count(), 5);
}

#[test]
fn section_6_1_an_order_goes_nowhere_but_into_the_networks_of_the_client() {
    let office = Office::new();
    let elsewhere = Ipv4Addr::from(u32::from(office.address) ^ 0x80);
    let port = free_port(elsewhere);
    let ear = UdpSocket::bind((elsewhere, port)).unwrap();
    let own = UdpSocket::bind((office.address, port)).unwrap();
    own.set_read_timeout(Some(PATIENCE)).unwrap();
    let client = office.client("wifi", &json!({"orders": {"port": port}}));
    // What the gear says of itself lies outside: the order goes where its reports come from.
    let id = session(&office, &client, "ada", &format!(",NAS-IP-Address={elsewhere}"));
    let answered = answer_once(&own, 41, client.secret.as_bytes());
    assert_eq!(disconnect(&office, &id)["outcome"], "done");
    answered.join().unwrap();
    // Where nothing lies inside any more nothing is sent.
    let place = format!("radius-clients/{}", client.id);
    office.act("PATCH", &place, Some(&json!({"sources": ["192.0.2.0/24"]})));
    let told = disconnect(&office, &id);
    assert_eq!((&told["outcome"], &told["sent_to"]), (&json!("not_sent"), &Value::Null), "{told}");
    assert_eq!(office.event("session_disconnect")["reason"], told["reason"]);
    // Of what the gear says of itself in a wide network nothing is believed.
    office.act("PATCH", &place, Some(&json!({"sources": ["127.0.0.0/8"]})));
    let answered = answer_once(&own, 41, client.secret.as_bytes());
    assert_eq!(disconnect(&office, &id)["outcome"], "done");
    answered.join().unwrap();
    ear.set_nonblocking(true).unwrap();
    assert!(ear.recv(&mut [0; 4096]).is_err(), "an order went elsewhere");
}

#[test]
fn section_6_3_a_forged_answer_is_none_and_the_right_one_counts() {
    let office = Office::new();
    let port = free_port(office.address);
    let gear = UdpSocket::bind((office.address, port)).unwrap();
    gear.set_read_timeout(Some(PATIENCE)).unwrap();
    let client = office.client("wifi", &json!({"orders": {"port": port}}));
    let id = session(&office, &client, "ada", "");
    let stranger = UdpSocket::bind((Ipv4Addr::from(u32::from(office.address) ^ 0x80), 0)).unwrap();
    let secret = client.secret;
    let answering = std::thread::spawn(move || {
        let (order, from) = receive(&gear);
        gear.send_to(&answer(&order, 41, b"another secret of somebody"), from).unwrap();
        let mut flipped = answer(&order, 41, secret.as_bytes());
        flipped[1] ^= 1;
        gear.send_to(&flipped, from).unwrap();
        stranger.send_to(&answer(&order, 41, secret.as_bytes()), from).unwrap();
        gear.send_to(&order, from).unwrap();
        // RFC 5080, section 2.2.1: what was not answered comes again, as it was.
        let (again, _) = receive(&gear);
        assert_eq!(again, order);
        gear.send_to(&answer(&again, 42, secret.as_bytes()), from).unwrap();
    });
    let told = disconnect(&office, &id);
    answering.join().unwrap();
    assert_eq!(told["reason"], "the gear refused: it did not say why", "{told}");
}

#[test]
fn section_2_3_gear_that_still_has_the_former_secret_is_reached_with_it() {
    let site = Site::new();
    let id = site.session("ada");
    let rotate = json!({"keep_previous_seconds": 3600});
    let path = format!("radius-clients/{}/secret/rotate", site.client.id);
    site.office.act("POST", &path, Some(&rotate));
    assert_eq!(site.disconnect(&id)["outcome"], "done");
    // Once it has ended, it is nobody's.
    let ended = format!("radius-clients/{}/secret", site.client.id);
    let other = json!({"secret": "a secret that the gear does not have"});
    site.office.act("PUT", &ended, Some(&other));
    let told = site.disconnect(&id);
    assert_eq!(told["outcome"], "silent", "{told}");
    let event = site.office.event("session_disconnect");
    assert!(event["reason"].as_str().unwrap().contains("did not answer"), "{event}");
}

#[test]
fn a_revoked_certificate_ends_the_sessions_that_it_began_and_no_others() {
    let office = Office::new();
    let port = free_port(office.address);
    let gear = UdpSocket::bind((office.address, port)).unwrap();
    gear.set_read_timeout(Some(PATIENCE)).unwrap();
    let orders = json!({"orders": {"port": port, "certificate_revoked": "disconnect"}});
    let client = office.client("wifi", &orders);
    let silent = office.client("lan", &json!({"orders": {"port": port}}));
    office.built_in("Acme Wi-Fi");
    let user = format!("users/{}", office.user("ada", PASSWORD));
    let (one, two) = (office.hand_out(&user, &json!({})), office.hand_out(&user, &json!({})));
    let class_of = |client: &Client, handed: &Handed, identity: &str| {
        let peer = office.peer(client, "TLS").quoted("identity", identity);
        let peer = peer.quoted("client_cert", &handed.certificate().display().to_string());
        let verdict = peer.quoted("private_key", &handed.key().display().to_string()).gets_in();
        classes(&verdict.output.stdout)
    };
    // Without the choice an accept says nothing of the certificate.
    assert_eq!(class_of(&silent, &one, "ada"), "");
    let classes = [&one, &two].map(|handed| class_of(&client, handed, "anonymous@anywhere"));
    assert_ne!(classes[0], classes[1]);
    let other = ",Class=0x7374616666";
    for (login, said) in [("one", &*classes[0]), ("two", &*classes[1]), ("none", other)] {
        session(&office, &client, login, said);
    }
    office.revoke(&one, "key_compromise");
    let (order, from) = receive(&gear);
    let named = order.windows(6).any(|window| window == b"of-one");
    assert!(named, "{order:?}");
    gear.send_to(&answer(&order, 41, client.secret.as_bytes()), from).unwrap();
    let told = |_| {
        let mut events = office.events().into_iter();
        events.find(|it| it["action"] == "session_disconnect")
    };
    let told = (0..10_000).find_map(told).unwrap();
    let because = ("because".to_owned(), json!("the certificate was revoked"));
    assert_eq!((&told["success"], differences(&told).last()), (&json!(true), Some(&because)));
    gear.set_nonblocking(true).unwrap();
    assert!(gear.recv(&mut [0; 4096]).is_err(), "one order too many");
    // What gear says again is no class of the session.
    let open = office.read("sessions?open=true&login=none");
    assert_eq!(open["items"].as_array().unwrap().len(), 1);
}

/// Every Class of an accept, as `eapol_test` shows them, as `radclient` says them again.
pub(super) fn classes(said: &str) -> String {
    let value = |rest: &str| {
        let value = rest.split_once("Value: ").unwrap().1;
        format!(",Class=0x{}", value.split_whitespace().next().unwrap())
    };
    said.split("Attribute 25 (Class)").skip(1).map(value).collect()
}

#[test]
fn an_order_that_waited_is_looked_at_again_before_it_is_sent() {
    const AT_ONCE: usize = 16;
    let office = Office::new();
    let port = free_port(office.address);
    let gear = UdpSocket::bind((office.address, port)).unwrap();
    gear.set_read_timeout(Some(PATIENCE)).unwrap();
    let client =
        office.client("wifi", &json!({"orders": {"port": port, "suspended": "disconnect"}}));
    let ada = office.user("ada", PASSWORD);
    for number in 0..=AT_ONCE {
        let report = format!(
            "Acct-Status-Type=Start,Acct-Session-Id=of-{number:02},User-Name=ada,NAS-Identifier=ap-1"
        );
        assert!(office.report(&client, &report).is("Accounting-Response"));
    }
    let open = office.read("sessions?open=true&login=ada");
    assert_eq!(open["items"].as_array().unwrap().len(), AT_ONCE + 1);
    office.act("POST", &format!("users/{ada}/suspend"), None);
    let orders: Vec<_> = (0..AT_ONCE).map(|_| receive(&gear)).collect();
    // So many wait for an answer; meanwhile the user may be here again.
    office.act("POST", &format!("users/{ada}/activate"), None);
    let (order, from) = &orders[0];
    gear.send_to(&answer(order, 41, client.secret.as_bytes()), from).unwrap();
    let left = |_| {
        let mut events = office.events().into_iter();
        events.find(|it| it["action"] == "session_disconnect" && it["success"] == false)
    };
    let left = (0..10_000).find_map(left).unwrap();
    let reason = "nothing was sent: why the session was to end does not hold any more";
    assert_eq!(left["reason"], reason);
    gear.set_nonblocking(true).unwrap();
    let mut octets = [0; 4096];
    while let Ok((length, _)) = gear.recv_from(&mut octets) {
        let again = orders.iter().any(|(order, _)| order[..] == octets[..length]);
        assert!(again, "an order that nothing asks for");
    }
}

#[test]
fn sessions_of_another_organization_are_not_touched() {
    let (ours, theirs) = (Site::new(), Site::new());
    let users = [&ours, &theirs].map(|site| site.office.user("ada", PASSWORD));
    let sessions = [&ours, &theirs].map(|site| site.session("ada"));
    ours.office.act("POST", &format!("users/{}/suspend", users[0]), None);
    ours.nas.says("Sent Disconnect-ACK");
    assert_eq!(ours.office.event("session_disconnect")["success"], true);
    let their_path = ours.office.path(&format!("sessions/{}/disconnect", sessions[1]));
    assert_eq!(ours.office.top.send("POST", &their_path, Some(&json!({}))).status, 404);
    // Theirs is told of its own, and was told of nothing before.
    assert_eq!(theirs.disconnect(&sessions[1])["outcome"], "done");
    assert_eq!(theirs.nas.said().matches("Received Disconnect-Request").count(), 1);
    assert_eq!(theirs.office.event("session_disconnect")["actor"]["kind"], "admin");
}

#[test]
fn a_session_that_has_ended_is_not_ended_again() {
    let site = Site::new();
    let id = site.session("ada");
    let stop = "Acct-Status-Type=Stop,Acct-Session-Id=of-ada,User-Name=ada,NAS-Identifier=ap-1";
    assert!(site.office.report(&site.client, stop).is("Accounting-Response"));
    let path = site.office.path(&format!("sessions/{id}/disconnect"));
    let refused = site.office.top.send("POST", &path, Some(&json!({})));
    assert_eq!((refused.status, &refused.json()["type"]), (409, &json!("/problems/rule")));
}

fn receive(gear: &UdpSocket) -> (Vec<u8>, SocketAddr) {
    let mut octets = [0; 4096];
    let (length, from) = gear.recv_from(&mut octets).expect("no order came");
    (octets[..length].to_vec(), from)
}

/// Answers the next order.
fn answer_once(gear: &UdpSocket, code: u8, secret: &[u8]) -> std::thread::JoinHandle<()> {
    let (gear, secret) = (gear.try_clone().unwrap(), secret.to_vec());
    std::thread::spawn(move || {
        let (order, from) = receive(&gear);
        gear.send_to(&answer(&order, code, &secret), from).unwrap();
    })
}

/// An answer without attributes.
fn answer(order: &[u8], code: u8, secret: &[u8]) -> Vec<u8> {
    let mut answer = vec![code, order[1], 0, 20];
    let authenticator = wire::md5_of(&[&answer, &order[4..20], secret]);
    answer.extend(authenticator);
    answer
}
