//! Hostile packets, most of them properly signed.

use std::time::Duration;

use proptest::prelude::*;
use radius::{Accounting, Answer, AttributeType, Command, Credential, Limits, Reply};

use crate::client::{Request, SECRET, md5_of, sign};
use crate::site::Site;

/// A change to the octets of a packet.
#[derive(Clone, Debug)]
enum Change {
    Set(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Cut(prop::sample::Index),
}

fn change() -> impl Strategy<Value = Change> {
    let octets = prop::collection::vec(any::<u8>(), 1..40);
    prop_oneof![
        4 => (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, to)| Change::Set(at, to)),
        1 => (any::<prop::sample::Index>(), octets).prop_map(|(at, what)| Change::Insert(at, what)),
        1 => any::<prop::sample::Index>().prop_map(Change::Cut),
    ]
}

impl Change {
    fn apply(&self, packet: &mut Vec<u8>) {
        match self {
            Self::Set(at, to) => {
                let at = at.index(packet.len());
                packet[at] = *to;
            }
            Self::Insert(at, what) => {
                let at = at.index(packet.len());
                packet.splice(at..at, what.iter().copied());
            }
            Self::Cut(at) => packet.truncate(at.index(packet.len()).max(1)),
        }
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let rich = Request::pap()
        .with(26, b"\x00\x00\x00\x09\x01\x04ab\x02\x03c")
        .with(33, b"proxy")
        .with(32, b"nas")
        .with(24, b"state");
    let chap = Request::new(1).authentic().user(b"ada").chap(1, b"p", Some(b"challenge"));
    let eap = Request::new(1).authentic().user(b"ada").with(79, b"\x02\x05\x00\x08\x01ada");
    let challenge = b"\x00\x00\x01\x37\x0b\x12sixteen octets..";
    let response = [&b"\x00\x00\x01\x37\x19\x34\x09\x00"[..], &[7; 48]].concat();
    let ms_chap = Request::new(1).authentic().user(b"ada").with(26, challenge);
    let ms_chap = ms_chap.with(26, &response);
    let stop = Request::new(4).with(40, &[0, 0, 0, 2]).with(44, b"one").user(b"ada");
    let stop = stop.with(42, &[0, 0, 16, 0]).with(52, &[0, 0, 0, 1]).with(8, &[192, 0, 2, 9]);
    [rich, chap, eap, ms_chap, Request::new(12).authentic(), stop]
        .map(|request| request.encode())
        .to_vec()
}

/// Makes the authenticators right, as far as the packet is whole enough.
fn seal(packet: &mut [u8]) {
    let is_report = packet.len() >= 20 && packet[0] == 4;
    if is_report {
        packet[4..20].fill(0);
    }
    sign(packet, SECRET);
    if is_report {
        let authenticator = md5_of(&[packet, SECRET]);
        packet[4..20].copy_from_slice(&authenticator);
    }
}

/// Reads everything that a report offers.
fn read_report(accounting: &Accounting<u32>) {
    let _ = (accounting.status(), accounting.nas_ip(), accounting.framed_ipv4());
    let _ = (accounting.framed_ipv6(), accounting.count(AttributeType(42), AttributeType(52)));
    let _ = [97, 123].map(|kind| accounting.ipv6_prefix(AttributeType(kind)));
    assert!(accounting.attributes().count() <= 200);
}

/// Reads everything that a question offers.
fn read_all(question: &radius::Question<u32>) {
    let eap = matches!(question.credential(), Credential::Eap(_));
    assert!(eap || !question.user_name().is_empty());
    match question.credential() {
        Credential::Pap(password) => assert!((1..=128).contains(&password.len())),
        Credential::Chap(chap) => assert!(!chap.verify(b"not it") && chap.challenge.len() >= 5),
        // Nothing of it has a length of its own.
        Credential::MsChapV2(_) => {}
        Credential::Eap(packet) => assert!(packet.len() <= 4096),
    }
    let hints = [question.state(), question.nas_identifier(), question.called_station_id()];
    assert!(hints.iter().flatten().all(|hint| hint.len() <= 253));
    assert!(question.vendor_attributes().all(|attribute| attribute.value.len() <= 247));
    assert!(question.attributes().count() <= 200);
    let _ = (question.nas_ip(), question.nas_port_type(), question.service_type());
    let _ = (question.framed_mtu(), question.wants_key_name());
}

const SMALL: Limits = Limits {
    attributes: 200,
    pending: 8,
    pending_of_owner: 8,
    patience: Duration::from_secs(5),
    cached_replies: 8,
    cached_octets: 512,
    reply_lifetime: Duration::from_secs(2),
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn mutated_packets_never_panic_and_the_server_goes_on_answering(
        packets in prop::collection::vec(
            (any::<prop::sample::Index>(), prop::collection::vec(change(), 0..4), any::<bool>(), 0..3_u8),
            1..30,
        ),
    ) {
        let (mut site, mut reports) = (Site::limited(SMALL), Site::accounting());
        for (seed, changes, fix_length, fate) in packets {
            let mut packet = seed.get(&seeds()).clone();
            changes.iter().for_each(|change| change.apply(&mut packet));
            if fix_length && packet.len() >= 4 {
                let length = u16::try_from(packet.len()).unwrap();
                packet[2..4].copy_from_slice(&length.to_be_bytes());
            }
            seal(&mut packet);
            for command in reports.deliver(&packet) {
                let Command::Account(ticket, accounting) = command else { continue };
                read_report(&accounting);
                assert_eq!(reports.answers(ticket, &Answer::Recorded)[0], 5);
            }
            reports.now += Duration::from_millis(300);
            for command in site.deliver(&packet) {
                let Command::Ask(ticket, question) = command else { continue };
                read_all(&question);
                let answer = Answer::Accept(Reply::new());
                match fate {
                    0 => {}
                    1 => site.server.answer(ticket, &Answer::Silence, site.now).unwrap(),
                    _ => assert!(site.answers(ticket, &answer).len() >= 38),
                }
            }
            site.now += Duration::from_millis(300);
        }
        site.now += Duration::from_secs(10);
        site.accepts(&Request::pap(), Reply::new());
        site.now += Duration::from_secs(10);
        site.server.expire(site.now);
        prop_assert_eq!(site.server.deadline(), None);
    }

    #[test]
    fn mutated_reports_are_reached(changes in prop::collection::vec(change(), 0..2)) {
        let mut packet = seeds().pop().unwrap();
        changes.iter().for_each(|change| change.apply(&mut packet));
        seal(&mut packet);
        let mut site = Site::accounting();
        let is_reached = |command: &Command<u32>| matches!(command, Command::Account(..));
        let reached = site.deliver(&packet).iter().any(is_reached);
        prop_assert!(reached || !changes.is_empty());
    }

    #[test]
    fn noise_meets_silence(octets in prop::collection::vec(any::<u8>(), 0..300)) {
        Site::strict().drops(&octets);
    }
}
