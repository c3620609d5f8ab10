//! A TOTP code behind the password, at the doors of LDAP and RADIUS.

use std::time::Duration;

use storage::Change;

use super::world::{RIGHT, World, accepted, options, password};
use crate::access::{Actor, Identity, ManageConfiguration, RecoverAccounts, View};
use crate::authentication::{Begun, Door, Outcome, Proof, Request, Who, code_of_uri};
use crate::collections::{GeneratedPassword, SecondFactors};
use crate::error::Error;
use crate::events::{Action, Outcome as EventOutcome};
use crate::id::{OrganizationId, RecordId, UserId};
use crate::network::{Circumstances, NetworkMethod};
use crate::records::{Demand, RadiusClientFields, ServiceAccountFields, Settings};

pub(super) const STEP: u64 = 30_000;

pub(super) fn demanding(demand: Demand) -> Settings {
    let mut settings = Settings::default();
    settings.second_factor.demand = demand;
    settings.lockout.threshold = 5;
    settings
}

/// Enrols an authenticator and returns the URI that it scanned; the code of this step is used up.
pub(super) fn enrol(world: &World, organization: OrganizationId, user: UserId) -> String {
    let begun = world.change(move |change| {
        change.authorize::<RecoverAccounts>(organization)?.second_factors().begin(user)
    });
    let uri = begun.unwrap().uri.to_string();
    let code = code(world, &uri);
    world
        .change(move |change| {
            let mut grant = change.authorize::<RecoverAccounts>(organization)?;
            grant.second_factors().confirm(user, &code)
        })
        .unwrap();
    uri
}

pub(super) fn code(world: &World, uri: &str) -> String {
    code_of_uri(uri, world.now().seconds()).unwrap()
}

/// A code that is not of this moment, nor near it.
pub(super) fn wrong_code(world: &World, uri: &str) -> String {
    let near: Vec<String> = (0..6)
        .map(|step| code_of_uri(uri, world.now().seconds() + step * 30 - 90).unwrap())
        .collect();
    let mut wrong = (0..10).map(|digit| digit.to_string().repeat(6));
    wrong.find(|code| !near.contains(code)).unwrap()
}

pub(super) fn reason(world: &World, organization: OrganizationId) -> String {
    match world.events(organization.into(), 1).remove(0).outcome {
        EventOutcome::Success => "success".into(),
        EventOutcome::Failure(reason) => reason,
    }
}

#[test]
fn a_code_is_demanded_of_nobody_of_who_has_one_or_of_everybody() {
    for (demand, enrolled, bare_password, with_code) in [
        (Demand::Off, false, true, false),
        (Demand::Off, true, true, false),
        (Demand::IfEnrolled, false, true, false),
        (Demand::IfEnrolled, true, false, true),
        (Demand::Required, false, false, false),
        (Demand::Required, true, false, true),
    ] {
        let world = World::new();
        let acme = world.organization_with("acme", demanding(demand));
        let ada = world.user(acme, "ada");
        let uri = if enrolled { enrol(&world, acme, ada) } else { String::new() };
        world.pass(STEP);
        let code = if enrolled { code(&world, &uri) } else { "123456".into() };
        let tried = |text: &str| accepted(&world.bind(acme, "ada", text));
        assert_eq!(tried(RIGHT), bare_password, "{demand:?} {enrolled} without");
        assert_eq!(tried(&format!("{RIGHT},{code}")), with_code, "{demand:?} {enrolled} with");
        assert!(!tried(&format!("wrong,{code}")), "{demand:?} {enrolled} wrong");
    }
}

#[test]
fn what_was_wrong_with_a_code_only_the_event_tells() {
    let world = World::new();
    let acme = world.organization_with("acme", demanding(Demand::Required));
    let ada = world.user(acme, "ada");
    world.user(acme, "bob");
    let uri = enrol(&world, acme, ada);
    let used = code(&world, &uri);
    for (login, text, told) in [
        ("ada", format!("{RIGHT},{used}"), "is right, but the code is wrong or was used"),
        ("ada", format!("{RIGHT},{}", wrong_code(&world, &uri)), "is right, but the code is wrong"),
        ("ada", RIGHT.to_owned(), "is right, but the code of the second factor is missing"),
        ("ada", "wrong".to_owned(), "the password is wrong"),
        ("bob", RIGHT.to_owned(), "none is enrolled"),
        ("bob", "wrong".to_owned(), "the password is wrong"),
        ("eve", format!("{RIGHT},{used}"), "there is no such account"),
    ] {
        let begun =
            world.directory.authenticate(world.request(acme, Who::User(login.into()), &text));
        let Begun::Pending(pending) = begun.unwrap() else { panic!("{login} {text}: no hash") };
        assert!(!pending.stored().unwrap().is_quick());
        assert!(matches!(world.bind(acme, login, &text), Outcome::Reject));
        assert!(reason(&world, acme).contains(told), "{login} {text}: {}", reason(&world, acme));
    }
}

