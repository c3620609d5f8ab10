//! draft-ietf-radext-deprecating-radius: what keeps BlastRADIUS (CVE-2024-3596) out. That replies
//! begin with Message-Authenticator is checked with every reply of every test.

use radius::{Answer, AttributeType, Credential, DropReason, Reply};

use crate::client::{Request, SECRET};
use crate::site::{Known, Site};

/// A request that is protected by nothing but the source address.
fn bare() -> Request {
    Request::pap().without(AttributeType::MESSAGE_AUTHENTICATOR)
}

#[test]
fn a_missing_message_authenticator_meets_silence_where_it_is_required() {
    let reason = DropReason::MessageAuthenticatorMissing;
    assert_eq!(Site::strict().drops(&bare().encode()), (Some(1), reason));
}

#[test]
fn a_missing_message_authenticator_is_let_pass_where_it_is_not_required() {
    Site::lenient().accepts(&bare(), Reply::new());
}

#[test]
fn without_it_the_only_client_that_does_without_is_taken() {
    let mut site = Site::of(vec![
        Known::strict(1, b"strict"),
        Known::lenient(2, SECRET),
        Known::strict(3, b"strict too"),
    ]);
    assert_eq!(site.asks(&bare()).1.client(), 2);
}

#[test]
fn without_it_two_clients_that_do_without_are_nobody() {
    let mut site = Site::of(vec![Known::lenient(1, b"other"), Known::lenient(2, SECRET)]);
    assert_eq!(site.drops(&bare().encode()), (None, DropReason::Ambiguous));
}

#[test]
fn without_it_a_wide_network_does_not_come_between_another_and_its_gear() {
    let everywhere = Known { precision: 0, ..Known::lenient(1, b"other") };
    let mut site = Site::of(vec![Known::lenient(2, SECRET), everywhere]);
    assert_eq!(site.asks(&bare()).1.client(), 2);
}

#[test]
fn a_legacy_nas_must_not_send_proxy_state_unprotected() {
    let mut site = Site::of(vec![Known::legacy_nas(1, SECRET)]);
    let request = bare().with(33, b"chosen prefix");
    let dropped = site.drops(&request.encode());
    assert_eq!(dropped, (Some(1), DropReason::UnprotectedProxyState));
    site.asks(&bare());
}

#[test]
fn a_legacy_nas_may_send_proxy_state_with_message_authenticator() {
    let mut site = Site::of(vec![Known::legacy_nas(1, SECRET)]);
    site.asks(&Request::pap().with(33, b"state"));
}

#[test]
fn a_proxy_may_send_proxy_state_unprotected() {
    Site::lenient().asks(&bare().with(33, b"state"));
}

#[test]
fn nothing_that_the_user_sent_comes_back() {
    let request = bare().with(18, b"echo me").with(25, b"echo me").with(24, b"echo me");
    let mut site = Site::lenient();
    let (ticket, _) = site.asks(&request);
    let reply = site.answers(ticket, &Answer::Accept(Reply::new()));
    assert_eq!(request.check(&reply, 2).len(), 1);
}

#[test]
fn a_reply_that_proxy_states_would_make_too_long_is_silence() {
    let mut request = Request::new(1);
    while request.encode().len() + 255 <= 4096 {
        request = request.with(33, &[7; 253]);
    }
    let left = 4096 - request.encode().len();
    let request = request.with(33, &vec![8; left - 2]);
    assert_eq!(Site::lenient().drops(&request.encode()), (Some(1), DropReason::ReplyTooLong));
}

/// While one secret replaces another, either counts.
#[test]
fn a_request_is_answered_with_the_one_of_two_secrets_that_signed_it() {
    let other: &[u8] = b"the secret of before, as long";
    let both = || vec![Known::lenient(1, SECRET), Known::lenient(1, other)];
    for secret in [SECRET, other] {
        let request = Request { secret: secret.to_vec(), ..Request::new(1) };
        let request = request.user(b"ada").password(b"correct horse").authentic();
        let mut site = Site::of(both());
        let (ticket, question) = site.asks(&request);
        assert!(question.is_signed());
        assert!(matches!(question.credential(), Credential::Pap(b"correct horse")));
        request.check(&site.answers(ticket, &Answer::Accept(Reply::new())), 2);
    }
    // Nothing says which one is meant: the newer one.
    let unsigned = Request::pap().without(AttributeType::MESSAGE_AUTHENTICATOR);
    let (_, question) = Site::of(both()).asks(&unsigned);
    assert!(!question.is_signed() && question.client() == 1);
    let mut crowded = both();
    crowded.push(Known::lenient(2, b"a secret of somebody else's"));
    let dropped = Site::of(crowded).drops(&unsigned.encode());
    assert_eq!(dropped, (None, DropReason::Ambiguous));
    let forged = Request { secret: b"nobody's".to_vec(), ..Request::pap() };
    assert_eq!(Site::of(both()).drops(&forged.encode()), (Some(1), DropReason::NotAuthentic));
}

/// A client that was met there before comes first, which is no more than a guess.
#[test]
fn a_guess_counts_where_its_secret_proves_it_and_comes_between_nobody_and_their_gear() {
    let other: &[u8] = b"a secret of somebody else's";
    let guess =
        |client, secret| Known { precision: 0, is_guess: true, ..Known::lenient(client, secret) };
    let mut site =
        Site::of(vec![guess(2, SECRET), Known::strict(1, other), Known::strict(2, SECRET)]);
    assert_eq!(site.asks(&Request::pap()).1.client(), 2);
    // Without a signature the address alone says whose a request is.
    let mut site = Site::of(vec![guess(1, other), Known::lenient(2, SECRET)]);
    assert_eq!(site.asks(&bare()).1.client(), 2);
    let mut site = Site::of(vec![guess(1, SECRET), Known::strict(2, other)]);
    let missing = (Some(2), DropReason::MessageAuthenticatorMissing);
    assert_eq!(site.drops(&bare().encode()), missing);
}

#[test]
fn where_not_all_secrets_are_tried_silence_says_so() {
    let known = Known { is_guess: true, ..Known::lenient(1, b"a secret of somebody else's") };
    let mut site = Site { is_cut: true, ..Site::of(vec![known]) };
    for request in [Request::pap(), bare()] {
        assert_eq!(site.drops(&request.encode()), (None, DropReason::Crowded));
    }
    let malformed = site.drops(b"none").1;
    assert!(matches!(malformed, DropReason::Malformed(_)), "{malformed}");
    site.known.clear();
    assert_eq!(site.drops(&Request::pap().encode()), (None, DropReason::Crowded));
    let known = Known { is_guess: true, ..Known::lenient(1, SECRET) };
    let mut site = Site { is_cut: true, ..Site::of(vec![known]) };
    assert_eq!(site.asks(&Request::pap()).1.client(), 1);
}
