//! Who was proven a while ago is let in again while all of it still holds.

use std::time::Duration;

use super::world::{DAY, RIGHT, World};
use crate::access::{ManageConfiguration, ManageIdentities, RecoverAccounts};
use crate::authentication::{Door, Earlier, Outcome, Proof, Request, Who};
use crate::events::Outcome as EventOutcome;
use crate::id::{OrganizationId, RadiusClientId, RecordId, UserId};
use crate::network::{Circumstances, NetworkMethod};
use crate::records::{
    Conditions, Demand, NetworkRule, RadiusClientFields, RuleVerdict, User, UserState,
};

const CHANGED: &str = "the account is not what it was when the resumed session began";

struct Office {
    world: World,
    acme: OrganizationId,
    client: RadiusClientId,
    ada: UserId,
}

impl Office {
    /// Ada comes by a RADIUS client of acme.
    fn new() -> Self {
        let world = World::new();
        let acme = world.organization("acme");
        let ada = world.user(acme, "ada");
        let client = client(&world, acme);
        Self { world, acme, client, ada }
    }

    fn tried(&self, login: &str, proof: Proof) -> Outcome {
        let request = self.world.request(self.acme, Who::User(login.into()), RIGHT);
        let door = Door::Radius(self.client, Circumstances::of(NetworkMethod::EapTtls));
        self.world.attempt(Request { door, proof, ..request })
    }

    /// What an accept of Ada's password leaves.
    fn proven(&self) -> Earlier {
        let request = self.world.request(self.acme, Who::User("ada".into()), RIGHT);
        left(&self.tried("ada", request.proof)).expect("an accept leaves something")
    }

    /// Why Ada is not let in again; nothing where she is.
    fn again(&self, earlier: Earlier) -> Option<String> {
        let outcome = self.tried("ada", Proof::Earlier(earlier));
        let event = self.world.events(self.acme.into(), 1).remove(0);
        let reason = match event.outcome {
            EventOutcome::Success => None,
            EventOutcome::Failure(reason) => Some(reason),
        };
        assert_eq!(left(&outcome).is_some(), reason.is_none(), "{reason:?}");
        reason
    }

    fn user(&self, edit: impl FnOnce(&mut User) + Send + 'static) {
        let (acme, ada) = (self.acme, self.ada);
        let changed = self.world.change(move |change| {
            let mut grant = change.authorize::<ManageIdentities>(acme)?;
            grant.users().update(ada, None, |user| {
                edit(user);
                Ok(())
            })
        });
        changed.unwrap();
    }

    fn gear(&self, edit: impl FnOnce(&mut RadiusClientFields) + Send + 'static) {
        let (acme, client) = (self.acme, self.client);
        let changed = self.world.change(move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(acme)?;
            grant.radius_clients().update(client, None, |client| {
                edit(&mut client.fields);
                Ok(())
            })
        });
        changed.unwrap();
    }
}

fn client(world: &World, organization: OrganizationId) -> RadiusClientId {
    let fields = RadiusClientFields {
        name: "wifi".into(),
        sources: vec!["192.0.2.0/24".parse().unwrap()],
        ..RadiusClientFields::default()
    };
    let made = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        let secret = format!("0123456789abcdef{}", organization.record());
        grant.radius_clients().create(fields, &secret).map(|(id, _)| id)
    });
    made.unwrap()
}

fn left(outcome: &Outcome) -> Option<Earlier> {
    match outcome {
        Outcome::Accept { earlier, .. } => *earlier,
        Outcome::Reject
        | Outcome::Busy
        | Outcome::Challenge { .. }
        | Outcome::Ended
        | Outcome::Locked
        | Outcome::Refused(_)
        | Outcome::Unhashed(_)
        | Outcome::Unprotected => None,
    }
}

#[test]
fn nothing_is_asked_for_again_while_nothing_has_changed() {
    let office = Office::new();
    let earlier = office.proven();
    for _time in 0..3 {
        office.world.pass(DAY);
        assert_eq!(office.again(earlier), None);
    }
    // What an accept by it leaves proves the same.
    let next = left(&office.tried("ada", Proof::Earlier(earlier))).unwrap();
    assert_eq!(office.again(next), None);
}

