//! The doors, opened over one directory.

use std::fmt::Display;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ::admin_api::LdapExplainer;
use tokio::runtime::Handle;

use directory::accounting::SessionRules;
use directory::authentication::{ChallengeLimits, HashParameters, PoolLimits, ThrottlePolicy};
use directory::{
    CertificateBound, Directory, Entropy, EventOptions, Keep, KnownNames, MasterKey, OpenOptions,
    ReplyDictionary, Stopwatch, StoreOptions, Time,
};

use crate::clock::{self, Clock};
use crate::config::{Authentication, Config};
use crate::ldap::{self as ldap_door, Entrance};
use crate::lifecycle::{Lifecycle, Tasks};
use crate::metrics::{self, Job, Jobs, Tally, Watched};
use crate::runtimes::yield_to_others;
use crate::start::{Prepared, StartError};
use crate::{admin_api, delivery, event_bound, master_key, radius as radius_door, randomness};

/// How often deleted organizations are looked at, whether their time is over.
const HOUSEKEEPING: Duration = Duration::from_secs(60 * 60);
/// Days are counted by UTC.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long after each midnight is counted what organizations have on the new day.
const AFTER_MIDNIGHT: Duration = Duration::from_secs(5);
/// How often sessions on the network are looked at, whether they went silent.
const SESSIONS: Duration = Duration::from_secs(5 * 60);
/// How often reports of sessions go from the journal into the sessions.
const REPORTS: Duration = Duration::from_secs(1);
/// Clocks show nothing smaller to rules of RADIUS clients.
const MINUTE: Duration = Duration::from_secs(60);
/// How long after each minute is looked for times of rules that began or ended: what was let in just before
/// is reported by then.
const AFTER_MINUTE: Duration = Duration::from_secs(5);
/// How often is looked for users whose time is over, and what else of users ends by itself.
const USER_LIVES: Duration = Duration::from_secs(30);
/// How often is looked for a custom attribute that was changed.
const LOOK: Duration = Duration::from_secs(1);
/// How often it is tried to read RADIUS clients that cannot be read.
const AGAIN: Duration = Duration::from_secs(60);
/// What lies between two steps in which records follow one.
const STEP: Duration = Duration::from_millis(20);
/// What lies between two steps of imports.
const BREATH: Duration = Duration::from_millis(1);

/// Opens the directory of a configuration.
///
/// # Errors
/// When the store cannot be opened with this key.
pub fn open_directory(
    config: &Config,
    master_key: &master_key::MasterKey,
) -> Result<Directory, StartError> {
    let options = OpenOptions {
        store: StoreOptions {
            cache_bytes: config.data.cache,
            events: EventOptions {
                delay: config.events.flush,
                segment_events: config.events.segment,
                ..EventOptions::default()
            },
            stopwatch: Stopwatch(clock::stopwatch),
            ..StoreOptions::default()
        },
        authentication: authentication(&config.authentication)?,
        kept: Keep { users: config.data.kept_users as usize, size: config.data.kept_size },
        known_names: KnownNames(ldap_door::naming),
        reply_attributes: ReplyDictionary(crate::radius::reply_attributes),
        sessions: config.radius.session_bounds(),
        order_networks: config.radius.order_networks(),
        certificates: CertificateBound(config.admin_api.issued_certificates),
        admin_sessions: config.admin_api.session_lives(),
        reports: config.devices.reports(),
        grace: config.admin_api.organization_grace(),
        event_retention: config.events.retention_floor(),
        passkeys: config.admin_api.relying_party().and_then(Result::ok),
        delivery: config.event_delivery.bounds(),
    };
    let master = MasterKey::from_bytes(*master_key.octets());
    let path: &Path = &config.data.directory;
    Ok(Directory::open(path, master, Arc::new(OsEntropy), &options)?)
}

