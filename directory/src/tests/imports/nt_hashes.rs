//! NT hashes of other systems, alone and beside another hash.

use super::super::ms_chap::{ask, client, counterproof};
use super::*;
use crate::access::Identity;
use crate::authentication::{Door, NtHash};
use crate::records::Settings;

/// What a user has who comes with it, of [`RIGHT`].
fn nt_hash() -> Option<NtHash> {
    NtHash::of(&password(RIGHT))
}

/// An organization that opted in, or did not, and how somebody answers a challenge there.
fn office(world: &World, ms_chap: bool) -> (OrganizationId, Door) {
    let acme = world.organization_with("acme", Settings { ms_chap, ..Settings::default() });
    (acme, client(world, acme))
}

fn is_proven(world: &World, gate: (OrganizationId, Door), text: &str) -> bool {
    counterproof(ask(world, gate, "ada", text)).is_some()
}

fn hash_of(world: &World, organization: OrganizationId) -> String {
    let snapshot = world.directory.inner.store.read().unwrap();
    let user = crate::records::indices::USER_LOGIN;
    let id = storage::Reading::find_first(&snapshot, organization.partition(), user, b"ada");
    let id: crate::id::UserId = crate::id::RecordId::from_record(id.unwrap().unwrap()).unwrap();
    world.credential(organization, Identity::User(id)).hash.unwrap()
}

#[test]
fn who_comes_with_an_nt_hash_alone_signs_in_by_it_and_by_the_password() {
    let world = World::new();
    let gate = office(&world, true);
    let acme = gate.0;
    let row = || person(2, "ada", |user| user.nt_hash = nt_hash());
    let id = world.import(acme, asked(), vec![row()]);
    world.work();
    assert_eq!(world.state(acme, id).done.create, 1, "{:?}", world.outcomes(acme, id));
    let made = hash_of(&world, acme);
    assert!(made.starts_with("{NT-ARGON2}$argon2id$"), "{made}");
    assert!(is_proven(&world, gate, RIGHT) && !is_proven(&world, gate, "wrong"));
    assert!(!accepted(&world.bind(acme, "ada", "wrong")));
    assert!(accepted(&world.bind(acme, "ada", RIGHT)));
    // The pool has one thread: when it has done this, it has made the new hash.
    world.bind(acme, "ada", "wrong again");
    assert!(hash_of(&world, acme).starts_with("$argon2id$"));
    assert!(is_proven(&world, gate, RIGHT));

    let all = ImportFields {
        on_conflict: OnConflict::Update,
        passwords: PasswordsOf::AllUsers,
        ..asked()
    };
    let id = world.import(acme, all.clone(), vec![row()]);
    world.work();
    assert_eq!(world.state(acme, id).done.unchanged, 1, "it is the one that is kept");
    let other = person(2, "ada", |user| {
        user.nt_hash = NtHash::of(&password("another horse battery"));
    });
    let id = world.import(acme, all, vec![other]);
    world.work();
    assert_eq!(world.state(acme, id).done.update, 1);
    assert!(!is_proven(&world, gate, RIGHT) && is_proven(&world, gate, "another horse battery"));
    // The password itself counts though nothing is kept for challenges any more.
    world.set(acme, |settings| settings.ms_chap = false);
    assert!(!is_proven(&world, gate, "another horse battery"));
    assert!(!accepted(&world.bind(acme, "ada", RIGHT)));
    assert!(accepted(&world.bind(acme, "ada", "another horse battery")));
    world.assert_sound();
}

#[test]
fn an_nt_hash_beside_another_hash_is_taken_along() {
    let world = World::new();
    let gate = office(&world, true);
    let acme = gate.0;
    let row = person(2, "ada", |user| {
        user.password = Some(RowPassword::Hash(hash()));
        user.nt_hash = nt_hash();
    });
    let id = world.import(acme, asked(), vec![row]);
    world.work();
    assert!(world.outcomes(acme, id)[0].notes.is_empty());
    assert_eq!(hash_of(&world, acme), hash());
    assert!(is_proven(&world, gate, RIGHT));
    assert!(accepted(&world.bind(acme, "ada", RIGHT)));
}

#[test]
fn an_organization_that_did_not_opt_in_keeps_none_and_says_so() {
    let world = World::new();
    let gate = office(&world, false);
    let acme = gate.0;
    let rows = vec![
        person(2, "ada", |user| {
            user.password = Some(RowPassword::Hash(hash()));
            user.nt_hash = nt_hash();
        }),
        person(3, "bob", |user| user.nt_hash = nt_hash()),
    ];
    let id = world.import(acme, asked(), rows);
    world.work();
    let outcomes = world.outcomes(acme, id);
    assert!(outcomes[0].notes[0].contains("ms_chap"), "{outcomes:?}");
    assert_eq!(outcomes[1].column.as_deref(), Some("nt_hash"));
    assert!(outcomes[1].reason.as_ref().is_some_and(|why| why.contains("switch it on")));
    assert_eq!(world.state(acme, id).state, ImportState::Checked);
    world.act(acme, move |imports| imports.apply(id, None, true)).unwrap();
    world.work();
    assert!(world.found(acme, "bob").is_none());
    assert!(accepted(&world.bind(acme, "ada", RIGHT)));
    let snapshot = world.directory.inner.store.read().unwrap();
    let kind = crate::records::kinds::NT_HASH;
    let kept = |id: &u64| storage::Reading::secret(&snapshot, acme.partition(), kind, *id);
    assert_eq!((0..100).filter(|id| kept(id).unwrap().is_some()).count(), 0);
    world.assert_sound();
}
