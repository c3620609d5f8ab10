//! Conversations with a peer whose TLS is whole and whose words are not.

mod handshakes;

use std::io::Write as _;
use std::panic::catch_unwind;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::NoServerSessionStorage;
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, SupportedProtocolVersion, version,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::{Answer, BadAvps, Command, Conversation, Failure, Method, Offer, Proof, Settings};
use crate::{avps, inner};

const VERSIONS: [&SupportedProtocolVersion; 2] = [&version::TLS12, &version::TLS13];

/// Both ends of a conversation, the peer's being a real TLS client.
struct Peer {
    conversation: Conversation,
    tls: ClientConnection,
    method: Method,
    identifier: u8,
    /// What came inside with the end of the handshake.
    heard: Vec<u8>,
    /// What is offered.
    offers: Vec<Offer>,
    /// How many of what the peer sent were costly to take.
    costly: usize,
}

impl Peer {
    /// A method has been offered, and nothing of TLS was said.
    fn new(method: Method, version: &'static SupportedProtocolVersion, mtu: Option<u32>) -> Self {
        Self::showing(None, method, version, mtu)
    }

    /// Likewise, with a peer that is asked for a certificate and shows one, with these behind it.
    fn showing(
        between: Option<&[CertificateDer<'static>]>,
        method: Method,
        version: &'static SupportedProtocolVersion,
        mtu: Option<u32>,
    ) -> Self {
        let names = vec!["radius.acme.example".to_owned()];
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(cert.der().clone()).unwrap();
        let (own, key) = (vec![cert.der().clone()], PrivateKeyDer::from(signing_key));
        let provider = Arc::new(default_provider());
        let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[version])
            .unwrap();
        let client = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots);
        let (server, client) = match between {
            None => (server.with_no_client_auth(), client.with_no_client_auth()),
            Some(between) => {
                let chain = [&own[..], between].concat();
                let client = client.with_client_auth_cert(chain, key.clone_key()).unwrap();
                (server.with_client_cert_verifier(Arc::new(handshakes::Anybody)), client)
            }
        };
        let server = server.with_single_cert(own, key).unwrap();
        let name = "radius.acme.example".try_into().unwrap();
        let offers = vec![Offer { method, server: Arc::new(server) }];
        let mut conversation = Conversation::new(Settings {
            offers: offers.clone(),
            sessions: Arc::new(NoServerSessionStorage {}),
            challenge: [7; 16],
            framed_mtu: mtu,
            largest: 1_160,
            device: None,
        });
        let offered = sent(conversation.receive(b"\x02\x00\x00\x08\x01ada"));
        assert_eq!(offered[4..], [method.kind().0, 0x20]);
        let tls = ClientConnection::new(Arc::new(client), name).unwrap();
        let (identifier, heard) = (offered[1], Vec::new());
        Self { conversation, tls, method, identifier, heard, offers, costly: 0 }
    }

    /// A tunnel stands, and the peer may speak.
    fn inside(method: Method, version: &'static SupportedProtocolVersion) -> Self {
        let mut peer = Self::new(method, version, None);
        peer.shake_hands();
        peer
    }

    fn shake_hands(&mut self) {
        while self.tls.wants_write() {
            let command = self.speak();
            self.heard = self.hear(command);
        }
    }

    /// Responds with this data of the method.
    fn respond(&mut self, data: &[u8]) -> Command {
        let length = u16::try_from(data.len() + 5).unwrap().to_be_bytes();
        let head = [2, self.identifier, length[0], length[1], self.method.kind().0];
        let packet = [&head, data].concat();
        self.costly += usize::from(self.conversation.is_costly(&packet));
        self.conversation.receive(&packet)
    }

    /// Sends what TLS has to send.
    fn speak(&mut self) -> Command {
        let mut message = vec![0];
        while self.tls.wants_write() {
            self.tls.write_tls(&mut message).unwrap();
        }
        self.respond(&message)
    }

    /// Says something inside.
    fn say(&mut self, words: &[u8]) -> Command {
        self.tls.writer().write_all(words).unwrap();
        self.speak()
    }

    /// Takes a message in all of its pieces, and tells what is inside.
    fn hear(&mut self, command: Command) -> Vec<u8> {
        let mut packet = sent(command);
        loop {
            self.identifier = packet[1];
            let flags = packet[5];
            let mut message = &packet[if flags & 0x80 == 0 { 6 } else { 10 }..];
            while !message.is_empty() {
                self.tls.read_tls(&mut message).unwrap();
                self.tls.process_new_packets().unwrap();
            }
            if flags & 0x40 == 0 {
                break;
            }
            packet = sent(self.respond(&[0]));
        }
        let mut heard = Vec::new();
        let _empty = std::io::Read::read_to_end(&mut self.tls.reader(), &mut heard);
        heard
    }
}

