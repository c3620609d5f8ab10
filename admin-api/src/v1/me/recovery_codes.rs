//! Making recovery codes for oneself.

use axum::Json;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::problem::Problem;

/// Recovery codes, shown this once.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"codes": ["0abc-1def-2ghj-3kmn"]}))]
pub(crate) struct RecoveryCodes {
    /// Each is good for one sign-in in place of the authenticator's code.
    codes: Vec<String>,
}

/// Makes recovery codes, which are shown this once; those made before count no more.
///
/// It needs a session that was begun in the last 15 minutes. It heeds no `Idempotency-Key`: codes are
/// not kept to be shown again, and who asks again gets others.
#[utoipa::path(
    post,
    path = "/me/recovery-codes",
    tag = "Own account",
    responses((status = 201, description = "Made.", body = RecoveryCodes))
)]
pub(crate) async fn make_recovery_codes(
    caller: Caller,
) -> Result<(StatusCode, Json<RecoveryCodes>), Problem> {
    let codes = caller.change(|change| change.oneself()?.make_recovery_codes()).await?;
    let codes = codes.iter().map(|code| code.to_string()).collect();
    Ok((StatusCode::CREATED, Json(RecoveryCodes { codes })))
}
