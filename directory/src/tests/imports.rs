//! Imports: checked as a whole, applied in steps, and whatever comes in between.

mod cap;

use super::world::{DAY, RIGHT, World, accepted, fields, password, refusal};
use crate::access::{Context, ManageIdentities, Role, View, Who};
use crate::collections::{Member, MembershipChange};
use crate::error::Error;
use crate::events::{Action, EventActor, SubjectKind};
use crate::id::{ImportId, OrganizationId, Place};
use crate::imports::{
    Fault, GroupRow, Row, RowEntry, RowMember, RowOutcome, RowPassword, UserRow, Verdict,
};
use crate::records::{
    AdminFields, AdminScope, AdminState, GroupFields, Import, ImportFields, ImportState,
    MissingMembers, Narrowing, OnConflict, PasswordsOf, Token, TokenPurpose, UserFields, UserState,
};

fn asked() -> ImportFields {
    ImportFields {
        name: "people.csv".into(),
        reading: "{}".into(),
        on_conflict: OnConflict::Error,
        passwords: PasswordsOf::NewUsers,
        missing_members: MissingMembers::Error,
        leave_out_errors: false,
        dry_run: false,
    }
}

fn person(line: u64, login: &str, edit: impl FnOnce(&mut UserRow)) -> Row {
    let fields = UserFields { login: login.into(), ..UserFields::default() };
    let mut user = UserRow { fields, ..UserRow::default() };
    edit(&mut user);
    let alias = Some(format!("uid={login}"));
    Row { line, alias, entry: RowEntry::User(Box::new(user)), notes: Vec::new() }
}

fn team(line: u64, name: &str, members: Vec<RowMember>) -> Row {
    let fields = GroupFields { name: name.into(), ..GroupFields::default() };
    let entry = RowEntry::Group(Box::new(GroupRow { fields, members }));
    Row { line, alias: Some(format!("cn={name}")), entry, notes: Vec::new() }
}

fn alias(alias: &str, name: &str) -> RowMember {
    RowMember::Alias { alias: alias.into(), name: name.into() }
}

impl World {
    fn import(
        &self,
        organization: OrganizationId,
        fields: ImportFields,
        rows: Vec<Row>,
    ) -> ImportId {
        let made = self.change(move |change| {
            let mut grant = change.authorize::<ManageIdentities>(organization)?;
            let mut imports = grant.imports();
            let (id, _) = imports.create(fields)?;
            let upload = imports.begin_upload(id)?;
            for rows in rows.chunks(3) {
                imports.append(id, upload, rows)?;
            }
            imports.finish_upload(id, upload, 0)?;
            Ok(id)
        });
        made.unwrap()
    }

    fn work(&self) {
        while self.directory.advance_imports(self.now(), &|| true).unwrap() {}
    }

    fn state(&self, organization: OrganizationId, id: ImportId) -> Import {
        let reading = self.directory.read(self.top()).unwrap();
        reading.authorize::<View>(organization).unwrap().imports().read(id).unwrap()
    }

    fn outcomes(&self, organization: OrganizationId, id: ImportId) -> Vec<RowOutcome> {
        let reading = self.directory.read(self.top()).unwrap();
        let imports = reading.authorize::<View>(organization).unwrap().imports();
        let (mut outcomes, mut from) = (Vec::new(), Some(0));
        while let Some(place) = from {
            let page = imports.outcomes(id, place, None, 1_000).unwrap();
            outcomes.extend(page.outcomes);
            from = page.next;
        }
        outcomes
    }

    fn found(&self, organization: OrganizationId, login: &str) -> Option<crate::records::User> {
        let reading = self.directory.read(self.top()).unwrap();
        let users = reading.authorize::<View>(organization).unwrap().users();
        let id = users.named(login).unwrap()?;
        Some(users.read(id).unwrap())
    }

    fn groups_of(&self, organization: OrganizationId, login: &str) -> Vec<String> {
        let reading = self.directory.read(self.top()).unwrap();
        let grant = reading.authorize::<View>(organization).unwrap();
        let user = grant.users().named(login).unwrap().unwrap();
        let groups = grant.users().groups(user).unwrap();
        let name = |id| grant.groups().read(id).unwrap().fields.name;
        groups.into_iter().map(name).collect()
    }

