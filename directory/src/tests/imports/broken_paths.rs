//! Rows with values that would break machines.

use super::*;

#[test]
fn a_row_whose_values_would_break_machines_is_in_error_with_its_line_and_reason() {
    let world = World::new();
    let acme = world.organization("acme");
    world.user(acme, "ada");
    let rows = vec![
        person(2, "ada", |user| user.fields.home_directory = Some("/home/a:b".into())),
        person(3, "bob", |user| user.fields.login_shell = Some("rm -rf".into())),
        person(4, "eve", |user| user.fields.uid_number = Some(u32::MAX)),
        person(5, "m\u{200b}ia", |_| {}),
        person(6, "zoe", |user| user.fields.home_directory = Some("/home/Zoe".into())),
    ];
    let fields = ImportFields { on_conflict: OnConflict::Update, ..asked() };
    let id = world.import(acme, fields, rows);
    world.work();
    let outcomes = world.outcomes(acme, id);
    let told: Vec<_> = outcomes
        .iter()
        .map(|row| (row.line, row.column.as_deref(), row.reason.as_deref()))
        .collect();
    let nobody = "must not be 65534, 65535 or 4294967295: machines take them for nobody";
    let expected = [
        (2, Some("home_directory"), Some("must not contain colons or control characters")),
        (3, Some("login_shell"), Some("must begin with /")),
        (4, Some("uid_number"), Some(nobody)),
        (5, Some("login"), Some("must not contain invisible characters")),
        (6, None, None),
    ];
    assert_eq!(told, expected);
    world.act(acme, move |imports| imports.apply(id, None, true)).unwrap();
    world.work();
    let done = world.state(acme, id);
    assert_eq!((done.state, done.done.create, done.done.error), (ImportState::Done, 1, 4));
    assert!(world.found(acme, "zoe").is_some() && world.found(acme, "bob").is_none());
    world.assert_sound();
}
