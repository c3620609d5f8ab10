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
/// The most octets of a session: rustls keeps the certificates that a peer shows in it.
const LARGEST: usize = 8 << 10;

/// Who a session's peer was proven to be.
#[derive(Clone)]
pub(super) struct Proven {
    pub(super) method: Method,
    /// The login and what was true of it; none where the session has a certificate itself.
    pub(super) user: Option<(String, Earlier)>,
}

/// How it came that a peer is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// By a proof of its own.
    Proof,
    /// By the session that it resumed, if it did.
    Session,
}

/// Whose session was found under which key, and until when its proof counts.
#[derive(Clone)]
struct Found {
    key: Vec<u8>,
    proven: Proven,
    until: Duration,
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
    ) -> Option<(Vec<u8>, Found)> {
        let mut held = self.lock();
        held.expire(organization, now);
        let kept = held.organizations.get_mut(&organization)?;
        let session = kept.sessions.get(key)?;
        // One that goes on with an earlier proof ends before others that are older.
        if session.until <= now {
            return None;
        }
        let (proven, until) = (session.proven.clone(), session.until);
        let found = Found { key: key.to_vec(), proven, until };
        let found = (session.secrets.to_vec(), found);
        if once {
            kept.sessions.remove(key);
            held.count = held.count.saturating_sub(1);
        }
        Some(found)
    }

    fn forget(&self, organization: OrganizationId, key: &[u8]) {
        let mut held = self.lock();
        let kept = held.organizations.get_mut(&organization);
        if kept.is_some_and(|kept| kept.sessions.remove(key).is_some()) {
            held.count = held.count.saturating_sub(1);
        }
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
    found: Option<Found>,
}

impl Ledger {
    /// Who the session that was found is of.
    pub(super) fn found(&self) -> Option<Proven> {
        self.pages().found.as_ref().map(|found| found.proven.clone())
    }

    /// Keeps what the conversation made: its peer was let in. What goes on with an earlier proof
    /// counts no longer than that one.
    pub(super) fn keep(&self, proven: &Proven, by: By) {
        let (made, earlier) = {
            let mut pages = self.pages();
            (std::mem::take(&mut pages.made), pages.found.as_ref().map(|found| found.until))
        };
        let longest = self.now.saturating_add(self.sessions.lifetime);
        let until = match (by, earlier) {
            (By::Session, Some(earlier)) => longest.min(earlier),
            (By::Session, None) | (By::Proof, _) => longest,
        };
        for (key, secrets) in made {
            let session = Session { secrets, proven: proven.clone(), until };
            self.sessions.put(self.organization, key, session);
        }
    }

    /// Forgets the session that was found: it let nobody in. A peer that counts on it would come
    /// back with it until it ends, and say nothing inside that could let it in.
    pub(super) fn forget_found(&self) {
        let key = self.pages().found.as_ref().map(|found| found.key.clone());
        if let Some(key) = key {
            self.sessions.forget(self.organization, &key);
        }
    }

    fn find(&self, key: &[u8], once: bool) -> Option<Vec<u8>> {
        let (secrets, found) = self.sessions.find(self.organization, key, once, self.now)?;
        self.pages().found = Some(found);
        Some(secrets)
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StoresServerSessions for Ledger {
    fn put(&self, key: Vec<u8>, value: Vec<u8>) -> bool {
        let mut pages = self.pages();
        let room = pages.made.len() < OF_CONVERSATION && value.len() <= LARGEST;
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

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(60 * 60);

    fn organization() -> OrganizationId {
        directory::RecordId::from_record(1).unwrap()
    }

    /// Resumes `from`, if that can be, and leaves `to`.
    fn round(sessions: &Arc<Sessions>, hour: u32, (from, to): (u8, u8), by: By) -> bool {
        let ledger = sessions.ledger(organization(), HOUR * hour);
        let is_found = ledger.take(&[from]).is_some();
        assert!(ledger.put(vec![to], vec![to]));
        ledger.keep(&Proven { method: Method::Ttls, user: None }, by);
        is_found
    }

    #[test]
    fn resuming_again_and_again_outlasts_no_proof() {
        let sessions = Sessions::new(100, 8 * HOUR);
        assert!(!round(&sessions, 0, (0, 1), By::Proof));
        assert!(round(&sessions, 3, (1, 2), By::Session));
        // One that is younger, ends later, and was kept before.
        assert!(!round(&sessions, 4, (0, 100), By::Proof));
        assert!(round(&sessions, 7, (2, 3), By::Session));
        assert!(!round(&sessions, 8, (3, 4), By::Session), "the first proof is eight hours old");
        assert!(round(&sessions, 11, (100, 101), By::Session));
    }

    #[test]
    fn what_was_found_is_forgotten_once_and_nothing_else_is() {
        let sessions = Sessions::new(100, 8 * HOUR);
        round(&sessions, 0, (0, 1), By::Proof);
        round(&sessions, 0, (0, 2), By::Proof);
        let ledger = sessions.ledger(organization(), HOUR);
        // In TLS 1.2 a session is found as often as a peer comes with it.
        assert!(ledger.get(&[1]).is_some() && ledger.get(&[1]).is_some());
        for _twice in 0..2 {
            ledger.forget_found();
            assert!(sessions.ledger(organization(), HOUR).get(&[1]).is_none());
            assert_eq!(sessions.lock().count, 1);
        }
        let other = sessions.ledger(organization(), HOUR);
        other.forget_found();
        assert!(other.get(&[2]).is_some(), "nothing had been found");
    }

    #[test]
    fn what_a_peer_makes_large_is_not_kept() {
        let sessions = Sessions::new(100, 8 * HOUR);
        let ledger = sessions.ledger(organization(), HOUR);
        assert!(ledger.put(vec![1], vec![0; LARGEST]));
        assert!(!ledger.put(vec![2], vec![0; LARGEST + 1]));
    }

    #[test]
    fn a_proof_of_its_own_inside_a_resumed_tunnel_counts_from_then() {
        let sessions = Sessions::new(100, 8 * HOUR);
        round(&sessions, 0, (0, 1), By::Proof);
        assert!(round(&sessions, 7, (1, 2), By::Proof));
        assert!(round(&sessions, 14, (2, 3), By::Session));
        assert!(!round(&sessions, 15, (3, 4), By::Session));
    }
}
