//! Object classes.

use std::sync::LazyLock;

use super::Vocabulary;
use super::names::Names;
use super::vocabulary::serves;

/// The kind of an object class (RFC 4512 section 2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassKind {
    /// For others to build on.
    Abstract,
    /// What an entry is.
    Structural,
    /// What an entry is besides.
    Auxiliary,
}

/// An object class.
#[derive(Clone, Copy, Debug)]
pub struct ObjectClass {
    /// Its name.
    pub name: &'static str,
    /// Its number.
    pub oid: &'static str,
    /// The class that it builds on.
    pub superior: Option<&'static str>,
    /// Its kind.
    pub kind: ClassKind,
    /// Attributes that an entry must have.
    pub must: &'static [&'static str],
    /// Attributes that an entry may have.
    pub may: &'static [&'static str],
    /// The vocabularies that it is in; all when it names none.
    pub only: &'static [Vocabulary],
}

impl ObjectClass {
    /// Is it `other`, or does it build on it (RFC 4512 section 3.3)?
    #[must_use]
    pub fn is_a(&self, other: &Self) -> bool {
        self.superclasses().any(|class| class.oid == other.oid)
    }

    /// It, and the classes that it builds on, nearest first.
    pub fn superclasses(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |class| class.superior.and_then(object_class))
    }
}

/// The object class of this name or number, case ignored.
#[must_use]
pub fn object_class(name: &str) -> Option<&'static ObjectClass> {
    static NAMES: LazyLock<Names> = LazyLock::new(|| {
        Names::new(
            (0_u8..)
                .zip(CLASSES)
                .flat_map(|(index, class)| [(class.name, index), (class.oid, index)]),
        )
    });
    NAMES.find(name).and_then(|index| CLASSES.get(usize::from(index)))
}

/// The object classes of a vocabulary.
pub fn object_classes_in(vocabulary: Vocabulary) -> impl Iterator<Item = &'static ObjectClass> {
    CLASSES.iter().filter(move |class| serves(class.only, vocabulary))
}

/// All object classes.
#[must_use]
pub const fn object_classes() -> &'static [ObjectClass] {
    CLASSES
}

const fn class(name: &'static str, oid: &'static str, kind: ClassKind) -> ObjectClass {
    ObjectClass { name, oid, superior: Some("top"), kind, must: &[], may: &[], only: &[] }
}

impl ObjectClass {
    const fn below(self, superior: &'static str) -> Self {
        Self { superior: Some(superior), ..self }
    }

    const fn must(self, must: &'static [&'static str]) -> Self {
        Self { must, ..self }
    }

    const fn may(self, may: &'static [&'static str]) -> Self {
        Self { may, ..self }
    }

    const fn only(self, only: &'static [Vocabulary]) -> Self {
        Self { only, ..self }
    }
}