#[test]
fn it_is_of_one_user_of_one_organization() {
    let office = Office::new();
    office.world.user(office.acme, "bob");
    let earlier = office.proven();
    assert!(left(&office.tried("bob", Proof::Earlier(earlier))).is_none());
    assert!(left(&office.tried("nobody", Proof::Earlier(earlier))).is_none());
    // Elsewhere somebody has the same login and the same number.
    let globex = office.world.organization("globex");
    let (ada, client) = (office.world.user(globex, "ada"), client(&office.world, globex));
    assert_eq!(ada.record(), office.ada.record());
    let elsewhere = Office { acme: globex, client, ada, ..office };
    assert_eq!(elsewhere.again(earlier).as_deref(), Some(CHANGED));
}

#[test]
fn a_new_password_a_lock_and_a_suspension_end_it_for_good() {
    let office = Office::new();
    let (acme, ada) = (office.acme, office.ada);
    let earlier = office.proven();
    office.user(|user| user.state = UserState::Suspended);
    assert_eq!(office.again(earlier).as_deref(), Some(CHANGED));
    office.user(|user| user.state = UserState::Active);
    assert_eq!(office.again(earlier).as_deref(), Some(CHANGED));

    let earlier = office.proven();
    let same = office.world.password(RIGHT);
    let set = office.world.change(move |change| {
        change.authorize::<RecoverAccounts>(acme)?.passwords().set(ada, same, Some(false))
    });
    set.unwrap();
    assert_eq!(office.again(earlier).as_deref(), Some(CHANGED));

    let earlier = office.proven();
    let locked = office.world.change(move |change| {
        let hour = Duration::from_secs(60 * 60);
        change.authorize::<RecoverAccounts>(acme)?.passwords().lock(ada, hour)
    });
    locked.unwrap();
    assert_eq!(office.again(earlier).as_deref(), Some(CHANGED));
    office.world.pass(DAY);
    assert_eq!(office.again(earlier).as_deref(), Some(CHANGED), "the lock is over");
    assert_eq!(office.again(office.proven()), None);
}

#[test]
fn a_second_factor_that_was_not_demanded_then_ends_it_and_one_that_is_no_more_too() {
    let office = Office::new();
    let earlier = office.proven();
    office.gear(|gear| gear.second_factor = Some(Demand::Required));
    assert_eq!(office.again(earlier).as_deref(), Some(CHANGED));
    office.gear(|gear| gear.second_factor = None);
    assert_eq!(office.again(earlier), None, "nothing of the account has changed");
    office.world.set(office.acme, |settings| settings.second_factor.demand = Demand::Required);
    assert_eq!(office.again(earlier).as_deref(), Some(CHANGED));
}

#[test]
fn what_keeps_out_with_a_password_keeps_out_again() {
    let office = Office::new();
    let (acme, ada) = (office.acme, office.ada);
    let earlier = office.proven();
    let reject =
        NetworkRule { name: "else".into(), when: Conditions::default(), then: RuleVerdict::Reject };
    office.gear(|gear| gear.rules = vec![reject]);
    assert_eq!(office.again(earlier).as_deref(), Some("the rule rejects whom it is about"));
    office.gear(|gear| gear.rules = Vec::new());
    assert_eq!(office.again(earlier), None);

    let end = office.world.now().plus(DAY);
    office.user(move |user| user.fields.expires = Some(end));
    assert_eq!(office.again(earlier), None);
    office.world.pass(2 * DAY);
    assert_eq!(office.again(earlier).as_deref(), Some("the account's time is over"));
    office.user(|user| user.fields.expires = None);

    let required = office.world.change(move |change| {
        change.authorize::<RecoverAccounts>(acme)?.passwords().require_change(ada)
    });
    required.unwrap();
    let reason = office.again(earlier);
    assert_eq!(reason.as_deref(), Some("the password must be changed first"));
}

#[test]
fn a_password_that_has_ended_meanwhile_is_asked_for() {
    let office = Office::new();
    office.world.set(office.acme, |settings| {
        settings.password_policy.longest_age = 30 * DAY;
        settings.password_policy.grace_logins = 0;
    });
    let earlier = office.proven();
    office.world.pass(20 * DAY);
    assert_eq!(office.again(earlier), None);
    office.world.pass(20 * DAY);
    assert_eq!(office.again(earlier).as_deref(), Some("the password has expired"));
}