fn sent(command: Command) -> Vec<u8> {
    match command {
        Command::Send(packet) => packet,
        Command::Fail(failure) => panic!("{failure}"),
        Command::Ask(_) | Command::Succeed(_) | Command::Admit(_) | Command::Ignore => {
            panic!("nothing is sent")
        }
    }
}

fn failure(command: Command) -> Failure {
    match command {
        Command::Fail(failure) => failure,
        Command::Send(packet) => panic!("{packet:?} is sent"),
        Command::Ask(_) | Command::Succeed(_) | Command::Admit(_) | Command::Ignore => {
            panic!("it goes on")
        }
    }
}

fn avp(code: u8, value: &[u8]) -> Vec<u8> {
    let length = u8::try_from(value.len() + 8).unwrap();
    let mut avp = [&[0, 0, 0, code, 0x40, 0, 0, length], value].concat();
    avp.resize(avp.len().next_multiple_of(4), 0);
    avp
}

#[test]
fn what_computes_keys_signatures_or_certificates_is_costly_and_nothing_else() {
    for (method, [older, newer]) in
        [(Method::Ttls, [2, 1]), (Method::Peap, [2, 1]), (Method::Tls, [2, 2])]
    {
        for (version, costly) in [(&version::TLS12, older), (&version::TLS13, newer)] {
            let mut peer = match method {
                Method::Tls => Peer::showing(Some(&[]), method, version, None),
                Method::Ttls | Method::Peap => Peer::new(method, version, None),
            };
            while peer.tls.wants_write() {
                let command = peer.speak();
                if matches!(command, Command::Send(_)) {
                    peer.heard = peer.hear(command);
                }
            }
            assert_eq!(peer.costly, costly, "{method:?} {version:?}");
            if method == Method::Ttls {
                let _asked = peer.say(&[avp(1, b"ada"), avp(2, b"x")].concat());
                assert_eq!(peer.costly, costly, "what is said inside");
            }
        }
    }
}

#[test]
fn a_password_inside_is_asked_about_and_only_an_accept_succeeds() {
    for version in VERSIONS {
        for accepts in [true, false] {
            let mut peer = Peer::inside(Method::Ttls, version);
            let words = [avp(1, b"ada"), avp(2, b"correct horse\0\0\0")].concat();
            let Command::Ask(question) = peer.say(&words) else { panic!("nobody is asked") };
            assert_eq!(question.user, b"ada");
            assert!(matches!(&question.proof, Proof::Password(it) if **it == b"correct horse"));
            // Who repeats the response hears the question again.
            assert!(matches!(peer.respond(&[0]), Command::Ask(_)));
            let answer =
                if accepts { Answer::Accept { counterproof: None } } else { Answer::Reject };
            let command = peer.conversation.answer(answer);
            if let Command::Succeed(success) = &command {
                assert_eq!((accepts, success.packet), (true, [3, peer.identifier, 0, 4]));
            } else {
                assert_eq!((accepts, failure(command)), (false, Failure::Refused));
            }
            assert_eq!(failure(peer.respond(&[0])), Failure::Unexpected, "it is over");
        }
    }
}

#[test]
fn what_proves_nobody_inside_ends_the_conversation() {
    let twice = [avp(1, b"ada"), avp(1, b"eve"), avp(2, b"x")].concat();
    let both = [avp(1, b"ada"), avp(2, b"x"), avp(3, &[7; 17])].concat();
    let unknown = avp(99, b"?");
    let mut useless = avp(99, b"");
    useless[4] = 0;
    for version in VERSIONS {
        for (words, bad) in [
            (&b"no AVP"[..], BadAvps::Length),
            (&[0, 0, 0, 1, 0, 0, 0, 4], BadAvps::Length),
            (&avp(1, b"ada"), BadAvps::NoProof),
            (&avp(2, b"x"), BadAvps::NoProof),
            (&twice, BadAvps::Repeated(0, 1)),
            (&both, BadAvps::NoProof),
            (&unknown, BadAvps::Unknown(0, 99)),
            (&useless.repeat(201), BadAvps::TooMany),
        ] {
            let mut peer = Peer::inside(Method::Ttls, version);
            assert_eq!(failure(peer.say(words)), Failure::Avps(bad), "{words:?}");
        }
        let mut peer = Peer::inside(Method::Ttls, version);
        let packet = avp(79, b"\x01\x00\x00\x04");
        assert!(matches!(failure(peer.say(&packet)), Failure::Malformed(_)));
    }
}

