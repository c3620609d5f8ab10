//! An organization's own attributes, as LDAP shows and compares them.

use directory::records::{CustomAttribute, CustomValues, Syntax, Values};
use directory::search::{Attribute, Filter};
use directory::{NameUse, Schema};
use ldap::filter::{Assertion, Extensible, Substrings};
use ldap::schema::{self, AttributeType, Definition, Matching, MatchingRule};
use ldap::{Attributes, Description, Requested, SearchRequest, generalized_time};

use super::filter::{Relation, text};
use super::rules;

/// The auxiliary class that allows an entry its organization's own attributes.
pub(crate) const CLASS: &str = "customObject";

/// Which of an organization's own attributes a search wants.
#[derive(Debug)]
pub(crate) struct Wanted {
    all: bool,
    requested: Requested,
}

/// The organization's own attributes that a search shows.
pub(crate) struct Shown<'s> {
    schema: &'s Schema,
    wanted: Vec<&'s CustomAttribute>,
}

impl Wanted {
    /// What a request wants.
    pub(crate) fn of(request: &SearchRequest) -> Self {
        Self { all: request.selection.is_starred(), requested: request.requested.clone() }
    }

    /// Chooses from the attributes that there are, mostly none.
    pub(crate) fn choose<'s>(&self, schema: &'s Schema) -> Shown<'s> {
        let wanted = if schema.is_empty() {
            Vec::new()
        } else if self.all {
            schema.iter().collect()
        } else {
            let named = |description: Description| find(&description, schema);
            let mut wanted: Vec<&CustomAttribute> = Vec::new();
            for attribute in self.requested.own().filter_map(named) {
                // Each is there once (RFC 4511 section 4.1.7), by however many names it is asked for.
                if wanted.iter().all(|other| other.number != attribute.number) {
                    wanted.push(attribute);
                }
            }
            wanted
        };
        Shown { schema, wanted }
    }
}

impl Shown<'_> {
    /// The object class that the values of an entry bring along.
    pub(crate) fn class(&self, values: Option<&CustomValues>) -> Option<&'static str> {
        let has = |values: &CustomValues| self.schema.shown(values).next().is_some();
        values.filter(|values| !values.is_empty() && has(values)).map(|_| CLASS)
    }

    /// Writes an entry's values.
    pub(crate) fn write(&self, attributes: &mut Attributes<'_>, values: Option<&CustomValues>) {
        let Some(values) = values.filter(|values| !values.is_empty()) else { return };
        for attribute in &self.wanted {
            if let Some(values) = values.of(attribute.number) {
                attributes.custom(&attribute.fields.name, |written| {
                    each(values, |value| written.push(value));
                });
            }
        }
    }
}

