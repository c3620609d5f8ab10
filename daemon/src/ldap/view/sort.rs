//! From the order that a client wants to the directory's words.

use directory::Schema;
use directory::search::{Attribute, Compare, Kinds, SortKey};
use ldap::control::sort::{Sort, SortResult};
use ldap::schema::{self, AttributeType, Matching, RuleUse};
use ldap::{Description, ResultCode};

use super::assertion::plain;
use super::place::Naming;
use super::{computed, custom};

/// So many keys are sorted by.
const KEYS: usize = 4;

/// The keys of an order.
///
/// # Errors
/// What the client is told when entries cannot be sorted so (RFC 2891 section 1.2).
pub(crate) fn sort_keys(
    sort: &Sort,
    naming: &Naming,
    schema: &Schema,
) -> Result<Vec<SortKey>, SortResult> {
    if sort.keys.len() > KEYS {
        return Err(SortResult::refused(ResultCode::UnwillingToPerform));
    }
    let keys = sort.keys.iter().map(|key| sort_key(key, naming, schema));
    let keys: Vec<SortKey> = keys.collect::<Result<_, _>>()?;
    match repeated(sort, schema) {
        Some(attribute) => {
            let attribute = Some(attribute.as_str().to_owned());
            Err(SortResult { code: ResultCode::UnwillingToPerform, attribute })
        }
        None => Ok(keys),
    }
}

/// The attribute that stands twice among the keys, by whatever name (RFC 2891 section 1.1).
fn repeated<'s>(sort: &'s Sort, schema: &Schema) -> Option<&'s Description> {
    let own = |attribute: &Description| custom::sorted_by(attribute, schema);
    let is_same = |one: &Description, other: &Description| match (own(one), own(other)) {
        (None, None) => one.kind() == other.kind(),
        (one, other) => one == other,
    };
    let attributes = || sort.keys.iter().map(|key| &key.attribute);
    let twice = |(place, attribute): &(usize, &Description)| {
        attributes().take(*place).any(|other| is_same(other, attribute))
    };
    attributes().enumerate().find(twice).map(|(_, attribute)| attribute)
}

fn sort_key(
    key: &ldap::control::sort::SortKey,
    naming: &Naming,
    schema: &Schema,
) -> Result<SortKey, SortResult> {
    let attribute = Some(key.attribute.as_str().to_owned());
    let refused = |code| SortResult { code, attribute: attribute.clone() };
    let compare = match key.rule.as_deref() {
        None => None,
        Some(rule) => {
            Some(ordering(rule).ok_or_else(|| refused(ResultCode::InappropriateMatching))?)
        }
    };
    let (attributes, compare) = match custom::sorted_by(&key.attribute, schema) {
        Some(own) => (vec![(Kinds::ALL, own)], compare.map(Compare::signed)),
        None => match plain(&key.attribute, naming) {
            Ok(kind) => (stored(kind, naming), compare),
            Err(_) => return Err(refused(ResultCode::NoSuchAttribute)),
        },
    };
    SortKey::new(attributes, compare, key.reverse)
        .ok_or_else(|| refused(ResultCode::InappropriateMatching))
}

/// What is stored of what an attribute type and its subtypes show, and of which kinds.
fn stored(kind: &AttributeType, naming: &Naming) -> Vec<(Kinds, Attribute)> {
    let stored = naming.look().tests(kind);
    if stored.is_empty() {
        return computed::sorted_by(kind, naming).into_iter().collect();
    }
    stored.to_vec()
}

/// How the ordering rule of this name or OID compares.
fn ordering(name: &str) -> Option<Compare> {
    let rule = schema::matching_rule(name).filter(|rule| rule.rule_use == RuleUse::Ordering)?;
    match rule.matching {
        Matching::CaseIgnore | Matching::CaseIgnoreIa5 => Some(Compare::Text),
        Matching::CaseExact | Matching::CaseExactIa5 => Some(Compare::ExactText),
        Matching::Integer => Some(Compare::Number),
        Matching::GeneralizedTime => Some(Compare::Time),
        Matching::Uuid => Some(Compare::Id),
        Matching::OctetString => Some(Compare::Octets),
        Matching::CaseIgnoreList
        | Matching::DistinguishedName
        | Matching::UniqueMember
        | Matching::ObjectIdentifier
        | Matching::ObjectIdentifierFirstComponent
        | Matching::Boolean
        | Matching::TelephoneNumber
        | Matching::AllBits
        | Matching::AnyBit
        | Matching::InChain
        | Matching::CertificateExact
        | Matching::Never => None,
    }
}

/// The octets from which on entries lie at or behind a value that a client gave.
pub(crate) fn rank_of(key: &SortKey, value: &[u8]) -> Option<Vec<u8>> {
    if key.compare() == Compare::Octets {
        return Some(key.rank_of_octets(value));
    }
    let value = std::str::from_utf8(value).ok()?;
    let milliseconds = || ldap::generalized_time::read(value);
    match key.compare() {
        Compare::Time => {
            // What entries have are whole seconds: the first one behind a fraction is the next.
            let milliseconds = milliseconds()?;
            let next = milliseconds.rem_euclid(1_000) != 0 && !key.is_reversed();
            key.rank_of(&(milliseconds.div_euclid(1_000) + i64::from(next)).to_string())
        }
        Compare::Moment => key.rank_of(&milliseconds()?.to_string()),
        Compare::Text
        | Compare::ExactText
        | Compare::Number
        | Compare::Id
        | Compare::Octets
        | Compare::Signed => key.rank_of(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_a_fraction_of_a_second_comes_the_next_one_of_the_order() {
        for reverse in [false, true] {
            let created = vec![(Kinds::ALL, Attribute::Created)];
            let key = SortKey::new(created, None, reverse).unwrap();
            let rank = |text: &str| rank_of(&key, text.as_bytes()).unwrap();
            let (one, next) = (rank("20200101000010Z"), rank("20200101000011Z"));
            let nearest = if reverse { &one } else { &next };
            assert_eq!(rank("20200101000010.5Z"), *nearest, "{reverse}");
            assert_eq!(rank("20200101000010.0Z"), one, "{reverse}");
        }
    }
}
