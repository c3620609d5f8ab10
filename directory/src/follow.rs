//! Telling those who keep copies of an organization that something of it changed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use storage::{Commit, Id, Store};

use crate::access::{Actor, Identity};
use crate::directory::Directory;
use crate::id::OrganizationId;
use crate::records::kinds;
use crate::search::{COMMITS, Subject, concerned};

/// Who is told when something of an organization changed.
#[derive(Default)]
pub(crate) struct Followers {
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    next: u64,
    /// The commit after which everybody was told last.
    all: u64,
    followers: HashMap<OrganizationId, HashMap<u64, Follower>>,
}

struct Follower {
    /// The number of who follows.
    own: Option<Id>,
    bell: Bell,
}

/// Rung after a change. It runs on the writer's thread: it must be quick and must not write.
pub type Bell = Box<dyn Fn() + Send + Sync>;

/// Ends with its drop.
pub struct Following {
    followers: Arc<Followers>,
    organization: OrganizationId,
    number: u64,
}

impl Directory {
    /// Has `bell` rung after each change of something that entries of an actor's organization may
    /// show, of who may see them, or of what proves who the actor is, until what is returned is
    /// dropped. A snapshot that is taken after it rang holds the change. `None` for an actor of no
    /// organization.
    ///
    /// The bell must be quick and must not change anything: changes wait for it.
    pub fn follow(&self, actor: Actor, bell: Bell) -> Option<Following> {
        let organization = actor.organization()?;
        let own = actor.identity().map(Identity::record);
        let followers = Arc::clone(&self.inner.followers);
        let mut told = followers.told();
        let number = told.next;
        told.next = number.wrapping_add(1);
        let follower = Follower { own, bell };
        told.followers.entry(organization).or_default().insert(number, follower);
        drop(told);
        Some(Following { followers, organization, number })
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let mut told = self.followers.told();
        if let Some(followers) = told.followers.get_mut(&self.organization) {
            followers.remove(&self.number);
            if followers.is_empty() {
                told.followers.remove(&self.organization);
            }
        }
    }
}

impl Followers {
    /// Begins to tell of a store's changes.
    pub(crate) fn of(store: &Store) -> Arc<Self> {
        let followers = Arc::new(Self::default());
        let told = Arc::clone(&followers);
        store.watch(Box::new(move |commit| told.tell(commit)));
        followers
    }

    fn tell(&self, commit: &Commit) {
        let mut told = self.told();
        // The log tells no more than so many commits at once, of whichever organizations. Who is
        // told of nothing in between would fall behind it.
        if commit.sequence >= told.all.saturating_add(COMMITS / 2) {
            told.all = commit.sequence;
            told.followers.values().flat_map(HashMap::values).for_each(|it| (it.bell)());
            return;
        }
        let mut rung: Vec<OrganizationId> = Vec::new();
        for change in &commit.changes {
            let Some(organization) = concerned(change) else { continue };
            let Some(followers) = told.followers.get(&organization) else { continue };
            if change.kind == kinds::CREDENTIAL {
                let own = followers.values().filter(|it| it.own == Some(change.id));
                own.for_each(|it| (it.bell)());
            } else if !rung.contains(&organization)
                && Subject::of(change, organization) != Subject::Nothing
            {
                rung.push(organization);
                followers.values().for_each(|it| (it.bell)());
            }
        }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::id::RecordId;

    #[test]
    fn who_is_told_of_nothing_is_told_before_the_log_forgets() {
        let (followers, rung) = (Followers::default(), Arc::new(AtomicU64::new(0)));
        let (bell, organization) = (Arc::clone(&rung), OrganizationId::from_record(7).unwrap());
        let bell: Bell = Box::new(move || {
            bell.fetch_add(1, Ordering::Relaxed);
        });
        let follower = Follower { own: None, bell };
        followers.told().followers.entry(organization).or_default().insert(1, follower);
        for sequence in 1..=2 * COMMITS {
            followers.tell(&Commit { sequence, changes: Vec::new() });
        }
        assert_eq!(rung.load(Ordering::Relaxed), 4);
    }
}
