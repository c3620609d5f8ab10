//! What is asserted of one attribute: of its values, of object classes, and of names of entries.

use directory::collections::Member;
use directory::records::Members;
use directory::search::{Attribute, Comparison, EntryId, Filter, Kind, Kinds};
use directory::text::is_prohibited;
use ldap::Description;
use ldap::dn::Dn;
use ldap::filter::{Assertion, Substrings};
use ldap::schema::{self, AttributeType, Matching};

use super::filter::{Entries, Find, Seen};
use super::look::structural;
use super::place::{Naming, Target};
use super::tables::ADDRESSED;
use super::{certificates, computed};

/// How a value is to stand to the one that is asserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    /// It is the same.
    Is,
    /// It is the same or behind it.
    AtLeast,
    /// It is the same or before it.
    AtMost,
    /// It is before it.
    Below,
}

impl Relation {
    /// The test of an attribute against a text.
    pub(super) fn test(self, attribute: Attribute, text: &str) -> Filter {
        match self {
            Self::Is => Filter::equal(attribute, text),
            Self::AtLeast => Filter::at_least(attribute, text),
            Self::AtMost => Filter::at_most(attribute, text),
            Self::Below => Filter::below(attribute, text),
        }
    }

    /// The test of an attribute against octets.
    pub(super) fn octets(self, attribute: Attribute, octets: &[u8]) -> Filter {
        Filter::octets(attribute, octets, |value| match self {
            Self::Is => Comparison::Equal(value),
            Self::AtLeast => Comparison::AtLeast(value),
            Self::AtMost => Comparison::AtMost(value),
            Self::Below => Comparison::Below(value),
        })
    }

    /// Whether two values stand so.
    pub(super) fn holds<V: PartialOrd + ?Sized>(self, value: &V, asserted: &V) -> bool {
        match self {
            Self::Is => value == asserted,
            Self::AtLeast => value >= asserted,
            Self::AtMost => value <= asserted,
            Self::Below => value < asserted,
        }
    }
}

/// Applies a test to everything that an attribute type and its subtypes show. Where it is undefined of
/// all of that, it is undefined of every entry.
pub(super) fn over(
    kind: &AttributeType,
    naming: &Naming,
    test: impl Fn(Attribute) -> Filter,
) -> Filter {
    let (mut tests, mut known) = (Vec::new(), false);
    for (kinds, attribute) in naming.look().tests(kind) {
        let test = test(*attribute);
        known |= test != Filter::Undefined;
        // Where no other kind can have the attribute, there is nothing to tell apart.
        tests.push(match *kinds {
            Kinds::ALL => test,
            kinds => Filter::And(vec![Filter::Kind(kinds), test]),
        });
    }
    match tests.len() {
        1.. if !known => Filter::Undefined,
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
        (_, None) => Err(Filter::Undefined),
    }
}

/// The most octets of a text that is compared: more than any value that is stored could have.
pub(super) const TEXT: usize = 16 << 10;

/// An asserted text; `None` when it is none, or longer than any value.
pub(super) fn text(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value).ok().filter(|text| text.len() <= TEXT)
}

/// Whether a value is none of a syntax for having no octets.
pub(super) const fn is_missing(value: &[u8], syntax: schema::Syntax) -> bool {
    value.is_empty() && !syntax.may_be_empty()
}

/// Values that are the one that is asserted.
pub(super) fn equality(
    assertion: &Assertion,
    naming: &Naming,
    entries: Entries<'_>,
) -> Result<Filter, directory::Error> {
    let find = entries.find;
    let kind = match plain(&assertion.attribute, naming) {
        Ok(kind) => kind,
        Err(filter) => return Ok(filter),
    };
    if is_missing(&assertion.value, kind.syntax) {
        return Ok(Filter::Undefined);
    }
    if kind.matching == Matching::CertificateExact {
        return certificates::equality(kind, &assertion.value, naming, entries.issuers);
    }
    if let Some(filter) = computed::equality(kind, &assertion.value, naming) {
        return Ok(filter);
    }
    if kind.matching == Matching::OctetString {
        let octets = &assertion.value;
        return Ok(over(kind, naming, |it| Filter::octets(it, octets, Comparison::Equal)));
    }
    let Some(value) = text(&assertion.value).filter(|_| kind.matching != Matching::Never) else {
        return Ok(Filter::Undefined);
    };
    match kind.name {
        "objectClass" => Ok(of_class(value, naming)),
        "structuralObjectClass" => Ok(of_structural_class(value, naming)),
        "hasSubordinates" => match value.to_ascii_uppercase().as_str() {
            "TRUE" => with_subordinates(naming, entries.seen),
            "FALSE" => Ok(Filter::Not(Box::new(with_subordinates(naming, entries.seen)?))),
            _ => Ok(Filter::Undefined),
        },
        "subschemaSubentry" => Ok(match Dn::parse(value) {
            Ok(dn) if Dn::parse(naming.subschema()).as_ref() == Ok(&dn) => Filter::always(),
            Ok(_) => Filter::never(),
            Err(_) => Filter::Undefined,
        }),
        "memberOf" | "member" | "uniqueMember" | "memberUid" | "entryDN" | "owner" => {
            reference(kind, value, naming, find)
        }
        _ if kind.matching == Matching::DistinguishedName => {
            in_some_name(kind, value, naming, find)
        }
        _ if kind.equality().is_none() => Ok(Filter::Undefined),
        _ => Ok(over(kind, naming, |attribute| compare(attribute, value, Relation::Is))),
    }
}

