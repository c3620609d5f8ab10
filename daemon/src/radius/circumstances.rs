//! What a request says beside who asks, in the directory's words.

use directory::{Circumstances, GearName, MacAddress, NetworkMethod, Ssid, Station, StationName};
use radius::{Credential, Question, VendorAttribute};

/// What is known of a request that proves itself by `method`.
pub(super) fn circumstances<C: Copy>(
    question: &Question<C>,
    method: NetworkMethod,
) -> Circumstances {
    let (called, port_type) = (question.called_station_id(), question.nas_port_type());
    let wireless = || (port_type == Some(WIRELESS)).then(|| named_by_vendor(question)).flatten();
    let named = named_device(question);
    let device = named.filter(|named| is_known_by_address(question, *named));
    let machine = question.calling_station_id();
    let calling = machine.and_then(MacAddress::read);
    Circumstances {
        method,
        port_type,
        ssid: called.and_then(Ssid::of_station).or_else(wireless),
        gear: question.nas_identifier().and_then(GearName::new),
        gear_address: question.nas_ip(),
        service_type: question.service_type(),
        device,
        named,
        calling,
        station: machine.and_then(|text| Station::of(text, calling)),
        calling_station: machine.and_then(|text| StationName::of_machine(text, calling)),
        called_station: called.and_then(StationName::beginning),
        outer: None,
    }
}

/// What gear says in NAS-Port-Type of Wi-Fi (RFC 2865, section 5.41).
const WIRELESS: u32 = 19;
/// Cisco-AVPair, by its vendor and number.
const CISCO_AV_PAIR: (u32, u8) = (9, 1);
/// What stands before the network in a Cisco-AVPair: the first of IOS, the other of IOS-XE.
const CISCO_WORDS: [&[u8]; 2] = [b"ssid=", b"cisco-wlan-ssid="];
/// Aruba-Essid-Name.
const ARUBA_ESSID_NAME: (u32, u8) = (14_823, 5);
/// Ruckus-SSID.
const RUCKUS_SSID: (u32, u8) = (25_053, 3);

/// The wireless network in what vendors have for it.
fn named_by_vendor<C: Copy>(question: &Question<C>) -> Option<Ssid> {
    let network = |VendorAttribute { vendor, kind, value }| match (vendor, kind) {
        ARUBA_ESSID_NAME | RUCKUS_SSID => Ssid::new(value),
        CISCO_AV_PAIR => {
            CISCO_WORDS.iter().find_map(|word| value.strip_prefix(*word)).and_then(Ssid::new)
        }
        _ => None,
    };
    question.vendor_attributes().find_map(network)
}

/// A device that gear names by its address in the place of a user, and from whose address the call
/// comes, as the gear says: nobody can type that at a console or into a VPN's dialog.
pub(super) struct CallingDevice {
    pub(super) address: MacAddress,
    /// The address as it is spelled for a name.
    name: Vec<u8>,
    /// Whether the gear says that it checks a call, so that it has no password to tell.
    is_checked: bool,
}

impl CallingDevice {
    /// The one that a request is about, if it is about one.
    pub(super) fn of<C: Copy>(question: &Question<C>) -> Option<Self> {
        let address = calling_device(question)?;
        let is_checked = question.service_type() == Some(CALL_CHECK);
        Some(Self { address, name: question.user_name().to_vec(), is_checked })
    }

    /// Whether what was said counts for it: that `knows` its name for a password, or any where the gear
    /// checks a call.
    pub(super) fn counts(&self, knows: impl FnOnce(&[u8]) -> bool) -> bool {
        self.is_checked || knows(&self.name)
    }
}

/// What gear says in Service-Type of a device that it asks about (RFC 2865, section 5.6).
const CALL_CHECK: u32 = 10;

/// The device that gear names by its address in the place of a user. The gear has to say that the call
/// comes from that address, which nobody can type at a console or into a VPN's dialog.
fn named_device<C: Copy>(question: &Question<C>) -> Option<MacAddress> {
    match question.credential() {
        Credential::Pap(_) | Credential::Chap(_) => calling_device(question),
        Credential::MsChapV2(_) | Credential::Eap(_) => None,
    }
}

/// Whether the password of a device is its address (by CHAP, spelled as the name is), or else the gear
/// says that it checks a call.
fn is_known_by_address<C: Copy>(question: &Question<C>, named: MacAddress) -> bool {
    let is_checked = question.service_type() == Some(CALL_CHECK);
    is_checked
        || match question.credential() {
            Credential::Pap(password) => MacAddress::read(password) == Some(named),
            Credential::Chap(chap) => chap.verify(question.user_name()),
            Credential::MsChapV2(_) | Credential::Eap(_) => false,
        }
}

/// The address that is the name in a request, and from which the call comes, as the gear says.
fn calling_device<C: Copy>(question: &Question<C>) -> Option<MacAddress> {
    let named = MacAddress::read(question.user_name())?;
    let calling = question.calling_station_id().and_then(MacAddress::read);
    (calling == Some(named)).then_some(named)
}
