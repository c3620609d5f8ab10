//! The workers that ask over RADIUS, each with its share of people.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use rustls::ClientConfig;
use rustls::client::Resumption;

use crate::data::{Data, User, password};
use crate::generator::Operation;
use crate::radius::{Gear, Inner, Peer, Report};
use crate::subject::Tenant;

/// A person with the number of the organization.
pub(crate) type Login<'a> = (usize, &'a User);

/// What each worker asks.
#[derive(Clone)]
pub(crate) enum Ask {
    /// PAP.
    Pap,
    /// MS-CHAPv2.
    MsChap,
    /// EAP, trusting these, in this version of TLS.
    Eap(Inner, Arc<ClientConfig>, Resumed),
    /// A session's start, a report about it, and its end, one after another.
    Account,
}

/// Which logins of a peer go on with the TLS session of one before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resumed {
    /// None.
    Never,
    /// All but the first.
    Always,
    /// Every second: each resumes the session of the full login before it.
    InTurn,
}

/// TLS sessions of servers that a peer keeps: it asks one.
const SESSIONS: usize = 32;

/// What the workers of a run share.
#[derive(Clone, Copy)]
pub(crate) struct Field<'a> {
    /// Where the server listens.
    pub(crate) server: SocketAddr,
    /// Whom it knows.
    pub(crate) data: &'a Data,
    /// What it gave to the organizations.
    pub(crate) tenants: &'a [Tenant],
    /// How many workers there are to be.
    pub(crate) workers: usize,
}

/// A worker's share of people, and the gear of their organizations.
struct Hand<'a> {
    gear: HashMap<usize, Gear>,
    seats: Vec<Seat<'a>>,
}

/// A person, and the session that is reported about with what comes next.
struct Seat<'a> {
    organization: usize,
    user: &'a User,
    session: (u64, Report),
    /// What its last full login left, where that is kept.
    kept: Option<Arc<ClientConfig>>,
}

impl Seat<'_> {
    /// What the next login is made with, and whether it must resume a session.
    fn tls(&mut self, fresh: &Arc<ClientConfig>, resumed: Resumed) -> (Arc<ClientConfig>, bool) {
        match (resumed, self.kept.take()) {
            (Resumed::Never, _) => (Arc::clone(fresh), false),
            (Resumed::Always, Some(kept)) => {
                self.kept = Some(Arc::clone(&kept));
                (kept, true)
            }
            (Resumed::InTurn, Some(kept)) => (kept, true),
            (Resumed::Always | Resumed::InTurn, None) => {
                let mut keeping = ClientConfig::clone(fresh);
                keeping.resumption = Resumption::in_memory_sessions(SESSIONS);
                let keeping = Arc::new(keeping);
                self.kept = Some(Arc::clone(&keeping));
                (keeping, false)
            }
        }
    }
}

impl<'a> Field<'a> {
    /// All people from the last to the first, so that another scenario meets them later.
    pub(crate) fn everybody_backwards(self) -> Vec<Login<'a>> {
        self.data.everybody().into_iter().rev().collect()
    }

    /// Deals people out; where there are more workers than people, several have the same.
    fn deal(self, logins: &[Login<'a>]) -> Vec<Vec<Login<'a>>> {
        let of = |worker: usize| {
            if logins.len() < self.workers {
                logins.iter().copied().cycle().skip(worker).take(1).collect()
            } else {
                logins.iter().copied().skip(worker).step_by(self.workers).collect()
            }
        };
        (0..self.workers).map(of).collect()
    }

    /// Workers that ask, after `rehearsals` times for everybody.
    ///
    /// # Errors
    /// When one cannot be prepared.
    pub(crate) fn asking(
        self,
        ask: &Ask,
        logins: &[Login<'a>],
        rehearsals: usize,
    ) -> Result<Vec<Operation<'a>>> {
        let worker = |logins: Vec<Login<'a>>| {
            let mut hand = self.hand(logins)?;
            for _ in 0..rehearsals {
                (0..hand.seats.len()).try_for_each(|seat| hand.ask(seat, ask).map(drop))?;
            }
            let (ask, mut next) = (ask.clone(), 0);
            let operation = move || {
                let seat = next % hand.seats.len().max(1);
                next += 1;
                hand.ask(seat, &ask)
            };
            Ok(Box::new(operation) as Operation<'a>)
        };
        self.deal(logins).into_iter().map(worker).collect()
    }

    fn hand(self, logins: Vec<Login<'a>>) -> Result<Hand<'a>> {
        let mut gear = HashMap::new();
        for (number, _) in &logins {
            if !gear.contains_key(number) {
                gear.insert(*number, self.gear(*number)?);
            }
        }
        let session = (0, Report::Start);
        let seat = |(organization, user)| Seat { organization, user, session, kept: None };
        Ok(Hand { gear, seats: logins.into_iter().map(seat).collect() })
    }

    fn gear(self, number: usize) -> Result<Gear> {
        let organization = self.data.organizations.get(number).context("no organization")?;
        let tenant = self.tenants.get(number).context("no secret")?;
        Gear::open(organization.source, self.server, &tenant.secret)
    }
}

impl Hand<'_> {
    fn ask(&mut self, seat: usize, ask: &Ask) -> Result<usize> {
        let seat = self.seats.get_mut(seat).context("nobody")?;
        let gear = self.gear.get_mut(&seat.organization).context("no gear")?;
        let (user, password) = (&seat.user.login, password(seat.user.password));
        match ask {
            Ask::Pap => gear.pap(user, &password),
            Ask::MsChap => gear.ms_chap(user, &password),
            Ask::Eap(inner, tls, resumed) => {
                let (tls, resumes) = seat.tls(tls, *resumed);
                let user = &seat.user.login;
                gear.eap(&Peer { inner: *inner, tls: &tls, user, password: &password, resumes })
            }
            Ask::Account => {
                let (session, report) = seat.session;
                seat.session = match report {
                    Report::Start => (session, Report::Interim),
                    Report::Interim => (session, Report::Stop),
                    Report::Stop => (gear.session(), Report::Start),
                };
                gear.report(user, session, report)
            }
        }
    }
}
