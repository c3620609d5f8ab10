//! Putting another authenticator app in the place of one's own.

use axum::Json;
use axum::http::StatusCode;
use directory::authentication::Second;
use directory::collections;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{EndedSessions, proven};
use crate::body::Body;
use crate::caller::Caller;
use crate::moment::Moment;
use crate::problem::Problem;
use crate::secret_text::SecretText;

/// What proves once more who asks; nothing is needed where the session was begun with a passkey.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "123456"}))]
pub(crate) struct PresentFactor {
    /// The code of the authenticator in use.
    code: Option<String>,
    /// A recovery code in place of it; it counts this once.
    recovery_code: Option<SecretText>,
}

/// What another authenticator app is given, shown this once.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "otpauth_uri": "otpauth://totp/Tenantry:root?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "expires": "2026-06-30T00:15:00Z"
}))]
pub(crate) struct NewAuthenticator {
    /// What it scans.
    otpauth_uri: String,
    /// What is typed into one that does not scan.
    secret: String,
    /// Until when a code of it can be confirmed.
    expires: Moment,
}

/// The proof that another authenticator app has the seed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "123456"}))]
pub(crate) struct NewAuthenticatorCode {
    /// The code that it shows.
    code: String,
}

/// Begins to put another authenticator app in the place of one's own, which counts until a code of the
/// other one is confirmed in the same session.
///
/// It needs a session that was begun in the last 15 minutes, and a code of the authenticator in use, or
/// a recovery code; a session that was begun with a passkey needs neither.
///
/// It heeds no `Idempotency-Key`: what is shown is not kept to be shown again, and who asks again gets
/// another.
#[utoipa::path(
    post,
    path = "/me/authenticator",
    tag = "Own account",
    request_body = PresentFactor,
    responses((status = 201, description = "To be confirmed.", body = NewAuthenticator))
)]
pub(crate) async fn begin_own_authenticator(
    caller: Caller,
    Body(present): Body<PresentFactor>,
) -> Result<(StatusCode, Json<NewAuthenticator>), Problem> {
    let second = match (present.code, present.recovery_code) {
        (code, None) => code.map(Second::Totp),
        (None, Some(code)) => Some(Second::RecoveryCode(code.expose().to_owned())),
        (Some(_), Some(_)) => {
            let detail = "send one code, of the app or of those for recovery";
            return Err(Problem::invalid("/recovery_code", detail));
        }
    };
    let pointer = match &second {
        Some(Second::RecoveryCode(_)) => "/recovery_code",
        Some(Second::Totp(_)) | None => "/code",
    };
    let context = caller.context;
    let begun =
        caller.api.blocking(move |directory| directory.begin_own_authenticator(context, second));
    let begun = proven(begun.await?, pointer, "is wrong or was used before")?;
    Ok((StatusCode::CREATED, Json(begun.into())))
}

/// Confirms another authenticator app with a code of it: from then on it counts in place of the one
/// before. One's other sessions end.
#[utoipa::path(
    post,
    path = "/me/authenticator/confirm",
    tag = "Own account",
    request_body = NewAuthenticatorCode,
    responses((status = 200, description = "It counts.", body = EndedSessions))
)]
pub(crate) async fn confirm_own_authenticator(
    caller: Caller,
    Body(first): Body<NewAuthenticatorCode>,
) -> Result<Json<EndedSessions>, Problem> {
    let code = first.code;
    let confirmed = caller.change(move |change| change.oneself()?.confirm_authenticator(&code));
    Ok(Json(EndedSessions { ended_sessions: confirmed.await? }))
}

impl From<collections::NewAuthenticator> for NewAuthenticator {
    fn from(new: collections::NewAuthenticator) -> Self {
        Self {
            otpauth_uri: new.uri.to_string(),
            secret: new.secret.to_string(),
            expires: Moment(new.expires),
        }
    }
}
