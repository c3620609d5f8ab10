//! Which sessions are to end, by what happened to their users.

mod by_hand;
mod changes;
mod devices;
mod later;
mod policy;
mod times;

use std::net::IpAddr;
use std::time::Duration;

use storage::Reading as _;

use super::world::{HERE, World};
use crate::access::{Identity, ManageConfiguration, ManageIdentities, RecoverAccounts};
use crate::accounting::{SessionReport, Stage};
use crate::collections::{Member, MembershipChange, NewPassword};
use crate::error::Error;
use crate::events::{Action, Outcome};
use crate::id::{GroupId, OrganizationId, RadiusClientId, UserId};
use crate::orders::{OrderOutcome, SessionOrder};
use crate::records::{
    Carried, Conditions, Consequence, Departure, GearOrders, GroupFields, NetworkRule, OrderWay,
    Prefixes, RadiusClientFields, RuleVerdict, Traffic, Trigger, UserState,
};

/// An organization whose RADIUS clients may want to be told.
struct Office {
    world: World,
    acme: OrganizationId,
    ada: UserId,
    bob: UserId,
}

const EVERYTHING: GearOrders = GearOrders {
    port: 3799,
    suspended: Consequence::Disconnect,
    locked: Consequence::Disconnect,
    left_group: Consequence::Disconnect,
    joined_group: Consequence::Nothing,
    password_changed: Consequence::Disconnect,
    certificate_revoked: Consequence::Disconnect,
    end_when_refused: false,
    policy_changed: Consequence::Nothing,
    way: OrderWay::Datagram,
};

impl Office {
    fn new() -> Self {
        Self::over(World::new())
    }

    fn over(world: World) -> Self {
        let acme = world.organization("acme");
        let (ada, bob) = (world.user(acme, "ada"), world.user(acme, "bob"));
        Self { world, acme, ada, bob }
    }

    fn client(&self, name: &str, edit: impl FnOnce(&mut RadiusClientFields)) -> RadiusClientId {
        client(&self.world, self.acme, name, edit)
    }

    /// Each of both has a session, and an unknown one as well.
    fn sessions(&self, client: RadiusClientId) {
        for login in ["ada", "bob", "nobody"] {
            begin(&self.world, (self.acme, client), login, login);
        }
        self.world.pass(1_000);
    }

    fn group(&self, name: &str, members: Vec<Member>) -> GroupId {
        let (acme, name) = (self.acme, name.to_owned());
        let made = self.world.change(move |change| {
            let mut grant = change.authorize::<ManageIdentities>(acme)?;
            let fields = GroupFields { name, ..GroupFields::default() };
            let (group, _) = grant.groups().create(fields)?;
            let added = MembershipChange { add: members, remove: vec![] };
            grant.groups().change_members(group, None, &added)?;
            Ok(group)
        });
        made.unwrap()
    }

    fn take_out(&self, group: GroupId, member: Member) {
        let acme = self.acme;
        let changed = self.world.change(move |change| {
            let mut grant = change.authorize::<ManageIdentities>(acme)?;
            let removed = MembershipChange { add: vec![], remove: vec![member] };
            grant.groups().change_members(group, None, &removed)
        });
        changed.unwrap();
    }

    fn set_state(&self, user: UserId, state: UserState) {
        let acme = self.acme;
        let changed = self.world.change(move |change| {
            let mut grant = change.authorize::<ManageIdentities>(acme)?;
            grant.users().update(user, None, |user| {
                user.state = state;
                Ok(())
            })
        });
        changed.unwrap();
    }

    fn recover(
        &self,
        act: impl FnOnce(
            &mut crate::collections::Passwords<'_, &mut storage::Change<'_>>,
        ) -> Result<(), Error>
        + Send
        + 'static,
    ) {
        let acme = self.acme;
        let done = self
            .world
            .change(move |change| act(&mut change.authorize::<RecoverAccounts>(acme)?.passwords()));
        done.unwrap();
    }

    fn orders(&self) -> Vec<SessionOrder> {
        let mut all = Vec::new();
        while let Some(orders) = self.world.directory.take_departures(self.world.now()).unwrap() {
            all.extend(orders);
        }
        all
    }

    /// Whose sessions are to end, and why.
    fn ends(&self) -> Vec<(String, Trigger)> {
        let orders = self.orders();
        orders.iter().map(|it| (it.session.login.clone(), it.because().unwrap())).collect()
    }

