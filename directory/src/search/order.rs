//! The order of entries by their attributes, as octets that sort as the entries do.

use super::attribute::{Attribute, Kinds, Rule};
use super::entry::Fact;
use super::filter::whole;
use super::judge::Facts;
use crate::records::{Syntax, custom_signed};
use crate::text::{prepare, prepare_exact};

/// So many octets of a text count; texts that begin alike for longer are equal.
const TEXT: usize = 128;

/// One thing to sort by: the least value of any of some attributes, each of entries of some kinds.
/// Entries without one come last, in the reverse order first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortKey {
    attributes: Vec<(Kinds, Attribute)>,
    compare: Compare,
    reverse: bool,
}

/// How values are compared to be sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// Text, without case.
    Text,
    /// Text, with case.
    ExactText,
    /// Numbers.
    Number,
    /// Times.
    Time,
    /// Ids.
    Id,
    /// Octets.
    Octets,
    /// Numbers that may be negative.
    Signed,
    /// Times in milliseconds that may lie before 1970.
    Moment,
}

impl SortKey {
    /// Sorts by the least value of any of these attributes, in their own way or in another that
    /// fits them; `None` when it does not, or when there are no attributes.
    pub fn new(
        attributes: Vec<(Kinds, Attribute)>,
        compare: Option<Compare>,
        reverse: bool,
    ) -> Option<Self> {
        let (_, first) = attributes.first()?;
        let compare = compare.or_else(|| Compare::of(*first))?;
        let fits = |(_, attribute): &(Kinds, Attribute)| {
            Compare::of(*attribute).is_some_and(|own| compare.fits(own))
        };
        attributes.iter().all(fits).then_some(Self { attributes, compare, reverse })
    }

    /// The octets that an entry is sorted by: as its place among others, so the octets among
    /// theirs. Keys after the first decide where the ones before are equal.
    pub fn rank(keys: &[Self], facts: &dyn Facts) -> Vec<u8> {
        let mut rank = Vec::new();
        for key in keys {
            let mut least: Option<Vec<u8>> = None;
            let of_kind = |(kinds, _): &&(Kinds, Attribute)| kinds.contains(facts.kind());
            for (_, attribute) in key.attributes.iter().filter(of_kind) {
                facts.visit(*attribute, &mut |fact| {
                    let value = key.octets(fact);
                    if least.as_ref().is_none_or(|least| value < *least) {
                        least = Some(value);
                    }
                });
            }
            key.append(least.as_deref(), &mut rank);
        }
        rank
    }

