//! Events that a destination would not take.

use axum::Json;
use directory::access::{ManageDelivery, View};
use directory::records;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::body::{Body, Params};
use crate::caller::{Home, Item};
use crate::list::{List, Listed, NamedQuery, PlainQuery};
use crate::moment::Moment;
use crate::problem::Problem;

/// Events that a destination would not take, however often they were tried. They are in the log as
/// long as events are kept.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeadLetter {
    /// The dead letter's id.
    id: Uuid,
    /// When it was given up.
    at: Moment,
    /// The number of the first event.
    first: u64,
    /// The number of the last event.
    last: u64,
    /// So many events there were to be sent.
    events: u32,
    /// So often they were tried.
    attempts: u32,
    /// Why they were not taken, the last time, in words.
    reason: String,
    /// Whether they are about to be sent again.
    redelivering: bool,
    /// Whose events they are, where the destination takes those of all organizations.
    #[schema(required)]
    organization: Option<Uuid>,
}

/// Which dead letters are meant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub(crate) struct ChosenDeadLetters {
    /// Their ids; all of the destination when absent. A thousand at most.
    dead_letters: Option<Vec<Uuid>>,
}

/// How many there were.
#[derive(Serialize, ToSchema)]
#[schema(as = DeadLetterCount)]
pub(crate) struct Count {
    /// So many.
    dead_letters: usize,
}

/// Lists what a destination would not take, in the order in which it was given up.
#[utoipa::path(
    get,
    path = "/event-destinations/{event_destination}/dead-letters",
    tag = "Event delivery",
    params(PlainQuery),
    responses((status = 200, description = "A page of dead letters.", body = List<DeadLetter>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_event_dead_letters(
    home: Home<View>,
    Item(event_destination): Item,
    Params(query): Params<PlainQuery>,
) -> Result<Listed<DeadLetter>, Problem> {
    let asking = home.caller.asking();
    let looking = NamedQuery::from(query).answer(asking, move |asked| {
        let reading = home.caller.read()?;
        let grant = reading.authorize_at::<View>(home.place)?;
        asked.find(&grant.dead_letters_of(event_destination)?, |_, letter| Ok(letter.into()))
    });
    looking.await
}

/// Has events sent again that a destination would not take, in turn with whatever comes next.
///
/// They are read from the log again: what is kept no longer is not sent. What is taken is no dead
/// letter any more.
#[utoipa::path(
    post,
    path = "/event-destinations/{event_destination}/dead-letters/redeliver",
    tag = "Event delivery",
    request_body = ChosenDeadLetters,
    responses((status = 200, description = "How many.", body = Count)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn redeliver_event_dead_letters(
    home: Home<ManageDelivery>,
    Item(event_destination): Item,
    Body(chosen): Body<ChosenDeadLetters>,
) -> Result<Json<Count>, Problem> {
    let place = home.place;
    let counted = home.caller.change(move |change| {
        let mut grant = change.authorize_at::<ManageDelivery>(place)?;
        let mut letters = grant.dead_letters(event_destination)?;
        letters.redeliver(chosen.dead_letters.as_deref())
    });
    Ok(Json(Count { dead_letters: counted.await? }))
}

/// Gives events up for good that a destination would not take. They stay in the log.
#[utoipa::path(
    post,
    path = "/event-destinations/{event_destination}/dead-letters/discard",
    tag = "Event delivery",
    request_body = ChosenDeadLetters,
    responses((status = 200, description = "How many.", body = Count)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn discard_event_dead_letters(
    home: Home<ManageDelivery>,
    Item(event_destination): Item,
    Body(chosen): Body<ChosenDeadLetters>,
) -> Result<Json<Count>, Problem> {
    let place = home.place;
    let counted = home.caller.change(move |change| {
        let mut grant = change.authorize_at::<ManageDelivery>(place)?;
        let mut letters = grant.dead_letters(event_destination)?;
        letters.discard(chosen.dead_letters.as_deref())
    });
    Ok(Json(Count { dead_letters: counted.await? }))
}

impl From<records::DeadLetter> for DeadLetter {
    fn from(letter: records::DeadLetter) -> Self {
        Self {
            id: letter.uuid,
            at: Moment(letter.at),
            first: letter.first,
            last: letter.last,
            events: letter.events,
            attempts: letter.attempts,
            reason: letter.reason,
            redelivering: letter.wanted,
            organization: letter.organization,
        }
    }
}