    /// Why nothing is sent of an order whose turn comes at this moment.
    fn objection(&self, order: &mut SessionOrder) -> Option<&'static str> {
        self.world.directory.renew_order(order, self.world.now()).err()
    }

    fn edit(&self, client: RadiusClientId, edit: fn(&mut RadiusClientFields)) {
        let acme = self.acme;
        let edited = self.world.change(move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(acme)?;
            grant.radius_clients().update(client, None, |fields| {
                edit(&mut fields.fields);
                Ok(())
            })
        });
        edited.unwrap();
    }

    /// How many notes there are.
    fn notes(&self) -> usize {
        let snapshot = self.world.directory.inner.store.read().unwrap();
        snapshot.scan::<Departure>(self.acme.partition(), None).count()
    }
}

fn client(
    world: &World,
    organization: OrganizationId,
    name: &str,
    edit: impl FnOnce(&mut RadiusClientFields),
) -> RadiusClientId {
    let mut fields = RadiusClientFields {
        name: name.into(),
        sources: vec!["192.0.2.0/24".parse().unwrap()],
        orders: EVERYTHING,
        ..RadiusClientFields::default()
    };
    edit(&mut fields);
    let secret = format!("0123456789abcdef {} {name}", organization.number());
    let made = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        grant.radius_clients().create(fields, &secret).map(|(id, _)| id)
    });
    made.unwrap()
}

fn begin(
    world: &World,
    (organization, client): (OrganizationId, RadiusClientId),
    name: &str,
    login: &str,
) {
    report(world, (organization, client), name, (login, Stage::Started, HERE));
}

fn report(
    world: &World,
    (organization, client): (OrganizationId, RadiusClientId),
    name: &str,
    said: (&str, Stage, IpAddr),
) {
    let report = a_report(world, (organization, client), name, said);
    assert_eq!(world.directory.take_reports(&[report]).unwrap(), [true]);
}

fn a_report(
    world: &World,
    (organization, client): (OrganizationId, RadiusClientId),
    name: &str,
    (login, stage, source): (&str, Stage, IpAddr),
) -> SessionReport {
    SessionReport {
        organization,
        client,
        stage,
        at: world.now(),
        name: name.into(),
        gear: "ap-1".into(),
        login: login.into(),
        traffic: Traffic::default(),
        ipv4: None,
        ipv6: None,
        calling: String::new(),
        called: String::new(),
        cause: None,
        class: Vec::new(),
        gear_address: None,
        source,
        certificate: None,
        port: None,
        granted: None,
        carried: Carried::default(),
        prefixes: Prefixes::default(),
    }
}

fn imported() -> NewPassword {
    NewPassword::imported("{SSHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=AAAA".into())
        .or_else(|_| {
            NewPassword::imported("$5$salt$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8".into())
        })
        .unwrap()
}

fn told(login: &str, trigger: Trigger) -> (String, Trigger) {
    (login.to_owned(), trigger)
}

#[test]
fn what_happens_to_a_user_ends_the_sessions_of_that_user_alone() {
    let office = Office::new();
    let gear = office.client("wifi", |_| {});
    let (ada, bob) = (office.ada, office.bob);
    office.sessions(gear);
    assert_eq!(office.ends(), []);
    office.recover(move |it| it.set(ada, imported(), None));
    assert_eq!(office.ends(), [told("ada", Trigger::PasswordChanged)]);
    office.recover(move |it| it.lock(ada, Duration::from_secs(60)));
    assert_eq!(office.ends(), [told("ada", Trigger::Locked)]);
    office.set_state(bob, UserState::Suspended);
    assert_eq!(office.ends(), [told("bob", Trigger::Suspended)]);
    let acme = office.acme;
    let deleted = office.world.change(move |change| {
        change.authorize::<ManageIdentities>(acme)?.users().delete(ada, None)
    });
    deleted.unwrap();
    assert_eq!(office.ends(), [told("ada", Trigger::Deleted)]);
    assert_eq!((office.ends(), office.notes()), (vec![], 0));
    office.world.assert_sound();
}

