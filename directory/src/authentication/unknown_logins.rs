//! Sign-ins with a login that no admin has, as events: some of them one by one, the others counted.

use storage::Reading;

use super::engine::Bearer;
use super::sign_in::SignInRequest;
use crate::access::Context;
use crate::directory::Directory;
use crate::error::Error;
use crate::events::{
    Action, Allowance, Allowances, Event, EventActor, EventRequest, Outcome, Untold,
};
use crate::id::{OrganizationId, Place};
use crate::records::{Admin, indices};
use crate::text::prepare;
use crate::time::Time;

/// So many are told one by one: whoever has slipped is seen, and a flood does not fill the log.
const TOLD: Allowance = Allowance { all: 60, of_one: 6 };
/// The longest login that is told, in characters.
const LONGEST: usize = 64;
/// So many admins of a place are compared with a login at most.
const COMPARED: usize = 4_096;

/// How many sign-ins of late had logins of no admin, at the provider and in each organization.
pub(crate) type UnknownLogins = Allowances<Option<OrganizationId>>;

/// Somebody whose login is no admin's.
pub(super) struct Stranger {
    /// Where they tried; none where the organization is none that answers.
    pub(super) place: Option<Place>,
    pub(super) request: SignInRequest,
    pub(super) context: Context,
}

impl Directory {
    /// Tells of a sign-in whose login is no admin's, where it was tried; of an organization that there
    /// is not, the provider is told.
    pub(super) fn note_stranger(&self, stranger: &Stranger) {
        let Stranger { place, request, context } = stranger;
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
        let login = self.told_login(stranger);
        let why = match &request.organization {
            Some(slug) if place.is_none() => {
                let slug = self.hidden(slug);
                format!("there is no admin {login} of an organization {slug}")
            }
            Some(_) | None => format!("there is no admin {login}"),
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
        self.note_untold(place, (Action::SignIn, None), words, untold);
    }

    /// What is told of a login: people type passwords where a login belongs, and what events say is
    /// kept and exported. So the text is told only of a mail address, and of what is hardly another
    /// than a login of the place; everything else is hidden.
    fn told_login(&self, stranger: &Stranger) -> String {
        let Stranger { place, request, .. } = stranger;
        let login = &request.login;
        let is_password = login.as_bytes() == request.password.expose();
        let is_short = login.chars().count() <= LONGEST;
        // Where nothing can be read there is nothing to compare it with.
        let is_near = || place.is_some_and(|place| self.is_near(place, login).unwrap_or(false));
        let is_login = is_short && !is_password && (is_mail_address(login) || is_near());
        if is_login { format!("“{login}”") } else { self.hidden(login) }
    }

    /// What stands for a text that is hidden: the same for the same one, until the daemon ends.
    fn hidden(&self, text: &str) -> String {
        let (_, number) = self.inner.engine.name_key(None, Bearer::Admin, text);
        format!("(hidden, since it may be a password: {:04x})", number & 0xffff)
    }

    /// Whether a login is one slip from an admin's of a place, or the one of a user there.
    fn is_near(&self, place: Place, login: &str) -> Result<bool, Error> {
        let (snapshot, partition) = (self.inner.store.read()?, place.partition());
        let wanted = prepare(login);
        for index in [indices::USER_LOGIN, indices::DELETED_USER_LOGIN] {
            if snapshot.find_first(partition, index, wanted.as_bytes())?.is_some() {
                return Ok(true);
            }
        }
        let wanted: Vec<char> = wanted.chars().collect();
        for found in snapshot.scan::<Admin>(partition, None).take(COMPARED) {
            let (_, admin) = found?;
            let known: Vec<char> = prepare(&admin.fields.login).chars().collect();
            if is_one_slip(&wanted, &known) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether a text is written as mail addresses usually are. A password with an `@` in it hardly has two
/// letters before it and a domain of labels behind it.
fn is_mail_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let fits = |letter: char| letter.is_alphanumeric() || "._+-".contains(letter);
    let is_label = |label: &str| {
        !label.is_empty() && label.chars().all(|letter| letter.is_alphanumeric() || letter == '-')
    };
    let last = domain.rsplit_once('.').map(|(_, last)| last);
    let has_end = last.is_some_and(|last| last.len() >= 2 && last.chars().all(char::is_alphabetic));
    local.chars().count() >= 2
        && local.chars().all(fits)
        && domain.split('.').all(is_label)
        && has_end
}

/// Whether one text becomes the other by one letter more, less, another, or by two that change places.
fn is_one_slip(one: &[char], other: &[char]) -> bool {
    let same = |(one, other): &(&char, &char)| one == other;
    let before = one.iter().zip(other).take_while(same).count();
    let (_, one) = one.split_at(before);
    let (_, other) = other.split_at(before);
    let behind = one.iter().rev().zip(other.iter().rev()).take_while(same).count();
    let (one, _) = one.split_at(one.len().saturating_sub(behind));
    let (other, _) = other.split_at(other.len().saturating_sub(behind));
    match (one, other) {
        ([], []) | ([], [_]) | ([_], []) | ([_], [_]) => true,
        ([first, second], [third, fourth]) => first == fourth && second == third,
        (_, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_one_letter_or_two_that_change_places() {
        let slip = |one: &str, other: &str| {
            let letters = |text: &str| text.chars().collect::<Vec<_>>();
            is_one_slip(&letters(one), &letters(other))
        };
        for near in ["grace", "grac", "race", "gracee", "ggrace", "gra-ce", "grbce", "garce"] {
            assert!(slip(near, "grace") && slip("grace", near), "{near}");
        }
        for far in ["", "gra", "graces1", "ecarg", "gcare", "grabec", "sommer2031x"] {
            assert!(!slip(far, "grace") && !slip("grace", far), "{far}");
        }
    }

    #[test]
    fn mail_addresses_are_told_from_passwords_with_a_sign_in_them() {
        for mail in ["ada@acme.example", "grace.hopper+x@mail.acme.co.uk", "müller@büro.example"]
        {
            assert!(is_mail_address(mail), "{mail}");
        }
        for other in
            ["", "ada", "p@ssword.com", "pass@word", "ada@acme.e", "ada@acme.12", "ada@@a.example"]
        {
            assert!(!is_mail_address(other), "{other}");
        }
        assert!(!is_mail_address("horse battery@staple.example"));
    }
}
