//! How values are compared (RFC 4517 section 4.2).

use super::Syntax;

/// The way in which an attribute's values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matching {
    /// Text, without regard to case and repeated spaces.
    CaseIgnore,
    /// The same, in ASCII.
    CaseIgnoreIa5,
    /// ASCII text, case counts.
    CaseExactIa5,
    /// Text, case counts.
    CaseExact,
    /// Lines of text, without regard to case and repeated spaces.
    CaseIgnoreList,
    /// Numbers.
    Integer,
    /// Points in time.
    GeneralizedTime,
    /// Distinguished names.
    DistinguishedName,
    /// Distinguished names with an optional unique part.
    UniqueMember,
    /// OIDs and their names.
    ObjectIdentifier,
    /// The OID that a description begins with.
    ObjectIdentifierFirstComponent,
    /// UUIDs.
    Uuid,
    /// Octets.
    OctetString,
    /// `TRUE` and `FALSE`.
    Boolean,
    /// Telephone numbers: spaces and hyphens do not count.
    TelephoneNumber,
    /// All these bits of a number are set.
    AllBits,
    /// One of these bits of a number is set.
    AnyBit,
    /// Distinguished names, by way of nested groups as well.
    InChain,
    /// Certificates, by their number and issuer.
    CertificateExact,
    /// Values cannot be compared.
    Never,
}

/// What a matching rule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleUse {
    /// Equal or not.
    Equality,
    /// Before or after.
    Ordering,
    /// Parts of a value.
    Substrings,
}

/// A matching rule.
#[derive(Clone, Copy, Debug)]
pub struct MatchingRule {
    /// Its name.
    pub name: &'static str,
    /// Its number.
    pub oid: &'static str,
    /// The syntax of an assertion.
    pub syntax: Syntax,
    /// The way of comparing.
    pub matching: Matching,
    /// What it is for.
    pub rule_use: RuleUse,
}

impl Matching {
    /// The rule for `=`.
    #[must_use]
    pub fn equality(self) -> Option<&'static MatchingRule> {
        self.rule(RuleUse::Equality)
    }

    /// The rule for `>=` and `<=`.
    #[must_use]
    pub fn ordering(self) -> Option<&'static MatchingRule> {
        self.rule(RuleUse::Ordering)
    }

    /// The rule for `*` inside a value.
    #[must_use]
    pub fn substrings(self) -> Option<&'static MatchingRule> {
        self.rule(RuleUse::Substrings)
    }

    fn rule(self, rule_use: RuleUse) -> Option<&'static MatchingRule> {
        RULES.iter().find(|rule| rule.matching == self && rule.rule_use == rule_use)
    }
}

/// The matching rule of this name or number, case ignored.
#[must_use]
pub fn matching_rule(name: &str) -> Option<&'static MatchingRule> {
    RULES.iter().find(|rule| rule.name.eq_ignore_ascii_case(name) || rule.oid == name)
}

/// All matching rules.
#[must_use]
pub const fn matching_rules() -> &'static [MatchingRule] {
    RULES
}

const fn equality(
    name: &'static str,
    oid: &'static str,
    syntax: Syntax,
    matching: Matching,
) -> MatchingRule {
    MatchingRule { name, oid, syntax, matching, rule_use: RuleUse::Equality }
}

const fn ordering(
    name: &'static str,
    oid: &'static str,
    syntax: Syntax,
    matching: Matching,
) -> MatchingRule {
    MatchingRule { name, oid, syntax, matching, rule_use: RuleUse::Ordering }
}

const fn substrings(name: &'static str, oid: &'static str, matching: Matching) -> MatchingRule {
    MatchingRule {
        name,
        oid,
        syntax: Syntax::SubstringAssertion,
        matching,
        rule_use: RuleUse::Substrings,
    }
}

