//! How an organization's entries are shown to applications.

use storage::{Change, Partition, Reading};

use super::organizations::{OwnOrganization, is_free, read_at, refuse_deleted};
use super::site::Site;
use crate::access::{Grant, ManageConfiguration};
use crate::error::{Error, Invalid};
use crate::events::{Action, SubjectKind, differences};
use crate::id::{OrganizationId, RecordId};
use crate::limits;
use crate::records::{Alias, Layout, Organization, ServiceAccount, indices};
use crate::text::prepare;

/// The most alias bases of an organization.
const ALIASES: usize = 16;
/// Where the base of each stands in a request.
const BASES: [&str; ALIASES] = [
    "/aliases/0/base",
    "/aliases/1/base",
    "/aliases/2/base",
    "/aliases/3/base",
    "/aliases/4/base",
    "/aliases/5/base",
    "/aliases/6/base",
    "/aliases/7/base",
    "/aliases/8/base",
    "/aliases/9/base",
    "/aliases/10/base",
    "/aliases/11/base",
    "/aliases/12/base",
    "/aliases/13/base",
    "/aliases/14/base",
    "/aliases/15/base",
];

/// How an organization's entries are shown, as a grant for it changes that.
pub struct OrganizationPresentation<'g, S> {
    site: Site<'g, S>,
    id: OrganizationId,
}

impl<'t, 'c> Grant<'t, &mut Change<'c>, ManageConfiguration> {
    /// How the entries of the grant's organization are shown.
    ///
    /// # Errors
    /// `Missing` when the grant is for the provider.
    pub fn presentation(&mut self) -> Result<OrganizationPresentation<'t, &mut Change<'c>>, Error> {
        let id = self.organization()?;
        Ok(OrganizationPresentation { site: self.site_mut(), id })
    }
}

impl OrganizationPresentation<'_, &mut Change<'_>> {
    /// Chooses how entries look under the organization's own base; with `revision`, only when nobody
    /// changed the organization in between.
    ///
    /// # Errors
    /// `Missing` or `Stale`; `Invalid` when names would collide.
    pub fn set_layout(
        &mut self,
        revision: Option<u64>,
        layout: Layout,
    ) -> Result<Organization, Error> {
        present(&mut self.site, self.id, revision, |record| {
            record.presentation.layout = layout;
            Ok("/layout")
        })
    }
}

impl OwnOrganization<'_, &mut Change<'_>> {
    /// Sets every alias base; with `revision`, only when nobody changed the organization in
    /// between.
    ///
    /// # Errors
    /// `Missing`, `Stale`, `Invalid`, or `Taken` when a base is another organization's; `Forbidden`
    /// while it is deleted.
    pub fn set_aliases(
        &mut self,
        revision: Option<u64>,
        aliases: Vec<Alias>,
    ) -> Result<Organization, Error> {
        let own = Some(self.id);
        limits::count("/aliases", aliases.len(), ALIASES)?;
        for (alias, pointer) in aliases.iter().zip(BASES) {
            if !is_free(&*self.site.source, &alias.base, own)? {
                return Err(Error::Taken { pointer: pointer.into() });
            }
        }
        present(&mut self.site, self.id, revision, |record| {
            refuse_deleted(record)?;
            record.presentation.aliases = aliases;
            check_apart(record)?;
            Ok("/aliases")
        })
    }
}

/// Changes how entries are shown; `edit` says where in a request the change was.
fn present(
    site: &mut Site<'_, &mut Change<'_>>,
    id: OrganizationId,
    revision: Option<u64>,
    edit: impl FnOnce(&mut Organization) -> Result<&'static str, Error>,
) -> Result<Organization, Error> {
    let mut record = read_at(&*site.source, id, revision)?;
    let before = record.presentation.clone();
    let pointer = edit(&mut record)?;
    if record.presentation.names_alike() {
        check_names_differ(&*site.source, id.partition(), pointer)?;
    }
    if record.presentation == before {
        return Ok(record);
    }
    record.stamp.touch(site.now());
    site.source.put(Partition::Provider, id.record(), &record)?;
    let told = differences(Some(&before), Some(&record.presentation));
    let subject = (SubjectKind::Organization, record.uuid, record.fields.slug.as_str());
    site.tell(Action::Changed, subject, told)?;
    Ok(record)
}

/// No base of an organization is another one, or lies under it: a name leads to one place.
pub(super) fn check_apart(record: &Organization) -> Result<(), Invalid> {
    let mut paths = vec![record.fields.base.path()];
    for (position, base) in record.presentation.bases().enumerate() {
        let path = base.path();
        if paths.iter().any(|other| path.starts_with(other) || other.starts_with(&path)) {
            let pointer = format!("/aliases/{position}/base");
            return Err(Invalid::new(pointer, "is another base of the organization, or under one"));
        }
        paths.push(path);
    }
    Ok(())
}

/// Where users and service accounts are named alike, no two have one name.
pub(super) fn check_names_differ(
    source: &impl Reading,
    partition: Partition,
    pointer: &str,
) -> Result<(), Error> {
    for account in source.scan::<ServiceAccount>(partition, None) {
        let name = prepare(&account?.1.fields.name);
        if source.find_first(partition, indices::USER_LOGIN, name.as_bytes())?.is_some() {
            let message = format!("the user {name} has the name of a service account");
            return Err(Invalid::new(pointer, message).into());
        }
    }
    Ok(())
}

/// Whether users and service accounts of an organization are named alike anywhere.
pub(super) fn names_alike(source: &impl Reading, partition: Partition) -> Result<bool, Error> {
    let Partition::Organization(number) = partition else { return Ok(false) };
    let record = source.get::<Organization>(Partition::Provider, u64::from(number.get()))?;
    if record.is_some_and(|record| record.presentation.names_alike()) {
        return Ok(true);
    }
    for account in source.scan::<ServiceAccount>(partition, None) {
        if account?.1.fields.profile.names_alike() {
            return Ok(true);
        }
    }
    Ok(false)
}
