//! Standard attributes in the standard's own forms: names of entries, telephone numbers, countries
//! and pictures, where an organization defines them.

use serde_json::{Value, json};

use crate::harness::ldap::Ldap;
use crate::harness::office::{Office, id_of};
use crate::harness::python::python;

/// The begin of a picture, in base64.
const PICTURE: &str = "/9j/4AAQSkZJRgABAQAAAQABAAD/2Q==";

/// Makes a user with these values; tells the id.
fn hire(office: &Office, login: &str, custom: &Value) -> String {
    let fields = json!({"login": login, "display_name": login, "surname": "X", "custom": custom});
    id_of(&office.make("users", &fields))
}

/// An organization where Bob is under Ada, and what else there is.
fn office() -> Office {
    let office = Office::new();
    for (name, syntax, multiple) in [
        ("manager", "reference", true),
        ("seeAlso", "reference", true),
        ("secretary", "reference", false),
        ("homePhone", "telephone", true),
        ("facsimileTelephoneNumber", "telephone", true),
        ("c", "country", false),
        ("jpegPhoto", "octets", true),
        ("labeledURI", "exact_text", true),
    ] {
        let indexed = !matches!(syntax, "octets" | "country");
        let fields =
            json!({"name": name, "syntax": syntax, "multiple": multiple, "indexed": indexed});
        office.make("custom-attributes", &fields);
    }
    let ada = hire(&office, "ada", &json!({}));
    office.group("staff", &[&ada], &[]);
    let custom = json!({
        "manager": ["ADA"], "seeAlso": [ada, {"group": "staff"}], "secretary": {"user": "ada"},
        "homePhone": ["+44 20-7946 0018"], "facsimileTelephoneNumber": ["+44 20 7946 0019"],
        "c": "gb", "jpegPhoto": [PICTURE], "labeledURI": ["https://Bob.example"],
    });
    hire(&office, "bob", &custom);
    office
}

fn logins(office: &Office, client: &Ldap, filter: &str) -> Vec<String> {
    let found = office.find(client, filter, &["1.1"]);
    let login = |dn: &str| dn.split([',', '=']).nth(1).unwrap().to_owned();
    let mut logins: Vec<String> = found.names().into_iter().map(login).collect();
    logins.sort();
    logins
}

/// The values of an attribute that Bob shows under a base.
fn bobs(client: &Ldap, base: &str, attribute: &str) -> Vec<String> {
    let found = client.search(base, "sub", "(uid=bob)", &[attribute]);
    found.only().values(attribute).into_iter().map(ToOwned::to_owned).collect()
}

fn place_of(office: &Office, collection: &str, name: &str) -> String {
    let found = office.read(&format!("{collection}?name={name}"));
    format!("{collection}/{}", id_of(&found["items"][0]))
}

#[test]
fn rfc4519_they_match_by_the_rules_of_the_standard() {
    let office = office();
    let client = office.ldap();
    let (ada, base) = (office.user_dn("ada"), &office.base);
    for (filter, expected) in [
        (format!("(manager={ada})"), &["bob"][..]),
        (format!("(manager=UID=Ada,  OU=People,{base})"), &["bob"]),
        (format!("(0.9.2342.19200300.100.1.10={ada})"), &["bob"]),
        (format!("(manager:distinguishedNameMatch:={ada})"), &["bob"]),
        (format!("(manager:caseIgnoreMatch:={ada})"), &[]),
        (format!("(manager=uid=bob,ou=people,{base})"), &[]),
        (format!("(&(uid=*)(!(manager={ada})))"), &["ada"]),
        ("(&(uid=*)(!(manager=no name)))".into(), &[]),
        (format!("(seeAlso=cn=staff,ou=groups,{base})"), &["bob"]),
        ("(manager=*)".into(), &["bob"]),
        ("(manager=*ada*)".into(), &[]),
        ("(homePhone=+442079460018)".into(), &["bob"]),
        ("(homeTelephoneNumber=*7946-00*)".into(), &["bob"]),
        ("(facsimileTelephoneNumber=*)".into(), &["bob"]),
        ("(&(uid=*)(!(fax=+44 20 7946 0019)))".into(), &[]),
        ("(c=GB)".into(), &["bob"]),
        ("(countryName=g*)".into(), &["bob"]),
        ("(jpegPhoto=*)".into(), &["bob"]),
        ("(&(uid=*)(!(jpegPhoto=x)))".into(), &[]),
        ("(labeledURI=https://Bob.example)".into(), &["bob"]),
        ("(labeledURI=https://bob.example)".into(), &[]),
    ] {
        assert_eq!(logins(&office, &client, &filter), expected, "{filter}");
    }
    let compared = |assertion: &str| client.compare(&office.user_dn("bob"), assertion).code;
    assert_eq!(compared(&format!("manager:{ada}")), 6);
    assert_eq!(compared(&format!("manager:{}", office.user_dn("bob"))), 5);
}

