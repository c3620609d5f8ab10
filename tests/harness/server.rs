//! `tenantryd` over a folder of its own with a configuration of the test's own.

use std::net::{IpAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use super::client::{Client, Output};
use super::curl::Api;
use super::daemon::{Daemon, NotStarted};
use super::environment;
use super::https::Https;
use super::ldap::Ldap;
use super::office::Office;

/// A folder with a configuration, from which daemons and commands are started.
#[derive(Debug)]
pub(crate) struct Site {
    folder: TempDir,
    sections: Vec<(&'static str, Vec<String>)>,
    /// Where RADIUS is heard.
    radius: &'static str,
    /// Whether there is no certificate to show.
    is_bare: bool,
    /// How far the daemon's clock is ahead.
    ahead: Duration,
}

/// `tenantryd serve` on a [`Site`].
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) daemon: Daemon,
    pub(crate) ldap: String,
    pub(crate) ldaps: String,
    /// Where a password may travel in clear.
    pub(crate) cleartext: String,
    pub(crate) admin_api: String,
    pub(crate) radius_auth: String,
    pub(crate) radius_acct: String,
    pub(crate) ca_file: String,
}

/// How often somebody else may snatch a port away at the start.
const STARTS: usize = 10;

impl Site {
    /// A folder with a certificate and an empty store; none, and said so, where the tests are
    /// pointed at a daemon that is not theirs.
    pub(crate) fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        Self::over(folder, &data, &data.with_file_name("master-key"))
    }

    /// Serves what the demonstration in a folder has left there; it must have ended.
    pub(crate) fn of_demo(folder: &Path) -> Option<Self> {
        let demo = folder.join("demo");
        Self::over(tempfile::tempdir().unwrap(), &demo.join("data"), &demo.join("master-key"))
    }

    fn over(folder: TempDir, data: &Path, master_key: &Path) -> Option<Self> {
        if environment::subject().is_some() {
            environment::leave_out();
            return None;
        }
        let (sections, radius, ahead) = (Vec::new(), "127.0.0.1", Duration::ZERO);
        let site = Self { folder, sections, radius, is_bare: false, ahead };
        site.renew_certificate();
        let (certificate, key) = (site.path("tls.pem"), site.path("tls.key"));
        Some(
            site.set("data", format!("directory = {data:?}"))
                .set("data", format!("master_key = \"file:{}\"", master_key.display()))
                .set("tls", format!("certificate = {certificate:?}"))
                .set("tls", format!("key = {key:?}"))
                .set("privileges", "stay_root = true"),
        )
    }

    /// Adds a line to a section of the configuration.
    pub(crate) fn set(mut self, section: &'static str, line: impl Into<String>) -> Self {
        match self.sections.iter_mut().find(|(name, _)| *name == section) {
            Some((_, lines)) => lines.push(line.into()),
            None => self.sections.push((section, vec![line.into()])),
        }
        self
    }

    /// Has RADIUS heard at an address of either family, written without brackets.
    pub(crate) fn radius_at(mut self, address: &'static str) -> Self {
        self.radius = address;
        self
    }

    /// Has the daemon's clock be so far ahead of the machine's.
    pub(crate) fn ahead(mut self, by: Duration) -> Self {
        self.ahead = by;
        self
    }

    /// Leaves the certificate out, and what cannot be listened on without one.
    pub(crate) fn without_certificate(mut self) -> Self {
        self.sections.retain(|(name, _)| *name != "tls");
        self.is_bare = true;
        self
    }

    /// Writes a new certificate for 127.0.0.1 over the old one; it is its own authority.
    pub(crate) fn renew_certificate(&self) {
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        std::fs::write(self.path("tls.key"), made.signing_key.serialize_pem()).unwrap();
        std::fs::write(self.path("tls.pem"), made.cert.pem()).unwrap();
    }

    /// A file of this folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts `tenantryd serve`.
    pub(crate) fn serve(&self) -> Server {
        for _ in 0..STARTS {
            match self.try_serve() {
                Ok(server) => return server,
                // Of free ports two may be one and the same.
                Err(failed)
                    if ["Address already in use", "is taken above"]
                        .iter()
                        .any(|taken| failed.log.contains(taken)) => {}
                Err(failed) => panic!("tenantryd did not start: {failed:?}"),
            }
        }
        panic!("no port stayed free in {STARTS} starts");
    }

    /// Starts `tenantryd serve`, which may refuse.
    pub(crate) fn try_serve(&self) -> Result<Server, NotStarted> {
        let [ldap, cleartext, ldaps, admin_api] = [(); 4].map(|()| free_tcp());
        let [radius_auth, radius_acct] = [(); 2].map(|()| free_udp(self.radius));
        let inside_tls =
            |address: &str| if self.is_bare { "[]".to_owned() } else { format!("[{address:?}]") };
        let ldap_listeners = format!(
            "listen = [{ldap:?}]\nlisten_cleartext = [{cleartext:?}]\nlisten_tls = {}",
            inside_tls(&ldaps)
        );
        let listeners = [
            ("ldap", ldap_listeners),
            ("radius", format!("auth = [{radius_auth:?}]\nacct = [{radius_acct:?}]")),
            ("admin_api", format!("listen = {}", inside_tls(&admin_api))),
        ];
        let config = self.write_config(&listeners);
        let words = ["serve".into(), "--config".into(), config.into_os_string()];
        let daemon = Daemon::start_ahead(words, self.ahead)?;
        let ca_file = self.path("tls.pem").display().to_string();
        Ok(Server { daemon, ldap, ldaps, cleartext, admin_api, radius_auth, radius_acct, ca_file })
    }

    /// Runs a command of `tenantryd` that takes `--config`, to its end.
    pub(crate) fn command(&self, words: &[&str], input: &str) -> Output {
        let config = self.write_config(&[]);
        Client::new(environment::tenantryd().to_str().unwrap(), "none")
            .args(words)
            .arg("--config")
            .arg(config)
            .input(input)
            .run()
    }

    fn write_config(&self, more: &[(&'static str, String)]) -> PathBuf {
        let mut sections = self.sections.clone();
        for (section, line) in more {
            match sections.iter_mut().find(|(name, _)| name == section) {
                Some((_, lines)) => lines.push(line.clone()),
                None => sections.push((section, vec![line.clone()])),
            }
        }
        let section =
            |(name, lines): (&str, Vec<String>)| format!("[{name}]\n{}\n", lines.join("\n"));
        let text: String = sections.into_iter().map(section).collect();
        let file = self.path("tenantry.toml");
        std::fs::write(&file, text).unwrap();
        file
    }
}

impl Server {
    /// Somebody with OpenLDAP's tools, in clear.
    pub(crate) fn ldap(&self) -> Ldap {
        Ldap::at(format!("ldap://{}", self.ldap), &self.ca_file, false)
    }

    /// Somebody with OpenLDAP's tools, by LDAPS.
    pub(crate) fn ldaps(&self) -> Ldap {
        Ldap::at(format!("ldaps://{}", self.ldaps), &self.ca_file, false)
    }

    /// Somebody with OpenLDAP's tools, by StartTLS.
    pub(crate) fn start_tls(&self) -> Ldap {
        Ldap::at(format!("ldap://{}", self.ldap), &self.ca_file, true)
    }

    /// Somebody with curl and no key.
    pub(crate) fn api(&self) -> Api {
        Api::at(&format!("https://{}", self.admin_api), &self.ca_file)
    }
}

impl Office {
    /// Ends one's own demonstration, and serves what it has with these settings of the admin API; the
    /// folder goes with the server.
    pub(crate) fn serve_with(&mut self, settings: &[&str]) -> (Site, Server) {
        self.stop();
        let site = Site::of_demo(self.demo.folder()).unwrap();
        let site = settings.iter().fold(site, |site, line| site.set("admin_api", *line));
        let server = site.serve();
        self.asks(&server);
        (site, server)
    }

    /// Ends one's own demonstration; what it has can be served from then on.
    pub(crate) fn stop(&mut self) {
        Arc::get_mut(&mut self.demo).unwrap().daemon().stop();
    }

    /// Asks a server from then on, which serves what the demonstration had.
    pub(crate) fn asks(&mut self, server: &Server) {
        self.top = Https::at(&server.admin_api, &server.ca_file, Some(self.top.token()));
    }
}

/// An address on which nobody listens.
pub(crate) fn free_tcp() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn free_udp(address: &str) -> String {
    let address: IpAddr = address.parse().unwrap();
    UdpSocket::bind((address, 0)).unwrap().local_addr().unwrap().to_string()
}
