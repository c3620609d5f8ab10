//! What the subschema says of attributes and object classes, which is all that the model knows of them.

use std::collections::HashMap;

use super::name::fold;

/// The syntaxes of names (RFC 4517 sections 3.3.9 and 3.3.21).
const NAMES: [&str; 2] = ["1.3.6.1.4.1.1466.115.121.1.12", "1.3.6.1.4.1.1466.115.121.1.34"];

/// An attribute type, as it is published.
#[derive(Debug, Clone, Default)]
pub(super) struct Type {
    pub(super) name: String,
    /// Its names and its number, in lower case.
    called: Vec<String>,
    superior: Option<String>,
    /// It and the types that it is a subtype of, by their names.
    line: Vec<String>,
    pub(super) equality: Option<String>,
    pub(super) ordering: Option<String>,
    pub(super) pieces: Option<String>,
    /// Its values are names of entries.
    pub(super) names_entries: bool,
    pub(super) operational: bool,
    /// It is the root DSE's or the subschema's.
    pub(super) special: bool,
}

/// All that a caller is told of.
#[derive(Debug)]
pub(super) struct Types {
    pub(super) all: Vec<Type>,
    /// Where each is, by its names and its number in lower case.
    places: HashMap<String, usize>,
    /// The names and the number of each class, in lower case.
    classes: Vec<Vec<String>>,
    /// The name and the number of each matching rule.
    rules: Vec<(String, String)>,
}

impl Types {
    pub(super) fn new(attributes: &[Vec<u8>], classes: &[Vec<u8>], rules: &[Vec<u8>]) -> Self {
        let rule = |words: Vec<String>| (first_name(&words), words[1].clone());
        let rules = rules.iter().map(|text| rule(words(text))).collect();
        let classes = classes.iter().map(|text| called(&words(text))).collect();
        let mut all: Vec<Type> = attributes.iter().map(|text| Type::read(&words(text))).collect();
        let called = all.iter().enumerate().flat_map(|(place, kind)| {
            kind.called.iter().map(move |called| (called.clone(), place))
        });
        let places: HashMap<String, usize> = called.collect();
        let lines: Vec<Vec<String>> =
            (0..all.len()).map(|place| line(&all, &places, place)).collect();
        all.iter_mut().zip(lines).for_each(|(kind, line)| kind.line = line);
        Self { all, places, classes, rules }
    }

    /// The type that a description names. Of options none is known, and passwords are told nobody.
    pub(super) fn known(&self, description: &str) -> Option<&Type> {
        self.published(description).filter(|kind| !kind.is_password())
    }

    /// Whether a description names passwords.
    pub(super) fn is_password(&self, description: &str) -> bool {
        self.published(description).is_some_and(Type::is_password)
    }

    fn published(&self, description: &str) -> Option<&Type> {
        Some(&self.all[*self.places.get(&description.to_ascii_lowercase())?])
    }

    /// The type of this very name.
    pub(super) fn named(&self, name: &str) -> &Type {
        let named = self.known(name).filter(|kind| kind.name == name);
        named.unwrap_or_else(|| panic!("the subschema does not define {name}"))
    }

    /// Is one type another, or a subtype of it (RFC 4512 section 2.5.1)?
    pub(super) fn is_a(&self, kind: &Type, other: &Type) -> bool {
        kind.line.contains(&other.name)
    }

    /// Whether a name or a number is that of a class, but for the one of the organization's own attributes.
    pub(super) fn is_class(&self, text: &str) -> bool {
        let class = self.classes.iter().find(|called| called.iter().any(|name| name == text));
        class.is_some_and(|called| called[0] != "customobject")
    }

    /// The number of a matching rule.
    pub(super) fn number_of_rule(&self, name: &str) -> Option<&str> {
        let rule = self.rules.iter().find(|(called, _)| called == name);
        rule.map(|(_, number)| number.as_str())
    }

    /// The name of a matching rule that is called by its name or number; what is none as it is.
    pub(super) fn rule<'n>(&'n self, called: &'n str) -> &'n str {
        let rule = self.rules.iter().find(|(_, number)| number == called);
        rule.map_or(called, |(name, _)| name.as_str())
    }

    /// What an object identifier or a class's name means: the class's first name, or the number as it
    /// is; none for a name of nothing (RFC 4517 section 4.2.26).
    pub(super) fn class(&self, text: &str) -> Option<String> {
        let text = text.trim().to_ascii_lowercase();
        let class = self.classes.iter().find(|called| called.contains(&text));
        let number = text.bytes().all(|octet| octet == b'.' || octet.is_ascii_digit());
        class.map(|called| called[0].clone()).or_else(|| number.then_some(text))
    }
}

