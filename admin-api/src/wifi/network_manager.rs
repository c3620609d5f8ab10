//! A connection of NetworkManager's, in its keyfile format.

use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::{ANONYMOUS, File, Network, Proof};

pub(super) fn file(network: &Network, proof: &Proof<'_>) -> File {
    let mut text = Keyfile(String::new());
    text.section("connection");
    text.value("id", &network.ssid);
    text.value("uuid", &network.id("connection").to_string());
    text.value("type", "wifi");
    text.section("wifi");
    text.value("mode", "infrastructure");
    if network.hidden {
        text.value("hidden", "true");
    }
    match network.plain_ssid() {
        Some(ssid) => text.value("ssid", ssid),
        None => {
            let octets: String = network.ssid.bytes().map(|octet| format!("{octet};")).collect();
            text.value("ssid", &octets);
        }
    }
    text.section("wifi-security");
    text.value("key-mgmt", "wpa-eap");
    text.section("802-1x");
    let (method, inner, login) = match proof {
        Proof::Ttls(login) => ("ttls", Some("pap"), *login),
        Proof::Peap(login) => ("peap", Some("mschapv2"), *login),
        Proof::Identity(identity) => ("tls", None, Some(identity.name.as_str())),
        Proof::Certificate => ("tls", None, None),
    };
    text.value("eap", &format!("{method};"));
    if let Some(login) = login {
        text.value("identity", login);
    }
    text.value("anonymous-identity", ANONYMOUS);
    if let Some(inner) = inner {
        text.value("phase2-auth", inner);
    }
    text.octets("ca-cert", network.authorities_pem().as_bytes());
    text.value("domain-match", &network.names.join(";"));
    if let Proof::Identity(identity) = proof {
        text.octets("client-cert", identity.certificate.as_bytes());
        text.octets("private-key", identity.key.as_bytes());
        // The key stands there in clear, in a file that root alone reads: none is asked for.
        text.value("private-key-password-flags", "4");
    }
    text.section("ipv4");
    text.value("method", "auto");
    text.section("ipv6");
    text.value("method", "auto");
    let Keyfile(text) = text;
    File { name: "wifi.nmconnection", kind: "text/plain; charset=utf-8", text }
}

struct Keyfile(String);

impl Keyfile {
    fn section(&mut self, name: &str) {
        let between = if self.0.is_empty() { "" } else { "\n" };
        // Writing into a string does not fail.
        let _written = writeln!(self.0, "{between}[{name}]");
    }

    /// A text: with spaces before it and backslashes escaped, as GLib's key files have them.
    fn value(&mut self, name: &str, value: &str) {
        let rest = value.trim_start_matches(' ');
        let spaces = "\\s".repeat(value.len().saturating_sub(rest.len()));
        let _written = writeln!(self.0, "{name}={spaces}{}", rest.replace('\\', "\\\\"));
    }

    fn octets(&mut self, name: &str, octets: &[u8]) {
        let _written = writeln!(self.0, "{name}=data:;base64,{}", BASE64_STANDARD.encode(octets));
    }
}