    fn act(
        &self,
        organization: OrganizationId,
        act: impl FnOnce(
            &mut crate::collections::Imports<'_, &mut storage::Change<'_>>,
        ) -> Result<Import, Error>
        + Send
        + 'static,
    ) -> Result<Import, Error> {
        self.change(move |change| {
            act(&mut change.authorize::<ManageIdentities>(organization)?.imports())
        })
    }
}

/// `RIGHT` as OpenLDAP hashes it.
fn hash() -> String {
    use base64::Engine;
    use sha1::Digest;
    let digest = sha1::Sha1::new().chain_update(RIGHT).chain_update(b"salt").finalize();
    let text = [digest.as_slice(), b"salt"].concat();
    format!("{{SSHA}}{}", base64::engine::general_purpose::STANDARD.encode(text))
}

#[test]
fn people_and_groups_come_with_passwords_and_members_and_each_change_has_its_event() {
    let world = World::new();
    let acme = world.organization("acme");
    let rows = vec![
        team(2, "all", vec![alias("cn=staff", "staff")]),
        team(3, "staff", vec![alias("uid=ada", "ada"), RowMember::User("BOB".into())]),
        person(4, "ada", |user| user.password = Some(RowPassword::Hash(hash()))),
        person(5, "bob", |user| {
            user.password = Some(RowPassword::Clear(password("another horse battery")));
            user.fields.display_name = "Bob Builder".into();
        }),
        person(6, "eve", |user| {
            user.suspended = Some(true);
            user.groups = vec!["Staff".into()];
        }),
    ];
    let id = world.import(acme, asked(), rows);
    assert_eq!(world.state(acme, id).state, ImportState::Checking);
    world.work();
    let done = world.state(acme, id);
    assert_eq!((done.state, done.done.create, done.rows), (ImportState::Done, 5, 5));
    assert_eq!((done.checked, done.applied, done.joined), (5, 5, 5));
    assert!(accepted(&world.bind(acme, "ada", RIGHT)));
    assert!(accepted(&world.bind(acme, "bob", "another horse battery")));
    assert_eq!(world.groups_of(acme, "ada"), ["all", "staff"]);
    assert_eq!(world.groups_of(acme, "eve"), ["all", "staff"]);
    assert_eq!(world.found(acme, "bob").unwrap().fields.surname, "Builder");
    assert_eq!(world.found(acme, "eve").unwrap().state, UserState::Suspended);
    let events = world.events(Place::Organization(acme), 100);
    let of = |action, kind| {
        let such = |event: &&crate::events::Event| {
            event.action == action && event.subject.as_ref().is_some_and(|it| it.kind == kind)
        };
        events.iter().filter(such).count()
    };
    assert_eq!(of(Action::Created, SubjectKind::User), 3);
    assert_eq!(of(Action::Created, SubjectKind::Group), 2);
    let by_admin = |event: &crate::events::Event| matches!(event.actor, EventActor::Admin { .. });
    let made = events.iter().filter(|event| event.action == Action::Created);
    assert!(made.clone().all(by_admin) && made.clone().all(|event| event.source.is_some()));
    let chunks = world.directory.inner.store.read().unwrap();
    let kept = crate::imports::Chunks { partition: acme.partition(), import: record(id) };
    assert!(kept.rows(&chunks, 0).unwrap().is_empty(), "rows are left");
    assert_eq!(kept.outcomes(&chunks, 0).unwrap().len(), 3);
    world.assert_sound();
}

fn record(id: ImportId) -> u64 {
    crate::id::RecordId::record(id)
}

