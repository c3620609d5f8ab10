//! Sessions about which is decided again when something of their users changes.

use std::cell::Cell;

use super::super::world::RIGHT;
use super::*;
use crate::authentication::{Door, Outcome as Answer, Request, Who};
use crate::id::ReplyProfileId;
use crate::network::{Circumstances, NetworkMethod};
use crate::orders::{Ordered, Sequel};
use crate::records::{Granted, Guest, ReplyProfileFields};
use crate::time::Time;

pub(super) const CHANGES: GearOrders = GearOrders {
    suspended: Consequence::Change,
    locked: Consequence::Change,
    left_group: Consequence::Change,
    joined_group: Consequence::Change,
    password_changed: Consequence::Change,
    ..EVERYTHING
};

/// Gear that lets the staff into VLAN 20 and everybody else into VLAN 90.
pub(super) struct Network {
    pub(super) office: Office,
    pub(super) staff: GroupId,
    pub(super) gear: RadiusClientId,
    /// When times of rules were looked at last.
    pub(super) looked: Cell<Option<Time>>,
}

impl Network {
    pub(super) fn new(orders: GearOrders) -> Self {
        Self::over(Office::new(), orders)
    }

    pub(super) fn over(office: Office, orders: GearOrders) -> Self {
        let staff = office.group("staff", vec![]);
        let [staff_vlan, other_vlan] = ["20", "90"].map(|vlan| profile(&office, vlan));
        let rule = NetworkRule {
            name: "staff".into(),
            when: Conditions { groups: vec![staff], ..Conditions::default() },
            then: RuleVerdict::Accept(Some(staff_vlan)),
        };
        let gear = office.client("wifi", |fields| {
            (fields.rules, fields.reply_profile) = (vec![rule], Some(other_vlan));
            fields.orders = orders;
        });
        Self { office, staff, gear, looked: Cell::default() }
    }

    /// What an accept of a user tells of itself.
    pub(super) fn accept(&self, login: &str) -> Option<(Granted, Carried)> {
        let (world, acme) = (&self.office.world, self.office.acme);
        let door = Door::Radius(self.gear, Circumstances::of(NetworkMethod::Pap));
        let request = world.request(acme, Who::User(login.into()), RIGHT);
        let Answer::Accept { reply, .. } = world.attempt(Request { door, ..request }) else {
            panic!("{login} is not let in");
        };
        let (of, granted, carried) = reply.unwrap().granted.clone()?;
        assert_eq!(of, self.office.acme);
        Some((granted, carried))
    }

    /// Begins a session of which the gear tells so much.
    pub(super) fn begin(&self, login: &str, told: Option<(Granted, Carried)>) {
        let (world, of) = (&self.office.world, (self.office.acme, self.gear));
        let report = a_report(world, of, login, (login, Stage::Started, HERE));
        let report = telling(report, told);
        assert_eq!(world.directory.take_reports(&[report]).unwrap(), [true]);
        world.pass(1_000);
    }

    /// Lets a user in, whose session begins.
    pub(super) fn enter(&self, login: &str) {
        self.begin(login, self.accept(login));
    }

    pub(super) fn put_in(&self, group: GroupId, member: Member) {
        let acme = self.office.acme;
        let changed = self.office.world.change(move |change| {
            let mut grant = change.authorize::<ManageIdentities>(acme)?;
            let added = MembershipChange { add: vec![member], remove: vec![] };
            grant.groups().change_members(group, None, &added)
        });
        changed.unwrap();
        self.office.world.pass(1_000);
    }

    fn take_out(&self, group: GroupId, member: Member) {
        self.office.take_out(group, member);
        self.office.world.pass(1_000);
    }

    /// Tells what became of an order; what follows is kept, and an order that follows comes back.
    pub(super) fn conclude(
        &self,
        order: SessionOrder,
        outcome: &OrderOutcome,
    ) -> Option<SessionOrder> {
        let (directory, now) = (&self.office.world.directory, self.office.world.now());
        match directory.conclude_order(order, outcome, now)? {
            Sequel::Order(order) => Some(*order),
            Sequel::Changed(changed) => directory.keep_change(changed, now).unwrap(),
        }
    }

    /// The only order that there is to give.
    pub(super) fn only(&self) -> SessionOrder {
        let mut orders = self.office.orders();
        assert_eq!(orders.len(), 1, "{:?}", orders.iter().map(said).collect::<Vec<_>>());
        orders.remove(0)
    }

