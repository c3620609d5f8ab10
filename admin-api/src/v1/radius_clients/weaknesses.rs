//! What is weak about a RADIUS client.

use axum::Json;
use directory::access::View;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::{Item, Within};
use crate::problem::Problem;

/// What should be changed at a RADIUS client or its gear.
#[derive(Serialize, ToSchema)]
pub(crate) struct Weaknesses {
    /// All that was found.
    weaknesses: Vec<Weakness>,
}

/// Something that should be changed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Weakness {
    /// The shared secret has fewer than 24 octets.
    ShortSecret,
    /// Another RADIUS client of the organization has the same secret.
    SameSecret,
    /// Requests are taken without Message-Authenticator.
    UnsignedRequestsTaken,
    /// A request without Message-Authenticator came since the daemon started, and was taken.
    UnsignedRequestsSent,
    /// A request without Message-Authenticator met silence since the daemon started. It came from
    /// where only this client may be; nothing proves that the client sent it.
    UnsignedRequestsDropped,
}

/// Says what is weak about a RADIUS client.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/radius-clients/{radius_client}/weaknesses",
    tag = "RADIUS clients",
    responses((status = 200, description = "What was found.", body = Weaknesses)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_radius_weaknesses(
    within: Within<View>,
    Item(radius_client): Item,
) -> Result<Json<Weaknesses>, Problem> {
    let reading = within.caller.read()?;
    let grant = reading.authorize::<View>(within.organization)?;
    let id = grant.radius_clients().id_of(radius_client)?;
    let found = grant.weaknesses(&within.caller.api.directory, id)?;
    Ok(Json(Weaknesses { weaknesses: found.into_iter().map(Into::into).collect() }))
}

impl From<directory::Weakness> for Weakness {
    fn from(weakness: directory::Weakness) -> Self {
        match weakness {
            directory::Weakness::ShortSecret => Self::ShortSecret,
            directory::Weakness::SameSecret => Self::SameSecret,
            directory::Weakness::UnsignedTaken => Self::UnsignedRequestsTaken,
            directory::Weakness::UnsignedSent => Self::UnsignedRequestsSent,
            directory::Weakness::UnsignedDropped => Self::UnsignedRequestsDropped,
        }
    }
}
