//! The closed loop of RADIUS inside TLS: connections of gateways, each with several requests under way,
//! all on one thread.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use mio::{Events, Poll, Registry, Token};

use crate::clock::now;
use crate::data::{Data, Organization, User, password};
use crate::engine::Wire;
use crate::figures::{Figures, Moment, Tally};
use crate::generator::Timing;
use crate::proc::Server;
use crate::radius::{Channel, IDENTIFIERS};
use crate::shape::Shape;
use crate::subject::Radius;
use crate::tls::Gateway;

/// After so many errors a run ends.
const ENOUGH_ERRORS: u64 = 100;
/// How long a reply may take; there are no retries.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is looked whether replies are missing.
const ROUNDS: Duration = Duration::from_millis(100);
/// How long it may take until all are connected and everybody has logged in once.
const PREPARATION: Duration = Duration::from_secs(60);
/// People who log in over one connection again and again.
const PEOPLE: usize = 16;
/// Octets read at once.
const SCRATCH: usize = 64 * 1024;

/// A gateway's connection.
struct Trunk<'a> {
    gateway: &'a Gateway,
    organization: &'a Organization,
    token: Token,
    wire: Option<Wire>,
    input: Vec<u8>,
    channel: Channel,
    /// Whose turn is next.
    next: usize,
    answered: usize,
}

/// All connections.
struct Bundle<'a> {
    server: SocketAddr,
    trunks: Vec<Trunk<'a>>,
    /// Requests under way on each.
    depth: usize,
    poll: Poll,
    events: Events,
    scratch: Vec<u8>,
    tally: Tally,
    /// When it is looked next whether replies are missing.
    look: Instant,
}

/// Has gateways ask, each for people of its organization, and measures.
///
/// # Errors
/// When it cannot be prepared, or a process disappears meanwhile.
pub(crate) fn run(
    server: &Server,
    radius: &Radius,
    data: &Data,
    shape: Shape,
    timing: Timing,
) -> Result<Figures> {
    let Shape { connections, depth } = shape;
    ensure!(depth <= IDENTIFIERS, "a connection has no more than {IDENTIFIERS} identifiers");
    let mut bundle = Bundle::gather(radius, data, connections)?;
    bundle.rehearse()?;
    let (begin, end) = timing.times();
    bundle.ask_all(depth)?;
    bundle.run_until(begin)?;
    bundle.tally.counts = true;
    let before = Moment::of(server)?;
    bundle.run_until(end)?;
    let after = Moment::of(server)?;
    Ok(Figures::new(bundle.close(), &before, &after))
}