    /// What the newest event tells under a name.
    pub(super) fn told(&self, field: &str) -> Option<String> {
        let event = self.office.world.events(self.office.acme.into(), 1).remove(0);
        let found = event.differences.into_iter().find(|told| told.field == field)?;
        Some(found.after?.trim_matches('"').to_owned())
    }
}

pub(super) fn profile(office: &Office, vlan: &str) -> ReplyProfileId {
    let (acme, vlan) = (office.acme, vlan.to_owned());
    let made = office.world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        let fields = ReplyProfileFields {
            name: format!("VLAN {vlan}"),
            vlan: Some(vlan),
            ..ReplyProfileFields::default()
        };
        grant.reply_profiles().create(fields).map(|(id, _)| id)
    });
    made.unwrap()
}

/// A report of gear that says again what an accept told.
fn telling(report: SessionReport, told: Option<(Granted, Carried)>) -> SessionReport {
    let (granted, carried) = told.unzip();
    SessionReport { granted, carried: carried.unwrap_or_default(), ..report }
}

/// Whose session is meant, and what becomes of it.
pub(super) fn said(order: &SessionOrder) -> (String, String) {
    let what = match &order.what {
        Ordered::End => "ends".to_owned(),
        Ordered::Change(profile) => profile.vlan.clone().unwrap(),
    };
    (order.session.login.clone(), what)
}

pub(super) fn vlan(login: &str, vlan: &str) -> (String, String) {
    (login.to_owned(), vlan.to_owned())
}

#[test]
fn who_comes_into_a_group_and_leaves_it_goes_on_with_what_the_rules_say() {
    let network = Network::new(CHANGES);
    let (ada, staff) = (Member::User(network.office.ada), network.staff);
    network.enter("ada");
    network.enter("bob");
    let lists = network.office.group("lists", vec![]);
    network.put_in(lists, ada);
    assert_eq!(network.office.orders().len(), 0, "a group that no rule names");
    network.put_in(staff, ada);
    let order = network.only();
    assert_eq!(said(&order), vlan("ada", "20"));
    assert_eq!(order.because(), Some(Trigger::JoinedGroup));
    assert!(network.conclude(order, &OrderOutcome::Done).is_none());
    assert_eq!(network.told("reply_profile").as_deref(), Some("VLAN 20"));
    assert_eq!(network.told("because").as_deref(), Some("the user came into a group"));
    // It has that since, whatever the gear goes on telling of the accept.
    network.put_in(lists, Member::Group(staff));
    assert_eq!(network.office.orders().len(), 0);
    network.take_out(staff, ada);
    let order = network.only();
    assert_eq!(said(&order), vlan("ada", "90"));
    assert!(network.conclude(order, &OrderOutcome::Done).is_none());
    assert_eq!((network.office.orders().len(), network.office.notes()), (0, 0));
    network.office.world.assert_sound();
}

#[test]
fn who_comes_into_a_group_by_way_of_a_nested_one_is_meant_too() {
    let network = Network::new(CHANGES);
    let inner = network.office.group("inner", vec![Member::User(network.office.ada)]);
    network.enter("ada");
    network.enter("bob");
    network.put_in(network.staff, Member::Group(inner));
    assert_eq!(said(&network.only()), vlan("ada", "20"));
}

#[test]
fn an_anonymous_outer_identity_is_found_by_what_the_accept_told() {
    let network = Network::new(CHANGES);
    network.begin("anonymous", network.accept("ada"));
    network.put_in(network.staff, Member::User(network.office.ada));
    assert_eq!(said(&network.only()), vlan("anonymous", "20"));
}

#[test]
fn who_would_not_be_let_in_is_ended_and_the_event_says_why() {
    let network = Network::new(CHANGES);
    let office = &network.office;
    let guests = office.group("guests", vec![Member::User(office.ada), Member::User(office.bob)]);
    let acme = office.acme;
    let gear = network.gear;
    let narrowed = office.world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        grant.radius_clients().update(gear, None, |client| {
            client.fields.allowed_groups = vec![guests];
            Ok(())
        })
    });
    narrowed.unwrap();
    network.enter("ada");
    network.enter("bob");
    network.take_out(guests, Member::User(office.ada));
    let order = network.only();
    assert_eq!(said(&order), vlan("ada", "ends"));
    assert!(network.conclude(order, &OrderOutcome::Done).is_none());
    assert!(network.told("instead_of_change").unwrap().contains("in none of the groups"));
    office.set_state(office.bob, UserState::Suspended);
    let order = network.only();
    assert_eq!(said(&order), vlan("bob", "ends"));
    assert!(network.conclude(order, &OrderOutcome::Done).is_none());
    assert_eq!(network.told("instead_of_change").as_deref(), Some("the account is suspended"));
}

