//! RFC 4523: certificates of users and devices, read by openssl.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use crate::harness::issued::{Handed, openssl};
use crate::harness::ldap::Found;
use crate::harness::office::{Office, id_of};

const PASSWORD: &str = "a long word of hers";
const PLAIN: &str = "userCertificate";
const BINARY: &str = "userCertificate;binary";

/// An organization with an authority of its own, and users; tells Ada's path.
fn office() -> (Office, String) {
    let office = Office::new();
    office.built_in("Acme Wi-Fi");
    let ada = format!("users/{}", office.user("ada", PASSWORD));
    office.user("bob", PASSWORD);
    (office, ada)
}

/// The certificates that the one entry shows under exactly this name, in PEM as openssl writes it.
fn shown(found: &Found, name: &str) -> Vec<String> {
    assert_eq!(found.code, 0, "{}", found.output.stderr);
    assert_eq!(found.entries.len(), 1, "{found:?}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certificate.der");
    let lines = found.output.stdout.lines();
    let values = lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix(":: "));
    let mut all: Vec<String> = values
        .map(|value| {
            std::fs::write(&file, BASE64_STANDARD.decode(value).unwrap()).unwrap();
            let read = openssl(["x509", "-inform", "DER", "-outform", "PEM", "-in"]).arg(&file);
            let read = read.run();
            assert_eq!(read.code, 0, "{read:?}");
            read.stdout.trim().to_owned()
        })
        .collect();
    all.sort_unstable();
    all
}

/// The same of what was issued, as the API told it.
fn told<const N: usize>(issued: [&Handed; N]) -> Vec<String> {
    let pem = |handed: &Handed| {
        let text = handed.shown["certificate"]["certificate"].as_str().unwrap();
        text.trim().to_owned()
    };
    let mut all: Vec<String> = issued.into_iter().map(pem).collect();
    all.sort_unstable();
    all
}

/// Whether some attribute's name begins as that of certificates does.
fn has_any(found: &Found) -> bool {
    found.only().names().iter().any(|name| name.to_ascii_lowercase().starts_with("usercert"))
}

#[test]
fn section_4_1_users_show_what_was_issued_to_them_by_each_name_in_each_layout() {
    let (office, ada) = office();
    let [first, second, lost] = [(); 3].map(|()| office.hand_out(&ada, &json!({})));
    office.revoke(&lost, "key_compromise");
    let (client, both) = (office.ldap(), told([&first, &second]));
    for layout in ["rfc2307bis", "rfc2307", "unique_member", "active_directory", "jumpcloud"] {
        office.lay_out(layout);
        let usual = if layout == "active_directory" { PLAIN } else { BINARY };
        for (wanted, name) in [
            (&[BINARY][..], BINARY),
            (&["USERCERTIFICATE;Binary"], BINARY),
            (&["2.5.4.36;binary", "uid"], BINARY),
            (&[PLAIN, BINARY], BINARY),
            (&["*", BINARY], BINARY),
            (&[PLAIN], usual),
            (&["2.5.4.36"], usual),
            (&["*"], usual),
            (&[], usual),
        ] {
            let found = office.find(&client, "(uid=ada)", wanted);
            assert_eq!(shown(&found, name), both, "{layout} {wanted:?}");
            let names = found.only().names();
            let count = names.iter().filter(|name| name.starts_with(PLAIN)).count();
            assert_eq!(count, 1, "{layout} {wanted:?}: {names:?}");
        }
        for wanted in ["uid", "+", "1.1", "userCertificate;lang-en"] {
            assert!(!has_any(&office.find(&client, "(uid=ada)", &[wanted])), "{layout} {wanted}");
        }
        assert!(!has_any(&office.find(&client, "(uid=bob)", &["*", BINARY])), "{layout}");
    }
    office.lay_out("rfc2307bis");
    let bare = client.with(["-A"]);
    assert_eq!(office.find(&bare, "(uid=ada)", &[PLAIN]).only().names(), [BINARY]);
}

