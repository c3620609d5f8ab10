//! An organization's own attributes, as LDAP shows and compares them.

mod filter;

use std::sync::LazyLock;

use directory::records::{CustomAttribute, Syntax, Values};
use directory::search::{Attribute, Found};
use directory::{NameUse, Schema};
use ldap::schema::{self, AttributeType, Definition, Matching};
use ldap::{Attributes, Description, Requested, SearchRequest, generalized_time};

use super::certificates;
use super::extras::push_name;
use super::place::Naming;
use super::ranges::{Range, requested};
pub(crate) use filter::{test, tests_below};

/// The auxiliary class that allows an entry its organization's own attributes.
pub(crate) const CLASS: &str = "customObject";

/// What a search wants beside the types of the schema.
#[derive(Debug)]
pub(crate) struct Wanted {
    all: bool,
    /// Something is named that is no type of the schema.
    unknown: bool,
    /// Certificates are asked for by the name with `;binary`.
    binary: bool,
    requested: Requested,
}

/// What a search shows beside the types of the schema.
pub(crate) struct Shown<'s> {
    schema: &'s Schema,
    /// The organization's own attributes.
    wanted: Vec<&'s CustomAttribute>,
    /// Parts of the values of attributes.
    pub(super) ranges: Vec<Range>,
    /// Whether certificates come under the name with `;binary`.
    pub(super) binary: bool,
}

impl Wanted {
    /// What a request wants.
    pub(crate) fn of(request: &SearchRequest) -> Self {
        let selection = &request.selection;
        let (all, unknown) = (selection.is_starred(), selection.has_unknown());
        let binary = certificates::are_asked_for_in_binary(request);
        Self { all, unknown, binary, requested: request.requested.clone() }
    }

    /// Chooses from the attributes that there are, mostly none.
    pub(crate) fn choose<'s>(&self, naming: &Naming, schema: &'s Schema) -> Shown<'s> {
        let wanted = if schema.is_empty() {
            Vec::new()
        } else if self.all {
            schema.iter().collect()
        } else {
            let named = |description: Description| find(&description, schema);
            let kinds = self.requested.names().filter_map(|description| description.plain());
            let below = kinds.flat_map(|kind| below(kind, naming, schema));
            let mut wanted: Vec<&CustomAttribute> = Vec::new();
            for attribute in self.requested.own().filter_map(named).chain(below) {
                // Each is there once (RFC 4511 section 4.1.7), by however many names it is asked for.
                if wanted.iter().all(|other| other.number != attribute.number) {
                    wanted.push(attribute);
                }
            }
            wanted
        };
        let ranged = self.unknown && naming.look().is_domain();
        let ranges = if ranged { requested(&self.requested, naming) } else { Vec::new() };
        // Domain controllers name them as they were asked for.
        let binary = self.binary || !naming.look().is_domain();
        Shown { schema, wanted, ranges, binary }
    }
}

impl Shown<'_> {
    /// The object class that the values of an entry bring along.
    pub(crate) fn class(&self, found: &Found<'_>) -> Option<&'static str> {
        let values = found.entry().custom().filter(|values| !values.is_empty())?;
        let mut shown = self.schema.shown(values);
        shown.any(|(_, values)| is_seen(values, found)).then_some(CLASS)
    }

    /// Writes an entry's values.
    pub(crate) fn write(
        &self,
        attributes: &mut Attributes<'_>,
        naming: &Naming,
        found: &Found<'_>,
    ) -> Result<(), directory::Error> {
        let values = found.entry().custom().filter(|values| !values.is_empty());
        let Some(values) = values else { return Ok(()) };
        let shown = naming.look().shown(found.entry().id().kind());
        for attribute in &self.wanted {
            let Some(values) = values.of(attribute.number) else { continue };
            // One from before may be called as what the entry shows, and no name is there twice (RFC 4511
            // section 4.1.7).
            if shown.has(&attribute.fields.name) {
                continue;
            }
            let mut outcome = Ok(());
            attributes.custom(&attribute.fields.name, |written| {
                if let Values::Reference(entries) = values {
                    let push = &mut |kind, name: &str| push_name(written, naming, kind, name);
                    outcome = found.named(entries, push);
                } else {
                    each(values, |value| written.push(value));
                }
            });
            outcome?;
        }
        Ok(())
    }
}