#[test]
fn no_code_is_taken_twice_although_the_password_is_remembered() {
    let world = World::new();
    let acme = world.organization_with("acme", demanding(Demand::IfEnrolled));
    let ada = world.user(acme, "ada");
    let uri = enrol(&world, acme, ada);
    for _ in 0..3 {
        world.pass(STEP);
        let text = format!("{RIGHT};{}", code(&world, &uri));
        assert!(accepted(&world.bind(acme, "ada", &text)));
        assert!(!accepted(&world.bind(acme, "ada", &text)));
        assert!(!accepted(&world.bind(acme, "ada", RIGHT)), "the password alone");
    }
    // One that waits on the pool while the same code is used elsewhere comes too late.
    world.pass(STEP);
    let text = format!("{RIGHT}{}", code(&world, &uri));
    let begin =
        || world.directory.authenticate(world.request(acme, Who::User("ada".into()), &text));
    let (sender, receiver) = std::sync::mpsc::channel();
    for begun in [begin(), begin()] {
        let Begun::Pending(pending) = begun.unwrap() else { panic!("no code was looked at") };
        let sender = sender.clone();
        world.directory.finish(pending, move |outcome| sender.send(accepted(&outcome)).unwrap());
    }
    let let_in = receiver.iter().take(2).filter(|accepted| *accepted).count();
    assert_eq!(let_in, 1);
}

#[test]
fn guessing_codes_locks_the_account_and_the_same_mistake_counts_once() {
    let world = World::new();
    let acme = world.organization_with("acme", demanding(Demand::IfEnrolled));
    let ada = world.user(acme, "ada");
    let uri = enrol(&world, acme, ada);
    world.pass(STEP);
    for _ in 0..9 {
        world.pass(61_000);
        assert!(!accepted(&world.bind(acme, "ada", &format!("{RIGHT},{}", "x".repeat(6)))));
    }
    world.pass(61_000);
    let right = format!("{RIGHT},{}", code(&world, &uri));
    assert!(accepted(&world.bind(acme, "ada", &right)));
    for digit in 1..6 {
        world.pass(61_000);
        let text = format!("{RIGHT},{}", digit.to_string().repeat(6));
        assert!(!accepted(&world.bind(acme, "ada", &text)));
    }
    world.pass(61_000);
    let right = format!("{RIGHT},{}", code(&world, &uri));
    assert!(!accepted(&world.bind(acme, "ada", &right)));
    assert_eq!(reason(&world, acme), "the account is locked");
}

type Work = fn(&mut SecondFactors<'_, &mut Change<'_>>, UserId) -> Result<(), Error>;

#[test]
fn a_code_guessed_again_later_counts_again_and_an_old_password_with_new_codes_does_not() {
    let world = World::new();
    let acme = world.organization_with("acme", demanding(Demand::IfEnrolled));
    world.set(acme, |settings| settings.lockout.threshold = 4);
    let ada = world.user(acme, "ada");
    let uri = enrol(&world, acme, ada);
    let locked = || world.credential(acme, Identity::User(ada)).lock.is_some();
    for _ in 0..8 {
        world.pass(STEP);
        world.bind(acme, "ada", &format!("last summer,{}", code(&world, &uri)));
    }
    assert!(!locked(), "a forgotten phone tells nothing new");
    for _ in 0..3 {
        world.pass(STEP);
        world.bind(acme, "ada", &format!("{RIGHT},{}", wrong_code(&world, &uri)));
    }
    assert!(locked());
}

