//! Every method by both versions of TLS, in pieces of three sizes: a first login and one that resumes
//! its session, a server that the peer does not trust, and a wrong password, all by `eapol_test`.
//!
//! EAP-TLS has no password: a certificate of another authority takes its place. Nothing else is left
//! out.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::harness::authority::{Authority, Holder, Issued};
use crate::harness::eapol::{Peer, Verdict};
use crate::harness::office::{Client, Office};

const RIGHT: &str = "correct horse battery";
const WRONG: &str = "wrong horse battery";

/// A method of `eapol_test`, and what it says inside.
pub(super) const METHODS: [(&str, &str); 6] = [
    ("TLS", ""),
    ("TTLS", "auth=PAP"),
    ("TTLS", "auth=CHAP"),
    ("TTLS", "auth=MSCHAPV2"),
    ("TTLS", "autheap=MSCHAPV2"),
    ("PEAP", "auth=MSCHAPV2"),
];
/// The versions of TLS.
pub(super) const VERSIONS: [&str; 2] = ["1.2", "1.3"];

/// The Framed-MTU that the gear tells of, and the longest piece of the peer. The first parts every
/// message of a handshake, the second the longest, the last none.
const SIZES: [(usize, usize); 3] = [(104, 100), (504, 500), (1_400, 1_396)];

/// Cells of a method and a version that are looked at at once.
const AT_ONCE: usize = 4;

/// One method with one version, in an organization of its own.
struct Cell {
    name: String,
    office: Office,
    gear: Client,
    method: &'static str,
    inner: &'static str,
    version: &'static str,
    own: Issued,
    anothers: Issued,
    untrusted: PathBuf,
    /// The folders of the files.
    _authorities: [Authority; 2],
}

impl Cell {
    fn new((method, inner): (&'static str, &'static str), version: &'static str) -> Self {
        let office = Office::new();
        office.set(&json!({"chap": true, "ms_chap": true}));
        office.user("ada", RIGHT);
        let gear = office.client("wlan", &json!({}));
        let authorities = ["acme", "another"].map(Authority::new);
        let [acme, another] = &authorities;
        let trusted = json!({"name": "acme", "certificate": acme.pem(),
            "holder": "user_by_common_name"});
        office.make("certificate-authorities", &trusted);
        let holder = Holder { common_name: "ada", ..Holder::default() };
        let (own, anothers) = (acme.issue(&holder), another.issue(&holder));
        let untrusted = own.certificate().with_file_name("untrusted.pem");
        std::fs::write(&untrusted, another.pem()).unwrap();
        let name = format!("{method} {inner} {version}");
        Self {
            name,
            office,
            gear,
            method,
            inner,
            version,
            own,
            anothers,
            untrusted,
            _authorities: authorities,
        }
    }

    /// The peer with the right proof, or with a wrong one.
    fn peer(&self, (mtu, size): (usize, usize), is_right: bool) -> Peer {
        let peer = match (self.method, is_right) {
            ("TLS", true) => self.office.certified(&self.gear, &self.own),
            ("TLS", false) => self.office.certified(&self.gear, &self.anothers),
            (method, _) => self
                .office
                .peer(&self.gear, method)
                .quoted("anonymous_identity", "anonymous")
                .quoted("identity", "ada")
                .quoted("password", if is_right { RIGHT } else { WRONG })
                .quoted("phase2", self.inner),
        };
        let in_pieces = peer.tls(self.version).set("fragment_size", &size.to_string());
        in_pieces.with([&*format!("-N12:d:{mtu}")])
    }

    fn judge(&self) {
        for size in SIZES {
            self.gets_in_twice(size);
            self.peer(size, true).trusts(&self.untrusted).stays_out();
            self.peer(size, false).stays_out();
        }
        let wrong = match self.method {
            "TLS" => "no authority of the organization vouches for the certificate",
            _ => "the password is wrong",
        };
        let each = [None, None, Some("TLS: received fatal alert: UnknownCA"), Some(wrong)];
        let expected: Vec<_> = SIZES.iter().flat_map(|_| each).collect();
        let told = self.told(expected.len());
        let reasons: Vec<_> = told.iter().map(|event| event["reason"].as_str()).collect();
        assert_eq!(reasons, expected, "{}", self.name);
        let method = match self.method {
            "TLS" => "eap_tls",
            "TTLS" => "eap_ttls",
            _ => "peap",
        };
        assert!(told.iter().all(|event| event["method"] == method), "{}: {told:?}", self.name);
    }

    /// A first login, and one that resumes its session.
    fn gets_in_twice(&self, size: (usize, usize)) {
        let (mtu, pieces) = size;
        let wants_name = mtu == 1_400;
        let mut peer = self.peer(size, true).with(["-r1"]);
        if wants_name {
            peer = peer.with(["-e"]);
        }
        let verdict = peer.gets_in();
        let said = &verdict.output.stdout;
        let name = format!("{} {mtu}", self.name);
        assert!(verdict.resumed(), "{name}: {said}");
        // The keys' name comes to who asks for it, and to nobody else (RFC 7268, section 2.2).
        let named = verdict.says("Session-Id matches EAP-Key-Name from server");
        let unnamed = verdict.says("No EAP-Key-Name received from server");
        assert_eq!((named, unnamed), (wants_name, !wants_name), "{name}: {said}");
        let longest = packets(&verdict).max().unwrap();
        assert!(longest <= mtu - 4, "{name}: {longest} octets");
        let is_parted = verdict.says("more fragments will follow");
        // A certificate may be longer than the second size.
        assert!(is_parted || pieces != 100, "{name}: {said}");
        assert!(!is_parted || pieces != 1_396, "{name}: {said}");
        let is_ours = longest == mtu - 4;
        assert_eq!(is_ours, mtu < 1_400, "{name}: {longest} octets");
    }

    /// What was told of so many attempts, the first one first.
    fn told(&self, count: usize) -> Vec<Value> {
        let told = |_| {
            let mut told = self.office.events();
            told.retain(|event| event["action"] == "radius_access");
            told.reverse();
            (told.len() >= count).then_some(told)
        };
        (0..10_000).find_map(told).unwrap_or_else(|| panic!("{}: too few events", self.name))
    }
}

/// The lengths of the packets of EAP that came from the server.
fn packets(verdict: &Verdict) -> impl Iterator<Item = usize> {
    let lines = verdict.output.stdout.lines();
    let lines = lines.filter(|line| line.starts_with("decapsulated EAP packet"));
    lines.filter_map(|line| line.split("len=").nth(1)?.split(')').next()?.parse().ok())
}

#[test]
fn every_method_by_each_version_in_pieces_of_each_size() {
    let all: Vec<_> =
        METHODS.into_iter().flat_map(|method| VERSIONS.map(|version| (method, version))).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((method, version)) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    Cell::new(*method, version).judge();
                }
            });
        }
    });
}
