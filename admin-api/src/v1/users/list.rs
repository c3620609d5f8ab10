//! The list of users.

use directory::access::View;
use directory::collections::SignInState;
use directory::records::{self, Capped};

use super::User;
use crate::body::Params;
use crate::caller::{Surroundings, Within};
use crate::list::{List, Listed, NamedQuery};
use crate::problem::Problem;
use crate::warning::Warned;

/// The member of users that takes the most to find out.
const SIGN_IN: &str = "sign_in";

/// Lists users in the order in which they were made.
///
/// Where there are more than a soft cap says the header `X-Tenantry-Warning` says so.
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
        // What stands between somebody and their entry is found out by their groups: of all who are
        // looked at only where it is what is looked for.
        let (early, needed) = (asked.judges_by(SIGN_IN), asked.shows(SIGN_IN));
        let state = |id| grant.sign_in_state(id, &around.home);
        let show = |id, record: records::User| -> Result<User, Problem> {
            let found = if early { state(id)? } else { SignInState::default() };
            User::of(record, &around, found)
        };
        let complete = |id, user: User| -> Result<User, Problem> {
            Ok(if early || !needed { user } else { user.with(state(id)?) })
        };
        let page = asked.find_and_complete(&grant.users(), show, complete);
        Ok(Warned::of(page?, grant.cap(Capped::Users)?))
    });
    looking.await
}
