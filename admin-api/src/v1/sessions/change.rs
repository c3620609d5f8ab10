//! Letting a session go on otherwise.

use axum::Json;
use directory::access::ManageConfiguration;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::heard;
use super::ordered::{Ordered, USUAL_WAIT, send};
use crate::body::Body;
use crate::caller::{Item, Within};
use crate::problem::Problem;

/// With what a session goes on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reply_profile": "01890000-0000-7000-8000-000000000000"}))]
pub(crate) struct SessionChange {
    /// The reply profile whose attributes count from now on. The next sign-in is decided anew.
    /// `{group}` in it is the first group that the user is in and a rule of the RADIUS client
    /// names: the rule that is met, if it lets in with this profile, then others that do, then all.
    reply_profile: Uuid,
    /// For so many seconds an answer of the gear is waited for, at most 60.
    #[serde(default = "usual_wait")]
    #[schema(default = 20, maximum = 60)]
    wait_seconds: u8,
}

const fn usual_wait() -> u8 {
    USUAL_WAIT
}

/// Has network gear let a session go on with what a reply profile says (CoA-Request, RFC 5176).
///
/// Which attributes gear changes in a session that goes on is its own affair: many refuse VLANs.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/sessions/{session}/change",
    tag = "Sessions",
    request_body = SessionChange,
    responses((status = 200, description = "What became of it.", body = Ordered)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn change_session(
    within: Within<ManageConfiguration>,
    Item(session): Item,
    Body(change): Body<SessionChange>,
) -> Result<Json<Ordered>, Problem> {
    let (api, organization) = (&within.caller.api, within.organization);
    let context = within.caller.context;
    let profile = change.reply_profile;
    heard(&within.caller.api).await;
    let order = api.blocking(move |directory| {
        let reading = directory.read(context)?;
        let grant = reading.authorize::<ManageConfiguration>(organization)?;
        grant.change_session(directory, session, profile)
    });
    let order = order.await?;
    Ok(Json(send(api, order, change.wait_seconds).await))
}
