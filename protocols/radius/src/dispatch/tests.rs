use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::attribute::{AttributeType, Attributes};

const LIMITS: DispatchLimits = DispatchLimits {
    waiting: 150,
    waiting_of_one: 100,
    under_way: 12,
    under_way_of_one: 8,
    under_way_at_one: 4,
    patience: Duration::from_secs(30),
};
const START: Duration = Duration::from_secs(1_000);
const SECOND: Duration = Duration::from_secs(1);
/// In the middle: no wait is longer or shorter by chance.
const EVEN: u32 = 1 << 31;

type Machine = Dispatcher<u32, u32>;
type Sent = (SocketAddr, Arc<[u8]>);

fn secret(text: &str) -> Secret {
    Secret::new(text.as_bytes()).unwrap()
}

fn gear(number: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, number], 3799))
}

fn order(share: u32, key: u32, to: SocketAddr) -> NewOrder<u32, u32> {
    NewOrder { share, key, to, urgent: false }
}

fn text(to: SocketAddr, secrets: &[&str]) -> OrderText {
    let mut session = Reply::new();
    session.text(AttributeType::ACCT_SESSION_ID, "7").unwrap();
    let secrets = secrets.iter().map(|it| secret(it)).collect();
    OrderText { to, kind: OrderKind::Disconnect, secrets, session, change: Reply::new() }
}

/// An order to change a session that is named by everything that may name one.
fn full(secrets: &[&str]) -> OrderText {
    let mut text = text(gear(1), secrets);
    let session = &mut text.session;
    session.text(AttributeType::USER_NAME, "ada").unwrap();
    session.integer(AttributeType::NAS_PORT, 1).unwrap();
    session.text(AttributeType::CALLING_STATION_ID, "66-77-88-99-AA-BB").unwrap();
    session.ipv4(AttributeType::FRAMED_IP_ADDRESS, [10, 1, 2, 3].into()).unwrap();
    session.text(AttributeType::NAS_IDENTIFIER, "ap-1").unwrap();
    session.octets(AttributeType::CLASS, b"staff").unwrap();
    session.ipv4(AttributeType::NAS_IP_ADDRESS, [192, 0, 2, 1].into()).unwrap();
    text.change.text(AttributeType::FILTER_ID, "slow").unwrap();
    OrderText { kind: OrderKind::Change, ..text }
}

/// The types of an order's attributes, behind the Message-Authenticator and the date.
fn types(octets: &[u8]) -> Vec<u8> {
    let attributes = Attributes::new(&octets[20..]).skip(2);
    attributes.map(|attribute| attribute.kind.0).collect()
}

fn receive(machine: &mut Machine, source: SocketAddr, datagram: &[u8]) -> bool {
    machine.receive(source, datagram, START, &mut || EVEN)
}

fn send(machine: &mut Machine, turn: Turn<u32, u32>, text: &OrderText, now: Duration) {
    machine.send(turn, text, (now, 0x6543_2100), &mut || EVEN);
}

/// Sends whatever has its turn where it was to go, in one secret.
fn start(machine: &mut Machine, now: Duration) {
    start_with(machine, now, &["one"]);
}

fn start_with(machine: &mut Machine, now: Duration, secrets: &[&str]) {
    machine.start(now, &mut || EVEN);
    let mut others = Vec::new();
    while let Some(command) = machine.command() {
        match command {
            Dispatched::Turn(turn) => {
                let to = turn.0.to;
                send(machine, turn, &text(to, secrets), now);
            }
            other @ (Dispatched::Send { .. } | Dispatched::Ended { .. }) => others.push(other),
        }
    }
    machine.commands.extend(others);
}

/// Whose turns have come.
fn turns(machine: &mut Machine) -> Vec<Turn<u32, u32>> {
    machine.start(START, &mut || EVEN);
    let mut turns = Vec::new();
    while let Some(Dispatched::Turn(turn)) = machine.command() {
        turns.push(turn);
    }
    turns
}

