//! `/v1/organizations/{organization}/wifi-profile`, and the files that come with certificates: read by
//! Python's plistlib, xmllint, NetworkManager and wpa_supplicant's own tester.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::client::{Client, Output};
use crate::harness::eapol::Peer;
use crate::harness::issued::{BuiltIn, openssl};
use crate::harness::office::{Client as Gear, Office};
use crate::harness::python::python;

/// An organization whose network shows a certificate of its own authority.
struct Network {
    office: Office,
    authority: BuiltIn,
    gear: Gear,
    ada: String,
}

impl Network {
    fn new() -> Self {
        let office = Office::new();
        let authority = office.built_in("Acme & Söhne");
        let names = json!({"dns_names": ["radius.acme.example", "wlan.acme.example"]});
        office.act("POST", "server-certificate/issue", Some(&names));
        office.set(&json!({"ms_chap": true}));
        let ada = format!("users/{}", office.user("ada", "correct horse battery"));
        let gear = office.client("wlan", &json!({}));
        Self { office, authority, gear, ada }
    }

    /// The file that anybody gets.
    fn file(&self, query: &str) -> String {
        let shown = self.office.top.get(&self.office.path(&format!("wifi-profile?{query}")));
        assert_eq!(shown.status, 200, "{shown:?}");
        assert!(shown.header("content-disposition").unwrap().starts_with("attachment; filename="));
        shown.body
    }

    /// The file with a certificate for ada.
    fn handed(&self, wifi: &Value) -> String {
        let handed = self.office.hand_out(&self.ada, &json!({"wifi": wifi}));
        handed.shown["wifi_profile"]["content"].as_str().unwrap().to_owned()
    }

    /// A peer with nothing but a file, and what its user types.
    fn peer(&self, file: &str, typed: &str) -> Peer {
        let peer = self.office.peer(&self.gear, "TLS");
        peer.configured(&file.replacen("\n}", &format!("\n{typed}\n}}"), 1))
    }

    /// What openssl says of the authority's certificate.
    fn authority(&self, words: &[&str]) -> String {
        let shown = openssl(["x509", "-noout"]).args(words).arg("-in").arg(&self.authority.file);
        shown.run().stdout.trim().to_owned()
    }
}

/// Lets a peer in that says no login to whoever listens: the name of its requests is what it says.
fn gets_in_unnamed(peer: &Peer) {
    let verdict = peer.gets_in();
    assert!(verdict.says("Value: 'anonymous'"), "{}", verdict.output.stdout);
}

#[test]
fn wpa_supplicant_joins_by_the_file_alone() {
    let network = Network::new();
    let password = "  password=\"correct horse battery\"";
    for (method, inner) in [("ttls", "auth=PAP"), ("peap", "auth=MSCHAPV2")] {
        let query = format!("format=wpa_supplicant&ssid=Acme&identity=ada&method={method}");
        let file = network.file(&query);
        assert!(file.contains(inner) && file.contains("domain_match="), "{file}");
        // WPA3-Enterprise has the hash and the protection of management frames that WPA2 leaves open.
        let lines: Vec<&str> = file.lines().map(str::trim).collect();
        for line in ["key_mgmt=WPA-EAP WPA-EAP-SHA256", "ieee80211w=1"] {
            assert!(lines.contains(&line), "{line}: {file}");
        }
        gets_in_unnamed(&network.peer(&file, password));
        // Whoever calls their server otherwise is nobody's network.
        let other = file.replace("radius.acme.example;wlan", "other.acme.example;x");
        network.peer(&other, password).stays_out();
    }
    for (ssid, hidden) in [("Acme", false), ("Zum \"grünen\" Baum; 5 GHz", true)] {
        let wanted = json!({"format": "wpa_supplicant", "ssid": ssid, "hidden": hidden});
        let file = network.handed(&wanted);
        assert_eq!(file.contains("scan_ssid=1"), hidden, "{file}");
        gets_in_unnamed(&network.peer(&file, ""));
    }
    // Another authority takes its place; wpa_supplicant 2.10 looks at the first of a file alone.
    network.office.built_in("Acme next");
    let wanted = json!({"format": "wpa_supplicant", "ssid": "Acme"});
    let before = network.handed(&wanted);
    network.peer(&before, "").gets_in();
    network.office.act("POST", "server-certificate/issue", Some(&json!({})));
    network.peer(&before, "").stays_out();
    network.peer(&network.handed(&wanted), "").gets_in();
}

