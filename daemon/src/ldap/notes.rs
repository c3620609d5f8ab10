//! What a connection's application asked for and did not get, on its way to the recorder.

use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use directory::access::{Actor, Identity};
use directory::{Directory, Missed, Schema, Time};
use ldap::dn::Dn;
use ldap::filter::Assertion;
use ldap::schema::matching_rule;
use ldap::{Answer, Description, Filter, ResultCode, SearchRequest};

use super::view::{self, Naming};
use crate::clock::Clock;

/// The same is noted once in this time.
const PAUSE: Duration = Duration::from_secs(1);
/// So many different things are remembered as noted.
const REMEMBERED: usize = 32;
/// A search that looked through so many entries in vain was not served by an index.
const IN_VAIN: usize = 100;
/// The most octets of a filter's shape.
const SHAPE: usize = directory::RECORDED_TEXT;

/// What is told of a base that is no distinguished name.
pub(super) const NO_NAME: &str = "not a distinguished name";
/// What is told of an order by more keys than are sorted by.
const TOO_MANY_KEYS: &str = "by too many attributes";
/// What is told of entries that were too many to sort.
const UNSORTED: &str = "there was too much to sort, so it came unsorted";

/// What a connection noted a moment ago; empty for who asks for nothing in vain.
#[derive(Default)]
pub(super) struct Notes {
    recent: RefCell<Vec<(u64, Duration)>>,
}

/// Who notes what, and when.
pub(super) struct Noting<'a> {
    pub(super) notes: &'a Notes,
    pub(super) directory: &'a Directory,
    pub(super) actor: Actor,
    pub(super) clock: Clock,
}

impl Noting<'_> {
    /// Notes one thing of an application; of people nothing is noted.
    pub(super) fn note(&self, missed: Missed, text: &str) {
        if self.is_application() && self.is_news((missed, text)) {
            self.directory.note_missed(self.actor, missed, text, Time(self.clock.wall()));
        }
    }

    fn is_application(&self) -> bool {
        matches!(self.actor.identity(), Some(Identity::ServiceAccount(_)))
    }

    /// Notes what a search asks for that no entry has, as the application is shown entries.
    pub(super) fn search(&self, request: &SearchRequest, naming: &Naming, schema: &Schema) {
        if !self.is_application() {
            return;
        }
        let selection = &request.selection;
        if selection.has_unknown() || selection.names_one_of(&naming.ways().hidden) {
            for description in request.requested.names() {
                // Where nobody knows ranges, they are of a domain controller's clients.
                let is_range = description.range().is_some();
                if !view::is_had(&description, naming, schema)
                    || (is_range && !view::is_range(&description, naming))
                {
                    self.note(Missed::Attribute, name(&description));
                }
            }
        }
        if let Some(sort) = &request.sort
            && let Err(refusal) = view::sort_keys(sort, naming, schema)
        {
            self.note(Missed::Order, refusal.attribute.as_deref().map_or(TOO_MANY_KEYS, plain));
        }
        self.filter(&request.filter, naming, schema);
    }

    fn filter(&self, filter: &Filter, naming: &Naming, schema: &Schema) {
        let description = match filter {
            Filter::And(parts) | Filter::Or(parts) => {
                return parts.iter().for_each(|part| self.filter(part, naming, schema));
            }
            Filter::Not(inner) => return self.filter(inner, naming, schema),
            Filter::Equality(assertion) | Filter::Approx(assertion) => {
                self.class(assertion, naming, schema);
                Some(&assertion.attribute)
            }
            Filter::GreaterOrEqual(assertion) | Filter::LessOrEqual(assertion) => {
                Some(&assertion.attribute)
            }
            Filter::Substrings(substrings) => Some(&substrings.attribute),
            Filter::Present(attribute) => Some(attribute),
            Filter::Extensible(extensible) => {
                if let Some(rule) = extensible.rule.as_ref().map(|rule| rule.as_str())
                    && matching_rule(rule).is_none()
                {
                    self.note(Missed::MatchingRule, plain(rule));
                }
                extensible.attribute.as_ref()
            }
            Filter::Unknown => None,
        };
        if let Some(description) = description {
            self.tested(description, naming, schema);
        }
    }

    /// Notes an attribute that is tested and that no entry can have.
    pub(super) fn tested(&self, description: &Description, naming: &Naming, schema: &Schema) {
        let is_optioned = description.kind().is_some() && description.plain().is_none();
        if is_optioned || !view::is_had(description, naming, schema) {
            self.note(Missed::FilterAttribute, name(description));
        }
    }

    /// Notes an object class that is asked for and that no entry has.
    fn class(&self, assertion: &Assertion, naming: &Naming, schema: &Schema) {
        if assertion.attribute.kind().is_some_and(|kind| kind.name == "objectClass")
            && !view::is_class_had(&assertion.value, naming, schema)
        {
            let class = std::str::from_utf8(&assertion.value).unwrap_or_default();
            self.note(Missed::ObjectClass, plain(class.trim()));
        }
    }

    /// Notes a limit that ended a search, in the words in which it was told.
    pub(super) fn limited(&self, answer: &Answer) {
        if let Answer::Result(outcome) = answer
            && matches!(
                outcome.code,
                ResultCode::SizeLimitExceeded
                    | ResultCode::TimeLimitExceeded
                    | ResultCode::AdminLimitExceeded
                    | ResultCode::UnavailableCriticalExtension
            )
        {
            self.note(Missed::Limit, &outcome.message);
        }
    }

    /// Notes that entries came without the order that was asked for.
    pub(super) fn unsorted(&self) {
        self.note(Missed::Limit, UNSORTED);
    }

    /// Notes a base that an answer says leads nowhere.
    pub(super) fn base_of(&self, answer: &Answer, base: &Dn) {
        if matches!(answer, Answer::Result(outcome) if outcome.code == ResultCode::NoSuchObject) {
            self.base(base);
        }
    }

    /// Notes a base that is no name at all, so that nothing of it can be told.
    pub(super) fn no_base(&self) {
        self.note(Missed::Base, NO_NAME);
    }

    fn base(&self, base: &Dn) {
        self.note(Missed::Base, &place(base));
    }

    /// Notes the shape of a filter when it made a search look through many entries.
    pub(super) fn looked_through(&self, entries: usize, shape: &str) {
        if entries >= IN_VAIN {
            self.note(Missed::Unserved, shape);
        }
    }

    /// Whether a thing was not noted a moment ago on this connection.
    pub(super) fn is_news(&self, what: (Missed, &str)) -> bool {
        let mut hasher = DefaultHasher::new();
        what.hash(&mut hasher);
        let (hash, now) = (hasher.finish(), self.clock.monotonic());
        let mut recent = self.notes.recent.borrow_mut();
        recent.retain(|(_, noted)| now.saturating_sub(*noted) < PAUSE);
        if recent.iter().any(|(noted, _)| *noted == hash) || recent.len() >= REMEMBERED {
            return false;
        }
        recent.push((hash, now));
        true
    }
}

