//! Applications that were made for Active Directory.

use serde_json::json;

use crate::harness::ldap::Ldap;
use crate::harness::office::Office;
use crate::harness::python::python;

pub(super) const PASSWORD: &str = "a long word of hers";

pub(super) struct Domain {
    pub(super) office: Office,
    pub(super) dn: String,
    pub(super) password: String,
    pub(super) client: Ldap,
    pub(super) ada: String,
}

pub(super) fn domain() -> Domain {
    let office = Office::new();
    let ada = office.user("ada", PASSWORD);
    let bob = office.user("bob", "a long word of his");
    office.act("POST", &format!("users/{bob}/suspend"), None);
    let inner = office.group("engineers", &[&ada], &[]);
    office.group("staff", &[], &[&inner]);
    let (dn, password, client) = office.profiled("ad-like");
    Domain { office, dn, password, client, ada }
}

#[test]
fn an_account_is_found_by_its_account_name_and_binds_by_the_name_that_was_found() {
    let Domain { office, client, .. } = domain();
    let filter = "(&(objectCategory=person)(objectClass=user)(sAMAccountName=ADA)\
                  (!(userAccountControl:1.2.840.113556.1.4.803:=2)))";
    let found = office.find(&client, filter, &[]);
    let ada = found.only();
    let dn = format!("cn=ada,cn=users,{}", office.base);
    assert_eq!(ada.dn, dn);
    assert_eq!(ada.value("distinguishedName"), dn);
    assert_eq!(ada.value("name"), "ada");
    assert_eq!(ada.value("userPrincipalName"), format!("ada@{}.example", office.slug));
    assert_eq!(ada.value("userAccountControl"), "512");
    assert_eq!(ada.value("sAMAccountType"), "805306368");
    let category = format!("cn=person,cn=schema,cn=configuration,{}", office.base);
    assert_eq!(ada.value("objectCategory"), category);
    assert!(ada.value("whenCreated").ends_with('Z'));
    let groups = ["engineers", "staff"].map(|name| format!("cn={name},ou=groups,{}", office.base));
    assert_eq!(ada.values("memberOf"), groups);
    let bound = office.demo.ldap().bound(&dn, PASSWORD);
    assert_eq!(bound.search(&dn, "base", "(objectClass=user)", &["cn"]).only().dn, dn);
    // And not the groups that Ada is a member of.
    let named = office.find(&client, &format!("(distinguishedName={dn})"), &["1.1"]);
    assert_eq!(named.names(), [dn.as_str()]);
    let base = client.search(&office.base, "base", "(objectClass=domainDNS)", &[]);
    assert_eq!(base.only().dn, office.base);
}

#[test]
fn the_own_name_of_a_group_comes_without_its_members() {
    let Domain { office, client, .. } = domain();
    for (wanted, expected) in [
        (&["distinguishedName"][..], &["distinguishedName"][..]),
        (&["2.5.4.49", "+"], &["distinguishedName"]),
        (&["distinguishedName", "member"], &["distinguishedName", "member"]),
        (&["member"], &["member"]),
        (&["*"], &["distinguishedName", "member"]),
    ] {
        let found = office.find(&client, "(sAMAccountName=engineers)", wanted);
        let names = found.only().names().into_iter();
        let names: Vec<&str> =
            names.filter(|name| ["distinguishedName", "member"].contains(name)).collect();
        assert_eq!(names, expected, "{wanted:?}");
    }
    // Elsewhere no entry shows it, and it stands for its subtypes.
    let found = office.find(&office.ldap(), "(cn=engineers)", &["distinguishedName"]);
    assert_eq!(found.only().names(), ["member"]);
}

