//! What one client, one organization or one large store may take from the others: ours alone,
//! each figure beside what is aimed at.

mod admins;
mod codec;
mod cold;
mod commits;
mod events;
mod half;
mod honest;
mod large;
mod memory;
mod neighbours;
mod noise;
mod pests;
mod rush;
mod scale;
mod storm;
mod timeline;

use std::fmt::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::crowd::Crowd;
use crate::engine::{Place, Security};
use crate::https::Api;
use crate::peers::{Setup, tenantry};
use crate::rounds::Reader;
use crate::subject::{Radius, Subject};
use storm::Storm;

pub(crate) use events::measure as events;
pub(crate) use large::measure as large;
pub(crate) use scale::measure as scale;

/// One line of the report.
pub(crate) struct Finding {
    /// What was looked at.
    what: String,
    /// The figures.
    seen: String,
    /// What is aimed at, in words; empty when nothing is.
    target: String,
    /// Whether that was reached.
    met: bool,
}

impl Finding {
    /// Something that could not be measured, which is never what was aimed at.
    pub(crate) fn failure(what: &str, error: &anyhow::Error) -> Self {
        Self {
            what: what.to_owned(),
            seen: format!("could not be measured: {error:#}").replace('\n', " "),
            target: "to be measured".to_owned(),
            met: false,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, seen, target, met } = self;
        let verdict = match met {
            _ if target.is_empty() => "–",
            true => "yes",
            false => "**no**",
        };
        write!(f, "| {what} | {seen} | {target} | {verdict} |")
    }
}

/// What is looked at together, in this order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Look {
    /// Messages of LDAP beside a library's.
    Codec,
    /// Connections that say nothing.
    Idle,
    /// Binds with passwords that are not remembered.
    ColdBinds,
    /// A storm of binds, and what the neighbours notice.
    BindStorm,
    /// A storm of searches that no index serves.
    SearchStorm,
    /// A storm of searches that an index serves, many under way on each connection.
    IndexedStorm,
    /// A storm of searches that fail, many under way on each connection.
    FailingStorm,
    /// A storm of binds with passwords that are remembered, on open connections.
    WarmBindStorm,
    /// A storm of binds with passwords that are remembered, each on a new connection.
    ConnectStorm,
    /// A storm of requests and handshakes that are never finished.
    HalfOpen,
    /// Readers that take little of much.
    SlowReaders,
    /// Dumps of which nothing is read.
    UnreadDumps,
    /// Dumps that are abandoned as soon as they come.
    AbandonedDumps,
    /// Conversations of EAP that are never finished.
    HalfEap,
    /// Packets of RADIUS that are nobody's.
    RadiusNoise,
    /// Gear of one organization that asks or reports as fast as it can.
    RadiusRush,
    /// Changes of one organization without end.
    WriteStorm,
    /// One change beside others, and what the disk takes to keep something.
    Commits,
    /// Reads of the admin API beside LDAP and RADIUS.
    AdminReads,
}

impl Look {
    fn at(self, ground: &mut Ground<'_>) -> Result<Vec<Finding>> {
        match self {
            Self::Codec => codec::compared(),
            Self::Idle => memory::idle(ground),
            Self::ColdBinds => cold::binds(ground),
            Self::BindStorm => storm::pass(Storm::ColdBinds, ground),
            Self::SearchStorm => storm::pass(Storm::Unindexed, ground),
            Self::IndexedStorm => storm::pass(Storm::Indexed, ground),
            Self::FailingStorm => storm::pass(Storm::Failing, ground),
            Self::WarmBindStorm => storm::pass(Storm::WarmBinds, ground),
            Self::ConnectStorm => storm::pass(Storm::NewConnections, ground),
            Self::HalfOpen => storm::pass(Storm::Halves, ground),
            Self::SlowReaders => storm::pass(Storm::SlowReaders, ground),
            Self::UnreadDumps => storm::pass(Storm::Unread, ground),
            Self::AbandonedDumps => storm::pass(Storm::Abandoned, ground),
            Self::HalfEap => half::conversations(ground),
            Self::RadiusNoise => noise::all(ground),
            Self::RadiusRush => rush::all(ground),
            Self::WriteStorm => storm::writes(ground),
            Self::Commits => commits::beside_writers(ground),
            Self::AdminReads => admins::reads(ground),
        }
    }
}

