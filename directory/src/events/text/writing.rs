//! The text of an event, written in one go: its members in the order of their names.

use std::io::Write;

use serde::Serialize;
use uuid::Uuid;

use super::{called, canonical, digits, parsed, write_time};
use crate::events::{Difference, Event, EventActor, EventVia, Outcome, Subject};

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
    pub(super) fn beginning(&mut self, event: &Event) {
        self.json("action", &event.action);
        self.actor(&event.actor);
        self.name("at");
        self.out.push(b'"');
        write_time(event.at, self.out);
        self.out.push(b'"');
        let request = event.request.as_ref();
        if let Some(id) = request.and_then(|request| request.client_id.as_ref()) {
            self.json("client_request_id", id);
        }
        self.differences(&event.differences);
        if let Some(access) = &event.access {
            self.json("method", &access.method);
        }
    }

    /// The members of an event that come behind the hash of the event before it.
    pub(super) fn end(&mut self, event: &Event, sequence: u64) {
        if let Outcome::Failure(reason) = &event.outcome {
            self.json("reason", reason);
        }
        if let Some(request) = &event.request {
            self.json("request_id", &request.id);
        }
        if let Some(rule) = event.access.as_ref().and_then(|access| access.rule.as_ref()) {
            self.json("rule", rule);
        }
        if let Some(search) = &event.search {
            let mut told = self.object("search");
            told.json("base", &search.base);
            told.number("duration_ms", search.duration);
            told.number("entries", search.entries);
            told.json("filter", &search.filter);
            told.json("scope", &search.scope);
            told.close();
        }
        self.number("sequence", sequence);
        if let Some(source) = event.source {
            self.name("source");
            self.told(format_args!("\"{source}\""));
        }
        if let Some(Subject { kind, id, name }) = &event.subject {
            let mut subject = self.object("subject");
            subject.id("id", id);
            subject.json("kind", kind);
            subject.json("name", name);
            subject.close();
        }
        self.json("success", &(event.outcome == Outcome::Success));
        if let Some(EventVia { kind, id, name }) =
            event.request.as_ref().and_then(|request| request.via.as_ref())
        {
            let mut via = self.object("via");
            via.id("id", id);
            via.json("kind", kind);
            if let Some(name) = name {
                via.json("name", name);
            }
            via.close();
        }
    }

    pub(super) fn id(&mut self, name: &str, id: &Uuid) {
        self.name(name);
        self.json_value(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
    }

    pub(super) fn octets(&mut self, name: &str, octets: &[u8]) {
        self.name(name);
        self.out.push(b'"');
        octets.iter().for_each(|octet| self.out.extend_from_slice(&digits(*octet)));
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

    fn actor(&mut self, actor: &EventActor) {
        let (kind, id, name) = called(actor);
        let mut actor = self.object("actor");
        if let Some(id) = id {
            actor.id("id", &id);
        }
        actor.json("kind", kind);
        if let Some(name) = name {
            actor.json("name", name);
        }
        actor.close();
    }

    fn differences(&mut self, differences: &[Difference]) {
        if differences.is_empty() {
            return;
        }
        self.name("differences");
        let mut before = b'[';
        for Difference { field, before: was, after } in differences {
            self.out.push(std::mem::replace(&mut before, b','));
            let mut told = Text::begin(self.out);
            if let Some(after) = after {
                told.stored("after", after);
            }
            if let Some(was) = was {
                told.stored("before", was);
            }
            told.json("field", field);
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

    fn json<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) {
        self.name(name);
        self.json_value(value);
    }

    fn json_value<T: Serialize + ?Sized>(&mut self, value: &T) {
        // Writing into memory fails only for types that no event holds.
        let _written = serde_json::to_writer(&mut *self.out, value);
    }

    fn told(&mut self, told: std::fmt::Arguments<'_>) {
        // Writing into memory does not fail.
        let _written = self.out.write_fmt(told);
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
        [b'"', within @ .., b'"'] => {
            within.iter().all(|octet| *octet >= b' ' && *octet != b'"' && *octet != b'\\')
        }
        [b'0'] => true,
        [b'1'..=b'9', behind @ ..] => behind.len() < 15 && behind.iter().all(u8::is_ascii_digit),
        _ => matches!(text, "null" | "true" | "false"),
    }
}
