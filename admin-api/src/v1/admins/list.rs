//! The list of admins.

use directory::access::View;

use super::Admin;
use crate::body::Params;
use crate::caller::Home;
use crate::list::{List, Listed, NamedQuery};
use crate::problem::Problem;

/// Lists admins in the order in which they were made.
#[utoipa::path(
    get,
    path = "/admins",
    tag = "Admins",
    params(NamedQuery),
    responses((status = 200, description = "A page of admins.", body = List<Admin>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_admins(
    home: Home<View>,
    Params(query): Params<NamedQuery>,
) -> Result<Listed<Admin>, Problem> {
    let asking = home.caller.asking();
    let looking = query.answer(asking, move |asked| {
        let reading = home.caller.read()?;
        let admins = reading.authorize_at::<View>(home.place)?.admins();
        asked.find(&admins, |_, record| Admin::of(record, &reading, home.place))
    });
    looking.await
}
