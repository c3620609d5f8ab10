//! A second round over RADIUS for the code of a second factor.

use super::second_factor::{STEP, code, demanding, enrol, reason, wrong_code};
use super::world::{HERE, RIGHT, World, accepted, options, password};
use crate::access::{Identity, ManageConfiguration, ManageIdentities, RecoverAccounts};
use crate::authentication::{ChallengeLimits, Door, Options, Outcome, Proof, Request, Who};
use crate::events::{Action, Outcome as EventOutcome};
use crate::id::{OrganizationId, RadiusClientId, UserId};
use crate::network::{Circumstances, NetworkMethod};
use crate::records::{Conditions, Demand, NetworkRule, RadiusClientFields, RuleVerdict, UserState};

/// An organization whose VPN asks users for codes.
struct Office {
    world: World,
    acme: OrganizationId,
    vpn: RadiusClientId,
    ada: UserId,
    uri: String,
}

impl Office {
    fn new() -> Self {
        Self::with(&options(), |fields| fields.asks_for_code = true)
    }

    fn with(options: &Options, edit: fn(&mut RadiusClientFields)) -> Self {
        let world = World::with(options);
        let mut settings = demanding(Demand::IfEnrolled);
        settings.chap = true;
        let acme = world.organization_with("acme", settings);
        let vpn = client(&world, acme, "vpn", edit);
        let ada = world.user(acme, "ada");
        let uri = enrol(&world, acme, ada);
        world.pass(STEP);
        Self { world, acme, vpn, ada, uri }
    }

    fn tried(&self, client: RadiusClientId, login: &str, proof: Proof) -> Outcome {
        self.by(NetworkMethod::Pap, client, login, proof)
    }

    fn by(&self, by: NetworkMethod, client: RadiusClientId, login: &str, proof: Proof) -> Outcome {
        let door = Door::Radius(client, Circumstances::of(by));
        let request = self.world.request(self.acme, Who::User(login.into()), RIGHT);
        self.world.attempt(Request { door, proof, ..request })
    }

    /// The first round; tells what comes back with the code.
    fn asked(&self, text: &str) -> Option<[u8; 16]> {
        let asked = self.tried(self.vpn, "ada", Proof::Password(password(text)));
        let Outcome::Challenge { state } = asked else { return None };
        Some(state)
    }

    /// The second round of ada's.
    fn answered(&self, state: [u8; 16], text: &str) -> bool {
        let proof = Proof::Code { state, code: password(text) };
        accepted(&self.tried(self.vpn, "ada", proof))
    }

    fn code(&self) -> String {
        code(&self.world, &self.uri)
    }

    fn reason(&self) -> String {
        reason(&self.world, self.acme)
    }

    fn is_locked(&self) -> bool {
        self.world.credential(self.acme, Identity::User(self.ada)).lock.is_some()
    }
}

pub(super) fn client(
    world: &World,
    organization: OrganizationId,
    name: &str,
    edit: fn(&mut RadiusClientFields),
) -> RadiusClientId {
    let mut fields = RadiusClientFields {
        name: name.into(),
        sources: vec!["192.0.2.0/24".parse().unwrap()],
        ..RadiusClientFields::default()
    };
    edit(&mut fields);
    let secret = format!("0123456789abcdef{name}");
    let made = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        grant.radius_clients().create(fields, &secret).map(|(id, _)| id)
    });
    made.unwrap()
}

