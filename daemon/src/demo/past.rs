//! A past: events of a month, so many that one sees how long it takes to find one among them.

use std::net::{IpAddr, Ipv4Addr};

use directory::access::Context;
use directory::events::{
    AMONG, Action, Event, EventActor, NetworkAccess, NetworkPlace, Outcome, Subject, SubjectKind,
};
use directory::records::Carrier;
use directory::{Directory, NetworkMethod, OrganizationId, Time};
use uuid::Uuid;

use super::DemoError;

/// How far back the past goes, in milliseconds: thirty days.
const MONTH: u64 = 30 * 24 * 60 * 60 * 1_000;
/// People of each organization who log in.
const PEOPLE: u64 = 500;
/// Events that are not like any other, which is what is looked for.
const NEEDLES: u64 = 20;

/// Lets all organizations have a past of so many events, in turns.
///
/// # Errors
/// When there is no organization, or the event log fails.
pub(super) fn tell(
    directory: &Directory,
    nobody: Context,
    key: &str,
    events: u64,
) -> Result<(), DemoError> {
    let context = directory.identify(key, Carrier::Header, nobody)?.context;
    let organizations = directory.read(context)?.organizations_to_view(AMONG)?;
    let ids: Vec<OrganizationId> = organizations.into_iter().map(|(id, _)| id).collect();
    let past = Past { events, from: nobody.now.0.saturating_sub(MONTH) };
    let event = |number: u64| {
        let turn = usize::try_from(number).unwrap_or_default().checked_rem(ids.len())?;
        Some((*ids.get(turn)?, past.event(number)))
    };
    Ok(directory.write_past((0..events).filter_map(event))?)
}

struct Past {
    events: u64,
    from: u64,
}

impl Past {
    fn event(&self, number: u64) -> Event {
        let span = u128::from(MONTH) * u128::from(number) / u128::from(self.events.max(1));
        let at = Time(self.from.saturating_add(u64::try_from(span).unwrap_or(MONTH)));
        let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = mixed ^ (mixed >> 29);
        let person = mixed % PEOPLE;
        let low = u8::try_from(mixed % 200).unwrap_or_default();
        let source = Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, low)));
        let login = format!("user{person}");
        let user = Uuid::from_u128(u128::from(person));
        let event = Event {
            at,
            actor: EventActor::User { id: Some(user), login: login.clone() },
            source,
            action: Action::LdapBind,
            subject: None,
            outcome: Outcome::Success,
            differences: Vec::new(),
            access: None,
            request: None,
            search: None,
        };
        if self.is_needle(number) {
            return needle(event);
        }
        match mixed % 50 {
            0 => Event {
                actor: EventActor::Admin { id: Uuid::from_u128(1), login: "root".into() },
                action: Action::Changed,
                subject: Some(Subject { kind: SubjectKind::User, id: user, name: login }),
                ..event
            },
            1..=4 => Event { outcome: Outcome::Failure("the password is wrong".into()), ..event },
            5..=20 => {
                let (method, rule) = (NetworkMethod::Pap, Some("staff".into()));
                let place = NetworkPlace { gear: Some("ap-7".into()), ..NetworkPlace::default() };
                let access = Some(NetworkAccess { method, rule, place });
                Event { action: Action::RadiusAccess, access, ..event }
            }
            _ => event,
        }
    }

    fn is_needle(&self, number: u64) -> bool {
        number.checked_rem((self.events / NEEDLES).max(1)) == Some(0)
    }
}

/// One that stands out by all that it says.
fn needle(event: Event) -> Event {
    Event {
        actor: EventActor::ServiceAccount { id: None, name: "needle-actor".into() },
        source: Some(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7))),
        action: Action::MfaReset,
        subject: Some(Subject {
            kind: SubjectKind::Device,
            id: Uuid::from_u128(7),
            name: "needle-subject".into(),
        }),
        outcome: Outcome::Failure("a needle in a haystack".into()),
        ..event
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_past_is_in_order_and_has_few_needles() {
        let past = Past { events: 10_000, from: 1_000 };
        let all: Vec<Event> = (0..10_000).map(|number| past.event(number)).collect();
        assert!(all.is_sorted_by_key(|event| event.at));
        assert!(all.iter().all(|event| event.at < Time(1_000 + MONTH)));
        let count = |action| all.iter().filter(|event| event.action == action).count();
        assert_eq!(count(Action::MfaReset), 20);
        assert!(count(Action::LdapBind) > 5_000 && count(Action::RadiusAccess) > 1_000);
        assert!(count(Action::Changed) > 100);
    }
}
