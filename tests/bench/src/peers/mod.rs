//! The servers: how each is configured, loaded and started.

pub(crate) mod dirsrv;
pub(crate) mod echo;
pub(crate) mod freeradius;
mod load;
pub(crate) mod slapd;
pub(crate) mod tenantry;

pub(crate) use load::hash;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::data::Data;
use crate::proc::{Cores, run};
use crate::tls::Files;

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a server is set up from.
pub(crate) struct Setup<'a> {
    /// Everything to load.
    pub(crate) data: &'a Data,
    /// An empty directory of its own.
    pub(crate) directory: PathBuf,
    /// Where it may run.
    pub(crate) cores: &'a Cores,
    /// The certificate of all servers.
    pub(crate) tls: &'a Files,
    /// Threads for servers that want to be told.
    pub(crate) threads: usize,
}

impl Setup<'_> {
    /// A path in the server's directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Writes a file into the server's directory.
    fn write(&self, name: &str, content: &str) -> Result<PathBuf> {
        let path = self.path(name);
        fs::write(&path, content)?;
        Ok(path)
    }
}

/// Loopback ports that nobody listens on, for UDP and TCP, no two of them the same.
fn free_ports<const N: usize>() -> Result<[SocketAddr; N]> {
    let mut addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); N];
    let mut held = Vec::with_capacity(N);
    for address in &mut addresses {
        let listener = TcpListener::bind(*address)?;
        *address = listener.local_addr()?;
        drop(UdpSocket::bind(*address)?);
        held.push(listener);
    }
    Ok(addresses)
}

/// The version of a Debian package.
fn package_version(package: &str) -> Result<String> {
    run(Command::new("dpkg-query").args(["-W", "-f", "${Version}", package]))
}

/// What the files in a directory take on disk, in octets.
fn disk_usage(directory: &Path) -> Result<u64> {
    let kilobytes = run(Command::new("du").arg("-sk").arg(directory))?;
    let number = kilobytes.split_whitespace().next().unwrap_or_default();
    Ok(number.parse::<u64>()? * 1024)
}
