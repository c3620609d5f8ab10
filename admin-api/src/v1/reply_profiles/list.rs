//! The list of reply profiles.

use directory::access::View;

use super::ReplyProfile;
use crate::body::Params;
use crate::caller::Within;
use crate::list::{List, Listed, NamedQuery};
use crate::problem::Problem;

/// Lists reply profiles in the order in which they were made.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/reply-profiles",
    tag = "Reply profiles",
    params(NamedQuery),
    responses((status = 200, description = "A page of profiles.", body = List<ReplyProfile>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_reply_profiles(
    within: Within<View>,
    Params(query): Params<NamedQuery>,
) -> Result<Listed<ReplyProfile>, Problem> {
    let asking = within.caller.asking();
    let looking = query.answer(asking, move |asked| {
        let reading = within.caller.read()?;
        let profiles = reading.authorize::<View>(within.organization)?.reply_profiles();
        asked.find(&profiles, |_, record| Ok(ReplyProfile::from(record)))
    });
    looking.await
}
