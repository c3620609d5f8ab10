//! Syntaxes (RFC 4517 section 3.3).

/// The form of an attribute's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// `TRUE` or `FALSE`.
    Boolean,
    /// Two letters of a country.
    CountryString,
    /// A distinguished name.
    Dn,
    /// The telephone number of a fax machine, perhaps with what it can do.
    FacsimileNumber,
    /// Text in UTF-8, not empty.
    DirectoryString,
    /// A point in time, `20260102030405Z`.
    GeneralizedTime,
    /// Text in ASCII.
    Ia5String,
    /// A number of any size.
    Integer,
    /// A picture.
    Jpeg,
    /// A DN with an optional unique part.
    NameAndOptionalUid,
    /// An OID or a name of one.
    Oid,
    /// Any octets.
    OctetString,
    /// An address on several lines.
    PostalAddress,
    /// Letters, digits and little else.
    PrintableString,
    /// A telephone number.
    TelephoneNumber,
    /// A UUID.
    Uuid,
    /// A certificate.
    Certificate,
    /// The number and the issuer of a certificate.
    CertificateExactAssertion,
    /// The printed form of an attribute type.
    AttributeTypeDescription,
    /// The printed form of an object class.
    ObjectClassDescription,
    /// The printed form of a syntax.
    SyntaxDescription,
    /// The printed form of a matching rule.
    MatchingRuleDescription,
    /// Part of a text, with gaps.
    SubstringAssertion,
    /// Which entries a subentry is about (RFC 3672).
    SubtreeSpecification,
}

/// All syntaxes.
#[must_use]
pub const fn syntaxes() -> &'static [Syntax] {
    &[
        Syntax::Boolean,
        Syntax::CountryString,
        Syntax::Dn,
        Syntax::FacsimileNumber,
        Syntax::DirectoryString,
        Syntax::GeneralizedTime,
        Syntax::Ia5String,
        Syntax::Integer,
        Syntax::Jpeg,
        Syntax::NameAndOptionalUid,
        Syntax::Oid,
        Syntax::OctetString,
        Syntax::PostalAddress,
        Syntax::PrintableString,
        Syntax::TelephoneNumber,
        Syntax::Uuid,
        Syntax::Certificate,
        Syntax::CertificateExactAssertion,
        Syntax::AttributeTypeDescription,
        Syntax::ObjectClassDescription,
        Syntax::SyntaxDescription,
        Syntax::MatchingRuleDescription,
        Syntax::SubstringAssertion,
        Syntax::SubtreeSpecification,
    ]
}

impl Syntax {
    /// Whether a value of no octets is one ([RFC 4517, section 3.3]).
    ///
    /// [RFC 4517, section 3.3]: https://www.rfc-editor.org/rfc/rfc4517#section-3.3
    #[must_use]
    pub const fn may_be_empty(self) -> bool {
        matches!(self, Self::Dn | Self::Ia5String | Self::NameAndOptionalUid | Self::OctetString)
    }

    /// The number that names it.
    #[must_use]
    pub const fn oid(self) -> &'static str {
        match self {
            Self::Boolean => "1.3.6.1.4.1.1466.115.121.1.7",
            Self::CountryString => "1.3.6.1.4.1.1466.115.121.1.11",
            Self::Dn => "1.3.6.1.4.1.1466.115.121.1.12",
            Self::FacsimileNumber => "1.3.6.1.4.1.1466.115.121.1.22",
            Self::DirectoryString => "1.3.6.1.4.1.1466.115.121.1.15",
            Self::GeneralizedTime => "1.3.6.1.4.1.1466.115.121.1.24",
            Self::Ia5String => "1.3.6.1.4.1.1466.115.121.1.26",
            Self::Integer => "1.3.6.1.4.1.1466.115.121.1.27",
            Self::Jpeg => "1.3.6.1.4.1.1466.115.121.1.28",
            Self::NameAndOptionalUid => "1.3.6.1.4.1.1466.115.121.1.34",
            Self::Oid => "1.3.6.1.4.1.1466.115.121.1.38",
            Self::OctetString => "1.3.6.1.4.1.1466.115.121.1.40",
            Self::PostalAddress => "1.3.6.1.4.1.1466.115.121.1.41",
            Self::PrintableString => "1.3.6.1.4.1.1466.115.121.1.44",
            Self::TelephoneNumber => "1.3.6.1.4.1.1466.115.121.1.50",
            Self::Uuid => "1.3.6.1.1.16.1",
            Self::Certificate => "1.3.6.1.4.1.1466.115.121.1.8",
            Self::CertificateExactAssertion => "1.3.6.1.1.15.1",
            Self::AttributeTypeDescription => "1.3.6.1.4.1.1466.115.121.1.3",
            Self::ObjectClassDescription => "1.3.6.1.4.1.1466.115.121.1.37",
            Self::SyntaxDescription => "1.3.6.1.4.1.1466.115.121.1.54",
            Self::MatchingRuleDescription => "1.3.6.1.4.1.1466.115.121.1.30",
            Self::SubstringAssertion => "1.3.6.1.4.1.1466.115.121.1.58",
            Self::SubtreeSpecification => "1.3.6.1.4.1.1466.115.121.1.45",
        }
    }

    /// Whether values can travel in BER, by the option `binary` (RFC 4522 section 2).
    #[must_use]
    pub const fn travels_binary(self) -> bool {
        matches!(self, Self::Certificate)
    }

    /// What people call it.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Boolean => "Boolean",
            Self::CountryString => "Country String",
            Self::Dn => "DN",
            Self::FacsimileNumber => "Facsimile Telephone Number",
            Self::DirectoryString => "Directory String",
            Self::GeneralizedTime => "Generalized Time",
            Self::Ia5String => "IA5 String",
            Self::Integer => "INTEGER",
            Self::Jpeg => "JPEG",
            Self::NameAndOptionalUid => "Name And Optional UID",
            Self::Oid => "OID",
            Self::OctetString => "Octet String",
            Self::PostalAddress => "Postal Address",
            Self::PrintableString => "Printable String",
            Self::TelephoneNumber => "Telephone Number",
            Self::Uuid => "UUID",
            Self::Certificate => "X.509 Certificate",
            Self::CertificateExactAssertion => "X.509 Certificate Exact Assertion",
            Self::AttributeTypeDescription => "Attribute Type Description",
            Self::ObjectClassDescription => "Object Class Description",
            Self::SyntaxDescription => "LDAP Syntax Description",
            Self::MatchingRuleDescription => "Matching Rule Description",
            Self::SubstringAssertion => "Substring Assertion",
            Self::SubtreeSpecification => "SubtreeSpecification",
        }
    }
}
