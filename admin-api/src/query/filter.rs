//! Reading a filter (the grammar of RFC 7644 section 3.4.2.2, without its value paths).

use serde_json::Value;

use super::shape::{Kind, Shape};
use crate::problem::Problem;

/// The most octets of a filter.
const LENGTH: usize = 1_024;
/// The most comparisons of a filter.
const TERMS: usize = 32;
/// The deepest that parentheses stand in each other.
const DEPTH: usize = 8;

/// What items must be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Filter {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Present(Vec<String>),
    Compare(Vec<String>, Relation, Literal),
}

/// How a member stands to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Equal,
    NotEqual,
    Contains,
    StartsWith,
    EndsWith,
    Greater,
    AtLeast,
    Less,
    AtMost,
}

/// A value that members are compared with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    /// Prepared for comparison.
    Text(String),
    /// In milliseconds since 1970.
    Moment(i64),
    Number(serde_json::Number),
    Truth(bool),
    Null,
}

/// A comparison that all items of a filter meet and that an index may serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hint<'f> {
    pub(crate) field: &'f str,
    /// Prepared for comparison.
    pub(crate) value: &'f str,
    /// Whether it is the whole value, and not its beginning.
    pub(crate) is_whole: bool,
}

impl Filter {
    /// Reads a filter of items of a shape.
    pub(crate) fn read(text: &str, shape: Shape) -> Result<Self, Problem> {
        if text.len() > LENGTH {
            return Err(wrong(format!("has {} octets; {LENGTH} at most", text.len())));
        }
        let mut reader = Reader { rest: text, whole: text, terms: 0, depth: 0, shape };
        let filter = reader.either()?;
        match reader.word() {
            None => Ok(filter),
            Some(_) => Err(reader.expected("`and`, `or` or the end")),
        }
    }

    /// What an index may serve, of what all items meet.
    pub(crate) fn hints(&self) -> Vec<Hint<'_>> {
        match self {
            Self::And(all) => all.iter().flat_map(Self::hints).collect(),
            Self::Compare(path, relation, Literal::Text(value)) => {
                let is_whole = *relation == Relation::Equal;
                let field = path.first().filter(|_| path.len() == 1);
                let field = field.filter(|_| is_whole || *relation == Relation::StartsWith);
                field.map(|field| Hint { field, value, is_whole }).into_iter().collect()
            }
            Self::Or(_) | Self::Not(_) | Self::Present(_) | Self::Compare(..) => Vec::new(),
        }
    }
}

pub(super) fn wrong(detail: impl Into<String>) -> Problem {
    Problem::invalid("/filter", detail)
}

struct Reader<'t> {
    rest: &'t str,
    whole: &'t str,
    terms: usize,
    depth: usize,
    shape: Shape,
}

impl<'t> Reader<'t> {
    fn either(&mut self) -> Result<Filter, Problem> {
        let mut all = vec![self.both()?];
        while self.takes("or") {
            all.push(self.both()?);
        }
        Ok(alone(all, Filter::Or))
    }

    fn both(&mut self) -> Result<Filter, Problem> {
        let mut all = vec![self.one()?];
        while self.takes("and") {
            all.push(self.one()?);
        }
        Ok(alone(all, Filter::And))
    }

