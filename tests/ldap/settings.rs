//! The limits that the configuration sets.

use std::io::ErrorKind;
use std::sync::Arc;

use serde_json::json;

use crate::harness::demo::Demo;
use crate::harness::ldap::Ldap;
use crate::harness::office::Office;
use crate::harness::raw::{self, Raw};
use crate::harness::server::{Server, Site};
use crate::harness::ssh_keys::long_ssh_keys;

/// Serves the demonstration's data with these lines in the `[ldap]` section.
fn serve<const N: usize>(lines: [&str; N], then: impl FnOnce(&Demo, &mut Server)) {
    let Some(mut demo) = Demo::own() else { return };
    demo.daemon().stop();
    let site = Site::of_demo(demo.folder()).unwrap().set("ldap", "cleartext_bind = true");
    let site = lines.into_iter().fold(site, |site, line| site.set("ldap", line));
    let mut server = site.serve();
    then(&demo, &mut server);
}

#[test]
fn the_servers_size_limit_holds_and_applications_get_more_by_paging_and_users_up_to_a_total() {
    let lines = ["size_limit = 3", "page_size = 2", "paged_total = 4"];
    serve(lines, |demo, server| {
        let (acme, all) = (demo.acme(), "(objectClass=*)");
        let service = server.ldap().as_service(&acme.service_account);
        for greedy in [service.clone(), service.clone().with(["-z", "1000"])] {
            let found = greedy.search(&acme.base, "sub", all, &["1.1"]);
            assert_eq!((found.code, found.entries.len()), (4, 3));
        }
        let exact = service.search(&acme.base, "sub", "(uid=*)", &["1.1"]);
        assert_eq!((exact.code, exact.entries.len()), (0, 3));
        let paged = service.with(["-E", "pr=100/noprompt"]);
        let found = paged.search(&acme.base, "sub", all, &["1.1"]);
        assert_eq!((found.code, found.entries.len()), (0, 11));
        let user = server.ldap().as_user(acme.user("ada")).with(["-E", "pr=2/noprompt"]);
        let found = user.search(&acme.base, "sub", all, &["1.1"]);
        assert_eq!((found.code, found.entries.len()), (4, 4));
    });
}

#[test]
fn applications_whose_profile_knows_no_pages_get_more_without_up_to_the_total() {
    let Some(mut office) = Office::alone() else { return };
    for number in 0..4 {
        let login = format!("u{number}");
        let fields = json!({"login": login, "display_name": login, "surname": login});
        office.make("users", &fields);
    }
    let profiles = [
        ("generic", 2),
        ("sssd", 2),
        ("nextcloud", 2),
        ("vcenter", 4),
        ("synology", 4),
        ("ad-like", 2),
        ("jumpcloud", 2),
    ];
    let accounts = profiles.map(|(profile, given)| (office.profiled(profile), given));
    Arc::get_mut(&mut office.demo).unwrap().daemon().stop();
    let site = Site::of_demo(office.demo.folder()).unwrap().set("ldap", "cleartext_bind = true");
    let lines = ["size_limit = 2", "page_size = 2", "paged_total = 4"];
    let site = lines.into_iter().fold(site, |site, line| site.set("ldap", line));
    let server = site.serve();
    for ((dn, password, _), given) in accounts {
        let client = server.ldap().bound(&dn, &password);
        let code = if given == 4 { 0 } else { 4 };
        let people = client.search(&office.base, "sub", "(uid=u*)", &["uid"]);
        assert_eq!((people.code, people.entries.len()), (code, given), "{dn}");
        let everything = client.search(&office.base, "sub", "(objectClass=*)", &["1.1"]);
        assert_eq!((everything.code, everything.entries.len()), (4, given), "{dn}");
        let paged = client.with(["-E", "pr=2/noprompt"]);
        assert_eq!(paged.search(&office.base, "sub", "(uid=u*)", &["uid"]).names().len(), 4);
    }
}

