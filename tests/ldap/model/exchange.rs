//! Searches sent, and what came back.

use std::collections::BTreeMap;

use super::ask::Search;
use super::name::{self, Name};
use super::types::{Type, Types};
use crate::harness::ber::{self, boolean, constructed, element, number, octets, sequence};
use crate::harness::raw::{self, Message, Raw};

/// The attributes of an entry, with their values in order.
pub(super) type Shown = BTreeMap<String, Vec<Vec<u8>>>;

/// What a search gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) code: i64,
    pub(super) entries: BTreeMap<Name, Shown>,
}

/// A bound connection.
pub(super) struct Exchange {
    raw: Raw,
    id: i64,
}

const PAGES: &str = "1.2.840.113556.1.4.319";

impl Exchange {
    pub(super) fn new(address: &str, dn: &str, password: &str) -> Self {
        Self { raw: Raw::bound(address, dn, password), id: 1 }
    }

    /// Reads the subschema.
    pub(super) fn types(&mut self) -> Types {
        self.id += 1;
        let wanted = [octets("attributeTypes"), octets("objectClasses")].concat();
        let parts = [
            octets("cn=subschema"),
            number(0x0a, 0),
            number(0x0a, 0),
            number(2, 0),
            number(2, 0),
            boolean(false),
            raw::present("objectClass"),
            element(0x30, &wanted),
        ];
        self.raw.send(&raw::message(self.id, element(0x63, &parts.concat())));
        let messages = self.raw.receive_all_of(self.id);
        let (_, shown) = entry(&messages[0]);
        Types::new(&shown["attributeTypes"], &shown["objectClasses"])
    }

    /// Searches, all pages one after the other.
    pub(super) fn ask(&mut self, search: &Search, types: &Types) -> Answer {
        let mut answer = Answer { code: 0, entries: BTreeMap::new() };
        let mut cookie = Vec::new();
        loop {
            self.id += 1;
            let operation = search.operation();
            let message = match search.page {
                None => raw::message(self.id, operation),
                Some(size) => paged(self.id, operation, (size, &cookie)),
            };
            self.raw.send(&message);
            let (messages, controls) = self.raw.receive_all_of_with_controls(self.id);
            let (last, entries) = messages.split_last().unwrap();
            if let Some(size) = search.page {
                assert!(entries.len() <= size, "{} on a page of {size}", entries.len());
            }
            for message in entries {
                let (name, shown) = entry(message);
                let shown = shown.into_iter().map(|(kind, values)| {
                    let values = comparable(types.named(&kind), values);
                    (kind, values)
                });
                let twice = answer.entries.insert(name, shown.collect());
                assert_eq!(twice, None, "an entry came twice: {search:?}");
            }
            answer.code = last.code();
            cookie = controls.as_deref().map(next_page).unwrap_or_default();
            if cookie.is_empty() {
                return answer;
            }
        }
    }
}

fn paged(id: i64, operation: Vec<u8>, (size, cookie): (usize, &[u8])) -> Vec<u8> {
    let value = sequence([number(2, i64::try_from(size).unwrap()), octets(cookie)]);
    let control = sequence([octets(PAGES), boolean(true), element(4, &value)]);
    sequence([number(2, id), operation, constructed(0xa0, [control])])
}

/// The cookie of the control for pages, of all controls of a message.
fn next_page(controls: &[u8]) -> Vec<u8> {
    let (_, control, _) = ber::split(controls).unwrap();
    let (_, oid, rest) = ber::split(control).unwrap();
    assert_eq!(oid, PAGES.as_bytes());
    let (tag, value, _) = ber::split(rest).unwrap();
    assert_eq!(tag, 4, "a value without criticality before it");
    let (_, page, _) = ber::split(value).unwrap();
    let (_, _, rest) = ber::split(page).unwrap();
    let (_, cookie, _) = ber::split(rest).unwrap();
    cookie.to_vec()
}

/// Reads an entry.
fn entry(message: &Message) -> (Name, Shown) {
    assert_eq!(message.operation, 0x64, "no entry: {message:?}");
    let (_, dn, rest) = ber::split(&message.content).unwrap();
    let (_, mut attributes, _) = ber::split(rest).unwrap();
    let mut shown = Shown::new();
    while let Some((_, attribute, rest)) = ber::split(attributes) {
        attributes = rest;
        let (_, kind, set) = ber::split(attribute).unwrap();
        let (_, mut set, _) = ber::split(set).unwrap();
        let mut values = Vec::new();
        while let Some((_, value, rest)) = ber::split(set) {
            set = rest;
            values.push(value.to_vec());
        }
        let kind = str::from_utf8(kind).unwrap().to_owned();
        let twice = shown.insert(kind, values);
        assert_eq!(twice, None, "an attribute came twice");
    }
    (name::parse(str::from_utf8(dn).unwrap()).unwrap(), shown)
}

/// Values in an order of their own, and names however they are spelled.
pub(super) fn comparable(kind: &Type, values: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut values = values;
    if kind.names_entries {
        for value in &mut values {
            let name = name::parse(str::from_utf8(value).unwrap()).unwrap();
            *value = name::spell(&name).into_bytes();
        }
    }
    values.sort();
    values
}