const CLASSES: &[ObjectClass] = &[
    ObjectClass { superior: None, ..class("top", "2.5.6.0", ClassKind::Abstract) }
        .must(&["objectClass"]),
    class("organization", "2.5.6.4", ClassKind::Structural).must(&["o"]).may(ORGANIZATION),
    class("dcObject", "1.3.6.1.4.1.1466.344", ClassKind::Auxiliary).must(&["dc"]),
    class("domain", "0.9.2342.19200300.100.4.13", ClassKind::Structural).must(&["dc"]).may(DOMAIN),
    class("organizationalUnit", "2.5.6.5", ClassKind::Structural)
        .must(&["ou"])
        .may(ORGANIZATION)
        .only(&[Vocabulary::Rfc2307bis, Vocabulary::Rfc2307, Vocabulary::Jumpcloud]),
    class("organizationalUnit", "2.5.6.5", ClassKind::Structural)
        .must(&["ou"])
        .may(AD_UNIT)
        .only(&[Vocabulary::ActiveDirectory]),
    class("person", "2.5.6.6", ClassKind::Structural).must(&["sn", "cn"]).may(&[
        "userPassword",
        "telephoneNumber",
        "seeAlso",
        "description",
    ]),
    class("organizationalPerson", "2.5.6.7", ClassKind::Structural).below("person").may(&[
        "title",
        "facsimileTelephoneNumber",
        "street",
        "postOfficeBox",
        "postalCode",
        "postalAddress",
        "physicalDeliveryOfficeName",
        "ou",
        "st",
        "l",
        "telephoneNumber",
    ]),
    class("inetOrgPerson", "2.16.840.1.113730.3.2.2", ClassKind::Structural)
        .below("organizationalPerson")
        .may(INET_ORG_PERSON),
    class("posixAccount", "1.3.6.1.1.1.2.0", ClassKind::Auxiliary)
        .must(&["cn", "uid", "uidNumber", "gidNumber", "homeDirectory"])
        .may(&["userPassword", "loginShell", "gecos", "description"])
        .only(&[Vocabulary::Rfc2307bis, Vocabulary::Rfc2307, Vocabulary::Jumpcloud]),
    // Auxiliary, as rfc2307bis has it, so that it goes with groupOfNames.
    class("posixGroup", "1.3.6.1.1.1.2.2", ClassKind::Auxiliary)
        .must(&["gidNumber"])
        .may(&["userPassword", "memberUid", "description"])
        .only(&[Vocabulary::Rfc2307bis, Vocabulary::ActiveDirectory, Vocabulary::Jumpcloud]),
    class("posixGroup", "1.3.6.1.1.1.2.2", ClassKind::Structural)
        .must(&["cn", "gidNumber"])
        .may(&["userPassword", "memberUid", "description"])
        .only(&[Vocabulary::Rfc2307]),
    class("user", "1.2.840.113556.1.5.9", ClassKind::Structural)
        .below("organizationalPerson")
        .must(&["sAMAccountName"])
        .may(AD_USER)
        .only(&[Vocabulary::ActiveDirectory]),
    class("group", "1.2.840.113556.1.5.8", ClassKind::Structural)
        .must(&["groupType", "sAMAccountName"])
        .may(AD_GROUP)
        .only(&[Vocabulary::ActiveDirectory]),
    class("container", "1.2.840.113556.1.3.23", ClassKind::Structural)
        .must(&["cn"])
        .may(AD_ANY)
        .only(&[Vocabulary::ActiveDirectory]),
    class("domainDNS", "1.2.840.113556.1.5.67", ClassKind::Structural)
        .below("domain")
        .may(AD_DOMAIN)
        .only(&[Vocabulary::ActiveDirectory]),
    // Numbered by a UUID (X.667): the number of the original is nowhere to be found.
    class("jumpcloudUser", "2.25.100741330286471034271520063842117733061", ClassKind::Auxiliary)
        .only(&[Vocabulary::Jumpcloud]),
    // Members may be missing, as 389-ds has it, and RFC 4519 has not: a group may be empty, or have
    // none that its reader sees, and is to be found by its class all the same.
    class("groupOfNames", "2.5.6.9", ClassKind::Structural).must(&["cn"]).may(GROUP),
    class("groupOfUniqueNames", "2.5.6.17", ClassKind::Structural).must(&["cn"]).may(UNIQUE_GROUP),
    class("ldapPublicKey", "1.3.6.1.4.1.24552.500.1.1.2.0", ClassKind::Auxiliary)
        .may(&["sshPublicKey", "uid"]),
    class("device", "2.5.6.14", ClassKind::Structural)
        .must(&["cn"])
        .may(&["serialNumber", "seeAlso", "owner", "ou", "o", "l", "description"])
        .only(APART),
    class("ieee802Device", "1.3.6.1.1.1.2.11", ClassKind::Auxiliary)
        .may(&["macAddress"])
        .only(APART),
    class("pkiUser", "2.5.6.21", ClassKind::Auxiliary).may(&["userCertificate"]).only(APART),
    class("account", "0.9.2342.19200300.100.4.5", ClassKind::Structural).must(&["uid"]).may(&[
        "description",
        "seeAlso",
        "l",
        "o",
        "ou",
        "host",
    ]),
    class("applicationProcess", "2.5.6.11", ClassKind::Structural)
        .must(&["cn"])
        .may(&["seeAlso", "ou", "l", "description"])
        .only(&[Vocabulary::Rfc2307bis, Vocabulary::Rfc2307, Vocabulary::Jumpcloud]),
    class("applicationProcess", "2.5.6.11", ClassKind::Structural)
        .must(&["cn"])
        .may(&[
            "seeAlso",
            "ou",
            "l",
            "description",
            "distinguishedName",
            "name",
            "objectCategory",
            "objectGUID",
            "objectSid",
            "sAMAccountName",
            "whenCreated",
            "whenChanged",
        ])
        .only(&[Vocabulary::ActiveDirectory]),
    class("uidObject", "1.3.6.1.1.3.1", ClassKind::Auxiliary).must(&["uid"]),
    class("subentry", "2.5.17.0", ClassKind::Structural).must(&["cn", "subtreeSpecification"]),
    class("subschema", "2.5.20.1", ClassKind::Auxiliary).may(&[
        "attributeTypes",
        "objectClasses",
        "matchingRules",
        "ldapSyntaxes",
    ]),
];

