//! Changes that are asked for again.

use storage::Reading;

use super::world::{DAY, World};
use crate::access::{Context, ManageAdmins, Role};
use crate::directory::{Earlier, Repeatable};
use crate::error::Error;
use crate::id::{OrganizationId, Place};
use crate::records::AdminScope;

fn wanted(by: &Context, at: Option<OrganizationId>, key: &str, asked: &str) -> Repeatable {
    Repeatable::new(by, at, key.as_bytes(), &[asked.as_bytes()]).unwrap()
}

/// Does something under a key.
fn act(world: &World, by: Context, wanted: Repeatable) -> Result<(), Error> {
    world.directory.change(by, move |change| change.remember(&wanted))
}

fn known(world: &World, by: Context, wanted: &Repeatable) -> &'static str {
    match world.directory.read(by).unwrap().earlier(wanted).unwrap() {
        Earlier::Never => "never",
        Earlier::Another => "another",
        Earlier::Unanswered => "unanswered",
        Earlier::Answered(answer) if answer.expose() == b"an answer" => "answered",
        Earlier::Answered(_) => "wrongly answered",
    }
}

#[test]
fn what_was_done_under_a_key_is_not_done_again_for_a_day() {
    let world = World::new();
    let top = world.top();
    let acme = world.organization("acme");
    let first = wanted(&top, Some(acme), "k", "make ada");
    assert_eq!(known(&world, top, &first), "never");
    act(&world, top, first).unwrap();
    assert_eq!(known(&world, top, &first), "unanswered");
    assert!(matches!(act(&world, top, first), Err(Error::Repeated)));
    world.directory.keep_answer(first, b"an answer".to_vec()).unwrap();
    assert_eq!(known(&world, top, &first), "answered");
    assert_eq!(known(&world, top, &wanted(&top, Some(acme), "k", "make bob")), "another");
    assert_eq!(known(&world, top, &wanted(&top, Some(acme), "j", "make ada")), "never");
    assert_eq!(known(&world, top, &wanted(&top, None, "k", "make ada")), "never");
    world.pass(DAY);
    let later = world.top();
    assert_eq!(known(&world, later, &first), "never");
    act(&world, later, first).unwrap();
    assert_eq!(known(&world, later, &first), "unanswered", "nothing is left of the day before");
}

#[test]
fn a_change_that_fails_leaves_its_key_free() {
    let world = World::new();
    let top = world.top();
    let first = wanted(&top, None, "k", "make ada");
    let failed: Result<(), Error> = world.directory.change(top, move |change| {
        change.remember(&first)?;
        Err(Error::Missing)
    });
    assert!(matches!(failed, Err(Error::Missing)));
    assert_eq!(known(&world, top, &first), "never");
}

#[test]
fn keys_are_each_callers_own() {
    let world = World::new();
    let (top, other) = (world.top(), world.admin(Place::Provider, Role::Manager, AdminScope::All));
    act(&world, top, wanted(&top, None, "k", "make ada")).unwrap();
    world.directory.keep_answer(wanted(&top, None, "k", "make ada"), b"x".to_vec()).unwrap();
    assert_eq!(known(&world, other, &wanted(&other, None, "k", "make ada")), "never");
    let acme = world.organization("acme");
    let theirs = world.admin(acme.into(), Role::Manager, AdminScope::None);
    assert_eq!(known(&world, theirs, &wanted(&theirs, None, "k", "make ada")), "never");
    assert!(Repeatable::new(&world.by(crate::access::Actor::nobody()), None, b"k", &[]).is_none());
}

#[test]
fn so_many_keys_of_a_caller_are_remembered_and_the_oldest_gives_way() {
    let world = World::new();
    let top = world.top();
    let made = world.directory.change(top, move |change| {
        (0..1_001).try_for_each(|it| change.remember(&wanted(&top, None, &it.to_string(), "x")))
    });
    made.unwrap();
    assert_eq!(known(&world, top, &wanted(&top, None, "0", "x")), "never");
    assert_eq!(known(&world, top, &wanted(&top, None, "1", "x")), "unanswered");
    assert_eq!(known(&world, top, &wanted(&top, None, "1000", "x")), "unanswered");
}

#[test]
fn an_admin_who_cannot_act_learns_nothing_of_what_was_answered() {
    let world = World::new();
    let admin = world.admin(Place::Provider, Role::Manager, AdminScope::All);
    let first = wanted(&admin, None, "k", "x");
    act(&world, admin, first).unwrap();
    let number = admin.actor.admin().unwrap().number;
    let suspended = world.change(move |change| {
        let mut grant = change.authorize_provider::<ManageAdmins>()?;
        grant.admins().update(number, None, |admin| {
            admin.state = crate::records::AdminState::Suspended;
            Ok(())
        })
    });
    suspended.unwrap();
    assert!(world.directory.read(admin).unwrap().earlier(&first).is_err());
}

#[test]
fn an_answer_is_told_again_for_an_hour_and_to_who_may_still_do_what_they_might() {
    let world = World::new();
    let admin = world.admin(Place::Provider, Role::Manager, AdminScope::All);
    let first = wanted(&admin, None, "k", "x");
    act(&world, admin, first).unwrap();
    world.directory.keep_answer(first, b"an answer".to_vec()).unwrap();
    assert_eq!(known(&world, admin, &first), "answered");
    let number = admin.actor.admin().unwrap().number;
    let demoted = world.change(move |change| {
        let mut grant = change.authorize_provider::<ManageAdmins>()?;
        grant.admins().update(number, None, |admin| {
            admin.fields.role = Role::ReadOnly;
            Ok(())
        })
    });
    demoted.unwrap();
    assert_eq!(known(&world, admin, &first), "unanswered");
    let top = world.top();
    let second = wanted(&top, None, "k", "x");
    act(&world, top, second).unwrap();
    world.directory.keep_answer(second, b"an answer".to_vec()).unwrap();
    world.pass(DAY / 24);
    assert_eq!(known(&world, world.top(), &second), "unanswered");
}

#[test]
fn everything_is_forgotten_after_a_day_whoever_comes() {
    let world = World::new();
    let (top, acme) = (world.top(), world.organization("acme"));
    for number in 0..40 {
        let place = (number % 2 == 0).then_some(acme);
        act(&world, top, wanted(&top, place, &number.to_string(), "x")).unwrap();
    }
    let left = |world: &World| {
        let places = [storage::Partition::Provider, acme.partition()];
        let snapshot = world.directory.inner.store.read().unwrap();
        let count = |place| snapshot.scan::<crate::records::Repeat>(place, None).count();
        places.map(count)
    };
    world.directory.forget_repeats(world.now()).unwrap();
    assert_eq!(left(&world), [20, 20]);
    world.pass(DAY);
    world.directory.forget_repeats(world.now()).unwrap();
    assert_eq!(left(&world), [0, 0]);
}
