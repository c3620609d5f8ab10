//! An organization's custom attributes, as everybody who reads or writes entries knows them.

use sha2::{Digest, Sha256};
use storage::{Partition, ReadError, Reading, Snapshot};

use uuid::Uuid;

use crate::access::{Grant, ManageIdentities, View, organization};
use crate::collections::WithCustomValues;
use crate::error::{Error, Invalid};
use crate::events::hexadecimal;
use crate::id::{CustomAttributeId, OrganizationId, RecordId};
use crate::limits::{self, TEXT, VALUES};
use crate::records::{CustomAttribute, CustomValue, CustomValues, Organization, Syntax, Values};
use crate::references;
use crate::search::{Filter, SearchGrant};
use crate::text::prepare_lines;
use crate::tools::KnownNames;

/// The custom attributes of one organization, in the order in which they were made; of most there
/// are none.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    organization: Uuid,
    attributes: Vec<(CustomAttributeId, CustomAttribute)>,
}

/// The most octets of an octet value.
const OCTETS: usize = 48 << 10;
/// The most octets of all custom values of an entry together.
const TOTAL: usize = 64 << 10;

impl Schema {
    /// Reads the attributes of an organization whose record is at hand.
    pub(crate) fn of(
        source: &impl Reading,
        id: OrganizationId,
        record: &Organization,
    ) -> Result<Self, ReadError> {
        if record.custom.definitions == 0 {
            return Ok(Self::default());
        }
        let schema = Self::read(source, id.partition())?;
        Ok(Self { organization: record.uuid, ..schema })
    }

    /// Reads the attributes of an organization.
    pub(crate) fn read(source: &impl Reading, partition: Partition) -> Result<Self, ReadError> {
        let mut attributes = Vec::new();
        for found in source.scan::<CustomAttribute>(partition, None) {
            let (id, record) = found?;
            if let Some(id) = CustomAttributeId::from_record(id).filter(|_| !record.is_deleted()) {
                attributes.push((id, record));
            }
        }
        Ok(Self { organization: Uuid::nil(), attributes })
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.attributes.is_empty()
    }

    /// The external id of the organization; nil where there are no attributes.
    pub const fn organization(&self) -> Uuid {
        self.organization
    }

    /// Every attribute.
    pub fn iter(&self) -> impl Iterator<Item = &CustomAttribute> {
        self.attributes.iter().map(|(_, attribute)| attribute)
    }

    /// Those whose values are references.
    pub(crate) fn references(&self) -> impl Iterator<Item = &CustomAttribute> {
        self.iter().filter(|attribute| attribute.fields.syntax == Syntax::Reference)
    }

    /// Whether there are any whose values are references.
    pub(crate) fn has_references(&self) -> bool {
        self.references().next().is_some()
    }

    /// The attribute of a name, compared without case.
    pub fn named(&self, name: &str) -> Option<&CustomAttribute> {
        self.iter().find(|attribute| attribute.fields.name.eq_ignore_ascii_case(name))
    }

    /// The attribute of a number.
    pub fn numbered(&self, number: u16) -> Option<&CustomAttribute> {
        self.iter().find(|attribute| attribute.number == number)
    }

