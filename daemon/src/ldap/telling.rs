//! Searches on their way to being events.

use std::time::Duration;

use directory::access::{Actor, Context};
use directory::events::SearchTold;
use directory::records::SearchTelling;
use directory::{Error, Schema, milliseconds};
use ldap::dn::Dn;
use ldap::{
    Answer, Description, Filter, Outcome, ResultCode, Scope, SearchRequest, Session, Ticket,
};

use super::answer::{Asked, Caller};
use super::notes;
use super::replies::granted;
use super::view::custom;

/// How the search that is being answered is told, and when it began.
#[derive(Clone, Copy, Default)]
pub(super) struct Telling {
    pub(super) how: SearchTelling,
    pub(super) began: Option<Duration>,
}

/// A search that has answered a part, and is told once it has answered all.
pub(super) struct Untold {
    told: SearchTold,
    /// Whether it is told although it does not fail.
    chosen: bool,
    actor: Actor,
    began: Duration,
    /// The most entries that its client wants.
    wanted: u32,
}

/// How far a search is.
enum Ending {
    /// It goes on.
    Open,
    Well,
    /// For this reason.
    Failed(String),
}

/// The most octets of a base that are told.
const BASE: usize = 256;
/// The most octets of a filter that are told.
const FILTER: usize = 1_024;
/// What stands for a value that is not told.
const MASK: &[u8] = b"?";

impl Caller {
    /// Tells of a search that was answered, if it is told, or keeps what it takes to tell of it.
    /// One that went well at once costs nothing where none are told; of one that goes on nobody knows yet
    /// how it ends.
    pub(super) fn tell_search(
        &mut self,
        ticket: Ticket,
        request: &SearchRequest,
        asked: &Result<Asked, Error>,
        session: &mut Session,
    ) {
        let Telling { how, began } = self.telling;
        let ending = Ending::of(asked);
        if how.one_in == 0 && matches!(ending, Ending::Well) {
            return;
        }
        let (actor, wanted, given) = (self.actor(), request.size_limit, given(session, ticket));
        let open = matches!(ending, Ending::Open);
        let failure = ending.failure(wanted, given);
        let chosen = failure.is_none() && self.directory().is_told(how);
        if !open && !chosen && !self.is_told(actor, failure.as_ref()) {
            return;
        }
        let told = self.described(request, how.values);
        let began = began.unwrap_or_else(|| self.monotonic());
        let untold = Untold { told, chosen, actor, began, wanted };
        if open {
            self.untold.insert(ticket, untold);
        } else {
            self.tell(untold, given, failure);
        }
    }

    /// Tells of a search that has answered another part, if that was all and it is told.
    pub(super) fn tell_rest(
        &mut self,
        ticket: Ticket,
        asked: &Result<Asked, Error>,
        session: &mut Session,
    ) {
        let (ending, given) = (Ending::of(asked), given(session, ticket));
        let Some(untold) = self.untold.get_mut(&ticket) else { return };
        untold.told.entries = given;
        if matches!(ending, Ending::Open) {
            return;
        }
        let Some(untold) = self.untold.remove(&ticket) else { return };
        let failure = ending.failure(untold.wanted, given);
        let chosen = failure.is_none() && untold.chosen;
        if chosen || self.is_told(untold.actor, failure.as_ref()) {
            self.tell(untold, given, failure);
        }
    }

    /// Tells of a search for the end of which nobody waits, if it would have been told.
    pub(super) fn tell_abandoned(&mut self, ticket: Ticket) {
        if let Some(untold) = self.untold.remove(&ticket).filter(|untold| untold.chosen) {
            let entries = untold.told.entries;
            self.tell(untold, entries, Some("the client did not wait for the end".into()));
        }
    }

    /// Whether it failed, and that is told by itself.
    fn is_told(&self, actor: Actor, failure: Option<&String>) -> bool {
        let (organization, source) = (actor.organization(), self.source());
        failure.is_some() && self.directory().is_failure_told(organization, source, self.now())
    }

    fn tell(&self, untold: Untold, entries: u64, failure: Option<String>) {
        let Untold { told, actor, began, .. } = untold;
        let duration = milliseconds(self.monotonic().saturating_sub(began));
        let (source, now) = (Some(self.source()), self.now());
        let context = Context { actor, source, now, request: None };
        self.directory().tell_search(&context, SearchTold { entries, duration, ..told }, failure);
    }

    fn described(&self, request: &SearchRequest, values: bool) -> SearchTold {
        let scope = match request.scope {
            Scope::Base => "base",
            Scope::One => "one",
            Scope::Subtree => "sub",
        };
        let spelled = request.base.as_str();
        let base = match Dn::parse(spelled) {
            Ok(_) if values => spelled.to_owned(),
            Ok(dn) => notes::place(&dn),
            // What is no name could be anything.
            Err(_) => notes::NO_NAME.to_owned(),
        };
        let filter = values.then(|| self.masked(&request.filter)).flatten();
        let filter = filter.unwrap_or_else(|| notes::shape(&request.filter));
        let (base, filter) = (clipped(base, BASE), clipped(filter, FILTER));
        SearchTold { base, scope: scope.into(), filter, entries: 0, duration: 0 }
    }

