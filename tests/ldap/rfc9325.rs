//! RFC 9325: which TLS is spoken, by LDAPS and after StartTLS.

use std::net::Ipv4Addr;

use crate::harness::authority::{Authority, Holder};
use crate::harness::demo::Demo;
use crate::harness::issued::openssl;
use crate::harness::ldap::Ldap;
use crate::harness::raw::{self, Raw};
use crate::harness::server::{Server, Site};

/// A record with an alert.
const ALERT: u8 = 0x15;
/// A record of the handshake.
const HANDSHAKE: u8 = 0x16;

/// A list with its length in two octets.
fn list(content: &[u8]) -> Vec<u8> {
    [&u16::try_from(content.len()).unwrap().to_be_bytes(), content].concat()
}

fn extension(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[0, kind][..], &list(content)].concat()
}

/// A ClientHello of this version with these cipher suites, as clients up to TLS 1.2 send it.
fn client_hello(minor: u8, suites: &[u16]) -> Vec<u8> {
    let suites: Vec<u8> = suites.iter().flat_map(|suite| suite.to_be_bytes()).collect();
    let groups = extension(10, &list(&[0, 29, 0, 23]));
    let formats = extension(11, &[1, 0]);
    let signatures = extension(13, &list(&[4, 3, 8, 4, 4, 1, 2, 1]));
    // What TLS 1.2 must have since 2020 (RFC 7627).
    let extended_master_secret = extension(23, &[]);
    let extensions = [groups, formats, signatures, extended_master_secret].concat();
    let random = [7; 32];
    let body =
        [&[3, minor][..], &random, &[0], &list(&suites), &[1, 0], &list(&extensions)].concat();
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    let message = [&[1], &length[1..], &body].concat();
    [&[HANDSHAKE, 3, 1][..], &list(&message)].concat()
}

/// The kind of record with which both doors answer a ClientHello.
fn answer(hello: &[u8]) -> u8 {
    let demo = Demo::shared();
    let mut by_start_tls = Raw::to(&demo);
    by_start_tls.send(&raw::extended(1, raw::START_TLS));
    assert_eq!(by_start_tls.receive().unwrap().code(), 0);
    let doors = [Raw::connect(&demo.ldaps), by_start_tls];
    let kinds = doors.map(|mut door| {
        door.send(hello);
        door.first_octet().expect("an answer in TLS")
    });
    assert_eq!(kinds[0], kinds[1]);
    kinds[0]
}

/// ECDHE with ECDSA or RSA, and AES in GCM.
const GOOD: [u16; 2] = [0xc02b, 0xc02f];

#[test]
fn section_3_1_1_nothing_older_than_tls_1_2_is_spoken() {
    assert_eq!(answer(&client_hello(3, &GOOD)), HANDSHAKE);
    for minor in [0, 1, 2] {
        assert_eq!(answer(&client_hello(minor, &GOOD)), ALERT, "3.{minor}");
        let old = [0xc013, 0xc014, 0xc009, 0xc00a, 0x002f, 0x0035, 0x000a];
        assert_eq!(answer(&client_hello(minor, &old)), ALERT, "3.{minor}");
    }
}

#[test]
fn section_4_1_no_suite_without_secrecy_or_with_a_broken_cipher_is_chosen() {
    let suites = [
        ("NULL", 0x0002),
        ("NULL with MD5", 0x0001),
        ("EXPORT with RC4", 0x0003),
        ("RC4", 0x0005),
        ("RC4 with ECDHE", 0xc011),
        ("triple DES", 0x000a),
        ("anonymous", 0x0034),
        ("anonymous with ECDH", 0xc018),
        ("RSA key exchange", 0x009c),
        ("CBC", 0x002f),
    ];
    for (name, suite) in suites {
        assert_eq!(answer(&client_hello(3, &[suite])), ALERT, "{name}");
    }
}

/// Serves the demonstration's data with a certificate under another one; tells the root of both.
fn with_a_chain(demo: &mut Demo) -> (Site, Server, Authority) {
    demo.daemon().stop();
    let site = Site::of_demo(demo.folder()).unwrap();
    let root = Authority::new("Root");
    let intermediate = root.below("Intermediate");
    let leaf = intermediate.issue(&Holder {
        common_name: "leaf",
        address: Some(Ipv4Addr::LOCALHOST),
        server: true,
        ..Holder::default()
    });
    let chain = std::fs::read_to_string(&leaf.certificate).unwrap() + &intermediate.pem();
    std::fs::write(site.path("tls.pem"), chain).unwrap();
    std::fs::copy(&leaf.key, site.path("tls.key")).unwrap();
    let server = site.serve();
    (site, server, root)
}

#[test]
fn a_chain_is_verified_by_who_trusts_its_root_in_either_version_and_at_either_door() {
    let Some(mut demo) = Demo::own() else { return };
    let ada = demo.acme().user("ada").clone();
    let (site, server, root) = with_a_chain(&mut demo);
    let file = |name: &str, authority: &Authority| {
        std::fs::write(site.path(name), authority.pem()).unwrap();
        site.path(name).to_str().unwrap().to_owned()
    };
    let (trusted, other) = (file("root.pem", &root), file("other.pem", &Authority::new("Root")));
    for (address, start) in [(&server.ldaps, &[][..]), (&server.ldap, &["-starttls", "ldap"][..])] {
        for (option, version) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
            let ask = |trusted: &str| {
                openssl(["s_client", "-connect", address, option, "-showcerts"])
                    .args(["-verify_return_error", "-verify_ip", "127.0.0.1"])
                    .args(["-CAfile", trusted])
                    .args(start)
                    .run()
            };
            let said = ask(&trusted);
            let spoken = said.stdout.contains(&format!("New, {version}, Cipher is"));
            let verified = said.stdout.contains("Verify return code: 0 (ok)");
            assert!(said.code == 0 && spoken && verified, "{version}: {said:?}");
            assert_eq!(said.stdout.matches("BEGIN CERTIFICATE").count(), 2, "{said:?}");
            assert_ne!(ask(&other).code, 0, "{version}");
        }
        let starts = !start.is_empty();
        let uri = format!("{}://{address}", if starts { "ldap" } else { "ldaps" });
        for versions in ["NORMAL:-VERS-ALL:+VERS-TLS1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.3"] {
            let who = |trusted: &str| {
                let client = Ldap::at(uri.as_str(), trusted, starts).as_user(&ada);
                client.tool("ldapwhoami").env("LDAPTLS_CIPHER_SUITE", versions).run()
            };
            let said = who(&trusted);
            assert_eq!(said.stdout.trim(), format!("dn:{}", ada.dn), "{versions}: {said:?}");
            assert_ne!(who(&other).code, 0, "{versions}");
        }
    }
}