    /// The attributes of which an entry has values, with these.
    pub fn shown<'s>(
        &'s self,
        values: &'s CustomValues,
    ) -> impl Iterator<Item = (&'s CustomAttribute, &'s Values)> {
        self.iter().filter_map(|attribute| Some((attribute, values.of(attribute.number)?)))
    }

    /// True of entries that have a value of any of the attributes.
    pub fn some_value(&self) -> Filter {
        Filter::Or(self.iter().map(|it| Filter::present(it.attribute())).collect())
    }

    /// Makes values fit the definitions: those of attributes that are gone go, and each knows
    /// whether it is indexed. What stood there before is not judged again.
    ///
    /// # Errors
    /// Names the first value that is not acceptable.
    fn settle(
        &self,
        (values, before): (&mut CustomValues, Option<&CustomValues>),
        known: KnownNames,
    ) -> Result<(), Invalid> {
        values.retain(|value| self.adopt(value));
        let mut total: usize = 0;
        for (attribute, values) in self.shown(values) {
            let former = before.and_then(|before| before.of(attribute.number));
            if former != Some(values) {
                check(attribute, values, known)?;
            }
            values.keys(&mut |key| total = total.saturating_add(key.len()));
            if let Values::Octets(values) = values {
                total = values.iter().map(Vec::len).fold(total, usize::saturating_add);
            }
        }
        if total > TOTAL {
            let message = format!("has {total} octets in all; {TOTAL} at most");
            return Err(Invalid::new("/custom", message));
        }
        Ok(())
    }

    /// Whether a value is one of an attribute that there is; then it is indexed as the attribute.
    fn adopt(&self, value: &mut CustomValue) -> bool {
        let attribute = self.numbered(value.number);
        let attribute = attribute.filter(|it| it.fields.syntax == value.values.syntax());
        value.indexed = attribute.is_some_and(|attribute| attribute.fields.indexed);
        attribute.is_some()
    }
}

/// Makes the custom values of a record that is about to be written, and had others before, fit the
/// definitions.
///
/// # Errors
/// `Invalid` names the first value that is not acceptable.
pub(crate) fn settle(
    (values, before): (&mut CustomValues, Option<&CustomValues>),
    known: KnownNames,
    (source, partition): (&impl Reading, Partition),
) -> Result<(), Error> {
    if values.is_empty() {
        return Ok(());
    }
    let schema = Schema::read(source, partition)?;
    schema.settle((&mut *values, before), known)?;
    references::check(&schema, values, source, partition)
}

/// The custom values of a record, each under its attribute's name, for events.
///
/// # Errors
/// When the store fails.
pub(crate) fn named(
    values: &CustomValues,
    source: &impl Reading,
    partition: Partition,
) -> Result<Vec<(String, serde_json::Value)>, Error> {
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let schema = Schema::read(source, partition)?;
    let named = schema.shown(values).map(|(attribute, values)| {
        let value = match values {
            Values::Text(texts)
            | Values::ExactText(texts)
            | Values::Telephone(texts)
            | Values::Country(texts) => texts.clone().into(),
            Values::Integer(numbers) | Values::Time(numbers) => numbers.clone().into(),
            Values::Boolean(truths) => truths.clone().into(),
            Values::Octets(values) => {
                let told = values.iter().map(|value| {
                    let hash = hexadecimal(&Sha256::digest(value));
                    format!("({} octets, SHA-256 {hash})", value.len())
                });
                told.collect()
            }
            Values::Reference(entries) => {
                let names = entries.iter().map(|entry| references::name(source, partition, *entry));
                let names: Vec<_> = names.collect::<Result<_, _>>()?;
                names.into_iter().flatten().collect()
            }
        };
        Ok((format!("custom.{}", attribute.fields.name), value))
    });
    named.collect()
}

/// Makes one record's values follow one definition after it changed, and says whether anything
/// changed and whether values went.
pub(crate) fn follow<E: WithCustomValues>(
    record: &mut E,
    attribute: &CustomAttribute,
) -> (bool, bool) {
    let (mut changed, mut gone) = (false, false);
    record.custom_mut().retain(|value| {
        if value.number != attribute.number {
            return true;
        }
        gone |= attribute.is_deleted();
        changed |= gone || value.indexed != attribute.fields.indexed;
        value.indexed = attribute.fields.indexed;
        !attribute.is_deleted()
    });
    (changed, gone)
}