#[test]
fn apples_profile_names_the_authority_the_server_and_the_certificate() {
    let network = Network::new();
    let folder = tempfile::tempdir().unwrap();
    let read = |text: &str| {
        let file = folder.path().join("wifi.mobileconfig");
        fs::write(&file, text).unwrap();
        let script = "
import json, plistlib, sys, uuid
profile = plistlib.load(open(sys.argv[1], 'rb'))
assert profile['PayloadType'] == 'Configuration' and profile['PayloadVersion'] == 1
parts = {part['PayloadType']: part for part in profile['PayloadContent']}
ids = [part['PayloadUUID'] for part in profile['PayloadContent']] + [profile['PayloadUUID']]
assert len(set(ids)) == len(ids) and all(str(uuid.UUID(one)).upper() == one for one in ids)
wifi = parts['com.apple.wifi.managed']
eap = wifi['EAPClientConfiguration']
root = parts['com.apple.security.root']
assert eap['PayloadCertificateAnchorUUID'] == [root['PayloadUUID']]
open(sys.argv[2] + '/root.der', 'wb').write(root['PayloadContent'])
identity = parts.get('com.apple.security.pkcs12')
if identity:
    assert wifi['PayloadCertificateUUID'] == identity['PayloadUUID']
    open(sys.argv[2] + '/identity.p12', 'wb').write(identity['PayloadContent'])
print(json.dumps({'ssid': wifi['SSID_STR'], 'hidden': wifi['HIDDEN_NETWORK'],
    'methods': eap['AcceptEAPTypes'], 'names': eap['TLSTrustedServerNames'],
    'inner': eap.get('TTLSInnerAuthentication'), 'user': eap.get('UserName'),
    'password': identity and identity['Password'], 'id': profile['PayloadIdentifier']}))
";
        let path = folder.path().to_str().unwrap();
        let output = python(script, [file.to_str().unwrap(), path]);
        assert_eq!(output.code, 0, "{output:?}");
        serde_json::from_str::<Value>(&output.stdout).unwrap()
    };
    let names = json!(["radius.acme.example", "wlan.acme.example"]);
    let query = "format=mobileconfig&method=ttls&ssid=A%26B%3C&identity=ada&hidden=true";
    let first = read(&network.file(query));
    assert_eq!((&first["ssid"], &first["hidden"]), (&json!("A&B<"), &json!(true)));
    assert_eq!((&first["methods"], &first["inner"]), (&json!([21]), &json!("PAP")));
    assert_eq!((&first["names"], &first["user"]), (&names, &json!("ada")));
    let root = openssl(["x509", "-inform", "DER", "-noout", "-fingerprint", "-in"]);
    let root = root.arg(folder.path().join("root.der")).run();
    assert_eq!(root.stdout.trim(), network.authority(&["-fingerprint"]));
    // It replaces itself on the device, whenever it is made.
    assert_eq!(read(&network.file(query))["id"], first["id"]);

    let handed = read(&network.handed(&json!({"format": "mobileconfig", "ssid": "Acme"})));
    assert_eq!((&handed["methods"], &handed["names"]), (&json!([13]), &names));
    let opened =
        openssl(["pkcs12", "-nodes", "-legacy", "-in"]).arg(folder.path().join("identity.p12"));
    let password = format!("pass:{}", handed["password"].as_str().unwrap());
    let opened = opened.args(["-passin", &password]).run();
    assert!(opened.stdout.contains("CN = ada"), "{opened:?}");
}

