//! Registering a passkey.

use directory::authentication::NewCredential;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body::Body;
use crate::caller::Caller;
use crate::passkey::{Passkey, RegistrationResponse};
use crate::problem::Problem;
use crate::revision::Created;

/// A passkey that a browser has had made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPasskey {
    /// What its owner calls it.
    name: String,
    /// What the browser answered, as `toJSON` writes it.
    credential: RegistrationResponse,
}

/// Registers a passkey of one's own, with what the browser answered to what `begin` asked for.
///
/// It needs the same session.
#[utoipa::path(
    post,
    path = "/me/passkeys",
    tag = "Own account",
    request_body = NewPasskey,
    responses((status = 201, description = "Registered.", body = Passkey))
)]
pub(crate) async fn register_passkey(
    caller: Caller,
    Body(new): Body<NewPasskey>,
) -> Result<Created<Passkey>, Problem> {
    let (name, made) = (new.name, NewCredential::from(new.credential));
    let added = caller.change(move |change| change.oneself()?.add_passkey(name, &made)).await?;
    Ok(Created(added.into()))
}
