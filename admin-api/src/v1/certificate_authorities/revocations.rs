//! What another's authority revoked.

use axum::http::StatusCode;
use directory::access::{ManageConfiguration, View};
use directory::issuing::ForeignList;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{CertificateAuthority, home};
use crate::body::Body;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// A list of revoked certificates.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRevocations {
    /// The list (CRL, RFC 5280 section 5) in PEM, or its DER in Base64: at most 512 KiB and 10000
    /// certificates, signed by the authority.
    list: String,
}

/// Has the certificates on the list count no more, from the next login on. The list before it is
/// forgotten; the next one is fetched where the authority has a `revocation_url`, and else for you to
/// bring.
#[utoipa::path(
    put,
    path = "/organizations/{organization}/certificate-authorities/{certificate_authority}/\
            revocations",
    tag = "Certificate authorities",
    params(IfMatch),
    request_body = NewRevocations,
    responses((status = 200, description = "As it counts now.", body = CertificateAuthority)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn set_revocations(
    within: Within<ManageConfiguration>,
    Item(authority): Item,
    if_match: IfMatch,
    Body(new): Body<NewRevocations>,
) -> Result<Revised<CertificateAuthority>, Problem> {
    let organization = within.organization;
    let context = within.caller.context;
    let read = within.caller.api.blocking(move |directory| {
        let reading = directory.read(context)?;
        let authorities = reading.authorize::<View>(organization)?.certificate_authorities();
        let id = authorities.id_of(authority)?;
        let seen = authorities.read(id)?;
        if_match.check(seen.stamp.revision)?;
        let list = ForeignList::of_text(&new.list, &seen.fields.certificate)?;
        Ok::<_, Problem>((id, if_match, list))
    });
    let (id, IfMatch(revision), list) = read.await?;
    let set = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        grant.certificate_authorities().set_revocations(id, revision, list)
    });
    Ok(CertificateAuthority::revised(set.await?, home(&within)?))
}

/// Forgets the list: nothing that the authority issued counts as revoked.
#[utoipa::path(
    delete,
    path = "/organizations/{organization}/certificate-authorities/{certificate_authority}/\
            revocations",
    tag = "Certificate authorities",
    params(IfMatch),
    responses((status = 204, description = "Forgotten.")),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn remove_revocations(
    within: Within<ManageConfiguration>,
    Item(authority): Item,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, Problem> {
    let organization = within.organization;
    let removed = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        let mut authorities = grant.certificate_authorities();
        let id = authorities.id_of(authority)?;
        authorities.remove_revocations(id, revision)
    });
    removed.await?;
    Ok(StatusCode::NO_CONTENT)
}
