//! The values of custom attributes that a user or a group has.

use serde::{Deserialize, Serialize, Serializer};
use storage::Entries;

use super::custom_attribute::{Syntax, custom_index};
use crate::search::{EntryId, Kind};
use crate::text::{prepare, prepare_exact, telephone};

/// The values of all custom attributes of one record, in the order of attributes' numbers.
///
/// Records know attributes by number; events tell them by name, so nothing is written of them
/// where people read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct CustomValues(Vec<CustomValue>);

/// The values of one custom attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomValue {
    /// The attribute's number.
    pub number: u16,
    /// Whether these values stand in the index: an index is made and unmade record by record.
    pub(crate) indexed: bool,
    /// The values, as they were written; never none.
    pub values: Values,
}

/// Values of one syntax.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Values {
    /// Text that compares without case.
    Text(Vec<String>),
    /// Text that compares with case.
    ExactText(Vec<String>),
    /// Whole numbers.
    Integer(Vec<i64>),
    /// Yes or no.
    Boolean(Vec<bool>),
    /// Times, in milliseconds since 1970.
    Time(Vec<i64>),
    /// Octets.
    Octets(Vec<Vec<u8>>),
    /// Telephone numbers.
    Telephone(Vec<String>),
    /// Countries, by their two letters.
    Country(Vec<String>),
    /// Users and groups of the organization, whatever they are called.
    Reference(Vec<EntryId>),
}

impl Values {
    /// No values of a syntax.
    pub const fn none(syntax: Syntax) -> Self {
        match syntax {
            Syntax::Text => Self::Text(Vec::new()),
            Syntax::ExactText => Self::ExactText(Vec::new()),
            Syntax::Integer => Self::Integer(Vec::new()),
            Syntax::Boolean => Self::Boolean(Vec::new()),
            Syntax::Time => Self::Time(Vec::new()),
            Syntax::Octets => Self::Octets(Vec::new()),
            Syntax::Telephone => Self::Telephone(Vec::new()),
            Syntax::Country => Self::Country(Vec::new()),
            Syntax::Reference => Self::Reference(Vec::new()),
        }
    }

