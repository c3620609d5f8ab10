//! EAP-TLS by certificates that the organization's own authority issues, and with a server that
//! shows one of it.

use serde_json::json;

use crate::harness::eapol::Peer;
use crate::harness::issued::{BuiltIn, Handed};
use crate::harness::office::{Client, Office, id_of};

/// A peer with the PKCS#12 file.
fn with_file(office: &Office, gear: &Client, handed: &Handed) -> Peer {
    let peer = office.peer(gear, "TLS").quoted("identity", "anonymous@anywhere");
    peer.quoted("private_key", &handed.pkcs12().display().to_string())
        .quoted("private_key_passwd", handed.password())
}

/// A peer with the certificate and the key.
fn with_pem(office: &Office, gear: &Client, handed: &Handed) -> Peer {
    let peer = office.peer(gear, "TLS").quoted("identity", "anonymous@anywhere");
    peer.quoted("client_cert", &handed.certificate().display().to_string())
        .quoted("private_key", &handed.key().display().to_string())
}

fn reason(office: &Office) -> String {
    office.event("radius_access")["reason"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_certificate_lets_in_until_it_is_revoked_or_its_user_is_suspended_or_deleted() {
    let office = Office::new();
    let id = office.user("ada", "correct horse battery");
    let gear = office.client("wlan", &json!({}));
    office.built_in("Acme Wi-Fi");
    let user = format!("users/{id}");
    let (one, two) = (office.hand_out(&user, &json!({})), office.hand_out(&user, &json!({})));
    for version in ["1.2", "1.3"] {
        with_file(&office, &gear, &one).tls(version).gets_in();
        with_pem(&office, &gear, &two).tls(version).gets_in();
    }
    assert_eq!(office.event("radius_access")["actor"]["name"], "ada");
    // The owner is found by the certificate itself, whatever they are called by now.
    office.act("PATCH", &user, Some(&json!({"login": "lovelace"})));
    with_pem(&office, &gear, &two).gets_in();
    office.revoke(&one, "key_compromise");
    with_file(&office, &gear, &one).stays_out();
    assert_eq!(reason(&office), "the certificate was revoked");
    office.act("POST", &format!("{user}/suspend"), None);
    with_pem(&office, &gear, &two).stays_out();
    assert_eq!(reason(&office), "the account is suspended");
    office.act("POST", &format!("{user}/activate"), None);
    with_pem(&office, &gear, &two).gets_in();
    office.act("DELETE", &user, None);
    with_pem(&office, &gear, &two).stays_out();
    assert_eq!(reason(&office), "the certificate was revoked");
}

#[test]
fn a_resumed_session_ends_with_the_certificate_that_began_it() {
    let office = Office::new();
    let user = format!("users/{}", office.user("ada", "correct horse battery"));
    let gear = office.client("wlan", &json!({}));
    office.built_in("Acme Wi-Fi");
    for version in ["1.2", "1.3"] {
        let handed = office.hand_out(&user, &json!({}));
        let peer = with_file(&office, &gear, &handed).tls(version);
        let verdict = peer.clone().with(["-r1"]).gets_in();
        assert!(verdict.resumed(), "{version}: {}", verdict.output.stdout);
        let twice = office.twice(&peer, &gear, || {
            office.revoke(&handed, "key_compromise");
            office.address
        });
        let said = &twice.verdict.output.stdout;
        assert_eq!((twice.verdict.is_success(), twice.accepts.len()), (false, 1), "{said}");
        assert!(twice.verdict.resumed() && twice.verdict.says("Access-Reject"), "{said}");
        let is_it = |_| reason(&office) == "the certificate was revoked";
        assert!((0..10_000).any(is_it), "{:?}", office.events());
        peer.stays_out();
    }
}

#[test]
fn a_device_has_a_certificate_of_its_own_and_comes_in_by_the_rules_for_devices() {
    let office = Office::new();
    let staff = office.group("staff", &[], &[]);
    let gear = office.client("wlan", &json!({"allowed_groups": [staff]}));
    office.built_in("Acme Wi-Fi");
    let device = id_of(&office.make("devices", &json!({"name": "laptop-7"})));
    let path = format!("devices/{device}");
    let handed = office.hand_out(&path, &json!({}));
    with_file(&office, &gear, &handed).stays_out();
    office.act("PATCH", &path, Some(&json!({"groups": [staff]})));
    for version in ["1.2", "1.3"] {
        with_file(&office, &gear, &handed).tls(version).gets_in();
    }
    let told = office.event("radius_access");
    assert_eq!(
        (&told["actor"]["kind"], &told["actor"]["name"]),
        (&json!("device"), &json!("laptop-7"))
    );
    assert_eq!(told["method"], "eap_tls", "{told}");
    office.act("PATCH", &path, Some(&json!({"suspended": true})));
    with_file(&office, &gear, &handed).stays_out();
    assert_eq!(reason(&office), "the device is suspended");
    office.act("PATCH", &path, Some(&json!({"suspended": false})));
    office.act("DELETE", &path, None);
    with_file(&office, &gear, &handed).stays_out();
    assert_eq!(reason(&office), "the certificate was revoked");
}

#[test]
fn what_an_authority_issued_counts_in_its_organization_and_as_long_as_it_is_there() {
    let (here, there) = (Office::new(), Office::new());
    let mut authorities: Vec<BuiltIn> = Vec::new();
    for office in [&here, &there] {
        authorities.push(office.built_in("Acme Wi-Fi"));
    }
    let user = format!("users/{}", here.user("ada", "correct horse battery"));
    there.user("ada", "correct horse battery");
    let handed = here.hand_out(&user, &json!({}));
    let (gear, other) = (here.client("wlan", &json!({})), there.client("wlan", &json!({})));
    with_pem(&here, &gear, &handed).gets_in();
    with_pem(&there, &other, &handed).stays_out();
    assert_eq!(reason(&there), "no authority of the organization vouches for the certificate");
    // An authority is replaced by another: what the first issued counts on until it is deleted.
    here.built_in("Acme Wi-Fi 2");
    let newer = here.hand_out(&user, &json!({}));
    with_pem(&here, &gear, &handed).gets_in();
    with_pem(&here, &gear, &newer).gets_in();
    here.act("DELETE", &format!("certificate-authorities/{}", authorities[0].id), None);
    with_pem(&here, &gear, &handed).stays_out();
    assert_eq!(reason(&here), "the authority that issued the certificate was deleted");
    with_pem(&here, &gear, &newer).gets_in();
}

#[test]
fn the_network_shows_a_certificate_of_the_organizations_own_authority() {
    let office = Office::new();
    office.user("ada", "correct horse battery");
    let gear = office.client("wlan", &json!({}));
    let issue = office.path("server-certificate/issue");
    let names = json!({"dns_names": ["radius.acme.example", "wlan.acme.example"]});
    assert_eq!(office.top.send("POST", &issue, Some(&names)).status, 409);
    let authority = office.built_in("Acme Wi-Fi");
    for wrong in [json!({}), json!({"dns_names": []}), json!({"dns_names": ["radius"]})] {
        assert_eq!(office.top.send("POST", &issue, Some(&wrong)).status, 422, "{wrong}");
    }
    let shown = office.act("POST", "server-certificate/issue", Some(&names));
    assert_eq!(shown["dns_names"], names["dns_names"]);
    assert_eq!(shown["ends_soon"], false);
    let ada = office.ttls(&gear, "auth=PAP", "ada", "correct horse battery");
    let trusting = |name: &str| ada.clone().trusts(&authority.file).quoted("domain_match", name);
    for version in ["1.2", "1.3"] {
        trusting("wlan.acme.example").tls(version).gets_in();
        trusting("other.acme.example").tls(version).stays_out();
        ada.clone().tls(version).stays_out();
    }
    let renewed = office.act("POST", "server-certificate/issue", Some(&json!({"days": 20})));
    assert_eq!(renewed["dns_names"], names["dns_names"]);
    assert_eq!(renewed["ends_soon"], true);
    assert_ne!(renewed["fingerprint"], shown["fingerprint"]);
    trusting("radius.acme.example").gets_in();
}
