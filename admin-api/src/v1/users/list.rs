//! The list of users.

use directory::access::View;
use directory::records;

use super::User;
use crate::body::Params;
use crate::caller::{Surroundings, Within};
use crate::list::{List, Listed, NamedQuery};
use crate::problem::Problem;
use crate::warning::Warned;

/// Lists users in the order in which they were made.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/users",
    tag = "Users",
    params(NamedQuery),
    responses((status = 200, description = "A page of users.", body = List<User>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_users(
    within: Within<View>,
    Params(query): Params<NamedQuery>,
) -> Result<Warned<Listed<User>>, Problem> {
    let asking = within.caller.asking();
    let looking = query.answer(asking, move |asked| {
        let reading = within.caller.read()?;
        let grant = reading.authorize::<View>(within.organization)?;
        let around = Surroundings::of(&reading, within.organization)?;
        let page = asked.find(&grant.users(), |id, record: records::User| {
            let state = grant.sign_in_state(id, &around.home)?;
            User::of(record, &around, state)
        });
        Ok(Warned::of(page?, grant.user_cap()?))
    });
    looking.await
}
