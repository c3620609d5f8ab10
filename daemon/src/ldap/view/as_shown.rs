//! Filters on an entry by the values that it shows: for entries that are not stored.

use directory::search::Pieces;
use directory::text::prepare;
use ldap::dn::Dn;
use ldap::filter::{Assertion, Extensible, Substrings};
use ldap::schema::{self, AttributeType, Matching, MatchingRule, Vocabulary};
use ldap::{Description, Filter, case_ignore, generalized_time, is_oid};

use super::assertion::{Relation, is_missing, text, texts};

/// An entry that is not stored.
pub(super) struct Shown {
    /// Which definitions of the schema count.
    pub(super) vocabulary: Vocabulary,
    /// Its attributes with their values.
    pub(super) attributes: Vec<(&'static AttributeType, Vec<String>)>,
}

/// Whether a filter is true of an entry; `None` when it cannot be told (RFC 4511 section 4.5.1.7).
pub(super) fn matches(filter: &Filter, entry: &Shown) -> Option<bool> {
    match filter {
        Filter::And(parts) => decided(parts, entry, false),
        Filter::Or(parts) => decided(parts, entry, true),
        Filter::Not(inner) => matches(inner, entry).map(|is_so| !is_so),
        Filter::Present(attribute) => Some(values(attribute, entry)?.1.next().is_some()),
        Filter::Equality(assertion) | Filter::Approx(assertion) => equality(assertion, entry),
        Filter::GreaterOrEqual(assertion) => ordering(assertion, entry, Relation::AtLeast),
        Filter::LessOrEqual(assertion) => ordering(assertion, entry, Relation::AtMost),
        Filter::Substrings(substrings) => pieces(substrings, entry),
        Filter::Extensible(extensible) => extended(extensible, entry),
        Filter::Unknown => None,
    }
}

/// The truth of parts of which one that is `so` decides.
fn decided(parts: &[Filter], entry: &Shown, so: bool) -> Option<bool> {
    let mut truth = Some(!so);
    for part in parts {
        match matches(part, entry) {
            Some(is) if is == so => return Some(so),
            Some(_) => {}
            None => truth = None,
        }
    }
    truth
}

/// The type that a description names, with the values of it and its subtypes; `None` for one that
/// is not known where these definitions count.
fn values<'e>(
    attribute: &Description,
    entry: &'e Shown,
) -> Option<(&'static AttributeType, impl Iterator<Item = &'e str>)> {
    let kind = attribute.plain().filter(|kind| kind.is_in(entry.vocabulary))?;
    let (vocabulary, all) = (entry.vocabulary, entry.attributes.iter());
    let shown = all.filter(move |(shown, _)| shown.is_a_in(kind, vocabulary));
    Some((kind, shown.flat_map(|(_, values)| values.iter().map(String::as_str))))
}

fn equality(assertion: &Assertion, entry: &Shown) -> Option<bool> {
    let (kind, mut values) = values(&assertion.attribute, entry)?;
    kind.equality()?;
    let asserted = asserted(assertion, kind)?;
    match kind.matching {
        Matching::ObjectIdentifier => {
            let wanted = identifier(asserted)?;
            Some(values.any(|value| identifier(value).as_deref() == Some(&wanted)))
        }
        Matching::ObjectIdentifierFirstComponent => {
            let found = values.any(|value| begins_with(value, asserted));
            (found || is_oid(asserted)).then_some(found)
        }
        Matching::DistinguishedName => {
            let wanted = Dn::parse(asserted).ok()?;
            Some(values.any(|value| Dn::parse(value).as_ref() == Ok(&wanted)))
        }
        Matching::CaseIgnore | Matching::CaseIgnoreIa5 => {
            let wanted = case_ignore(asserted);
            Some(values.any(|value| case_ignore(value) == wanted))
        }
        Matching::Boolean => {
            let mut truths = ["TRUE", "FALSE"].into_iter();
            let wanted = truths.find(|truth| truth.eq_ignore_ascii_case(asserted))?;
            Some(values.any(|value| value == wanted))
        }
        Matching::GeneralizedTime => times(asserted, values, Relation::Is),
        Matching::CaseExact
        | Matching::CaseExactIa5
        | Matching::CaseIgnoreList
        | Matching::Integer
        | Matching::UniqueMember
        | Matching::Uuid
        | Matching::OctetString
        | Matching::TelephoneNumber
        | Matching::AllBits
        | Matching::AnyBit
        | Matching::InChain
        | Matching::CertificateExact
        | Matching::Never => Some(values.any(|value| value == asserted)),
    }
}

/// The text that is asserted, unless it is none or no value of the attribute.
fn asserted<'a>(assertion: &'a Assertion, kind: &AttributeType) -> Option<&'a str> {
    if is_missing(&assertion.value, kind.syntax) { None } else { text(&assertion.value) }
}

/// The number behind an object identifier; a name that nothing has means nothing.
fn identifier(text: &str) -> Option<String> {
    let text = text.trim();
    let named = schema::object_class(text).map(|class| class.oid);
    let named = named.or_else(|| schema::attribute(text).map(|kind| kind.oid));
    named.or_else(|| is_oid(text).then_some(text)).map(ToOwned::to_owned)
}

/// Whether a definition is that of a number or name (RFC 4517 section 4.2.27).
fn begins_with(definition: &str, wanted: &str) -> bool {
    let mut words = definition.split_whitespace().skip(1);
    if words.next() == Some(wanted) {
        return true;
    }
    // NAME 'one' or NAME ( 'one' 'other' )
    words
        .skip_while(|word| *word != "NAME")
        .skip(1)
        .take_while(|word| word.starts_with('\'') || *word == "(")
        .any(|word| word.trim_matches('\'').eq_ignore_ascii_case(wanted))
}