/// Opens every door over a directory.
///
/// # Errors
/// When the runtime cannot take a socket.
pub(crate) fn open(
    prepared: Prepared,
    directory: &Directory,
    lifecycle: &Lifecycle,
    background: &Handle,
) -> Result<(), StartError> {
    let Prepared { config, tls, sockets, .. } = prepared;
    let (clock, tasks, tally) = (Clock::start(), lifecycle.tasks(), Arc::<Tally>::default());
    let ldap = ldap_door::Door::new(
        directory.clone(),
        clock,
        &Handle::current(),
        tls.clone(),
        &config.ldap,
        Arc::clone(&tally),
    );
    ldap.listen(tasks, sockets.ldap, Entrance::Clear).map_err(StartError::Runtime)?;
    let cleartext = Entrance::ClearPasswords;
    ldap.listen(tasks, sockets.ldap_cleartext, cleartext).map_err(StartError::Runtime)?;
    ldap.listen(tasks, sockets.ldap_tls, Entrance::Tls).map_err(StartError::Runtime)?;
    let computing = (tls.clone(), background.clone());
    let radius =
        radius_door::Door::new(directory.clone(), clock, computing, &config, Arc::clone(&tally));
    let ports = [
        (sockets.radius_auth, radius::Port::Authentication),
        (sockets.radius_acct, radius::Port::Accounting),
    ];
    for (groups, port) in ports {
        radius.listen(tasks, groups, port).map_err(StartError::Runtime)?;
    }
    radius.listen_inside_tls(tasks, sockets.radsec).map_err(StartError::Runtime)?;
    let mut crowds = [ldap.crowds(), radius.crowds()].concat();
    radius.keep_house(tasks);
    let (own, groups) = (directory.clone(), sockets.radius_orders);
    let counted = (tasks, Arc::clone(&tally));
    let courier = radius_door::Courier::start(own, clock, &config.radius, groups, counted)
        .map_err(StartError::Runtime)?;
    let _behind = background.enter();
    let carrier = delivery::Carrier::new(&config.event_delivery);
    let (own, counted) = (directory.clone(), Arc::clone(&tally));
    delivery::start(carrier.clone(), own, clock, &config, tasks, counted);
    if let Some(tls) = tls {
        let own = (directory.clone(), clock, Arc::clone(&tls));
        let door = admin_api::Door::for_devices(own, &config.devices, Arc::clone(&tally));
        crowds.push(door.crowd());
        door.listen(tasks, sockets.devices).map_err(StartError::Runtime)?;
        let explainer: LdapExplainer =
            Arc::new(move |reading, place, request| ldap.explain(reading, place, request));
        let doors = (courier, explainer, carrier);
        let (own, counted) = (directory.clone(), Arc::clone(&tally));
        let door = admin_api::Door::new(own, clock, tls, doors, &config.admin_api, counted);
        crowds.push(door.crowd());
        door.listen(tasks, sockets.admin_api).map_err(StartError::Runtime)?;
    }
    start_jobs(tasks, directory, &config, &Jobs::new(Arc::clone(&tally), clock));
    let conversations = Box::new(move || radius.conversations());
    let (own, started) = (directory.clone(), clock.wall());
    let watched = Watched { directory: own, clock, started, crowds, tally, conversations };
    let numbers = metrics::Door::new(watched, &config.metrics);
    numbers.listen(tasks, sockets.metrics).map_err(StartError::Runtime)
}

/// Starts what is done in the background again and again.
fn start_jobs(tasks: &Tasks, directory: &Directory, config: &Config, jobs: &Jobs) {
    let (own, jobs) = (|| directory.clone(), || jobs.clone());
    follow_definitions(tasks, own(), jobs());
    work_at_imports(tasks, own(), jobs());
    keep_clients(tasks, own(), jobs());
    keep_house(tasks, own(), config.events.retention, jobs());
    event_bound::start(tasks, own(), config.events.size_per_organization, jobs());
    end_user_lives(tasks, own(), jobs());
    follow_rule_times(tasks, own(), jobs());
    settle_reports(tasks, own(), jobs());
    keep_sessions(tasks, own(), config.radius.session_rules(), jobs());
}

