//! What stands in the text of an event and is searched by as well, written once for both.

use std::fmt::{self, Write};
use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Event, EventActor};

/// The ids and the address in an event as they are told.
pub(super) struct Spelled {
    pub(super) actor: Option<Id>,
    pub(super) subject: Option<Id>,
    pub(super) source: Option<Short>,
}

impl Spelled {
    pub(super) fn of<S: AsRef<str>>(event: &Event<S>) -> Self {
        let (_, id, _) = called(&event.actor);
        Self {
            actor: id.map(Id::of),
            subject: event.subject.as_ref().map(|subject| Id::of(&subject.id)),
            source: event.source.map(Short::of),
        }
    }
}

/// What an actor is. Records keep them by their order: a new one comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// Nobody who was known.
    Nobody,
    /// The daemon's own work.
    Daemon,
    /// An admin.
    Admin,
    /// A user.
    User,
    /// A service account.
    ServiceAccount,
    /// A device.
    Device,
    /// Whoever owns the machine, by a command of the daemon's.
    Operator,
}

impl ActorKind {
    /// The word for it, which is the same everywhere.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Daemon => "daemon",
            Self::Admin => "admin",
            Self::User => "user",
            Self::ServiceAccount => "service_account",
            Self::Device => "device",
            Self::Operator => "operator",
        }
    }
}

impl<S: AsRef<str>> EventActor<S> {
    /// What it is.
    pub fn kind(&self) -> ActorKind {
        called(self).0
    }
}

/// What an actor is, its id and its name.
pub(super) fn called<S: AsRef<str>>(
    actor: &EventActor<S>,
) -> (ActorKind, Option<&Uuid>, Option<&str>) {
    match actor {
        EventActor::Nobody => (ActorKind::Nobody, None, None),
        EventActor::Daemon => (ActorKind::Daemon, None, None),
        EventActor::Operator => (ActorKind::Operator, None, None),
        EventActor::Admin { id, login } => (ActorKind::Admin, Some(id), Some(login.as_ref())),
        EventActor::User { id, login } => (ActorKind::User, id.as_ref(), Some(login.as_ref())),
        EventActor::ServiceAccount { id, name } => {
            (ActorKind::ServiceAccount, id.as_ref(), Some(name.as_ref()))
        }
        EventActor::Device { id, name } => (ActorKind::Device, id.as_ref(), Some(name.as_ref())),
    }
}

/// An id in its usual form.
pub(super) struct Id([u8; 36]);

impl Id {
    pub(super) fn of(id: &Uuid) -> Self {
        let mut octets = [0; 36];
        id.hyphenated().encode_lower(&mut octets);
        Self(octets)
    }
}

impl AsRef<[u8]> for Id {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// A text no longer than an address.
pub(super) struct Short {
    octets: [u8; LONGEST],
    length: usize,
}

/// An IPv6 address that ends in an IPv4 one.
const LONGEST: usize = 45;

impl Short {
    pub(super) fn of(address: IpAddr) -> Self {
        let mut short = Self { octets: [0; LONGEST], length: 0 };
        match address {
            IpAddr::V4(address) => short.add_v4(address),
            // No address is longer.
            IpAddr::V6(address) => drop(write!(short, "{address}")),
        }
        short
    }

    /// The same as the library writes, which takes ten times as long.
    fn add_v4(&mut self, address: Ipv4Addr) {
        for (place, octet) in address.octets().into_iter().enumerate() {
            if place > 0 {
                self.add(b".");
            }
            let digits = [octet / 100, octet / 10 % 10, octet % 10].map(|digit| b'0' + digit);
            let leading = usize::from(octet < 100) + usize::from(octet < 10);
            self.add(digits.get(leading..).unwrap_or_default());
        }
    }

    fn add(&mut self, octets: &[u8]) -> Option<()> {
        let end = self.length + octets.len();
        self.octets.get_mut(self.length..end)?.copy_from_slice(octets);
        self.length = end;
        Some(())
    }
}

impl AsRef<[u8]> for Short {
    fn as_ref(&self) -> &[u8] {
        self.octets.get(..self.length).unwrap_or_default()
    }
}

impl Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.add(text.as_bytes()).ok_or(fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::*;

    fn spelled(address: IpAddr) -> String {
        String::from_utf8(Short::of(address).as_ref().to_vec()).unwrap()
    }

    proptest! {
        #[test]
        fn an_address_and_an_id_are_spelled_as_everywhere(v4: Ipv4Addr, v6: u128, id: u128) {
            let mapped = v4.to_ipv6_mapped();
            for address in [IpAddr::V4(v4), IpAddr::V6(v6.into()), IpAddr::V6(mapped)] {
                prop_assert_eq!(spelled(address), address.to_string());
            }
            let id = Uuid::from_u128(id);
            let (spelled, told) = (Id::of(&id), id.to_string());
            prop_assert_eq!(spelled.as_ref(), told.as_bytes());
        }
    }

    #[test]
    fn the_word_for_an_actor_is_the_one_that_is_asked_for() {
        for word in ["nobody", "daemon", "admin", "user", "service_account", "device", "operator"] {
            let kind: ActorKind = serde_json::from_value(word.into()).unwrap();
            assert_eq!(kind.word(), word);
            assert_eq!(serde_json::to_value(kind).unwrap(), word);
        }
    }

    #[test]
    fn each_octet_is_written_as_a_number() {
        for octet in 0..=255 {
            let address = IpAddr::V4(Ipv4Addr::new(octet, 0, 10, 255));
            assert_eq!(spelled(address), address.to_string());
        }
    }

    #[test]
    fn the_longest_address_has_room() {
        let longest: IpAddr = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255".parse().unwrap();
        assert_eq!(spelled(longest), longest.to_string());
    }
}