#[test]
fn nothing_is_done_while_a_row_is_in_error_unless_somebody_says_so() {
    let world = World::new();
    let acme = world.organization("acme");
    world.user(acme, "ada");
    let fault = Fault { name: String::new(), column: None, reason: "no".into() };
    let faulty = Row { line: 9, alias: None, entry: RowEntry::Faulty(fault), notes: Vec::new() };
    let rows = vec![
        person(2, "ada", |_| {}),
        person(3, "bob", |user| user.fields.mail = vec!["bob".into()]),
        person(4, "eve", |user| user.groups = vec!["nowhere".into()]),
        person(5, "EVE", |_| {}),
        person(6, "mia", |user| user.password = Some(RowPassword::Clear(password("short")))),
        person(7, "tom", |user| user.fields.uid_number = Some(7)),
        team(8, "loop", vec![RowMember::Group("loop".into())]),
        faulty,
        person(10, "zoe", |_| {}),
    ];
    let id = world.import(acme, asked(), rows);
    world.work();
    let outcomes = world.outcomes(acme, id);
    let columns: Vec<_> = outcomes.iter().map(|row| row.column.as_deref()).collect();
    let expected = [
        Some("login"),
        Some("mail"),
        Some("groups"),
        Some("login"),
        Some("password"),
        Some("uid_number"),
        Some("members"),
        None,
        None,
    ];
    assert_eq!(columns, expected, "{outcomes:#?}");
    let checked = world.state(acme, id);
    assert_eq!((checked.state, checked.planned.error), (ImportState::Checked, 8));
    assert!(world.found(acme, "zoe").is_none());
    let refused = world.act(acme, move |imports| imports.apply(id, None, false));
    assert!(refusal(refused).contains("rows are in error"));
    let stale = world.act(acme, move |imports| imports.apply(id, Some(1), true));
    assert!(matches!(stale, Err(Error::Stale)));
    world.act(acme, move |imports| imports.apply(id, None, true)).unwrap();
    world.work();
    let done = world.state(acme, id);
    assert_eq!((done.state, done.done.create, done.done.error), (ImportState::Done, 1, 8));
    assert!(world.found(acme, "zoe").is_some() && world.found(acme, "bob").is_none());
    world.assert_sound();
}

#[test]
fn who_is_there_is_left_alone_or_gets_what_the_row_says() {
    let world = World::new();
    let acme = world.organization("acme");
    for login in ["ada", "bob"] {
        world.user(acme, login);
    }
    let rows = || {
        vec![
            person(2, "ada", |user| {
                user.fields.title = Some("Countess".into());
                user.password = Some(RowPassword::Hash(hash()));
            }),
            person(3, "bob", |_| {}),
            team(4, "staff", vec![RowMember::User("bob".into())]),
        ]
    };
    let skip = ImportFields { on_conflict: OnConflict::Skip, ..asked() };
    let id = world.import(acme, skip, rows());
    world.work();
    let done = world.state(acme, id).done;
    assert_eq!((done.skip, done.create), (2, 1));
    assert_eq!(world.found(acme, "ada").unwrap().fields.title, None);
    assert_eq!(world.groups_of(acme, "bob"), ["staff"]);

    let update = ImportFields { on_conflict: OnConflict::Update, dry_run: true, ..asked() };
    let id = world.import(acme, update.clone(), rows());
    world.work();
    let outcomes = world.outcomes(acme, id);
    assert_eq!(outcomes[0].changes.len(), 1, "{outcomes:?}");
    assert_eq!(outcomes[0].changes[0].after.as_deref(), Some("\"Countess\""));
    let verdicts: Vec<_> = outcomes.iter().map(|row| row.verdict).collect();
    assert_eq!(verdicts, [Verdict::Update, Verdict::Unchanged, Verdict::Unchanged]);
    assert_eq!(world.found(acme, "ada").unwrap().fields.title, None, "it was a dry run");
    let revision = world.state(acme, id).stamp.revision;
    world.act(acme, move |imports| imports.apply(id, Some(revision), false)).unwrap();
    world.work();
    assert_eq!(world.found(acme, "ada").unwrap().fields.title.as_deref(), Some("Countess"));
    assert!(accepted(&world.bind(acme, "ada", RIGHT)), "the password stays");

    let all = ImportFields { passwords: PasswordsOf::AllUsers, dry_run: false, ..update };
    let row = person(2, "ada", |user| {
        user.password = Some(RowPassword::Clear(password("another horse battery")));
    });
    let id = world.import(acme, all, vec![row]);
    world.work();
    assert_eq!(world.state(acme, id).done.update, 1);
    assert!(accepted(&world.bind(acme, "ada", "another horse battery")));
    world.assert_sound();
}

