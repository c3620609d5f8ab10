//! RFC 4512: the root DSE (section 5.1) and the subschema (section 4.2).

use serde_json::json;

use crate::harness::demo::Demo;
use crate::harness::ldap::{Ldap, Transport};
use crate::harness::office::{Office, id_of};
use crate::harness::python::python;

const ALL: &str = "(objectClass=*)";

#[test]
fn section_5_1_the_root_dse_is_everybodys_on_every_kind_of_connection() {
    let demo = Demo::shared();
    let strangers = [Transport::Clear, Transport::StartTls, Transport::Tls];
    for client in strangers.map(|transport| demo.ldap_over(transport)) {
        let found = client.search("", "base", ALL, &["*", "+"]);
        let root = found.only();
        assert_eq!(root.values("supportedLDAPVersion"), ["3"]);
        assert!(root.values("supportedControl").contains(&"1.2.840.113556.1.4.319"));
        assert!(root.values("supportedExtension").contains(&"1.3.6.1.4.1.4203.1.11.3"));
        assert!(root.values("supportedFeatures").contains(&"1.3.6.1.4.1.4203.1.5.1"));
        assert_eq!(root.values("subschemaSubentry"), ["cn=subschema"]);
    }
}

#[test]
fn section_5_1_strangers_learn_of_no_organization_and_others_of_their_own() {
    let demo = Demo::shared();
    let contexts = |client: crate::harness::ldap::Ldap| {
        let found = client.search("", "base", ALL, &["namingContexts"]);
        let values = found.only().values("namingContexts");
        values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>()
    };
    assert!(contexts(demo.ldap()).is_empty());
    for organization in &demo.organizations {
        let base = [organization.base.clone()];
        for user in &organization.users {
            assert_eq!(contexts(demo.ldap().as_user(user)), base);
        }
        assert_eq!(contexts(demo.ldap().as_service(&organization.service_account)), base);
    }
}

/// A view of one entry from the first on; the tool's own word for it asks for a key after each.
const VIEW: &str = "!2.16.840.1.113730.3.4.9=::MA4CAQACAQCgBgIBAQIBAQ==";

#[test]
fn section_5_1_every_listed_control_works_when_critical() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    let root = demo.ldap().search("", "base", ALL, &["supportedControl"]);
    for control in root.only().values("supportedControl") {
        let options: &[&str] = match control {
            "1.2.840.113556.1.4.319" => &["-E", "!pr=10/noprompt"],
            "1.2.840.113556.1.4.473" => &["-E", "!sss=uid"],
            "2.16.840.1.113730.3.4.9" => &["-E", "!sss=uid", "-E", VIEW],
            "2.16.840.1.113730.3.4.2" => &["-M", "-M"],
            "1.2.840.113556.1.4.1339" => &["-E", "!domainScope"],
            "1.3.6.1.4.1.4203.1.9.1.1" => &["-E", "!sync=ro"],
            // The tool sends it with the Bind, and never as critical.
            "1.3.6.1.4.1.42.2.27.8.5.1" => &["-e", "ppolicy"],
            other => panic!("{other} is listed and not tried"),
        };
        let client =
            options.iter().fold(demo.ldap().as_user(ada), |client, option| client.with([*option]));
        let found = client.search(&ada.dn, "base", ALL, &["1.1"]);
        assert_eq!(found.names(), [&ada.dn]);
    }
}

