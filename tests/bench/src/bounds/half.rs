//! Conversations of EAP that stop on the way, and what each of them holds.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use rustls::ClientConfig;
use serde_json::json;

use super::{Finding, Ground, admins, megabytes};
use crate::data::{User, password};
use crate::radius::{Gear, Half, Inner, MORE, Peer};
use crate::tls::{People, Version};

/// Conversations that are held.
const HALVES: usize = 5_000;
/// The same of those that have sent what they can: a dozen rounds each.
const HOSTILE: usize = 2_000;
/// What each may take.
const LIMIT: u64 = 40_000;
/// Of so many one goes on afterwards.
const FINISHED: usize = 50;
/// Octets of what a hostile peer sends at a time.
const PIECE: usize = 1_000;
/// More pieces than any server should take.
const MOST: usize = 100;
/// The head of a record of TLS that is longer than all that is sent of it.
const RECORD: [u8; 5] = [0x16, 3, 3, 0x40, 0];

/// How far a peer goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// As far as the server's hello.
    Hello,
    /// Beyond it, into a message that does not end, as far as the server lets it.
    Message,
    /// Likewise, into a record of TLS that does not end, by whole messages.
    Record,
}

/// A kind of conversation.
struct Kind {
    inner: Inner,
    version: Version,
    stop: Stop,
}

const KINDS: [Kind; 6] = [
    Kind { inner: Inner::TtlsPap, version: Version::Newer, stop: Stop::Hello },
    Kind { inner: Inner::TtlsPap, version: Version::Older, stop: Stop::Hello },
    Kind { inner: Inner::Tls, version: Version::Newer, stop: Stop::Hello },
    Kind { inner: Inner::Tls, version: Version::Older, stop: Stop::Hello },
    Kind { inner: Inner::Tls, version: Version::Older, stop: Stop::Message },
    Kind { inner: Inner::Tls, version: Version::Older, stop: Stop::Record },
];

/// A person behind gear of their organization.
struct Seat<'a> {
    gear: Gear,
    user: &'a User,
    inner: Inner,
    tls: Arc<ClientConfig>,
}

/// Holds some of each kind.
pub(super) fn conversations(ground: &mut Ground<'_>) -> Result<Vec<Finding>> {
    let people = People::new()?;
    vouch(ground, &people)?;
    let mut findings = Vec::new();
    for kind in KINDS {
        // Each begins without what the one before has left.
        ground.restart()?;
        findings.push(kind.hold(ground, &people)?);
    }
    Ok(findings)
}

/// Has the organizations of the regulars trust who vouches for people.
fn vouch(ground: &Ground<'_>, people: &People) -> Result<()> {
    let body = json!({
        "name": "people", "certificate": people.pem(), "holder": "user_by_common_name",
    });
    let regulars = ground.setup.data.regulars();
    let mut numbers: Vec<usize> = regulars.into_iter().map(|(number, _)| number).collect();
    numbers.dedup();
    let mut connection = ground.admin()?.open()?;
    for number in numbers {
        let slug = &ground.crowd().reader(number)?.organization.slug;
        let organization = admins::organization(&mut connection, slug)?;
        let path = format!("/v1/organizations/{organization}/certificate-authorities");
        connection.call("POST", &path, &body)?;
    }
    Ok(())
}

impl Kind {
    const fn count(&self) -> usize {
        match self.stop {
            Stop::Hello => HALVES,
            Stop::Message | Stop::Record => HOSTILE,
        }
    }

    fn title(&self) -> String {
        let (count, method) = (self.count(), self.inner.title());
        let version = match self.version {
            Version::Older => "TLS 1.2",
            Version::Newer => "TLS 1.3",
        };
        let how = match self.stop {
            Stop::Hello => "half-open conversations",
            Stop::Message => "conversations stopped in a message as long as is taken",
            Stop::Record => "conversations stopped in a record of TLS as long as is taken",
        };
        format!("{count} {how} of {method}, {version}")
    }