/// What is sent, and what has ended.
fn said(machine: &mut Machine) -> (Vec<Sent>, Vec<(u32, OrderEnd)>) {
    let (mut sent, mut ended) = (Vec::new(), Vec::new());
    while let Some(command) = machine.command() {
        match command {
            Dispatched::Send { to, octets } => sent.push((to, octets)),
            Dispatched::Ended { key, how } => ended.push((key, how)),
            Dispatched::Turn(turn) => panic!("{turn:?}"),
        }
    }
    (sent, ended)
}

/// What gear with a secret answers.
fn answer(octets: &[u8], code: u8, secret: &Secret) -> Vec<u8> {
    let mut answer = vec![code, octets[1], 0, 20];
    let authenticator = secret.digest_of_three(&answer, &octets[4..20], &[]);
    answer.extend(authenticator);
    answer
}

/// A CoA-NAK with an Error-Cause.
fn refusal(octets: &[u8], cause: u16, secret: &Secret) -> Vec<u8> {
    let [high, low] = cause.to_be_bytes();
    let attributes = [101, 6, 0, 0, high, low];
    let mut answer = vec![45, octets[1], 0, 26];
    let authenticator = secret.digest_of_three(&answer, &octets[4..20], &attributes);
    answer.extend(authenticator);
    answer.extend(attributes);
    answer
}

/// Sends an order, and tells its datagram.
fn begun(machine: &mut Machine, text: &OrderText) -> Arc<[u8]> {
    machine.add(order(1, 7, gear(1)));
    let turn = turns(machine).remove(0);
    send(machine, turn, text, START);
    said(machine).0.remove(0).1
}

#[test]
fn an_order_with_an_attribute_that_gear_does_not_support_goes_once_more_with_the_least() {
    let mut machine = Machine::new(LIMITS);
    for cause in [None, Some(503), Some(401)] {
        let one = secret("one");
        let first = begun(&mut machine, &full(&["one"]));
        assert_eq!(types(&first), [44, 1, 5, 31, 8, 32, 25, 4, 11]);
        let refused = refusal(&first, 401, &one);
        assert!(receive(&mut machine, gear(1), &refused));
        let (mut sent, ended) = said(&mut machine);
        assert_eq!((sent.len(), ended), (1, vec![]));
        let (to, least) = sent.remove(0);
        assert_eq!((to, types(&least)), (gear(1), vec![44, 1, 31, 32, 4, 11]));
        assert_ne!(least[1], first[1], "another order has another identifier");
        assert!(!receive(&mut machine, gear(1), &refused), "it was told before");
        // It goes out again as it is, like any other.
        machine.expire(START + 2 * SECOND, &mut || EVEN);
        assert_eq!(said(&mut machine).0, [(gear(1), Arc::clone(&least))]);
        let (last, told) = match cause {
            None => (answer(&least, 44, &one), Obedience::Done),
            Some(cause) => (refusal(&least, cause, &one), Obedience::Refused(Some(cause.into()))),
        };
        assert!(receive(&mut machine, gear(1), &last));
        assert_eq!(said(&mut machine), (vec![], vec![(7, OrderEnd::Repeated(told))]));
        assert!(machine.is_idle() && machine.deadline().is_none() && machine.asked.is_empty());
    }
}

#[test]
fn no_order_goes_once_more_where_less_would_say_nothing_else_or_name_any_session() {
    let mut machine = Machine::new(LIMITS);
    let kind = OrderKind::Change;
    let mut unnamed = Reply::new();
    unnamed.text(AttributeType::USER_NAME, "ada").unwrap();
    unnamed.integer(AttributeType::NAS_PORT, 1).unwrap();
    let least = OrderText { kind, ..text(gear(1), &["one"]) };
    let unnamed = OrderText { session: unnamed, kind, ..text(gear(1), &["one"]) };
    for (text, cause) in [(least, 401), (unnamed, 401), (full(&["one"]), 503)] {
        let sent = begun(&mut machine, &text);
        assert!(receive(&mut machine, gear(1), &refusal(&sent, cause, &secret("one"))));
        let how = OrderEnd::Answered(Obedience::Refused(Some(cause.into())));
        assert_eq!(said(&mut machine), (vec![], vec![(7, how)]));
        assert!(machine.is_idle());
    }
}

