//! Questions sent, and what came back.

use std::collections::BTreeMap;

use super::ask::Search;
use super::name::{self, Name};
use super::order::Order;
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

/// What a search in an order gave.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) code: i64,
    /// The entries as they came.
    pub(super) entries: Vec<(Name, Shown)>,
    /// The result of sorting.
    pub(super) order: Option<i64>,
    /// The place of the view's target, the length of the list, and the result of the view.
    pub(super) view: Option<[i64; 3]>,
}

/// All pages of a search, one after the other.
struct Pages {
    code: i64,
    entries: Vec<(Name, Shown)>,
    /// The numbers and the values of the last page's controls.
    controls: Vec<(String, Vec<u8>)>,
}

/// A bound connection.
pub(super) struct Exchange {
    raw: Raw,
    id: i64,
}

const PAGES: &str = "1.2.840.113556.1.4.319";
const SORTED: &str = "1.2.840.113556.1.4.474";
const VIEWED: &str = "2.16.840.1.113730.3.4.10";

impl Exchange {
    pub(super) fn new(address: &str, dn: &str, password: &str) -> Self {
        Self { raw: Raw::bound(address, dn, password), id: 1 }
    }

    /// Reads a subschema.
    pub(super) fn types(&mut self, subschema: &str) -> Types {
        self.id += 1;
        let kinds = ["attributeTypes", "objectClasses", "matchingRules"];
        let wanted = kinds.map(octets).concat();
        let parts = [
            octets(subschema),
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
        let [attributes, classes, rules] = kinds.map(|kind| &shown[kind]);
        Types::new(attributes, classes, rules)
    }

    /// Searches.
    pub(super) fn ask(&mut self, search: &Search, types: &Types) -> Answer {
        let pages = self.pages(search, &[], types);
        let mut entries = BTreeMap::new();
        for (name, shown) in pages.entries {
            let twice = entries.insert(name, shown);
            assert_eq!(twice, None, "an entry came twice: {search:?}");
        }
        Answer { code: pages.code, entries }
    }

    /// Searches in an order.
    pub(super) fn list(&mut self, search: &Search, order: &Order, types: &Types) -> Listed {
        let Pages { code, entries, controls } = self.pages(search, &order.controls(), types);
        let said = |oid: &str| {
            let control = controls.iter().find(|(of, _)| of == oid);
            control.map(|(_, value)| numbers(value))
        };
        let order = said(SORTED).map(|said| said[0]);
        let view = said(VIEWED).map(|said| [said[0], said[1], said[2]]);
        Listed { code, entries, order, view }
    }

    fn pages(&mut self, search: &Search, controls: &[Vec<u8>], types: &Types) -> Pages {
        let (mut all, mut cookie) = (Vec::new(), Vec::new());
        loop {
            self.id += 1;
            let page = search.page.map(|size| page(size, &cookie));
            let beside: Vec<u8> = controls.iter().chain(&page).flatten().copied().collect();
            let mut parts = [number(2, self.id), search.operation()].concat();
            if !beside.is_empty() {
                parts.extend(element(0xa0, &beside));
            }
            self.raw.send(&element(0x30, &parts));
            let (messages, told) = self.raw.receive_all_of_with_controls(self.id);
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
                all.push((name, shown.collect()));
            }
            let told = told.as_deref().map(read_controls).unwrap_or_default();
            let next = told.iter().find(|(of, _)| of == PAGES);
            cookie = next.map(|(_, value)| next_page(value)).unwrap_or_default();
            if cookie.is_empty() {
                return Pages { code: last.code(), entries: all, controls: told };
            }
        }
    }

    /// Compares; tells the result code.
    pub(super) fn compare(&mut self, name: &Name, attribute: &str, value: &[u8]) -> i64 {
        self.id += 1;
        let assertion = sequence([octets(attribute), octets(value)]);
        let operation = constructed(0x6e, [octets(name::spell(name)), assertion]);
        self.raw.send(&raw::message(self.id, operation));
        let messages = self.raw.receive_all_of(self.id);
        assert_eq!((messages.len(), messages[0].operation), (1, 0x6f), "{messages:?}");
        messages[0].code()
    }
}

/// A control.
pub(super) fn control(oid: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    sequence([octets(oid), boolean(critical), octets(value)])
}

fn page(size: usize, cookie: &[u8]) -> Vec<u8> {
    let value = sequence([number(2, i64::try_from(size).unwrap()), octets(cookie)]);
    control(PAGES, true, &value)
}

/// The numbers and the values of controls.
fn read_controls(octets: &[u8]) -> Vec<(String, Vec<u8>)> {
    let (mut all, mut rest) = (Vec::new(), octets);
    while let Some((_, control, behind)) = ber::split(rest) {
        rest = behind;
        let (_, oid, value) = ber::split(control).unwrap();
        let (tag, value, _) = ber::split(value).unwrap();
        assert_eq!(tag, 4, "a value without criticality before it");
        all.push((str::from_utf8(oid).unwrap().to_owned(), value.to_vec()));
    }
    all
}

/// The cookie of the control for pages.
fn next_page(value: &[u8]) -> Vec<u8> {
    let (_, page, _) = ber::split(value).unwrap();
    let (_, _, rest) = ber::split(page).unwrap();
    let (_, cookie, _) = ber::split(rest).unwrap();
    cookie.to_vec()
}

/// The numbers of a sequence.
fn numbers(value: &[u8]) -> Vec<i64> {
    let (_, mut rest, _) = ber::split(value).unwrap();
    let mut numbers = Vec::new();
    while let Some((tag, number, behind)) = ber::split(rest) {
        rest = behind;
        if matches!(tag, 0x02 | 0x0a) {
            numbers.push(ber::read_number(number));
        }
    }
    numbers
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
