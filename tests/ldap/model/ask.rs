//! Questions: filters and searches, made at random, and the octets that ask them.

use super::judge::{AMBIGUOUS, Entry, MEANT};
use super::name::{self, Name};
use super::types::{Type, Types};
use crate::harness::ber::{boolean, element, number, octets};
use crate::harness::random::Random;

/// A filter.
#[derive(Debug, Clone)]
pub(super) enum Ask {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Present(String),
    Is(Way, String, Vec<u8>),
    /// What a value begins with, has inside and ends with; nothing where it is empty.
    Pieces(String, String, Vec<String>, String),
    Rule {
        rule: Option<String>,
        attribute: Option<String>,
        value: Vec<u8>,
        by_name: bool,
    },
    /// A choice of this tag, which nobody knows.
    Unknown(u8),
}

/// How a value is to stand to another.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    Equal,
    Like,
    AtLeast,
    AtMost,
}

/// A search.
#[derive(Debug, Clone)]
pub(super) struct Search {
    pub(super) base: Name,
    pub(super) scope: i64,
    pub(super) filter: Ask,
    pub(super) wanted: Vec<String>,
    pub(super) types_only: bool,
    /// So many entries at most; as many as there are for none.
    pub(super) most: usize,
    /// So many entries at a time, if in pages.
    pub(super) page: Option<usize>,
}

impl Ask {
    /// What it is made of.
    pub(super) fn parts(&self) -> &[Self] {
        match self {
            Self::All(asks) | Self::Any(asks) => asks,
            Self::Not(ask) => std::slice::from_ref(&**ask),
            Self::Present(_)
            | Self::Is(..)
            | Self::Pieces(..)
            | Self::Rule { .. }
            | Self::Unknown(_) => &[],
        }
    }

    fn octets(&self) -> Vec<u8> {
        let all = |asks: &[Self]| asks.iter().flat_map(Self::octets).collect::<Vec<u8>>();
        match self {
            Self::All(asks) => element(0xa0, &all(asks)),
            Self::Any(asks) => element(0xa1, &all(asks)),
            Self::Not(ask) => element(0xa2, &ask.octets()),
            Self::Present(attribute) => element(0x87, attribute.as_bytes()),
            Self::Is(way, attribute, value) => {
                let tag = match way {
                    Way::Equal => 0xa3,
                    Way::AtLeast => 0xa5,
                    Way::AtMost => 0xa6,
                    Way::Like => 0xa8,
                };
                element(tag, &[octets(attribute), octets(value)].concat())
            }
            Self::Pieces(attribute, initial, any, last) => {
                let piece = |tag, text: &String| {
                    if text.is_empty() { Vec::new() } else { element(tag, text.as_bytes()) }
                };
                let any = any.iter().flat_map(|text| piece(0x81, text)).collect::<Vec<u8>>();
                let pieces = [piece(0x80, initial), any, piece(0x82, last)].concat();
                element(0xa4, &[octets(attribute), element(0x30, &pieces)].concat())
            }
            Self::Rule { rule, attribute, value, by_name } => {
                let named = |tag, text: &Option<String>| {
                    text.as_ref().map(|text| element(tag, text.as_bytes())).unwrap_or_default()
                };
                let by_name = if *by_name { element(0x84, &[0xff]) } else { Vec::new() };
                let parts =
                    [named(0x81, rule), named(0x82, attribute), element(0x83, value), by_name];
                element(0xa9, &parts.concat())
            }
            Self::Unknown(tag) => element(*tag, &octets("x")),
        }
    }
}

impl Search {
    /// The request's operation.
    pub(super) fn operation(&self) -> Vec<u8> {
        let wanted: Vec<u8> = self.wanted.iter().flat_map(octets).collect();
        let parts = [
            octets(name::spell(&self.base)),
            number(0x0a, self.scope),
            number(0x0a, 0),
            number(2, i64::try_from(self.most).unwrap()),
            number(2, 0),
            boolean(self.types_only),
            self.filter.octets(),
            element(0x30, &wanted),
        ];
        element(0x63, &parts.concat())
    }
}

/// Where questions are made from.
pub(super) struct Questions<'w> {
    pub(super) random: &'w mut Random,
    pub(super) types: &'w Types,
    pub(super) entries: &'w [Entry],
    pub(super) base: &'w Name,
    /// Names of entries under another base, and the same entries' under this one.
    pub(super) elsewhere: &'w [(Name, Name)],
    /// Names of entries that are there and not seen.
    pub(super) hidden: &'w [Name],
}

