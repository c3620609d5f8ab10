//! Showing it.

use directory::Error;
use directory::access::View;

use super::ServerCertificate;
use crate::caller::Within;
use crate::problem::Problem;
use crate::revision::Revised;

/// Shows the organization's own server certificate; 404 while its network shows the daemon's.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/server-certificate",
    tag = "Server certificate",
    responses((status = 200, description = "The certificate.", body = ServerCertificate)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_server_certificate(
    within: Within<View>,
) -> Result<Revised<ServerCertificate>, Problem> {
    let reading = within.caller.read()?;
    let found = reading.authorize::<View>(within.organization)?.server_certificate()?;
    let record = found.ok_or(Error::Missing)?;
    Ok(ServerCertificate::revised(&record, within.caller.now()))
}