/// Shows each value as it travels.
fn each(values: &Values, mut visit: impl FnMut(&[u8])) {
    match values {
        Values::Text(texts) | Values::ExactText(texts) => {
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

/// One of the organization's own attributes, as it is sorted by.
pub(super) fn sorted_by(description: &Description, schema: &Schema) -> Option<Attribute> {
    Some(find(description, schema)?.attribute())
}

/// Whether an attribute is one of the organization's own.
pub(crate) fn knows(description: &Description, schema: &Schema) -> bool {
    find(description, schema).is_some()
}

/// The test of one of the organization's own attributes, if that is what a filter is.
pub(crate) fn test(filter: &ldap::Filter, schema: &Schema) -> Option<Filter> {
    let tested = |description, test: &dyn Fn(&CustomAttribute) -> Filter| {
        find(description, schema).map(test)
    };
    match filter {
        ldap::Filter::Equality(Assertion { attribute, value })
        | ldap::Filter::Approx(Assertion { attribute, value }) => {
            if attribute.plain().is_some_and(|kind| kind.name == "objectClass") {
                return is_class(value, schema).then(|| schema.some_value());
            }
            tested(attribute, &|custom| equal(custom, value))
        }
        ldap::Filter::Substrings(substrings) => {
            tested(&substrings.attribute, &|custom| pieces(custom.attribute(), substrings))
        }
        ldap::Filter::GreaterOrEqual(Assertion { attribute, value }) => {
            tested(attribute, &|custom| ordering(custom, value, Relation::AtLeast))
        }
        ldap::Filter::LessOrEqual(Assertion { attribute, value }) => {
            tested(attribute, &|custom| ordering(custom, value, Relation::AtMost))
        }
        ldap::Filter::Present(attribute) => {
            tested(attribute, &|custom| Filter::present(custom.attribute()))
        }
        ldap::Filter::Extensible(extensible) => {
            let Extensible { rule, attribute, value, .. } = &**extensible;
            tested(attribute.as_ref()?, &|custom| match rule {
                None => equal(custom, value),
                Some(rule) => schema::matching_rule(rule.as_str())
                    .map_or(Filter::Undefined, |rule| by_rule(custom, rule, value)),
            })
        }
        ldap::Filter::And(_)
        | ldap::Filter::Or(_)
        | ldap::Filter::Not(_)
        | ldap::Filter::Unknown => None,
    }
}

fn is_class(value: &[u8], schema: &Schema) -> bool {
    let name = std::str::from_utf8(value).unwrap_or_default().trim();
    name.eq_ignore_ascii_case(CLASS) || name == class_number(schema)
}

fn class_number(schema: &Schema) -> String {
    format!("2.25.{}", schema.organization().as_u128())
}

/// A test by a rule that the client named: an own one, one of text with or without case, or bits.
fn by_rule(custom: &CustomAttribute, rule: &MatchingRule, value: &[u8]) -> Filter {
    let own = matching(custom.fields.syntax);
    let is = |own: Option<&MatchingRule>| own.is_some_and(|own| own.oid == rule.oid);
    if is(own.equality()) {
        return equal(custom, value);
    }
    if is(own.ordering()) {
        return ordering(custom, value, Relation::Below);
    }
    let Some(text) = text(value) else { return Filter::Undefined };
    match custom.fields.syntax {
        Syntax::Text | Syntax::ExactText => {
            rules::text_by_rule(custom.attribute(), rule, text).unwrap_or(Filter::Undefined)
        }
        Syntax::Integer => rules::wanted_bits(rule, text)
            .map_or(Filter::Undefined, |(bits, all)| Filter::bits(custom.attribute(), bits, all)),
        Syntax::Boolean | Syntax::Time | Syntax::Octets => Filter::Undefined,
    }
}

fn equal(custom: &CustomAttribute, value: &[u8]) -> Filter {
    compare(custom, value, Relation::Is)
}

fn ordering(custom: &CustomAttribute, value: &[u8], relation: Relation) -> Filter {
    if matching(custom.fields.syntax).ordering().is_none() {
        return Filter::Undefined;
    }
    compare(custom, value, relation)
}

fn compare(custom: &CustomAttribute, value: &[u8], relation: Relation) -> Filter {
    if custom.fields.syntax == Syntax::Octets {
        return relation.octets(custom.attribute(), value);
    }
    let Some(text) = text(value) else { return Filter::Undefined };
    if custom.fields.syntax == Syntax::Boolean {
        return relation.test(custom.attribute(), &text.to_ascii_uppercase());
    }
    if custom.fields.syntax != Syntax::Time {
        return relation.test(custom.attribute(), text);
    }
    match generalized_time::read(text) {
        Some(milliseconds) => relation.test(custom.attribute(), &milliseconds.to_string()),
        None => Filter::Undefined,
    }
}

fn pieces(attribute: Attribute, substrings: &Substrings) -> Filter {
    let mut all = substrings.initial.iter().chain(&substrings.any).chain(&substrings.last);
    if all.any(|piece| text(piece).is_none()) {
        return Filter::Undefined;
    }
    let initial = substrings.initial.as_deref().and_then(text);
    let any: Vec<&str> = substrings.any.iter().filter_map(|piece| text(piece)).collect();
    let last = substrings.last.as_deref().and_then(text);
    Filter::pieces(attribute, initial, &any, last)
}

/// What a name means to the schema that every organization has.
pub(crate) fn naming(name: &str) -> NameUse {
    let taken = schema::object_class(name).is_some() || name.eq_ignore_ascii_case(CLASS);
    match schema::attribute(name) {
        Some(kind) if kind.left && kind.name.eq_ignore_ascii_case(name) => {
            NameUse::Left { syntax: syntax(kind), single: kind.single_value }
        }
        None if !taken => NameUse::Free,
        Some(_) | None => NameUse::Taken,
    }
}

/// The form of values of a type that is left to organizations.
fn syntax(kind: &AttributeType) -> Syntax {
    if kind.matching == Matching::CaseExact { Syntax::ExactText } else { Syntax::Text }
}

const fn matching(syntax: Syntax) -> Matching {
    match syntax {
        Syntax::Text => Matching::CaseIgnore,
        Syntax::ExactText => Matching::CaseExact,
        Syntax::Integer => Matching::Integer,
        Syntax::Boolean => Matching::Boolean,
        Syntax::Time => Matching::GeneralizedTime,
        Syntax::Octets => Matching::OctetString,
    }
}

const fn form(syntax: Syntax) -> schema::Syntax {
    match syntax {
        Syntax::Text | Syntax::ExactText => schema::Syntax::DirectoryString,
        Syntax::Integer => schema::Syntax::Integer,
        Syntax::Boolean => schema::Syntax::Boolean,
        Syntax::Time => schema::Syntax::GeneralizedTime,
        Syntax::Octets => schema::Syntax::OctetString,
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