#[test]
fn section_4_2_the_subschema_defines_every_attribute_and_class_that_is_returned() {
    let demo = Demo::shared();
    let service = demo.ldap().as_service(&demo.acme().service_account);
    let wanted = ["attributeTypes", "objectClasses"];
    let found = demo.ldap().search("cn=subschema", "base", "(objectClass=subschema)", &wanted);
    let subschema = found.only();
    let text = |attribute: &str| subschema.values(attribute).join("\n").to_lowercase();
    let (attributes, classes) = (text("attributeTypes"), text("objectClasses"));
    let everything = service.search(&demo.acme().base, "sub", ALL, &["*", "+"]);
    for entry in &everything.entries {
        for name in entry.names() {
            let quoted = format!("'{}'", name.to_lowercase());
            assert!(attributes.contains(&quoted), "{name} of {} is not defined", entry.dn);
        }
        for class in entry.values("objectClass") {
            let quoted = format!("'{}'", class.to_lowercase());
            assert!(classes.contains(&quoted), "{class} of {} is not defined", entry.dn);
        }
    }
}

#[test]
fn section_4_2_the_subschema_is_operational_and_no_part_of_a_subtree() {
    let demo = Demo::shared();
    let plain = demo.ldap().search("cn=subschema", "base", "(objectClass=subschema)", &["*"]);
    assert!(plain.only().values("attributeTypes").is_empty());
    let service = demo.ldap().as_service(&demo.acme().service_account);
    let found = service.search("", "sub", ALL, &["1.1"]);
    assert!(!found.names().contains(&"cn=subschema"));
    assert!(!found.names().contains(&""));
}

#[test]
fn section_4_2_the_subschema_tells_when_it_changed() {
    let office = Office::new();
    let account = office.make("service-accounts", &json!({"name": "reader"}));
    let (dn, password) = (account["dn"].as_str().unwrap(), account["password"].as_str().unwrap());
    let reader = office.demo.ldap().bound(dn, password);
    let told = |filter: &str| {
        let wanted = ["createTimestamp", "modifyTimestamp"];
        let found = reader.search("cn=subschema", "base", filter, &wanted);
        let entry = found.only();
        wanted.map(|name| entry.value(name).to_owned())
    };
    let [created, mut last] = told(ALL);
    assert!(created <= last, "{created} {last}");
    assert_eq!(told(&format!("(modifyTimestamp<={last})")), [created.clone(), last.clone()]);
    let own = office.make("custom-attributes", &json!({"name": "room", "syntax": "text"}));
    let mut moved = |why: &str| {
        let [_, now] = told(ALL);
        assert!(now > last, "{why}: {now} after {last}");
        assert_eq!(told(&format!("(modifyTimestamp>={now})")), [created.clone(), now.clone()]);
        last = now;
    };
    moved("made");
    let own = format!("custom-attributes/{}", id_of(&own));
    office.act("PATCH", &own, Some(&json!({"description": "Where they sit"})));
    moved("described");
    office.act("DELETE", &own, None);
    moved("deleted");
    office.lay_out("rfc2307");
    moved("laid out");
    let account = format!("service-accounts/{}", id_of(&account));
    office.act("PATCH", &account, Some(&json!({"profile": "ad-like"})));
    moved("another profile");
    // Who has not bound is told of no organization: nothing moves for them but with the daemon.
    let strange = office.demo.ldap().search("cn=subschema", "base", ALL, &["modifyTimestamp"]);
    assert!(*strange.only().value("modifyTimestamp") < *last);
}

/// Whatever comes below a base is defined by the subschema that its entries point to.
const POINTED_TO: &str = "\
import ldap, ldap.schema, sys
uri, dn, password, base, pointed, present, absent = sys.argv[1:]
client = ldap.initialize(uri)
client.simple_bind_s(dn, password)
name = client.search_subschemasubentry_s(base)
assert name == pointed, name
schema = ldap.schema.SubSchema(client.read_subschemasubentry_s(name), check_uniqueness=2)
(_, own), = client.search_s(name, ldap.SCOPE_BASE, '(objectClass=*)', ['*', '+'])
must, may = schema.attribute_types([one.decode() for one in own['objectClass']], raise_keyerror=1)
allowed = {one for kind in [*must.values(), *may.values()] for one in kind.names}
assert all(kind.names[0] in own for kind in must.values()), must
for kind in own:
    # What the directory shows of every entry no class has to allow.
    usage = schema.get_obj(ldap.schema.AttributeType, kind, raise_keyerror=1).usage
    assert usage != 0 or kind in allowed, kind
