//! What a request says beside who asks, in the directory's words.

use directory::{Circumstances, NetworkMethod, Ssid};
use radius::Question;

/// What is known of a request that proves itself by `method`.
pub(super) fn circumstances<C: Copy>(
    question: &Question<C>,
    method: NetworkMethod,
) -> Circumstances {
    let ssid = question.called_station_id().and_then(wireless_network).and_then(Ssid::new);
    Circumstances { method, port_type: question.nas_port_type(), ssid }
}

/// The wireless network in Called-Station-Id: what follows the access point's address and a colon
/// (RFC 3580, section 3.20), or the last colon where something else stands for the address.
fn wireless_network(called: &[u8]) -> Option<&[u8]> {
    match after_address(called) {
        Some([b':', network @ ..]) => Some(network),
        Some(_) => None,
        None => {
            called.rsplitn(2, |octet| *octet == b':').next().filter(|it| it.len() < called.len())
        }
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
            ("00-10-A4-23-19-C0:", Some("")),
        ] {
            let found = wireless_network(called.as_bytes());
            assert_eq!(found, network.map(str::as_bytes), "{called}");
        }
    }
}
