//! Tests of an organization's own attributes, from LDAP's words to the directory's.

use directory::Schema;
use directory::records::{CustomAttribute, Syntax};
use directory::search::Filter;
use directory::text::{is_prohibited, unescaped};
use ldap::dn::Dn;
use ldap::filter::{Assertion, Extensible, Substrings};
use ldap::schema::{self, Matching, MatchingRule};
use ldap::{Description, generalized_time};

use super::super::assertion::{Relation, is_missing, text, texts};
use super::super::filter::Entries;
use super::super::place::{Naming, Target};
use super::super::rules;
use super::{below, find as own, form, is_class, matching_of};

/// How entries are named, and found by their names.
type Names<'a> = (&'a Naming, Entries<'a>);

/// The test of one of the organization's own attributes, if that is what a filter is.
pub(crate) fn test(
    filter: &ldap::Filter,
    naming: &Naming,
    schema: &Schema,
    entries: Entries<'_>,
) -> Result<Option<Filter>, directory::Error> {
    let names = (naming, entries);
    if let ldap::Filter::Extensible(extensible) = filter
        && extensible.attribute.is_none()
    {
        return anywhere(extensible, schema, names).map(Some);
    }
    if is_test_of_class(filter, schema) {
        return Ok(Some(schema.some_value()));
    }
    let custom = named(filter).and_then(|attribute| own(attribute, schema));
    custom.map(|custom| test_of(custom, filter, names)).transpose()
}

/// The same test of each of the organization's own attributes that is a subtype of the one that a filter
/// names.
pub(crate) fn tests_below(
    filter: &ldap::Filter,
    naming: &Naming,
    schema: &Schema,
    entries: Entries<'_>,
) -> Result<Vec<Filter>, directory::Error> {
    let kind = named(filter).and_then(Description::plain);
    let below = kind.into_iter().flat_map(|kind| below(kind, naming, schema));
    below.map(|custom| test_of(custom, filter, (naming, entries))).collect()
}

/// The attribute that a filter names.
fn named(filter: &ldap::Filter) -> Option<&Description> {
    match filter {
        ldap::Filter::Equality(assertion)
        | ldap::Filter::Approx(assertion)
        | ldap::Filter::GreaterOrEqual(assertion)
        | ldap::Filter::LessOrEqual(assertion) => Some(&assertion.attribute),
        ldap::Filter::Substrings(substrings) => Some(&substrings.attribute),
        ldap::Filter::Present(attribute) => Some(attribute),
        ldap::Filter::Extensible(extensible) => extensible.attribute.as_ref(),
        ldap::Filter::And(_)
        | ldap::Filter::Or(_)
        | ldap::Filter::Not(_)
        | ldap::Filter::Unknown => None,
    }
}

/// The test of an attribute, whichever a filter names.
fn test_of(
    custom: &CustomAttribute,
    filter: &ldap::Filter,
    names: Names<'_>,
) -> Result<Filter, directory::Error> {
    match filter {
        ldap::Filter::Equality(assertion) | ldap::Filter::Approx(assertion) => {
            equal(custom, &assertion.value, names)
        }
        ldap::Filter::Substrings(substrings) => Ok(pieces(custom, substrings)),
        ldap::Filter::GreaterOrEqual(assertion) => {
            Ok(ordering(custom, &assertion.value, Relation::AtLeast))
        }
        ldap::Filter::LessOrEqual(assertion) => {
            Ok(ordering(custom, &assertion.value, Relation::AtMost))
        }
        ldap::Filter::Present(_) => Ok(Filter::present(custom.attribute())),
        ldap::Filter::Extensible(extensible) => match &extensible.rule {
            None => equal(custom, &extensible.value, names),
            Some(rule) => match schema::matching_rule(rule.as_str()) {
                Some(rule) => by_rule(custom, rule, &extensible.value, names),
                None => Ok(Filter::Undefined),
            },
        },
        ldap::Filter::And(_)
        | ldap::Filter::Or(_)
        | ldap::Filter::Not(_)
        | ldap::Filter::Unknown => Ok(Filter::Undefined),
    }
}

/// Whether a filter asks for the class that the organization's own attributes bring along.
fn is_test_of_class(filter: &ldap::Filter, schema: &Schema) -> bool {
    match filter {
        ldap::Filter::Equality(Assertion { attribute, value })
        | ldap::Filter::Approx(Assertion { attribute, value }) => {
            attribute.plain().is_some_and(|kind| kind.name == "objectClass")
                && is_class(value, schema)
        }
        ldap::Filter::Extensible(extensible) => {
            is_of_class(extensible) && is_class(&extensible.value, schema)
        }
        ldap::Filter::Substrings(_)
        | ldap::Filter::GreaterOrEqual(_)
        | ldap::Filter::LessOrEqual(_)
        | ldap::Filter::Present(_)
        | ldap::Filter::And(_)
        | ldap::Filter::Or(_)
        | ldap::Filter::Not(_)
        | ldap::Filter::Unknown => false,
    }
}

/// Whether object classes are compared by their own rule.
fn is_of_class(extensible: &Extensible) -> bool {
    let attribute = extensible.attribute.as_ref().and_then(Description::plain);
    let Some(kind) = attribute.filter(|kind| kind.name == "objectClass") else { return false };
    let rule = extensible.rule.as_ref().map(|rule| schema::matching_rule(rule.as_str()));
    rule.is_none_or(|rule| rule.map(|rule| rule.oid) == kind.equality().map(|own| own.oid))
}