#[test]
fn the_name_of_an_entry_stands_for_none_of_its_other_names() {
    let Domain { office, client, .. } = domain();
    for (login, surname, title) in [("zoe", "Adler", "Finance"), ("eva", "Moss", "Zoology")] {
        let fields = json!({"login": login, "display_name": login, "surname": surname,
            "given_name": "Somebody", "title": title});
        office.make("users", &fields);
    }
    for filter in ["(name=Finance)", "(name=Adler)", "(name=some*)", "(name=example)"] {
        assert!(office.find(&client, filter, &["1.1"]).names().is_empty(), "{filter}");
    }
    for (wanted, expected) in [
        (&["name"][..], &["name"][..]),
        (&["2.5.4.41", "+"], &["name"]),
        (&["name", "SN"], &["name", "sn"]),
        (&["*"], &["cn", "name", "sn", "givenName", "title"]),
    ] {
        let found = office.find(&client, "(name=Zoe)", wanted);
        let names = found.only().names().into_iter();
        let told = ["name", "cn", "sn", "givenName", "title", "ou"];
        let names: Vec<&str> = names.filter(|name| told.contains(name)).collect();
        assert_eq!(names, expected, "{wanted:?}");
    }
    let place = format!("ou=groups,{}", office.base);
    let found = client.search(&place, "base", "(objectClass=*)", &["name"]);
    assert_eq!(found.only().names(), ["name"]);
    let ordered = client.with(["-E", "!sss=name"]);
    let found = office.find(&ordered, "(objectClass=user)", &["sAMAccountName"]);
    let logins = found.entries.iter().map(|entry| entry.value("sAMAccountName"));
    assert_eq!(logins.collect::<Vec<_>>(), ["ada", "bob", "eva", "zoe"]);
    // Elsewhere no entry shows it, and it stands for its subtypes.
    let found = office.find(&office.ldap(), "(name=Finance)", &["name"]);
    assert_eq!(found.only().names(), ["cn", "sn", "givenName", "title"]);
}

#[test]
fn flags_and_bits_tell_suspended_accounts_from_others() {
    let Domain { office, client, .. } = domain();
    let (ada, bob) =
        (format!("cn=ada,cn=users,{}", office.base), format!("cn=bob,cn=users,{}", office.base));
    let both = [ada.as_str(), bob.as_str()];
    for (filter, expected) in [
        ("(userAccountControl=514)", &both[1..]),
        ("(userAccountControl=512)", &both[..1]),
        ("(userAccountControl:1.2.840.113556.1.4.803:=2)", &both[1..]),
        ("(userAccountControl:1.2.840.113556.1.4.803:=514)", &both[1..]),
        ("(userAccountControl:1.2.840.113556.1.4.804:=514)", &both[..]),
        ("(userAccountControl:integerBitOrMatch:=16)", &[]),
        ("(userAccountControl>=513)", &both[1..]),
        ("(userAccountControl=*)", &both[..]),
        ("(&(objectClass=user)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))", &both[..1]),
        ("(userAccountControl:1.2.840.113556.1.4.9999:=2)", &[]),
        ("(!(userAccountControl:1.2.840.113556.1.4.9999:=2))", &[]),
        ("(userAccountControl=many)", &[]),
        ("(!(userAccountControl=many))", &[]),
    ] {
        assert_eq!(office.find(&client, filter, &["1.1"]).names(), expected, "{filter}");
    }
    let groups = office.find(&client, "(groupType:1.2.840.113556.1.4.803:=2147483648)", &["1.1"]);
    assert_eq!(groups.names().len(), 2);
}

#[test]
fn chains_of_groups_are_walked_by_the_rule_for_them() {
    let Domain { office, client, .. } = domain();
    let staff = format!("cn=staff,ou=groups,{}", office.base);
    let ada = format!("cn=ada,cn=users,{}", office.base);
    let chain = format!("(&(objectClass=user)(memberOf:1.2.840.113556.1.4.1941:={staff}))");
    assert_eq!(office.find(&client, &chain, &["1.1"]).names(), [ada.as_str()]);
    let above = format!("(member:1.2.840.113556.1.4.1941:={ada})");
    assert_eq!(office.find(&client, &above, &["1.1"]).names().len(), 2);
}

