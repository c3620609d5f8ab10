use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::attribute::AttributeType;

const LIMITS: DispatchLimits = DispatchLimits {
    waiting: 100,
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
    let mut attributes = Reply::new();
    attributes.text(AttributeType::ACCT_SESSION_ID, &format!("{share}-{key}")).unwrap();
    let (kind, secrets) = (OrderKind::Disconnect, vec![secret("one"), secret("two")]);
    NewOrder { share, key, to, kind, secrets, attributes, urgent: false }
}

fn single(share: u32, key: u32, to: SocketAddr) -> NewOrder<u32, u32> {
    NewOrder { secrets: vec![secret("one")], ..order(share, key, to) }
}

fn start(machine: &mut Machine, now: Duration) {
    machine.start(now, 0x6543_2100, &mut || EVEN);
}

/// What is sent, and what has ended.
fn said(machine: &mut Machine) -> (Vec<Sent>, Vec<(u32, OrderEnd)>) {
    let (mut sent, mut ended) = (Vec::new(), Vec::new());
    while let Some(command) = machine.command() {
        match command {
            Dispatched::Send { to, octets } => sent.push((to, octets)),
            Dispatched::Ended { key, how } => ended.push((key, how)),
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

#[test]
fn an_order_goes_out_again_as_it_is_until_its_gear_answers() {
    let mut machine = Machine::new(LIMITS);
    machine.add(single(1, 7, gear(1))).unwrap();
    start(&mut machine, START);
    let (first, _) = said(&mut machine);
    assert_eq!((first.len(), machine.deadline()), (1, Some(START + 2 * SECOND)));
    machine.expire(START + SECOND, &mut || EVEN);
    assert_eq!(said(&mut machine).0, []);
    machine.expire(START + 2 * SECOND, &mut || EVEN);
    assert_eq!(said(&mut machine).0, first);
    let right = answer(&first[0].1, 41, &secret("one"));
    // From elsewhere, by somebody else, of another kind, cut off, or nothing.
    assert!(!machine.receive(gear(2), &right));
    assert!(!machine.receive(SocketAddr::new(gear(1).ip(), 3798), &right));
    assert!(!machine.receive(gear(1), &answer(&first[0].1, 41, &secret("two"))));
    assert!(!machine.receive(gear(1), &answer(&first[0].1, 44, &secret("one"))));
    assert!(!machine.receive(gear(1), &right[..19]));
    assert!(!machine.receive(gear(1), &[]));
    assert_eq!(said(&mut machine), (vec![], vec![]));
    assert!(machine.receive(gear(1), &right));
    assert_eq!(said(&mut machine).1, [(7, OrderEnd::Answered(Obedience::Done))]);
    assert!(!machine.receive(gear(1), &right), "answered twice");
    assert!(machine.is_idle() && machine.deadline().is_none());
}

#[test]
fn an_order_that_nobody_answers_is_given_up() {
    let mut machine = Machine::new(LIMITS);
    machine.add(single(1, 7, gear(1))).unwrap();
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
    machine.add(order(1, 7, gear(1))).unwrap();
    start(&mut machine, START);
    let newer = said(&mut machine).0.remove(0).1;
    machine.expire(START + 2 * SECOND, &mut || EVEN);
    let older = said(&mut machine).0.remove(0).1;
    machine.expire(START + 6 * SECOND, &mut || EVEN);
    assert_eq!(said(&mut machine).0.remove(0).1, newer);
    assert_ne!(newer[1], older[1]);
    assert!(!machine.receive(gear(1), &answer(&older, 41, &secret("one"))));
    assert!(machine.receive(gear(1), &answer(&older, 42, &secret("two"))));
    assert_eq!(said(&mut machine).1, [(7, OrderEnd::Answered(Obedience::Refused(None)))]);
}

#[test]
fn parties_take_turns_and_one_destination_keeps_nobody_waiting_for_another() {
    let mut machine = Machine::new(LIMITS);
    for key in 0..20 {
        machine.add(single(1, key, gear(1))).unwrap();
    }
    machine.add(single(1, 20, gear(2))).unwrap();
    for key in 100..120 {
        machine.add(single(2, key, gear(3))).unwrap();
    }
    machine.add(NewOrder { urgent: true, ..single(2, 99, gear(4)) }).unwrap();
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
    assert!(machine.receive(gear(1), &answer(octets, 41, &secret("one"))));
    start(&mut machine, START);
    let (sent, ended) = said(&mut machine);
    assert_eq!((sent.len(), sent[0].0, ended.len()), (1, gear(1), 1));
}

#[test]
fn a_party_has_no_more_under_way_and_waiting_than_its_share() {
    let mut machine = Machine::new(LIMITS);
    for number in 0..100 {
        machine.add(single(1, number.into(), gear(number))).unwrap();
    }
    assert_eq!(machine.add(single(1, 100, gear(1))), Err(100));
    machine.add(single(2, 0, gear(200))).unwrap();
    start(&mut machine, START);
    let (sent, _) = said(&mut machine);
    assert_eq!(sent.len(), LIMITS.under_way_of_one + 1);
    for share in 3..50 {
        machine.add(single(share, 0, gear(201))).unwrap();
    }
    start(&mut machine, START);
    assert_eq!(said(&mut machine).0.len(), 3, "as many as may be under way in all");
}

#[test]
fn an_identifier_rests_before_it_names_another_order() {
    let mut machine = Machine::new(LIMITS);
    let mut used = Vec::new();
    for key in 0..256 {
        machine.add(single(1, key, gear(1))).unwrap();
        start(&mut machine, START);
        let (sent, _) = said(&mut machine);
        used.push(sent[0].1[1]);
        assert!(machine.receive(gear(1), &answer(&sent[0].1, 41, &secret("one"))));
        let _told = said(&mut machine);
    }
    used.sort_unstable();
    used.dedup();
    assert_eq!(used.len(), 256);
}

#[test]
fn an_order_that_cannot_be_written_ends_and_keeps_nothing() {
    let mut machine = Machine::new(LIMITS);
    let mut attributes = Reply::new();
    while attributes.octets(AttributeType::CLASS, &[7; 253]).is_ok() {}
    attributes.octets(AttributeType::CLASS, &[7; 231]).unwrap();
    machine.add(NewOrder { attributes, ..single(1, 7, gear(1)) }).unwrap();
    start(&mut machine, START);
    let how = OrderEnd::Unwritable(ReplyError::PacketFull);
    assert_eq!(said(&mut machine), (vec![], vec![(7, how)]));
    assert!(machine.is_idle() && machine.deadline().is_none());
}
