//! What network gear says of those who ask through it.

use std::borrow::Cow;
use std::fmt;
use std::hash::{DefaultHasher, Hasher as _};
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::text::prepare;

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
    /// The hardware address, which proves nothing.
    Mac,
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
    /// What the gear calls itself.
    pub gear: Option<GearName>,
    /// The address that the gear gives itself.
    pub gear_address: Option<IpAddr>,
    /// The kind of service that the gear names, such as 6 for its own console.
    pub service_type: Option<u32>,
    /// The device that asks, where gear names one by its address in the place of a user, and gives the
    /// address for its password or says that it checks a call.
    pub device: Option<MacAddress>,
    /// The device that gear names by its address in the place of a user, whatever the gear gives for its
    /// password.
    pub named: Option<MacAddress>,
    /// The hardware address of the machine that somebody sits at, as the gear names it, which proves
    /// nothing.
    pub calling: Option<MacAddress>,
    /// That machine, however the gear names it.
    pub station: Option<Station>,
    /// What the gear calls that machine, as events tell it.
    pub calling_station: Option<StationName>,
    /// What the gear calls its own station, as events tell it.
    pub called_station: Option<StationName>,
    /// By which name the gear knows somebody who is proven by EAP, where another may be said to us.
    pub outer: Option<OuterName>,
}

/// What tells one machine that gear names from another: its address in any spelling, or else what it is
/// called. Two names may come to the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Station(u64);

impl Station {
    /// What gear calls a machine, and its hardware address where that is one; `None` for nothing.
    #[must_use]
    pub fn of(text: &[u8], address: Option<MacAddress>) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        if let Some(MacAddress([a, b, c, d, e, f])) = address {
            return Some(Self(u64::from_be_bytes([0, 0, a, b, c, d, e, f])));
        }
        let mut hasher = DefaultHasher::new();
        hasher.write(text);
        Some(Self(hasher.finish()))
    }
}

/// A name that gear knows, as far as it takes to say whether it tells of a login. Two names may come
/// to the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OuterName([Option<u64>; 2]);

impl OuterName {
    /// What gear calls somebody.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let mut logins = told_logins(name).map(|login| digest(&login));
        Self([logins.next(), logins.next()])
    }

    /// Whether whoever hears the name knows that it is this login's.
    pub(crate) fn tells(&self, login: &str) -> bool {
        self.0.contains(&Some(digest(&prepare(login))))
    }
}

fn digest(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// What those call themselves outside of a tunnel who are not to be named there, as the files for
/// Wi-Fi have it that are made here.
const ANONYMOUS: &str = "anonymous";

/// The logins, prepared, that gear may mean by a name: the name, and what stands behind a domain, as
/// Windows says it. `anonymous`, with a realm or without, is nobody's, whoever has that login.
pub(crate) fn told_logins(name: &str) -> impl Iterator<Item = String> {
    let without_domain = name.split_once('\\').map(|(_, name)| name);
    let logins = [Some(name), without_domain].into_iter().flatten().map(prepare);
    logins.filter(|login| login.split('@').next() != Some(ANONYMOUS))
}

impl Circumstances {
    /// Nothing is known but the method.
    #[must_use]
    pub const fn of(method: NetworkMethod) -> Self {
        Self {
            method,
            port_type: None,
            ssid: None,
            gear: None,
            gear_address: None,
            service_type: None,
            device: None,
            named: None,
            calling: None,
            station: None,
            calling_station: None,
            called_station: None,
            outer: None,
        }
    }
}

/// A hardware address of six octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MacAddress([u8; 6]);

impl MacAddress {
    /// Reads an address in any spelling: twelve hexadecimal digits, with hyphens, colons or dots
    /// between them or none.
    #[must_use]
    pub fn read(text: &[u8]) -> Option<Self> {
        if !after_address(text)?.is_empty() {
            return None;
        }
        let mut octets = [0; 6];
        let digits = text.iter().filter_map(|octet| char::from(*octet).to_digit(16));
        for (place, digit) in digits.enumerate() {
            let octet: &mut u8 = octets.get_mut(place / 2)?;
            *octet = *octet << 4 | u8::try_from(digit).ok()?;
        }
        Some(Self(octets))
    }

    /// The octets.
    #[must_use]
    pub const fn octets(&self) -> &[u8; 6] {
        &self.0
    }

    /// The address of these octets, as an index has it.
    pub(crate) fn of_octets(octets: &[u8]) -> Option<Self> {
        octets.try_into().ok().map(Self)
    }

    /// It as [`Display`](fmt::Display) has it.
    fn spelled(&self) -> [u8; 17] {
        let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + (value - 10) };
        let mut text = [b':'; 17];
        for (place, octet) in text.chunks_mut(3).zip(self.0) {
            if let [high, low, ..] = place {
                (*high, *low) = (digit(octet >> 4), digit(octet & 15));
            }
        }
        text
    }

    /// Whether it can be one machine's: it is no group's, and not nought.
    #[must_use]
    pub const fn is_of_one(&self) -> bool {
        let [first, ..] = self.0;
        first & 1 == 0 && !matches!(self.0, [0, 0, 0, 0, 0, 0])
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, f] = self.0;
        write!(formatter, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}")
    }
}