#[test]
fn in_peap_the_server_asks_who_is_there_and_takes_no_nonsense() {
    for version in VERSIONS {
        let mut peer = Peer::inside(Method::Peap, version);
        // Behind the last words of TLS, or with them.
        if peer.heard.is_empty() {
            let command = peer.respond(&[0]);
            peer.heard = peer.hear(command);
        }
        assert_eq!(peer.heard, [1], "an identity is asked for, without a header");
        let command = peer.say(b"\x01ada");
        let asked = peer.hear(command);
        assert_eq!(asked[0], 26, "EAP-MSCHAPv2: {asked:?}");
        assert_eq!(failure(peer.say(&[26, 0xff])), Failure::Unexpected);
    }
}

#[test]
fn a_peer_that_wants_another_method_inside_is_told_of_like_one_that_does_outside() {
    let wanted = Failure::NoMethod { wanted: vec![6] };
    for version in VERSIONS {
        let mut peer = Peer::inside(Method::Peap, version);
        if peer.heard.is_empty() {
            let command = peer.respond(&[0]);
            peer.hear(command);
        }
        let command = peer.say(b"\x01ada");
        peer.hear(command);
        assert_eq!(failure(peer.say(&[3, 6])), wanted);
        let mut peer = Peer::inside(Method::Ttls, version);
        let command = peer.say(&avp(79, b"\x02\x00\x00\x08\x01ada"));
        let asked = peer.hear(command);
        // Behind the header of the AVP.
        let nak = [2, asked[9], 0, 6, 3, 6];
        assert_eq!(failure(peer.say(&avp(79, &nak))), wanted);
    }
}

#[test]
fn a_message_where_a_piece_is_to_be_acknowledged_ends_the_conversation() {
    for version in VERSIONS {
        let mut peer = Peer::new(Method::Ttls, version, Some(100));
        let packet = sent(peer.speak());
        assert_eq!((packet[5], packet.len()), (0xc0, 96), "the first of several pieces");
        peer.identifier = packet[1];
        assert_eq!(failure(peer.respond(b"\x00message")), Failure::Unexpected);
        // In pieces it is the same handshake.
        let mut peer = Peer::new(Method::Ttls, version, Some(100));
        peer.shake_hands();
        assert!(matches!(failure(peer.say(b"no AVP")), Failure::Avps(BadAvps::Length)));
    }
}

#[test]
fn no_packet_is_longer_than_the_largest_whatever_the_gear_says() {
    for version in VERSIONS {
        let mut peer = Peer::new(Method::Ttls, version, None);
        peer.conversation = Conversation::new(Settings {
            offers: peer.offers.clone(),
            sessions: Arc::new(NoServerSessionStorage {}),
            challenge: [7; 16],
            framed_mtu: Some(9_000),
            largest: 160,
            device: None,
        });
        peer.identifier = sent(peer.conversation.receive(b"\x02\x00\x00\x08\x01ada"))[1];
        let packet = sent(peer.speak());
        assert_eq!((packet[5], packet.len()), (0xc0, 160), "the first of several pieces");
    }
}

#[test]
fn an_acknowledgement_of_nothing_inside_ends_the_conversation() {
    for version in VERSIONS {
        let mut peer = Peer::inside(Method::Ttls, version);
        assert_eq!(failure(peer.respond(&[0])), Failure::Unexpected);
    }
}

#[test]
fn what_tls_does_not_understand_is_told_by_an_alert_and_then_ended() {
    let mut peer = Peer::inside(Method::Ttls, &version::TLS13);
    let alert = sent(peer.respond(b"\x00\x17\x03\x03\x00\x11seventeen octets!"));
    assert_eq!(alert[6..9], [0x17, 3, 3], "an alert inside the tunnel");
    peer.identifier = alert[1];
    assert!(matches!(failure(peer.respond(&[0])), Failure::Tls(_)));
}

/// A conversation with what may be a device, and the identifier of the challenge that it has to answer.
fn device(offers: Vec<Offer>) -> (Conversation, u8) {
    let mut conversation = Conversation::new(Settings {
        offers,
        sessions: Arc::new(NoServerSessionStorage {}),
        challenge: [7; 16],
        framed_mtu: None,
        largest: 1_160,
        device: Some([9; 16]),
    });
    let packet = sent(conversation.receive(b"\x02\x05\x00\x11\x010010a42319c0"));
    assert_eq!(packet, [&[1, 6, 0, 22, 4, 16][..], &[9; 16]].concat());
    (conversation, packet[1])
}

/// The packet that answers MD5-Challenge.
fn answered(identifier: u8, answer: [u8; 16]) -> Vec<u8> {
    [&[2, identifier, 0, 22, 4, 16][..], &answer].concat()
}

