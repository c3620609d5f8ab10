//! EAP: conversations over RADIUS, and what the directory answers them.

mod sessions;
mod shown;
mod table;
mod talk;
mod turns;
mod view;

use std::sync::Arc;
use std::time::Duration;

use directory::{Directory, OrganizationId, RadiusClientId};
use eap::Conversation;
use radius::Question;

use self::sessions::Sessions;
use self::shown::Shown;
use self::table::{Limits, State, Table};
use self::turns::{Place, Turns};
use super::candidates::ClientKey;
use super::circumstances::CallingDevice;
use crate::config::Radius;
use crate::randomness;
use crate::tls::Identity;

pub(super) use self::talk::{Next, Talk};
pub(super) use self::view::Claim;

/// How often conversations are looked at, whether their time is over.
pub(super) const HOUSEKEEPING: Duration = Duration::from_secs(5);

/// The conversations of a door's sockets.
pub(super) struct Talks {
    shown: Shown,
    table: Table<OrganizationId, RadiusClientId, Talk>,
    sessions: Arc<Sessions>,
    turns: Arc<Turns<OrganizationId>>,
    /// The most octets of a packet of EAP.
    largest: usize,
}

impl Talks {
    /// As configured; computes `at_once` handshakes at the same time. Without an identity of the
    /// daemon, organizations show their own, and devices are asked that need none.
    pub(super) fn new(identity: Option<Arc<Identity>>, config: &Radius, at_once: usize) -> Self {
        let turns = Turns::new(at_once, config.eap_handshakes_waiting as usize);
        let limits = Limits::new(config.eap_conversations as usize, config.eap_patience);
        let sessions = Sessions::new(config.eap_sessions as usize, config.eap_session_time);
        let (shown, table) = (Shown::new(identity), Table::new(limits));
        Self { shown, table, sessions, turns, largest: config.eap_packet as usize }
    }

    /// The conversation that a request goes on with, or a new one where it goes on with none;
    /// nothing where there is no such conversation any more.
    pub(super) fn find(
        &self,
        question: &Question<ClientKey>,
        directory: &Directory,
        now: Duration,
    ) -> Option<Talk> {
        if let Some(state) = question.state() {
            let mut talk = self.table.take(question.client(), state, now)?;
            talk.state = State::try_from(state).ok();
            return Some(talk);
        }
        let challenge = randomness::octets().ok()?;
        let (organization, client) = question.client();
        let gear = directory.gear().ok()?;
        let methods = gear.eap_methods(organization, client)?;
        let calling =
            gear.lets_devices_in(organization, client).then(|| CallingDevice::of(question));
        let device = calling.flatten();
        let tunnels = self.shown.tunnels(directory, organization);
        // A device needs nothing to be shown to it.
        let offers = match &tunnels {
            Some(tunnels) => view::offers(tunnels, methods),
            None if device.is_some() => Vec::new(),
            None => return None,
        };
        let ledger = self.sessions.ledger(organization, now);
        let settings = eap::Settings {
            offers,
            sessions: Arc::clone(&ledger) as _,
            challenge,
            framed_mtu: question.framed_mtu(),
            largest: self.largest,
            device: device.as_ref().map(|_| randomness::octets()).transpose().ok()?,
        };
        Some(Talk::new(Conversation::new(settings), ledger, question, device))
    }

    /// Lets a conversation wait for its peer's next response, under a new State.
    pub(super) fn keep(&self, talk: Talk, now: Duration) -> Option<State> {
        let state = randomness::octets().ok()?;
        self.table.put(talk.client(), state, talk, now);
        Some(state)
    }

    /// Lets a conversation wait for the same response again.
    pub(super) fn keep_again(&self, talk: Talk, now: Duration) {
        if let Some(state) = talk.state {
            self.table.put(talk.client(), state, talk, now);
        }
    }

    /// How many wait for their peers.
    pub(super) fn count(&self) -> usize {
        self.table.count()
    }

    /// Forgets those whose peers take too long, sessions whose time is over, and keys of
    /// organizations that are gone.
    pub(super) fn expire(&self, directory: &Directory, now: Duration) {
        self.table.expire(now);
        self.sessions.expire(now);
        if let Ok(gear) = directory.gear() {
            self.shown.tidy(&gear);
        }
    }

    /// Takes a place among those who want to compute a part of a handshake; `None` while as many
    /// of the organization wait as may.
    pub(super) fn place(&self, organization: OrganizationId) -> Option<Place<OrganizationId>> {
        self.turns.place(organization)
    }
}
