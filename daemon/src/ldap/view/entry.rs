//! Entries as LDAP shows them.

use directory::Time;
use directory::records::Stamp;
use directory::search::{Attribute, Entry, Fact, Found, Kinds};
use jiff::Timestamp;
use ldap::Attributes;
use ldap::schema::{self, AttributeType};
use uuid::Uuid;

use super::place::{Naming, Place};
use super::root_dse::SUBSCHEMA;

/// The object classes of what is stored, the structural one and its superclasses first.
pub(crate) const CLASSES: &[(&[&str], Kinds)] = &[
    (USER_CLASSES, Kinds::USERS),
    (GROUP_CLASSES, Kinds::GROUPS),
    (SERVICE_CLASSES, Kinds::SERVICE_ACCOUNTS),
];
const USER_CLASSES: &[&str] =
    &["inetOrgPerson", "organizationalPerson", "person", "top", "posixAccount", "ldapPublicKey"];
const GROUP_CLASSES: &[&str] = &["groupOfNames", "top", "posixGroup"];
const SERVICE_CLASSES: &[&str] = &["applicationProcess", "top"];
/// The object classes of a container.
pub(crate) const CONTAINER_CLASSES: &[&str] = &["organizationalUnit", "top"];
/// The object classes of a base.
pub(crate) const BASE_CLASSES: &[&str] = &["organization", "top", "dcObject"];

/// The structural class of a list.
pub(crate) fn structural<'c>(classes: &[&'c str]) -> &'c str {
    classes.first().copied().unwrap_or_default()
}

/// Writes a stored entry's attributes.
pub(crate) fn write_entry(
    attributes: &mut Attributes<'_>,
    naming: &Naming,
    dn: &str,
    found: &Found<'_>,
) -> Result<(), directory::Error> {
    let entry = found.entry();
    let classes = match entry {
        Entry::User(..) => USER_CLASSES,
        Entry::Group(..) => GROUP_CLASSES,
        Entry::ServiceAccount(..) => SERVICE_CLASSES,
    };
    put(attributes, "objectClass", classes);
    let shown = match entry {
        Entry::User(..) => USER,
        Entry::Group(..) => GROUP,
        Entry::ServiceAccount(..) => SERVICE,
    };
    for (name, attribute) in shown {
        put_facts(attributes, name, |visit| entry.visit(*attribute, visit));
    }
    if wants(attributes, "member") && matches!(entry, Entry::Group(..)) {
        let mut names = Vec::new();
        found.members(&mut |member| names.push(naming.entry(member)))?;
        put(attributes, "member", &names);
    }
    if wants(attributes, "memberOf") {
        let groups = found.groups()?;
        let container = super::place::Container::Groups;
        let names = groups.iter().map(|group| naming.in_container(container, &group.fields.name));
        put(attributes, "memberOf", &names.collect::<Vec<_>>());
    }
    put_operational(attributes, dn, classes, (entry.uuid(), entry.stamp()));
    put(attributes, "hasSubordinates", &["FALSE"]);
    Ok(())
}

/// Writes the attributes of the base or of a container.
pub(crate) fn write_place(attributes: &mut Attributes<'_>, dn: &str, place: &Place) {
    let classes = if let Some(container) = place.container {
        put(attributes, "ou", &[container.name()]);
        CONTAINER_CLASSES
    } else {
        put(attributes, "o", &[&place.organization]);
        put(attributes, "dc", place.label.as_slice());
        BASE_CLASSES
    };
    let without_domain = |class: &&&str| place.label.is_some() || **class != "dcObject";
    let shown: Vec<&str> = classes.iter().filter(without_domain).copied().collect();
    put(attributes, "objectClass", &shown);
    put_operational(attributes, dn, classes, (place.uuid, place.stamp));
    put(attributes, "hasSubordinates", &["TRUE"]);
}

const USER: &[(&str, Attribute)] = &[
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
const GROUP: &[(&str, Attribute)] = &[
    ("cn", Attribute::Name),
    ("description", Attribute::Description),
    ("gidNumber", Attribute::GidNumber),
];
const SERVICE: &[(&str, Attribute)] =
    &[("cn", Attribute::Name), ("description", Attribute::Description)];

fn put_operational(
    attributes: &mut Attributes<'_>,
    dn: &str,
    classes: &[&str],
    (uuid, stamp): (Uuid, Stamp),
) {
    put(attributes, "structuralObjectClass", &[structural(classes)]);
    put(attributes, "subschemaSubentry", &[SUBSCHEMA]);
    put(attributes, "entryDN", &[dn]);
    if wants(attributes, "entryUUID") {
        let mut buffer = Uuid::encode_buffer();
        put(attributes, "entryUUID", &[&*uuid.hyphenated().encode_lower(&mut buffer)]);
    }
    for (name, time) in [("createTimestamp", stamp.created), ("modifyTimestamp", stamp.modified)] {
        if wants(attributes, name) {
            put(attributes, name, &[generalized(time)]);
        }
    }
}

/// Spells a time as Generalized Time in UTC, to the second (RFC 4517 section 3.3.13).
fn generalized(time: Time) -> String {
    let milliseconds = i64::try_from(time.0).unwrap_or(i64::MAX);
    match Timestamp::from_millisecond(milliseconds) {
        Ok(timestamp) => timestamp.strftime("%Y%m%d%H%M%SZ").to_string(),
        // Later than any calendar knows.
        Err(_) => "99991231235959Z".to_owned(),
    }
}

fn known(name: &str) -> Option<&'static AttributeType> {
    schema::attribute(name)
}

fn wants(attributes: &Attributes<'_>, name: &str) -> bool {
    known(name).is_some_and(|kind| attributes.wants(kind))
}

fn put<V: AsRef<[u8]>>(attributes: &mut Attributes<'_>, name: &str, values: &[V]) {
    if let Some(kind) = known(name) {
        attributes.values(kind, values);
    }
}

fn put_facts(
    attributes: &mut Attributes<'_>,
    name: &str,
    facts: impl FnOnce(&mut dyn FnMut(Fact<'_>)),
) {
    let Some(kind) = known(name) else { return };
    attributes.with(kind, |values| {
        facts(&mut |fact| match fact {
            Fact::Text(text) => values.push(text.as_bytes()),
            Fact::Number(number) => values.push(number.to_string().as_bytes()),
            Fact::Id(id) => values.push(id.to_string().as_bytes()),
        });
    });
}
