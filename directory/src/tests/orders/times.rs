//! Sessions about which is decided again when a time of a rule begins or ends.

use std::cell::Cell;

use storage::Reading as _;

use super::super::world::{Counted, master, options};
use super::changes::{CHANGES, Network, said, vlan};
use super::policy::POLICY;
use super::*;
use crate::directory::{Directory, OpenOptions};
use crate::records::{RuleTimes, THE_ONLY_ONE, WeekPeriod};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

/// From ten to eleven in the evening; it is thirteen minutes past ten on a Tuesday.
const AT_TEN: WeekPeriod = WeekPeriod { days: 0b111_1111, from: 22 * 60, to: 23 * 60 };

impl Network {
    /// Lets everybody into VLAN 20 at a time, and looks at the clock.
    fn open_at(&self, period: WeekPeriod) {
        self.edit(move |fields| {
            fields.rules[0].when = Conditions { times: vec![period], ..Conditions::default() };
        });
        assert_eq!((self.office.orders().len(), self.look()), (0, 0));
    }

    /// Looks whether times have begun or ended; says of how many clients.
    fn look(&self) -> usize {
        let now = self.office.world.now();
        let before = self.looked.replace(Some(now));
        self.office.world.directory.follow_rule_times(before, now).unwrap()
    }

    /// Looks again after a while.
    fn look_after(&self, milliseconds: u64) -> usize {
        self.office.world.pass(milliseconds);
        self.look()
    }

    /// How times stood at the last look.
    fn kept(&self) -> Option<RuleTimes> {
        let snapshot = self.office.world.directory.inner.store.read().unwrap();
        snapshot.get::<RuleTimes>(self.office.acme.partition(), THE_ONLY_ONE).unwrap()
    }
}

#[test]
fn a_session_goes_on_with_what_the_rules_say_when_a_time_ends_and_when_it_begins() {
    let network = Network::new(POLICY);
    network.open_at(AT_TEN);
    network.enter("ada");
    assert_eq!((network.look_after(46 * MINUTE), network.office.notes()), (0, 0));
    assert_eq!(network.look_after(MINUTE), 1, "it is eleven");
    let order = network.only();
    assert_eq!(said(&order), vlan("ada", "90"));
    assert_eq!(order.because(), Some(Trigger::TimeTurned));
    assert!(network.conclude(order, &OrderOutcome::Done).is_none());
    let why = "a time of a rule of the RADIUS client began or ended";
    assert_eq!(network.told("because").as_deref(), Some(why));
    // Whoever comes now is let in like that, and nothing is otherwise for them.
    network.enter("bob");
    assert_eq!((network.look(), network.all()), (0, vec![]));
    assert_eq!(network.look_after(23 * HOUR), 1, "it is ten again");
    assert_eq!(network.all(), [vlan("ada", "20"), vlan("bob", "20")]);
    assert_eq!((network.office.orders().len(), network.office.notes()), (0, 0));
    network.office.world.assert_sound();
}

#[test]
fn who_is_let_in_no_more_by_the_clocks_of_the_place_is_ended() {
    for consequence in [Consequence::Change, Consequence::Disconnect] {
        let orders = GearOrders { policy_changed: consequence, ..GearOrders::default() };
        let network = Network::new(orders);
        let nobody = network.office.group("nobody", vec![]);
        network.edit(move |fields| {
            fields.time_zone = "Europe/Berlin".into();
            fields.allowed_groups = vec![nobody];
        });
        // Until midnight there, which is eleven in UTC.
        network.open_at(WeekPeriod { days: 0b10, from: 23 * 60, to: 24 * 60 });
        network.enter("ada");
        assert_eq!(network.look_after(46 * MINUTE), 0);
        assert_eq!(network.look_after(MINUTE), 1);
        assert_eq!(network.all(), [vlan("ada", "ends")]);
        // On the other days nothing begins.
        assert_eq!(network.look_after(23 * HOUR), 0);
        assert_eq!(network.look_after(6 * 24 * HOUR), 1);
    }
}

#[test]
fn a_lock_ends_a_session_where_that_is_asked_for_and_no_time_that_turns_does() {
    let hours = Duration::from_secs(4 * 60 * 60);
    let entered = |orders| {
        let network = Network::new(orders);
        network.open_at(AT_TEN);
        network.enter("ada");
        let ada = network.office.ada;
        network.office.recover(move |it| it.lock(ada, hours));
        network
    };
    assert_eq!(entered(POLICY).all(), [vlan("ada", "ends")]);
    // As after wrong passwords, which leave no note.
    let silent = entered(GearOrders { locked: Consequence::Nothing, ..POLICY });
    assert_eq!(silent.office.notes(), 0);
    assert_eq!(silent.look_after(47 * MINUTE), 1);
    assert_eq!(silent.all(), [vlan("ada", "90")]);
}

