//! Answers to challenges inside the tunnel.

use serde_json::json;

use crate::harness::office::Office;

const PASSWORD: &str = "correct horse battery";
const INNER: [&str; 3] = ["auth=CHAP", "auth=MSCHAPV2", "autheap=MSCHAPV2"];

#[test]
fn each_inner_method_lets_in_by_tls_1_2_and_1_3_and_keeps_wrong_passwords_out() {
    let office = Office::new();
    office.set(&json!({"chap": true, "ms_chap": true}));
    office.user("ada", PASSWORD);
    let gear = office.client("wlan", &json!({}));
    for inner in INNER {
        for version in ["1.2", "1.3"] {
            office.ttls(&gear, inner, "ada", PASSWORD).tls(version).with(["-e"]).gets_in();
            office.ttls(&gear, inner, "ada", "wrong horse battery").tls(version).stays_out();
            office.ttls(&gear, inner, "nobody", PASSWORD).tls(version).stays_out();
        }
    }
}

#[test]
fn what_an_organization_does_not_keep_lets_nobody_in() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let gear = office.client("wlan", &json!({}));
    for inner in INNER {
        office.ttls(&gear, inner, "ada", PASSWORD).stays_out();
    }
    office.ttls(&gear, "auth=PAP", "ada", PASSWORD).gets_in();
}

#[test]
fn passwords_with_odd_characters_get_through_every_inner_method() {
    let office = Office::new();
    office.set(&json!({"chap": true, "ms_chap": true}));
    let password = "grün 'n' \\ spät 9";
    office.user("ada", password);
    let gear = office.client("wlan", &json!({}));
    for inner in ["auth=PAP", "auth=CHAP", "auth=MSCHAPV2", "autheap=MSCHAPV2"] {
        office.ttls(&gear, inner, "ada", password).gets_in();
    }
}

#[test]
fn a_domain_before_the_name_leads_nowhere_else() {
    let (here, there) = (Office::new(), Office::new());
    for office in [&here, &there] {
        office.set(&json!({"ms_chap": true}));
    }
    here.user("ada", PASSWORD);
    there.user("bob", PASSWORD);
    let gear = here.client("wlan", &json!({}));
    here.ttls(&gear, "auth=MSCHAPV2", "ANY\\ada", PASSWORD).gets_in();
    here.ttls(&gear, "auth=MSCHAPV2", "bob", PASSWORD).stays_out();
    let named = format!("{}\\bob", there.slug);
    here.ttls(&gear, "auth=MSCHAPV2", &named, PASSWORD).stays_out();
}
