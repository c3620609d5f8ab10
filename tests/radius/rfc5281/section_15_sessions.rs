//! What a tunnel, and a session that is resumed, prove: nothing and no more than was proven in it.

use std::sync::Arc;
use std::time::Duration;

use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, SupportedProtocolVersion};
use serde_json::json;

use crate::harness::office::{Client, Office};
use crate::harness::pause;
use crate::harness::server::Site;
use crate::harness::supplicant::{Ended, Supplicant, TTLS, avp, tunnel};
use crate::harness::wire::{ACCEPT, REJECT, Wire};

const PASSWORD: &str = "correct horse battery";
const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

fn login(user: &str, password: &str) -> Vec<u8> {
    let mut padded = password.as_bytes().to_vec();
    padded.resize(padded.len().next_multiple_of(16), 0);
    [avp(1, user.as_bytes()), avp(2, &padded)].concat()
}

fn say(office: &Office, gear: &Client, tls: &Arc<ClientConfig>, said: &[&[u8]]) -> Ended {
    office.supplicant(gear).tunnel(TTLS, tls, said)
}

fn ada() -> (Office, Client, String) {
    let office = Office::new();
    let id = office.user("ada", PASSWORD);
    let gear = office.client("wlan", &json!({}));
    (office, gear, id)
}

#[test]
fn section_15_3_a_tunnel_in_which_nobody_is_proven_lets_nobody_in_and_cannot_be_resumed() {
    let (office, gear, _) = ada();
    let nobody = [avp(1, b"ada"), avp(2, b"")].concat();
    for version in VERSIONS {
        let said: [&[&[u8]]; 5] =
            [&[], &[&[0; 8]], &[&avp(1, b"ada")], &[&nobody], &[&login("ada", "wrong")]];
        for said in said {
            let tls = office.tunnel(version);
            for _twice in 0..2 {
                let ended = say(&office, &gear, &tls, said);
                assert_eq!(ended.answer.code, REJECT, "{version:?} {said:?}");
                assert_eq!(ended.answer.packet().first(), Some(&4), "EAP-Failure");
                assert!(ended.answer.values(26).is_empty(), "a rejected peer has keys");
                assert!(!ended.resumed, "{version:?} {said:?}");
            }
        }
    }
}

#[test]
fn section_15_3_a_session_lets_its_user_in_again_without_a_password() {
    let (office, gear, _) = ada();
    for version in VERSIONS {
        let tls = office.tunnel(version);
        let first = say(&office, &gear, &tls, &[&login("ada", PASSWORD)]);
        assert_eq!((first.answer.code, first.resumed), (ACCEPT, false), "{version:?}");
        let again = say(&office, &gear, &tls, &[]);
        assert_eq!((again.answer.code, again.resumed), (ACCEPT, true), "{version:?}");
        assert_eq!(again.answer.values(26).len(), 2, "the keys of both directions");
    }
}

#[test]
fn section_7_5_a_session_ends_with_the_time_that_is_set_however_often_it_is_resumed() {
    let Some(mut office) = Office::alone() else { return };
    office.user("ada", PASSWORD);
    let gear = office.client("wlan", &json!({}));
    office.stop();
    let site = Site::of_demo(office.demo.folder()).unwrap();
    let site = site.set("radius", "eap_session_time = \"1m\"");
    let mut server = site.serve();
    let comes = |tls: &Arc<ClientConfig>, said: &[&[u8]]| {
        let wire = Wire::from(office.address, &server.radius_auth);
        let ended = Supplicant::behind(wire, &gear).tunnel(TTLS, tls, said);
        (ended.answer.code, ended.resumed)
    };
    let proof = login("ada", PASSWORD);
    let peers = VERSIONS.map(|version| tunnel(&server.ca_file, version));
    for tls in &peers {
        assert_eq!(comes(tls, &[&proof]), (ACCEPT, false));
    }
    // A session is kept in memory, and for a minute at least: here time has to pass.
    pause(Duration::from_secs(40));
    for tls in &peers {
        assert_eq!(comes(tls, &[]), (ACCEPT, true), "there is time left");
    }
    pause(Duration::from_secs(20));
    for tls in &peers {
        assert_eq!(comes(tls, &[]), (REJECT, false), "the first proof is a minute old");
        assert_eq!(comes(tls, &[&proof]), (ACCEPT, false));
        assert_eq!(comes(tls, &[]), (ACCEPT, true), "that one counts from now on");
    }
    server.daemon.stop();
}

