//! Showing which client certificates prove a user.

use directory::access::View;

use crate::caller::{Item, Within};
use crate::fingerprint::Certificates;
use crate::problem::Problem;
use crate::revision::Revised;

/// Shows which client certificates prove a user.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/users/{user}/certificates",
    tag = "Users",
    responses((status = 200, description = "The certificates.", body = Certificates)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_user_certificates(
    within: Within<View>,
    Item(user): Item,
) -> Result<Revised<Certificates>, Problem> {
    let reading = within.caller.read()?;
    let users = reading.authorize::<View>(within.organization)?.users();
    let id = users.id_of(user)?;
    let (revision, fingerprints) = (users.read(id)?.stamp.revision, users.certificates(id)?);
    Ok(Revised::new(revision, Certificates::of(&fingerprints)))
}
