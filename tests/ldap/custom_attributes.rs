//! An organization's own attributes over LDAP.

use serde_json::{Value, json};

use crate::harness::ldap::Ldap;
use crate::harness::office::{Office, id_of};
use crate::harness::python::python;

/// The name and the password of an application.
fn account(office: &Office) -> (String, String) {
    let made = office.make("service-accounts", &json!({"name": "python"}));
    let text = |field: &str| made[field].as_str().unwrap().to_owned();
    (text("dn"), text("password"))
}

/// An organization whose people have values of every syntax; indexed or not.
fn office(indexed: bool) -> Office {
    let office = Office::new();
    for (name, syntax, multiple) in [
        ("costCenter", "text", true),
        ("badgeCode", "exact_text", false),
        ("payLevel", "integer", true),
        ("worksRemotely", "boolean", false),
        ("hiredAt", "time", false),
        ("cardToken", "octets", false),
    ] {
        let fields = json!({"name": name, "syntax": syntax, "multiple": multiple, "indexed": indexed,
                   "description": "It's \\ own"});
        office.make("custom-attributes", &fields);
    }
    let people = [
        (
            "ada",
            json!({"costCenter": ["R & D", "Łab"], "badgeCode": "aB1", "payLevel": [9, -7],
                       "worksRemotely": true, "hiredAt": "1969-07-20T20:17:40.5Z",
                       "cardToken": "AP8="}),
        ),
        (
            "bob",
            json!({"costCenter": ["Attic"], "payLevel": [10], "worksRemotely": false,
                       "hiredAt": "2020-02-29T00:00:00Z"}),
        ),
        ("eve", json!({})),
    ];
    for (login, custom) in people {
        let fields =
            json!({"login": login, "display_name": login, "surname": "X", "custom": custom});
        office.make("users", &fields);
    }
    office.make("groups", &json!({"name": "staff", "custom": {"costCenter": ["Attic"]}}));
    office
}

fn logins(office: &Office, client: &Ldap, filter: &str) -> Vec<String> {
    let found = office.find(client, filter, &["1.1"]);
    let login = |dn: &str| dn.split([',', '=']).nth(1).unwrap().to_owned();
    let mut logins: Vec<String> = found.names().into_iter().map(login).collect();
    logins.sort();
    logins
}

#[test]
fn rfc4511_4_5_1_8_they_are_returned_with_the_star_by_name_and_by_number() {
    let office = office(true);
    let client = office.ldap();
    let shown = |attributes: &[&str]| {
        let found = client.search(&office.user_dn("ada"), "base", "(objectClass=*)", attributes);
        let entry = found.only();
        let owned = |them: Vec<&str>| them.into_iter().map(ToOwned::to_owned).collect::<Vec<_>>();
        (owned(entry.names()), owned(entry.values("costCenter")))
    };
    let (names, values) = shown(&["*"]);
    assert_eq!(values, ["R & D", "Łab"]);
    for name in ["badgeCode", "payLevel", "worksRemotely", "hiredAt", "cardToken", "uid"] {
        assert!(names.contains(&name.to_owned()), "{name}: {names:?}");
    }
    assert_eq!(shown(&["COSTCENTER"]).0, ["costCenter"]);
    assert_eq!(shown(&["COSTCENTER", "costCenter"]).0, ["costCenter"]);
    assert_eq!(shown(&["costCenter;lang-en", "costCenter;binary"]).0, [""; 0]);
    assert_eq!(shown(&["1.1"]).0, [""; 0]);
    assert!(!shown(&["+"]).0.contains(&"costCenter".to_owned()));
    let definitions = office.read("custom-attributes");
    let oid = definitions["items"][0]["oid"].as_str().unwrap();
    assert_eq!(shown(&[oid]).0, ["costCenter"]);
    assert_eq!(shown(&["costCenter", oid, "COSTCENTER"]), shown(&["costCenter"]), "once");
    let client = client.clone().with(["-A", "-A"]);
    let found = client.search(&office.user_dn("ada"), "base", "(uid=ada)", &["payLevel"]);
    assert_eq!(found.only().names(), ["payLevel"]);
}