fn check(attribute: &CustomAttribute, values: &Values, known: KnownNames) -> Result<(), Invalid> {
    let name = &attribute.fields.name;
    let pointer = &format!("/custom/{name}");
    if !attribute.fields.multiple && values.len() > 1 {
        return Err(Invalid::new(pointer, "has one value at most"));
    }
    limits::count(pointer, values.len(), VALUES)?;
    match values {
        Values::Text(texts) | Values::ExactText(texts) => {
            texts.iter().try_for_each(|text| check_text(pointer, text))?;
        }
        Values::Telephone(texts) => {
            texts.iter().try_for_each(|text| check_telephone(pointer, text))?;
        }
        Values::Country(texts) => {
            texts.iter().try_for_each(|text| check_country(pointer, text))?;
        }
        Values::Octets(values) if values.iter().any(|value| value.len() > OCTETS) => {
            return Err(Invalid::new(pointer, format!("has a value of more than {OCTETS} octets")));
        }
        Values::Integer(_)
        | Values::Boolean(_)
        | Values::Time(_)
        | Values::Octets(_)
        | Values::Reference(_) => {}
    }
    let mut keys = compared(values, known.is_by_lines(name));
    keys.sort_unstable();
    if keys.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
        return Err(Invalid::new(pointer, "has the same value twice"));
    }
    Ok(())
}

/// What of each value is compared by the attribute's matching rule. Of octets an index has less, and
/// of addresses it has no lines.
fn compared(values: &Values, by_lines: bool) -> Vec<Vec<u8>> {
    match values {
        Values::Octets(values) => values.clone(),
        Values::Text(texts) if by_lines => {
            texts.iter().map(|text| prepare_lines(text).into_bytes()).collect()
        }
        Values::Text(_)
        | Values::ExactText(_)
        | Values::Integer(_)
        | Values::Boolean(_)
        | Values::Time(_)
        | Values::Telephone(_)
        | Values::Country(_)
        | Values::Reference(_) => {
            let mut keys = Vec::new();
            values.keys(&mut |key| keys.push(key.to_vec()));
            keys
        }
    }
}

fn check_text(pointer: &str, text: &str) -> Result<(), Invalid> {
    limits::line_of(pointer, text, TEXT)?;
    if crate::text::prepare(text).is_empty() {
        return Err(Invalid::new(pointer, "must have at least one visible character"));
    }
    Ok(())
}

/// A Telephone Number is printable ASCII (RFC 4517 section 3.3.31), here with a digit or a letter.
fn check_telephone(pointer: &str, text: &str) -> Result<(), Invalid> {
    limits::line_of(pointer, text, TEXT)?;
    let fits = |octet: u8| octet.is_ascii_alphanumeric() || b"'()+,-./:=? ".contains(&octet);
    if text.bytes().all(fits) && text.bytes().any(|octet| octet.is_ascii_alphanumeric()) {
        return Ok(());
    }
    Err(Invalid::new(pointer, "must be a telephone number such as +44 20 7946 0018"))
}

/// A Country String is two letters (RFC 4517 section 3.3.4).
fn check_country(pointer: &str, text: &str) -> Result<(), Invalid> {
    if text.len() == 2 && text.bytes().all(|octet| octet.is_ascii_alphabetic()) {
        return Ok(());
    }
    Err(Invalid::new(pointer, "must be the two letters of a country, such as GB"))
}

impl Grant<'_, &Snapshot, View> {
    /// The custom attributes of the grant's organization.
    ///
    /// # Errors
    /// When the store fails.
    pub fn schema(&self) -> Result<Schema, Error> {
        read(self.source, self.organization()?)
    }
}

impl Grant<'_, &mut storage::Change<'_>, ManageIdentities> {
    /// The custom attributes of the grant's organization.
    ///
    /// # Errors
    /// When the store fails.
    pub fn schema(&self) -> Result<Schema, Error> {
        read(&*self.source, self.organization()?)
    }
}

impl SearchGrant<'_, '_> {
    /// The record of the grant's organization, for its base entry.
    ///
    /// # Errors
    /// `Missing` when it is gone.
    pub fn own_organization(&self) -> Result<&Organization, Error> {
        self.seen.organization.as_ref().ok_or(Error::Missing)
    }

    /// The custom attributes of the caller's organization.
    ///
    /// # Errors
    /// When the store fails.
    pub fn schema(&self) -> &Schema {
        &self.seen.schema
    }
}

fn read(source: &impl Reading, id: OrganizationId) -> Result<Schema, Error> {
    match organization(source, id)? {
        Some(record) => Ok(Schema::of(source, id, &record)?),
        None => Ok(Schema::default()),
    }
}
