//! RADIUS inside TLS, and what its successor says (draft-ietf-radext-radiusdtls-bis).

use radius::{
    Answer, AttributeType, Command, Credential, DropReason, Limits, Port, RADSEC, Reply, Version,
};

use crate::client::{Request, md5_of};
use crate::site::Site;
use crate::vectors::Exchange;

fn site() -> Site {
    Site::tls(Version::V1_0, Limits::default())
}

fn request(code: u8) -> Request {
    Request { secret: RADSEC.to_vec(), ..Request::new(code) }
}

fn login() -> Request {
    request(1).user(b"ada").password(b"correct horse")
}

/// An Accounting-Request with the authenticator that it needs.
fn report(identifier: u8, secret: &[u8]) -> Vec<u8> {
    let report = Request { identifier, authenticator: [0; 16], ..request(4) };
    let mut octets = report.with(40, &[0, 0, 0, 1]).encode();
    let authenticator = md5_of(&[&octets, secret]);
    octets[4..20].copy_from_slice(&authenticator);
    octets
}

#[test]
fn section_2_3_the_secret_is_radsec_and_a_message_authenticator_may_be_missing() {
    for request in [login(), login().authentic()] {
        let mut site = site();
        let (ticket, question) = site.asks(&request);
        assert!(matches!(question.credential(), Credential::Pap(b"correct horse")));
        let reply = site.answers(ticket, &Answer::Accept(Reply::new()));
        assert_eq!(request.check(&reply, 2).len(), 1);
    }
}

#[test]
fn section_2_1_all_kinds_of_requests_share_a_connection_and_its_identifiers() {
    let mut site = site();
    let (ticket, _) = site.asks(&login());
    let Some(Command::Account(reported, _)) = site.deliver(&report(7, RADSEC)).pop() else {
        panic!("no report")
    };
    let status = request(12).authentic();
    let answer = site.sends(&status);
    assert!(status.check(&answer, 2).len() == 1);
    assert_eq!(site.answers(reported, &Answer::Recorded)[..2], [5, 7]);
    assert_eq!(site.answers(ticket, &Answer::Reject(None))[..2], [3, 7]);
}

#[test]
fn section_2_6_answers_come_in_any_order_and_256_may_wait() {
    let mut site = Site::tls(Version::V1_0, Limits { pending: 256, ..Limits::default() });
    let requests: Vec<_> =
        (0..=255).map(|identifier| Request { identifier, ..login().authentic() }).collect();
    let tickets: Vec<_> = requests.iter().map(|request| site.asks(request).0).collect();
    for (request, ticket) in requests.iter().zip(tickets).rev() {
        let reply = site.answers(ticket, &Answer::Accept(Reply::new()));
        request.check(&reply, 2);
    }
}

#[test]
fn what_is_not_served_is_said_so_and_answers_are_not_answered() {
    for (code, cause) in [(40_u8, 406_u32), (43, 406), (1 + 128, 406)] {
        let mut site = site();
        let request = request(code);
        let answer = site.sends(&request);
        let attributes = request.check(&answer, 52);
        let original = [&[4_u8][..], &u32::from(code).to_be_bytes()].concat();
        assert_eq!(attributes[1..], [(241, original), (101, cause.to_be_bytes().to_vec())]);
    }
    for code in [2, 3, 5, 11, 41, 42, 44, 45, 52] {
        let dropped = site().drops(&request(code).encode());
        assert_eq!(dropped.1, DropReason::UnexpectedCode(code));
        assert!(!dropped.1.ends_connection());
    }
}

