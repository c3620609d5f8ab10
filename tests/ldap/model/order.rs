//! Searches whose entries come in an order, all of them or a view of the list: after RFC 2891,
//! draft-ietf-ldapext-ldapv3-vlv-09, and `docs/ldap.md` where these leave it to the server. Entries that
//! are equal by all keys may come in any order.

use std::cmp::Ordering;
use std::fmt::Debug;
use std::ops::Range;

use super::Play;
use super::ask::{Ask, Questions, Search};
use super::exchange::{Answer, Listed, control};
use super::judge::{Entry, Judge, Value};
use super::name::{self, Name};
use super::types::Type;
use crate::harness::ber::{constructed, element, number, octets, sequence};

/// The order that is asked for.
#[derive(Debug)]
pub(super) struct Order {
    keys: Vec<Key>,
    critical: bool,
    part: Option<Part>,
}

/// One thing to sort by.
#[derive(Debug)]
struct Key {
    attribute: String,
    rule: Option<String>,
    reverse: bool,
}

/// The part of the list that is asked for: so many entries in front of the target, and behind it.
#[derive(Debug)]
struct Part {
    before: usize,
    after: usize,
    target: Target,
}

#[derive(Debug)]
enum Target {
    /// A place in a list that is believed to be so long.
    Place(usize, usize),
    /// The first entry that is not in front of a value.
    Value(Vec<u8>),
}

/// A key that entries can be sorted by.
struct Sorted<'w> {
    kind: &'w Type,
    rule: String,
    reverse: bool,
}

/// The values that an entry is sorted by, one a key.
type Rank = Vec<Option<Value>>;

const ORDER: &str = "1.2.840.113556.1.4.473";
const VIEW: &str = "2.16.840.1.113730.3.4.9";

const UNAVAILABLE_CRITICAL_EXTENSION: i64 = 12;
const NO_SUCH_ATTRIBUTE: i64 = 16;
const INAPPROPRIATE_MATCHING: i64 = 18;
const UNWILLING_TO_PERFORM: i64 = 53;
const OFFSET_RANGE_ERROR: i64 = 61;
const VIRTUAL_LIST_VIEW_ERROR: i64 = 76;

/// The rules that text is put in order by, without case and with it.
const OF_TEXT: [&str; 2] = ["caseIgnoreOrderingMatch", "caseExactOrderingMatch"];
/// Rules that may be named, and what is none to sort by.
const RULES: [&str; 8] = [
    "caseIgnoreOrderingMatch",
    "caseExactOrderingMatch",
    "integerOrderingMatch",
    "generalizedTimeOrderingMatch",
    "UUIDOrderingMatch",
    "octetStringOrderingMatch",
    "caseIgnoreMatch",
    "2.4.6.8.10",
];
/// What is made for the answer, and sorted by never.
const MADE: [&str; 8] = [
    "memberUid",
    "userPrincipalName",
    "objectGUID",
    "objectSid",
    "userAccountControl",
    "sAMAccountType",
    "groupType",
    "accountExpires",
];
/// Attributes that not every layout knows, or that no entry shows itself.
const OTHERS: [&str; 7] =
    ["name", "memberOf", "sAMAccountName", "whenChanged", "nosuch", "cn;lang-en", "userPassword"];

impl Order {
    /// The controls that ask for it.
    pub(super) fn controls(&self) -> Vec<Vec<u8>> {
        let keys: Vec<u8> = self.keys.iter().flat_map(Key::octets).collect();
        let order = control(ORDER, self.critical, &element(0x30, &keys));
        let part = self.part.as_ref().map(|part| control(VIEW, self.critical, &part.octets()));
        std::iter::once(order).chain(part).collect()
    }
}

impl Key {
    fn octets(&self) -> Vec<u8> {
        let rule = self.rule.as_ref().map(|rule| element(0x80, rule.as_bytes()));
        let reverse = if self.reverse { element(0x81, &[0xff]) } else { Vec::new() };
        sequence([octets(&self.attribute), rule.unwrap_or_default(), reverse])
    }
}

