//! One reply profile.

use directory::access::View;

use super::ReplyProfile;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::Revised;

/// Shows a reply profile.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/reply-profiles/{reply_profile}",
    tag = "Reply profiles",
    responses((status = 200, description = "The reply profile.", body = ReplyProfile)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_reply_profile(
    within: Within<View>,
    Item(reply_profile): Item,
) -> Result<Revised<ReplyProfile>, Problem> {
    let reading = within.caller.read()?;
    let profiles = reading.authorize::<View>(within.organization)?.reply_profiles();
    Ok(profiles.read(profiles.id_of(reply_profile)?)?.into())
}
