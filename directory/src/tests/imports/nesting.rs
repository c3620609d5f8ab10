//! Groups in groups, of the file and of the organization.

use super::*;

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
