//! `eapol_test` of `wpa_supplicant`: a peer and its network gear in one.

use std::fmt::Write as _;
use std::path::Path;

use super::authority::Issued;
use super::client::{Client, Output};
use super::office::{Client as Gear, Office};

/// A peer that is about to ask.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    address: String,
    secret: String,
    own: String,
    network: Vec<(String, String)>,
    /// A whole configuration, in place of the words.
    whole: Option<String>,
    options: Vec<String>,
}

/// How it went.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) output: Output,
}

impl Office {
    /// A peer with a certificate, who says nothing else of who they are.
    pub(crate) fn certified(&self, gear: &Gear, issued: &Issued) -> Peer {
        let peer = self.peer(gear, "TLS").quoted("identity", "anonymous@anywhere");
        peer.quoted("client_cert", &issued.certificate.display().to_string())
            .quoted("private_key", &issued.key.display().to_string())
    }

    /// A peer behind gear of this organization; it expects the daemon's certificate.
    pub(crate) fn peer(&self, gear: &Gear, method: &str) -> Peer {
        let peer = Peer {
            address: self.demo.radius.auth.clone(),
            secret: gear.secret.clone(),
            own: self.address.to_string(),
            network: Vec::new(),
            whole: None,
            options: Vec::new(),
        };
        peer.set("key_mgmt", "WPA-EAP").set("eap", method).trusts(Path::new(&self.demo.ca_file))
    }

    /// A peer of EAP-TTLS with a password inside.
    pub(crate) fn ttls(&self, gear: &Gear, inner: &str, user: &str, password: &str) -> Peer {
        let peer = self.peer(gear, "TTLS").quoted("anonymous_identity", "anonymous@nowhere");
        peer.quoted("identity", user).quoted("password", password).quoted("phase2", inner)
    }
}

impl Peer {
    /// Sets a word of the network's configuration; a later one wins.
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.network.retain(|(known, _)| known != name);
        self.network.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets a text of the network's configuration.
    pub(crate) fn quoted(self, name: &str, value: &str) -> Self {
        self.set(name, &format!("\"{value}\""))
    }

    /// Says by which authority the server's certificate must be.
    pub(crate) fn trusts(self, file: &Path) -> Self {
        self.quoted("ca_cert", &file.display().to_string())
    }

    /// Takes a whole configuration in place of what was set.
    pub(crate) fn configured(mut self, text: &str) -> Self {
        self.whole = Some(text.to_owned());
        self
    }

    /// Speaks TLS 1.2 only, or 1.3 only.
    pub(crate) fn tls(self, version: &str) -> Self {
        let newest = u8::from(version == "1.3");
        let phase1 = format!(
            "tls_disable_tlsv1_0=1 tls_disable_tlsv1_1=1 tls_disable_tlsv1_2={newest} \
             tls_disable_tlsv1_3={}",
            1 - newest
        );
        self.quoted("phase1", &phase1)
    }

    /// Asks somewhere else.
    pub(crate) fn at(mut self, address: &str, secret: &str) -> Self {
        self.address = address.to_owned();
        self.secret = secret.to_owned();
        self
    }

    /// Asks from another address.
    pub(crate) fn at_own_address(mut self, own: &str) -> Self {
        self.own = own.to_owned();
        self
    }

    /// Adds options of the program.
    pub(crate) fn with<const N: usize>(mut self, options: [&str; N]) -> Self {
        self.options.extend(options.map(ToOwned::to_owned));
        self
    }

    /// Its network as `wpa_supplicant` reads it.
    pub(crate) fn configuration(&self) -> String {
        if let Some(whole) = &self.whole {
            return whole.clone();
        }
        let mut text = "network={\n".to_owned();
        for (name, value) in &self.network {
            writeln!(text, "  {name}={value}").unwrap();
        }
        text.push_str("}\n");
        text
    }

    /// Asks, and says how it went.
    pub(crate) fn ask(&self) -> Verdict {
        let folder = tempfile::tempdir().unwrap();
        let text = self.configuration();
        let config = folder.path().join("network.conf");
        std::fs::write(&config, text).unwrap();
        let (host, port) = self.address.rsplit_once(':').unwrap();
        // The program has a port of its own, and so no brackets around IPv6.
        let host = host.trim_matches(['[', ']']);
        let output = Client::new("eapol_test", "eapoltest")
            .arg(format!("-c{}", config.display()))
            .args([format!("-a{host}"), format!("-p{port}"), format!("-s{}", self.secret)])
            .arg(format!("-A{}", self.own))
            .arg("-t10")
            .args(&self.options)
            .run();
        Verdict { output }
    }

    /// Asks, and must be let in, with the same keys on both sides.
    pub(crate) fn gets_in(&self) -> Verdict {
        let verdict = self.ask();
        assert!(verdict.is_success(), "{self:?}: {}", verdict.output.stdout);
        verdict
    }

    /// Asks, and must be told that it is not let in.
    pub(crate) fn stays_out(&self) -> Verdict {
        let verdict = self.ask();
        assert!(!verdict.is_success(), "{self:?}: {}", verdict.output.stdout);
        assert!(verdict.says("Access-Reject"), "{self:?}: {}", verdict.output.stdout);
        assert!(verdict.says("EAP: Received EAP-Failure"), "{}", verdict.output.stdout);
        verdict
    }
}

impl Verdict {
    /// Whether the peer was let in and all keys were those that it has.
    pub(crate) fn is_success(&self) -> bool {
        self.output.code == 0 && self.output.stdout.trim_end().ends_with("SUCCESS")
    }

    /// Whether a TLS session was resumed.
    pub(crate) fn resumed(&self) -> bool {
        self.says("Handshake finished - resumed=1")
    }

    /// Whether the program said something.
    pub(crate) fn says(&self, text: &str) -> bool {
        self.output.stdout.contains(text)
    }

    /// How often the program said something.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.output.stdout.matches(text).count()
    }
}
