//! A copy of the data that is made while the daemon stands still is a backup.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::crash::{WRITERS, logins, write};
use crate::harness::demo::Demo;
use crate::harness::server::Site;
use crate::harness::{PATIENCE, pause};

/// Acknowledged writes after which the daemon is made to stand still.
const ENOUGH: usize = 20;
/// How long until it is looked again whether it does.
const MOMENT: Duration = Duration::from_millis(5);

/// Waits until each thread of the daemon that has a folder of data stands still.
fn stands_still(data: &Path) {
    let owner = std::fs::read_to_string(data.join("tenantry.lock")).unwrap();
    let process = owner.trim().strip_prefix("process ").unwrap();
    let tasks = Path::new("/proc").join(process).join("task");
    let is_stopped = |task: &Path| {
        let told = std::fs::read_to_string(task.join("stat")).unwrap_or_default();
        // Behind the name, in which anything may be. A thread that is gone does nothing either.
        told.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('T'))
    };
    for _ in 0..PATIENCE.as_millis() / MOMENT.as_millis() {
        let mut threads = std::fs::read_dir(&tasks).unwrap();
        if threads.all(|thread| is_stopped(&thread.unwrap().path())) {
            return;
        }
        pause(MOMENT);
    }
    panic!("the daemon goes on");
}

#[test]
fn a_copy_of_what_stands_still_in_the_middle_of_writes_has_all_that_was_acknowledged() {
    let Some(mut demo) = Demo::own() else { return };
    let acme = demo.acme().clone();
    let api = demo.api_as_top();
    let copied = demo.folder().join("copied");
    std::fs::create_dir(&copied).unwrap();
    let (tell, told) = channel();
    let over = AtomicBool::new(false);
    let mut acknowledged = Vec::new();
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let prefix = format!("b{writer}x");
            let (api, tell, over, acme) = (&api, tell.clone(), &over, &acme.id);
            scope.spawn(move || write(api, acme, &prefix, &tell, over));
        }
        drop(tell);
        acknowledged.extend(told.iter().take(ENOUGH));
        demo.daemon().signal(Signal::SIGSTOP);
        stands_still(&demo.folder().join("demo/data"));
        acknowledged.extend(told.try_iter());
        let copying =
            Command::new("cp").arg("-a").arg(demo.folder().join("demo")).arg(&copied).status();
        demo.daemon().signal(Signal::SIGCONT);
        // It goes on, and what it writes from here on is not in the copy.
        let went_on = told.iter().nth(WRITERS * 2);
        demo.daemon().kill_at_once();
        over.store(true, Ordering::Relaxed);
        assert!(copying.unwrap().success() && went_on.is_some());
    });
    let site = Site::of_demo(&copied).unwrap();
    let said = site.command(&["check"], "");
    assert_eq!((said.code, said.stdout.lines().count()), (0, 1), "{said:?}");
    let server = site.serve();
    let top = server.api().key(&demo.admin_api.tokens.administrator_with_billing);
    let present = logins(&top, &acme.id);
    let missing = acknowledged.iter().filter(|login| !present.contains(*login));
    let missing: Vec<&String> = missing.collect();
    assert!(missing.is_empty(), "{missing:?}");
    let service = server.ldaps().as_service(&acme.service_account);
    let found = service.search(&acme.base, "sub", "(uid=ada)", &["uid"]);
    assert_eq!(found.only().value("uid"), "ada");
}