#[test]
fn who_cannot_be_served_at_the_moment_is_told() {
    let mut site = Site::tls(Version::V1_0, Limits { pending: 1, ..Limits::default() });
    let first = login();
    let (ticket, _) = site.asks(&first);
    let second = Request { identifier: 8, ..login() };
    match site.deliver(&second.encode()).as_slice() {
        [Command::Send { reply, .. }, Command::Drop { reason: DropReason::Busy, .. }] => {
            assert_eq!(second.check(reply.as_ref(), 52)[2], (101, vec![0, 0, 1, 250]));
        }
        _ => panic!("not busy"),
    }
    let answer = site.answers(ticket, &Answer::Silence);
    assert_eq!(first.check(&answer, 52)[2], (101, vec![0, 0, 1, 250]));
    let (ticket, _) = site.asks(&second);
    // What is to be passed over is, and leaves room for others as well.
    assert_eq!(site.server.answer(ticket, &Answer::Discard, site.now), Ok(()));
    assert!(site.commands().is_empty());
    site.asks(&first);
}

#[test]
fn what_nobody_else_can_have_spoiled_ends_the_connection() {
    let forged = Request { secret: b"another secret".to_vec(), ..login() }.authentic();
    let mut short = login().encode();
    *short.last_mut().unwrap() = 1;
    let malformed = request(1).with(80, b"short");
    for octets in [
        forged.encode(),
        report(1, b"another secret"),
        malformed.encode(),
        request(1).user(b"ada").encode()[..22].to_vec(),
    ] {
        let (_, reason) = site().drops(&octets);
        assert!(reason.ends_connection(), "{reason}");
    }
}

/// Nobody sends again inside TLS, so that silence would look like a server that is gone.
#[test]
fn what_lacks_a_message_authenticator_inside_tls_is_answered() {
    // RFC 5997, section 3, protects what TLS protects already.
    let status = request(12);
    let mut site = site();
    let answer = site.sends(&status);
    status.check(&answer, 2);
    // RFC 3579, section 3.1.
    let eap = request(1).user(b"ada").with(79, &[2, 0, 0, 4]);
    match site.deliver(&eap.encode()).as_slice() {
        [Command::Send { reply, .. }, Command::Drop { reason, client: Some(1), .. }] => {
            assert_eq!(eap.check(reply.as_ref(), 52)[2], (101, vec![0, 0, 1, 146]));
            assert_eq!(*reason, DropReason::UnprotectedEap);
            assert!(!reason.ends_connection());
        }
        _ => panic!("not told"),
    }
    site.asks(&login());
}

#[test]
fn ports_for_datagrams_serve_nothing_more_than_before() {
    for mut site in [Site::strict(), Site::accounting()] {
        let reason = site.drops(&Request::new(40).encode()).1;
        assert_eq!(reason, DropReason::UnexpectedCode(40));
    }
    assert_ne!(Port::Tls(Version::V1_0), Port::Authentication);
}

#[test]
fn section_2_3_packets_lie_inside_of_tls_as_the_vectors_say() {
    let vectors = Exchange::read(include_str!("../vectors/rfc6614_section_2_3.txt"));
    assert_eq!(vectors.text("secret"), RADSEC);
    let mut site = site();
    let Some(Command::Ask(ticket, question)) = site.deliver(&vectors.octets("login")).pop() else {
        panic!("no question")
    };
    assert_eq!(question.user_name(), b"ada");
    assert!(matches!(question.credential(), Credential::Pap(b"correct horse battery")));
    let mut accept = Reply::new();
    accept.text(AttributeType::FILTER_ID, "staff").unwrap();
    assert_eq!(site.answers(ticket, &Answer::Accept(accept)), vectors.octets("accept"));
    let Some(Command::Account(ticket, told)) = site.deliver(&vectors.octets("report")).pop() else {
        panic!("no report")
    };
    assert_eq!(told.octets(AttributeType::ACCT_SESSION_ID), b"5f3a");
    assert_eq!(site.answers(ticket, &Answer::Recorded), vectors.octets("report_answer"));
    match site.deliver(&vectors.octets("status")).as_slice() {
        [Command::Send { reply, .. }] => {
            assert_eq!(reply.as_ref(), vectors.octets("status_answer"));
        }
        _ => panic!("no answer"),
    }
}