#[test]
fn a_request_that_does_not_arrive_in_time_and_a_silent_client_are_given_up() {
    serve(["partial_timeout = \"1s\"", "idle_timeout = \"1s\""], |demo, server| {
        let ada = demo.acme().user("ada");
        let mut partial = Raw::connect(&server.ldap);
        let message = raw::bind(1, &ada.dn, &ada.password);
        partial.send(&message[..message.len() - 1]);
        let mut idle = Raw::connect(&server.ldap);
        for connection in [&mut partial, &mut idle] {
            let words = connection.receive_to_end();
            assert!(matches!(&words[..], [notice] if notice.is_notice()), "{words:?}");
        }
    });
}

#[test]
fn more_connections_from_one_address_than_allowed_are_closed_and_others_go_on() {
    serve(["connections_per_source = 5"], |_, server| {
        let who = raw::extended(1, raw::WHO_AM_I);
        let mut open: Vec<Raw> = (0..5)
            .map(|_| {
                let mut raw = Raw::connect(&server.ldap);
                raw.send(&who);
                assert_eq!(raw.receive().unwrap().code(), 0);
                raw
            })
            .collect();
        let mut sixth = Raw::connect(&server.ldap);
        // It may be closed before the request arrives.
        drop(sixth.try_send(&who));
        let answers = sixth.receive_to_end();
        assert!(answers.iter().all(|answer| answer.is_notice()), "{answers:?}");
        for connection in &mut open {
            connection.send(&who);
            assert_eq!(connection.receive().unwrap().code(), 0);
        }
    });
}

#[test]
fn requests_up_to_the_size_limit_are_taken_and_larger_ones_are_not() {
    serve(["message_size_anonymous = \"1KiB\"", "message_size = \"4KiB\""], |demo, server| {
        let ada = demo.acme().user("ada");
        let long =
            |length: usize| raw::search(2, &ada.dn, 0, raw::equal("cn", &"x".repeat(length)));
        let mut stranger = Raw::connect(&server.ldap);
        stranger.send(&long(500));
        assert_eq!(stranger.receive().unwrap().code(), 50);
        stranger.send(&long(1_100));
        assert!(stranger.receive().unwrap().is_notice());
        let mut bound = Raw::bound(&server.ldap, &ada.dn, &ada.password);
        bound.send(&long(3_500));
        assert_eq!(bound.receive().unwrap().code(), 0);
        bound.send(&long(4_200));
        assert!(bound.receive().unwrap().is_notice());
    });
}

#[test]
fn a_filter_that_no_index_serves_looks_through_no_more_than_allowed() {
    serve(["look_through = 1"], |demo, server| {
        let acme = demo.acme();
        let service = server.ldap().as_service(&acme.service_account);
        let found = service.search(&acme.base, "sub", "(!(uid=*a*))", &["1.1"]);
        assert_eq!(found.code, 11, "{found:?}");
        let indexed = service.search(&acme.base, "sub", "(uid=ada)", &["1.1"]);
        assert_eq!(indexed.names().len(), 1);
    });
}

#[test]
fn a_chain_of_references_is_followed_no_further_than_allowed_and_never_in_part() {
    const PEOPLE: usize = 40;
    let Some(mut office) = Office::alone() else { return };
    office.make("custom-attributes", &json!({"name": "manager", "syntax": "reference"}));
    let login = |number: usize| format!("u{number:02}");
    for number in 0..PEOPLE {
        let mut fields =
            json!({"login": login(number), "display_name": "X", "surname": "X", "custom": {}});
        if let Some(chief) = number.checked_sub(1) {
            fields["custom"]["manager"] = json!(login(chief));
        }
        office.make("users", &fields);
    }
    let account = office.make("service-accounts", &json!({"name": "reader"}));
    let (dn, password) = (account["dn"].as_str().unwrap(), account["password"].as_str().unwrap());
    Arc::get_mut(&mut office.demo).unwrap().daemon().stop();
    let site = Site::of_demo(office.demo.folder()).unwrap().set("ldap", "cleartext_bind = true");
    // Each link takes two looks into an index, and one for the reference.
    let server = site.set("ldap", "look_through = 60").serve();
    let service = server.ldap().bound(dn, password);
    let under = |number: usize| {
        let chief = office.user_dn(&login(number));
        format!("(manager:1.2.840.113556.1.4.1941:={chief})")
    };
    let short = service.search(&office.base, "sub", &under(30), &["1.1"]);
    let expected: Vec<String> = (31..PEOPLE).map(|number| office.user_dn(&login(number))).collect();
    assert_eq!(short.names(), expected);
    let copy = service.clone().with(["-E", "!sync=ro"]);
    for (client, filter) in [
        (&service, under(0)),
        (&service, format!("(!{})", under(0))),
        (&service, format!("(&(uid=u39){})", under(0))),
        // The whole filter may look through so much, not each of its parts.
        (&service, format!("(|{}{})", under(30), under(25))),
        (&copy, under(0)),
    ] {
        let found = client.search(&office.base, "sub", &filter, &["1.1"]);
        assert_eq!((found.code, found.entries.len()), (11, 0), "{filter}: {found:?}");
    }
    let copied = copy.search(&office.base, "sub", &under(30), &["1.1"]);
    assert_eq!((copied.code, copied.entries.len()), (0, expected.len()), "{copied:?}");
    walked_once(&office, &service, under);
}