/// Compares by an attribute's rule; times come in LDAP's syntax.
pub(super) fn compare(attribute: Attribute, value: &str, relation: Relation) -> Filter {
    if !matches!(attribute, Attribute::Created | Attribute::Modified) {
        return relation.test(attribute, value);
    }
    let Some(milliseconds) = ldap::generalized_time::read(value) else { return Filter::Undefined };
    let mut second = milliseconds.div_euclid(1_000);
    // What is shown are whole seconds: the next one is the first behind a fraction.
    if milliseconds.rem_euclid(1_000) != 0 {
        match relation {
            Relation::Is => return Filter::never(),
            Relation::AtLeast | Relation::Below => second = second.saturating_add(1),
            Relation::AtMost => {}
        }
    }
    relation.test(attribute, &second.to_string())
}

/// Values that stand so to the one that is asserted.
pub(super) fn ordering(
    kind: &'static AttributeType,
    value: &[u8],
    naming: &Naming,
    relation: Relation,
) -> Filter {
    if kind.ordering().is_none() || is_missing(value, kind.syntax) {
        return Filter::Undefined;
    }
    if let Some(filter) = computed::ordering(kind, value, naming, relation) {
        return filter;
    }
    if kind.matching == Matching::OctetString {
        return over(kind, naming, |attribute| relation.octets(attribute, value));
    }
    text(value).map_or(Filter::Undefined, |value| {
        over(kind, naming, |attribute| compare(attribute, value, relation))
    })
}

/// Values that have the pieces of a filter.
pub(super) fn pieces(substrings: &Substrings, naming: &Naming) -> Filter {
    let kind = match plain(&substrings.attribute, naming) {
        Ok(kind) => kind,
        Err(filter) => return filter,
    };
    texts(substrings).map_or(Filter::Undefined, |(initial, any, last)| {
        pieces_of(kind, naming, (initial, &any, last))
    })
}

/// The pieces of a filter as texts; `None` when one is none.
pub(super) fn texts(substrings: &Substrings) -> Option<(Option<&str>, Vec<&str>, Option<&str>)> {
    let piece = |octets| text(octets).ok_or(());
    let initial = substrings.initial.as_deref().map(piece).transpose().ok()?;
    let last = substrings.last.as_deref().map(piece).transpose().ok()?;
    let any: Vec<&str> = substrings.any.iter().map(|octets| text(octets)).collect::<Option<_>>()?;
    Some((initial, any, last))
}

/// Values that have pieces, of an attribute whose values can be taken to pieces.
pub(super) fn pieces_of(
    kind: &AttributeType,
    naming: &Naming,
    (initial, any, last): (Option<&str>, &[&str], Option<&str>),
) -> Filter {
    if kind.substrings().is_none() {
        return Filter::Undefined;
    }
    computed::pieces(kind, naming, (initial, any, last)).unwrap_or_else(|| {
        over(kind, naming, |attribute| Filter::pieces(attribute, initial, any, last))
    })
}

/// Entries that have a value.
pub(super) fn presence(description: &Description, naming: &Naming) -> Filter {
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
            Some(Members::Logins) => Filter::HasSomeUser,
            Some(Members::Names | Members::UniqueNames) => Filter::HasSomeMember,
            None => Filter::never(),
        },
        _ => {
            if let Some(own) = computed::presence(kind, naming) {
                return own;
            }
            let own = over(kind, naming, Filter::present);
            match naming.ways().members_within(kind).next() {
                Some(_) => Filter::Or(vec![own, Filter::HasSomeMember]),
                None => own,
            }
        }
    }
}