    fn hold(&self, ground: &Ground<'_>, people: &People) -> Result<Finding> {
        let server = &ground.subject.server;
        let mut seats = self.seats(ground, people)?;
        // What the first login of each organization leaves behind is not the conversations'.
        for seat in &mut seats {
            seat.with(|gear, peer| gear.eap(peer).map(drop))?;
        }
        let pieces = self.taken(seats.first_mut().context("nobody")?)?;
        let before = server.footprint()?;
        let (halves, seated) = (self.count(), seats.len());
        let mut held: Vec<Half> = Vec::with_capacity(halves);
        for number in 0..halves {
            let seat = seats.get_mut(number % seated).context("nobody")?;
            held.push(self.begin(seat, pieces)?);
        }
        let after = server.footprint()?;
        let finished = self.let_in(&mut seats, held)?;
        let each = after.resident.saturating_sub(before.resident) / halves as u64;
        let sent = match self.stop {
            Stop::Hello => String::new(),
            Stop::Message | Stop::Record => format!(" after {pieces} pieces of {PIECE} octets"),
        };
        let whose = match self.stop {
            Stop::Hello => "that went on afterwards",
            Stop::Message | Stop::Record => "honest ones afterwards",
        };
        Ok(Finding {
            what: self.title(),
            seen: format!(
                "{} more, {:.1} kB each{sent}, the replies included that are kept for 10 s; {} RSS \
                 before; of {FINISHED} {whose} {finished} were let in",
                megabytes(each * halves as u64),
                each as f64 / 1e3,
                megabytes(before.resident),
            ),
            target: format!("under {} kB each", LIMIT / 1000),
            met: each < LIMIT && finished == FINISHED,
        })
    }

    /// How many pieces of what a hostile peer sends the server takes: the next one it refuses.
    fn taken(&self, seat: &mut Seat<'_>) -> Result<usize> {
        if self.stop == Stop::Hello {
            return Ok(0);
        }
        let mut half = seat.with(|gear, peer| gear.eap_begin(peer))?;
        for number in 0..MOST {
            let piece = self.stop.piece(number);
            if !seat.with(|gear, peer| gear.eap_piece(peer, &mut half, &piece))? {
                return Ok(number);
            }
        }
        Ok(MOST)
    }

    fn begin(&self, seat: &mut Seat<'_>, pieces: usize) -> Result<Half> {
        seat.with(|gear, peer| {
            let mut half = gear.eap_begin(peer)?;
            for number in 0..pieces {
                let goes_on = gear.eap_piece(peer, &mut half, &self.stop.piece(number))?;
                ensure!(goes_on, "piece {number} of {pieces} is not taken this time");
            }
            Ok(half)
        })
    }

    /// How many are let in, of some that go on, or of as many others where none can.
    fn let_in(&self, seats: &mut [Seat<'_>], held: Vec<Half>) -> Result<usize> {
        let (mut finished, seated) = (0, seats.len());
        for (number, half) in held.into_iter().enumerate().step_by(self.count() / FINISHED) {
            let seat = seats.get_mut(number % seated).context("nobody")?;
            let ended = seat.with(|gear, peer| match self.stop {
                Stop::Hello => gear.eap_finish(peer, half),
                Stop::Message | Stop::Record => gear.eap(peer).map(drop),
            });
            finished += usize::from(ended.is_ok());
        }
        Ok(finished)
    }

    /// The regulars, each with gear of their own.
    fn seats<'a>(&self, ground: &'a Ground<'_>, people: &People) -> Result<Vec<Seat<'a>>> {
        let radius = ground.radius()?;
        let tls = |user: &User| match (self.inner, self.version) {
            (Inner::Tls, version) => ground.setup.tls.certified(version, people, &user.login),
            (_, Version::Older) => Ok(Arc::clone(&radius.peers.older)),
            (_, Version::Newer) => Ok(Arc::clone(&radius.peers.newer)),
        };
        let seat = |(number, user)| {
            let reader = ground.crowd().reader(number)?;
            let source = reader.organization.source;
            let gear = Gear::open(source, radius.wireless, &reader.tenant.secret)?;
            Ok(Seat { gear, user, inner: self.inner, tls: tls(user)? })
        };
        ground.setup.data.regulars().into_iter().map(seat).collect()
    }
}

impl Stop {
    /// What a hostile peer sends at a time: flags, and octets.
    fn piece(self, number: usize) -> Vec<u8> {
        let head: &[u8] = match self {
            Self::Record if number == 0 => &RECORD,
            Self::Hello | Self::Message | Self::Record => &[],
        };
        let flags = if self == Self::Record { 0 } else { MORE };
        let mut piece = [&[flags], head].concat();
        piece.resize(1 + PIECE, 0);
        piece
    }
}

impl Seat<'_> {
    fn with<T>(&mut self, act: impl FnOnce(&mut Gear, &Peer<'_>) -> Result<T>) -> Result<T> {
        let password = password(self.user.password);
        let (inner, tls, user) = (self.inner, &self.tls, &self.user.login);
        let peer = Peer { inner, tls, user, password: &password, resumes: false };
        act(&mut self.gear, &peer)
    }
}
