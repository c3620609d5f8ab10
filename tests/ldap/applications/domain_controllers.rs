//! What domain controllers have beside users and groups, as far as it is true here.

use std::sync::Arc;

use serde_json::json;

use super::active_directory::{Domain, PASSWORD, domain};
use crate::harness::office::Office;
use crate::harness::python::python;
use crate::harness::server::Site;

#[test]
fn the_base_and_containers_show_what_every_entry_of_a_domain_does() {
    let Domain { office, client, .. } = domain();
    for (dn, name, category) in [
        (office.base.clone(), office.slug.as_str(), "domain-dns"),
        (format!("cn=users,{}", office.base), "users", "container"),
        (format!("ou=groups,{}", office.base), "groups", "organizational-unit"),
    ] {
        let wanted = ["*", "createTimestamp", "modifyTimestamp"];
        let found = client.search(&dn, "base", "(objectClass=*)", &wanted);
        let place = found.only();
        assert_eq!([place.value("distinguishedName"), place.value("name")], [&*dn, name]);
        let definition = format!("cn={category},cn=schema,cn=configuration,{}", office.base);
        assert_eq!(place.value("objectCategory"), definition);
        assert_eq!(place.value("whenCreated"), place.value("createTimestamp"));
        assert_eq!(place.value("whenChanged"), place.value("modifyTimestamp"));
        assert_eq!(place.values("objectGUID").len(), 1);
        assert_eq!(place.values("objectSid").len(), usize::from(dn == office.base));
        for filter in [
            format!("(distinguishedName={dn})"),
            format!("(&(name={name})(objectCategory={definition}))"),
            format!("(&(name={}*)(whenCreated=*)(!(objectCategory=person)))", &name[..5]),
        ] {
            assert_eq!(office.find(&client, &filter, &["1.1"]).names(), [dn.as_str()], "{filter}");
        }
        assert_eq!(client.compare(&dn, &format!("name:{name}")).code, 6);
    }
    for (class, count) in [
        ("container", 2),
        ("organizationalUnit", 1),
        ("domainDNS", 1),
        ("applicationProcess", 1),
        ("organizational-unit", 0),
    ] {
        let found = office.find(&client, &format!("(objectCategory={class})"), &["1.1"]);
        assert_eq!(found.names().len(), count, "{class}");
    }
    let named = office.find(&client, "(objectSid=*)", &["1.1"]);
    assert!(named.names().contains(&office.base.as_str()));
    assert!(!named.names().contains(&format!("cn=users,{}", office.base).as_str()));
    // Elsewhere they show none of it.
    let plain = office.ldap().search(&office.base, "base", "(objectClass=*)", &["*"]);
    let told = plain.only();
    assert!(["name", "objectGUID", "objectSid"].iter().all(|name| told.values(name).is_empty()));
}

#[test]
fn a_service_account_has_an_account_name_and_is_no_user() {
    let Domain { office, client, .. } = domain();
    let dn = format!("cn=ad-like,cn=managed service accounts,{}", office.base);
    let found = office.find(&client, "(sAMAccountName=AD-like)", &["*"]);
    let account = found.only();
    assert_eq!((&*account.dn, account.value("sAMAccountName")), (&*dn, "ad-like"));
    assert_eq!(account.value("name"), "ad-like");
    assert_eq!(account.values("objectSid").len(), 1);
    assert!(account.value("objectCategory").starts_with("cn=application-process,cn=schema,"));
    for none in ["userAccountControl", "userPrincipalName", "accountExpires", "sAMAccountType"] {
        assert!(account.values(none).is_empty(), "{none}");
    }
    let user = "(&(objectClass=user)(sAMAccountName=ad-like))";
    assert!(office.find(&client, user, &["1.1"]).names().is_empty());
}