#[test]
fn where_nothing_is_otherwise_nothing_is_sent() {
    let network = Network::new(CHANGES);
    let (ada, bob) = (network.office.ada, Member::User(network.office.bob));
    network.enter("ada");
    network.office.recover(move |it| it.set(ada, imported(), None));
    assert_eq!(network.office.orders().len(), 0);
    // In it by another way already.
    let inner = network.office.group("inner", vec![bob]);
    network.put_in(network.staff, Member::Group(inner));
    network.enter("bob");
    network.put_in(network.staff, bob);
    assert_eq!((network.office.orders().len(), network.office.notes()), (0, 0));
}

#[test]
fn a_session_of_which_the_gear_says_nothing_again_ends_with_a_group_that_is_named() {
    let network = Network::new(CHANGES);
    let (ada, user) = (Member::User(network.office.ada), network.office.ada);
    network.begin("ada", None);
    network.office.recover(move |it| it.set(user, imported(), None));
    assert_eq!(network.office.orders().len(), 0);
    network.put_in(network.office.group("lists", vec![]), ada);
    assert_eq!(network.office.orders().len(), 0);
    network.put_in(network.staff, ada);
    let order = network.only();
    assert_eq!(said(&order), vlan("ada", "ends"));
    assert!(network.conclude(order, &OrderOutcome::Done).is_none());
    assert!(network.told("instead_of_change").unwrap().contains("does not say again"));
}

#[test]
fn a_refused_change_ends_the_session_where_the_client_says_so() {
    for ends in [false, true] {
        let network = Network::new(GearOrders { end_when_refused: ends, ..CHANGES });
        network.enter("ada");
        network.put_in(network.staff, Member::User(network.office.ada));
        let refused = OrderOutcome::Refused("the gear does not support it".into());
        let next = network.conclude(network.only(), &refused);
        let event = network.office.world.events(network.office.acme.into(), 1).remove(0);
        assert_eq!(event.action, Action::SessionChange);
        assert!(matches!(event.outcome, Outcome::Failure(why) if why.contains("support it")));
        assert_eq!(next.is_some(), ends);
        let Some(mut next) = next else { continue };
        assert_eq!(network.office.objection(&mut next), None);
        assert_eq!(said(&next), vlan("ada", "ends"));
        assert!(network.conclude(next, &refused).is_none());
        assert_eq!(
            network.told("instead_of_change").as_deref(),
            Some("the gear refused the change")
        );
    }
}

#[test]
fn an_order_that_went_out_again_with_less_says_so_and_the_one_in_its_place_does_not() {
    let network = Network::new(GearOrders { end_when_refused: true, ..CHANGES });
    network.enter("ada");
    network.put_in(network.staff, Member::User(network.office.ada));
    let mut order = network.only();
    order.was_repeated = true;
    let refused = OrderOutcome::Refused("the gear does not support it".into());
    let next = network.conclude(order, &refused).unwrap();
    let told = "with no more than names the session, as the gear does not support an attribute \
                (Error-Cause 401)";
    assert_eq!(network.told("sent_again").as_deref(), Some(told));
    assert!(network.conclude(next, &OrderOutcome::Done).is_none());
    assert_eq!(network.told("sent_again"), None);
}

#[test]
fn what_silence_met_is_not_kept_and_comes_again_with_the_next_change() {
    let network = Network::new(CHANGES);
    let inner = network.office.group("inner", vec![]);
    network.put_in(network.staff, Member::Group(inner));
    network.enter("ada");
    network.put_in(network.staff, Member::User(network.office.ada));
    assert!(network.conclude(network.only(), &OrderOutcome::Silent).is_none());
    network.put_in(inner, Member::User(network.office.ada));
    assert_eq!(said(&network.only()), vlan("ada", "20"));
}

