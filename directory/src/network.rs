//! What network gear says of those who ask through it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How somebody proves to network gear who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkMethod {
    /// The password itself, which the gear hears.
    Pap,
    /// An answer to a challenge, by the password in clear.
    Chap,
    /// An answer to a challenge, by the password's NT hash.
    MsChapV2,
    /// A client certificate.
    EapTls,
    /// What is asked for inside a tunnel.
    EapTtls,
    /// MS-CHAPv2 inside a tunnel.
    Peap,
}

/// What is known of a request beside who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Circumstances {
    /// By which method.
    pub method: NetworkMethod,
    /// The kind of port that the gear names, such as 19 for Wi-Fi.
    pub port_type: Option<u32>,
    /// The wireless network that the gear names.
    pub ssid: Option<Ssid>,
}

impl Circumstances {
    /// Nothing is known but the method.
    #[must_use]
    pub const fn of(method: NetworkMethod) -> Self {
        Self { method, port_type: None, ssid: None }
    }
}

/// The name of a wireless network.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ssid {
    octets: [u8; Self::LONGEST],
    length: u8,
}

impl Ssid {
    /// The most octets of a name (IEEE 802.11).
    pub const LONGEST: usize = 32;

    /// Takes 1 to 32 octets.
    #[must_use]
    pub fn new(name: &[u8]) -> Option<Self> {
        let mut octets = [0; Self::LONGEST];
        octets.get_mut(..name.len())?.copy_from_slice(name);
        let length = u8::try_from(name.len()).ok().filter(|length| *length > 0)?;
        Some(Self { octets, length })
    }

    /// The name; any octets, not always text.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        self.octets.get(..usize::from(self.length)).unwrap_or_default()
    }
}

impl fmt::Debug for Ssid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Ssid({})", self.octets().escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wireless_network_has_a_name_of_1_to_32_octets() {
        assert!(Ssid::new(b"").is_none() && Ssid::new(&[b'x'; 33]).is_none());
        let (office, longest) = (Ssid::new(b"office").unwrap(), Ssid::new(&[b'x'; 32]).unwrap());
        assert_eq!((office.octets(), longest.octets()), (&b"office"[..], &[b'x'; 32][..]));
        assert_ne!(office, Ssid::new(b"office\0").unwrap());
        assert_eq!(format!("{:?}", Ssid::new(b"a\xff").unwrap()), "Ssid(a\\xff)");
    }
}