const RULES: &[MatchingRule] = &[
    equality("caseIgnoreMatch", "2.5.13.2", Syntax::DirectoryString, Matching::CaseIgnore),
    ordering("caseIgnoreOrderingMatch", "2.5.13.3", Syntax::DirectoryString, Matching::CaseIgnore),
    substrings("caseIgnoreSubstringsMatch", "2.5.13.4", Matching::CaseIgnore),
    equality("caseExactMatch", "2.5.13.5", Syntax::DirectoryString, Matching::CaseExact),
    ordering("caseExactOrderingMatch", "2.5.13.6", Syntax::DirectoryString, Matching::CaseExact),
    substrings("caseExactSubstringsMatch", "2.5.13.7", Matching::CaseExact),
    equality("caseIgnoreListMatch", "2.5.13.11", Syntax::PostalAddress, Matching::CaseIgnoreList),
    substrings("caseIgnoreListSubstringsMatch", "2.5.13.12", Matching::CaseIgnoreList),
    equality(
        "caseIgnoreIA5Match",
        "1.3.6.1.4.1.1466.109.114.2",
        Syntax::Ia5String,
        Matching::CaseIgnoreIa5,
    ),
    substrings(
        "caseIgnoreIA5SubstringsMatch",
        "1.3.6.1.4.1.1466.109.114.3",
        Matching::CaseIgnoreIa5,
    ),
    equality(
        "caseExactIA5Match",
        "1.3.6.1.4.1.1466.109.114.1",
        Syntax::Ia5String,
        Matching::CaseExactIa5,
    ),
    substrings("caseExactIA5SubstringsMatch", "1.3.6.1.4.1.4203.1.2.1", Matching::CaseExactIa5),
    equality("integerMatch", "2.5.13.14", Syntax::Integer, Matching::Integer),
    ordering("integerOrderingMatch", "2.5.13.15", Syntax::Integer, Matching::Integer),
    equality(
        "generalizedTimeMatch",
        "2.5.13.27",
        Syntax::GeneralizedTime,
        Matching::GeneralizedTime,
    ),
    ordering(
        "generalizedTimeOrderingMatch",
        "2.5.13.28",
        Syntax::GeneralizedTime,
        Matching::GeneralizedTime,
    ),
    equality("distinguishedNameMatch", "2.5.13.1", Syntax::Dn, Matching::DistinguishedName),
    equality("uniqueMemberMatch", "2.5.13.23", Syntax::NameAndOptionalUid, Matching::UniqueMember),
    equality("objectIdentifierMatch", "2.5.13.0", Syntax::Oid, Matching::ObjectIdentifier),
    equality(
        "objectIdentifierFirstComponentMatch",
        "2.5.13.30",
        Syntax::Oid,
        Matching::ObjectIdentifierFirstComponent,
    ),
    equality("UUIDMatch", "1.3.6.1.1.16.2", Syntax::Uuid, Matching::Uuid),
    ordering("UUIDOrderingMatch", "1.3.6.1.1.16.3", Syntax::Uuid, Matching::Uuid),
    equality("octetStringMatch", "2.5.13.17", Syntax::OctetString, Matching::OctetString),
    ordering("octetStringOrderingMatch", "2.5.13.18", Syntax::OctetString, Matching::OctetString),
    equality("booleanMatch", "2.5.13.13", Syntax::Boolean, Matching::Boolean),
    equality(
        "telephoneNumberMatch",
        "2.5.13.20",
        Syntax::TelephoneNumber,
        Matching::TelephoneNumber,
    ),
    substrings("telephoneNumberSubstringsMatch", "2.5.13.21", Matching::TelephoneNumber),
    equality(
        "certificateExactMatch",
        "2.5.13.34",
        Syntax::CertificateExactAssertion,
        Matching::CertificateExact,
    ),
    // By the names that OpenLDAP gives them, and the last one by a name like theirs.
    equality("integerBitAndMatch", "1.2.840.113556.1.4.803", Syntax::Integer, Matching::AllBits),
    equality("integerBitOrMatch", "1.2.840.113556.1.4.804", Syntax::Integer, Matching::AnyBit),
    equality(
        "distinguishedNameInChainMatch",
        "1.2.840.113556.1.4.1941",
        Syntax::Dn,
        Matching::InChain,
    ),
];
