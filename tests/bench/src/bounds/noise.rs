//! Packets of RADIUS that are nobody's, far more than there are honest ones.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};

use super::honest::{Duty, NUMBER, beside};
use super::{Finding, Ground};
use crate::clock::{now, wait_until};
use crate::proc::yield_to_others;
use crate::radius::{Gear, Report};

/// Packets a second.
const RATE: f64 = 100_000.0;
/// Microseconds from one packet to the next.
const EVERY: u128 = 10;
/// The share of them that must have been sent.
const ENOUGH: f64 = 0.95;
/// Addresses that they come from.
const SOURCES: usize = 250;
/// Different packets from each.
const PACKETS: usize = 8;
/// How often it is looked how many are due.
const TICK: Duration = Duration::from_millis(1);
/// How many go out at most before that is looked at again.
const AT_ONCE: usize = 500;

/// Who makes the noise.
#[derive(Clone, Copy)]
enum Noise {
    /// Addresses that no organization has gear at.
    Strangers,
    /// The addresses of organizations' gear, with a secret that is none.
    WrongSecrets,
    /// Likewise, with reports for the accounting port.
    Reports,
}

/// A socket, and what it sends in turn.
struct Source {
    gear: Gear,
    packets: Vec<Vec<u8>>,
}

/// Honest gear beside each kind of noise.
pub(super) fn all(ground: &mut Ground<'_>) -> Result<Vec<Finding>> {
    let mut findings = vec![Noise::Strangers.pass(ground)?];
    for noise in [Noise::WrongSecrets, Noise::Reports] {
        ground.restart()?;
        findings.push(noise.pass(ground)?);
    }
    Ok(findings)
}

impl Noise {
    fn pass(self, ground: &Ground<'_>) -> Result<Finding> {
        let what = match self {
            Self::Strangers => "packets from unknown addresses",
            Self::WrongSecrets => "packets from other organizations' addresses with wrong secrets",
            Self::Reports => "reports from other organizations' addresses with wrong secrets",
        };
        let sources = self.sources(ground)?;
        let what = format!("{RATE:.0} {what} a second");
        beside(ground, self.duty(), &what, move |over| make(&sources, over))
    }

    /// What the honest do at the same port.
    const fn duty(self) -> Duty {
        match self {
            Self::Strangers | Self::WrongSecrets => Duty::WarmPap,
            Self::Reports => Duty::Reports,
        }
    }

    fn sources(self, ground: &Ground<'_>) -> Result<Vec<Source>> {
        let server = match self.duty() {
            Duty::WarmPap => ground.radius()?.pap,
            Duty::Reports => ground.radius()?.accounting,
        };
        let organizations = &ground.setup.data.organizations;
        let address = |number: usize| -> Result<Ipv4Addr> {
            match self {
                Self::Strangers => Ok(Ipv4Addr::new(127, 66, 0, u8::try_from(number)? + 1)),
                Self::WrongSecrets | Self::Reports => {
                    let mut others = organizations.iter().skip(NUMBER + 1).cycle();
                    let other = others.nth(number).context("no other organization")?;
                    Ok(other.source)
                }
            }
        };
        let source = |number| -> Result<Source> {
            let mut gear = Gear::open(address(number)?, server, "a-secret-that-is-nobodys")?;
            let packet = |n| {
                let name = format!("stranger-{n}");
                match self.duty() {
                    Duty::WarmPap => gear.pap_packet(&name, "not-the-password"),
                    Duty::Reports => {
                        let session = gear.session();
                        gear.report_packet(&name, session, Report::Start)
                    }
                }
            };
            let packets = (0..PACKETS).map(packet).collect::<Result<_>>()?;
            Ok(Source { gear, packets })
        };
        (0..SOURCES).map(source).collect()
    }
}

/// Sends as many a second as there are to be; what was sent, and whether it was enough.
fn make(sources: &[Source], over: &AtomicBool) -> Result<(String, bool)> {
    // On few cores, from behind the honest, whose answers are timed.
    yield_to_others()?;
    let turn = |turn| sources.iter().map(move |source| (&source.gear, source.packets.get(turn)));
    let packets: Vec<_> = (0..PACKETS).flat_map(turn).collect();
    let (begin, mut sent) = (now(), 0_usize);
    let mut next = packets.iter().cycle();
    while !over.load(Ordering::Relaxed) {
        let due = usize::try_from((now() - begin).as_micros() / EVERY)?;
        for (gear, packet) in next.by_ref().take(due.saturating_sub(sent).min(AT_ONCE)) {
            gear.send(packet.context("no packet")?)?;
            sent += 1;
        }
        if sent >= due {
            wait_until(now() + TICK);
        }
    }
    let rate = sent as f64 / (now() - begin).as_secs_f64();
    Ok((format!("{rate:.0} packets/s were sent"), rate >= RATE * ENOUGH))
}
