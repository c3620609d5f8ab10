//! From changes of users and devices to orders about their sessions.
//!
//! A change leaves a note in its own transaction where a RADIUS client of the organization asks for
//! it, and nothing otherwise. Which sessions are meant is found out later, outside of any change.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use storage::{Change, Commit, Id, Partition, Reading, Store, What};

use super::backlog::Backlog;
use super::outcome::given_up;
use super::search::{Found, Search};
use super::{Cause, SessionOrder, is_active};
use crate::collections::Site;
use crate::directory::Directory;
use crate::error::Error;
use crate::follow::Bell;
use crate::id::{DeviceId, GroupId, OrganizationId, RadiusClientId, RecordId, UserId};
use crate::records::{Departure, Trigger, indices, kinds};
use crate::time::Time;

/// Users and groups in one note.
const MANY: usize = 500;

/// Which organizations have notes.
#[derive(Default)]
pub(crate) struct Departures {
    waiting: Mutex<Waiting>,
    bell: OnceLock<Bell>,
}

#[derive(Default)]
struct Waiting {
    /// In turn, each once.
    organizations: VecDeque<OrganizationId>,
    /// The last note that was looked at.
    taken: HashMap<OrganizationId, Id>,
    /// Notes whose orders have all been given.
    over: Vec<(OrganizationId, Id)>,
    /// Whether it was looked for notes that a former process left.
    is_complete: bool,
}

/// Some notes with the orders that follow from them; over with its drop.
pub(super) struct Errand {
    departures: Arc<Departures>,
    organization: OrganizationId,
    notes: Vec<Id>,
}

impl Drop for Errand {
    fn drop(&mut self) {
        let notes = self.notes.iter().map(|note| (self.organization, *note));
        self.departures.lock().over.extend(notes);
        self.departures.ring();
    }
}

impl Departures {
    /// Begins to follow a store's changes.
    pub(crate) fn of(store: &Store) -> Arc<Self> {
        let departures = Arc::new(Self::default());
        let follower = Arc::clone(&departures);
        store.watch(Box::new(move |commit| follower.tell(commit)));
        departures
    }

    fn tell(&self, commit: &Commit) {
        let noted = commit.changes.iter().find(|change| {
            change.kind == kinds::DEPARTURE && matches!(change.what, What::Put | What::Rewritten)
        });
        let Some(Partition::Organization(number)) = noted.map(|noted| noted.partition) else {
            return;
        };
        if let Some(organization) = OrganizationId::from_record(number.get().into()) {
            self.lock().queue(organization);
            self.ring();
        }
    }

