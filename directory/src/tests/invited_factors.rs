//! Users who enrol a second factor alone, with an invitation.

use std::sync::mpsc::{Receiver, channel};

use super::second_factor::{STEP, code, demanding, enrol, reason, wrong_code};
use super::world::{DAY, RIGHT, World, accepted, password, refusal, user};
use crate::access::{Actor, Identity, ManageIdentities, RecoverAccounts, View};
use crate::authentication::Reproof;
use crate::collections::NewSeed;
use crate::directory::InvitationStep;
use crate::error::Error;
use crate::events::{Action, Event, EventActor};
use crate::id::{OrganizationId, UserId};
use crate::records::{Aim, Demand, User, UserState};

const CHOSEN: &str = "quite another horse";

type Begun = Result<Reproof<NewSeed>, Error>;

/// Makes a user without a password, and an invitation to choose one.
fn invited(
    world: &World,
    acme: OrganizationId,
    login: &str,
    second_factor: bool,
) -> (UserId, String) {
    let fields = user(login);
    let made = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        let mut users = grant.users();
        let (id, _) = users.create_as(UserState::Staged, fields, None)?;
        Ok((id, users.invite(id, None, second_factor)?.token))
    });
    made.unwrap()
}

/// Invites a user who has a password.
fn link(world: &World, acme: OrganizationId, user: UserId) -> Result<String, Error> {
    let invited = world.change(move |change| {
        change.authorize::<RecoverAccounts>(acme)?.second_factors().invite(user, None)
    });
    invited.map(|invited| invited.token)
}

fn accept(world: &World, token: &str) -> Result<Option<NewSeed>, Error> {
    let nobody = world.by(Actor::nobody());
    world.directory.judge_first_password(token, &password(CHOSEN), &nobody)?;
    world.directory.accept_invitation(token, world.password(CHOSEN), nobody)
}

fn begin(world: &World, token: &str, text: &str) -> Result<Reproof<NewSeed>, Error> {
    begun(world, token, text)?.recv().unwrap()
}

/// Where what comes of it is told.
fn begun(world: &World, token: &str, text: &str) -> Result<Receiver<Begun>, Error> {
    let (tell, told) = channel();
    let (directory, nobody) = (&world.directory, world.by(Actor::nobody()));
    directory.begin_invited_second_factor(token.into(), password(text), nobody, move |begun| {
        tell.send(begun).unwrap();
    })?;
    Ok(told)
}

/// The seed that the right password shows.
fn shown(world: &World, token: &str, text: &str) -> String {
    let Reproof::Proven(seed) = begin(world, token, text).unwrap() else { panic!("no seed") };
    seed.uri.to_string()
}

fn confirm(world: &World, token: &str, code: String) -> Result<Reproof<()>, Error> {
    let nobody = world.by(Actor::nobody());
    world.directory.confirm_invited_second_factor(token.to_owned(), code, nobody)
}

/// Nobody goes on with an invitation, in whatever way.
fn assert_gone(world: &World, token: &str) {
    let nobody = world.by(Actor::nobody());
    assert!(matches!(world.directory.invitation_step(token, &nobody), Err(Error::Missing)));
    assert!(matches!(begin(world, token, RIGHT), Err(Error::Missing)));
    assert!(matches!(confirm(world, token, "123456".into()), Err(Error::Missing)));
    assert!(matches!(accept(world, token), Err(Error::Missing)));
}

fn told(world: &World, acme: OrganizationId, action: Action) -> Event {
    let mut events = world.events(acme.into(), 20).into_iter();
    events.find(|event| event.action == action).unwrap()
}

fn is_by(event: &Event, name: &str) -> bool {
    matches!(&event.actor, EventActor::User { id: Some(_), login } if login == name)
}