/// Equal chains of a filter, however they are spelled, are walked once: from u22 on that takes 53 of 60,
/// from u38 on 5, and from u37 on 8.
fn walked_once(office: &Office, service: &Ldap, under: impl Fn(usize) -> String) {
    let chain = under(22);
    let spelled = chain.replace("uid=u22,ou", "UID=U22, OU");
    for (filter, code, count) in [
        (format!("(|{chain}{chain})"), 0, 17),
        (format!("(&{chain}{spelled}(!(&{chain}(uid=u39))))"), 0, 16),
        (format!("(|{chain}{}{spelled})", under(38)), 0, 17),
        (format!("(|{chain}{spelled}{})", under(37)), 11, 0),
    ] {
        let found = service.search(&office.base, "sub", &filter, &["1.1"]);
        assert_eq!((found.code, found.entries.len()), (code, count), "{filter}: {found:?}");
    }
}

#[test]
fn an_organization_with_too_many_connections_is_told_so_and_another_is_not() {
    serve(["connections_per_organization = 2"], |demo, server| {
        let (ada, other) = (demo.acme().user("ada"), demo.globex().user("ada"));
        let bind = |raw: &mut Raw, user: &crate::harness::description::User| {
            raw.send(&raw::bind(1, &user.dn, &user.password));
            raw.receive().unwrap().code()
        };
        let connect = || Raw::connect(&server.ldap);
        let (mut first, mut second, mut third, mut theirs) =
            (connect(), connect(), connect(), connect());
        assert_eq!([bind(&mut first, ada), bind(&mut second, ada)], [0, 0]);
        assert_eq!(bind(&mut third, ada), 51);
        assert_eq!(bind(&mut theirs, other), 0);
        // Who has a place keeps it, and who got none is nobody.
        assert_eq!(bind(&mut second, ada), 0);
        third.send(&raw::search(2, &ada.dn, 0, raw::present("objectClass")));
        assert_eq!(third.receive().unwrap().code(), 50);
        drop(first);
        // The daemon may hear of the end a moment later.
        assert!((0..10_000).any(|_| bind(&mut third, ada) == 0));
    });
}

#[test]
fn who_has_not_bound_is_given_up_earlier_than_who_has() {
    serve(["anonymous_timeout = \"1s\""], |demo, server| {
        let ada = demo.acme().user("ada");
        let mut bound = Raw::bound(&server.ldap, &ada.dn, &ada.password);
        let words = Raw::connect(&server.ldap).receive_to_end();
        assert!(matches!(&words[..], [notice] if notice.is_notice()), "{words:?}");
        bound.send(&raw::extended(2, raw::WHO_AM_I));
        assert_eq!(bound.receive().unwrap().code(), 0);
    });
}

#[test]
fn a_client_that_reads_nothing_is_given_up() {
    serve(["write_timeout = \"1s\""], |demo, server| {
        let (account, ada) = (&demo.acme().service_account, demo.acme().user("ada"));
        let mut deaf = Raw::bound(&server.ldap, &account.dn, &account.password);
        // The largest entry there is, over and over: its answers fill every buffer on the way back.
        let whole = raw::search_for("+", "cn=subschema", 0, raw::present("objectClass"));
        let asked = raw::message(2, whole).repeat(10_000);
        // Once the server takes no more, a write waits: for the end of the connection.
        let ended = std::iter::repeat_with(|| deaf.try_send(&asked)).find_map(Result::err).unwrap();
        let gone = matches!(ended.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe);
        assert!(gone, "{ended}");
        assert_eq!(server.ldap().as_user(ada).who_am_i().code, 0);
    });
}

