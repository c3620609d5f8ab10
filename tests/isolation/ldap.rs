//! LDAP: every name, filter and cookie of the other organization, as each of ours.

use super::world::{ADDRESS, OTHER, PASSWORD, SERIAL, Side, World};
use crate::harness::ber::{self, boolean, constructed, element, number, octets, sequence};
use crate::harness::raw::{Message, Raw, WHO_AM_I, bind, equal, extended, message, present};

const PAGING: &str = "1.2.840.113556.1.4.319";

/// What a subschema shows, but for its times: those are of when a daemon was started.
const DEFINITIONS: [&str; 7] = [
    "*",
    "attributeTypes",
    "objectClasses",
    "ldapSyntaxes",
    "matchingRules",
    "entryDN",
    "subschemaSubentry",
];

/// A search for all attributes, the operational ones included.
fn search(base: &str, scope: i64, filter: Vec<u8>) -> Vec<u8> {
    search_for(&["*", "+", "memberOf"], base, scope, filter)
}

fn search_for(wanted: &[&str], base: &str, scope: i64, filter: Vec<u8>) -> Vec<u8> {
    let wanted: Vec<u8> = wanted.iter().flat_map(octets).collect();
    constructed(
        0x63,
        [
            octets(base),
            number(0x0a, scope),
            number(0x0a, 0),
            number(2, 0),
            number(2, 0),
            boolean(false),
            filter,
            element(0x30, &wanted),
        ],
    )
}

fn compare(dn: &str, attribute: &str, value: &str) -> Vec<u8> {
    constructed(0x6e, [octets(dn), sequence([octets(attribute), octets(value)])])
}

fn paged(id: i64, base: &str, cookie: &[u8]) -> Vec<u8> {
    let value = sequence([number(2, 1), octets(cookie)]);
    let control = sequence([octets(PAGING), boolean(true), octets(value)]);
    let operation = search(base, 2, present("objectClass"));
    sequence([number(2, id), operation, constructed(0xa0, [control])])
}

/// The cookie in the controls of the first page.
fn cookie(raw: &mut Raw, base: &str) -> Vec<u8> {
    raw.send(&paged(2, base, b""));
    let (_, controls) = raw.receive_all_of_with_controls(2);
    let controls = controls.unwrap();
    let (_, mut rest, _) = ber::split(&controls).unwrap();
    let mut last = rest;
    while let Some((_, content, following)) = ber::split(rest) {
        (last, rest) = (content, following);
    }
    let (_, value, _) = ber::split(last).unwrap();
    let (_, _, cookie) = ber::split(value).unwrap();
    ber::split(cookie).unwrap().1.to_vec()
}

/// Everything that one may try about the other organization.
fn operations(world: &World) -> Vec<Vec<u8>> {
    let ours = &world.ours.base;
    let ada = format!("uid=ada,ou=people,{OTHER}");
    let staff = format!("cn=staff,ou=groups,{OTHER}");
    let till = format!("cn=till,ou=devices,{OTHER}");
    let all = || present("objectClass");
    let mut operations = Vec::new();
    for base in [
        OTHER,
        "dc=Other , DC=example",
        "dc=example",
        "",
        &format!("ou=people,{OTHER}"),
        &format!("ou=devices,{OTHER}"),
        &ada,
        &staff,
        &till,
        &format!("uid=nobody,ou=people,{OTHER}"),
        &format!("cn=nextcloud,ou=services,{OTHER}"),
        &format!("{OTHER},{ours}"),
        &format!("{ours},{OTHER}"),
    ] {
        operations.extend((0..3).map(|scope| search(base, scope, all())));
    }
    let definitions = |scope| search_for(&DEFINITIONS, "cn=subschema", scope, all());
    operations.extend((0..3).map(definitions));
    for (kind, thing) in &world.theirs.things {
        if matches!(*kind, "{user}" | "{group}" | "{service_account}") {
            for base in [ours, OTHER, "dc=example", ""] {
                operations.push(search(base, 2, equal("entryUUID", thing)));
            }
        }
    }
    for filter in [
        equal("memberOf", &staff),
        equal("member", &ada),
        equal("uniqueMember", &ada),
        equal("entryDN", &ada),
        equal("mail", "ada@other.example"),
        equal("macAddress", ADDRESS),
        equal("serialNumber", SERIAL),
        equal("owner", &ada),
        equal("cn", "till"),
        constructed(0xa2, [equal("memberOf", &staff)]),
        constructed(0xa1, [equal("memberOf", &staff), equal("uid", "ada")]),
        present("memberOf"),
    ] {
        operations.push(search(ours, 2, filter));
    }
    for (dn, attribute, value) in [
        (&ada, "uid", "ada"),
        (&ada, "sn", "wrong"),
        (&ada, "userPassword", PASSWORD),
        (&staff, "member", &*ada),
        (&till, "serialNumber", SERIAL),
        (&format!("cn=staff,ou=groups,{ours}"), "member", &*ada),
        (&format!("uid=ada,ou=people,{ours}"), "memberOf", &*staff),
        (&OTHER.to_owned(), "dc", "other"),
    ] {
        operations.push(compare(dn, attribute, value));
    }
    // What writes is refused in the same words.
    operations.push(element(0x4a, ada.as_bytes()));
    let value = constructed(0x31, [octets(&ada)]);
    let change = sequence([number(0x0a, 0), sequence([octets("member"), value])]);
    operations.push(constructed(
        0x66,
        [octets(format!("cn=staff,ou=groups,{ours}")), sequence([change])],
    ));
    operations
}

