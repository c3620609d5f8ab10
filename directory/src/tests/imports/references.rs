//! Whom the organization's own attributes of a file's rows are to name.

use super::*;
use crate::access::ManageConfiguration;
use crate::imports::RowReference;
use crate::records::{CustomAttributeFields, Syntax, Values};
use crate::search::EntryId;

/// An attribute whose values are users and groups; its number.
fn chief(world: &World, organization: OrganizationId) -> u16 {
    let fields = CustomAttributeFields {
        name: "chief".into(),
        description: None,
        syntax: Syntax::Reference,
        multiple: false,
        indexed: true,
    };
    let made = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        grant.custom_attributes().create(fields)
    });
    made.unwrap().1.number
}

fn under(line: u64, login: &str, number: u16, targets: Vec<RowMember>) -> Row {
    let field = "custom.chief".to_owned();
    person(line, login, |user| user.references = vec![RowReference { number, field, targets }])
}

impl World {
    fn chief_of(&self, organization: OrganizationId, login: &str, number: u16) -> Option<Values> {
        self.found(organization, login).unwrap().fields.custom.of(number).cloned()
    }
}

#[test]
fn rows_name_whom_the_file_has_later_and_who_is_there() {
    let world = World::new();
    let acme = world.organization("acme");
    let number = chief(&world, acme);
    let old = world.user(acme, "old");
    let rows = || {
        let staff = RowReference {
            number,
            field: "custom.chief".into(),
            targets: vec![alias("uid=ada", "ada")],
        };
        let mut group = team(6, "staff", vec![RowMember::User("bob".into())]);
        if let RowEntry::Group(group) = &mut group.entry {
            group.references = vec![staff];
        }
        vec![
            under(2, "bob", number, vec![alias("uid=eve", "nobody")]),
            under(3, "ada", number, vec![alias("old", "old")]),
            under(4, "mia", number, vec![alias("staff", "staff")]),
            person(5, "eve", |_| {}),
            group,
        ]
    };
    let id = world.import(acme, asked(), rows());
    world.work();
    let done = world.state(acme, id);
    assert_eq!((&done.state, done.done.create, done.joined), (&ImportState::Done, 5, 5));
    let reading = world.directory.read(world.top()).unwrap();
    let grant = reading.authorize::<View>(acme).unwrap();
    let user = |login: &str| EntryId::User(grant.users().named(login).unwrap().unwrap());
    let named = |entry| Some(Values::Reference(vec![entry]));
    assert_eq!(world.chief_of(acme, "bob", number), named(user("eve")));
    assert_eq!(world.chief_of(acme, "ada", number), named(EntryId::User(old)));
    let staff = grant.groups().named("staff").unwrap().unwrap();
    assert_eq!(world.chief_of(acme, "mia", number), named(EntryId::Group(staff)));
    let group = grant.groups().read(staff).unwrap();
    assert_eq!(group.fields.custom.of(number).cloned(), named(user("ada")));

    // A second time nothing is other than the file says; then one is to name somebody else.
    let update = ImportFields { on_conflict: OnConflict::Update, ..asked() };
    let id = world.import(acme, update.clone(), rows());
    world.work();
    assert_eq!(world.state(acme, id).done.unchanged, 5, "{:#?}", world.outcomes(acme, id));
    let other = vec![under(2, "bob", number, vec![RowMember::User("ada".into())])];
    let id = world.import(acme, update, other);
    world.work();
    let outcome = &world.outcomes(acme, id)[0];
    assert_eq!(
        (outcome.verdict, outcome.changes[0].field.as_str()),
        (Verdict::Update, "custom.chief")
    );
    assert_eq!(world.chief_of(acme, "bob", number), named(user("ada")));
    world.assert_sound();
}

#[test]
fn whom_nobody_knows_is_an_error_of_the_row_or_left_out() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let number = chief(&world, acme);
    world.user(beta, "strange");
    let rows = || {
        vec![
            under(2, "ada", number, vec![alias("uid=x,dc=y", "strange")]),
            under(3, "bob", number, vec![RowMember::User("ada".into())]),
        ]
    };
    let id = world.import(acme, asked(), rows());
    world.work();
    let outcome = &world.outcomes(acme, id)[0];
    assert_eq!(outcome.column.as_deref(), Some("custom.chief"));
    assert_eq!(outcome.reason.as_deref(), Some("there are no such users or groups: uid=x,dc=y"));
    // Whom a row in error would have made is not there when its turn comes.
    world.act(acme, move |imports| imports.apply(id, None, true)).unwrap();
    world.work();
    let outcome = &world.outcomes(acme, id)[1];
    assert!(outcome.notes[0].contains("there is no ada any more"), "{outcome:?}");
    assert_eq!(world.chief_of(acme, "bob", number), None);

    let leave_out = ImportFields {
        missing_members: MissingMembers::LeaveOut,
        on_conflict: OnConflict::Update,
        ..asked()
    };
    let id = world.import(acme, leave_out, rows());
    world.work();
    let outcomes = world.outcomes(acme, id);
    assert!(outcomes[0].notes[0].contains("custom.chief: there are no such"), "{outcomes:?}");
    assert_eq!(world.chief_of(acme, "ada", number), None);
    assert!(world.chief_of(acme, "bob", number).is_some());
    world.assert_sound();
}

#[test]
fn references_are_kept_beside_their_rows() {
    let world = World::new();
    let acme = world.organization("acme");
    let chunks = crate::imports::Chunks { partition: acme.partition(), import: 7 };
    let targets = vec![alias("uid=x", "x")];
    let rows = vec![person(2, "ada", |_| {}), under(3, "bob", 4, targets.clone())];
    let store = &world.directory.inner.store;
    store.write(move |change| chunks.put_rows(change, 0, &rows)).unwrap();
    let kept = chunks.rows(&store.read().unwrap(), 0).unwrap();
    assert!(kept[0].entry.references().is_empty());
    let field = "custom.chief".to_owned();
    assert_eq!(kept[1].entry.references(), [RowReference { number: 4, field, targets }]);
}
