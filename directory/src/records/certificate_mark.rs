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
    /// Another's, as an earlier version knew it: by one authority and its serial number.
    Listed(CertificateAuthorityId, ByteBuf),
    /// Another's, by its serial number and all authorities with the name of its issuer: each of them
    /// may have a list of what it revoked.
    Named(Vec<CertificateAuthorityId>, ByteBuf),
}

/// What stands before it in a Class attribute.
const PREFIX: &str = "tenantry-certificate:";
/// The most authorities that a mark names, so that it fits into an attribute.
pub(crate) const NAMED: usize = 8;

impl CertificateMark {
    /// The value of a Class attribute (RFC 2865 section 5.25).
    pub fn to_class(&self) -> String {
        if let Self::Issued(number) = self {
            return format!("{PREFIX}{number:x}");
        }
        let (authorities, serial) = self.listed();
        let authorities = authorities.iter().take(NAMED).map(|it| format!("{:x}", it.record()));
        let authorities: Vec<String> = authorities.collect();
        let serial: String = serial.iter().map(|octet| format!("{octet:02x}")).collect();
        format!("{PREFIX}{}:{serial}", authorities.join(","))
    }

    /// Reads the value of a Class attribute; `None` for any other.
    pub fn of_class(class: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(class).ok()?.strip_prefix(PREFIX)?;
        let number = |text: &str| u64::from_str_radix(text, 16).ok();
        let Some((authorities, serial)) = text.split_once(':') else {
            return number(text).map(Self::Issued);
        };
        let authority = |text| number(text).and_then(CertificateAuthorityId::from_record);
        let authorities = authorities.split(',').take(NAMED).map(authority);
        let digits = serial.as_bytes().chunks(2);
        let octets = digits.map(|two| {
            let two = std::str::from_utf8(two).ok().filter(|two| two.len() == 2)?;
            u8::from_str_radix(two, 16).ok()
        });
        let serial = octets.collect::<Option<Vec<u8>>>()?.into();
        Some(Self::Named(authorities.collect::<Option<_>>()?, serial))
    }

    /// The authorities whose lists may tell that it was revoked, with its serial number.
    pub(crate) fn listed(&self) -> (&[CertificateAuthorityId], &[u8]) {
        match self {
            Self::Issued(_) => (&[], &[]),
            Self::Listed(authority, serial) => (std::slice::from_ref(authority), serial),
            Self::Named(authorities, serial) => (authorities, serial),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written_and_nothing_else_is_one() {
        let [one, other] =
            [0x1f, u64::MAX].map(|it| CertificateAuthorityId::from_record(it).unwrap());
        for mark in [
            CertificateMark::Issued(0x00ab_cdef),
            CertificateMark::Named(vec![one], ByteBuf::from([0x01, 0xff])),
            CertificateMark::Named(vec![one, other], ByteBuf::from([0x7f; 20])),
            CertificateMark::Named(vec![other; NAMED], ByteBuf::from([0x7f; 20])),
            CertificateMark::Named(vec![one], ByteBuf::new()),
        ] {
            let class = mark.to_class();
            assert!(class.len() <= 253, "{class}");
            assert_eq!(CertificateMark::of_class(class.as_bytes()), Some(mark));
        }
        let former = CertificateMark::Listed(one, ByteBuf::from([1]));
        let read = CertificateMark::of_class(former.to_class().as_bytes()).unwrap();
        assert_eq!(read.listed(), former.listed());
        for other in [
            "",
            "staff",
            "tenantry-certificate:",
            "tenantry-certificate:x",
            "tenantry-certificate:1f:0",
            "tenantry-certificate:1f,:01",
            "tenantry-certificate:,1f:01",
            "tenantry-certificate::01",
            "tenantry-certificate:1f:0\u{e4}",
        ] {
            assert_eq!(CertificateMark::of_class(other.as_bytes()), None, "{other}");
        }
        assert_eq!(CertificateMark::of_class(&[0xff]), None);
    }
}
