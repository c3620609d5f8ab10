//! The configuration: what an operator writes, checked before any port is open, and what the
//! daemon works with. One section, one file; the documentation of a key stands beside it.

mod admin_api;
mod authentication;
mod certificates;
mod data;
mod devices;
mod document;
mod error;
mod event_delivery;
mod events;
mod ldap;
mod lifecycle;
mod log;
mod master_key;
mod metrics;
mod privileges;
mod radius;
mod sample;
mod section;
#[cfg(test)]
mod tests;
mod tls;
pub mod value;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use serde::Deserialize;

pub use admin_api::AdminApi;
pub use authentication::Authentication;
pub use certificates::Certificates;
pub use data::Data;
pub use devices::Devices;
pub use error::{ConfigError, Fault};
pub use event_delivery::EventDelivery;
pub use events::Events;
pub use ldap::Ldap;
pub use lifecycle::Lifecycle;
pub use log::{Filter, Format, Log};
pub use master_key::MasterKeySource;
pub use metrics::Metrics;
pub use privileges::Privileges;
pub use radius::Radius;
pub use sample::sample;
pub use tls::Tls;

use document::Document;
use section::Section;

/// A configuration whose every value was checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where the directory is kept.
    pub data: Data,
    /// The LDAP door.
    pub ldap: Ldap,
    /// The RADIUS door.
    pub radius: Radius,
    /// The HTTPS interface for admins.
    pub admin_api: AdminApi,
    /// The HTTPS interface for managed devices.
    pub devices: Devices,
    /// The certificate.
    pub tls: Tls,
    /// When is told of certificates that end.
    pub certificates: Certificates,
    /// What password checks and guesses cost.
    pub authentication: Authentication,
    /// What is logged.
    pub log: Log,
    /// Whom the daemon becomes.
    pub privileges: Privileges,
    /// How long events are kept.
    pub events: Events,
    /// Where events go beside the log.
    pub event_delivery: EventDelivery,
    /// Numbers for monitoring.
    pub metrics: Metrics,
    /// How the daemon ends.
    pub lifecycle: Lifecycle,
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, and for every reason of [`Self::parse`].
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(file)
            .map_err(|source| ConfigError::Unreadable { file: file.to_owned(), source })?;
        Self::parse(&file.display().to_string(), &text)
    }

    /// Reads a text; `file` is its name in errors.
    ///
    /// # Errors
    ///
    /// When the text is no TOML, has a section or key that does not exist, a value that is not
    /// accepted, or values that contradict each other.
    pub fn parse(file: &str, text: &str) -> Result<Self, ConfigError> {
        let document = Document::parse(file, text).map_err(one)?;
        let unknown = document.unknown(&sections());
        if !unknown.is_empty() {
            return Err(ConfigError::Faulty(unknown));
        }
        let written: Written = toml::from_str(text)
            .map_err(|error| one(document.fault_at(error.span(), error.message())))?;
        let config = written.resolve();
        let contradictions = config.contradictions(&document);
        if !contradictions.is_empty() {
            return Err(ConfigError::Faulty(contradictions));
        }
        Ok(config)
    }

    /// Lists the values that do not go together.
    fn contradictions(&self, document: &Document<'_>) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut add = |section: &str, key: &str, message: &str| {
            faults.push(document.fault_of(section, key, message.to_owned()));
        };
        let (certificate, key) = (self.tls.certificate.is_some(), self.tls.key.is_some());
        if certificate != key {
            let (has, lacks) =
                if certificate { ("certificate", "key") } else { ("key", "certificate") };
            add("tls", has, &format!("`[tls] {has}` needs `[tls] {lacks}`"));
        } else if !certificate {
            let needy = [
                ("ldap", "listen_tls", self.ldap.listen_tls.is_empty()),
                ("radius", "radsec", self.radius.radsec.is_empty()),
                ("admin_api", "listen", self.admin_api.listen.is_empty()),
                ("devices", "listen", self.devices.listen.is_empty()),
            ];
            for (section, key, closed) in needy {
                if !closed {
                    let message =
                        format!("`[{section}] {key}` needs `[tls] certificate` and `[tls] key`");
                    add(section, key, &message);
                }
            }
        }
        self.add_listener_faults(&mut add);
        if !self.radius.radsec.is_empty() && !self.radius.radsec_1_0 && !self.radius.radsec_1_1 {
            let message = "`[radius] radsec` needs `radsec_1_0` or `radsec_1_1`";
            add("radius", "radsec", message);
        }
        if self.ldap.message_size_anonymous > self.ldap.message_size {
            let message = "`[ldap] message_size_anonymous` is larger than `[ldap] message_size`";
            add("ldap", "message_size_anonymous", message);
        }
        if let Some(message) = self.admin_api.proxy_fault() {
            add("admin_api", "trusted_proxies", message);
        }
        if let Some((key, message)) = self.admin_api.passkey_fault() {
            add("admin_api", key, &message);
        }
        if let Some(message) = self.event_delivery.fault() {
            add("event_delivery", "first_pause", message);
        }
        if let Some(message) = self.metrics.fault() {
            add("metrics", "listen", &message);
        }
        if self.privileges.group.is_some() && self.privileges.user.is_none() {
            let message = "`[privileges] group` needs `[privileges] user`";
            add("privileges", "group", message);
        }
        faults
    }

    /// Adds what is wrong with the addresses that sockets are bound to.
    fn add_listener_faults(&self, add: &mut impl FnMut(&str, &str, &str)) {
        let tcp = [
            ("ldap", "listen", &self.ldap.listen),
            ("ldap", "listen_cleartext", &self.ldap.listen_cleartext),
            ("ldap", "listen_tls", &self.ldap.listen_tls),
            ("radius", "radsec", &self.radius.radsec),
            ("admin_api", "listen", &self.admin_api.listen),
            ("devices", "listen", &self.devices.listen),
            ("metrics", "listen", &self.metrics.listen),
        ];
        let heard = [("radius", "auth", &self.radius.auth), ("radius", "acct", &self.radius.acct)];
        let sent_from = [("radius", "orders_from", &self.radius.orders_from)];
        let udp = [heard.as_slice(), &sent_from].concat();
        for Taken { section, key, address, by } in [taken(&tcp), taken(&udp)].concat() {
            let by = if by == address { String::new() } else { format!(" by {by}") };
            let message = format!("`[{section}] {key}` names {address}, which is taken above{by}");
            add(section, key, &message);
        }
        // Numbers alone are about nothing, and where orders leave nobody asks.
        let listeners = tcp.iter().filter(|(section, ..)| *section != "metrics").chain(&heard);
        if listeners.map(|(_, _, addresses)| addresses.len()).sum::<usize>() == 0 {
            add("ldap", "listen", "there is nothing to listen on");
        }
    }
}

