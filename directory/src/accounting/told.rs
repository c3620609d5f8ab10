//! What events tell of sessions: that one began, and how it ended. What gear reports meanwhile stands
//! in the session alone.

use std::net::IpAddr;

use storage::{Change, Partition, Reading};

use crate::events::{Action, Difference, Event, EventActor, Outcome, Subject, SubjectKind};
use crate::id::RecordId;
use crate::records::{DeletedUser, Device, Guest, Session, User};
use crate::time::Time;

/// Tells that a session was heard of first.
pub(super) fn began(
    change: &Change<'_>,
    partition: Partition,
    session: &Session,
) -> storage::Event {
    let told = [
        ("gear", text(&session.gear)),
        ("calling", text(&session.calling)),
        ("called", text(&session.called)),
        ("ipv4", session.ipv4.and_then(json)),
        ("ipv6", session.ipv6.and_then(json)),
        ("framed_ipv6_prefix", session.prefixes.framed.and_then(json)),
        ("delegated_ipv6_prefix", session.prefixes.delegated.and_then(json)),
    ];
    event((change, partition), session, (Action::NetworkSessionStarted, session.updated), told)
}

/// Tells that a session ended, and what was counted until then; nothing while it goes on.
pub(super) fn ended(
    change: &Change<'_>,
    partition: Partition,
    session: &Session,
) -> Option<storage::Event> {
    let (at, ending) = session.ended?;
    let told = [
        ("ending", json(ending)),
        ("cause", session.cause.map(|cause| cause.to_string())),
        ("seconds", Some(session.traffic.seconds.to_string())),
        ("octets_in", Some(session.traffic.octets_in.to_string())),
        ("octets_out", Some(session.traffic.octets_out.to_string())),
    ];
    Some(event((change, partition), session, (Action::NetworkSessionEnded, at), told))
}

/// Whom the accept let in, where the gear says again what that said. Otherwise whoever the gear says it is:
/// nothing of that was proven to us.
fn actor(change: &Change<'_>, partition: Partition, session: &Session) -> EventActor {
    let told = || session.login.clone();
    match session.granted.as_ref().map(|granted| granted.guest) {
        Some(Guest::User(user)) => {
            let number = user.record();
            let user = change.get::<User>(partition, number).ok().flatten();
            let deleted = || change.get::<DeletedUser>(partition, number).ok().flatten();
            match user.or_else(|| deleted().map(|deleted| deleted.user)) {
                Some(user) => EventActor::User { id: Some(user.uuid), login: user.fields.login },
                None => EventActor::User { id: None, login: told() },
            }
        }
        Some(Guest::Device(device)) => {
            let device = change.get::<Device>(partition, device.record()).ok().flatten();
            match device {
                Some(device) => {
                    EventActor::Device { id: Some(device.uuid), name: device.fields.name }
                }
                None => EventActor::Device { id: None, name: told() },
            }
        }
        None if session.device.is_some() => EventActor::Device { id: None, name: told() },
        None => EventActor::User { id: None, login: told() },
    }
}

fn text(value: &str) -> Option<String> {
    if value.is_empty() { None } else { json(value) }
}

fn json(value: impl serde::Serialize) -> Option<String> {
    serde_json::to_string(&value).ok()
}

fn event<const N: usize>(
    (change, partition): (&Change<'_>, Partition),
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
        actor: actor(change, partition, session),
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
