//! The table of attribute types: RFC 4519, 4523, 4524, 2798, 2307, 4512, 3672, 4530, 5020, 3045 and what
//! is in wide use beside them.

use super::{AttributeType, Usage};
use crate::schema::{Matching, RuleUse, Syntax, Vocabulary};

/// All attribute types; at most 256, so that a set of them fits a few machine words.
pub(super) static ATTRIBUTES: [AttributeType; 98] = numbered([
    oid("objectClass", "2.5.4.0"),
    text("name", "2.5.4.41"),
    text("cn", "2.5.4.3").named(&["commonName"]).below("name"),
    text("sn", "2.5.4.4").named(&["surname"]).below("name"),
    text("givenName", "2.5.4.42").named(&["gn"]).below("name"),
    text("initials", "2.5.4.43").below("name").left(),
    text("displayName", "2.16.840.1.113730.3.1.241").single(),
    ascii("mail", "0.9.2342.19200300.100.1.3").named(&["rfc822Mailbox"]),
    text("uid", "0.9.2342.19200300.100.1.1").named(&["userid"]),
    integer("uidNumber", "1.3.6.1.1.1.1.0").single(),
    integer("gidNumber", "1.3.6.1.1.1.1.1").single(),
    exact("homeDirectory", "1.3.6.1.1.1.1.3").single().only(POSIX_HOME),
    exact("loginShell", "1.3.6.1.1.1.1.4").single(),
    ascii("gecos", "1.3.6.1.1.1.1.2").single(),
    telephone("telephoneNumber", "2.5.4.20"),
    telephone("mobile", "0.9.2342.19200300.100.1.41").named(&["mobileTelephoneNumber"]),
    telephone("homePhone", "0.9.2342.19200300.100.1.20").named(&["homeTelephoneNumber"]).left(),
    telephone("pager", "0.9.2342.19200300.100.1.42").named(&["pagerTelephoneNumber"]).left(),
    AttributeType::new(
        "facsimileTelephoneNumber",
        "2.5.4.23",
        Syntax::FacsimileNumber,
        Matching::Never,
    )
    .named(&["fax"])
    .left(),
    text("title", "2.5.4.12").below("name"),
    text("description", "2.5.4.13"),
    text("employeeNumber", "2.16.840.1.113730.3.1.3").single(),
    text("employeeType", "2.16.840.1.113730.3.1.4").left(),
    text("departmentNumber", "2.16.840.1.113730.3.1.2").left(),
    text("preferredLanguage", "2.16.840.1.113730.3.1.39").single().left(),
    text("ou", "2.5.4.11").named(&["organizationalUnitName"]).below("name"),
    ascii("dc", "0.9.2342.19200300.100.1.25").named(&["domainComponent"]).single(),
    text("o", "2.5.4.10").named(&["organizationName"]).below("name"),
    text("l", "2.5.4.7").named(&["localityName"]).below("name").left(),
    text("st", "2.5.4.8").named(&["stateOrProvinceName"]).below("name").left(),
    text("street", "2.5.4.9").named(&["streetAddress"]).left(),
    text("postalCode", "2.5.4.17").left(),
    address("postalAddress", "2.5.4.16").left(),
    AttributeType::new("c", "2.5.4.6", Syntax::CountryString, Matching::CaseIgnore)
        .named(&["countryName"])
        .below("name")
        .single()
        .left(),
    text("physicalDeliveryOfficeName", "2.5.4.19").left(),
    text("postOfficeBox", "2.5.4.18").left(),
    address("homePostalAddress", "0.9.2342.19200300.100.1.39").left(),
    text("generationQualifier", "2.5.4.44").below("name").left(),
    text("roomNumber", "0.9.2342.19200300.100.1.6").left(),
    AttributeType::new(
        "labeledURI",
        "1.3.6.1.4.1.250.1.57",
        Syntax::DirectoryString,
        Matching::CaseExact,
    )
    .left(),
    AttributeType::new("jpegPhoto", "0.9.2342.19200300.100.1.60", Syntax::Jpeg, Matching::Never)
        .left(),
    AttributeType::new(
        "userCertificate",
        "2.5.4.36",
        Syntax::Certificate,
        Matching::CertificateExact,
    ),
    text("businessCategory", "2.5.4.15").left(),
    text("serialNumber", "2.5.4.5").holding(Syntax::PrintableString),
    // Parts of them are looked for too, such as that of the maker.
    ascii("macAddress", "1.3.6.1.1.1.1.22").only(APART),
    text("host", "0.9.2342.19200300.100.1.9").left(),
    octets("sshPublicKey", "1.3.6.1.4.1.24552.500.1.1.1.13"),
    dn("distinguishedName", "2.5.4.49"),
    dn("member", "2.5.4.31").below("distinguishedName"),
    dn("owner", "2.5.4.32").below("distinguishedName"),
    dn("seeAlso", "2.5.4.34").below("distinguishedName").left(),
    dn("manager", "0.9.2342.19200300.100.1.10").left(),
    dn("secretary", "0.9.2342.19200300.100.1.21").left(),
    AttributeType::new(
        "uniqueMember",
        "2.5.4.50",
        Syntax::NameAndOptionalUid,
        Matching::UniqueMember,
    ),
    // By logins, which are the same in any case: so is what is made of them.
    ascii("memberUid", "1.3.6.1.1.1.1.12"),
    dn("memberOf", "1.2.840.113556.1.2.102").kept_by(Usage::DirectoryOperation),
    octets("userPassword", "2.5.4.35"),
    AttributeType::new("entryUUID", "1.3.6.1.1.16.4", Syntax::Uuid, Matching::Uuid)
        .single()
        .kept_by(Usage::DirectoryOperation),
    dn("entryDN", "1.3.6.1.1.20").single().kept_by(Usage::DirectoryOperation),
    time("createTimestamp", "2.5.18.1").single().kept_by(Usage::DirectoryOperation),
    time("modifyTimestamp", "2.5.18.2").single().kept_by(Usage::DirectoryOperation),
    dn("creatorsName", "2.5.18.3").single().kept_by(Usage::DirectoryOperation),
    dn("modifiersName", "2.5.18.4").single().kept_by(Usage::DirectoryOperation),
    oid("structuralObjectClass", "2.5.21.9").single().kept_by(Usage::DirectoryOperation),
    dn("subschemaSubentry", "2.5.18.10").single().kept_by(Usage::DirectoryOperation),
    AttributeType::new(
        "subtreeSpecification",
        "2.5.18.6",
        Syntax::SubtreeSpecification,
        Matching::Never,
    )
    .single()
    .served_by(Usage::DirectoryOperation),
    AttributeType::new("hasSubordinates", "2.5.18.9", Syntax::Boolean, Matching::Boolean)
        .single()
        .kept_by(Usage::DirectoryOperation),
    described("attributeTypes", "2.5.21.5", Syntax::AttributeTypeDescription),
    described("objectClasses", "2.5.21.6", Syntax::ObjectClassDescription),
    described("matchingRules", "2.5.21.4", Syntax::MatchingRuleDescription),
    described("ldapSyntaxes", "1.3.6.1.4.1.1466.101.120.16", Syntax::SyntaxDescription),
    uncompared("altServer", "1.3.6.1.4.1.1466.101.120.6", Syntax::Ia5String),
    dn("namingContexts", "1.3.6.1.4.1.1466.101.120.5").served_by(Usage::DsaOperation),
    // Asked for by sssd and Jenkins, and registered nowhere: numbered by a UUID (X.667).
    dn("defaultNamingContext", "2.25.190545379687429604091804678507111431691")
        .single()
        .served_by(Usage::DsaOperation),
    uncompared("supportedControl", "1.3.6.1.4.1.1466.101.120.13", Syntax::Oid),
    uncompared("supportedExtension", "1.3.6.1.4.1.1466.101.120.7", Syntax::Oid),
    oid("supportedFeatures", "1.3.6.1.4.1.4203.1.3.5").served_by(Usage::DsaOperation),
    uncompared("supportedLDAPVersion", "1.3.6.1.4.1.1466.101.120.15", Syntax::Integer),
    uncompared("supportedSASLMechanisms", "1.3.6.1.4.1.1466.101.120.14", Syntax::DirectoryString),
    text("vendorName", "1.3.6.1.1.4").single().kept_by(Usage::DsaOperation),
    text("vendorVersion", "1.3.6.1.1.5").single().kept_by(Usage::DsaOperation),
    text("carLicense", "2.16.840.1.113730.3.1.1").left(),
    account(
        "sAMAccountName",
        "1.2.840.113556.1.4.221",
        Syntax::DirectoryString,
        Matching::CaseIgnore,
    ),
    account(
        "userPrincipalName",
        "1.2.840.113556.1.4.656",
        Syntax::DirectoryString,
        Matching::CaseIgnore,
    )
    .without(&[RuleUse::Ordering]),
    account("objectGUID", "1.2.840.113556.1.4.2", Syntax::OctetString, Matching::OctetString)
        .without(&[RuleUse::Ordering]),
    account("objectSid", "1.2.840.113556.1.4.146", Syntax::OctetString, Matching::OctetString)
        .without(&[RuleUse::Ordering]),
    account("userAccountControl", "1.2.840.113556.1.4.8", Syntax::Integer, Matching::Integer),
    account("sAMAccountType", "1.2.840.113556.1.4.302", Syntax::Integer, Matching::Integer),
    account("groupType", "1.2.840.113556.1.4.750", Syntax::Integer, Matching::Integer),
    account("accountExpires", "1.2.840.113556.1.4.159", Syntax::Integer, Matching::Integer),
    account("objectCategory", "1.2.840.113556.1.4.782", Syntax::Dn, Matching::DistinguishedName),
    account(
        "whenCreated",
        "1.2.840.113556.1.2.2",
        Syntax::GeneralizedTime,
        Matching::GeneralizedTime,
    ),
    account(
        "whenChanged",
        "1.2.840.113556.1.2.3",
        Syntax::GeneralizedTime,
        Matching::GeneralizedTime,
    ),
    // No entry has it: filters find by it who may be meant.
    account("anr", "1.2.840.113556.1.4.1208", Syntax::DirectoryString, Matching::Never)
        .served_by(Usage::DirectoryOperation),
    account("dnsHostName", "1.2.840.113556.1.4.619", Syntax::DirectoryString, Matching::CaseIgnore)
        .served_by(Usage::DsaOperation),
    // Part of the root DSE there as well, but of no schema: numbered by UUIDs (X.667).
    account(
        "rootDomainNamingContext",
        "2.25.95130192520090913908538058454150559346",
        Syntax::Dn,
        Matching::DistinguishedName,
    )
    .served_by(Usage::DsaOperation),
    uncompared(
        "supportedCapabilities",
        "2.25.267370090463637703532236477056403781079",
        Syntax::Oid,
    )
    .only(&[Vocabulary::ActiveDirectory]),
    // Has the number of homeDirectory, whose name means something else there.
    account("unixHomeDirectory", "1.3.6.1.1.1.1.3", Syntax::Ia5String, Matching::CaseExactIa5),
]);

