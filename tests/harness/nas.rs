//! FreeRADIUS in the place of network gear that takes orders about sessions (RFC 5176).

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::process::Command;

use tempfile::TempDir;

use super::client::needs;
use super::program::Program;

/// FreeRADIUS, until it is dropped. It obeys but for the sessions of `stubborn`, whom it does not
/// know, and of `fixed`, whom it does not treat otherwise.
#[derive(Debug)]
pub(crate) struct Nas {
    program: Program,
    pub(crate) port: u16,
    _folder: TempDir,
}

impl Nas {
    /// Listens at an address of the loopback networks, with a secret.
    pub(crate) fn start(at: impl Into<IpAddr>, secret: &str) -> Self {
        let at = at.into();
        needs("freeradius", "freeradius");
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("dictionary"), "").unwrap();
        let port = free_port(at);
        let place = folder.path().display().to_string();
        let text = configuration(&place, SocketAddr::from((at, port)), secret);
        std::fs::write(folder.path().join("radiusd.conf"), text).unwrap();
        let program =
            Program::start(Command::new("freeradius").args(["-X", "-d", &place, "-n", "radiusd"]));
        let nas = Self { program, port, _folder: folder };
        nas.says("Ready to process requests");
        nas
    }

    /// Waits until it has said something.
    pub(crate) fn says(&self, text: &str) {
        self.program.says(text);
    }

    /// What it said so far.
    pub(crate) fn said(&self) -> String {
        self.program.said()
    }
}

/// A port that nothing listens on there.
pub(crate) fn free_port(at: impl Into<IpAddr>) -> u16 {
    UdpSocket::bind((at.into(), 0)).unwrap().local_addr().unwrap().port()
}

fn configuration(place: &str, listen: SocketAddr, secret: &str) -> String {
    let (address, port) = (listen.ip(), listen.port());
    format!(
        "prefix = /usr
libdir = /usr/lib/freeradius
logdir = {place}
raddbdir = {place}
pidfile = {place}/radiusd.pid
client tenantry {{
    ipaddr = 127.0.0.0/8
    secret = \"{secret}\"
    require_message_authenticator = yes
}}
client tenantry_by_ipv6 {{
    ipaddr = ::1
    secret = \"{secret}\"
    require_message_authenticator = yes
}}
modules {{
    always ok {{
        rcode = ok
    }}
    always reject {{
        rcode = reject
    }}
    always do_not_respond {{
        rcode = handled
    }}
}}
server orders {{
    listen {{
        type = coa
        ipaddr = {address}
        port = {port}
    }}
    recv-coa {{
        if (&User-Name == \"stubborn\") {{
            update reply {{
                &Error-Cause := Session-Context-Not-Found
            }}
            reject
        }}
        elsif (&User-Name == \"fixed\" && &Filter-Id) {{
            update reply {{
                &Error-Cause := Unsupported-Attribute
            }}
            reject
        }}
        else {{
            ok
        }}
    }}
    send-coa {{
        ok
    }}
}}
"
    )
}
