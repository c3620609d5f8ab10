//! From an LDAP filter to a filter in the directory's words.

use directory::Schema;
use directory::collections::Member;
use directory::records::Members;
use directory::search::{Attribute, EntryId, Filter, Kind, Kinds};
use ldap::Description;
use ldap::dn::Dn;
use ldap::filter::{Assertion, Substrings};
use ldap::schema::{self, AttributeType};

use super::computed;
use super::look::structural;
use super::place::{Naming, Target};
use super::rules::extended;

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
            let fits = |number: i64, wanted: i64| number >= wanted;
            Ok(ordering(assertion, naming, &fits, Filter::at_least))
        }
        ldap::Filter::LessOrEqual(assertion) => {
            let fits = |number: i64, wanted: i64| number <= wanted;
            Ok(ordering(assertion, naming, &fits, Filter::at_most))
        }
        ldap::Filter::Present(attribute) => Ok(presence(attribute, naming)),
        ldap::Filter::Extensible(extensible) => extended(extensible, naming, find),
    }
}

/// Applies a test to everything that an attribute type and its subtypes show.
pub(super) fn over(
    kind: &AttributeType,
    naming: &Naming,
    test: impl Fn(Attribute) -> Filter,
) -> Filter {
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
pub(super) fn plain(
    description: &Description,
    naming: &Naming,
) -> Result<&'static AttributeType, Filter> {
    match (description.kind(), description.plain()) {
        (_, Some(kind)) if kind.name == "userPassword" => Err(Filter::Undefined),
        (Some(kind), _) if !kind.is_in(naming.look().vocabulary) => Err(Filter::Undefined),
        (_, Some(kind)) => Ok(kind),
        // No value has an option.
        (Some(_), None) => Err(Filter::never()),
        (None, None) => Err(Filter::Undefined),
    }
}

pub(super) fn text(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value).ok()
}

pub(super) fn equality(
    assertion: &Assertion,
    naming: &Naming,
    find: Find<'_>,
) -> Result<Filter, directory::Error> {
    let kind = match plain(&assertion.attribute, naming) {
        Ok(kind) => kind,
        Err(filter) => return Ok(filter),
    };
    if let Some(filter) = computed::equality(kind, &assertion.value, naming) {
        return Ok(filter);
    }
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
        "memberOf" | "member" | "uniqueMember" | "memberUid" | "entryDN" => {
            reference(kind, value, naming, find)
        }
        _ if kind.matching.equality().is_none() => Ok(Filter::Undefined),
        _ => Ok(over(kind, naming, |attribute| compare(attribute, value, Filter::equal))),
    }
}

/// Compares by an attribute's rule; times come in LDAP's syntax.
pub(super) fn compare(
    attribute: Attribute,
    value: &str,
    test: impl Fn(Attribute, &str) -> Filter,
) -> Filter {
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
    fits: &dyn Fn(i64, i64) -> bool,
    test: impl Fn(Attribute, &str) -> Filter,
) -> Filter {
    let kind = match plain(&assertion.attribute, naming) {
        Ok(kind) => kind,
        Err(filter) => return filter,
    };
    if let Some(filter) = computed::ordering(kind, &assertion.value, naming, (fits, &test)) {
        return filter;
    }
    match text(&assertion.value) {
        Some(value) if kind.matching.ordering().is_some() => {
            over(kind, naming, |attribute| compare(attribute, value, &test))
        }
        Some(_) | None => Filter::Undefined,
    }
}

fn pieces(substrings: &Substrings, naming: &Naming) -> Filter {
    let kind = match plain(&substrings.attribute, naming) {
        Ok(kind) => kind,
        Err(filter) => return filter,
    };
    let initial = substrings.initial.as_deref().map(text);
    let last = substrings.last.as_deref().map(text);
    let any: Option<Vec<&str>> = substrings.any.iter().map(|piece| text(piece)).collect();
    match (initial, any, last) {
        (Some(None), _, _) | (_, None, _) | (_, _, Some(None)) => Filter::Undefined,
        (initial, Some(any), last) => {
            pieces_of(kind, naming, (initial.flatten(), &any, last.flatten()))
        }
    }
}

/// Values that have pieces, of an attribute whose values can be taken to pieces.
pub(super) fn pieces_of(
    kind: &AttributeType,
    naming: &Naming,
    (initial, any, last): (Option<&str>, &[&str], Option<&str>),
) -> Filter {
    if kind.matching.substrings().is_none() || kind.name == "memberUid" {
        return Filter::Undefined;
    }
    computed::pieces(kind, naming, (initial, any, last)).unwrap_or_else(|| {
        over(kind, naming, |attribute| Filter::pieces(attribute, initial, any, last))
    })
}

