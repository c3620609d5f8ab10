//! Organizations: customers of the provider.

use storage::{Change, Index, Partition, Reading, Snapshot};
use uuid::Uuid;

use super::admins::end_all_tokens;
use super::billing::close_account;
use super::gear_claims;
use super::organization_settings::{check_sessions, check_settings, demanding_since};
use super::presentation::check_apart;
use super::site::Site;
use crate::access::{Grant, ManageBilling, ManageOrganizations, View, Who, organization, standing};
use crate::error::{Error, Invalid, StoreFailure};
use crate::events::{Action, Difference, Event, Outcome, Subject, SubjectKind, differences};
use crate::id::{OrganizationId, Place, RecordId};
use crate::limits;
use crate::records::{
    Admin, AdminScope, Base, CustomMark, Domain, Marks, Organization, OrganizationFields,
    OrganizationState, Presentation, Settings, Stamp, indices,
};
use crate::time::Time;

/// The organizations, as a grant at the provider changes them.
pub struct Organizations<'g, S> {
    site: Site<'g, S>,
}

/// One organization, as a grant for it changes it.
pub struct OwnOrganization<'g, S> {
    pub(super) site: Site<'g, S>,
    pub(super) id: OrganizationId,
}

/// What a new organization starts with.
#[derive(Clone, Debug)]
pub struct NewOrganization {
    /// What admins write.
    pub fields: OrganizationFields,
    /// How its people authenticate.
    pub settings: Settings,
}

/// The most octets of a slug.
const SLUG: usize = 40;

impl<'t, 'c> Grant<'t, &mut Change<'c>, ManageOrganizations> {
    /// The organizations; a grant for one organization leads to that one alone.
    pub fn organizations(&mut self) -> Organizations<'t, &mut Change<'c>> {
        Organizations { site: self.site_mut() }
    }

    /// The grant's own organization.
    ///
    /// # Errors
    /// `Missing` when the grant is for the provider.
    pub fn own(&mut self) -> Result<OwnOrganization<'t, &mut Change<'c>>, Error> {
        let id = self.organization()?;
        Ok(OwnOrganization { site: self.site_mut(), id })
    }
}

impl Grant<'_, &Snapshot, View> {
    /// The grant's own organization.
    ///
    /// # Errors
    /// `Missing` when the grant is for the provider.
    pub fn own_organization(&self) -> Result<Organization, Error> {
        read(self.source, self.organization()?)
    }
}

impl Grant<'_, &Snapshot, ManageBilling> {
    /// The grant's own organization, also when it is deleted.
    ///
    /// # Errors
    /// `Missing` when the grant is for the provider.
    pub fn own_organization(&self) -> Result<Organization, Error> {
        read(self.source, self.organization()?)
    }
}

impl Grant<'_, &Snapshot, ManageOrganizations> {
    /// The grant's own organization, also when it is deleted.
    ///
    /// # Errors
    /// `Missing` when the grant is for the provider.
    pub fn own_organization(&self) -> Result<Organization, Error> {
        read(self.source, self.organization()?)
    }
}

impl Organizations<'_, &mut Change<'_>> {
    /// Makes an organization and its data key.
    ///
    /// # Errors
    /// `Invalid` or `Taken` for what is not acceptable; `Forbidden` when the actor's scope is not
    /// all organizations.
    pub fn create(
        &mut self,
        new: NewOrganization,
    ) -> Result<(OrganizationId, Organization), Error> {
        self.require_the_whole_scope()?;
        check(&new.fields)?;
        limits::new_label("/name", &new.fields.name, "")?;
        check_settings(&new.settings)?;
        let sessions = new.settings.admin_sessions;
        check_sessions(sessions, self.site.tools.longest_sessions())?;
        let settings = demanding_since(new.settings, None, self.site.now());
        check_taken(&*self.site.source, &new.fields, None)?;
        let number = self.site.source.allocate(Partition::Provider)?;
        let id = OrganizationId::from_record(number)
            .ok_or(Error::Forbidden("there are too many organizations"))?;
        let record = Organization {
            uuid: self.site.tools.uuid(self.site.now()),
            state: OrganizationState::Active,
            stamp: Stamp::new(self.site.now()),
            fields: new.fields,
            settings,
            presentation: Presentation::default(),
            custom: CustomMark::default(),
            marks: Marks::default(),
        };
        self.site.source.create_partition(id.partition())?;
        self.site.tools.events().introduce(id.partition(), record.uuid.into_bytes());
        self.site.source.put(Partition::Provider, number, &record)?;
        let told = differences(None, Some(&record.fields));
        self.site.place = Place::Organization(id);
        let subject = (SubjectKind::Organization, record.uuid, record.fields.slug.as_str());
        self.site.tell(Action::Created, subject, told)?;
        self.site.place = Place::Provider;
        tell_the_provider(&mut self.site, Action::Created, record.uuid, Vec::new())?;
        Ok((id, record))
    }

