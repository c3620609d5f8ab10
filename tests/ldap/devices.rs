//! The organization's devices as entries (RFC 4519 section 3.5, RFC 2307bis), in what way applications
//! ask for them, and who is shown none.

use serde_json::{Value, json};

use crate::harness::ldap::Ldap;
use crate::harness::office::{Office, id_of};
use crate::harness::python::python;

const PASSWORD: &str = "a long word of hers";
const ALL: &str = "(objectClass=*)";

/// Ada's laptop, of which everything is known, and a till, of which hardly anything is.
fn office() -> (Office, Value, Value) {
    let office = Office::new();
    let ada = office.user("ada", PASSWORD);
    let laptop = office.make(
        "devices",
        &json!({
            "name": "laptop-7", "addresses": ["00-10-A4-23-19-C0", "3c22.fb01.0203"],
            "serial": "C02XK1ZGJGH5", "description": "second floor", "model": "MacBook Air",
            "os": "macos", "os_version": "15.2", "owner": ada,
        }),
    );
    let till = office.make("devices", &json!({"name": "Till, east", "serial": "no_print"}));
    (office, laptop, till)
}

fn dn(office: &Office, rdn: &str) -> String {
    format!("{rdn},ou=devices,{}", office.base)
}

fn names(office: &Office, client: &Ldap, filter: &str) -> Vec<String> {
    office.find(client, filter, &["1.1"]).names().into_iter().map(ToOwned::to_owned).collect()
}

#[test]
fn rfc4519_3_5_a_device_shows_what_the_inventory_knows() {
    let (office, laptop, till) = office();
    let client = office.ldap();
    let (full, bare) = (dn(&office, "cn=laptop-7"), dn(&office, "cn=Till\\, east"));
    let found = client.search(&full, "base", ALL, &["*", "+"]);
    let entry = found.only();
    for (attribute, mut expected) in [
        ("objectClass", vec!["device", "top", "pkiUser", "ieee802Device"]),
        ("cn", vec!["laptop-7"]),
        ("macAddress", vec!["00:10:a4:23:19:c0", "3c:22:fb:01:02:03"]),
        ("serialNumber", vec!["C02XK1ZGJGH5"]),
        ("description", vec!["second floor", "MacBook Air", "macOS 15.2"]),
        ("owner", vec![&*office.user_dn("ada")]),
        ("entryUUID", vec![laptop["id"].as_str().unwrap()]),
        ("entryDN", vec![&*full]),
        ("structuralObjectClass", vec!["device"]),
        ("subschemaSubentry", vec!["cn=subschema"]),
        ("hasSubordinates", vec!["FALSE"]),
        ("memberOf", vec![]),
    ] {
        let mut values = entry.values(attribute);
        values.sort_unstable();
        expected.sort_unstable();
        assert_eq!(values, expected, "{attribute}");
    }
    for (attribute, field) in [("createTimestamp", "created"), ("modifyTimestamp", "modified")] {
        let time = laptop[field].as_str().unwrap()[..19].replace(['-', ':', 'T'], "");
        assert_eq!(entry.value(attribute), format!("{time}Z"));
    }
    let found = client.search(&bare, "base", ALL, &["*"]);
    let entry = found.only();
    assert_eq!(entry.values("objectClass"), ["device", "pkiUser", "top"]);
    let mut shown = entry.names();
    shown.sort_unstable();
    assert_eq!(shown, ["cn", "objectClass"], "a serial number that is not printable is not shown");
    let id = format!("(entryUUID={})", till["id"].as_str().unwrap());
    assert_eq!(names(&office, &client, &id).len(), 1);
}