impl Type {
    fn read(words: &[String]) -> Self {
        let behind = |word: &str| {
            let place = words.iter().position(|other| other == word)?;
            Some(words[place + 1].clone())
        };
        let usage = behind("USAGE").unwrap_or_default();
        let equality = behind("EQUALITY");
        let names = first_name(words);
        Self {
            called: called(words),
            superior: behind("SUP"),
            line: Vec::new(),
            ordering: behind("ORDERING"),
            pieces: behind("SUBSTR"),
            names_entries: behind("SYNTAX").is_some_and(|syntax| NAMES.contains(&&*syntax)),
            operational: !usage.is_empty() && usage != "userApplications",
            special: usage == "dSAOperation"
                || equality.as_deref() == Some("objectIdentifierFirstComponentMatch"),
            equality,
            name: names,
        }
    }

    fn is_password(&self) -> bool {
        self.name == "userPassword"
    }

    /// Another name of it, or its number.
    pub(super) fn spelled(&self, which: usize) -> &str {
        &self.called[which % self.called.len()]
    }

    /// Whether it is compared as text, and not as lines of it.
    pub(super) fn is_text(&self) -> bool {
        let text = |rule: &str| rule.starts_with("case") && !rule.contains("List");
        self.equality.as_deref().is_some_and(text)
    }
}

/// A type and those that it is a subtype of, by their names.
fn line(all: &[Type], places: &HashMap<String, usize>, place: usize) -> Vec<String> {
    let above = |kind: &&Type| {
        let superior = kind.superior.as_ref()?;
        Some(&all[places[&superior.to_ascii_lowercase()]])
    };
    std::iter::successors(Some(&all[place]), above).map(|kind| kind.name.clone()).collect()
}

/// The words of a definition, without its outer parentheses; quoted ones keep the quotes.
fn words(definition: &[u8]) -> Vec<String> {
    let text = str::from_utf8(definition).unwrap();
    let (mut words, mut rest) = (Vec::new(), text.trim());
    while !rest.is_empty() {
        let length = if let Some(quoted) = rest.strip_prefix('\'') {
            quoted.find('\'').unwrap() + 2
        } else {
            rest.find(' ').unwrap_or(rest.len())
        };
        words.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    words
}

/// The names that a definition gives, as they are spelled.
fn names(words: &[String]) -> Vec<String> {
    let place = words.iter().position(|word| word == "NAME").unwrap();
    let given = words[place + 1..].iter().skip_while(|word| **word == "(");
    let quoted = given.take_while(|word| word.starts_with('\''));
    let quoted =
        if words[place + 1] == "(" { quoted.collect::<Vec<_>>() } else { quoted.take(1).collect() };
    quoted.into_iter().map(|word| word.trim_matches('\'').to_owned()).collect()
}

fn first_name(words: &[String]) -> String {
    names(words)[0].clone()
}

fn called(words: &[String]) -> Vec<String> {
    let names = names(words).into_iter().map(|name| fold(&name));
    names.chain([words[1].clone()]).collect()
}

#[test]
fn a_definition_is_read() {
    let text =
        b"( 2.5.4.3 NAME ( 'cn' 'commonName' ) DESC 'a SUP b' SUP name EQUALITY caseIgnoreMatch \
                 SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 USAGE directoryOperation )";
    let other = b"( 2.5.4.41 NAME 'name' EQUALITY caseIgnoreMatch SYNTAX 1.2 )";
    let types = Types::new(
        &[text.to_vec(), other.to_vec()],
        &[b"( 2.5.6.0 NAME 'top' ABSTRACT )".to_vec()],
        &[b"( 2.5.13.2 NAME 'caseIgnoreMatch' SYNTAX 1.2 )".to_vec()],
    );
    assert_eq!(types.number_of_rule("caseIgnoreMatch"), Some("2.5.13.2"));
    assert_eq!([types.rule("2.5.13.2"), types.rule("1.2")], ["caseIgnoreMatch", "1.2"]);
    let cn = types.known("CommonName").unwrap();
    assert_eq!((cn.name.as_str(), cn.operational, cn.ordering.as_deref()), ("cn", true, None));
    assert!(types.is_a(cn, types.named("name")) && !types.is_a(types.named("name"), cn));
    assert!(types.known("2.5.4.3").is_some() && types.known("cn;lang-en").is_none());
    let class = |text| types.class(text);
    assert_eq!(
        [class("TOP"), class("2.5.6.0"), class("person")],
        [Some("top".into()), Some("top".into()), None]
    );
    assert_eq!(class("1.2.3"), Some("1.2.3".into()));
}
