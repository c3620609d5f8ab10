//! The network gear of one organization that asks about people the daemon knows, or reports about
//! sessions, whatever others do.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};

use super::timeline::Timeline;
use super::{Finding, Ground};
use crate::clock::{now, wait_until};
use crate::data::{Random, User, password};
use crate::radius::{Gear, Report};

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
/// How many times longer it may take.
const LIMIT: f64 = 2.0;

/// What the gear does.
#[derive(Clone, Copy)]
pub(super) enum Duty {
    /// It asks by PAP.
    WarmPap,
    /// It reports: each session's start, what it used meanwhile, and its end.
    Reports,
}

/// How long answers took, and how many questions were in vain.
struct Seen {
    latencies: Timeline,
    lost: u64,
}

/// The gear and whom it asks or reports about.
struct Honest<'a> {
    duty: Duty,
    server: SocketAddr,
    source: Ipv4Addr,
    secret: &'a str,
    users: Vec<&'a User>,
}

/// Compares the gear alone with the gear beside `others`, who are at it until they are told that it
/// is over, and say then what they did and whether that was enough.
pub(super) fn beside(
    ground: &Ground<'_>,
    duty: Duty,
    what: &str,
    others: impl FnOnce(&AtomicBool) -> Result<(String, bool)> + Send,
) -> Result<Finding> {
    let honest = Honest::of(duty, ground)?;
    let alone = honest.work(ground.measured)?;
    let quiet = alone.latencies.p99();
    ensure!(quiet < duty.quiet(), "the machine is busy: a p99 of {quiet:.1?} without any others");
    let over = AtomicBool::new(false);
    let (beside, (deeds, enough)) = thread::scope(|scope| {
        let others = scope.spawn(|| others(&over));
        wait_until(now() + ONSET);
        let beside = honest.work(ground.measured);
        over.store(true, Ordering::Relaxed);
        let deeds = others.join().map_err(|_| anyhow!("the others panicked"))??;
        Ok::<_, anyhow::Error>((beside?, deeds))
    })?;
    let (compared, ratio) = alone.latencies.told(&beside.latencies);
    Ok(Finding {
        what: format!("{} of one organization beside {what}", duty.title()),
        seen: format!(
            "p99 {compared}; of {} questions {} had to be asked again; {deeds}",
            beside.latencies.count(),
            beside.lost,
        ),
        target: format!("at most {LIMIT:.0}×"),
        met: ratio <= LIMIT && enough,
    })
}

impl Duty {
    const fn title(self) -> &'static str {
        match self {
            Self::WarmPap => "warm PAP",
            Self::Reports => "accounting",
        }
    }

    /// Who waits longer than this while nobody else asks has not got the machine for himself; what is
    /// reported is on the disk before it is answered.
    const fn quiet(self) -> Duration {
        match self {
            Self::WarmPap => Duration::from_millis(10),
            Self::Reports => Duration::from_millis(50),
        }
    }
}

impl<'a> Honest<'a> {
    /// Lets each user in once, so that the daemon knows them.
    fn of(duty: Duty, ground: &'a Ground<'_>) -> Result<Self> {
        let radius = ground.radius()?;
        let reader = ground.crowd().reader(NUMBER.min(ground.setup.data.equal - 1))?;
        let honest = Self {
            duty,
            server: match duty {
                Duty::WarmPap => radius.pap,
                Duty::Reports => radius.accounting,
            },
            source: reader.organization.source,
            secret: &reader.tenant.secret,
            users: reader.organization.users.iter().take(REGULARS).collect(),
        };
        let mut gear = Gear::open(honest.source, radius.pap, honest.secret)?;
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
        let begin = now();
        thread::scope(|scope| {
            let client = |seed| scope.spawn(move || self.client(Random::new(seed), begin, time));
            let clients: Vec<_> = (1..=CLIENTS).map(client).collect();
            let mut all = Seen { latencies: Timeline::since(begin), lost: 0 };
            for client in clients {
                let seen = client.join().map_err(|_| anyhow!("the gear panicked"))??;
                all.lost += seen.lost;
                all.latencies.merge(seen.latencies);
            }
            Ok(all)
        })
    }

    fn client(&self, mut random: Random, begin: Instant, time: Duration) -> Result<Seen> {
        let mut gear = self.gear()?;
        let mut seen = Seen { latencies: Timeline::since(begin), lost: 0 };
        let mut turn = (gear.session(), Report::Start);
        let mut user = random.choose(&self.users).context("nobody")?;
        while now() < begin + time {
            let asked = now();
            seen.lost += self.ask(&mut gear, user, turn)?;
            seen.latencies.record(asked, now() - asked);
            turn.1 = turn.1.next();
            if matches!(turn.1, Report::Start) {
                turn.0 = gear.session();
                user = random.choose(&self.users).context("nobody")?;
            }
            wait_until(now() + PAUSE);
        }
        Ok(seen)
    }

    /// Asks until there is an answer; how often there was none.
    fn ask(&self, gear: &mut Gear, user: &User, (session, report): (u64, Report)) -> Result<u64> {
        for lost in 0..TRIES {
            let answered = match self.duty {
                Duty::WarmPap => gear.pap(&user.login, &password(user.password)),
                Duty::Reports => gear.report(&user.login, session, report),
            };
            match answered {
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
