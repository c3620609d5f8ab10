//! Ending a session.

use axum::Json;
use directory::access::ManageIdentities;
use serde::Deserialize;
use utoipa::ToSchema;

use super::heard;
use super::ordered::{Ordered, USUAL_WAIT, send};
use crate::body::Body;
use crate::caller::{Item, Within};
use crate::problem::Problem;

/// How a session ends.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({}))]
pub(crate) struct Disconnect {
    /// For so many seconds an answer of the gear is waited for, at most 60.
    #[schema(default = 20, maximum = 60)]
    wait_seconds: u8,
}

impl Default for Disconnect {
    fn default() -> Self {
        Self { wait_seconds: USUAL_WAIT }
    }
}

/// Has network gear end a session (Disconnect-Request, RFC 5176).
///
/// The answer tells what the gear said; the session itself ends once the gear reports so. Whoever may
/// sign in can begin another one: suspend a user to keep them out.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/sessions/{session}/disconnect",
    tag = "Sessions",
    request_body = Disconnect,
    responses((status = 200, description = "What became of it.", body = Ordered)),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn disconnect_session(
    within: Within<ManageIdentities>,
    Item(session): Item,
    Body(disconnect): Body<Disconnect>,
) -> Result<Json<Ordered>, Problem> {
    let (api, organization) = (&within.caller.api, within.organization);
    let context = within.caller.context;
    heard(&within.caller.api).await;
    let order = api.blocking(move |directory| {
        let reading = directory.read(context)?;
        reading.authorize::<ManageIdentities>(organization)?.disconnect(session)
    });
    let order = order.await?;
    Ok(Json(send(api, order, disconnect.wait_seconds).await))
}
