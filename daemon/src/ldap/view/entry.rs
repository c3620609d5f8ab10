//! Entries as LDAP shows them.

use std::sync::LazyLock;

use directory::Time;
use directory::records::Stamp;
use directory::search::{Entry, Fact, Found};
use jiff::Timestamp;
use ldap::schema::{self, AttributeType};
use ldap::{Attributes, Selection};
use uuid::Uuid;

use super::certificates::write_certificates;
use super::custom;
use super::extras::{write_extra, write_groups, write_members, write_owner, write_place_extra};
use super::look::structural;
use super::place::{Naming, Place};
use super::ranges::write_ranges;
use super::tables::{ADDRESSED, Extra};

/// Writes a stored entry's attributes.
pub(crate) fn write_entry(
    attributes: &mut Attributes<'_>,
    naming: &Naming,
    dn: &str,
    found: &Found<'_>,
    custom: &custom::Shown<'_>,
) -> Result<(), directory::Error> {
    let entry = found.entry();
    let shown = naming.look().shown(entry.id().kind());
    let classes = classes_of(entry, shown.classes);
    match custom.class(found) {
        None => put(attributes, TYPES.object_class, classes),
        Some(class) => put(attributes, TYPES.object_class, &[classes, &[class]].concat()),
    }
    let vocabulary = naming.look().vocabulary;
    for (kind, attribute) in &shown.facts {
        if !attributes.wants_in(kind, vocabulary) {
            continue;
        }
        if attribute.is_multivalued() {
            put_facts(attributes, kind, |visit| entry.visit(*attribute, visit));
        } else {
            entry.visit(*attribute, &mut |fact| {
                in_octets(fact, |octets| attributes.value(kind, octets));
            });
        }
    }
    custom.write(attributes, naming, found)?;
    for (kind, extra) in &shown.extras {
        if *extra == Extra::Certificates {
            write_certificates(attributes, kind, found, custom.binary)?;
        } else {
            write_extra(attributes, kind, *extra, (naming, dn, entry));
        }
    }
    if matches!(entry, Entry::Group(..)) {
        write_members(attributes, naming, found)?;
    }
    if let Entry::Device(_, device) = entry {
        write_owner(attributes, TYPES.owner, naming, (found, device.fields.owner))?;
    }
    write_groups(attributes, TYPES.member_of, naming, found)?;
    write_ranges(attributes, naming, found, &custom.ranges)?;
    put_operational(attributes, naming, dn, classes, (entry.uuid(), entry.stamp()));
    put(attributes, TYPES.has_subordinates, &["FALSE"]);
    Ok(())
}

