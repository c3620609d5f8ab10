//! From an LDAP filter to a filter in the directory's words.

use directory::Schema;
use directory::collections::Member;
use directory::search::{Attribute, EntryId, Filter, Kind, Kinds};
use ldap::dn::Dn;
use ldap::filter::{Assertion, Extensible, Substrings};
use ldap::schema::{self, AttributeType};
use ldap::{Description, case_ignore};

use super::look::{CONTAINER_CLASSES, structural};
use super::place::{Naming, Target};

/// Walks nested groups up and down (`LDAP_MATCHING_RULE_IN_CHAIN`), as `member` and `memberOf` do
/// here anyway.
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";

/// Finds the entry of a kind and a name, if the caller sees it.
pub(crate) type Find<'f> = &'f dyn Fn(Kind, &str) -> Result<Option<EntryId>, directory::Error>;

/// Translates a filter; what is not known becomes undefined.
pub(crate) fn translate(
    filter: &ldap::Filter,
    naming: &Naming,
    schema: &Schema,
    find: Find<'_>,
) -> Result<Filter, directory::Error> {
    if !schema.is_empty()
        && let Some(test) = super::custom::test(filter, schema)
    {
        return Ok(test);
    }
    let each = |parts: &[ldap::Filter]| {
        parts
            .iter()
            .map(|part| translate(part, naming, schema, find))
            .collect::<Result<Vec<_>, _>>()
    };
    match filter {
        ldap::Filter::And(parts) => Ok(Filter::And(each(parts)?)),
        ldap::Filter::Or(parts) => Ok(Filter::Or(each(parts)?)),
        ldap::Filter::Not(inner) => {
            Ok(Filter::Not(Box::new(translate(inner, naming, schema, find)?)))
        }
        ldap::Filter::Equality(assertion) | ldap::Filter::Approx(assertion) => {
            equality(assertion, naming, find)
        }
        ldap::Filter::Substrings(substrings) => Ok(pieces(substrings, naming)),
        ldap::Filter::GreaterOrEqual(assertion) => {
            Ok(ordering(assertion, naming, Filter::at_least))
        }
        ldap::Filter::LessOrEqual(assertion) => Ok(ordering(assertion, naming, Filter::at_most)),
        ldap::Filter::Present(attribute) => Ok(presence(attribute, naming)),
        ldap::Filter::Extensible(extensible) => extended(extensible, naming, find),
    }
}

/// Applies a test to everything that an attribute type and its subtypes show.
fn over(kind: &AttributeType, naming: &Naming, test: impl Fn(Attribute) -> Filter) -> Filter {
    let mut tests = Vec::new();
    for (kinds, attribute) in naming.look().tests(kind) {
        let test = test(*attribute);
        // Where no other kind can have the attribute, there is nothing to tell apart.
        tests.push(match *kinds {
            Kinds::ALL => test,
            kinds => Filter::And(vec![Filter::Kind(kinds), test]),
        });
    }
    match tests.len() {
        1 => tests.swap_remove(0),
        _ => Filter::Or(tests),
    }
}

/// The type behind a description; the filter that it amounts to when there is none to test.
fn plain(description: &Description) -> Result<&'static AttributeType, Filter> {
    match (description.kind(), description.plain()) {
        (_, Some(kind)) if kind.name == "userPassword" => Err(Filter::Undefined),
        (_, Some(kind)) => Ok(kind),
        // No value has an option.
        (Some(_), None) => Err(Filter::never()),
        (None, None) => Err(Filter::Undefined),
    }
}

fn text(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value).ok()
}

fn equality(
    assertion: &Assertion,
    naming: &Naming,
    find: Find<'_>,
) -> Result<Filter, directory::Error> {
    let kind = match plain(&assertion.attribute) {
        Ok(kind) => kind,
        Err(filter) => return Ok(filter),
    };
    let Some(value) = text(&assertion.value) else { return Ok(Filter::Undefined) };
    match kind.name {
        "objectClass" => Ok(of_class(value, naming)),
        "structuralObjectClass" => Ok(of_structural_class(value, naming)),
        "hasSubordinates" => Ok(match value.to_ascii_uppercase().as_str() {
            "TRUE" => Filter::Kind(Kinds::CONTAINERS),
            "FALSE" => Filter::Not(Box::new(Filter::Kind(Kinds::CONTAINERS))),
            _ => Filter::Undefined,
        }),
        "subschemaSubentry" => Ok(match Dn::parse(value) {
            Ok(dn) if dn.as_str() == super::root_dse::SUBSCHEMA => Filter::always(),
            Ok(_) => Filter::never(),
            Err(_) => Filter::Undefined,
        }),
        "memberOf" | "member" | "entryDN" => reference(kind, value, naming, find),
        _ if kind.matching.equality().is_none() => Ok(Filter::Undefined),
        _ => Ok(over(kind, naming, |attribute| compare(attribute, value, Filter::equal))),
    }
}

