//! EAP-TLS: client certificates, judged by the organization whose gear asks.

use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::version::{TLS12, TLS13};
use serde_json::{Value, json};

use crate::harness::authority::{Authority, Holder, Issued, List};
use crate::harness::eapol::Peer;
use crate::harness::issued::openssl;
use crate::harness::office::{Client, Office, id_of};
use crate::harness::supplicant::TLS;
use crate::harness::wire::REJECT;

fn trust(office: &Office, authority: &Authority, holder: &str) -> String {
    let fields =
        json!({"name": format!("by {holder}"), "certificate": authority.pem(), "holder": holder});
    id_of(&office.make("certificate-authorities", &fields))
}

fn named(common_name: &str) -> Holder<'_> {
    Holder { common_name, ..Holder::default() }
}

fn reason(office: &Office) -> Value {
    office.event("radius_access")["reason"].clone()
}

#[test]
fn section_2_1_1_a_certificate_that_names_a_user_lets_in_with_the_same_keys_on_both_sides() {
    let office = Office::new();
    office.user("ada", "correct horse battery");
    let gear = office.client("wlan", &json!({}));
    let authority = Authority::new("acme");
    trust(&office, &authority, "user_by_common_name");
    let ada = authority.issue(&named("ada"));
    for version in ["1.2", "1.3"] {
        office.certified(&gear, &ada).tls(version).with(["-e"]).gets_in();
        let small = office.certified(&gear, &ada).tls(version).set("fragment_size", "200");
        small.with(["-N12:d:204"]).gets_in();
    }
}

#[test]
fn section_5_3_whoever_no_authority_of_the_organization_vouches_for_stays_out() {
    let (here, there) = (Office::new(), Office::new());
    let (own, other) = (Authority::new("acme"), Authority::new("acme"));
    for office in [&here, &there] {
        office.user("ada", "correct horse battery");
    }
    let gear = here.client("wlan", &json!({}));
    trust(&here, &own, "user_by_common_name");
    trust(&there, &other, "user_by_common_name");
    for version in ["1.2", "1.3"] {
        for issued in [
            other.issue(&named("ada")),
            own.issue(&Holder { expired: true, ..named("ada") }),
            own.issue(&named("nobody")),
        ] {
            here.certified(&gear, &issued).tls(version).stays_out();
        }
    }
    assert!(reason(&here).as_str().is_some(), "{}", here.event("radius_access"));
    let names_the_holder = |event: &Value| {
        let mut told = event["differences"].as_array().unwrap().iter();
        told.any(|it| it["field"] == "holder" && it["after"].to_string().contains("CN=nobody"))
    };
    assert!((0..10_000).any(|_| here.events().iter().any(names_the_holder)), "{:?}", here.events());
    let theirs = other.issue(&named("ada"));
    there.certified(&there.client("wlan", &json!({})), &theirs).gets_in();
}

#[test]
fn section_5_2_the_user_is_the_certificates_and_must_be_let_onto_the_network() {
    let office = Office::new();
    let id = office.user("ada", "correct horse battery");
    let staff = office.group("staff", &[], &[]);
    let gear = office.client("wlan", &json!({"allowed_groups": [staff]}));
    let authority = Authority::new("acme");
    trust(&office, &authority, "user_by_common_name");
    let ada = office.certified(&gear, &authority.issue(&named("ada")));
    ada.stays_out();
    let members = json!({"add": {"users": [id]}});
    office.act("PATCH", &format!("groups/{staff}/members"), Some(&members));
    ada.gets_in();
    office.act("POST", &format!("users/{id}/suspend"), None);
    ada.stays_out();
}

