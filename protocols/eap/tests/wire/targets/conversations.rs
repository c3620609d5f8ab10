//! A peer that says anything, outside of a tunnel or inside of a real one.

use std::io::Write as _;
use std::sync::{Arc, OnceLock};

use eap::{Answer, Command, Conversation, Method, Offer, Proof, Settings};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::NoServerSessionStorage;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, version};

const NAME: &str = "radius.acme.example";
const METHODS: [(Method, u8); 3] = [(Method::Tls, 13), (Method::Ttls, 21), (Method::Peap, 25)];
/// As many requests as no handshake takes.
const ROUNDS: usize = 64;

/// Both sides of TLS, with a key that is made once.
struct Sides {
    server: Arc<ServerConfig>,
    /// For TLS 1.2 and for 1.3.
    clients: [Arc<ClientConfig>; 2],
}

impl Sides {
    fn made() -> &'static Self {
        static MADE: OnceLock<Sides> = OnceLock::new();
        MADE.get_or_init(|| {
            let made = generate_simple_self_signed(vec![NAME.to_owned()]).unwrap();
            let CertifiedKey { cert, signing_key } = made;
            let provider = Arc::new(default_provider());
            let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![cert.der().clone()], signing_key.into())
                .unwrap();
            let client = |version| {
                let mut roots = RootCertStore::empty();
                roots.add(cert.der().clone()).unwrap();
                let client = ClientConfig::builder_with_provider(Arc::clone(&provider));
                let client = client.with_protocol_versions(&[version]).unwrap();
                Arc::new(client.with_root_certificates(roots).with_no_client_auth())
            };
            let clients = [client(&version::TLS12), client(&version::TLS13)];
            Self { server: Arc::new(server), clients }
        })
    }
}

/// The first octet says by which method, in which version of TLS, whether what follows is said inside of
/// a tunnel, whether who asks is accepted, how small packets are, and whether the peer may be a device;
/// then comes one packet, or what is said inside, after another, each behind its length. Tells how often
/// somebody was asked about.
///
/// # Panics
/// When a conversation says or does what it must not.
pub(crate) fn run(octets: &[u8]) -> usize {
    let Some((kind, mut rest)) = octets.split_first() else { return 0 };
    let (_, number) = METHODS[usize::from(kind & 3).min(2)];
    let is_inside = kind & 8 != 0;
    let sides = Sides::made();
    let settings = Settings {
        offers: METHODS
            .map(|(method, _)| Offer { method, server: Arc::clone(&sides.server) })
            .into(),
        sessions: Arc::new(NoServerSessionStorage {}),
        challenge: [7; 16],
        framed_mtu: (kind & 32 != 0).then_some(100),
        largest: 1_160,
        device: (kind & 64 != 0).then_some([9; 16]),
    };
    let mut peer = Peer {
        conversation: Conversation::new(settings),
        identifier: 0,
        accepts: kind & 16 != 0,
        may_be_device: kind & 64 != 0,
        is_challenged: false,
        was_accepted: false,
        asked: 0,
        is_over: false,
    };
    let mut tls =
        is_inside.then(|| peer.tunnel(number, &sides.clients[usize::from(kind >> 2 & 1)]));
    while let [high, low, following @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(following.len());
        let (said, following) = following.split_at(length);
        match &mut tls {
            Some(tls) => {
                if tls.writer().write_all(said).is_err() {
                    break;
                }
                peer.speak(number, tls);
            }
            None => {
                peer.receive(said);
            }
        }
        rest = following;
    }
    peer.asked
}

/// What is at the other end, as far as a conversation can tell.
struct Peer {
    conversation: Conversation,
    /// That of the request that is to be answered.
    identifier: u8,
    accepts: bool,
    may_be_device: bool,
    /// Whether it answered MD5-Challenge last.
    is_challenged: bool,
    was_accepted: bool,
    asked: usize,
    is_over: bool,
}

impl Peer {
    /// Takes a method, and shakes hands.
    fn tunnel(&mut self, number: u8, client: &Arc<ClientConfig>) -> ClientConnection {
        let mut tls = ClientConnection::new(Arc::clone(client), NAME.try_into().unwrap()).unwrap();
        let offered = self.receive(b"\x02\x00\x00\x08\x01ada");
        // A device is asked something else before.
        if offered.is_some_and(|packet| packet[4] != number) {
            self.respond(3, &[number]);
        }
        self.speak(number, &mut tls);
        tls
    }

    /// Sends what TLS has to send, and hears what comes back, until neither has more to say.
    fn speak(&mut self, number: u8, tls: &mut ClientConnection) {
        for _ in 0..ROUNDS {
            let mut message = vec![0];
            while tls.wants_write() {
                tls.write_tls(&mut message).unwrap();
            }
            let Some(packet) = self.respond(number, &message) else { return };
            let Some(mut heard) = packet.get(6..).filter(|_| packet[4] == number) else { return };
            if packet[5] & 0x80 != 0 {
                heard = heard.get(4..).unwrap_or_default();
            }
            while !heard.is_empty() {
                if tls.read_tls(&mut heard).is_err() || tls.process_new_packets().is_err() {
                    return;
                }
            }
            let mut inside = Vec::new();
            let _empty = std::io::Read::read_to_end(&mut tls.reader(), &mut inside);
            let has_more = packet[5] & 0x40 != 0;
            if !has_more && !tls.wants_write() {
                return;
            }
        }
    }

    fn respond(&mut self, kind: u8, data: &[u8]) -> Option<Vec<u8>> {
        let length = u16::try_from(data.len() + 5).ok()?.to_be_bytes();
        let head = [2, self.identifier, length[0], length[1], kind];
        self.receive(&[&head, data].concat())
    }

    /// What comes back, after whatever is asked was answered.
    fn receive(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
        let _costs = self.conversation.is_costly(packet);
        let mut command = self.conversation.receive(packet);
        if let Command::Ask(question) = &command {
            assert!(!self.is_over, "it goes on after its end");
            assert!(question.user.len() <= 16 << 10, "{} octets", question.user.len());
            self.is_challenged = matches!(question.proof, Proof::Md5(_));
            assert!(self.may_be_device || !self.is_challenged, "a user is asked like a device");
            self.asked += 1;
            let counterproof = Some(format!("S={}", "0".repeat(40)));
            // Nobody is accepted for having shown no certificate.
            let shows = !matches!(&question.proof, Proof::Certificate(chain) if chain.is_empty());
            let accepts = self.accepts && shows;
            let answer = if accepts { Answer::Accept { counterproof } } else { Answer::Reject };
            self.was_accepted |= accepts;
            command = self.conversation.answer(answer);
        }
        match command {
            Command::Send(packet) => {
                assert!(!self.is_over, "it goes on after its end");
                assert!((5..=1_400).contains(&packet.len()), "{} octets", packet.len());
                let length = usize::from(u16::from_be_bytes([packet[2], packet[3]]));
                assert_eq!((packet[0], length), (1, packet.len()));
                self.identifier = packet[1];
                Some(packet)
            }
            Command::Ask(_) => panic!("an answer is asked about"),
            Command::Succeed(success) => {
                assert!(
                    self.was_accepted && !self.is_over,
                    "somebody is let in who was not asked about"
                );
                assert_eq!(success.packet[..1], [3]);
                self.is_over = true;
                None
            }
            Command::Admit(packet) => {
                assert!(self.is_challenged && self.was_accepted && !self.is_over);
                assert_eq!(packet[..1], [3]);
                self.is_over = true;
                None
            }
            Command::Fail(_) => {
                self.is_over = true;
                None
            }
            Command::Ignore => None,
        }
    }
}
