//! Replacing the secret with which requests to a webhook are signed.

use std::time::Duration;

use axum::Json;
use directory::access::ManageDelivery;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::create::SECRET_LENGTH;
use crate::body::Body;
use crate::caller::{Home, Item};
use crate::moment::Moment;
use crate::problem::Problem;
use crate::revision::IfMatch;

/// How a secret is replaced.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookRotation, example = json!({"keep_previous_seconds": 86_400}))]
pub(crate) struct Rotation {
    /// How long the old secret signs beside the new one, at most 30 days.
    #[serde(default = "day")]
    #[schema(default = 86_400, maximum = 2_592_000)]
    keep_previous_seconds: u32,
}

/// What was made of it.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookRotated)]
pub(crate) struct Rotated {
    /// The new secret; it is never shown again.
    secret: String,
    /// Until when the old one signs as well; null when it does not.
    #[schema(required)]
    previous_secret_until: Option<Moment>,
}

const fn day() -> u32 {
    24 * 60 * 60
}

/// Replaces the secret that signs, and lets the old one sign as well for a while.
///
/// Meanwhile a request has a signature of each, so that a receiver that knows one of them believes it.
#[utoipa::path(
    post,
    path = "/event-destinations/{event_destination}/secret/rotate",
    tag = "Event delivery",
    params(IfMatch),
    request_body = Rotation,
    responses((status = 200, description = "Replaced.", body = Rotated)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn rotate_event_destination_secret(
    home: Home<ManageDelivery>,
    Item(event_destination): Item,
    if_match: IfMatch,
    Body(rotation): Body<Rotation>,
) -> Result<Json<Rotated>, Problem> {
    let place = home.place;
    let secret = home.caller.api.directory.tools().password(SECRET_LENGTH);
    let keep = Duration::from_secs(rotation.keep_previous_seconds.into());
    let given = secret.clone();
    let rotated = home.caller.change(move |change| {
        let mut grant = change.authorize_at::<ManageDelivery>(place)?;
        let mut destinations = grant.event_destinations();
        let id = destinations.id_of(event_destination)?;
        if_match.check(destinations.read(id)?.stamp.revision)?;
        destinations.rotate_secret(id, &given, keep)
    });
    let previous_secret_until = rotated.await?.previous_until.map(Moment);
    Ok(Json(Rotated { secret, previous_secret_until }))
}
