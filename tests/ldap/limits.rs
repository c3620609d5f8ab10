//! What hostile or clumsy clients cost.

use std::sync::mpsc::{Sender, channel};
use std::thread;

use crate::harness::ber::{constructed, element};
use crate::harness::demo::Demo;
use crate::harness::description::Organization;
use crate::harness::raw::{self, Raw};
use crate::harness::server::Site;

/// `(!(!(…(uid=*)…)))`, so many levels deep.
fn nested(levels: usize) -> Vec<u8> {
    (0..levels).fold(raw::present("uid"), |inner, _| element(0xa2, &inner))
}

#[test]
fn deep_filters_are_refused_and_the_connection_goes_on() {
    let demo = Demo::shared();
    let account = &demo.acme().service_account;
    let mut raw = Raw::bound(&demo.ldap, &account.dn, &account.password);
    for (id, levels) in [(2, 100), (3, 10_000), (4, 60_000)] {
        raw.send(&raw::search(id, &demo.acme().base, 2, nested(levels)));
        let code = raw.receive().unwrap().code();
        assert!([2, 11, 53].contains(&code), "{levels} levels: {code}");
    }
    raw.send(&raw::search(9, &demo.acme().user("ada").dn, 0, nested(10)));
    assert_eq!(raw.receive_all_of(9).len(), 2);
}

#[test]
fn five_thousand_clauses_are_answered_or_refused_as_too_many() {
    let demo = Demo::shared();
    let account = &demo.acme().service_account;
    let mut raw = Raw::bound(&demo.ldap, &account.dn, &account.password);
    for (id, count) in [(2, 500), (3, 5_000)] {
        let clauses: Vec<u8> =
            (0..count).flat_map(|number| raw::equal("uid", &format!("user{number}"))).collect();
        raw.send(&raw::search(id, &demo.acme().base, 2, element(0xa1, &clauses)));
        let answer = raw.receive().unwrap();
        assert_eq!(answer.operation, 0x65);
        assert!([0, 11].contains(&answer.code()), "{count} clauses: {}", answer.code());
    }
}

#[test]
fn text_that_grows_when_it_is_compared_is_refused_before_that() {
    let demo = Demo::shared();
    let account = &demo.acme().service_account;
    let mut raw = Raw::bound(&demo.ldap, &account.dn, &account.password);
    // Each of these letters is eighteen once it is normalized.
    let long = "\u{fdfa}".repeat(1_000_000);
    raw.send(&raw::search(2, &demo.acme().base, 2, raw::equal("cn", &long)));
    assert_eq!(raw.receive().unwrap().code(), 11);
    raw.send(&raw::search(3, &long, 0, raw::present("cn")));
    assert_eq!(raw.receive().unwrap().code(), 11);
    // As long, but in one that costs nothing: it is as no value is.
    let plain = "x".repeat(3_000_000);
    raw.send(&raw::search(4, &demo.acme().base, 2, raw::equal("cn", &plain)));
    assert_eq!(raw.receive().unwrap().code(), 0);
}

#[test]
fn a_client_that_sends_half_a_request_keeps_nobody_waiting() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    let half = raw::bind(1, &ada.dn, &ada.password);
    let slow: Vec<Raw> = (0..100)
        .map(|_| {
            let mut raw = Raw::to(&demo);
            raw.send(&half[..half.len() / 2]);
            raw
        })
        .collect();
    assert_eq!(demo.ldap().as_user(ada).who_am_i().code, 0);
    drop(slow);
}

#[test]
fn half_a_client_hello_keeps_nobody_waiting() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    let slow: Vec<Raw> = (0..300)
        .map(|_| {
            let mut raw = Raw::connect(&demo.ldaps);
            raw.send(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01]);
            raw
        })
        .collect();
    let client = demo.ldap_over(crate::harness::ldap::Transport::Tls);
    assert_eq!(client.as_user(ada).who_am_i().code, 0);
    drop(slow);
}

#[test]
fn clients_that_do_not_read_their_answers_keep_nobody_of_their_organization_waiting() {
    let demo = Demo::shared();
    let (acme, account) = (demo.acme(), &demo.acme().service_account);
    let whole = raw::search_operation("cn=subschema", 0, raw::present("objectClass"));
    // All attributes of the largest entry there is.
    let all = constructed(0x30, [crate::harness::ber::octets("+")]);
    let none = constructed(0x30, [crate::harness::ber::octets("1.1")]);
    let (_, content, _) = crate::harness::ber::split(&whole).unwrap();
    let operation = element(0x63, &[&content[..content.len() - none.len()], &all].concat());
    let pipeline: Vec<u8> = (2..2002).flat_map(|id| raw::message(id, operation.clone())).collect();
    let deaf = || {
        let mut raw = Raw::bound(&demo.ldap, &account.dn, &account.password);
        raw.send_what_fits(&pipeline);
        raw
    };
    let deaf: Vec<Raw> = std::iter::repeat_with(deaf).take(32).collect();
    for user in &acme.users {
        assert_eq!(demo.ldap().as_user(user).who_am_i().code, 0);
    }
    drop(deaf);
}

