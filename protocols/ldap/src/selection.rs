//! Which attributes a search returns (RFC 4511 section 4.5.1.8).

use std::sync::LazyLock;

use crate::description::Description;
use crate::schema::{AttributeType, attribute, attributes};

/// A set of attribute types: one bit for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection(u128);

/// What `*` means: one bit for each user attribute.
static USER: LazyLock<u128> =
    LazyLock::new(|| bits(attributes().iter().filter(|kind| !kind.is_operational())));
/// What `+` means (RFC 3673).
static OPERATIONAL: LazyLock<u128> =
    LazyLock::new(|| bits(attributes().iter().filter(|kind| kind.is_operational())));
/// What each type brings along: itself and its subtypes (RFC 4512 section 2.5.1).
static FAMILIES: LazyLock<Vec<u128>> = LazyLock::new(|| {
    attributes()
        .iter()
        .map(|kind| bits(kind.with_subtypes()))
        .collect()
});

impl Selection {
    /// No attribute at all: what `1.1` alone means.
    pub const NONE: Self = Self(0);

    /// All user attributes: what an empty list means.
    #[must_use]
    pub fn user() -> Self {
        Self(*USER)
    }

    /// Reads a list of requested attributes. Unknown ones are ignored, and so are object classes
    /// (`@person`, RFC 4529) and `1.1` beside others.
    pub fn new<'a>(requested: impl IntoIterator<Item = &'a str>) -> Self {
        let mut requested = requested.into_iter().peekable();
        if requested.peek().is_none() {
            return Self::user();
        }
        Self(requested.fold(0, |set, name| set | one(name)))
    }

    /// Is this attribute wanted?
    #[must_use]
    pub const fn wants(&self, kind: &AttributeType) -> bool {
        self.0 & bit(kind) != 0
    }

    /// Is nothing wanted but names?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0 == 0
    }
}

/// The attributes that one requested name brings.
fn one(name: &str) -> u128 {
    match name {
        "*" => *USER,
        "+" => *OPERATIONAL,
        _ => attribute(name)
            .or_else(|| {
                name.contains(';')
                    .then(|| Description::from(name).plain())
                    .flatten()
            })
            .and_then(|kind| FAMILIES.get(usize::from(kind.index())))
            .copied()
            .unwrap_or_default(),
    }
}

const fn bit(kind: &AttributeType) -> u128 {
    1_u128.wrapping_shl(kind.index() as u32)
}

fn bits(kinds: impl Iterator<Item = &'static AttributeType>) -> u128 {
    kinds.fold(0, |set, kind| set | bit(kind))
}
