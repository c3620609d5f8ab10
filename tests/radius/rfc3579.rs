//! Message-Authenticator, and EAP's carrier.

use serde_json::json;

use crate::harness::demo::Demo;
use crate::harness::office::Office;
use crate::harness::supplicant::{TLS, TTLS, response};
use crate::harness::wire::{ACCEPT, AUTHENTICATOR, CHALLENGE, REJECT, Request};

const PASSWORD: &str = "correct horse battery";

#[test]
fn section_3_2_a_request_without_message_authenticator_is_met_with_silence_by_default() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let client = office.client("switch", &json!({}));
    let (wire, honest) = (office.wire(), office.wire());
    let login = Request::login(&client.secret, "ada", PASSWORD).without(AUTHENTICATOR);
    assert!(wire.meets_silence(&login.encode(), &honest, &client.secret));
    let demo = Demo::shared();
    let attributes = format!("User-Name=ada,User-Password={}", demo.acme().user("ada").password);
    let gear = demo.gear(demo.acme().gear()).with(["-t", "1"]);
    let reply = gear.ask("auth", &attributes);
    assert_eq!(reply.kind, None, "{reply:?}");
}

#[test]
fn section_3_2_a_client_that_may_do_without_is_served_and_gets_one_all_the_same() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let client = office.client("printer", &json!({"require_message_authenticator": false}));
    let wire = office.wire();
    let bare = |password| Request::login(&client.secret, "ada", password).without(AUTHENTICATOR);
    // Each reply is checked to have it first.
    assert_eq!(wire.ask(&bare(PASSWORD)).code, ACCEPT);
    assert_eq!(wire.ask(&bare("wrong")).code, REJECT);
    let strict = json!({"require_message_authenticator": true});
    office.act("PATCH", &format!("radius-clients/{}", client.id), Some(&strict));
    assert!(wire.meets_silence(&bare(PASSWORD).encode(), &office.wire(), &client.secret));
}

#[test]
fn section_3_2_a_wrong_message_authenticator_is_met_with_silence_even_where_none_is_needed() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let client = office.client("printer", &json!({"require_message_authenticator": false}));
    let mut packet = Request::login(&client.secret, "ada", PASSWORD).encode();
    *packet.last_mut().unwrap() ^= 1;
    assert!(office.wire().meets_silence(&packet, &office.wire(), &client.secret));
}

#[test]
fn section_3_2_a_message_authenticator_counts_wherever_it_is() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let client = office.client("switch", &json!({}));
    let wire = office.wire();
    let last = Request::login(&client.secret, "ada", PASSWORD);
    let mut first = last.clone();
    first.attributes.rotate_right(1);
    let mut middle = Request::login(&client.secret, "ada", PASSWORD);
    middle.attributes.swap(1, 2);
    for request in [last, first, middle] {
        assert_eq!(wire.ask(&request).code, ACCEPT);
    }
}

#[test]
fn section_3_3_two_message_authenticators_or_one_of_a_wrong_length_are_met_with_silence() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let client = office.client("switch", &json!({"require_message_authenticator": false}));
    let (wire, honest) = (office.wire(), office.wire());
    let login = || Request::login(&client.secret, "ada", PASSWORD);
    assert!(wire.meets_silence(&login().authentic().encode(), &honest, &client.secret));
    for length in [0, 15, 17] {
        let odd = login().without(AUTHENTICATOR).with(AUTHENTICATOR, &vec![0; length]);
        assert!(wire.meets_silence(&odd.encode(), &honest, &client.secret), "{length} octets");
    }
}

#[test]
fn section_3_1_eap_without_message_authenticator_is_met_with_silence_whatever_the_settings() {
    let office = Office::new();
    let client = office.client("switch", &json!({"require_message_authenticator": false}));
    let request = Request::new(1, &client.secret).with(1, b"ada").with(79, &[2, 0, 0, 5, 1]);
    assert!(office.wire().meets_silence(&request.encode(), &office.wire(), &client.secret));
}

#[test]
fn without_message_authenticator_a_request_that_could_be_of_two_clients_is_of_neither() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let lenient = json!({"require_message_authenticator": false});
    let one = office.client("one", &lenient);
    office.client("two", &lenient);
    let login = Request::login(&one.secret, "ada", PASSWORD);
    assert_eq!(office.wire().ask(&login).code, ACCEPT);
    let bare = Request::login(&one.secret, "ada", PASSWORD).without(AUTHENTICATOR);
    assert!(office.wire().meets_silence(&bare.encode(), &office.wire(), &one.secret));
}