fn name(description: &Description) -> &str {
    match description.range() {
        // A range has signs that are in no other name.
        Some(_) if plain(description.name()) == description.name() => description.as_str(),
        Some(_) | None => plain(description.as_str()),
    }
}

/// A name of an attribute as it may be told: nothing that could be something else.
fn plain(name: &str) -> &str {
    let well_formed =
        name.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-;.".contains(&octet));
    if well_formed && (1..=64).contains(&name.len()) { name } else { "?" }
}

/// A base as it may be told: where things stand, and of who stands there the type alone.
pub(super) fn place(base: &Dn) -> String {
    let known = |kind: &str| matches!(kind, "dc" | "o" | "ou" | "c" | "l" | "st");
    let mut words = Vec::new();
    for rdn in base.rdns() {
        for (kind, value) in rdn.parts() {
            let value = if known(kind) { value } else { "?".into() };
            words.push(format!("{}={value}", plain(kind)));
        }
    }
    words.join(",")
}

/// A filter without its values.
pub(super) fn shape(filter: &Filter) -> String {
    let mut text = String::new();
    write_shape(filter, &mut text);
    text
}

fn write_shape(filter: &Filter, text: &mut String) {
    if text.len() > SHAPE {
        return;
    }
    let mut list = |sign: char, parts: &[Filter]| {
        text.push('(');
        text.push(sign);
        parts.iter().for_each(|part| write_shape(part, text));
        text.push(')');
    };
    let (description, test) = match filter {
        Filter::And(parts) => return list('&', parts),
        Filter::Or(parts) => return list('|', parts),
        Filter::Not(inner) => return list('!', std::slice::from_ref(&**inner)),
        Filter::Equality(assertion) => (&assertion.attribute, "=?"),
        Filter::Approx(assertion) => (&assertion.attribute, "~=?"),
        Filter::GreaterOrEqual(assertion) => (&assertion.attribute, ">=?"),
        Filter::LessOrEqual(assertion) => (&assertion.attribute, "<=?"),
        Filter::Present(attribute) => (attribute, "=*"),
        Filter::Substrings(substrings) => {
            let (begins, ends) = (substrings.initial.is_some(), substrings.last.is_some());
            let test = match (begins, substrings.any.is_empty(), ends) {
                (true, true, false) => "=?*",
                (false, true, true) => "=*?",
                (false, false, false) => "=*?*",
                _ => "=?*?",
            };
            (&substrings.attribute, test)
        }
        Filter::Extensible(extensible) => match &extensible.attribute {
            Some(attribute) => (attribute, ":=?"),
            None => return text.push_str("(:=?)"),
        },
        Filter::Unknown => return text.push_str("(?)"),
    };
    text.push('(');
    text.push_str(name(description));
    text.push_str(test);
    text.push(')');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_has_no_values() {
        let filter = "(&(uid=secret)(|(mail=*secret*)(cn=secret*))(!(x>=secret))(sn=*)(cn:=s))";
        let shape = shape(&filter.parse().unwrap());
        assert_eq!(shape, "(&(uid=?)(|(mail=*?*)(cn=?*))(!(x>=?))(sn=*)(cn:=?))");
    }

    #[test]
    fn a_shape_is_not_much_longer_than_what_is_kept() {
        let parts = "(uid=x)".repeat(5_000);
        let shape = shape(&format!("(|{parts})").parse().unwrap());
        assert!(shape.len() < SHAPE + 100);
    }

    #[test]
    fn what_is_no_name_is_not_told() {
        assert_eq!(plain("costCenter;lang-en"), "costCenter;lang-en");
        for text in ["", "pass word", "p\u{e4}ss", "a=b"] {
            assert_eq!(plain(text), "?");
        }
        for (text, told) in [
            ("member;range=0-*", "member;range=0-*"),
            ("member;range=0-x", "?"),
            ("pass word;range=0-*", "?"),
            ("member;word=a", "?"),
            ("cn;lang-en", "cn;lang-en"),
        ] {
            assert_eq!(name(&Description::from(text)), told);
        }
    }
}