#[test]
fn rfc4517_they_match_by_the_rules_of_their_syntaxes_indexed_or_not() {
    let cases: &[(&str, &[&str])] = &[
        ("(costCenter=r  &  d)", &["ada"]),
        ("(costCenter=ATTIC)", &["bob", "staff"]),
        ("(&(objectClass=person)(costCenter=attic))", &["bob"]),
        ("(costCenter=*a*)", &["ada", "bob", "staff"]),
        ("(costCenter=at*c)", &["bob", "staff"]),
        ("(costCenter>=r)", &["ada"]),
        ("(costCenter=*)", &["ada", "bob", "staff"]),
        ("(badgeCode=aB1)", &["ada"]),
        ("(badgeCode=ab1)", &[]),
        ("(badgeCode:caseExactMatch:=aB1)", &["ada"]),
        ("(payLevel>=10)", &["bob"]),
        ("(payLevel>=9)", &["ada", "bob"]),
        ("(payLevel<=-7)", &["ada"]),
        ("(payLevel=09)", &[]),
        ("(!(payLevel=09))", &[]),
        ("(payLevel>=99999999999999999999)", &[]),
        ("(payLevel<=99999999999999999999)", &["ada", "bob"]),
        ("(payLevel=9*)", &[]),
        ("(worksRemotely=TRUE)", &["ada"]),
        ("(worksRemotely=true)", &["ada"]),
        ("(worksRemotely=FALSE)", &["bob"]),
        ("(worksRemotely=yes)", &[]),
        ("(!(worksRemotely=yes))", &[]),
        ("(hiredAt=19690720201740.5Z)", &["ada"]),
        ("(hiredAt=19690720221740.500+0200)", &["ada"]),
        ("(hiredAt>=20200229Z)", &[]),
        ("(hiredAt>=2020022900Z)", &["bob"]),
        ("(hiredAt<=2020022823Z)", &["ada"]),
        ("(cardToken=\\00\\ff)", &["ada"]),
        ("(cardToken=\\00)", &[]),
        ("(cardToken=*)", &["ada"]),
        ("(objectClass=customObject)", &["ada", "bob", "staff"]),
        ("(&(objectClass=person)(!(objectClass=customObject)))", &["eve"]),
        ("(&(objectClass=person)(!(costCenter=*)))", &["eve"]),
        ("(!(nosuchAttribute=x))", &[]),
    ];
    for indexed in [true, false] {
        let office = office(indexed);
        let client = office.ldap();
        for (filter, expected) in cases {
            let filter = format!("(&(|(objectClass=person)(objectClass=posixGroup)){filter})");
            assert_eq!(logins(&office, &client, &filter), *expected, "{filter} {indexed}");
        }
    }
}

#[test]
fn rfc4511_4_5_1_7_7_a_rule_without_an_attribute_looks_at_all_that_it_fits() {
    let office = office(false);
    let client = office.ldap();
    let everything = client.search(&office.base, "sub", "(objectClass=*)", &["*", "+"]);
    let mut names: Vec<String> = everything
        .entries
        .iter()
        .flat_map(|entry| entry.names().into_iter().map(ToOwned::to_owned))
        .collect();
    names.sort();
    names.dedup();
    assert!(names.contains(&"badgeCode".to_owned()) && names.contains(&"uid".to_owned()));
    let mut found = 0;
    for rule in [
        "caseIgnoreMatch",
        "caseExactMatch",
        "caseIgnoreOrderingMatch",
        "caseExactSubstringsMatch",
        "integerMatch",
        "1.2.840.113556.1.4.803",
        "octetStringMatch",
        "booleanMatch",
        "generalizedTimeMatch",
        "2.4.6.8.10",
    ] {
        for value in [
            "ada",
            "ATTIC",
            "aB1",
            "ab1",
            "a\\2a",
            "9",
            "-7",
            "\\00\\ff",
            "TRUE",
            "20200229000000Z",
        ] {
            // The model: each attribute by itself.
            let each = names.iter().map(|name| format!("({name}:{rule}:={value})"));
            let model = logins(&office, &client, &format!("(|{})", each.collect::<String>()));
            let asked = logins(&office, &client, &format!("(:{rule}:={value})"));
            assert_eq!(asked, model, "(:{rule}:={value})");
            found += asked.len();
        }
    }
    assert!(found > 12, "only {found} were found at all");
    assert_eq!(logins(&office, &client, "(:caseIgnoreMatch:=attic)"), ["bob", "staff"]);
    assert_eq!(logins(&office, &client, "(:dn:caseExactMatch:=aB1)"), ["ada"]);
    assert!(logins(&office, &client, "(:booleanMatch:=FALSE)").contains(&"bob".to_owned()));
    assert!(logins(&office, &client, "(!(:caseIgnoreMatch:=attic))").contains(&"ada".to_owned()));
}

#[test]
fn rfc4511_4_10_they_are_compared() {
    let office = office(true);
    let client = office.ldap();
    let dn = office.user_dn("ada");
    for (assertion, code) in [
        ("costCenter:r & d", 6),
        ("costCenter:attic", 5),
        ("payLevel:-7", 6),
        ("cardToken::AP8=", 6),
        ("nosuchAttribute:x", 17),
    ] {
        assert_eq!(client.compare(&dn, assertion).code, code, "{assertion}");
    }
    assert_eq!(client.compare(&office.user_dn("eve"), "costCenter:x").code, 16);
}

