//! RFC 5997: Status-Server.

use radius::{AttributeType, DropReason};

use crate::client::Request;
use crate::site::Site;

#[test]
fn section_3_status_server_requires_message_authenticator_whatever_the_settings() {
    let request = Request::new(12).encode();
    for mut site in [Site::strict(), Site::lenient(), Site::accounting()] {
        assert_eq!(site.drops(&request).1, DropReason::MessageAuthenticatorMissing);
    }
}

#[test]
fn section_4_2_the_authentication_port_answers_with_access_accept() {
    let request = Request::new(12).authentic();
    let reply = Site::strict().sends(&request);
    assert_eq!(request.check(&reply, 2).len(), 1);
}

#[test]
fn section_4_2_the_accounting_port_answers_with_accounting_response() {
    let request = Request::new(12).authentic();
    let reply = Site::accounting().sends(&request);
    assert_eq!(request.check(&reply, 5).len(), 1);
}

#[test]
fn section_2_credentials_in_a_status_server_are_no_login() {
    let request = Request { code: 12, ..Request::pap() }.with(79, b"\x02\x01\x00\x04");
    let reply = Site::strict().sends(&request);
    assert_eq!(request.check(&reply, 2).len(), 1);
}

#[test]
fn section_4_2_the_same_status_server_gets_the_same_octets() {
    let mut site = Site::strict();
    let request = Request::new(12).authentic();
    assert_eq!(site.sends(&request), site.sends(&request));
}

#[test]
fn section_3_a_wrong_secret_meets_silence() {
    let request = Request { secret: b"wrong".to_vec(), ..Request::new(12) }.authentic();
    assert_eq!(Site::strict().drops(&request.encode()).1, DropReason::NotAuthentic);
}

#[test]
fn section_6_proxy_state_comes_back() {
    let request = Request::new(12).with(AttributeType::PROXY_STATE.0, b"hop").authentic();
    let reply = Site::strict().sends(&request);
    assert_eq!(request.check(&reply, 2)[1..], [(33, b"hop".to_vec())]);
}
