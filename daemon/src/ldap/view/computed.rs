//! Filters on attributes that show what is stored in another form.

use directory::records::Members;
use directory::search::{Attribute, Case, Comparison, Filter, Kinds, Value};
use directory::text::{prepare, prepare_exact};
use ldap::dn::Dn;
use ldap::schema::{self, AttributeType};
use uuid::Uuid;

use super::assertion::{Relation, compare, named, of_classes, over, text};
use super::extras::{self, DISABLED, EPOCH, MILLISECOND, NEVER, NORMAL};
use super::look::structural;
use super::place::{Naming, Target};
use super::tables::Extra;

/// An equality with an attribute of another form; `None` when the attribute shows what is stored.
pub(super) fn equality(kind: &AttributeType, value: &[u8], naming: &Naming) -> Option<Filter> {
    let (kinds, extra) = shown(kind, naming)?;
    let of_these = |filter| of_kinds(kinds, filter);
    Some(match extra {
        Extra::Number(_) | Extra::AccountControl => match number(value) {
            Some(wanted) => numbers(kind, naming, |number| number == wanted)?,
            None => Filter::Undefined,
        },
        Extra::Guid => match id(value) {
            Some(id) => of_these(Filter::Test(Attribute::Uuid, Comparison::Equal(Value::Id(id)))),
            None => Filter::never(),
        },
        Extra::Sid | Extra::DomainSid => match extras::numbered(naming.organization(), value) {
            Some(number) => {
                of_these(Filter::Test(Attribute::Number, Comparison::Equal(Value::Number(number))))
            }
            None if extras::is_domain(naming.organization(), value) => named(Some(Target::Base)),
            None => Filter::never(),
        },
        Extra::Expires => match number(value) {
            Some(wanted) => of_these(expiry(wanted, Relation::Is)),
            None => Filter::Undefined,
        },
        Extra::Principal => match text(value) {
            Some(value) => of_these(principal(value, Case::Folded, naming)),
            None => Filter::Undefined,
        },
        Extra::DistinguishedName => match text(value).map(Dn::parse) {
            Some(Ok(dn)) => of_these(named(naming.target(&dn).ok())),
            Some(Err(_)) | None => Filter::Undefined,
        },
        Extra::Category => category(text(value)?, naming),
        Extra::Created => of_these(compare(Attribute::Created, text(value)?, Relation::Is)),
        Extra::Changed => of_these(compare(Attribute::Modified, text(value)?, Relation::Is)),
        Extra::Ambiguous => match text(value) {
            Some(value) => ambiguous(value, naming),
            None => Filter::Undefined,
        },
        // They are compared by who knows their issuers.
        Extra::Certificates => Filter::Undefined,
    })
}

/// An ordering of an attribute of another form; `None` when the attribute shows what is stored.
pub(super) fn ordering(
    kind: &AttributeType,
    value: &[u8],
    naming: &Naming,
    relation: Relation,
) -> Option<Filter> {
    let (kinds, extra) = shown(kind, naming)?;
    let Some(written) = text(value) else { return Some(Filter::Undefined) };
    let time = |attribute| of_kinds(kinds, compare(attribute, written, relation));
    Some(match extra {
        Extra::Number(_) | Extra::AccountControl => match number(value) {
            Some(wanted) => numbers(kind, naming, |number| relation.holds(&number, &wanted))?,
            None => Filter::Undefined,
        },
        Extra::Expires => match number(value) {
            Some(wanted) => of_kinds(kinds, expiry(wanted, relation)),
            None => Filter::Undefined,
        },
        Extra::Created => time(Attribute::Created),
        Extra::Changed => time(Attribute::Modified),
        Extra::Guid
        | Extra::Sid
        | Extra::DomainSid
        | Extra::Principal
        | Extra::DistinguishedName
        | Extra::Category
        | Extra::Ambiguous
        | Extra::Certificates => Filter::Undefined,
    })
}

/// A value of text of another form, with or without regard to case; `None` when the attribute shows what
/// is stored.
pub(super) fn cased(
    kind: &AttributeType,
    naming: &Naming,
    case: Case,
    value: &str,
) -> Option<Filter> {
    let (kinds, extra) = shown(kind, naming)?;
    if extra != Extra::Principal {
        return Some(Filter::Undefined);
    }
    Some(of_kinds(kinds, principal(value, case, naming)))
}

