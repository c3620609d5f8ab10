//! What events tell of sessions: that one began, and how it ended. What gear reports meanwhile stands
//! in the session alone.

use std::net::IpAddr;

use storage::Partition;

use crate::events::{Action, Difference, Event, EventActor, Outcome, Subject, SubjectKind};
use crate::records::Session;
use crate::time::Time;

/// Tells that a session was heard of first.
pub(super) fn began(partition: Partition, session: &Session) -> storage::Event {
    let told = [
        ("gear", text(&session.gear)),
        ("calling", text(&session.calling)),
        ("called", text(&session.called)),
        ("ipv4", session.ipv4.and_then(json)),
        ("ipv6", session.ipv6.and_then(json)),
        ("framed_ipv6_prefix", session.prefixes.framed.and_then(json)),
        ("delegated_ipv6_prefix", session.prefixes.delegated.and_then(json)),
    ];
    event(partition, session, (Action::NetworkSessionStarted, session.updated), told)
}

/// Tells that a session ended, and what was counted until then; nothing while it goes on.
pub(super) fn ended(partition: Partition, session: &Session) -> Option<storage::Event> {
    let (at, ending) = session.ended?;
    let told = [
        ("ending", json(ending)),
        ("cause", session.cause.map(|cause| cause.to_string())),
        ("seconds", Some(session.traffic.seconds.to_string())),
        ("octets_in", Some(session.traffic.octets_in.to_string())),
        ("octets_out", Some(session.traffic.octets_out.to_string())),
    ];
    Some(event(partition, session, (Action::NetworkSessionEnded, at), told))
}

fn text(value: &str) -> Option<String> {
    if value.is_empty() { None } else { json(value) }
}

fn json(value: impl serde::Serialize) -> Option<String> {
    serde_json::to_string(&value).ok()
}

fn event<const N: usize>(
    partition: Partition,
    session: &Session,
    (action, at): (Action, Time),
    told: [(&str, Option<String>); N],
) -> storage::Event {
    let told = told.into_iter().filter_map(|(field, after)| {
        after.map(|after| Difference { field: field.to_owned(), before: None, after: Some(after) })
    });
    let (kind, id, name) = (SubjectKind::Session, session.uuid, session.name.clone());
    let event = Event {
        access: None,
        at,
        // Whoever the gear says it is: nothing was proven to us.
        actor: EventActor::User { id: None, login: session.login.clone() },
        source: session.source.map(|source: IpAddr| source.to_canonical()),
        action,
        subject: Some(Subject { kind, id, name }),
        outcome: Outcome::Success,
        differences: told.collect(),
        request: None,
        search: None,
    };
    storage::Event { time_ms: at.0, partition, body: event.encode() }
}
