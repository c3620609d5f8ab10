//! The table of RADIUS clients, and how it follows the store.
//!
//! Whoever changes something waits until the table has it ([`Directory::change`]); packets never
//! do, and are judged by the last table meanwhile: what was acknowledged counts for all that come
//! later. Only what was changed is read anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use storage::{Changed, Commit, Partition, Reading, Snapshot, Store};

use super::Gear;
use super::organization::OrganizationGear;
use super::weakness::Unsigned;
use crate::directory::Directory;
use crate::error::Error;
use crate::id::{OrganizationId, RecordId};
use crate::records::{Organization, kinds};

/// The table with what tells whether it is still right.
#[derive(Default)]
pub(crate) struct GearTable {
    current: ArcSwap<Gear>,
    /// Counts the commits that changed what the table is made of, from one.
    wanted: AtomicU64,
    /// The count that the table was made at; zero before it was made.
    made: AtomicU64,
    /// Organizations of which something was changed since then, or that could not be read.
    stale: Mutex<BTreeSet<OrganizationId>>,
    making: Mutex<()>,
    /// The clients that send unsigned requests.
    unsigned: Mutex<Unsigned>,
}

/// An organization whose RADIUS clients cannot be read, and are not answered.
pub struct Unreadable {
    /// Which.
    pub organization: OrganizationId,
    /// Why.
    pub error: Error,
}

impl GearTable {
    /// Makes a table that follows the store's commits.
    pub(crate) fn following(store: &Store) -> Arc<Self> {
        let table = Arc::new(Self { wanted: AtomicU64::new(1), ..Self::default() });
        let follower = Arc::clone(&table);
        store.watch(Box::new(move |commit: &Commit| {
            let mut touched = commit.changes.iter().filter_map(touched).peekable();
            if touched.peek().is_some() {
                follower.stale().extend(touched);
                follower.wanted.fetch_add(1, Ordering::AcqRel);
            }
        }));
        table
    }

    fn is_right(&self) -> bool {
        self.made.load(Ordering::Acquire) == self.wanted.load(Ordering::Acquire)
    }

    /// The clients that send unsigned requests.
    pub(super) fn unsigned(&self) -> MutexGuard<'_, Unsigned> {
        self.unsigned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stale(&self) -> MutexGuard<'_, BTreeSet<OrganizationId>> {
        self.stale.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads everything, or what is stale of it.
    fn make(
        &self,
        snapshot: &Snapshot,
        mut stale: BTreeSet<OrganizationId>,
    ) -> Result<Vec<Unreadable>, Error> {
        let is_new = self.made.load(Ordering::Acquire) == 0;
        let mut organizations = BTreeMap::clone(&self.current.load().organizations);
        if is_new {
            for found in snapshot.scan::<Organization>(Partition::Provider, None) {
                stale.extend(OrganizationId::from_record(found?.0));
            }
        }
        let mut unreadable = Vec::new();
        for organization in stale {
            match OrganizationGear::read(snapshot, organization) {
                Ok(Some(gear)) => {
                    organizations.insert(organization, Arc::new(gear));
                }
                Ok(None) => {
                    organizations.remove(&organization);
                }
                Err(error) => {
                    // What it had may have been taken from it.
                    organizations.remove(&organization);
                    unreadable.push(Unreadable { organization, error });
                }
            }
        }
        self.stale().extend(unreadable.iter().map(|it| it.organization));
        let gear = Gear::join(organizations);
        self.unsigned().retain(|client| gear.clients.contains_key(client));
        self.current.store(Arc::new(gear));
        Ok(unreadable)
    }
}

impl GearTable {
    /// Takes out what is stale and cannot be read: what it had may have been taken from it.
    fn withdraw(&self) {
        let mut organizations = BTreeMap::clone(&self.current.load().organizations);
        let stale = self.stale();
        organizations.retain(|organization, _| !stale.contains(organization));
        drop(stale);
        self.current.store(Arc::new(Gear::join(organizations)));
    }
}

/// The organization of which a change touches what the table is made of.
fn touched(change: &Changed) -> Option<OrganizationId> {
    match (change.partition, change.kind) {
        (Partition::Provider, kinds::ORGANIZATION) => OrganizationId::from_record(change.id),
        (
            Partition::Organization(number),
            kinds::RADIUS_CLIENT
            | kinds::REPLY_PROFILE
            | kinds::SHARED_SECRET
            | kinds::PREVIOUS_SECRET
            | kinds::MAC_PASSWORD
            | kinds::CERTIFICATE_AUTHORITY,
        ) => OrganizationId::from_record(number.get().into()),
        _ => None,
    }
}

impl Directory {
    /// The RADIUS clients of every active organization, as the last acknowledged change left them.
    ///
    /// A client is believed for holding its secret; what it may then ask is up to
    /// [`Directory::authenticate`].
    ///
    /// # Errors
    /// When the store fails before anything was read.
    pub fn gear(&self) -> Result<Arc<Gear>, Error> {
        let table = &self.inner.gear;
        if table.made.load(Ordering::Acquire) == 0 {
            self.renew_gear()?;
        }
        Ok(table.current.load_full())
    }

    /// Reads anew what was changed, and what could not be read before, and says what still cannot
    /// be. Until it can, such an organization's gear is not answered.
    ///
    /// # Errors
    /// When the store fails before anything was read.
    pub fn renew_gear(&self) -> Result<Vec<Unreadable>, Error> {
        let table = &self.inner.gear;
        let _making = table.making.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = table.wanted.load(Ordering::Acquire);
        if table.is_right() && table.stale().is_empty() {
            return Ok(Vec::new());
        }
        // Before the snapshot: what is changed after it is stale again.
        let stale = std::mem::take(&mut *table.stale());
        let snapshot = self.inner.store.read().inspect_err(|_| {
            table.stale().extend(stale.iter().copied());
            table.withdraw();
        })?;
        let unreadable = table.make(&snapshot, stale)?;
        table.made.store(wanted, Ordering::Release);
        Ok(unreadable)
    }

    /// Waits until the table has what was changed before.
    pub(crate) fn settle_gear(&self) {
        let table = &self.inner.gear;
        if table.is_right() {
            return;
        }
        if table.made.load(Ordering::Acquire) == 0 {
            // Somebody may be making it from what was before the change.
            let _made = table.making.lock();
        }
        // Where nobody has asked for it, nothing needs to be made.
        if table.made.load(Ordering::Acquire) != 0 {
            // What cannot be read is told by whoever keeps house.
            let _told_later = self.renew_gear();
        }
    }
}
