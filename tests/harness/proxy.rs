//! FreeRADIUS before us: it speaks PEAP with a peer and asks us about the MS-CHAPv2 inside.

use std::net::{Ipv4Addr, UdpSocket};
use std::process::Command;

use tempfile::TempDir;

use super::client::{Client, Output, needs};
use super::program::Program;

const SECRET: &str = "between the peer and FreeRADIUS";

/// FreeRADIUS, until it is dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    program: Program,
    port: u16,
    folder: TempDir,
}

impl Proxy {
    /// Starts it, to ask at `home` from an address with a secret.
    pub(crate) fn start(from: Ipv4Addr, home: &str, secret: &str) -> Self {
        needs("freeradius", "freeradius");
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        let file = |name: &str| folder.path().join(name);
        std::fs::write(file("key.pem"), made.signing_key.serialize_pem()).unwrap();
        std::fs::write(file("tls.pem"), made.cert.pem()).unwrap();
        std::fs::write(file("dictionary"), "").unwrap();
        let free = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let at = folder.path().display().to_string();
        let text = configuration(&at, port, (from, home, secret));
        std::fs::write(file("radiusd.conf"), text).unwrap();
        let program =
            Program::start(Command::new("freeradius").args(["-X", "-d", &at, "-n", "radiusd"]));
        let proxy = Self { program, port, folder };
        proxy.says("Ready to process requests");
        proxy
    }

    /// Waits until it has said something.
    pub(crate) fn says(&self, text: &str) {
        self.program.says(text);
    }

    /// A peer with `eapol_test`.
    pub(crate) fn peap(&self, user: &str, password: &str) -> Output {
        let hexadecimal: String = password
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .map(|octet| format!("{octet:02x}"))
            .collect();
        let hash = Client::new("openssl", "openssl")
            .args(["dgst", "-provider", "legacy", "-provider", "default", "-md4", "-r"])
            .input(octets(&hexadecimal))
            .run();
        let hash = hash.stdout.split(' ').next().unwrap().to_owned();
        let network = format!(
            "network={{\n key_mgmt=WPA-EAP\n eap=PEAP\n identity=\"{user}\"\n \
             password=hash:{hash}\n phase2=\"auth=MSCHAPV2\"\n}}\n"
        );
        let file = self.folder.path().join("peer.conf");
        std::fs::write(&file, network).unwrap();
        Client::new("eapol_test", "eapoltest")
            .args(["-a127.0.0.1", &format!("-p{}", self.port), &format!("-s{SECRET}"), "-t50"])
            .arg("-c")
            .arg(file)
            .run()
    }
}

/// The octets that hexadecimal digits say.
pub(crate) fn octets(hexadecimal: &str) -> Vec<u8> {
    let digits = hexadecimal.as_bytes().chunks(2);
    let octet = |pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.map(octet).collect()
}

fn configuration(at: &str, port: u16, (from, home, secret): (Ipv4Addr, &str, &str)) -> String {
    let (address, home_port) = home.rsplit_once(':').unwrap();
    format!(
        "prefix = /usr
libdir = /usr/lib/freeradius
logdir = {at}
raddbdir = {at}
pidfile = {at}/radiusd.pid
proxy_requests = yes
client peers {{
    ipaddr = 127.0.0.1
    secret = \"{SECRET}\"
}}
proxy server {{
}}
home_server tenantry {{
    type = auth
    ipaddr = {address}
    port = {home_port}
    src_ipaddr = {from}
    secret = \"{secret}\"
    status_check = none
}}
home_server_pool tenantry {{
    type = fail-over
    home_server = tenantry
}}
realm tenantry {{
    auth_pool = tenantry
    nostrip
}}
"
    ) + &peap(at)
        + &servers(port)
}

fn peap(at: &str) -> String {
    format!(
        "modules {{
    eap {{
        default_eap_type = peap
        tls-config common {{
            private_key_file = {at}/key.pem
            certificate_file = {at}/tls.pem
        }}
        mschapv2 {{
        }}
        peap {{
            tls = common
            default_eap_type = mschapv2
            proxy_tunneled_request_as_eap = no
            virtual_server = inner
        }}
    }}
    mschap {{
    }}
}}
"
    )
}

fn servers(port: u16) -> String {
    format!(
        "server outer {{
    listen {{
        type = auth
        ipaddr = 127.0.0.1
        port = {port}
    }}
    authorize {{
        eap
    }}
    authenticate {{
        Auth-Type MS-CHAP {{
            mschap
        }}
        eap
    }}
    post-proxy {{
        eap
    }}
}}
server inner {{
    authorize {{
        eap
        update control {{
            &Proxy-To-Realm := \"tenantry\"
        }}
    }}
    authenticate {{
        Auth-Type MS-CHAP {{
            mschap
        }}
        eap
    }}
    post-proxy {{
        eap
    }}
}}
"
    )
}