fn presence(description: &Description, naming: &Naming) -> Filter {
    let kind = match plain(description, naming) {
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
        "member" | "uniqueMember" | "memberUid" => match naming.ways().members_by(kind) {
            Some(_) => Filter::HasSomeMember,
            None => Filter::never(),
        },
        _ => {
            computed::presence(kind, naming).unwrap_or_else(|| over(kind, naming, Filter::present))
        }
    }
}

/// Which kinds of entries have an object class, by its name or number or a superclass of theirs.
fn of_class(name: &str, naming: &Naming) -> Filter {
    let Some(wanted) = class_of(name, naming) else { return Filter::Undefined };
    let has = |classes: &[&str]| {
        classes.iter().filter_map(|name| schema::object_class(name)).any(|class| class.is_a(wanted))
    };
    let kinds = Filter::Kind(stored(naming, has));
    let mut filters = vec![kinds];
    if has(naming.look().base_classes) {
        filters.push(Filter::present(Attribute::OrganizationName));
    }
    for attribute in [Attribute::Name, Attribute::CommonName] {
        let mut containers = naming.look().tree.containers.iter();
        if containers
            .any(|container| container.attribute() == attribute && has(container.classes()))
        {
            let container = vec![Filter::Kind(Kinds::CONTAINERS), Filter::present(attribute)];
            filters.push(Filter::And(container));
        }
    }
    if filters.len() > 1 && wanted.name == "top" {
        return Filter::Kind(Kinds::ALL);
    }
    if filters.len() == 1 { filters.swap_remove(0) } else { Filter::Or(filters) }
}

fn of_structural_class(name: &str, naming: &Naming) -> Filter {
    let Some(wanted) = class_of(name, naming) else { return Filter::Undefined };
    Filter::Kind(stored(naming, |classes| structural(classes) == wanted.name))
}

/// The object class of a name or number, if the caller's vocabulary has it.
fn class_of(name: &str, naming: &Naming) -> Option<&'static schema::ObjectClass> {
    let class = schema::object_class(name.trim())?;
    let mut served = schema::object_classes_in(naming.look().vocabulary);
    served.any(|served| served.oid == class.oid).then_some(class)
}

/// The stored kinds whose object classes are as wanted.
fn stored(naming: &Naming, wanted: impl Fn(&[&str]) -> bool) -> Kinds {
    let kinds = naming.look().kinds().into_iter().filter(|(_, shown)| wanted(shown.classes));
    kinds.fold(Kinds::NONE, |kinds, (kind, _)| kinds.and(kind))
}

/// A test of an attribute whose values are names of entries.
fn reference(
    kind: &AttributeType,
    value: &str,
    naming: &Naming,
    find: Find<'_>,
) -> Result<Filter, directory::Error> {
    let members = naming.ways().members_by(kind);
    if members == Some(Members::Logins) {
        let Some(EntryId::User(user)) = find(Kind::User, value)? else {
            return Ok(Filter::never());
        };
        return Ok(Filter::HasMember(Member::User(user)));
    }
    if kind.name == "memberUid" {
        return Ok(Filter::never());
    }
    let Ok(dn) = Dn::parse(value) else { return Ok(Filter::Undefined) };
    let target = naming.target(&dn);
    if kind.name == "entryDN" {
        return Ok(named(target.ok()));
    }
    let Ok(Target::Entry(entry)) = target else { return Ok(Filter::never()) };
    Ok(match (kind.name, members, entry.find(find)?) {
        ("memberOf", _, Some(EntryId::Group(group))) => Filter::MemberOf(group),
        (_, Some(_), Some(EntryId::User(user))) => Filter::HasMember(Member::User(user)),
        (_, Some(_), Some(EntryId::Group(group))) => Filter::HasMember(Member::Group(group)),
        _ => Filter::never(),
    })
}

pub(super) fn named(target: Option<Target>) -> Filter {
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
            Filter::equal(container.attribute(), container.name),
        ]),
        Some(Target::Base) => Filter::And(vec![
            Filter::Kind(Kinds::CONTAINERS),
            Filter::present(Attribute::OrganizationName),
        ]),
        None => Filter::never(),
    }
}

#[cfg(test)]
mod tests {
    use directory::records::{Layout, Profile};

    use super::*;
    use crate::ldap::view::look::Look;
    use crate::ldap::view::ways::Ways;

    fn translated(text: &str) -> Filter {
        let filter: ldap::Filter = text.parse().unwrap();
        let layout = Layout::Rfc2307bis;
        let (look, ways) = (Look::of(layout), Ways::of(layout, Profile::Generic));
        let naming = Naming::under("dc=acme,dc=example", look, ways, uuid::Uuid::nil());
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
