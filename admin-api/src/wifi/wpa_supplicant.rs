//! A network of wpa_supplicant's configuration, with what it refers to as blobs.

use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::{ANONYMOUS, File, Network, Proof};

pub(super) fn file(network: &Network, proof: &Proof<'_>) -> File {
    let mut block = Block(String::from("network={\n"));
    match network.plain_ssid() {
        Some(ssid) => block.quoted("ssid", ssid),
        None => {
            let hex: String = network.ssid.bytes().map(|octet| format!("{octet:02x}")).collect();
            block.plain("ssid", &hex);
        }
    }
    if network.hidden {
        block.plain("scan_ssid", "1");
    }
    // WPA2-Enterprise and WPA3-Enterprise: the latter hashes by SHA-256, and protects management frames.
    block.plain("key_mgmt", "WPA-EAP WPA-EAP-SHA256");
    block.plain("ieee80211w", "1");
    let (method, inner, login) = match proof {
        Proof::Ttls(login) => ("TTLS", Some("auth=PAP"), *login),
        Proof::Peap(login) => ("PEAP", Some("auth=MSCHAPV2"), *login),
        Proof::Identity(identity) => ("TLS", None, Some(identity.name.as_str())),
        Proof::Certificate => ("TLS", None, None),
    };
    block.plain("eap", method);
    if let Some(login) = login {
        block.quoted("identity", login);
    }
    block.quoted("anonymous_identity", ANONYMOUS);
    if let Some(inner) = inner {
        block.quoted("phase2", inner);
    }
    block.quoted("ca_cert", "blob://ca");
    block.quoted("domain_match", &network.names.join(";"));
    if let Proof::Identity(identity) = proof {
        block.quoted("private_key", "blob://identity");
        block.quoted("private_key_passwd", &identity.password);
    }
    let Block(mut text) = block;
    text.push_str("}\n");
    blob(&mut text, "ca", network.authorities_pem().as_bytes());
    if let Proof::Identity(identity) = proof {
        blob(&mut text, "identity", &identity.pkcs12);
    }
    File { name: "wifi.conf", kind: "text/plain; charset=utf-8", text }
}

struct Block(String);

impl Block {
    fn plain(&mut self, name: &str, value: &str) {
        // Writing into a string does not fail.
        let _written = writeln!(self.0, "\t{name}={value}");
    }

    /// A text, which ends with the last quotation mark of its line.
    fn quoted(&mut self, name: &str, value: &str) {
        self.plain(name, &format!("\"{value}\""));
    }
}

fn blob(text: &mut String, name: &str, octets: &[u8]) {
    let _written = writeln!(text, "\nblob-base64-{name}={{");
    for line in BASE64_STANDARD.encode(octets).as_bytes().chunks(76) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text.push_str("}\n");
}
