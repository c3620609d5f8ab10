//! The people of one organization who go about their work, whatever others do.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};

use super::Ground;
use super::timeline::Timeline;
use crate::clock::{now, wait_until};
use crate::data::{Random, password};
use crate::ldap::{self, Connection, Scope, Search, equality};

/// Clients that search, and as many that bind.
const CLIENTS: u64 = 4;
/// How long each of them thinks between an answer and its next request.
const PAUSE: Duration = Duration::from_millis(2);
/// People who bind again and again.
const REGULARS: usize = 8;
/// The organization, far from the large one.
const NUMBER: usize = 1;

/// How long their requests took.
pub(super) struct Latencies {
    /// Of searches.
    pub(super) searches: Timeline,
    /// Of binds.
    pub(super) binds: Timeline,
}

/// Their requests, encoded.
pub(super) struct Neighbours {
    server: SocketAddr,
    reader: Vec<u8>,
    searches: Vec<Vec<u8>>,
    binds: Vec<Vec<u8>>,
}

impl Neighbours {
    /// Lets each of them bind once, so that the daemon knows them.
    ///
    /// # Errors
    /// When one is refused.
    pub(super) fn of(ground: &Ground<'_>) -> Result<Self> {
        let reader = ground.crowd().reader(NUMBER.min(ground.setup.data.equal - 1))?;
        let organization = reader.organization;
        let search = |login| Search {
            base: &organization.base,
            filter: equality("uid", login),
            attributes: &["uid", "cn", "mail", "memberOf"],
            scope: Scope::Subtree,
        };
        let users = &organization.users;
        let bind = |user| ldap::bind(&organization.user_dn(user), &password(user.password));
        let neighbours = Self {
            server: ground.ldap()?,
            reader: ldap::bind(&reader.tenant.reader_dn, &reader.tenant.reader_password),
            searches: users.iter().map(|user| search(&user.login).encode()).collect(),
            binds: users.iter().take(REGULARS).map(bind).collect(),
        };
        let mut connection = Connection::open(neighbours.server)?;
        for bind in neighbours.binds.iter().chain([&neighbours.reader]) {
            connection.ask(bind)?;
        }
        Ok(neighbours)
    }

    /// Lets them work for a while.
    ///
    /// # Errors
    /// When one of them gets no right answer.
    pub(super) fn work(&self, time: Duration) -> Result<Latencies> {
        let begin = now();
        thread::scope(|scope| {
            let start = |requests, entries| {
                let client = move |seed| {
                    let random = Random::new(seed);
                    scope.spawn(move || self.client((requests, entries), random, (begin, time)))
                };
                (1..=CLIENTS).map(client).collect::<Vec<_>>()
            };
            let (searching, binding) = (start(&self.searches, 1), start(&self.binds, 0));
            let gather = |threads: Vec<thread::ScopedJoinHandle<'_, Result<Timeline>>>| {
                let mut all = Timeline::since(begin);
                for thread in threads {
                    all.merge(thread.join().map_err(|_| anyhow!("a neighbour panicked"))??);
                }
                Ok::<_, anyhow::Error>(all)
            };
            Ok(Latencies { searches: gather(searching)?, binds: gather(binding)? })
        })
    }

    fn client(
        &self,
        (requests, entries): (&[Vec<u8>], usize),
        mut random: Random,
        (begin, time): (Instant, Duration),
    ) -> Result<Timeline> {
        let mut connection = Connection::open(self.server)?;
        connection.ask(&self.reader)?;
        let mut latencies = Timeline::since(begin);
        while now() < begin + time {
            let request = random.choose(requests).context("nothing to ask")?;
            let asked = now();
            let found = connection.ask(request)?;
            latencies.record(asked, now() - asked);
            ensure!(found == entries, "{found} entries for {entries}");
            wait_until(now() + PAUSE);
        }
        Ok(latencies)
    }
}