#[test]
fn an_enrolment_counts_once_it_is_confirmed_and_a_reset_ends_it() {
    let world = World::new();
    let acme = world.organization_with("acme", demanding(Demand::IfEnrolled));
    let ada = world.user(acme, "ada");
    let enrolled = || {
        let reading = world.directory.read(world.top()).unwrap();
        reading.authorize::<View>(acme).unwrap().second_factors().is_enrolled(ada).unwrap()
    };
    let factors = |work: Work| {
        world.change(move |change| {
            let mut grant = change.authorize::<RecoverAccounts>(acme)?;
            work(&mut grant.second_factors(), ada)
        })
    };
    assert!(matches!(factors(|it, ada| it.confirm(ada, "123456")), Err(Error::Forbidden(_))));
    factors(|it, ada| it.begin(ada).map(drop)).unwrap();
    assert!(matches!(factors(|it, ada| it.confirm(ada, "12345")), Err(Error::Invalid(_))));
    assert!(!enrolled() && accepted(&world.bind(acme, "ada", RIGHT)));
    let uri = enrol(&world, acme, ada);
    assert!(uri.starts_with("otpauth://totp/ACME:ada?"), "{uri}");
    assert!(enrolled() && !accepted(&world.bind(acme, "ada", RIGHT)));
    assert!(matches!(factors(|it, ada| it.begin(ada).map(drop)), Err(Error::Forbidden(_))));
    factors(|it, ada| it.reset(ada)).unwrap();
    assert!(!enrolled() && accepted(&world.bind(acme, "ada", RIGHT)));
    factors(|it, ada| it.reset(ada)).unwrap();
    let actions = world.events(acme.into(), 20).into_iter().map(|event| event.action);
    let told: Vec<Action> =
        actions.filter(|action| matches!(action, Action::MfaReset | Action::MfaEnrolled)).collect();
    assert_eq!(told, [Action::MfaReset, Action::MfaEnrolled], "there was nothing to reset again");
}

#[test]
fn an_application_that_bound_before_decides_where_the_organization_lets_it() {
    let world = World::new();
    let acme = world.organization_with("acme", demanding(Demand::Required));
    let globex = world.organization_with("globex", demanding(Demand::Off));
    for organization in [acme, globex] {
        world.user(organization, "ada");
    }
    let wiki = |organization| application(&world, organization, Demand::Off);
    let (here, there) = (wiki(acme), wiki(globex));
    let tried = |application| {
        let request = world.request(acme, Who::User("ada".into()), RIGHT);
        accepted(&world.attempt(Request { application, ..request }))
    };
    assert!(!tried(Some(here)), "the organization decides");
    world.set(acme, |settings| settings.second_factor.service_accounts_decide = true);
    assert!(tried(Some(here)));
    assert!(!tried(None), "without an application the organization decides");
    assert!(!tried(Some(there)), "another organization's application decides nothing");
    let user = world.actor(acme, Identity::User(UserId::from_record(1).unwrap()));
    assert!(!tried(Some(user)), "a user is no application");
    let Some(Identity::ServiceAccount(rotated)) = here.identity() else { panic!("no account") };
    let new = GeneratedPassword::generate(&options().parameters, world.directory.tools()).unwrap();
    world
        .change(move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(acme)?;
            grant.service_accounts().rotate_password(rotated, &new, Duration::ZERO)
        })
        .unwrap();
    assert!(!tried(Some(here)), "whoever had the old password decides nothing");
    let here = world.actor(acme, Identity::ServiceAccount(rotated));
    assert!(tried(Some(here)));
    world
        .change(move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(acme)?;
            let mut accounts = grant.service_accounts();
            let Some(Identity::ServiceAccount(id)) = here.identity() else {
                panic!("no service account")
            };
            accounts.update(id, None, |account| {
                account.fields.suspended = true;
                Ok(())
            })
        })
        .unwrap();
    assert!(!tried(Some(here)), "a suspended application decides nothing");
}