    fn one(&mut self) -> Result<Filter, Problem> {
        if self.takes("not") {
            if self.word() != Some("(") {
                return Err(self.expected("`(` behind `not`"));
            }
            return Ok(Filter::Not(Box::new(self.one()?)));
        }
        if !self.takes("(") {
            return self.term();
        }
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(wrong(format!("has more than {DEPTH} parentheses in each other")));
        }
        let inner = self.either()?;
        self.depth -= 1;
        if self.takes(")") { Ok(inner) } else { Err(self.expected("`)`, `and` or `or`")) }
    }

    fn term(&mut self) -> Result<Filter, Problem> {
        self.terms += 1;
        if self.terms > TERMS {
            return Err(wrong(format!("has more than {TERMS} comparisons")));
        }
        let begins = |word: &&str| word.starts_with(|it: char| it.is_ascii_alphabetic());
        let Some(name) = self.word().filter(begins) else {
            return Err(self.expected("the name of a member"));
        };
        let path: Vec<String> = name.split('.').map(ToOwned::to_owned).collect();
        let Some(kind) = self.shape.kind(&path) else {
            let names = self.shape.names();
            return Err(wrong(format!("there is no member `{name}`; there are: {names}")));
        };
        self.pass(name);
        if self.takes("pr") {
            return Ok(Filter::Present(path));
        }
        let Some(relation) = self.word().and_then(relation) else {
            return Err(self.expected("pr, eq, ne, co, sw, ew, gt, ge, lt or le"));
        };
        self.pass("eq");
        let literal = self.literal(name, kind, relation)?;
        Ok(Filter::Compare(path, relation, literal))
    }

    fn literal(&mut self, name: &str, kind: Kind, relation: Relation) -> Result<Literal, Problem> {
        self.rest = self.rest.trim_start();
        let length = literal_length(self.rest);
        let written = self.rest.get(..length).unwrap_or_default();
        let wanted = "a text in quotation marks, a number, true, false or null";
        let read = serde_json::from_str::<Value>(written).map_err(|_| self.expected(wanted))?;
        let is_equality = matches!(relation, Relation::Equal | Relation::NotEqual);
        let literal = match (read, kind) {
            (Value::Null, _) if is_equality => Literal::Null,
            (Value::Bool(truth), Kind::Truth | Kind::Any) if is_equality => Literal::Truth(truth),
            (Value::Number(number), Kind::Number | Kind::Any) if !of_text(relation) => {
                Literal::Number(number)
            }
            (Value::String(text), Kind::Moment) if !of_text(relation) => {
                let time = text.parse::<jiff::Timestamp>().map_err(|_| {
                    wrong(format!("`{name}` is a time such as \"2030-01-31T12:00:00Z\""))
                })?;
                Literal::Moment(time.as_millisecond())
            }
            (Value::String(text), Kind::Text | Kind::Any) => {
                Literal::Text(directory::text::prepare(&text))
            }
            (_, kind) => return Err(wrong(format!("`{name}` is {}", in_words(kind)))),
        };
        self.rest = self.rest.get(length..).unwrap_or_default();
        Ok(literal)
    }

    /// The next word or parenthesis.
    fn word(&mut self) -> Option<&'t str> {
        self.rest = self.rest.trim_start();
        let first = self.rest.chars().next()?;
        if matches!(first, '(' | ')') {
            return self.rest.get(..1);
        }
        let inner = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
        let end = self.rest.find(|letter| !inner(letter)).unwrap_or(self.rest.len());
        self.rest.get(..end.max(first.len_utf8()))
    }

    /// Goes past the next word if it is that one.
    fn takes(&mut self, wanted: &str) -> bool {
        let is_next = self.word().is_some_and(|word| word.eq_ignore_ascii_case(wanted));
        if is_next {
            self.pass(wanted);
        }
        is_next
    }

    fn pass(&mut self, word: &str) {
        self.rest = self.rest.get(word.len()..).unwrap_or_default();
    }

    fn expected(&self, what: &str) -> Problem {
        let place = self.whole.len().saturating_sub(self.rest.len()).saturating_add(1);
        wrong(format!("needs {what} at octet {place}"))
    }
}

/// How many octets the literal at the beginning has, if it is one.
fn literal_length(text: &str) -> usize {
    if !text.starts_with('"') {
        return text.find([' ', '(', ')']).unwrap_or(text.len());
    }
    let mut is_escaped = false;
    let end = text.char_indices().skip(1).find(|(_, letter)| {
        let ends = *letter == '"' && !is_escaped;
        is_escaped = *letter == '\\' && !is_escaped;
        ends
    });
    end.map_or(text.len(), |(place, _)| place.saturating_add(1))
}

fn alone(mut all: Vec<Filter>, joined: fn(Vec<Filter>) -> Filter) -> Filter {
    match all.pop() {
        Some(only) if all.is_empty() => only,
        last => {
            all.extend(last);
            joined(all)
        }
    }
}

fn relation(word: &str) -> Option<Relation> {
    const RELATIONS: [(&str, Relation); 9] = [
        ("eq", Relation::Equal),
        ("ne", Relation::NotEqual),
        ("co", Relation::Contains),
        ("sw", Relation::StartsWith),
        ("ew", Relation::EndsWith),
        ("gt", Relation::Greater),
        ("ge", Relation::AtLeast),
        ("lt", Relation::Less),
        ("le", Relation::AtMost),
    ];
    let found = RELATIONS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name));
    found.map(|(_, relation)| *relation)
}

const fn of_text(relation: Relation) -> bool {
    matches!(relation, Relation::Contains | Relation::StartsWith | Relation::EndsWith)
}

const fn in_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "a text: compare it with one in quotation marks, or by eq or ne with null",
        Kind::Moment => "a time: compare it by eq, ne, gt, ge, lt or le",
        Kind::Number => "a number: compare it with one by eq, ne, gt, ge, lt or le",
        Kind::Truth => "true or false: compare it by eq or ne",
        Kind::Any => "no value that could be compared so",
        Kind::Object => "no single value; pr asks whether it is there",
    }
}