/// The daemon with all people, started anew before each look.
pub(crate) struct Ground<'a> {
    /// The daemon.
    subject: Subject,
    /// Where it lives.
    setup: &'a Setup<'a>,
    /// Its program.
    program: &'a Path,
    /// How long a load is kept up.
    measured: Duration,
}

impl<'a> Ground<'a> {
    /// Takes over a daemon that has been loaded.
    pub(crate) fn new(
        subject: Subject,
        setup: &'a Setup<'a>,
        program: &'a Path,
        measured: Duration,
    ) -> Self {
        Self { subject, setup, program, measured }
    }

    /// Takes the chosen looks, or all, one after the other, and tells of each at once.
    pub(crate) fn measure(&mut self, looks: &[Look], tell: impl Fn(&Finding)) -> Vec<Finding> {
        let mut findings = Vec::new();
        for look in Look::value_variants() {
            if !looks.is_empty() && !looks.contains(look) {
                continue;
            }
            let seen = self.restart().and_then(|()| look.at(self));
            let seen =
                seen.unwrap_or_else(|error| vec![Finding::failure(&format!("{look:?}"), &error)]);
            seen.iter().for_each(&tell);
            findings.extend(seen);
        }
        findings
    }

    /// Gives the daemon back.
    pub(crate) fn leave(self) -> Subject {
        self.subject
    }

    /// Forgets what the daemon has learned.
    fn restart(&mut self) -> Result<()> {
        tenantry::restart(self.setup, self.program, &mut self.subject).map(drop)
    }

    fn crowd(&self) -> Crowd<'_> {
        Crowd { data: self.setup.data, tenants: &self.subject.tenants }
    }

    /// The service account of the large organization, which takes what it can get.
    fn greedy(&self) -> Result<Reader<'_>> {
        self.crowd().reader(self.setup.data.equal).context("there is no large organization")
    }

    fn ldap(&self) -> Result<SocketAddr> {
        self.subject.ldap.context("no LDAP")
    }

    fn ldaps(&self) -> Result<SocketAddr> {
        self.subject.ldaps.context("no LDAPS")
    }

    fn radius(&self) -> Result<&Radius> {
        self.subject.radius.as_ref().context("no RADIUS")
    }

    fn admin(&self) -> Result<&Api> {
        self.subject.admin.as_ref().context("no admin API")
    }

    fn place(&self, security: Security) -> Result<Place> {
        let server = if security == Security::Ldaps { self.ldaps()? } else { self.ldap()? };
        Ok(Place { server, security, tls: self.subject.tls.clone() })
    }
}

/// Writes the table.
///
/// # Errors
/// None when `out` is a string.
pub(crate) fn write(out: &mut impl Write, findings: &[Finding]) -> fmt::Result {
    writeln!(out, "| What | Seen | Target | met |\n|---|---|---|---|")?;
    findings.iter().try_for_each(|finding| writeln!(out, "{finding}"))?;
    out.write_str(NOTES)
}

const NOTES: &str = "
The daemon is started anew before each look. Memory is the whole process; proportional (PSS) and \
resident (RSS) come from `smaps_rollup`, what grows meanwhile is anonymous memory sampled every 10 ms. \
In storms, four clients of one organization search and four bind with a password that is known, each \
every 2 ms, alone and then while the large organization does what the line says; where that breaks off before \
its time or comes to nothing, the bound is not met. Warm binds of a storm are of eight people whom the daemon \
has let in just before. A client that reads nothing leaves a few kilobytes to its kernel; one that abandons a dump \
asks for it again when it has read what was under way. The neighbours' p99 is the median of \
those of every 40 ms: what the host takes from a virtual machine comes in pieces of some milliseconds, more of \
them the busier it is, and would decide over that of the whole run, which stands beside it. With RADIUS eight pieces \
of one organization's gear ask by PAP, or report about sessions, in the same way; a question without an \
answer is asked again after a second, and its time counts from the first. Conversations of EAP that stop in \
the middle of something have sent as much before as the daemon took: one piece of a thousand octets more, \
and it rejected. What the disk takes is a write of 4 kB into a file that does not grow, and fdatasync. \
Dumps of one very large organization come after one whole dump, whose part of the store is in its cache by \
then.
";

fn megabytes(octets: u64) -> String {
    format!("{:.1} MB", octets as f64 / 1e6)
}