#[test]
fn the_right_password_is_asked_for_a_code_that_counts_once() {
    let office = Office::new();
    let state = office.asked(RIGHT).unwrap();
    let event = office.world.events(office.acme.into(), 1).remove(0);
    assert_eq!((event.action, event.outcome), (Action::CodeAsked, EventOutcome::Success));
    assert_eq!(event.source, Some(HERE));
    assert!(office.answered(state, &office.code()));
    assert!(!office.answered(state, &office.code()), "a state counts once");
    assert!(office.reason().contains("nobody was asked"), "{}", office.reason());
    let again = office.asked(RIGHT).unwrap();
    assert_ne!(again, state);
    assert!(!office.answered(again, &office.code()), "a code counts once");
    assert!(office.reason().contains("was used before"), "{}", office.reason());
    // The code behind the password works beside it.
    office.world.pass(STEP);
    let both = Proof::Password(password(&format!("{RIGHT},{}", office.code())));
    assert!(accepted(&office.tried(office.vpn, "ada", both)));
}

#[test]
fn the_second_round_may_take_a_minute_and_no_longer() {
    let office = Office::new();
    let state = office.asked(RIGHT).unwrap();
    office.world.pass(50_000);
    assert!(office.answered(state, &office.code()));
    let late = office.asked(RIGHT).unwrap();
    office.world.pass(61_000);
    assert!(!office.answered(late, &office.code()));
    assert!(office.reason().contains("nobody was asked"), "{}", office.reason());
}

#[test]
fn nobody_else_is_asked_and_nothing_else_asks() {
    let office = Office::new();
    office.world.user(office.acme, "bob");
    let tried = |client, login: &str, text: &str| {
        office.tried(client, login, Proof::Password(password(text)))
    };
    assert!(office.asked("wrong").is_none());
    assert!(accepted(&tried(office.vpn, "bob", RIGHT)), "without an authenticator");
    assert!(matches!(tried(office.vpn, "eve", RIGHT), Outcome::Reject));
    let plain = client(&office.world, office.acme, "switch", |_| {});
    assert!(matches!(tried(plain, "ada", RIGHT), Outcome::Reject));
    assert!(matches!(office.world.bind(office.acme, "ada", RIGHT), Outcome::Reject));
    // Inside a tunnel nobody can be asked, and a challenge has no room.
    let inside = Proof::Password(password(RIGHT));
    let inside = office.by(NetworkMethod::EapTtls, office.vpn, "ada", inside);
    assert!(matches!(inside, Outcome::Reject));
    let fits = Proof::Challenge(Box::new(|clear: &[u8]| clear == RIGHT.as_bytes()));
    assert!(matches!(office.tried(office.vpn, "ada", fits), Outcome::Reject));
    // A state that nobody was given is nothing, and the password is a password.
    let replayed = Proof::Code { state: [9; 16], code: password(RIGHT) };
    assert!(matches!(office.tried(office.vpn, "ada", replayed), Outcome::Challenge { .. }));
    let foreign = Proof::Code { state: [9; 16], code: password(RIGHT) };
    assert!(accepted(&office.tried(plain, "bob", foreign)));
}

#[test]
fn a_state_is_worth_nothing_to_another_user_at_another_client_too_late_or_after_a_change() {
    let office = Office::new();
    let bob = office.world.user(office.acme, "bob");
    let bobs = enrol(&office.world, office.acme, bob);
    let other = client(&office.world, office.acme, "other", |it| it.asks_for_code = true);
    office.world.pass(STEP);
    let state = office.asked(RIGHT).unwrap();
    let of_bob = Proof::Code { state, code: password(&code(&office.world, &bobs)) };
    assert!(!accepted(&office.tried(office.vpn, "bob", of_bob)));
    let elsewhere = Proof::Code { state, code: password(&office.code()) };
    assert!(!accepted(&office.tried(other, "ada", elsewhere)));
    assert!(office.answered(state, &office.code()), "nobody else used it up");

    let late = office.asked(RIGHT).unwrap();
    office.world.pass(60_000);
    assert!(!office.answered(late, &office.code()));
    assert!(office.reason().contains("too long ago"), "{}", office.reason());

    office.world.pass(STEP);
    let overtaken = office.asked(RIGHT).unwrap();
    let (acme, ada) = (office.acme, office.ada);
    let suspended = office.world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        grant.users().update(ada, None, |user| {
            user.state = UserState::Suspended;
            Ok(())
        })
    });
    suspended.unwrap();
    assert!(!office.answered(overtaken, &office.code()));
    assert!(office.asked(RIGHT).is_none(), "the suspended are not asked");
}

