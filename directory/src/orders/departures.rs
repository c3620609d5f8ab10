//! From changes of users to orders about their sessions.
//!
//! A change leaves a note in its own transaction where a RADIUS client of the organization asks for
//! it, and nothing otherwise. Which sessions are meant is found out later, outside of any change.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use storage::{Change, Commit, Id, Partition, Reading, Snapshot, Store, What};

use super::outcome::given_up;
use super::target::Target;
use super::{Cause, Ordered, SessionOrder};
use crate::collections::{Site, groups_of_user, open_sessions_at};
use crate::directory::Directory;
use crate::error::Error;
use crate::follow::Bell;
use crate::id::{GroupId, OrganizationId, RadiusClientId, RecordId, UserId};
use crate::records::{
    Consequence, Credential, Departure, Organization, OrganizationState, RadiusClientFields,
    RuleVerdict, Session, Trigger, User, UserState, indices, kinds,
};
use crate::time::Time;

/// Notes of one organization that wait at most.
const BACKLOG: usize = 1_000;
/// Notes that are looked at together.
const BATCH: usize = 250;
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

    /// Notes what happened to users and to those in groups, if a RADIUS client asks for it; `left`
    /// are the groups that they were taken out of, and those above.
    pub(crate) fn note_departure(
        &mut self,
        trigger: Trigger,
        (users, members_of): (&[UserId], &[GroupId]),
        left: &[GroupId],
    ) -> Result<(), Error> {
        let (partition, at) = (self.partition(), self.now());
        if !self.asks_for(trigger)? {
            return Ok(());
        }
        let users = users.chunks(MANY).map(|users| (users.to_vec(), Vec::new()));
        let groups = members_of.chunks(MANY).map(|groups| (Vec::new(), groups.to_vec()));
        for (users, members_of) in users.chain(groups) {
            if self.source.scan::<Departure>(partition, None).take(BACKLOG).count() == BACKLOG {
                let reason = "too many changes wait: the sessions of who was changed were left \
                              as they are";
                let event = given_up(reason.to_owned(), at);
                self.source.event(partition, at.0, &event.encode());
                return Ok(());
            }
            let note = Departure { trigger, at, users, members_of, left: left.to_vec() };
            let id = self.source.allocate(partition)?;
            self.source.put(partition, id, &note)?;
        }
        Ok(())
    }
}

impl Directory {
    /// Has `bell` rung whenever [`Directory::take_departures`] has something to do, which may be
    /// so at once. It must be quick: changes wait for it. The first one stays.
    ///
    /// # Errors
    /// When the store fails.
    pub fn follow_departures(&self, bell: Bell) -> Result<(), Error> {
        let departures = &self.inner.departures;
        let _another = departures.bell.set(bell);
        let snapshot = self.inner.store.read()?;
        for partition in snapshot.partitions()? {
            let Partition::Organization(number) = partition else { continue };
            let first = snapshot.scan::<Departure>(partition, None).next().transpose()?;
            let organization = OrganizationId::from_record(number.get().into());
            if let Some(organization) = organization.filter(|_| first.is_some()) {
                departures.lock().queue(organization);
            }
        }
        departures.ring();
        Ok(())
    }

    /// Finds the orders that follow from what happened to users of one organization, of each in
    /// turn; `None` when nothing is left. What they followed from is forgotten once all of them are
    /// dropped, and looked at again after a restart otherwise.
    ///
    /// # Errors
    /// When the store fails.
    pub fn take_departures(&self, now: Time) -> Result<Option<Vec<SessionOrder>>, Error> {
        self.forget_departures()?;
        let departures = &self.inner.departures;
        let Some(organization) = departures.lock().organizations.pop_front() else {
            return Ok(None);
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
        let found = snapshot.scan::<Departure>(organization.partition(), taken).take(BATCH);
        let (ids, notes): (Vec<Id>, Vec<Departure>) =
            found.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
        let Some(last) = ids.last().copied() else { return Ok(Vec::new()) };
        let is_full = ids.len() == BATCH;
        let record = snapshot.get::<Organization>(Partition::Provider, organization.record())?;
        let answers = record.is_some_and(|record| record.state == OrganizationState::Active);
        let mut search = Search::new(&snapshot, (organization, now), notes);
        let found = if answers { search.sessions()? } else { Vec::new() };
        // Nothing fails from here on.
        let errand =
            Arc::new(Errand { departures: Arc::clone(departures), organization, notes: ids });
        let mut waiting = departures.lock();
        waiting.taken.insert(organization, last);
        if is_full {
            waiting.queue(organization);
        }
        drop(waiting);
        let order = |(target, session, trigger): (Rc<Target>, Session, Trigger)| {
            let cause = Cause::Errand { trigger, _errand: Arc::clone(&errand) };
            target.order(organization, session, Ordered::End, cause)
        };
        Ok(found.into_iter().map(order).collect())
    }

    fn forget_departures(&self) -> Result<(), Error> {
        let over = std::mem::take(&mut self.inner.departures.lock().over);
        if over.is_empty() {
            return Ok(());
        }
        let notes = over.clone();
        let done = self.inner.store.write(move |change| {
            for (organization, note) in notes {
                change.delete::<Departure>(organization.partition(), note)?;
            }
            Ok::<_, Error>(())
        });
        if done.is_err() {
            self.inner.departures.lock().over.extend(over);
        }
        done.map_err(Error::from)
    }
}

/// What happened to users of an organization, against its open sessions.
struct Search<'s> {
    snapshot: &'s Snapshot,
    organization: OrganizationId,
    now: Time,
    notes: Vec<Departure>,
    /// Which of them name a user.
    of_users: HashMap<UserId, Vec<usize>>,
    /// Which of them are about those in groups.
    of_groups: Vec<usize>,
    /// The groups of users.
    own: HashMap<UserId, Vec<GroupId>>,
}

