//! The start, in the order that leaves nothing half up: build what needs no threads, bind all,
//! give up privileges, say READY, serve.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{Config, Data, MasterKeySource, Tls};
use crate::lifecycle::systemd::{self, Notifier};
use crate::lifecycle::{Ending, Lifecycle, Signals};
use crate::logging::LogControl;
use crate::master_key::{self, KeyFiles, MasterKey, MasterKeyError};
use crate::privileges::PrivilegesError;
use crate::randomness::{self, RandomnessError};
use crate::runtimes::Runtimes;
use crate::sockets::{BindError, Sockets};
use crate::tls::{Identity, TlsError};
use crate::{doors, environment, privileges};
use directory::Directory;
use tokio::runtime::Handle;

/// Why the daemon did not start. The first five are for the operator to mend.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The folder of the data cannot be made.
    #[error("{}: {source}", folder.display())]
    Data {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// There is no master key.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// The store was sealed with another master key.
    #[error(
        "this store was sealed with another master key than that of {}; data from a backup takes \
         the master key of then", tried.join(" and that of ")
    )]
    AnotherMasterKey {
        /// Where those that do not fit are.
        tried: Vec<String>,
    },
    /// Privileges could not be given up.
    #[error(transparent)]
    Privileges(#[from] PrivilegesError),
    /// A port cannot be bound.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The directory cannot be opened.
    #[error("the directory cannot be opened: {0}")]
    Open(#[from] directory::OpenError),
    /// Passwords cannot be hashed at the configured cost.
    #[error("[authentication] argon2: {0}")]
    Cost(#[from] directory::authentication::UnusableParameters),
    /// There is no randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
    /// The operating system refuses threads or signal handlers.
    #[error("the runtime cannot be started: {0}")]
    Runtime(#[source] io::Error),
}

/// A daemon whose ports are bound and whose privileges are gone.
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
    /// Reads the certificate, binds every port, gives up privileges, makes the folder of the data
    /// where there is none, and fetches the master key.
    ///
    /// # Errors
    ///
    /// When one of them fails; then nothing stays open.
    pub fn new(config: Config) -> Result<Self, StartError> {
        let tls = load_identity(&config.tls)?;
        let sockets = Sockets::bind(&config)?;
        privileges::give_up(&config.privileges)?;
        make_folder(&config.data.directory)?;
        let master_key = master_key(&config.data)?;
        Ok(Self { config, tls, sockets, master_key })
    }
}

/// Tries what a start could fail at for the configuration's sake, and changes nothing.
///
/// # Errors
///
/// Says what the start would fail at first.
pub(crate) fn rehearse(config: &Config) -> Result<(), StartError> {
    load_identity(&config.tls)?;
    privileges::find(&config.privileges)?;
    doors::hash_parameters(&config.authentication)?;
    rehearse_folder(&config.data.directory)?;
    match &config.data.master_key {
        // Only the service may have the variable.
        MasterKeySource::Environment(name) if environment::variable(name).is_none() => Ok(()),
        source @ MasterKeySource::Environment(_) => {
            master_key::fetch(source, &environment::variable, None)?;
            Ok(())
        }
        // Files and credentials may be the daemon's alone to read.
        MasterKeySource::File(_) | MasterKeySource::Credential(_) => Ok(()),
    }
}

/// Refuses what is there in place of a folder, or above it.
fn rehearse_folder(folder: &Path) -> Result<(), StartError> {
    let found = match folder.metadata() {
        Ok(found) if !found.is_dir() => Err(io::ErrorKind::NotADirectory.into()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Err(error),
        // It is made at the start.
        Ok(_) | Err(_) => Ok(()),
    };
    found.map_err(|source| StartError::Data { folder: folder.to_owned(), source })
}

/// Opens the directory for a command, as whom the daemon becomes: what root would leave there the
/// daemon could not open.
///
/// # Errors
///
/// When privileges cannot be given up, or the folder, the key or the store cannot be had.
pub(crate) fn open_for_command(config: &Config) -> Result<Directory, StartError> {
    open_with_key_for_command(config).map(|(directory, _)| directory)
}

/// As [`open_for_command`]; gives the master key in force as well.
///
/// # Errors
///
/// As [`open_for_command`].
pub(crate) fn open_with_key_for_command(
    config: &Config,
) -> Result<(Directory, MasterKey), StartError> {
    privileges::give_up(&config.privileges)?;
    make_folder(&config.data.directory)?;
    doors::open_by_fitting_key(config, &master_key(&config.data)?)
}

/// Fetches the master key of a store. Where that is a file that is not there, it is made as long as
/// there is no store: what is there already opens with another key alone, which a rotation may have left
/// beside it.
///
/// # Errors
///
/// When it cannot be had, or there is no randomness.
pub(crate) fn master_key(data: &Data) -> Result<MasterKey, StartError> {
    if !has_store(data) {
        return next_master_key(&data.master_key);
    }
    match master_key::fetch(&data.master_key, &environment::variable, None) {
        Err(MasterKeyError::Missing(file)) => {
            let pending = KeyFiles::of(&file).pending()?;
            Ok(pending.ok_or(MasterKeyError::Missing(file))?)
        }
        fetched => Ok(fetched?),
    }
}

/// Fetches the master key that a store is to get, or makes it where that is a file that is not there.
///
/// # Errors
///
/// When it cannot be had, or there is no randomness.
pub(crate) fn next_master_key(source: &MasterKeySource) -> Result<MasterKey, StartError> {
    let fresh = MasterKey::new(randomness::octets()?);
    Ok(master_key::fetch(source, &environment::variable, Some(&fresh))?)
}

/// Whether there is a store, or something that cannot be looked at in its place.
pub(crate) fn has_store(data: &Data) -> bool {
    match data.directory.join(directory::STORE_FILE).metadata() {
        Ok(file) => file.is_file() && file.len() > 0,
        Err(error) => error.kind() != io::ErrorKind::NotFound,
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

/// Runs a daemon over its directory until a signal of the process ends it.
///
/// # Errors
///
/// When it does not start.
pub fn run(
    prepared: Prepared,
    directory: Directory,
    reloadable: Option<Reloadable>,
) -> Result<Ending, StartError> {
    let runtimes = Runtimes::start().map_err(StartError::Runtime)?;
    let ending = runtimes.run(async |background| {
        let signals = Signals::of_process().map_err(StartError::Runtime)?;
        let mut lifecycle = Lifecycle::new(prepared.config.lifecycle.drain, Notifier::of_process());
        if let Some(reloadable) = reloadable {
            reload_log(&mut lifecycle, prepared.config.clone(), reloadable);
        }
        watch(&lifecycle);
        serve(prepared, directory, lifecycle, signals, &background).await
    });
    runtimes.end();
    ending
}

/// Opens the doors of a prepared daemon and runs it until `signals` or the shutdown of
/// `lifecycle` ends it. What takes longer, or may wait, is done in `background`.
///
/// # Errors
///
/// When a door cannot be opened.
pub async fn serve(
    prepared: Prepared,
    directory: Directory,
    mut lifecycle: Lifecycle,
    signals: Signals,
    background: &Handle,
) -> Result<Ending, StartError> {
    if let Some(tls) = prepared.tls.clone() {
        lifecycle.on_reload("certificate", move || tls.reload().map_err(|error| error.to_string()));
    }
    doors::open(prepared, &directory, &lifecycle, background)?;
    lifecycle.notifier().ready();
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "ready");
    let ending = lifecycle.run(signals).await;
    if let Err(error) = directory.settle_reports() {
        tracing::error!(%error, "RADIUS accounting waits for the next start");
    }
    Ok(ending)
}

/// Makes a folder that is its owner's alone. One that exists stays as it is.
fn make_folder(folder: &Path) -> Result<(), StartError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|source| StartError::Data { folder: folder.to_owned(), source })
}

fn load_identity(config: &Tls) -> Result<Option<Arc<Identity>>, TlsError> {
    let (Some(certificate), Some(key)) = (&config.certificate, &config.key) else {
        return Ok(None);
    };
    let sessions = config.sessions as usize;
    let (time, threads) = (config.handshake_timeout, config.handshake_threads);
    Ok(Some(Arc::new(Identity::load(certificate, key, sessions, time, threads)?)))
}

/// Reads the log filter again at SIGHUP, and says so where a changed key needs a restart.
fn reload_log(lifecycle: &mut Lifecycle, running: Config, reloadable: Reloadable) {
    let Reloadable { file, log } = reloadable;
    lifecycle.on_reload("configuration", move || {
        let written = Config::load(&file).map_err(|error| error.to_string())?;
        log.apply(&written.log.filter).map_err(|error| error.to_string())?;
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
        lifecycle.tasks().spawn(systemd::watchdog(notifier, period, shutdown));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::Signal;
    use std::os::unix::fs::PermissionsExt;
    use std::sync::Mutex;

    fn config(folder: &Path, more: &str) -> Config {
        let data = folder.join("data");
        let data = data.display();
        let text = format!(
            "[data]\ndirectory = \"{data}\"\nmaster_key = \"file:{data}/master-key\"\n\
             [ldap]\nlisten = [\"127.0.0.1:0\"]\nlisten_tls = []\n\
             [radius]\nauth = [\"127.0.0.1:0\"]\nacct = []\n\
             [admin_api]\nlisten = []\n\
             [privileges]\nstay_root = true\n{more}"
        );
        Config::parse("t.toml", &text).unwrap()
    }

    #[test]
    fn a_prepared_daemon_has_bound_its_ports_and_keeps_its_data_to_itself() {
        let folder = tempfile::tempdir().unwrap();
        let prepared = Prepared::new(config(folder.path(), "")).unwrap();
        assert_eq!(prepared.sockets.ldap.len(), 1);
        assert_ne!(prepared.sockets.radius_auth[0].address.port(), 0);
        assert!(prepared.sockets.ldap_tls.is_empty() && prepared.tls.is_none());
        let data = folder.path().join("data");
        let mode = data.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn a_bad_certificate_is_refused_before_anything_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let tls = "[tls]\ncertificate = \"/nonexistent.pem\"\nkey = \"/nonexistent.key\"\n";
        let refused = Prepared::new(config(folder.path(), tls)).err().unwrap();
        assert!(matches!(refused, StartError::Tls(_)));
        assert!(!folder.path().join("data").exists());
    }

    #[tokio::test]
    async fn a_daemon_says_ready_and_serves_until_it_is_told_to_end() {
        let folder = tempfile::tempdir().unwrap();
        let prepared = Prepared::new(config(folder.path(), "")).unwrap();
        let directory = doors::open_directory(&prepared.config, &prepared.master_key).unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&told);
        let notifier = Notifier::new(move |states| {
            ear.lock().unwrap().extend(states.iter().map(ToString::to_string));
        });
        let lifecycle = Lifecycle::new(prepared.config.lifecycle.drain, notifier);
        let (send, signals) = Signals::channel();
        send.send(Signal::Terminate).await.unwrap();
        let ending =
            serve(prepared, directory, lifecycle, signals, &Handle::current()).await.unwrap();
        assert!(ending.died.is_empty() && !ending.cut_off);
        assert_eq!(*told.lock().unwrap(), ["READY=1", "STOPPING=1"]);
    }
}