#[test]
fn the_least_goes_in_the_secret_of_who_refused_and_silence_leaves_the_refusal() {
    let mut machine = Machine::new(LIMITS);
    let newer = begun(&mut machine, &full(&["one", "two"]));
    machine.expire(START + 2 * SECOND, &mut || EVEN);
    let older = said(&mut machine).0.remove(0).1;
    assert!(receive(&mut machine, gear(1), &refusal(&older, 401, &secret("two"))));
    let least = said(&mut machine).0.remove(0).1;
    assert!(!receive(&mut machine, gear(1), &answer(&newer, 44, &secret("one"))));
    assert!(!receive(&mut machine, gear(1), &answer(&least, 44, &secret("one"))));
    let mut ended = Vec::new();
    while let Some(due) = machine.deadline() {
        machine.expire(due, &mut || EVEN);
        let (sent, told) = said(&mut machine);
        assert!(sent.iter().all(|(_, octets)| *octets == least));
        ended.extend(told);
    }
    assert_eq!(ended, [(7, OrderEnd::Repeated(Obedience::Refused(Some(401))))]);
    assert!(machine.is_idle() && machine.asked.is_empty());
}

#[test]
fn an_order_goes_out_again_as_it_is_until_its_gear_answers() {
    let mut machine = Machine::new(LIMITS);
    machine.add(order(1, 7, gear(1)));
    start(&mut machine, START);
    let (first, _) = said(&mut machine);
    assert_eq!((first.len(), machine.deadline()), (1, Some(START + 2 * SECOND)));
    machine.expire(START + SECOND, &mut || EVEN);
    assert_eq!(said(&mut machine).0, []);
    machine.expire(START + 2 * SECOND, &mut || EVEN);
    assert_eq!(said(&mut machine).0, first);
    let right = answer(&first[0].1, 41, &secret("one"));
    // From elsewhere, by somebody else, of another kind, cut off, or nothing.
    assert!(!receive(&mut machine, gear(2), &right));
    assert!(!receive(&mut machine, SocketAddr::new(gear(1).ip(), 3798), &right));
    assert!(!receive(&mut machine, gear(1), &answer(&first[0].1, 41, &secret("two"))));
    assert!(!receive(&mut machine, gear(1), &answer(&first[0].1, 44, &secret("one"))));
    assert!(!receive(&mut machine, gear(1), &right[..19]));
    assert!(!receive(&mut machine, gear(1), &[]));
    assert_eq!(said(&mut machine), (vec![], vec![]));
    assert!(receive(&mut machine, gear(1), &right));
    assert_eq!(said(&mut machine).1, [(7, OrderEnd::Answered(Obedience::Done))]);
    assert!(!receive(&mut machine, gear(1), &right), "answered twice");
    assert!(machine.is_idle() && machine.deadline().is_none());
}

#[test]
fn an_order_that_nobody_answers_is_given_up() {
    let mut machine = Machine::new(LIMITS);
    machine.add(order(1, 7, gear(1)));
    start(&mut machine, START);
    let mut sent = said(&mut machine).0.len();
    while let Some(due) = machine.deadline() {
        machine.expire(due, &mut || EVEN);
        let (again, ended) = said(&mut machine);
        sent += again.len();
        if !ended.is_empty() {
            assert_eq!((ended, due), (vec![(7, OrderEnd::Silence)], START + 30 * SECOND));
        }
    }
    assert_eq!(sent, 4);
    assert!(machine.is_idle());
}

