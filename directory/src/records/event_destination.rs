//! Where events go, beside the log.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use storage::{Corrupt, Entries, Kind, Record, decode};
use uuid::Uuid;

use super::{Stamp, indices, kinds};
use crate::events::{Action, ActorKind, SubjectKind};
use crate::text::prepare;
use crate::time::Time;

/// A destination of events; its secrets are sealed beside it, and how far it is stands in a record of
/// its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventDestination {
    /// The stable external id.
    pub uuid: Uuid,
    /// When made and changed.
    pub stamp: Stamp,
    /// What admins write.
    pub fields: EventDestinationFields,
    /// The certificate chain that the receiver is shown, in DER, the own one first; none where it is
    /// shown none.
    pub client: Vec<Vec<u8>>,
    /// Until when the secret signs that was replaced, where one still does.
    pub previous_until: Option<Time>,
    /// Whose events go there; it stays.
    pub reach: Reach,
}

/// Whose events go to a destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Those of the place that has it.
    #[default]
    Own,
    /// Those of every organization, each with the organization's id: a destination of the provider's.
    All,
}

/// What admins write of a destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventDestinationFields {
    /// The destination's name; unique at its place.
    pub name: String,
    /// Whether nothing is sent; what happens meanwhile waits in the log.
    pub paused: bool,
    /// Which events go there.
    pub filter: EventFilter,
    /// How they get there.
    pub way: DeliveryWay,
}

/// Which events go to a destination, or are looked for; what is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventFilter {
    /// Only what was done or tried in one of these ways.
    pub actions: Vec<Action>,
    /// Only what this one did or tried: a login, a name (without case) or an id.
    pub actor: Option<String>,
    /// Only what such an actor did or tried.
    pub actor_kind: Option<ActorKind>,
    /// Only what was done to this one: a name (without case) or an id.
    pub subject: Option<String>,
    /// Only what was done to such a thing.
    pub subject_kind: Option<SubjectKind>,
    /// Only what came from there.
    pub source: Option<IpNet>,
    /// Only what was done, or only what was not.
    pub success: Option<bool>,
    /// Only those in whose text this stands, without case.
    pub text: Option<String>,
}

/// How events get to a destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryWay {
    /// As syslog messages (RFC 5424) over a stream.
    Syslog {
        /// The receiver's name or address.
        host: String,
        /// Its port.
        port: u16,
        /// Whether they go in clear: over TCP instead of TLS (RFC 5425).
        in_clear: bool,
        /// The name in the receiver's certificate; the host's when absent.
        server_name: Option<String>,
        /// In PEM, who may vouch for the receiver; whoever this machine believes when absent.
        authorities: Option<String>,
    },
    /// As lines of JSON to an HTTPS address.
    Webhook {
        /// The address.
        url: String,
        /// In PEM, who may vouch for the receiver; whoever this machine believes when absent.
        authorities: Option<String>,
    },
    /// As lines of JSON in files on the daemon's machine, in the folder that the operator names.
    Files,
}

impl Record for EventDestination {
    const KIND: Kind = kinds::EVENT_DESTINATION;
    const VERSION: u8 = 3;

    fn upgrade(version: u8, body: &[u8]) -> Result<Self, Corrupt> {
        match version {
            // Its reach stands at the end: it was its own place's.
            1 => decode::<Version2>(&[body, &[0]].concat()).map(Self::from),
            2 => decode::<Version2>(body).map(Self::from),
            other => Err(Corrupt::version(Self::KIND, other)),
        }
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::EVENT_DESTINATION_UUID, self.uuid.as_bytes());
        entries.add(indices::EVENT_DESTINATION_NAME, prepare(&self.fields.name).as_bytes());
    }
}

/// As version 2 had it.
#[derive(Serialize, Deserialize)]
struct Version2 {
    uuid: Uuid,
    stamp: Stamp,
    name: String,
    paused: bool,
    filter: Filter2,
    way: DeliveryWay,
    client: Vec<Vec<u8>>,
    previous_until: Option<Time>,
    reach: Reach,
}

/// A filter as version 2 had it, which left out no actor for what it is.
#[derive(Serialize, Deserialize)]
struct Filter2 {
    actions: Vec<Action>,
    actor: Option<String>,
    subject: Option<String>,
    subject_kind: Option<SubjectKind>,
    source: Option<IpNet>,
    success: Option<bool>,
    text: Option<String>,
}

impl From<Version2> for EventDestination {
    fn from(old: Version2) -> Self {
        let Filter2 { actions, actor, subject, subject_kind, source, success, text } = old.filter;
        let filter = EventFilter {
            actions,
            actor,
            actor_kind: None,
            subject,
            subject_kind,
            source,
            success,
            text,
        };
        let fields =
            EventDestinationFields { name: old.name, paused: old.paused, filter, way: old.way };
        Self {
            uuid: old.uuid,
            stamp: old.stamp,
            fields,
            client: old.client,
            previous_until: old.previous_until,
            reach: old.reach,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of version 2, which takes what ada did.
    fn old(reach: Reach) -> Version2 {
        Version2 {
            uuid: Uuid::from_u128(7),
            stamp: Stamp { created: Time(1), modified: Time(2), revision: 3 },
            name: "siem".into(),
            paused: true,
            filter: Filter2 {
                actions: vec![Action::SignIn],
                actor: Some("ada".into()),
                subject: None,
                subject_kind: Some(SubjectKind::User),
                source: None,
                success: Some(false),
                text: None,
            },
            way: DeliveryWay::Files,
            client: vec![vec![1, 2]],
            previous_until: Some(Time(129)),
            reach,
        }
    }

    #[test]
    fn a_destination_of_version_1_takes_the_events_of_its_own_place() {
        let body = storage::encode(&old(Reach::Own)).unwrap();
        let (last, before) = body.split_last().unwrap();
        assert_eq!(*last, 0);
        let upgraded = EventDestination::upgrade(1, before).unwrap();
        assert_eq!(upgraded, old(Reach::Own).into());
        assert!(EventDestination::upgrade(0, before).is_err());
    }

    #[test]
    fn a_destination_of_version_2_takes_what_it_took() {
        let body = storage::encode(&old(Reach::All)).unwrap();
        let upgraded = EventDestination::upgrade(2, &body).unwrap();
        assert_eq!(upgraded, old(Reach::All).into());
        let filter = &upgraded.fields.filter;
        assert_eq!((filter.actor.as_deref(), filter.actor_kind), (Some("ada"), None));
        assert_eq!((filter.subject_kind, filter.success), (Some(SubjectKind::User), Some(false)));
        assert_eq!((upgraded.previous_until, upgraded.reach), (Some(Time(129)), Reach::All));
    }
}
