//! What is measured: a server that runs and knows all the people.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use crate::https::Api;
use crate::peers::echo;
use crate::proc::{Memory, Server};
use crate::tls::{Gateway, Peers};

/// A loaded, running server.
pub(crate) struct Subject {
    /// Its name in the tables.
    pub(crate) name: &'static str,
    /// Its version, as its package or itself says.
    pub(crate) version: String,
    /// The process.
    pub(crate) server: Server,
    /// Where it speaks LDAP, with StartTLS.
    pub(crate) ldap: Option<SocketAddr>,
    /// Where it speaks LDAP inside TLS.
    pub(crate) ldaps: Option<SocketAddr>,
    /// What its clients trust.
    pub(crate) tls: Arc<ClientConfig>,
    /// Where it speaks RADIUS.
    pub(crate) radius: Option<Radius>,
    /// Its admin API, as one who may do everything.
    pub(crate) admin: Option<Api>,
    /// Where it tells how it goes, in the words of Prometheus.
    pub(crate) metrics: Option<SocketAddr>,
    /// What it gave to each organization, in the order of the data.
    pub(crate) tenants: Vec<Tenant>,
    /// What it took to get here.
    pub(crate) life: Life,
}

impl Subject {
    /// Whether it only sends back what it gets.
    pub(crate) fn is_echo(&self) -> bool {
        self.name == echo::NAME
    }
}

/// Where a server speaks RADIUS; one and the same address where it tells the kinds apart itself.
#[derive(Clone)]
pub(crate) struct Radius {
    /// PAP alone.
    pub(crate) pap: SocketAddr,
    /// MS-CHAPv2 and EAP.
    pub(crate) wireless: SocketAddr,
    /// EAP whose TLS sessions can be resumed.
    pub(crate) resuming: SocketAddr,
    /// Accounting.
    pub(crate) accounting: SocketAddr,
    /// PAP inside TLS.
    pub(crate) radsec: SocketAddr,
    /// Who may ask there, each for the people of one organization, as `Data::spread` has them.
    pub(crate) gateways: Vec<Gateway>,
    /// What EAP's peers are made with.
    pub(crate) peers: Peers,
}

/// What applications and network gear of one organization need.
pub(crate) struct Tenant {
    /// DN that searches are made as.
    pub(crate) reader_dn: String,
    /// Its password.
    pub(crate) reader_password: String,
    /// Secret of the network gear.
    pub(crate) secret: String,
}

/// Times and sizes outside the scenarios.
#[derive(Clone, Default)]
pub(crate) struct Life {
    /// From an empty directory to all people in it.
    pub(crate) load: Duration,
    /// What that cost the server, if it ran meanwhile.
    pub(crate) load_cpu: Duration,
    /// What that cost this process.
    pub(crate) load_generator_cpu: Duration,
    /// From the start of the loaded server to its first answer.
    pub(crate) start: Duration,
    /// Octets on disk.
    pub(crate) disk: u64,
    /// After loading; only of a server that is loaded while it runs.
    pub(crate) after_load: Option<Memory>,
    /// After the start.
    pub(crate) after_start: Memory,
    /// After all scenarios.
    pub(crate) after_run: Memory,
}
