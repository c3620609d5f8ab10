//! Which sessions what happened to users and devices is about.

use std::collections::{BTreeSet, BinaryHeap, HashMap, HashSet};
use std::rc::Rc;

use storage::{Reading, Snapshot};
use uuid::Uuid;

use super::Ordered;
use super::standing::{Standing, Wanted};
use super::target::Target;
use crate::collections::{groups_of_device, groups_of_user, open_sessions_at};
use crate::directory::Directory;
use crate::error::Error;
use crate::id::{GroupId, OrganizationId, RadiusClientId, RecordId};
use crate::records::{
    CertificateMark, Consequence, Credential, Departure, Device, Guest, IssuedCertificate,
    NetworkRule, RadiusClientFields, Session, Trigger, User, UserState, indices, revoked_key,
};
use crate::time::Time;

/// A session of which something is wanted.
pub(super) struct Found {
    pub(super) target: Rc<Target>,
    pub(super) session: Session,
    /// What happened to whose it is.
    pub(super) trigger: Trigger,
    /// The position of the note that says so.
    pub(super) note: usize,
    pub(super) wanted: Wanted,
}

/// Why something is wanted of a session: what happened, the position of the note, and what.
type Why = (Trigger, usize, Wanted);

/// What happened to users and devices of an organization, against its open sessions.
pub(super) struct Search<'s> {
    directory: &'s Directory,
    snapshot: &'s Snapshot,
    organization: OrganizationId,
    now: Time,
    notes: Vec<Departure>,
    /// Which of them name a user or a device.
    of_guests: HashMap<Guest, Vec<usize>>,
    /// Which of them are about revoked certificates.
    of_certificates: Vec<usize>,
    /// The last one of them that says of a client that it decides otherwise.
    of_clients: HashMap<RadiusClientId, usize>,
    /// Which of them are about those in a group.
    of_groups: HashMap<GroupId, Vec<usize>>,
    /// The groups of users and devices.
    own: HashMap<Guest, Rc<[GroupId]>>,
    /// The notes that are about users and devices.
    about: HashMap<Guest, Rc<[usize]>>,
    /// How the session stands that was asked about last, and whether a lock counted.
    standing: Option<((Uuid, bool), Standing)>,
}

impl<'s> Search<'s> {
    pub(super) fn new(
        (directory, snapshot): (&'s Directory, &'s Snapshot),
        (organization, now): (OrganizationId, Time),
        notes: Vec<Departure>,
    ) -> Self {
        let mut of_guests = HashMap::<_, Vec<_>>::new();
        let (mut of_groups, mut of_certificates) = (HashMap::<_, Vec<_>>::new(), Vec::new());
        let mut of_clients = HashMap::new();
        for (position, note) in notes.iter().enumerate() {
            let users = note.users.iter().copied().map(Guest::User);
            for guest in users.chain(note.devices.iter().copied().map(Guest::Device)) {
                of_guests.entry(guest).or_default().push(position);
            }
            if note.trigger == Trigger::CertificateRevoked {
                of_certificates.push(position);
            }
            // What an earlier one is about, the last one is about as well.
            of_clients.extend(note.clients.iter().map(|client| (*client, position)));
            for group in &note.members_of {
                of_groups.entry(*group).or_default().push(position);
            }
        }
        if !of_clients.is_empty() {
            // Whoever is rung by a change may be here before the table has it.
            directory.settle_gear();
        }
        let (own, about) = (HashMap::new(), HashMap::new());
        Self {
            directory,
            snapshot,
            organization,
            now,
            notes,
            of_guests,
            of_certificates,
            of_clients,
            of_groups,
            own,
            about,
            standing: None,
        }
    }

    /// The sessions of which something is wanted, each with its client and why.
    pub(super) fn sessions(&mut self) -> Result<Vec<Found>, Error> {
        let (snapshot, partition) = (self.snapshot, self.organization.partition());
        let mut all = Vec::new();
        for client in self.clients()? {
            let target = Target::read(snapshot, self.organization, client, self.now)?;
            let Some(target) = target.map(Rc::new) else { continue };
            for session in open_sessions_at(snapshot, partition, client) {
                let session = session?;
                if let Some((trigger, note, wanted)) = self.why(&session, target.fields())? {
                    let target = Rc::clone(&target);
                    all.push(Found { target, session, trigger, note, wanted });
                }
            }
        }
        Ok(all)
    }

