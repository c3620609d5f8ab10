//! What was acknowledged is there after the process was killed.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use serde_json::json;

use crate::harness::curl::Api;
use crate::harness::demo::Demo;
use crate::harness::radius::Gear;
use crate::harness::server::Site;

/// Clients that write at the same time.
pub(super) const WRITERS: usize = 4;
/// Acknowledged writes after which the process is killed, each time a bit later in its work.
const ROUNDS: [usize; 3] = [5, 20, 40];

#[test]
fn whatever_was_acknowledged_is_there_after_kill_9_in_the_middle_of_writes() {
    let Some(mut demo) = Demo::own() else { return };
    let acme = demo.acme().clone();
    let mut acknowledged: HashSet<String> = HashSet::new();
    for (round, enough) in ROUNDS.into_iter().enumerate() {
        let api = demo.api_as_top();
        let (tell, told) = channel();
        let killed = AtomicBool::new(false);
        thread::scope(|scope| {
            for writer in 0..WRITERS {
                let prefix = format!("u{round}x{writer}x");
                let (api, tell, killed, acme) = (&api, tell.clone(), &killed, &acme.id);
                scope.spawn(move || write(api, acme, &prefix, &tell, killed));
            }
            drop(tell);
            acknowledged.extend(told.iter().take(enough));
            demo.daemon().kill_at_once();
            killed.store(true, Ordering::Relaxed);
            // Those that were acknowledged while the process was being killed.
            acknowledged.extend(told.iter());
        });
        demo.start_again();
        let present = logins(&demo.api_as_top(), &acme.id);
        let missing: Vec<&String> = acknowledged.difference(&present).collect();
        assert!(missing.is_empty(), "round {round} lost {missing:?}");
        assert!(acknowledged.len() >= enough);
    }
    let service = demo.ldap().as_service(&acme.service_account);
    let service = service.with(["-E", "pr=100/noprompt"]);
    let found = service.search(&acme.base, "sub", "(uid=u*)", &["uid"]);
    assert!(found.names().len() >= acknowledged.len());
    demo.daemon().stop();
    is_sound(&demo);
}

#[test]
fn a_session_whose_report_was_answered_is_there_after_kill_9() {
    let Some(mut demo) = Demo::own() else { return };
    let acme = demo.acme().clone();
    for round in 1..=3 {
        let gear = Gear::new(&demo.radius.acct, &acme.gear().secret);
        for number in 0..5 {
            let report = format!("Acct-Status-Type=Start,Acct-Session-Id={round}-{number}");
            let reply = gear.ask("acct", &report);
            assert!(reply.is("Accounting-Response"), "{reply:?}");
        }
        demo.daemon().kill_at_once();
        demo.start_again();
        let path = format!("/v1/organizations/{}/sessions?limit=200", acme.id);
        let kept = demo.api_as_top().get(&path).json();
        assert_eq!(kept["items"].as_array().unwrap().len(), round * 5);
    }
    demo.daemon().stop();
    is_sound(&demo);
}

/// Makes users until the daemon is gone, and tells of each that was acknowledged.
pub(super) fn write(
    api: &Api,
    organization: &str,
    prefix: &str,
    tell: &Sender<String>,
    killed: &AtomicBool,
) {
    for number in 0.. {
        let login = format!("{prefix}{number}");
        let user = json!({"login": login, "display_name": login, "surname": "Crash"});
        let made = api.post(&format!("/v1/organizations/{organization}/users"), &user);
        match made.status {
            201 => tell.send(login).unwrap(),
            0 => return,
            _ if killed.load(Ordering::Relaxed) => return,
            _ => panic!("{made:?}"),
        }
    }
}

/// The logins of all users, page by page.
pub(super) fn logins(api: &Api, organization: &str) -> HashSet<String> {
    let mut all = HashSet::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/organizations/{organization}/users?limit=100{cursor}");
        let page = api.get(&path).json();
        let items = page["items"].as_array().unwrap();
        all.extend(items.iter().map(|user| user["login"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { return all };
        cursor = format!("&cursor={next}");
    }
}

/// Asserts that every index of the store agrees with its records.
pub(super) fn is_sound(demo: &Demo) {
    let Some(site) = Site::of_demo(demo.folder()) else { return };
    let said = site.command(&["check"], "");
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(said.stdout.lines().count(), 1, "{said:?}");
}
