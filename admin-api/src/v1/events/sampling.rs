//! Which searches over LDAP are events.

use directory::access::{ManageConfiguration, View};
use directory::records::SearchTelling;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::Body;
use crate::caller::Within;
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// Which searches over LDAP are events (`ldap_search`). Those that fail always are: 120 of an
/// organization in a minute one by one, of more than that how many.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EventSampling, example = json!({"one_in": 100, "values": false}))]
pub(crate) struct Sampling {
    /// Of those that do not fail one in so many, by chance: 0 for none, 1 for all.
    #[schema(maximum = 1_000_000)]
    one_in: u32,
    /// Whether events say what was looked for and where, or only by which attributes. Values that
    /// nobody can have, and those of passwords, are never told.
    values: bool,
}

impl Sampling {
    fn revised(telling: SearchTelling) -> Revised<Self> {
        let SearchTelling { one_in, values } = telling;
        Revised::new(telling.revision(), Self { one_in, values })
    }
}

/// Shows which searches over LDAP are events.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/event-sampling",
    tag = "Events",
    responses((status = 200, description = "Which ones.", body = Sampling)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_event_sampling(
    within: Within<View>,
) -> Result<Revised<Sampling>, Problem> {
    let reading = within.caller.read()?;
    let grant = reading.authorize::<View>(within.organization)?;
    Ok(Sampling::revised(grant.search_telling()?))
}

/// Says which searches over LDAP are events.
#[utoipa::path(
    put,
    path = "/organizations/{organization}/event-sampling",
    tag = "Events",
    params(IfMatch),
    request_body = Sampling,
    responses((status = 200, description = "Which ones.", body = Sampling)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn set_event_sampling(
    within: Within<ManageConfiguration>,
    IfMatch(revision): IfMatch,
    Body(wanted): Body<Sampling>,
) -> Result<Revised<Sampling>, Problem> {
    let organization = within.organization;
    let telling = SearchTelling { one_in: wanted.one_in, values: wanted.values };
    let changed = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        grant.set_search_telling(revision, telling)
    });
    changed.await?;
    Ok(Sampling::revised(telling))
}