#[test]
fn accounts_tell_when_they_end_as_domain_controllers_count_it() {
    let Domain { office, client, ada, .. } = domain();
    let ends = json!({"expires": "2099-01-01T00:00:00Z"});
    office.act("PATCH", &format!("users/{ada}"), Some(&ends));
    let (never, end) = ("9223372036854775807", "157153824000000000");
    for (login, expected) in [("ada", end), ("bob", never)] {
        let found = office.find(&client, &format!("(sAMAccountName={login})"), &["accountExpires"]);
        assert_eq!(found.only().value("accountExpires"), expected);
    }
    let (ada, bob) =
        (format!("cn=ada,cn=users,{}", office.base), format!("cn=bob,cn=users,{}", office.base));
    let both = [ada.as_str(), bob.as_str()];
    for (filter, expected) in [
        (format!("(accountExpires={end})"), &both[..1]),
        (format!("(accountExpires={never})"), &both[1..]),
        (format!("(|(accountExpires=0)(accountExpires={never}))"), &both[1..]),
        (format!("(accountExpires<={end})"), &both[..1]),
        ("(accountExpires<=157153823999999999)".into(), &[]),
        ("(accountExpires>=157153824000000001)".into(), &both[1..]),
        (format!("(accountExpires>={end})"), &both[..]),
        ("(accountExpires:integerOrderingMatch:=157153824000000001)".into(), &both[..1]),
        ("(accountExpires=*)".into(), &both[..]),
        ("(accountExpires=soon)".into(), &[]),
        ("(!(accountExpires:1.2.840.113556.1.4.803:=1))".into(), &[]),
    ] {
        assert_eq!(office.find(&client, &filter, &["1.1"]).names(), expected, "{filter}");
    }
    // What nobody can tell here is not made up.
    let asked = ["pwdLastSet", "primaryGroupID", "uSNChanged", "lastLogonTimestamp"];
    let found = office.find(&client, "(sAMAccountName=ada)", &asked);
    assert!(found.only().attributes.is_empty(), "{found:?}");
}

/// Finds people by what may be their name; check_names has the schema know the attribute.
const ANYBODY: &str = r#"
import sys, ldap3
address, dn, password, base = sys.argv[1:5]
server = ldap3.Server("ldap://" + address, get_info=ldap3.ALL)
connection = ldap3.Connection(server, dn, password, auto_bind=True, check_names=True)
for value in sys.argv[5:]:
    connection.search(base, "(&(objectClass=user)(anr=%s))" % value, attributes=["cn"])
    print(value, *sorted(str(entry.cn) for entry in connection.entries))
"#;

#[test]
fn names_that_may_be_anybodys_find_whom_they_may_mean() {
    let Domain { office, client, dn, password, .. } = domain();
    let zoe = json!({"login": "zoe", "display_name": "Dr. Zoe Adler", "surname": "Adler",
        "given_name": "Zoe Maria", "mail": ["finance@mail.example"]});
    office.make("users", &zoe);
    let asked = ["AD", "zo", "dr. zoe", "finance@", "maria", "adler zo", "zoe ad", "ad ad", "=zoe"];
    let asked = [&asked[..], &["=zo", "ada"]].concat();
    let output = python(ANYBODY, {
        let told = [&*office.demo.ldap, &*dn, &*password, &*office.base];
        let mut all = [""; 15];
        all.iter_mut().zip(told.iter().chain(&asked)).for_each(|(to, from)| *to = from);
        all
    });
    let expected = "AD ada zoe\nzo zoe\ndr. zoe zoe\nfinance@ zoe\nmaria\nadler zo zoe\n\
                    zoe ad zoe\nad ad\n=zoe zoe\n=zo\nada ada\n";
    assert_eq!((output.code, &*output.stdout), (0, expected), "{output:?}");
    // Groups and places have names as well.
    let found = office.find(&client, "(anr=staf)", &["1.1"]);
    assert_eq!(found.names(), [format!("cn=staff,ou=groups,{}", office.base)]);
    for filter in ["(anr=*)", "(anr=zo*)", "(!(anr=zo*))", "(anr>=zo)", "(anr:caseExactMatch:=zoe)"]
    {
        assert!(office.find(&client, filter, &["1.1"]).names().is_empty(), "{filter}");
    }
    let known = office.find(&office.ldap(), "(!(anr=zo))", &["1.1"]);
    assert!(known.names().is_empty(), "other layouts do not know it");
}

#[test]
fn the_root_dse_tells_of_a_domain_to_who_is_shown_one() {
    let Domain { office, client, .. } = domain();
    let asked = ["rootDomainNamingContext", "supportedCapabilities", "dnsHostName"];
    let by_name = format!("ada@{}.example", office.slug);
    for client in [client, office.demo.ldap().bound(&by_name, PASSWORD)] {
        let found = client.search("", "base", "(objectClass=*)", &asked);
        let root = found.only();
        assert_eq!(root.value("rootDomainNamingContext"), office.base);
        assert_eq!(root.value("supportedCapabilities"), "1.2.840.113556.1.4.800");
        // No server name was called.
        assert!(root.values("dnsHostName").is_empty());
    }
    for other in [office.demo.ldap(), office.ldap(), office.ldap_as("ada", PASSWORD)] {
        let found = other.search("", "base", "(objectClass=*)", &asked);
        assert!(found.only().attributes.is_empty(), "{found:?}");
    }
}