#[test]
fn a_password_of_half_a_megabyte_is_refused_without_a_hash() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    let mut raw = Raw::bound(&demo.ldap, &ada.dn, &ada.password);
    raw.send(&raw::bind(2, &ada.dn, &"x".repeat(512 << 10)));
    assert_eq!(raw.receive().unwrap().code(), 49);
    assert_eq!(demo.ldap().as_user(ada).who_am_i().code, 0);
}

#[test]
fn thousands_of_connections_come_and_go() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    for _ in 0..3_000 {
        drop(Raw::to(&demo));
    }
    assert_eq!(demo.ldap().as_user(ada).who_am_i().code, 0);
}

#[test]
fn connections_that_break_off_leave_no_descriptor_behind() {
    let Some(demo) = Demo::own() else { return };
    let descriptors = || std::fs::read_dir(format!("/proc/{}/fd", demo.pid)).unwrap().count();
    let ada = demo.acme().user("ada");
    assert_eq!(demo.ldap().as_user(ada).who_am_i().code, 0);
    let before = descriptors();
    let half = raw::bind(1, &ada.dn, &ada.password);
    for _ in 0..200 {
        let mut clear = Raw::to(&demo);
        clear.send(&half[..half.len() / 2]);
        let mut tls = Raw::connect(&demo.ldaps);
        tls.send(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01]);
        let mut started = Raw::to(&demo);
        started.send(&raw::extended(1, raw::START_TLS));
        assert_eq!(started.receive().unwrap().code(), 0);
        // What was sent and not read makes this a reset.
        let mut reset = Raw::to(&demo);
        reset.send(&raw::extended(1, raw::WHO_AM_I));
    }
    // A moment after the last one.
    let settled = (0..200).any(|_| {
        demo.ldap().as_user(ada).who_am_i();
        descriptors() <= before + 2
    });
    assert!(settled, "{before} descriptors became {}", descriptors());
}

/// Tries passwords of people whom an organization does not have, each once, as long as somebody hears
/// what came of it. The names are ever others, so that nobody has to wait for too many failures.
fn guess(address: &str, organization: &Organization, guesser: u32, tell: &Sender<i64>) {
    let mut raw = Raw::connect(address);
    for number in 1.. {
        let dn = organization.user_dn(&format!("stranger-{guesser}-{number}"));
        raw.send(&raw::bind(number, &dn, "a wrong password"));
        if tell.send(raw.receive().unwrap().code()).is_err() {
            return;
        }
    }
}

#[test]
fn a_flood_of_wrong_passwords_finds_its_own_organization_busy_and_keeps_no_other_out() {
    let Some(mut demo) = Demo::own() else { return };
    demo.daemon().stop();
    let site = Site::of_demo(demo.folder()).unwrap().set("ldap", "cleartext_bind = true");
    // More may wait than may of one organization.
    let lines = ["pool_threads = 1", "pool_queue = 4", "pool_queue_per_organization = 2"];
    let site = lines.into_iter().fold(site, |site, line| site.set("authentication", line));
    let server = site.set("authentication", "argon2_iterations = 4").serve();
    let (address, acme) = (&server.ldap, demo.acme());
    thread::scope(|scope| {
        // The flood is over when nobody hears it any more.
        let (tell, told) = channel();
        for guesser in 0..12 {
            let tell = tell.clone();
            scope.spawn(move || guess(address, acme, guesser, &tell));
        }
        drop(tell);
        let is_busy = || {
            let before: Vec<i64> = told.try_iter().collect();
            let next: Vec<i64> = told.iter().take(200).take_while(|code| *code != 51).collect();
            assert!(before.iter().chain(&next).all(|code| [49, 51].contains(code)));
            next.len() < 200
        };
        for user in &demo.globex().users {
            assert!(is_busy(), "the flood meets no limit");
            drop(Raw::bound(address, &user.dn, &user.password));
        }
        assert!(is_busy(), "the flood was over before");
    });
    let ada = acme.user("ada");
    assert_eq!(server.ldap().as_user(ada).who_am_i().code, 0);
}