#[test]
fn what_happens_between_the_check_and_a_row_is_heeded() {
    let world = World::new();
    let acme = world.organization("acme");
    let dry = ImportFields { dry_run: true, ..asked() };
    let id = world.import(acme, dry, vec![person(2, "ada", |_| {}), person(3, "bob", |_| {})]);
    world.work();
    world.user(acme, "ada");
    world.act(acme, move |imports| imports.apply(id, None, false)).unwrap();
    world.work();
    let done = world.state(acme, id);
    assert_eq!((done.state, done.done.create, done.done.error), (ImportState::Done, 1, 1));
    let outcomes = world.outcomes(acme, id);
    assert_eq!(outcomes[0].reason.as_deref(), Some("is there already"));
}

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

#[test]
fn a_check_that_is_begun_again_finds_the_same() {
    let world = World::new();
    let acme = world.organization("acme");
    let rows = vec![
        person(2, "ada", |user| user.groups = vec!["nowhere".into()]),
        team(3, "staff", vec![RowMember::User("nobody".into()), RowMember::User("ada".into())]),
        person(4, "bob", |_| {}),
        person(5, "eve", |_| {}),
    ];
    let id = world.import(acme, asked(), rows);
    // Both chunks are looked through and the first one is checked, but not the second.
    let asked = std::cell::Cell::new(0);
    let some = || {
        asked.set(asked.get() + 1);
        asked.get() <= 4
    };
    assert!(world.directory.advance_imports(world.now(), &some).unwrap());
    let broken_off = world.state(acme, id);
    assert_eq!((broken_off.state, broken_off.checked), (ImportState::Checking, 3));
    world.work();
    let checked = world.state(acme, id);
    assert_eq!((checked.state, checked.planned.error), (ImportState::Checked, 2));
    assert_eq!(checked.planned.create, 2);
}

#[test]
fn an_import_whose_rows_cannot_be_read_fails_and_the_others_go_on() {
    let world = World::new();
    let acme = world.organization("acme");
    let broken = world.import(acme, asked(), vec![person(2, "ada", |_| {})]);
    let sound = world.import(acme, asked(), vec![person(2, "bob", |_| {})]);
    let number = record(broken) << 20;
    let spoilt = world.directory.inner.store.write(move |change| {
        let kind = crate::records::kinds::IMPORT_ROWS;
        change.put_secret(acme.partition(), kind, number, b"\xff").map_err(Error::from)
    });
    spoilt.unwrap();
    assert!(matches!(world.directory.advance_imports(world.now(), &|| true), Err(Error::Store(_))));
    assert!(matches!(world.state(acme, broken).state, ImportState::Failed(_)));
    world.work();
    assert_eq!(world.state(acme, sound).state, ImportState::Done);
    assert!(world.found(acme, "ada").is_none() && world.found(acme, "bob").is_some());
}

#[test]
fn an_import_is_cancelled_where_it_stands_and_then_forgotten() {
    let world = World::new();
    let acme = world.organization("acme");
    let rows = (0..9).map(|number| person(number + 2, &format!("u{number}"), |_| {}));
    let id = world.import(acme, asked(), rows.collect());
    // The check, and the first chunk of three.
    assert!(world.directory.advance_imports(world.now(), &|| true).unwrap());
    assert!(world.directory.advance_imports(world.now(), &|| true).unwrap());
    let early =
        world.act(acme, move |imports| imports.delete(id, None).and_then(|()| imports.read(id)));
    assert!(refusal(early).contains("cancel it first"));
    world.act(acme, move |imports| imports.cancel(id, None)).unwrap();
    world.work();
    let ended = world.state(acme, id);
    assert_eq!((ended.state, ended.done.create), (ImportState::Cancelled, 3));
    assert!(world.found(acme, "u2").is_some() && world.found(acme, "u3").is_none());
    let gone =
        world.act(acme, move |imports| imports.delete(id, None).and_then(|()| imports.read(id)));
    assert!(matches!(gone, Err(Error::Missing)));
    world.assert_sound();
}

