//! Imports of an organization that may have only so many users.

use super::*;
use crate::access::ManageOrganizations;
use crate::records::{CapKind, Capped};

#[test]
fn a_hard_cap_leaves_rows_in_error_when_they_are_checked_and_when_they_are_applied() {
    let world = World::new();
    let acme = world.organization("acme");
    let cap = |most| {
        let set = world.change(move |change| {
            let mut grant = change.authorize::<ManageOrganizations>(acme)?;
            grant.caps(Capped::Users)?.set(None, Some(most), CapKind::Hard)
        });
        set.unwrap();
    };
    let numbered = || {
        let rows = ["ada", "bob", "eve"].into_iter().zip(2..);
        rows.map(|(login, line)| person(line, login, |_| {})).collect::<Vec<_>>()
    };
    let verdicts = |id| {
        let outcomes = world.outcomes(acme, id);
        outcomes.into_iter().map(|outcome| outcome.verdict).collect::<Vec<_>>()
    };
    let (create, error) = (Verdict::Create, Verdict::Error);
    cap(2);
    let id = world.import(acme, ImportFields { dry_run: true, ..asked() }, numbered());
    world.work();
    assert_eq!(verdicts(id), [create, create, error]);
    let reason = world.outcomes(acme, id)[2].reason.clone().unwrap();
    assert_eq!(reason, "the organization may have 2 users and has 2");
    // The cap may sink between the check and the last row.
    cap(3);
    let id = world.import(acme, ImportFields { leave_out_errors: true, ..asked() }, numbered());
    while world.state(acme, id).state == ImportState::Checking {
        world.directory.advance_imports(world.now(), &|| true).unwrap();
    }
    assert_eq!(verdicts(id), [create, create, create]);
    cap(1);
    world.work();
    assert_eq!(verdicts(id), [create, error, error]);
    assert!(world.found(acme, "ada").is_some() && world.found(acme, "bob").is_none());
    cap(0);
    let joe = vec![person(2, "joe", |_| {})];
    let id = world.import(acme, ImportFields { dry_run: true, ..asked() }, joe);
    world.work();
    let reason = world.outcomes(acme, id)[0].reason.clone().unwrap();
    assert_eq!(reason, "the organization may have 0 users and has 1");
    world.assert_sound();
}
