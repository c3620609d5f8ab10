//! Who may have rows imported, and until when.

use super::*;

#[test]
fn who_may_not_any_more_has_nothing_imported_and_what_waits_too_long_ends() {
    let world = World::new();
    let acme = world.organization("acme");
    let manager = world.admin(Place::Provider, Role::Manager, AdminScope::All);
    let dry = ImportFields { dry_run: true, ..asked() };
    let begun = world.directory.change(manager, move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        let mut imports = grant.imports();
        let (id, _) = imports.create(dry)?;
        let upload = imports.begin_upload(id)?;
        imports.append(id, upload, &[person(2, "ada", |_| {})])?;
        imports.finish_upload(id, upload, 0)?;
        Ok(id)
    });
    let id = begun.unwrap();
    world.work();
    let applied = world.directory.change(manager, move |change| {
        change.authorize::<ManageIdentities>(acme)?.imports().apply(id, None, false)
    });
    applied.unwrap();
    let number = manager.actor.admin().unwrap().number;
    let suspended = world.change(move |change| {
        change.authorize_provider()?.admins().update(number, None, |admin| {
            admin.state = AdminState::Suspended;
            Ok(())
        })
    });
    suspended.unwrap();
    world.work();
    assert!(matches!(world.state(acme, id).state, ImportState::Failed(_)));
    assert!(world.found(acme, "ada").is_none());

    let waiting = world.import(acme, ImportFields { dry_run: true, ..asked() }, Vec::new());
    world.work();
    assert_eq!(world.state(acme, waiting).state, ImportState::Checked);
    world.pass(8 * DAY);
    world.work();
    assert_eq!(world.state(acme, waiting).state, ImportState::Cancelled);
}

#[test]
fn who_uploads_or_applies_is_who_asks() {
    let world = World::new();
    let acme = world.organization("acme");
    let manager = world.admin(Place::Provider, Role::Manager, AdminScope::All);
    let dry = ImportFields { dry_run: true, ..asked() };
    let id = world.import(acme, dry, vec![person(2, "ada", |_| {})]);
    let first = world.state(acme, id);
    world.work();
    let applied = world.directory.change(manager, move |change| {
        change.authorize::<ManageIdentities>(acme)?.imports().apply(id, None, false)
    });
    let applied = applied.unwrap();
    assert_ne!((&applied.asker, &applied.asked_by), (&first.asker, &first.asked_by));
    assert_eq!(Some(applied.asker.admin), manager.actor.admin());
    world.work();
    assert_eq!(world.state(acme, id).state, ImportState::Done);

    let fields = asked();
    let id = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        Ok(grant.imports().create(fields)?.0)
    });
    let id = id.unwrap();
    let uploaded = world.directory.change(manager, move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        let mut imports = grant.imports();
        let upload = imports.begin_upload(id)?;
        imports.finish_upload(id, upload, 0)
    });
    assert_eq!(uploaded.unwrap().asker, applied.asker);
}

/// An API key of a manager.
pub(super) fn key(world: &World) -> Context {
    let fields = AdminFields { api_access: true, ..fields("ops", Role::Manager, AdminScope::All) };
    world.token(Place::Provider, fields, Narrowing::default(), TokenPurpose::ApiKey)
}

/// An import that a key asked for and all of whose rows came.
pub(super) fn asked_by(
    world: &World,
    by: Context,
    acme: OrganizationId,
    dry_run: bool,
) -> ImportId {
    let fields = ImportFields { dry_run, ..asked() };
    let rows: Vec<Row> =
        (0..9).map(|number| person(number + 2, &format!("u{number}"), |_| {})).collect();
    let begun = world.directory.change(by, move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        let mut imports = grant.imports();
        let (id, _) = imports.create(fields)?;
        let upload = imports.begin_upload(id)?;
        for rows in rows.chunks(3) {
            imports.append(id, upload, rows)?;
        }
        imports.finish_upload(id, upload, 0)?;
        Ok(id)
    });
    begun.unwrap()
}

/// Changes a key, or takes it away, past every check.
pub(super) fn edit_key(
    world: &World,
    by: Context,
    edit: impl FnOnce(&mut Token) -> bool + Send + 'static,
) {
    let Who::Admin { token, .. } = by.actor.0 else { panic!("no admin") };
    let (home, number) = (token.home.partition(), crate::id::RecordId::record(token.number));
    let done = world.directory.inner.store.write(move |change| {
        let mut found: Token = storage::Reading::get(change, home, number)?.unwrap();
        match edit(&mut found) {
            true => change.put(home, number, &found)?,
            false => drop(change.delete::<Token>(home, number)?),
        }
        Ok::<_, Error>(())
    });
    done.unwrap();
}

fn why(import: &Import) -> &str {
    let ImportState::Failed(why) = &import.state else { panic!("{import:?}") };
    why
}

#[test]
fn a_key_that_is_revoked_or_narrowed_ends_its_import_in_the_check_and_in_the_work() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let (revoked, narrowed) = (key(&world), key(&world));
    let id = asked_by(&world, revoked, acme, false);
    edit_key(&world, revoked, |_| false);
    world.work();
    let ended = world.state(acme, id);
    assert!(why(&ended).contains("does not count any more") && ended.checked == 0, "{ended:?}");

    let id = asked_by(&world, narrowed, acme, false);
    // The check, and the first chunk.
    assert!(world.directory.advance_imports(world.now(), &|| true).unwrap());
    assert!(world.directory.advance_imports(world.now(), &|| true).unwrap());
    edit_key(&world, narrowed, move |key| {
        key.narrowing.organizations = Some(vec![beta]);
        true
    });
    world.work();
    let ended = world.state(acme, id);
    assert!(why(&ended).contains("does not see") && ended.done.create == 3, "{ended:?}");

    let lower = key(&world);
    let id = asked_by(&world, lower, acme, true);
    edit_key(&world, lower, |key| {
        key.narrowing.role = Some(Role::HelpDesk);
        true
    });
    world.work();
    assert!(why(&world.state(acme, id)).contains("manage_identities"));
}

#[test]
fn a_session_may_end_while_its_import_goes_on_but_not_its_admins_rights() {
    let world = World::new();
    let acme = world.organization("acme");
    let manager = world.admin(Place::Provider, Role::Manager, AdminScope::All);
    let id = asked_by(&world, manager, acme, false);
    edit_key(&world, manager, |_| false);
    world.work();
    assert_eq!(world.state(acme, id).state, ImportState::Done);
    let other = world.admin(Place::Provider, Role::Manager, AdminScope::All);
    let id = asked_by(&world, other, acme, true);
    let number = other.actor.admin().unwrap().number;
    let networks = world.change(move |change| {
        change.authorize_provider()?.admins().update(number, None, |admin| {
            admin.fields.sources = vec!["198.51.100.0/24".parse().unwrap()];
            Ok(())
        })
    });
    networks.unwrap();
    world.work();
    assert!(why(&world.state(acme, id)).contains("does not count any more"), "by networks");
}