#[test]
fn a_first_password_goes_on_to_a_second_factor_where_one_is_demanded_of_everybody() {
    let world = World::new();
    let acme = world.organization_with("acme", demanding(Demand::Required));
    let (_, token) = invited(&world, acme, "ada", false);
    let nobody = world.by(Actor::nobody());
    let step = || world.directory.invitation_step(&token, &nobody);
    assert_eq!(step().unwrap(), InvitationStep::FirstPassword);
    assert!(matches!(begin(&world, &token, CHOSEN), Err(Error::Missing)), "too early");
    assert!(matches!(confirm(&world, &token, "123456".into()), Err(Error::Missing)));
    let seed = accept(&world, &token).unwrap().expect("a second factor is demanded");
    let shown_to = told(&world, acme, Action::SecretRevealed);
    assert!(is_by(&shown_to, "ada"), "{shown_to:?}");
    assert_eq!(step().unwrap(), InvitationStep::PasswordInUse);
    assert!(matches!(accept(&world, &token), Err(Error::Missing)), "the password is chosen once");
    assert!(!accepted(&world.bind(acme, "ada", CHOSEN)), "nothing is enrolled yet");
    let first = code(&world, &seed.uri);
    assert!(matches!(confirm(&world, &token, first.clone()), Ok(Reproof::Proven(()))));
    assert!(is_by(&told(&world, acme, Action::MfaEnrolled), "ada"));
    assert_gone(&world, &token);
    assert!(!accepted(&world.bind(acme, "ada", CHOSEN)));
    assert!(!accepted(&world.bind(acme, "ada", &format!("{CHOSEN},{first}"))), "it is used up");
    world.pass(STEP);
    assert!(accepted(&world.bind(acme, "ada", &format!("{CHOSEN},{}", code(&world, &seed.uri)))));
    world.assert_sound();
}

#[test]
fn a_second_factor_comes_behind_a_first_password_where_it_is_demanded_or_wished() {
    for (demand, wished, goes_on) in [
        (Demand::Off, false, false),
        (Demand::IfEnrolled, false, false),
        (Demand::Required, false, true),
        (Demand::Off, true, true),
        (Demand::IfEnrolled, true, true),
    ] {
        let world = World::new();
        let acme = world.organization_with("acme", demanding(demand));
        let (_, token) = invited(&world, acme, "ada", wished);
        let invitation = told(&world, acme, Action::Invited);
        assert_eq!(!invitation.differences.is_empty(), wished, "{invitation:?}");
        let seed = accept(&world, &token).unwrap();
        assert_eq!(seed.is_some(), goes_on, "{demand:?} {wished}");
        if !goes_on {
            assert_gone(&world, &token);
        }
    }
}

#[test]
fn who_has_a_password_enrols_with_it_and_whoever_has_the_link_alone_does_not() {
    let world = World::new();
    let acme = world.organization_with("acme", demanding(Demand::Required));
    let ada = world.user(acme, "ada");
    let token = link(&world, acme, ada).unwrap();
    let early = confirm(&world, &token, "123456".into());
    assert_eq!(refusal(early), "no enrolment was begun");
    assert!(matches!(begin(&world, &token, "wrong"), Ok(Reproof::Wrong)));
    assert_eq!(reason(&world, acme), "the password is wrong");
    assert_eq!(refusal(confirm(&world, &token, "123456".into())), "no enrolment was begun");
    let former = shown(&world, &token, RIGHT);
    assert!(is_by(&told(&world, acme, Action::SecretRevealed), "ada"));
    // Who comes again is shown another seed, and the one before ends.
    let uri = shown(&world, &token, RIGHT);
    assert_ne!(uri, former);
    let wrong = wrong_code(&world, &uri);
    assert!(matches!(confirm(&world, &token, wrong), Ok(Reproof::Wrong)));
    assert_eq!(reason(&world, acme), "the code is wrong");
    assert!(!accepted(&world.bind(acme, "ada", RIGHT)));
    let right = code(&world, &uri);
    assert!(matches!(confirm(&world, &token, right), Ok(Reproof::Proven(()))));
    assert_gone(&world, &token);
    world.pass(STEP);
    assert!(!accepted(&world.bind(acme, "ada", RIGHT)));
    assert!(accepted(&world.bind(acme, "ada", &format!("{RIGHT},{}", code(&world, &uri)))));
    world.assert_sound();
}

