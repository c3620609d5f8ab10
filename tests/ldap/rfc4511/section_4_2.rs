//! Section 4.2: Bind.

use crate::harness::ber::{constructed, element, number, octets};
use crate::harness::demo::Demo;
use crate::harness::office::Office;
use crate::harness::raw::{self, Raw};

#[test]
fn users_and_applications_bind_and_are_who_they_are() {
    let demo = Demo::subject_or_new();
    for organization in &demo.organizations {
        for user in &organization.users {
            let who = demo.ldap().as_user(user).who_am_i();
            assert_eq!(who.stdout.trim(), format!("dn:{}", user.dn), "{who:?}");
        }
        let account = &organization.service_account;
        let who = demo.ldap().as_service(account).who_am_i();
        assert_eq!(who.stdout.trim(), format!("dn:{}", account.dn), "{who:?}");
    }
}

#[test]
fn wrong_passwords_unknown_names_and_unknown_places_get_the_same_answer() {
    let Some(demo) = Demo::own() else { return };
    let acme = demo.acme();
    let names = [
        acme.user("ada").dn.clone(),
        acme.user_dn("nobody"),
        format!("uid=ada,ou=nowhere,{}", acme.base),
        "uid=ada,ou=people,dc=nowhere,dc=example".to_owned(),
        format!("cn=ada,ou=people,{}", acme.base),
        acme.base.clone(),
        acme.group_dn("staff"),
        "cn=admin".to_owned(),
    ];
    let answers: Vec<_> = names
        .iter()
        .map(|name| {
            let mut raw = Raw::to(&demo);
            raw.send(&raw::bind(1, name, "not the password"));
            let answer = raw.receive().unwrap();
            assert_eq!(answer.code(), 49, "{name}");
            (answer.content.clone(), answer.words().0)
        })
        .collect();
    assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:?}");
    assert_eq!(answers[0].1, "");
}

#[test]
fn the_other_organizations_password_is_wrong() {
    let demo = Demo::subject_or_new();
    let (here, there) = (demo.acme().user("ada"), demo.globex().user("ada"));
    assert_eq!(demo.ldap().bound(&here.dn, &there.password).who_am_i().code, 49);
}

#[test]
fn passwords_are_exact_octets() {
    let Some(demo) = Demo::own() else { return };
    let ada = demo.acme().user("ada");
    let variants = [
        format!("{} ", ada.password),
        format!(" {}", ada.password),
        format!("{}\0", ada.password),
        format!("{}\0x", ada.password),
        ada.password.to_uppercase(),
        ada.password[..ada.password.len() - 1].to_owned(),
    ];
    for variant in variants.iter().filter(|variant| **variant != ada.password) {
        let mut raw = Raw::to(&demo);
        raw.send(&raw::bind(1, &ada.dn, variant));
        assert_eq!(raw.receive().unwrap().code(), 49, "{variant:?}");
    }
}

#[test]
fn names_are_compared_as_distinguished_names() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    let spellings = [
        "UID=Ada,OU=People,DC=Acme,DC=Example",
        "uid=ada , ou=people , dc=acme , dc=example",
        "uid=\\61da,ou=people,dc=acme,dc=example",
        "0.9.2342.19200300.100.1.1=ada,ou=people,dc=acme,dc=example",
    ];
    for spelling in spellings {
        let who = demo.ldap().bound(spelling, &ada.password).who_am_i();
        assert_eq!(who.stdout.trim(), format!("dn:{}", ada.dn), "{spelling}: {who:?}");
    }
}

#[test]
fn a_name_that_is_none_is_refused_as_such_or_as_wrong() {
    let demo = Demo::shared();
    let code = demo.ldap().bound("this is no name", "secret").who_am_i().code;
    assert!([34, 49].contains(&code), "{code}");
    let long = format!("uid={},{}", "x".repeat(9_000), demo.acme().base);
    assert_eq!(demo.ldap().bound(&long, "secret").who_am_i().code, 49);
}

#[test]
fn a_failed_bind_leaves_the_connection_anonymous() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    let mut raw = Raw::bound(&demo.ldap, &ada.dn, &ada.password);
    raw.send(&raw::bind(2, &demo.acme().user_dn("nobody"), "wrong"));
    assert_eq!(raw.receive().unwrap().code(), 49);
    raw.send(&raw::search(3, &demo.acme().base, 2, raw::present("objectClass")));
    assert_eq!(raw.receive().unwrap().code(), 50);
}

#[test]
fn another_bind_makes_the_connection_somebody_else() {
    let demo = Demo::shared();
    let (ada, alan) = (demo.acme().user("ada"), demo.globex().user("alan"));
    let mut raw = Raw::bound(&demo.ldap, &ada.dn, &ada.password);
    raw.send(&raw::bind(2, &alan.dn, &alan.password));
    assert_eq!(raw.receive().unwrap().code(), 0);
    raw.send(&raw::search(3, &demo.acme().base, 2, raw::present("objectClass")));
    assert_eq!(raw.receive().unwrap().code(), 32);
    raw.send(&raw::bind(4, "", ""));
    assert_eq!(raw.receive().unwrap().code(), 0);
    raw.send(&raw::search(5, &demo.globex().base, 2, raw::present("objectClass")));
    assert_eq!(raw.receive().unwrap().code(), 50);
}

#[test]
fn another_version_is_a_protocol_error_and_binds_nobody() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    for version in [0, 1, 2, 4, 127] {
        let mut raw = Raw::to(&demo);
        let password = element(0x80, ada.password.as_bytes());
        let bind = constructed(0x60, [number(2, version), octets(&ada.dn), password]);
        raw.send(&raw::message(1, bind));
        assert_eq!(raw.receive().unwrap().code(), 2, "version {version}");
        raw.send(&raw::search(2, &ada.dn, 0, raw::present("uid")));
        assert_eq!(raw.receive().unwrap().code(), 50);
    }
}

#[test]
fn sasl_and_unknown_choices_are_not_supported_and_the_connection_goes_on() {
    let demo = Demo::shared();
    let mut raw = Raw::to(&demo);
    let gssapi = constructed(0xa3, [octets("GSS-SPNEGO"), octets([0x60, 0x00])]);
    for (id, choice) in [(1, gssapi), (2, element(0x8a, b"NTLM")), (3, element(0x81, b"x"))] {
        raw.send(&raw::message(id, constructed(0x60, [number(2, 3), octets(""), choice])));
        assert_eq!(raw.receive().unwrap().code(), 7);
    }
}

#[test]
fn a_suspended_user_is_refused_in_the_words_for_unknown_names() {
    let office = Office::new();
    let password = "correct horse battery";
    let ada = office.user("ada", password);
    office.act("POST", &format!("users/{ada}/suspend"), None);
    let answer = |login: &str, password: &str| {
        let mut raw = Raw::to(&office.demo);
        raw.send(&raw::bind(1, &office.user_dn(login), password));
        raw.receive().unwrap()
    };
    let unknown = answer("nobody", password);
    assert_eq!(unknown.code(), 49);
    assert_eq!(answer("ada", password), unknown);
    assert_eq!(answer("ada", "wrong"), unknown);
}