#[test]
fn rfc4511_4_5_1_devices_are_found_at_every_scope_and_by_every_filter() {
    let (office, _, _) = office();
    let client = office.ldap();
    let laptop = dn(&office, "cn=laptop-7");
    let container = format!("ou=devices,{}", office.base);
    for (base, scope, count) in [
        (&container, "base", 1),
        (&container, "one", 2),
        (&container, "sub", 3),
        (&laptop, "one", 0),
    ] {
        assert_eq!(
            client.search(base, scope, ALL, &["1.1"]).names().len(),
            count,
            "{base} {scope}"
        );
    }
    let ada = office.user_dn("ada");
    for filter in [
        "(macAddress=00:10:A4:23:19:C0)",
        "(macAddress=00:10:a4:*)",
        "(macAddress=*:c0)",
        "(1.3.6.1.1.1.1.22=3c:22:fb:01:02:03)",
        "(serialNumber=c02xk1zgjgh5)",
        "(serialNumber=*XK1*)",
        "(serialNumber>=C02)",
        "(&(objectClass=device)(description=macbook air))",
        "(objectClass=ieee802Device)",
        "(2.5.4.32=*)",
        "(&(objectClass=device)(!(cn=Till, east)))",
        "(&(cn=laptop-7)(!(serialNumber=x)))",
        "(cn:dn:=LAPTOP-7)",
        "(&(ou:dn:=devices)(owner=*))",
        "(:caseIgnoreMatch:=C02XK1ZGJGH5)",
    ] {
        assert_eq!(names(&office, &client, filter), [&*laptop], "{filter}");
    }
    for filter in [
        format!("(owner={ada})"),
        format!("(owner=UID=Ada,OU=People,{})", office.base),
        format!("(owner:distinguishedNameMatch:={ada})"),
        format!("(&(objectClass=device)(distinguishedName={ada}))"),
        format!("(entryDN={laptop})"),
    ] {
        assert_eq!(names(&office, &client, &filter), [&*laptop], "{filter}");
    }
    for filter in [
        "(macAddress=00-10-a4-23-19-c0)",
        "(serialNumber=no_print)",
        "(owner=no name)",
        "(!(owner=no name))",
        "(macAddress>=00)",
        "(!(macAddress>=00))",
        "(&(objectClass=person)(cn=laptop-7))",
        "(memberOf=cn=laptop-7)",
    ] {
        assert_eq!(names(&office, &client, filter), [""; 0], "{filter}");
    }
}

#[test]
fn rfc4511_4_10_and_rfc2891_devices_are_compared_sorted_and_come_in_pages() {
    let (office, _, _) = office();
    let client = office.ldap();
    let laptop = dn(&office, "cn=laptop-7");
    for (assertion, code) in [
        ("serialNumber:c02XK1ZGJGH5".to_owned(), 6),
        ("macAddress:00:10:A4:23:19:C0".into(), 6),
        ("macAddress:00:10:a4:23:19:c1".into(), 5),
        (format!("owner:{}", office.user_dn("ada")), 6),
        ("owner:no name".into(), 21),
        ("description:MACOS 15.2".into(), 6),
        ("l:x".into(), 16),
        ("objectClass:ieee802Device".into(), 6),
    ] {
        assert_eq!(client.compare(&laptop, &assertion).code, code, "{assertion}");
    }
    let bare = dn(&office, "cn=Till\\, east");
    assert_eq!(client.compare(&bare, "serialNumber:no_print").code, 16);
    assert_eq!(client.compare(&bare, "objectClass:ieee802Device").code, 5);
    let sorted = client.clone().with(["-E", "!sss=serialNumber"]);
    let found = sorted.search(&office.base, "sub", "(objectClass=device)", &["cn"]);
    let order: Vec<&str> = found.entries.iter().map(|entry| entry.value("cn")).collect();
    assert_eq!(order, ["laptop-7", "Till, east"], "who has none comes last");
    let whole = office.find(&client, ALL, &["1.1"]);
    for size in 1..4 {
        let option = format!("pr={size}/noprompt");
        let pages = client.clone().with(["-E", option.as_str()]);
        let found = pages.search(&office.base, "sub", ALL, &["1.1"]);
        assert_eq!(found.names(), whole.names(), "{size}");
    }
}

/// How many devices somebody is shown, and whether there is a place for them.
fn shown(office: &Office, client: &Ldap) -> (usize, bool) {
    let devices = office.find(client, "(objectClass=device)", &["1.1"]).names().len();
    let container = format!("ou=devices,{}", office.base);
    (devices, client.search(&container, "base", ALL, &["1.1"]).code == 0)
}

