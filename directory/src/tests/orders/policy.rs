//! Sessions about which is decided again when what a RADIUS client decides by is changed.

use storage::Reading as _;

use super::changes::{CHANGES, Network, profile, said, vlan};
use super::*;
use crate::id::{RecordId as _, ReplyProfileId};
use crate::orders::Ordered;
use crate::records::{RadiusClient, ReplyProfileFields, WeekPeriod};

pub(super) const POLICY: GearOrders = GearOrders { policy_changed: Consequence::Change, ..CHANGES };

impl Network {
    pub(super) fn edit(&self, edit: impl FnOnce(&mut RadiusClientFields) + Send + 'static) {
        let (acme, gear) = (self.office.acme, self.gear);
        let edited = self.office.world.change(move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(acme)?;
            grant.radius_clients().update(gear, None, |client| {
                edit(&mut client.fields);
                Ok(())
            })
        });
        edited.unwrap();
        self.office.world.pass(1_000);
    }

    fn edit_profile(
        &self,
        profile: ReplyProfileId,
        edit: impl FnOnce(&mut ReplyProfileFields) + Send + 'static,
    ) {
        let acme = self.office.acme;
        let edited = self.office.world.change(move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(acme)?;
            grant.reply_profiles().update(profile, None, |profile| {
                edit(&mut profile.fields);
                Ok(())
            })
        });
        edited.unwrap();
        self.office.world.pass(1_000);
    }

    /// Whose sessions are meant, and what becomes of them.
    pub(super) fn all(&self) -> Vec<(String, String)> {
        let mut all: Vec<_> = self.office.orders().iter().map(said).collect();
        all.sort();
        all
    }

    /// The profile of whom no rule is about.
    fn of_others(&self) -> ReplyProfileId {
        let snapshot = self.office.world.directory.inner.store.read().unwrap();
        let (partition, number) = (self.office.acme.partition(), self.gear.record());
        let record = snapshot.get::<RadiusClient>(partition, number).unwrap().unwrap();
        record.fields.reply_profile.unwrap()
    }
}

#[test]
fn an_edited_rule_is_told_to_those_whom_it_changes_something_for() {
    let network = Network::new(POLICY);
    network.put_in(network.staff, Member::User(network.office.ada));
    network.enter("ada");
    network.enter("bob");
    let third = profile(&network.office, "30");
    network.edit(move |fields| fields.rules[0].then = RuleVerdict::Accept(Some(third)));
    let order = network.only();
    assert_eq!(said(&order), vlan("ada", "30"));
    assert_eq!(order.because(), Some(Trigger::PolicyChanged));
    assert!(network.conclude(order, &OrderOutcome::Done).is_none());
    let why = "what the RADIUS client decides by was changed";
    assert_eq!(network.told("because").as_deref(), Some(why));
    // A new one before it, by which both are let in otherwise.
    network.edit(|fields| {
        let mut first = fields.rules[0].clone();
        (first.name, first.when) = ("all".into(), Conditions::default());
        fields.rules.insert(0, first);
    });
    assert_eq!(network.all(), [vlan("bob", "30")]);
    // Their order, and that nobody is let in.
    network.edit(|fields| fields.rules[0].then = RuleVerdict::Reject);
    assert_eq!(network.all(), [vlan("ada", "ends"), vlan("bob", "ends")]);
    network.edit(|fields| fields.rules.swap(0, 1));
    assert_eq!(network.all(), [vlan("bob", "ends")]);
    assert_eq!((network.office.orders().len(), network.office.notes()), (0, 0));
    network.office.world.assert_sound();
}

#[test]
fn what_decides_nothing_otherwise_leaves_no_note() {
    let network = Network::new(POLICY);
    network.enter("ada");
    network.edit(|fields| fields.rules[0].name = "another name".into());
    network.edit(|fields| fields.time_zone = "Europe/Berlin".into());
    network.edit(|fields| fields.orders.end_when_refused = true);
    let profile = network.of_others();
    network.edit_profile(profile, |fields| fields.name = "another name".into());
    assert_eq!(network.office.notes(), 0);
    let unasked = Network::new(CHANGES);
    unasked.enter("ada");
    unasked.edit(|fields| fields.rules.clear());
    let profile = unasked.of_others();
    unasked.edit_profile(profile, |fields| fields.vlan = Some("91".into()));
    assert_eq!(unasked.office.notes(), 0);
}

