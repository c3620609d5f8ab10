//! Sign-ins with a login that no admin has, as events: some of them one by one, the others counted.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::password::{Password, judge};
use super::sign_in::SignInRequest;
use super::throttle::Source;
use crate::access::Context;
use crate::directory::Directory;
use crate::events::{Action, Event, EventActor, EventRequest, Outcome};
use crate::id::{OrganizationId, Place};
use crate::time::Time;

/// So many of one source and place are told one by one in a minute: whoever has slipped is seen, and a
/// flood does not fill the log.
const TOLD_OF_SOURCE: u32 = 6;
/// So many of a place are, wherever they come from.
const TOLD: u32 = 60;
const MINUTE: u64 = 60_000;
/// The longest login or slug that is told, in characters.
const LONGEST: usize = 64;
/// What is told in place of what may be a password.
const HIDDEN: &str = "(hidden, since it may be a password)";

impl Directory {
    /// Tells of a sign-in whose login is no admin's, where it was tried; of an organization that there
    /// is not, the provider is told.
    pub(super) fn note_stranger(
        &self,
        place: Option<Place>,
        request: &SignInRequest,
        context: &Context,
    ) {
        let home = place.unwrap_or(Place::Provider);
        let (whose, source) = (home.organization(), request.arrival.source);
        let (is_told, before) = self.inner.unknown_logins.take(whose, source, context.now);
        if let Some(untold) = before {
            self.note_untold_strangers(whose, untold);
        }
        if !is_told {
            return;
        }
        let login = told(&request.login, &request.password);
        let why = match &request.organization {
            Some(slug) if place.is_none() => {
                let slug = told(slug, &request.password);
                format!("there is no admin “{login}” of an organization “{slug}”")
            }
            Some(_) | None => format!("there is no admin “{login}”"),
        };
        let event = failure(context.now, why);
        let (request, source) = (EventRequest::of(context), context.source);
        self.note_event(home, &Event { request, source, actor: EventActor::Nobody, ..event });
    }

    /// Tells of those that were only counted, once their minute is over.
    pub(crate) fn tell_untold_strangers(&self, now: Time) {
        for (whose, untold) in self.inner.unknown_logins.over(now) {
            self.note_untold_strangers(whose, untold);
        }
    }

    fn note_untold_strangers(&self, whose: Option<OrganizationId>, untold: Untold) {
        let Untold { count, last } = untold;
        let why = format!(
            "sign-ins with logins of no admin within a minute beside those that are told: {count}"
        );
        self.note_event(whose.map_or(Place::Provider, Into::into), &failure(last, why));
    }
}

fn failure(at: Time, why: String) -> Event {
    Event {
        at,
        actor: EventActor::Daemon,
        source: None,
        action: Action::SignIn,
        subject: None,
        outcome: Outcome::Failure(why),
        differences: Vec::new(),
        access: None,
        request: None,
        search: None,
    }
}

/// What may be told of a name that a stranger gave: people type passwords where a login belongs.
fn told<'n>(name: &'n str, password: &Password) -> &'n str {
    let is_password = name.as_bytes() == password.expose();
    if !is_password && looks_like_a_login(name) { name } else { HIDDEN }
}

/// Whether a name is short, made of what logins are made of, and neither as mixed as a password nor
/// one with digits that everybody tries first. Words alone are logins more often than passwords.
fn looks_like_a_login(name: &str) -> bool {
    let has = |kind: fn(char) -> bool| name.chars().any(kind);
    let has_digits = has(char::is_numeric);
    let is_mixed = has_digits && has(char::is_uppercase) && has(char::is_lowercase);
    let is_common = || Password::new(name.as_bytes()).is_ok_and(|it| judge(&it, &[], 0).is_err());
    let fits = |letter: char| letter.is_alphanumeric() || "._-@".contains(letter);
    let is_name = (1..=LONGEST).contains(&name.chars().count()) && name.chars().all(fits);
    is_name && !is_mixed && !(has_digits && is_common())
}

/// How many sign-ins of late had logins of no admin, at the provider and in each organization.
#[derive(Default)]
pub(crate) struct UnknownLogins {
    minutes: Mutex<HashMap<Option<OrganizationId>, Minute>>,
}