impl Part {
    fn octets(&self) -> Vec<u8> {
        let count = |count: usize| number(2, i64::try_from(count).unwrap());
        let target = match &self.target {
            Target::Place(place, length) => constructed(0xa0, [count(*place), count(*length)]),
            Target::Value(value) => element(0x81, value),
        };
        sequence([count(self.before), count(self.after), target])
    }
}

impl Questions<'_> {
    /// A search in an order.
    pub(super) fn ordered(&mut self) -> (Search, Order) {
        let mut search = Search { most: 0, ..self.search() };
        if self.random.below(2) == 0 {
            // The more there is, the more there is to put in order.
            let filter = Ask::Present("objectClass".to_owned());
            search = Search { base: self.base.clone(), scope: 2, filter, ..search };
        }
        let count = self.random.below(3);
        let keys: Vec<Key> = (0..=count).map(|_| self.key()).collect();
        let viewed = self.random.below(3) == 0;
        let part = viewed.then(|| self.part(&keys[0]));
        if viewed {
            search.page = None;
        }
        (search, Order { keys, critical: self.random.below(4) > 0, part })
    }

    fn key(&mut self) -> Key {
        let reverse = self.random.below(2) == 0;
        if self.random.below(6) == 0 {
            let attribute = (*self.random.one_of(&OTHERS)).to_owned();
            return Key { attribute, rule: None, reverse };
        }
        let mut kind = self.shown();
        // Mostly one that can be sorted by.
        while self.random.below(12) > 0 && rule_of(&kind, None).is_none() {
            kind = self.shown();
        }
        let rule = match self.random.below(8) {
            0 => Some((*self.random.one_of(&RULES)).to_owned()),
            1 | 2 => kind.ordering.clone(),
            _ => None,
        };
        let attribute = if rule.is_some() { kind.name.clone() } else { self.spelled(&kind) };
        Key { attribute, rule, reverse }
    }

    /// A type that some entry shows.
    fn shown(&mut self) -> Type {
        let entry = self.random.one_of(self.entries);
        let (name, _) = self.random.one_of(&entry.shown);
        self.types.named(name).clone()
    }

    fn part(&mut self, key: &Key) -> Part {
        let (before, after) = (self.random.below(3), self.random.below(4));
        let target = if self.random.below(2) == 0 {
            let kind = self.types.known(&key.attribute).cloned();
            Target::Value(kind.map_or_else(|| b"x".to_vec(), |kind| self.value(&kind)))
        } else {
            let length = *self.random.one_of(&[0, 0, 1, 3, self.entries.len(), 20]);
            Target::Place(self.random.below(length.max(self.entries.len()) + 3), length)
        };
        Part { before, after, target }
    }
}

/// By which rule entries are put in order by a type, if they can be: by one that is named and fits, or
/// else by its own, or that of text.
fn rule_of(kind: &Type, named: Option<&str>) -> Option<String> {
    if MADE.contains(&kind.name.as_str()) {
        return None;
    }
    let equality = kind.equality.as_deref()?;
    let text = match equality {
        "telephoneNumberMatch" => Some(OF_TEXT[0]),
        _ if equality.starts_with("caseIgnore") => Some(OF_TEXT[0]),
        _ if equality.starts_with("caseExact") => Some(OF_TEXT[1]),
        _ => None,
    };
    let own = kind.ordering.as_deref().or(text)?;
    let fits = |named: &str| named == own || (text.is_some() && OF_TEXT.contains(&named));
    let rule = named.unwrap_or(own);
    fits(rule).then(|| rule.to_owned())
}

impl Sorted<'_> {
    /// What has no value stands behind all that has one (RFC 2891 section 2).
    fn compare(&self, one: Option<&Value>, other: Option<&Value>) -> Ordering {
        let order = match (one, other) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(one), Some(other)) => one.cmp(other),
        };
        if self.reverse { order.reverse() } else { order }
    }
}

