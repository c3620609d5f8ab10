//! Certificate authorities: who vouches for the client certificates of an organization.

mod create;
mod delete;
mod list;
mod show;
mod update;

use directory::records;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::api::Api;
use crate::moment::Moment;
use crate::revision::Revised;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_certificate_authorities, create::create_certificate_authority))
        .routes(routes!(
            show::show_certificate_authority,
            update::update_certificate_authority,
            delete::delete_certificate_authority
        ))
}

/// A certificate authority. It vouches in its own organization only: a certificate that it issued
/// proves nothing elsewhere. Whoever it issues a certificate to can be whom the certificate names,
/// until that ends: there is no revocation but to suspend the account or to remove the authority.
#[derive(Serialize, ToSchema)]
pub(crate) struct CertificateAuthority {
    /// The authority's id.
    id: Uuid,
    /// When it was made.
    created: Moment,
    /// When it was last changed.
    modified: Moment,
    /// The authority's name.
    name: String,
    /// Its certificate, in PEM.
    certificate: String,
    /// Whose a certificate is that it vouches for.
    holder: CertificateHolder,
}

/// How a certificate names its holder.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CertificateHolder {
    /// The user whose mail address it has as a subject alternative name.
    UserByMail,
    /// The user whose login is the subject's common name.
    UserByCommonName,
    /// The service account whose name is the subject's common name.
    ServiceAccountByCommonName,
    /// The service account whose name is a DNS name among its subject alternative names.
    ServiceAccountByDnsName,
}

impl From<records::CertificateAuthority> for CertificateAuthority {
    fn from(record: records::CertificateAuthority) -> Self {
        Self {
            id: record.uuid,
            created: Moment(record.stamp.created),
            modified: Moment(record.stamp.modified),
            certificate: record.fields.pem(),
            name: record.fields.name,
            holder: record.fields.holder.into(),
        }
    }
}

impl From<records::CertificateAuthority> for Revised<CertificateAuthority> {
    fn from(record: records::CertificateAuthority) -> Self {
        Self::new(record.stamp.revision, record.into())
    }
}

impl From<records::CertificateHolder> for CertificateHolder {
    fn from(holder: records::CertificateHolder) -> Self {
        use records::CertificateHolder as Kept;
        match holder {
            Kept::UserByMail => Self::UserByMail,
            Kept::UserByCommonName => Self::UserByCommonName,
            Kept::ServiceAccountByCommonName => Self::ServiceAccountByCommonName,
            Kept::ServiceAccountByDnsName => Self::ServiceAccountByDnsName,
        }
    }
}

impl From<CertificateHolder> for records::CertificateHolder {
    fn from(holder: CertificateHolder) -> Self {
        match holder {
            CertificateHolder::UserByMail => Self::UserByMail,
            CertificateHolder::UserByCommonName => Self::UserByCommonName,
            CertificateHolder::ServiceAccountByCommonName => Self::ServiceAccountByCommonName,
            CertificateHolder::ServiceAccountByDnsName => Self::ServiceAccountByDnsName,
        }
    }
}
