//! The workers that ask over RADIUS, each with its share of people.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use rustls::ClientConfig;
use rustls::client::Resumption;

use crate::clock::now;
use crate::data::{Data, User, password};
use crate::generator::Operation;
use crate::radius::{Asked, Gear, Inner, LONGEST, Peer, Report};
use crate::subject::Tenant;

/// A person with the number of the organization.
pub(crate) type Login<'a> = (usize, &'a User);

/// What each worker asks.
#[derive(Clone)]
pub(crate) enum Ask {
    /// What one packet asks.
    Single(Single),
    /// EAP, trusting these, in this version of TLS.
    Eap(Inner, Arc<ClientConfig>, Resumed),
}

/// What one packet asks and another answers.
#[derive(Clone, Copy)]
pub(crate) enum Single {
    /// PAP.
    Pap,
    /// MS-CHAPv2.
    MsChap,
    /// A session's start, a report about it, and its end, one after another.
    Account,
}

/// A request under way.
pub(crate) struct Under {
    /// Since when.
    pub(crate) began: Instant,
    asked: Asked,
    organization: usize,
}

/// A request that was answered: since when it was under way, and the size of the reply or what is wrong with it.
pub(crate) type Answered = (Instant, Result<usize>);

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

/// People who ask again and again by the gear of one organization.
const PEOPLE: usize = 64;
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
pub(crate) struct Hand<'a> {
    gear: HashMap<usize, Gear>,
    seats: Vec<Seat<'a>>,
    /// The seat whose turn is next.
    next: usize,
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

    /// What is reported next about its session, which another follows.
    fn report(&mut self, gear: &mut Gear) -> (u64, Report) {
        let (session, report) = self.session;
        self.session = match report.next() {
            Report::Start => (gear.session(), Report::Start),
            next @ (Report::Interim | Report::Stop) => (session, next),
        };
        (session, report)
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
        let hands = self.hands(ask, logins, rehearsals)?;
        let worker = |mut hand: Hand<'a>| {
            let ask = ask.clone();
            Box::new(move || hand.ask(&ask)) as Operation<'a>
        };
        Ok(hands.into_iter().map(worker).collect())
    }

    /// Likewise, each with what it asks by.
    ///
    /// # Errors
    /// When one cannot be prepared.
    pub(crate) fn hands(
        self,
        ask: &Ask,
        logins: &[Login<'a>],
        rehearsals: usize,
    ) -> Result<Vec<Hand<'a>>> {
        let hand = |logins: Vec<Login<'a>>| {
            let mut hand = self.hand(logins)?;
            (0..rehearsals * hand.seats.len()).try_for_each(|_| hand.ask(ask).map(drop))?;
            Ok(hand)
        };
        self.deal(logins).into_iter().map(hand).collect()
    }

    /// Workers of one organization each, whose people ask by the same gear, after each has asked once.
    ///
    /// # Errors
    /// When one cannot be prepared.
    pub(crate) fn controllers(self, ask: &Ask) -> Result<Vec<Hand<'a>>> {
        let numbers: Vec<usize> = self.data.spread(self.workers).collect();
        let hand = |number: &usize| {
            let organization = self.data.organizations.get(*number).context("no organization")?;
            let people = organization.users.iter().take(PEOPLE);
            let mut hand = self.hand(people.map(|user| (*number, user)).collect())?;
            (0..hand.seats.len()).try_for_each(|_| hand.ask(ask).map(drop))?;
            Ok(hand)
        };
        numbers.iter().cycle().take(self.workers).map(hand).collect()
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
        Ok(Hand { gear, seats: logins.into_iter().map(seat).collect(), next: 0 })
    }

    fn gear(self, number: usize) -> Result<Gear> {
        let organization = self.data.organizations.get(number).context("no organization")?;
        let tenant = self.tenants.get(number).context("no secret")?;
        Gear::open(organization.source, self.server, &tenant.secret)
    }
}

impl<'a> Hand<'a> {
    /// All by which it asks.
    pub(crate) fn gear(&self) -> impl Iterator<Item = &Gear> {
        self.gear.values()
    }

    /// Asks for the next person, and waits for nothing.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub(crate) fn begin(&mut self, single: Single) -> Result<Under> {
        let (seat, gear) = self.turn()?;
        let (organization, began) = (seat.organization, now());
        let (user, password) = (&seat.user.login, password(seat.user.password));
        let asked = match single {
            Single::Pap => gear.ask_pap(user, &password),
            Single::MsChap => gear.ask_ms_chap(user, &password),
            Single::Account => {
                let (session, report) = seat.report(gear);
                gear.ask_report(&seat.user.login, session, report)
            }
        };
        Ok(Under { began, asked: asked?, organization })
    }

    /// Takes a reply that has come to one of those that are under way, all by the same gear.
    ///
    /// # Errors
    /// When the server is gone.
    pub(crate) fn end(&mut self, under: &mut Vec<Under>) -> Result<Option<Answered>> {
        let Some(organization) = under.first().map(|under| under.organization) else {
            return Ok(None);
        };
        let gear = self.gear.get_mut(&organization).context("no gear")?;
        let mut room = [0; LONGEST];
        let Some((identifier, reply)) = gear.reply(&mut room)? else { return Ok(None) };
        let Some(at) = under.iter().position(|under| under.asked.identifier == identifier) else {
            return Ok(Some((now(), Err(anyhow!("a reply to nothing")))));
        };
        let answered = under.swap_remove(at);
        Ok(Some((answered.began, gear.judge(&answered.asked, reply))))
    }

    /// Waits no more for the reply to a request.
    pub(crate) fn forget(&mut self, under: &Under) {
        if let Some(gear) = self.gear.get_mut(&under.organization) {
            gear.forget(&under.asked);
        }
    }

    /// Asks for the next person; the size of what was answered.
    fn ask(&mut self, ask: &Ask) -> Result<usize> {
        let (inner, tls, resumed) = match ask {
            Ask::Single(single) => {
                let mut under = vec![self.begin(*single)?];
                return self.end(&mut under)?.context("no reply")?.1;
            }
            Ask::Eap(inner, tls, resumed) => (*inner, tls, *resumed),
        };
        let (seat, gear) = self.turn()?;
        let (tls, resumes) = seat.tls(tls, resumed);
        let (user, password) = (&seat.user.login, password(seat.user.password));
        gear.eap(&Peer { inner, tls: &tls, user, password: &password, resumes })
    }

    /// Whose turn it is, and the gear of their organization.
    fn turn(&mut self) -> Result<(&mut Seat<'a>, &mut Gear)> {
        let number = self.next % self.seats.len().max(1);
        self.next += 1;
        let seat = self.seats.get_mut(number).context("nobody")?;
        let gear = self.gear.get_mut(&seat.organization).context("no gear")?;
        Ok((seat, gear))
    }
}