#[test]
fn without_message_authenticator_nobody_can_take_the_gear_of_another_organization() {
    let (here, there) = (Office::new(), Office::new());
    here.client("printer", &json!({"require_message_authenticator": false}));
    let clients = there.path("radius-clients");
    let at = |name: &str, network: String, required: bool| {
        let sources = [network];
        let fields = json!({
            "name": name, "sources": sources, "require_message_authenticator": required,
        });
        there.top.send("POST", &clients, Some(&fields))
    };
    let taken = || format!("{}/32", here.address);
    let refused = at("thief", taken(), false);
    assert_eq!(refused.status, 422, "{refused:?}");
    assert_eq!(refused.json()["pointer"], "/require_message_authenticator");
    let strict = at("strict", taken(), true);
    assert_eq!(strict.status, 201, "{strict:?}");
    let place = format!("{clients}/{}", strict.json()["id"].as_str().unwrap());
    let lenient = json!({"require_message_authenticator": false});
    let refused = there.top.send("PATCH", &place, Some(&lenient));
    assert_eq!(refused.status, 422, "{refused:?}");
    // Nobody can claim what is wide: the narrowest wins.
    let wide = json!({"sources": ["10.0.0.0/8"], "require_message_authenticator": false});
    here.client("everywhere", &wide);
    assert_eq!(at("narrow", "10.1.2.3/32".to_owned(), false).status, 201);
}

#[test]
fn section_2_1_gear_that_starts_is_told_to_ask_who_it_is() {
    let office = Office::new();
    let gear = office.client("switch", &json!({}));
    let start = Request::new(1, &gear.secret).with(1, b"ada").with(79, b"").authentic();
    let answer = office.wire().ask(&start);
    assert_eq!(answer.code, CHALLENGE);
    let packet = answer.packet();
    assert_eq!((packet[0], packet[4]), (1, 1), "a request of the identity");
    let name = response(packet[1], 1, b"ada");
    let next = office.wire().ask(&Request::eap(&gear.secret, &name, &answer.state()));
    assert_eq!((next.code, next.packet()[4]), (CHALLENGE, TTLS));
}

#[test]
fn section_2_6_a_state_counts_once_for_its_client_and_as_it_was_given() {
    let (here, there) = (Office::new(), Office::new());
    let (own, theirs) = (here.client("one", &json!({})), there.client("two", &json!({})));
    let neighbour = here.client("three", &json!({}));
    let mut peer = here.supplicant(&own);
    peer.begin(TTLS);
    let (state, nak) = (peer.state.clone(), |identifier| response(identifier, 3, &[TLS]));
    let other = |secret: &str, state: &[u8]| Request::eap(secret, &nak(2), state);
    assert_eq!(there.wire().ask(&other(&theirs.secret, &state)).code, REJECT);
    assert_eq!(here.wire().ask(&other(&neighbour.secret, &state)).code, REJECT);
    let mut bent = state.clone();
    bent[0] ^= 1;
    for wrong in [&bent[..], &state[..15], b"x"] {
        assert_eq!(here.wire().ask(&other(&own.secret, wrong)).code, REJECT);
    }
    assert_eq!(peer.respond(3, &[TLS]).code, CHALLENGE);
    assert_ne!(peer.state, state, "each round has a State of its own");
    assert_eq!(here.wire().ask(&other(&own.secret, &state)).code, REJECT);
}

#[test]
fn section_2_6_5_what_a_profile_says_to_the_user_is_said_by_pap_and_not_beside_eap() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let attributes = json!([
        {"name": "Reply-Message", "value": "Welcome."},
        {"name": "Filter-Id", "value": "staff"}
    ]);
    let profile = json!({"name": "staff", "attributes": attributes});
    let profile = office.make("reply-profiles", &profile);
    let client = office.client("wlan", &json!({"reply_profile": profile["id"]}));
    let reply = office.login(&client, "ada", PASSWORD);
    assert!(reply.is("Access-Accept"), "{reply:?}");
    assert_eq!(reply.values("Reply-Message"), ["Welcome."], "{reply:?}");
    let verdict = office.ttls(&client, "auth=PAP", "ada", PASSWORD).gets_in();
    let said = &verdict.output.stdout;
    assert!(verdict.says("Attribute 11 ") && !verdict.says("Attribute 18 "), "{said}");
}

#[test]
fn section_2_6_a_password_beside_eap_or_with_a_foreign_state_saves_nobody() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let gear = office.client("switch", &json!({}));
    let both = Request::eap(&gear.secret, &response(0, 1, b"ada"), &[]);
    assert_eq!(office.wire().ask(&both.password(PASSWORD.as_bytes())).code, REJECT);
    let wrong = Request::login(&gear.secret, "ada", "wrong").with(24, &[7; 16]);
    assert_eq!(office.wire().ask(&wrong).code, REJECT);
}