#[test]
fn rfc4511_4_5_1_7_who_has_certificates_is_found_and_what_is_none_is_undefined() {
    let (office, ada) = office();
    let client = office.ldap();
    let found = |filter: &str| {
        let found = office.find(&client, filter, &["uid"]);
        assert_eq!(found.code, 0, "{}", found.output.stderr);
        found.entries.iter().map(|entry| entry.value("uid").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("(userCertificate=*)"), [""; 0], "nobody has any yet");
    let issued = office.hand_out(&ada, &json!({}));
    for layout in ["rfc2307bis", "active_directory", "jumpcloud"] {
        office.lay_out(layout);
        for filter in ["(userCertificate=*)", "(userCertificate;binary=*)", "(2.5.4.36=*)"] {
            assert_eq!(found(filter), ["ada"], "{layout} {filter}");
        }
        assert_eq!(found("(&(sn=*)(!(userCertificate=*)))"), ["bob"], "{layout}");
        for filter in ["(userCertificate=x)", "(!(userCertificate;binary=\\30\\82))"] {
            assert_eq!(found(filter), [""; 0], "{layout} {filter}");
        }
    }
    office.lay_out("rfc2307bis");
    for (login, code) in [("ada", 21), ("bob", 16)] {
        let compared = client.compare(&office.user_dn(login), &format!("{BINARY}:x"));
        assert_eq!(compared.code, code, "{compared:?}");
    }
    office.revoke(&issued, "superseded");
    assert_eq!(found("(userCertificate=*)"), [""; 0]);
    assert!(!has_any(&office.find(&client, "(uid=ada)", &["*", BINARY])));
}

/// The number and the issuer of a certificate, as openssl tells them.
fn named(handed: &Handed) -> (u128, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certificate.pem");
    std::fs::write(&file, handed.shown["certificate"]["certificate"].as_str().unwrap()).unwrap();
    let read = openssl(["x509", "-noout", "-serial", "-issuer", "-nameopt", "RFC2253", "-in"]);
    let read = read.arg(&file).run();
    assert_eq!(read.code, 0, "{read:?}");
    let fact = |name: &str| read.stdout.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    (u128::from_str_radix(fact("serial="), 16).unwrap(), fact("issuer=").to_owned())
}

#[test]
fn section_3_1_a_certificate_is_found_by_its_number_and_its_issuer() {
    let (office, ada) = office();
    let client = office.ldap();
    let bob = office.find(&client, "(uid=bob)", &["entryUUID"]);
    let bob = format!("users/{}", bob.only().value("entryUUID"));
    let laptop = id_of(&office.make("devices", &json!({"name": "laptop-7"})));
    let hers = office.hand_out(&ada, &json!({}));
    let its = office.hand_out(&format!("devices/{laptop}"), &json!({}));
    office.built_in("Acme, \"new\"");
    let his = office.hand_out(&bob, &json!({}));
    let found = |filter: &str| {
        let found = office.find(&client, filter, &["cn"]);
        assert_eq!(found.code, 0, "{}", found.output.stderr);
        found.entries.iter().map(|entry| entry.value("cn").to_owned()).collect::<Vec<_>>()
    };
    let asserted = |number: &str, issuer: &str| {
        // Quotation marks of the name are written twice, and a filter has its backslashes as `\5c`.
        let issuer = issuer.replace('"', "\"\"").replace('\\', "\\5c");
        format!("{{ serialNumber {number}, issuer rdnSequence:\"{issuer}\" }}")
    };
    for layout in ["rfc2307bis", "rfc2307", "unique_member", "active_directory", "jumpcloud"] {
        office.lay_out(layout);
        let devices = ["rfc2307bis", "rfc2307", "unique_member"].contains(&layout);
        for (handed, owner, shown) in
            [(&hers, "ada", true), (&his, "bob", true), (&its, "laptop-7", devices)]
        {
            let expected: Vec<&str> = shown.then_some(owner).into_iter().collect();
            let (number, issuer) = named(handed);
            let other = if owner == "bob" { named(&hers).1 } else { named(&his).1 };
            for test in ["", ":certificateExactMatch:", ":2.5.13.34:", ";binary"] {
                let of = |number: u128, issuer: &str| {
                    let asserted = asserted(&number.to_string(), issuer);
                    found(&format!("(userCertificate{test}={asserted})"))
                };
                assert_eq!(of(number, &issuer), expected, "{layout} {test}");
                assert_eq!(of(number, &issuer.to_uppercase()), expected, "{layout} {test}");
                assert_eq!(of(number, &other), [""; 0], "{layout} {test}");
                assert_eq!(of(number ^ 1, &issuer), [""; 0], "{layout} {test}");
            }
        }
        let (number, issuer) = named(&hers);
        let not =
            format!("(&(sn=*)(!(userCertificate={})))", asserted(&number.to_string(), &issuer));
        assert_eq!(found(&not), ["bob"], "{layout}");
        for wrong in [asserted("x", &issuer), format!("{number}${issuer}")] {
            let not = format!("(!(userCertificate={wrong}))");
            assert_eq!(found(&not), [""; 0], "{layout} {not}");
        }
    }
    office.lay_out("rfc2307bis");
    let (number, issuer) = named(&hers);
    let assertion = format!("{{ serialNumber {number}, issuer rdnSequence:\"{issuer}\" }}");
    for (login, code) in [("ada", 6), ("bob", 5)] {
        let said = format!("userCertificate:{assertion}");
        let compared = client.compare(&office.user_dn(login), &said);
        assert_eq!(compared.code, code, "{compared:?}");
    }
    office.revoke(&hers, "superseded");
    let filter = format!("(userCertificate={})", asserted(&number.to_string(), &issuer));
    assert_eq!(found(&filter), [""; 0]);
}

/// A certificate that was issued, in DER.
fn der(handed: &Handed) -> Vec<u8> {
    let pem = handed.shown["certificate"]["certificate"].as_str().unwrap();
    let lines = pem.lines().filter(|line| !line.starts_with("-----"));
    BASE64_STANDARD.decode(lines.collect::<String>()).unwrap()
}

/// Octets as a filter spells any (RFC 4515 section 3).
fn escaped(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("\\{octet:02x}")).collect()
}