/// Takes a GUID, and searches by its octets as applications do that keep it as a key.
const BY_GUID: &str = r#"
import sys, uuid, ldap3
from ldap3.utils.conv import escape_bytes
address, dn, password, base, expected = sys.argv[1:]
server = ldap3.Server("ldap://" + address, get_info=ldap3.ALL)
connection = ldap3.Connection(server, dn, password, auto_bind=True, check_names=True)
assert connection.search(base, "(sAMAccountName=ada)", attributes=["objectGUID", "objectSid"])
raw = connection.entries[0].entry_raw_attributes["objectGUID"][0]
sid = connection.entries[0].entry_raw_attributes["objectSid"][0]
assert uuid.UUID(bytes_le=raw) == uuid.UUID(expected), raw
for name, value in (("objectGUID", raw), ("objectSid", sid)):
    connection.search(base, "(%s=%s)" % (name, escape_bytes(value)), attributes=["cn"])
    assert [str(entry.cn) for entry in connection.entries] == ["ada"], (name, connection.entries)
seen = {sid}
for name in ("staff", "ad-like"):
    connection.search(base, "(sAMAccountName=%s)" % name, attributes=["objectSid"])
    other = connection.entries[0].entry_raw_attributes["objectSid"][0]
    assert other not in seen and other[:24] == sid[:24]
    seen.add(other)
connection.search(base, "(objectClass=domainDNS)", attributes=["objectSid", "objectGUID"])
raw = connection.entries[0].entry_raw_attributes
domain = raw["objectSid"][0]
assert domain[:8] == bytes([1, 4, 0, 0, 0, 0, 0, 5]) and domain[8:] == sid[8:24], domain
for name in ("objectSid", "objectGUID"):
    connection.search(base, "(%s=%s)" % (name, escape_bytes(raw[name][0])))
    assert [entry.entry_dn for entry in connection.entries] == [base], (name, connection.entries)
"#;

#[test]
fn python_ldap3_finds_entries_by_the_octets_of_their_ids() {
    let Domain { office, dn, password, ada, .. } = domain();
    let output = python(BY_GUID, [&office.demo.ldap, &dn, &password, &office.base, &ada]);
    assert_eq!(output.code, 0, "{output:?}");
}

#[test]
fn principals_are_logins_at_the_domain() {
    let Domain { office, client, .. } = domain();
    let ada = format!("cn=ada,cn=users,{}", office.base);
    let domain = format!("{}.example", office.slug);
    for (filter, found) in [
        (format!("(userPrincipalName=ADA@{domain})"), true),
        ("(userPrincipalName=ada*)".into(), true),
        (format!("(userPrincipalName=\\20Ada@{domain}\\20)"), true),
        (format!("(userPrincipalName=ada\\20@{domain})"), false),
        ("(!(userPrincipalName=\\ee\\80\\80))".into(), false),
        ("(!(userPrincipalName=\\ee\\80\\80*))".into(), false),
        (format!("(userPrincipalName=ad*@{domain})"), true),
        (format!("(userPrincipalName=ada@*{domain}\\20)"), true),
        (format!("(userPrincipalName=*\\20a*a@{}*)", office.slug), true),
        ("(userPrincipalName=a@*)".into(), false),
        ("(userPrincipalName=ada\\20*)".into(), false),
        ("(userPrincipalName=*\\20@*)".into(), false),
        ("(userPrincipalName=ada@elsewhere.example)".into(), false),
        ("(userPrincipalName=ada)".into(), false),
    ] {
        let names = office.find(&client, &filter, &["1.1"]);
        let expected: &[&str] = if found { &[&ada] } else { &[] };
        assert_eq!(names.names(), expected, "{filter}");
    }
}

