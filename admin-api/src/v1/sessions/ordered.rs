//! What became of an order about a session.

use std::time::Duration;

use directory::orders::{OrderOutcome, SessionOrder};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Api;

/// What became of an order to network gear (RFC 5176). It is an event as well.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ordered {
    /// How it ended.
    outcome: OrderedOutcome,
    /// Why it was not done.
    #[schema(required)]
    reason: Option<String>,
    /// Where it went: an address with a port, or `radsec` and the address of the gear's connection;
    /// null when nothing may be sent.
    #[schema(required)]
    sent_to: Option<String>,
}

/// How an order ended.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OrderedOutcome {
    /// The gear did so.
    Done,
    /// The gear refused.
    Refused,
    /// Nobody answered who has the shared secret.
    Silent,
    /// Nothing was sent.
    NotSent,
    /// Nothing was heard yet; an event will tell.
    UnderWay,
}

/// How long an answer is waited for unless the request says so, in seconds; and how long at most.
pub(super) const USUAL_WAIT: u8 = 20;
pub(super) const LONGEST_WAIT: u8 = 60;

/// Has an order sent and waits for what becomes of it, for so many seconds.
pub(super) async fn send(api: &Api, order: SessionOrder, wait: u8) -> Ordered {
    let sent_to = order.to.ok().map(|to| to.to_string());
    let outcome = (api.orders)(order);
    let wait = Duration::from_secs(wait.min(LONGEST_WAIT).into());
    // An order goes on when nobody waits for it any more.
    let outcome = tokio::time::timeout(wait, outcome).await.ok();
    let reason = outcome.as_ref().and_then(OrderOutcome::reason);
    let outcome = match outcome {
        Some(OrderOutcome::Done) => OrderedOutcome::Done,
        Some(OrderOutcome::Refused(_)) => OrderedOutcome::Refused,
        Some(OrderOutcome::Silent) => OrderedOutcome::Silent,
        Some(OrderOutcome::NotSent(_)) => OrderedOutcome::NotSent,
        None => OrderedOutcome::UnderWay,
    };
    Ordered { outcome, reason, sent_to }
}