/// The name of a wireless network (IEEE 802.11).
pub type Ssid = ShortName<32>;
/// What gear calls itself (NAS-Identifier), where that is no longer.
pub type GearName = ShortName<64>;
/// What gear calls a machine, or its own station (Calling-Station-Id, Called-Station-Id).
pub type StationName = ShortName<64>;

/// A name of a few octets, in place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ShortName<const LONGEST: usize> {
    octets: [u8; LONGEST],
    length: u8,
}

impl<const LONGEST: usize> ShortName<LONGEST> {
    /// The most octets of a name.
    pub const LONGEST: usize = LONGEST;

    /// Takes a name of at least one octet.
    #[must_use]
    pub fn new(name: &[u8]) -> Option<Self> {
        let mut octets = [0; LONGEST];
        octets.get_mut(..name.len())?.copy_from_slice(name);
        let length = u8::try_from(name.len()).ok().filter(|length| *length > 0)?;
        Some(Self { octets, length })
    }

    /// The name; any octets, not always text.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        self.octets.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// The name as text, without control characters; what is none is shown as far as it is.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        let octets = self.octets();
        let is_usual = octets.iter().all(|octet| (b' '..0x7f).contains(octet));
        match std::str::from_utf8(octets) {
            Ok(text) if is_usual => Cow::Borrowed(text),
            Ok(_) | Err(_) => {
                let shown = |letter: char| if letter.is_control() { '\u{fffd}' } else { letter };
                Cow::Owned(String::from_utf8_lossy(octets).chars().map(shown).collect())
            }
        }
    }
}

impl StationName {
    /// What gear calls a machine: its hardware address in one spelling where that is one, or else
    /// how the text begins.
    #[must_use]
    pub fn of_machine(text: &[u8], address: Option<MacAddress>) -> Option<Self> {
        address.map_or_else(|| Self::beginning(text), |address| Self::new(&address.spelled()))
    }

    /// How a text begins that may be longer.
    #[must_use]
    pub fn beginning(text: &[u8]) -> Option<Self> {
        Self::new(text.get(..Self::LONGEST).unwrap_or(text))
    }
}

impl Ssid {
    /// The network in what gear calls its own station: what follows an access point's address and a
    /// colon (RFC 3580, section 3.20), or the last colon where something else stands for the
    /// address.
    #[must_use]
    pub fn of_station(called: &[u8]) -> Option<Self> {
        let network = match after_address(called) {
            Some([b':', network @ ..]) => network,
            Some(_) => return None,
            None => called.get(called.iter().rposition(|octet| *octet == b':')? + 1..)?,
        };
        Self::new(network)
    }
}