/// Compares by an attribute's rule; times come in LDAP's syntax.
fn compare(attribute: Attribute, value: &str, test: impl Fn(Attribute, &str) -> Filter) -> Filter {
    if matches!(attribute, Attribute::Created | Attribute::Modified) {
        // A fraction of a second lies behind its beginning, which is what is shown.
        return match ldap::generalized_time::read(value) {
            Some(milliseconds) => test(attribute, &milliseconds.div_euclid(1_000).to_string()),
            None => Filter::Undefined,
        };
    }
    test(attribute, value)
}

fn ordering(
    assertion: &Assertion,
    naming: &Naming,
    test: impl Fn(Attribute, &str) -> Filter,
) -> Filter {
    let kind = match plain(&assertion.attribute) {
        Ok(kind) => kind,
        Err(filter) => return filter,
    };
    match text(&assertion.value) {
        Some(value) if kind.matching.ordering().is_some() => {
            over(kind, naming, |attribute| compare(attribute, value, &test))
        }
        Some(_) | None => Filter::Undefined,
    }
}

fn pieces(substrings: &Substrings, naming: &Naming) -> Filter {
    let kind = match plain(&substrings.attribute) {
        Ok(kind) => kind,
        Err(filter) => return filter,
    };
    let initial = substrings.initial.as_deref().map(text);
    let last = substrings.last.as_deref().map(text);
    let any: Option<Vec<&str>> = substrings.any.iter().map(|piece| text(piece)).collect();
    match (initial, any, last) {
        (Some(None), _, _) | (_, None, _) | (_, _, Some(None)) => Filter::Undefined,
        _ if kind.matching.substrings().is_none() => Filter::Undefined,
        (initial, Some(any), last) => over(kind, naming, |attribute| {
            Filter::pieces(attribute, initial.flatten(), &any, last.flatten())
        }),
    }
}

fn presence(description: &Description, naming: &Naming) -> Filter {
    let kind = match plain(description) {
        Ok(kind) => kind,
        Err(filter) => return filter,
    };
    match kind.name {
        "objectClass"
        | "structuralObjectClass"
        | "entryDN"
        | "subschemaSubentry"
        | "hasSubordinates" => Filter::always(),
        "memberOf" => Filter::MemberOfSome,
        "member" => Filter::HasSomeMember,
        _ => over(kind, naming, Filter::present),
    }
}

/// Which kinds of entries have an object class, by its name or number or a superclass of theirs.
fn of_class(name: &str, naming: &Naming) -> Filter {
    let Some(wanted) = schema::object_class(name.trim()) else { return Filter::Undefined };
    let has = |classes: &[&str]| {
        classes.iter().filter_map(|name| schema::object_class(name)).any(|class| class.is_a(wanted))
    };
    let kinds = stored(naming, has);
    let containers = has(CONTAINER_CLASSES);
    let base = has(naming.look().base_classes);
    let container =
        || Filter::And(vec![Filter::Kind(Kinds::CONTAINERS), Filter::present(Attribute::Name)]);
    match (containers, base) {
        (true, true) => Filter::Kind(kinds.and(Kinds::CONTAINERS)),
        (false, false) => Filter::Kind(kinds),
        (true, false) => Filter::Or(vec![Filter::Kind(kinds), container()]),
        (false, true) => Filter::Or(vec![
            Filter::Kind(kinds),
            Filter::And(vec![Filter::Kind(Kinds::CONTAINERS), Filter::Not(Box::new(container()))]),
        ]),
    }
}

fn of_structural_class(name: &str, naming: &Naming) -> Filter {
    let Some(wanted) = schema::object_class(name.trim()) else { return Filter::Undefined };
    Filter::Kind(stored(naming, |classes| structural(classes) == wanted.name))
}

/// The stored kinds whose object classes are as wanted.
fn stored(naming: &Naming, wanted: impl Fn(&[&str]) -> bool) -> Kinds {
    let look = naming.look();
    let kinds = [
        (&look.user, Kinds::USERS),
        (&look.group, Kinds::GROUPS),
        (&look.service, Kinds::SERVICE_ACCOUNTS),
    ];
    let kinds = kinds.into_iter().filter(|(shown, _)| wanted(shown.classes));
    kinds.fold(Kinds::NONE, |kinds, (_, kind)| kinds.and(kind))
}