/// Names that no subschema has, or not so.
const UNKNOWN: [&str; 4] = ["nosuch", "cn;lang-en", "userPassword", "1.2.3.4.5"];
/// Values that hardly anything has.
const OTHERS: [&str; 12] = [
    "nobody",
    "0",
    "512",
    "514",
    "-1",
    "5003",
    "many",
    "20200101000000Z",
    "20990101000000Z",
    "TRUE",
    "9.9.9",
    "00000000-0000-0000-0000-000000000000",
];
/// Tags of no choice of a filter (RFC 4511 section 4.5.1.7).
const CHOICES: [u8; 4] = [0x8a, 0xaa, 0x9e, 0xbe];
/// Letters, and what they are as well: of two code points, or without regard to case (RFC 4518 sections
/// 2.2 and 2.3).
const LETTERS: [(&str, &str); 4] = [("ä", "a\u{308}"), ("ä", "Ä"), ("ß", "ss"), ("ß", "\u{1e9e}")];
/// Text that is made for the answer, or by way of other entries.
const INDIRECT: [&str; 2] = ["memberUid", "userPrincipalName"];
/// The number of homeDirectory means unixHomeDirectory to a domain controller's clients, and is taken
/// for the former's.
const TWOFOLD: &str = "1.3.6.1.1.1.1.3";