    /// The form that the values have.
    pub const fn syntax(&self) -> Syntax {
        match self {
            Self::Text(_) => Syntax::Text,
            Self::ExactText(_) => Syntax::ExactText,
            Self::Integer(_) => Syntax::Integer,
            Self::Boolean(_) => Syntax::Boolean,
            Self::Time(_) => Syntax::Time,
            Self::Octets(_) => Syntax::Octets,
            Self::Telephone(_) => Syntax::Telephone,
            Self::Country(_) => Syntax::Country,
            Self::Reference(_) => Syntax::Reference,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(texts)
            | Self::ExactText(texts)
            | Self::Telephone(texts)
            | Self::Country(texts) => texts.len(),
            Self::Integer(numbers) | Self::Time(numbers) => numbers.len(),
            Self::Boolean(truths) => truths.len(),
            Self::Octets(octets) => octets.len(),
            Self::Reference(entries) => entries.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds values of the same syntax; those of another stay out.
    pub fn append(&mut self, more: Self) {
        match (self, more) {
            (Self::Text(all), Self::Text(more))
            | (Self::ExactText(all), Self::ExactText(more))
            | (Self::Telephone(all), Self::Telephone(more))
            | (Self::Country(all), Self::Country(more)) => all.extend(more),
            (Self::Reference(all), Self::Reference(more)) => all.extend(more),
            (Self::Integer(all), Self::Integer(more)) | (Self::Time(all), Self::Time(more)) => {
                all.extend(more);
            }
            (Self::Boolean(all), Self::Boolean(more)) => all.extend(more),
            (Self::Octets(all), Self::Octets(more)) => all.extend(more),
            (
                Self::Text(_)
                | Self::ExactText(_)
                | Self::Integer(_)
                | Self::Boolean(_)
                | Self::Time(_)
                | Self::Telephone(_)
                | Self::Country(_)
                | Self::Reference(_)
                | Self::Octets(_),
                _,
            ) => {}
        }
    }

    /// The octets that the values take in memory, about.
    fn size(&self) -> usize {
        match self {
            Self::Text(texts)
            | Self::ExactText(texts)
            | Self::Telephone(texts)
            | Self::Country(texts) => {
                texts.iter().map(|text| size_of::<String>() + text.len()).sum()
            }
            Self::Reference(entries) => size_of_val(entries.as_slice()),
            Self::Integer(numbers) | Self::Time(numbers) => size_of_val(numbers.as_slice()),
            Self::Boolean(truths) => truths.len(),
            Self::Octets(values) => {
                values.iter().map(|value| size_of::<Vec<u8>>() + value.len()).sum()
            }
        }
    }

    /// Shows the normalized form of each value, as it stands in an index, to `visit`.
    pub(crate) fn keys(&self, visit: &mut dyn FnMut(&[u8])) {
        match self {
            Self::Text(texts) | Self::Country(texts) => {
                texts.iter().for_each(|text| visit(prepare(text).as_bytes()));
            }
            Self::Telephone(texts) => {
                texts.iter().for_each(|text| visit(telephone(text).as_bytes()));
            }
            Self::Reference(entries) => entries.iter().for_each(|entry| visit(&entry.key())),
            Self::ExactText(texts) => {
                texts.iter().for_each(|text| visit(prepare_exact(text).as_bytes()));
            }
            Self::Integer(numbers) | Self::Time(numbers) => {
                numbers.iter().for_each(|number| visit(&signed(*number)));
            }
            Self::Boolean(truths) => truths.iter().for_each(|truth| visit(&[u8::from(*truth)])),
            Self::Octets(values) => values.iter().for_each(|value| visit(octets(value))),
        }
    }
}

/// A signed number so that octets sort as numbers do.
pub(crate) const fn signed(number: i64) -> [u8; 8] {
    (number.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

/// As much of octets as an index holds: what comes behind is left to the judge.
pub(crate) fn octets(value: &[u8]) -> &[u8] {
    value.get(..OCTETS).unwrap_or(value)
}

/// The most octets of a value of octets that stand in an index.
const OCTETS: usize = 256;

impl CustomValues {
    /// The octets that the values take in memory, about.
    pub(crate) fn size(&self) -> usize {
        self.0.iter().map(|value| size_of::<CustomValue>() + value.values.size()).sum()
    }

    /// Each attribute's values.
    pub fn iter(&self) -> impl Iterator<Item = &CustomValue> {
        self.0.iter()
    }

    /// Whether there is no value at all.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes an entry out of the values of one attribute; says whether it was among them.
    pub(crate) fn drop_reference(&mut self, number: u16, entry: EntryId) -> bool {
        let mut dropped = false;
        self.0.retain_mut(|value| {
            if let Values::Reference(entries) = &mut value.values
                && value.number == number
            {
                let before = entries.len();
                entries.retain(|other| *other != entry);
                dropped |= entries.len() < before;
            }
            !value.values.is_empty()
        });
        dropped
    }

    /// The values of one attribute.
    pub fn of(&self, number: u16) -> Option<&Values> {
        self.0.iter().find(|value| value.number == number).map(|value| &value.values)
    }

    /// Gives an attribute these values in place of those that it had; none take it away.
    pub fn set(&mut self, number: u16, values: Values) {
        self.0.retain(|value| value.number != number);
        if !values.is_empty() {
            let place = self.0.partition_point(|value| value.number < number);
            self.0.insert(place, CustomValue { number, indexed: false, values });
        }
    }

    /// Takes every attribute's values of another record in place of the own ones.
    pub(crate) fn take_over(&mut self, other: &Self) {
        for value in &other.0 {
            self.set(value.number, value.values.clone());
        }
    }

    /// Keeps or drops each attribute's values, which may be changed before.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&mut CustomValue) -> bool) {
        self.0.retain_mut(keep);
    }

    /// Names the index entries of a record of a kind.
    pub(crate) fn index(&self, kind: Kind, entries: &mut Entries) {
        for value in self.0.iter().filter(|value| value.indexed) {
            if let Some(index) = custom_index(value.number, kind) {
                value.values.keys(&mut |key| entries.add(index, key));
            }
        }
    }
}

impl Serialize for CustomValues {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_none()
        } else {
            self.0.serialize(serializer)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signed_numbers_sort_as_numbers() {
        let mut numbers = [0, -1, i64::MIN, 7, i64::MAX, -300, 256];
        numbers.sort_by_key(|number| signed(*number));
        assert_eq!(numbers, [i64::MIN, -300, -1, 0, 7, 256, i64::MAX]);
    }

    #[test]
    fn values_come_and_go_in_the_order_of_numbers() {
        let mut values = CustomValues::default();
        values.set(3, Values::Integer(vec![7]));
        values.set(1, Values::Text(vec!["x".into()]));
        values.set(3, Values::Integer(vec![8]));
        let numbers: Vec<u16> = values.iter().map(|value| value.number).collect();
        assert_eq!(numbers, [1, 3]);
        assert_eq!(values.of(3), Some(&Values::Integer(vec![8])));
        values.set(1, Values::none(Syntax::Text));
        assert_eq!(values.of(1), None);
    }
}
