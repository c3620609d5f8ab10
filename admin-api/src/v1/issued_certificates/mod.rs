//! Certificates that an organization's own authorities issued.

mod list;
pub(crate) mod owner;
mod show;
mod wish;

use directory::access::View;
use directory::collections::Standing;
use directory::records::{self, CertificateOwner};
use directory::{OrganizationId, ReadingTransaction, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::api::Api;
use crate::fingerprint::hex;
use crate::moment::Moment;
use crate::problem::Problem;

pub(crate) use owner::Revoking;
pub(crate) use wish::{IssuedIdentity, NewCertificate, RenewedCertificate, Wanted};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_issued_certificates))
        .routes(routes!(show::show_issued_certificate))
}

/// A certificate that an authority of the organization's own issued. It proves its owner in EAP-TLS,
/// and a user in LDAP too (SASL EXTERNAL), whatever stands in it: a login finds the owner here.
#[derive(Serialize, ToSchema)]
pub(crate) struct IssuedCertificate {
    /// The certificate's id.
    id: Uuid,
    /// When it was issued.
    created: Moment,
    /// The login of the admin who issued it.
    issued_by: String,
    /// The authority; null for one that was deleted.
    #[schema(required)]
    authority: Option<Uuid>,
    /// Whose it is.
    owner: Owner,
    /// Its number in hexadecimal digits.
    serial: String,
    /// SHA-256 of it, in hexadecimal digits.
    fingerprint: String,
    /// From when it counts.
    not_before: Moment,
    /// Until when it counts.
    not_after: Moment,
    /// Whether it counts.
    state: State,
    /// When and why it was revoked; null where it was not.
    #[schema(required)]
    revoked: Option<Revoked>,
    /// Whether its owner brought the key, so that nobody here ever had it.
    own_key: bool,
    /// The certificate in PEM.
    certificate: String,
}

/// Whose a certificate is.
#[derive(Serialize, ToSchema)]
#[schema(as = CertificateOwner)]
pub(crate) struct Owner {
    /// What it is.
    kind: OwnerKind,
    /// Its id; null for who was deleted.
    #[schema(required)]
    id: Option<Uuid>,
    /// Its name when the certificate was issued.
    name: String,
}

/// What the owner of a certificate is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CertificateOwnerKind)]
pub(crate) enum OwnerKind {
    /// A user.
    User,
    /// A device.
    Device,
}

/// Whether a certificate counts.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = IssuedCertificateState)]
pub(crate) enum State {
    /// It does, as long as its owner is not suspended.
    Active,
    /// Its time is over.
    Ended,
    /// It was revoked.
    Revoked,
    /// Its authority was deleted.
    Orphaned,
}

/// When and why a certificate was revoked.
#[derive(Serialize, ToSchema)]
#[schema(as = CertificateRevocation)]
pub(crate) struct Revoked {
    /// When.
    at: Moment,
    /// Why.
    reason: Reason,
}

/// Why a certificate is revoked (RFC 5280 section 5.3.1).
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RevocationReason)]
pub(crate) enum Reason {
    /// Nobody says.
    #[default]
    Unspecified,
    /// Somebody else may have the key: a device was lost.
    KeyCompromise,
    /// Its owner is another, or called otherwise.
    AffiliationChanged,
    /// Another took its place.
    Superseded,
    /// It is not needed any more.
    CessationOfOperation,
    /// Its owner must not have it any more.
    PrivilegeWithdrawn,
}

impl IssuedCertificate {
    /// Shows a certificate as things stand at a time.
    pub(crate) fn of(
        record: records::IssuedCertificate,
        reading: &ReadingTransaction,
        organization: OrganizationId,
        now: Time,
    ) -> Result<Self, Problem> {
        let certificates = reading.authorize::<View>(organization)?.issued_certificates();
        let (owner, authority) = certificates.related(&record)?;
        let state = certificates.standing(&record, now)?;
        let kind = match record.owner {
            CertificateOwner::User(_) => OwnerKind::User,
            CertificateOwner::Device(_) => OwnerKind::Device,
        };
        Ok(Self {
            id: record.uuid,
            created: Moment(record.stamp.created),
            authority,
            serial: record.serial.iter().map(|octet| format!("{octet:02x}")).collect(),
            fingerprint: hex(&record.fingerprint()),
            not_before: Moment(record.not_before),
            not_after: Moment(record.not_after),
            state: match state {
                Standing::Counts => State::Active,
                Standing::Ended => State::Ended,
                Standing::Revoked => State::Revoked,
                Standing::Orphaned => State::Orphaned,
            },
            revoked: record
                .revoked
                .map(|revoked| Revoked { at: Moment(revoked.at), reason: revoked.reason.into() }),
            own_key: record.own_key,
            certificate: record.pem(),
            issued_by: record.issued_by,
            owner: Owner { kind, id: owner, name: record.name },
        })
    }
}

impl From<records::RevocationReason> for Reason {
    fn from(reason: records::RevocationReason) -> Self {
        use records::RevocationReason as Kept;
        match reason {
            Kept::Unspecified => Self::Unspecified,
            Kept::KeyCompromise => Self::KeyCompromise,
            Kept::AffiliationChanged => Self::AffiliationChanged,
            Kept::Superseded => Self::Superseded,
            Kept::CessationOfOperation => Self::CessationOfOperation,
            Kept::PrivilegeWithdrawn => Self::PrivilegeWithdrawn,
        }
    }
}

impl From<Reason> for records::RevocationReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Unspecified => Self::Unspecified,
            Reason::KeyCompromise => Self::KeyCompromise,
            Reason::AffiliationChanged => Self::AffiliationChanged,
            Reason::Superseded => Self::Superseded,
            Reason::CessationOfOperation => Self::CessationOfOperation,
            Reason::PrivilegeWithdrawn => Self::PrivilegeWithdrawn,
        }
    }
}
