//! The machine that the figures belong to.

use std::fs;
use std::process::Command;

use anyhow::Result;

use crate::proc::run;

/// Size and software of this machine.
pub(crate) struct Machine {
    /// Model of the processor.
    pub(crate) model: String,
    /// Cores that may be used.
    pub(crate) cores: usize,
    /// Memory in GiB.
    pub(crate) memory: u64,
    /// Kernel release.
    pub(crate) kernel: String,
    /// Name and version of the system.
    pub(crate) system: String,
    /// The day of the measurement (UTC).
    pub(crate) day: String,
}

impl Machine {
    /// Looks at this machine.
    ///
    /// # Errors
    /// When it is not a Linux machine.
    pub(crate) fn look() -> Result<Self> {
        let processors = fs::read_to_string("/proc/cpuinfo")?;
        let memory = fs::read_to_string("/proc/meminfo")?;
        let system = fs::read_to_string("/etc/os-release")?;
        let kilobytes = field(&memory, "MemTotal:");
        let kilobytes = kilobytes.trim_end_matches(" kB").parse::<u64>()?;
        Ok(Self {
            model: field(&processors, "model name\t:"),
            cores: std::thread::available_parallelism()?.get(),
            memory: kilobytes.div_ceil(1024 * 1024),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            system: field(&system, "PRETTY_NAME=").trim_matches('"').to_owned(),
            day: run(Command::new("date").args(["-u", "+%Y-%m-%d"]))?.trim().to_owned(),
        })
    }
}

/// Packets that the kernel had no room for since it started: what waits for each core has a bound,
/// `net.core.netdev_max_backlog`, and so has what waits for a socket of UDP.
///
/// # Errors
/// When the kernel does not tell.
pub(crate) fn lost_packets() -> Result<u64> {
    let told = fs::read_to_string("/proc/net/softnet_stat")?;
    let lost = told.lines().filter_map(|core| core.split_whitespace().nth(1));
    let lost: u64 = lost.map(|count| Ok(u64::from_str_radix(count, 16)?)).sum::<Result<u64>>()?;
    let told = fs::read_to_string("/proc/net/snmp")?;
    let mut udp = told.lines().filter_map(|line| line.strip_prefix("Udp: "));
    let (names, counts) = (udp.next().unwrap_or_default(), udp.next().unwrap_or_default());
    let mut counted = names.split_whitespace().zip(counts.split_whitespace());
    let full = counted.find(|(name, _)| *name == "RcvbufErrors");
    Ok(lost + full.map_or(Ok(0), |(_, count)| count.parse())?)
}

/// The rest of the first line that starts with `name`.
fn field(text: &str, name: &str) -> String {
    let rest = text.lines().find_map(|line| line.strip_prefix(name));
    rest.unwrap_or_default().trim().to_owned()
}
