//! Section 4.4: an Access-Challenge asks for the code of a second factor.

use serde_json::json;

use crate::harness::office::{Client, Office};
use crate::harness::radius::Reply;
use crate::harness::receiver::comes;
use crate::harness::totp;

const PASSWORD: &str = "correct horse battery";

fn answer(office: &Office, client: &Client, code: &str, state: &str) -> Reply {
    let attributes = format!(
        "User-Name=\"ada\",User-Password=\"{code}\",State={state},Message-Authenticator=0x00,\
         Packet-Src-IP-Address={}",
        office.address
    );
    office.gear(client).ask("auth", &attributes)
}

#[test]
fn who_gave_the_right_password_is_asked_for_a_code_that_the_next_request_brings() {
    let office = Office::new();
    let ada = office.user("ada", PASSWORD);
    let vpn = office.client("vpn", &json!({"second_factor": "required", "asks_for_code": true}));
    let other = office.client("other", &json!({"asks_for_code": true}));
    assert!(office.login(&vpn, "ada", PASSWORD).is("Access-Reject"), "nothing is enrolled");
    let uri = office.enrol(&ada);
    assert!(office.login(&vpn, "ada", "wrong").is("Access-Reject"));

    let asked = office.login(&vpn, "ada", PASSWORD);
    assert!(asked.is("Access-Challenge"), "{asked:?}");
    let state = asked.values("State")[0].to_owned();
    assert_eq!(state.len(), 2 + 32, "{asked:?}");
    assert_eq!(asked.values("Reply-Message"), ["Enter the code of your authenticator app"]);
    assert_eq!(asked.attributes[0].0, "Message-Authenticator", "{asked:?}");
    let told = office.event("code_asked");
    assert_eq!((&told["success"], &told["actor"]["name"]), (&json!(true), &json!("ada")));

    let code = totp::code_beside(&uri, 0);
    assert!(answer(&office, &other, &code, &state).is("Access-Reject"), "another client's");
    let foreign = format!("0x{}", "ab".repeat(16));
    assert!(answer(&office, &vpn, &code, &foreign).is("Access-Reject"), "a made-up state");
    let reply = answer(&office, &vpn, &code, &state);
    assert!(reply.is("Access-Accept"), "{reply:?}");
    assert!(answer(&office, &vpn, &code, &state).is("Access-Reject"), "twice");

    let state = office.login(&vpn, "ada", PASSWORD).values("State")[0].to_owned();
    assert!(answer(&office, &vpn, &code, &state).is("Access-Reject"), "a code that was used");
    let both = format!("{PASSWORD},{}", totp::code_beside(&uri, 1));
    assert!(office.login(&vpn, "ada", &both).is("Access-Accept"), "behind the password");
}

#[test]
fn a_client_that_does_not_ask_and_one_that_demands_nothing_give_no_challenge() {
    let office = Office::new();
    let ada = office.user("ada", PASSWORD);
    office.set(&json!({"second_factor": {"demand": "if_enrolled"}}));
    office.enrol(&ada);
    let plain = office.client("switch", &json!({}));
    assert!(office.login(&plain, "ada", PASSWORD).is("Access-Reject"));
    let wifi = office.client("wifi", &json!({"second_factor": "off", "asks_for_code": true}));
    // A State that belongs to nothing does no harm where nobody is asked.
    assert!(answer(&office, &wifi, PASSWORD, "0x6f6c64").is("Access-Accept"));
    let shown = office.read(&format!("radius-clients/{}", wifi.id));
    assert_eq!((&shown["second_factor"], &shown["asks_for_code"]), (&json!("off"), &json!(true)));
    let patch = json!({"second_factor": null, "asks_for_code": false});
    let patched = office.act("PATCH", &format!("radius-clients/{}", wifi.id), Some(&patch));
    assert_eq!(
        (&patched["second_factor"], &patched["asks_for_code"]),
        (&json!(null), &json!(false))
    );
    assert!(office.login(&wifi, "ada", PASSWORD).is("Access-Reject"));
}

