//! The network gear of one organization that asks about people the daemon knows, whatever others do.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};

use super::{Finding, Ground};
use crate::clock::{now, wait_until};
use crate::data::{Random, User, password};
use crate::histogram::Histogram;
use crate::radius::Gear;

/// Pieces of gear that ask.
const CLIENTS: u64 = 8;
/// How long each waits between an answer and its next question.
const PAUSE: Duration = Duration::from_millis(2);
/// How long each waits for an answer before it asks again.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often it asks about the same.
const TRIES: u64 = 10;
/// People asked about again and again.
const REGULARS: usize = 8;
/// The organization.
pub(super) const NUMBER: usize = 1;
/// How long the others are at it before it counts.
pub(super) const ONSET: Duration = Duration::from_secs(1);
/// Who waits longer than this while nobody else asks has not got the machine for himself.
const QUIET: Duration = Duration::from_millis(10);
/// How many times longer it may take.
const LIMIT: f64 = 2.0;

/// How long answers took, and how many questions were in vain.
struct Seen {
    latencies: Histogram,
    lost: u64,
}

/// The gear and whom it asks about.
struct Honest<'a> {
    server: SocketAddr,
    source: Ipv4Addr,
    secret: &'a str,
    users: Vec<&'a User>,
}

/// Compares the gear alone with the gear beside `others`, who are at it until they are told that it
/// is over, and say then what they did and whether that was enough.
pub(super) fn beside(
    ground: &Ground<'_>,
    what: &str,
    others: impl FnOnce(&AtomicBool) -> Result<(String, bool)> + Send,
) -> Result<Finding> {
    let honest = Honest::of(ground)?;
    let alone = honest.work(ground.measured)?;
    let quiet = alone.p99();
    ensure!(quiet < QUIET, "the machine is busy: a p99 of {quiet:.1?} without any others");
    let over = AtomicBool::new(false);
    let (beside, (deeds, enough)) = thread::scope(|scope| {
        let others = scope.spawn(|| others(&over));
        wait_until(now() + ONSET);
        let beside = honest.work(ground.measured);
        over.store(true, Ordering::Relaxed);
        let deeds = others.join().map_err(|_| anyhow!("the others panicked"))??;
        Ok::<_, anyhow::Error>((beside?, deeds))
    })?;
    let ratio = beside.p99().as_secs_f64() / quiet.as_secs_f64();
    Ok(Finding {
        what: format!("warm PAP of one organization beside {what}"),
        seen: format!(
            "p99 {} µs alone, {} µs beside it: {ratio:.1}×; of {} questions {} had to be asked \
             again; {deeds}",
            quiet.as_micros(),
            beside.p99().as_micros(),
            beside.latencies.count(),
            beside.lost,
        ),
        target: format!("at most {LIMIT:.0}×"),
        met: ratio <= LIMIT && enough,
    })
}

impl Seen {
    fn p99(&self) -> Duration {
        self.latencies.quantile(990)
    }
}

impl<'a> Honest<'a> {
    /// Lets each user in once, so that the daemon knows them.
    fn of(ground: &'a Ground<'_>) -> Result<Self> {
        let reader = ground.crowd().reader(NUMBER.min(ground.setup.data.equal - 1))?;
        let honest = Self {
            server: ground.radius()?.pap,
            source: reader.organization.source,
            secret: &reader.tenant.secret,
            users: reader.organization.users.iter().take(REGULARS).collect(),
        };
        let mut gear = honest.gear()?;
        for user in &honest.users {
            gear.pap(&user.login, &password(user.password))?;
        }
        Ok(honest)
    }

    fn gear(&self) -> Result<Gear> {
        let gear = Gear::open(self.source, self.server, self.secret)?;
        gear.patience(PATIENCE)?;
        Ok(gear)
    }

    fn work(&self, time: Duration) -> Result<Seen> {
        let end = now() + time;
        thread::scope(|scope| {
            let client = |seed| scope.spawn(move || self.client(Random::new(seed), end));
            let clients: Vec<_> = (1..=CLIENTS).map(client).collect();
            let mut all = Seen { latencies: Histogram::new(), lost: 0 };
            for client in clients {
                let seen = client.join().map_err(|_| anyhow!("the gear panicked"))??;
                all.latencies.merge(&seen.latencies);
                all.lost += seen.lost;
            }
            Ok(all)
        })
    }

    fn client(&self, mut random: Random, end: Instant) -> Result<Seen> {
        let mut gear = self.gear()?;
        let mut seen = Seen { latencies: Histogram::new(), lost: 0 };
        while now() < end {
            let user = random.choose(&self.users).context("nobody")?;
            let asked = now();
            seen.lost += self.ask(&mut gear, user)?;
            seen.latencies.record(now() - asked);
            wait_until(now() + PAUSE);
        }
        Ok(seen)
    }

    /// Asks until there is an answer; how often there was none.
    fn ask(&self, gear: &mut Gear, user: &User) -> Result<u64> {
        for lost in 0..TRIES {
            match gear.pap(&user.login, &password(user.password)) {
                Ok(_) => return Ok(lost),
                // A late answer comes to a socket that is gone.
                Err(error) if is_silence(&error) => *gear = self.gear()?,
                Err(error) => return Err(error),
            }
        }
        bail!("no answer to {TRIES} questions")
    }
}

fn is_silence(error: &anyhow::Error) -> bool {
    let broken = error.downcast_ref::<io::Error>();
    broken.is_some_and(|it| matches!(it.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
}
