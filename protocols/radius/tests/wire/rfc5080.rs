//! RFC 5080, section 2.2.2: duplicates; and what the memory of them may cost.

use std::time::Duration;

use radius::{Answer, AnswerError, Challenge, DropReason, Limits, Message, Reply};

use crate::client::Request;
use crate::site::{Known, Site};

fn numbered(identifier: u8) -> Request {
    Request { identifier, ..Request::new(1) }.user(b"ada").password(b"p").authentic()
}

fn accept() -> Answer {
    Answer::Accept(Reply::new())
}

#[test]
fn section_2_2_2_a_duplicate_in_progress_meets_silence() {
    let mut site = Site::strict();
    let (ticket, _) = site.asks(&Request::pap());
    let duplicate = Request::pap().encode();
    assert_eq!(site.drops(&duplicate), (Some(1), DropReason::Duplicate));
    site.answers(ticket, &accept());
}

#[test]
fn section_2_2_2_a_duplicate_after_the_reply_gets_the_same_octets() {
    let mut site = Site::strict();
    let (ticket, _) = site.asks(&Request::pap());
    let reply = site.answers(ticket, &accept());
    assert_eq!(site.sends(&Request::pap()), reply);
    assert_eq!(site.sends(&Request::pap()), reply);
}

#[test]
fn section_2_2_2_a_new_authenticator_makes_a_new_request() {
    let mut site = Site::strict();
    let (old, _) = site.asks(&Request::pap());
    let mut request = Request::new(1);
    request.authenticator = [9; 16];
    let request = request.user(b"ada").password(b"p").authentic();
    let (new, _) = site.asks(&request);
    let late = site.server.answer(old, &accept(), site.now);
    assert_eq!(late, Err(AnswerError::NotWaiting));
    assert!(site.commands().is_empty());
    let reply = site.answers(new, &accept());
    request.check(&reply, 2);
    assert_eq!(site.sends(&request), reply);
}

#[test]
fn section_2_2_2_another_source_port_makes_a_new_request() {
    let mut site = Site::strict();
    site.asks(&Request::pap());
    site.source.set_port(40001);
    site.asks(&Request::pap());
}

#[test]
fn section_2_2_2_another_client_behind_the_same_address_makes_a_new_request() {
    let mut site = Site::of(vec![Known::strict(1, b"one"), Known::strict(2, b"two")]);
    for (client, secret) in [(1, "one"), (2, "two")] {
        let mut request = Request::new(1);
        request.secret = secret.as_bytes().to_vec();
        let (ticket, question) = site.asks(&request.user(b"ada").password(b"p").authentic());
        assert_eq!(question.client(), client);
        site.answers(ticket, &accept());
    }
}

#[test]
fn section_2_2_2_a_client_that_is_gone_gets_no_kept_reply() {
    let mut site = Site::strict();
    let (ticket, _) = site.asks(&Request::pap());
    site.answers(ticket, &accept());
    site.known.clear();
    assert_eq!(site.drops(&Request::pap().encode()).1, DropReason::Stranger);
}

#[test]
fn section_2_2_2_a_reply_is_forgotten_when_its_time_is_over() {
    let mut site = Site::strict();
    let (ticket, _) = site.asks(&Request::pap());
    site.answers(ticket, &accept());
    let lifetime = Limits::default().reply_lifetime;
    assert_eq!(site.server.deadline(), Some(site.now + lifetime));
    site.now += lifetime - Duration::from_nanos(1);
    site.sends(&Request::pap());
    site.now += Duration::from_nanos(1);
    site.server.expire(site.now);
    assert_eq!(site.server.deadline(), None);
    site.asks(&Request::pap());
}

#[test]
fn section_2_2_2_silence_lets_the_retransmission_be_asked_again() {
    let mut site = Site::strict();
    let (ticket, _) = site.asks(&Request::pap());
    assert_eq!(site.server.answer(ticket, &Answer::Silence, site.now), Ok(()));
    assert!(site.commands().is_empty());
    assert_eq!(site.server.deadline(), None);
    site.asks(&Request::pap());
}

