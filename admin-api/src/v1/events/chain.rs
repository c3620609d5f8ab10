//! Where the chain of events begins and ends.

use axum::Json;
use directory::access::View;
use directory::events::EventChain;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::Home;
use crate::problem::Problem;

/// Where a chain of events begins and ends.
#[derive(Serialize, ToSchema)]
pub(crate) struct Chain {
    /// The hash of the newest event. Whoever keeps it elsewhere can tell later whether the events
    /// up to it are the ones that there were.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    head: String,
    /// The oldest event that is kept.
    #[schema(required)]
    oldest: Option<Oldest>,
}

/// The oldest event of a chain that is kept.
#[derive(Serialize, ToSchema)]
#[schema(as = OldestEvent)]
pub(crate) struct Oldest {
    /// Its number.
    sequence: u64,
    /// The hash of the event before it, which is kept no more; 64 zeros where it is the first one.
    previous: String,
}

/// Shows where the chain of events begins and ends.
///
/// Each event names the hash of the one before it, so that none can be changed, left out or put in
/// between without all later ones being others.
#[utoipa::path(
    get,
    path = "/events/chain",
    tag = "Events",
    responses((status = 200, description = "Its ends.", body = Chain)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_event_chain(home: Home<View>) -> Result<Json<Chain>, Problem> {
    let (place, context) = (home.place, home.caller.context);
    let chain = home.caller.api.blocking(move |directory| {
        let reading = directory.read(context)?;
        let grant = reading.authorize_at::<View>(place)?;
        Ok::<_, Problem>(grant.event_chain()?)
    });
    let EventChain { oldest, head } = chain.await?;
    let oldest = oldest.map(|(sequence, previous)| Oldest { sequence, previous });
    Ok(Json(Chain { head, oldest }))
}
