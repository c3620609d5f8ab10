//! Values of POSIX accounts that would break machines.

use storage::Reading;
use uuid::Uuid;

use super::world::{World, refusal, user};
use crate::access::ManageIdentities;
use crate::collections::RestoredAs;
use crate::error::Error;
use crate::id::RecordId;
use crate::records::{GroupFields, User, UserFields};

/// Makes something wrong.
type Edit = fn(&mut UserFields);

/// What is wrong, and where.
const WRONG: [(Edit, &str); 6] = [
    (|it| it.home_directory = Some("/home/a:b".into()), "/home_directory"),
    (|it| it.home_directory = Some("../../x".into()), "/home_directory"),
    (|it| it.login_shell = Some("rm -rf".into()), "/login_shell"),
    (|it| it.uid_number = Some(u32::MAX), "/uid_number"),
    (|it| it.uid_number = Some(65_534), "/uid_number"),
    (|it| it.gid_number = Some(65_535), "/gid_number"),
];

fn pointer<T>(done: Result<T, Error>) -> String {
    match done.err() {
        Some(Error::Invalid(invalid)) => invalid.pointer,
        other => panic!("{other:?}"),
    }
}

#[test]
fn values_that_break_machines_are_refused_and_those_of_before_stay_until_they_are_changed() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let update = |edit: Edit| {
        world.people(acme, move |users| {
            users.update(ada, None, |user| {
                edit(&mut user.fields);
                Ok(())
            })
        })
    };
    for (edit, wrong) in WRONG {
        let mut fields = user("bob");
        edit(&mut fields);
        let made = world.people(acme, move |users| users.create(fields, None));
        assert_eq!(pointer(made), wrong);
        assert_eq!(pointer(update(edit)), wrong);
    }
    // As it was written before there was this rule.
    let written = world.directory.inner.store.write(move |change| {
        let found = change.get::<User>(acme.partition(), ada.record())?;
        let mut user = found.ok_or(Error::Missing)?;
        WRONG.iter().for_each(|(edit, _)| edit(&mut user.fields));
        change.put(acme.partition(), ada.record(), &user)?;
        Ok::<_, Error>(())
    });
    written.unwrap();
    update(|it| it.title = Some("Countess".into())).unwrap();
    assert_eq!(pointer(update(|it| it.login_shell = Some("sh".into()))), "/login_shell");
    update(|it| it.login_shell = Some("/bin/sh".into())).unwrap();
    let uuid = world.delete(acme, ada);
    let number = |uid_number| RestoredAs { login: None, uid_number };
    assert_eq!(pointer(world.restore(acme, uuid, number(Some(u32::MAX)))), "/uid_number");
    let restored = world.restore(acme, uuid, number(None)).unwrap().fields;
    assert_eq!(restored.home_directory.as_deref(), Some("../../x"));
    assert_eq!((restored.uid_number, restored.gid_number), (Some(65_534), Some(65_535)));
    world.assert_sound();
}

#[test]
fn a_group_gets_no_number_that_means_nobody() {
    let world = World::new();
    let acme = world.organization("acme");
    let make = |gid_number| {
        let fields = GroupFields { name: "staff".into(), gid_number, ..GroupFields::default() };
        world.change(move |change| {
            change.authorize::<ManageIdentities>(acme)?.groups().create(fields).map(|(id, _)| id)
        })
    };
    for number in [65_534, 65_535, u32::MAX] {
        assert_eq!(pointer(make(Some(number))), "/gid_number", "{number}");
    }
    let staff = make(Some(65_533)).unwrap();
    let update = |number| {
        world.change(move |change| {
            change.authorize::<ManageIdentities>(acme)?.groups().update(staff, None, |group| {
                group.fields.gid_number = Some(number);
                Ok(())
            })
        })
    };
    let nobody = "must not be 65534, 65535 or 4294967295: machines take them for nobody";
    assert_eq!(refusal(update(65_534)), nobody);
    assert_eq!(update(65_536).unwrap().fields.gid_number, Some(65_536));
}

#[test]
fn the_primary_group_stays_what_it_is_where_the_user_number_changes() {
    let world = World::new();
    let acme = world.organization("acme");
    let fields = UserFields { uid_number: Some(6_001), ..user("ada") };
    let (ada, made) = world.people(acme, move |users| users.create(fields, None)).unwrap();
    assert_eq!(made.fields.gid_number, Some(6_001), "where none is said");
    let changed = world.people(acme, move |users| {
        users.update(ada, None, |user| {
            user.fields.uid_number = Some(6_002);
            Ok(())
        })
    });
    let fields = changed.unwrap().fields;
    assert_eq!((fields.uid_number, fields.gid_number), (Some(6_002), Some(6_001)));
}

#[test]
fn numbers_that_mean_nobody_are_not_chosen() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    // The number of a user goes with that of its record, and the next records come behind this one.
    let written = world.directory.inner.store.write(move |change| {
        let found = change.get::<User>(acme.partition(), ada.record())?;
        let mut user = found.ok_or(Error::Missing)?;
        user.uuid = Uuid::from_u128(7);
        (user.fields.login, user.fields.uid_number) = ("late".into(), Some(5_000));
        change.put(acme.partition(), 55_533, &user)?;
        Ok::<_, Error>(())
    });
    written.unwrap();
    for (login, number) in [("bob", 65_536), ("eve", 65_537)] {
        let made = world.people(acme, move |users| users.create(user(login), None));
        let fields = made.unwrap().1.fields;
        assert_eq!((fields.uid_number, fields.gid_number), (Some(number), Some(number)), "{login}");
    }
}