/// A list of addresses, after its section and key.
type Listed<'a> = (&'a str, &'a str, &'a Vec<SocketAddr>);

/// An address that no socket can be bound to beside one that was listed before.
#[derive(Clone, Copy)]
struct Taken<'a> {
    section: &'a str,
    key: &'a str,
    address: SocketAddr,
    by: SocketAddr,
}

/// Addresses that others, which were listed before, have taken. Port 0 is another one each time.
fn taken<'a>(lists: &[Listed<'a>]) -> Vec<Taken<'a>> {
    let mut seen: Vec<SocketAddr> = Vec::new();
    let mut found = Vec::new();
    for &(section, key, addresses) in lists {
        for &address in addresses.iter().filter(|address| address.port() != 0) {
            match seen.iter().find(|before| collide(**before, address)) {
                Some(&by) => found.push(Taken { section, key, address, by }),
                None => seen.push(address),
            }
        }
    }
    found
}

/// Whether the system lets nobody have one of these while somebody has the other. Every address
/// of IPv6 is none of IPv4 here.
fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    let is_either_every = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() == other.port()
        && one.is_ipv4() == other.is_ipv4()
        && (one == other || is_either_every)
}

/// The configuration as the file has it.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    data: data::Written,
    ldap: ldap::Written,
    radius: radius::Written,
    admin_api: admin_api::Written,
    devices: devices::Written,
    tls: tls::Written,
    certificates: certificates::Written,
    authentication: authentication::Written,
    log: log::Written,
    privileges: privileges::Written,
    events: events::Written,
    event_delivery: event_delivery::Written,
    metrics: metrics::Written,
    lifecycle: lifecycle::Written,
}

impl Written {
    fn resolve(self) -> Config {
        Config {
            data: self.data.resolve(),
            ldap: self.ldap.resolve(),
            radius: self.radius.resolve(),
            admin_api: self.admin_api.resolve(),
            devices: self.devices.resolve(),
            tls: self.tls.resolve(),
            certificates: self.certificates.resolve(),
            authentication: self.authentication.resolve(),
            log: self.log.resolve(),
            privileges: self.privileges.resolve(),
            events: self.events.resolve(),
            event_delivery: self.event_delivery.resolve(),
            metrics: self.metrics.resolve(),
            lifecycle: self.lifecycle.resolve(),
        }
    }
}

/// Describes every section, in the order of the sample.
fn sections() -> Vec<Section> {
    vec![
        data::section(),
        ldap::section(),
        radius::section(),
        admin_api::section(),
        devices::section(),
        tls::section(),
        certificates::section(),
        authentication::section(),
        log::section(),
        privileges::section(),
        events::section(),
        event_delivery::section(),
        metrics::section(),
        lifecycle::section(),
    ]
}

fn one(fault: Fault) -> ConfigError {
    ConfigError::Faulty(vec![fault])
}
