//! A password inside the tunnel.

use serde_json::json;

use crate::harness::office::Office;
use crate::harness::totp;

const PASSWORD: &str = "correct horse battery";
const PAP: &str = "auth=PAP";

#[test]
fn a_password_lets_in_by_tls_1_2_and_1_3_and_both_sides_have_the_same_keys() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let gear = office.client("wlan", &json!({}));
    for version in ["1.2", "1.3"] {
        office.ttls(&gear, PAP, "ada", PASSWORD).tls(version).with(["-e"]).gets_in();
    }
}

#[test]
fn a_wrong_password_and_an_unknown_user_stay_out() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let gear = office.client("wlan", &json!({}));
    for version in ["1.2", "1.3"] {
        office.ttls(&gear, PAP, "ada", "wrong").tls(version).stays_out();
        office.ttls(&gear, PAP, "nobody", PASSWORD).tls(version).stays_out();
    }
}

#[test]
fn a_code_behind_the_password_lets_in_once_where_a_second_factor_is_demanded() {
    for version in ["1.2", "1.3"] {
        let office = Office::new();
        let ada = office.user("ada", PASSWORD);
        let gear = office.client("wlan", &json!({"second_factor": "required"}));
        let uri = office.enrol(&ada);
        let stays_out = |password: &str, why: &str| {
            office.ttls(&gear, PAP, "ada", password).tls(version).stays_out();
            let is_told = |_| office.event("radius_access")["reason"] == why;
            assert!((0..10_000).any(is_told), "{version}: {why}: {:?}", office.events());
        };
        let missing = "the password is right, but the code of the second factor is missing";
        stays_out(PASSWORD, missing);
        let typed = format!("{PASSWORD},{}", totp::code_beside(&uri, 0));
        office.ttls(&gear, PAP, "ada", &typed).tls(version).with(["-e"]).gets_in();
        stays_out(&typed, "the password is right, but the code is wrong or was used before");
    }
}
