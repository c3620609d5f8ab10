//! Distinguished names as text (RFC 4514) and their comparison (RFC 4517 section 4.2.15).

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::{Outcome, ResultCode};

mod escape;
mod parse;

pub use escape::escape_value;
pub(crate) use escape::hex;

/// Octets that a DN may have.
const LENGTH: usize = 8192;
/// RDNs that a DN may have.
const RDNS: usize = 64;

/// Text that is not a DN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It does not follow the syntax.
    #[error("not a distinguished name")]
    Syntax,
    /// It is longer, or has more parts, than any entry's.
    #[error("distinguished name too long")]
    TooLong,
}

impl From<Error> for Outcome {
    fn from(error: Error) -> Self {
        match error {
            Error::Syntax => Self::new(ResultCode::InvalidDnSyntax, "not a distinguished name"),
            // It may follow the syntax: there is no such entry.
            Error::TooLong => {
                Self::new(ResultCode::NoSuchObject, "the name is longer than any entry's")
            }
        }
    }
}

/// A distinguished name, normalized: equal names are equal, however they were spelled.
///
/// Types are in lower case and by the schema's name for them (`2.5.4.3` and `commonName` are `cn`),
/// values are prepared by [`case_ignore`](crate::case_ignore), parts of a multi-valued RDN are
/// sorted, escapes are the fewest. It is all one piece of text, so that comparing names compares
/// octets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dn(String);

impl Dn {
    /// The DN of the root: no RDN at all.
    pub const ROOT: Self = Self(String::new());

    /// Reads a DN.
    ///
    /// # Errors
    /// When the text is no DN or is too long.
    pub fn parse(text: &str) -> Result<Self, Error> {
        parse::normalize(text).map(Self)
    }

    /// The normalized text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Is it the root?
    #[must_use]
    pub const fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Its RDNs, the entry's own first.
    pub fn rdns(&self) -> impl Iterator<Item = Rdn<'_>> {
        parse::pieces(&self.0, b',').map(Rdn)
    }

    /// The entry's own RDN; `None` for the root.
    #[must_use]
    pub fn rdn(&self) -> Option<Rdn<'_>> {
        self.rdns().next()
    }

    /// The name of the entry above; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let rdn = self.rdn()?;
        Some(Self(self.0.get(rdn.0.len() + 1..).unwrap_or_default().to_owned()))
    }

    /// What stands before `suffix`: the empty text when the names are equal, `None` when this name
    /// is not below that one. The result is normalized text of RDNs and may be parsed again.
    #[must_use]
    pub fn below<'a>(&'a self, suffix: &Self) -> Option<&'a str> {
        if suffix.is_root() {
            return Some(&self.0);
        }
        match self.0.strip_suffix(&suffix.0)? {
            "" => Some(""),
            above => above.strip_suffix(',').filter(|relative| !parse::ends_escaped(relative)),
        }
    }

    /// The RDNs before `suffix`, the entry's own first; `None` when this name is not below that one.
    #[must_use]
    pub fn rdns_below<'a>(&'a self, suffix: &Self) -> Option<impl Iterator<Item = Rdn<'a>>> {
        self.below(suffix).map(|relative| parse::pieces(relative, b',').map(Rdn))
    }

    /// Is it `suffix`, or below it?
    #[must_use]
    pub fn ends_with(&self, suffix: &Self) -> bool {
        self.below(suffix).is_some()
    }

    /// Its RDNs as a name of its own, in front of this one.
    #[must_use]
    pub fn under(&self, suffix: &Self) -> Self {
        match (self.is_root(), suffix.is_root()) {
            (true, _) => suffix.clone(),
            (_, true) => self.clone(),
            (false, false) => Self(format!("{},{}", self.0, suffix.0)),
        }
    }
}

impl FromStr for Dn {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl fmt::Display for Dn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One RDN of a normalized DN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rdn<'a>(&'a str);

impl<'a> Rdn<'a> {
    /// Its normalized text.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }

    /// Its types and values; more than one in a multi-valued RDN. Types are normalized, values
    /// prepared for comparison and without escapes.
    pub fn parts(self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> {
        parse::pieces(self.0, b'+').filter_map(|part| {
            let (kind, value) = part.split_once('=')?;
            Some((kind, escape::unescape(value)))
        })
    }

    /// Type and value, when it has just one.
    #[must_use]
    pub fn single(self) -> Option<(&'a str, Cow<'a, str>)> {
        let mut parts = self.parts();
        parts.next().filter(|_| parts.next().is_none())
    }
}

#[cfg(test)]
mod tests;
