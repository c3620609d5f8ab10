//! The organizations that an admin sees.

use storage::{Partition, Reading};
use uuid::Uuid;

use super::{ReadingTransaction, own_standing};
use crate::access::{Standing, organization};
use crate::collections::{Batch, Browse, Sought, identified, indexed};
use crate::error::Error;
use crate::id::{OrganizationId, RecordId};
use crate::records::{Organization, OrganizationState, indices};

impl ReadingTransaction {
    /// The organizations in the admin's scope behind `after`, at most `limit`, and where the next
    /// page starts. Deleted ones are among them only for who could restore them.
    ///
    /// # Errors
    /// `Refused` when the actor is no admin.
    pub fn organizations(
        &self,
        after: Option<OrganizationId>,
        limit: usize,
    ) -> Result<OrganizationPage, Error> {
        let standing = own_standing(&self.snapshot, &self.context)?;
        let mut page = OrganizationPage { records: Vec::new(), next: None };
        let after = after.map(OrganizationId::record);
        for found in self.snapshot.scan::<Organization>(Partition::Provider, after) {
            let (number, record) = found?;
            let Some(id) = OrganizationId::from_record(number) else { continue };
            if !is_shown(&standing, id, &record) {
                continue;
            }
            if page.records.len() == limit {
                page.next = page.records.last().map(|(id, _)| *id);
                break;
            }
            page.records.push((id, record));
        }
        Ok(page)
    }

    /// The organizations that the admin may look at, at most `most`, each with its id.
    ///
    /// # Errors
    /// `Refused` when the actor is no admin.
    pub fn organizations_to_view(&self, most: usize) -> Result<Vec<(OrganizationId, Uuid)>, Error> {
        let standing = own_standing(&self.snapshot, &self.context)?;
        let mut found = Vec::new();
        for organization in self.snapshot.scan::<Organization>(Partition::Provider, None) {
            let (number, record) = organization?;
            let Some(id) = OrganizationId::from_record(number) else { continue };
            let deleted = matches!(record.state, OrganizationState::Deleted { .. });
            if standing.rights.covers(id) && !deleted {
                found.push((id, record.uuid));
            }
            if found.len() == most {
                break;
            }
        }
        Ok(found)
    }

    /// The organization in the admin's scope with a slug, in which letters count without case.
    ///
    /// # Errors
    /// `Refused` when the actor is no admin.
    fn organization_called(&self, slug: &str) -> Result<OrganizationPage, Error> {
        let standing = own_standing(&self.snapshot, &self.context)?;
        let (index, slug) = (indices::ORGANIZATION_SLUG, slug.to_ascii_lowercase());
        let found = self.snapshot.find_first(Partition::Provider, index, slug.as_bytes())?;
        let mut records = Vec::new();
        if let Some(id) = found.and_then(OrganizationId::from_record) {
            let record = organization(&self.snapshot, id)?;
            records.extend(record.filter(|it| is_shown(&standing, id, it)).map(|it| (id, it)));
        }
        Ok(OrganizationPage { records, next: None })
    }
}

/// The organizations in an admin's scope, to be browsed.
pub struct InScope<'t>(pub &'t ReadingTransaction);

impl Browse for InScope<'_> {
    type Id = OrganizationId;
    type Record = Organization;

    fn batch(
        &self,
        after: Option<OrganizationId>,
        limit: usize,
    ) -> Result<Batch<OrganizationId, Organization>, Error> {
        let page = self.0.organizations(after, limit)?;
        Ok((page.records, page.next.is_some()))
    }

    fn called(&self, name: &str) -> Result<Vec<(OrganizationId, Organization)>, Error> {
        Ok(self.0.organization_called(name)?.records)
    }

    fn candidates(
        &self,
        sought: Sought<'_>,
        most: usize,
    ) -> Result<Option<Vec<OrganizationId>>, Error> {
        let source = &self.0.snapshot;
        // Whoever may not ask hears so, whether there is something or not.
        own_standing(source, &self.0.context)?;
        let index = match sought.member {
            "id" if sought.is_whole => {
                let by = (Partition::Provider, indices::ORGANIZATION_UUID);
                return identified(source, by, sought.value).map(Some);
            }
            "slug" => indices::ORGANIZATION_SLUG,
            "domain" => indices::ORGANIZATION_DOMAIN,
            _ => return Ok(None),
        };
        indexed(source, (Partition::Provider, index), sought, most)
    }

    fn candidate(&self, id: OrganizationId) -> Result<Option<Organization>, Error> {
        // An index knows nothing of scopes.
        let standing = own_standing(&self.0.snapshot, &self.0.context)?;
        let record = organization(&self.0.snapshot, id)?;
        Ok(record.filter(|record| is_shown(&standing, id, record)))
    }
}

/// Whether an admin sees an organization in lists.
pub(super) fn is_shown(standing: &Standing, id: OrganizationId, it: &Organization) -> bool {
    let deleted = matches!(it.state, OrganizationState::Deleted { .. });
    standing.rights.covers(id) && (!deleted || standing.rights.restores())
}

/// A page of organizations.
pub struct OrganizationPage {
    /// The organizations, in the order in which they were made.
    pub records: Vec<(OrganizationId, Organization)>,
    /// Where the next page starts; absent on the last.
    pub next: Option<OrganizationId>,
}