    fn require_the_whole_scope(&self) -> Result<(), Error> {
        let Who::Admin { admin, token } = self.site.context.actor.0 else {
            return Err(Error::Missing);
        };
        let standing = standing(&*self.site.source, self.site.context, admin, token)??;
        if standing.rights.covers_all() && self.site.place == Place::Provider {
            Ok(())
        } else {
            Err(Error::Forbidden("creating an organization needs the scope of all organizations"))
        }
    }
}

impl OwnOrganization<'_, &mut Change<'_>> {
    /// Changes the organization; with `revision`, only when nobody changed it in between.
    ///
    /// # Errors
    /// `Missing`, `Stale`, `Invalid` or `Taken`; `Forbidden` while it is deleted.
    pub fn update(
        &mut self,
        revision: Option<u64>,
        edit: impl FnOnce(&mut OrganizationFields) -> Result<(), Error>,
    ) -> Result<Organization, Error> {
        let mut record = read_at(&*self.site.source, self.id, revision)?;
        refuse_deleted(&record)?;
        let before = record.fields.clone();
        edit(&mut record.fields)?;
        check(&record.fields)?;
        limits::new_label("/name", &record.fields.name, &before.name)?;
        check_taken(&*self.site.source, &record.fields, Some(self.id))?;
        if check_apart(&record).is_err() {
            return Err(Invalid::new("/base", "is under an alias base, or above one").into());
        }
        if record.fields == before {
            return Ok(record);
        }
        let told = differences(Some(&before), Some(&record.fields));
        self.put(record, Action::Changed, told)
    }

    /// Suspends the organization or lets it answer again. Its own admins have no sessions and API keys
    /// any more then, and get none back with it.
    ///
    /// # Errors
    /// `Missing` or `Stale`; `Forbidden` while it is deleted.
    pub fn set_suspended(
        &mut self,
        revision: Option<u64>,
        suspended: bool,
    ) -> Result<Organization, Error> {
        let mut record = read_at(&*self.site.source, self.id, revision)?;
        refuse_deleted(&record)?;
        let before = State { state: record.state };
        record.state =
            if suspended { OrganizationState::Suspended } else { OrganizationState::Active };
        if before.state == record.state {
            return Ok(record);
        }
        let state = differences(Some(&before), Some(&State { state: record.state }));
        let mut told = state.clone();
        // Of one that was suspended when that still left them, they end with the activation.
        told.extend(end_all_tokens(&mut self.site)?);
        let record = self.put(record, Action::Changed, told)?;
        tell_the_provider(&mut self.site, Action::Changed, record.uuid, state)?;
        Ok(record)
    }

    /// Deletes the organization: it answers nobody, its own admins' sessions and API keys end, and it
    /// can be restored within [`OrganizationGrace`](crate::OrganizationGrace).
    ///
    /// # Errors
    /// `Missing`, `Stale`, or `Invalid` when `confirmation` is not its name; `Forbidden` when it is
    /// deleted already.
    pub fn delete(&mut self, revision: Option<u64>, confirmation: &str) -> Result<(), Error> {
        let mut record = read_at(&*self.site.source, self.id, revision)?;
        refuse_deleted(&record)?;
        if confirmation != record.fields.name {
            let message = "must be the organization's name, to confirm the deletion";
            return Err(Invalid::new("/confirmation", message).into());
        }
        let ended = end_all_tokens(&mut self.site)?;
        record.state = OrganizationState::Deleted { at: self.site.now() };
        let record = self.put(record, Action::Deleted, ended)?;
        tell_the_provider(&mut self.site, Action::Deleted, record.uuid, Vec::new())
    }