impl<'s> Search<'s> {
    fn new(
        snapshot: &'s Snapshot,
        (organization, now): (OrganizationId, Time),
        notes: Vec<Departure>,
    ) -> Self {
        let (mut of_users, mut of_groups) = (HashMap::<_, Vec<_>>::new(), Vec::new());
        for (position, note) in notes.iter().enumerate() {
            for user in &note.users {
                of_users.entry(*user).or_default().push(position);
            }
            if !note.members_of.is_empty() {
                of_groups.push(position);
            }
        }
        Self { snapshot, organization, now, notes, of_users, of_groups, own: HashMap::new() }
    }

    /// The sessions that are to end, each with its client and why.
    fn sessions(&mut self) -> Result<Vec<(Rc<Target>, Session, Trigger)>, Error> {
        let (snapshot, partition) = (self.snapshot, self.organization.partition());
        let mut found = Vec::new();
        for client in self.clients()? {
            let target = Target::read(snapshot, self.organization, client, self.now)?;
            let Some(target) = target.map(Rc::new) else { continue };
            for session in open_sessions_at(snapshot, partition, client) {
                let session = session?;
                if let Some(trigger) = self.why(&session, target.fields())? {
                    found.push((Rc::clone(&target), session, trigger));
                }
            }
        }
        Ok(found)
    }

    /// The clients that ask for something of what happened.
    fn clients(&self) -> Result<BTreeSet<RadiusClientId>, Error> {
        let (partition, mut clients) = (self.organization.partition(), BTreeSet::new());
        for trigger in Trigger::ALL {
            if self.notes.iter().any(|note| note.trigger == trigger) {
                let (index, number) = (indices::RADIUS_CLIENT_ORDERS, [trigger.number()]);
                for id in self.snapshot.find(partition, index, &number) {
                    clients.extend(RadiusClientId::from_record(id?));
                }
            }
        }
        Ok(clients)
    }

    /// Why a session is to end, if it is.
    fn why(
        &mut self,
        session: &Session,
        client: &RadiusClientFields,
    ) -> Result<Option<Trigger>, Error> {
        let Some(user) = session.user else { return Ok(None) };
        let direct = self.of_users.get(&user).into_iter().flatten().map(|it| (*it, true));
        let by_groups = self.of_groups.iter().map(|it| (*it, false));
        let concerned: Vec<(usize, bool)> = direct.chain(by_groups).collect();
        for (position, is_named) in concerned {
            let Some(note) = self.notes.get(position) else { continue };
            let trigger = note.trigger;
            let is_wanted = client.orders.after(trigger) == Consequence::Disconnect;
            if !is_wanted || session.started > note.at {
                continue;
            }
            let holds = match trigger {
                Trigger::LeftGroup => self.has_left(position, (user, is_named), client)?,
                Trigger::Suspended | Trigger::Deleted => self.is_gone(user)?,
                Trigger::Locked => self.is_locked(user)?,
                Trigger::PasswordChanged => true,
            };
            if holds {
                return Ok(Some(trigger));
            }
        }
        Ok(None)
    }

    /// Whether a user is not in a group any more that let them in at the client. Who has come back, is
    /// in it by another way, or in another that lets in as well, has lost nothing.
    fn has_left(
        &mut self,
        position: usize,
        (user, is_named): (UserId, bool),
        client: &RadiusClientFields,
    ) -> Result<bool, Error> {
        let Some(note) = self.notes.get(position) else { return Ok(false) };
        let accepting = client.rules.iter().filter(|rule| rule.then != RuleVerdict::Reject);
        let ruled: Vec<&GroupId> = accepting.flat_map(|rule| &rule.when.groups).collect();
        let names =
            |group: &GroupId| client.allowed_groups.contains(group) || ruled.contains(&group);
        if !note.left.iter().any(names) {
            return Ok(false);
        }
        let partition = self.organization.partition();
        let own = match self.own.entry(user) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                unknown.insert(groups_of_user(self.snapshot, partition, user)?)
            }
        };
        let is_in = |group: &GroupId| own.binary_search(group).is_ok();
        let is_meant = is_named || note.members_of.iter().any(is_in);
        let is_still_allowed = client.allowed_groups.iter().any(is_in);
        let lost = |group: &GroupId| {
            !is_in(group) && (ruled.contains(&group) || names(group) && !is_still_allowed)
        };
        Ok(is_meant && note.left.iter().any(lost))
    }

    fn is_gone(&self, user: UserId) -> Result<bool, Error> {
        let found = self.snapshot.get::<User>(self.organization.partition(), user.record())?;
        Ok(found.is_none_or(|user| user.state == UserState::Suspended))
    }

    fn is_locked(&self, user: UserId) -> Result<bool, Error> {
        let (partition, number) = (self.organization.partition(), user.record());
        let found = self.snapshot.get::<Credential>(partition, number)?;
        Ok(found.is_some_and(|credential| credential.locked(self.now)))
    }
}