#[test]
fn windowss_profile_names_the_authority_by_its_thumbprint_and_the_server() {
    let network = Network::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wifi.xml");
    let ask = |path: &str| -> Output {
        // Every element by its local name: the schemas have a namespace each.
        let steps: Vec<String> =
            path.split('/').map(|name| format!("*[local-name()='{name}']")).collect();
        let path = format!("string(//{})", steps.join("/"));
        Client::new("xmllint", "libxml2-utils").args(["--xpath", &path]).arg(&file).run()
    };
    let digits = network.authority(&["-fingerprint", "-sha1"]);
    let digits = digits.rsplit('=').next().unwrap().replace(':', " ").to_lowercase();
    for (method, number, root) in [
        ("ttls", "21", "ServerValidation/TrustedRootCAHash"),
        ("peap", "25", "ServerValidation/TrustedRootCA"),
        ("tls", "13", "ServerValidation/TrustedRootCA"),
    ] {
        let query = format!("format=windows&ssid=Zum%20%3CBaum%3E&method={method}");
        fs::write(&file, network.file(&query)).unwrap();
        let well = Client::new("xmllint", "libxml2-utils").arg("--noout").arg(&file).run();
        assert_eq!(well.code, 0, "{well:?}");
        for (path, value) in [
            ("WLANProfile/name", "Zum <Baum>"),
            ("SSIDConfig/SSID/hex", "5A756D203C4261756D3E"),
            ("authEncryption/authentication", "WPA2"),
            ("EapMethod/Type", number),
            ("ServerValidation/ServerNames", "radius.acme.example;wlan.acme.example"),
            (root, &digits),
            ("OneX/authMode", "user"),
        ] {
            assert_eq!(ask(path).stdout.trim(), value, "{method}: {path}");
        }
        // TTLS and PEAP have an element each for who is named outside of the tunnel.
        for (of, path, value) in [
            ("ttls", "Phase1Identity/IdentityPrivacy", "true"),
            ("ttls", "Phase1Identity/AnonymousIdentity", "anonymous"),
            ("peap", "PeapExtensions/IdentityPrivacy/EnableIdentityPrivacy", "true"),
            ("peap", "PeapExtensions/IdentityPrivacy/AnonymousUserName", "anonymous"),
        ] {
            let value = if of == method { value } else { "" };
            assert_eq!(ask(path).stdout.trim(), value, "{method}: {path}");
        }
    }
    let device = network.office.make("devices", &json!({"name": "laptop-7"}));
    let owner = format!("devices/{}", device["id"].as_str().unwrap());
    let wanted = json!({"wifi": {"format": "windows", "ssid": "Acme"}});
    let handed = network.office.hand_out(&owner, &wanted);
    fs::write(&file, handed.shown["wifi_profile"]["content"].as_str().unwrap()).unwrap();
    assert_eq!(ask("OneX/authMode").stdout.trim(), "machine");
    assert_eq!(ask("EapMethod/Type").stdout.trim(), "13");
    assert_eq!(ask("authEncryption/authentication").stdout.trim(), "WPA2");
    // A network that is WPA3-Enterprise alone.
    let wifi = json!({"format": "windows", "ssid": "Acme", "wpa3_only": true});
    let asked = "format=windows&method=peap&ssid=Acme&wpa3_only=true";
    for text in [network.handed(&wifi), network.file(asked)] {
        fs::write(&file, text).unwrap();
        for (path, value) in [("authentication", "WPA3ENT"), ("encryption", "AES")] {
            assert_eq!(ask(&format!("authEncryption/{path}")).stdout.trim(), value, "{path}");
        }
    }
}

/// What NetworkManager itself makes of a connection.
fn nmcli(file: &str) -> Output {
    let words = ["--offline", "connection", "modify", "connection.autoconnect", "no"];
    Client::new("nmcli", "network-manager").args(words).input(file).run()
}

