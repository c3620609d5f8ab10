//! A password inside the tunnel.

use serde_json::json;

use crate::harness::office::Office;

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
