//! What a request says beside who asks, in the directory's words.

use directory::{Circumstances, GearName, MacAddress, NetworkMethod, Ssid, Station};
use radius::{Credential, Question};

/// What is known of a request that proves itself by `method`.
pub(super) fn circumstances<C: Copy>(
    question: &Question<C>,
    method: NetworkMethod,
) -> Circumstances {
    let ssid = question.called_station_id().and_then(Ssid::of_station);
    let device = named_device(question);
    let machine = question.calling_station_id();
    let calling = machine.and_then(MacAddress::read);
    Circumstances {
        method,
        port_type: question.nas_port_type(),
        ssid,
        gear: question.nas_identifier().and_then(GearName::new),
        gear_address: question.nas_ip(),
        service_type: question.service_type(),
        device,
        calling,
        station: machine.and_then(|text| Station::of(text, calling)),
    }
}

/// What gear says in Service-Type of a device that it asks about (RFC 2865, section 5.6).
const CALL_CHECK: u32 = 10;

/// The device that gear names by its address in the place of a user. The gear has to say that the call
/// comes from that address, which nobody can type at a console or into a VPN's dialog; and the
/// password has to be the address as well (by CHAP, spelled as the name is), or else the gear has to
/// say that it checks a call.
fn named_device<C: Copy>(question: &Question<C>) -> Option<MacAddress> {
    let credential = question.credential();
    if matches!(credential, Credential::MsChapV2(_) | Credential::Eap(_)) {
        return None;
    }
    let name = question.user_name();
    let named = MacAddress::read(name)?;
    let is_named = |text| MacAddress::read(text) == Some(named);
    let is_calling = question.calling_station_id().is_some_and(is_named);
    let is_checked = question.service_type() == Some(CALL_CHECK);
    let is_password = || match credential {
        Credential::Pap(password) => is_named(password),
        Credential::Chap(chap) => chap.verify(name),
        Credential::MsChapV2(_) | Credential::Eap(_) => false,
    };
    (is_calling && (is_checked || is_password())).then_some(named)
}