#[test]
fn a_second_upload_takes_the_place_of_the_first_and_memberships_come_in_bounded_steps() {
    let world = World::new();
    let acme = world.organization("acme");
    let fields = asked();
    let id = world
        .change(move |change| {
            let mut grant = change.authorize::<ManageIdentities>(acme)?;
            let mut imports = grant.imports();
            let (id, _) = imports.create(fields)?;
            let first = imports.begin_upload(id)?;
            imports.append(id, first, &[person(2, "ada", |_| {})])?;
            let second = imports.begin_upload(id)?;
            assert!(matches!(imports.append(id, first, &[]), Err(Error::Stale)));
            let many = (0..2_500).map(|number| RowMember::User(format!("u{number}")));
            let rows: Vec<Row> = (0..2_500)
                .map(|number| person(number + 3, &format!("u{number}"), |_| {}))
                .chain([team(2, "all", many.collect())])
                .collect();
            for rows in rows.chunks(250) {
                imports.append(id, second, rows)?;
            }
            imports.finish_upload(id, second, 4)?;
            Ok(id)
        })
        .unwrap();
    world.work();
    let done = world.state(acme, id);
    assert_eq!((done.done.create, done.ignored, done.joined), (2_501, 4, 2_501));
    assert!(world.found(acme, "ada").is_none());
    assert_eq!(world.groups_of(acme, "u0"), ["all"]);
    assert_eq!(world.groups_of(acme, "u2499"), ["all"]);
    world.assert_sound();
}

/// An API key of a manager.
fn key(world: &World) -> Context {
    let fields = AdminFields { api_access: true, ..fields("ops", Role::Manager, AdminScope::All) };
    world.token(Place::Provider, fields, Narrowing::default(), TokenPurpose::ApiKey)
}

/// An import that a key asked for and all of whose rows came.
fn asked_by(world: &World, by: Context, acme: OrganizationId, dry_run: bool) -> ImportId {
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
fn edit_key(world: &World, by: Context, edit: impl FnOnce(&mut Token) -> bool + Send + 'static) {
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

#[test]
fn groups_that_would_contain_themselves_by_way_of_others_are_left_out_one_by_one() {
    let world = World::new();
    let acme = world.organization("acme");
    let made = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        let mut groups = grant.groups();
        let mut make = |name: &str| {
            let fields = GroupFields { name: name.into(), ..GroupFields::default() };
            groups.create(fields).map(|(id, _)| id)
        };
        let (b, c) = (make("b")?, make("c")?);
        let members = MembershipChange { add: vec![Member::Group(c)], remove: Vec::new() };
        groups.change_members(b, None, &members)
    });
    made.unwrap();
    let update = ImportFields { on_conflict: OnConflict::Update, ..asked() };
    let group = |name: &str| RowMember::Group(name.into());
    // Each is sound beside what is there, and both are not.
    let rows = vec![team(2, "a", vec![group("b")]), team(3, "c", vec![group("a")])];
    let id = world.import(acme, update, rows);
    world.work();
    let done = world.state(acme, id);
    assert_eq!((&done.state, done.joined), (&ImportState::Done, 2));
    let outcomes = world.outcomes(acme, id);
    assert!(outcomes[0].notes.is_empty() && outcomes[1].notes[0].contains("contain itself"));
    world.assert_sound();
}

#[test]
fn looking_for_groups_that_contain_themselves_goes_on_in_the_next_change() {
    let world = World::new();
    let acme = world.organization("acme");
    // Each of these is in the one behind it: a chain of 500, which is looked through 200 times.
    let chain = (0..500_u64).map(|number| {
        let inner = RowMember::Group(format!("g{}", number + 1));
        team(number + 2, &format!("g{number}"), if number < 499 { vec![inner] } else { vec![] })
    });
    world.import(acme, asked(), chain.collect());
    world.work();
    let outer = (0..200_u64).map(|number| {
        team(number + 2, &format!("outer{number}"), vec![RowMember::Group("g0".into())])
    });
    let id = world.import(acme, asked(), outer.collect());
    let mut before = 0;
    while world.directory.advance_imports(world.now(), &|| true).unwrap() {
        let joined = world.state(acme, id).joined;
        assert!(joined - before <= 40, "{} at once", joined - before);
        before = joined;
    }
    let done = world.state(acme, id);
    assert_eq!((done.state, done.joined), (ImportState::Done, 200));
    assert!(world.outcomes(acme, id).iter().all(|row| row.notes.is_empty()));
    world.assert_sound();
}

