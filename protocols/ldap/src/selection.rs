//! Which attributes a search returns (RFC 4511 section 4.5.1.8).

use std::sync::LazyLock;

use crate::description::Description;
use crate::schema::{AttributeType, Vocabulary, attribute, attributes};

/// A set of attribute types: one bit for each index that a type can have, and one for `*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    bits: [u64; WORDS],
    /// Those that were named one by one, without what they bring along.
    named: [u64; WORDS],
    star: bool,
    unknown: bool,
}

/// An index is one octet.
const WORDS: usize = 4;

/// What `*` means: one bit for each user attribute.
static USER: LazyLock<Selection> =
    LazyLock::new(|| all(attributes().iter().filter(|kind| !kind.is_operational())).starred());
/// What `+` means (RFC 3673).
static OPERATIONAL: LazyLock<Selection> =
    LazyLock::new(|| all(attributes().iter().filter(|kind| kind.is_operational())));
/// What each type brings along: itself and its subtypes (RFC 4512 section 2.5.1).
static FAMILIES: LazyLock<Vec<Selection>> =
    LazyLock::new(|| attributes().iter().map(|kind| all(kind.with_subtypes())).collect());

impl Selection {
    /// No attribute at all: what `1.1` alone means.
    pub const NONE: Self =
        Self { bits: [0; WORDS], named: [0; WORDS], star: false, unknown: false };

    /// All user attributes: what an empty list means.
    #[must_use]
    pub fn user() -> Self {
        *USER
    }

    /// Reads a list of requested attributes. Unknown ones are ignored, and so are object classes
    /// (`@person`, RFC 4529) and `1.1` beside others.
    pub fn new<'a>(requested: impl IntoIterator<Item = &'a str>) -> Self {
        let mut requested = requested.into_iter().peekable();
        if requested.peek().is_none() {
            return Self::user();
        }
        let mut set = Self::NONE;
        requested.for_each(|name| set.add_named(name));
        set
    }

    /// These types and no others.
    pub fn of(kinds: impl Iterator<Item = &'static AttributeType>) -> Self {
        all(kinds)
    }

    /// Is one of these types named for itself, and not brought along by another name?
    #[must_use]
    pub fn names_one_of(&self, others: &Self) -> bool {
        self.named.iter().zip(others.bits).any(|(named, others)| named & others != 0)
    }

    /// Is this attribute wanted?
    #[must_use]
    pub fn wants(&self, kind: &AttributeType) -> bool {
        let (word, bit) = place(kind);
        self.bits.get(word).is_some_and(|bits| bits & bit != 0)
    }

    /// Is this attribute wanted where these definitions count? What is a subtype of none there comes
    /// with no other name.
    #[must_use]
    pub fn wants_in(&self, kind: &AttributeType, vocabulary: Vocabulary) -> bool {
        let (word, bit) = place(kind);
        let named = || self.named.get(word).is_some_and(|named| named & bit != 0);
        self.wants(kind) && (!kind.apart.contains(&vocabulary) || self.star || named())
    }

    /// Is everything wanted that is for users, by `*` or an empty list?
    #[must_use]
    pub const fn is_starred(&self) -> bool {
        self.star
    }

    /// Is something wanted that the schema does not know?
    #[must_use]
    pub const fn has_unknown(&self) -> bool {
        self.unknown
    }

    /// Is nothing wanted but names, as far as the schema knows?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bits == Self::NONE.bits
    }

    /// Adds the attributes that one requested name brings.
    fn add_named(&mut self, name: &str) {
        match name {
            "*" => self.add(&USER),
            "+" => self.add(&OPERATIONAL),
            _ => {
                let kind = attribute(name).or_else(|| {
                    name.contains(';').then(|| Description::from(name).plain()).flatten()
                });
                match kind {
                    Some(kind) => self.add_type(kind),
                    None => self.unknown |= name != "1.1" && !name.starts_with('@'),
                }
            }
        }
    }

    fn add_type(&mut self, kind: &AttributeType) {
        let (word, bit) = place(kind);
        self.named.get_mut(word).into_iter().for_each(|named| *named |= bit);
        FAMILIES.get(usize::from(kind.index())).into_iter().for_each(|family| self.add(family));
    }

    fn add(&mut self, other: &Self) {
        self.bits.iter_mut().zip(other.bits).for_each(|(ours, theirs)| *ours |= theirs);
        self.star |= other.star;
    }

    const fn starred(self) -> Self {
        Self { star: true, ..self }
    }
}

/// The word and the bit of a type.
fn place(kind: &AttributeType) -> (usize, u64) {
    let index = kind.index();
    (usize::from(index / 64), 1_u64 << (index % 64))
}

fn all(kinds: impl Iterator<Item = &'static AttributeType>) -> Selection {
    let mut set = Selection::NONE;
    for kind in kinds {
        let (word, bit) = place(kind);
        set.bits.get_mut(word).into_iter().for_each(|bits| *bits |= bit);
    }
    set
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
        assert!(Selection::new([]).is_starred() && Selection::new(["cn", "*"]).is_starred());
        assert!(!Selection::new(["cn", "+"]).is_starred());
        assert!(Selection::new(["cn", "nosuch"]).has_unknown());
        assert!(!Selection::new(["cn", "+", "1.1", "@person"]).has_unknown());
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
    fn what_is_named_is_told_from_what_comes_along() {
        let of = |name| Selection::of(attribute(name).into_iter());
        let selection = Selection::new(["*", "name", "GIVENNAME"]);
        assert!(selection.names_one_of(&of("givenName")) && selection.names_one_of(&of("name")));
        assert!(selection.wants(attribute("sn").unwrap()) && !selection.names_one_of(&of("sn")));
        assert!(!Selection::user().names_one_of(&Selection::user()));
    }

    #[test]
    fn what_is_a_subtype_of_none_in_a_vocabulary_comes_with_no_other_name_there() {
        let member = attribute("member").unwrap();
        for (requested, in_a_domain) in [
            (&["distinguishedName"][..], false),
            (&["distinguishedName", "cn", "+"], false),
            (&["distinguishedName", "MEMBER"], true),
            (&["distinguishedName", "*"], true),
            (&[], true),
        ] {
            let selection = Selection::new(requested.iter().copied());
            let wants = |vocabulary| selection.wants_in(member, vocabulary);
            assert_eq!(wants(Vocabulary::ActiveDirectory), in_a_domain, "{requested:?}");
            assert!(wants(Vocabulary::Rfc2307bis), "{requested:?}");
        }
        assert!(!Selection::new(["cn"]).wants_in(member, Vocabulary::ActiveDirectory));
        let wanted = |names: &[&str]| {
            let selection = Selection::new(names.iter().copied());
            let wants = |name| selection.wants_in(name, Vocabulary::ActiveDirectory);
            ["name", "cn", "sn"].map(|name| wants(attribute(name).unwrap()))
        };
        assert_eq!(wanted(&["name"]), [true, false, false]);
        assert_eq!(wanted(&["name", "sn"]), [true, false, true]);
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