#[test]
fn what_is_over_before_it_is_looked_at_and_what_began_later_ends_nothing() {
    let office = Office::new();
    let gear = office.client("wifi", |_| {});
    let ada = office.ada;
    office.sessions(gear);
    office.set_state(ada, UserState::Suspended);
    office.set_state(ada, UserState::Active);
    assert_eq!(office.ends(), []);
    office.recover(move |it| it.lock(ada, Duration::from_secs(60)));
    office.recover(move |it| it.unlock(ada));
    assert_eq!(office.ends(), []);
    office.recover(move |it| it.set(ada, imported(), None));
    office.world.pass(1_000);
    begin(&office.world, (office.acme, gear), "later", "ada");
    let orders = office.orders();
    assert_eq!(orders.iter().map(|it| &*it.session.name).collect::<Vec<_>>(), ["ada"]);
}

#[test]
fn nothing_is_noted_where_no_client_asks_and_each_client_is_told_what_it_asks_for() {
    let office = Office::new();
    let silent = office.client("wifi", |fields| fields.orders = GearOrders::default());
    let (ada, bob) = (office.ada, office.bob);
    office.sessions(silent);
    office.recover(move |it| it.set(ada, imported(), None));
    assert_eq!((office.notes(), office.ends()), (0, vec![]));
    let suspended = GearOrders { suspended: Consequence::Disconnect, ..GearOrders::default() };
    let asks = office.client("vpn", |fields| fields.orders = suspended);
    office.sessions(asks);
    office.recover(move |it| it.set(ada, imported(), None));
    office.set_state(bob, UserState::Suspended);
    let orders = office.orders();
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0].session.client, asks);
}

#[test]
fn who_leaves_a_group_is_gone_from_where_it_is_named_and_by_no_other_way_in_it() {
    let office = Office::new();
    let (ada, bob) = (Member::User(office.ada), Member::User(office.bob));
    let inner = office.group("inner", vec![ada, bob]);
    let middle = office.group("middle", vec![Member::Group(inner)]);
    let outer = office.group("outer", vec![Member::Group(middle)]);
    let other = office.group("other", vec![ada]);
    let lists = office.group("lists", vec![ada, bob]);
    let allows = office.client("allows", |fields| fields.allowed_groups = vec![outer]);
    let rule = NetworkRule {
        name: "staff".into(),
        when: Conditions { groups: vec![other], ..Conditions::default() },
        then: RuleVerdict::Accept(None),
    };
    let rules = office.client("rules", |fields| fields.rules = vec![rule]);
    office.client("names none", |_| {});
    office.sessions(allows);
    office.sessions(rules);
    office.take_out(lists, ada);
    assert_eq!(office.ends(), [], "a group that no client names");
    office.take_out(other, ada);
    let orders = office.orders();
    assert_eq!(orders.len(), 1);
    assert_eq!((orders[0].session.client, &*orders[0].session.login), (rules, "ada"));
    drop(orders);
    office.take_out(inner, ada);
    assert_eq!(office.ends(), [told("ada", Trigger::LeftGroup)]);
    // Bob stays in it by another way.
    let again = office.group("again", vec![bob]);
    let acme = office.acme;
    let nested = office.world.change(move |change| {
        let added = MembershipChange { add: vec![Member::Group(again)], remove: vec![] };
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        grant.groups().change_members(outer, None, &added)
    });
    nested.unwrap();
    office.take_out(middle, Member::Group(inner));
    assert_eq!(office.ends(), []);
    // A group in between goes, and all below it leave those above.
    let deleted = office.world.change(move |change| {
        change.authorize::<ManageIdentities>(acme)?.groups().delete(again, None)
    });
    deleted.unwrap();
    assert_eq!(office.ends(), [told("bob", Trigger::LeftGroup)]);
    assert_eq!((office.ends(), office.notes()), (vec![], 0));
}

#[test]
fn who_leaves_a_group_that_kept_out_or_is_in_another_that_lets_in_has_lost_nothing() {
    let office = Office::new();
    let ada = Member::User(office.ada);
    let [barred, one, other] = ["barred", "one", "other"].map(|name| office.group(name, vec![ada]));
    let rule = NetworkRule {
        name: "barred".into(),
        when: Conditions { groups: vec![barred], ..Conditions::default() },
        then: RuleVerdict::Reject,
    };
    let gate = office.client("gate", |fields| {
        fields.allowed_groups = vec![one, other];
        fields.rules = vec![rule];
    });
    office.sessions(gate);
    office.take_out(barred, ada);
    assert_eq!(office.ends(), []);
    office.take_out(one, ada);
    assert_eq!(office.ends(), []);
    office.take_out(other, ada);
    assert_eq!(office.ends(), [told("ada", Trigger::LeftGroup)]);
}