#[test]
fn rfc4512_2_5_1_a_supertype_finds_and_brings_them_where_it_has_subtypes() {
    let office = office();
    let client = office.ldap();
    let (ada, base) = (office.user_dn("ada"), &office.base);
    for (filter, expected) in [
        ("(name=GB)".to_owned(), &["bob"][..]),
        ("(2.5.4.41=gb)".into(), &["bob"]),
        ("(&(uid=*)(name=g*))".into(), &["bob"]),
        ("(name:caseIgnoreMatch:=gb)".into(), &["bob"]),
        ("(&(uid=*)(!(name=gb)))".into(), &["ada"]),
        ("(name;lang-en=gb)".into(), &[]),
        (format!("(distinguishedName=cn=staff,ou=groups,{base})"), &["bob"]),
        (format!("(distinguishedName={ada})"), &["bob", "staff"]),
        ("(&(uid=*)(distinguishedName=*))".into(), &["bob"]),
        ("(&(uid=*)(!(distinguishedName=no name)))".into(), &[]),
        // What the standard puts below no type is found by itself alone.
        ("(name=https://Bob.example)".into(), &[]),
    ] {
        assert_eq!(logins(&office, &client, &filter), expected, "{filter}");
    }
    let found = client.search(base, "sub", "(uid=bob)", &["name", "distinguishedName", "c"]);
    assert_eq!((found.only().values("c"), found.only().values("seeAlso").len()), (vec!["gb"], 2));
    assert!(found.only().values("manager").is_empty());
    assert_eq!(client.compare(&office.user_dn("bob"), "name:GB").code, 6);
    // In a domain it has none.
    let alias = format!("o={},dc=directory,dc=example", office.slug);
    office.alias(&alias, "active_directory");
    assert!(client.search(&alias, "sub", "(name=gb)", &["1.1"]).names().is_empty());
    let found = client.search(&alias, "sub", "(sAMAccountName=bob)", &["name"]);
    assert!(found.only().values("c").is_empty());
}

#[test]
fn a_reference_is_spelled_under_the_base_that_was_asked_and_found_by_the_names_of_all() {
    let office = office();
    let alias = format!("o={},dc=directory,dc=example", office.slug);
    office.alias(&alias, "jumpcloud");
    let client = office.ldap();
    let (own, other) = (office.user_dn("ada"), format!("uid=ada,ou=Users,{alias}"));
    assert_eq!(bobs(&client, &office.base, "manager"), [own.as_str()]);
    assert_eq!(bobs(&client, &alias, "manager"), [other.as_str()]);
    assert_eq!(bobs(&client, &alias, "secretary"), [other.as_str()]);
    for base in [&office.base, &alias] {
        for name in [&own, &other] {
            let found = client.search(base, "sub", &format!("(manager={name})"), &["1.1"]);
            assert_eq!(found.names().len(), 1, "{name} below {base}");
        }
    }
}

#[test]
fn a_new_name_shows_at_once_and_who_is_deleted_is_named_no_more() {
    let office = office();
    let client = office.ldap();
    let place = place_of(&office, "users", "ada");
    office.act("PATCH", &place, Some(&json!({"login": "countess"})));
    assert_eq!(bobs(&client, &office.base, "manager"), [office.user_dn("countess")]);
    assert!(logins(&office, &client, &format!("(manager={})", office.user_dn("ada"))).is_empty());
    let bob = place_of(&office, "users", "bob");
    let custom = office.read(&bob)["custom"].clone();
    assert_eq!(custom["manager"], json!(["countess"]));
    assert_eq!(custom["seeAlso"], json!(["countess", {"group": "staff"}]));
    assert_eq!(custom["secretary"], json!("countess"));
    office.act("PATCH", &bob, Some(&json!({"custom": {"seeAlso": custom["seeAlso"]}})));
    office.act("DELETE", &place, None);
    assert!(bobs(&client, &office.base, "manager").is_empty());
    assert_eq!(
        bobs(&client, &office.base, "seeAlso"),
        [format!("cn=staff,ou=groups,{}", office.base)]
    );
    assert!(logins(&office, &client, "(manager=*)").is_empty());
    let custom = office.read(&bob)["custom"].clone();
    assert_eq!((&custom["manager"], &custom["secretary"]), (&Value::Null, &Value::Null));
}

#[test]
fn who_does_not_see_an_entry_is_not_told_who_names_it() {
    let office = office();
    let bob = place_of(&office, "users", "bob");
    let crew = office.group("crew", &[bob.strip_prefix("users/").unwrap()], &[]);
    let fields = json!({"name": "narrow", "visibility": {"groups": [crew]}});
    let made = office.make("service-accounts", &fields);
    let text = |field: &str| made[field].as_str().unwrap();
    let client = office.demo.ldap().bound(text("dn"), text("password"));
    assert!(bobs(&client, &office.base, "manager").is_empty());
    for filter in ["(manager=*)".to_owned(), format!("(manager={})", office.user_dn("ada"))] {
        assert!(logins(&office, &client, &filter).is_empty(), "{filter}");
    }
    assert_eq!(bobs(&client, &office.base, "c"), ["gb"]);
}