#[test]
fn of_two_secrets_each_is_used_in_turn_and_either_may_answer() {
    let mut machine = Machine::new(LIMITS);
    machine.add(order(1, 7, gear(1)));
    start_with(&mut machine, START, &["one", "two"]);
    let newer = said(&mut machine).0.remove(0).1;
    machine.expire(START + 2 * SECOND, &mut || EVEN);
    let older = said(&mut machine).0.remove(0).1;
    machine.expire(START + 6 * SECOND, &mut || EVEN);
    assert_eq!(said(&mut machine).0.remove(0).1, newer);
    assert_ne!(newer[1], older[1]);
    assert!(!receive(&mut machine, gear(1), &answer(&older, 41, &secret("one"))));
    assert!(receive(&mut machine, gear(1), &answer(&older, 42, &secret("two"))));
    assert_eq!(said(&mut machine).1, [(7, OrderEnd::Answered(Obedience::Refused(None)))]);
}

#[test]
fn parties_take_turns_and_one_destination_keeps_nobody_waiting_for_another() {
    let mut machine = Machine::new(LIMITS);
    for key in 0..20 {
        machine.add(order(1, key, gear(1)));
    }
    machine.add(order(1, 20, gear(2)));
    for key in 100..120 {
        machine.add(order(2, key, gear(3)));
    }
    machine.add(NewOrder { urgent: true, ..order(2, 99, gear(4)) });
    start(&mut machine, START);
    let (sent, _) = said(&mut machine);
    let to = |number: u8| sent.iter().filter(|(to, _)| *to == gear(number)).count();
    // Four at a time each, and what goes elsewhere does not wait behind.
    assert_eq!([1, 2, 3, 4].map(to), [4, 1, 4, 1]);
    assert_eq!(sent[1].0, gear(4), "what is urgent goes first of its own");
    let identifiers: BTreeSet<u8> =
        sent.iter().filter(|(to, _)| *to == gear(1)).map(|(_, octets)| octets[1]).collect();
    assert_eq!(identifiers.len(), 4);
    // An answer makes room for one more there.
    let (_, octets) = sent.iter().find(|(to, _)| *to == gear(1)).unwrap();
    assert!(receive(&mut machine, gear(1), &answer(octets, 41, &secret("one"))));
    start(&mut machine, START);
    let (sent, ended) = said(&mut machine);
    assert_eq!((sent.len(), sent[0].0, ended.len()), (1, gear(1), 1));
}

#[test]
fn a_party_has_no_more_under_way_and_waiting_than_its_share() {
    let mut machine = Machine::new(LIMITS);
    for number in 0..100 {
        machine.add(order(1, number.into(), gear(number)));
    }
    machine.add(order(1, 100, gear(1)));
    assert_eq!(said(&mut machine).1, [(100, OrderEnd::Crowded)]);
    machine.add(order(2, 0, gear(200)));
    start(&mut machine, START);
    let (sent, _) = said(&mut machine);
    assert_eq!(sent.len(), LIMITS.under_way_of_one + 1);
    for share in 3..50 {
        machine.add(order(share, 0, gear(201)));
    }
    start(&mut machine, START);
    assert_eq!(said(&mut machine).0.len(), 3, "as many as may be under way in all");
}

#[test]
fn an_identifier_rests_before_it_names_another_order() {
    let mut machine = Machine::new(LIMITS);
    let mut used = Vec::new();
    for key in 0..256 {
        machine.add(order(1, key, gear(1)));
        start(&mut machine, START);
        let (sent, _) = said(&mut machine);
        used.push(sent[0].1[1]);
        assert!(receive(&mut machine, gear(1), &answer(&sent[0].1, 41, &secret("one"))));
        let _told = said(&mut machine);
    }
    used.sort_unstable();
    used.dedup();
    assert_eq!(used.len(), 256);
}

#[test]
fn an_order_that_cannot_be_written_ends_and_keeps_nothing() {
    let mut machine = Machine::new(LIMITS);
    let mut session = Reply::new();
    while session.octets(AttributeType::CLASS, &[7; 253]).is_ok() {}
    session.octets(AttributeType::CLASS, &[7; 231]).unwrap();
    machine.add(order(1, 7, gear(1)));
    let turn = turns(&mut machine).remove(0);
    let too_long = OrderText { session, ..text(gear(1), &["one"]) };
    send(&mut machine, turn, &too_long, START);
    let how = OrderEnd::Unwritable(ReplyError::PacketFull);
    assert_eq!(said(&mut machine), (vec![], vec![(7, how)]));
    assert!(machine.is_idle() && machine.deadline().is_none());
}