#[test]
fn another_organization_with_the_same_names_is_left_alone() {
    let office = Office::new();
    let beta = office.world.organization("beta");
    let twin = office.world.user(beta, "ada");
    assert_eq!(twin, office.ada, "ids of two organizations that are the same");
    let ours = office.client("wifi", |_| {});
    let theirs = client(&office.world, beta, "wifi", |_| {});
    office.sessions(ours);
    begin(&office.world, (beta, theirs), "ada", "ada");
    office.world.pass(1_000);
    let ada = office.ada;
    office.recover(move |it| it.set(ada, imported(), None));
    let orders = office.orders();
    assert_eq!(orders.iter().map(|it| it.organization).collect::<Vec<_>>(), [office.acme]);
    for order in orders {
        let now = office.world.now();
        assert!(office.world.directory.conclude_order(order, &OrderOutcome::Done, now).is_none());
    }
    let told = |place: OrganizationId| {
        let events = office.world.events(place.into(), 50);
        events.iter().filter(|event| event.action == Action::SessionDisconnect).count()
    };
    assert_eq!((told(office.acme), told(beta)), (1, 0));
}

#[test]
fn a_note_stays_until_the_last_of_its_orders_is_over() {
    let office = Office::new();
    let gear = office.client("wifi", |_| {});
    let ada = office.ada;
    office.sessions(gear);
    begin(&office.world, (office.acme, gear), "second", "ada");
    office.world.pass(1_000);
    office.recover(move |it| it.set(ada, imported(), None));
    let mut orders = office.orders();
    assert_eq!((orders.len(), office.notes()), (2, 1));
    // It is not looked at twice.
    assert_eq!(office.orders().len(), 0);
    orders.pop();
    assert!(office.orders().is_empty());
    assert_eq!(office.notes(), 1);
    orders.pop();
    assert!(office.orders().is_empty());
    assert_eq!(office.notes(), 0);
}

#[test]
fn too_many_notes_are_an_event_and_keep_nobody_from_changing_anything() {
    let office = Office::new();
    office.client("wifi", |_| {});
    let ada = office.ada;
    office.recover(move |it| {
        for _ in 0..1_010 {
            it.set(ada, imported(), None)?;
        }
        Ok(())
    });
    assert_eq!(office.notes(), 1_000);
    let events = office.world.events(office.acme.into(), 1);
    assert_eq!(events[0].action, Action::PasswordSet);
    let events = office.world.events(office.acme.into(), 2);
    assert_eq!(events[1].action, Action::SessionDisconnect);
    assert!(matches!(&events[1].outcome, Outcome::Failure(why) if why.contains("too many")));
    assert_eq!(office.ends(), []);
    assert_eq!(office.notes(), 0);
    office.recover(move |it| it.set(ada, imported(), None));
    assert_eq!(office.notes(), 1);
}

#[test]
fn who_is_served_next_is_another_organization() {
    let office = Office::new();
    let beta = office.world.organization("beta");
    let grace = office.world.user(beta, "grace");
    let ours = office.client("wifi", |_| {});
    let theirs = client(&office.world, beta, "wifi", |_| {});
    office.sessions(ours);
    begin(&office.world, (beta, theirs), "1", "grace");
    office.world.pass(1_000);
    let ada = office.ada;
    office.recover(move |it| {
        for _ in 0..600 {
            it.set(ada, imported(), None)?;
        }
        Ok(())
    });
    let changed = office.world.change(move |change| {
        change.authorize::<RecoverAccounts>(beta)?.passwords().set(grace, imported(), None)
    });
    changed.unwrap();
    let take = || office.world.directory.take_departures(office.world.now()).unwrap();
    let first = take().unwrap();
    assert_eq!(first.iter().map(|it| it.organization).collect::<Vec<_>>(), [office.acme]);
    let second = take().unwrap();
    assert_eq!(second.iter().map(|it| it.organization).collect::<Vec<_>>(), [beta]);
    assert!(office.world.credential(beta, Identity::User(grace)).hash.is_some());
}
