//! Destinations of events: where they go beside the log.

use std::mem::discriminant;
use std::ops::Deref;
use std::time::Duration;

use storage::{Change, Index, Partition, Reading, Snapshot};
use uuid::Uuid;

use super::collection::Collection;
use super::delivery_ways::{allowed, check_way};
use super::entity::Entity;
use super::own_certificates::shown;
use super::server_certificate::ClientIdentity;
use crate::access::{
    Context, Grant, ManageDelivery, Permit, Rights, View, Who, authorize, standing,
};
use crate::delivery::{bury, keys, let_go};
use crate::error::{Error, Invalid};
use crate::events::{Action, Difference, SubjectKind};
use crate::id::{EventDestinationId, Place, RecordId};
use crate::limits;
use crate::records::{
    DeliveryMark, DeliveryProgress, DeliveryWay, EventDestination, EventDestinationFields,
    EventFilter, Reach, Stamp, indices, kinds,
};
use crate::time::milliseconds;

/// The destinations of the grant's place.
pub type EventDestinations<'g, S> = Collection<'g, S, EventDestination>;

/// The most destinations of a place.
const DESTINATIONS: usize = 8;
/// The most kinds of events that a filter names.
const ACTIONS: usize = 32;
/// The longest that a secret signs after it was replaced.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// The fewest letters of a secret that is made here.
const SECRET: usize = 32;

/// Which events a new destination begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeginsWith {
    /// Those to come.
    Next,
    /// The oldest that is kept.
    Oldest,
}

impl<'t, 's> Grant<'t, &'s Snapshot, View> {
    /// The destinations of the place's events, to be read.
    pub fn event_destinations(&self) -> EventDestinations<'t, &'s Snapshot> {
        Collection::new(self.site())
    }

    /// Of which destinations whoever looks sees addresses whole, as who manages them does.
    ///
    /// # Errors
    /// When the store fails.
    pub fn sees_whole_addresses(
        &self,
    ) -> Result<impl Fn(&EventDestination) -> bool + use<>, Error> {
        let manages = authorize(self.source, self.context, ManageDelivery::RIGHT, self.place)?;
        let (manages, reaches) = (manages.is_ok(), self.rights_beyond()?.covers_all());
        let is_theirs = self.place != Place::Provider;
        Ok(move |of: &EventDestination| {
            manages && (reaches || (is_theirs && of.reach == Reach::Own))
        })
    }

    /// What whoever looks may do: of a destination that takes the events of all organizations, each
    /// sees what is of those in scope.
    pub(crate) fn rights_beyond(&self) -> Result<Rights, Error> {
        let Who::Admin { admin, token } = self.context.actor.0 else { return Err(Error::Missing) };
        Ok(standing(self.source, self.context, admin, token)??.rights)
    }
}

impl<'t, 's> Grant<'t, &'s Snapshot, ManageDelivery> {
    /// The destinations of the place's events, to be tried.
    pub(crate) fn event_destinations(&self) -> EventDestinations<'t, &'s Snapshot> {
        Collection::new(self.site())
    }
}

impl<'t, 'c> Grant<'t, &mut Change<'c>, ManageDelivery> {
    /// The destinations of the place's events, to be changed.
    pub fn event_destinations(&mut self) -> EventDestinations<'t, &mut Change<'c>> {
        Collection::new(self.site_mut())
    }
}

