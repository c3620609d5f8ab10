//! Messages that were bent on the way: the daemon stays up, answers others, and stays small.

use crate::harness::demo::Demo;
use crate::harness::random::Random;
use crate::harness::raw::{self, Raw};
use crate::harness::resident::resident;

const MESSAGES: usize = 20_000;
/// Messages that are sent before their answers are looked at.
const BATCH: usize = 50;
/// KiB by which the daemon may grow.
const GROWTH: u64 = 50_000;

#[test]
fn thousands_of_bent_messages_neither_stop_the_daemon_nor_feed_it() {
    let Some(demo) = Demo::own() else { return };
    let (acme, ada) = (demo.acme(), demo.acme().user("ada"));
    let originals = [
        raw::bind(1, &ada.dn, "wrong"),
        raw::bind(1, &ada.dn, &ada.password),
        raw::search(2, &acme.base, 2, raw::equal("uid", "ada")),
        raw::search(2, &acme.base, 2, raw::present("objectClass")),
        raw::with_control(
            3,
            raw::search_operation(&acme.base, 1, raw::present("cn")),
            "1.2.840.113556.1.4.319",
            true,
        ),
        raw::extended(4, raw::WHO_AM_I),
        raw::abandon(5, 2),
    ];
    let mut random = Random::new(0x1da9);
    let before = resident(demo.pid);
    let start = raw::bind(1, &acme.service_account.dn, &acme.service_account.password);
    for _ in 0..MESSAGES / BATCH {
        let mut raw = Raw::to(&demo);
        let mut batch = start.clone();
        for _ in 0..BATCH {
            let mut message = random.one_of(&originals).clone();
            random.mutate(&mut message);
            batch.extend(message);
        }
        // The server may have hung up before all of it was sent.
        if raw.try_send(&batch).is_ok() {
            raw.finish_quietly();
        }
        raw.drain();
    }
    assert_eq!(demo.ldap().as_user(ada).who_am_i().code, 0);
    let after = resident(demo.pid);
    assert!(after < before + GROWTH, "grew from {before} to {after} KiB");
}
