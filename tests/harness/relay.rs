//! Proxies of other people, which take datagrams and ask us inside TLS.

use std::net::UdpSocket;
use std::process::Command;

use tempfile::TempDir;

use super::authority::Issued;
use super::client::needs;
use super::office::Office;
use super::program::Program;
use super::radius::Gear;

/// Between the test's gear and the relay.
const SECRET: &str = "between the gear and its relay";

/// A relay, until it is dropped.
#[derive(Debug)]
pub(crate) struct Relay {
    program: Program,
    /// Where it takes datagrams.
    pub(crate) auth: String,
    pub(crate) acct: String,
    _folder: TempDir,
}

impl Relay {
    /// radsecproxy, which proves itself by a certificate and speaks one version of TLS.
    pub(crate) fn radsecproxy(office: &Office, issued: &Issued, tls: &str) -> Self {
        needs("radsecproxy", "radsecproxy");
        let (folder, listen) = (tempfile::tempdir().unwrap(), free());
        let (server, port) = office.demo.radius.radsec.rsplit_once(':').unwrap();
        let text = format!(
            "ListenUDP {listen}
tls default {{
    CACertificateFile {}
    CertificateFile {}
    CertificateKeyFile {}
    TlsVersion {tls}
}}
client gear {{
    host 127.0.0.0/8
    type udp
    secret \"{SECRET}\"
}}
server tenantry {{
    host {server}
    port {port}
    type tls
    secret radsec
    StatusServer on
}}
realm * {{
    server tenantry
    accountingServer tenantry
}}
",
            office.demo.ca_file,
            issued.certificate.display(),
            issued.key.display(),
        );
        let config = folder.path().join("radsecproxy.conf");
        std::fs::write(&config, text).unwrap();
        let program =
            Program::start(Command::new("radsecproxy").args(["-f", "-d", "2", "-c"]).arg(&config));
        Self { program, auth: listen.clone(), acct: listen, _folder: folder }
    }

    /// FreeRADIUS, which proves itself by a certificate.
    pub(crate) fn freeradius(office: &Office, issued: &Issued) -> Self {
        needs("freeradius", "freeradius");
        let (folder, auth, acct) = (tempfile::tempdir().unwrap(), free(), free());
        let at = folder.path().display().to_string();
        std::fs::write(folder.path().join("dictionary"), "").unwrap();
        let text = home(&at, office, issued) + &listeners(&auth, &acct);
        std::fs::write(folder.path().join("radiusd.conf"), text).unwrap();
        let program =
            Program::start(Command::new("freeradius").args(["-X", "-d", &at, "-n", "radiusd"]));
        program.says("Ready to process requests");
        Self { program, auth, acct, _folder: folder }
    }

    /// Gear that asks the relay, until it is answered.
    pub(crate) fn gear(&self) -> Gear {
        Gear::new(&self.auth, SECRET).with(["-r", "20", "-t", "2"])
    }

    /// Gear that reports to the relay, until it is answered.
    pub(crate) fn reporter(&self) -> Gear {
        Gear::new(&self.acct, SECRET).with(["-r", "20", "-t", "2"])
    }

    /// What gear shares with the relay.
    pub(crate) fn secret(&self) -> &'static str {
        SECRET
    }

    /// What the relay said so far.
    pub(crate) fn said(&self) -> String {
        self.program.said()
    }
}

/// An address where nobody listens.
pub(crate) fn free() -> String {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn home(at: &str, office: &Office, issued: &Issued) -> String {
    let (server, port) = office.demo.radius.radsec.rsplit_once(':').unwrap();
    format!(
        "prefix = /usr
libdir = /usr/lib/freeradius
logdir = {at}
raddbdir = {at}
pidfile = {at}/radiusd.pid
proxy_requests = yes
client gear {{
    ipaddr = 127.0.0.0/8
    secret = \"{SECRET}\"
}}
proxy server {{
}}
home_server tenantry {{
    type = auth+acct
    ipaddr = {server}
    port = {port}
    proto = tcp
    secret = radsec
    status_check = none
    tls {{
        private_key_file = {}
        certificate_file = {}
        ca_file = {}
    }}
}}
home_server_pool tenantry {{
    type = fail-over
    home_server = tenantry
}}
realm tenantry {{
    auth_pool = tenantry
    acct_pool = tenantry
    nostrip
}}
",
        issued.key.display(),
        issued.certificate.display(),
        office.demo.ca_file,
    )
}

fn listeners(auth: &str, acct: &str) -> String {
    let listener = |kind: &str, address: &str| {
        let (host, port) = address.rsplit_once(':').unwrap();
        format!(
            "    listen {{\n        type = {kind}\n        ipaddr = {host}\n        port = {port}\n    }}\n"
        )
    };
    let section = |name: &str| {
        format!(
            "    {name} {{\n        update control {{\n            \
             &Proxy-To-Realm := \"tenantry\"\n        }}\n    }}\n"
        )
    };
    let listeners = listener("auth", auth) + &listener("acct", acct);
    format!("server outer {{\n{listeners}{}{}}}\n", section("authorize"), section("preacct"))
}
