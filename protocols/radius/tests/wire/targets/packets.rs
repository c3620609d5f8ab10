//! Packets to a server of any kind, one after another.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use radius::{
    Accounting, Answer, AttributeType, Candidate, Command, Credential, Limits, Port, Question,
    RADSEC, Reply, Secret, Server, Version,
};

const SECRET: &[u8] = b"a shared secret, long enough";

/// Limits that few packets reach.
const LIMITS: Limits = Limits {
    attributes: 100,
    pending: 4,
    pending_of_owner: 3,
    patience: Duration::from_secs(5),
    cached_replies: 4,
    cached_octets: 512,
    reply_lifetime: Duration::from_secs(2),
};

const PORTS: [Port; 4] =
    [Port::Authentication, Port::Accounting, Port::Tls(Version::V1_0), Port::Tls(Version::V1_1)];

/// The first octet says which server it is, whether packets are signed and whether they have to
/// be; then comes one packet after another, each behind its length.
///
/// # Panics
/// When a server asks or answers what it must not.
pub(crate) fn run(octets: &[u8]) {
    let Some((kind, mut rest)) = octets.split_first() else { return };
    let (port, signs, is_strict) = (PORTS[usize::from(kind & 3)], kind & 4 != 0, kind & 8 != 0);
    let shared = if matches!(port, Port::Tls(_)) { RADSEC } else { SECRET };
    let secret = Secret::new(shared).unwrap();
    let mut server = Server::shared(port, LIMITS, |client: u32| client);
    let source = "192.0.2.7:40000".parse().unwrap();
    let mut now = Duration::from_secs(1000);
    while let [high, low, following @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(following.len());
        let (packet, following) = following.split_at(length);
        let mut packet = packet.to_vec();
        if signs {
            sign(&mut packet, shared);
        }
        let candidate = Candidate {
            client: 1,
            secret: &secret,
            require_message_authenticator: is_strict,
            limit_proxy_state: is_strict,
            precision: 24,
            is_guess: false,
        };
        server.receive(source, &packet, [candidate].into(), now);
        obey(&mut server, now);
        now += Duration::from_millis(300);
        rest = following;
    }
    server.expire(now + Duration::from_secs(10));
    assert_eq!(server.deadline(), None, "something is remembered for ever");
}

fn obey(server: &mut Server<u32>, now: Duration) {
    let mut asked = 0;
    while let Some(command) = server.next() {
        let (ticket, answer) = match command {
            Command::Send { reply, .. } => {
                assert!((20..=4096).contains(&reply.as_ref().len()));
                continue;
            }
            Command::Ask(ticket, question) => {
                read(&question);
                let answers = [Answer::Accept(Reply::new()), Answer::Reject(None), Answer::Silence];
                let turn = question.user_name().len() % 3;
                (ticket, answers.into_iter().nth(turn).unwrap())
            }
            Command::Account(ticket, accounting) => {
                count(&accounting);
                (ticket, Answer::Recorded)
            }
            Command::Refused { client, .. } => {
                assert_eq!(client, 1);
                continue;
            }
            Command::Drop { .. } => continue,
        };
        asked += 1;
        assert_eq!(asked, 1, "one packet is one request");
        let _too_long = server.answer(ticket, &answer, now);
    }
}

/// Reads everything that a question offers.
fn read(question: &Question<u32>) {
    match question.credential() {
        Credential::Pap(password) => assert!((1..=128).contains(&password.len())),
        Credential::Chap(chap) => assert!(!chap.verify(b"not it")),
        Credential::MsChapV2(_) => {}
        Credential::Eap(packet) => assert!(packet.len() <= 4096),
    }
    let hints = [question.state(), question.nas_identifier(), question.called_station_id()];
    assert!(hints.iter().flatten().all(|hint| hint.len() <= 253));
    assert!(question.vendor_attributes().all(|attribute| attribute.value.len() <= 253));
    assert!(question.attributes().count() <= LIMITS.attributes);
    let _numbers = (question.nas_ip(), question.nas_port_type(), question.service_type());
}

/// Reads everything that a report offers.
fn count(accounting: &Accounting<u32>) {
    let _ = (accounting.status(), accounting.framed_ipv4(), accounting.framed_ipv6());
    let _ = (accounting.nas_ip(), accounting.count(AttributeType(42), AttributeType(52)));
    assert!(accounting.attributes().count() <= LIMITS.attributes);
}

/// Makes length and authenticators right, whatever else is not.
fn sign(packet: &mut [u8], secret: &[u8]) {
    let Ok(length) = u16::try_from(packet.len()) else { return };
    let [code, _, high, low, ..] = packet else { return };
    let is_report = *code == 4;
    [*high, *low] = length.to_be_bytes();
    if is_report && let Some(authenticator) = packet.get_mut(4..20) {
        authenticator.fill(0);
    }
    let mut at = 20;
    while at + 18 <= packet.len() {
        let length = usize::from(packet[at + 1]);
        if packet[at] == 80 && length == 18 {
            packet[at + 2..at + 18].fill(0);
            let mut mac = Hmac::<Md5>::new_from_slice(secret).unwrap();
            mac.update(packet);
            packet[at + 2..at + 18].copy_from_slice(&mac.finalize().into_bytes());
            break;
        }
        at += length.max(2);
    }
    if is_report && packet.len() >= 20 {
        let digest = Md5::new().chain_update(&*packet).chain_update(secret).finalize();
        packet[4..20].copy_from_slice(&digest);
    }
}
