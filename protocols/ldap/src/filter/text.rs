//! Filters as text (RFC 4515).

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;

use super::{Assertion, Extensible, Filter, Substrings};
use crate::{Description, Text};

/// Levels that a filter in text may have.
const DEPTH: usize = 32;

/// Text that is not a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a search filter, from octet {position} on")]
pub struct SyntaxError {
    /// Where it goes wrong, counted in octets from 0.
    pub position: usize,
}

impl FromStr for Filter {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        let mut parser = Parser { text, rest: text };
        let filter = parser.filter(DEPTH)?;
        if parser.rest.is_empty() { Ok(filter) } else { Err(parser.error()) }
    }
}

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
}

impl<'a> Parser<'a> {
    const fn error(&self) -> SyntaxError {
        SyntaxError { position: self.text.len() - self.rest.len() }
    }

    fn take(&mut self, prefix: char) -> Result<(), SyntaxError> {
        self.rest = self.rest.strip_prefix(prefix).ok_or_else(|| self.error())?;
        Ok(())
    }

    fn filter(&mut self, depth: usize) -> Result<Filter, SyntaxError> {
        let depth = depth.checked_sub(1).ok_or_else(|| self.error())?;
        self.take('(')?;
        let filter = match self.rest.chars().next() {
            Some('&') => self.set('&', depth).map(Filter::And)?,
            Some('|') => self.set('|', depth).map(Filter::Or)?,
            Some('!') => {
                self.take('!')?;
                Filter::Not(Box::new(self.filter(depth)?))
            }
            _ => self.item()?,
        };
        self.take(')')?;
        Ok(filter)
    }

    fn set(&mut self, sign: char, depth: usize) -> Result<Vec<Filter>, SyntaxError> {
        self.take(sign)?;
        let mut filters = Vec::new();
        while self.rest.starts_with('(') {
            filters.push(self.filter(depth)?);
        }
        Ok(filters)
    }

    fn item(&mut self) -> Result<Filter, SyntaxError> {
        let end = self.rest.find(['(', ')']).unwrap_or(self.rest.len());
        let (item, behind) = self.rest.split_at_checked(end).ok_or_else(|| self.error())?;
        let (left, value) = item.split_once('=').ok_or_else(|| self.error())?;
        let filter = comparison(left, value).ok_or_else(|| self.error())?;
        self.rest = behind;
        Ok(filter)
    }
}

fn comparison(left: &str, value: &str) -> Option<Filter> {
    if let Some(left) = left.strip_suffix(':') {
        return extensible(left, value);
    }
    if let Some(attribute) = left.strip_suffix('>') {
        return assertion(attribute, value).map(Filter::GreaterOrEqual);
    }
    if let Some(attribute) = left.strip_suffix('<') {
        return assertion(attribute, value).map(Filter::LessOrEqual);
    }
    if let Some(attribute) = left.strip_suffix('~') {
        return assertion(attribute, value).map(Filter::Approx);
    }
    if value == "*" {
        return description(left).map(Filter::Present);
    }
    if value.contains('*') {
        return substrings(left, value);
    }
    assertion(left, value).map(Filter::Equality)
}

fn description(text: &str) -> Option<Description> {
    Some(Description::from(text)).filter(Description::is_well_formed)
}

fn assertion(attribute: &str, value: &str) -> Option<Assertion> {
    if value.contains('*') {
        return None;
    }
    Some(Assertion { attribute: description(attribute)?, value: unescape(value)? })
}

fn substrings(attribute: &str, value: &str) -> Option<Filter> {
    let attribute = description(attribute)?;
    let (initial, rest) = value.split_once('*')?;
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    let part = |text: &str| {
        if text.is_empty() { Some(None) } else { unescape(text).map(Some) }
    };
    let any = middle
        .split('*')
        .filter(|text| !text.is_empty())
        .map(unescape)
        .collect::<Option<Vec<_>>>()?;
    let (initial, last) = (part(initial)?, part(last)?);
    let parts = Substrings { attribute, initial, any, last };
    let some = parts.initial.is_some() || parts.last.is_some() || !parts.any.is_empty();
    some.then(|| Filter::Substrings(Box::new(parts)))
}

fn extensible(left: &str, value: &str) -> Option<Filter> {
    let mut words = left.split(':');
    let attribute = match words.next()? {
        "" => None,
        attribute => Some(description(attribute)?),
    };
    let mut word = words.next();
    let dn_attributes = word.is_some_and(|word| word.eq_ignore_ascii_case("dn"));
    if dn_attributes {
        word = words.next();
    }
    let rule = match word {
        Some(rule) if crate::description::is_type(rule) => Some(Text::from(rule)),
        Some(_) => return None,
        None => None,
    };
    if words.next().is_some() || (rule.is_none() && attribute.is_none()) {
        return None;
    }
    let value = unescape(value)?;
    Some(Filter::Extensible(Box::new(Extensible { rule, attribute, value, dn_attributes })))
}

/// Resolves `\xx` (RFC 4515 section 3).
fn unescape(text: &str) -> Option<Bytes> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&octet, behind)) = rest.split_first() {
        rest = behind;
        match octet {
            b'\\' => {
                let (digits, behind) = rest.split_first_chunk::<2>()?;
                octets.push(crate::dn::hex(*digits)?);
                rest = behind;
            }
            0 => return None,
            octet => octets.push(octet),
        }
    }
    Some(octets.into())
}