#[test]
fn an_order_that_is_left_makes_room_and_one_that_goes_elsewhere_waits_there() {
    let mut machine = Machine::new(LIMITS);
    for key in 0..6 {
        machine.add(order(1, key, gear(1)));
    }
    let mut called = turns(&mut machine);
    assert_eq!(called.iter().map(Turn::key).collect::<Vec<_>>(), [0, 1, 2, 3]);
    machine.leave(called.remove(0));
    let mut called_now = turns(&mut machine);
    assert_eq!(called_now.iter().map(Turn::key).collect::<Vec<_>>(), [4]);
    // Its gear has another address now.
    send(&mut machine, called_now.remove(0), &text(gear(2), &["one"]), START);
    let mut called_now = turns(&mut machine);
    assert_eq!(called_now.iter().map(Turn::key).collect::<Vec<_>>(), [5, 4]);
    send(&mut machine, called_now.remove(1), &text(gear(2), &["one"]), START);
    let (sent, ended) = said(&mut machine);
    assert_eq!((sent.len(), sent[0].0, ended), (1, gear(2), vec![]));
    for turn in called.into_iter().chain(called_now) {
        machine.leave(turn);
    }
    assert!(receive(&mut machine, gear(2), &answer(&sent[0].1, 41, &secret("one"))));
    assert!(machine.is_idle());
}

#[test]
fn where_too_many_wait_in_all_one_of_who_has_most_gives_way() {
    let mut machine = Machine::new(LIMITS);
    for key in 0..100 {
        machine.add(order(1, key, gear(1)));
    }
    for key in 100..150 {
        machine.add(order(2, key, gear(2)));
    }
    assert_eq!(said(&mut machine).1, []);
    for key in 150..175 {
        machine.add(order(3, key, gear(3)));
    }
    let crowded = |key| (key, OrderEnd::Crowded);
    let lost: Vec<_> = (75..100).rev().map(crowded).collect();
    assert_eq!(said(&mut machine).1, lost, "the last of the largest");
    // Whoever has as many as anybody gives way to nobody but what is urgent.
    machine.add(order(1, 175, gear(1)));
    assert_eq!(said(&mut machine).1, [crowded(175)]);
    machine.add(NewOrder { urgent: true, ..order(2, 176, gear(2)) });
    assert_eq!(said(&mut machine).1, [crowded(74)]);
    let called: Vec<u32> = turns(&mut machine).iter().map(Turn::key).collect();
    assert_eq!(called, [0, 176, 150, 1, 100, 151, 2, 101, 152, 3, 102, 153]);
}

#[test]
fn what_waits_for_one_destination_is_looked_at_once_and_not_at_each_step() {
    let waiting = 20_000;
    let limits = DispatchLimits { waiting, waiting_of_one: waiting, ..LIMITS };
    let mut machine = Machine::new(DispatchLimits { under_way: 20_000, ..limits });
    let looked = std::cell::Cell::new(0);
    for key in 0..10_000 {
        machine.queue.add(order(1, key, gear(1)));
    }
    for key in 10_000..10_100 {
        machine.queue.add(order(1, key, gear(2)));
    }
    let is_full = |to: &SocketAddr| {
        looked.set(looked.get() + 1);
        *to == gear(1)
    };
    for _ in 0..100 {
        assert_eq!(machine.queue.take(1_000, is_full).map(|it| it.to), Some(gear(2)));
    }
    assert_eq!(machine.queue.take(1_000, is_full), None);
    assert_eq!(looked.get(), 101);
    machine.queue.ended(1, gear(1));
    assert_eq!(machine.queue.take(1_000, |_| false).map(|it| it.key), Some(0));
}
