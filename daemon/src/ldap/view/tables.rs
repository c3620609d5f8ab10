//! The tables of what shows what, one set a layout.

use directory::search::Attribute;

/// What shows what is stored as it is, before the types are looked up.
pub(super) type Table = &'static [(&'static str, Attribute)];
/// What shows it in another form.
pub(super) type Extras = &'static [(&'static str, Extra)];

/// An attribute that shows what is stored in another form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extra {
    /// The entry's own name.
    DistinguishedName,
    /// The external id, in the order of octets of GUIDs.
    Guid,
    /// A number of the organization and the entry's own, as a security identifier.
    Sid,
    /// The number of the organization, as a security identifier; of the base alone.
    DomainSid,
    /// The login as a name at the base's domain.
    Principal,
    /// Flags, by whether the user is suspended.
    AccountControl,
    /// When made.
    Created,
    /// When changed.
    Changed,
    /// From when on a user is let in nowhere.
    Expires,
    /// Always this number.
    Number(&'static str),
    /// The name of the definition that the structural object class is of.
    Category,
    /// Nothing, but filters find by it who may be meant.
    Ambiguous,
    /// What the organization's own authorities issued, as far as it counts.
    Certificates,
}

/// The object classes of a container named by `ou`.
pub(crate) const UNIT_CLASSES: &[&str] = &["organizationalUnit", "top"];
/// The object classes of a container named by `cn`.
pub(crate) const CONTAINER_CLASSES: &[&str] = &["container", "top"];

/// The object classes of one layout's entries, the structural one and its superclasses first.
#[derive(Clone, Copy)]
pub(super) struct Classes {
    pub(super) user: &'static [&'static str],
    pub(super) group: &'static [&'static str],
    pub(super) service: &'static [&'static str],
    /// None where there are no devices.
    pub(super) device: &'static [&'static str],
    pub(super) base: &'static [&'static str],
}

/// The last class of devices, which those have that have a hardware address.
pub(super) const ADDRESSED: &str = "ieee802Device";

/// Groups of names, with POSIX attributes beside them.
pub(super) const RFC2307BIS: Classes = Classes {
    user: &[
        "inetOrgPerson",
        "organizationalPerson",
        "person",
        "top",
        "posixAccount",
        "ldapPublicKey",
    ],
    group: &["groupOfNames", "top", "posixGroup"],
    service: &["applicationProcess", "top"],
    device: &["device", "top", "pkiUser", ADDRESSED],
    base: &["organization", "top", "dcObject"],
};

/// Groups of logins.
pub(super) const RFC2307: Classes = Classes { group: &["posixGroup", "top"], ..RFC2307BIS };

/// Groups of unique names.
pub(super) const UNIQUE_MEMBER: Classes =
    Classes { group: &["groupOfUniqueNames", "top", "posixGroup"], ..RFC2307BIS };

/// Accounts as domain controllers show them.
pub(super) const ACTIVE_DIRECTORY: Classes = Classes {
    user: &["user", "organizationalPerson", "person", "top", "ldapPublicKey"],
    group: &["group", "top"],
    service: RFC2307BIS.service,
    device: &[],
    base: &["domainDNS", "domain", "top"],
};

/// Everybody in one container.
pub(super) const JUMPCLOUD: Classes = Classes {
    user: &[
        "inetOrgPerson",
        "organizationalPerson",
        "person",
        "top",
        "posixAccount",
        "ldapPublicKey",
        "jumpcloudUser",
    ],
    service: &["account", "top"],
    device: &[],
    ..RFC2307BIS
};

/// What users show.
pub(super) const USER: Table = &[
    ("uid", Attribute::Login),
    ("cn", Attribute::DisplayName),
    ("sn", Attribute::Surname),
    ("givenName", Attribute::GivenName),
    ("displayName", Attribute::DisplayName),
    ("mail", Attribute::Mail),
    ("telephoneNumber", Attribute::Phone),
    ("mobile", Attribute::Mobile),
    ("title", Attribute::Title),
    ("description", Attribute::Description),
    ("employeeNumber", Attribute::EmployeeNumber),
    ("uidNumber", Attribute::UidNumber),
    ("gidNumber", Attribute::GidNumber),
    ("homeDirectory", Attribute::HomeDirectory),
    ("loginShell", Attribute::LoginShell),
    ("gecos", Attribute::DisplayName),
    ("sshPublicKey", Attribute::SshKey),
];
/// What users and devices show besides, read from the store for those alone who ask for it.
pub(super) const CERTIFIED: Extras = &[("userCertificate", Extra::Certificates)];
/// What groups show, their members apart.
pub(super) const GROUP: Table = &[
    ("cn", Attribute::Name),
    ("description", Attribute::Description),
    ("gidNumber", Attribute::GidNumber),
];
/// What service accounts show.
pub(super) const SERVICE: Table =
    &[("cn", Attribute::Name), ("description", Attribute::Description)];
