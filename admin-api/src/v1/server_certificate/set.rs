//! Setting it.

use directory::access::ManageConfiguration;
use directory::collections::ServerIdentity;
use serde::Deserialize;
use utoipa::ToSchema;

use super::ServerCertificate;
use crate::body::Body;
use crate::caller::Within;
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};
use crate::secret_text::SecretText;
use crate::warning::Warned;

/// A certificate and its key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewServerCertificate {
    /// The server's own certificate, and those between it and an authority that the devices know,
    /// in PEM; at most 8. That authority may stand at the end, for Wi-Fi files: it is not sent to devices.
    certificate: String,
    /// The key of the server's own certificate in PEM: PKCS#8, PKCS#1 or SEC 1.
    private_key: SecretText,
}

/// Has the organization's network show this certificate in EAP, from the next login on.
///
/// It must count now, be for servers (extended key usage serverAuth) and have a DNS name, or devices refuse
/// it. Some refuse one that counts for more than 825 days: of such a one the answer warns in the header
/// `X-Tenantry-Warning`.
#[utoipa::path(
    put,
    path = "/organizations/{organization}/server-certificate",
    tag = "Server certificate",
    params(IfMatch),
    request_body = NewServerCertificate,
    responses((status = 200, description = "As it is shown now.", body = ServerCertificate)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn set_server_certificate(
    within: Within<ManageConfiguration>,
    IfMatch(revision): IfMatch,
    Body(new): Body<NewServerCertificate>,
) -> Result<Warned<Revised<ServerCertificate>>, Problem> {
    let organization = within.organization;
    let now = within.caller.now();
    let identity = ServerIdentity::of_pem(&new.certificate, new.private_key.expose(), now)?;
    let set = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        grant.set_server_certificate(revision, &identity)
    });
    let set = set.await?;
    let warning = set.facts().too_many_days().map(|days| {
        format!("the certificate counts for {days} days; some devices refuse more than 825")
    });
    Ok(Warned::with(ServerCertificate::revised(&set, now), warning))
}