    /// The octets that the rank of an entry with this value starts with; `None` when the text is no
    /// value of the attributes. A number that no entry could have lies in front of or behind all.
    pub fn rank_of(&self, text: &str) -> Option<Vec<u8>> {
        let number = |fact: Option<Fact<'_>>| {
            Some(match (whole(text)?, fact) {
                (_, Some(fact)) => self.octets(fact),
                (true, None) => Vec::new(),
                (false, None) => vec![u8::MAX; size_of::<u64>() + 1],
            })
        };
        let value = match self.compare {
            Compare::Octets => self.octets(Fact::Octets(text.as_bytes())),
            Compare::Signed | Compare::Moment => {
                number(text.trim().parse().ok().map(Fact::Signed))?
            }
            Compare::Text | Compare::ExactText => self.octets(Fact::Text(text)),
            Compare::Number | Compare::Time => number(text.trim().parse().ok().map(Fact::Number))?,
            Compare::Id => self.octets(Fact::Id(uuid::Uuid::parse_str(text.trim()).ok()?)),
        };
        Some(self.rank_of_value(&value))
    }

    /// The octets that the rank of an entry with these octets for a value starts with.
    pub fn rank_of_octets(&self, octets: &[u8]) -> Vec<u8> {
        self.rank_of_value(&self.octets(Fact::Octets(octets)))
    }

    fn rank_of_value(&self, value: &[u8]) -> Vec<u8> {
        let mut rank = Vec::new();
        self.append(Some(value), &mut rank);
        rank
    }

    /// How the values are compared.
    pub const fn compare(&self) -> Compare {
        self.compare
    }

    /// Whether the greatest values come first.
    pub const fn is_reversed(&self) -> bool {
        self.reverse
    }

    fn octets(&self, fact: Fact<'_>) -> Vec<u8> {
        match fact {
            Fact::Text(text) if self.compare == Compare::Octets => {
                text.bytes().take(TEXT).collect()
            }
            Fact::Text(text) => {
                let exact = self.compare == Compare::ExactText;
                let text = if exact { prepare_exact(text) } else { prepare(text) };
                text.bytes().take(TEXT).collect()
            }
            Fact::Number(number) => number.to_be_bytes().to_vec(),
            Fact::Id(id) => id.as_bytes().to_vec(),
            Fact::Signed(number) => custom_signed(number).to_vec(),
            Fact::Octets(octets) => octets.iter().copied().take(TEXT).collect(),
            // No key compares so.
            Fact::Boolean(_) | Fact::Entry(_) => Vec::new(),
        }
    }

    /// Appends a value, ended so that no other begins with it; turned around for the reverse order.
    fn append(&self, value: Option<&[u8]>, rank: &mut Vec<u8>) {
        const THERE: u8 = 0;
        const ABSENT: u8 = 1;
        let start = rank.len();
        match value {
            None => rank.push(ABSENT),
            Some(value) => {
                rank.push(THERE);
                for octet in value {
                    rank.push(*octet);
                    if *octet == 0 {
                        rank.push(0xff);
                    }
                }
                rank.extend([0, 0]);
            }
        }
        if self.reverse {
            rank.iter_mut().skip(start).for_each(|octet| *octet = !*octet);
        }
    }
}

impl Compare {
    /// The way of an attribute; `None` for one that nothing is sorted by.
    fn of(attribute: Attribute) -> Option<Self> {
        let time = matches!(attribute, Attribute::Custom(custom) if custom.syntax == Syntax::Time);
        match attribute.rule() {
            // Spaces and hyphens count when numbers are put in order: there is no rule for it.
            Rule::Text | Rule::Telephone => Some(Self::Text),
            Rule::ExactText => Some(Self::ExactText),
            Rule::Number => Some(Self::Number),
            Rule::Id => Some(Self::Id),
            Rule::Time => Some(Self::Time),
            Rule::Octets => Some(Self::Octets),
            Rule::Signed if time => Some(Self::Moment),
            Rule::Signed => Some(Self::Signed),
            Rule::Boolean | Rule::Reference => None,
        }
    }

    /// Texts can be compared with and without case.
    fn fits(self, own: Self) -> bool {
        let text = |compare| matches!(compare, Self::Text | Self::ExactText);
        self == own || (text(self) && text(own))
    }

