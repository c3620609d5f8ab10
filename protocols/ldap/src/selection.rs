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
static FAMILIES: LazyLock<Vec<u128>> =
    LazyLock::new(|| attributes().iter().map(|kind| bits(kind.with_subtypes())).collect());

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
            .or_else(|| name.contains(';').then(|| Description::from(name).plain()).flatten())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(requested: &[&str]) -> Vec<&'static str> {
        let selection = Selection::new(requested.iter().copied());
        let wanted = attributes().iter().filter(|kind| selection.wants(kind));
        wanted.map(|kind| kind.name).collect()
    }

    #[test]
    fn rfc4511_4_5_1_8_an_empty_list_and_a_star_mean_all_user_attributes() {
        let all = selected(&[]);
        assert_eq!(all, selected(&["*"]));
        assert!(all.contains(&"cn") && !all.contains(&"entryUUID") && !all.contains(&"memberOf"));
    }

    #[test]
    fn rfc3673_a_plus_means_all_operational_attributes() {
        let operational = selected(&["+"]);
        assert!(operational.contains(&"entryUUID") && !operational.contains(&"cn"));
        assert_eq!(selected(&["*", "+"]).len(), attributes().len());
    }

    #[test]
    fn rfc4511_4_5_1_8_no_attributes_are_had_by_1_1_alone() {
        assert_eq!(selected(&["1.1"]), [""; 0]);
        assert_eq!(selected(&["1.1", "cn"]), ["cn"]);
    }

    #[test]
    fn names_are_found_by_alias_and_number_without_regard_to_case_once() {
        assert_eq!(selected(&["CN", "commonname", "2.5.4.3", "cn"]), ["cn"]);
        assert_eq!(selected(&["ENTRYUUID", "nosuch", "", "9.9"]), ["entryUUID"]);
    }

    #[test]
    fn rfc4512_2_5_options_select_nothing_but_binary_is_tolerated() {
        assert_eq!(selected(&["cn;lang-en", "@person"]), [""; 0]);
        assert_eq!(selected(&["userCertificate;binary"]), ["userCertificate"]);
    }

    #[test]
    fn rfc4512_2_5_1_a_supertype_brings_its_subtypes() {
        let names = selected(&["name"]);
        assert!(
            ["name", "cn", "sn", "ou", "dc"].iter().filter(|name| names.contains(name)).count()
                == 4
        );
    }
}
