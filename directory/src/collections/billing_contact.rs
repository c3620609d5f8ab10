//! Who is written to about what an organization pays.

use storage::{Change, Partition, ReadError, Reading, Snapshot};

use super::site::Site;
use super::users::check_mail;
use crate::access::{Grant, ManageBilling, organization};
use crate::error::{Error, Invalid};
use crate::events::{Action, SubjectKind, differences};
use crate::limits;
use crate::records::{BillingContact, BillingContactFields, THE_ONLY_ONE};

/// The billing contact of the grant's organization.
pub struct BillingContacts<'g, S> {
    site: Site<'g, S>,
}

impl Grant<'_, &Snapshot, ManageBilling> {
    /// Who gets the organization's invoices.
    ///
    /// # Errors
    /// `Missing` when the grant is for the provider.
    pub fn billing_contact(&self) -> Result<BillingContact, Error> {
        self.organization()?;
        Ok(read(self.source, self.place.partition())?)
    }
}

impl<'t, 'c> Grant<'t, &mut Change<'c>, ManageBilling> {
    /// Who gets the organization's invoices, to be changed.
    ///
    /// # Errors
    /// `Missing` when the grant is for the provider.
    pub fn billing_contacts(&mut self) -> Result<BillingContacts<'t, &mut Change<'c>>, Error> {
        self.organization()?;
        Ok(BillingContacts { site: self.site_mut() })
    }
}

impl BillingContacts<'_, &mut Change<'_>> {
    /// Says who gets the organization's invoices; with `revision`, only when nobody said so in
    /// between.
    ///
    /// # Errors
    /// `Stale` or `Invalid`.
    pub fn set(
        &mut self,
        revision: Option<u64>,
        fields: BillingContactFields,
    ) -> Result<BillingContact, Error> {
        check(&fields)?;
        let partition = self.site.partition();
        let before = read(&*self.site.source, partition)?;
        if revision.is_some_and(|seen| seen != before.revision) {
            return Err(Error::Stale);
        }
        if fields == before.fields {
            return Ok(before);
        }
        let contact = BillingContact { fields, revision: before.revision.saturating_add(1) };
        self.site.source.put(partition, THE_ONLY_ONE, &contact)?;
        let told = differences(Some(&Told::of(&before)), Some(&Told::of(&contact)));
        let id = self.site.place.organization().ok_or(Error::Missing)?;
        let record = organization(&*self.site.source, id)?.ok_or(Error::Missing)?;
        let subject = (SubjectKind::Organization, record.uuid, record.fields.slug.as_str());
        self.site.tell(Action::Changed, subject, told)?;
        Ok(contact)
    }
}

/// What events say of a contact.
#[derive(serde::Serialize)]
struct Told<'c> {
    billing_contact_name: Option<&'c str>,
    billing_contact_mail: Option<&'c str>,
}

impl<'c> Told<'c> {
    fn of(contact: &'c BillingContact) -> Self {
        let BillingContactFields { name, mail } = &contact.fields;
        Self { billing_contact_name: name.as_deref(), billing_contact_mail: mail.as_deref() }
    }
}

fn read(source: &impl Reading, partition: Partition) -> Result<BillingContact, ReadError> {
    Ok(source.get::<BillingContact>(partition, THE_ONLY_ONE)?.unwrap_or_default())
}

fn check(fields: &BillingContactFields) -> Result<(), Invalid> {
    if let Some(name) = &fields.name {
        limits::name("/name", name)?;
    }
    fields.mail.as_ref().map_or(Ok(()), |mail| check_mail("/mail", mail))
}
