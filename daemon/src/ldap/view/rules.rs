//! Matching by a rule that the client names (RFC 4511 section 4.5.1.7.7).

use directory::search::{Attribute, Case, Comparison, Filter};
use ldap::Description;
use ldap::filter::{Assertion, Extensible};
use ldap::schema::{self, AttributeType, Matching, MatchingRule, RuleUse};

use super::assertion::{Relation, equality, is_missing, ordering, over, pieces_of, plain, text};
use super::computed;
use super::filter::Entries;
use super::place::Naming;

/// Translates a test by a rule; what is not known, or does not fit, is undefined.
pub(super) fn extended(
    extensible: &Extensible,
    naming: &Naming,
    entries: Entries<'_>,
) -> Result<Filter, directory::Error> {
    let rule = extensible.rule.as_ref().map(|rule| schema::matching_rule(rule.as_str()));
    let Some(attribute) = &extensible.attribute else {
        return Ok(match rule.flatten() {
            Some(rule) => anywhere(extensible, rule, naming, entries)?,
            None => Filter::Undefined,
        });
    };
    let assertion = Assertion { attribute: attribute.clone(), value: extensible.value.clone() };
    let rule = match rule {
        Some(None) => return Ok(Filter::Undefined),
        known => known.flatten(),
    };
    let values = match rule {
        None => equality(&assertion, naming, entries)?,
        Some(rule) => match plain(attribute, naming) {
            Ok(kind) => by_rule(kind, rule, &assertion, (naming, entries))?,
            Err(filter) => filter,
        },
    };
    if !extensible.dn_attributes || values == Filter::Undefined {
        return Ok(values);
    }
    match (attribute.plain(), text(&extensible.value)) {
        (Some(kind), Some(value)) => {
            Ok(Filter::Or(vec![values, super::rdns::above(kind, rule, value, naming)?]))
        }
        (None, _) | (_, None) => Ok(values),
    }
}

/// The types by which entries are in groups and groups have members, nested ones always among them.
const GROUPED: [&str; 3] = ["member", "memberOf", "uniqueMember"];

