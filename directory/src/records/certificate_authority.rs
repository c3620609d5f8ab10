//! Who vouches for the client certificates of an organization.

use serde::{Deserialize, Serialize};
use storage::{Corrupt, Entries, Kind, Record, decode};
use uuid::Uuid;

use super::{Stamp, indices, kinds};
use crate::text::prepare;
use crate::time::Time;

/// A certificate authority's record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateAuthority {
    /// The stable external id.
    pub uuid: Uuid,
    /// When made and changed.
    pub stamp: Stamp,
    /// What admins write.
    pub fields: CertificateAuthorityFields,
    /// What is known of the certificates that it revoked; of another's authority only.
    pub revocations: Option<RevocationNote>,
}

/// What admins write of a certificate authority.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateAuthorityFields {
    /// The authority's name; unique in the organization.
    pub name: String,
    /// Its certificate, in DER.
    pub certificate: Vec<u8>,
    /// Whose a certificate is that it vouches for.
    pub holder: CertificateHolder,
    /// How it issues, where it is the organization's own: its key is sealed under the same number.
    /// Such an authority vouches for no certificate but those that are noted as issued.
    pub built_in: Option<BuiltIn>,
    /// What a list of revoked certificates says once its time is over.
    pub expired_list: ExpiredList,
    /// What becomes of a certificate that does not say what it is for.
    pub unstated_purpose: UnstatedPurpose,
    /// What becomes of a certificate of which nothing says whether it was revoked.
    pub revocation: RevocationCheck,
    /// The address from which its list of revoked certificates is fetched, if it is.
    pub revocation_url: Option<String>,
}

/// How an organization's own authority issues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuiltIn {
    /// How many days a certificate counts where nobody says otherwise.
    pub certificate_days: u16,
}

/// What a list of revoked certificates says once its time is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpiredList {
    /// Nothing: none of the authority's certificates counts until there is a newer one.
    #[default]
    Refused,
    /// What it said before.
    Tolerated,
}

/// What becomes of a certificate that does not say what it is for: it has no extended key usage
/// (RFC 5280, section 4.2.1.12). One that says to be for others than clients counts nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnstatedPurpose {
    /// It counts for nothing.
    #[default]
    Refused,
    /// It counts, as certificates of some older authorities must.
    Tolerated,
}

/// What becomes of a certificate of which nothing says whether it was revoked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationCheck {
    /// It counts: lists are looked at where there are any.
    #[default]
    IfKnown,
    /// It counts for nothing: each issuer between it and the authority, and the authority itself, must
    /// have a list whose time is not over.
    Required,
}

/// What is known of a list of revoked certificates; the certificates stand in an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevocationNote {
    /// When the authority made it.
    pub made: Time,
    /// By when it makes another, if it says so.
    pub next: Option<Time>,
    /// How many certificates it has.
    pub count: u32,
}

/// How a certificate names its holder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateHolder {
    /// The user whose mail address it has as a subject alternative name.
    #[default]
    UserByMail,
    /// The user whose login is the subject's common name.
    UserByCommonName,
    /// The service account whose name is the subject's common name.
    ServiceAccountByCommonName,
    /// The service account whose name is a DNS name among its subject alternative names.
    ServiceAccountByDnsName,
    /// The user whose login stands before the `@` of its principal name (UPN), where the rest is the
    /// domain of a base of the organization; else the user with that mail address.
    UserByPrincipalName,
    /// The device whose name is the subject's common name.
    DeviceByCommonName,
    /// The device whose name is a DNS name among its subject alternative names, or its first label.
    DeviceByDnsName,
}

impl Record for CertificateAuthority {
    const KIND: Kind = kinds::CERTIFICATE_AUTHORITY;
    const VERSION: u8 = 4;

    fn upgrade(version: u8, body: &[u8]) -> Result<Self, Corrupt> {
        match version {
            // Not its own, expired lists refused, and no list: a zero octet each, at the end.
            1 => decode::<Version2>(&[body, &[0, 0, 0]].concat()).map(Self::from),
            2 => decode::<Version2>(body).map(Self::from),
            3 => decode::<Version3>(body).map(Self::from),
            _ => Err(Corrupt::version(Self::KIND, version)),
        }
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::CERTIFICATE_AUTHORITY_UUID, self.uuid.as_bytes());
        entries.add(indices::CERTIFICATE_AUTHORITY_NAME, prepare(&self.fields.name).as_bytes());
        if self.fields.revocation_url.is_some() {
            entries.add(indices::CERTIFICATE_AUTHORITY_URL, b"");
        }
    }
}

