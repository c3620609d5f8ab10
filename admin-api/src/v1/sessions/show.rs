//! One session.

use axum::Json;
use directory::access::View;

use super::{Session, heard};
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
    let (organization, context) = (within.organization, within.caller.context);
    heard(&within.caller.api).await;
    let shown = within.caller.api.blocking(move |directory| {
        let reading = directory.read(context)?;
        let record = reading.authorize::<View>(organization)?.session(session)?;
        Session::of(record, &reading, organization)
    });
    Ok(Json(shown.await?))
}