#[test]
fn wrong_passwords_and_codes_lock_as_those_of_signing_in_do() {
    for guesses_codes in [false, true] {
        let world = World::new();
        let acme = world.organization_with("acme", demanding(Demand::IfEnrolled));
        let ada = world.user(acme, "ada");
        let token = link(&world, acme, ada).unwrap();
        let uri = shown(&world, &token, RIGHT);
        for guess in 0..5 {
            world.pass(61_000);
            let is_wrong = if guesses_codes {
                let wrong = wrong_code(&world, &uri);
                matches!(confirm(&world, &token, wrong), Ok(Reproof::Wrong))
            } else {
                matches!(begin(&world, &token, &format!("wrong {guess}")), Ok(Reproof::Wrong))
            };
            assert!(is_wrong, "{guess}");
        }
        assert!(world.credential(acme, Identity::User(ada)).lock.is_some(), "{guesses_codes}");
        world.pass(61_000);
        assert!(!accepted(&world.bind(acme, "ada", RIGHT)), "at the other doors too");
        world.pass(61_000);
        let right = code(&world, &uri);
        assert!(matches!(confirm(&world, &token, right), Ok(Reproof::Wrong)));
        assert_eq!(reason(&world, acme), "the account is locked");
        world.pass(61_000);
        assert!(matches!(begin(&world, &token, RIGHT), Ok(Reproof::Wrong)));
        // The lock ends, and the link has not.
        world.pass(DAY);
        let uri = shown(&world, &token, RIGHT);
        let right = code(&world, &uri);
        assert!(matches!(confirm(&world, &token, right), Ok(Reproof::Proven(()))));
    }
}

#[test]
fn a_password_that_was_compared_is_told_though_something_came_between() {
    for ends in [false, true] {
        let world = World::new();
        let acme = world.organization_with("acme", demanding(Demand::IfEnrolled));
        let ada = world.user(acme, "ada");
        let token = link(&world, acme, ada).unwrap();
        let held = world.hold_pool();
        let begun = begun(&world, &token, RIGHT).unwrap();
        let changed = world.change(move |change| {
            let mut grant = change.authorize::<RecoverAccounts>(acme)?;
            if ends { grant.second_factors().reset(ada) } else { grant.passwords().unlock(ada) }
        });
        changed.unwrap();
        drop(held);
        let outcome = begun.recv().unwrap();
        let is_outpaced = matches!(outcome, Err(Error::Missing) | Ok(Reproof::Busy));
        assert!(is_outpaced, "the link ends: {ends}");
        let event = told(&world, acme, Action::MfaEnrolled);
        assert!(is_by(&event, "ada"), "{event:?}");
        assert_eq!(reason(&world, acme), "the password was compared, and something came between");
    }
}

#[test]
fn a_code_that_was_compared_is_told_though_something_came_between() {
    for (ends, again) in [(false, false), (true, false), (true, true)] {
        let world = World::new();
        let acme = world.organization_with("acme", demanding(Demand::IfEnrolled));
        let ada = world.user(acme, "ada");
        let token = link(&world, acme, ada).unwrap();
        let uri = shown(&world, &token, RIGHT);
        let (right, nobody) = (code(&world, &uri), world.by(Actor::nobody()));
        let compared = world.directory.compare_invited_code(&token, &right, nobody);
        let Ok(Ok(asked)) = compared else { panic!("the code is right") };
        if again {
            // The same code, asked for twice at once.
            let first = confirm(&world, &token, right.clone());
            assert!(matches!(first, Ok(Reproof::Proven(()))));
        } else {
            let changed = world.change(move |change| {
                let mut grant = change.authorize::<RecoverAccounts>(acme)?;
                if ends { grant.second_factors().reset(ada) } else { grant.passwords().unlock(ada) }
            });
            changed.unwrap();
        }
        let outcome = world.directory.enrol_invited(&asked, token, right);
        match ends {
            true => assert!(matches!(outcome, Err(Error::Missing))),
            false => assert!(matches!(outcome, Ok(Reproof::Busy))),
        }
        let event = told(&world, acme, Action::MfaEnrolled);
        assert!(is_by(&event, "ada"), "{event:?}");
        assert_eq!(reason(&world, acme), "the code was compared, and something came between");
    }
}

#[test]
fn whoever_fails_often_has_to_wait() {
    let world = World::new();
    let acme = world.organization_with("acme", demanding(Demand::Off));
    world.set(acme, |settings| settings.lockout.threshold = 0);
    let ada = world.user(acme, "ada");
    let token = link(&world, acme, ada).unwrap();
    let uri = shown(&world, &token, RIGHT);
    let slowed = (0..20).any(|guess| {
        let begun = begin(&world, &token, &format!("wrong {guess}")).unwrap();
        matches!(begun, Reproof::TooEarly(1..))
    });
    assert!(slowed);
    let right = code(&world, &uri);
    assert!(matches!(confirm(&world, &token, right), Ok(Reproof::TooEarly(_))));
}