impl<'a> Bundle<'a> {
    /// Shares connections out among the gateways.
    fn gather(radius: &'a Radius, data: &'a Data, connections: usize) -> Result<Self> {
        let organizations = data.spread(radius.gateways.len());
        let places: Vec<_> = organizations.zip(&radius.gateways).collect();
        let trunk = |(number, (organization, gateway)): (usize, (usize, &'a Gateway))| {
            Ok(Trunk {
                gateway,
                organization: data.organizations.get(organization).context("no organization")?,
                token: Token(number),
                wire: None,
                input: Vec::new(),
                channel: Channel::new(),
                next: 0,
                answered: 0,
            })
        };
        let trunks = (0..connections).zip(places.iter().copied().cycle()).map(trunk);
        Ok(Self {
            server: radius.radsec,
            trunks: trunks.collect::<Result<_>>()?,
            depth: 1,
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            scratch: vec![0; SCRATCH],
            tally: Tally::new(),
            look: now() + ROUNDS,
        })
    }

    /// Connects, and has everybody log in once, on each connection one after the other: what is computed
    /// for the first time takes long, and servers let only so many wait for it.
    fn rehearse(&mut self) -> Result<()> {
        for trunk in &mut self.trunks {
            trunk.open(self.server, self.poll.registry(), self.depth)?;
        }
        let end = now() + PREPARATION;
        while !self.trunks.iter().all(Trunk::is_rehearsed) {
            self.turn()?;
            if let Some(example) = &self.tally.example {
                bail!("before anything was measured: {example}");
            }
            ensure!(now() < end, "not everybody had logged in within {PREPARATION:?}");
        }
        Ok(())
    }

    /// From here on so many requests are under way on each connection.
    fn ask_all(&mut self, depth: usize) -> Result<()> {
        self.depth = depth;
        self.trunks.iter_mut().try_for_each(|trunk| trunk.ask(depth, now()))
    }

    fn run_until(&mut self, end: Instant) -> Result<()> {
        while now() < end && self.tally.errors < ENOUGH_ERRORS {
            self.turn()?;
        }
        Ok(())
    }

    /// Takes the replies that have come, and asks anew. A connection on which something was wrong is
    /// opened again.
    fn turn(&mut self) -> Result<()> {
        match self.poll.poll(&mut self.events, Some(ROUNDS)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            polled => polled?,
        }
        for event in &self.events {
            let Token(number) = event.token();
            let trunk = self.trunks.get_mut(number).context("nobody's reply")?;
            if let Err(error) = trunk.ready(self.depth, &mut self.scratch, &mut self.tally) {
                self.tally.wrong(format!("{error:#}"));
                trunk.open(self.server, self.poll.registry(), self.depth)?;
            }
        }
        if now() >= self.look {
            self.look = now() + ROUNDS;
            self.look_for_missing()?;
        }
        Ok(())
    }

    fn look_for_missing(&mut self) -> Result<()> {
        for trunk in &mut self.trunks {
            let waited = trunk.channel.waiting_since().map(|since| now() - since);
            if waited.is_some_and(|waited| waited > PATIENCE) {
                self.tally.wrong(format!("no reply within {PATIENCE:?}"));
                trunk.open(self.server, self.poll.registry(), self.depth)?;
            }
        }
        Ok(())
    }

    /// Ends all connections; what was counted.
    fn close(self) -> Tally {
        self.trunks.into_iter().filter_map(|trunk| trunk.wire).for_each(Wire::close);
        self.tally
    }
}

impl Trunk<'_> {
    /// Connects anew and asks; what was under way is forgotten.
    fn open(&mut self, server: SocketAddr, registry: &Registry, depth: usize) -> Result<()> {
        if let Some(wire) = self.wire.take() {
            wire.close();
        }
        self.input.clear();
        self.channel = Channel::new();
        let mut wire = Wire::open(server, self.organization.source, registry, self.token)?;
        wire.secure(&self.gateway.tls, server)?;
        self.wire = Some(wire);
        self.ask(depth, now())
    }

    /// Asks until so many requests are under way, each in a record of TLS of its own: FreeRADIUS hangs up
    /// on whoever puts two packets into one.
    fn ask(&mut self, depth: usize, now: Instant) -> Result<()> {
        let wire = self.wire.as_mut().context("no connection")?;
        let people = people(self.organization);
        while self.channel.under_way() < depth {
            let user = people.get(self.next % people.len().max(1)).context("nobody")?;
            self.next += 1;
            let request = self.channel.ask_pap(&user.login, &password(user.password), now)?;
            wire.output().extend(request);
            wire.seal()?;
        }
        Ok(wire.flush()?)
    }

    /// Takes what has come, and asks anew.
    fn ready(&mut self, depth: usize, scratch: &mut [u8], tally: &mut Tally) -> Result<()> {
        let now = now();
        let wire = self.wire.as_mut().context("no connection")?;
        while wire.read(&mut self.input, scratch)? {}
        let mut rest = self.input.as_slice();
        while let Some((octets, asked)) = self.channel.answer(rest)? {
            tally.right(now, asked, octets);
            self.answered += 1;
            rest = rest.get(octets..).unwrap_or_default();
        }
        let taken = self.input.len() - rest.len();
        self.input.drain(..taken);
        self.ask(depth, now)
    }

    /// Whether everybody has logged in.
    fn is_rehearsed(&self) -> bool {
        self.answered >= people(self.organization).len()
    }
}

/// Who logs in.
fn people(organization: &Organization) -> &[User] {
    organization.users.get(..PEOPLE).unwrap_or(&organization.users)
}
