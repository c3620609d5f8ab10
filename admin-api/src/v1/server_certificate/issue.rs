//! Issuing it.

use directory::access::ManageConfiguration;
use directory::issuing::NewKey;
use serde::Deserialize;
use utoipa::ToSchema;

use super::ServerCertificate;
use crate::body::Body;
use crate::caller::Within;
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// What a certificate is to be like that the network shows.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"dns_names": ["radius.acme.example"]}))]
pub(crate) struct WantedServerCertificate {
    /// The DNS names that devices look for; those of the certificate that is shown when absent.
    #[serde(default)]
    dns_names: Option<Vec<String>>,
    /// How many days it is to count, at most as long as the authority does.
    #[serde(default = "a_year")]
    #[schema(minimum = 1, maximum = 825, default = 397)]
    days: u16,
}

fn a_year() -> u16 {
    397
}

/// Issues a certificate by the organization's own authority, and has the network show it in EAP from
/// the next login on. Without `dns_names` the one that is shown is renewed.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/server-certificate/issue",
    tag = "Server certificate",
    params(IfMatch),
    request_body = WantedServerCertificate,
    responses((status = 200, description = "As it is shown now.", body = ServerCertificate)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn issue_server_certificate(
    within: Within<ManageConfiguration>,
    IfMatch(revision): IfMatch,
    Body(wanted): Body<WantedServerCertificate>,
) -> Result<Revised<ServerCertificate>, Problem> {
    let organization = within.organization;
    let key = NewKey::generate(within.caller.api.directory.tools())?;
    let issued = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        grant.issue_server_certificate(revision, wanted.dns_names, wanted.days, &key)
    });
    Ok(ServerCertificate::revised(&issued.await?, within.caller.now()))
}