    /// Brings a deleted organization back as it was, suspended.
    ///
    /// # Errors
    /// `Missing` or `Stale`; `Forbidden` when it is not deleted or its grace period is over.
    pub fn restore(&mut self, revision: Option<u64>) -> Result<Organization, Error> {
        let mut record = read_at(&*self.site.source, self.id, revision)?;
        let OrganizationState::Deleted { at } = record.state else {
            return Err(Error::Forbidden("the organization is not deleted"));
        };
        if self.site.now() > self.site.tools.end_of_grace(at) {
            return Err(Error::Forbidden("the grace period is over"));
        }
        record.state = OrganizationState::Suspended;
        let record = self.put(record, Action::Restored, Vec::new())?;
        tell_the_provider(&mut self.site, Action::Restored, record.uuid, Vec::new())?;
        Ok(record)
    }

    fn put(
        &mut self,
        mut record: Organization,
        action: Action,
        told: Vec<Difference>,
    ) -> Result<Organization, Error> {
        record.stamp.touch(self.site.now());
        self.site.source.put(Partition::Provider, self.id.record(), &record)?;
        let subject = (SubjectKind::Organization, record.uuid, record.fields.slug.as_str());
        self.site.tell(action, subject, told)?;
        Ok(record)
    }
}

/// Destroys what deleted organizations left behind when their grace period is over, which ends as
/// `end` says for the time of the deletion; returns how many.
pub(crate) fn destroy_expired(
    change: &mut Change<'_>,
    now: Time,
    end: impl Fn(Time) -> Time,
) -> Result<usize, Error> {
    let mut expired = Vec::new();
    for found in change.scan::<Organization>(Partition::Provider, None) {
        let (number, record) = found?;
        if matches!(record.state, OrganizationState::Deleted { at } if now > end(at)) {
            expired.extend(OrganizationId::from_record(number).map(|id| (id, record)));
        }
    }
    for (id, record) in &expired {
        leave_scopes(change, *id, now)?;
        gear_claims::let_go_of_all(change, *id)?;
        close_account(change, *id, record, now)?;
        change.destroy_partition(id.partition())?;
        change.delete::<Organization>(Partition::Provider, id.record())?;
        let (kind, id, name) = unnamed(record.uuid);
        let subject = Subject { kind, id, name };
        tell_of_daemon(change, now, (Action::Deleted, subject), Vec::new());
    }
    Ok(expired.len())
}

/// An organization as the provider's log tells of it: what it is called is not for all who read that.
fn unnamed(id: Uuid) -> (SubjectKind, Uuid, String) {
    (SubjectKind::Organization, id, id.to_string())
}

/// Tells in the provider's log what an admin did to an organization, whose own log is shown to nobody
/// while it is deleted, and goes with it.
fn tell_the_provider(
    site: &mut Site<'_, &mut Change<'_>>,
    action: Action,
    organization: Uuid,
    differences: Vec<Difference>,
) -> Result<(), Error> {
    let (kind, id, name) = unnamed(organization);
    let place = std::mem::replace(&mut site.place, Place::Provider);
    let told = site.tell(action, (kind, id, name.as_str()), differences);
    site.place = place;
    told
}

/// Tells in the provider's log what the daemon did by itself.
fn tell_of_daemon(
    change: &mut Change<'_>,
    now: Time,
    (action, subject): (Action, Subject),
    differences: Vec<Difference>,
) {
    let about = (action, Some(subject));
    let event = Event { differences, ..Event::of_daemon(now, about, Outcome::Success) };
    change.event(Partition::Provider, now.0, &event.encode());
}

/// Takes an organization that is gone out of the scopes of admins, each of which is an event.
fn leave_scopes(change: &mut Change<'_>, gone: OrganizationId, now: Time) -> Result<(), Error> {
    let admins: Vec<(storage::Id, Admin)> =
        change.scan::<Admin>(Partition::Provider, None).collect::<Result<_, _>>()?;
    for (number, mut admin) in admins {
        let AdminScope::Organizations(list) = &mut admin.fields.scope else { continue };
        let before = list.len();
        list.retain(|organization| *organization != gone);
        let after = list.len();
        if before == after {
            continue;
        }
        admin.stamp.touch(now);
        change.put(Partition::Provider, number, &admin)?;
        // How many they are, as every other event of a scope says.
        let told = |count: usize| Some(serde_json::json!({"organizations": count}).to_string());
        let (before, after) = (told(before), told(after));
        let differs = vec![Difference { field: "scope".to_owned(), before, after }];
        let (id, name) = (admin.uuid, admin.fields.login);
        let subject = Subject { kind: SubjectKind::Admin, id, name };
        tell_of_daemon(change, now, (Action::Changed, subject), differs);
    }
    Ok(())
}