#[test]
fn section_3_1_a_whole_certificate_finds_whose_it_is_as_sssd_asks() {
    let (office, ada) = office();
    let laptop = id_of(&office.make("devices", &json!({"name": "laptop-7"})));
    let [hers, lost] = [(); 2].map(|()| office.hand_out(&ada, &json!({})));
    let its = office.hand_out(&format!("devices/{laptop}"), &json!({}));
    office.revoke(&lost, "key_compromise");
    let other = Office::new();
    other.built_in("Acme Wi-Fi");
    let eve = format!("users/{}", other.user("eve", PASSWORD));
    let foreign = other.hand_out(&eve, &json!({}));
    let [hers, lost, its, foreign] = [&hers, &lost, &its, &foreign].map(der);
    let client = office.ldap();
    let found = |filter: &str| {
        let found = office.find(&client, filter, &["cn"]);
        assert_eq!(found.code, 0, "{}", found.output.stderr);
        found.entries.iter().map(|entry| entry.value("cn").to_owned()).collect::<Vec<_>>()
    };
    let (_, short) = hers.split_last().unwrap();
    let long = [hers.clone(), vec![0]].concat();
    for layout in ["rfc2307bis", "rfc2307", "unique_member", "active_directory", "jumpcloud"] {
        office.lay_out(layout);
        let devices = ["rfc2307bis", "rfc2307", "unique_member"].contains(&layout);
        let laptops: &[&str] = if devices { &["laptop-7"] } else { &[] };
        for test in ["", ";binary", ":certificateExactMatch:", ";binary:2.5.13.34:"] {
            let of = |octets: &[u8]| found(&format!("(userCertificate{test}={})", escaped(octets)));
            assert_eq!(of(&hers), ["ada"], "{layout} {test}");
            assert_eq!(of(&its), laptops, "{layout} {test}");
            assert_eq!(of(&lost), [""; 0], "{layout} {test}");
            assert_eq!(of(&foreign), [""; 0], "{layout} {test}");
        }
        let not = |octets: &[u8]| {
            found(&format!("(&(sn=*)(!(userCertificate;binary={})))", escaped(octets)))
        };
        assert_eq!(not(&hers), ["bob"], "{layout}");
        for none in [short, &long[..]] {
            assert_eq!(not(none), [""; 0], "{layout}: what is no certificate is undefined");
        }
    }
    office.lay_out("rfc2307bis");
    for (octets, code) in [(&hers[..], 6), (&its[..], 5), (&lost[..], 5), (short, 21)] {
        let said = format!("{BINARY}::{}", BASE64_STANDARD.encode(octets));
        let compared = client.compare(&office.user_dn("ada"), &said);
        assert_eq!(compared.code, code, "{compared:?}");
    }
}

#[test]
fn who_sees_somebody_sees_their_certificates_and_nobody_else_does() {
    let (office, ada) = office();
    let issued = office.hand_out(&ada, &json!({}));
    let own = office.find(&office.ldap_as("ada", PASSWORD), "(uid=*)", &[BINARY]);
    assert_eq!(shown(&own, BINARY), told([&issued]));
    let bob = office.ldap_as("bob", PASSWORD);
    assert!(office.find(&bob, "(userCertificate=*)", &[BINARY]).names().is_empty());
    office.set(&json!({"users_see_people": true}));
    let found = office.find(&bob, "(userCertificate=*)", &[BINARY]);
    assert_eq!(shown(&found, BINARY), told([&issued]));
    let other = Office::new();
    let stranger = other.ldap();
    assert!(other.find(&stranger, "(userCertificate=*)", &[BINARY]).names().is_empty());
}

#[test]
fn section_5_1_devices_are_users_of_a_public_key_infrastructure() {
    let (office, ada) = office();
    office.hand_out(&ada, &json!({}));
    let laptop = id_of(&office.make("devices", &json!({"name": "laptop-7"})));
    office.make("devices", &json!({"name": "till"}));
    let issued = office.hand_out(&format!("devices/{laptop}"), &json!({}));
    let client = office.ldap();
    for layout in ["rfc2307bis", "rfc2307", "unique_member"] {
        office.lay_out(layout);
        let filter = "(&(objectClass=pkiUser)(userCertificate=*))";
        let found = office.find(&client, filter, &["*"]);
        assert_eq!(found.only().value("cn"), "laptop-7", "{layout}");
        assert_eq!(shown(&found, BINARY), told([&issued]), "{layout}");
        assert_eq!(found.only().values("objectClass"), ["device", "pkiUser", "top"], "{layout}");
        assert!(!has_any(&office.find(&client, "(cn=till)", &["*"])), "{layout}");
        let all = office.find(&client, "(userCertificate=*)", &["1.1"]);
        assert_eq!(all.names().len(), 2, "{layout}");
    }
    let (_, _, sssd) = office.profiled("sssd");
    let found = office.find(&sssd, "(userCertificate=*)", &["uid"]);
    assert_eq!(found.only().value("uid"), "ada", "it is shown no devices");
}
