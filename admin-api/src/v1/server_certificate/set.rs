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

/// A certificate and its key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewServerCertificate {
    /// The server's own certificate, and those between it and an authority that the devices know,
    /// in PEM; at most 8.
    certificate: String,
    /// The key of the server's own certificate in PEM: PKCS#8, PKCS#1 or SEC 1.
    private_key: SecretText,
}

/// Has the organization's network show this certificate in EAP, from the next login on.
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
) -> Result<Revised<ServerCertificate>, Problem> {
    let organization = within.organization;
    let identity = ServerIdentity::of_pem(&new.certificate, new.private_key.expose())?;
    let set = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        grant.set_server_certificate(revision, &identity)
    });
    Ok(ServerCertificate::revised(&set.await?, within.caller.now()))
}
