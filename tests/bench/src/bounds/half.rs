//! Conversations of EAP that stop after the server's hello, and what each of them holds.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use rustls::ClientConfig;

use super::{Finding, Ground, megabytes};
use crate::data::{User, password};
use crate::radius::{Gear, Half, Inner, Peer};

/// Conversations that are held.
const HALVES: usize = 5_000;
/// What each may take.
const LIMIT: u64 = 40_000;
/// Of so many one goes on afterwards.
const FINISHED: usize = 50;

/// A person behind gear of their organization.
struct Seat<'a> {
    gear: Gear,
    user: &'a User,
}

/// Holds them with TLS 1.3, and with 1.2.
pub(super) fn conversations(ground: &mut Ground<'_>) -> Result<Vec<Finding>> {
    let newer = hold(ground, "TLS 1.3", &ground.radius()?.peers.newer)?;
    ground.restart()?;
    Ok(vec![newer, hold(ground, "TLS 1.2", &ground.radius()?.peers.older)?])
}

fn hold(ground: &Ground<'_>, version: &str, tls: &Arc<ClientConfig>) -> Result<Finding> {
    let server = &ground.subject.server;
    let mut seats = seats(ground)?;
    ensure!(!seats.is_empty(), "nobody");
    // What the first login of each organization leaves behind is not the conversations'.
    for seat in &mut seats {
        seat.with(tls, |gear, peer| gear.eap(peer).map(drop))?;
    }
    let before = server.footprint()?;
    let mut halves: Vec<Half> = Vec::with_capacity(HALVES);
    for number in 0..HALVES {
        let at = number % seats.len();
        let seat = seats.get_mut(at).context("nobody")?;
        halves.push(seat.with(tls, |gear, peer| gear.eap_begin(peer))?);
    }
    let after = server.footprint()?;
    let mut finished = 0;
    let count = seats.len();
    for (number, half) in halves.into_iter().enumerate().step_by(HALVES / FINISHED) {
        let seat = seats.get_mut(number % count).context("nobody")?;
        finished += usize::from(seat.with(tls, |gear, peer| gear.eap_finish(peer, half)).is_ok());
    }
    let taken = after.resident.saturating_sub(before.resident);
    let each = taken / HALVES as u64;
    Ok(Finding {
        what: format!("{HALVES} half-open conversations of EAP-TTLS, {version}"),
        seen: format!(
            "{} more, {:.1} kB each, the replies included that are kept for 10 s; {} RSS before; of \
             {FINISHED} that went on afterwards {finished} were let in",
            megabytes(taken),
            each as f64 / 1e3,
            megabytes(before.resident),
        ),
        target: format!("under {} kB each", LIMIT / 1000),
        met: each < LIMIT && finished == FINISHED,
    })
}

/// The regulars, each with gear of their own.
fn seats<'a>(ground: &'a Ground<'_>) -> Result<Vec<Seat<'a>>> {
    let server = ground.radius()?.wireless;
    let seat = |(number, user)| {
        let reader = ground.crowd().reader(number)?;
        let gear = Gear::open(reader.organization.source, server, &reader.tenant.secret)?;
        Ok(Seat { gear, user })
    };
    ground.setup.data.regulars().into_iter().map(seat).collect()
}

impl Seat<'_> {
    fn with<T>(
        &mut self,
        tls: &Arc<ClientConfig>,
        act: impl FnOnce(&mut Gear, &Peer<'_>) -> Result<T>,
    ) -> Result<T> {
        let password = password(self.user.password);
        let user = &self.user.login;
        let peer = Peer { inner: Inner::TtlsPap, tls, user, password: &password, resumes: false };
        act(&mut self.gear, &peer)
    }
}