/// A test of one attribute by a rule.
fn by_rule(
    kind: &'static AttributeType,
    rule: &MatchingRule,
    assertion: &Assertion,
    (naming, entries): (&Naming, Entries<'_>),
) -> Result<Filter, directory::Error> {
    if is_missing(&assertion.value, rule.syntax) {
        return Ok(Filter::Undefined);
    }
    let is = |own: Option<&MatchingRule>| own.is_some_and(|own| own.oid == rule.oid);
    let chained = rule.matching == Matching::InChain && GROUPED.contains(&kind.name);
    // Logins are found without regard to case.
    let found = computed::has_logins(kind, naming)
        && rule.rule_use == RuleUse::Equality
        && case(rule.matching) == Some(Case::Folded);
    if chained || found || is(kind.equality()) {
        return equality(assertion, naming, entries);
    }
    if is(kind.ordering()) {
        return Ok(ordering(kind, &assertion.value, naming, Relation::Below));
    }
    let Some(value) = text(&assertion.value) else { return Ok(Filter::Undefined) };
    if is(kind.substrings()) {
        let Some((initial, any, last)) = split(value) else { return Ok(Filter::Undefined) };
        let any: Vec<&str> = any.iter().map(String::as_str).collect();
        return Ok(pieces_of(kind, naming, (initial.as_deref(), &any, last.as_deref())));
    }
    if let Some((bits, all)) = wanted_bits(rule, value) {
        return Ok(in_bits(kind, (bits, all), naming));
    }
    Ok(match case(rule.matching) {
        Some(case) if case_of(kind).is_some() => {
            in_text(kind, naming, (case, rule.rule_use), value)
        }
        _ => Filter::Undefined,
    })
}

/// A test of an attribute's text by another rule of text than its own.
fn in_text(
    kind: &'static AttributeType,
    naming: &Naming,
    (case, rule_use): (Case, RuleUse),
    value: &str,
) -> Filter {
    if computed::has_logins(kind, naming) {
        return Filter::has_user(cased(Attribute::Login, case, rule_use, value));
    }
    let made = match rule_use {
        RuleUse::Equality => computed::cased(kind, naming, case, value),
        // What is put together from two parts is in no order of either.
        RuleUse::Ordering => computed::cased(kind, naming, case, value).map(|_| Filter::Undefined),
        RuleUse::Substrings => {
            let Some((initial, any, last)) = split(value) else { return Filter::Undefined };
            let any: Vec<&str> = any.iter().map(String::as_str).collect();
            computed::cased_pieces(kind, naming, case, (initial.as_deref(), &any, last.as_deref()))
        }
    };
    made.unwrap_or_else(|| over(kind, naming, |attribute| cased(attribute, case, rule_use, value)))
}

/// Whether a filter follows other references from entry to entry than those of groups.
pub(crate) fn has_chain(filter: &ldap::Filter) -> bool {
    match filter {
        ldap::Filter::And(parts) | ldap::Filter::Or(parts) => parts.iter().any(has_chain),
        ldap::Filter::Not(inner) => has_chain(inner),
        ldap::Filter::Extensible(extensible) => {
            let rule = extensible.rule.as_ref();
            let rule = rule.and_then(|rule| schema::matching_rule(rule.as_str()));
            let kind = extensible.attribute.as_ref().and_then(Description::kind);
            rule.is_some_and(|rule| rule.matching == Matching::InChain)
                && !kind.is_some_and(|kind| GROUPED.contains(&kind.name))
        }
        ldap::Filter::Equality(_)
        | ldap::Filter::Approx(_)
        | ldap::Filter::Substrings(_)
        | ldap::Filter::GreaterOrEqual(_)
        | ldap::Filter::LessOrEqual(_)
        | ldap::Filter::Present(_)
        | ldap::Filter::Unknown => false,
    }
}

/// A test of text by a rule that heeds or ignores case; `None` for other rules.
pub(super) fn text_by_rule(
    attribute: Attribute,
    rule: &MatchingRule,
    value: &str,
) -> Option<Filter> {
    Some(cased(attribute, case(rule.matching)?, rule.rule_use, value))
}

/// The bits that a rule of bits asks for, and whether for all of them; `None` for other rules and
/// for what is no number.
pub(super) fn wanted_bits(rule: &MatchingRule, value: &str) -> Option<(u64, bool)> {
    let all = match rule.matching {
        Matching::AllBits => true,
        Matching::AnyBit => false,
        Matching::CaseIgnore
        | Matching::CaseIgnoreIa5
        | Matching::CaseExactIa5
        | Matching::CaseExact
        | Matching::CaseIgnoreList
        | Matching::Integer
        | Matching::GeneralizedTime
        | Matching::DistinguishedName
        | Matching::UniqueMember
        | Matching::ObjectIdentifier
        | Matching::ObjectIdentifierFirstComponent
        | Matching::Uuid
        | Matching::OctetString
        | Matching::Boolean
        | Matching::TelephoneNumber
        | Matching::InChain
        | Matching::CertificateExact
        | Matching::Never => return None,
    };
    Some((value.trim().parse::<i64>().ok()?.cast_unsigned(), all))
}

/// Numbers with all, or any, of some bits set.
fn in_bits(kind: &'static AttributeType, (bits, all): (u64, bool), naming: &Naming) -> Filter {
    if kind.matching != Matching::Integer {
        return Filter::Undefined;
    }
    computed::bits(kind, naming, (bits, all))
        .unwrap_or_else(|| over(kind, naming, |attribute| Filter::bits(attribute, bits, all)))
}

/// Text compared with or without case, whatever the attribute's own rule is.
fn cased(attribute: Attribute, case: Case, rule_use: RuleUse, value: &str) -> Filter {
    match rule_use {
        RuleUse::Equality => Filter::cased(attribute, case, value, Comparison::Equal),
        RuleUse::Ordering => Filter::cased(attribute, case, value, Comparison::Below),
        RuleUse::Substrings => match split(value) {
            Some((initial, any, last)) => {
                let any: Vec<&str> = any.iter().map(String::as_str).collect();
                Filter::cased_pieces(attribute, case, initial.as_deref(), &any, last.as_deref())
            }
            None => Filter::Undefined,
        },
    }
}

/// Whether a way of comparing text minds case; `None` for what is not text, or several lines of it.
const fn case(matching: Matching) -> Option<Case> {
    match matching {
        Matching::CaseIgnore | Matching::CaseIgnoreIa5 => Some(Case::Folded),
        Matching::CaseExact | Matching::CaseExactIa5 => Some(Case::Kept),
        Matching::CaseIgnoreList
        | Matching::Integer
        | Matching::GeneralizedTime
        | Matching::DistinguishedName
        | Matching::UniqueMember
        | Matching::ObjectIdentifier
        | Matching::ObjectIdentifierFirstComponent
        | Matching::Uuid
        | Matching::OctetString
        | Matching::Boolean
        | Matching::TelephoneNumber
        | Matching::AllBits
        | Matching::AnyBit
        | Matching::InChain
        | Matching::CertificateExact
        | Matching::Never => None,
    }
}

fn case_of(kind: &AttributeType) -> Option<Case> {
    case(kind.matching)
}

/// A test of every attribute that a rule can compare; where it says nothing, the others decide.
fn anywhere(
    extensible: &Extensible,
    rule: &MatchingRule,
    naming: &Naming,
    entries: Entries<'_>,
) -> Result<Filter, directory::Error> {
    let vocabulary = naming.look().vocabulary;
    let (mut tests, mut compared) = (Vec::new(), false);
    for kind in schema::attributes().iter().filter(|kind| kind.is_in(vocabulary)) {
        let attribute = Description::from(kind.name);
        let assertion = Assertion { attribute, value: extensible.value.clone() };
        let known = plain(&assertion.attribute, naming).is_ok();
        // A supertype shows nothing of its own, but the name of an entry where it is one.
        let values = if known && (kind.name != "name" || naming.look().is_domain()) {
            by_rule(kind, rule, &assertion, (naming, entries))?
        } else {
            Filter::Undefined
        };
        if values == Filter::Undefined {
            continue;
        }
        compared = true;
        if values != Filter::never() {
            tests.push(values);
        }
        if let Some(value) = text(&extensible.value).filter(|_| extensible.dn_attributes) {
            tests.push(super::rdns::above(kind, Some(rule), value, naming)?);
        }
    }
    Ok(if compared { Filter::Or(tests) } else { Filter::Undefined })
}

type Pieces = (Option<String>, Vec<String>, Option<String>);

/// Reads a Substring Assertion (RFC 4517 section 3.3.30): parts with `*` between them, in which
/// `\2A` and `\5C` stand for a star and a backslash.
pub(super) fn split(value: &str) -> Option<Pieces> {
    let parts = value.split('*').map(unescape).collect::<Option<Vec<String>>>()?;
    let [first, any @ .., last] = parts.as_slice() else { return None };
    if any.iter().any(String::is_empty) && (any.len() > 1 || !first.is_empty() || !last.is_empty())
    {
        return None;
    }
    let filled = |part: &String| (!part.is_empty()).then(|| part.clone());
    Some((filled(first), any.iter().filter_map(filled).collect(), filled(last)))
}

fn unescape(part: &str) -> Option<String> {
    let mut pieces = part.split('\\');
    let mut text = pieces.next()?.to_owned();
    for piece in pieces {
        let (code, rest) = piece.split_at_checked(2)?;
        text.push(match code {
            "2A" | "2a" => '*',
            "5C" | "5c" => '\\',
            _ => return None,
        });
        text.push_str(rest);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use directory::records::{Layout, Profile};
    use directory::search::Kinds;

    use super::*;
    use crate::ldap::view::filter::{Chain, Find};
    use crate::ldap::view::look::Look;
    use crate::ldap::view::ways::Ways;

    fn of_text(layout: Layout, text: &str) -> Filter {
        let filter: ldap::Filter = text.parse().unwrap();
        let ldap::Filter::Extensible(extensible) = filter else { panic!("{text}") };
        let (look, ways) = (Look::of(layout), Ways::of(layout, Profile::Generic));
        let naming = Naming::under("dc=acme,dc=example", look, ways, uuid::Uuid::nil());
        let (find, chain): (Find<'_>, Chain<'_>) = (&|_, _| Ok(None), &|_, _| Ok(Arc::default()));
        let entries = Entries { find, chain, seen: &|_| Ok(false), issuers: &|_| Ok(Vec::new()) };
        extended(&extensible, &naming, entries).unwrap()
    }

    fn exactly(login: &str) -> Filter {
        Filter::cased(Attribute::Login, Case::Kept, login, Comparison::Equal)
    }

    #[test]
    fn logins_of_members_are_compared_by_every_rule_of_text() {
        let logins = |text| of_text(Layout::Rfc2307, text);
        assert_eq!(logins("(memberUid:caseExactMatch:=Ada)"), Filter::has_user(exactly("Ada")));
        let pieces = Filter::cased_pieces(Attribute::Login, Case::Folded, Some("ad"), &[], None);
        let starting = Filter::has_user(pieces);
        assert_eq!(logins("(memberUid:caseIgnoreIA5SubstringsMatch:=AD\\2a)"), starting);
        assert_eq!(logins("(memberUid:caseExactSubstringsMatch:=ada)"), Filter::Undefined);
        // Nobody has it, and no group is looked through.
        assert_eq!(logins("(memberUid:caseIgnoreMatch:=ada)"), Filter::never());
        let names = of_text(Layout::Rfc2307bis, "(memberUid:caseExactMatch:=ada)");
        assert_eq!(names, Filter::never(), "groups have no such attribute there");
    }

    #[test]
    fn principal_names_are_compared_by_every_rule_but_those_of_an_order() {
        let domain = |text| of_text(Layout::ActiveDirectory, text);
        let either = Filter::Or(vec![exactly("Ada"), exactly("Ada@acme.example")]);
        for (text, logins) in [
            ("(userPrincipalName:caseExactMatch:=Ada@acme.example)", either),
            ("(userPrincipalName:caseExactMatch:=Ada@Acme.example)", exactly("Ada@Acme.example")),
            ("(userPrincipalName:caseExactIA5Match:=Ada)", Filter::never()),
        ] {
            let expected = Filter::And(vec![Filter::Kind(Kinds::USERS), logins]);
            assert_eq!(domain(text), expected, "{text}");
        }
        let ordered = domain("(userPrincipalName:caseExactOrderingMatch:=b)");
        assert_eq!(ordered, Filter::Undefined);
    }

    #[test]
    fn rfc4517_3_3_30_a_substring_assertion_is_split_at_its_stars() {
        let split = |text: &str| split(text);
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        assert_eq!(split("a*"), Some((Some("a".into()), Vec::new(), None)));
        assert_eq!(split("a*b*c"), Some((Some("a".into()), owned(&["b"]), Some("c".into()))));
        assert_eq!(split("*b*"), Some((None, owned(&["b"]), None)));
        assert_eq!(split("a\\2Ab*"), Some((Some("a*b".into()), Vec::new(), None)));
        for wrong in ["a", "a**b", "a\\zz*", "a\\2", ""] {
            assert_eq!(split(wrong), None, "{wrong}");
        }
    }
}