/// The name that the server says it has, called by a name.
const HOST: &str = "
import ssl, sys, ldap3
tls = ldap3.Tls(validate=ssl.CERT_NONE, sni=sys.argv[2])
server = ldap3.Server(sys.argv[1], use_ssl=True, tls=tls, get_info=ldap3.ALL)
connection = ldap3.Connection(server, sys.argv[3], sys.argv[4], auto_bind=True)
connection.search('', '(objectClass=*)', ldap3.BASE, attributes=['dnsHostName'])
told = connection.response[0]['raw_attributes'].get('dnsHostName', [])
print(*(name.decode() for name in told))
";

#[test]
fn the_root_dse_has_the_server_name_that_was_called_if_it_is_the_organizations() {
    let Some(mut office) = Office::alone() else { return };
    let (dn, password, _) = office.profiled("ad-like");
    Arc::get_mut(&mut office.demo).unwrap().daemon().stop();
    let Some(site) = Site::of_demo(office.demo.folder()) else { return };
    let server = site.set("ldap", "server_names = \"ldap.example\"").serve();
    let uri = format!("ldaps://{}", server.ldaps);
    let told = |label: &str| {
        let name = format!("{label}.ldap.example");
        let output = python(HOST, [&uri, &name, &dn, &password]);
        assert_eq!(output.code, 0, "{output:?}");
        output.stdout.trim().to_owned()
    };
    assert_eq!(told(&office.slug), format!("{}.ldap.example", office.slug));
    assert_eq!(told("globex"), "", "another organization's");
}

/// Reads all members though a few come at a time.
const BY_PARTS: &str = r#"
import sys, ldap3
address, dn, password, base = sys.argv[1:]
server = ldap3.Server("ldap://" + address, get_info=ldap3.ALL)
connection = ldap3.Connection(server, dn, password, auto_bind=True, check_names=True)
for wanted in ("member;range=0-1", "member;range=0-*"):
    connection.search(base, "(sAMAccountName=crowd)", attributes=[wanted])
    (entry,) = connection.response
    print(*entry["attributes"], len(set(entry["attributes"]["member"])))
"#;

#[test]
fn members_and_groups_come_in_parts_to_who_asks_so() {
    let Domain { office, client, dn, password, ada } = domain();
    let others: Vec<String> =
        (0..4).map(|number| office.user(&format!("one-{number}"), PASSWORD)).collect();
    let all: Vec<&str> = others.iter().chain([&ada]).map(String::as_str).collect();
    office.group("crowd", &all, &[]);
    for (login, wanted, named, count) in [
        ("crowd", "member;range=0-*", "member;range=0-*", 5),
        ("crowd", "MEMBER;Range=0-1", "member;range=0-1", 2),
        ("crowd", "2.5.4.31;range=3-9", "member;range=3-*", 2),
        ("crowd", "member;range=4-4", "member;range=4-*", 1),
        ("ada", "memberOf;range=0-0", "memberOf;range=0-0", 1),
        ("ada", "memberOf;range=0-*", "memberOf;range=0-*", 3),
    ] {
        let found = office.find(&client, &format!("(sAMAccountName={login})"), &[wanted]);
        assert_eq!(found.only().names(), [named], "{wanted}");
        assert_eq!(found.only().values(named).len(), count, "{wanted}");
    }
    for wanted in ["member;range=5-*", "member;range=2-1", "member;range=x", "cn;range=0-*"] {
        let found = office.find(&client, "(sAMAccountName=crowd)", &[wanted]);
        assert_eq!(found.only().names(), [""; 0], "{wanted}");
    }
    // However many parts are asked for at once, the first is given, and the whole beside it.
    let many: Vec<String> = (2..200).map(|first| format!("member;range={first}-*")).collect();
    let asked: Vec<&str> = many.iter().map(String::as_str).collect();
    let asked = [&["member;range=0-1"][..], &asked[..], &["member"][..]].concat();
    let sorted = client.with(["-E", "!sss=cn"]);
    let found = office.find(&sorted, "(sAMAccountName=crowd)", &asked);
    let mut names = found.only().names();
    names.sort_unstable();
    assert_eq!(names, ["member", "member;range=0-1"]);
    let [part, whole] = ["member;range=0-1", "member"].map(|name| found.only().values(name));
    assert_eq!((part.len(), whole.len()), (2, 5));
    assert!(part.iter().all(|member| whole.contains(member)));
    let output = python(BY_PARTS, [&office.demo.ldap, &dn, &password, &office.base]);
    // It keeps the name of the part beside the whole.
    let told = "member member;range=0-1 5\nmember member;range=0-* 5\n";
    assert_eq!((output.code, &*output.stdout), (0, told), "{output:?}");
    // Elsewhere no option is known.
    let found = office.find(&office.ldap(), "(cn=crowd)", &["member;range=0-*"]);
    assert_eq!(found.only().names(), [""; 0]);
}
