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
        ("ipv4", session.ipv4.map(|address| address.to_string().into())),
        ("ipv6", session.ipv6.map(|address| address.to_string().into())),
    ];
    event(partition, session, (Action::NetworkSessionStarted, session.updated), told)
}

/// Tells that a session ended, and what was counted until then; nothing while it goes on.
pub(super) fn ended(partition: Partition, session: &Session) -> Option<storage::Event> {
    let (at, ending) = session.ended?;
    let told = [
        ("ending", serde_json::to_value(ending).ok()),
        ("cause", session.cause.map(Into::into)),
        ("seconds", Some(session.traffic.seconds.into())),
        ("octets_in", Some(session.traffic.octets_in.into())),
        ("octets_out", Some(session.traffic.octets_out.into())),
    ];
    Some(event(partition, session, (Action::NetworkSessionEnded, at), told))
}

fn text(value: &str) -> Option<serde_json::Value> {
    (!value.is_empty()).then(|| value.into())
}

fn event<const N: usize>(
    partition: Partition,
    session: &Session,
    (action, at): (Action, Time),
    told: [(&str, Option<serde_json::Value>); N],
) -> storage::Event {
    let told = told.into_iter().filter_map(|(field, value)| {
        let (field, after) = (field.to_owned(), Some(value?.to_string()));
        Some(Difference { field, before: None, after })
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
