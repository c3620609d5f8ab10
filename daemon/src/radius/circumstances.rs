//! What a request says beside who asks, in the directory's words.

use directory::{Circumstances, MacAddress, NetworkMethod, Ssid};
use radius::{Credential, Question};

/// What is known of a request that proves itself by `method`.
pub(super) fn circumstances<C: Copy>(
    question: &Question<C>,
    method: NetworkMethod,
) -> Circumstances {
    let ssid = question.called_station_id().and_then(Ssid::of_station);
    let device = named_device(question);
    Circumstances { method, port_type: question.nas_port_type(), ssid, device }
}

/// What gear says in Service-Type of a device that it asks about (RFC 2865, section 5.6).
const CALL_CHECK: u32 = 10;

/// The device that gear names by its address in the place of a user. The password has to be the
/// address as well, or else the gear has to say that it checks a call from that address; gear that
/// says from where the call comes must say the same.
fn named_device<C: Copy>(question: &Question<C>) -> Option<MacAddress> {
    let Credential::Pap(password) = question.credential() else { return None };
    let named = MacAddress::read(question.user_name())?;
    let calling = question.calling_station_id();
    let is_named = |text| MacAddress::read(text) == Some(named);
    let agrees = calling.is_none_or(is_named);
    let is_checked = calling.is_some() && question.service_type() == Some(CALL_CHECK);
    (agrees && (is_checked || is_named(password))).then_some(named)
}