#[test]
fn an_organization_can_look_so_to_everybody_and_others_do_not_know_its_words() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let plain = office.ldap();
    let unknown = office.find(&plain, "(!(sAMAccountName=ada))", &["1.1"]);
    assert!(unknown.names().is_empty(), "{unknown:?}");
    office.lay_out("active_directory");
    let found = office.find(&plain, "(sAMAccountName=ada)", &["sAMAccountName"]);
    assert_eq!(found.only().dn, format!("cn=ada,cn=users,{}", office.base));
    let vcenter = json!({"name": "linux", "profile": "vcenter"});
    let account = office.make("service-accounts", &vcenter);
    let (dn, password) = (account["dn"].as_str().unwrap(), account["password"].as_str().unwrap());
    let client = office.demo.ldap().bound(dn, password);
    assert_eq!(office.find(&client, "(uid=ada)", &["uid"]).only().dn, office.user_dn("ada"));
}

/// Who a name and a password turn out to be; the result code where they are nobody.
fn bound(client: &Ldap, name: &str, password: &str) -> Result<String, i32> {
    let said = client.clone().bound(name, password).who_am_i();
    let who = said.stdout.trim().strip_prefix("dn:").map(ToOwned::to_owned);
    who.ok_or(said.code)
}

#[test]
fn accounts_bind_by_their_principal_names_and_by_domain_and_login() {
    let Domain { office, dn, password, .. } = domain();
    let client = office.demo.ldap();
    let ada = format!("cn=ada,cn=users,{}", office.base);
    let domain = format!("{}.example", office.slug);
    for name in [
        format!("ada@{domain}"),
        format!("ADA@{}", domain.to_uppercase()),
        format!("{domain}\\ada"),
        format!("{}\\Ada", office.slug.to_uppercase()),
    ] {
        assert_eq!(bound(&client, &name, PASSWORD), Ok(ada.clone()), "{name}");
        assert_eq!(bound(&client, &name, "wrong"), Err(49), "{name}");
    }
    // A service account that no user is named like.
    let service = dn.split(['=', ',']).nth(1).unwrap();
    assert!(bound(&client, &format!("{service}@{domain}"), &password).is_ok());
    // A login that looks like such a name is one by itself.
    office.user("eve@elsewhere.example", PASSWORD);
    office.user(&format!("bob@{domain}"), PASSWORD);
    assert!(bound(&client, &format!("bob@{domain}"), PASSWORD).unwrap().contains("bob@"));
    for nobody in [
        format!("bob@{}", office.slug),
        "eve@elsewhere.example".to_owned(),
        "ada@nowhere.example".to_owned(),
        "NOWHERE\\ada".to_owned(),
        format!("nobody@{domain}"),
        "ada@example".to_owned(),
        format!("ada@x.{domain}"),
    ] {
        assert_eq!(bound(&client, &nobody, PASSWORD), Err(49), "{nobody}");
    }
    // Without a domain nobody says whose account it is.
    assert_eq!(bound(&client, "ada", PASSWORD), Err(34));
}

#[test]
fn a_principal_name_leads_into_its_own_organization_alone() {
    let (one, other) = (domain(), domain());
    let client = one.office.demo.ldap();
    one.office.user("zoe", "a secret of somebody");
    let name = |office: &Office| format!("zoe@{}.example", office.slug);
    assert!(bound(&client, &name(&one.office), "a secret of somebody").is_ok());
    assert_eq!(bound(&client, &name(&other.office), "a secret of somebody"), Err(49));
    // The domain of an alias base is a name of the organization as well.
    let alias = format!("dc=alias-{},dc=example", other.office.slug);
    other.office.alias(&alias, "active_directory");
    let by_alias = format!("ada@alias-{}.example", other.office.slug);
    let who = bound(&client, &by_alias, PASSWORD).unwrap();
    assert!([alias, other.office.base].iter().any(|base| who.ends_with(base)), "{who}");
}