#[test]
fn a_password_that_the_rules_refuse_meanwhile_is_a_fault_and_nobody_comes_without_it() {
    let world = World::new();
    let acme = world.organization("acme");
    let dry = ImportFields { dry_run: true, ..asked() };
    let row = |login: &str, line| {
        person(line, login, |user| {
            user.password = Some(RowPassword::Clear(password("another horse battery")));
        })
    };
    let id = world.import(acme, dry.clone(), vec![row("ada", 2)]);
    world.work();
    world.set(acme, |settings| settings.password_minimum = 60);
    world.act(acme, move |imports| imports.apply(id, None, false)).unwrap();
    world.work();
    let outcome = &world.outcomes(acme, id)[0];
    assert_eq!((outcome.verdict, outcome.column.as_deref()), (Verdict::Error, Some("password")));
    assert!(world.found(acme, "ada").is_none());
    assert_eq!(world.state(acme, id).state, ImportState::Done);
    let tried = world.import(acme, dry, vec![row("bob", 2)]);
    world.work();
    assert_eq!(world.state(acme, tried).planned.error, 1, "the dry run tells it");
}

#[test]
fn what_is_told_of_a_row_is_what_became_of_it() {
    let world = World::new();
    let acme = world.organization("acme");
    world.user(acme, "bob");
    let dry = ImportFields { dry_run: true, on_conflict: OnConflict::Update, ..asked() };
    let rows = vec![
        person(2, "ada", |user| user.fields.title = Some("Countess".into())),
        person(3, "bob", |user| user.fields.title = Some("Builder".into())),
        person(4, "eve", |user| user.groups = vec!["staff".into()]),
        team(5, "staff", vec![RowMember::User("bob".into()), RowMember::User("ada".into())]),
    ];
    let id = world.import(acme, dry, rows);
    world.work();
    let planned: Vec<_> = world.outcomes(acme, id).iter().map(|row| row.verdict).collect();
    assert_eq!(planned, [Verdict::Create, Verdict::Update, Verdict::Create, Verdict::Create]);
    let gone = world.user(acme, "ada");
    let bob = world.found(acme, "bob").unwrap().uuid;
    let meanwhile = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        let mut users = grant.users();
        let id = users.id_of(bob)?;
        users.update(id, None, |user| {
            user.fields.title = Some("Builder".into());
            Ok(())
        })
    });
    meanwhile.unwrap();
    world.act(acme, move |imports| imports.apply(id, None, false)).unwrap();
    // Rows 2 to 4 are the first chunk, row 5 the second.
    assert!(world.directory.advance_imports(world.now(), &|| true).unwrap());
    assert!(world.directory.advance_imports(world.now(), &|| true).unwrap());
    let deleted = world.change(move |change| {
        change.authorize::<ManageIdentities>(acme)?.users().delete(gone, None)
    });
    deleted.unwrap();
    world.work();
    let told = world.outcomes(acme, id);
    let verdicts: Vec<_> = told.iter().map(|row| row.verdict).collect();
    assert_eq!(verdicts, [Verdict::Update, Verdict::Unchanged, Verdict::Create, Verdict::Create]);
    assert_eq!(told[0].changes.last().unwrap().after.as_deref(), Some("\"Countess\""));
    assert!(told[1].changes.is_empty(), "{told:#?}");
    assert_eq!(told[3].notes, ["there is no user ada any more"]);
    let done = world.state(acme, id).done;
    assert_eq!((done.create, done.update, done.unchanged), (2, 1, 1));
}

