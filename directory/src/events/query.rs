//! Which events somebody looks for.

use ipnet::IpNet;
use storage::{EventSearch, Partition, Term, term};
use uuid::Uuid;

use super::spelled::{ActorKind, Spelled, called};
use super::{Event, EventActor, EventRequest, Outcome, text};
use crate::records::EventFilter;
use crate::time::Time;

/// Which events somebody looks for; what is absent does not matter.
#[derive(Clone, Debug, Default)]
pub struct EventQuery {
    /// What they say.
    pub filter: EventFilter,
    /// Only those that happened then or later.
    pub from: Option<Time>,
    /// Only those that happened earlier.
    pub until: Option<Time>,
    /// Only what came of this request: its id, or what its client calls it; or of the import of this id.
    pub request: Option<String>,
}

/// The fields by which parts of the log are summarized; the numbers stand in segments for ever.
mod fields {
    pub(super) const ACTION: u8 = 1;
    pub(super) const SUCCESS: u8 = 2;
    pub(super) const ACTOR: u8 = 3;
    pub(super) const SUBJECT: u8 = 4;
    pub(super) const SUBJECT_KIND: u8 = 5;
    pub(super) const SOURCE: u8 = 6;
    pub(super) const REQUEST: u8 = 7;
}

impl EventQuery {
    /// Where the log has to be looked at.
    pub(super) fn search(&self, partition: Partition) -> EventSearch {
        let EventFilter {
            actions,
            actor,
            actor_kind,
            subject,
            subject_kind,
            source,
            success,
            text: _,
        } = &self.filter;
        let mut terms = Vec::new();
        if !actions.is_empty() {
            terms.push(actions.iter().map(|action| of_word(fields::ACTION, action)).collect());
        }
        let named = |field, name: &String| vec![term(field, name.to_lowercase().as_bytes())];
        terms.extend(actor.as_ref().map(|name| named(fields::ACTOR, name)));
        // Of the others the log has no summary: they are found by looking.
        let operator = actor_kind.filter(|kind| *kind == ActorKind::Operator);
        terms.extend(operator.map(|kind| vec![of_name(fields::ACTOR, kind.word())]));
        terms.extend(subject.as_ref().map(|name| named(fields::SUBJECT, name)));
        terms.extend(subject_kind.map(|kind| vec![of_word(fields::SUBJECT_KIND, &kind)]));
        terms.extend(success.map(|success| vec![term(fields::SUCCESS, &[success.into()])]));
        let whole = |source: &IpNet| source.prefix_len() == source.max_prefix_len();
        let address = source.filter(whole).map(|source| source.addr().to_string());
        terms.extend(address.map(|address| vec![term(fields::SOURCE, address.as_bytes())]));
        let request = self.request.as_ref();
        terms.extend(request.map(|id| vec![term(fields::REQUEST, id.as_bytes())]));
        EventSearch {
            from_ms: self.from.map_or(0, |time| time.0),
            until_ms: self.until.map_or(u64::MAX, |time| time.0),
            terms,
            written: true,
            ..EventSearch::all(partition)
        }
    }

    /// Whether an event of the right time is wanted.
    pub(crate) fn admits(&self, event: &Event) -> bool {
        let request = event.request.as_ref();
        self.request.as_ref().is_none_or(|wanted| is_of(request, wanted))
            && self.filter.admits(event)
    }
}

