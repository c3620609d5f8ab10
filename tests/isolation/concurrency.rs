//! Identities that change on one connection, and many connections at once.

use std::thread;

use crate::harness::ber::octets;
use crate::harness::demo::Demo;
use crate::harness::description::{Organization, User};
use crate::harness::raw::{Raw, WHO_AM_I, bind, equal, extended, search};

/// Binds, and asks who one is and for whom one finds: all in one write.
fn turn(raw: &mut Raw, id: i64, organization: &Organization, user: &User) {
    let filter = || equal("uid", &user.login);
    raw.send(
        &[
            bind(id, &user.dn, &user.password),
            extended(id + 1, WHO_AM_I),
            search(id + 2, &organization.base, 2, filter()),
            search(id + 3, "", 2, filter()),
        ]
        .concat(),
    );
    assert_eq!(raw.receive().unwrap().code(), 0);
    let who = String::from_utf8_lossy(&raw.receive().unwrap().content).into_owned();
    assert!(who.contains(&user.dn), "{who}");
    for id in [id + 2, id + 3] {
        let found = raw.receive_all_of(id);
        let entries: Vec<_> = found.iter().filter(|message| message.operation == 0x64).collect();
        assert_eq!(entries.len(), 1, "{found:?}");
        assert!(entries[0].content.starts_with(&octets(&user.dn)), "{entries:?}");
    }
}

#[test]
fn fifty_rebinds_on_one_connection_never_show_the_other_organization() {
    let demo = Demo::shared();
    let mut raw = Raw::to(&demo);
    for (number, id) in (0..50).zip((1..).step_by(4)) {
        let organization = [demo.acme(), demo.globex()][number % 2];
        turn(&mut raw, id, organization, organization.user("ada"));
        let other = [demo.acme(), demo.globex()][(number + 1) % 2];
        raw.send(&search(1_000, &other.base, 2, equal("uid", "ada")));
        let found = raw.receive_all_of(1_000);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].code(), 32);
    }
}

#[test]
fn eight_connections_that_change_identities_at_once_see_each_their_own() {
    let demo = Demo::shared();
    thread::scope(|scope| {
        for first in 0..8 {
            let demo = &demo;
            scope.spawn(move || {
                let mut raw = Raw::to(demo);
                for (number, id) in (first..first + 25).zip((1..).step_by(4)) {
                    let organization = [demo.acme(), demo.globex()][number % 2];
                    turn(&mut raw, id, organization, organization.user("ada"));
                }
            });
        }
    });
}
