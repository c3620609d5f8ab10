//! What network gear reports of sessions: kept in order, whatever the order in which it came.
//!
//! Reports say how things stand, not what changed since; so one that comes twice changes nothing,
//! and one that comes late is told from what is known already.
//!
//! They are durable in the store's journal before gear hears of it, and go into the sessions from
//! there, many in one commit: a commit for each would cost far more than all the rest.

mod ledger;
mod reports;
mod told;
mod totals;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};
use storage::{Id, Partition, Reading};

use self::totals::Totals;
use crate::directory::Directory;
use crate::error::Error;
use crate::id::{OrganizationId, RadiusClientId};
use crate::records::{
    Carried, CertificateMark, Ending, Granted, Prefixes, Session, Traffic, indices,
};
use crate::time::Time;

pub(crate) use self::reports::Reports;

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// A session began.
    Started,
    /// A session goes on.
    Continues,
    /// A session ended.
    Stopped,
    /// The gear as a whole started or stops: no session from before goes on.
    Restarted,
}

/// A report of a RADIUS client, with what could be read of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionReport {
    /// Whose client it is.
    pub organization: OrganizationId,
    /// Which.
    pub client: RadiusClientId,
    /// What it is about.
    pub stage: Stage,
    /// When that was.
    pub at: Time,
    /// The gear's own name for the session.
    pub name: String,
    /// The gear behind the RADIUS client, by its identifier or else its address.
    pub gear: String,
    /// Who it is about.
    pub login: String,
    /// What went over the wire until then.
    pub traffic: Traffic,
    /// The IPv4 address that the machine has.
    pub ipv4: Option<Ipv4Addr>,
    /// The IPv6 address that the machine has.
    pub ipv6: Option<Ipv6Addr>,
    /// The machine.
    pub calling: String,
    /// Where it is connected.
    pub called: String,
    /// Why it ended.
    pub cause: Option<u32>,
    /// What the accept told the gear to say again.
    pub class: Vec<u8>,
    /// The address that the gear gives itself.
    pub gear_address: Option<IpAddr>,
    /// The address that the report came from.
    pub source: IpAddr,
    /// The certificate of which the accept told.
    pub certificate: Option<CertificateMark>,
    /// The port of the gear by its number.
    pub port: Option<u32>,
    /// What the accept told of itself.
    pub granted: Option<Granted>,
    /// The kinds of attributes that the accept carried.
    pub carried: Carried,
    /// The IPv6 prefixes that the session has.
    pub prefixes: Prefixes,
}

/// How much of what gear reports is kept.
#[derive(Clone, Copy, Debug)]
pub struct SessionBounds {
    /// Sessions of one organization that are open; when one more begins, the one first heard of is
    /// taken to have ended.
    pub open: u64,
    /// Sessions of one organization that are kept, open ones among them; when one more begins, the
    /// one first heard of is forgotten.
    pub kept: u64,
    /// Reports of one organization that are not yet among its sessions.
    pub waiting: usize,
}

impl Default for SessionBounds {
    fn default() -> Self {
        Self { open: 100_000, kept: 1_000_000, waiting: 16_384 }
    }
}

/// When sessions of which nothing is heard are taken to have ended, and how long they are kept.
#[derive(Clone, Copy, Debug)]
pub struct SessionRules {
    /// So many of the times that lay between its reports, at most.
    pub intervals: u32,
    /// How long when no such time is known, in milliseconds.
    pub silence: u64,
    /// How long sessions that ended are kept, in milliseconds.
    pub retention: u64,
}

/// No shorter silence ends a session, in milliseconds.
const SHORTEST_SILENCE: u64 = 10 * 60 * 1_000;
/// Sessions that are looked at, closed or forgotten in one step at most.
const STEP: usize = 500;

impl Directory {
    /// Closes sessions of which nothing was heard for too long and forgets those whose time is
    /// over, a bounded number of them; returns how many. Zero says that there is nothing left.
    ///
    /// # Errors
    /// When the store fails.
    pub fn keep_sessions(&self, now: Time, rules: SessionRules) -> Result<usize, Error> {
        let snapshot = self.inner.store.read()?;
        let mut done = 0;
        for partition in snapshot.partitions()? {
            let mut silent = Vec::new();
            for id in snapshot.find(partition, indices::SESSION_OPEN, &[]) {
                let id = id?;
                let session = snapshot.get::<Session>(partition, id)?;
                if session.is_some_and(|session| rules.is_silent(&session, now)) {
                    silent.push(id);
                }
                if silent.len() == STEP {
                    break;
                }
            }
            let mut over = Vec::new();
            for found in snapshot.scan::<Session>(partition, None) {
                let (id, session) = found?;
                // In the order in which they were heard of: those behind are younger still.
                if now.0.saturating_sub(session.started.0) < rules.retention || over.len() == STEP {
                    break;
                }
                if rules.is_over(&session, now) {
                    over.push(id);
                }
            }
            if !silent.is_empty() || !over.is_empty() {
                done += self.end_sessions(partition, (silent, over), now, rules)?;
            }
        }
        Ok(done)
    }

    /// Tells of sessions that began or ended. The log counts what it had to drop.
    fn tell_of_sessions(&self, told: Vec<storage::Event>) {
        if !told.is_empty() {
            let _dropped = self.inner.store.events().append(told);
        }
    }

    fn end_sessions(
        &self,
        partition: Partition,
        (silent, over): (Vec<Id>, Vec<Id>),
        now: Time,
        rules: SessionRules,
    ) -> Result<usize, Error> {
        let done = self.inner.store.write(move |change| {
            let (mut done, mut totals) = (0, Totals::of(change, partition)?);
            let mut told = Vec::new();
            for id in silent {
                let found = change.get::<Session>(partition, id)?;
                // A report may have come in between.
                if let Some(mut session) = found.filter(|found| rules.is_silent(found, now)) {
                    session.ended = Some((session.updated, Ending::Silent));
                    change.put(partition, id, &session)?;
                    told.extend(told::ended(change, partition, &session));
                    totals.closed();
                    done += 1;
                }
            }
            for id in over {
                let found = change.get::<Session>(partition, id)?;
                if found.is_some_and(|found| rules.is_over(&found, now)) {
                    change.delete::<Session>(partition, id)?;
                    totals.forgot(false);
                    done += 1;
                }
            }
            totals.keep(change, partition)?;
            Ok::<_, Error>((done, told))
        });
        let (done, told) = done.map_err(Error::from)?;
        self.tell_of_sessions(told);
        Ok(done)
    }
}

impl SessionRules {
    fn is_silent(&self, session: &Session, now: Time) -> bool {
        let patience = match session.interval {
            0 => self.silence,
            interval => interval.saturating_mul(self.intervals.into()).max(SHORTEST_SILENCE),
        };
        session.ended.is_none() && now.0.saturating_sub(session.updated.0) > patience
    }

    fn is_over(&self, session: &Session, now: Time) -> bool {
        let ended = session.ended.map(|(at, _)| at.max(session.updated));
        ended.is_some_and(|at| now.0.saturating_sub(at.0) > self.retention)
    }
}
