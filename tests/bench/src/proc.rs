//! Processes: started on their cores, looked at through `/proc`, ended on drop.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::clock;

/// Clock ticks a second in `/proc/PID/stat`: fixed by the kernel's interface to 100.
const TICKS: f64 = 100.0;

/// How the cores are shared: the servers on one set, the generator on the other.
#[derive(Clone)]
pub(crate) struct Cores {
    /// For servers, in the words of `taskset`.
    pub(crate) server: String,
    /// For this process.
    pub(crate) generator: String,
    /// How many they are.
    pub(crate) of_server: usize,
    /// All, for loading tools.
    pub(crate) all: String,
}

/// Memory of a process in octets.
#[derive(Clone, Copy, Default)]
pub(crate) struct Memory {
    /// Resident.
    pub(crate) resident: u64,
    /// The resident part that is not a mapped file.
    pub(crate) anonymous: u64,
    /// The highest that `resident` has been.
    pub(crate) peak: u64,
}

/// Memory of a process as its page tables have it, in octets.
#[derive(Clone, Copy)]
pub(crate) struct Footprint {
    /// Resident.
    pub(crate) resident: u64,
    /// The same, with what is shared divided by those who share it.
    pub(crate) proportional: u64,
}

/// A running server.
pub(crate) struct Server {
    child: Child,
}

impl Cores {
    /// Half for the servers, half for the generator; all for both on a single core.
    pub(crate) fn split(count: usize) -> Self {
        let range = |from, to| match to - from {
            0 => format!("{from}"),
            _ => format!("{from}-{to}"),
        };
        let last = count.saturating_sub(1);
        let half = count / 2;
        let all = range(0, last);
        if half == 0 {
            return Self { server: all.clone(), generator: all.clone(), of_server: 1, all };
        }
        Self { server: range(0, half - 1), generator: range(half, last), of_server: half, all }
    }

    /// Moves this process to the generator's cores.
    ///
    /// # Errors
    /// When `taskset` is missing or refuses.
    pub(crate) fn pin_generator(&self) -> Result<()> {
        let own = std::process::id().to_string();
        run(Command::new("taskset").args(["-a", "-p", "-c", &self.generator, &own])).map(drop)
    }
}

impl Server {
    /// Starts `program` on `cores`, its output in `log`. It dies with this process.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) fn start(
        cores: &str,
        program: &str,
        arguments: &[&str],
        log: &Path,
    ) -> Result<Self> {
        let output = File::options().create(true).append(true).open(log)?;
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "taskset", "-c", cores, program])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("starting {program}"))?;
        Ok(Self { child })
    }

    /// Processor time that it has used, user and system.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        cpu_of(self.child.id())
    }

    /// Has it stand still until it is woken, whatever it has to do by itself.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn hold(&self) -> Result<()> {
        self.signal(Signal::SIGSTOP)
    }

    /// Wakes it.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn wake(&self) -> Result<()> {
        self.signal(Signal::SIGCONT)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        Ok(kill(Pid::from_raw(i32::try_from(self.child.id())?), signal)?)
    }

    /// Its memory.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn memory(&self) -> Result<Memory> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let field = |name| octets(&status, name);
        Ok(Memory {
            resident: field("VmRSS:"),
            anonymous: field("RssAnon:"),
            peak: field("VmHWM:"),
        })
    }

    /// Its memory, counted page by page.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn footprint(&self) -> Result<Footprint> {
        let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id()))?;
        let (resident, proportional) = (octets(&rollup, "Rss:"), octets(&rollup, "Pss:"));
        Ok(Footprint { resident, proportional })
    }

    /// Asks it to end (SIGTERM) and waits; nothing where it has ended.
    ///
    /// # Errors
    /// When it does not end within half a minute.
    pub(crate) fn stop(&mut self) -> Result<()> {
        if self.child.try_wait()?.is_some() {
            return Ok(());
        }
        self.signal(Signal::SIGTERM)?;
        clock::poll("the server's end", Duration::from_secs(30), || Ok(self.child.try_wait()?))?;
        Ok(())
    }

    /// Fails when it has ended by itself.
    ///
    /// # Errors
    /// Then.
    pub(crate) fn expect_alive(&mut self) -> Result<()> {
        let ended = self.child.try_wait()?;
        ensure!(ended.is_none(), "the server ended: {ended:?}; see its log");
        Ok(())
    }
}

/// Waits until servers do nothing by themselves: until, between two looks, all together use no more than
/// one part in `idle` of a core. Gives the processor time that they have used by then.
///
/// # Errors
/// When one is gone, or `patience` runs out.
pub(crate) fn rest(
    servers: &[&Server],
    (look, idle): (Duration, u32),
    patience: Duration,
) -> Result<Duration> {
    let used = || servers.iter().map(|server| server.cpu()).sum::<Result<Duration>>();
    let mut before = used()?;
    clock::poll("the servers' rest", patience, || {
        clock::wait_until(clock::now() + look);
        let now = used()?;
        let did = now.saturating_sub(std::mem::replace(&mut before, now));
        Ok((did <= look / idle).then_some(now))
    })
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only when it has already ended.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Raises the number of open files as far as it goes: every organization's gear has a socket.
///
/// # Errors
/// When the kernel refuses.
pub(crate) fn allow_many_files() -> Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, most, most)?)
}

/// Processor time that this process has used.
///
/// # Errors
/// When `/proc` is not there.
pub(crate) fn own_cpu() -> Result<Duration> {
    cpu_of(std::process::id())
}

/// A field of a status file that is given in kilobytes.
fn octets(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.and_then(|rest| rest.split_whitespace().next());
    kilobytes.and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) * 1024
}

fn cpu_of(pid: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = stat.rsplit_once(')').context("a stat line without a name")?;
    let times = fields.split_whitespace().skip(11).take(2);
    let ticks: f64 = times.filter_map(|time| time.parse::<f64>().ok()).sum();
    Ok(Duration::from_secs_f64(ticks / TICKS))
}

/// Lets every other thread go before this one, and at once: what only has less weight is left to run for
/// milliseconds while others wait, which would count as the server's.
///
/// # Errors
/// When `chrt` is missing or refuses.
pub(crate) fn yield_to_others() -> Result<()> {
    let thread = nix::unistd::gettid().to_string();
    run(Command::new("chrt").args(["--idle", "--pid", "0", &thread])).map(drop)
}

/// Runs a command to its end and returns what it printed.
///
/// # Errors
/// When it fails, with what it complained about.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("running {command:?}"))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {complaint}");
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