/// The least values of an entry.
fn rank(judge: &Judge<'_>, keys: &[Sorted<'_>], entry: &Entry) -> Rank {
    let least = |key: &Sorted<'_>| {
        let values = judge.values(key.kind, entry).into_iter();
        values.filter_map(|value| judge.ready(&key.rule, value)).min()
    };
    keys.iter().map(least).collect()
}

/// A later key counts where the ones before are equal.
fn compared(keys: &[Sorted<'_>], one: &[Option<Value>], other: &[Option<Value>]) -> Ordering {
    let each = keys.iter().zip(one.iter().zip(other));
    let mut each = each.map(|(key, (one, other))| key.compare(one.as_ref(), other.as_ref()));
    each.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// The place of a target, from 1 on, and one behind the end where there is none (sections 5 and 6); or
/// the result that says why there cannot be one.
fn place(
    judge: &Judge<'_>,
    first: &Sorted<'_>,
    ranks: &[Rank],
    target: &Target,
) -> Result<usize, i64> {
    let length = ranks.len();
    let place = match target {
        Target::Place(0, _) => return Err(OFFSET_RANGE_ERROR),
        Target::Place(place, 0) => *place,
        Target::Place(1, believed) if *believed != 1 => 1,
        Target::Place(place, believed) if place == believed => length,
        // The nearest to that part of the list.
        Target::Place(place, believed) => (2 * length * place + believed) / (2 * believed),
        Target::Value(value) => {
            let value = judge.ready(&first.rule, value).ok_or(INAPPROPRIATE_MATCHING)?;
            let in_front = |rank: &&Rank| first.compare(rank[0].as_ref(), Some(&value)).is_lt();
            ranks.iter().filter(in_front).count() + 1
        }
    };
    Ok(place.clamp(1, length + 1))
}

fn same<T: PartialEq + Debug + ?Sized>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: found {found:?}, expected {expected:?}"))
}

impl Listed {
    /// Nothing came but this code; and why the entries cannot be sorted so.
    fn refuses(&self, code: i64, order: i64) -> Result<(), String> {
        same("entries", &self.entries.len(), &0)?;
        same("code", &self.code, &code)?;
        same("result of sorting", &self.order, &Some(order))?;
        // A view that there is none of does not say that there is one (section 6.2.1).
        same("failure of the view", &self.view.map(|view| view[2] != 0), &self.view.map(|_| true))
    }

    /// These entries came, in whatever order.
    fn has(&self, plain: &Answer) -> Result<(), String> {
        same("code", &self.code, &plain.code)?;
        same("entries", &self.entries.len(), &plain.entries.len())?;
        self.are_among(plain)
    }

    fn are_among(&self, plain: &Answer) -> Result<(), String> {
        for (at, (name, shown)) in self.entries.iter().enumerate() {
            let twice = self.entries[..at].iter().any(|(other, _)| other == name);
            same("an entry comes twice", &twice, &false)?;
            same("entry", &Some(shown), &plain.entries.get(name))?;
        }
        Ok(())
    }
}

impl Play {
    /// Holds a search in an order against what it is to give; tells whether some entries came in order.
    pub(super) fn check_list(&mut self, search: &Search, order: &Order) -> bool {
        let listed = self.exchange.list(search, order, &self.types);
        if let Err(why) = self.fits(search, order, &listed) {
            panic!("{}\n{search:#?}\n{order:#?}\n{listed:#?}\n{why}", self.told);
        }
        listed.order == Some(0) && listed.entries.len() > 1
    }

    fn fits(&self, search: &Search, order: &Order, listed: &Listed) -> Result<(), String> {
        let plain = self.expected(search);
        if !search.base.is_empty() && !name::is_at_or_below(&search.base, &self.base) {
            // A name that is nobody's has no layout: in whose words the keys are read is not said.
            let refused = [plain.code, UNAVAILABLE_CRITICAL_EXTENSION, VIRTUAL_LIST_VIEW_ERROR];
            same("refused", &refused.contains(&listed.code), &true)?;
            return same("entries", &listed.entries.len(), &0);
        }
        let keys: Result<Vec<Sorted<'_>>, i64> =
            order.keys.iter().map(|key| self.sorted(key)).collect();
        let keys = match keys.and_then(once_each) {
            Ok(keys) => keys,
            Err(code) if order.part.is_some() => {
                return listed.refuses(VIRTUAL_LIST_VIEW_ERROR, code);
            }
            Err(code) if order.critical => {
                return listed.refuses(UNAVAILABLE_CRITICAL_EXTENSION, code);
            }
            Err(code) => {
                sorting_told(listed, code)?;
                return listed.has(&plain);
            }
        };
        if plain.code != 0 {
            return listed.has(&plain);
        }
        sorting_told(listed, 0)?;
        let judge = self.judge();
        let of = |name: &Name| self.entries.iter().find(|entry| entry.name == *name).unwrap();
        let mut ranks: Vec<Rank> =
            plain.entries.keys().map(|name| rank(&judge, &keys, of(name))).collect();
        ranks.sort_by(|one, other| compared(&keys, one, other));
        let part = match &order.part {
            None => {
                listed.has(&plain)?;
                0..ranks.len()
            }
            Some(part) => match place(&judge, &keys[0], &ranks, &part.target) {
                Err(code) => {
                    same("result of the view", &listed.view.map(|view| view[2]), &Some(code))?;
                    same("code", &listed.code, &VIRTUAL_LIST_VIEW_ERROR)?;
                    return same("entries", &listed.entries.len(), &0);
                }
                Ok(place) => viewed(listed, part, (place, ranks.len()))?,
            },
        };
        listed.are_among(&plain)?;
        let came = listed.entries.iter().map(|(name, _)| rank(&judge, &keys, of(name)));
        let came: Vec<Rank> = came.collect();
        same("order", came.as_slice(), &ranks[part])
    }

    /// A key as entries are sorted by it, or what the answer says of it (RFC 2891 section 1.2).
    fn sorted(&self, key: &Key) -> Result<Sorted<'_>, i64> {
        let kind = self.types.known(&key.attribute).ok_or(NO_SUCH_ATTRIBUTE)?;
        let rule = rule_of(kind, key.rule.as_deref()).ok_or(INAPPROPRIATE_MATCHING)?;
        Ok(Sorted { kind, rule, reverse: key.reverse })
    }
}

/// No type is sorted by twice (RFC 2891 section 1.1).
fn once_each(keys: Vec<Sorted<'_>>) -> Result<Vec<Sorted<'_>>, i64> {
    let twice = |(place, key): (usize, &Sorted<'_>)| {
        keys[..place].iter().any(|other| other.kind.name == key.kind.name)
    };
    if keys.iter().enumerate().any(twice) { Err(UNWILLING_TO_PERFORM) } else { Ok(keys) }
}

/// How sorting went is said, unless nothing came (RFC 2891 section 2).
fn sorting_told(listed: &Listed, code: i64) -> Result<(), String> {
    let told = listed.order.or_else(|| listed.entries.is_empty().then_some(code));
    same("result of sorting", &told, &Some(code))
}

/// Which part of a list a view is, if what is said of it is right.
fn viewed(
    listed: &Listed,
    part: &Part,
    (place, length): (usize, usize),
) -> Result<Range<usize>, String> {
    let said = [place, length, 0].map(|number| i64::try_from(number).unwrap());
    same("view", &listed.view, &Some(said))?;
    same("code", &listed.code, &0)?;
    let first = (place - 1).saturating_sub(part.before);
    Ok(first..(place + part.after).min(length))
}