struct Minute {
    begun: Time,
    told: u32,
    /// What is told of each source; these are no more than are told.
    of_sources: HashMap<Source, u32>,
    untold: Untold,
}

/// Sign-ins that were not told one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Untold {
    count: u64,
    /// When the last of them was.
    last: Time,
}

impl UnknownLogins {
    /// Takes note of one: whether it is told by itself, and what was not told of a minute that is over.
    fn take(
        &self,
        whose: Option<OrganizationId>,
        source: IpAddr,
        now: Time,
    ) -> (bool, Option<Untold>) {
        let (mut minutes, source) = (self.lock(), Source::of(source));
        let minute = minutes.entry(whose).or_insert_with(|| Minute::beginning(now));
        let before = minute.is_over(now).then(|| {
            let ended = std::mem::replace(minute, Minute::beginning(now));
            ended.untold
        });
        let of_source = minute.of_sources.get(&source).copied().unwrap_or(0);
        let is_told = minute.told < TOLD && of_source < TOLD_OF_SOURCE;
        if is_told {
            minute.told = minute.told.saturating_add(1);
            minute.of_sources.insert(source, of_source.saturating_add(1));
        } else {
            let count = minute.untold.count.saturating_add(1);
            minute.untold = Untold { count, last: now };
        }
        (is_told, before.filter(|untold| untold.count > 0))
    }

    /// What was not told of minutes that are over; they are forgotten.
    fn over(&self, now: Time) -> Vec<(Option<OrganizationId>, Untold)> {
        let mut minutes = self.lock();
        let over = minutes.iter().filter(|(_, minute)| minute.is_over(now));
        let untold = over.map(|(whose, minute)| (*whose, minute.untold));
        let untold = untold.filter(|(_, untold)| untold.count > 0).collect();
        minutes.retain(|_, minute| !minute.is_over(now));
        untold
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Option<OrganizationId>, Minute>> {
        self.minutes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Minute {
    fn beginning(now: Time) -> Self {
        let untold = Untold { count: 0, last: now };
        Self { begun: now, told: 0, of_sources: HashMap::new(), untold }
    }

    /// A clock that was put back ends it, too.
    fn is_over(&self, now: Time) -> bool {
        now < self.begun || now >= self.begun.plus(MINUTE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::RecordId;

    #[test]
    fn what_may_be_a_password_is_hidden_and_what_looks_like_a_login_is_told() {
        let password = Password::new("maximilian".as_bytes()).unwrap();
        for name in ["grace", "Grace", "grace.hopper", "g_hopper-2", "ada@acme.example", "müller"]
        {
            assert_eq!(told(name, &password), name);
        }
        for name in [
            "",
            "maximilian",
            "correct horse battery",
            "Tr0ubadour",
            "grace!",
            "password1",
            "12345678",
            "{SSHA}abc",
            "a\u{200d}da",
            "line\nbreak",
        ] {
            assert_eq!(told(name, &password), HIDDEN, "{name:?}");
        }
        let long = "a-b".repeat(30);
        assert_eq!(told(&long, &password), HIDDEN);
    }

    #[test]
    fn a_flood_is_counted_and_takes_nothing_from_other_sources_and_places() {
        let unknown = UnknownLogins::default();
        let acme = OrganizationId::from_record(1);
        let source = |last: u8| IpAddr::from([192, 0, 2, last]);
        let start = Time(1_000_000);
        for _ in 0..TOLD_OF_SOURCE {
            assert_eq!(unknown.take(None, source(1), start), (true, None));
        }
        assert_eq!(unknown.take(None, source(1), start), (false, None));
        assert_eq!(unknown.take(None, source(2), start), (true, None), "another source");
        assert_eq!(unknown.take(acme, source(1), start), (true, None), "another place");
        let many = (3..=u8::MAX).filter(|last| unknown.take(None, source(*last), start).0);
        assert_eq!(many.count(), 53, "sixty of all");
        assert!(unknown.over(start.plus(MINUTE - 1)).is_empty());
        let untold = Untold { count: 201, last: start };
        assert_eq!(unknown.take(None, source(1), start.plus(MINUTE)), (true, Some(untold)));
        assert!(unknown.over(start.plus(2 * MINUTE)).is_empty(), "all of it was told");
        assert!(unknown.lock().is_empty(), "what is over takes no memory");
    }
}