#[test]
fn devices_are_for_applications_that_are_made_for_nothing_in_particular_and_see_everything() {
    let (office, laptop, _) = office();
    let client = office.ldap();
    for (layout, expected) in [
        ("rfc2307bis", (2, true)),
        ("rfc2307", (2, true)),
        ("unique_member", (2, true)),
        ("active_directory", (0, false)),
        ("jumpcloud", (0, false)),
    ] {
        office.lay_out(layout);
        assert_eq!(shown(&office, &client), expected, "{layout}");
    }
    office.lay_out("rfc2307bis");
    for profile in ["sssd", "nextcloud", "vcenter", "synology", "ad-like", "jumpcloud"] {
        let (_, _, client) = office.profiled(profile);
        assert_eq!(shown(&office, &client), (0, false), "{profile}");
        let known = office.find(&client, "(|(cn=laptop-7)(serialNumber=C02XK1ZGJGH5))", &["1.1"]);
        assert!(known.names().is_empty(), "{profile}");
    }
    office.set(&json!({"users_see_people": true}));
    assert_eq!(shown(&office, &office.ldap_as("ada", PASSWORD)), (0, false));
    assert_eq!(office.demo.ldap().search(&office.base, "sub", ALL, &[]).code, 50);
    let staff = office.group("staff", &[], &[]);
    let crew = office.group("crew", &[], &[&staff]);
    let (_, narrow) = office.application("narrow", &json!({"groups": [crew]}));
    assert_eq!(shown(&office, &narrow), (0, true));
    let path = format!("devices/{}", id_of(&laptop));
    office.act("PATCH", &path, Some(&json!({"groups": [staff]})));
    assert_eq!(shown(&office, &narrow), (1, true));
    let found = office.find(&narrow, "(macAddress=*)", &["owner", "cn"]);
    assert_eq!(found.only().names(), ["cn"], "who has it is not seen");
    let other = Office::new();
    let stranger = other.ldap();
    assert_eq!(shown(&other, &stranger), (0, true));
    let there = stranger.search(&dn(&office, "cn=laptop-7"), "base", ALL, &[]);
    assert_eq!(there.code, 32);
}

#[test]
fn names_of_owners_are_spelled_under_the_base_that_is_searched() {
    let (office, _, _) = office();
    let client = office.ldap();
    let alias = format!("o={},dc=moved,dc=example", office.slug);
    office.alias(&alias, "rfc2307");
    let found = client.search(&alias, "sub", "(cn=laptop-7)", &["owner"]);
    assert_eq!(found.only().dn, format!("cn=laptop-7,ou=devices,{alias}"));
    assert_eq!(found.only().values("owner"), [format!("uid=ada,ou=people,{alias}")]);
    for owner in [office.user_dn("ada"), format!("uid=ada,ou=people,{alias}")] {
        let filter = format!("(owner={owner})");
        assert_eq!(client.search(&alias, "sub", &filter, &["1.1"]).names().len(), 1, "{owner}");
    }
}

/// Every attribute of a device is allowed by its classes, in which RFC 4519 and RFC 2307bis agree.
const PYTHON_LDAP: &str = r#"
import sys, ldap, ldap.schema
address, dn, password, base = sys.argv[1:]
connection = ldap.initialize("ldap://" + address)
connection.simple_bind_s(dn, password)
schema = ldap.schema.SubSchema(connection.read_subschemasubentry_s("cn=subschema"), check_uniqueness=2)
address = schema.get_obj(ldap.schema.AttributeType, "macAddress")
assert (address.oid, address.equality) == ("1.3.6.1.1.1.1.22", "caseIgnoreIA5Match"), address
kind = schema.get_obj(ldap.schema.ObjectClass, "ieee802Device")
assert (kind.oid, kind.kind, kind.may) == ("1.3.6.1.1.1.2.11", 2, ("macAddress",)), kind
entries = connection.search_s(base, ldap.SCOPE_SUBTREE, "(objectClass=device)", ["*"])
assert len(entries) == 2, entries
for name, attributes in entries:
    classes = [one.decode() for one in attributes["objectClass"]]
    must, may = schema.attribute_types(classes, raise_keyerror=1)
    allowed = {name for kind in [*must.values(), *may.values()] for name in kind.names}
    assert set(attributes) <= allowed, (name, attributes)
"#;

#[test]
fn rfc4512_4_1_what_devices_show_is_defined() {
    let (office, _, _) = office();
    let account = office.make("service-accounts", &json!({"name": "library"}));
    let (who, password) = (account["dn"].as_str().unwrap(), account["password"].as_str().unwrap());
    for layout in ["rfc2307bis", "rfc2307"] {
        office.lay_out(layout);
        let output = python(PYTHON_LDAP, [&office.demo.ldap, who, password, &office.base]);
        assert_eq!(output.code, 0, "{layout}: {output:?}");
    }
}