#[test]
fn an_answer_may_come_a_minute_later() {
    let mut site = Site::strict();
    let (ticket, _) = site.asks(&Request::pap());
    site.now += Duration::from_secs(60);
    assert_eq!(site.drops(&Request::pap().encode()).1, DropReason::Duplicate);
    let reply = site.answers(ticket, &accept());
    Request::pap().check(&reply, 2);
}

#[test]
fn a_request_that_nobody_answers_is_forgotten() {
    let mut site = Site::strict();
    let (ticket, _) = site.asks(&Request::pap());
    site.now = site.server.deadline().unwrap();
    site.server.expire(site.now);
    let late = site.server.answer(ticket, &accept(), site.now);
    assert_eq!(late, Err(AnswerError::NotWaiting));
    assert_eq!(site.server.deadline(), None);
}

#[test]
fn answers_come_in_any_order() {
    let mut site = Site::strict();
    let requests: Vec<_> = (0..64).map(numbered).collect();
    let mut tickets: Vec<_> = requests.iter().map(|request| site.asks(request).0).collect();
    for request in requests.iter().rev() {
        let reply = site.answers(tickets.pop().unwrap(), &accept());
        request.check(&reply, 2);
    }
}

#[test]
fn too_many_waiting_requests_are_dropped_until_one_is_answered() {
    let mut site = Site::limited(Limits { pending: 2, ..Limits::default() });
    let (first, _) = site.asks(&numbered(1));
    site.asks(&numbered(2));
    assert_eq!(site.drops(&numbered(3).encode()), (Some(1), DropReason::Busy));
    site.answers(first, &accept());
    site.asks(&numbered(3));
}

#[test]
fn the_oldest_reply_gives_way_when_too_many_are_kept() {
    let by_count = Limits { cached_replies: 2, ..Limits::default() };
    let by_octets = Limits { cached_octets: 2 * 38, ..Limits::default() };
    for limits in [by_count, by_octets] {
        let mut site = Site::limited(limits);
        for identifier in 0..3 {
            let (ticket, _) = site.asks(&numbered(identifier));
            site.answers(ticket, &accept());
        }
        site.sends(&numbered(1));
        site.sends(&numbered(2));
        site.asks(&numbered(0));
    }
}

#[test]
fn a_ticket_of_a_reused_place_answers_nobody_else() {
    let mut site = Site::strict();
    let (old, _) = site.asks(&numbered(1));
    site.now += Limits::default().patience;
    let (new, _) = site.asks(&numbered(2));
    assert_eq!(site.server.answer(old, &accept(), site.now), Err(AnswerError::NotWaiting));
    let reply = site.answers(new, &accept());
    numbered(2).check(&reply, 2);
}

#[test]
fn an_accept_that_does_not_fit_becomes_a_reject() {
    let mut reply = Reply::new();
    while reply.octets(radius::AttributeType::CLASS, &[1; 253]).is_ok() {}
    let request = Request::pap().with(33, &[2; 253]);
    let mut site = Site::strict();
    let (ticket, _) = site.asks(&request);
    let outcome = site.server.answer(ticket, &Answer::Accept(reply), site.now);
    assert_eq!(outcome, Err(AnswerError::TooLong));
    let commands = site.commands();
    let [radius::Command::Send { reply, .. }] = commands.as_slice() else { panic!("no reply") };
    assert_eq!(request.check(reply.as_ref(), 3)[1..], [(33, vec![2; 253])]);
    assert_eq!(site.sends(&request), reply.as_ref());
}

#[test]
fn section_2_1_1_a_challenge_carries_its_state_and_prompt() {
    let mut site = Site::strict();
    let (ticket, _) = site.asks(&Request::pap());
    let prompt = Message::new("Code?").unwrap();
    let challenge = Challenge::new(b"opaque", Some(&prompt)).unwrap();
    let reply = site.answers(ticket, &Answer::Challenge(challenge));
    let attributes = Request::pap().check(&reply, 11);
    assert_eq!(attributes[1..], [(24, b"opaque".to_vec()), (18, b"Code?".to_vec())]);
}