#[derive(serde::Serialize)]
struct State {
    state: OrganizationState,
}

pub(super) fn refuse_deleted(record: &Organization) -> Result<(), Error> {
    match record.state {
        OrganizationState::Active | OrganizationState::Suspended => Ok(()),
        OrganizationState::Deleted { .. } => {
            Err(Error::Forbidden("the organization is deleted; restore it first"))
        }
    }
}

pub(super) fn read(source: &impl Reading, id: OrganizationId) -> Result<Organization, Error> {
    organization(source, id)
        .map_err(StoreFailure::from)
        .map_err(Error::Store)?
        .ok_or(Error::Missing)
}

pub(super) fn read_at(
    source: &impl Reading,
    id: OrganizationId,
    revision: Option<u64>,
) -> Result<Organization, Error> {
    let record = read(source, id)?;
    match revision {
        Some(seen) if seen != record.stamp.revision => Err(Error::Stale),
        Some(_) | None => Ok(record),
    }
}

fn check(fields: &OrganizationFields) -> Result<(), Invalid> {
    limits::name("/name", &fields.name)?;
    let slug = &fields.slug;
    let letters = slug
        .bytes()
        .all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-');
    if letters && (1..=SLUG).contains(&slug.len()) && !slug.starts_with('-') && !slug.ends_with('-')
    {
        Ok(())
    } else {
        Err(Invalid::new("/slug", "must be 1 to 40 of a-z, 0-9 and inner hyphens"))
    }
}

/// Slugs, domains and bases are unique, and no base lies under another's: a search cannot reach
/// over.
fn check_taken(
    source: &impl Reading,
    fields: &OrganizationFields,
    own: Option<OrganizationId>,
) -> Result<(), Error> {
    let slug = fields.slug.as_bytes();
    let slug = source.find_first(Partition::Provider, indices::ORGANIZATION_SLUG, slug)?;
    if slug.is_some() && slug != own.map(OrganizationId::record) {
        return Err(Error::Taken { pointer: "/slug".into() });
    }
    let is_others = |index: Index, value: Option<&str>| -> Result<bool, Error> {
        let Some(value) = value else { return Ok(false) };
        let holder = source.find_first(Partition::Provider, index, value.as_bytes())?;
        Ok(holder.is_some() && holder != own.map(OrganizationId::record))
    };
    let (domains, bases) = (indices::ORGANIZATION_DOMAIN, indices::ORGANIZATION_BASE);
    let domain = fields.domain.as_ref();
    // A domain means one organization: that which goes by it, or has the base that it gives.
    let given = domain.and_then(Base::of);
    if is_others(domains, domain.map(Domain::as_str))?
        || is_others(bases, given.as_ref().map(Base::as_str))?
    {
        return Err(Error::Taken { pointer: "/domain".into() });
    }
    if is_free(source, &fields.base, own)? {
        Ok(())
    } else {
        Err(Error::Taken { pointer: "/base".into() })
    }
}

/// Whether a base is no other organization's, nor under one, nor above one, nor stands for another's
/// domain.
pub(super) fn is_free(
    source: &impl Reading,
    base: &Base,
    own: Option<OrganizationId>,
) -> Result<bool, Error> {
    let own = own.map(OrganizationId::record);
    for name in std::iter::once(base.as_str()).chain(base.ancestors()) {
        let index = indices::ORGANIZATION_BASE;
        let holder = source.find_first(Partition::Provider, index, name.as_bytes())?;
        if holder.is_some() && holder != own {
            return Ok(false);
        }
    }
    // Who binds by a domain means the organization that goes by it.
    if let Some(domain) = base.domain() {
        let (index, domain) = (indices::ORGANIZATION_DOMAIN, domain.as_bytes());
        let holder = source.find_first(Partition::Provider, index, domain)?;
        if holder.is_some() && holder != own {
            return Ok(false);
        }
    }
    let below = base.path();
    for found in source.prefix(Partition::Provider, indices::ORGANIZATION_TREE, below.as_bytes()) {
        if Some(found?.1) != own {
            return Ok(false);
        }
    }
    Ok(true)
}