    fn ring(&self) {
        if let Some(bell) = self.bell.get() {
            bell();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn queue(&mut self, organization: OrganizationId) {
        if !self.organizations.contains(&organization) {
            self.organizations.push_back(organization);
        }
    }
}

impl Site<'_, &mut Change<'_>> {
    /// Whether a RADIUS client asks what happens to sessions after this.
    pub(crate) fn asks_for(&self, trigger: Trigger) -> Result<bool, Error> {
        let (partition, index) = (self.partition(), indices::RADIUS_CLIENT_ORDERS);
        Ok(self.source.find_first(partition, index, &[trigger.number()])?.is_some())
    }

    /// Notes what happened to users and to those in groups, if a RADIUS client asks for it; `moved`
    /// are the groups that they were taken out of or put into, and those above.
    pub(crate) fn note_departure(
        &mut self,
        trigger: Trigger,
        (users, members_of): (&[UserId], &[GroupId]),
        moved: &[GroupId],
    ) -> Result<(), Error> {
        if !self.asks_for(trigger)? {
            return Ok(());
        }
        let users = users.chunks(MANY).map(|users| (users.to_vec(), Vec::new()));
        let groups = members_of.chunks(MANY).map(|groups| (Vec::new(), groups.to_vec()));
        // Whom a certificate let in, their sessions say.
        let certified = trigger == Trigger::CertificateRevoked;
        let certified = certified.then(|| (Vec::new(), Vec::new()));
        let about = Departure::moving(trigger, self.now(), moved);
        let notes = users.chain(groups).chain(certified);
        self.leave_notes(notes.map(|(users, members_of)| Departure {
            users,
            members_of,
            ..about.clone()
        }))
    }

    /// Notes what happened to a device, if a RADIUS client asks for it; `moved` are the groups that it was
    /// taken out of or put into, and those above.
    pub(crate) fn note_departed_device(
        &mut self,
        trigger: Trigger,
        device: DeviceId,
        moved: &[GroupId],
    ) -> Result<(), Error> {
        if !self.asks_for(trigger)? {
            return Ok(());
        }
        let about = Departure::moving(trigger, self.now(), moved);
        self.leave_notes(std::iter::once(Departure { devices: vec![device], ..about }))
    }

    /// Notes that RADIUS clients decide otherwise since this change or say something else, those of them
    /// that ask for it.
    pub(crate) fn note_policy_change(&mut self, clients: &[RadiusClientId]) -> Result<(), Error> {
        self.note_of_clients(Trigger::PolicyChanged, clients)
    }

    /// Notes that a time of a rule of RADIUS clients has begun or ended, of those that ask for it.
    pub(super) fn note_turned_times(&mut self, clients: &[RadiusClientId]) -> Result<(), Error> {
        self.note_of_clients(Trigger::TimeTurned, clients)
    }

    fn note_of_clients(
        &mut self,
        trigger: Trigger,
        clients: &[RadiusClientId],
    ) -> Result<(), Error> {
        let partition = self.partition();
        if clients.is_empty() || !self.asks_for(trigger)? {
            return Ok(());
        }
        let (index, number) = (indices::RADIUS_CLIENT_ORDERS, [trigger.number()]);
        let asking = self.source.find(partition, index, &number).collect::<Result<Vec<_>, _>>()?;
        let asks = |client: &&RadiusClientId| asking.contains(&client.record());
        let clients: Vec<RadiusClientId> = clients.iter().filter(asks).copied().collect();
        let at = self.now();
        self.leave_notes(
            clients.chunks(MANY).map(|clients| Departure {
                clients: clients.to_vec(),
                ..Departure::new(trigger, at)
            }),
        )
    }

    /// Writes notes, as many as may wait.
    fn leave_notes(&mut self, notes: impl Iterator<Item = Departure>) -> Result<(), Error> {
        let (partition, at) = (self.partition(), self.now());
        let mut backlog = Backlog::of(self.source, partition)?;
        for note in notes {
            if backlog.is_full() {
                let reason = "too many changes wait: the sessions of who was changed were left \
                              as they are";
                let event = given_up(reason.to_owned(), at);
                self.source.event(partition, at.0, &event.encode());
                break;
            }
            let id = self.source.allocate(partition)?;
            self.source.put(partition, id, &note)?;
            backlog.grow();
        }
        backlog.keep(self.source, partition)
    }
}

impl Directory {
    /// Has `bell` rung whenever [`Directory::take_departures`] has something to do, which may be
    /// so at once. It must be quick: changes wait for it. The first one stays.
    pub fn follow_departures(&self, bell: Bell) {
        let departures = &self.inner.departures;
        let _another = departures.bell.set(bell);
        departures.ring();
    }

    /// Finds the organizations that have notes of a former process, once. It looks at every
    /// organization, for which nobody waits who starts the daemon.
    fn find_departures(&self) -> Result<(), Error> {
        let departures = &self.inner.departures;
        if departures.lock().is_complete {
            return Ok(());
        }
        let snapshot = self.inner.store.read()?;
        for partition in snapshot.partitions()? {
            let Partition::Organization(number) = partition else { continue };
            // One that cannot be read is a matter of its own organization.
            let first = snapshot.scan::<Departure>(partition, None).next();
            let organization = OrganizationId::from_record(number.get().into());
            if let Some(organization) = organization.filter(|_| first.is_some()) {
                departures.lock().queue(organization);
            }
        }
        departures.lock().is_complete = true;
        Ok(())
    }

    /// Finds the orders that follow from what happened to users of one organization, of each in
    /// turn; `None` when nothing is left. What they followed from is forgotten once all of them are
    /// dropped, and looked at again after a restart otherwise.
    ///
    /// # Errors
    /// When the store fails.
    pub fn take_departures(&self, now: Time) -> Result<Option<Vec<SessionOrder>>, Error> {
        let forgotten = self.forget_departures();
        self.find_departures()?;
        let departures = &self.inner.departures;
        let Some(organization) = departures.lock().organizations.pop_front() else {
            // What cannot be forgotten now keeps no order waiting.
            return forgotten.map(|()| None);
        };
        // What was reported until now is among the sessions then; where the disk takes no writes,
        // what is there is looked at all the same.
        let _waiting = self.settle_reports();
        let orders = self.departures_of(organization, now);
        if orders.is_err() {
            departures.lock().queue(organization);
        }
        orders.map(Some)
    }

    fn departures_of(
        &self,
        organization: OrganizationId,
        now: Time,
    ) -> Result<Vec<SessionOrder>, Error> {
        let (snapshot, departures) = (self.inner.store.read()?, &self.inner.departures);
        let taken = departures.lock().taken.get(&organization).copied();
        // All of them: what one of them leaves open another one answers.
        let found = snapshot.scan::<Departure>(organization.partition(), taken);
        let (ids, notes): (Vec<Id>, Vec<Departure>) =
            found.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
        let Some(last) = ids.last().copied() else { return Ok(Vec::new()) };
        let answers = is_active(&snapshot, organization)?;
        let mut search = Search::new((self, &snapshot), (organization, now), notes);
        let found = if answers { search.sessions()? } else { Vec::new() };
        // Nothing fails from here on.
        departures.lock().taken.insert(organization, last);
        let notes = ids.clone();
        let errand = Arc::new(Errand { departures: Arc::clone(departures), organization, notes });
        let networks = self.tools().order_networks();
        let order = |found: Found| {
            let Found { target, session, trigger, note, wanted } = found;
            let note = ids.get(note).copied()?;
            let cause = Cause::Errand { trigger, note, _errand: Arc::clone(&errand) };
            Some(target.order(organization, session, (wanted, cause), networks))
        };
        Ok(found.into_iter().filter_map(order).collect())
    }

    fn forget_departures(&self) -> Result<(), Error> {
        let over = std::mem::take(&mut self.inner.departures.lock().over);
        if over.is_empty() {
            return Ok(());
        }
        let mut notes = BTreeMap::<OrganizationId, Vec<Id>>::new();
        for (organization, note) in &over {
            notes.entry(*organization).or_default().push(*note);
        }
        let done = self.inner.store.write(move |change| {
            for (organization, notes) in notes {
                forget(change, organization.partition(), notes)?;
            }
            Ok::<_, Error>(())
        });
        if done.is_err() {
            self.inner.departures.lock().over.extend(over);
        }
        done.map_err(Error::from)
    }
}

fn forget(change: &mut Change<'_>, partition: Partition, notes: Vec<Id>) -> Result<(), Error> {
    let (mut backlog, mut gone) = (Backlog::of(change, partition)?, 0);
    for note in notes {
        gone += u32::from(change.delete::<Departure>(partition, note)?);
    }
    // Of an organization that is no more nothing is left to be counted.
    if gone == 0 {
        return Ok(());
    }
    backlog.shrink(gone);
    backlog.keep(change, partition)
}