assert schema.get_obj(ldap.schema.AttributeType, present) is not None
assert schema.get_obj(ldap.schema.AttributeType, absent) is None
entries = client.search_s(base, ldap.SCOPE_SUBTREE, '(objectClass=*)', ['*', '+'])
for found, attributes in entries:
    assert attributes['subschemaSubentry'] == [pointed.encode()], found
    classes = [one.decode() for one in attributes['objectClass']]
    schema.attribute_types(classes, raise_keyerror=1)
    for kind in attributes:
        schema.get_obj(ldap.schema.AttributeType, kind, raise_keyerror=1)
print(len(entries) > 4)
";

#[test]
fn section_4_2_entries_below_an_alias_base_point_to_a_subschema_of_its_layout() {
    let office = Office::new();
    let ada = office.user("ada", "a long word of hers");
    office.group("staff", &[&ada], &[]);
    let alias = format!("dc=ad-{},dc=example", office.slug);
    office.alias(&alias, "active_directory");
    let account = office.make("service-accounts", &json!({"name": "wiki"}));
    let (dn, password) = (account["dn"].as_str().unwrap(), account["password"].as_str().unwrap());
    let uri = format!("ldap://{}", office.demo.ldap);
    let client = office.demo.ldap().bound(dn, password);
    let below = format!("cn=subschema,{alias}");
    for (base, subschema, present, absent) in [
        (&office.base, "cn=subschema", "homeDirectory", "sAMAccountName"),
        (&alias, &below, "sAMAccountName", "homeDirectory"),
    ] {
        let said = python(POINTED_TO, [&uri, dn, password, base, subschema, present, absent]);
        assert_eq!((said.code, &*said.stdout), (0, "True\n"), "{said:?}");
        let pointing = format!("(subschemaSubentry={subschema})");
        let everything = client.search(base, "sub", ALL, &["1.1"]);
        let found = client.search(base, "sub", &pointing, &["1.1"]);
        assert_eq!(found.names(), everything.names(), "{pointing}");
        let found = client.search(subschema, "base", &pointing, &["entryDN"]);
        assert_eq!(found.only().values("entryDN"), [subschema]);
        assert_eq!(client.compare(subschema, &format!("attributeTypes:{present}")).code, 6);
        assert_eq!(client.compare(subschema, &format!("attributeTypes:{absent}")).code, 21);
    }
    let pointing = format!("(subschemaSubentry={below})");
    assert!(client.search(&office.base, "sub", &pointing, &["1.1"]).names().is_empty());
}

#[test]
fn section_4_2_the_subschema_of_an_alias_base_is_for_callers_of_its_organization() {
    let office = Office::new();
    office.user("ada", "a long word of hers");
    let alias = format!("o=5f-{},dc=jumpcloud,dc=com", office.slug);
    office.alias(&alias, "jumpcloud");
    let (below, nowhere) = (format!("cn=subschema,{alias}"), "cn=subschema,o=5f,dc=nowhere");
    let ada = office.demo.ldap().bound(&format!("uid=ada,ou=Users,{alias}"), "a long word of hers");
    for name in ["", &below] {
        let found = ada.search(name, "base", ALL, &["subschemaSubentry"]);
        assert_eq!(found.only().values("subschemaSubentry"), [&below], "{name}");
    }
    let other = Office::new();
    for (client, code) in [(office.demo.ldap(), 50), (other.ldap(), 32)] {
        let [found, absent] = [below.as_str(), nowhere].map(|name| {
            let found = client.search(name, "base", ALL, &["*"]);
            (found.code, found.entries.len(), found.output.stderr)
        });
        assert_eq!((found.0, found.1), (code, 0), "{found:?}");
        assert_eq!(found, absent);
    }
}

