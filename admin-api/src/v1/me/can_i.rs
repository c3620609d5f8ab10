//! What may I do, and if not, why?

use axum::Json;

use crate::body::Params;
use crate::caller::Caller;
use crate::outlook::{Question, Rights};
use crate::problem::Problem;

/// Tells what you may do in an organization or at the provider, and if not, why.
///
/// An organization outside of your scope does not exist here either.
#[utoipa::path(
    get,
    path = "/me/can-i",
    tag = "Own account",
    params(Question),
    responses((status = 200, description = "Whether you may, and why not.", body = Rights))
)]
pub(crate) async fn can_i(
    caller: Caller,
    Params(question): Params<Question>,
) -> Result<Json<Rights>, Problem> {
    let asked = question.asked(None)?;
    let place = asked.place(&caller)?;
    let outlook = caller.read()?.outlook(place)?;
    Ok(Json(asked.answer(&outlook)))
}