#[test]
fn rfc3748_5_4_a_device_is_asked_by_a_challenge_and_only_an_accept_admits_it() {
    for accepts in [true, false] {
        let (mut conversation, identifier) = device(Vec::new());
        for _ in 0..2 {
            // Who repeats the answer hears the question again.
            let Command::Ask(question) = conversation.receive(&answered(identifier, [3; 16]))
            else {
                panic!("nobody is asked")
            };
            assert!(question.user.is_empty());
            let Proof::Md5(chap) = question.proof else { panic!("no answer to MD5-Challenge") };
            assert_eq!((chap.identifier, chap.challenge, chap.response), (6, [9; 16], [3; 16]));
        }
        let answer = if accepts { Answer::Accept { counterproof: None } } else { Answer::Reject };
        let command = conversation.answer(answer);
        if let Command::Admit(packet) = &command {
            assert_eq!((accepts, *packet), (true, [3, 6, 0, 4]));
        } else {
            assert_eq!((accepts, failure(command)), (false, Failure::Refused));
        }
        let again = conversation.receive(&answered(identifier, [3; 16]));
        assert_eq!(failure(again), Failure::Unexpected, "it is over");
    }
}

#[test]
fn what_is_no_answer_to_a_challenge_ends_the_conversation_and_other_methods_may_be_asked_for() {
    let (mut conversation, identifier) = device(Vec::new());
    let short = [2, identifier, 0, 7, 4, 16, 1];
    assert_eq!(failure(conversation.receive(&short)), Failure::Unexpected);
    let (mut conversation, _) = device(Vec::new());
    assert!(matches!(conversation.receive(&answered(99, [3; 16])), Command::Ignore));
    let (mut conversation, identifier) = device(Vec::new());
    let nak = [2, identifier, 0, 6, 3, 13];
    let ended = failure(conversation.receive(&nak));
    assert_eq!(ended, Failure::NoMethod { wanted: vec![13] });
    // Nobody else is asked like that, whatever they want.
    let mut peer = Peer::new(Method::Ttls, &version::TLS13, None);
    let wanted = [2, peer.identifier, 0, 6, 3, 4];
    let ended = failure(peer.conversation.receive(&wanted));
    assert_eq!(ended, Failure::NoMethod { wanted: vec![4] });
    let mut peer = Peer::new(Method::Ttls, &version::TLS13, None);
    let unasked = answered(peer.identifier, [3; 16]);
    assert_eq!(failure(peer.conversation.receive(&unasked)), Failure::Unexpected);
}

#[test]
fn a_device_that_wants_a_tunnel_gets_one() {
    let offers = Peer::new(Method::Tls, &version::TLS13, None).offers;
    let (mut conversation, identifier) = device(offers);
    let offered = sent(conversation.receive(&[2, identifier, 0, 6, 3, 13]));
    assert_eq!(offered[4..], [13, 0x20]);
    // Who refuses that as well is not asked for an answer again.
    let ended = failure(conversation.receive(&[2, offered[1], 0, 6, 3, 4]));
    assert_eq!(ended, Failure::NoMethod { wanted: vec![4] });
}

/// What a target makes of each file of its corpus.
fn replayed<T>(target: &str, run: fn(&[u8]) -> T) -> Vec<T> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let made = files.map(|file| {
        let octets = std::fs::read(&file).unwrap();
        catch_unwind(|| run(&octets)).unwrap_or_else(|_| panic!("{}", file.display()))
    });
    made.collect()
}

#[test]
fn avps_survive_the_corpus() {
    let said = replayed("avps", avps::run);
    let (all, count) = (said.len(), said.iter().filter(|it| **it).count());
    assert!(all > 30 && (8..all).contains(&count), "{count} of {all}");
}

#[test]
fn packets_inside_survive_the_corpus() {
    let ended = replayed("inner", inner::run);
    let [asked, let_in] = [0, 1].map(|at| ended.iter().filter(|it| it[at]).count());
    let all = ended.len();
    assert!(all > 20 && (8..all).contains(&asked), "{asked} of {all}");
    assert!((3..asked).contains(&let_in), "{let_in} of {asked}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_is_said_inside_never_panics_and_succeeds_without_an_accept(
        words in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..60), 1..4),
        is_peap in any::<bool>(),
    ) {
        let method = if is_peap { Method::Peap } else { Method::Ttls };
        let mut peer = Peer::inside(method, &version::TLS13);
        for words in words {
            match peer.say(&words) {
                Command::Send(packet) => peer.identifier = packet[1],
                Command::Succeed(_) | Command::Admit(_) => panic!("nobody was accepted"),
                Command::Ask(_) | Command::Fail(_) | Command::Ignore => break,
            }
        }
    }
}