impl EventFilter {
    /// Whether all events are wanted.
    pub(crate) fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// Whether an event is wanted.
    pub(crate) fn admits(&self, event: &Event) -> bool {
        let is = |wanted: &String, name: Option<&str>, id: Option<&Uuid>| {
            let wanted = wanted.to_lowercase();
            name.is_some_and(|name| name.to_lowercase() == wanted)
                || id.is_some_and(|id| id.to_string() == wanted)
        };
        let by = |wanted: &String| {
            let (name, id) = name_of(&event.actor);
            is(wanted, name, id)
        };
        let to = |wanted: &String| {
            let subject = event.subject.as_ref();
            subject.is_some_and(|it| is(wanted, Some(&it.name), Some(&it.id)))
        };
        let kind = event.subject.as_ref().map(|subject| subject.kind);
        let done = event.outcome == Outcome::Success;
        (self.actions.is_empty() || self.actions.contains(&event.action))
            && self.success.is_none_or(|success| success == done)
            && self.actor_kind.is_none_or(|wanted| event.actor.kind() == wanted)
            && self.subject_kind.is_none_or(|wanted| kind == Some(wanted))
            && self.source.is_none_or(|net| event.source.is_some_and(|it| net.contains(&it)))
            && self.actor.as_ref().is_none_or(by)
            && self.subject.as_ref().is_none_or(to)
            && self.text.as_ref().is_none_or(|wanted| holds(event, wanted))
    }
}

fn is_of(request: Option<&EventRequest>, wanted: &str) -> bool {
    request.is_some_and(|it| it.id == wanted || it.client_id.as_deref() == Some(wanted))
}

/// Adds what a stored event can be searched by.
pub(super) fn terms(body: &[u8], terms: &mut Vec<u64>) {
    if let Some(event) = Event::in_place(body) {
        terms_of(&event, &Spelled::of(&event), terms);
    } else if let Some(event) = Event::decode(body) {
        terms_of(&event, &Spelled::of(&event), terms);
    }
}

/// Adds what an event can be searched by.
pub(super) fn terms_of<S: AsRef<str>>(event: &Event<S>, spelled: &Spelled, terms: &mut Vec<u64>) {
    let done = matches!(event.outcome, Outcome::Success);
    terms.push(of_word(fields::ACTION, &event.action));
    terms.push(term(fields::SUCCESS, &[done.into()]));
    let (name, _) = name_of(&event.actor);
    terms.extend(name.map(|name| of_name(fields::ACTOR, name)));
    terms.extend(spelled.actor.as_ref().map(|id| term(fields::ACTOR, id.as_ref())));
    terms.extend(spelled.source.as_ref().map(|source| term(fields::SOURCE, source.as_ref())));
    if let Some(EventRequest { id, client_id, .. }) = &event.request {
        let names = std::iter::once(id).chain(client_id);
        terms.extend(names.map(|name| term(fields::REQUEST, name.as_ref().as_bytes())));
    }
    if let (Some(subject), Some(id)) = (&event.subject, &spelled.subject) {
        terms.push(of_word(fields::SUBJECT_KIND, &subject.kind));
        terms.push(of_name(fields::SUBJECT, subject.name.as_ref()));
        terms.push(term(fields::SUBJECT, id.as_ref()));
    }
}

fn of_word<T: serde::Serialize>(field: u8, word: &T) -> u64 {
    let mut term = Term::of(field);
    // Writing into a term fails only for types that no event holds.
    let _written = serde_json::to_writer(&mut term, word);
    term.end()
}

/// Of a name, which is looked for without case.
fn of_name(field: u8, name: &str) -> u64 {
    if !name.is_ascii() {
        return term(field, name.to_lowercase().as_bytes());
    }
    let mut term = Term::of(field);
    name.bytes().for_each(|octet| term.add(&[octet.to_ascii_lowercase()]));
    term.end()
}

/// The name that an actor is searched by, and the id; of whoever owns the machine the word for that.
fn name_of<S: AsRef<str>>(actor: &EventActor<S>) -> (Option<&str>, Option<&Uuid>) {
    let (kind, id, name) = called(actor);
    let is_operator = kind == ActorKind::Operator;
    (name.or_else(|| is_operator.then(|| kind.word())), id)
}

/// Whether a text stands in what an event says: in a value, whatever its member is called.
fn holds(event: &Event, wanted: &str) -> bool {
    let wanted = wanted.to_lowercase();
    text::says(event, &|text| text.to_lowercase().contains(&wanted))
}
