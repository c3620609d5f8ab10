//! Fingerprints of client certificates, as the API spells them.

use directory::Invalid;
use directory::collections::Fingerprint;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The client certificates that prove an account over LDAP, by SASL EXTERNAL; no authority has to
/// vouch for them.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Certificates {
    /// SHA-256 of each certificate's DER, in hexadecimal digits, with or without colons.
    fingerprints: Vec<String>,
}

impl Certificates {
    /// Shows fingerprints.
    pub(crate) fn of(fingerprints: &[Fingerprint]) -> Self {
        Self { fingerprints: fingerprints.iter().map(hex).collect() }
    }

    /// The fingerprints as the directory keeps them.
    pub(crate) fn parse(&self) -> Result<Vec<Fingerprint>, Invalid> {
        let numbered = self.fingerprints.iter().enumerate();
        let read = numbered.map(|(position, text)| {
            fingerprint(text).ok_or_else(|| {
                let pointer = format!("/fingerprints/{position}");
                Invalid::new(pointer, "must be 64 hexadecimal digits")
            })
        });
        read.collect()
    }
}

/// A fingerprint in hexadecimal digits.
pub(crate) fn hex(fingerprint: &Fingerprint) -> String {
    fingerprint.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Reads a fingerprint.
pub(crate) fn fingerprint(text: &str) -> Option<Fingerprint> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|letter| *letter != ':')
        .map(|letter| letter.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let octets: Vec<u8> = digits
        .chunks_exact(2)
        .filter_map(|pair| match pair {
            [high, low] => Some(high << 4 | low),
            _ => None,
        })
        .collect();
    (digits.len() == 64).then_some(octets)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_with_and_without_colons_and_nothing_else_is_one() {
        let plain = "0a".repeat(32);
        let colons = vec!["0A"; 32].join(":");
        for text in [&plain, &colons] {
            assert_eq!(fingerprint(text), Some([10; 32]), "{text}");
        }
        for text in [&plain[..62], &format!("{plain}00"), &plain.replace('a', "g"), "", "ä"] {
            assert_eq!(fingerprint(text), None, "{text}");
        }
    }
}
