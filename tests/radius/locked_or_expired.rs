//! Gear that goes on letting in those whom guesses locked out or whose password has ended
//! (`locked_or_expired`), as `eapol_test` and radclient meet it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::eapol::Peer;
use crate::harness::office::{Client, Office};
use crate::harness::pause;

const PASSWORD: &str = "correct horse battery";

/// Ada, who has to do with one RADIUS client.
struct Scene {
    office: Office,
    ada: String,
    gear: Client,
}

impl Scene {
    fn new() -> Self {
        let office = Office::new();
        office.set(&json!({"ms_chap": true}));
        let (ada, gear) = (office.user("ada", PASSWORD), office.client("wlan", &json!({})));
        Self { office, ada, gear }
    }

    /// Says what becomes of who is locked out or late.
    fn choose(&self, choice: &str) {
        let path = format!("radius-clients/{}", self.gear.id);
        let shown = self.office.act("PATCH", &path, Some(&json!({"locked_or_expired": choice})));
        assert_eq!(shown["locked_or_expired"], choice);
    }

    fn peers(&self, password: &str) -> [Peer; 2] {
        let ttls = self.office.ttls(&self.gear, "auth=PAP", "ada", password);
        let peap = self.office.peer(&self.gear, "PEAP").quoted("identity", "ada");
        [ttls, peap.quoted("password", password).quoted("phase2", "auth=MSCHAPV2")]
    }

    /// With the right password everybody gets in, and with a wrong one nobody.
    fn lets_in(&self) {
        let accept = self.office.login(&self.gear, "ada", PASSWORD);
        assert!(accept.is("Access-Accept"), "{accept:?}");
        for peer in self.peers(PASSWORD) {
            peer.gets_in();
        }
        for peer in self.peers("wrong horse battery") {
            peer.stays_out();
            self.is_told("the password is wrong");
        }
    }

    fn keeps_out(&self, why: &str) {
        let reject = self.office.login(&self.gear, "ada", PASSWORD);
        assert!(reject.is("Access-Reject"), "{reject:?}");
        for peer in self.peers(PASSWORD) {
            peer.stays_out();
            self.is_told(why);
        }
    }

    fn is_told(&self, why: &str) {
        let is_it = |event: &Value| event["reason"] == why;
        let told = |_| self.office.events().iter().any(is_it);
        assert!((0..10_000).any(told), "{why}: {:?}", self.office.events());
    }
}

#[test]
fn whom_wrong_passwords_locked_gets_in_where_gear_goes_on() {
    let scene = Scene::new();
    scene.office.set(&json!({"lockout": {"threshold": 1}}));
    let guess = scene.office.login(&scene.gear, "ada", "wrong horse battery");
    assert!(guess.is("Access-Reject"), "{guess:?}");
    scene.keeps_out("the account is locked");
    scene.choose("maintain");
    scene.lets_in();
    scene.choose("reject");
    scene.keeps_out("the account is locked");
    // A suspension is no lock.
    scene.choose("maintain");
    scene.lets_in();
    scene.office.act("POST", &format!("users/{}/suspend", scene.ada), None);
    scene.keeps_out("the account is suspended");
}

#[test]
fn whom_an_admin_locked_stays_out_where_gear_goes_on() {
    let scene = Scene::new();
    scene.choose("maintain");
    let lock = json!({"seconds": 3_600});
    scene.office.act("POST", &format!("users/{}/lock", scene.ada), Some(&lock));
    scene.keeps_out("the account is locked");
    scene.office.act("POST", &format!("users/{}/unlock", scene.ada), None);
    scene.lets_in();
}

#[test]
fn whose_password_has_ended_gets_in_where_gear_goes_on() {
    let scene = Scene::new();
    // The shortest time that a password can have.
    let short = json!({"password_policy": {"longest_age": 1_000, "grace_logins": 0}});
    scene.office.set(&short);
    pause(Duration::from_millis(1_100));
    scene.keeps_out("the password has expired");
    scene.choose("maintain");
    scene.lets_in();
    scene.choose("reject");
    scene.keeps_out("the password has expired");
}