#[test]
fn section_5_2_a_principal_name_is_a_login_in_the_organizations_own_domain_and_a_mail_elsewhere() {
    let office = Office::new();
    let id = office.user("ada", "correct horse battery");
    let mail = json!({"mail": ["ada@mail.example"]});
    office.act("PATCH", &format!("users/{id}"), Some(&mail));
    let gear = office.client("wlan", &json!({}));
    let authority = Authority::new("acme");
    trust(&office, &authority, "user_by_principal_name");
    let domain = format!("{}.example", office.slug);
    let named_so = |principal: &str| {
        let issued = authority.issue(&Holder { principal: Some(principal), ..named("laptop") });
        office.certified(&gear, &issued)
    };
    for version in ["1.2", "1.3"] {
        for principal in [format!("Ada@{domain}"), "ada@mail.example".to_owned()] {
            named_so(&principal).tls(version).gets_in();
        }
        for nobody in [format!("bob@{domain}"), "ada@other.example".to_owned()] {
            named_so(&nobody).tls(version).stays_out();
        }
    }
    // The same text as another kind of name is none.
    let mail = Holder { mail: Some("ada@mail.example"), ..named("laptop") };
    office.certified(&gear, &authority.issue(&mail)).stays_out();
    let is_told = |event: &Value| {
        event["reason"] == "the certificate is valid, but names no account, or more than one"
    };
    assert!((0..10_000).any(|_| office.events().iter().any(is_told)), "{:?}", office.events());
}

#[test]
fn section_5_2_a_mail_address_is_of_the_user_who_has_it() {
    let office = Office::new();
    let ada = office.user("ada", "correct horse battery");
    office.user("bob", "correct horse battery");
    let mail = json!({"mail": ["ada@mail.example", "countess@mail.example"]});
    office.act("PATCH", &format!("users/{ada}"), Some(&mail));
    let gear = office.client("wlan", &json!({}));
    let authority = Authority::new("acme");
    trust(&office, &authority, "user_by_mail");
    let peer = |holder: Holder<'_>| office.certified(&gear, &authority.issue(&holder));
    for version in ["1.2", "1.3"] {
        for address in ["ada@mail.example", "Countess@mail.example"] {
            peer(Holder { mail: Some(address), ..named("laptop") }).tls(version).gets_in();
        }
        peer(Holder { mail: Some("bob@mail.example"), ..named("laptop") }).tls(version).stays_out();
        // The same text as another kind of name is none, and a common name is not looked at.
        let principal = Holder { principal: Some("ada@mail.example"), ..named("ada") };
        peer(principal).tls(version).stays_out();
        peer(named("ada@mail.example")).tls(version).stays_out();
    }
    peer(Holder { mail: Some("ada@mail.example"), ..named("bob") }).gets_in();
    let is_ada = |event: &Value| event["success"] == true && event["actor"]["name"] == "ada";
    assert!((0..10_000).any(|_| is_ada(&office.event("radius_access"))), "{:?}", office.events());
}

#[test]
fn section_5_2_a_common_name_is_a_device() {
    let office = Office::new();
    let laptop = id_of(&office.make("devices", &json!({"name": "laptop-7"})));
    office.user("ada", "correct horse battery");
    let gear = office.client("wlan", &json!({}));
    let authority = Authority::new("acme");
    trust(&office, &authority, "device_by_common_name");
    let peer = |holder: Holder<'_>| office.certified(&gear, &authority.issue(&holder));
    for version in ["1.2", "1.3"] {
        peer(named("LAPTOP-7")).tls(version).gets_in();
        // Neither another device, nor a user, nor a device that another kind of name is about.
        peer(named("laptop-8")).tls(version).stays_out();
        peer(named("ada")).tls(version).stays_out();
        peer(Holder { dns: Some("laptop-7"), ..named("a-device") }).tls(version).stays_out();
    }
    peer(named("laptop-7")).gets_in();
    let is_told = |event: &Value| {
        let actor = &event["actor"];
        (&actor["kind"], &actor["name"]) == (&json!("device"), &json!("laptop-7"))
    };
    assert!((0..10_000).any(|_| is_told(&office.event("radius_access"))), "{:?}", office.events());
    office.act("PATCH", &format!("devices/{laptop}"), Some(&json!({"suspended": true})));
    peer(named("laptop-7")).stays_out();
}

