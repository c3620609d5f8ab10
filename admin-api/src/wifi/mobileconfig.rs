//! A configuration profile of Apple's (its "Device Management" documentation: `TopLevel`, `WiFi`,
//! `CertificateRoot`, `CertificatePKCS12`).

use plist::{Dictionary, Value};

use super::{ANONYMOUS, File, Network, Proof};

/// EAP's numbers of the methods.
const TLS: i64 = 13;
const TTLS: i64 = 21;
const PEAP: i64 = 25;

pub(super) fn file(network: &Network, proof: &Proof<'_>) -> File {
    let mut payloads = Vec::new();
    let mut anchors = Vec::new();
    for (position, authority) in network.authorities.iter().enumerate() {
        let name = format!("ca{position}");
        let mut payload = payload(network, "com.apple.security.root", &name);
        payload.insert("PayloadContent".into(), Value::Data(authority.clone()));
        payload.insert("PayloadCertificateFileName".into(), format!("{name}.cer").into());
        payloads.push(Value::Dictionary(payload));
        anchors.push(upper(network, &name));
    }
    let mut wifi = payload(network, "com.apple.wifi.managed", "wifi");
    if let Proof::Identity(identity) = proof {
        let name = format!("identity {}", identity.name);
        let mut payload = payload(network, "com.apple.security.pkcs12", &name);
        payload.insert("PayloadContent".into(), Value::Data(identity.pkcs12.clone()));
        payload.insert("PayloadCertificateFileName".into(), "identity.p12".into());
        payload.insert("Password".into(), identity.password.clone().into());
        payloads.push(Value::Dictionary(payload));
        wifi.insert("PayloadCertificateUUID".into(), upper(network, &name));
    }
    wifi.insert("SSID_STR".into(), network.ssid.clone().into());
    wifi.insert("HIDDEN_NETWORK".into(), network.hidden.into());
    wifi.insert("AutoJoin".into(), true.into());
    wifi.insert("EncryptionType".into(), "WPA2".into());
    wifi.insert("EAPClientConfiguration".into(), eap(network, proof, anchors).into());
    payloads.push(Value::Dictionary(wifi));
    let mut profile = payload(network, "Configuration", "profile");
    profile.insert("PayloadOrganization".into(), network.organization.clone().into());
    profile.insert("PayloadContent".into(), payloads.into());
    let mut text = Vec::new();
    // Writing into memory fails only for values that XML has no place for.
    let _written = Value::Dictionary(profile).to_writer_xml(&mut text);
    File {
        name: "wifi.mobileconfig",
        kind: "application/x-apple-aspen-config",
        text: String::from_utf8_lossy(&text).into_owned(),
    }
}

fn eap(network: &Network, proof: &Proof<'_>, anchors: Vec<Value>) -> Dictionary {
    let mut eap = Dictionary::new();
    let (method, login) = match proof {
        Proof::Ttls(login) => (TTLS, *login),
        Proof::Peap(login) => (PEAP, *login),
        Proof::Certificate | Proof::Identity(_) => (TLS, None),
    };
    eap.insert("AcceptEAPTypes".into(), vec![Value::from(method)].into());
    let names: Vec<Value> = network.names.iter().cloned().map(Value::from).collect();
    eap.insert("TLSTrustedServerNames".into(), names.into());
    eap.insert("PayloadCertificateAnchorUUID".into(), anchors.into());
    eap.insert("TLSMinimumVersion".into(), "1.2".into());
    if method != TLS {
        eap.insert("OuterIdentity".into(), ANONYMOUS.into());
    }
    if method == TTLS {
        eap.insert("TTLSInnerAuthentication".into(), "PAP".into());
    }
    if let Some(login) = login {
        eap.insert("UserName".into(), login.into());
    }
    eap
}

/// What every payload has.
fn payload(network: &Network, kind: &str, name: &str) -> Dictionary {
    let mut payload = Dictionary::new();
    let id = network.id(name).to_string();
    payload.insert("PayloadType".into(), kind.into());
    payload.insert("PayloadVersion".into(), Value::from(1_i64));
    payload.insert("PayloadIdentifier".into(), format!("tenantry.wifi.{id}").into());
    payload.insert("PayloadUUID".into(), upper(network, name));
    let shown = format!("{} ({})", network.ssid, network.organization);
    payload.insert("PayloadDisplayName".into(), shown.into());
    payload
}

fn upper(network: &Network, name: &str) -> Value {
    network.id(name).to_string().to_uppercase().into()
}
