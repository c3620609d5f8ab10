//! RFC 3062: users change their own password, and nobody another's.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use crate::harness::ber::{constructed, element, number, octets};
use crate::harness::client::{Client, Output};
use crate::harness::demo::Demo;
use crate::harness::ldap::{Ldap, Transport};
use crate::harness::office::Office;
use crate::harness::python::python;
use crate::harness::raw::{self, Raw};

const OLD: &str = "correct horse battery";
const NEW: &str = "staple of another horse";

fn ada(office: &Office, password: &str) -> Ldap {
    office.demo.ldap().bound(&office.user_dn("ada"), password)
}

fn passwd<const N: usize>(client: &Ldap, options: [&str; N]) -> Output {
    client.tool("ldappasswd").args(options).run()
}

fn binds(office: &Office, password: &str) -> bool {
    match ada(office, password).who_am_i().code {
        0 => true,
        49 => false,
        code => panic!("{code}"),
    }
}

#[test]
fn ldappasswd_changes_ones_own_password_and_the_old_one_ends_at_once_at_every_door() {
    let office = Office::new();
    office.user("ada", OLD);
    let client = office.client("switch", &json!({}));
    let network = |password| office.login(&client, "ada", password);
    assert!(binds(&office, OLD) && network(OLD).is("Access-Accept"));
    let done = passwd(&ada(&office, OLD), ["-a", OLD, "-s", NEW]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(!binds(&office, OLD) && network(OLD).is("Access-Reject"));
    assert!(binds(&office, NEW) && network(NEW).is("Access-Accept"));
    let told = office.event("password_changed");
    assert_eq!((&told["actor"]["name"], &told["success"]), (&json!("ada"), &json!(true)), "{told}");
    // By name as well, without the old one, and over TLS.
    let own = office.user_dn("ada");
    for transport in [Transport::StartTls, Transport::Tls] {
        let (old, new) = if transport == Transport::Tls { (OLD, NEW) } else { (NEW, OLD) };
        let client = office.demo.ldap_over(transport).bound(&own, old);
        assert_eq!(passwd(&client, ["-s", new, &own.to_uppercase()]).code, 0);
        assert!(binds(&office, new));
    }
}

#[test]
fn ones_own_password_is_changed_by_the_name_of_an_account_too() {
    let office = Office::new();
    office.user("ada", OLD);
    office.user("bob", OLD);
    let domain = format!("{}.example", office.slug);
    for (own, old, new) in [
        (format!("ada@{domain}"), OLD, NEW),
        (format!("u:ADA@{domain}"), NEW, OLD),
        (format!("{}\\ada", office.slug), OLD, NEW),
        ("u:ada".to_owned(), NEW, OLD),
    ] {
        assert_eq!(passwd(&ada(&office, old), ["-s", new, &own]).code, 0, "{own}");
        assert!(binds(&office, new), "{own}");
    }
    for other in [format!("bob@{domain}"), "ada@nowhere.example".to_owned()] {
        let done = passwd(&ada(&office, OLD), ["-s", NEW, &other]);
        let said = format!("{}{}", done.stdout, done.stderr);
        assert!(said.contains("unwilling to perform (53)"), "{other}: {said}");
    }
}

#[test]
fn ones_own_password_is_changed_by_each_name_that_sasl_takes() {
    let office = Office::new();
    office.user("ada", OLD);
    office.user("bob", OLD);
    let slug = format!("r-{}", office.slug);
    let place = format!("/v1/organizations/{}", office.id);
    let changed = office.top.send("PATCH", &place, Some(&json!({"slug": slug})));
    assert_eq!(changed.status, 200, "{changed:?}");
    for (own, old, new) in [
        // The first label of the base, which is no slug.
        (format!("{}\\ada", office.slug.to_uppercase()), OLD, NEW),
        (format!("U:{slug}\\ada"), NEW, OLD),
        (format!("DN:cn=ada,cn=users,{}", office.base), OLD, NEW),
        ("ada".to_owned(), NEW, OLD),
    ] {
        assert_eq!(passwd(&ada(&office, old), ["-s", new, &own]).code, 0, "{own}");
        assert!(binds(&office, new), "{own}");
    }
    for other in ["bob", "NOWHERE\\ada", "dn:ada", "u:bob"] {
        let done = passwd(&ada(&office, OLD), ["-s", NEW, other]);
        let said = format!("{}{}", done.stdout, done.stderr);
        assert!(said.contains("unwilling to perform (53)"), "{other}: {said}");
    }
}

#[test]
fn ldappasswd_that_asks_for_both_passwords_is_answered() {
    let office = Office::new();
    office.user("ada", OLD);
    let (uri, dn) = (format!("ldap://{}", office.demo.ldap), office.user_dn("ada"));
    // In a session of its own it has no terminal to ask at.
    let done = Client::new("setsid", "util-linux")
        .args(["-w", "ldappasswd", "-x", "-H", &uri, "-D", &dn, "-w", OLD, "-A", "-S"])
        .input(format!("{OLD}\n{OLD}\n{NEW}\n{NEW}\n"))
        .run();
    assert_eq!(done.code, 0, "{done:?}");
    assert!(binds(&office, NEW));
}

#[test]
fn a_password_is_made_up_when_none_is_given() {
    let office = Office::new();
    office.user("ada", OLD);
    let done = passwd(&ada(&office, OLD), []);
    assert_eq!(done.code, 0, "{done:?}");
    let made = done.stdout.trim().strip_prefix("New password: ").unwrap();
    assert!(made.len() >= 20);
    assert!(!binds(&office, OLD) && binds(&office, made));
}

/// Whether all of a password binds, and neither the rest of it without its first octet nor without its
/// last one.
fn binds_whole(office: &Office, password: &str) -> bool {
    let all = password.as_bytes();
    let mut raw = Raw::to(&office.demo);
    let mut binds = |id, part: &[u8]| {
        let parts = [number(2, 3), octets(office.user_dn("ada")), element(0x80, part)];
        raw.send(&raw::message(id, constructed(0x60, parts)));
        raw.receive().unwrap().code() == 0
    };
    !binds(1, &all[1..]) && !binds(2, &all[..all.len() - 1]) && binds(3, all)
}

#[test]
fn passwords_are_set_and_proven_octet_by_octet() {
    let office = Office::new();
    office.user("ada", OLD);
    let dn = office.user_dn("ada");
    // Beyond what bcrypt looks at, which is 72.
    let long = &"lorem ipsum ".repeat(21)[..250];
    for new in ["Grüße 東京 🔑", long, "a \"b\" \\ c", "  both ends  "] {
        assert_eq!(passwd(&ada(&office, OLD), ["-a", OLD, "-s", new]).code, 0, "{new}");
        assert!(binds_whole(&office, new), "{new}");
        assert_eq!(passwd(&ada(&office, new), ["-a", new, "-s", OLD]).code, 0, "{new}");
        // In base64, as LDIF has it where a text is more than plain.
        let value = BASE64_STANDARD.encode(new);
        let replace = format!("dn: {dn}\nchangetype: modify\nreplace: userPassword\n");
        let done = ada(&office, OLD).modify(&format!("{replace}userPassword:: {value}\n"));
        assert_eq!(done.code, 0, "{new}: {done:?}");
        assert!(binds_whole(&office, new) && binds(&office, new), "{new}");
        assert_eq!(passwd(&ada(&office, new), ["-s", OLD]).code, 0, "{new}");
    }
}

#[test]
fn a_wrong_old_password_changes_nothing_and_counts_toward_the_lock() {
    let office = Office::new();
    office.user("ada", OLD);
    office.set(&json!({"lockout": {"threshold": 3}}));
    let client = ada(&office, OLD);
    for guess in ["guess one", "guess two", "guess three"] {
        let done = passwd(&client, ["-a", guess, "-s", NEW]);
        assert_eq!(done.code, 1, "{done:?}");
        let said = format!("{}{}", done.stdout, done.stderr);
        assert!(said.contains("Invalid credentials (49)"), "{done:?}");
    }
    assert!(!binds(&office, OLD), "locked");
    let locked = office.events().into_iter().any(|event| event["action"] == "locked");
    assert!(locked);
}

#[test]
fn what_the_policy_refuses_breaks_a_constraint_and_says_why() {
    let office = Office::new();
    office.user("ada", OLD);
    office.set(&json!({"password_minimum": 12, "password_policy": {"history": 2}}));
    for (new, words) in [
        ("too short", "at least 12 characters"),
        ("Password2026!", "tried first"),
        ("the very own ADA", "login or the name"),
        (OLD, "used before"),
        ("{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr", "looks like a hash"),
    ] {
        let done = passwd(&ada(&office, OLD), ["-s", new]);
        let said = format!("{}{}", done.stdout, done.stderr);
        assert!(said.contains("Constraint violation (19)") && said.contains(words), "{done:?}");
    }
    assert!(binds(&office, OLD));
}

#[test]
fn nobody_changes_anothers_password_and_what_exists_answers_like_what_does_not() {
    let demo = Demo::shared();
    let (acme, ada) = (demo.acme(), demo.acme().user("ada"));
    let told = |client: &Ldap, whose: &str| {
        let said = client.set_password(whose, "Tr0ub4dor&3-x");
        assert_ne!(said.code, 0, "{said:?}");
        format!("{}{}", said.stdout, said.stderr)
    };
    let grace = demo.ldap().as_user(acme.user("grace"));
    let others = [
        ada.dn.clone(),
        acme.user_dn("nobody"),
        acme.service_account.dn.clone(),
        demo.globex().user("ada").dn.clone(),
        "dc=nowhere".to_owned(),
        "no name at all".to_owned(),
    ];
    let refusals: Vec<String> = others.iter().map(|whose| told(&grace, whose)).collect();
    assert!(refusals.iter().all(|said| *said == refusals[0]), "{refusals:?}");
    assert!(refusals[0].contains("unwilling to perform (53)"), "{refusals:?}");
    let application = demo.ldap().as_service(&acme.service_account);
    assert_eq!(told(&application, &ada.dn), refusals[0]);
    assert_eq!(told(&application, &acme.service_account.dn), refusals[0]);
    let anonymous = told(&demo.ldap(), &ada.dn);
    assert_eq!(anonymous, told(&demo.ldap(), "dc=nowhere"));
    assert!(anonymous.contains("bind first"), "{anonymous}");
    assert_eq!(demo.ldap().as_user(ada).who_am_i().code, 0);
}

#[test]
fn ldap3_and_python_ldap_change_and_make_passwords() {
    let office = Office::new();
    office.user("ada", OLD);
    let script = "
import sys, ldap, ldap3
uri, dn, old, new = sys.argv[1:5]
server = ldap3.Server(uri, get_info=ldap3.ALL)
c = ldap3.Connection(server, dn, old, auto_bind=True)
assert '1.3.6.1.4.1.4203.1.11.1' in [e[0] for e in server.info.supported_extensions]
assert c.extend.standard.modify_password(dn, old, new) is True, c.result
assert not ldap3.Connection(server, dn, old).bind()
made = ldap3.Connection(server, dn, new, auto_bind=True).extend.standard.modify_password(dn, new)
assert len(made) >= 20, made
l = ldap.initialize(uri)
l.simple_bind_s(dn, made)
l.passwd_s(dn, made, old)
l.simple_bind_s(dn, old)
try:
    l.passwd_s(dn, 'wrong', new)
except ldap.INVALID_CREDENTIALS:
    pass
l.passwd_s(None, None, new)
l.simple_bind_s(dn, new)
print('done')
";
    let uri = format!("ldap://{}", office.demo.ldap);
    let said = python(script, [&uri, &office.user_dn("ada"), OLD, NEW]);
    assert_eq!(said.stdout.trim(), "done", "{said:?}");
}
