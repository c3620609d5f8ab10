//! Replacing a service account's password while the application still has the old one.

use std::time::Duration;

use axum::Json;
use directory::access::{ManageConfiguration, View};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::OptionalBody;
use crate::caller::{Item, Within};
use crate::moment::Moment;
use crate::problem::Problem;
use crate::revision::IfMatch;

/// How a password is replaced.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"keep_previous_seconds": 86_400}))]
pub(crate) struct PasswordRotation {
    /// How long the old password counts beside the new one, at most 30 days; zero ends it at once.
    #[serde(default = "day")]
    #[schema(default = 86_400, maximum = 2_592_000)]
    keep_previous_seconds: u32,
}

impl Default for PasswordRotation {
    fn default() -> Self {
        Self { keep_previous_seconds: day() }
    }
}

const fn day() -> u32 {
    24 * 60 * 60
}

/// A password, shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct RotatedPassword {
    /// The generated password.
    password: String,
    /// Until when the old one counts; null when it does not.
    #[schema(required)]
    previous_password_until: Option<Moment>,
}

/// Replaces the password by a generated one, shown this once, and lets the old one count for a while:
/// a day where nothing is said. A password before the old one ends at once. Events of Binds say when
/// the old one was used.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/service-accounts/{service_account}/rotate",
    tag = "Service accounts",
    params(IfMatch),
    request_body = Option<PasswordRotation>,
    responses((status = 200, description = "Replaced.", body = RotatedPassword)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn rotate_service_account(
    within: Within<ManageConfiguration>,
    Item(service_account): Item,
    IfMatch(revision): IfMatch,
    OptionalBody(rotation): OptionalBody<PasswordRotation>,
) -> Result<Json<RotatedPassword>, Problem> {
    let organization = within.organization;
    let generated = within.caller.generate_password().await?;
    let password = generated.expose().to_owned();
    let keep = Duration::from_secs(rotation.keep_previous_seconds.into());
    let rotated = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        let mut accounts = grant.service_accounts();
        let id = accounts.id_of(service_account)?;
        accounts.touch(id, revision)?;
        accounts.rotate_password(id, &generated, keep)?;
        Ok(id)
    });
    let id = rotated.await?;
    let reading = within.caller.read()?;
    let accounts = reading.authorize::<View>(organization)?.service_accounts();
    let until = accounts.former_password_until(id)?.map(Moment);
    Ok(Json(RotatedPassword { password, previous_password_until: until }))
}