/// Pieces of an attribute of another form; `None` when the attribute shows what is stored.
pub(super) fn pieces(
    kind: &AttributeType,
    naming: &Naming,
    pieces: (Option<&str>, &[&str], Option<&str>),
) -> Option<Filter> {
    cased_pieces(kind, naming, Case::Folded, pieces)
}

/// The same, with or without regard to case.
pub(super) fn cased_pieces(
    kind: &AttributeType,
    naming: &Naming,
    case: Case,
    (initial, any, last): (Option<&str>, &[&str], Option<&str>),
) -> Option<Filter> {
    if has_logins(kind, naming) {
        let login = Filter::cased_pieces(Attribute::Login, case, initial, any, last);
        return Some(Filter::has_user(login));
    }
    let (kinds, extra) = shown(kind, naming)?;
    if extra != Extra::Principal {
        return Some(Filter::Undefined);
    }
    let pieces = pieces_of_principals(case, (initial, any, last), naming.domain().as_deref());
    Some(of_kinds(kinds, pieces))
}

/// Whether an attribute has the logins of groups' users.
pub(super) fn has_logins(kind: &AttributeType, naming: &Naming) -> bool {
    naming.ways().members_by(kind) == Some(Members::Logins)
}

/// Presence of an attribute of another form; `None` when the attribute shows what is stored.
pub(super) fn presence(kind: &AttributeType, naming: &Naming) -> Option<Filter> {
    let (kinds, extra) = shown(kind, naming)?;
    let kinds = Filter::Kind(kinds);
    Some(match extra {
        Extra::Principal if naming.domain().is_none() => {
            Filter::And(vec![kinds, Filter::pieces(Attribute::Login, None, &["@"], None)])
        }
        Extra::Sid | Extra::DomainSid => Filter::Or(vec![kinds, named(Some(Target::Base))]),
        Extra::Ambiguous => Filter::never(),
        Extra::Certificates => Filter::And(vec![kinds, Filter::HasCertificate]),
        Extra::Principal
        | Extra::DistinguishedName
        | Extra::Guid
        | Extra::AccountControl
        | Extra::Expires
        | Extra::Created
        | Extra::Changed
        | Extra::Number(_)
        | Extra::Category => kinds,
    })
}

/// What entries are put in order by where an attribute shows a time in another form; `None` for other
/// attributes.
pub(super) fn sorted_by(kind: &AttributeType, naming: &Naming) -> Option<(Kinds, Attribute)> {
    let (kinds, extra) = shown(kind, naming)?;
    match extra {
        Extra::Created => Some((kinds, Attribute::Created)),
        Extra::Changed => Some((kinds, Attribute::Modified)),
        Extra::DistinguishedName
        | Extra::Guid
        | Extra::Sid
        | Extra::DomainSid
        | Extra::Principal
        | Extra::AccountControl
        | Extra::Expires
        | Extra::Number(_)
        | Extra::Category
        | Extra::Ambiguous
        | Extra::Certificates => None,
    }
}

/// Whether bits of a number are set, of an attribute that shows what is stored in another form.
pub(super) fn bits(
    kind: &AttributeType,
    naming: &Naming,
    (bits, all): (u64, bool),
) -> Option<Filter> {
    numbers(kind, naming, |number| {
        let set = number.cast_unsigned() & bits;
        if all { set == bits } else { set != 0 }
    })
}

/// The entries whose number fits, of an attribute that has few values; `None` for other attributes.
fn numbers(kind: &AttributeType, naming: &Naming, fits: impl Fn(i64) -> bool) -> Option<Filter> {
    shown(kind, naming)?;
    let mut filters = Vec::new();
    for (kinds, extras) in naming.look().extras() {
        let extra = extras.iter().find(|(extra, _)| *extra == kind);
        match extra.map(|(_, extra)| *extra) {
            Some(Extra::Number(number)) if fits(number.parse().ok()?) => {
                filters.push(Filter::Kind(kinds));
            }
            Some(Extra::AccountControl) => {
                let suspended = |is_so| Filter::equal(Attribute::Suspended, is_so);
                filters.push(match (fits(NORMAL), fits(NORMAL | DISABLED)) {
                    (true, true) => Filter::Kind(kinds),
                    (true, false) => Filter::And(vec![Filter::Kind(kinds), suspended("0")]),
                    (false, true) => Filter::And(vec![Filter::Kind(kinds), suspended("1")]),
                    (false, false) => Filter::never(),
                });
            }
            // Times are no flags.
            Some(Extra::Expires) => return Some(Filter::Undefined),
            Some(
                Extra::Number(_)
                | Extra::Guid
                | Extra::Sid
                | Extra::DomainSid
                | Extra::Principal
                | Extra::DistinguishedName
                | Extra::Category
                | Extra::Created
                | Extra::Changed
                | Extra::Ambiguous
                | Extra::Certificates,
            )
            | None => {}
        }
    }
    Some(Filter::Or(filters))
}

