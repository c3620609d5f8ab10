//! Certificate authorities: who vouches for the client certificates of an organization, and by which
//! of them it issues its own.

mod certificate;
mod create;
mod create_built_in;
mod delete;
mod list;
mod revocations;
mod show;
mod update;

use directory::access::View;
use directory::records;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::revocation_lists::LISTS;
use crate::api::Api;
use crate::caller::Within;
use crate::moment::Moment;
use crate::problem::Problem;
use crate::revision::Revised;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_certificate_authorities, create::create_certificate_authority))
        .routes(routes!(create_built_in::create_built_in_authority))
        .routes(routes!(
            show::show_certificate_authority,
            update::update_certificate_authority,
            delete::delete_certificate_authority
        ))
        .routes(routes!(certificate::show_authority_certificate))
        .routes(routes!(revocations::set_revocations, revocations::remove_revocations))
}

/// A certificate authority. It vouches in its own organization only: a certificate that it issued
/// proves nothing elsewhere. Whoever another's authority issues a certificate to can be whom the
/// certificate names. One of the organization's own vouches for those that are noted as issued.
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
    /// From when its certificate counts.
    not_before: Moment,
    /// Until when its certificate counts.
    not_after: Moment,
    /// Whose a certificate is that it vouches for; nothing for the organization's own, which know.
    holder: CertificateHolder,
    /// Whether it is the organization's own, and issues certificates here.
    built_in: bool,
    /// How many days a certificate counts that it issues; null for another's.
    #[schema(required)]
    certificate_days: Option<u16>,
    /// Where anybody gets the list of what it revoked, as a path of this API; null for another's.
    #[schema(required)]
    revocation_list: Option<String>,
    /// What a list of revoked certificates says once its time is over.
    expired_list: ExpiredList,
    /// What becomes of a certificate that does not say what it is for; of another's alone.
    unstated_purpose: UnstatedPurpose,
    /// What becomes of a certificate of which nothing says whether it was revoked; of another's alone.
    revocation: RevocationCheck,
    /// From where its list of revoked certificates is fetched; null where you bring it.
    #[schema(required)]
    revocation_url: Option<String>,
    /// What is known of the list of what another's authority revoked; null where none was given.
    #[schema(required)]
    revocations: Option<Revocations>,
}

/// What is known of a list of revoked certificates.
#[derive(Serialize, ToSchema)]
pub(crate) struct Revocations {
    /// When the authority made it.
    made: Moment,
    /// By when it makes another, if it says so.
    #[schema(required)]
    next: Option<Moment>,
    /// How many certificates it has.
    count: u32,
}

/// What a list of revoked certificates says once its time is over.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ExpiredList {
    /// Nothing: none of the authority's certificates counts until there is a newer one.
    #[default]
    Refused,
    /// What it said before.
    Tolerated,
}

/// What becomes of a certificate that does not say what it is for: it has no extended key usage.
/// One that says to be for something else than to prove who a client is counts nowhere.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UnstatedPurpose {
    /// It counts for nothing.
    #[default]
    Refused,
    /// It counts, as certificates of some older authorities must.
    Tolerated,
}

/// What becomes of a certificate of which nothing says whether it was revoked. One that is registered
/// itself takes no authority, and no list.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RevocationCheck {
    /// It counts: lists of revoked certificates are looked at where there are any.
    #[default]
    IfKnown,
    /// It counts for nothing: the authority, and each that stands between it and the certificate, must
    /// have a list here whose time is not over, whatever `expired_list` says.
    Required,
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
    /// The user whose login stands before the `@` of its principal name (UPN), where the rest is the
    /// domain of a base of the organization; else the user with that mail address.
    UserByPrincipalName,
    /// The device whose name is the subject's common name.
    DeviceByCommonName,
    /// The device whose name is a DNS name among its subject alternative names, or its first label.
    DeviceByDnsName,
}

impl CertificateAuthority {
    /// Shows an authority of the organization with that id.
    fn of(record: records::CertificateAuthority, home: Uuid) -> Self {
        let (not_before, not_after) = record.fields.validity();
        let built_in = record.fields.built_in;
        let list = format!("{LISTS}{}{}.crl", home.simple(), record.uuid.simple());
        Self {
            id: record.uuid,
            created: Moment(record.stamp.created),
            modified: Moment(record.stamp.modified),
            certificate: record.fields.pem(),
            not_before: Moment(not_before),
            not_after: Moment(not_after),
            name: record.fields.name,
            holder: record.fields.holder.into(),
            built_in: built_in.is_some(),
            certificate_days: built_in.map(|built_in| built_in.certificate_days),
            revocation_list: built_in.map(|_| list),
            expired_list: record.fields.expired_list.into(),
            unstated_purpose: record.fields.unstated_purpose.into(),
            revocation: record.fields.revocation.into(),
            revocation_url: record.fields.revocation_url,
            revocations: record.revocations.map(|note| Revocations {
                made: Moment(note.made),
                next: note.next.map(Moment),
                count: note.count,
            }),
        }
    }

    /// Shows an authority with its revision.
    fn revised(record: records::CertificateAuthority, home: Uuid) -> Revised<Self> {
        Revised::new(record.stamp.revision, Self::of(record, home))
    }
}

/// The id of the organization that the path names.
fn home<P>(within: &Within<P>) -> Result<Uuid, Problem> {
    let reading = within.caller.read()?;
    Ok(reading.authorize::<View>(within.organization)?.own_organization()?.uuid)
}

impl From<records::ExpiredList> for ExpiredList {
    fn from(list: records::ExpiredList) -> Self {
        match list {
            records::ExpiredList::Refused => Self::Refused,
            records::ExpiredList::Tolerated => Self::Tolerated,
        }
    }
}

impl From<ExpiredList> for records::ExpiredList {
    fn from(list: ExpiredList) -> Self {
        match list {
            ExpiredList::Refused => Self::Refused,
            ExpiredList::Tolerated => Self::Tolerated,
        }
    }
}

impl From<records::UnstatedPurpose> for UnstatedPurpose {
    fn from(purpose: records::UnstatedPurpose) -> Self {
        match purpose {
            records::UnstatedPurpose::Refused => Self::Refused,
            records::UnstatedPurpose::Tolerated => Self::Tolerated,
        }
    }
}

impl From<UnstatedPurpose> for records::UnstatedPurpose {
    fn from(purpose: UnstatedPurpose) -> Self {
        match purpose {
            UnstatedPurpose::Refused => Self::Refused,
            UnstatedPurpose::Tolerated => Self::Tolerated,
        }
    }
}

impl From<records::RevocationCheck> for RevocationCheck {
    fn from(check: records::RevocationCheck) -> Self {
        match check {
            records::RevocationCheck::IfKnown => Self::IfKnown,
            records::RevocationCheck::Required => Self::Required,
        }
    }
}

impl From<RevocationCheck> for records::RevocationCheck {
    fn from(check: RevocationCheck) -> Self {
        match check {
            RevocationCheck::IfKnown => Self::IfKnown,
            RevocationCheck::Required => Self::Required,
        }
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
            Kept::UserByPrincipalName => Self::UserByPrincipalName,
            Kept::DeviceByCommonName => Self::DeviceByCommonName,
            Kept::DeviceByDnsName => Self::DeviceByDnsName,
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
            CertificateHolder::UserByPrincipalName => Self::UserByPrincipalName,
            CertificateHolder::DeviceByCommonName => Self::DeviceByCommonName,
            CertificateHolder::DeviceByDnsName => Self::DeviceByDnsName,
        }
    }
}