impl EventDestinations<'_, &mut Change<'_>> {
    /// Makes a destination; `secret` signs what goes to a webhook. Which events go there stays.
    ///
    /// # Errors
    /// `Invalid` or `Taken` for what is not acceptable; `Forbidden` for one too many, or without the
    /// scope that its reach takes.
    pub fn create(
        &mut self,
        fields: EventDestinationFields,
        secret: &str,
        (begins, reach): (BeginsWith, Reach),
    ) -> Result<(EventDestinationId, EventDestination), Error> {
        let (partition, tools) = (self.site.partition(), self.site.tools);
        let all = self.site.source.scan::<EventDestination>(partition, None);
        if all.take(DESTINATIONS).count() == DESTINATIONS {
            return Err(Error::Forbidden("there are at most 8 destinations of events"));
        }
        allowed(&fields.way, tools.delivery_bounds())?;
        self.only_one_writes_files(&fields.way, None)?;
        self.check_reach(&fields.way, reach)?;
        let is_webhook = matches!(fields.way, DeliveryWay::Webhook { .. });
        let (id, mut destination) = self.add(fields)?;
        if reach == Reach::All {
            destination.reach = reach;
            self.site.source.put(partition, id.record(), &destination)?;
            let after = Some("\"all\"".to_owned());
            let told = Difference { field: "reach".into(), before: None, after };
            self.tell_of(&destination, Action::Changed, vec![told])?;
        }
        if is_webhook {
            self.put_secret(id, secret)?;
        }
        for key in keys(&*self.site.source, (self.site.place, id), reach)? {
            let mark = match begins {
                BeginsWith::Oldest => DeliveryMark::default(),
                // What happens from here on has higher numbers, this very change among it.
                BeginsWith::Next => {
                    let (sequence, hash) = tools.events().end(key.place.partition());
                    DeliveryMark { sequence, hash: Some(hash.0) }
                }
            };
            let progress = DeliveryProgress { mark, ..DeliveryProgress::default() };
            key.keep(self.site.source, progress)?;
        }
        Ok((id, destination))
    }

    /// Changes a destination; with `revision`, only when nobody changed it in between. What waits is
    /// tried again at once, and dead letters of a former receiver do not hold another one up.
    ///
    /// # Errors
    /// `Missing`, `Stale`, `Invalid` or `Taken`.
    pub fn update(
        &mut self,
        id: EventDestinationId,
        revision: Option<u64>,
        edit: impl FnOnce(&mut EventDestination) -> Result<(), Error>,
    ) -> Result<EventDestination, Error> {
        let bounds = self.site.tools.delivery_bounds();
        let before = self.read(id)?;
        self.require_reach(&before)?;
        let destination = self.edit(id, revision, |destination| {
            let kind = discriminant(&destination.fields.way);
            edit(destination)?;
            if discriminant(&destination.fields.way) != kind {
                let message = "is another kind of destination: make one of that kind";
                return Err(Invalid::new("/kind", message).into());
            }
            Ok(allowed(&destination.fields.way, bounds)?)
        })?;
        self.try_again(id, destination.reach)?;
        if destination.fields.way != before.fields.way {
            let now = self.site.now();
            for key in keys(&*self.site.source, (self.site.place, id), destination.reach)? {
                let_go(self.site.source, (key, &destination), now)?;
            }
        }
        Ok(destination)
    }

    /// Replaces the secret that signs; the old one signs beside it for so long, one before it no more.
    ///
    /// # Errors
    /// `Missing`; `Forbidden` for what is no webhook; `Invalid` for a time that is too long.
    pub fn rotate_secret(
        &mut self,
        id: EventDestinationId,
        secret: &str,
        keep: Duration,
    ) -> Result<EventDestination, Error> {
        let mut destination = self.read(id)?;
        self.require_reach(&destination)?;
        if !matches!(destination.fields.way, DeliveryWay::Webhook { .. }) {
            return Err(Error::Forbidden("only what goes to a webhook is signed"));
        }
        if keep > KEPT {
            return Err(Invalid::new("/keep_previous_seconds", "must be at most 30 days").into());
        }
        let (partition, previous) = (self.site.partition(), kinds::PREVIOUS_WEBHOOK_SECRET);
        let old = self.site.source.secret(partition, kinds::WEBHOOK_SECRET, id.record())?;
        self.put_secret(id, secret)?;
        match old.filter(|_| !keep.is_zero()) {
            Some(old) => {
                destination.previous_until = Some(self.site.now().plus(milliseconds(keep)));
                self.site.source.put_secret(partition, previous, id.record(), old.expose())?;
            }
            None => {
                destination.previous_until = None;
                self.site.source.delete_secret(partition, previous, id.record())?;
            }
        }
        self.keep(id, &mut destination)?;
        self.tell_of(&destination, Action::SecretRotated, Vec::new())?;
        Ok(destination)
    }

