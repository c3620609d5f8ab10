//! TLS sessions of peers that were let in, for the next time: each organization's apart.
//!
//! A session is kept only after its peer was let in; so a tunnel in which nobody was proven cannot
//! be resumed. With it is kept who was proven, because a resumed tunnel proves nobody by itself.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use directory::OrganizationId;
use directory::authentication::Earlier;
use eap::Method;
use rustls::server::StoresServerSessions;
use zeroize::Zeroizing;

/// Sessions that one conversation may leave.
const OF_CONVERSATION: usize = 2;

/// Who a session's peer was proven to be.
#[derive(Clone)]
pub(super) struct Proven {
    pub(super) method: Method,
    /// The login and what was true of it; none where the session has a certificate itself.
    pub(super) user: Option<(String, Earlier)>,
}

/// The sessions of all organizations.
pub(super) struct Sessions {
    all: usize,
    of_organization: usize,
    lifetime: Duration,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    organizations: HashMap<OrganizationId, Kept>,
    count: usize,
}

#[derive(Default)]
struct Kept {
    sessions: HashMap<Vec<u8>, Session>,
    order: VecDeque<(Duration, Vec<u8>)>,
}

struct Session {
    secrets: Zeroizing<Vec<u8>>,
    proven: Proven,
    until: Duration,
}

impl Sessions {
    /// Keeps `all` sessions, a quarter of them of one organization, each for `lifetime`.
    pub(super) fn new(all: usize, lifetime: Duration) -> Arc<Self> {
        let of_organization = (all / 4).max(1);
        Arc::new(Self { all, of_organization, lifetime, held: Mutex::default() })
    }

    /// What one conversation of an organization finds and leaves.
    pub(super) fn ledger(
        self: &Arc<Self>,
        organization: OrganizationId,
        now: Duration,
    ) -> Arc<Ledger> {
        let sessions = Arc::clone(self);
        Arc::new(Ledger { sessions, organization, now, pages: Mutex::default() })
    }

    /// Forgets everything whose time is over.
    pub(super) fn expire(&self, now: Duration) {
        let mut held = self.lock();
        let organizations: Vec<_> = held.organizations.keys().copied().collect();
        for organization in organizations {
            held.expire(organization, now);
        }
        held.organizations.retain(|_, kept| !kept.sessions.is_empty());
    }

    fn put(&self, organization: OrganizationId, key: Vec<u8>, session: Session) {
        let mut held = self.lock();
        let own = held.organizations.get(&organization).map_or(0, |kept| kept.sessions.len());
        if own >= self.of_organization {
            held.drop_oldest(organization);
        } else if held.count >= self.all {
            let largest = held.organizations.iter().max_by_key(|(_, kept)| kept.sessions.len());
            if let Some(largest) = largest.map(|(organization, _)| *organization) {
                held.drop_oldest(largest);
            }
        }
        let kept = held.organizations.entry(organization).or_default();
        kept.order.push_back((session.until, key.clone()));
        if kept.order.len() > 2 * kept.sessions.len() + 16 {
            let sessions = &kept.sessions;
            kept.order.retain(|(_, known)| *known == key || sessions.contains_key(known));
        }
        if kept.sessions.insert(key, session).is_none() {
            held.count = held.count.saturating_add(1);
        }
    }

    /// Finds a session, and takes it where it may be used once only.
    fn find(
        &self,
        organization: OrganizationId,
        key: &[u8],
        once: bool,
        now: Duration,
    ) -> Option<(Vec<u8>, Proven)> {
        let mut held = self.lock();
        held.expire(organization, now);
        let kept = held.organizations.get_mut(&organization)?;
        let session = kept.sessions.get(key)?;
        let found = (session.secrets.to_vec(), session.proven.clone());
        if once {
            kept.sessions.remove(key);
            held.count = held.count.saturating_sub(1);
        }
        Some(found)
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn expire(&mut self, organization: OrganizationId, now: Duration) {
        let Some(kept) = self.organizations.get_mut(&organization) else { return };
        let mut expired = 0_usize;
        while kept.order.front().is_some_and(|(until, _)| *until <= now) {
            if let Some((_, key)) = kept.order.pop_front()
                && kept.sessions.get(&key).is_some_and(|session| session.until <= now)
            {
                kept.sessions.remove(&key);
                expired = expired.saturating_add(1);
            }
        }
        self.count = self.count.saturating_sub(expired);
    }

    fn drop_oldest(&mut self, organization: OrganizationId) {
        let Some(kept) = self.organizations.get_mut(&organization) else { return };
        while let Some((_, key)) = kept.order.pop_front() {
            if kept.sessions.remove(&key).is_some() {
                self.count = self.count.saturating_sub(1);
                return;
            }
        }
    }
}

/// What one conversation found of earlier sessions, and leaves for later.
pub(super) struct Ledger {
    sessions: Arc<Sessions>,
    organization: OrganizationId,
    now: Duration,
    pages: Mutex<Pages>,
}

#[derive(Default)]
struct Pages {
    made: Vec<(Vec<u8>, Zeroizing<Vec<u8>>)>,
    found: Option<Proven>,
}

impl Ledger {
    /// Who the session that was found is of.
    pub(super) fn found(&self) -> Option<Proven> {
        self.pages().found.clone()
    }

    /// Keeps what the conversation made: its peer was let in.
    pub(super) fn keep(&self, proven: &Proven) {
        let made = std::mem::take(&mut self.pages().made);
        let until = self.now.saturating_add(self.sessions.lifetime);
        for (key, secrets) in made {
            let session = Session { secrets, proven: proven.clone(), until };
            self.sessions.put(self.organization, key, session);
        }
    }

    fn find(&self, key: &[u8], once: bool) -> Option<Vec<u8>> {
        let (secrets, proven) = self.sessions.find(self.organization, key, once, self.now)?;
        self.pages().found = Some(proven);
        Some(secrets)
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StoresServerSessions for Ledger {
    fn put(&self, key: Vec<u8>, value: Vec<u8>) -> bool {
        let mut pages = self.pages();
        let room = pages.made.len() < OF_CONVERSATION;
        if room {
            pages.made.push((key, Zeroizing::new(value)));
        }
        room
    }

    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.find(key, false)
    }

    fn take(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.find(key, true)
    }

    fn can_cache(&self) -> bool {
        true
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Ledger").finish_non_exhaustive()
    }
}
