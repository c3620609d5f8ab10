//! An organization's own attributes, as LDAP shows and compares them.

use directory::Schema;
use directory::records::{CustomAttribute, CustomValues, Syntax, Values};
use directory::search::{Attribute, Filter};
use ldap::filter::{Assertion, Extensible, Substrings};
use ldap::schema::{self, Definition, Matching};
use ldap::{Attributes, Description, Requested, SearchRequest, generalized_time};

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
            let named = |description: Description| find(&description, schema)?.ok();
            self.requested.unknown().filter_map(named).collect()
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

/// The attribute that a description names, if the organization has it: by its name or number. An
/// error when it has options, which no value has.
fn find<'s>(
    description: &Description,
    schema: &'s Schema,
) -> Option<Result<&'s CustomAttribute, Filter>> {
    if schema.is_empty() || description.kind().is_some() {
        return None;
    }
    let name = description.name();
    let found = match name.strip_prefix("2.25.") {
        Some(number) => {
            let number = number.parse::<u128>().ok()?;
            schema.iter().find(|attribute| attribute.uuid.as_u128() == number)?
        }
        None => schema.named(name)?,
    };
    let plain = description.options().all(|option| option.eq_ignore_ascii_case("binary"));
    Some(if plain { Ok(found) } else { Err(Filter::never()) })
}

/// Whether an attribute is one of the organization's own.
pub(crate) fn knows(description: &Description, schema: &Schema) -> bool {
    find(description, schema).is_some()
}

/// The test of one of the organization's own attributes, if that is what a filter is.
pub(crate) fn test(filter: &ldap::Filter, schema: &Schema) -> Option<Filter> {
    let tested = |description, test: &dyn Fn(&CustomAttribute) -> Filter| {
        Some(find(description, schema)?.map_or_else(|never| never, test))
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
            tested(attribute, &|custom| ordering(custom, value, Filter::at_least))
        }
        ldap::Filter::LessOrEqual(Assertion { attribute, value }) => {
            tested(attribute, &|custom| ordering(custom, value, Filter::at_most))
        }
        ldap::Filter::Present(attribute) => {
            tested(attribute, &|custom| Filter::present(custom.attribute()))
        }
        ldap::Filter::Extensible(extensible) => {
            let Extensible { rule, attribute, value, .. } = &**extensible;
            tested(attribute.as_ref()?, &|custom| {
                let own = matching(custom.fields.syntax).equality().map(|rule| rule.oid);
                let same = |rule: &str| schema::matching_rule(rule).map(|rule| rule.oid) == own;
                if rule.as_ref().is_none_or(|rule| same(rule.as_str())) {
                    equal(custom, value)
                } else {
                    Filter::Undefined
                }
            })
        }
        ldap::Filter::And(_) | ldap::Filter::Or(_) | ldap::Filter::Not(_) => None,
    }
}

fn is_class(value: &[u8], schema: &Schema) -> bool {
    let name = std::str::from_utf8(value).unwrap_or_default().trim();
    name.eq_ignore_ascii_case(CLASS) || name == class_number(schema)
}

fn class_number(schema: &Schema) -> String {
    format!("2.25.{}", schema.organization().as_u128())
}

fn equal(custom: &CustomAttribute, value: &[u8]) -> Filter {
    if custom.fields.syntax == Syntax::Octets {
        return Filter::equal_octets(custom.attribute(), value);
    }
    compare(custom, value, Filter::equal)
}

fn ordering(
    custom: &CustomAttribute,
    value: &[u8],
    test: impl Fn(Attribute, &str) -> Filter,
) -> Filter {
    if matching(custom.fields.syntax).ordering().is_none() {
        return Filter::Undefined;
    }
    compare(custom, value, test)
}

fn compare(
    custom: &CustomAttribute,
    value: &[u8],
    test: impl Fn(Attribute, &str) -> Filter,
) -> Filter {
    let Ok(text) = std::str::from_utf8(value) else { return Filter::Undefined };
    if custom.fields.syntax != Syntax::Time {
        return test(custom.attribute(), text);
    }
    match generalized_time::read(text) {
        Some(milliseconds) => test(custom.attribute(), &milliseconds.to_string()),
        None => Filter::Undefined,
    }
}

fn pieces(attribute: Attribute, substrings: &Substrings) -> Filter {
    let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).ok();
    let mut all = substrings.initial.iter().chain(&substrings.any).chain(&substrings.last);
    if all.any(|piece| text(piece).is_none()) {
        return Filter::Undefined;
    }
    let initial = substrings.initial.as_deref().and_then(text);
    let any: Vec<String> = substrings.any.iter().filter_map(|piece| text(piece)).collect();
    let any: Vec<&str> = any.iter().map(String::as_str).collect();
    let last = substrings.last.as_deref().and_then(text);
    Filter::pieces(attribute, initial.as_deref(), &any, last.as_deref())
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

/// The definitions of an organization's own attributes in the subschema.
pub(crate) fn attribute_types(schema: &Schema) -> impl Iterator<Item = String> {
    schema.iter().map(|custom| {
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
