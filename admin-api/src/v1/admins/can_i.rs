//! What may an admin do, and if not, why?

use axum::Json;
use directory::access::View;

use crate::body::BothParams;
use crate::caller::{Home, Item};
use crate::outlook::{Coming, Question, Rights};
use crate::problem::Problem;

/// Tells what an admin may do with a session that was begun a moment ago, from an address where one is
/// named, and if not, why. That wrong codes lock somebody for a while is not told.
///
/// Below an organization it is about that organization unless another one is named.
#[utoipa::path(
    get,
    path = "/admins/{admin}/can-i",
    tag = "Admins",
    params(Question, Coming),
    responses((status = 200, description = "Whether the admin may, and why not.", body = Rights)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn can_admin(
    home: Home<View>,
    Item(admin): Item,
    BothParams(question, Coming { from }): BothParams<Question, Coming>,
) -> Result<Json<Rights>, Problem> {
    let reading = home.caller.read()?;
    let own = match home.place.organization() {
        Some(id) => Some(reading.authorize::<View>(id)?.own_organization()?.uuid),
        None => None,
    };
    let asked = question.asked(own)?;
    let place = asked.place(&home.caller)?;
    let grant = reading.authorize_at::<View>(home.place)?;
    let outlook = grant.outlook_of(grant.admins().id_of(admin)?, place, from)?;
    Ok(Json(asked.answer(&outlook)))
}