#[test]
fn network_managers_connection_is_one_by_its_own_word() {
    let network = Network::new();
    let script = "
import base64, configparser, json, sys
parsed = configparser.RawConfigParser(delimiters=('=',), interpolation=None)
parsed.read_string(open(sys.argv[1]).read())
eap = dict(parsed['802-1x'])
octets = lambda name: base64.b64decode(eap[name].split('base64,')[1]).decode()
for name in ('ca-cert', 'client-cert', 'private-key'):
    if name in eap:
        open(sys.argv[2] + '/' + name, 'w').write(octets(name))
print(json.dumps({'eap': eap['eap'], 'names': eap['domain-match'], 'inner': eap.get('phase2-auth'),
    'ssid': parsed['wifi']['ssid'], 'management': parsed['wifi-security']['key-mgmt']}))
";
    let folder = tempfile::tempdir().unwrap();
    let read = |text: &str| {
        let file = folder.path().join("wifi.nmconnection");
        fs::write(&file, text).unwrap();
        let path: &Path = folder.path();
        let output = python(script, [file.to_str().unwrap(), path.to_str().unwrap()]);
        serde_json::from_str::<Value>(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
    };
    for (method, inner, ssid, written) in
        [("ttls", "pap", "Acme", "Acme"), ("peap", "mschapv2", "a%3Bb%5C", "97;59;98;92;")]
    {
        let query = format!("format=network_manager&identity=ada&ssid={ssid}&method={method}");
        let file = network.file(&query);
        let shown = read(&file);
        assert_eq!((&shown["eap"], &shown["inner"]), (&json!(format!("{method};")), &json!(inner)));
        assert_eq!((&shown["ssid"], &shown["management"]), (&json!(written), &json!("wpa-eap")));
        assert_eq!(shown["names"], "radius.acme.example;wlan.acme.example");
        let taken = nmcli(&file);
        assert_eq!(taken.code, 0, "{taken:?} {file}");
        for part in [
            "eap=",
            "ca-cert=data:;base64,",
            "domain-match=",
            "key-mgmt=wpa-eap",
            "anonymous-identity=anonymous",
        ] {
            assert!(taken.stdout.contains(part), "{part}: {taken:?}");
        }
    }
    let file = network.handed(&json!({"format": "network_manager", "ssid": "Acme"}));
    assert_eq!(read(&file)["eap"], "tls;");
    let taken = nmcli(&file);
    assert_eq!(taken.code, 0, "{taken:?}");
    for part in [
        "client-cert=data:;base64,",
        "private-key=data:;base64,",
        "\nidentity=ada",
        "\nanonymous-identity=anonymous",
    ] {
        assert!(taken.stdout.contains(part), "{part}: {taken:?}");
    }
    let at = |name: &str| folder.path().join(name);
    let verified = openssl(["verify", "-CAfile"]).arg(at("ca-cert")).arg(at("client-cert")).run();
    assert_eq!(verified.code, 0, "{verified:?}");
    let file = |name: &str| at(name).display().to_string();
    let peer = network.office.peer(&network.gear, "TLS").quoted("identity", "ada");
    peer.trusts(&at("ca-cert"))
        .quoted("client_cert", &file("client-cert"))
        .quoted("private_key", &file("private-key"))
        .gets_in();
}

#[test]
fn a_file_needs_a_server_that_can_be_known_and_a_name_that_a_network_can_have() {
    let office = Office::new();
    let path = office.path("wifi-profile?format=windows&ssid=Acme&method=ttls");
    let without = office.top.get(&path);
    assert_eq!(without.status, 409, "{without:?}");
    let network = Network::new();
    for (query, status) in [
        ("format=windows&method=ttls&ssid=", 422),
        ("format=windows&method=ttls&ssid=a%0Ab", 422),
        ("format=windows&method=ttls&ssid=123456789012345678901234567890123", 422),
        ("format=mobileconfig&method=tls&ssid=Acme", 422),
        ("format=mobileconfig&method=ttls&ssid=Acme&identity=a%0Ab", 422),
        ("format=paper&method=ttls&ssid=Acme", 400),
        ("format=windows&method=ttls", 400),
    ] {
        let refused =
            network.office.top.get(&network.office.path(&format!("wifi-profile?{query}")));
        assert_eq!(refused.status, status, "{query}: {refused:?}");
    }
    let issue = network.office.path(&format!("{}/issued-certificates", network.ada));
    let wanted = json!({"request": "x", "wifi": {"format": "windows", "ssid": "Acme"}});
    let refused = network.office.top.send("POST", &issue, Some(&wanted));
    assert_eq!((refused.status, &refused.json()["pointer"]), (422, &json!("/wifi")));
    // One from elsewhere vouches for itself by the end of its chain.
    let elsewhere = crate::harness::authority::Authority::new("elsewhere");
    let radius = crate::harness::authority::Holder {
        common_name: "radius",
        dns: Some("radius.elsewhere.example"),
        server: true,
        ..Default::default()
    };
    let issued = elsewhere.issue(&radius);
    let text = |file: &Path| fs::read_to_string(file).unwrap();
    for (end, status) in [(String::new(), 409), (elsewhere.pem(), 200)] {
        let pair = json!({"certificate": format!("{}{end}", text(&issued.certificate)),
            "private_key": text(&issued.key)});
        office.act("PUT", "server-certificate", Some(&pair));
        let shown = office.top.get(&path);
        assert_eq!(shown.status, status, "{shown:?}");
    }
}