/// The object classes of an entry: a device without a hardware address has none for it.
fn classes_of<'c>(entry: &Entry, classes: &'c [&'static str]) -> &'c [&'static str] {
    match entry {
        Entry::Device(_, device) if device.fields.addresses.is_empty() => {
            classes.strip_suffix(&[ADDRESSED]).unwrap_or(classes)
        }
        Entry::Device(..) | Entry::User(..) | Entry::Group(..) | Entry::ServiceAccount(..) => {
            classes
        }
    }
}

/// Writes the attributes of the base or of a container.
pub(crate) fn write_place(
    attributes: &mut Attributes<'_>,
    naming: &Naming,
    dn: &str,
    place: &Place,
) {
    if let Some(container) = place.container {
        let kind = if container.naming == "cn" { TYPES.cn } else { TYPES.ou };
        put_in(attributes, naming, kind, &[container.name]);
    } else {
        if naming.look().base_classes.contains(&"organization") {
            put_in(attributes, naming, TYPES.o, &place.organization);
        }
        put(attributes, TYPES.dc, place.label.as_slice());
    }
    let classes = place.classes(naming);
    let without_domain = |class: &&&str| place.label.is_some() || **class != "dcObject";
    let shown: Vec<&str> = classes.iter().filter(without_domain).copied().collect();
    put(attributes, TYPES.object_class, &shown);
    if naming.look().is_domain() {
        put(attributes, TYPES.name, place.name().as_slice());
    }
    for (kind, extra) in &naming.look().place_extras {
        write_place_extra(attributes, kind, *extra, (naming, dn, place));
    }
    put_operational(attributes, naming, dn, classes, (place.uuid, place.stamp));
    let below = if place.has_subordinates { "TRUE" } else { "FALSE" };
    put(attributes, TYPES.has_subordinates, &[below]);
}

/// Whether it is to be found out of the base and containers that are written what is below them.
pub(crate) fn tells_what_is_below(selection: &Selection) -> bool {
    TYPES.has_subordinates.is_some_and(|kind| selection.wants(kind))
}

/// The attribute types that entries show, looked up once. One that the schema does not have is
/// never selected.
static TYPES: LazyLock<Types> = LazyLock::new(Types::new);

struct Types {
    object_class: Option<&'static AttributeType>,
    cn: Option<&'static AttributeType>,
    member_of: Option<&'static AttributeType>,
    owner: Option<&'static AttributeType>,
    ou: Option<&'static AttributeType>,
    name: Option<&'static AttributeType>,
    o: Option<&'static AttributeType>,
    dc: Option<&'static AttributeType>,
    entry_uuid: Option<&'static AttributeType>,
    entry_dn: Option<&'static AttributeType>,
    structural: Option<&'static AttributeType>,
    subschema: Option<&'static AttributeType>,
    has_subordinates: Option<&'static AttributeType>,
    created: Option<&'static AttributeType>,
    modified: Option<&'static AttributeType>,
}

impl Types {
    fn new() -> Self {
        Self {
            object_class: schema::attribute("objectClass"),
            cn: schema::attribute("cn"),
            member_of: schema::attribute("memberOf"),
            owner: schema::attribute("owner"),
            ou: schema::attribute("ou"),
            name: schema::attribute("name"),
            o: schema::attribute("o"),
            dc: schema::attribute("dc"),
            entry_uuid: schema::attribute("entryUUID"),
            entry_dn: schema::attribute("entryDN"),
            structural: schema::attribute("structuralObjectClass"),
            subschema: schema::attribute("subschemaSubentry"),
            has_subordinates: schema::attribute("hasSubordinates"),
            created: schema::attribute("createTimestamp"),
            modified: schema::attribute("modifyTimestamp"),
        }
    }
}

fn put_operational(
    attributes: &mut Attributes<'_>,
    naming: &Naming,
    dn: &str,
    classes: &[&str],
    (uuid, stamp): (Uuid, Stamp),
) {
    put(attributes, TYPES.structural, &[structural(classes)]);
    put(attributes, TYPES.subschema, &[naming.subschema()]);
    put(attributes, TYPES.entry_dn, &[dn]);
    if wants(attributes, TYPES.entry_uuid) {
        let mut buffer = Uuid::encode_buffer();
        put(attributes, TYPES.entry_uuid, &[&*uuid.hyphenated().encode_lower(&mut buffer)]);
    }
    for (kind, time) in [(TYPES.created, stamp.created), (TYPES.modified, stamp.modified)] {
        if wants(attributes, kind) {
            put(attributes, kind, &[generalized(time)]);
        }
    }
}

/// Spells a time as Generalized Time in UTC, to the second (RFC 4517 section 3.3.13).
pub(super) fn generalized(time: Time) -> String {
    let milliseconds = i64::try_from(time.0).unwrap_or(i64::MAX);
    match Timestamp::from_millisecond(milliseconds) {
        Ok(timestamp) => timestamp.strftime("%Y%m%d%H%M%SZ").to_string(),
        // Later than any calendar knows.
        Err(_) => "99991231235959Z".to_owned(),
    }
}

fn wants(attributes: &Attributes<'_>, kind: Option<&'static AttributeType>) -> bool {
    kind.is_some_and(|kind| attributes.wants(kind))
}

fn put<V: AsRef<[u8]>>(
    attributes: &mut Attributes<'_>,
    kind: Option<&'static AttributeType>,
    values: &[V],
) {
    if let Some(kind) = kind {
        attributes.values(kind, values);
    }
}

/// Puts an attribute that may be a subtype of another one.
fn put_in<V: AsRef<[u8]>>(
    attributes: &mut Attributes<'_>,
    naming: &Naming,
    kind: Option<&'static AttributeType>,
    values: &[V],
) {
    let vocabulary = naming.look().vocabulary;
    let wanted = kind.filter(|kind| attributes.wants_in(kind, vocabulary));
    put(attributes, wanted, values);
}

fn put_facts(
    attributes: &mut Attributes<'_>,
    kind: &'static AttributeType,
    facts: impl FnOnce(&mut dyn FnMut(Fact<'_>)),
) {
    attributes.with(kind, |values| {
        facts(&mut |fact| in_octets(fact, |octets| values.push(octets)));
    });
}

/// A value as LDAP spells it.
fn in_octets(fact: Fact<'_>, write: impl FnOnce(&[u8])) {
    match fact {
        Fact::Text(text) => write(text.as_bytes()),
        Fact::Number(number) => write(itoa::Buffer::new().format(number).as_bytes()),
        Fact::Signed(number) => write(itoa::Buffer::new().format(number).as_bytes()),
        Fact::Boolean(truth) => write(if truth { b"TRUE" } else { b"FALSE" }),
        Fact::Octets(octets) => write(octets),
        // Named by who knows how.
        Fact::Entry(_) => {}
        Fact::Id(id) => {
            write(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()).as_bytes());
        }
    }
}