#[test]
fn section_5_2_a_dns_name_or_its_first_label_is_a_device() {
    let office = Office::new();
    let laptop = id_of(&office.make("devices", &json!({"name": "laptop-7"})));
    office.make("devices", &json!({"name": "desk.acme.example"}));
    let gear = office.client("wlan", &json!({}));
    let authority = Authority::new("acme");
    trust(&office, &authority, "device_by_dns_name");
    let named_so = |dns: &'static str| {
        office.certified(&gear, &authority.issue(&Holder { dns: Some(dns), ..named("a-device") }))
    };
    for version in ["1.2", "1.3"] {
        for device in ["laptop-7.acme.example", "laptop-7", "DESK.acme.example"] {
            named_so(device).tls(version).gets_in();
        }
        named_so("laptop-8.acme.example").tls(version).stays_out();
    }
    named_so("laptop-7").gets_in();
    let is_told = |event: &Value| {
        let actor = &event["actor"];
        (&actor["kind"], &actor["name"]) == (&json!("device"), &json!("laptop-7"))
            && event["method"] == "eap_tls"
    };
    assert!((0..10_000).any(|_| office.events().iter().any(is_told)), "{:?}", office.events());
    let suspended = json!({"suspended": true});
    office.act("PATCH", &format!("devices/{laptop}"), Some(&suspended));
    named_so("laptop-7.acme.example").stays_out();
}

#[test]
fn section_2_1_1_a_registered_certificate_needs_no_authority() {
    let office = Office::new();
    let id = office.user("ada", "correct horse battery");
    let gear = office.client("wlan", &json!({}));
    let authority = Authority::new("nobody's");
    let issued = authority.issue(&named("anything"));
    let ada = office.certified(&gear, &issued);
    ada.stays_out();
    let list = json!({"fingerprints": [issued.fingerprint()]});
    office.act("PUT", &format!("users/{id}/certificates"), Some(&list));
    ada.gets_in();
}

#[test]
fn section_2_1_3_a_peer_that_does_not_trust_us_is_rejected_at_once() {
    let office = Office::new();
    office.user("ada", "correct horse battery");
    let gear = office.client("wlan", &json!({}));
    let authority = Authority::new("acme");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other.pem");
    std::fs::write(&file, authority.pem()).unwrap();
    for version in ["1.2", "1.3"] {
        let ada = office.ttls(&gear, "auth=PAP", "ada", "correct horse battery");
        ada.tls(version).trusts(&file).stays_out();
    }
    let told = office.event("radius_access");
    assert!(told["reason"].as_str().unwrap().starts_with("TLS: "), "{told}");
    assert_eq!(told["actor"]["name"], "anonymous@nowhere", "{told}");
    assert_eq!(told["method"], "eap_ttls", "{told}");
}

#[test]
fn section_2_1_2_a_resumed_session_is_judged_by_the_certificate_that_began_it() {
    let office = Office::new();
    office.user("ada", "correct horse battery");
    let gear = office.client("wlan", &json!({}));
    let authority = Authority::new("acme");
    let issued = authority.issue(&named("ada"));
    let ada = office.certified(&gear, &issued);
    for version in ["1.2", "1.3"] {
        let id = trust(&office, &authority, "user_by_common_name");
        let peer = ada.clone().tls(version);
        let verdict = peer.clone().with(["-r1"]).gets_in();
        assert!(verdict.resumed(), "{version}: {}", verdict.output.stdout);
        let path = format!("certificate-authorities/{id}");
        // On a list of the authority, and then of no authority of the organization.
        let list = authority.list(&List { revoked: &[&issued], ..List::default() });
        let revoked = || {
            office.act("PUT", &format!("{path}/revocations"), Some(&json!({"list": list})));
        };
        ends(&office, &gear, &peer, (&revoked, "the certificate was revoked"));
        office.act("DELETE", &format!("{path}/revocations"), None);
        let unknown = "no authority of the organization vouches for the certificate";
        let distrusted = || {
            office.act("DELETE", &path, None);
        };
        ends(&office, &gear, &peer, (&distrusted, unknown));
    }
}