/// A test of an attribute whose values are names of entries.
fn reference(
    kind: &AttributeType,
    value: &str,
    naming: &Naming,
    find: Find<'_>,
) -> Result<Filter, directory::Error> {
    let Ok(dn) = Dn::parse(value) else { return Ok(Filter::Undefined) };
    let target = naming.target(&dn);
    if kind.name == "entryDN" {
        return Ok(named(target.ok()));
    }
    let Ok(Target::Entry(named)) = target else { return Ok(Filter::never()) };
    Ok(match (kind.name, named.find(find)?) {
        ("memberOf", Some(EntryId::Group(group))) => Filter::MemberOf(group),
        ("member", Some(EntryId::User(user))) => Filter::HasMember(Member::User(user)),
        ("member", Some(EntryId::Group(group))) => Filter::HasMember(Member::Group(group)),
        _ => Filter::never(),
    })
}

fn named(target: Option<Target>) -> Filter {
    match target {
        Some(Target::Entry(named)) => {
            let called = named.kinds.iter().map(|kind| {
                let attribute =
                    if *kind == Kind::User { Attribute::Login } else { Attribute::Name };
                let called = Filter::equal(attribute, &named.name);
                Filter::And(vec![Filter::Kind(Kinds::of(*kind)), called])
            });
            Filter::Or(called.collect())
        }
        Some(Target::Container(container)) => Filter::And(vec![
            Filter::Kind(Kinds::CONTAINERS),
            Filter::equal(Attribute::Name, container.name),
        ]),
        Some(Target::Base) => Filter::And(vec![
            Filter::Kind(Kinds::CONTAINERS),
            Filter::Not(Box::new(Filter::present(Attribute::Name))),
        ]),
        None => Filter::never(),
    }
}

fn extended(
    extensible: &Extensible,
    naming: &Naming,
    find: Find<'_>,
) -> Result<Filter, directory::Error> {
    let Some(attribute) = &extensible.attribute else { return Ok(Filter::Undefined) };
    let assertion = Assertion { attribute: attribute.clone(), value: extensible.value.clone() };
    let same_rule = |rule: &str| match attribute.kind() {
        Some(kind) => {
            let chained = rule == IN_CHAIN && matches!(kind.name, "member" | "memberOf");
            let named = schema::matching_rule(rule).map(|rule| rule.oid);
            let own = kind.matching.equality().map(|rule| rule.oid);
            chained || (named.is_some() && named == own)
        }
        None => false,
    };
    if !extensible.rule.as_ref().is_none_or(|rule| same_rule(rule.as_str())) {
        return Ok(Filter::Undefined);
    }
    let values = equality(&assertion, naming, find)?;
    if !extensible.dn_attributes {
        return Ok(values);
    }
    Ok(Filter::Or(vec![values, in_name(&assertion, naming)]))
}

/// A test of the RDNs of an entry's name above its own, which is an attribute anyway.
fn in_name(assertion: &Assertion, naming: &Naming) -> Filter {
    let (Some(kind), Some(value)) = (assertion.attribute.plain(), text(&assertion.value)) else {
        return Filter::Undefined;
    };
    let value = case_ignore(value);
    if naming.base_has(&kind.name.to_ascii_lowercase(), &value) {
        return Filter::always();
    }
    match naming.look().tree.container(kind.name, &value) {
        Some(container) => Filter::Kind(container.kinds),
        None => Filter::never(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(text: &str) -> Filter {
        let filter: ldap::Filter = text.parse().unwrap();
        let naming = Naming::new("dc=acme,dc=example", &super::super::look::RFC2307BIS);
        translate(&filter, &naming, &Schema::default(), &|_, _| Ok(None)).unwrap()
    }

    #[test]
    fn rfc4511_4_5_1_7_what_is_not_known_is_undefined() {
        assert_eq!(translated("(nosuch=x)"), Filter::Undefined);
        assert_eq!(translated("(objectClass=nosuch)"), Filter::Undefined);
        assert_eq!(translated("(userPassword=*)"), Filter::Undefined);
        assert_eq!(translated("(entryUUID=x)"), translated("(entryUUID=y)"));
        let not = Filter::Not(Box::new(Filter::Undefined));
        assert_eq!(translated("(!(nosuch=x))"), not);
    }

    #[test]
    fn rfc4512_2_4_an_object_class_stands_for_its_subclasses() {
        assert_eq!(translated("(objectClass=person)"), Filter::Kind(Kinds::USERS));
        assert_eq!(translated("(objectClass=2.5.6.6)"), Filter::Kind(Kinds::USERS));
        assert_eq!(translated("(objectClass=TOP)"), Filter::Kind(Kinds::ALL));
    }
}