#[test]
fn wrong_codes_lock_the_account_although_the_password_is_right_each_time() {
    let office = Office::new();
    for _ in 0..5 {
        assert!(!office.is_locked());
        office.world.pass(61_000);
        let state = office.asked(RIGHT).unwrap();
        assert!(!office.answered(state, &wrong_code(&office.world, &office.uri)));
        assert!(office.reason().contains("the code is wrong"), "{}", office.reason());
    }
    assert!(office.is_locked());
    office.world.pass(61_000);
    assert!(office.asked(RIGHT).is_none());
    assert_eq!(office.reason(), "the account is locked");
}

#[test]
fn wrong_passwords_count_as_ever_and_being_asked_forgives_none() {
    let office = Office::new();
    for guess in 0..5 {
        office.world.pass(61_000);
        assert!(office.asked(RIGHT).is_some());
        assert!(office.asked(&format!("guess {guess}")).is_none());
    }
    assert!(office.is_locked());
}

#[test]
fn a_password_that_ends_in_digits_is_no_code() {
    let office = Office::new();
    let (acme, ada) = (office.acme, office.ada);
    let new = office.world.password("correct horse 123456");
    let set = office.world.change(move |change| {
        change.authorize::<RecoverAccounts>(acme)?.passwords().set(ada, new, None).map(drop)
    });
    set.unwrap();
    assert!(office.asked("correct horse 654321").is_none());
    let state = office.asked("correct horse 123456").unwrap();
    assert!(office.answered(state, &format!(" {} ", office.code())));
}

#[test]
fn a_client_demands_more_or_less_than_its_organization() {
    let office = Office::with(&options(), |fields| fields.second_factor = Some(Demand::Required));
    office.world.user(office.acme, "bob");
    let tried = |client, login: &str| {
        accepted(&office.tried(client, login, Proof::Password(password(RIGHT))))
    };
    assert!(!tried(office.vpn, "bob") && !tried(office.vpn, "ada"));
    assert!(office.reason().contains("is missing"), "{}", office.reason());
    let wifi = client(&office.world, office.acme, "wifi", |fields| {
        fields.second_factor = Some(Demand::Off);
    });
    assert!(tried(wifi, "ada") && tried(wifi, "bob"));
    assert!(!accepted(&office.world.bind(office.acme, "ada", RIGHT)));
}

/// Being asked tells that the password is right: only whoever could be let in is told.
#[test]
fn whom_the_rules_reject_is_not_asked() {
    let office = Office::with(&options(), |fields| {
        fields.asks_for_code = true;
        let (name, when) = ("nobody".into(), Conditions::default());
        fields.rules = vec![NetworkRule { name, when, then: RuleVerdict::Reject }];
    });
    for text in [RIGHT, "wrong"] {
        let tried = office.tried(office.vpn, "ada", Proof::Password(password(text)));
        assert!(matches!(tried, Outcome::Reject), "{text}");
    }
    let told = office.world.events(office.acme.into(), 2).remove(1);
    assert_eq!(told.access.unwrap().rule.as_deref(), Some("nobody"));
    assert_eq!(told.action, Action::RadiusAccess);
}

#[test]
fn how_many_wait_for_codes_is_bounded() {
    let challenges = ChallengeLimits { all: 2, of_organization: 2, patience: 60_000 };
    let options = Options { challenges, ..options() };
    let office = Office::with(&options, |fields| fields.asks_for_code = true);
    let states = [(); 3].map(|()| office.asked(RIGHT).unwrap());
    assert!(!office.answered(states[0], &office.code()));
    assert!(office.answered(states[2], &office.code()));
}