/// A test of every attribute that a rule can compare, the organization's own among them; where it says
/// nothing of one, the others decide. No name of an entry has an own attribute in it.
fn anywhere(
    extensible: &Extensible,
    schema: &Schema,
    names: Names<'_>,
) -> Result<Filter, directory::Error> {
    let standard = rules::extended(extensible, names.0, names.1)?;
    let rule = extensible.rule.as_ref().and_then(|rule| schema::matching_rule(rule.as_str()));
    let Some(rule) = rule else { return Ok(standard) };
    let mut tests = vec![standard];
    for custom in schema.iter() {
        tests.push(by_rule(custom, rule, &extensible.value, names)?);
    }
    tests.retain(|test| *test != Filter::Undefined);
    Ok(if tests.is_empty() { Filter::Undefined } else { Filter::Or(tests) })
}

/// A test by a rule that the client named: an own one, one of text with or without case, or bits.
fn by_rule(
    custom: &CustomAttribute,
    rule: &MatchingRule,
    value: &[u8],
    names: Names<'_>,
) -> Result<Filter, directory::Error> {
    let own = matching_of(custom);
    let is = |own: Option<&MatchingRule>| own.is_some_and(|own| own.oid == rule.oid);
    if is(own.equality()) {
        return equal(custom, value, names);
    }
    if is(own.ordering()) {
        return Ok(ordering(custom, value, Relation::Below));
    }
    if rule.matching == Matching::InChain && custom.fields.syntax == Syntax::Reference {
        return refers(custom, value, names, Way::Chain);
    }
    let Some(text) = text(value) else { return Ok(Filter::Undefined) };
    if own == Matching::CaseIgnoreList {
        let pieces = rules::split(text).filter(|_| is(own.substrings()));
        return Ok(pieces.map_or(Filter::Undefined, |(initial, any, last)| {
            let any: Vec<&str> = any.iter().map(String::as_str).collect();
            Filter::pieces_of_lines(custom.attribute(), initial.as_deref(), &any, last.as_deref())
        }));
    }
    Ok(match custom.fields.syntax {
        Syntax::Text | Syntax::ExactText | Syntax::Country => {
            rules::text_by_rule(custom.attribute(), rule, text).unwrap_or(Filter::Undefined)
        }
        Syntax::Integer => rules::wanted_bits(rule, text)
            .map_or(Filter::Undefined, |(bits, all)| Filter::bits(custom.attribute(), bits, all)),
        Syntax::Boolean | Syntax::Time | Syntax::Octets | Syntax::Telephone | Syntax::Reference => {
            Filter::Undefined
        }
    })
}

fn equal(
    custom: &CustomAttribute,
    value: &[u8],
    names: Names<'_>,
) -> Result<Filter, directory::Error> {
    if matching_of(custom).equality().is_none() {
        return Ok(Filter::Undefined);
    }
    if custom.fields.syntax == Syntax::Reference {
        return refers(custom, value, names, Way::Direct);
    }
    Ok(compare(custom, value, Relation::Is))
}

/// How a reference leads to an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// By itself.
    Direct,
    /// By way of what the entries that it names refer to by the same attribute as well.
    Chain,
}

/// A reference to the entry of a name, under whichever base of the organization.
fn refers(
    custom: &CustomAttribute,
    value: &[u8],
    (naming, entries): Names<'_>,
    way: Way,
) -> Result<Filter, directory::Error> {
    let value = text(value).filter(|value| !is_prohibited(value));
    let Some(Ok(dn)) = value.map(Dn::parse) else { return Ok(Filter::Undefined) };
    let Ok(Target::Entry(named)) = naming.target_anywhere(&dn) else { return Ok(Filter::never()) };
    let (attribute, found) = (custom.attribute(), named.find(entries.find)?);
    Ok(match (found, way) {
        (None, _) => Filter::never(),
        (Some(entry), Way::Direct) => Filter::refers(attribute, entry),
        (Some(entry), Way::Chain) => {
            Filter::refers_to_one_of(attribute, (entries.chain)(attribute, entry)?)
        }
    })
}

fn ordering(custom: &CustomAttribute, value: &[u8], relation: Relation) -> Filter {
    if matching_of(custom).ordering().is_none() {
        return Filter::Undefined;
    }
    compare(custom, value, relation)
}

fn compare(custom: &CustomAttribute, value: &[u8], relation: Relation) -> Filter {
    if is_missing(value, form(custom.fields.syntax)) {
        return Filter::Undefined;
    }
    if custom.fields.syntax == Syntax::Octets {
        return relation.octets(custom.attribute(), value);
    }
    let Some(text) = text(value) else { return Filter::Undefined };
    if matching_of(custom) == Matching::CaseIgnoreList {
        return Filter::lines(custom.attribute(), text);
    }
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

fn pieces(custom: &CustomAttribute, substrings: &Substrings) -> Filter {
    let matching = matching_of(custom);
    let comparable = matching.substrings().is_some();
    texts(substrings).filter(|_| comparable).map_or(Filter::Undefined, |(initial, any, last)| {
        if matching == Matching::CaseIgnoreList {
            pieces_of_lines(custom, (initial, &any, last))
        } else {
            Filter::pieces(custom.attribute(), initial, &any, last)
        }
    })
}

/// Pieces of an address, which are written as its lines are (RFC 4511 section 4.5.1.7.2). No value has one
/// that reaches from one line into another.
fn pieces_of_lines(
    custom: &CustomAttribute,
    (initial, any, last): (Option<&str>, &[&str], Option<&str>),
) -> Filter {
    let mut all = initial.iter().chain(any).chain(last.iter());
    if all.any(|piece| piece.contains('$')) {
        return Filter::never();
    }
    let (initial, last) = (initial.map(unescaped), last.map(unescaped));
    let any: Vec<String> = any.iter().map(|piece| unescaped(piece)).collect();
    let any: Vec<&str> = any.iter().map(String::as_str).collect();
    Filter::pieces_of_lines(custom.attribute(), initial.as_deref(), &any, last.as_deref())
}
