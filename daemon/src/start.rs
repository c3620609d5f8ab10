//! The start, in the order that leaves nothing half up: build what needs no threads, bind all,
//! give up privileges, say READY, serve.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::config::{Config, Tls};
use crate::lifecycle::systemd::{self, Notifier};
use crate::lifecycle::{Ending, Lifecycle, Signals};
use crate::logging::LogControl;
use crate::master_key::{self, MasterKey, MasterKeyError};
use crate::privileges::PrivilegesError;
use crate::randomness::{self, RandomnessError};
use crate::sockets::{BindError, Sockets};
use crate::tls::{Identity, TlsError};
use crate::{environment, privileges};

/// Why the daemon did not start. The first three are for the operator to mend.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// There is no master key.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// Privileges could not be given up.
    #[error(transparent)]
    Privileges(#[from] PrivilegesError),
    /// A port cannot be bound.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// There is no randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
    /// The operating system refuses threads or signal handlers.
    #[error("the runtime cannot be started: {0}")]
    Runtime(#[source] io::Error),
}

/// A daemon whose ports are bound and whose privileges are gone.
#[derive(Debug)]
pub struct Prepared {
    /// What it was told.
    pub config: Config,
    /// Who it is to TLS clients; none where no listener needs it.
    pub tls: Option<Arc<Identity>>,
    /// What it listens on.
    pub sockets: Sockets,
    /// The key that seals secrets.
    pub master_key: MasterKey,
}

impl Prepared {
    /// Reads the certificate, binds every port, gives up privileges and fetches the master key.
    ///
    /// # Errors
    ///
    /// When one of them fails; then nothing stays open.
    pub fn new(config: Config) -> Result<Self, StartError> {
        let tls = load_identity(&config.tls)?;
        let sockets = Sockets::bind(&config)?;
        privileges::give_up(&config.privileges)?;
        let fresh = MasterKey::new(randomness::octets()?);
        let source = &config.data.master_key;
        let master_key = master_key::fetch(source, &environment::variable, &fresh)?;
        Ok(Self {
            config,
            tls,
            sockets,
            master_key,
        })
    }
}

/// What is read again at SIGHUP, besides the certificate.
#[derive(Debug)]
pub struct Reloadable {
    /// The configuration file.
    pub file: PathBuf,
    /// The log, whose filter stands in it.
    pub log: LogControl,
}

/// Runs a daemon until a signal of the process ends it.
///
/// # Errors
///
/// When it does not start.
pub fn run(prepared: Prepared, reloadable: Reloadable) -> Result<Ending, StartError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("tenantryd")
        .build()
        .map_err(StartError::Runtime)?;
    runtime.block_on(async {
        let signals = Signals::of_process().map_err(StartError::Runtime)?;
        let mut lifecycle = Lifecycle::new(prepared.config.lifecycle.drain, Notifier::of_process());
        reload_log(&mut lifecycle, prepared.config.clone(), reloadable);
        watch(&lifecycle);
        serve(prepared, lifecycle, signals).await
    })
}

/// Opens the doors of a prepared daemon and runs it until `signals` or the shutdown of
/// `lifecycle` ends it.
///
/// # Errors
///
/// When a door cannot be opened.
pub async fn serve(
    prepared: Prepared,
    mut lifecycle: Lifecycle,
    signals: Signals,
) -> Result<Ending, StartError> {
    if let Some(tls) = prepared.tls.clone() {
        lifecycle.on_reload("certificate", move || {
            tls.reload().map_err(|error| error.to_string())
        });
    }
    lifecycle.notifier().ready();
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "ready");
    Ok(lifecycle.run(signals).await)
}

fn load_identity(config: &Tls) -> Result<Option<Arc<Identity>>, TlsError> {
    let (Some(certificate), Some(key)) = (&config.certificate, &config.key) else {
        return Ok(None);
    };
    let sessions = config.sessions as usize;
    Ok(Some(Arc::new(Identity::load(certificate, key, sessions)?)))
}

/// Reads the log filter again at SIGHUP, and says so where a changed key needs a restart.
fn reload_log(lifecycle: &mut Lifecycle, running: Config, reloadable: Reloadable) {
    let Reloadable { file, log } = reloadable;
    lifecycle.on_reload("configuration", move || {
        let written = Config::load(&file).map_err(|error| error.to_string())?;
        log.apply(&written.log.filter)
            .map_err(|error| error.to_string())?;
        let mut expected = running.clone();
        expected.log.filter = written.log.filter.clone();
        if written != expected {
            tracing::warn!("only [log] filter and the certificate change without a restart");
        }
        Ok(())
    });
}

/// Keeps systemd's watchdog content, if there is one.
fn watch(lifecycle: &Lifecycle) {
    if let Some(period) = systemd::watchdog_period() {
        let shutdown = lifecycle.tasks().shutdown().clone();
        let notifier = lifecycle.notifier().clone();
        lifecycle
            .tasks()
            .spawn(systemd::watchdog(notifier, period, shutdown));
    }
}
