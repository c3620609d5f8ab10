//! The text of an event, written in one go: its members in the order of their names.

use super::{canonical, digits, parsed, write_time};
use crate::events::spelled::{Id, Spelled, called};
use crate::events::{Difference, Event, EventActor, EventVia, Outcome, Subject};
use serde::Serialize;

/// A JSON object that is being written. Who writes names the members in their order.
pub(super) struct Text<'o> {
    out: &'o mut Vec<u8>,
    /// What stands before the next member.
    before: u8,
}

impl<'o> Text<'o> {
    pub(super) fn begin(out: &'o mut Vec<u8>) -> Self {
        Self { out, before: b'{' }
    }

    pub(super) fn close(self) {
        if self.before == b'{' {
            self.out.push(b'{');
        }
        self.out.push(b'}');
    }

    /// The members of an event that come before those of its place in the log.
    pub(super) fn beginning<S: AsRef<str>>(&mut self, event: &Event<S>, spelled: &Spelled) {
        self.json("action", &event.action);
        self.actor(&event.actor, spelled);
        self.name("at");
        self.out.push(b'"');
        write_time(event.at, self.out);
        self.out.push(b'"');
        let place = event.access.as_ref().map(|access| &access.place);
        self.some("called_station", place.and_then(|place| place.called.as_ref()));
        self.some("calling_station", place.and_then(|place| place.calling.as_ref()));
        let request = event.request.as_ref();
        self.some("client_request_id", request.and_then(|request| request.client_id.as_ref()));
        self.differences(&event.differences);
        self.some("gear", place.and_then(|place| place.gear.as_ref()));
        if let Some(access) = &event.access {
            self.json("method", &access.method);
        }
    }

    /// The members of an event that come behind the hash of the event before it.
    pub(super) fn end<S: AsRef<str>>(
        &mut self,
        event: &Event<S>,
        spelled: &Spelled,
        sequence: u64,
    ) {
        if let Outcome::Failure(reason) = &event.outcome {
            self.text("reason", reason);
        }
        let access = event.access.as_ref();
        self.some("reply_profile", access.and_then(|access| access.place.profile.as_ref()));
        if let Some(request) = &event.request {
            self.text("request_id", &request.id);
        }
        self.some("rule", access.and_then(|access| access.rule.as_ref()));
        if let Some(search) = &event.search {
            let mut told = self.object("search");
            told.text("base", &search.base);
            told.number("duration_ms", search.duration);
            told.number("entries", search.entries);
            told.text("filter", &search.filter);
            told.text("scope", &search.scope);
            told.close();
        }
        self.number("sequence", sequence);
        if let Some(source) = &spelled.source {
            self.plain("source", source.as_ref());
        }
        if let (Some(Subject { kind, name, .. }), Some(id)) = (&event.subject, &spelled.subject) {
            let mut subject = self.object("subject");
            subject.id("id", id);
            subject.json("kind", kind);
            subject.text("name", name);
            subject.close();
        }
        self.json("success", &matches!(event.outcome, Outcome::Success));
        if let Some(EventVia { kind, id, name }) =
            event.request.as_ref().and_then(|request| request.via.as_ref())
        {
            let mut via = self.object("via");
            via.id("id", &Id::of(id));
            via.json("kind", kind);
            via.some("name", name.as_ref());
            via.close();
        }
    }

    pub(super) fn id(&mut self, name: &str, id: &Id) {
        self.plain(name, id.as_ref());
    }

    pub(super) fn octets(&mut self, name: &str, octets: &[u8]) {
        self.name(name);
        self.out.push(b'"');
        let (chunks, rest) = octets.as_chunks::<32>();
        for chunk in chunks {
            self.out.extend_from_slice(chunk.map(digits).as_flattened());
        }
        rest.iter().for_each(|octet| self.out.extend_from_slice(&digits(*octet)));
        self.out.push(b'"');
    }

    /// A number, as a text where others might read it otherwise.
    pub(super) fn number(&mut self, name: &str, number: u64) {
        if number < 1 << 53 {
            self.json(name, &number)
        } else {
            self.json(name, &number.to_string())
        }
    }

    fn actor<S: AsRef<str>>(&mut self, actor: &EventActor<S>, spelled: &Spelled) {
        let (kind, _, name) = called(actor);
        let mut actor = self.object("actor");
        if let Some(id) = &spelled.actor {
            actor.id("id", id);
        }
        actor.text("kind", kind.word());
        actor.some("name", name);
        actor.close();
    }

    fn differences<S: AsRef<str>>(&mut self, differences: &[Difference<S>]) {
        if differences.is_empty() {
            return;
        }
        self.name("differences");
        let mut before = b'[';
        for Difference { field, before: was, after } in differences {
            self.out.push(std::mem::replace(&mut before, b','));
            let mut told = Text::begin(self.out);
            if let Some(after) = after {
                told.stored("after", after.as_ref());
            }
            if let Some(was) = was {
                told.stored("before", was.as_ref());
            }
            told.text("field", field);
            told.close();
        }
        self.out.push(b']');
    }

    /// What is JSON in the log already: of any kind, but mostly a word or a number.
    fn stored(&mut self, name: &str, value: &str) {
        self.name(name);
        if is_canonical(value) {
            self.out.extend_from_slice(value.as_bytes());
        } else {
            self.out.extend_from_slice(canonical(&parsed(value)).as_bytes());
        }
    }

    fn object(&mut self, name: &str) -> Text<'_> {
        self.name(name);
        Text::begin(self.out)
    }

    /// A text, where there is one.
    fn some(&mut self, name: &str, text: Option<impl AsRef<str>>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// A text of which most octets are written as they are, as a rule all.
    fn text(&mut self, name: &str, text: impl AsRef<str>) {
        let text = text.as_ref();
        if is_plain(text.as_bytes()) {
            self.plain(name, text.as_bytes());
        } else {
            self.json(name, text);
        }
    }

    /// A text of which all octets are written as they are.
    fn plain(&mut self, name: &str, octets: &[u8]) {
        self.name(name);
        self.out.push(b'"');
        self.out.extend_from_slice(octets);
        self.out.push(b'"');
    }

    fn json<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) {
        self.name(name);
        self.json_value(value);
    }

    fn json_value<T: Serialize + ?Sized>(&mut self, value: &T) {
        // Writing into memory fails only for types that no event holds.
        let _written = serde_json::to_writer(&mut *self.out, value);
    }

    fn name(&mut self, name: &str) {
        self.out.push(self.before);
        self.before = b',';
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }
}

/// Whether a text is JSON that [`canonical`] would write as it is. It says so only of what can be
/// told at a glance: texts without escapes, and whole numbers that all take for the same.
fn is_canonical(text: &str) -> bool {
    let octets = text.as_bytes();
    match octets {
        [b'"', within @ .., b'"'] => is_plain(within),
        [b'0'] => true,
        [b'1'..=b'9', behind @ ..] => behind.len() < 15 && behind.iter().all(u8::is_ascii_digit),
        _ => matches!(text, "null" | "true" | "false"),
    }
}

/// Whether JSON escapes nothing of a text. All is looked at without stopping, which goes by many at once.
fn is_plain(octets: &[u8]) -> bool {
    let special = |octet: &u8| *octet < b' ' || *octet == b'"' || *octet == b'\\';
    !octets.iter().fold(false, |found, octet| found | special(octet))
}
