//! Matching by a rule that the client names (RFC 4511 section 4.5.1.7.7).

use directory::search::{Attribute, Case, Comparison, Filter, Kinds, Value};
use ldap::filter::{Assertion, Extensible};
use ldap::schema::{self, AttributeType, Matching, MatchingRule, RuleUse};
use ldap::{Description, case_ignore};

use super::computed;
use super::filter::{Find, compare, equality, over, pieces_of, plain, text};
use super::place::Naming;

/// Translates a test by a rule; what is not known, or does not fit, is undefined.
pub(super) fn extended(
    extensible: &Extensible,
    naming: &Naming,
    find: Find<'_>,
) -> Result<Filter, directory::Error> {
    let rule = extensible.rule.as_ref().map(|rule| schema::matching_rule(rule.as_str()));
    let Some(attribute) = &extensible.attribute else {
        return Ok(match rule.flatten() {
            Some(rule) => anywhere(extensible, rule, naming),
            None => Filter::Undefined,
        });
    };
    let assertion = Assertion { attribute: attribute.clone(), value: extensible.value.clone() };
    let values = match rule {
        None => equality(&assertion, naming, find)?,
        Some(None) => Filter::Undefined,
        Some(Some(rule)) => match plain(attribute, naming) {
            Ok(kind) => by_rule(kind, rule, &assertion, (naming, find))?,
            Err(filter) => filter,
        },
    };
    if !extensible.dn_attributes || values == Filter::Undefined {
        return Ok(values);
    }
    Ok(Filter::Or(vec![values, in_name(attribute, &extensible.value, naming)]))
}

/// A test of one attribute by a rule.
fn by_rule(
    kind: &'static AttributeType,
    rule: &MatchingRule,
    assertion: &Assertion,
    (naming, find): (&Naming, Find<'_>),
) -> Result<Filter, directory::Error> {
    let is = |own: Option<&MatchingRule>| own.is_some_and(|own| own.oid == rule.oid);
    let chained = rule.matching == Matching::InChain
        && matches!(kind.name, "member" | "memberOf" | "uniqueMember");
    if chained || is(kind.matching.equality()) {
        return equality(assertion, naming, find);
    }
    let Some(value) = text(&assertion.value) else { return Ok(Filter::Undefined) };
    if is(kind.matching.substrings()) {
        let Some((initial, any, last)) = split(value) else { return Ok(Filter::Undefined) };
        let any: Vec<&str> = any.iter().map(String::as_str).collect();
        return Ok(pieces_of(kind, naming, (initial.as_deref(), &any, last.as_deref())));
    }
    if is(kind.matching.ordering()) {
        return Ok(below(kind, value, naming));
    }
    Ok(match (rule.matching, case(rule.matching)) {
        (Matching::AllBits | Matching::AnyBit, _) => {
            bits(kind, value, rule.matching == Matching::AllBits, naming)
        }
        (_, Some(case)) if case_of(kind).is_some() => {
            over(kind, naming, |attribute| cased(attribute, case, rule.rule_use, value))
        }
        _ => Filter::Undefined,
    })
}

/// Values before the asserted one: what an ordering rule is true of (RFC 4517 section 4.2).
fn below(kind: &'static AttributeType, value: &str, naming: &Naming) -> Filter {
    let less = |attribute: Attribute, value: &str| match Value::of(attribute, value) {
        Some(value) => Filter::Test(attribute, Comparison::Below(value)),
        None => Filter::Undefined,
    };
    let fits = (&|number: i64, wanted: i64| number < wanted) as &dyn Fn(i64, i64) -> bool;
    computed::ordering(kind, value.as_bytes(), naming, (fits, &less))
        .unwrap_or_else(|| over(kind, naming, |attribute| compare(attribute, value, less)))
}

/// Numbers with all, or any, of some bits set.
fn bits(kind: &'static AttributeType, value: &str, all: bool, naming: &Naming) -> Filter {
    let bits = value.trim().parse::<i64>().ok().map(i64::cast_unsigned);
    let Some(bits) = bits.filter(|_| kind.matching == Matching::Integer) else {
        return Filter::Undefined;
    };
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

/// Whether a way of comparing text minds case; `None` for what is not text.
const fn case(matching: Matching) -> Option<Case> {
    match matching {
        Matching::CaseIgnore | Matching::CaseIgnoreIa5 => Some(Case::Folded),
        Matching::CaseExact | Matching::CaseExactIa5 => Some(Case::Kept),
        Matching::Integer
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
        | Matching::Never => None,
    }
}

fn case_of(kind: &AttributeType) -> Option<Case> {
    case(kind.matching)
}

/// A test of every attribute that a rule can compare.
fn anywhere(extensible: &Extensible, rule: &MatchingRule, naming: &Naming) -> Filter {
    let (Some(case), Some(value)) = (case(rule.matching), text(&extensible.value)) else {
        return Filter::Undefined;
    };
    let vocabulary = naming.look().vocabulary;
    let mut tests = Vec::new();
    for kind in schema::attributes().iter().filter(|kind| kind.is_in(vocabulary)) {
        // A supertype shows nothing of its own.
        if case_of(kind).is_some() && kind.name != "name" {
            tests
                .push(over(kind, naming, |attribute| cased(attribute, case, rule.rule_use, value)));
        }
        if extensible.dn_attributes && case_of(kind).is_some() {
            let attribute = Description::from(kind.name);
            tests.push(in_name(&attribute, &extensible.value, naming));
        }
    }
    Filter::Or(tests)
}

/// A test of the RDNs of an entry's name above its own, which is an attribute anyway.
fn in_name(attribute: &Description, value: &[u8], naming: &Naming) -> Filter {
    let (Some(kind), Some(value)) = (attribute.plain(), text(value)) else {
        return Filter::Undefined;
    };
    let value = case_ignore(value);
    if naming.base_has(&kind.name.to_ascii_lowercase(), &value) {
        return Filter::always();
    }
    match naming.look().tree.container(kind.name, &value) {
        Some(container) => Filter::Or(vec![
            Filter::And(vec![
                Filter::Kind(Kinds::CONTAINERS),
                Filter::equal(container.attribute(), container.name),
            ]),
            Filter::Kind(container.kinds),
        ]),
        None => Filter::never(),
    }
}

type Pieces = (Option<String>, Vec<String>, Option<String>);

/// Reads a Substring Assertion (RFC 4517 section 3.3.30): parts with `*` between them, in which
/// `\2A` and `\5C` stand for a star and a backslash.
fn split(value: &str) -> Option<Pieces> {
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
    use super::*;

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
