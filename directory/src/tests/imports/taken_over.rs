//! Hashes that take the place of a password, where the policy has users change what somebody else set.

use super::rights::edit_key;
use super::*;
use crate::access::Identity;
use crate::authentication::NtHash;
use crate::records::Settings;

/// A hash of another password than [`RIGHT`].
const OTHER: &str = "$5$salt$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8";

/// An organization whose policy demands a change, or does not, with somebody who came with a hash.
fn office(world: &World, change_after_reset: bool) -> OrganizationId {
    let mut settings = Settings { ms_chap: true, ..Settings::default() };
    settings.password_policy.change_after_reset = change_after_reset;
    let acme = world.organization_with("acme", settings);
    let row = person(2, "ada", |user| user.password = Some(RowPassword::Hash(hash())));
    world.import(acme, asked(), vec![row]);
    world.work();
    assert!(!must_change(world, acme), "it is of a password that its owner chose");
    acme
}

fn staff(world: &World, role: Role) -> Context {
    world.admin(Place::Provider, role, AdminScope::All)
}

/// An import that is to set a password of somebody who is there.
fn asked_for(
    world: &World,
    by: Context,
    acme: OrganizationId,
    edit: impl FnOnce(&mut UserRow),
) -> ImportId {
    begun(world, by, (acme, false), edit)
}

/// The same, which applies nothing by itself where it is a dry run.
fn begun(
    world: &World,
    by: Context,
    (acme, dry_run): (OrganizationId, bool),
    edit: impl FnOnce(&mut UserRow),
) -> ImportId {
    let (on_conflict, passwords) = (OnConflict::Update, PasswordsOf::AllUsers);
    let fields = ImportFields { on_conflict, passwords, dry_run, ..asked() };
    let row = person(2, "ada", edit);
    let begun = world.directory.change(by, move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        let mut imports = grant.imports();
        let (id, _) = imports.create(fields)?;
        let upload = imports.begin_upload(id)?;
        imports.append(id, upload, &[row])?;
        imports.finish_upload(id, upload, 0)?;
        Ok(id)
    });
    begun.unwrap()
}

/// The same with a hash, done; tells whether the user must change the password then, as the row does
/// where it sets one.
fn takes_over(world: &World, by: Context, acme: OrganizationId, hash: &str) -> bool {
    let password = Some(RowPassword::Hash(hash.to_owned()));
    let id = asked_for(world, by, acme, |user| user.password = password);
    world.work();
    assert_eq!(world.state(acme, id).state, ImportState::Done);
    let (row, must_change) = (world.outcomes(acme, id).remove(0), must_change(world, acme));
    let is_set = row.verdict == Verdict::Update;
    assert_eq!(is_noted(&row), is_set && must_change, "{row:?}");
    must_change
}

/// Whether a row says that its user must change the password.
fn is_noted(row: &RowOutcome) -> bool {
    row.notes.iter().any(|note| note.contains("must change the password"))
}

fn must_change(world: &World, acme: OrganizationId) -> bool {
    let reading = world.directory.read(world.top()).unwrap();
    let users = reading.authorize::<View>(acme).unwrap().users();
    let ada = users.named("ada").unwrap().unwrap();
    world.credential(acme, Identity::User(ada)).must_change
}

#[test]
fn only_who_manages_the_policy_puts_a_hash_in_the_place_of_another_for_good() {
    let world = World::new();
    let acme = office(&world, true);
    let (manager, above) = (staff(&world, Role::Manager), staff(&world, Role::Administrator));
    assert!(!takes_over(&world, manager, acme, &hash()), "it is the same");
    assert!(takes_over(&world, manager, acme, OTHER));
    assert!(takes_over(&world, above, acme, OTHER), "it is the same, and still to be changed");
    assert!(!takes_over(&world, above, acme, &hash()));
    assert!(takes_over(&world, manager, acme, OTHER));
    world.assert_sound();
}

#[test]
fn who_asked_for_an_import_spares_the_change_though_the_session_has_ended() {
    let world = World::new();
    let acme = office(&world, true);
    for (role, demanded) in [(Role::Administrator, false), (Role::Manager, true)] {
        let by = staff(&world, role);
        let password = if demanded { hash() } else { OTHER.to_owned() };
        let edit = |user: &mut UserRow| user.password = Some(RowPassword::Hash(password));
        asked_for(&world, by, acme, edit);
        edit_key(&world, by, |_| false);
        world.work();
        assert_eq!(must_change(&world, acme), demanded, "{role:?}");
    }
}

#[test]
fn an_nt_hash_that_comes_beside_the_same_hash_is_one_that_somebody_may_know() {
    let world = World::new();
    let acme = office(&world, true);
    for (role, demanded) in [(Role::Administrator, false), (Role::Manager, true)] {
        let text = format!("chosen by {role:?}");
        let id = asked_for(&world, staff(&world, role), acme, |user| {
            user.password = Some(RowPassword::Hash(hash()));
            user.nt_hash = NtHash::of(&password(&text));
        });
        world.work();
        assert_eq!(world.state(acme, id).state, ImportState::Done);
        assert_eq!(must_change(&world, acme), demanded, "{role:?}");
        assert_eq!(is_noted(&world.outcomes(acme, id)[0]), demanded, "{role:?}");
    }
}

#[test]
fn a_dry_run_says_who_must_change_the_password_and_who_applies_it_may_spare_that() {
    let world = World::new();
    let acme = office(&world, true);
    let (manager, above) = (staff(&world, Role::Manager), staff(&world, Role::Administrator));
    for (by, demanded) in [(above, false), (manager, true)] {
        let hash = if demanded { hash() } else { OTHER.to_owned() };
        let edit = |user: &mut UserRow| user.password = Some(RowPassword::Hash(hash));
        let id = begun(&world, manager, (acme, true), edit);
        world.work();
        assert_eq!(world.state(acme, id).state, ImportState::Checked);
        assert!(is_noted(&world.outcomes(acme, id)[0]), "the manager's");
        let applied = world.directory.change(by, move |change| {
            change.authorize::<ManageIdentities>(acme)?.imports().apply(id, None, false)
        });
        applied.unwrap();
        world.work();
        assert_eq!(must_change(&world, acme), demanded);
        assert_eq!(is_noted(&world.outcomes(acme, id)[0]), demanded);
    }
}

#[test]
fn a_first_hash_and_a_policy_that_demands_nothing_leave_the_password_as_it_is() {
    let world = World::new();
    let acme = office(&world, false);
    let manager = staff(&world, Role::Manager);
    assert!(!takes_over(&world, manager, acme, OTHER));
    world.set(acme, |settings| settings.password_policy.change_after_reset = true);
    world.import(acme, asked(), vec![person(2, "eve", |_| {})]);
    world.work();
    let edit = |user: &mut UserRow| {
        user.fields.login = "eve".into();
        user.password = Some(RowPassword::Hash(hash()));
    };
    asked_for(&world, manager, acme, edit);
    world.work();
    assert!(accepted(&world.bind(acme, "eve", RIGHT)));
    let reading = world.directory.read(world.top()).unwrap();
    let users = reading.authorize::<View>(acme).unwrap().users();
    let eve = users.named("eve").unwrap().unwrap();
    let credential = world.credential(acme, Identity::User(eve));
    assert!(credential.hash.is_some() && !credential.must_change);
}
