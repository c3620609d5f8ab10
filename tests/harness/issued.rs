//! Certificates that an organization's own authority issues, as files for clients.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

use super::client::{Client, Output};
use super::office::{Office, id_of};

/// An organization's own authority.
#[derive(Debug)]
pub(crate) struct BuiltIn {
    pub(crate) id: String,
    /// Its certificate in PEM, in a file.
    pub(crate) file: PathBuf,
    /// Where its list of revoked certificates is, as a path of the API.
    pub(crate) list: String,
    folder: TempDir,
}

/// What came back when a certificate was issued.
#[derive(Debug)]
pub(crate) struct Handed {
    /// All of it.
    pub(crate) shown: Value,
    /// The path of the certificate below its owner.
    pub(crate) path: String,
    folder: TempDir,
}

impl Office {
    /// Makes an authority of the organization's own.
    pub(crate) fn built_in(&self, name: &str) -> BuiltIn {
        let made = self.make("certificate-authorities/built-in", &json!({"name": name}));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, made["certificate"].as_str().unwrap()).unwrap();
        let list = made["revocation_list"].as_str().unwrap().to_owned();
        BuiltIn { id: id_of(&made), file, list, folder }
    }

    /// Has a certificate issued to an owner, such as `users/…`.
    pub(crate) fn hand_out(&self, owner: &str, wanted: &Value) -> Handed {
        let shown = self.make(&format!("{owner}/issued-certificates"), wanted);
        let path = format!("{owner}/issued-certificates/{}", id_of(&shown["certificate"]));
        Handed { shown, path, folder: tempfile::tempdir().unwrap() }
    }

    /// Revokes a certificate.
    pub(crate) fn revoke(&self, handed: &Handed, reason: &str) -> Value {
        let path = format!("{}/revoke", handed.path);
        self.act("POST", &path, Some(&json!({"reason": reason})))
    }
}

impl BuiltIn {
    /// The list of revoked certificates as anybody gets it, in a file in PEM.
    pub(crate) fn fetch(&self, office: &Office) -> PathBuf {
        let (der, pem) = (self.folder.path().join("list.crl"), self.folder.path().join("list.pem"));
        let url = format!("{}{}", office.demo.admin_api.url, self.list);
        let fetched = Client::new("curl", "curl")
            .args(["-sS", "--fail", "--cacert", &office.demo.ca_file, &url, "-o"])
            .arg(&der)
            .run();
        assert_eq!(fetched.code, 0, "{fetched:?}");
        let read = openssl(["crl", "-inform", "DER"]).arg("-in").arg(&der).arg("-out").arg(&pem);
        let read = read.run();
        assert_eq!(read.code, 0, "{read:?}");
        pem
    }

    /// What openssl says of a certificate, the list looked at.
    pub(crate) fn verify(&self, office: &Office, handed: &Handed, purpose: &str) -> Output {
        openssl(["verify", "-crl_check", "-x509_strict", "-purpose", purpose, "-CAfile"])
            .arg(&self.file)
            .arg("-CRLfile")
            .arg(self.fetch(office))
            .arg(handed.certificate())
            .run()
    }
}

impl Handed {
    fn file(&self, name: &str, octets: &[u8]) -> PathBuf {
        let file = self.folder.path().join(name);
        std::fs::write(&file, octets).unwrap();
        file
    }

    fn text(&self, name: &str) -> &str {
        self.shown[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.shown))
    }

    /// The certificate in PEM.
    pub(crate) fn certificate(&self) -> PathBuf {
        let text = self.shown["certificate"]["certificate"].as_str().unwrap();
        self.file("certificate.pem", text.as_bytes())
    }

    /// The key in PEM.
    pub(crate) fn key(&self) -> PathBuf {
        self.file("key.pem", self.text("private_key").as_bytes())
    }

    /// The PKCS#12 file.
    pub(crate) fn pkcs12(&self) -> PathBuf {
        self.file("identity.p12", &BASE64_STANDARD.decode(self.text("pkcs12")).unwrap())
    }

    /// The password of that file.
    pub(crate) fn password(&self) -> &str {
        self.text("password")
    }

    /// The folder of the files.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// openssl, with these words first.
pub(crate) fn openssl<const N: usize>(words: [&str; N]) -> Client {
    Client::new("openssl", "openssl").args(words)
}
