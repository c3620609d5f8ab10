//! OpenLDAP's client tools.

use std::path::{Path, PathBuf};

use super::client::{Client, Output};
use super::demo::Demo;
use super::description::{ServiceAccount, User};
use super::ldif::{self, Entry};

/// How a client reaches the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    /// In clear.
    Clear,
    /// By StartTLS, which must succeed.
    StartTls,
    /// LDAPS.
    Tls,
}

/// Somebody with OpenLDAP's tools.
#[derive(Debug, Clone)]
pub(crate) struct Ldap {
    uri: String,
    ca_file: String,
    start_tls: bool,
    bind: Option<(String, String)>,
    /// What says how to bind by SASL.
    sasl: Option<Vec<String>>,
    /// The files of a client certificate and its key.
    identity: Option<(PathBuf, PathBuf)>,
    extra: Vec<String>,
}

/// What a search gave.
#[derive(Debug)]
pub(crate) struct Found {
    /// The result code.
    pub(crate) code: i32,
    /// The entries, in the order in which they came.
    pub(crate) entries: Vec<Entry>,
    /// What else the tool said.
    pub(crate) output: Output,
}

impl Demo {
    /// Somebody who has not said who they are, in clear.
    pub(crate) fn ldap(&self) -> Ldap {
        self.ldap_over(Transport::Clear)
    }

    /// Somebody who has not said who they are.
    pub(crate) fn ldap_over(&self, transport: Transport) -> Ldap {
        let uri = match transport {
            Transport::Clear | Transport::StartTls => format!("ldap://{}", self.ldap),
            Transport::Tls => format!("ldaps://{}", self.ldaps),
        };
        Ldap::at(uri, &self.ca_file, transport == Transport::StartTls)
    }
}

impl Ldap {
    /// Somebody who has not said who they are, at an address.
    pub(crate) fn at(uri: impl Into<String>, ca_file: &str, start_tls: bool) -> Self {
        let (uri, ca_file) = (uri.into(), ca_file.to_owned());
        Self { uri, ca_file, start_tls, bind: None, sasl: None, identity: None, extra: Vec::new() }
    }

    /// Binds as a user.
    pub(crate) fn as_user(&self, user: &User) -> Self {
        self.clone().bound(&user.dn, &user.password)
    }

    /// Binds as an application.
    pub(crate) fn as_service(&self, account: &ServiceAccount) -> Self {
        self.clone().bound(&account.dn, &account.password)
    }

    /// Binds with any name and password.
    pub(crate) fn bound(mut self, dn: &str, password: &str) -> Self {
        self.bind = Some((dn.to_owned(), password.to_owned()));
        self
    }

    /// Binds by SASL, as these options say, such as `-Y PLAIN`.
    pub(crate) fn by_sasl<const N: usize>(mut self, options: [&str; N]) -> Self {
        self.sasl = Some(options.map(ToOwned::to_owned).to_vec());
        self
    }

    /// Shows a client certificate, from files in PEM.
    pub(crate) fn showing(mut self, certificate: &Path, key: &Path) -> Self {
        self.identity = Some((certificate.to_owned(), key.to_owned()));
        self
    }

    /// Adds options of the tool, such as `-z 3`.
    pub(crate) fn with<const N: usize>(mut self, options: [&str; N]) -> Self {
        self.extra.extend(options.map(ToOwned::to_owned));
        self
    }

    /// Searches; `scope` is `base`, `one` or `sub`.
    pub(crate) fn search(
        &self,
        base: &str,
        scope: &str,
        filter: &str,
        attributes: &[&str],
    ) -> Found {
        let output = self
            .tool("ldapsearch")
            .args(["-LLL", "-o", "ldif-wrap=no", "-b", base, "-s", scope])
            .args(&self.extra)
            .arg(filter)
            .args(attributes)
            .run();
        let entries = ldif::parse(&output.stdout);
        Found { code: output.code, entries, output }
    }

    /// Asks who one is.
    pub(crate) fn who_am_i(&self) -> Output {
        self.tool("ldapwhoami").args(&self.extra).run()
    }

    /// Compares; `assertion` is `attribute:value`.
    pub(crate) fn compare(&self, dn: &str, assertion: &str) -> Output {
        self.tool("ldapcompare").args(&self.extra).args([dn, assertion]).run()
    }

    /// Asks for a new password for somebody.
    pub(crate) fn set_password(&self, dn: &str, new: &str) -> Output {
        self.tool("ldappasswd").args(&self.extra).args(["-s", new, dn]).run()
    }

    /// Sends changes as LDIF.
    pub(crate) fn modify(&self, ldif: &str) -> Output {
        self.tool("ldapmodify").args(&self.extra).input(ldif).run()
    }

    /// Any tool of OpenLDAP, with everything that says where and who.
    pub(crate) fn tool(&self, program: &str) -> Client {
        let mut client = Client::new(program, "ldap-utils")
            .env("LDAPTLS_CACERT", &self.ca_file)
            .args(["-H", &self.uri]);
        client = match &self.sasl {
            Some(options) => client.arg("-Q").args(options),
            None => client.arg("-x"),
        };
        if let Some((certificate, key)) = &self.identity {
            client = client.env("LDAPTLS_CERT", certificate).env("LDAPTLS_KEY", key);
        }
        if self.start_tls {
            client = client.arg("-ZZ");
        }
        if let Some((dn, password)) = &self.bind {
            client = client.args(["-D", dn, "-w", password]);
        }
        client
    }
}

impl Found {
    /// The names of the entries, sorted; the search must have succeeded.
    pub(crate) fn names(&self) -> Vec<&str> {
        assert_eq!(self.code, 0, "{}", self.output.stderr);
        let mut names: Vec<&str> = self.entries.iter().map(|entry| entry.dn.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// The one entry; the search must have succeeded.
    pub(crate) fn only(&self) -> &Entry {
        assert_eq!(self.code, 0, "{}", self.output.stderr);
        match &self.entries[..] {
            [entry] => entry,
            entries => panic!("{} entries", entries.len()),
        }
    }
}