    /// Has the receiver be shown a certificate, or none. That it is shown that already is no change.
    ///
    /// # Errors
    /// `Missing` or `Stale`; `Forbidden` for files.
    pub fn set_client_certificate(
        &mut self,
        id: EventDestinationId,
        revision: Option<u64>,
        identity: Option<&ClientIdentity>,
    ) -> Result<EventDestination, Error> {
        let mut destination = self.read_at(id, revision)?;
        self.require_reach(&destination)?;
        if matches!(destination.fields.way, DeliveryWay::Files) {
            return Err(Error::Forbidden("files are shown no certificate"));
        }
        let chain = identity.map(ClientIdentity::chain).unwrap_or_default();
        if chain == destination.client {
            return Ok(destination);
        }
        let (partition, kind) = (self.site.partition(), kinds::DELIVERY_KEY);
        let fingerprint = |of: &EventDestination| of.client_fingerprint().map(|it| shown(&[it]));
        let before = fingerprint(&destination);
        destination.client = chain;
        match identity {
            Some(identity) => {
                self.site.source.put_secret(partition, kind, id.record(), identity.key())?;
            }
            None => {
                self.site.source.delete_secret(partition, kind, id.record())?;
            }
        }
        self.keep(id, &mut destination)?;
        let after = fingerprint(&destination);
        let told = Difference { field: "client_certificate".into(), before, after };
        self.tell_of(&destination, Action::Changed, vec![told])?;
        Ok(destination)
    }

    /// Deletes a destination with its secrets and its dead letters.
    ///
    /// # Errors
    /// `Missing` or `Stale`.
    pub fn delete(&mut self, id: EventDestinationId, revision: Option<u64>) -> Result<(), Error> {
        self.require_reach(&self.read(id)?)?;
        self.remove(id, revision)
    }

    fn keep(
        &mut self,
        id: EventDestinationId,
        destination: &mut EventDestination,
    ) -> Result<(), Error> {
        destination.stamp.touch(self.site.now());
        self.site.source.put(self.site.place.partition(), id.record(), destination)?;
        self.try_again(id, destination.reach)
    }

    /// Lets what waits be tried at once.
    fn try_again(&mut self, id: EventDestinationId, reach: Reach) -> Result<(), Error> {
        let keys = keys(&*self.site.source, (self.site.place, id), reach)?;
        keys.into_iter().try_for_each(|key| key.try_again(self.site.source))
    }

    fn put_secret(&mut self, id: EventDestinationId, secret: &str) -> Result<(), Error> {
        if secret.len() < SECRET {
            return Err(Invalid::new("/secret", "must have 32 octets at least").into());
        }
        let (partition, kind) = (self.site.partition(), kinds::WEBHOOK_SECRET);
        Ok(self.site.source.put_secret(partition, kind, id.record(), secret.as_bytes())?)
    }

    fn tell_of(
        &mut self,
        destination: &EventDestination,
        action: Action,
        told: Vec<Difference>,
    ) -> Result<(), Error> {
        let name = destination.fields.name.as_str();
        self.site.tell(action, (SubjectKind::EventDestination, destination.uuid, name), told)
    }
}

impl<S> EventDestinations<'_, S>
where
    S: Deref,
    S::Target: Reading + Sized,
{
    /// What takes the events of all organizations is the provider's, and goes to nobody's files.
    fn check_reach(&self, way: &DeliveryWay, reach: Reach) -> Result<(), Error> {
        let is_own = reach == Reach::Own;
        if !is_own && self.site.place != Place::Provider {
            let message = "must be own: an organization's destination takes its own events";
            return Err(Invalid::new("/reach", message).into());
        }
        if !is_own && matches!(way, DeliveryWay::Files) {
            let message =
                "must be own for files: each organization's events have files of their own";
            return Err(Invalid::new("/reach", message).into());
        }
        require_reach(&*self.site.source, self.site.context, self.site.place, reach)
    }

    fn require_reach(&self, destination: &EventDestination) -> Result<(), Error> {
        let site = &self.site;
        require_reach(&*site.source, site.context, site.place, destination.reach)
    }

    /// Of a day there is one file at a place.
    fn only_one_writes_files(
        &self,
        way: &DeliveryWay,
        own: Option<EventDestinationId>,
    ) -> Result<(), Error> {
        if !matches!(way, DeliveryWay::Files) {
            return Ok(());
        }
        for found in self.site.source.scan::<EventDestination>(self.site.partition(), None) {
            let (number, other) = found?;
            let is_other = own.is_none_or(|own| own.record() != number);
            if is_other && matches!(other.fields.way, DeliveryWay::Files) {
                return Err(Error::Forbidden("there is a destination that writes files already"));
            }
        }
        Ok(())
    }
}