fn ordering(assertion: &Assertion, entry: &Shown, relation: Relation) -> Option<bool> {
    let (kind, mut values) = values(&assertion.attribute, entry)?;
    kind.ordering()?;
    let asserted = asserted(assertion, kind)?;
    if kind.matching == Matching::GeneralizedTime {
        return times(asserted, values, relation);
    }
    let wanted = case_ignore(asserted);
    Some(values.any(|value| relation.holds(&*case_ignore(value), &*wanted)))
}

/// Whether any of these is a time that stands so to the asserted one, however that is written.
fn times<'v>(
    asserted: &str,
    values: impl Iterator<Item = &'v str>,
    relation: Relation,
) -> Option<bool> {
    let wanted = generalized_time::read(asserted)?;
    Some(values.filter_map(generalized_time::read).any(|time| relation.holds(&time, &wanted)))
}

fn pieces(substrings: &Substrings, entry: &Shown) -> Option<bool> {
    let (kind, mut values) = values(&substrings.attribute, entry)?;
    kind.substrings()?;
    let (initial, any, last) = texts(substrings)?;
    let pieces = Pieces::folded(initial, &any, last)?;
    Some(values.any(|value| pieces.are_in(&prepare(value))))
}

/// By the equality rule of the attribute, named or not; what else could be named is not told here.
fn extended(extensible: &Extensible, entry: &Shown) -> Option<bool> {
    let attribute = extensible.attribute.clone()?;
    let own = |rule: &MatchingRule| {
        let own = attribute.kind().and_then(AttributeType::equality);
        own.is_some_and(|own| own.oid == rule.oid)
    };
    if let Some(rule) = &extensible.rule {
        schema::matching_rule(rule.as_str()).filter(|rule| own(rule))?;
    }
    equality(&Assertion { attribute, value: extensible.value.clone() }, entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn truth(filter: &str) -> Option<bool> {
        truth_in(Vocabulary::Rfc2307bis, filter)
    }

    fn truth_in(vocabulary: Vocabulary, filter: &str) -> Option<bool> {
        let shown = |name: &str, values: &[&str]| {
            let values = values.iter().map(|value| (*value).to_owned()).collect();
            (schema::attribute(name).unwrap(), values)
        };
        let attributes = vec![
            shown("objectClass", &["top", "subentry", "subschema"]),
            shown("cn", &["subschema"]),
            shown("subschemaSubentry", &["cn=subschema"]),
            shown("attributeTypes", &["( 2.5.4.3 NAME ( 'cn' 'commonName' ) SUP name )"]),
            shown("hasSubordinates", &["FALSE"]),
            shown("modifyTimestamp", &["20250102030405Z"]),
        ];
        matches(&filter.parse().unwrap(), &Shown { vocabulary, attributes })
    }

    #[test]
    fn rfc4511_4_5_1_7_what_an_entry_shows_decides() {
        for filter in [
            "(objectClass=*)",
            "(objectClass=SUBSCHEMA)",
            "(objectClass=2.5.20.1)",
            "(&(objectClass=top)(cn=Subschema))",
            "(name=subschema)",
            "(attributeTypes=CommonName)",
            "(attributeTypes=2.5.4.3)",
            "(attributeTypes:objectIdentifierFirstComponentMatch:=cn)",
            "(subschemaSubentry=CN=Subschema)",
            "(cn=sub*hem*)",
            "(cn=*\\20SubSchema\\20)",
            "(cn=subschema\\20*)",
            "(cn>=a)",
            "(!(objectClass=person))",
            "(hasSubordinates=FALSE)",
            "(hasSubordinates=false)",
            "(modifyTimestamp=20250102030405.0Z)",
            "(modifyTimestamp=20250102050405+0200)",
            "(modifyTimestamp>=2025010203Z)",
            "(|(nosuch=x)(cn=*))",
        ] {
            assert_eq!(truth(filter), Some(true), "{filter}");
        }
        for filter in [
            "(cn=x)",
            "(sn=*)",
            "(objectClass=1.2.3.4)",
            "(cn=sub\\20*)",
            "(modifyTimestamp<=2025010203Z)",
        ] {
            assert_eq!(truth(filter), Some(false), "{filter}");
        }
        for filter in [
            "(nosuch=x)",
            "(cn=)",
            "(cn>=)",
            "(cn:caseIgnoreMatch:=)",
            "(cn;lang-de=subschema)",
            "(cn;binary=subschema)",
            "(!(nosuch=x))",
            "(objectClass=nosuch)",
            "(supportedControl=1.2)",
            "(hasSubordinates=no)",
            "(modifyTimestamp=soon)",
            "(modifyTimestamp>=soon)",
            "(attributeTypes=nosuch)",
            "(cn:integerMatch:=1)",
            "(subschemaSubentry=x)",
        ] {
            assert_eq!(truth(filter), None, "{filter}");
        }
    }

    #[test]
    fn rfc4511_4_5_1_7_what_other_definitions_have_is_not_known() {
        for filter in ["(sAMAccountName=x)", "(!(sAMAccountName=x))", "(sAMAccountName=*)"] {
            assert_eq!(truth_in(Vocabulary::Rfc2307bis, filter), None, "{filter}");
            assert!(truth_in(Vocabulary::ActiveDirectory, filter).is_some(), "{filter}");
        }
    }

    #[test]
    fn rfc4512_2_5_1_a_supertype_stands_for_its_subtypes_where_it_has_any() {
        let filter = "(name=subschema)";
        assert_eq!(truth_in(Vocabulary::Rfc2307bis, filter), Some(true));
        assert_eq!(truth_in(Vocabulary::ActiveDirectory, filter), Some(false));
    }
}
