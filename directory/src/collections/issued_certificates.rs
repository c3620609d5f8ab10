//! What an organization's own authorities issued, to be read.

use std::ops::Deref;

use storage::{Id, Partition, ReadError, Reading, Snapshot};
use uuid::Uuid;

use super::browse::{Batch, Browse};
use super::certificate_authorities::pem;
use super::site::Site;
use crate::access::{Grant, View};
use crate::error::Error;
use crate::id::{DeviceId, IssuedCertificateId, RecordId, UserId};
use crate::records::{
    CertificateAuthority, CertificateOwner, Device, IssuedCertificate, User, indices,
};
use crate::time::Time;

/// The certificates that the organization's own authorities issued.
pub struct IssuedCertificates<'g, S> {
    site: Site<'g, S>,
}

/// Whether a certificate counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Counts,
    /// Its time is over.
    Ended,
    /// It was revoked.
    Revoked,
    /// Its authority was deleted, or has ended.
    Orphaned,
}

impl<'t, 's> Grant<'t, &'s Snapshot, View> {
    /// The certificates that the organization's own authorities issued.
    pub fn issued_certificates(&self) -> IssuedCertificates<'t, &'s Snapshot> {
        IssuedCertificates { site: self.site() }
    }
}

impl Browse for IssuedCertificates<'_, &Snapshot> {
    type Id = IssuedCertificateId;
    type Record = IssuedCertificate;

    fn batch(
        &self,
        after: Option<IssuedCertificateId>,
        limit: usize,
    ) -> Result<Batch<IssuedCertificateId, IssuedCertificate>, Error> {
        let (source, partition) = (self.site.source, self.site.partition());
        let mut records = Vec::new();
        for found in source.scan::<IssuedCertificate>(partition, after.map(RecordId::record)) {
            let (id, record) = found?;
            if records.len() == limit {
                return Ok((records, true));
            }
            records.extend(IssuedCertificateId::from_record(id).map(|id| (id, record)));
        }
        Ok((records, false))
    }

    fn called(&self, name: &str) -> Result<Vec<(IssuedCertificateId, IssuedCertificate)>, Error> {
        let _they_have_none = name;
        Ok(Vec::new())
    }

    fn candidate(&self, id: IssuedCertificateId) -> Result<Option<IssuedCertificate>, Error> {
        Ok(self.site.source.get(self.site.partition(), id.record())?)
    }
}

impl IssuedCertificate {
    /// The certificate in PEM.
    pub fn pem(&self) -> String {
        pem(&self.certificate)
    }
}

impl IssuedCertificates<'_, &Snapshot> {
    /// A user's certificates, those included that count no more but are not forgotten yet.
    ///
    /// # Errors
    /// When the store fails.
    pub fn of_user(&self, user: UserId) -> Result<Vec<IssuedCertificate>, Error> {
        let found = of_owner(self.site.source, self.site.partition(), user.record())?;
        Ok(found.into_iter().map(|(_, record)| record).collect())
    }

    /// A device's certificates, likewise.
    ///
    /// # Errors
    /// When the store fails.
    pub fn of_device(&self, device: DeviceId) -> Result<Vec<IssuedCertificate>, Error> {
        let found = of_owner(self.site.source, self.site.partition(), device.record())?;
        Ok(found.into_iter().map(|(_, record)| record).collect())
    }

    /// Finds a certificate by its external id.
    ///
    /// # Errors
    /// `Missing` when there is none.
    pub fn read(&self, uuid: Uuid) -> Result<IssuedCertificate, Error> {
        Ok(find(self.site.source, self.site.partition(), uuid)?.1)
    }

    /// Whether a certificate counts at a time, as far as its authority and its owner's being there
    /// say; what is true of the owner else is for a login to find out.
    ///
    /// # Errors
    /// When the store fails.
    pub fn standing(&self, record: &IssuedCertificate, now: Time) -> Result<Standing, Error> {
        Ok(standing(self.site.source, self.site.partition(), record, now)?)
    }

    /// The external ids of a certificate's owner and of its authority, where they are still there.
    ///
    /// # Errors
    /// When the store fails.
    pub fn related(
        &self,
        record: &IssuedCertificate,
    ) -> Result<(Option<Uuid>, Option<Uuid>), Error> {
        let (source, partition) = (self.site.source, self.site.partition());
        let owner = match record.owner {
            CertificateOwner::User(user) => {
                source.get::<User>(partition, user.record())?.map(|user| user.uuid)
            }
            CertificateOwner::Device(device) => {
                source.get::<Device>(partition, device.record())?.map(|device| device.uuid)
            }
        };
        let authority = record.authority.record();
        let authority = source.get::<CertificateAuthority>(partition, authority)?;
        Ok((owner, authority.map(|authority| authority.uuid)))
    }
}

/// The certificates of an owner, the oldest first.
pub(crate) fn of_owner(
    source: &impl Reading,
    partition: Partition,
    owner: Id,
) -> Result<Vec<(Id, IssuedCertificate)>, Error> {
    let mut all = Vec::new();
    for id in source.find(partition, indices::ISSUED_OWNER, &owner.to_be_bytes()) {
        let id = id?;
        all.extend(source.get::<IssuedCertificate>(partition, id)?.map(|record| (id, record)));
    }
    Ok(all)
}

/// Finds a certificate by its external id.
pub(super) fn find<S>(
    source: S,
    partition: Partition,
    uuid: Uuid,
) -> Result<(Id, IssuedCertificate), Error>
where
    S: Deref,
    S::Target: Reading + Sized,
{
    let id = source.find_first(partition, indices::ISSUED_UUID, uuid.as_bytes())?;
    let id = id.ok_or(Error::Missing)?;
    let record = source.get::<IssuedCertificate>(partition, id)?;
    record.map(|record| (id, record)).ok_or(Error::Missing)
}

/// Whether a certificate counts at a time, as far as it and its authority say.
pub(crate) fn standing(
    source: &impl Reading,
    partition: Partition,
    record: &IssuedCertificate,
    now: Time,
) -> Result<Standing, ReadError> {
    if record.revoked.is_some() {
        return Ok(Standing::Revoked);
    }
    if !(record.not_before..=record.not_after).contains(&now) {
        return Ok(Standing::Ended);
    }
    let there = source.contains::<CertificateAuthority>(partition, record.authority.record())?;
    Ok(if there { Standing::Counts } else { Standing::Orphaned })
}