#[test]
fn users_who_come_from_an_applications_networks_are_under_the_most_demanding_rule() {
    let world = World::new();
    let acme = world.organization_with("acme", demanding(Demand::Off));
    world.user(acme, "ada");
    let make = |name: &str, sources: &[&str], second_factor| {
        let parameters = options().parameters;
        let generated = GeneratedPassword::generate(&parameters, world.directory.tools()).unwrap();
        let sources = sources.iter().map(|source| source.parse().unwrap()).collect();
        let fields = ServiceAccountFields {
            name: name.into(),
            sources,
            second_factor,
            ..Default::default()
        };
        let made = world.change(move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(acme)?;
            grant.service_accounts().create(fields, &generated)
        });
        made.unwrap().0
    };
    let tried = |source: &str, application| {
        let request = world.request(acme, Who::User("ada".into()), RIGHT);
        let source = source.parse().unwrap();
        accepted(&world.attempt(Request { application, source, ..request }))
    };
    let wiki = application(&world, acme, Demand::Off);
    let vpn = make("vpn", &["192.0.2.0/24", "2001:db8::/64"], Some(Demand::Required));
    assert!(tried("192.0.2.7", None), "the organization lets no service account decide");
    let usual = |demand| {
        world.set(acme, move |settings| {
            settings.second_factor.service_accounts_decide = true;
            settings.second_factor.demand = demand;
        });
    };
    usual(Demand::Off);
    for source in ["192.0.2.7", "2001:db8::7", "::ffff:192.0.2.7"] {
        assert!(!tried(source, None), "{source}");
        assert!(!tried(source, Some(wiki)), "an easier rule weakens none: {source}");
    }
    assert!(tried("198.51.100.7", None) && tried("198.51.100.7", Some(wiki)));
    make("mail", &["198.51.100.0/24"], Some(Demand::Off));
    usual(Demand::Required);
    assert!(tried("198.51.100.7", None), "an application may ask for less than the organization");
    assert!(!tried("203.0.113.7", None), "elsewhere the organization decides");
    make("files", &["198.51.100.7/32"], None);
    assert!(!tried("198.51.100.7", None), "who has no rule has the organization's");
    assert!(tried("198.51.100.8", None));
    let suspend = |suspended, second_factor| {
        let changed = world.change(move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(acme)?;
            grant.service_accounts().update(vpn, None, |account| {
                account.fields.suspended = suspended;
                account.fields.second_factor = second_factor;
                Ok(())
            })
        });
        changed.unwrap();
    };
    suspend(true, Some(Demand::Off));
    assert!(!tried("192.0.2.8", None), "a suspended application makes nothing easier");
    suspend(false, Some(Demand::Off));
    assert!(tried("192.0.2.9", None));
    suspend(true, Some(Demand::Required));
    usual(Demand::Off);
    assert!(!tried("192.0.2.10", None), "nor does its suspension");
}

fn application(world: &World, organization: OrganizationId, demand: Demand) -> Actor {
    let parameters = options().parameters;
    let generated = GeneratedPassword::generate(&parameters, world.directory.tools()).unwrap();
    let text = generated.expose().to_owned();
    let second_factor = Some(demand);
    let fields = ServiceAccountFields { name: "wiki".into(), second_factor, ..Default::default() };
    world
        .change(move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(organization)?;
            grant.service_accounts().create(fields, &generated).map(drop)
        })
        .unwrap();
    let request = world.request(organization, Who::ServiceAccount("wiki".into()), &text);
    let Outcome::Accept { actor, .. } = world.attempt(request) else {
        panic!("the application was rejected")
    };
    actor
}

#[test]
fn network_gear_asks_the_same_engine_and_a_challenge_has_no_room_for_a_code() {
    let world = World::new();
    let settings = Settings { chap: true, ..demanding(Demand::Required) };
    let acme = world.organization_with("acme", settings);
    let ada = world.user(acme, "ada");
    let uri = enrol(&world, acme, ada);
    world.pass(STEP);
    let fields = RadiusClientFields {
        name: "switch".into(),
        sources: vec!["192.0.2.0/24".parse().unwrap()],
        ..RadiusClientFields::default()
    };
    let client = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        grant.radius_clients().create(fields, "0123456789abcdef").map(|(id, _)| id)
    });
    let door = Door::Radius(client.unwrap(), Circumstances::of(NetworkMethod::Pap));
    let tried = |proof| {
        let request = world.request(acme, Who::User("ada".into()), RIGHT);
        world.attempt(Request { door, proof, ..request })
    };
    let typed = |text: &str| Proof::Password(password(text));
    assert!(!accepted(&tried(typed(RIGHT))));
    let right = format!("{RIGHT},{}", code(&world, &uri));
    assert!(accepted(&tried(typed(&right))));
    assert!(!accepted(&tried(typed(&right))));
    let answer = Proof::Challenge(Box::new(|clear: &[u8]| clear == RIGHT.as_bytes()));
    assert!(!accepted(&tried(answer)));
    assert!(reason(&world, acme).contains("challenge"), "{}", reason(&world, acme));
    world.set(acme, |settings| settings.second_factor.demand = Demand::Off);
    let answer = Proof::Challenge(Box::new(|clear: &[u8]| clear == RIGHT.as_bytes()));
    assert!(accepted(&tried(answer)));
}

const GRACE: u64 = 10 * 24 * 60 * 60 * 1_000;

