//! Section 4.5.1: Search, its base and scope (sections 4.5.1.1 and 4.5.1.2).

use crate::harness::ber::number;
use crate::harness::demo::Demo;
use crate::harness::raw::{self, Raw};

const ALL: &str = "(objectClass=*)";

#[test]
fn every_scope_at_every_level_gives_exactly_what_is_there() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let nextcloud = demo.ldap().as_service(&acme.service_account);
    let containers = ["devices", "groups", "people", "services"];
    let containers = containers.map(|name| acme.container(name)).to_vec();
    let users: Vec<String> = acme.users.iter().map(|user| user.dn.clone()).collect();
    let groups = vec![acme.group_dn("engineers"), acme.group_dn("staff")];
    let services = vec![acme.service_account.dn.clone()];
    let base = vec![acme.base.clone()];
    let all = [&base, &containers, &users, &groups, &services].into_iter().flatten().cloned();
    let people = acme.container("people");
    let below_people: Vec<String> = users.iter().cloned().chain([people.clone()]).collect();
    let ada = acme.user("ada").dn.clone();
    let expected = [
        (&acme.base, "base", base.clone()),
        (&acme.base, "one", containers.clone()),
        (&acme.base, "sub", all.collect()),
        (&people, "base", vec![people.clone()]),
        (&people, "one", users.clone()),
        (&people, "sub", below_people),
        (&ada, "base", vec![ada.clone()]),
        (&ada, "one", Vec::new()),
        (&ada, "sub", vec![ada.clone()]),
    ];
    for (base, scope, mut names) in expected {
        names.sort();
        let found = nextcloud.search(base, scope, ALL, &["1.1"]);
        assert_eq!(found.names(), names, "{scope} at {base}");
    }
}

#[test]
fn bases_are_compared_as_distinguished_names() {
    let demo = Demo::shared();
    let nextcloud = demo.ldap().as_service(&demo.acme().service_account);
    let found = nextcloud.search("UID = ADA,OU=People, DC=ACME,dc=example", "base", ALL, &["uid"]);
    assert_eq!(found.only().value("uid"), "ada");
}

#[test]
fn what_is_not_there_is_no_such_object_and_names_the_nearest_that_is() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let account = &acme.service_account;
    let mut raw = Raw::bound(&demo.ldap, &account.dn, &account.password);
    let cases = [
        (acme.user_dn("nobody"), acme.container("people")),
        (format!("ou=nowhere,{}", acme.base), acme.base.clone()),
        ("dc=nowhere".to_owned(), String::new()),
        (demo.globex().base.clone(), String::new()),
        (demo.globex().user("ada").dn.clone(), String::new()),
    ];
    for (id, (base, nearest)) in (2..).zip(cases) {
        raw.send(&raw::search(id, &base, 2, raw::present("objectClass")));
        let answer = raw.receive().unwrap();
        assert_eq!((answer.code(), answer.words().0), (32, nearest), "{base}");
    }
}

#[test]
fn a_base_that_is_no_name_is_invalid_syntax() {
    let demo = Demo::shared();
    let nextcloud = demo.ldap().as_service(&demo.acme().service_account);
    assert_eq!(nextcloud.search("no name", "sub", ALL, &[]).code, 34);
    // A name may be as long as it likes; no entry has such a one.
    let long = format!("cn={},{}", "x".repeat(9_000), demo.acme().base);
    assert_eq!(nextcloud.search(&long, "sub", ALL, &[]).code, 32);
    assert_eq!(nextcloud.compare(&long, "cn:x").code, 32);
}

#[test]
fn strangers_are_told_to_bind_first_wherever_they_look() {
    let demo = Demo::shared();
    let bases = ["", &demo.acme().base, &demo.globex().base, "dc=nowhere", "dc=example"];
    let answers = bases.map(|base| {
        let mut raw = Raw::to(&demo);
        raw.send(&raw::search(1, base, 2, raw::present("objectClass")));
        raw.receive().unwrap()
    });
    assert_eq!(answers[0].code(), 50);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[test]
fn scopes_and_dereferencing_that_do_not_exist_are_protocol_errors() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    let mut raw = Raw::bound(&demo.ldap, &ada.dn, &ada.password);
    for (id, scope) in [(2, 3), (3, 127)] {
        raw.send(&raw::search(id, &ada.dn, scope, raw::present("uid")));
        assert_eq!(raw.receive().unwrap().code(), 2);
    }
    let good = raw::search(4, &ada.dn, 0, raw::present("uid"));
    let (never, unknown) = (number(0x0a, 0), number(0x0a, 4));
    // The second of the two enumerations.
    let place = good.windows(6).position(|window| window == [&never[..], &never].concat()).unwrap();
    let broken = [&good[..place + 3], &unknown, &good[place + 6..]].concat();
    raw.send(&broken);
    assert_eq!(raw.receive().unwrap().code(), 2);
}

#[test]
fn every_way_of_dereferencing_is_accepted() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    for how in ["never", "always", "search", "find"] {
        let client = demo.ldap().as_user(ada).with(["-a", how]);
        assert_eq!(client.search(&ada.dn, "sub", ALL, &["1.1"]).names(), [&ada.dn], "{how}");
    }
}

#[test]
fn a_user_sees_nothing_of_the_other_organization() {
    let demo = Demo::shared();
    let ada = demo.ldap().as_user(demo.acme().user("ada"));
    let everything = ada.search("", "sub", ALL, &["1.1"]);
    let here = &demo.acme().base;
    assert!(everything.names().iter().all(|name| name.ends_with(here.as_str())));
    assert_eq!(ada.search(&demo.globex().base, "sub", ALL, &[]).code, 32);
}
