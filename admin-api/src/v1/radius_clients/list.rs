//! The list of RADIUS clients.

use directory::access::View;

use super::RadiusClient;
use crate::body::Params;
use crate::caller::Within;
use crate::list::{List, Listed, NamedQuery};
use crate::problem::Problem;

/// The member that says what is weak about a client.
const WEAKNESSES: &str = "weaknesses";

/// Lists RADIUS clients in the order in which they were made; where `filter`, `sort` or `fields` say
/// `weaknesses`, with what is weak about each.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/radius-clients",
    tag = "RADIUS clients",
    params(NamedQuery),
    responses((status = 200, description = "A page of clients.", body = List<RadiusClient>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_radius_clients(
    within: Within<View>,
    Params(query): Params<NamedQuery>,
) -> Result<Listed<RadiusClient>, Problem> {
    let asking = within.caller.asking();
    let looking = query.looking_at_all_for(WEAKNESSES).answer(asking, move |asked| {
        let reading = within.caller.read()?;
        let grant = reading.authorize::<View>(within.organization)?;
        // Every secret has to be opened to find those that are the same.
        let directory = &within.caller.api.directory;
        let all = asked.names(WEAKNESSES).then(|| grant.all_weaknesses(directory)).transpose()?;
        let clients = grant.radius_clients();
        asked.find(&clients, |id, record| {
            let shown = RadiusClient::of(record, &reading, within.organization)?;
            let weak = all.as_ref().map(|all| all.get(&id).cloned().unwrap_or_default());
            let weaknesses = weak.map(|weak| weak.into_iter().map(Into::into).collect());
            Ok(RadiusClient { weaknesses, ..shown })
        })
    });
    looking.await
}