    /// The same for values that may lie below zero.
    #[must_use]
    pub const fn signed(self) -> Self {
        match self {
            Self::Number => Self::Signed,
            Self::Time => Self::Moment,
            other @ (Self::Text
            | Self::ExactText
            | Self::Id
            | Self::Octets
            | Self::Signed
            | Self::Moment) => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collections::Member;
    use crate::error::Error;
    use crate::id::GroupId;
    use crate::search::Kind;

    struct Somebody(&'static [&'static str], Option<u64>);

    impl Facts for Somebody {
        fn kind(&self) -> Kind {
            Kind::User
        }

        fn visit(&self, attribute: Attribute, visit: &mut dyn FnMut(Fact<'_>)) {
            if attribute == Attribute::Surname {
                self.0.iter().for_each(|name| visit(Fact::Text(name)));
            } else {
                self.1.iter().for_each(|number| visit(Fact::Number(*number)));
            }
        }

        fn member_of(&self) -> Result<Vec<GroupId>, Error> {
            Ok(Vec::new())
        }

        fn has_member(&self, _: Member) -> Result<bool, Error> {
            Ok(false)
        }

        fn has_some_member(&self) -> Result<bool, Error> {
            Ok(false)
        }

        fn has_some_user(&self) -> Result<bool, Error> {
            Ok(false)
        }
    }

    fn key(attribute: Attribute, reverse: bool) -> SortKey {
        SortKey::new(vec![(Kinds::ALL, attribute)], None, reverse).unwrap()
    }

    fn sorted(keys: &[SortKey], mut all: Vec<Somebody>) -> Vec<(String, Option<u64>)> {
        all.sort_by_key(|somebody| SortKey::rank(keys, somebody));
        all.into_iter().map(|Somebody(names, number)| (names.join("+"), number)).collect()
    }

    #[test]
    fn a_later_key_counts_where_the_earlier_are_equal_and_absent_comes_last() {
        let all = || {
            vec![
                Somebody(&[], Some(1)),
                Somebody(&["b"], Some(300)),
                Somebody(&["B "], Some(2)),
                Somebody(&["ba"], Some(1)),
                Somebody(&["z", "a"], None),
            ]
        };
        let names = |sorted: Vec<(String, Option<u64>)>| -> Vec<String> {
            sorted.into_iter().map(|(name, _)| name).collect()
        };
        let (surname, number) = (Attribute::Surname, Attribute::UidNumber);
        let both = [key(surname, false), key(number, false)];
        assert_eq!(names(sorted(&both, all())), ["z+a", "B ", "b", "ba", ""]);
        let reversed = [key(surname, true), key(number, false)];
        assert_eq!(names(sorted(&reversed, all())), ["", "ba", "B ", "b", "z+a"]);
        assert_eq!(names(sorted(&[key(number, true)], all())), ["z+a", "b", "B ", "", "ba"]);
    }

    #[test]
    fn a_value_ranks_where_entries_that_have_it_do() {
        let surname = key(Attribute::Surname, false);
        let rank = |names| SortKey::rank(std::slice::from_ref(&surname), &Somebody(names, None));
        let wanted = surname.rank_of("Lovelace").unwrap();
        assert!(rank(&["lovelac"]) < wanted && rank(&["lovelacey"]) > wanted);
        assert!(rank(&["LOVELACE"]).starts_with(&wanted));
        assert_eq!(key(Attribute::UidNumber, false).rank_of("many"), None);
    }

    #[test]
    fn a_number_that_no_entry_could_have_lies_in_front_of_or_behind_all() {
        for reverse in [false, true] {
            let number = key(Attribute::UidNumber, reverse);
            let rank = |text| number.rank_of(text).unwrap();
            let mut ranks = ["-1", "0", "18446744073709551615", "18446744073709551616"].map(rank);
            assert_eq!(rank("-7"), ranks[0]);
            if reverse {
                ranks.reverse();
            }
            assert!(ranks.is_sorted() && ranks[0] < ranks[1] && ranks[2] < ranks[3], "{ranks:?}");
            let absent = SortKey::rank(std::slice::from_ref(&number), &Somebody(&[], None));
            assert_eq!(ranks.iter().all(|rank| *rank < absent), !reverse);
            assert_eq!(ranks.iter().all(|rank| *rank > absent), reverse);
        }
    }

    #[test]
    fn an_attribute_counts_for_the_kinds_that_show_it() {
        let of = |kinds| SortKey::new(vec![(kinds, Attribute::Surname)], None, false).unwrap();
        let rank = |key| SortKey::rank(&[key], &Somebody(&["a"], None));
        let absent = SortKey::rank(&[of(Kinds::ALL)], &Somebody(&[], None));
        assert_eq!(rank(of(Kinds::GROUPS)), absent);
        assert!(rank(of(Kinds::GROUPS.and(Kinds::USERS))) < absent);
    }

    #[test]
    fn only_a_rule_that_fits_is_taken() {
        let surname = || vec![(Kinds::ALL, Attribute::Surname)];
        let exact = SortKey::new(surname(), Some(Compare::ExactText), false);
        let ranks = ["a", "B"].map(|name| exact.as_ref().unwrap().rank_of(name).unwrap());
        assert!(ranks[1] < ranks[0]);
        assert_eq!(SortKey::new(surname(), Some(Compare::Number), false), None);
        assert_eq!(SortKey::new(Vec::new(), None, false), None);
    }
}