#[test]
fn what_is_no_value_of_the_form_is_refused_where_it_stands() {
    let (office, other) = (office(), Office::new());
    let stranger = hire(&other, "stranger", &json!({}));
    for (custom, pointer) in [
        (json!({"manager": ["nobody"]}), "/custom/manager"),
        (json!({"manager": [stranger]}), "/custom/manager"),
        (json!({"manager": [{"user": "staff"}]}), "/custom/manager"),
        (json!({"manager": [{"dn": "ada"}]}), "/custom/manager"),
        (json!({"manager": ["ada", "ADA"]}), "/custom/manager"),
        (json!({"secretary": ["ada", "bob"]}), "/custom/secretary"),
        (json!({"homePhone": ["- -"]}), "/custom/homePhone"),
        (json!({"c": "Great Britain"}), "/custom/c"),
        (json!({"jpegPhoto": ["?"]}), "/custom/jpegPhoto"),
    ] {
        let fields = json!({"login": "eve", "display_name": "E", "surname": "X", "custom": custom});
        let refused = office.top.send("POST", &office.path("users"), Some(&fields));
        assert_eq!(
            (refused.status, &refused.json()["pointer"]),
            (422, &json!(pointer)),
            "{custom}"
        );
    }
    for (fields, pointer) in [
        (json!({"name": "manager", "syntax": "text"}), "/syntax"),
        (json!({"name": "pager", "syntax": "text"}), "/syntax"),
        (json!({"name": "boss", "syntax": "reference", "indexed": false}), "/indexed"),
    ] {
        let refused = other.top.send("POST", &other.path("custom-attributes"), Some(&fields));
        assert_eq!(
            (refused.status, &refused.json()["pointer"]),
            (422, &json!(pointer)),
            "{fields}"
        );
    }
    let made = other.make("custom-attributes", &json!({"name": "boss", "syntax": "reference"}));
    assert_eq!(made["indexed"], true);
}

const PYTHON_LDAP: &str = "\
import ldap, ldap.schema, sys
uri, dn, password, base = sys.argv[1:]
client = ldap.initialize(uri)
client.simple_bind_s(dn, password)
name = client.search_subschemasubentry_s(base)
schema = ldap.schema.SubSchema(client.read_subschemasubentry_s(name), check_uniqueness=2)
for name, syntax, equality in (
    ('manager', '12', 'distinguishedNameMatch'), ('homePhone', '50', 'telephoneNumberMatch'),
    ('c', '11', 'caseIgnoreMatch'), ('jpegPhoto', '28', None), ('labeledURI', '15', 'caseExactMatch'),
    ('facsimileTelephoneNumber', '22', None), ('postalAddress', '41', 'caseIgnoreListMatch'),
    ('homePostalAddress', '41', 'caseIgnoreListMatch'),
):
    kind = schema.get_obj(ldap.schema.AttributeType, name)
    assert kind.syntax == '1.3.6.1.4.1.1466.115.121.1.' + syntax, kind
    assert kind.equality == equality, kind
(_, bob), = client.search_s(base, ldap.SCOPE_SUBTREE, '(uid=bob)', ['*'])
for value in bob['manager'] + bob['seeAlso']:
    (found, _), = client.search_s(value.decode(), ldap.SCOPE_BASE)
    assert found == value.decode()
print(bob['jpegPhoto'][0][:4], bob['c'], bob['homePhone'])
";

const LDAP3: &str = "\
import ldap3, sys
uri, dn, password, base = sys.argv[1:]
server = ldap3.Server(uri, get_info=ldap3.ALL)
client = ldap3.Connection(server, dn, password, auto_bind=True, check_names=True)
ada = 'uid=ada,ou=people,' + base
client.search(base, '(&(manager=%s)(homePhone=*))' % ada, attributes=['*'])
bob, = client.entries
print(bob.manager.value == ada, bob.jpegPhoto.value[:2], bob.c.value)
";

#[test]
fn python_ldap_and_ldap3_find_them_in_the_standards_form() {
    let office = office();
    let made = office.make("service-accounts", &json!({"name": "python"}));
    let text = |field: &str| made[field].as_str().unwrap();
    let uri = format!("ldap://{}", office.demo.ldap);
    for (script, expected) in [
        (PYTHON_LDAP, "b'\\xff\\xd8\\xff\\xe0' [b'gb'] [b'+44 20-7946 0018']\n"),
        (LDAP3, "True b'\\xff\\xd8' gb\n"),
    ] {
        let said = python(script, [uri.as_str(), text("dn"), text("password"), &office.base]);
        assert_eq!((said.code, &*said.stdout), (0, expected), "{said:?}");
    }
}