#[test]
fn a_client_that_wants_codes_of_whom_has_enrolled_takes_the_passwords_of_the_others() {
    let office = Office::new();
    // What a client says counts for its gear, whatever all others are to bring.
    office.set(&json!({"second_factor": {"demand": "required"}}));
    let ada = office.user("ada", PASSWORD);
    office.user("bob", PASSWORD);
    let wanted = |asks: bool| json!({"second_factor": "if_enrolled", "asks_for_code": asks});
    let (console, vpn) =
        (office.client("console", &wanted(false)), office.client("vpn", &wanted(true)));
    let lets_in = |client: &Client, user: &str, password: &str| {
        let reply = office.login(client, user, password);
        assert!(reply.is("Access-Accept"), "{user}: {reply:?}");
    };
    for client in [&console, &vpn] {
        let shown = office.read(&format!("radius-clients/{}", client.id));
        assert_eq!(shown["second_factor"], "if_enrolled");
        lets_in(client, "ada", PASSWORD);
        lets_in(client, "bob", PASSWORD);
    }
    let uri = office.enrol(&ada);
    assert!(office.login(&console, "ada", PASSWORD).is("Access-Reject"));
    let asked = office.login(&vpn, "ada", PASSWORD);
    assert!(asked.is("Access-Challenge"), "{asked:?}");
    let code = totp::code_beside(&uri, 0);
    let reply = answer(&office, &vpn, &code, asked.values("State")[0]);
    assert!(reply.is("Access-Accept"), "{reply:?}");
    let both = format!("{PASSWORD};{}", totp::code_beside(&uri, 1));
    lets_in(&console, "ada", &both);
    assert!(office.login(&console, "ada", &both).is("Access-Reject"), "twice");
    for client in [&console, &vpn] {
        lets_in(client, "bob", PASSWORD);
    }
}

#[test]
fn a_code_stands_right_behind_the_password_where_the_organization_writes_it_so() {
    let office = Office::new();
    let ada = office.user("ada", PASSWORD);
    let spellings = json!({"comma": false, "semicolon": false, "bare": true});
    office.set(&json!({"second_factor": {"demand": "required", "spellings": spellings}}));
    let vpn = office.client("vpn", &json!({}));
    let uri = office.enrol(&ada);
    let parted = format!("{PASSWORD},{}", totp::code_beside(&uri, 0));
    assert!(office.login(&vpn, "ada", &parted).is("Access-Reject"), "a spelling that is none");
    let bare = format!("{PASSWORD}{}", totp::code_beside(&uri, 0));
    let reply = office.login(&vpn, "ada", &bare);
    assert!(reply.is("Access-Accept"), "{reply:?}");
    assert!(office.login(&vpn, "ada", &bare).is("Access-Reject"), "twice");
    assert!(office.login(&vpn, "ada", PASSWORD).is("Access-Reject"), "without a code");
}

#[test]
fn a_late_code_is_taken_within_the_minute_as_the_app_showed_it_first_or_shows_it_by_then() {
    let office = Office::new();
    let ada = office.user("ada", PASSWORD);
    let vpn = office.client("vpn", &json!({"second_factor": "required", "asks_for_code": true}));
    let uri = office.enrol(&ada);
    // An app shows another code each half minute: here time has to pass.
    let turns = || {
        let shown = totp::code_beside(&uri, 0);
        assert!(comes(|| totp::code_beside(&uri, 0) != shown), "the app shows {shown} for ever");
    };
    turns();
    let asked = || {
        let asked = office.login(&vpn, "ada", PASSWORD);
        assert!(asked.is("Access-Challenge"), "{asked:?}");
        asked.values("State")[0].to_owned()
    };
    let (seen, states) = (totp::code_beside(&uri, 0), [asked(), asked()]);
    turns();
    let code = totp::code_beside(&uri, 0);
    for (code, state) in [(seen, &states[0]), (code, &states[1])] {
        let late = answer(&office, &vpn, &code, state);
        assert!(late.is("Access-Accept"), "{late:?}");
        assert!(answer(&office, &vpn, &code, state).is("Access-Reject"), "twice");
    }
}
