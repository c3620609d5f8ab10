//! Who is let in, by what rows say of it or derive.

use super::*;

fn update() -> ImportFields {
    ImportFields { on_conflict: OnConflict::Update, ..asked() }
}

impl World {
    fn put_into(&self, organization: OrganizationId, login: &str, state: UserState) {
        let uuid = self.found(organization, login).unwrap().uuid;
        let done = self.change(move |change| {
            let mut grant = change.authorize::<ManageIdentities>(organization)?;
            let mut users = grant.users();
            let id = users.id_of(uuid)?;
            users.update(id, None, |user| {
                user.state = state;
                Ok(())
            })
        });
        done.unwrap();
    }

    fn state_of(&self, organization: OrganizationId, login: &str) -> UserState {
        self.found(organization, login).unwrap().state
    }
}

#[test]
fn what_a_source_derives_keeps_out_and_lets_nobody_in_again() {
    let world = World::new();
    let acme = world.organization("acme");
    for login in ["ada", "bob", "eve", "mia"] {
        world.user(acme, login);
    }
    world.put_into(acme, "ada", UserState::Suspended);
    world.put_into(acme, "bob", UserState::Staged);
    world.put_into(acme, "mia", UserState::Suspended);
    let rows = || {
        vec![
            person(2, "ada", |user| user.derive(false)),
            person(3, "bob", |user| user.derive(false)),
            person(4, "eve", |user| {
                user.derive(false);
                user.derive(true);
            }),
            person(5, "mia", |user| user.suspended = Some(false)),
            person(6, "new", |user| user.derive(false)),
        ]
    };
    let id = world.import(acme, update(), rows());
    world.work();
    let states = ["ada", "bob", "eve", "mia", "new"].map(|login| world.state_of(acme, login));
    let (out, within) = (UserState::Suspended, UserState::Active);
    assert_eq!(states, [out, UserState::Staged, out, within, within]);
    let told = world.outcomes(acme, id);
    let verdicts: Vec<_> = told.iter().map(|row| row.verdict).collect();
    let (unchanged, update) = (Verdict::Unchanged, Verdict::Update);
    assert_eq!(verdicts, [unchanged, unchanged, update, update, Verdict::Create]);
    let notes: Vec<_> = told.iter().map(|row| row.notes.concat()).collect();
    assert_eq!(notes[0], "the source lets them in, and they stay suspended here");
    assert_eq!(notes[1], "the source lets them in, and they stay staged here");
    assert_eq!(notes[2..], ["", "", ""]);
    world.assert_sound();
}

#[test]
fn whose_time_is_over_comes_suspended_and_says_so() {
    let world = World::new();
    let acme = world.organization("acme");
    world.user(acme, "bob");
    let now = world.now();
    let over = crate::time::Time(now.0 - DAY);
    let rows = || {
        vec![
            person(2, "ada", |user| user.fields.expires = Some(over)),
            person(3, "bob", |user| user.fields.expires = Some(over)),
            person(4, "eve", |user| user.fields.expires = Some(now.plus(DAY))),
            person(5, "mia", |user| {
                (user.fields.expires, user.suspended) = (Some(over), Some(false));
            }),
        ]
    };
    let id = world.import(acme, ImportFields { leave_out_errors: true, ..update() }, rows());
    world.work();
    for login in ["ada", "bob"] {
        let user = world.found(acme, login).unwrap();
        assert_eq!((user.state, user.fields.expires), (UserState::Suspended, Some(over)));
    }
    assert_eq!(world.state_of(acme, "eve"), UserState::Active);
    let told = world.outcomes(acme, id);
    assert!(told[0].notes[0].contains("time was over"), "{told:#?}");
    assert_eq!((told[0].notes.len(), told[1].notes.len(), told[2].notes.len()), (1, 1, 0));
    assert_eq!((told[3].verdict, told[3].column.as_deref()), (Verdict::Error, Some("expires")));
    assert!(world.found(acme, "mia").is_none(), "nobody is let in whose time is over");

    let again = world.import(acme, ImportFields { leave_out_errors: true, ..update() }, rows());
    world.work();
    let done = world.state(acme, again).done;
    assert_eq!((done.unchanged, done.error), (3, 1));
    world.assert_sound();
}
