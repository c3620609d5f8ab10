//! The doors, opened over one directory.

use std::num::NonZeroUsize;
use std::sync::Arc;

use ::admin_api::LdapExplainer;
use tokio::runtime::Handle;

use directory::authentication::{ChallengeLimits, HashParameters, PoolLimits, ThrottlePolicy};
use directory::{
    CertificateBound, Directory, Entropy, EventOptions, FailuresTold, Keep, KnownNames, MasterKey,
    OpenError, OpenOptions, ReplyDictionary, Stopwatch, StoreOptions, milliseconds,
};

use crate::clock::{self, Clock};
use crate::config::{Authentication, Config, MasterKeySource};
use crate::ldap::{self as ldap_door, Entrance};
use crate::lifecycle::Lifecycle;
use crate::master_key::{KeyFiles, MasterKeyError};
use crate::metrics::{self, Jobs, Tally, Watched};
use crate::runtimes::yield_to_others;
use crate::start::{Prepared, StartError};
use crate::{
    admin_api, delivery, ends, lists, master_key, radius as radius_door, randomness, upkeep,
};

/// Opens the directory of a configuration. A rotation of the master key that a crash kept from its
/// end is ended.
///
/// # Errors
/// When the store cannot be opened with this key, nor with one that a rotation left, or the file of the
/// key is gone and what is left does not open it.
pub fn open_directory(
    config: &Config,
    master_key: &master_key::MasterKey,
) -> Result<Directory, StartError> {
    open_by_fitting_key(config, master_key).map(|(directory, _)| directory)
}

/// As [`open_directory`]; gives the key that fits as well, which may be another one than
/// `master_key`: that was read before the store was ours, and a rotation may have ended since.
///
/// # Errors
/// As [`open_directory`].
pub(crate) fn open_by_fitting_key(
    config: &Config,
    master_key: &master_key::MasterKey,
) -> Result<(Directory, master_key::MasterKey), StartError> {
    let (source, mut key) = (&config.data.master_key, master_key.clone());
    let mut in_place = key.clone();
    loop {
        let opened = open_with(config, &key)?;
        let mut tried = vec![source.to_string()];
        let MasterKeySource::File(file) = source else {
            let fitting = opened.map(|directory| (directory, key));
            return fitting.ok_or(StartError::AnotherMasterKey { tried });
        };
        let files = KeyFiles::of(file);
        let pending = files.pending();
        let is_pending = matches!(&pending, Ok(Some(next)) if *next == key);
        if let Some(directory) = opened {
            if is_pending {
                end_rotation(&files, &key);
            }
            return Ok((directory, key));
        }
        if let Ok(Some(next)) = &pending {
            if !is_pending {
                key = next.clone();
                continue;
            }
            tried.push(files.next().display().to_string());
        }
        match files.present()? {
            Some(present) if present != in_place => {
                in_place = present.clone();
                key = present;
            }
            present @ (Some(_) | None) => {
                // A key that waits and cannot be read may be the one.
                pending?;
                return Err(match present {
                    Some(_) => StartError::AnotherMasterKey { tried },
                    None => MasterKeyError::Missing(file.clone()).into(),
                });
            }
        }
    }
}

/// Opens the directory of a configuration with this key and no other; nothing where it does not
/// fit.
///
/// # Errors
/// When the store cannot be opened for another reason.
pub(crate) fn open_with(
    config: &Config,
    key: &master_key::MasterKey,
) -> Result<Option<Directory>, StartError> {
    let (path, master) = (&config.data.directory, MasterKey::from_bytes(*key.octets()));
    match Directory::open(path, master, Arc::new(OsEntropy), &open_options(config)?) {
        Ok(directory) => Ok(Some(directory)),
        Err(OpenError::WrongMasterKey) => Ok(None),
        Err(error) => Err(StartError::from(error)),
    }
}

/// Puts the key that the store is sealed with where it is looked for. Where that cannot be done the
/// store is open all the same, and the next start tries it again.
fn end_rotation(files: &KeyFiles, sealed_with: &master_key::MasterKey) {
    let next = files.next().display();
    match files.finish(sealed_with) {
        Ok(true) => tracing::warn!(
            %next,
            "the store is sealed with the new key of a rotation that was broken off, and with no \
             other: that key has taken the place of the one before"
        ),
        // Somebody copied it into its place.
        Ok(false) => {}
        Err(error) => tracing::warn!(%error, "a rotation of the master key cannot be ended"),
    }
}

/// How the directory of a configuration is opened.
fn open_options(config: &Config) -> Result<OpenOptions, StartError> {
    Ok(OpenOptions {
        store: StoreOptions {
            cache_bytes: config.data.cache,
            events: EventOptions {
                delay: config.events.flush,
                segment_events: config.events.segment,
                prepare: yield_to_others,
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
        failed_searches: FailuresTold(config.events.failed_searches_per_minute),
        passkeys: config.admin_api.relying_party().and_then(Result::ok),
        delivery: config.event_delivery.bounds(),
    })
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
    let groups = sockets.radius_orders;
    let courier = radius_door::Courier::start(&radius, &config.radius, groups, tasks)
        .map_err(StartError::Runtime)?;
    let _behind = background.enter();
    let carrier = delivery::Carrier::new(&config.event_delivery, clock);
    let (own, counted) = (directory.clone(), Arc::clone(&tally));
    delivery::start(carrier.clone(), own, clock, &config, tasks, counted);
    let jobs = Jobs::new(tasks, Arc::clone(&tally), clock);
    ends::start(&jobs, directory.clone(), &config.certificates.warn_before, tls.clone());
    lists::start(tasks, directory.clone(), clock, config.certificates.list_networks.clone());
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
    upkeep::start(&jobs, directory, &config);
    let conversations = Box::new(move || radius.conversations());
    let (own, started) = (directory.clone(), clock.wall());
    let watched = Watched { directory: own, clock, started, crowds, tally, conversations };
    let numbers = metrics::Door::new(watched, &config.metrics);
    numbers.listen(tasks, sockets.metrics).map_err(StartError::Runtime)
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

fn authentication(
    config: &Authentication,
) -> Result<directory::authentication::Options, StartError> {
    let parameters = hash_parameters(config)?;
    let waiting = config.pool_queue as usize;
    let window = milliseconds(config.failure_window);
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
            patience: milliseconds(config.code_patience),
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