/// Whether the caller is shown one of these values: of references those to entries that it sees.
fn is_seen(values: &Values, found: &Found<'_>) -> bool {
    let Values::Reference(entries) = values else { return true };
    entries.iter().any(|entry| found.sees(*entry))
}

/// Shows each value as it travels; references are named by who knows how.
fn each(values: &Values, mut visit: impl FnMut(&[u8])) {
    match values {
        Values::Text(texts)
        | Values::ExactText(texts)
        | Values::Telephone(texts)
        | Values::Country(texts) => {
            texts.iter().for_each(|text| visit(text.as_bytes()));
        }
        Values::Integer(numbers) => {
            numbers.iter().for_each(|number| visit(number.to_string().as_bytes()));
        }
        Values::Boolean(truths) => {
            truths.iter().for_each(|truth| visit(if *truth { b"TRUE" } else { b"FALSE" }));
        }
        Values::Time(times) => {
            times.iter().for_each(|time| visit(generalized_time::write(*time).as_bytes()));
        }
        Values::Octets(values) => values.iter().for_each(|value| visit(value)),
        Values::Reference(_) => {}
    }
}

/// The attribute that a description names, if the organization has it: by its name or number, or
/// by any name of a type that is left to organizations. No option is recognized, not `;binary`
/// either: no value travels so.
fn find<'s>(description: &Description, schema: &'s Schema) -> Option<&'s CustomAttribute> {
    let kind = description.kind();
    let taken = kind.is_some_and(|kind| !kind.left);
    if schema.is_empty() || taken || description.options().next().is_some() {
        return None;
    }
    let name = kind.map_or_else(|| description.name(), |kind| kind.name);
    match name.strip_prefix("2.25.") {
        Some(number) => {
            let number = number.parse::<u128>().ok()?;
            schema.iter().find(|attribute| attribute.uuid.as_u128() == number)
        }
        None => schema.named(name),
    }
}

/// The types that are left to organizations, at each type that they are subtypes of, by its index.
static LEFT: LazyLock<Vec<Vec<&'static AttributeType>>> = LazyLock::new(|| {
    let left = |kind: &'static AttributeType| -> Vec<&'static AttributeType> {
        kind.with_subtypes().filter(|below| below.left && *below != kind).collect()
    };
    schema::attributes().iter().map(left).collect()
});

/// The organization's own attributes that are subtypes of a type (RFC 4512 section 2.5.1): those of
/// types that are left to organizations, since no definition says a supertype.
fn below<'s>(
    kind: &'static AttributeType,
    naming: &Naming,
    schema: &'s Schema,
) -> impl Iterator<Item = &'s CustomAttribute> + use<'s> {
    let vocabulary = naming.look().vocabulary;
    let left = LEFT.get(usize::from(kind.index())).into_iter().flatten();
    left.filter(move |below| below.is_a_in(kind, vocabulary))
        .filter_map(move |below| schema.named(below.name))
}

/// Whether one of the organization's own attributes is a subtype of the one that is named.
pub(crate) fn knows_below(description: &Description, naming: &Naming, schema: &Schema) -> bool {
    let kind = description.plain();
    kind.is_some_and(|kind| below(kind, naming, schema).next().is_some())
}

/// One of the organization's own attributes, as it is sorted by.
pub(super) fn sorted_by(description: &Description, schema: &Schema) -> Option<Attribute> {
    Some(find(description, schema)?.attribute())
}

/// Whether an attribute is one of the organization's own.
pub(crate) fn knows(description: &Description, schema: &Schema) -> bool {
    find(description, schema).is_some()
}

/// Whether a value names the class that allows the organization's own attributes, where it has any.
pub(crate) fn is_class(value: &[u8], schema: &Schema) -> bool {
    let name = std::str::from_utf8(value).unwrap_or_default().trim();
    name.eq_ignore_ascii_case(CLASS) || name == class_number(schema)
}

fn class_number(schema: &Schema) -> String {
    format!("2.25.{}", schema.organization().as_u128())
}