/// As version 2 had it.
#[derive(Serialize, Deserialize)]
struct Version2 {
    uuid: Uuid,
    stamp: Stamp,
    name: String,
    certificate: Vec<u8>,
    holder: CertificateHolder,
    built_in: Option<BuiltIn>,
    expired_list: ExpiredList,
    revocations: Option<RevocationNote>,
}

impl From<Version2> for CertificateAuthority {
    fn from(old: Version2) -> Self {
        let fields = CertificateAuthorityFields {
            name: old.name,
            certificate: old.certificate,
            holder: old.holder,
            built_in: old.built_in,
            expired_list: old.expired_list,
            // Whoever had it got in: an update of the daemon keeps nobody out.
            unstated_purpose: UnstatedPurpose::Tolerated,
            revocation: RevocationCheck::IfKnown,
            revocation_url: None,
        };
        Self { uuid: old.uuid, stamp: old.stamp, fields, revocations: old.revocations }
    }
}

/// As version 3 had it.
#[derive(Serialize, Deserialize)]
struct Version3 {
    uuid: Uuid,
    stamp: Stamp,
    name: String,
    certificate: Vec<u8>,
    holder: CertificateHolder,
    built_in: Option<BuiltIn>,
    expired_list: ExpiredList,
    unstated_purpose: UnstatedPurpose,
    revocations: Option<RevocationNote>,
}

impl From<Version3> for CertificateAuthority {
    fn from(old: Version3) -> Self {
        let fields = CertificateAuthorityFields {
            name: old.name,
            certificate: old.certificate,
            holder: old.holder,
            built_in: old.built_in,
            expired_list: old.expired_list,
            unstated_purpose: old.unstated_purpose,
            revocation: RevocationCheck::IfKnown,
            revocation_url: None,
        };
        Self { uuid: old.uuid, stamp: old.stamp, fields, revocations: old.revocations }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn old() -> Version2 {
        Version2 {
            uuid: Uuid::from_u128(7),
            stamp: Stamp::new(Time(1)),
            name: "acme".into(),
            certificate: vec![1, 2, 3],
            holder: CertificateHolder::ServiceAccountByDnsName,
            built_in: None,
            expired_list: ExpiredList::Refused,
            revocations: None,
        }
    }

    #[test]
    fn an_authority_of_version_1_is_anothers_and_has_no_list() {
        let body = storage::encode(&old()).unwrap();
        let (version_1, rest) = body.split_at(body.len() - 3);
        assert_eq!(rest, [0, 0, 0]);
        let expected = CertificateAuthority::from(old());
        assert_eq!(CertificateAuthority::upgrade(1, version_1).unwrap(), expected);
    }

    #[test]
    fn an_authority_of_version_2_goes_on_vouching_for_certificates_that_do_not_say_what_for() {
        let list = RevocationNote { made: Time(1), next: Some(Time(2)), count: 3 };
        let old = || Version2 {
            built_in: Some(BuiltIn { certificate_days: 365 }),
            expired_list: ExpiredList::Tolerated,
            revocations: Some(list),
            ..old()
        };
        let body = storage::encode(&old()).unwrap();
        let read = CertificateAuthority::upgrade(2, &body).unwrap();
        assert_eq!(read.fields.unstated_purpose, UnstatedPurpose::Tolerated);
        assert_eq!(read.revocations, Some(list));
        assert_eq!(read, CertificateAuthority::from(old()));
        assert!(CertificateAuthority::upgrade(5, &body).is_err());
        let fresh = CertificateAuthorityFields::default().unstated_purpose;
        assert_eq!(fresh, UnstatedPurpose::Refused);
    }

    #[test]
    fn an_authority_of_version_3_demands_no_list() {
        let list = RevocationNote { made: Time(1), next: None, count: 3 };
        let old = || Version3 {
            uuid: Uuid::from_u128(7),
            stamp: Stamp::new(Time(1)),
            name: "acme".into(),
            certificate: vec![1, 2, 3],
            holder: CertificateHolder::DeviceByDnsName,
            built_in: None,
            expired_list: ExpiredList::Tolerated,
            unstated_purpose: UnstatedPurpose::Refused,
            revocations: Some(list),
        };
        let body = storage::encode(&old()).unwrap();
        let read = CertificateAuthority::upgrade(3, &body).unwrap();
        assert_eq!(read, CertificateAuthority::from(old()));
        assert_eq!(read.fields.revocation, RevocationCheck::IfKnown);
        assert_eq!(read.fields.expired_list, ExpiredList::Tolerated);
        assert_eq!(read.revocations, Some(list));
        let written = storage::encode(&read).unwrap();
        assert_eq!(decode::<CertificateAuthority>(&written).unwrap(), read);
    }
}