#[test]
fn they_are_nothing_in_another_organization_and_to_strangers() {
    let (own, other) = (office(true), Office::new());
    other.make("users", &json!({"login": "ada", "display_name": "ada", "surname": "X"}));
    let client = other.ldap();
    assert!(logins(&other, &client, "(!(costCenter=x))").is_empty());
    let types = |client: &Ldap| {
        let found = client.search(
            "cn=subschema",
            "base",
            "(objectClass=*)",
            &["attributeTypes", "objectClasses"],
        );
        let entry = found.only();
        [entry.values("attributeTypes"), entry.values("objectClasses")].concat().join("\n")
    };
    for stranger in [client, own.demo.ldap()] {
        let types = types(&stranger);
        assert!(!types.contains("costCenter") && !types.contains("customObject"));
    }
    let types = types(&own.ldap());
    assert!(types.contains("NAME 'costCenter' DESC 'It\\27s \\5C own'"), "{types}");
    assert!(types.contains("NAME 'customObject' SUP top AUXILIARY MAY ( costCenter $"), "{types}");
}

const PYTHON_LDAP: &str = "\
import ldap, ldap.schema, sys
uri, dn, password, base = sys.argv[1:]
connection = ldap.initialize(uri)
connection.simple_bind_s(dn, password)
entry = connection.read_subschemasubentry_s(connection.search_subschemasubentry_s(base))
schema = ldap.schema.SubSchema(entry, check_uniqueness=2)
attribute = schema.get_obj(ldap.schema.AttributeType, 'costcenter')
assert attribute.names == ('costCenter',), attribute.names
assert attribute.equality == 'caseIgnoreMatch' and not attribute.single_value
assert schema.get_obj(ldap.schema.AttributeType, 'hiredAt').single_value
kind = schema.get_obj(ldap.schema.ObjectClass, 'customObject')
assert kind.kind == 2 and 'payLevel' in kind.may, kind.may
(_, shown), = connection.search_s(base, ldap.SCOPE_SUBTREE, '(uid=ada)', ['*', '+'])
classes = [name.decode() for name in shown['objectClass']]
must, may = schema.attribute_types(classes, raise_keyerror=1)
for oid, kind in must.items():
    assert any(name in shown for name in kind.names), kind.names
allowed = [name.lower() for kind in list(must.values()) + list(may.values()) for name in kind.names]
for name in shown:
    kind = schema.get_obj(ldap.schema.AttributeType, name, raise_keyerror=1)
    assert kind.usage != 0 or name.lower() in allowed, name
print(shown['cardToken'], shown['hiredAt'], shown['payLevel'])
";

#[test]
fn rfc4512_4_python_ldap_finds_every_value_allowed_by_the_subschema() {
    let office = office(false);
    let account = account(&office);
    let uri = format!("ldap://{}", office.demo.ldap);
    let said = python(PYTHON_LDAP, [&uri, &account.0, &account.1, &office.base]);
    assert_eq!(said.code, 0, "{said:?}");
    let expected = "[b'\\x00\\xff'] [b'19690720201740.5Z'] [b'9', b'-7']\n";
    assert_eq!(said.stdout, expected);
}

const LDAP3: &str = "\
import ldap3, sys
uri, dn, password, base = sys.argv[1:]
server = ldap3.Server(uri, get_info=ldap3.ALL)
connection = ldap3.Connection(server, dn, password, auto_bind=True, check_names=True)
connection.search(base, '(&(objectClass=customObject)(payLevel>=9)(uid=ada))', attributes=['*'])
entry, = connection.entries
print(sorted(entry.payLevel.values), entry.worksRemotely.value, entry.hiredAt.value.year)
";

#[test]
fn ldap3_reads_their_values_by_their_syntaxes() {
    let office = office(true);
    let account = account(&office);
    let uri = format!("ldap://{}", office.demo.ldap);
    let said = python(LDAP3, [&uri, &account.0, &account.1, &office.base]);
    assert_eq!((said.code, &*said.stdout), (0, "[-7, 9] True 1969\n"), "{said:?}");
}

