//! FreeRADIUS: the `files` module with clear-text passwords; a port for PAP and nothing else, one for the
//! same inside TLS, one for MS-CHAPv2 and EAP, the same with TLS sessions that can be resumed, and one for
//! accounting into a file (`detail`), which it does not wait for.
//!
//! Choices in its favour: no `preprocess`, no logging, one client for all sources, TLS sessions
//! remembered (in files: its memory of them is gone) only where they are resumed, room in its
//! sockets for as much as ours asks for, and no limits of connections.
//! It is measured with its default memory of replies for duplicate requests (RFC 5080 2.2.2), and
//! once more without, because that memory costs it a good part of its time.

use std::fmt::Write;
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

use super::{PATIENCE, Setup, disk_usage, free_ports, package_version};
use crate::clock;
use crate::data::{Data, password};
use crate::proc::Server;
use crate::radius::Gear;
use crate::subject::{Life, Radius, Subject, Tenant};
use crate::tls::Files;

const SECRET: &str = "shared-by-all-network-gear";
/// The kernel's queue in front of its sockets, in octets: what ours asks for.
const RECEIVE_BUFFER: u32 = 4 << 20;

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
    let [address, wireless, resuming, accounting, radsec] = free_ports()?;
    let ports = [address, wireless, resuming, accounting, radsec].map(|door| door.port());
    fs::create_dir_all(setup.path("sessions"))?;
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
        admin: None,
        metrics: None,
        name: match duplicates {
            Duplicates::Answered => "FreeRADIUS",
            Duplicates::Ignored => "FreeRADIUS without duplicate detection",
        },
        version: package_version("freeradius")?,
        ldap: None,
        ldaps: None,
        tls: setup.tls.client()?,
        radius: Some(Radius {
            pap: address,
            wireless,
            resuming,
            accounting,
            radsec,
            gateways: setup.tls.gateways.clone(),
            peers: setup.tls.peers()?,
        }),
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

fn configuration(setup: &Setup<'_>, ports: [u16; 5], duplicates: Duplicates) -> String {
    [frame(setup, duplicates), modules(setup), servers(setup, ports)].concat()
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
clients gateways {{
    client gateway {{
        ipaddr = 127.0.0.0/8
        proto = tls
        secret = radsec
        require_message_authenticator = yes
        limit {{
            {NO_LIMIT}
        }}
    }}
}}
"
    )
}

/// Of connections.
const NO_LIMIT: &str = "max_connections = 0
            lifetime = 0
            idle_timeout = 0";

fn modules(setup: &Setup<'_>) -> String {
    let directory = setup.directory.display();
    let forgetting = eap(setup, "eap", "enable = no");
    let cache = format!(
        "enable = yes
                lifetime = 1
                name = \"bench\"
                persist_dir = \"{directory}/sessions\""
    );
    let remembering = eap(setup, "eap remembering", &cache);
    format!(
        "modules {{
    files {{
        filename = {directory}/users
    }}
    pap {{
    }}
    mschap {{
    }}
{forgetting}{remembering}    detail {{
        filename = {directory}/detail
        permissions = 0600
        escape_filenames = no
    }}
}}
"
    )
}

/// The module of EAP, once under its own name and once under another.
fn eap(setup: &Setup<'_>, name: &str, cache: &str) -> String {
    let Files { authority, certificate, key, .. } = setup.tls;
    let (authority, certificate, key) = (authority.display(), certificate.display(), key.display());
    format!(
        "    {name} {{
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
                {cache}
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
"
    )
}

/// The five ports, with what is inside of tunnels first.
fn servers(setup: &Setup<'_>, [pap, wireless, resuming, accounting, radsec]: [u16; 5]) -> String {
    [
        INSIDE.to_owned(),
        server_of_eap("wireless", wireless, "eap"),
        server_of_eap("resuming", resuming, "remembering"),
        server_of_accounts(accounting),
        server_of_pap(pap, &inside_tls(setup, radsec)),
    ]
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

fn server_of_eap(name: &str, port: u16, eap: &str) -> String {
    format!(
        "server {name} {{
    listen {{
        type = auth
        ipaddr = 127.0.0.1
        port = {port}
        recv_buff = {RECEIVE_BUFFER}
    }}
    authorize {{
        mschap
        {eap} {{
            ok = return
        }}
        files
    }}
    authenticate {{
        Auth-Type MS-CHAP {{
            mschap
        }}
        {eap}
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
        recv_buff = {RECEIVE_BUFFER}
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

/// The port for RadSec, where whoever comes has a certificate of the authority.
fn inside_tls(setup: &Setup<'_>, port: u16) -> String {
    let Files { authority, certificate, key, .. } = setup.tls;
    let (authority, certificate, key) = (authority.display(), certificate.display(), key.display());
    format!(
        "    listen {{
        type = auth
        proto = tcp
        ipaddr = 127.0.0.1
        port = {port}
        clients = gateways
        limit {{
            {NO_LIMIT}
        }}
        tls {{
            private_key_file = {key}
            certificate_file = {certificate}
            ca_file = {authority}
            tls_min_version = \"1.2\"
            tls_max_version = \"1.3\"
            require_client_cert = yes
        }}
    }}
"
    )
}

fn server_of_pap(port: u16, inside_tls: &str) -> String {
    format!(
        "server default {{
    listen {{
        type = auth
        ipaddr = 127.0.0.1
        port = {port}
        recv_buff = {RECEIVE_BUFFER}
    }}
{inside_tls}    authorize {{
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