/// Lets records follow changed definitions of custom attributes, in steps between which others
/// change what they want.
fn follow_definitions(tasks: &Tasks, directory: Directory, jobs: Jobs) {
    let (shutdown, clock) = (tasks.shutdown().clone(), jobs.clock());
    tasks.spawn(async move {
        loop {
            let (directory, now) = (directory.clone(), Time(clock.wall()));
            let step = jobs.run(Job::Definitions, move || directory.advance_custom_work(now));
            let pause = match step.await {
                Ok(Ok(true)) => STEP,
                Ok(Ok(false)) => LOOK,
                Ok(Err(error)) => {
                    tracing::error!(%error, "records do not follow a custom attribute");
                    HOUSEKEEPING
                }
                Err(error) => {
                    tracing::error!(%error, "records do not follow a custom attribute");
                    HOUSEKEEPING
                }
            };
            tokio::select! {
                () = shutdown.draining() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    });
}

/// Works at imports, a step of each in turn.
fn work_at_imports(tasks: &Tasks, directory: Directory, jobs: Jobs) {
    let (shutdown, clock) = (tasks.shutdown().clone(), jobs.clock());
    tasks.spawn(async move {
        loop {
            let (directory, now) = (directory.clone(), Time(clock.wall()));
            let asked = shutdown.clone();
            let step = jobs.run(Job::Imports, move || {
                directory.advance_imports(now, &|| !asked.is_draining())
            });
            let pause = match step.await {
                Ok(Ok(true)) => BREATH,
                Ok(Ok(false)) => LOOK,
                Ok(Err(error)) => {
                    tracing::error!(%error, "imports wait");
                    AGAIN
                }
                Err(error) => {
                    tracing::error!(%error, "imports wait");
                    AGAIN
                }
            };
            tokio::select! {
                () = shutdown.draining() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    });
}

/// Reads RADIUS clients before anybody asks for them, and again those that cannot be read, until they
/// can.
fn keep_clients(tasks: &Tasks, directory: Directory, jobs: Jobs) {
    let shutdown = tasks.shutdown().clone();
    tasks.spawn(async move {
        loop {
            let directory = directory.clone();
            let failed = |error: &dyn Display| {
                tracing::error!(%error, "the RADIUS clients cannot be read");
            };
            match jobs.run(Job::RadiusClients, move || directory.renew_gear()).await {
                Ok(Ok(unreadable)) => unreadable.iter().for_each(|one| {
                    let (organization, error) = (one.organization.number(), &one.error);
                    tracing::error!(organization, %error, "its RADIUS clients cannot be read");
                }),
                Ok(Err(error)) => failed(&error),
                Err(error) => failed(&error),
            }
            tokio::select! {
                () = shutdown.draining() => return,
                () = tokio::time::sleep(AGAIN) => {}
            }
        }
    });
}

/// Destroys what deleted organizations left behind, and events, once their time is over.
fn keep_house(tasks: &Tasks, directory: Directory, retention: Duration, jobs: Jobs) {
    let (shutdown, clock) = (tasks.shutdown().clone(), jobs.clock());
    tasks.spawn(async move {
        loop {
            let (directory, now) = (directory.clone(), Time(clock.wall()));
            let work = move || {
                // What is billed does not wait for what else fails.
                if let Err(error) = directory.count_usage(now) {
                    tracing::error!(%error, "users and devices could not be counted");
                }
                let organizations = directory.destroy_expired(now)?;
                let segments = directory.forget_events(now, retention).unwrap_or_else(|error| {
                    tracing::error!(%error, "events could not be forgotten");
                    0
                });
                directory.forget_secrets(now)?;
                directory.forget_repeats(now)?;
                Ok::<_, directory::Error>((organizations, segments))
            };
            match jobs.run(Job::Housekeeping, work).await {
                Ok(Ok((0, 0))) => {}
                Ok(Ok((organizations, segments))) => {
                    tracing::info!(organizations, segments, "removed what was kept long enough");
                }
                Ok(Err(error)) => tracing::error!(%error, "housekeeping failed"),
                Err(error) => tracing::error!(%error, "housekeeping failed"),
            }
            tokio::select! {
                () = shutdown.draining() => return,
                () = tokio::time::sleep(until_housekeeping(clock.wall())) => {}
            }
        }
    });
}

/// How long it is until the house is kept again: an hour, or less where a new day begins before.
fn until_housekeeping(wall: u64) -> Duration {
    let day = u64::try_from(DAY.as_millis()).unwrap_or(u64::MAX);
    let into = Duration::from_millis(wall % day);
    HOUSEKEEPING.min((DAY + AFTER_MIDNIGHT).saturating_sub(into))
}

/// Ends what ends by itself of users, in time: suspends those whose time is over, destroys what is
/// left of deleted ones, ends invitations. Tells of devices of which nothing is heard any more, and of
/// searches and sign-ins that failed and were only counted.
fn end_user_lives(tasks: &Tasks, directory: Directory, jobs: Jobs) {
    let (shutdown, clock) = (tasks.shutdown().clone(), jobs.clock());
    tasks.spawn(async move {
        loop {
            let (directory, again) = (directory.clone(), directory.clone());
            let now = Time(clock.wall());
            let end = move || {
                directory.tell_untold_failures(now);
                directory.end_user_lives(now)
            };
            match jobs.run(Job::UserLives, end).await {
                Ok(Ok(0)) => {}
                Ok(Ok(ended)) => tracing::debug!(ended, "users, deleted users and invitations"),
                Ok(Err(error)) => tracing::error!(%error, "some lives of users do not end"),
                Err(error) => tracing::error!(%error, "some lives of users do not end"),
            }
            let directory = again;
            let tell = move || directory.tell_silent_devices(now);
            match jobs.run(Job::SilentDevices, tell).await {
                Ok(Ok(0)) => {}
                Ok(Ok(silent)) => tracing::debug!(silent, "devices were not heard of for too long"),
                Ok(Err(error)) => tracing::error!(%error, "some silent devices are not told of"),
                Err(error) => tracing::error!(%error, "some silent devices are not told of"),
            }
            tokio::select! {
                () = shutdown.draining() => return,
                () = tokio::time::sleep(USER_LIVES) => {}
            }
        }
    });
}

/// Has sessions looked at again when a time of a rule of their RADIUS client begins or ends; at the start for
/// those that began or ended while no daemon was there.
fn follow_rule_times(tasks: &Tasks, directory: Directory, jobs: Jobs) {
    let (shutdown, clock) = (tasks.shutdown().clone(), jobs.clock());
    tasks.spawn(async move {
        let mut before = None;
        loop {
            let (directory, now) = (directory.clone(), Time(clock.wall()));
            let follow = move || directory.follow_rule_times(before, now);
            match jobs.run(Job::RuleTimes, follow).await {
                Ok(Ok(clients)) => {
                    before = Some(now);
                    if clients > 0 {
                        tracing::debug!(clients, "times of rules began or ended");
                    }
                }
                Ok(Err(error)) => tracing::error!(%error, "some times of rules are not followed"),
                Err(error) => tracing::error!(%error, "some times of rules are not followed"),
            }
            tokio::select! {
                () = shutdown.draining() => return,
                () = tokio::time::sleep(until_behind_minute(clock.wall())) => {}
            }
        }
    });
}

/// How long it is until the next minute has begun for a moment.
fn until_behind_minute(wall: u64) -> Duration {
    let into = Duration::from_millis(wall % 60_000);
    (MINUTE + AFTER_MINUTE).saturating_sub(into)
}

/// What a new hash costs.
///
/// # Errors
///
/// When Argon2 is not defined for it, or it is more than a login may cost.
pub(crate) fn hash_parameters(config: &Authentication) -> Result<HashParameters, StartError> {
    let kib = u32::try_from(config.argon2_memory >> 10).unwrap_or(u32::MAX);
    let (passes, lanes) = (config.argon2_iterations, config.argon2_parallelism);
    Ok(HashParameters::new(kib, passes, lanes)?)
}

/// Brings what network gear reported into the sessions, much of it at once.
fn settle_reports(tasks: &Tasks, directory: Directory, jobs: Jobs) {
    let shutdown = tasks.shutdown().clone();
    tasks.spawn(async move {
        loop {
            tokio::select! {
                () = shutdown.draining() => return,
                () = tokio::time::sleep(REPORTS) => {}
            }
            let directory = directory.clone();
            let settled = jobs.run(Job::Reports, move || {
                let settled = directory.settle_reports();
                for error in directory.lost_reports() {
                    tracing::error!(%error, "a RADIUS accounting report is lost");
                }
                settled
            });
            match settled.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "RADIUS accounting waits"),
                Err(error) => tracing::error!(%error, "RADIUS accounting waits"),
            }
        }
    });
}

/// Ends and forgets sessions on the network, in steps.
fn keep_sessions(tasks: &Tasks, directory: Directory, rules: SessionRules, jobs: Jobs) {
    let (shutdown, clock) = (tasks.shutdown().clone(), jobs.clock());
    tasks.spawn(async move {
        loop {
            let (directory, now) = (directory.clone(), Time(clock.wall()));
            let step = jobs.run(Job::Sessions, move || directory.keep_sessions(now, rules));
            let pause = match step.await {
                Ok(Ok(0)) => SESSIONS,
                Ok(Ok(_)) => STEP,
                Ok(Err(error)) => {
                    tracing::error!(%error, "sessions on the network are not looked after");
                    HOUSEKEEPING
                }
                Err(error) => {
                    tracing::error!(%error, "sessions on the network are not looked after");
                    HOUSEKEEPING
                }
            };
            tokio::select! {
                () = shutdown.draining() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    });
}

fn authentication(
    config: &Authentication,
) -> Result<directory::authentication::Options, StartError> {
    let parameters = hash_parameters(config)?;
    let waiting = config.pool_queue as usize;
    let window = u64::try_from(config.failure_window.as_millis()).unwrap_or(u64::MAX);
    let source_failures = config.failures_per_source;
    Ok(directory::authentication::Options {
        parameters,
        pool: PoolLimits {
            threads: NonZeroUsize::new(config.pool_threads).unwrap_or(NonZeroUsize::MIN),
            waiting,
            waiting_per_organization: config.pool_queue_per_organization as usize,
            prepare: yield_to_others,
        },
        throttle: ThrottlePolicy {
            free_failures: config.failures_per_user,
            forget_ms: window,
            source_failures,
            source_refill_ms: window / u64::from(source_failures.max(1)),
            ..ThrottlePolicy::default()
        },
        remembered: config.verified_entries as usize,
        challenges: ChallengeLimits {
            all: config.code_challenges as usize,
            of_organization: config.code_challenges_per_organization as usize,
            patience: u64::try_from(config.code_patience.as_millis()).unwrap_or(u64::MAX),
        },
        ..directory::authentication::Options::default()
    })
}

/// Randomness of the operating system, which the directory is handed.
struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&self, out: &mut [u8]) {
        if let Err(error) = randomness::fill(out) {
            // Keys must not be made of what is not random.
            tracing::error!(%error, "no randomness: stopping at once");
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_is_kept_in_each_hour_and_soon_after_each_midnight() {
        let day = 24 * 60 * 60;
        for (into, seconds) in [
            (0, 3_600),
            (4, 3_600),
            (40_000, 3_600),
            (day - 3_595, 3_600),
            (day - 3_594, 3_599),
            (day - 1, 6),
        ] {
            let wall = (19_000 * day + into) * 1_000;
            assert_eq!(until_housekeeping(wall), Duration::from_secs(seconds), "{into}");
        }
    }

    #[test]
    fn times_of_rules_are_looked_at_soon_after_each_minute_whenever_the_last_look_was() {
        for (into, seconds) in [(0, 65), (4_000, 61), (5_000, 60), (59_000, 6)] {
            let wall = 1_700_000_040_000 + into;
            assert_eq!(until_behind_minute(wall), Duration::from_secs(seconds), "{into}");
        }
    }
}