/// The change keeps a peer out that comes back with its session, for this reason.
fn ends(office: &Office, gear: &Client, peer: &Peer, (change, why): (&(dyn Fn() + Sync), &str)) {
    let twice = office.twice(peer, gear, || {
        change();
        office.address
    });
    let said = &twice.verdict.output.stdout;
    assert_eq!((twice.verdict.is_success(), twice.accepts.len()), (false, 1), "{said}");
    assert!(twice.verdict.resumed() && twice.verdict.says("Access-Reject"), "{said}");
    assert!((0..10_000).any(|_| reason(office) == why), "{why}: {:?}", office.events());
}

#[test]
fn section_2_1_1_without_a_certificate_of_the_peer_nobody_gets_in() {
    let office = Office::new();
    office.user("ada", "correct horse battery");
    let gear = office.client("wlan", &json!({}));
    trust(&office, &Authority::new("acme"), "user_by_common_name");
    for version in [&TLS12, &TLS13] {
        let ended = office.supplicant(&gear).tunnel(TLS, &office.tunnel(version), &[]);
        assert_eq!(ended.answer.code, REJECT, "{version:?}");
    }
}

#[test]
fn section_5_3_an_organization_shows_its_own_certificate_and_no_other_does() {
    let (here, there) = (Office::new(), Office::new());
    let (authority, gear) = (Authority::new("acme"), here.client("wlan", &json!({})));
    here.user("ada", "correct horse battery");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("acme.pem");
    std::fs::write(&file, authority.pem()).unwrap();
    let ada = here.ttls(&gear, "auth=PAP", "ada", "correct horse battery");
    ada.gets_in();
    let radius = Holder { dns: Some("radius.acme.example"), server: true, ..named("radius") };
    let shown = here.act("PUT", "server-certificate", Some(&pair(&authority.issue(&radius))));
    assert_eq!(shown["dns_names"], json!(["radius.acme.example"]));
    assert_eq!(here.read("server-certificate"), shown);
    for version in ["1.2", "1.3"] {
        let trusting = ada.clone().tls(version).trusts(&file);
        trusting.clone().quoted("domain_match", "radius.acme.example").gets_in();
        ada.clone().tls(version).stays_out();
    }
    there.user("bob", "correct horse battery");
    let bob =
        there.ttls(&there.client("wlan", &json!({})), "auth=PAP", "bob", "correct horse battery");
    bob.gets_in();
    here.act("DELETE", "server-certificate", None);
    ada.gets_in();
}

#[test]
fn section_5_3_a_server_certificate_is_one_and_has_its_key() {
    let (office, authority) = (Office::new(), Authority::new("acme"));
    let dns = Some("radius.acme.example");
    let server = |name| authority.issue(&Holder { dns, server: true, ..named(name) });
    let (one, other) = (server("one"), server("other"));
    let text = |file| std::fs::read_to_string(file).unwrap();
    let client = authority.issue(&named("ada"));
    for (certificate, key, wrong) in [
        (text(&one.certificate), text(&other.key), "/private_key"),
        (text(&one.certificate), "no key".to_owned(), "/private_key"),
        (text(&client.certificate), text(&client.key), "/certificate"),
        ("no certificate".to_owned(), text(&one.key), "/certificate"),
        (authority.pem(), text(&one.key), "/certificate"),
    ] {
        let body = json!({"certificate": certificate, "private_key": key});
        let refused = office.top.send("PUT", &office.path("server-certificate"), Some(&body));
        assert_eq!(refused.status, 422, "{refused:?}");
        assert_eq!(refused.json()["pointer"], wrong, "{refused:?}");
    }
    let none = office.top.get(&office.path("server-certificate"));
    assert_eq!(none.status, 404, "{none:?}");
}