/// What service accounts show that are named as users are.
pub(super) const SERVICE_BY_UID: Table =
    &[("uid", Attribute::Name), ("description", Attribute::Description)];
/// What devices show; the name of the owner is written by who knows how.
pub(super) const DEVICE: Table = &[
    ("cn", Attribute::Name),
    ("serialNumber", Attribute::Serial),
    ("macAddress", Attribute::HardwareAddress),
    ("description", Attribute::About),
    ("owner", Attribute::Owner),
];
/// What the base and containers show, and they alone.
pub(super) const PLACES: Table =
    &[("ou", Attribute::Name), ("cn", Attribute::CommonName), ("dc", Attribute::BaseLabel)];
/// What a base shows that is an organization by its object class.
pub(super) const ORGANIZATION: Table = &[("o", Attribute::OrganizationName)];
/// What the base and containers of a domain show besides.
pub(super) const AD_PLACES: Table = &[("name", Attribute::PlaceName)];
/// The same in another form.
pub(super) const AD_PLACE_EXTRAS: Extras = &[
    ("distinguishedName", Extra::DistinguishedName),
    ("objectCategory", Extra::Category),
    ("objectGUID", Extra::Guid),
    ("objectSid", Extra::DomainSid),
    ("whenCreated", Extra::Created),
    ("whenChanged", Extra::Changed),
];
/// What every entry shows on request.
pub(super) const OPERATIONAL: Table = &[
    ("entryUUID", Attribute::Uuid),
    ("createTimestamp", Attribute::Created),
    ("modifyTimestamp", Attribute::Modified),
];

/// What users show as domain controllers do: their common name is the login.
pub(super) const AD_USER: Table = &[
    ("cn", Attribute::Login),
    ("sAMAccountName", Attribute::Login),
    ("name", Attribute::Login),
    ("uid", Attribute::Login),
    ("sn", Attribute::Surname),
    ("givenName", Attribute::GivenName),
    ("displayName", Attribute::DisplayName),
    ("mail", Attribute::Mail),
    ("telephoneNumber", Attribute::Phone),
    ("mobile", Attribute::Mobile),
    ("title", Attribute::Title),
    ("description", Attribute::Description),
    ("employeeNumber", Attribute::EmployeeNumber),
    ("uidNumber", Attribute::UidNumber),
    ("gidNumber", Attribute::GidNumber),
    ("unixHomeDirectory", Attribute::HomeDirectory),
    ("loginShell", Attribute::LoginShell),
    ("gecos", Attribute::DisplayName),
    ("sshPublicKey", Attribute::SshKey),
];
/// What users show besides.
pub(super) const AD_USER_EXTRAS: Extras = &[
    ("distinguishedName", Extra::DistinguishedName),
    ("objectCategory", Extra::Category),
    ("objectGUID", Extra::Guid),
    ("objectSid", Extra::Sid),
    ("userPrincipalName", Extra::Principal),
    ("userAccountControl", Extra::AccountControl),
    ("sAMAccountType", Extra::Number("805306368")),
    ("accountExpires", Extra::Expires),
    ("whenCreated", Extra::Created),
    ("whenChanged", Extra::Changed),
    ("anr", Extra::Ambiguous),
    ("userCertificate", Extra::Certificates),
];
/// What groups show as domain controllers do.
pub(super) const AD_GROUP: Table = &[
    ("cn", Attribute::Name),
    ("sAMAccountName", Attribute::Name),
    ("name", Attribute::Name),
    ("description", Attribute::Description),
    ("gidNumber", Attribute::GidNumber),
];
/// What groups show besides: global groups for access control.
pub(super) const AD_GROUP_EXTRAS: Extras = &[
    ("distinguishedName", Extra::DistinguishedName),
    ("objectCategory", Extra::Category),
    ("objectGUID", Extra::Guid),
    ("objectSid", Extra::Sid),
    ("groupType", Extra::Number("-2147483646")),
    ("sAMAccountType", Extra::Number("268435456")),
    ("whenCreated", Extra::Created),
    ("whenChanged", Extra::Changed),
    ("anr", Extra::Ambiguous),
];
/// What service accounts show as domain controllers do.
pub(super) const AD_SERVICE: Table = &[
    ("cn", Attribute::Name),
    ("sAMAccountName", Attribute::Name),
    ("name", Attribute::Name),
    ("description", Attribute::Description),
];
/// What service accounts show besides.
pub(super) const AD_SERVICE_EXTRAS: Extras = &[
    ("distinguishedName", Extra::DistinguishedName),
    ("objectCategory", Extra::Category),
    ("objectGUID", Extra::Guid),
    ("objectSid", Extra::Sid),
    ("whenCreated", Extra::Created),
    ("whenChanged", Extra::Changed),
    ("anr", Extra::Ambiguous),
];
