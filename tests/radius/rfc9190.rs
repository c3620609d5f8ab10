//! EAP-TLS with TLS 1.3.

use serde_json::json;

use crate::harness::authority::{Authority, Holder};
use crate::harness::office::Office;

#[test]
fn section_2_5_success_is_told_inside_before_it_is_told_outside() {
    let office = Office::new();
    office.user("ada", "correct horse battery");
    let gear = office.client("wlan", &json!({}));
    let authority = Authority::new("acme");
    let fields = json!({
        "name": "phones", "certificate": authority.pem(), "holder": "user_by_common_name"
    });
    office.make("certificate-authorities", &fields);
    let issued = authority.issue(&Holder { common_name: "ada", ..Holder::default() });
    let peer = office.peer(&gear, "TLS").quoted("identity", "anonymous@anywhere");
    let peer = peer.quoted("client_cert", &issued.certificate.display().to_string());
    let peer = peer.quoted("private_key", &issued.key.display().to_string());
    let told = "EAP-TLS: ACKing Commitment Message";
    let verdict = peer.clone().tls("1.3").gets_in();
    let (inside, outside) =
        (verdict.output.stdout.find(told), verdict.output.stdout.find("EAP: Received EAP-Success"));
    assert!(inside.is_some() && inside < outside, "{}", verdict.output.stdout);
    assert!(!peer.tls("1.2").gets_in().says(told));
}