#[test]
fn section_5_3_a_server_certificate_is_one_that_devices_take() {
    let (office, authority) = (Office::new(), Authority::new("acme"));
    let path = office.path("server-certificate");
    let good = Holder { dns: Some("radius.acme.example"), server: true, ..named("radius") };
    for (holder, why) in [
        (Holder { unstated: true, ..good }, "lacks the key usage serverAuth"),
        (Holder { dns: None, ..good }, "has no DNS name of a host"),
        (Holder { dns: Some("*.acme.example"), ..good }, "has no DNS name of a host"),
        (Holder { expired: true, ..good }, "has ended"),
        (Holder { early: true, ..good }, "does not count yet"),
    ] {
        let refused = office.top.send("PUT", &path, Some(&pair(&authority.issue(&holder))));
        assert_eq!(refused.status, 422, "{why}: {refused:?}");
        let problem = refused.json();
        assert_eq!(problem["pointer"], "/certificate", "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(why), "{why}: {problem}");
    }
    // Some devices refuse what counts for more than 825 days.
    let folder = tempfile::tempdir().unwrap();
    for (days, warns) in [("825", false), ("826", true)] {
        let issued = of_days(folder.path(), days);
        let set = office.top.send("PUT", &path, Some(&pair(&issued)));
        assert_eq!(set.status, 200, "{days}: {set:?}");
        let warning = set.header("x-tenantry-warning").unwrap_or_default();
        assert_eq!(warning.contains("counts for 826 days"), warns, "{days}: {set:?}");
        assert_eq!(warning.is_empty(), !warns, "{days}: {set:?}");
    }
}

/// A server's certificate that vouches for itself, and counts from now on for so many days.
fn of_days(folder: &Path, days: &str) -> Issued {
    let [settings, certificate, key] =
        ["settings", "pem", "key"].map(|end| folder.join(format!("{days}.{end}")));
    let text = "[req]\ndistinguished_name=name\nx509_extensions=server\n[name]\n[server]\n\
                basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n\
                subjectAltName=DNS:radius.acme.example\n";
    std::fs::write(&settings, text).unwrap();
    let kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    let made = openssl(["req", "-x509", "-subj", "/CN=radius", "-days", days])
        .args(kind)
        .arg("-config")
        .arg(&settings)
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .run();
    assert_eq!(made.code, 0, "{made:?}");
    Issued { certificate, key }
}

#[test]
fn section_5_3_the_authority_that_devices_know_already_is_not_sent() {
    let (office, root) = (Office::new(), Authority::new("acme"));
    let below = root.below("acme below");
    office.user("ada", "correct horse battery");
    let gear = office.client("wlan", &json!({}));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("acme.pem");
    std::fs::write(&file, root.pem()).unwrap();
    let radius = Holder { dns: Some("radius.acme.example"), server: true, ..named("radius") };
    let issued = below.issue(&radius);
    let mut pair = pair(&issued);
    let own = pair["certificate"].as_str().unwrap().to_owned();
    pair["certificate"] = json!(format!("{own}{}{}", below.pem(), root.pem()));
    let shown = office.act("PUT", "server-certificate", Some(&pair));
    // Wi-Fi files name it all the same.
    assert_eq!(shown["certificate"].as_str().unwrap().matches("BEGIN CERTIFICATE").count(), 3);
    let ada = office.ttls(&gear, "auth=PAP", "ada", "correct horse battery").trusts(&file);
    for version in ["1.2", "1.3"] {
        let verdict = ada.clone().tls(version).gets_in();
        for (pem, sent) in [(&own, true), (&below.pem(), true), (&root.pem(), false)] {
            let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
            let digits: Vec<String> = der.iter().map(|octet| format!("{octet:02x}")).collect();
            // It prints each message of the handshake in hexadecimal.
            assert_eq!(verdict.says(&digits.join(" ")), sent, "{version}: {pem}");
        }
    }
}

/// A certificate and its key as the API takes them.
fn pair(issued: &Issued) -> Value {
    let text = |file| std::fs::read_to_string(file).unwrap();
    json!({"certificate": text(&issued.certificate), "private_key": text(&issued.key)})
}
