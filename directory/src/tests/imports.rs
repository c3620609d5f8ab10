//! Imports: checked as a whole, applied in steps, and whatever comes in between.

mod broken_paths;
mod chunks;
mod hard_cap;
mod meanwhile;
mod nesting;
mod nt_hashes;
mod primary_groups;
mod references;
mod resume;
mod rights;
mod room;
mod stalled;
mod state;
mod taken_over;

use super::ssh_keys::SSH_KEY;
use super::world::{DAY, RIGHT, World, accepted, fields, password, refusal};
use crate::access::{Context, ManageIdentities, Role, View, Who};
use crate::collections::{Browse, Member, MembershipChange};
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
    let entry = RowEntry::Group(Box::new(GroupRow { fields, members, ..GroupRow::default() }));
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
            let page = imports.outcomes(id, place, 1_000).unwrap();
            outcomes.extend(page.outcomes.into_iter().map(|(_, row)| row));
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
    let import = done.uuid.to_string();
    let of_import = |event: &&crate::events::Event| {
        event.request.as_ref().is_some_and(|it| it.id == import && it.via.is_some())
    };
    let own = events.iter().filter(of_import);
    let (made, joined) = (own.clone().filter(|it| it.action == Action::Created), own);
    assert_eq!(made.count(), 5, "all that rows make");
    assert!(joined.clone().any(|it| it.action == Action::MembersChanged));
    let asked = events.iter().find(|it| it.subject.as_ref().is_some_and(|it| it.id == done.uuid));
    assert!(asked.is_some(), "and what became of the import itself");
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

#[test]
fn a_row_with_what_is_no_public_key_is_in_error_and_keys_that_are_there_are_taken_again() {
    let world = World::new();
    let acme = world.organization("acme");
    let rows = |keys: &[&str]| {
        let ssh_keys = keys.iter().map(ToString::to_string).collect();
        vec![person(2, "ada", move |user| user.fields.ssh_keys = ssh_keys)]
    };
    let told = |rows: Vec<Row>| {
        let update = ImportFields { on_conflict: OnConflict::Update, ..asked() };
        let id = world.import(acme, update, rows);
        world.work();
        let outcome = world.outcomes(acme, id).remove(0);
        (outcome.verdict, outcome.column, outcome.reason.unwrap_or_default())
    };
    let pem = "-----BEGIN OPENSSH PRIVATE KEY-----";
    for (wrong, why) in [
        ("ssh-ed25519 AAAA", "is no whole key of its type"),
        (pem, "is a private key"),
        ("b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ", "is a private key"),
    ] {
        let (verdict, column, reason) = told(rows(&[SSH_KEY, wrong]));
        assert_eq!((verdict, column.as_deref()), (Verdict::Error, Some("ssh_keys")), "{wrong}");
        assert!(reason.starts_with(why) && !reason.contains(wrong), "{reason}");
    }
    assert_eq!(told(rows(&[SSH_KEY])).0, Verdict::Create);
    assert_eq!(told(rows(&[SSH_KEY])).0, Verdict::Unchanged);
}