/// What happens to an account, and why its password lets nobody in after it.
type Change = (fn(&Office, &str), &'static str);

#[test]
fn section_15_3_what_happened_to_the_account_since_then_counts() {
    let changes: [Change; 2] = [
        (
            |office, id| {
                office.act("POST", &format!("users/{id}/suspend"), None);
            },
            "the account is suspended",
        ),
        (
            |office, id| {
                let fresh = json!({"password": "another horse battery"});
                office.act("PUT", &format!("users/{id}/password"), Some(&fresh));
            },
            "the password is wrong",
        ),
    ];
    for version in VERSIONS {
        for (change, reason) in changes {
            let (office, gear, id) = ada();
            let tls = office.tunnel(version);
            let said = login("ada", PASSWORD);
            assert_eq!(say(&office, &gear, &tls, &[&said]).answer.code, ACCEPT);
            change(&office, &id);
            // Whoever says nothing inside had counted on the session.
            let resumed = say(&office, &gear, &tls, &[]);
            assert_eq!((resumed.answer.code, resumed.resumed), (REJECT, true), "{version:?}");
            assert!(resumed.answer.values(26).is_empty(), "a rejected peer has keys");
            let old = say(&office, &gear, &office.tunnel(version), &[&said]);
            assert_eq!((old.answer.code, old.resumed), (REJECT, false), "{version:?}");
            let ended = "the account is not what it was when the resumed session began";
            let told = vec![None, Some(ended.to_owned()), Some(reason.to_owned())];
            assert_eq!(reasons(&office, 3), told, "{version:?}");
        }
    }
}

/// What happens to an account that counts afterwards; tells its password.
type Turn = fn(&Office, &str) -> &'static str;

#[test]
fn section_7_5_a_session_that_is_refused_once_is_gone_and_the_next_tunnel_is_a_new_one() {
    let turns: [Turn; 2] = [
        |office, id| {
            let fresh = json!({"password": "another horse battery"});
            office.act("PUT", &format!("users/{id}/password"), Some(&fresh));
            "another horse battery"
        },
        |office, id| {
            office.act("POST", &format!("users/{id}/suspend"), None);
            office.act("POST", &format!("users/{id}/activate"), None);
            PASSWORD
        },
    ];
    for version in VERSIONS {
        for turn in turns {
            let (office, gear, id) = ada();
            let tls = office.tunnel(version);
            assert_eq!(say(&office, &gear, &tls, &[&login("ada", PASSWORD)]).answer.code, ACCEPT);
            let password = turn(&office, &id);
            let refused = say(&office, &gear, &tls, &[]);
            assert_eq!((refused.answer.code, refused.resumed), (REJECT, true), "{version:?}");
            let next = say(&office, &gear, &tls, &[&login("ada", password)]);
            assert_eq!((next.answer.code, next.resumed), (ACCEPT, false), "{version:?}");
            // That one counts.
            let again = say(&office, &gear, &tls, &[]);
            assert_eq!((again.answer.code, again.resumed), (ACCEPT, true), "{version:?}");
        }
    }
}

#[test]
fn section_7_5_gear_that_demands_a_code_refuses_a_session_once_only() {
    for version in VERSIONS {
        let (office, gear, _) = ada();
        let tls = office.tunnel(version);
        assert_eq!(say(&office, &gear, &tls, &[&login("ada", PASSWORD)]).answer.code, ACCEPT);
        let demanding = json!({"second_factor": "required"});
        office.act("PATCH", &format!("radius-clients/{}", gear.id), Some(&demanding));
        for resumed in [true, false] {
            let ended = say(&office, &gear, &tls, &[]);
            assert_eq!((ended.answer.code, ended.resumed), (REJECT, resumed), "{version:?}");
        }
    }
}

/// Why so many attempts failed, if they did, the first one first.
fn reasons(office: &Office, count: usize) -> Vec<Option<String>> {
    let told = |_| {
        let mut told = office.events();
        told.retain(|event| event["action"] == "radius_access");
        (told.len() >= count).then_some(told)
    };
    let told = (0..10_000).find_map(told).expect("the attempts are told of");
    told.iter().rev().map(|event| event["reason"].as_str().map(ToOwned::to_owned)).collect()
}

#[test]
fn section_15_3_a_session_counts_in_its_own_organization_only() {
    let ((here, gear, _), (there, theirs, _)) = (ada(), ada());
    for version in VERSIONS {
        let tls = here.tunnel(version);
        assert_eq!(say(&here, &gear, &tls, &[&login("ada", PASSWORD)]).answer.code, ACCEPT);
        let elsewhere = say(&there, &theirs, &tls, &[]);
        assert_eq!((elsewhere.answer.code, elsewhere.resumed), (REJECT, false), "{version:?}");
    }
}

#[test]
fn section_11_another_organizations_user_stays_out() {
    let ((here, gear, _), there) = (ada(), Office::new());
    there.user("bob", PASSWORD);
    for name in ["bob".to_owned(), format!("bob@{}", there.slug), there.user_dn("bob")] {
        let ended = say(&here, &gear, &here.tunnel(&TLS13), &[&login(&name, PASSWORD)]);
        assert_eq!(ended.answer.code, REJECT, "{name}");
    }
}

#[test]
fn section_10_1_two_names_are_of_nobody_and_what_must_be_understood_is() {
    let (office, gear, _) = ada();
    office.user("bob", PASSWORD);
    let tls = office.tunnel(&TLS13);
    let two = [avp(1, b"bob"), login("ada", PASSWORD)].concat();
    let unknown = [login("ada", PASSWORD), avp(250, b"must be understood")].concat();
    let mut long = login("ada", PASSWORD);
    long[7] = 0xff;
    for said in [two, unknown, long] {
        assert_eq!(say(&office, &gear, &tls, &[&said]).answer.code, REJECT, "{said:?}");
    }
    assert_eq!(say(&office, &gear, &tls, &[&login("ada", PASSWORD)]).answer.code, ACCEPT);
}

#[test]
fn section_11_1_what_cannot_be_a_name_or_a_password_is_told_of() {
    let (office, gear, _) = ada();
    let names: [&[u8]; 3] = [b"", b"a\x01da", b"\xff"];
    for name in names {
        let said = [avp(1, name), avp(2, &[b'x'; 16])].concat();
        let ended = say(&office, &gear, &office.tunnel(&TLS13), &[&said]);
        assert_eq!(ended.answer.code, REJECT, "{name:?}");
    }
    let reason = Some("what was said inside the tunnel is no name and proof".to_owned());
    assert_eq!(reasons(&office, names.len()), vec![reason; names.len()]);
}