    /// What the note at a position still wants of a session that it was once found to be about.
    pub(super) fn wanted(
        &mut self,
        position: usize,
        session: &Session,
        client: &RadiusClientFields,
    ) -> Result<Option<Wanted>, Error> {
        let Some(note) = self.notes.get(position) else { return Ok(None) };
        let (trigger, is_later) = (note.trigger, session.started > note.at);
        let consequence = client.orders.after(trigger);
        if consequence == Consequence::Nothing || is_later {
            return Ok(None);
        }
        let end = || Wanted { what: Ordered::End, instead: None };
        if trigger == Trigger::CertificateRevoked {
            return Ok(self.is_revoked(session)?.then(end));
        }
        let Some(guest) = session.guest() else { return Ok(None) };
        let is_decided_anew = consequence == Consequence::Change
            || trigger == Trigger::JoinedGroup
            || trigger.is_of_policy();
        if is_decided_anew {
            if !self.concerns(position, guest, client) {
                return Ok(None);
            }
            // A lock ends no session but where it is what happened.
            let standing = self.standing(session, guest, trigger == Trigger::Locked)?;
            return Ok(standing.wanted(consequence, trigger));
        }
        let ends = match trigger {
            Trigger::LeftGroup => self.has_lost(position, guest, client)?,
            Trigger::Suspended | Trigger::Deleted => self.is_gone(guest)?,
            Trigger::Locked => self.is_locked(guest)?,
            Trigger::PasswordChanged
            | Trigger::CertificateRevoked
            | Trigger::JoinedGroup
            | Trigger::PolicyChanged
            | Trigger::TimeTurned => true,
        };
        Ok(ends.then(end))
    }

    /// Whether a note is about something by which a client decides: of groups, those that it names.
    fn concerns(&self, position: usize, guest: Guest, client: &RadiusClientFields) -> bool {
        let Some(note) = self.notes.get(position) else { return false };
        let is_named = |group: &GroupId| {
            let by_rule = |rule: &NetworkRule| asked(rule, guest).any(|it| it == group);
            client.allowed_groups.contains(group) || client.rules.iter().any(by_rule)
        };
        match note.trigger {
            Trigger::LeftGroup => note.left.iter().any(is_named),
            Trigger::JoinedGroup => note.joined.iter().any(is_named),
            Trigger::Suspended
            | Trigger::Deleted
            | Trigger::Locked
            | Trigger::PasswordChanged
            | Trigger::CertificateRevoked
            | Trigger::PolicyChanged
            | Trigger::TimeTurned => true,
        }
    }

    /// How a session stands, found out once however many notes are about it.
    fn standing(
        &mut self,
        session: &Session,
        guest: Guest,
        lock_counts: bool,
    ) -> Result<Standing, Error> {
        let asked = (session.uuid, lock_counts);
        if let Some((known, standing)) = &self.standing
            && *known == asked
        {
            return Ok(standing.clone());
        }
        let (within, of) = ((self.directory, self.snapshot), (self.organization, session));
        let standing = Standing::of(within, of, (guest, lock_counts), self.now)?;
        self.standing = Some((asked, standing.clone()));
        Ok(standing)
    }

    /// The clients that ask for something of what happened.
    fn clients(&self) -> Result<BTreeSet<RadiusClientId>, Error> {
        let (partition, mut clients) = (self.organization.partition(), BTreeSet::new());
        clients.extend(self.of_clients.keys().copied());
        let of_all = Trigger::ALL.into_iter().filter(|it| *it != Trigger::PolicyChanged);
        for trigger in of_all {
            if self.notes.iter().any(|note| note.trigger == trigger) {
                let (index, number) = (indices::RADIUS_CLIENT_ORDERS, [trigger.number()]);
                for id in self.snapshot.find(partition, index, &number) {
                    clients.extend(RadiusClientId::from_record(id?));
                }
            }
        }
        Ok(clients)
    }

    /// Why something is wanted of a session, if it is, and which note says so.
    fn why(
        &mut self,
        session: &Session,
        client: &RadiusClientFields,
    ) -> Result<Option<Why>, Error> {
        let mut about = match session.guest() {
            Some(guest) => self.about(guest)?.to_vec(),
            None => Vec::new(),
        };
        if session.certificate.is_some() {
            about.extend(&self.of_certificates);
        }
        about.extend(self.of_clients.get(&session.client));
        let mut found: Option<Why> = None;
        for position in about {
            let Some(wanted) = self.wanted(position, session, client)? else { continue };
            let Some(note) = self.notes.get(position) else { continue };
            let (trigger, ends) = (note.trigger, wanted.ends());
            // The order may wait for hours: a reason that nothing undoes meanwhile comes first.
            if ends && matches!(trigger, Trigger::PasswordChanged | Trigger::Deleted) {
                return Ok(Some((trigger, position, wanted)));
            }
            // What ends needs no change.
            if found.as_ref().is_none_or(|(.., found)| ends && !found.ends()) {
                found = Some((trigger, position, wanted));
            }
        }
        Ok(found)
    }

