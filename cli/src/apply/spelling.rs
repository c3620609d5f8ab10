//! What has several spellings of which the API keeps one: what each of them is compared by.
//!
//! Each reads what the API reads there. What that would not take is nothing, and compared as it is
//! written.

use std::net::IpAddr;

use jiff::Timestamp;

use super::der;

/// SHA-256 in hexadecimal digits, with or without colons.
pub(super) fn fingerprint(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|sign| *sign != ':').collect();
    let is_one = digits.len() == 64 && digits.bytes().all(|sign| sign.is_ascii_hexdigit());
    is_one.then(|| digits.to_ascii_lowercase())
}

/// `00:10:a4:23:19:c0`, `00-10-A4-23-19-C0`, `0010.a423.19c0`, `0010a42319c0`: hyphens, colons and
/// dots may stand between any two octets.
pub(super) fn hardware_address(text: &str) -> Option<String> {
    let mut digits = String::new();
    for sign in text.chars() {
        let is_between = (2..12).contains(&digits.len()) && digits.len().is_multiple_of(2);
        match sign {
            '-' | ':' | '.' if is_between => {}
            digit if digit.is_ascii_hexdigit() => digits.push(digit.to_ascii_lowercase()),
            _ => return None,
        }
    }
    (digits.len() == 12).then_some(digits)
}

/// `192.0.2.0/24`, `2001:db8::/32`, or an address alone, without what lies behind the prefix.
pub(super) fn network(text: &str) -> Option<String> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
        None => (text, None),
    };
    let (bits, all, name) = match address.parse::<IpAddr>().ok()? {
        IpAddr::V4(address) => (u128::from(u32::from(address)) << 96, 32, 4),
        IpAddr::V6(address) => (u128::from(address), 128, 6),
    };
    let length = length.unwrap_or(all);
    let mask = if length == 0 { 0 } else { u128::MAX.checked_shl(128_u32.checked_sub(length)?)? };
    (length <= all).then(|| format!("{name}:{:x}/{length}", bits & mask))
}

/// `dc=acme,dc=example`, whatever the case, with spaces around commas and equal signs.
pub(super) fn base(text: &str) -> String {
    let pair = |pair: &str| pair.split('=').map(str::trim).collect::<Vec<_>>().join("=");
    text.split(',').map(pair).collect::<Vec<_>>().join(",").to_ascii_lowercase()
}

/// `acme.example`, whatever the case, and what is not ASCII as it is written or as the DNS has it.
pub(super) fn domain(text: &str) -> Option<String> {
    idna::domain_to_ascii_strict(text).ok()
}

/// The certificates in a text in PEM, whatever stands around them and however lines end.
pub(super) fn certificates(text: &str) -> Option<String> {
    let all = der::certificates(text)?;
    let prints: Vec<_> = all.iter().map(|one| der::fingerprint(one)).collect();
    Some(prints.join(","))
}

/// A moment with an offset or in UTC, to the millisecond, as the API writes it.
pub(super) fn moment(text: &str) -> Option<String> {
    let time: Timestamp = text.parse().ok()?;
    Timestamp::from_millisecond(time.as_millisecond()).ok().map(|time| time.to_string())
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn spellings_of_one_hardware_address_are_one() {
        let spelled = [
            "00:10:a4:23:19:c0",
            "00-10-A4-23-19-C0",
            "0010.a423.19C0",
            "0010a42319c0",
            "0010a4-2319c0",
            "00:10a42319c0",
        ];
        for text in spelled {
            assert_eq!(hardware_address(text).as_deref(), Some("0010a42319c0"), "{text}");
        }
        assert_ne!(hardware_address("00:10:a4:23:19:c1"), hardware_address(spelled[0]));
        for text in [
            "",
            "0010a42319c",
            "0010a42319c00",
            "0-010a42319c0",
            "-0010a42319c0",
            "0010a42319c0-",
            "00 10 a4 23 19 c0",
            "1-2345-678-9012",
        ] {
            assert_eq!(hardware_address(text), None, "{text}");
        }
    }

    #[test]
    fn spellings_of_one_network_are_one() {
        assert_eq!(network("192.0.2.7/24"), network("192.0.2.0/24"));
        assert_eq!(network("192.0.2.7"), network("192.0.2.7/32"));
        assert_eq!(network("2001:DB8:0::1/64"), network("2001:db8::/64"));
        assert_eq!(network("2001:DB8:0:0:0:0:0:1"), network("2001:db8::1/128"));
        assert_eq!(network("0.0.0.0/0"), network("10.0.0.0/0"));
        assert_ne!(network("192.0.2.0/24"), network("192.0.2.0/25"));
        assert_ne!(network("2001:db8::/64"), network("2001:db8:0:1::/64"));
        assert_ne!(network("0.0.0.0/0"), network("::/0"));
        assert_ne!(network("::ffff:192.0.2.7"), network("192.0.2.7"), "another protocol");
        for text in ["192.0.2.0/33", "192.0.2.0/x", "192.0.2", "gate"] {
            assert_eq!(network(text), None, "{text}");
        }
    }

    #[test]
    fn spellings_of_one_fingerprint_are_one() {
        assert_eq!(fingerprint(&["AB"; 32].join(":")), Some("ab".repeat(32)));
        assert_eq!(fingerprint(&"ab".repeat(31)), None);
        assert_eq!(fingerprint(&"xy".repeat(32)), None);
    }

    #[test]
    fn spellings_of_one_domain_or_base_are_one() {
        assert_eq!(domain("Müller.Example").as_deref(), Some("xn--mller-kva.example"));
        assert_eq!(domain("XN--mller-kva.example"), domain("müller.example"));
        assert_ne!(domain("muller.example"), domain("müller.example"));
        assert_ne!(domain("acme.example."), domain("acme.example"), "that is refused");
        assert_eq!(base("DC = Acme, dc=Example"), "dc=acme,dc=example");
        assert_ne!(base("dc=acme,o=example"), base("dc=acme,dc=example"));
    }

    #[test]
    fn spellings_of_one_moment_are_one() {
        let there = "2025-12-31T22:00:00Z";
        for text in [
            there,
            "2026-01-01T00:00:00+02:00",
            "2025-12-31T22:00:00.000Z",
            "2025-12-31T22:00:00.0009Z",
        ] {
            assert_eq!(moment(text).as_deref(), Some(there), "{text}");
        }
        let exact = moment("2026-01-01T00:00:00.250+02:00");
        assert_eq!(exact.as_deref(), Some("2025-12-31T22:00:00.25Z"));
        assert_ne!(moment("2026-01-01T00:00:00+01:00").as_deref(), Some(there));
        assert_eq!(moment("2026-01-01"), None);
        assert_eq!(moment("tomorrow"), None);
    }

    #[test]
    fn certificates_are_the_same_whatever_stands_around_them() {
        let pem = |octets: &[u8], end: &str| {
            let (begin, last) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----");
            [begin, STANDARD.encode(octets).as_str(), last, ""].join(end)
        };
        let there = certificates(&pem(b"one", "\n"));
        assert!(there.is_some());
        assert_eq!(certificates(&pem(b"one", "\r\n")), there);
        assert_eq!(certificates(&format!("Issuer: Acme\n{}\n", pem(b"one", "\n"))), there);
        assert_ne!(certificates(&pem(b"other", "\n")), there);
        assert_ne!(certificates(&pem(b"one", "\n").repeat(2)), there);
        assert_eq!(certificates("Issuer: Acme"), None);
    }
}