#[test]
fn what_was_cleared_or_deleted_is_gone_at_once() {
    let office = office(true);
    let client = office.ldap();
    let definitions = office.read("custom-attributes");
    let deleted = id_of(&definitions["items"][0]);
    office.act("DELETE", &format!("custom-attributes/{deleted}"), None);
    assert!(logins(&office, &client, "(costCenter=*)").is_empty());
    assert!(logins(&office, &client, "(!(costCenter=*))").is_empty(), "it is unknown");
    let found = client.search(&office.user_dn("ada"), "base", "(uid=ada)", &["*", "costCenter"]);
    assert!(found.only().values("costCenter").is_empty());
    let users = office.read("users");
    let ada = users["items"].as_array().unwrap().iter().find(|it| it["login"] == "ada").unwrap();
    let nothing: Value = ["badgeCode", "payLevel", "worksRemotely", "hiredAt", "cardToken"]
        .into_iter()
        .map(|name| (name.to_owned(), Value::Null))
        .collect::<serde_json::Map<_, _>>()
        .into();
    office.act("PATCH", &format!("users/{}", id_of(ada)), Some(&json!({"custom": nothing})));
    assert_eq!(logins(&office, &client, "(objectClass=customObject)"), ["bob"]);
}

/// Standard attributes that entries have no values of until an organization defines them.
fn standard(indexed: bool) -> Office {
    let office = office(indexed);
    for (name, syntax, multiple) in
        [("employeeType", "text", true), ("l", "text", true), ("preferredLanguage", "text", false)]
    {
        let fields =
            json!({"name": name, "syntax": syntax, "multiple": multiple, "indexed": indexed});
        office.make("custom-attributes", &fields);
    }
    for (login, kind, place) in [("kim", "Contractor", "Zürich"), ("lee", "Employee", "Oslo")] {
        let custom = json!({"employeeType": [kind], "l": [place], "preferredLanguage": "de"});
        let fields =
            json!({"login": login, "display_name": login, "surname": "X", "custom": custom});
        office.make("users", &fields);
    }
    office
}

#[test]
fn rfc2798_standard_attributes_have_values_where_an_organization_defines_them() {
    for indexed in [false, true] {
        let office = standard(indexed);
        let client = office.ldap();
        for (filter, expected) in [
            ("(employeeType=contractor)", &["kim"][..]),
            ("(2.16.840.1.113730.3.1.4=EMPLOYEE)", &["lee"]),
            ("(&(objectClass=inetOrgPerson)(employeeType=*))", &["kim", "lee"]),
            ("(localityName=z*)", &["kim"]),
            ("(&(uid=k*)(!(employeeType=employee)))", &["kim"]),
            ("(&(uid=ada)(employeeType=*))", &[]),
        ] {
            assert_eq!(logins(&office, &client, filter), expected, "{filter}");
        }
        let dn = office.user_dn("kim");
        let found = client.search(&dn, "base", "(uid=kim)", &["employeetype", "localityName"]);
        let entry = found.only();
        assert_eq!(entry.values("employeeType"), ["Contractor"]);
        assert_eq!(entry.values("l"), ["Zürich"]);
        let everything = client.search(&dn, "base", "(uid=kim)", &["*"]);
        assert_eq!(everything.only().values("preferredLanguage"), ["de"]);
    }
}

#[test]
fn a_standard_attribute_is_defined_by_the_standards_own_form_or_not_at_all() {
    let office = office(false);
    for (fields, pointer) in [
        (json!({"name": "employeeType", "syntax": "integer"}), "/syntax"),
        (json!({"name": "preferredLanguage", "syntax": "text", "multiple": true}), "/multiple"),
        (json!({"name": "mail", "syntax": "text"}), "/name"),
        (json!({"name": "localityName", "syntax": "text"}), "/name"),
    ] {
        let refused = office.top.send("POST", &office.path("custom-attributes"), Some(&fields));
        assert_eq!(
            (refused.status, &refused.json()["pointer"]),
            (422, &json!(pointer)),
            "{fields}"
        );
    }
}

const PYTHON_LDAP_STANDARD: &str = "\
import ldap, ldap.schema, sys
uri, dn, password, base = sys.argv[1:]
client = ldap.initialize(uri)
client.simple_bind_s(dn, password)
name = client.search_subschemasubentry_s(base)
entry = client.read_subschemasubentry_s(name)
types = entry['attributeTypes']
assert sum(b\"'employeeType'\" in kind for kind in types) == 1, types
schema = ldap.schema.SubSchema(entry)
found = client.search_s(base, ldap.SCOPE_SUBTREE, '(employeeType=contractor)', ['*'])
(_, shown), = found
print(schema.get_obj(ldap.schema.AttributeType, 'employeeType').oid, shown['employeeType'])
";

#[test]
fn the_subschema_has_the_standards_definition_once() {
    let office = standard(true);
    let account = account(&office);
    let uri = format!("ldap://{}", office.demo.ldap);
    let said = python(PYTHON_LDAP_STANDARD, [&uri, &account.0, &account.1, &office.base]);
    let expected = "2.16.840.1.113730.3.1.4 [b'Contractor']\n";
    assert_eq!((said.code, &*said.stdout), (0, expected), "{said:?}");
}