/// An organization that demands a second factor of everybody from now on, with a grace.
fn forgiving(world: &World) -> OrganizationId {
    let acme = world.organization_with("acme", Settings::default());
    world.user(acme, "ada");
    world.pass(GRACE);
    world.set(acme, |settings| {
        settings.second_factor.demand = Demand::Required;
        settings.enrolment.grace = GRACE;
    });
    acme
}

#[test]
fn the_password_alone_lets_in_until_the_grace_ends() {
    let world = World::new();
    let acme = forgiving(&world);
    let began = world.now();
    world.pass(GRACE - 1);
    assert!(accepted(&world.bind(acme, "ada", RIGHT)));
    let told = world.events(acme.into(), 2);
    let due = told.iter().find(|event| event.action == Action::MfaDue).unwrap();
    let written = crate::events::told_time(began.plus(GRACE));
    assert_eq!(due.differences[0].after, Some(format!("\"{written}\"")));
    assert!(accepted(&world.bind(acme, "ada", RIGHT)), "it is remembered");
    let events = world.events(acme.into(), 50);
    let times = events.iter().filter(|event| event.action == Action::MfaDue).count();
    assert_eq!(times, 1, "not for each time that the remembered password lets in");
    world.pass(1);
    assert!(!accepted(&world.bind(acme, "ada", RIGHT)));
    let ended = "no second factor was enrolled before the grace for it was over";
    assert!(reason(&world, acme).contains(ended), "{}", reason(&world, acme));
}

#[test]
fn a_grace_is_counted_from_when_somebody_is_let_in_and_begins_once() {
    let world = World::new();
    let acme = forgiving(&world);
    let staged = world.change(move |change| {
        let mut grant = change.authorize::<crate::access::ManageIdentities>(acme)?;
        let (state, fields) = (crate::records::UserState::Staged, super::world::user("bob"));
        grant.users().create_as(state, fields, None).map(|(id, _)| id)
    });
    let bob = staged.unwrap();
    world.pass(GRACE);
    let new = world.password(RIGHT);
    let activated = world.change(move |change| {
        let mut grant = change.authorize::<crate::access::ManageIdentities>(acme)?;
        grant.passwords().set(bob, new, None)?;
        grant.users().update(bob, None, |user| {
            user.state = crate::records::UserState::Active;
            Ok(())
        })
    });
    activated.unwrap();
    assert!(!accepted(&world.bind(acme, "ada", RIGHT)));
    assert!(accepted(&world.bind(acme, "bob", RIGHT)));
    // Another length counts from the same beginning; the demand itself begins anew.
    world.set(acme, |settings| settings.enrolment.grace = 2 * GRACE);
    assert!(accepted(&world.bind(acme, "ada", RIGHT)));
    world.pass(GRACE);
    assert!(!accepted(&world.bind(acme, "ada", RIGHT)));
    world.set(acme, |settings| settings.second_factor.demand = Demand::IfEnrolled);
    world.set(acme, |settings| settings.second_factor.demand = Demand::Required);
    assert!(accepted(&world.bind(acme, "ada", RIGHT)));
}

#[test]
fn who_has_enrolled_has_no_grace_and_others_doors_have_none() {
    let world = World::new();
    let acme = forgiving(&world);
    let bob = world.user(acme, "bob");
    enrol(&world, acme, bob);
    assert!(!accepted(&world.bind(acme, "bob", RIGHT)), "a code is needed");
    let state = |login: &'static str| {
        let reading = world.directory.read(world.top()).unwrap();
        let grant = reading.authorize::<View>(acme).unwrap();
        let home = grant.own_organization().unwrap();
        let user = grant.users().named(login).unwrap().unwrap();
        let state = grant.sign_in_state(user, &home).unwrap();
        (state.second_factor_due, state.second_factor_enrolled)
    };
    assert_eq!(state("ada"), (Some(world.now().plus(GRACE)), false));
    assert_eq!(state("bob"), (None, true));
    let fields = RadiusClientFields {
        name: "gate".into(),
        sources: vec!["192.0.2.0/24".parse().unwrap()],
        second_factor: Some(Demand::Required),
        ..RadiusClientFields::default()
    };
    let client = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        grant.radius_clients().create(fields, "0123456789abcdef").map(|(id, _)| id)
    });
    let by = Circumstances::of(NetworkMethod::Pap);
    let door = Door::Radius(client.unwrap(), by);
    let request = world.request(acme, Who::User("ada".into()), RIGHT);
    assert!(!accepted(&world.attempt(Request { door, ..request })));
    assert!(reason(&world, acme).contains("none is enrolled"), "{}", reason(&world, acme));
}
