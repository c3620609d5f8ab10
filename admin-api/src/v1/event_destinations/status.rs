//! How a destination of events stands.

use axum::Json;
use directory::access::View;
use directory::delivery::{DeliveryStatus, LAG_COUNTED};
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::{Home, Item};
use crate::moment::Moment;
use crate::problem::Problem;

/// How a destination of events stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventDelivery {
    /// The event that was delivered last; null before the first.
    #[schema(required)]
    last_delivered: Option<Delivered>,
    /// So many events wait to be delivered, of the next 10 000 in the log.
    waiting: usize,
    /// Whether more may wait.
    more: bool,
    /// When the oldest of them happened; null when none waits.
    #[schema(required)]
    waiting_since: Option<Moment>,
    /// How often what comes next was tried in vain.
    attempts: u32,
    /// When it is tried again; null when nothing was in vain.
    #[schema(required)]
    next_attempt: Option<Moment>,
    /// Why the last attempt was in vain; null when it was not.
    #[schema(required)]
    last_error: Option<DeliveryError>,
    /// How often events were forgotten, because they are kept no longer, before they could be
    /// delivered.
    gaps: u64,
    /// So many deliveries were given up and wait for somebody to look at them.
    dead_letters: usize,
    /// Whether there are 1000 of them, which is the most, and what comes next waits until it is
    /// taken or some are gone.
    held_up: bool,
}

/// The event that was delivered last.
#[derive(Serialize, ToSchema)]
#[schema(as = LastDelivered)]
pub(crate) struct Delivered {
    /// Its number.
    sequence: u64,
    /// When it was delivered.
    at: Moment,
}

/// Why an attempt was in vain.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryError {
    /// Why, in words.
    reason: String,
    /// When.
    at: Moment,
}

/// Shows how a destination of events stands.
#[utoipa::path(
    get,
    path = "/event-destinations/{event_destination}/delivery",
    tag = "Event delivery",
    responses((status = 200, description = "How it stands.", body = EventDelivery)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_event_delivery(
    home: Home<View>,
    Item(event_destination): Item,
) -> Result<Json<EventDelivery>, Problem> {
    let (place, context) = (home.place, home.caller.context);
    let turn = home.caller.api.searching.take(home.caller.whose).await?;
    let status = home.caller.api.blocking(move |directory| {
        let _turn = turn;
        let reading = directory.read(context)?;
        let grant = reading.authorize_at::<View>(place)?;
        Ok::<_, Problem>(grant.delivery_status(event_destination)?)
    });
    Ok(Json(status.await?.into()))
}

impl From<DeliveryStatus> for EventDelivery {
    fn from(status: DeliveryStatus) -> Self {
        let last_delivered = status.delivered;
        let last_delivered =
            last_delivered.map(|(sequence, at)| Delivered { sequence, at: Moment(at) });
        let last_error = status.error;
        Self {
            last_delivered,
            waiting: status.waiting,
            more: status.looked_at >= LAG_COUNTED,
            waiting_since: status.waiting_since.map(Moment),
            attempts: status.attempts,
            next_attempt: status.retry.map(Moment),
            last_error: last_error.map(|(reason, at)| DeliveryError { reason, at: Moment(at) }),
            gaps: status.gaps,
            dead_letters: status.dead_letters,
            held_up: status.held_up,
        }
    }
}