impl EventDestination {
    /// The same as whoever may only view sees it: of a webhook's address the host alone, as a token of
    /// the receiver's may stand behind it.
    #[must_use]
    pub fn masked(self) -> Self {
        let way = self.fields.way.masked();
        Self { fields: EventDestinationFields { way, ..self.fields }, ..self }
    }

    /// SHA-256 of the own certificate that receivers are shown, where there is one.
    pub fn client_fingerprint(&self) -> Option<super::Fingerprint> {
        use sha2::{Digest, Sha256};
        self.client.first().map(|own| Sha256::digest(own).into())
    }
}

/// Where the events of all organizations go, and the provider's, which tell of each of them, is for who
/// has all of them in scope.
///
/// # Errors
/// `Forbidden` for others.
pub(crate) fn require_reach(
    source: &impl Reading,
    context: &Context,
    place: Place,
    reach: Reach,
) -> Result<(), Error> {
    if reach == Reach::Own && place != Place::Provider {
        return Ok(());
    }
    let Who::Admin { admin, token } = context.actor.0 else { return Err(Error::Missing) };
    match standing(source, context, admin, token)??.rights.covers_all() {
        true => Ok(()),
        false => Err(Error::Forbidden(
            "a destination of the provider's needs the scope of all organizations",
        )),
    }
}

fn check_filter(filter: &EventFilter) -> Result<(), Invalid> {
    limits::count("/filter/actions", filter.actions.len(), ACTIONS)?;
    limits::optional_line("/filter/actor", filter.actor.as_ref())?;
    limits::optional_line("/filter/subject", filter.subject.as_ref())?;
    limits::optional_line("/filter/text", filter.text.as_ref())
}

impl Entity for EventDestination {
    type Id = EventDestinationId;
    type Fields = EventDestinationFields;

    const SUBJECT: SubjectKind = SubjectKind::EventDestination;
    const UUIDS: Index = indices::EVENT_DESTINATION_UUID;
    const NAMES: Index = indices::EVENT_DESTINATION_NAME;
    const NAME_POINTER: &'static str = "/name";

    fn new(uuid: Uuid, stamp: Stamp, fields: EventDestinationFields) -> Self {
        let (client, previous_until, reach) = (Vec::new(), None, Reach::Own);
        Self { uuid, stamp, fields, client, previous_until, reach }
    }

    fn uuid(&self) -> Uuid {
        self.uuid
    }

    fn stamp(&mut self) -> &mut Stamp {
        &mut self.stamp
    }

    fn revision(&self) -> u64 {
        self.stamp.revision
    }

    fn fields(&self) -> &EventDestinationFields {
        &self.fields
    }

    fn name(fields: &EventDestinationFields) -> &str {
        &fields.name
    }

    fn named_values<R: Reading>(
        &self,
        _source: &R,
        _partition: Partition,
    ) -> Result<Vec<(String, serde_json::Value)>, Error> {
        // Events are for whoever may view, and go to other destinations.
        let way = serde_json::to_value(self.fields.way.masked()).unwrap_or_default();
        Ok(vec![("way".to_owned(), way)])
    }

    fn concealed(before: &Self, after: &Self) -> Option<Difference> {
        let (before, after) = (&before.fields.way, &after.fields.way);
        let is_other = before != after && before.masked() == after.masked();
        let (before, after) = ("\"not shown\"".to_owned(), "\"another, not shown\"".to_owned());
        let field = "path".to_owned();
        is_other.then_some(Difference { field, before: Some(before), after: Some(after) })
    }

    fn check(fields: &EventDestinationFields) -> Result<(), Invalid> {
        limits::name("/name", &fields.name)?;
        check_filter(&fields.filter)?;
        check_way(&fields.way)
    }

    fn let_go(
        &self,
        change: &mut Change<'_>,
        partition: Partition,
        id: EventDestinationId,
    ) -> Result<(), Error> {
        for kind in [kinds::WEBHOOK_SECRET, kinds::PREVIOUS_WEBHOOK_SECRET, kinds::DELIVERY_KEY] {
            change.delete_secret(partition, kind, id.record())?;
        }
        change.delete::<DeliveryProgress>(partition, id.record())?;
        if self.reach == Reach::All {
            for key in keys(&*change, (Place::Provider, id), self.reach)? {
                key.forget(change)?;
            }
        }
        bury(change, partition, id)
    }
}
