//! Comparisons (RFC 4511 section 4.10).

use super::Play;
use super::ask::Questions;
use super::judge::Entry;
use super::name::{self, Name};

/// What is asserted of an entry.
#[derive(Debug)]
pub(super) struct Assertion {
    name: Name,
    attribute: String,
    value: Vec<u8>,
}

const COMPARE_FALSE: i64 = 5;
const COMPARE_TRUE: i64 = 6;
const NO_SUCH_ATTRIBUTE: i64 = 16;
const UNDEFINED_ATTRIBUTE_TYPE: i64 = 17;
const INAPPROPRIATE_MATCHING: i64 = 18;
const INVALID_ATTRIBUTE_SYNTAX: i64 = 21;
const NO_SUCH_OBJECT: i64 = 32;

impl Questions<'_> {
    /// An assertion, mostly of an entry that has the attribute.
    pub(super) fn assertion(&mut self) -> Assertion {
        let entry = self.random.one_of(self.entries);
        let (shown, values) = self.random.one_of(&entry.shown);
        let own = self.random.below(3) > 0;
        let kind = if own { self.types.named(shown).clone() } else { self.kind() };
        let had = own && self.random.below(2) == 0;
        let value = if had { self.random.one_of(values).clone() } else { self.value(&kind) };
        let (mut name, mut value) = (entry.name.clone(), value);
        if !self.hidden.is_empty() && self.random.below(6) == 0 {
            let hidden = self.random.one_of(self.hidden);
            if kind.names_entries {
                value = name::spell(hidden).into_bytes();
            } else {
                name.clone_from(hidden);
            }
        } else if self.random.below(12) == 0 {
            name.insert(0, ("cn".to_owned(), "nobody".to_owned()));
        }
        Assertion { name, attribute: self.spelled(&kind), value }
    }
}

impl Play {
    /// Holds a comparison against what it is to give; tells whether it was made.
    pub(super) fn check_compare(&mut self, assertion: &Assertion) -> bool {
        let Assertion { name, attribute, value } = assertion;
        let found = self.exchange.compare(name, attribute, value);
        let entry = self.entries.iter().find(|entry| entry.name == *name);
        let expected = entry.map_or(NO_SUCH_OBJECT, |entry| self.compared(entry, assertion));
        assert_eq!(found, expected, "{}\n{assertion:#?}\n{entry:#?}", self.told);
        matches!(found, COMPARE_FALSE | COMPARE_TRUE)
    }

    fn compared(&self, entry: &Entry, Assertion { attribute, value, .. }: &Assertion) -> i64 {
        let judge = self.judge();
        // A Compare is of what the entry shows itself.
        let entry = &Entry { nested: Vec::new(), ..entry.clone() };
        let Some(kind) = self.types.known(attribute) else {
            // Passwords are had by nobody, as far as is told.
            let secret = self.types.is_password(attribute);
            return if secret { NO_SUCH_ATTRIBUTE } else { UNDEFINED_ATTRIBUTE_TYPE };
        };
        if judge.values(kind, entry).is_empty() {
            return NO_SUCH_ATTRIBUTE;
        }
        match judge.equal(kind, value, entry) {
            Some(true) => COMPARE_TRUE,
            Some(false) => COMPARE_FALSE,
            None if kind.equality.is_none() => INAPPROPRIATE_MATCHING,
            None => INVALID_ATTRIBUTE_SYNTAX,
        }
    }
}