#[test]
fn section_4_2_another_library_reads_the_schema_and_checks_by_it() {
    let demo = Demo::shared();
    let account = &demo.acme().service_account;
    let script = "\
import ldap3, sys
uri, dn, password, base = sys.argv[1:]
server = ldap3.Server(uri, get_info=ldap3.ALL)
connection = ldap3.Connection(server, dn, password, auto_bind=True, check_names=True)
schema = server.schema
for kind in schema.object_classes.values():
    for parent in kind.superior or []:
        assert parent in schema.object_classes, parent
    for name in (kind.must_contain or []) + (kind.may_contain or []):
        assert name in schema.attribute_types, name
for kind in schema.attribute_types.values():
    for parent in kind.superior or []:
        assert parent in schema.attribute_types, parent
connection.search(base, '(&(objectClass=inetOrgPerson)(uid=ada))',
                  attributes=[ldap3.ALL_ATTRIBUTES, ldap3.ALL_OPERATIONAL_ATTRIBUTES])
entry, = connection.entries
print(entry.uid, entry.entryUUID.value, entry.createTimestamp.value.year > 2000)
try:
    connection.search(base, '(nosuch=x)')
except ldap3.core.exceptions.LDAPObjectClassError:
    pass
except ldap3.core.exceptions.LDAPAttributeError:
    print('checked')
";
    let uri = format!("ldap://{}", demo.ldap);
    let said = python(script, [&uri, &account.dn, &account.password, &demo.acme().base]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.stdout.starts_with("ada "), "{said:?}");
    assert!(said.stdout.contains(" True\n") && said.stdout.ends_with("checked\n"), "{said:?}");
}

/// Which of people, groups and services have entries below them, as each way of asking tells it.
fn with_subordinates(office: &Office, client: &Ldap) -> Vec<&'static str> {
    let is_above = |name: &&str| {
        let dn = format!("ou={name},{}", office.base);
        let found = client.search(&dn, "base", ALL, &["hasSubordinates"]);
        let said = found.only().value("hasSubordinates") == "TRUE";
        assert_eq!(client.compare(&dn, "hasSubordinates:TRUE").code, if said { 6 } else { 5 });
        let test = format!("(hasSubordinates={})", if said { "TRUE" } else { "FALSE" });
        assert_eq!(client.search(&dn, "base", &test, &["1.1"]).names(), [dn.as_str()]);
        assert!(client.search(&dn, "base", &format!("(!{test})"), &["1.1"]).names().is_empty());
        let sorted = client.clone().with(["-E", "!sss=ou"]);
        let sorted = sorted.search(&dn, "base", ALL, &["+"]);
        assert_eq!(sorted.only().value("hasSubordinates") == "TRUE", said, "{dn}");
        said
    };
    ["people", "groups", "services"].into_iter().filter(is_above).collect()
}

#[test]
fn a_container_has_subordinates_where_the_caller_sees_an_entry_in_it() {
    let office = Office::new();
    let reader = office.ldap();
    assert_eq!(with_subordinates(&office, &reader), ["services"]);
    office.user("ada", "a long word of hers");
    let staff = office.group("staff", &[], &[]);
    assert_eq!(with_subordinates(&office, &reader), ["people", "groups", "services"]);
    let (_, narrow) = office.application("narrow", &json!({"groups": [staff]}));
    assert_eq!(with_subordinates(&office, &narrow), ["groups", "services"]);
    let ada = office.ldap_as("ada", "a long word of hers");
    assert_eq!(with_subordinates(&office, &ada), ["people"]);
    office.set(&json!({"users_see_people": true}));
    assert_eq!(with_subordinates(&office, &ada), ["people", "groups"]);
    // Its containers are always there.
    let base = ada.search(&office.base, "base", "(hasSubordinates=TRUE)", &["hasSubordinates"]);
    assert_eq!(base.only().value("hasSubordinates"), "TRUE");
}