const fn numbered<const N: usize>(mut table: [AttributeType; N]) -> [AttributeType; N] {
    let mut rest: &mut [AttributeType] = &mut table;
    let mut index = 0;
    while let Some((first, others)) = rest.split_first_mut() {
        first.index = index;
        index += 1;
        rest = others;
    }
    table
}

impl AttributeType {
    const fn new(
        name: &'static str,
        oid: &'static str,
        syntax: Syntax,
        matching: Matching,
    ) -> Self {
        Self {
            index: 0,
            name,
            aliases: &[],
            oid,
            superior: None,
            apart: &[],
            syntax,
            matching,
            without: &[],
            single_value: false,
            no_user_modification: false,
            usage: Usage::UserApplications,
            only: &[],
            left: false,
        }
    }

    const fn without(self, without: &'static [RuleUse]) -> Self {
        Self { without, ..self }
    }

    const fn only(self, only: &'static [Vocabulary]) -> Self {
        Self { only, ..self }
    }

    const fn named(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    const fn below(self, superior: &'static str) -> Self {
        Self { superior: Some(superior), apart: OWN_NAMES, ..self }
    }

    const fn holding(self, syntax: Syntax) -> Self {
        Self { syntax, ..self }
    }

    const fn single(self) -> Self {
        Self { single_value: true, ..self }
    }

    /// Values only where an organization defines it.
    const fn left(self) -> Self {
        Self { left: true, ..self }
    }

    /// Operational, and out of users' hands.
    const fn kept_by(self, usage: Usage) -> Self {
        Self { usage, no_user_modification: true, ..self }
    }

    const fn served_by(self, usage: Usage) -> Self {
        Self { usage, ..self }
    }
}

/// Where the home directory is that of a Unix machine.
const POSIX_HOME: &[Vocabulary] =
    &[Vocabulary::Rfc2307bis, Vocabulary::Rfc2307, Vocabulary::Jumpcloud];

/// Where devices have a place of their own.
const APART: &[Vocabulary] = &[Vocabulary::Rfc2307bis, Vocabulary::Rfc2307];

/// Where no type is a subtype of another: `name` and `distinguishedName` are what an entry itself is
/// named by, and stand above no other names.
const OWN_NAMES: &[Vocabulary] = &[Vocabulary::ActiveDirectory];

/// One value that domain controllers show of an account.
const fn account(
    name: &'static str,
    oid: &'static str,
    syntax: Syntax,
    matching: Matching,
) -> AttributeType {
    AttributeType::new(name, oid, syntax, matching).single().only(&[Vocabulary::ActiveDirectory])
}

const fn text(name: &'static str, oid: &'static str) -> AttributeType {
    AttributeType::new(name, oid, Syntax::DirectoryString, Matching::CaseIgnore)
}

const fn ascii(name: &'static str, oid: &'static str) -> AttributeType {
    AttributeType::new(name, oid, Syntax::Ia5String, Matching::CaseIgnoreIa5)
}

const fn exact(name: &'static str, oid: &'static str) -> AttributeType {
    AttributeType::new(name, oid, Syntax::Ia5String, Matching::CaseExactIa5)
}

const fn address(name: &'static str, oid: &'static str) -> AttributeType {
    AttributeType::new(name, oid, Syntax::PostalAddress, Matching::CaseIgnoreList)
}

const fn integer(name: &'static str, oid: &'static str) -> AttributeType {
    AttributeType::new(name, oid, Syntax::Integer, Matching::Integer)
}

const fn telephone(name: &'static str, oid: &'static str) -> AttributeType {
    AttributeType::new(name, oid, Syntax::TelephoneNumber, Matching::TelephoneNumber)
}

const fn dn(name: &'static str, oid: &'static str) -> AttributeType {
    AttributeType::new(name, oid, Syntax::Dn, Matching::DistinguishedName)
}

const fn oid(name: &'static str, oid: &'static str) -> AttributeType {
    AttributeType::new(name, oid, Syntax::Oid, Matching::ObjectIdentifier)
}

const fn octets(name: &'static str, oid: &'static str) -> AttributeType {
    AttributeType::new(name, oid, Syntax::OctetString, Matching::OctetString)
}

const fn time(name: &'static str, oid: &'static str) -> AttributeType {
    AttributeType::new(name, oid, Syntax::GeneralizedTime, Matching::GeneralizedTime)
}

/// Part of the subschema.
const fn described(name: &'static str, oid: &'static str, syntax: Syntax) -> AttributeType {
    AttributeType::new(name, oid, syntax, Matching::ObjectIdentifierFirstComponent)
        .served_by(Usage::DirectoryOperation)
}

/// Part of the root DSE.
const fn uncompared(name: &'static str, oid: &'static str, syntax: Syntax) -> AttributeType {
    AttributeType::new(name, oid, syntax, Matching::Never).served_by(Usage::DsaOperation)
}