/// What a connection bound like this hears about each operation.
fn answers(side: &Side, world: &World, who: Option<(&str, &str)>) -> Vec<Vec<Message>> {
    let mut raw = match who {
        Some((dn, password)) => Raw::bound(&side.server.ldap, dn, password),
        None => Raw::connect(&side.server.ldap),
    };
    let operations = operations(world).into_iter();
    operations
        .zip(10..)
        .map(|(operation, id)| {
            raw.send(&message(id, operation));
            raw.receive_all_of(id)
        })
        .collect()
}

#[test]
fn whatever_is_asked_about_the_other_organization_the_answer_is_as_if_it_never_was() {
    let Some(world) = World::shared() else { return };
    let ours = &world.ours;
    let ada = format!("uid=ada,ou=people,{}", ours.base);
    let application = (&*ours.application, &*ours.application_password);
    for who in [None, Some((&*ada, PASSWORD)), Some(application)] {
        let [with, without] = world.sides().map(|side| answers(side, &world, who));
        for (number, (one, other)) in with.iter().zip(&without).enumerate() {
            assert_eq!(one, other, "{who:?}, operation {number}");
        }
        let heard = with.iter().flatten().map(|message| String::from_utf8_lossy(&message.content));
        for (kind, thing) in &world.theirs.things {
            let told = heard.clone().any(|content| content.contains(thing.as_str()));
            assert!(!told, "{who:?} heard of {kind}");
        }
    }
}

#[test]
fn binding_as_somebody_of_the_other_organization_fails_as_for_somebody_who_never_was() {
    let Some(world) = World::shared() else { return };
    let attempts = [
        (format!("uid=ada,ou=people,{OTHER}"), PASSWORD),
        (format!("uid=nobody,ou=people,{OTHER}"), PASSWORD),
        (format!("uid=ada,ou=people,{OTHER}"), ""),
        (format!("ou=people,{OTHER}"), PASSWORD),
        (OTHER.to_owned(), PASSWORD),
        (world.theirs.application.clone(), &world.ours.application_password),
        (format!("uid=ada,ou=people,{OTHER},{}", world.ours.base), PASSWORD),
    ];
    let [with, without] = world.sides().map(|side| {
        let mut raw = Raw::connect(&side.server.ldap);
        let mut heard = Vec::new();
        for ((dn, password), id) in attempts.iter().zip(1..) {
            raw.send(&bind(id, dn, password));
            heard.push(raw.receive().unwrap());
            raw.send(&extended(id + 100, WHO_AM_I));
            heard.push(raw.receive().unwrap());
        }
        heard
    });
    assert_eq!(with, without);
    assert!(with.iter().filter(|message| message.operation == 0x61).all(|bind| bind.code() != 0));
}

#[test]
fn a_paging_cookie_of_the_other_organization_is_worth_what_any_octets_are() {
    let Some(world) = World::shared() else { return };
    let ours = &world.ours;
    let theirs = &world.theirs;
    let side = &world.with.server.ldap;
    let mut other = Raw::bound(side, &theirs.application, &theirs.application_password);
    let foreign = cookie(&mut other, OTHER);
    let mut same = Raw::bound(side, &ours.application, &ours.application_password);
    let elsewhere = cookie(&mut same, &ours.base);
    let (length, mut heard) = (foreign.len(), Vec::new());
    for cookie in [foreign, elsewhere, vec![7; length]] {
        for base in [&*ours.base, OTHER] {
            let mut raw = Raw::bound(side, &ours.application, &ours.application_password);
            raw.send(&paged(3, base, &cookie));
            heard.push(raw.receive_all_of(3));
        }
    }
    for pair in heard.chunks(2) {
        assert_eq!(pair, &heard[4..]);
        assert!(pair.iter().all(|messages| messages.len() == 1 && messages[0].code() != 0));
    }
}