impl Questions<'_> {
    /// A search.
    pub(super) fn search(&mut self) -> Search {
        let depth = self.random.below(3);
        let base = self.start();
        let scope = *self.random.one_of(&[0_i64, 1, 2, 2, 2]);
        let page = (self.random.below(4) == 0).then(|| self.random.below(4) + 1);
        let few = page.is_none() && self.random.below(4) == 0;
        Search {
            // The root itself is the server's, and looked at elsewhere.
            scope: if base.is_empty() { scope.max(1) } else { scope },
            base,
            filter: self.filter(depth),
            wanted: self.wanted(),
            types_only: self.random.below(8) == 0,
            most: if few { self.random.below(4) + 1 } else { 0 },
            page,
        }
    }

    /// Mostly the base, where there is most to find.
    fn start(&mut self) -> Name {
        match self.random.below(8) {
            0 => self.random.one_of(self.entries).name.clone(),
            1 => {
                let mut name = self.random.one_of(self.entries).name.clone();
                name.insert(0, ("cn".to_owned(), "nobody".to_owned()));
                name
            }
            2 => self.base[1..].to_vec(),
            3 => Name::new(),
            _ => self.base.clone(),
        }
    }

    fn filter(&mut self, depth: usize) -> Ask {
        if depth == 0 {
            return self.test();
        }
        // Of nothing now and then (RFC 4526).
        let count = self.random.below(10).div_ceil(3);
        match self.random.below(3) {
            0 => Ask::All((0..count).map(|_| self.filter(depth - 1)).collect()),
            1 => Ask::Any((0..count).map(|_| self.filter(depth - 1)).collect()),
            _ => Ask::Not(Box::new(self.filter(depth - 1))),
        }
    }

    fn test(&mut self) -> Ask {
        if self.random.below(40) == 0 {
            return Ask::Unknown(*self.random.one_of(&CHOICES));
        }
        let kind = self.kind();
        let odd = self.random.below(12) == 0 && self.is_plain(&kind);
        let value = if odd { self.odd() } else { self.value(&kind) };
        let attribute = self.spelled(&kind);
        match self.random.below(if odd { 7 } else { 12 }) {
            0..4 => Ask::Is(Way::Equal, attribute, value),
            4 => Ask::Is(Way::Like, attribute, value),
            5 => Ask::Is(Way::AtLeast, attribute, value),
            6 => Ask::Is(Way::AtMost, attribute, value),
            7 => Ask::Present(attribute),
            8 | 9 => {
                let (initial, any, last) = self.pieces(&value);
                Ask::Pieces(attribute, initial, any, last)
            }
            _ => self.ruled(&kind, attribute, value),
        }
    }

    /// Whether entries show text of this type as it is stored.
    fn is_plain(&self, kind: &Type) -> bool {
        let mut shown = self.entries.iter().flat_map(|entry| &entry.shown);
        kind.is_text()
            && !INDIRECT.contains(&kind.name.as_str())
            && shown.any(|(name, _)| self.types.is_a(self.types.named(name), kind))
    }

    /// What is no text, or none that is compared: in no UTF-8, with private letters, longer than any.
    fn odd(&mut self) -> Vec<u8> {
        match self.random.below(4) {
            0 => b"Ada\xff".to_vec(),
            1 => "Ada\u{e000}".into(),
            2 => "\u{fffd}".into(),
            _ => vec![b'x'; super::judge::TEXT + 1],
        }
    }

    /// A type that somebody may ask about: mostly one that entries show.
    pub(super) fn kind(&mut self) -> Type {
        if self.random.below(3) > 0 {
            let entry = self.random.one_of(self.entries);
            let (name, _) = self.random.one_of(&entry.shown);
            return self.types.named(name).clone();
        }
        loop {
            let kind = self.random.one_of(&self.types.all);
            if !kind.special {
                return kind.clone();
            }
        }
    }

    /// How a type is called in a question, and now and then something that is none.
    pub(super) fn spelled(&mut self, kind: &Type) -> String {
        if self.random.below(20) == 0 {
            return (*self.random.one_of(&UNKNOWN)).to_owned();
        }
        let which = self.random.below(4);
        let called = kind.spelled(which);
        if called == TWOFOLD { kind.name.clone() } else { called.to_owned() }
    }

    /// A value, mostly one that some entry has.
    pub(super) fn value(&mut self, kind: &Type) -> Vec<u8> {
        if kind.name == AMBIGUOUS {
            return self.meant();
        }
        let had: Vec<&Vec<u8>> = self
            .entries
            .iter()
            .flat_map(|entry| entry.shown.iter().chain(&entry.nested))
            .filter(|(name, _)| self.types.is_a(self.types.named(name), kind))
            .flat_map(|(_, values)| values)
            .collect();
        let choice = self.random.below(10);
        let value = if choice < 7 && !had.is_empty() {
            (*self.random.one_of(&had)).clone()
        } else if kind.names_entries {
            let name = &self.random.one_of(self.entries).name;
            if choice == 9 { b"nobody".to_vec() } else { name::spell(name).into_bytes() }
        } else if kind.equality.as_deref() == Some("objectIdentifierMatch") {
            self.random
                .one_of(&["person", "2.5.6.0", "subentry", "nosuch", "9.9.9"])
                .as_bytes()
                .to_vec()
        } else {
            self.random.one_of(&OTHERS).as_bytes().to_vec()
        };
        // Where case does not count, it is not heeded.
        let loose = kind.is_text() || kind.names_entries;
        let value = self.moved(kind, value);
        let value = if kind.is_text() { self.respelled(value) } else { value };
        if loose && self.random.below(3) == 0 { value.to_ascii_uppercase() } else { value }
    }

    /// What somebody is called, or begins so, or two such beginnings.
    fn meant(&mut self) -> Vec<u8> {
        let shown = self.entries.iter().flat_map(|entry| &entry.shown);
        let names = shown.filter(|(name, _)| MEANT.contains(&name.as_str()));
        let had: Vec<&Vec<u8>> = names.flat_map(|(_, values)| values).collect();
        let mut text = || String::from_utf8(self.random.one_of(&had).to_vec()).unwrap();
        let (whole, other) = (text(), text());
        let start = |text: &str| text.chars().take(2).collect::<String>();
        let text = match self.random.below(4) {
            0 => format!("={whole}"),
            1 => format!("{}  {}", start(&whole), start(&other)),
            2 => start(&whole),
            _ => whole,
        };
        text.into_bytes()
    }

    /// A text with other letters that mean the same, at least where case does not count.
    fn respelled(&mut self, value: Vec<u8>) -> Vec<u8> {
        if self.random.below(2) == 0 {
            return value;
        }
        let (letter, same) = *self.random.one_of(&LETTERS);
        match String::from_utf8(value) {
            Ok(text) => text.replace(letter, same).into_bytes(),
            Err(error) => error.into_bytes(),
        }
    }

    /// A name as another base shows it, if there is one, now and then.
    fn moved(&mut self, kind: &Type, value: Vec<u8>) -> Vec<u8> {
        if self.elsewhere.is_empty() || !kind.names_entries || self.random.below(2) == 0 {
            return value;
        }
        let name = str::from_utf8(&value).ok().and_then(name::parse);
        let moved = self.elsewhere.iter().find(|(_, here)| Some(here) == name.as_ref());
        moved.map_or(value, |(there, _)| name::spell(there).into_bytes())
    }

    /// Pieces of a value, now and then with spaces around them.
    fn pieces(&mut self, value: &[u8]) -> (String, Vec<String>, String) {
        let text = String::from_utf8_lossy(value);
        let letters: Vec<char> = text
            .chars()
            .filter(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '@' | ' '))
            .collect();
        if letters.is_empty() {
            return ("a".to_owned(), Vec::new(), String::new());
        }
        let which = self.random.below(7) + 1;
        let first: String = letters.iter().take(self.random.below(3) + 1).collect();
        let initial = if which & 1 == 0 { String::new() } else { first };
        let mut any: Vec<String> = Vec::new();
        let count = if which & 2 == 0 { 0 } else { self.random.below(2) + 1 };
        for _ in 0..count {
            let (start, length) = (self.random.below(letters.len()), self.random.below(2) + 1);
            any.push(letters.iter().skip(start).take(length).collect());
        }
        let from = letters.len().saturating_sub(self.random.below(3) + 1);
        let end: String = letters[from..].iter().collect();
        let last = if which & 4 == 0 { String::new() } else { end };
        let any = any.into_iter().map(|piece| self.loosened(piece)).collect();
        (self.loosened(initial), any, self.loosened(last))
    }

    /// A piece with a space at an end, perhaps.
    fn loosened(&mut self, piece: String) -> String {
        match self.random.below(8) {
            _ if piece.is_empty() => piece,
            0 => format!(" {piece}"),
            1 => format!("{piece} "),
            2 => format!("  {piece}  "),
            _ => piece,
        }
    }

    /// A test by a rule.
    fn ruled(&mut self, kind: &Type, attribute: String, value: Vec<u8>) -> Ask {
        let own = |rule: &Option<String>| rule.clone().unwrap_or_else(|| "2.4.6.8.10".to_owned());
        let rule = |rule: &str| Some(rule.to_owned());
        let attribute = Some(attribute);
        let (rule, attribute, value, by_name) = match self.random.below(10) {
            0 => (None, attribute, value, false),
            1 => (Some(own(&kind.equality)), attribute, value, false),
            2 => (Some(own(&kind.ordering)), attribute, value, false),
            3 => {
                let (initial, any, last) = self.pieces(&value);
                let all = [vec![initial], any, vec![last]].concat();
                (Some(own(&kind.pieces)), attribute, all.join("*").into_bytes(), false)
            }
            4 => {
                let text = [
                    "caseIgnoreMatch",
                    "caseExactMatch",
                    "caseExactOrderingMatch",
                    "caseExactSubstringsMatch",
                    "integerMatch",
                ];
                let chosen = rule(self.random.one_of::<&str>(&text));
                let value = self.fitting(chosen.as_deref(), value);
                (chosen, attribute, value, false)
            }
            5 => {
                let bits = ["integerBitAndMatch", "integerBitOrMatch"];
                let value = self.random.one_of(&["2", "6", "512", "2147483648", "many"]);
                (
                    rule(self.random.one_of::<&str>(&bits)),
                    attribute,
                    value.as_bytes().to_vec(),
                    false,
                )
            }
            6 | 7 => {
                let name = *self.random.one_of(&["manager", "mentor", "memberOf", "member", "cn"]);
                // Not every layout's groups have the attribute.
                let name = if self.types.known(name).is_some() { name } else { "cn" };
                let value = self.value(&self.types.named(name).clone());
                (rule("distinguishedNameInChainMatch"), Some(name.to_owned()), value, false)
            }
            8 => {
                let name = *self.random.one_of(&["ou", "cn", "uid", "dc"]);
                let part = self.random.one_of(self.entries).name.clone();
                let value = self.random.one_of(&part).1.clone().into_bytes();
                let rule = self.textual();
                let value = self.fitting(rule.as_deref(), value);
                (rule, Some(name.to_owned()), value, true)
            }
            _ => {
                let rules =
                    ["caseIgnoreMatch", "caseExactMatch", "integerMatch", "distinguishedNameMatch"];
                let chosen = *self.random.one_of(&rules);
                let by_name = chosen.starts_with("case") && self.random.below(2) == 0;
                (rule(chosen), None, value, by_name)
            }
        };
        let rule = rule.map(|rule| self.numbered(rule));
        Ask::Rule { rule, attribute, value, by_name }
    }

    /// A rule by its number, now and then.
    fn numbered(&mut self, rule: String) -> String {
        let number = self.types.number_of_rule(&rule).filter(|_| self.random.below(4) == 0);
        number.map_or(rule, ToOwned::to_owned)
    }

    /// No rule, or one of text.
    fn textual(&mut self) -> Option<String> {
        let rules = [
            "caseIgnoreMatch",
            "caseExactMatch",
            "caseIgnoreSubstringsMatch",
            "caseExactSubstringsMatch",
            "caseExactOrderingMatch",
        ];
        (self.random.below(3) > 0).then(|| (*self.random.one_of(&rules)).to_owned())
    }

    /// What a rule takes: pieces of a value, or the value, now and then in upper case.
    fn fitting(&mut self, rule: Option<&str>, value: Vec<u8>) -> Vec<u8> {
        let value = if self.random.below(4) == 0 { value.to_ascii_uppercase() } else { value };
        if !rule.is_some_and(|rule| rule.ends_with("SubstringsMatch")) {
            return value;
        }
        let (initial, any, last) = self.pieces(&value);
        [vec![initial], any, vec![last]].concat().join("*").into_bytes()
    }

    /// Attributes that are wanted.
    fn wanted(&mut self) -> Vec<String> {
        let mut wanted = Vec::new();
        for word in ["*", "+", "1.1"] {
            if self.random.below(3) == 0 {
                wanted.push(word.to_owned());
            }
        }
        for _ in 0..self.random.below(4) {
            let kind = self.kind();
            wanted.push(self.spelled(&kind));
        }
        wanted
    }
}