#[test]
fn each_client_is_looked_at_by_its_own_rules_where_it_asks_for_it() {
    let network = Network::new(POLICY);
    network.open_at(AT_TEN);
    let until_midnight = WeekPeriod { to: 24 * 60, ..AT_TEN };
    let rule = NetworkRule {
        name: "until midnight".into(),
        when: Conditions { times: vec![until_midnight], ..Conditions::default() },
        then: RuleVerdict::Accept(None),
    };
    let (later, silent) = (vec![rule.clone()], vec![rule]);
    let later = network.office.client("later", move |fields| {
        (fields.rules, fields.orders) = (later, POLICY);
    });
    network.office.client("silent", move |fields| {
        (fields.rules, fields.orders) = (silent, CHANGES);
    });
    network.office.client("untimed", |fields| fields.orders = POLICY);
    assert_eq!(network.look(), 0);
    let kept = network.kept().unwrap().clients;
    assert_eq!(kept, [(network.gear, 1), (later, 1)]);
    assert_eq!(network.look_after(47 * MINUTE), 1);
    assert_eq!(network.kept().unwrap().clients, [(network.gear, 0), (later, 1)]);
    assert_eq!(network.look_after(HOUR), 1);
    assert_eq!(network.kept().unwrap().clients, [(network.gear, 0), (later, 0)]);
    let unasked = Network::new(CHANGES);
    unasked.open_at(AT_TEN);
    assert_eq!((unasked.look_after(HOUR), unasked.kept()), (0, None));
}

#[test]
fn a_session_that_began_after_the_look_goes_on_and_an_edit_is_told_once() {
    let network = Network::new(POLICY);
    network.open_at(AT_TEN);
    assert_eq!(network.look_after(47 * MINUTE), 1);
    network.office.world.pass(1_000);
    // Gear that says nothing again of how the user was let in.
    network.begin("ada", None);
    assert_eq!(network.all(), []);
    network.edit(|fields| fields.rules.clear());
    assert_eq!(network.all(), [vlan("ada", "ends")]);
    assert_eq!((network.look(), network.office.orders().len(), network.office.notes()), (0, 0, 0));
}

#[test]
fn a_time_that_ends_right_after_it_was_set_is_told() {
    let network = Network::new(POLICY);
    network.open_at(WeekPeriod { from: 6 * 60, to: 7 * 60, ..AT_TEN });
    network.enter("ada");
    assert_eq!(network.look_after(46 * MINUTE), 0);
    network.edit(|fields| fields.rules[0].when.times = vec![AT_TEN]);
    let order = network.only();
    assert_eq!(said(&order), vlan("ada", "20"));
    assert!(network.conclude(order, &OrderOutcome::Done).is_none());
    assert_eq!(network.look_after(MINUTE), 1, "it is eleven");
    assert_eq!(network.all(), [vlan("ada", "90")]);
    assert_eq!(network.look(), 0);
}

#[test]
fn whoever_asks_again_is_told_of_no_time_that_turned_meanwhile() {
    let network = Network::new(POLICY);
    network.open_at(AT_TEN);
    assert_eq!(network.kept().unwrap().clients, [(network.gear, 1)]);
    network.edit(|fields| fields.orders = CHANGES);
    assert_eq!((network.look(), network.kept()), (0, Some(RuleTimes::default())));
    assert_eq!(network.look_after(HOUR), 0);
    network.edit(|fields| fields.orders = POLICY);
    assert_eq!(network.look(), 0);
    assert_eq!(network.kept().unwrap().clients, [(network.gear, 0)]);
}

#[test]
fn a_time_that_ended_while_no_daemon_was_there_is_told_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let opened = || {
        let options = OpenOptions { authentication: options(), ..OpenOptions::default() };
        Directory::open(folder.path(), master(), Counted::new(), &options).unwrap()
    };
    let network = Network::over(Office::over(World::over(opened())), POLICY);
    network.open_at(AT_TEN);
    network.enter("ada");
    let again = |network: Network, milliseconds| {
        let Network { office: Office { world, acme, ada, bob }, staff, gear, looked: _ } = network;
        let world = world.reopened(opened);
        world.pass(milliseconds);
        let office = Office { world, acme, ada, bob };
        Network { office, staff, gear, looked: Cell::default() }
    };
    // A whole day: a time has ended and another has begun, so that nothing is otherwise.
    let network = again(network, 24 * HOUR);
    assert_eq!((network.look(), network.all()), (0, vec![]));
    let network = again(network, HOUR);
    assert_eq!((network.look(), network.all()), (1, vec![vlan("ada", "90")]));
    assert_eq!(network.look(), 0);
}
