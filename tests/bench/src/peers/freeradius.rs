//! FreeRADIUS: the `files` module with clear-text passwords; a port for PAP and nothing else, one for
//! MS-CHAPv2 and EAP, and one for accounting into a file (`detail`), which it does not wait for.
//!
//! Choices in its favour: no `preprocess`, no logging, one client for all sources, no TLS sessions
//! remembered.
//! It is measured with its default memory of replies for duplicate requests (RFC 5080 2.2.2), and
//! once more without, because that memory costs it a good part of its time.

use std::fmt::Write;
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

use super::{PATIENCE, Setup, disk_usage, free_port, package_version};
use crate::clock;
use crate::data::{Data, password};
use crate::proc::Server;
use crate::radius::Gear;
use crate::subject::{Life, Radius, Subject, Tenant};
use crate::tls::Files;

const SECRET: &str = "shared-by-all-network-gear";

/// What becomes of a request that comes a second time.
#[derive(Clone, Copy)]
pub(crate) enum Duplicates {
    /// The first reply again, for five seconds (its default).
    Answered,
    /// It is a request like any other.
    Ignored,
}

/// Writes its files and starts it: it reads them then, so that loading is starting.
///
/// # Errors
/// When a step fails.
pub(crate) fn start(setup: &Setup<'_>, duplicates: Duplicates) -> Result<Subject> {
    let (address, wireless, accounting) = (free_port()?, free_port()?, free_port()?);
    let ports = [address, wireless, accounting].map(|door| door.port());
    setup.write("radiusd.conf", &configuration(setup, ports, duplicates))?;
    setup.write("dictionary", "")?;
    let begin = clock::now();
    setup.write("users", &users(setup.data)?)?;
    let load = clock::now() - begin;
    let directory = setup.directory.to_str().context("path is not UTF-8")?;
    let arguments = ["-f", "-d", directory, "-n", "radiusd"];
    let log = setup.path("output.log");
    let first = setup.data.organizations.first().context("no organization")?;
    let user = first.users.first().context("nobody")?;
    let mut gear = Gear::open(first.source, address, SECRET)?;
    gear.patience(Duration::from_millis(5))?;
    let begin = clock::now();
    let mut server = Server::start(&setup.cores.server, "freeradius", &arguments, &log)?;
    clock::poll("FreeRADIUS's first answer", PATIENCE, || {
        server.expect_alive()?;
        Ok(gear.pap(&user.login, &password(user.password)).ok())
    })?;
    let start = clock::now() - begin;
    let tenant = |_| Tenant {
        reader_dn: String::new(),
        reader_password: String::new(),
        secret: SECRET.to_owned(),
    };
    Ok(Subject {
        name: match duplicates {
            Duplicates::Answered => "FreeRADIUS",
            Duplicates::Ignored => "FreeRADIUS without duplicate detection",
        },
        version: package_version("freeradius")?,
        ldap: None,
        ldaps: None,
        tls: setup.tls.client()?,
        radius: Some(Radius { pap: address, wireless, accounting, peers: setup.tls.peers()? }),
        tenants: setup.data.organizations.iter().map(tenant).collect(),
        life: Life {
            load,
            start,
            disk: disk_usage(&fs::canonicalize(&setup.directory)?)?,
            after_start: server.memory()?,
            ..Life::default()
        },
        server,
    })
}

fn users(data: &Data) -> Result<String> {
    let mut out = String::new();
    for user in data.organizations.iter().flat_map(|o| &o.users) {
        let password = password(user.password);
        writeln!(out, "{} Cleartext-Password := \"{password}\"", user.login)?;
    }
    Ok(out)
}

fn configuration(setup: &Setup<'_>, ports: [u16; 3], duplicates: Duplicates) -> String {
    [frame(setup, duplicates), modules(setup), servers(ports)].concat()
}

fn frame(setup: &Setup<'_>, duplicates: Duplicates) -> String {
    let directory = setup.directory.display();
    let threads = setup.threads;
    let seconds = match duplicates {
        Duplicates::Answered => 5,
        Duplicates::Ignored => 0,
    };
    format!(
        "prefix = /usr
libdir = /usr/lib/freeradius
logdir = {directory}
raddbdir = {directory}
pidfile = {directory}/radiusd.pid
max_request_time = 30
cleanup_delay = {seconds}
max_requests = 400000
hostname_lookups = no
log {{
    destination = files
    file = {directory}/radius.log
    auth = no
}}
security {{
    max_attributes = 200
    reject_delay = 0
    status_server = no
}}
thread pool {{
    start_servers = {threads}
    max_servers = {threads}
    min_spare_servers = 1
    max_spare_servers = {threads}
    max_requests_per_server = 0
    auto_limit_acct = no
}}
client gear {{
    ipaddr = 127.0.0.0/8
    secret = {SECRET}
    require_message_authenticator = yes
}}
"
    )
}

fn modules(setup: &Setup<'_>) -> String {
    let directory = setup.directory.display();
    let Files { authority, certificate, key } = setup.tls;
    let (authority, certificate, key) = (authority.display(), certificate.display(), key.display());
    format!(
        "modules {{
    files {{
        filename = {directory}/users
    }}
    pap {{
    }}
    mschap {{
    }}
    eap {{
        default_eap_type = ttls
        timer_expire = 60
        max_sessions = 100000
        tls-config common {{
            private_key_file = {key}
            certificate_file = {certificate}
            ca_file = {authority}
            tls_min_version = \"1.2\"
            tls_max_version = \"1.3\"
            cache {{
                enable = no
            }}
        }}
        ttls {{
            tls = common
            default_eap_type = mschapv2
            virtual_server = inside
        }}
        peap {{
            tls = common
            default_eap_type = mschapv2
            virtual_server = inside
        }}
        mschapv2 {{
        }}
    }}
    detail {{
        filename = {directory}/detail
        permissions = 0600
        escape_filenames = no
    }}
}}
"
    )
}

/// The three ports, with what is inside of tunnels first.
fn servers([pap, wireless, accounting]: [u16; 3]) -> String {
    [INSIDE.to_owned(), server_of_eap(wireless), server_of_accounts(accounting), server_of_pap(pap)]
        .concat()
}

const INSIDE: &str = "server inside {
    authorize {
        mschap
        eap {
            ok = return
        }
        files
        pap
    }
    authenticate {
        Auth-Type PAP {
            pap
        }
        Auth-Type MS-CHAP {
            mschap
        }
        eap
    }
}
";

fn server_of_eap(port: u16) -> String {
    format!(
        "server wireless {{
    listen {{
        type = auth
        ipaddr = 127.0.0.1
        port = {port}
    }}
    authorize {{
        mschap
        eap {{
            ok = return
        }}
        files
    }}
    authenticate {{
        Auth-Type MS-CHAP {{
            mschap
        }}
        eap
    }}
}}
"
    )
}

fn server_of_accounts(port: u16) -> String {
    format!(
        "server accounting {{
    listen {{
        type = acct
        ipaddr = 127.0.0.1
        port = {port}
    }}
    preacct {{
    }}
    accounting {{
        detail
    }}
}}
"
    )
}

fn server_of_pap(port: u16) -> String {
    format!(
        "server default {{
    listen {{
        type = auth
        ipaddr = 127.0.0.1
        port = {port}
    }}
    authorize {{
        files
        pap
    }}
    authenticate {{
        Auth-Type PAP {{
            pap
        }}
    }}
}}
"
    )
}