/// What a name means to the schema that every organization has.
pub(crate) fn naming(name: &str) -> NameUse {
    let taken = schema::object_class(name).is_some() || name.eq_ignore_ascii_case(CLASS);
    match schema::attribute(name) {
        Some(kind) if kind.left && kind.name.eq_ignore_ascii_case(name) => {
            let by_lines = kind.matching == Matching::CaseIgnoreList;
            NameUse::Left { syntax: syntax(kind), single: kind.single_value, by_lines }
        }
        None if !taken => NameUse::Free,
        Some(_) | None => NameUse::Taken,
    }
}

/// The form of values of a type that is left to organizations.
fn syntax(kind: &AttributeType) -> Syntax {
    let telephone = [schema::Syntax::TelephoneNumber, schema::Syntax::FacsimileNumber];
    if kind.syntax == schema::Syntax::Dn {
        Syntax::Reference
    } else if telephone.contains(&kind.syntax) {
        Syntax::Telephone
    } else if kind.syntax == schema::Syntax::CountryString {
        Syntax::Country
    } else if kind.syntax == schema::Syntax::Jpeg {
        Syntax::Octets
    } else if kind.matching == Matching::CaseExact {
        Syntax::ExactText
    } else {
        Syntax::Text
    }
}

/// How the values of one of the organization's own attributes are compared.
fn matching_of(custom: &CustomAttribute) -> Matching {
    let standard = schema::attribute(&custom.fields.name).map(|kind| kind.matching);
    let special = |own: &Matching| matches!(own, Matching::Never | Matching::CaseIgnoreList);
    standard.filter(special).unwrap_or_else(|| matching(custom.fields.syntax))
}

const fn matching(syntax: Syntax) -> Matching {
    match syntax {
        Syntax::Text | Syntax::Country => Matching::CaseIgnore,
        Syntax::ExactText => Matching::CaseExact,
        Syntax::Integer => Matching::Integer,
        Syntax::Boolean => Matching::Boolean,
        Syntax::Time => Matching::GeneralizedTime,
        Syntax::Octets => Matching::OctetString,
        Syntax::Telephone => Matching::TelephoneNumber,
        Syntax::Reference => Matching::DistinguishedName,
    }
}

const fn form(syntax: Syntax) -> schema::Syntax {
    match syntax {
        Syntax::Text | Syntax::ExactText => schema::Syntax::DirectoryString,
        Syntax::Integer => schema::Syntax::Integer,
        Syntax::Boolean => schema::Syntax::Boolean,
        Syntax::Time => schema::Syntax::GeneralizedTime,
        Syntax::Octets => schema::Syntax::OctetString,
        Syntax::Telephone => schema::Syntax::TelephoneNumber,
        Syntax::Country => schema::Syntax::CountryString,
        Syntax::Reference => schema::Syntax::Dn,
    }
}

/// The definitions of an organization's own attributes in the subschema, but for those of types
/// that are defined there already.
pub(crate) fn attribute_types(schema: &Schema) -> impl Iterator<Item = String> {
    let own = schema.iter().filter(|custom| schema::attribute(&custom.fields.name).is_none());
    own.map(|custom| {
        let definition = Definition {
            oid: &format!("2.25.{}", custom.uuid.as_u128()),
            name: &custom.fields.name,
            description: custom.fields.description.as_deref(),
            syntax: form(custom.fields.syntax),
            matching: matching(custom.fields.syntax),
            single_value: !custom.fields.multiple,
        };
        definition.to_string()
    })
}

/// The class that allows them in the subschema, where there are any.
pub(crate) fn object_class(schema: &Schema) -> Option<String> {
    if schema.is_empty() {
        return None;
    }
    let names: Vec<&str> = schema.iter().map(|custom| custom.fields.name.as_str()).collect();
    Some(schema::auxiliary_class(&class_number(schema), CLASS, &names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_some_entry_or_the_root_dse_may_have_is_no_name_of_an_own_attribute() {
        // The changelog and docs/ldap.md name those that organizations once could define.
        for name in [
            "macAddress",
            "accountExpires",
            "anr",
            "DNSHostName",
            "rootDomainNamingContext",
            "supportedCapabilities",
        ] {
            assert_eq!(naming(name), NameUse::Taken, "{name}");
        }
        assert_eq!(naming("primaryGroupID"), NameUse::Free, "no entry has it");
    }
}