impl fmt::Display for Filter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(")?;
        match self {
            Self::And(filters) => set(formatter, "&", filters)?,
            Self::Or(filters) => set(formatter, "|", filters)?,
            Self::Not(filter) => write!(formatter, "!{filter}")?,
            Self::Equality(assertion) => write_assertion(formatter, assertion, "=")?,
            Self::GreaterOrEqual(assertion) => write_assertion(formatter, assertion, ">=")?,
            Self::LessOrEqual(assertion) => write_assertion(formatter, assertion, "<=")?,
            Self::Approx(assertion) => write_assertion(formatter, assertion, "~=")?,
            Self::Present(attribute) => write!(formatter, "{}=*", Name(attribute))?,
            Self::Substrings(parts) => write_substrings(formatter, parts)?,
            Self::Extensible(matching) => write_extensible(formatter, matching)?,
            // Nothing is written so: what reads it finds no filter.
            Self::Unknown => formatter.write_str("?")?,
        }
        formatter.write_str(")")
    }
}

fn set(formatter: &mut fmt::Formatter<'_>, sign: &str, filters: &[Filter]) -> fmt::Result {
    formatter.write_str(sign)?;
    filters.iter().try_for_each(|filter| write!(formatter, "{filter}"))
}

fn write_assertion(
    formatter: &mut fmt::Formatter<'_>,
    assertion: &Assertion,
    sign: &str,
) -> fmt::Result {
    write!(formatter, "{}{sign}{}", Name(&assertion.attribute), Escaped(&assertion.value))
}

fn write_substrings(formatter: &mut fmt::Formatter<'_>, parts: &Substrings) -> fmt::Result {
    let end = |part: &Option<Bytes>| Escaped(part.as_deref().unwrap_or_default()).to_string();
    write!(formatter, "{}={}*", Name(&parts.attribute), end(&parts.initial))?;
    parts.any.iter().try_for_each(|part| write!(formatter, "{}*", Escaped(part)))?;
    formatter.write_str(&end(&parts.last))
}

fn write_extensible(formatter: &mut fmt::Formatter<'_>, matching: &Extensible) -> fmt::Result {
    if let Some(attribute) = &matching.attribute {
        write!(formatter, "{}", Name(attribute))?;
    }
    if matching.dn_attributes {
        formatter.write_str(":dn")?;
    }
    if let Some(rule) = &matching.rule {
        write!(formatter, ":{}", Escaped(rule.as_bytes()))?;
    }
    write!(formatter, ":={}", Escaped(&matching.value))
}

/// A description that comes from a client and may hold anything.
struct Name<'a>(&'a Description);

impl fmt::Display for Name<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", Escaped(self.0.as_str().as_bytes()))
    }
}

/// Octets with everything escaped that is not printable or means something: safe in a log, too.
struct Escaped<'a>(&'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for letter in chunk.valid().chars() {
                if letter.is_control() || matches!(letter, '*' | '(' | ')' | '\\') {
                    let mut room = [0; 4];
                    escape(formatter, letter.encode_utf8(&mut room).as_bytes())?;
                } else {
                    fmt::Write::write_char(formatter, letter)?;
                }
            }
            escape(formatter, chunk.invalid())?;
        }
        Ok(())
    }
}

fn escape(formatter: &mut fmt::Formatter<'_>, octets: &[u8]) -> fmt::Result {
    octets.iter().try_for_each(|octet| write!(formatter, "\\{octet:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc4515_4_examples_are_printed_as_they_were_read() {
        for text in [
            "(cn=Babs Jensen)",
            "(!(cn=Tim Howes))",
            "(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))",
            "(o=univ*of*mich*)",
            "(seeAlso=)",
            "(cn:caseExactMatch:=Fred Flintstone)",
            "(cn:=Betty Rubble)",
            "(sn:dn:2.4.6.8.10:=Barney Rubble)",
            "(o:dn:=Ace Industry)",
            "(:1.2.3:=Wilma Flintstone)",
            "(:dn:2.4.6.8.10:=Dino)",
            "(o=Parens R Us \\28for all your parenthetical needs\\29)",
            "(cn=*\\2a*)",
            "(filename=C:\\5cMyFile)",
            "(bin=\\00\\00\\00\\04)",
            "(sn=Lučić)",
            "(octets=\\ff\\fe)",
            "(&)",
            "(|)",
            "(a>=1)",
            "(a<=1)",
            "(a~=1)",
            "(cn;lang-en=x)",
            "(2.5.4.3=x)",
            "(cn=*)",
        ] {
            assert_eq!(
                text.parse::<Filter>().map(|filter| filter.to_string()).as_deref(),
                Ok(text)
            );
        }
    }

    #[test]
    fn rfc4515_3_what_is_no_filter_is_refused() {
        for text in [
            "",
            "cn=x",
            "(cn=x",
            "(cn=x))",
            "()",
            "(cn)",
            "(=x)",
            "(cn=a\\2)",
            "(cn=a\\zz)",
            "(cn=a(b)",
            "(!)",
            "(!(a=b)(c=d))",
            "(a b=c)",
            "(:=x)",
            "(cn:a:b:=x)",
            "(cn>=a*b)",
            "(cn=**)",
            "(cn=a\0)",
        ] {
            assert!(text.parse::<Filter>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn filters_in_text_are_bounded_in_depth() {
        let nested = |depth: usize| format!("{}(a=b){}", "(!".repeat(depth), ")".repeat(depth));
        assert!(nested(DEPTH - 1).parse::<Filter>().is_ok());
        assert!(nested(DEPTH).parse::<Filter>().is_err());
        assert!(nested(100_000).parse::<Filter>().is_err());
    }

    #[test]
    fn nothing_printed_can_forge_a_line() {
        let attribute = Description::from("cn\n\u{1b}[2J");
        let filter = Filter::Equality(Assertion { attribute, value: "a\r\nb\u{85}".into() });
        assert_eq!(filter.to_string(), "(cn\\0a\\1b[2J=a\\0d\\0ab\\c2\\85)");
    }
}
