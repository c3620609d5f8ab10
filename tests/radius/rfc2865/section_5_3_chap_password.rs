//! CHAP-Password and CHAP-Challenge.

use serde_json::json;

use crate::harness::demo::Demo;
use crate::harness::office::Office;

/// A challenge of so many octets, as radclient reads it.
fn challenge(length: usize) -> String {
    format!("0x{}", "5a".repeat(length))
}

#[test]
fn chap_works_with_the_request_authenticator_and_with_challenges_of_any_length() {
    let demo = Demo::subject_or_new();
    let (gear, ada) = (demo.gear(demo.acme().gear()), demo.acme().user("ada"));
    let login = |more: &str, password: &str| {
        let attributes =
            format!("User-Name=ada,{more}CHAP-Password={password},Message-Authenticator=0x00");
        gear.ask("auth", &attributes)
    };
    assert!(login("", &ada.password).is("Access-Accept"));
    assert!(login("", "wrong").is("Access-Reject"));
    for length in [5, 8, 16, 17, 64, 253] {
        let more = format!("CHAP-Challenge={},", challenge(length));
        let reply = login(&more, &ada.password);
        assert!(reply.is("Access-Accept"), "{length}: {reply:?}");
    }
    let more = format!("CHAP-Challenge={},", challenge(16));
    assert!(login(&more, "wrong").is("Access-Reject"));
    assert!(login("CHAP-Challenge=0x5a5a5a5a,", &ada.password).is("Access-Reject"));
}

#[test]
fn chap_needs_the_consent_of_the_organization_and_a_password_set_after_it() {
    let office = Office::new();
    let client = office.client("switch", &json!({}));
    let ada = office.user("ada", "correct horse battery");
    let login = || {
        let attributes = format!(
            "User-Name=ada,CHAP-Password=\"correct horse battery\",Message-Authenticator=0x00,\
             Packet-Src-IP-Address={}",
            office.address
        );
        office.gear(&client).ask("auth", &attributes)
    };
    assert!(login().is("Access-Reject"));
    office.set(&json!({"chap": true}));
    assert!(login().is("Access-Reject"), "a password in clear appeared from nowhere");
    let again = json!({"password": "correct horse battery"});
    office.act("PUT", &format!("users/{ada}/password"), Some(&again));
    assert!(login().is("Access-Accept"));
    office.set(&json!({"chap": false}));
    assert!(login().is("Access-Reject"));
    office.set(&json!({"chap": true}));
    assert!(login().is("Access-Reject"), "the password in clear outlived the consent");
}