#[test]
fn an_edited_profile_is_told_wherever_it_lets_in_and_for_those_alone_who_have_it() {
    let network = Network::new(POLICY);
    network.put_in(network.staff, Member::User(network.office.ada));
    network.enter("ada");
    network.enter("bob");
    let profile = network.of_others();
    let unasked = network.office.client("vpn", |fields| {
        fields.reply_profile = Some(profile);
        fields.orders = CHANGES;
    });
    begin(&network.office.world, (network.office.acme, unasked), "other", "bob");
    network.edit_profile(profile, |fields| fields.vlan = Some("91".into()));
    let order = network.only();
    assert_eq!((said(&order), order.session.client), (vlan("bob", "91"), network.gear));
    assert!(network.conclude(order, &OrderOutcome::Done).is_none());
    assert_eq!((network.office.orders().len(), network.office.notes()), (0, 0));
}

#[test]
fn where_something_of_before_would_stay_the_session_ends_instead() {
    let network = Network::new(POLICY);
    let profile = network.of_others();
    network.edit_profile(profile, |fields| fields.session_timeout = Some(600));
    network.enter("ada");
    // More than before is no matter; a kind that is missing is.
    network.edit_profile(profile, |fields| fields.filters = vec!["slow".into()]);
    let order = network.only();
    assert!(matches!(&order.what, Ordered::Change(_)));
    assert!(network.conclude(order, &OrderOutcome::Done).is_none());
    network.edit_profile(profile, |fields| fields.filters.clear());
    let order = network.only();
    assert_eq!(said(&order), vlan("ada", "ends"));
    assert!(network.conclude(order, &OrderOutcome::Done).is_none());
    assert!(network.told("instead_of_change").unwrap().contains("would stay in the session"));
    // Nobody knows of what an earlier version told.
    let (granted, _) = network.accept("bob").unwrap();
    network.begin("bob", Some((granted, Carried::default())));
    network.put_in(network.staff, Member::User(network.office.bob));
    let ended: Vec<_> = network.all().into_iter().filter(|it| it.0 == "bob").collect();
    assert_eq!(ended, [vlan("bob", "ends")]);
}

#[test]
fn a_time_zone_is_told_where_a_rule_is_of_a_time() {
    let network = Network::new(POLICY);
    let at_ten = WeekPeriod { days: 0b111_1111, from: 22 * 60, to: 23 * 60 };
    network.edit(move |fields| {
        fields.rules[0].when = Conditions { times: vec![at_ten], ..Conditions::default() };
    });
    network.enter("ada");
    network.edit(|fields| fields.time_zone = "Europe/Berlin".into());
    assert_eq!(network.all(), [vlan("ada", "90")], "clocks show 23:13 there");
}

#[test]
fn where_gear_is_to_end_sessions_it_is_asked_for_only_if_something_is_otherwise() {
    let orders = GearOrders { policy_changed: Consequence::Disconnect, ..GearOrders::default() };
    let network = Network::new(orders);
    network.put_in(network.staff, Member::User(network.office.ada));
    network.enter("ada");
    network.enter("bob");
    let profile = network.of_others();
    network.edit_profile(profile, |fields| fields.vlan = Some("91".into()));
    let order = network.only();
    assert_eq!(said(&order), vlan("bob", "ends"));
    assert!(network.conclude(order, &OrderOutcome::Done).is_none());
    assert_eq!(network.told("instead_of_change"), None);
}

#[test]
fn many_edits_are_one_order_and_a_session_that_began_later_goes_on() {
    let network = Network::new(POLICY);
    network.enter("ada");
    let profile = network.of_others();
    for edited in ["91", "92", "93"] {
        network.edit_profile(profile, move |fields| fields.vlan = Some(edited.into()));
    }
    network.enter("bob");
    assert_eq!(network.office.notes(), 3);
    let order = network.only();
    assert_eq!(said(&order), vlan("ada", "93"));
    assert!(network.conclude(order, &OrderOutcome::Done).is_none());
    assert_eq!((network.office.orders().len(), network.office.notes()), (0, 0));
}
