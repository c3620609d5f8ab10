//! Authorities, what they issue, and what EAP shows.

use super::{Row, Walk, put, row};
use crate::harness::authority::{Authority, Holder, List};
use crate::harness::office::Office;

pub(super) const ROWS: &[Row] = &[
    row("certificate-authority create-built-in", "--name Own")
        .shows(&[("/built_in", "true"), ("/name", "Own")]),
    row("certificate-authority list", "").shows(&[("#", "1"), ("/0/name", "Own")]),
    row("certificate-authority update", "Own --certificate-days 30")
        .then("certificate-authority show Own")
        .shows(&[("/certificate_days", "30")]),
    row("certificate-authority show", "Own").shows(&[("/revocation_list", "*")]),
    row("certificate-authority certificate", "Own").says("Own"),
    row(
        "certificate-authority create",
        "--name Theirs --holder user_by_mail --certificate @{dir}/ca.pem",
    )
    .shows(&[("/built_in", "false"), ("/revocations", "-")]),
    row("certificate-authority set-revocations", "Theirs --list @{dir}/list.pem")
        .then("certificate-authority show Theirs")
        .shows(&[("/revocations/count", "0")]),
    row("certificate-authority remove-revocations", "Theirs")
        .then("certificate-authority show Theirs")
        .shows(&[("/revocations", "-")]),
    row("certificate-authority delete", "Theirs").gone("certificate-authority show Theirs"),
    row("user create", "--login ada --display-name Ada --surname L --mail ada@x.example")
        .shows(&[("/login", "ada")]),
    row("user issue-certificate", "ada")
        .keeps(&[("serial", "/certificate/serial")])
        .shows(&[("/certificate/state", "active")]),
    row("user issued-certificates", "ada").shows(&[("#", "1"), ("/0/serial", "{serial}")]),
    row("issued-certificate list", "").shows(&[("#", "1"), ("/0/serial", "{serial}")]),
    row("issued-certificate show", "{serial}")
        .shows(&[("/owner/name", "ada"), ("/state", "active")]),
    row("user renew-certificate", "ada {serial}")
        .keeps(&[("renewed", "/certificate/serial")])
        .then("user issued-certificates ada")
        .shows(&[("#", "2")]),
    row("user revoke-certificate", "ada {renewed} --reason superseded")
        .then("issued-certificate show {renewed}")
        .shows(&[("/state", "revoked"), ("/revoked/reason", "superseded")]),
    row("device create", "--name laptop-7").shows(&[("/name", "laptop-7")]),
    row("device issue-certificate", "laptop-7")
        .keeps(&[("serial", "/certificate/serial")])
        .shows(&[("/certificate/state", "active")]),
    row("device issued-certificates", "laptop-7").shows(&[("#", "1"), ("/0/serial", "{serial}")]),
    row("device renew-certificate", "laptop-7 {serial}")
        .keeps(&[("renewed", "/certificate/serial")])
        .then("device issued-certificates laptop-7")
        .shows(&[("#", "2")]),
    row("device revoke-certificate", "laptop-7 {renewed}")
        .then("issued-certificate show {renewed}")
        .shows(&[("/state", "revoked"), ("/owner/name", "laptop-7")]),
    row("server-certificate issue", "--dns-names radius.acme.example")
        .shows(&[("/dns_names/0", "radius.acme.example")]),
    row("server-certificate show", "").shows(&[("/dns_names/0", "radius.acme.example")]),
    row("wifi profile", "--format wpa_supplicant --ssid Acme --method ttls").says("ssid=\"Acme\""),
    row("server-certificate set", "--certificate @{dir}/server.pem")
        .hears("{key}")
        .then("server-certificate show")
        .shows(&[("/dns_names/0", "other.acme.example")]),
    row("server-certificate remove", "").gone("server-certificate show"),
    row("certificate-authority delete", "Own")
        .then("certificate-authority list")
        .shows(&[("#", "0")]),
];

#[test]
fn words_about_certificates_do_what_they_say() {
    let (office, folder) = (Office::new(), tempfile::tempdir().unwrap());
    let authority = Authority::new("theirs");
    put(&folder, "ca.pem", &authority.pem());
    put(&folder, "list.pem", &authority.list(&List::default()));
    let dns = Some("other.acme.example");
    let holder = Holder { common_name: "radius", dns, server: true, ..Holder::default() };
    let issued = authority.issue(&holder);
    let text = |file| std::fs::read_to_string(file).unwrap();
    put(&folder, "server.pem", &text(&issued.certificate));
    let dir = folder.path().to_str().unwrap();
    Walk::of(&office).knows("dir", dir).knows("key", &text(&issued.key)).goes(ROWS);
}
