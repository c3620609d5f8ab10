//! Replacing a RADIUS client's shared secret while gear still has the old one.

use std::time::Duration;

use axum::Json;
use directory::access::{ManageConfiguration, View};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::create::SECRET_LENGTH;
use crate::body::Body;
use crate::caller::{Item, Within};
use crate::moment::Moment;
use crate::problem::Problem;
use crate::revision::IfMatch;
use crate::secret_text::SecretText;

/// How a shared secret is replaced.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"keep_previous_seconds": 86_400}))]
pub(crate) struct Rotation {
    /// The new secret, 16 to 128 octets; generated when absent.
    secret: Option<SecretText>,
    /// How long the old secret counts beside the new one, at most 30 days.
    #[serde(default = "day")]
    #[schema(default = 86_400, maximum = 2_592_000)]
    keep_previous_seconds: u32,
}

/// What was made of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Rotated {
    /// The new secret.
    secret: String,
    /// Until when the old one counts; null when it does not.
    #[schema(required)]
    previous_secret_until: Option<Moment>,
}

const fn day() -> u32 {
    24 * 60 * 60
}

/// Replaces the shared secret, and lets the old one count for a while.
///
/// Each request is answered with the secret that it was signed with. Of gear that may leave out
/// Message-Authenticator the old secret ends at once (`keep_previous_seconds` is 0), as a secret
/// before the old one does of all.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/radius-clients/{radius_client}/secret/rotate",
    tag = "RADIUS clients",
    params(IfMatch),
    request_body = Rotation,
    responses((status = 200, description = "Replaced.", body = Rotated)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn rotate_radius_secret(
    within: Within<ManageConfiguration>,
    Item(radius_client): Item,
    IfMatch(revision): IfMatch,
    Body(rotation): Body<Rotation>,
) -> Result<Json<Rotated>, Problem> {
    let organization = within.organization;
    let secret = match &rotation.secret {
        Some(secret) => secret.expose().to_owned(),
        None => within.caller.api.directory.tools().password(SECRET_LENGTH),
    };
    let keep = Duration::from_secs(rotation.keep_previous_seconds.into());
    let given = secret.clone();
    let rotated = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        let mut clients = grant.radius_clients();
        let id = clients.id_of(radius_client)?;
        clients.touch(id, revision)?;
        clients.rotate_secret(id, &given, keep)?;
        Ok(id)
    });
    let id = rotated.await?;
    let reading = within.caller.read()?;
    let client = reading.authorize::<View>(organization)?.radius_clients().read(id)?;
    Ok(Json(Rotated { secret, previous_secret_until: client.previous_until.map(Moment) }))
}