/// A test of the kinds alone that show an attribute in another form.
pub(super) fn where_shown(kind: &AttributeType, naming: &Naming, test: Filter) -> Filter {
    shown(kind, naming).map_or_else(Filter::never, |(kinds, _)| of_kinds(kinds, test))
}

/// A test of some kinds alone; what is not known of them is not known of others either.
fn of_kinds(kinds: Kinds, test: Filter) -> Filter {
    if test == Filter::Undefined { test } else { Filter::And(vec![Filter::Kind(kinds), test]) }
}

/// Which kinds show an attribute in another form, and in which. What the base alone shows is found
/// apart.
fn shown(kind: &AttributeType, naming: &Naming) -> Option<(Kinds, Extra)> {
    let mut found: Option<(Kinds, Extra)> = None;
    for (kinds, extras) in naming.look().extras() {
        let here = |(shown, extra): &&(&AttributeType, Extra)| {
            *shown == kind && *extra != Extra::DomainSid
        };
        if let Some((_, extra)) = extras.iter().find(here) {
            let all = found.map_or(kinds, |(others, _)| others.and(kinds));
            found = Some((all, *extra));
        }
    }
    found
}

/// A whole number (RFC 4517 section 3.3.16).
fn number(value: &[u8]) -> Option<i64> {
    let text = text(value)?;
    let number: i64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// An id as sixteen octets in the order of GUIDs, or as text.
fn id(value: &[u8]) -> Option<Uuid> {
    match <[u8; 16]>::try_from(value) {
        Ok(octets) => Some(Uuid::from_bytes_le(octets)),
        Err(_) => Uuid::parse_str(text(value)?.trim()).ok(),
    }
}

/// A login with the base's domain, or one that is such a name by itself.
fn principal(value: &str, case: Case, naming: &Naming) -> Filter {
    let prepared = |text: &str| match case {
        Case::Folded => prepare(text),
        Case::Kept => prepare_exact(text),
    };
    let value = prepared(value);
    let whole = called(case, &value);
    if whole == Filter::Undefined {
        return whole;
    }
    let Some((login, domain)) = value.rsplit_once('@') else { return Filter::never() };
    let own = naming.domain().is_some_and(|own| prepared(&own) == domain);
    // No login ends in the space that would stand before the sign.
    if own && !login.contains('@') && !login.ends_with(' ') {
        Filter::Or(vec![called(case, login), whole])
    } else {
        whole
    }
}

/// Who has a login, with or without regard to case.
fn called(case: Case, login: &str) -> Filter {
    match case {
        Case::Folded => Filter::equal(Attribute::Login, login),
        Case::Kept => Filter::cased(Attribute::Login, case, login, Comparison::Equal),
    }
}

/// The logins whose principal names have the pieces: with the domain behind them, or as they are where
/// they are such names by themselves.
fn pieces_of_principals(
    case: Case,
    (initial, any, last): (Option<&str>, &[&str], Option<&str>),
    domain: Option<&str>,
) -> Filter {
    let login = Attribute::Login;
    let had = match case {
        Case::Folded => Filter::pieces(login, initial, any, last),
        Case::Kept => Filter::cased_pieces(login, case, initial, any, last),
    };
    if had == Filter::Undefined {
        return had;
    }
    let whole = || Filter::pieces(login, None, &["@"], None);
    let own = Filter::And(vec![had, whole()]);
    let Some(domain) = domain else { return own };
    let behind = format!("@{domain}");
    let made = match case {
        Case::Folded => Filter::pieces_before(login, &behind, initial, any, last),
        Case::Kept => Filter::cased_pieces_before(login, case, &behind, initial, any, last),
    };
    Filter::Or(vec![own, Filter::And(vec![made, Filter::Not(Box::new(whole()))])])
}

/// Categories are asked for by the name of the class or by that of its definition.
fn category(value: &str, naming: &Naming) -> Filter {
    let value = value.trim();
    let (wanted, asked) = (extras::category_of(value), Dn::parse(value));
    if asked.is_err() && wanted.is_none() && schema::object_class(value).is_none() {
        return Filter::Undefined;
    }
    let is_so = |classes: &[&str]| {
        let own = extras::category_of(structural(classes));
        let definition = || Dn::parse(&extras::category(classes, naming.base())?).ok();
        own.is_some()
            && (own == wanted
                || asked.as_ref().is_ok_and(|asked| definition().as_ref() == Some(asked)))
    };
    of_classes(is_so, Attribute::OrganizationName, naming)
}

/// Users by when their time ends, as it is shown: later than everything where it never does.
fn expiry(wanted: i64, relation: Relation) -> Filter {
    let expires = Attribute::Expires;
    let never = || Filter::Not(Box::new(Filter::present(expires)));
    let fraction = wanted.rem_euclid(MILLISECOND) != 0;
    let mut milliseconds = wanted.div_euclid(MILLISECOND).saturating_sub(EPOCH);
    match relation {
        Relation::Is if wanted == NEVER => return never(),
        Relation::Is if fraction => return Filter::never(),
        // Behind a fraction of a millisecond the next one is the first.
        Relation::AtLeast | Relation::Below => milliseconds += i64::from(fraction),
        Relation::Is | Relation::AtMost => {}
    }
    let ends = relation.test(expires, &milliseconds.to_string());
    let unending = match relation {
        Relation::AtLeast => true,
        Relation::AtMost => wanted == NEVER,
        Relation::Is | Relation::Below => false,
    };
    if unending { Filter::Or(vec![ends, never()]) } else { ends }
}

/// What domain controllers look through for a name that may be anybody's.
const NAMES: [&str; 5] = ["displayName", "givenName", "sn", "name", "mail"];

/// Whoever a name may mean (ambiguous name resolution of MS-ADTS): what is called so or begins so, and
/// people by both their names in either order.
fn ambiguous(value: &str, naming: &Naming) -> Filter {
    let one = |name: &str, test: &dyn Fn(Attribute) -> Filter| {
        schema::attribute(name).map_or(Filter::Undefined, |kind| over(kind, naming, test))
    };
    let any = |test: &dyn Fn(Attribute) -> Filter| Vec::from(NAMES.map(|name| one(name, test)));
    let value = value.trim();
    if let Some(whole) = value.strip_prefix('=') {
        return Filter::Or(any(&|attribute| Filter::equal(attribute, whole)));
    }
    if value.is_empty() {
        return Filter::never();
    }
    let begins =
        |name: &str, text: &str| one(name, &|it| Filter::pieces(it, Some(text), &[], None));
    let mut tests = any(&|attribute| Filter::pieces(attribute, Some(value), &[], None));
    if let Some((first, last)) = value.split_once(' ') {
        for (given, surname) in [(first, last.trim_start()), (last.trim_start(), first)] {
            tests.push(Filter::And(vec![begins("givenName", given), begins("sn", surname)]));
        }
    }
    Filter::Or(tests)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_compared_as_it_is_shown_and_never_is_later_than_all() {
        let expires = Attribute::Expires;
        let never = || Filter::Not(Box::new(Filter::present(expires)));
        let or_never = |filter| Filter::Or(vec![filter, never()]);
        // One millisecond of 1970.
        let one = (EPOCH + 1) * MILLISECOND;
        assert_eq!(expiry(one, Relation::Is), Filter::equal(expires, "1"));
        assert_eq!(expiry(one + 1, Relation::Is), Filter::never());
        assert_eq!(expiry(NEVER, Relation::Is), never());
        assert_eq!(expiry(one, Relation::AtLeast), or_never(Filter::at_least(expires, "1")));
        assert_eq!(expiry(one + 1, Relation::AtLeast), or_never(Filter::at_least(expires, "2")));
        assert_eq!(expiry(one + 1, Relation::Below), Filter::below(expires, "2"));
        assert_eq!(expiry(one + 1, Relation::AtMost), Filter::at_most(expires, "1"));
        let Filter::Or(all) = expiry(NEVER, Relation::AtMost) else { panic!("never is not found") };
        assert_eq!(all.last(), Some(&never()));
        assert_eq!(expiry(0, Relation::Is), Filter::never());
        assert_eq!(expiry(0, Relation::AtLeast), or_never(Filter::present(expires)));
    }
}