#[test]
fn a_link_ends_with_its_time_a_suspension_a_deletion_a_reset_and_another_enrolment() {
    let world = World::new();
    let acme = world.organization("acme");
    let users = ["ada", "bob", "eve", "joe", "ida"].map(|login| world.user(acme, login));
    let links = users.map(|user| link(&world, acme, user).unwrap());
    let ([ada, bob, eve, joe, ida], [first, of_bob, of_eve, of_joe, of_ida]) = (users, &links);
    let second = link(&world, acme, ada).unwrap();
    assert_gone(&world, first);
    for state in [UserState::Suspended, UserState::Active] {
        set_state(&world, acme, bob, state);
        assert_gone(&world, of_bob);
    }
    let revoked = told(&world, acme, Action::InvitationRevoked);
    assert_eq!(revoked.subject.unwrap().name, "bob");
    let deleted = world.change(move |change| {
        change.authorize::<ManageIdentities>(acme)?.users().delete(eve, None)
    });
    deleted.unwrap();
    assert_gone(&world, of_eve);
    shown(&world, of_joe, RIGHT);
    let reset = world.change(move |change| {
        change.authorize::<RecoverAccounts>(acme)?.second_factors().reset(joe)
    });
    reset.unwrap();
    assert_gone(&world, of_joe);
    // Whoever is helped after all.
    enrol(&world, acme, ida);
    assert_gone(&world, of_ida);
    let step = |token: &str| {
        world.directory.invitation_step(token, &world.by(Actor::nobody())).map_err(|_| "gone")
    };
    world.pass(7 * DAY - 1);
    assert_eq!(step(&second), Ok(InvitationStep::PasswordInUse));
    world.pass(1);
    assert_gone(&world, &second);
    assert_eq!(world.directory.end_user_lives(world.now()).unwrap(), 1);
    assert_eq!(world.events(acme.into(), 1)[0].action, Action::InvitationExpired);
    world.assert_sound();
}

#[test]
fn a_link_ends_with_the_time_of_its_user() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let token = link(&world, acme, ada).unwrap();
    let end = Some(world.now().plus(DAY));
    edit(&world, acme, ada, move |user| user.fields.expires = end);
    world.pass(DAY);
    assert_gone(&world, &token);
    assert_eq!(world.directory.end_user_lives(world.now()).unwrap(), 1);
    let ended = &world.events(acme.into(), 1)[0];
    assert_eq!((ended.action, &ended.actor), (Action::InvitationRevoked, &EventActor::Daemon));
    world.assert_sound();
}

#[test]
fn only_who_can_give_a_password_and_has_no_second_factor_is_invited_to_enrol_one() {
    let world = World::new();
    let acme = world.organization("acme");
    let [ada, bob] = ["ada", "bob"].map(|login| world.user(acme, login));
    enrol(&world, acme, ada);
    let tried = |user| refusal(link(&world, acme, user));
    assert_eq!(tried(ada), "a second factor is enrolled; reset it first");
    set_state(&world, acme, bob, UserState::Suspended);
    assert_eq!(tried(bob), "the user is suspended; activate it first");
    let (eve, _) = invited(&world, acme, "eve", false);
    assert_eq!(tried(eve), "the user is not active yet; activate it first");
    set_state(&world, acme, eve, UserState::Active);
    assert!(tried(eve).starts_with("the user has no password;"));
    let reading = world.directory.read(world.top()).unwrap();
    let users = reading.authorize::<View>(acme).unwrap().users();
    let left = users.invitation(eve).unwrap().expect("the one from before stays");
    assert!(left.aim == Aim::Password);
}

fn edit(
    world: &World,
    acme: OrganizationId,
    id: UserId,
    edit: impl FnOnce(&mut User) + Send + 'static,
) {
    let edited = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        let edit = |user: &mut User| {
            edit(user);
            Ok(())
        };
        grant.users().update(id, None, edit).map(drop)
    });
    edited.unwrap();
}

fn set_state(world: &World, acme: OrganizationId, id: UserId, state: UserState) {
    edit(world, acme, id, move |user| user.state = state);
}
