//! By which certificate somebody was let onto a network.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::id::{CertificateAuthorityId, RecordId};

/// What an accept says of the certificate that proved who asked, and gear says again with its
/// reports: it names nobody, and means something in its organization alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CertificateMark {
    /// One that the organization's own authority issued, by the number of its record.
    Issued(u64),
    /// Another's, by the authority that has a list of what it revoked, and its serial number.
    Listed(CertificateAuthorityId, ByteBuf),
}

/// What stands before it in a Class attribute.
const PREFIX: &str = "tenantry-certificate:";

impl CertificateMark {
    /// The value of a Class attribute (RFC 2865 section 5.25).
    pub fn to_class(&self) -> String {
        match self {
            Self::Issued(number) => format!("{PREFIX}{number:x}"),
            Self::Listed(authority, serial) => {
                let serial: String = serial.iter().map(|octet| format!("{octet:02x}")).collect();
                format!("{PREFIX}{:x}:{serial}", authority.record())
            }
        }
    }

    /// Reads the value of a Class attribute; `None` for any other.
    pub fn of_class(class: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(class).ok()?.strip_prefix(PREFIX)?;
        let number = |text: &str| u64::from_str_radix(text, 16).ok();
        let Some((authority, serial)) = text.split_once(':') else {
            return number(text).map(Self::Issued);
        };
        let authority = number(authority).and_then(CertificateAuthorityId::from_record)?;
        let digits = serial.as_bytes().chunks(2);
        let octets = digits.map(|two| {
            let two = std::str::from_utf8(two).ok().filter(|two| two.len() == 2)?;
            u8::from_str_radix(two, 16).ok()
        });
        Some(Self::Listed(authority, octets.collect::<Option<Vec<u8>>>()?.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written_and_nothing_else_is_one() {
        let authority = CertificateAuthorityId::from_record(0x1f).unwrap();
        for mark in [
            CertificateMark::Issued(0x00ab_cdef),
            CertificateMark::Listed(authority, ByteBuf::from([0x01, 0xff])),
            CertificateMark::Listed(authority, ByteBuf::new()),
        ] {
            assert_eq!(CertificateMark::of_class(mark.to_class().as_bytes()), Some(mark));
        }
        for other in [
            "",
            "staff",
            "tenantry-certificate:",
            "tenantry-certificate:x",
            "tenantry-certificate:1f:0",
            "tenantry-certificate:1f:0\u{e4}",
        ] {
            assert_eq!(CertificateMark::of_class(other.as_bytes()), None, "{other}");
        }
        assert_eq!(CertificateMark::of_class(&[0xff]), None);
    }
}
