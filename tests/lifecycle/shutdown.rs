//! The end of the process.

use std::os::unix::process::ExitStatusExt;
use std::sync::mpsc::channel;
use std::thread;

use nix::sys::signal::Signal;
use serde_json::json;

use crate::harness::demo::Demo;
use crate::harness::raw::{self, Raw};
use crate::harness::server::Site;

#[test]
fn sigterm_under_load_ends_in_order_and_loses_nothing_that_was_acknowledged() {
    let Some(mut demo) = Demo::own() else { return };
    let (acme, api) = (demo.acme().clone(), demo.api_as_top());
    let ada = acme.user("ada").clone();
    let (address, path) = (demo.ldap.clone(), format!("/v1/organizations/{}/users", acme.id));
    let (tell, told) = channel();
    let mut acknowledged = Vec::new();
    thread::scope(|scope| {
        let writes = tell.clone();
        scope.spawn(move || {
            for number in 0.. {
                let login = format!("load{number}");
                let user = json!({"login": login, "display_name": "L", "surname": "L"});
                if api.post(&path, &user).status != 201 {
                    return;
                }
                writes.send(Some(login)).unwrap();
            }
        });
        for _ in 0..3 {
            let (tell, address, ada) = (tell.clone(), &address, &ada);
            scope.spawn(move || {
                let mut raw = Raw::bound(address, &ada.dn, &ada.password);
                for id in 2.. {
                    let sent = raw.try_send(&raw::search(id, &ada.dn, 0, raw::present("uid")));
                    let answered = sent.is_ok().then(|| raw.receive()).flatten();
                    if answered.is_none_or(|answer| answer.is_notice()) {
                        return;
                    }
                    tell.send(None).unwrap();
                }
            });
        }
        drop(tell);
        // Load is on when each kind of work was done many times.
        let mut count = 0;
        while count < 300 || acknowledged.len() < 3 {
            acknowledged.extend(told.recv().unwrap());
            count += 1;
        }
        demo.daemon().signal(Signal::SIGTERM);
        acknowledged.extend(told.iter().flatten());
    });
    let status = demo.daemon().ends();
    assert_eq!(status.code(), Some(0), "{}", demo.daemon().log());
    // Clients that never pause do not hold the end up.
    assert!(!demo.daemon().log().contains("stopping at once"), "{}", demo.daemon().log());
    demo.start_again();
    let service = demo.ldap().as_service(&acme.service_account);
    for login in acknowledged {
        let found = service.search(&acme.user_dn(&login), "base", "(objectClass=*)", &["1.1"]);
        assert_eq!(found.code, 0, "{login} was acknowledged and is gone");
    }
    demo.daemon().stop();
    super::crash::is_sound(&demo);
}

#[test]
fn what_was_asked_before_sigterm_is_answered_before_the_notice() {
    let Some(mut demo) = Demo::own() else { return };
    // Each costs a hash, so most of them wait for a thread when the signal comes.
    let mut waiting: Vec<Raw> = (0..40)
        .map(|number| {
            let mut raw = Raw::to(&demo);
            raw.send(&raw::bind(1, &demo.acme().user_dn(&format!("nobody{number}")), "wrong"));
            raw
        })
        .collect();
    let mut last = waiting.pop().unwrap();
    let mut first = waiting.remove(0);
    assert_eq!(first.receive().unwrap().code(), 49);
    // All were read once the one that came last was.
    last.send(&raw::extended(2, raw::WHO_AM_I));
    demo.daemon().signal(Signal::SIGTERM);
    for mut connection in waiting {
        let words = connection.receive_to_end();
        let [answer, notice] = &words[..] else { panic!("{words:?}") };
        assert_eq!((answer.id, answer.code()), (1, 49));
        assert!(notice.is_notice(), "{notice:?}");
    }
    assert!(demo.daemon().ends().success());
}

#[test]
fn idle_connections_do_not_hold_the_end_up() {
    let Some(mut demo) = Demo::own() else { return };
    let mut idle: Vec<Raw> = (0..50).map(|_| Raw::to(&demo)).collect();
    // All are accepted once one that came later has been answered.
    let ada = demo.acme().user("ada").clone();
    assert_eq!(demo.ldap().as_user(&ada).who_am_i().code, 0);
    demo.daemon().stop();
    for connection in &mut idle {
        connection.receive_to_end();
    }
    assert!(!demo.daemon().log().contains("stopping at once"), "{}", demo.daemon().log());
}

#[test]
fn a_second_sigterm_ends_what_a_slow_client_holds_up() {
    let Some(site) = Site::new() else { return };
    let site = site.set("lifecycle", "drain = \"1h\"").set("admin_api", "header_timeout = \"1m\"");
    let mut server = site.serve();
    // A handshake that never ends holds the drain up.
    let mut slow = Raw::connect(&server.ldaps);
    slow.send(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01]);
    server.daemon.signal(Signal::SIGTERM);
    assert!(server.daemon.hears("STOPPING=1"));
    server.daemon.signal(Signal::SIGTERM);
    let status = server.daemon.ends();
    assert_eq!((status.code(), status.signal()), (Some(0), None), "{}", server.daemon.log());
}

#[test]
fn sigint_ends_in_order_as_well() {
    let Some(mut demo) = Demo::own() else { return };
    demo.daemon().signal(Signal::SIGINT);
    assert!(demo.daemon().ends().success());
}
