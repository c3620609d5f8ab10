//! What devices are told of an organization's wireless network, as files that they take.
//!
//! Every file names the authority and the names of the server that a device may talk to: one that
//! does not look hands its password to whoever calls their network by the same name.

mod mobileconfig;
mod network_manager;
mod windows;
mod wpa_supplicant;

use std::fmt::Write;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use directory::Invalid;
use uuid::Uuid;

/// Who reads a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Apple's systems: a configuration profile.
    Mobileconfig,
    /// Windows: a WLAN profile, for `netsh wlan add profile`.
    Windows,
    /// NetworkManager: a connection, for `/etc/NetworkManager/system-connections`.
    NetworkManager,
    /// wpa_supplicant: a network and what it refers to.
    WpaSupplicant,
}

/// What the air says of a network.
pub(crate) struct Air {
    /// Its name.
    pub(crate) ssid: String,
    /// Whether it does not tell its name.
    pub(crate) hidden: bool,
    /// Whether it is WPA3-Enterprise alone.
    pub(crate) wpa3_only: bool,
}

/// A network, and how its server is known.
pub(crate) struct Network {
    /// Its name: 1 to 32 octets without control characters.
    ssid: String,
    /// Whether it does not tell its name.
    hidden: bool,
    /// Whether it is WPA3-Enterprise alone; else WPA2-Enterprise too.
    wpa3_only: bool,
    /// What the organization is called.
    organization: String,
    /// The authorities that may vouch for the server, in DER.
    authorities: Vec<Vec<u8>>,
    /// The names that the server may have.
    names: Vec<String>,
}

/// How somebody proves themselves.
pub(crate) enum Proof<'p> {
    /// By a password within EAP-TTLS (PAP); whose, where that is known.
    Ttls(Option<&'p str>),
    /// By a password within PEAP (EAP-MSCHAPv2); whose, where that is known.
    Peap(Option<&'p str>),
    /// By a certificate that the device has already: EAP-TLS.
    Certificate,
    /// By a certificate that the file brings: EAP-TLS.
    Identity(&'p Identity),
}

/// A certificate with its key.
pub(crate) struct Identity {
    /// Whose it is.
    pub(crate) name: String,
    /// Whether a device's rather than a user's.
    pub(crate) device: bool,
    /// The certificate in PEM.
    pub(crate) certificate: String,
    /// The key in PEM.
    pub(crate) key: String,
    /// Both in PKCS#12.
    pub(crate) pkcs12: Vec<u8>,
    /// The password of that.
    pub(crate) password: String,
}

/// A file.
pub(crate) struct File {
    /// What it may be called.
    pub(crate) name: &'static str,
    /// What it is.
    pub(crate) kind: &'static str,
    /// What stands in it.
    pub(crate) text: String,
}

/// What is said outside of the tunnel in place of a login.
const ANONYMOUS: &str = "anonymous";
/// The most octets of a network's name (IEEE 802.11).
const SSID: usize = 32;

impl Network {
    /// A network of an organization.
    ///
    /// # Errors
    /// `Invalid` for a name that no network can have.
    pub(crate) fn new(
        Air { ssid, hidden, wpa3_only }: Air,
        organization: String,
        authorities: Vec<Vec<u8>>,
        names: Vec<String>,
    ) -> Result<Self, Invalid> {
        if !(1..=SSID).contains(&ssid.len()) || ssid.chars().any(char::is_control) {
            return Err(Invalid::new("/ssid", "must be 1 to 32 octets, no control characters"));
        }
        Ok(Self { ssid, hidden, wpa3_only, organization, authorities, names })
    }

    /// The file for a format.
    ///
    /// # Errors
    /// `Invalid` where the format has no place for the proof.
    pub(crate) fn file(&self, format: Format, proof: &Proof<'_>) -> Result<File, Invalid> {
        if matches!(proof, Proof::Certificate) && format != Format::Windows {
            let message = "needs a certificate: ask for the file where one is issued";
            return Err(Invalid::new("/method", message));
        }
        Ok(match format {
            Format::Mobileconfig => mobileconfig::file(self, proof),
            Format::Windows => windows::file(self, proof),
            Format::NetworkManager => network_manager::file(self, proof),
            Format::WpaSupplicant => wpa_supplicant::file(self, proof),
        })
    }

    /// The name where it needs no care anywhere.
    fn plain_ssid(&self) -> Option<&str> {
        let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_. ".contains(&octet);
        let outer = self.ssid.trim() == self.ssid;
        (outer && self.ssid.bytes().all(plain)).then_some(self.ssid.as_str())
    }

    /// An id for a part of a file: the same whenever it is asked for.
    fn id(&self, part: &str) -> Uuid {
        let mut text = format!("{}\0{}\0{part}", self.organization, self.ssid);
        for authority in &self.authorities {
            // Writing into a string does not fail.
            let _written = write!(text, "\0{}", BASE64_STANDARD.encode(authority));
        }
        let digest = digest(&SHA256, text.as_bytes());
        let octets = digest.as_ref().first_chunk::<16>().copied().unwrap_or_default();
        uuid::Builder::from_custom_bytes(octets).into_uuid()
    }

    /// The authorities in PEM, one after the other.
    fn authorities_pem(&self) -> String {
        self.authorities.iter().map(|one| pem(one)).collect()
    }
}

/// A certificate in PEM.
fn pem(der: &[u8]) -> String {
    let lines = BASE64_STANDARD.encode(der);
    let lines: Vec<_> = lines.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    let body = lines.join("\n");
    format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
}
