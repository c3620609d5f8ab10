//! Search filters (RFC 4511 section 4.5.1.7).

use bytes::Bytes;

use crate::{Description, Text};

pub(crate) mod decode;
mod text;

pub use text::SyntaxError;

/// Which entries match.
///
/// What cannot be decided (an unknown attribute, a value that does not follow its syntax, an unknown
/// rule) is Undefined for whoever evaluates it; it is not an error here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All of them; true when there are none (RFC 4526).
    And(Vec<Self>),
    /// Any of them; false when there are none (RFC 4526).
    Or(Vec<Self>),
    /// The opposite; Undefined stays Undefined.
    Not(Box<Self>),
    /// A value equals.
    Equality(Assertion),
    /// A value has these parts in this order.
    Substrings(Box<Substrings>),
    /// A value is this or comes after it.
    GreaterOrEqual(Assertion),
    /// A value is this or comes before it.
    LessOrEqual(Assertion),
    /// There is a value.
    Present(Description),
    /// A value is similar; at least where it equals.
    Approx(Assertion),
    /// A value matches by a rule that the client names.
    Extensible(Box<Extensible>),
    /// Something that the protocol does not know yet; Undefined (RFC 4511 section 4.5.1.7).
    Unknown,
}

/// An attribute and an asserted value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// The attribute.
    pub attribute: Description,
    /// The value, any octets.
    pub value: Bytes,
}

/// Parts of a value, none of them empty, at least one of them there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Substrings {
    /// The attribute.
    pub attribute: Description,
    /// What the value begins with.
    pub initial: Option<Bytes>,
    /// What it has in between, in this order, without overlap.
    pub any: Vec<Bytes>,
    /// What it ends with.
    pub last: Option<Bytes>,
}

/// A match by a named rule (RFC 4511 section 4.5.1.7.7); rule or attribute or both are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extensible {
    /// The rule's name or OID; `None` for the attribute's equality rule.
    pub rule: Option<Text>,
    /// The attribute; `None` for every attribute that the rule fits.
    pub attribute: Option<Description>,
    /// The asserted value.
    pub value: Bytes,
    /// The attributes in the entry's DN count as well.
    pub dn_attributes: bool,
}