/// Which entries have an object class, by its name or number or a superclass of theirs.
fn of_class(name: &str, naming: &Naming) -> Filter {
    let Some(wanted) = class_of(name, naming) else { return unknown_class(name) };
    if wanted.name == ADDRESSED {
        return Filter::present(Attribute::HardwareAddress);
    }
    let has = |classes: &[&str]| {
        classes.iter().filter_map(|name| schema::object_class(name)).any(|class| class.is_a(wanted))
    };
    // A base that is no domain does not show the class of those that are.
    let shows =
        if wanted.name == "dcObject" { Attribute::BaseLabel } else { Attribute::OrganizationName };
    let filter = of_classes(has, shows, naming);
    let everything = wanted.name == "top" && matches!(filter, Filter::Or(_));
    if everything { Filter::Kind(Kinds::ALL) } else { filter }
}

fn of_structural_class(name: &str, naming: &Naming) -> Filter {
    let Some(wanted) = class_of(name, naming) else { return unknown_class(name) };
    let is = |classes: &[&str]| structural(classes) == wanted.name;
    of_classes(is, Attribute::OrganizationName, naming)
}

/// The entries whose object classes are as wanted; that the base is there, an attribute of it shows.
pub(super) fn of_classes(
    wanted: impl Fn(&[&str]) -> bool,
    base: Attribute,
    naming: &Naming,
) -> Filter {
    let mut filters = vec![Filter::Kind(stored(naming, &wanted))];
    if wanted(naming.look().base_classes) {
        filters.push(Filter::present(base));
    }
    for attribute in [Attribute::Name, Attribute::CommonName] {
        let mut containers = naming.look().tree.containers.iter();
        if containers
            .any(|container| container.attribute() == attribute && wanted(container.classes()))
        {
            let container = vec![Filter::Kind(Kinds::CONTAINERS), Filter::present(attribute)];
            filters.push(Filter::And(container));
        }
    }
    if filters.len() == 1 { filters.swap_remove(0) } else { Filter::Or(filters) }
}

/// A name that is not known means nothing; a number is that of no class here
/// (RFC 4517 section 4.2.26).
fn unknown_class(name: &str) -> Filter {
    if ldap::is_oid(name.trim()) { Filter::never() } else { Filter::Undefined }
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
    let value = if kind.name == "uniqueMember" { without_uid(value) } else { value };
    let Ok(dn) = Dn::parse(value) else { return Ok(Filter::Undefined) };
    if is_prohibited(value) {
        return Ok(Filter::Undefined);
    }
    if kind.name == "entryDN" {
        return Ok(named(naming.target(&dn).ok()));
    }
    let Ok(Target::Entry(entry)) = naming.target_anywhere(&dn) else { return Ok(Filter::never()) };
    Ok(match (kind.name, members, entry.find(find)?) {
        ("memberOf", _, Some(EntryId::Group(group))) => Filter::MemberOf(group),
        ("owner", _, Some(user @ EntryId::User(_))) => Filter::refers(Attribute::Owner, user),
        (_, Some(_), Some(EntryId::User(user))) => Filter::HasMember(Member::User(user)),
        (_, Some(_), Some(EntryId::Group(group))) => Filter::HasMember(Member::Group(group)),
        _ => Filter::never(),
    })
}

/// A test of names of entries, by a type that no entry shows itself; it may have those that name
/// members and owners among its subtypes.
fn in_some_name(
    kind: &'static AttributeType,
    value: &str,
    naming: &Naming,
    find: Find<'_>,
) -> Result<Filter, directory::Error> {
    if Dn::parse(value).is_err() || is_prohibited(value) {
        return Ok(Filter::Undefined);
    }
    let mut tests = Vec::new();
    for member in naming.ways().members_within(kind) {
        tests.push(reference(member, value, naming, find)?);
    }
    if naming.look().tests(kind).iter().any(|(_, shown)| *shown == Attribute::Owner)
        && let Some(owner) = schema::attribute("owner")
    {
        tests.push(reference(owner, value, naming, find)?);
    }
    Ok(Filter::Or(tests))
}

/// A name without the unique identifier that may stand behind it: no value has one, and then any
/// matches (RFC 4517 section 4.2.31).
fn without_uid(value: &str) -> &str {
    let bits = |bits: &str| bits.bytes().all(|bit| matches!(bit, b'0' | b'1'));
    let split = value.rsplit_once("#'").filter(|(_, end)| end.strip_suffix("'B").is_some_and(bits));
    split.map_or(value, |(name, _)| name)
}

/// The entries below which the caller sees others: the base has its containers.
fn with_subordinates(naming: &Naming, seen: Seen<'_>) -> Result<Filter, directory::Error> {
    let mut tests = vec![named(Some(Target::Base))];
    for container in naming.look().tree.containers.iter().copied() {
        if seen(container.kinds)? {
            tests.push(named(Some(Target::Container(container))));
        }
    }
    Ok(Filter::Or(tests))
}

/// The entry that a name leads to.
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