    /// The notes that are about somebody: those that name them, and those that are about a group that
    /// they were in at the time. What was left later was not left then, so this goes back from how
    /// things stand.
    fn about(&mut self, guest: Guest) -> Result<Rc<[usize]>, Error> {
        if let Some(known) = self.about.get(&guest) {
            return Ok(Rc::clone(known));
        }
        let named = self.of_guests.get(&guest).into_iter().flatten();
        let mut next: BinaryHeap<usize> = named.copied().collect();
        if !self.of_groups.is_empty() {
            let own = self.own(guest)?;
            let behind = own.iter().flat_map(|group| self.of_groups.get(group)).flatten();
            next.extend(behind.copied());
        }
        let (mut about, mut left) = (Vec::new(), HashSet::new());
        while let Some(position) = next.pop() {
            if about.last() == Some(&position) {
                continue;
            }
            about.push(position);
            let Some(note) = self.notes.get(position) else { continue };
            for group in &note.left {
                if left.insert(*group) {
                    let earlier = self.of_groups.get(group).into_iter().flatten();
                    next.extend(earlier.filter(|earlier| **earlier < position));
                }
            }
        }
        about.reverse();
        let about: Rc<[usize]> = about.into();
        self.about.insert(guest, Rc::clone(&about));
        Ok(about)
    }

    /// The groups that somebody is in, in their order.
    fn own(&mut self, guest: Guest) -> Result<Rc<[GroupId]>, Error> {
        if let Some(known) = self.own.get(&guest) {
            return Ok(Rc::clone(known));
        }
        let (snapshot, partition) = (self.snapshot, self.organization.partition());
        let own = match guest {
            Guest::User(user) => groups_of_user(snapshot, partition, user)?,
            Guest::Device(device) => {
                let device = snapshot.get::<Device>(partition, device.record())?;
                let direct = device.map(|device| device.fields.groups).unwrap_or_default();
                groups_of_device(snapshot, partition, &direct)?
            }
        };
        let own: Rc<[GroupId]> = own.into();
        self.own.insert(guest, Rc::clone(&own));
        Ok(own)
    }

    /// Whether somebody is not in a group any more that let them in at the client. Who has come back, is
    /// in it by another way, or in another that lets in as well, has lost nothing.
    fn has_lost(
        &mut self,
        position: usize,
        guest: Guest,
        client: &RadiusClientFields,
    ) -> Result<bool, Error> {
        let accepting = client.rules.iter().filter(|rule| rule.then.lets_in());
        let ruled: Vec<&GroupId> = accepting.flat_map(|rule| asked(rule, guest)).collect();
        let names =
            |group: &GroupId| client.allowed_groups.contains(group) || ruled.contains(&group);
        let own = self.own(guest)?;
        let Some(note) = self.notes.get(position) else { return Ok(false) };
        let is_in = |group: &GroupId| own.binary_search(group).is_ok();
        let is_still_allowed = client.allowed_groups.iter().any(is_in);
        let lost = |group: &GroupId| {
            !is_in(group) && (ruled.contains(&group) || names(group) && !is_still_allowed)
        };
        Ok(note.left.iter().any(lost))
    }

    /// Whether the certificate was revoked that let somebody in.
    fn is_revoked(&self, session: &Session) -> Result<bool, Error> {
        let (snapshot, partition) = (self.snapshot, self.organization.partition());
        let Some(mark) = &session.certificate else { return Ok(false) };
        if let CertificateMark::Issued(number) = mark {
            let issued = snapshot.get::<IssuedCertificate>(partition, *number)?;
            return Ok(issued.is_some_and(|issued| issued.revoked.is_some()));
        }
        let (authorities, serial) = mark.listed();
        for authority in authorities {
            let key = revoked_key(authority.record(), serial);
            if snapshot.find_first(partition, indices::REVOKED_SERIAL, &key)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_gone(&self, guest: Guest) -> Result<bool, Error> {
        let (snapshot, partition) = (self.snapshot, self.organization.partition());
        Ok(match guest {
            Guest::User(user) => {
                let found = snapshot.get::<User>(partition, user.record())?;
                found.is_none_or(|user| user.state != UserState::Active)
            }
            Guest::Device(device) => {
                let found = snapshot.get::<Device>(partition, device.record())?;
                found.is_none_or(|device| device.fields.suspended)
            }
        })
    }

    fn is_locked(&self, guest: Guest) -> Result<bool, Error> {
        let Guest::User(user) = guest else { return Ok(false) };
        let (partition, number) = (self.organization.partition(), user.record());
        let found = self.snapshot.get::<Credential>(partition, number)?;
        Ok(found.is_some_and(|credential| credential.locked_by_admin(self.now)))
    }
}

/// The groups by which a rule decides about somebody: a device that comes for itself is the one that it
/// comes with.
fn asked(rule: &NetworkRule, guest: Guest) -> impl Iterator<Item = &GroupId> {
    let of_device = matches!(guest, Guest::Device(_)).then_some(&rule.when.with_device_groups);
    rule.when.groups.iter().chain(of_device.into_iter().flatten())
}
