//! The workers that ask over RADIUS, each with its share of people.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use rustls::ClientConfig;

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
    Eap(Inner, Arc<ClientConfig>),
    /// A session's start, a report about it, and its end, one after another.
    Account,
}

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

/// A person at gear of their organization.
struct Seat<'a> {
    gear: Gear,
    user: &'a User,
    /// The session that is reported about, and what comes next.
    session: (u64, Report),
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
        let worker = |hand: Vec<Login<'a>>| {
            let seats = hand.into_iter().map(|login| self.seat(login));
            let mut seats = seats.collect::<Result<Vec<_>>>()?;
            for _ in 0..rehearsals {
                seats.iter_mut().try_for_each(|seat| seat.ask(ask).map(drop))?;
            }
            let (ask, mut next) = (ask.clone(), 0);
            let operation = move || {
                let count = seats.len();
                let seat = seats.get_mut(next % count.max(1)).context("nobody")?;
                next += 1;
                seat.ask(&ask)
            };
            Ok(Box::new(operation) as Operation<'a>)
        };
        self.deal(logins).into_iter().map(worker).collect()
    }

    fn seat(self, (number, user): Login<'a>) -> Result<Seat<'a>> {
        let organization = self.data.organizations.get(number).context("no organization")?;
        let tenant = self.tenants.get(number).context("no secret")?;
        let gear = Gear::open(organization.source, self.server, &tenant.secret)?;
        Ok(Seat { gear, user, session: (0, Report::Start) })
    }
}

impl Seat<'_> {
    fn ask(&mut self, ask: &Ask) -> Result<usize> {
        let (user, password) = (&self.user.login, password(self.user.password));
        match ask {
            Ask::Pap => self.gear.pap(user, &password),
            Ask::MsChap => self.gear.ms_chap(user, &password),
            Ask::Eap(inner, tls) => {
                self.gear.eap(&Peer { inner: *inner, tls, user, password: &password })
            }
            Ask::Account => {
                let (session, report) = self.session;
                self.session = match report {
                    Report::Start => (session, Report::Interim),
                    Report::Interim => (session, Report::Stop),
                    Report::Stop => (self.gear.session(), Report::Start),
                };
                self.gear.report(user, session, report)
            }
        }
    }
}