#[test]
fn a_handshake_that_is_begun_and_not_finished_is_given_up() {
    let Some(site) = Site::new() else { return };
    // The second is shorter than what a handshake may take where nothing is set.
    let site = site.set("tls", "handshake_timeout = \"1s\"");
    let site = site.set("ldap", "anonymous_timeout = \"8s\"");
    let server = site.serve();
    let mut patient = Raw::connect(&server.ldap);
    let mut behind = Raw::connect(&server.ldap);
    behind.send(&raw::extended(1, raw::START_TLS));
    assert_eq!(behind.receive().unwrap().code(), 0);
    let mut halves = [Raw::connect(&server.ldaps), behind];
    for half in &mut halves {
        half.send(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01]);
    }
    for half in &mut halves {
        assert!(!half.ends_with_an_answer());
    }
    patient.send(&raw::extended(1, raw::WHO_AM_I));
    assert_eq!(patient.receive().unwrap().code(), 0);
}

#[test]
fn more_connections_than_allowed_are_closed_whichever_listener_they_come_to() {
    serve(["connections = 3"], |_, server| {
        let who = raw::extended(1, raw::WHO_AM_I);
        let secure = Raw::connect(&server.ldaps).secure(&server.ca_file).unwrap();
        let mut open = [Raw::connect(&server.ldap), Raw::connect(&server.cleartext), secure];
        for connection in &mut open {
            connection.send(&who);
            assert_eq!(connection.receive().unwrap().code(), 0);
        }
        let answered = |address: &str| {
            let mut raw = Raw::connect(address);
            // It may be closed before the request arrives.
            drop(raw.try_send(&who));
            raw.receive().map(|answer| answer.code())
        };
        assert_eq!([answered(&server.ldap), answered(&server.cleartext)], [None, None]);
        let [first, mut second, _third] = open;
        drop(first);
        // The daemon may hear of the end a moment later.
        assert!((0..10_000).any(|_| answered(&server.cleartext) == Some(0)));
        second.send(&who);
        assert_eq!(second.receive().unwrap().code(), 0);
    });
}

#[test]
fn no_more_requests_of_a_connection_are_worked_on_at_once_than_allowed() {
    const PEOPLE: usize = 10;
    let Some(mut office) = Office::alone() else { return };
    let keys = long_ssh_keys();
    for person in 0..PEOPLE {
        let login = format!("u{person}");
        let fields = json!({"login": login, "display_name": "X", "surname": "X", "ssh_keys": keys});
        office.make("users", &fields);
    }
    let account = office.make("service-accounts", &json!({"name": "reader"}));
    let (dn, password) = (account["dn"].as_str().unwrap(), account["password"].as_str().unwrap());
    Arc::get_mut(&mut office.demo).unwrap().daemon().stop();
    let search = raw::search_for("*", &office.base, 2, raw::present("uid"));
    let asked = [raw::message(2, search), raw::cancel(3, 2)].concat();
    // What is beyond waits until there is nothing left to cancel.
    for (at_once, searched, cancelled) in [(1, 0, 119), (2, 118, 0)] {
        let site = Site::of_demo(office.demo.folder()).unwrap();
        let site = site
            .set("ldap", "cleartext_bind = true")
            .set("ldap", "output_buffer = \"16KiB\"")
            .set("ldap", format!("requests_in_flight = {at_once}"));
        let server = site.serve();
        let mut raw = Raw::bound(&server.ldap, dn, password);
        raw.send(&asked);
        let messages = raw.receive_all_of(2);
        assert_eq!(messages.last().unwrap().code(), searched, "{at_once}");
        assert_eq!(messages.len() == PEOPLE + 1, at_once == 1, "{at_once}: {}", messages.len());
        assert_eq!(raw.receive().unwrap().code(), cancelled, "{at_once}");
    }
}