    /// A filter with the values that may be told; none where that cannot be found out.
    fn masked(&self, filter: &Filter) -> Option<String> {
        let reading = self.read().ok()?;
        let grant = granted(self.actor(), &reading, self.memo()).ok()??;
        let mut filter = filter.clone();
        mask(&mut filter, grant.schema());
        Some(filter.to_string())
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        let tickets: Vec<Ticket> = self.untold.keys().copied().collect();
        tickets.into_iter().for_each(|ticket| self.tell_abandoned(ticket));
    }
}

impl Ending {
    /// One that stays to hear of changes has answered what it was asked for.
    fn of(asked: &Result<Asked, Error>) -> Self {
        let answer = match asked {
            Ok(Asked::Answered(answer)) => answer,
            Ok(Asked::Later) => return Self::Open,
            Err(_) => return Self::Failed("an internal error".into()),
        };
        match answer {
            Answer::More => Self::Open,
            Answer::Result(outcome) if outcome.code != ResultCode::Success => {
                Self::Failed(reason(outcome))
            }
            Answer::Result(_)
            | Answer::Page(_)
            | Answer::Waiting
            | Answer::Identity(_)
            | Answer::Noticed(..)
            | Answer::Password(_) => Self::Well,
        }
    }

    /// Why it failed; who was given as much as they wanted did not fail.
    fn failure(self, wanted: u32, given: u64) -> Option<String> {
        match self {
            Self::Open | Self::Well => None,
            Self::Failed(_) if wanted > 0 && given >= u64::from(wanted) => None,
            Self::Failed(reason) => Some(reason),
        }
    }
}

fn reason(outcome: &Outcome) -> String {
    let code = outcome.code as u16;
    match outcome.message.as_ref() {
        "" => format!("result code {code}"),
        message => format!("{message} (result code {code})"),
    }
}

fn given(session: &mut Session, ticket: Ticket) -> u64 {
    session.entries(ticket).map_or(0, |writer| writer.given())
}

/// Puts a mark in the place of the values that are not told: those of passwords, and of attributes
/// that nobody has, since nobody knows what they are.
fn mask(filter: &mut Filter, schema: &Schema) {
    let masks = |description: &Description| {
        let known = description.kind().is_some() || custom::knows(description, schema);
        !known || is_secret(description.as_str())
    };
    match filter {
        Filter::And(parts) | Filter::Or(parts) => {
            parts.iter_mut().for_each(|part| mask(part, schema));
        }
        Filter::Not(inner) => mask(inner, schema),
        Filter::Equality(assertion)
        | Filter::Approx(assertion)
        | Filter::GreaterOrEqual(assertion)
        | Filter::LessOrEqual(assertion) => {
            if masks(&assertion.attribute) {
                assertion.value = MASK.into();
            }
        }
        Filter::Substrings(parts) => {
            if masks(&parts.attribute) {
                let ends = [&mut parts.initial, &mut parts.last];
                let values = ends.into_iter().flatten().chain(&mut parts.any);
                values.for_each(|value| *value = MASK.into());
            }
        }
        Filter::Extensible(matching) => {
            if matching.attribute.as_ref().is_none_or(masks) {
                matching.value = MASK.into();
            }
        }
        Filter::Present(_) | Filter::Unknown => {}
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "passwd", "pwd", "secret", "pin"].iter().any(|word| name.contains(word))
}

fn clipped(mut text: String, most: usize) -> String {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push('\u{2026}');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_passwords_and_of_what_nobody_has_are_not_told() {
        let text = "(&(uid=ada)(|(mail=a*b*c)(costCenter=7)(costCenter=1*2))\
                    (!(userPassword=geheim))(userPassword=g*m)(cn:caseExactMatch:=Ada)\
                    (:caseExactMatch:=geheim)(sn=*))";
        let mut filter: Filter = text.parse().unwrap();
        mask(&mut filter, &Schema::default());
        let expected = "(&(uid=ada)(|(mail=a*b*c)(costCenter=?)(costCenter=?*?))\
                        (!(userPassword=?))(userPassword=?*?)(cn:caseExactMatch:=Ada)\
                        (:caseExactMatch:=?)(sn=*))";
        assert_eq!(filter.to_string(), expected);
    }

    #[test]
    fn what_is_told_is_not_longer_than_what_is_kept() {
        assert_eq!(clipped("short".into(), BASE), "short");
        let long = clipped("\u{e4}".repeat(BASE), BASE);
        assert_eq!(long, "\u{e4}".repeat(BASE / 2) + "\u{2026}");
    }

    #[test]
    fn who_was_given_as_much_as_they_wanted_did_not_fail() {
        let outcome = Outcome::new(ResultCode::SizeLimitExceeded, "there are more");
        let asked = || Ok(Asked::Answered(Answer::Result(outcome.clone())));
        assert_eq!(Ending::of(&asked()).failure(2, 2), None);
        let reason = Some("there are more (result code 4)".to_owned());
        assert_eq!(Ending::of(&asked()).failure(0, 500), reason);
        assert_eq!(Ending::of(&asked()).failure(600, 500), reason);
        let absent = Outcome::code(ResultCode::NoSuchObject);
        let ending = Ending::of(&Ok(Asked::Answered(Answer::Result(absent))));
        assert_eq!(ending.failure(1, 0), Some("result code 32".into()));
        assert_eq!(Ending::of(&Ok(Asked::Answered(Answer::Waiting))).failure(0, 0), None);
    }
}