impl<const LONGEST: usize> fmt::Debug for ShortName<LONGEST> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ShortName({})", self.octets().escape_ascii())
    }
}

/// What follows a hardware address of six octets, however it is spelled.
fn after_address(text: &[u8]) -> Option<&[u8]> {
    let (mut digits, mut rest) = (0, text);
    while digits < 12 {
        let (first, others) = rest.split_first()?;
        match first {
            digit if digit.is_ascii_hexdigit() => digits += 1,
            b'-' | b':' | b'.' if digits > 0 && digits % 2 == 0 => {}
            _ => return None,
        }
        rest = others;
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wireless_network_stands_behind_the_access_points_address() {
        for (called, network) in [
            ("00-10-A4-23-19-C0:AP1", Some("AP1")),
            ("00:10:a4:23:19:c0:AP1", Some("AP1")),
            ("0010.a423.19c0:guests", Some("guests")),
            ("0010a42319c0:our: guests", Some("our: guests")),
            ("00-10-A4-23-19-C0", None),
            ("00:10:a4:23:19:c0", None),
            ("ap-3.acme.example:staff", Some("staff")),
            ("5551234", None),
            ("", None),
            ("00-10-A4-23-19-C0:", None),
        ] {
            let found = Ssid::of_station(called.as_bytes());
            let found = found.as_ref().map(Ssid::octets);
            assert_eq!(found, network.map(str::as_bytes), "{called}");
        }
    }

    #[test]
    fn a_hardware_address_is_read_in_any_spelling() {
        for text in ["00-10-A4-23-19-C0", "00:10:a4:23:19:c0", "0010.a423.19c0", "0010A42319C0"] {
            let address = MacAddress::read(text.as_bytes()).unwrap();
            assert_eq!(address.to_string(), "00:10:a4:23:19:c0", "{text}");
            assert_eq!(address.spelled(), *b"00:10:a4:23:19:c0", "{text}");
            assert!(address.is_of_one());
        }
        for text in [
            "",
            "0010A42319C",
            "0010A42319C00",
            "00:10:a4:23:19:c0:x",
            "00 10 a4 23 19 c0",
            "-0010A42319C0",
            "0-010A42319C0",
            "0010A42319C0-",
            "g010A42319C0",
        ] {
            assert_eq!(MacAddress::read(text.as_bytes()), None, "{text}");
        }
        for text in ["000000000000", "ffffffffffff", "01005e000001"] {
            assert!(!MacAddress::read(text.as_bytes()).unwrap().is_of_one(), "{text}");
        }
    }

    #[test]
    fn a_station_is_told_in_one_spelling_and_no_longer_than_there_is_room() {
        let told = |text: &[u8]| {
            let name = StationName::of_machine(text, MacAddress::read(text));
            name.map(|name| name.text().into_owned())
        };
        assert_eq!(told(b"66-77-88-99-AA-BB").as_deref(), Some("66:77:88:99:aa:bb"));
        assert_eq!(told("Büro 7".as_bytes()).as_deref(), Some("Büro 7"));
        assert_eq!(told(b"a\x1b[2J\xffb\n").as_deref(), Some("a\u{fffd}[2J\u{fffd}b\u{fffd}"));
        assert_eq!(told(&[b'x'; 200]), Some("x".repeat(64)));
        assert_eq!(told(b""), None);
    }

    #[test]
    fn a_wireless_network_has_a_name_of_1_to_32_octets() {
        assert!(Ssid::new(b"").is_none() && Ssid::new(&[b'x'; 33]).is_none());
        let (office, longest) = (Ssid::new(b"office").unwrap(), Ssid::new(&[b'x'; 32]).unwrap());
        assert_eq!((office.octets(), longest.octets()), (&b"office"[..], &[b'x'; 32][..]));
        assert_ne!(office, Ssid::new(b"office\0").unwrap());
        assert_eq!(format!("{:?}", Ssid::new(b"a\xff").unwrap()), "ShortName(a\\xff)");
    }
}
