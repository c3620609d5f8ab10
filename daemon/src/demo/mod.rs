//! `tenantryd demo`: two organizations with everything in them, on loopback.

mod admins;
mod description;
mod organizations;
mod past;

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};

use directory::authentication::contains_name;
use directory::{Directory, Time};

use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::private_file;
use crate::start::Prepared;
use crate::tls::{SelfSignedError, self_signed};
pub(crate) use description::Description;

/// Where the facts of a demonstration are kept, so that it can be started again.
const FACTS: &str = "demo.json";

/// Why there is no demonstration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    /// A file cannot be written or read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// No certificate could be made.
    #[error(transparent)]
    Certificate(#[from] SelfSignedError),
    /// The configuration that it makes for itself is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The directory refused something.
    #[error("the demonstration's data cannot be made: {0}")]
    Directory(#[from] directory::Error),
    /// An admin could not sign in.
    #[error("an admin of the demonstration could not sign in: {0}")]
    SignIn(&'static str),
}

/// Makes the configuration of a demonstration in a folder, with a certificate of its own.
pub(crate) fn configure(folder: &Path, log: &str) -> Result<Config, DemoError> {
    let at = |source| DemoError::File { path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(at)?;
    let folder = folder.canonicalize().map_err(at)?;
    let tls = folder.join("tls");
    if !tls.exists() {
        std::fs::create_dir(&tls).map_err(at)?;
        let names = ["localhost", "127.0.0.1", "::1"];
        self_signed(&names, Clock::start().wall())?.write(&tls)?;
    }
    let tcp = |port| free(port, |address| TcpListener::bind(address).is_ok());
    let udp = |port| free(port, |address| UdpSocket::bind(address).is_ok());
    let api = known(tcp(8443));
    let text = format!(
        "[data]\ndirectory = {data:?}\nmaster_key = {key:?}\n\
         [ldap]\nlisten = [\"{ldap}\"]\nlisten_tls = [\"{ldaps}\"]\ncleartext_bind = true\n\
         [radius]\nauth = [\"{auth}\"]\nacct = [\"{acct}\"]\nradsec = [\"{radsec}\"]\n\
         order_networks_excepted = []\n\
         [devices]\nlisten = [\"{devices}\"]\n\
         [admin_api]\nlisten = [\"{api}\"]\nrequests_per_minute = 60000000\n\
         connections_per_source = 1000\nturn_timeout = \"1m\"\n\
         passkey_domain = \"localhost\"\npasskey_origins = [\"https://localhost:{port}\"]\n\
         [event_delivery]\ndirectory = {delivered:?}\nnetworks = [\"127.0.0.0/8\"]\n\
         in_clear = true\ninterval = \"100ms\"\nattempts = 4\nfirst_pause = \"100ms\"\n\
         longest_pause = \"1s\"\n\
         [tls]\ncertificate = {certificate:?}\nkey = {private:?}\n\
         [privileges]\nstay_root = true\n\
         [log]\nfilter = {log:?}\n",
        data = folder.join("data"),
        key = format!("file:{}", folder.join("master-key").display()),
        ldap = tcp(1389),
        ldaps = tcp(1636),
        auth = udp(1812),
        acct = udp(1813),
        radsec = tcp(2083),
        devices = tcp(8444),
        delivered = folder.join("delivered"),
        port = api.port(),
        certificate = tls.join("server.pem"),
        private = tls.join("server.key"),
    );
    Ok(Config::parse("the demonstration's configuration", &text)?)
}

/// The port on loopback, or any other where it is taken.
fn free(port: u16, binds: impl Fn(SocketAddr) -> bool) -> SocketAddr {
    let wished = SocketAddr::from(([127, 0, 0, 1], port));
    if binds(wished) { wished } else { SocketAddr::from(([127, 0, 0, 1], 0)) }
}

/// The address with a port of its own: the pages on which passkeys count are named beforehand.
fn known(address: SocketAddr) -> SocketAddr {
    let chosen = TcpListener::bind(address).and_then(|listener| listener.local_addr());
    chosen.unwrap_or(address)
}

/// Fills an empty directory, or finds what was filled in before; tells what is there.
pub(crate) fn fill(
    folder: &Path,
    prepared: &Prepared,
    directory: &Directory,
) -> Result<Description, DemoError> {
    let facts = folder.join(FACTS);
    let at = |source| DemoError::File { path: facts.clone(), source };
    let mut description = if facts.exists() {
        let text = std::fs::read(&facts).map_err(at)?;
        serde_json::from_slice(&text).map_err(|error| at(error.into()))?
    } else {
        let made = make(directory, Time(Clock::start().wall()))?;
        let text = serde_json::to_vec_pretty(&made).map_err(|error| at(error.into()))?;
        private_file::replace(&facts, &text).map_err(at)?;
        made
    };
    description.settle(folder, prepared);
    Ok(description)
}

/// Lets all organizations that there are have a past of so many events.
pub(crate) fn tell_past(
    directory: &Directory,
    description: &Description,
    events: u64,
) -> Result<(), DemoError> {
    let nobody = admins::nobody(Time(Clock::start().wall()));
    past::tell(directory, nobody, description.top_key(), events)
}

fn make(directory: &Directory, now: Time) -> Result<Description, DemoError> {
    let admins = admins::create(directory, now)?;
    let organizations = organizations::create(directory, admins.top())?;
    Ok(Description::new(admins, organizations))
}

/// A random password that none of its owner's names happens to be in: the quality rules refuse
/// those.
fn password(directory: &Directory, length: usize, names: &[&str]) -> String {
    loop {
        let password = directory.tools().password(length);
        if !contains_name(&password, names) {
            return password;
        }
    }
}

/// Writes the description as JSON.
pub(crate) fn describe(description: &Description, file: &Path) -> Result<(), DemoError> {
    let at = |source: io::Error| DemoError::File { path: file.to_owned(), source };
    let text = serde_json::to_vec_pretty(description).map_err(|error| at(error.into()))?;
    private_file::replace(file, &text).map_err(at)
}

/// Prints what there is, with lines that can be pasted.
pub(crate) fn print(description: &Description, out: &mut impl Write) -> io::Result<()> {
    out.write_all(description.lines().as_bytes())?;
    out.flush()
}
