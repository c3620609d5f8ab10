//! One session.

use axum::Json;
use directory::access::View;

use super::Session;
use crate::caller::{Item, Within};
use crate::problem::Problem;

/// Shows a session on the network.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/sessions/{session}",
    tag = "Sessions",
    responses((status = 200, description = "The session.", body = Session)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_session(
    within: Within<View>,
    Item(session): Item,
) -> Result<Json<Session>, Problem> {
    let reading = within.caller.read()?;
    let record = reading.authorize::<View>(within.organization)?.session(session)?;
    Ok(Json(Session::of(record, &reading, within.organization)?))
}