/// Where devices have a place of their own.
const APART: &[Vocabulary] = &[Vocabulary::Rfc2307bis, Vocabulary::Rfc2307];

const ORGANIZATION: &[&str] = &[
    "userPassword",
    "seeAlso",
    "businessCategory",
    "telephoneNumber",
    "street",
    "postalCode",
    "postalAddress",
    "st",
    "l",
    "description",
];

const DOMAIN: &[&str] =
    &["o", "description", "seeAlso", "telephoneNumber", "street", "postalCode", "st", "l"];

const GROUP: &[&str] =
    &["member", "businessCategory", "seeAlso", "owner", "ou", "o", "description"];

const UNIQUE_GROUP: &[&str] =
    &["uniqueMember", "businessCategory", "seeAlso", "owner", "ou", "o", "description"];

/// What every entry of a domain shows.
const AD_ANY: &[&str] =
    &["distinguishedName", "name", "objectCategory", "objectGUID", "whenCreated", "whenChanged"];

/// The same, and an identifier.
const AD_DOMAIN: &[&str] = &[
    "distinguishedName",
    "name",
    "objectCategory",
    "objectGUID",
    "objectSid",
    "whenCreated",
    "whenChanged",
];

/// The same, behind what organizational units may have.
const AD_UNIT: &[&str] = &joined::<{ ORGANIZATION.len() + AD_ANY.len() }>(ORGANIZATION, AD_ANY);

/// The names of two lists, one behind the other.
const fn joined<const N: usize>(
    mut first: &[&'static str],
    mut second: &[&'static str],
) -> [&'static str; N] {
    let mut names = [""; N];
    let mut room: &mut [&'static str] = &mut names;
    while let Some((place, rest)) = room.split_first_mut() {
        if let Some((name, left)) = first.split_first() {
            *place = *name;
            first = left;
        } else if let Some((name, left)) = second.split_first() {
            *place = *name;
            second = left;
        }
        room = rest;
    }
    names
}

const AD_GROUP: &[&str] = &[
    "cn",
    "description",
    "distinguishedName",
    "gidNumber",
    "member",
    "memberUid",
    "name",
    "objectCategory",
    "objectGUID",
    "objectSid",
    "sAMAccountType",
    "whenChanged",
    "whenCreated",
];

const AD_USER: &[&str] = &[
    "accountExpires",
    "displayName",
    "distinguishedName",
    "employeeNumber",
    "gecos",
    "gidNumber",
    "givenName",
    "loginShell",
    "mail",
    "mobile",
    "name",
    "objectCategory",
    "objectGUID",
    "objectSid",
    "sAMAccountType",
    "uid",
    "uidNumber",
    "unixHomeDirectory",
    "userAccountControl",
    "userCertificate",
    "userPrincipalName",
    "whenChanged",
    "whenCreated",
];

const INET_ORG_PERSON: &[&str] = &[
    "businessCategory",
    "carLicense",
    "departmentNumber",
    "displayName",
    "employeeNumber",
    "employeeType",
    "givenName",
    "homePhone",
    "homePostalAddress",
    "initials",
    "jpegPhoto",
    "labeledURI",
    "mail",
    "manager",
    "mobile",
    "o",
    "pager",
    "preferredLanguage",
    "roomNumber",
    "secretary",
    "uid",
    "userCertificate",
];