#[test]
fn what_happened_while_the_gear_was_told_is_not_forgotten() {
    let network = Network::new(CHANGES);
    let ada = Member::User(network.office.ada);
    network.enter("ada");
    network.put_in(network.staff, ada);
    let mut order = network.only();
    assert_eq!(network.office.objection(&mut order), None);
    network.take_out(network.staff, ada);
    // As far as is known it has VLAN 90 still.
    assert_eq!(network.office.orders().len(), 0);
    let next = network.conclude(order, &OrderOutcome::Done).expect("it has VLAN 20 since");
    assert_eq!(said(&next), vlan("ada", "90"));
    assert!(network.conclude(next, &OrderOutcome::Done).is_none());
    assert_eq!((network.office.orders().len(), network.office.notes()), (0, 0));
}

#[test]
fn a_change_that_is_not_needed_any_more_when_its_turn_comes_is_left() {
    let network = Network::new(CHANGES);
    let ada = Member::User(network.office.ada);
    network.enter("ada");
    network.put_in(network.staff, ada);
    let mut order = network.only();
    network.take_out(network.staff, ada);
    let reason = network.office.objection(&mut order).unwrap();
    assert!(reason.contains("says nothing else"), "{reason}");
}

#[test]
fn where_gear_is_to_end_who_comes_into_a_group_it_is_asked_for_only_if_that_changes_anything() {
    let orders = GearOrders { joined_group: Consequence::Disconnect, ..GearOrders::default() };
    let network = Network::new(orders);
    let office = &network.office;
    let inner = office.group("inner", vec![Member::User(office.bob)]);
    network.put_in(network.staff, Member::Group(inner));
    network.enter("ada");
    network.enter("bob");
    network.put_in(network.staff, Member::User(office.bob));
    assert_eq!(office.orders().len(), 0);
    network.put_in(network.staff, Member::User(office.ada));
    let order = network.only();
    assert_eq!(said(&order), vlan("ada", "ends"));
    assert!(network.conclude(order, &OrderOutcome::Done).is_none());
    assert_eq!(network.told("instead_of_change"), None);
}

#[test]
fn a_new_accept_in_the_same_session_counts_from_then_on() {
    let network = Network::new(CHANGES);
    let inner = network.office.group("inner", vec![]);
    network.put_in(network.staff, Member::Group(inner));
    network.enter("ada");
    network.put_in(network.staff, Member::User(network.office.ada));
    assert!(network.conclude(network.only(), &OrderOutcome::Silent).is_none());
    // The gear asks for the user again, in the session that goes on.
    let (world, of) = (&network.office.world, (network.office.acme, network.gear));
    let report = a_report(world, of, "ada", ("ada", Stage::Continues, HERE));
    let report = telling(report, network.accept("ada"));
    assert_eq!(world.directory.take_reports(&[report]).unwrap(), [true]);
    network.put_in(inner, Member::User(network.office.ada));
    assert_eq!(network.office.orders().len(), 0, "it came with VLAN 20");
}

#[test]
fn who_was_let_in_is_meant_whatever_the_gear_calls_them() {
    let network = Network::new(CHANGES);
    let carol = network.office.world.user(network.office.acme, "carol");
    network.begin("carol", network.accept("ada"));
    network.put_in(network.staff, Member::User(carol));
    assert_eq!(network.office.orders().len(), 0, "the session is another's");
    network.put_in(network.staff, Member::User(network.office.ada));
    assert_eq!(network.only().organization, network.office.acme);
}

#[test]
fn accepts_tell_of_themselves_only_where_a_client_asks_for_it() {
    assert_eq!(Network::new(GearOrders::default()).accept("ada"), None);
    for asked in [EVERYTHING, CHANGES] {
        let network = Network::new(asked);
        let (granted, _) = network.accept("ada").unwrap();
        let ada = Guest::User(network.office.ada);
        assert_eq!((granted.guest, granted.method), (ada, NetworkMethod::Pap));
    }
}

#[test]
fn another_organizations_users_of_the_same_number_are_not_meant() {
    let network = Network::new(CHANGES);
    let world = &network.office.world;
    let beta = world.organization("beta");
    let twin = world.user(beta, "ada");
    assert_eq!(twin, network.office.ada, "ids of two organizations that are the same");
    let theirs = client(world, beta, "wifi", |fields| fields.orders = CHANGES);
    network.enter("ada");
    let report = a_report(world, (beta, theirs), "ada", ("ada", Stage::Started, HERE));
    let report = telling(report, network.accept("ada"));
    assert_eq!(world.directory.take_reports(&[report]).unwrap(), [true]);
    world.pass(1_000);
    network.put_in(network.staff, Member::User(network.office.ada));
    let order = network.only();
    assert_eq!(order.organization, network.office.acme);
}
