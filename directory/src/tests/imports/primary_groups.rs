//! Groups whose members say themselves that they are in them.

use super::*;

#[test]
fn users_come_into_their_primary_group_if_the_file_has_it() {
    let world = World::new();
    let acme = world.organization("acme");
    let of = |line, login: &str, sid: &str, groups: &[&str]| {
        person(line, login, |user| {
            user.primary_group = Some(sid.into());
            user.groups = groups.iter().map(|name| (*name).to_owned()).collect();
        })
    };
    let mut domain = team(5, "Domain Users", Vec::new());
    if let RowEntry::Group(group) = &mut domain.entry {
        group.sid = Some("S-1-5-21-1-2-3-513".into());
    }
    let rows = vec![
        of(2, "ada", "S-1-5-21-1-2-3-513", &[]),
        of(3, "bob", "S-1-5-21-1-2-3-513", &["domain users"]),
        of(4, "eve", "S-1-5-21-1-2-3-514", &[]),
        domain,
        of(6, "mia", "S-1-5-21-1-2-3-513", &["nowhere"]),
    ];
    let id = world.import(acme, ImportFields { leave_out_errors: true, ..asked() }, rows);
    // The first chunk is checked, and then it begins anew.
    let asked = std::cell::Cell::new(0);
    let some = || {
        asked.set(asked.get() + 1);
        asked.get() <= 4
    };
    assert!(world.directory.advance_imports(world.now(), &some).unwrap());
    assert_eq!(world.state(acme, id).checked, 3);
    world.work();
    let told = world.outcomes(acme, id);
    let done = world.state(acme, id);
    assert_eq!((done.state, done.done.create, done.done.error), (ImportState::Done, 4, 1));
    assert_eq!(world.groups_of(acme, "ada"), ["Domain Users"]);
    assert_eq!(world.groups_of(acme, "bob"), ["Domain Users"]);
    assert!(world.groups_of(acme, "eve").is_empty());
    let note = "the primary group was left out: S-1-5-21-1-2-3-514 is not in the file";
    let notes: Vec<_> = told.iter().map(|row| row.notes.concat()).collect();
    assert_eq!(notes, ["", "", note, "", ""]);
    assert_eq!(told[0].changes[0].after.as_deref(), Some("+1"));
    world.assert_sound();
}
