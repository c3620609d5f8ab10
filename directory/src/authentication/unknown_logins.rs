//! Sign-ins with a login that no admin has, as events: some of them one by one, the others counted.

use super::password::{Password, judge};
use super::sign_in::SignInRequest;
use crate::access::Context;
use crate::directory::Directory;
use crate::events::{
    Action, Allowance, Allowances, Event, EventActor, EventRequest, Outcome, Untold,
};
use crate::id::{OrganizationId, Place};
use crate::time::Time;

/// So many are told one by one: whoever has slipped is seen, and a flood does not fill the log.
const TOLD: Allowance = Allowance { all: 60, of_one: 6 };
/// The longest login or slug that is told, in characters.
const LONGEST: usize = 64;
/// What is told in place of what may be a password.
const HIDDEN: &str = "(hidden, since it may be a password)";

/// How many sign-ins of late had logins of no admin, at the provider and in each organization.
pub(crate) type UnknownLogins = Allowances<Option<OrganizationId>>;

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
        let (whose, source) = (home.organization(), Some(request.arrival.source));
        let unknown = &self.inner.unknown_logins;
        let (is_told, before) = unknown.take(whose, source, TOLD, context.now);
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
        let event = Event {
            at: context.now,
            actor: EventActor::Nobody,
            source,
            action: Action::SignIn,
            subject: None,
            outcome: Outcome::Failure(why),
            differences: Vec::new(),
            access: None,
            request: EventRequest::of(context),
            search: None,
        };
        self.note_event(home, &event);
    }

    /// Tells of those that were only counted, once their minute is over.
    pub(crate) fn tell_untold_strangers(&self, now: Time) {
        for (whose, untold) in self.inner.unknown_logins.over(now) {
            self.note_untold_strangers(whose, untold);
        }
    }

    fn note_untold_strangers(&self, whose: Option<OrganizationId>, untold: Untold) {
        let place = whose.map_or(Place::Provider, Into::into);
        let words = "sign-ins with logins of no admin within a minute beside those that are told";
        self.note_untold(place, Action::SignIn, words, untold);
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