#[test]
fn who_says_a_number_has_it_whoever_else_comes_before() {
    let world = World::new();
    let acme = world.organization("acme");
    // The number that the first row would be given.
    let id = world.import(acme, asked(), vec![person(2, "probe", |_| {})]);
    world.work();
    assert_eq!(world.state(acme, id).state, ImportState::Done);
    let next = world.found(acme, "probe").unwrap().fields.uid_number.unwrap();
    let rows = (0..12).map(|number| {
        person(number + 2, &format!("u{number}"), |user| {
            user.fields.uid_number = (number > 8).then(|| next + u32::try_from(number).unwrap());
        })
    });
    let id = world.import(acme, asked(), rows.collect());
    world.work();
    let done = world.state(acme, id);
    assert_eq!((done.done.create, done.done.error, done.applied), (12, 0, 12));
    assert_eq!(world.found(acme, "u9").unwrap().fields.uid_number, Some(next + 9));
    world.assert_sound();
}

#[test]
fn chunks_of_before_there_were_versions_are_read_and_later_ones_are_not() {
    let world = World::new();
    let acme = world.organization("acme");
    let chunks = crate::imports::Chunks { partition: acme.partition(), import: 7 };
    let rows = vec![
        person(2, "ada", |user| {
            user.password = Some(RowPassword::Hash("{SSHA}x".into()));
            user.groups = vec!["g".into()];
        }),
        team(3, "g", vec![RowMember::User("ada".into()), alias("uid=bob", "bob")]),
    ];
    let outcome = RowOutcome {
        line: 2,
        kind: crate::imports::RowKind::User,
        name: "ada".into(),
        verdict: Verdict::Update,
        column: None,
        reason: None,
        notes: vec!["n".into()],
        changes: Vec::new(),
    };
    let kept = outcome.clone();
    let store = &world.directory.inner.store;
    let done = store.write(move |change| {
        chunks.put_rows(change, 0, &rows)?;
        chunks.put_outcomes(change, 0, &[kept])
    });
    done.unwrap();
    let kinds = [crate::records::kinds::IMPORT_ROWS, crate::records::kinds::IMPORT_OUTCOMES];
    let snapshot = store.read().unwrap();
    let number = 7 << 20;
    let octets = kinds.map(|kind| {
        let found = storage::Reading::secret(&snapshot, acme.partition(), kind, number).unwrap();
        hex(found.unwrap().expose())
    });
    assert_eq!(octets, [format!("0001{ROWS_1}"), format!("0001{OUTCOMES}")]);
    let put = move |octets: [Vec<u8>; 2]| {
        let done = world.directory.inner.store.write(move |change| {
            for (kind, octets) in kinds.iter().zip(octets) {
                change.put_secret(acme.partition(), *kind, number, &octets)?;
            }
            Ok::<_, Error>(())
        });
        done.unwrap();
        let snapshot = world.directory.inner.store.read().unwrap();
        (chunks.rows(&snapshot, 0), chunks.outcomes(&snapshot, 0))
    };
    let (rows, outcomes) = put([unhex(ROWS), unhex(OUTCOMES)]);
    let rows = rows.unwrap();
    let RowEntry::User(ada) = &rows[0].entry else { panic!("no user") };
    assert!(matches!(&ada.password, Some(RowPassword::Hash(hash)) if hash == "{SSHA}x"));
    assert_eq!((ada.fields.login.as_str(), ada.groups.as_slice()), ("ada", &["g".to_owned()][..]));
    let RowEntry::Group(group) = &rows[1].entry else { panic!("no group") };
    assert_eq!(group.members[1], alias("uid=bob", "bob"));
    assert_eq!(outcomes.unwrap(), [outcome]);
    let (rows, outcomes) = put([vec![0, 2, 0, 0], vec![0, 2, 0]]);
    assert!(rows.is_err() && outcomes.is_err());
}

/// Two rows as version 1 has them, of which one says when the user's time ends, or not.
const ROWS_1: &str = "020201077569643d61646100036164610000000000000000000000000000000000010167\
                      00030104636e3d6701016700000002000361646102077569643d626f6203626f62000100\
                      01077b535348417d78";
/// Two rows and an outcome as commit fcdb713 wrote them.
const ROWS: &str = "020201077569643d6164610003616461000000000000000000000000000000000101670003\
                    0104636e3d6701016700000002000361646102077569643d626f6203626f620001000107\
                    7b535348417d78";
const OUTCOMES: &str = "0102000361646101000001016e00";

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}
