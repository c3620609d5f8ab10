//! The subschema is parsed by real clients, and says what each layout serves.

use serde_json::json;

use crate::harness::office::Office;
use crate::harness::python::python;

/// Every attribute that comes is defined, every class's attributes are, and names are checked.
const LDAP3: &str = r#"
import sys, ldap3
address, dn, password, base, present, absent = sys.argv[1:]
server = ldap3.Server("ldap://" + address, get_info=ldap3.ALL)
connection = ldap3.Connection(server, dn, password, auto_bind=True, check_names=True)
types, classes = server.schema.attribute_types, server.schema.object_classes
assert present in types, present
assert absent not in types, absent
for name, known in classes.items():
    for attribute in list(known.must_contain) + list(known.may_contain):
        assert attribute in types, (name, attribute)
    for above in known.superior or []:
        assert above in classes, (name, above)
for name, known in types.items():
    for rule in (known.equality, known.ordering, known.substring):
        for one in rule or []:
            assert one in server.schema.matching_rules, (name, one)
    assert known.syntax in server.schema.ldap_syntaxes, (name, known.syntax)
connection.search(base, "(objectClass=*)", attributes=["*", "+"])
assert len(connection.response) > 4
for entry in connection.response:
    for name in entry["attributes"]:
        assert name in types, name
    for one in entry["attributes"]["objectClass"]:
        assert one in classes, one
"#;

const PYTHON_LDAP: &str = r#"
import sys, ldap, ldap.schema
address, dn, password, base, present, absent = sys.argv[1:]
connection = ldap.initialize("ldap://" + address)
connection.simple_bind_s(dn, password)
entry = connection.read_subschemasubentry_s(connection.search_subschemasubentry_s(""))
schema = ldap.schema.SubSchema(entry, check_uniqueness=2)
assert schema.get_obj(ldap.schema.AttributeType, present) is not None
assert schema.get_obj(ldap.schema.AttributeType, absent) is None
entries = connection.search_s(base, ldap.SCOPE_SUBTREE, "(objectClass=*)", ["*"])
operational = schema.get_obj(ldap.schema.AttributeType, "memberOf").usage != 0
assert operational != any("memberOf" in attributes for _, attributes in entries), operational
for found, attributes in entries:
    classes = [one.decode() for one in attributes["objectClass"]]
    must, may = schema.attribute_types(classes, raise_keyerror=1)
    allowed = {name.lower() for kind in list(must.values()) + list(may.values()) for name in kind.names}
    for name in attributes:
        assert name.lower() in allowed, (found, name)
    there = {name.lower() for name in attributes}
    for kind in must.values():
        assert there & {name.lower() for name in kind.names}, (found, kind.names)
"#;

#[test]
fn ldap3_and_python_ldap_check_every_entry_of_every_layout_against_it() {
    let office = Office::new();
    let ada = office.user("ada", "a long word of hers");
    office.group("staff", &[&ada], &[]);
    office.group("empty", &[], &[]);
    let account = office.make("service-accounts", &json!({"name": "reader"}));
    let (dn, password) = (account["dn"].as_str().unwrap(), account["password"].as_str().unwrap());
    for (layout, present, absent) in [
        ("rfc2307bis", "member", "sAMAccountName"),
        ("rfc2307", "memberUid", "objectGUID"),
        ("unique_member", "uniqueMember", "userPrincipalName"),
        ("active_directory", "sAMAccountName", "homeDirectory"),
        ("jumpcloud", "homeDirectory", "userAccountControl"),
    ] {
        office.lay_out(layout);
        check(&office, (dn, password), layout, (present, absent));
    }
    office.lay_out("rfc2307bis");
    let path = format!("service-accounts/{}", account["id"].as_str().unwrap());
    for (profile, present, absent) in [
        ("sssd", "memberUid", "sAMAccountName"),
        ("nextcloud", "member", "sAMAccountName"),
        ("vcenter", "uniqueMember", "objectGUID"),
        ("synology", "memberUid", "objectGUID"),
        ("ad-like", "sAMAccountName", "homeDirectory"),
        ("jumpcloud", "member", "userAccountControl"),
    ] {
        office.act("PATCH", &path, Some(&json!({"profile": profile})));
        check(&office, (dn, password), profile, (present, absent));
    }
}

fn check(
    office: &Office,
    (dn, password): (&str, &str),
    seen: &str,
    (present, absent): (&str, &str),
) {
    for script in [LDAP3, PYTHON_LDAP] {
        let output =
            python(script, [&office.demo.ldap, dn, password, &office.base, present, absent]);
        assert_eq!(output.code, 0, "{seen}: {output:?}");
    }
}

#[test]
fn it_has_what_entries_have_and_what_the_organization_may_define_and_nothing_else() {
    let office = Office::new();
    for (profile, members, account) in [
        ("generic", &["member"][..], false),
        ("sssd", &["member", "memberUid"], false),
        ("vcenter", &["uniqueMember"], false),
        ("synology", &["memberUid"], false),
        ("ad-like", &["member"], false),
        ("jumpcloud", &["member"], true),
    ] {
        let (_, _, client) = office.profiled(profile);
        let wanted = ["attributeTypes", "objectClasses"];
        let found = client.search("cn=subschema", "base", "(objectClass=*)", &wanted);
        let has = |kind: &str, name: &str| {
            let named = format!("'{name}'");
            found.only().values(kind).iter().any(|value| value.contains(&named))
        };
        let all = ["member", "uniqueMember", "memberUid"].into_iter();
        let shown: Vec<&str> = all.filter(|name| has("attributeTypes", name)).collect();
        assert_eq!(shown, members, "{profile}");
        for name in [
            "carLicense",
            "seeAlso",
            "userPassword",
            "userCertificate",
            "entryUUID",
            "supportedControl",
        ] {
            assert!(has("attributeTypes", name), "{profile}: {name}");
        }
        for name in ["creatorsName", "modifiersName", "altServer", "primaryGroupID"] {
            assert!(!has("attributeTypes", name), "{profile}: {name}");
        }
        assert_eq!(has("objectClasses", "account"), account, "{profile}");
        assert!(!has("objectClasses", "uidObject"), "{profile}");
        for name in ["serialNumber", "macAddress", "owner"] {
            assert_eq!(has("attributeTypes", name), profile == "generic", "{profile}: {name}");
        }
        for class in ["device", "pkiUser", "ieee802Device"] {
            assert_eq!(has("objectClasses", class), profile == "generic", "{profile}: {class}");
        }
        let domain = profile == "ad-like";
        assert_eq!(has("attributeTypes", "supportedCapabilities"), domain, "{profile}");
        for (class, there) in [("user", domain), ("posixAccount", !domain), ("subschema", true)] {
            assert_eq!(has("objectClasses", class), there, "{profile}: {class}");
        }
    }
    // Users are shown no devices.
    office.user("ada", "a long word of hers");
    let (user, wanted) =
        (office.ldap_as("ada", "a long word of hers"), ["attributeTypes", "objectClasses"]);
    let found = user.search("cn=subschema", "base", "(objectClass=*)", &wanted);
    let told = wanted.map(|kind| found.only().values(kind).join("\n")).concat();
    assert!(told.contains("'person'") && told.contains("'seeAlso'"));
    for name in ["serialNumber", "macAddress", "owner", "device", "pkiUser", "ieee802Device"] {
        assert!(!told.contains(&format!("'{name}'")), "{name}");
    }
}
