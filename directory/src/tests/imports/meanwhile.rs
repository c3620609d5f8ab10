//! What happens between the check and the work.

use super::*;

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
fn whose_time_is_over_is_let_in_by_no_row_and_the_others_go_on() {
    let world = World::new();
    let acme = world.organization("acme");
    let (ada, end) = (world.user(acme, "ada"), world.now().plus(DAY));
    let suspended = world.change(move |change| {
        change.authorize::<ManageIdentities>(acme)?.users().update(ada, None, |user| {
            (user.state, user.fields.expires) = (UserState::Suspended, Some(end));
            Ok(())
        })
    });
    suspended.unwrap();
    let dry = ImportFields { dry_run: true, on_conflict: OnConflict::Update, ..asked() };
    let rows = || {
        let ada = person(2, "ada", |user| user.suspended = Some(false));
        vec![ada, person(3, "bob", |_| {})]
    };
    let id = world.import(acme, dry.clone(), rows());
    world.work();
    assert_eq!(world.state(acme, id).planned.update, 1, "there is a day left");
    world.pass(2 * DAY);
    world.act(acme, move |imports| imports.apply(id, None, false)).unwrap();
    world.work();
    let done = world.state(acme, id);
    assert_eq!((done.state, done.done.create, done.done.error), (ImportState::Done, 1, 1));
    let told = &world.outcomes(acme, id)[0];
    assert_eq!((told.verdict, told.column.as_deref()), (Verdict::Error, Some("expires")));
    assert_eq!(world.found(acme, "ada").unwrap().state, UserState::Suspended);
    let again = world.import(acme, dry, rows());
    world.work();
    assert_eq!(world.state(acme, again).planned.error, 1, "the check tells it");
    world.assert_sound();
}

#[test]
fn a_dry_run_tells_what_comes_and_how_a_password_does_but_not_which() {
    let world = World::new();
    let acme = world.organization("acme");
    world.user(acme, "old");
    let dry = ImportFields { dry_run: true, on_conflict: OnConflict::Update, ..asked() };
    let dry = ImportFields { passwords: PasswordsOf::AllUsers, ..dry };
    let long = "x".repeat(150);
    let rows = vec![
        person(2, "ada", |user| {
            user.password = Some(RowPassword::Clear(password("another horse battery")));
            user.fields.mail = vec![format!("{long}@x"), format!("{long}@y")];
            user.groups = vec!["staff".into()];
        }),
        person(3, "bob", |user| user.password = Some(RowPassword::Hash(hash()))),
        person(4, "eve", |user| user.suspended = Some(true)),
        team(5, "staff", vec![RowMember::User("bob".into())]),
        person(6, "old", |user| user.password = Some(RowPassword::Hash(hash()))),
    ];
    let id = world.import(acme, dry, rows);
    world.work();
    let told = |world: &World| {
        let reading = world.directory.read(world.top()).unwrap();
        let rows = reading.authorize::<View>(acme).unwrap().rows_of(id, None);
        let (rows, more) = rows.batch(None, 100).unwrap();
        assert!(!more);
        rows.into_iter().map(|(_, row)| row).collect::<Vec<_>>()
    };
    let rows = told(&world);
    let of = |row: usize, field: &str| {
        let found = rows[row].changes.iter().find(|change| change.field == field);
        found.map(|change| (change.before.clone(), change.after.clone().unwrap_or_default()))
    };
    let is = |after: &str| Some((None, after.to_owned()));
    assert_eq!(of(0, "login"), is("\"ada\""));
    assert_eq!(of(0, "display_name"), is("\"ada\""));
    assert_eq!(of(0, "groups"), is("+1"));
    assert_eq!(of(0, "mail"), is("\"(311 octets)\""));
    assert_eq!(of(0, "ssh_keys"), None, "the row says none");
    let passwords = [0, 1, 2, 4].map(|row| of(row, "password"));
    assert_eq!(passwords, [is("\"clear\""), is("\"hash\""), is("\"none\""), is("\"hash\"")]);
    assert_eq!((of(2, "state"), of(1, "state")), (is("\"suspended\""), is("\"active\"")));
    assert_eq!((of(3, "name"), of(3, "members")), (is("\"staff\""), is("+1")));
    assert!(!format!("{rows:?}").contains("horse") && !format!("{rows:?}").contains("SSHA"));
    world.act(acme, move |imports| imports.apply(id, None, false)).unwrap();
    world.work();
    let fields = told(&world)[0].changes.iter().map(|it| it.field.clone()).collect::<Vec<_>>();
    assert_eq!(fields, ["groups"], "its rows are gone, and its event tells the rest");
}
