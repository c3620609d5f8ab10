//! What would wait for the store's writer is left to the pool: whoever begins an attempt serves
//! others as well.

use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use super::code::client;
use super::second_factor::{STEP, code, enrol};
use super::world::{DAY, RIGHT, World, accepted, password};
use crate::authentication::{Begun, Door, Notice, Outcome, Pending, Proof, Request, Who};
use crate::error::Error;
use crate::id::{OrganizationId, RadiusClientId};
use crate::network::{Circumstances, NetworkMethod};
use crate::records::{Demand, Settings};

/// Longer than anything here takes but waiting for the writer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Keeps the store's writer busy until what comes back is dropped.
fn hold(world: &World) -> Sender<()> {
    let (release, released) = channel::<()>();
    let (started, starts) = channel();
    let store = world.directory.inner.store.clone();
    std::thread::spawn(move || {
        let held = store.write(move |_| {
            started.send(()).unwrap();
            let _released = released.recv();
            Ok::<(), Error>(())
        });
        held.unwrap();
    });
    starts.recv().unwrap();
    release
}

/// Begins an attempt on a thread of its own, as a socket would.
fn begin(world: &World, request: Request) -> Begun {
    let (begun, begins) = channel();
    let directory = world.directory.clone();
    std::thread::spawn(move || begun.send(directory.authenticate(request).unwrap()));
    begins.recv_timeout(PATIENCE).expect("the attempt waits for the writer")
}

fn left(begun: Begun) -> Box<Pending> {
    match begun {
        Begun::Pending(pending) => pending,
        Begun::Done(_) => panic!("nothing was left to the pool"),
    }
}

fn finished(world: &World, pending: Box<Pending>) -> Outcome {
    let (sender, receiver) = channel();
    world.directory.finish(pending, move |outcome| sender.send(outcome).unwrap());
    receiver.recv().unwrap()
}

/// A question of network gear.
fn asked(
    world: &World,
    (organization, client): (OrganizationId, RadiusClientId),
    login: &str,
    proof: Proof,
) -> Request {
    let door = Door::Radius(client, Circumstances::of(NetworkMethod::Pap));
    Request { door, proof, ..world.request(organization, Who::User(login.into()), "unused") }
}

fn answered(text: &'static str) -> Proof {
    Proof::Challenge(Box::new(move |clear| clear == text.as_bytes()))
}

fn strict() -> Settings {
    let mut settings = Settings { chap: true, ..Settings::default() };
    settings.second_factor.demand = Demand::IfEnrolled;
    settings.lockout.threshold = 1;
    settings
}

fn graceful() -> Settings {
    let mut settings = Settings { chap: true, ..Settings::default() };
    settings.password_policy.longest_age = DAY;
    settings.password_policy.grace_logins = 2;
    settings
}

#[test]
fn whoever_begins_an_attempt_never_waits_for_the_writer() {
    let world = World::new();
    let [acme, beta, calm] =
        [("acme", strict()), ("beta", graceful()), ("calm", Settings::default())]
            .map(|(slug, settings)| world.organization_with(slug, settings));
    let vpn = (acme, client(&world, acme, "vpn", |fields| fields.asks_for_code = true));
    let [gate, switch] = [(beta, "gate"), (calm, "switch")]
        .map(|(place, name)| (place, client(&world, place, name, |_| {})));
    world.user(acme, "eve");
    let ada = world.user(acme, "ada");
    let uri = enrol(&world, acme, ada);
    world.user(beta, "bob");
    world.pass(DAY + STEP);
    let known = || asked(&world, switch, "carl", Proof::Password(password(RIGHT)));
    world.user(calm, "carl");
    assert!(accepted(&world.attempt(known())));
    let first = asked(&world, vpn, "ada", Proof::Password(password(RIGHT)));
    let Outcome::Challenge { state } = world.attempt(first) else { panic!("nobody was asked") };

    let held = hold(&world);
    let code = Proof::Code { state, code: password(&code(&world, &uri)) };
    let by_code = left(begin(&world, asked(&world, vpn, "ada", code)));
    let to_lock = left(begin(&world, asked(&world, vpn, "eve", answered("wrong"))));
    let by_grace = left(begin(&world, asked(&world, gate, "bob", answered(RIGHT))));
    // Meanwhile others are served.
    let Begun::Done(outcome) = begin(&world, known()) else { panic!("carl was hashed again") };
    assert!(accepted(&outcome));
    drop(held);

    assert!(accepted(&finished(&world, by_code)));
    assert!(matches!(finished(&world, to_lock), Outcome::Reject));
    assert!(matches!(
        finished(&world, by_grace),
        Outcome::Accept { notice: Notice::GraceLogins(1), .. }
    ));
    let again = world.attempt(asked(&world, vpn, "eve", answered(RIGHT)));
    assert!(matches!(again, Outcome::Reject), "eve is locked");
}

#[test]
fn an_answer_to_a_challenge_is_judged_by_what_is_true_when_it_is_kept() {
    let world = World::new();
    let beta = world.organization_with("beta", graceful());
    let gate = (beta, client(&world, beta, "gate", |_| {}));
    world.user(beta, "bob");
    world.pass(2 * DAY);
    let pending = left(begin(&world, asked(&world, gate, "bob", answered(RIGHT))));
    world.change(move |change| change.authorize(beta)?.own()?.set_suspended(None, true)).unwrap();
    assert!(matches!(finished(&world, pending), Outcome::Reject));
}

/// Somebody else's wrong guess, or a device's with the old password, is no reason to reject.
#[test]
fn a_right_password_counts_although_a_wrong_one_was_judged_while_it_waited() {
    let world = World::new();
    let acme = world.organization("acme");
    world.user(acme, "ada");
    let right = left(begin(&world, world.request(acme, Who::User("ada".into()), RIGHT)));
    world.pass(50);
    assert!(!accepted(&world.bind(acme, "ada", "wrong")));
    assert!(accepted(&finished(&world, right)));
}
