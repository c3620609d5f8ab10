//! What an opened store needs before it is used.

use std::collections::VecDeque;

use storage::{Change, Id, OpenError, Partition, ReadError, Reading, WriteError};

use crate::collections::gear_claims;
use crate::directory::Directory;
use crate::error::{Error, StoreFailure};
use crate::id::{OrganizationId, RadiusClientId, RecordId};
use crate::records::{
    CapTotals, Capped, CertificateTotals, Preparations, Session, SessionTotals, THE_ONLY_ONE, User,
    indices, kinds,
};

/// So many records are written anew in one change.
const STEP: usize = 1_000;

/// What is made sure of in a store that an older version made.
type Preparation = fn(&Directory) -> Result<(), Error>;

/// What is made sure of once, in this order. Where some are new, all are made again: each finds little to
/// do where it was made before.
const PREPARATIONS: [Preparation; 6] = [
    Directory::renew,
    Directory::note_claims,
    Directory::count_sessions,
    Directory::count_certificates,
    Directory::count_users,
    Directory::count_devices,
];
const PROVIDER: Partition = Partition::Provider;

impl Directory {
    /// Gives an older store what this version counts on, and takes up what a former process left.
    pub(crate) fn prepare(&self) -> Result<(), OpenError> {
        let prepared = self.prepare_once();
        prepared.and_then(|()| self.settle_left_reports()).map_err(failed_to_open)
    }

    /// Makes the preparations where they were not all made before: they look at every organization,
    /// each of which lies elsewhere in the file.
    fn prepare_once(&self) -> Result<(), Error> {
        let found = self.inner.store.read()?.get::<Preparations>(PROVIDER, THE_ONLY_ONE)?;
        let made = u32::try_from(PREPARATIONS.len()).unwrap_or(u32::MAX);
        if found.unwrap_or_default().made >= made {
            return Ok(());
        }
        PREPARATIONS.iter().try_for_each(|prepare| prepare(self))?;
        let put = move |change: &mut Change<'_>| {
            let made = Preparations { made };
            change.put(PROVIDER, THE_ONLY_ONE, &made).map_err(Error::from)
        };
        // A disk that takes no writes can be read from; then all is looked at again at the next start.
        let _noted: Result<(), WriteError<Error>> = self.inner.store.write(put);
        Ok(())
    }

    /// Notes what RADIUS clients have that no other may have, once for a store that was made before
    /// that was noted. Without the key no client is written, so this can be broken off at any moment.
    fn note_claims(&self) -> Result<(), Error> {
        let snapshot = self.inner.store.read()?;
        if snapshot.secret(Partition::Provider, kinds::CLAIMS_KEY, THE_ONLY_ONE)?.is_some() {
            return Ok(());
        }
        let mut clients = Vec::new();
        for partition in snapshot.partitions()? {
            let Partition::Organization(number) = partition else { continue };
            let Some(organization) = OrganizationId::from_record(number.get().into()) else {
                continue;
            };
            // By the index: one that cannot be read hides no other.
            for found in snapshot.prefix(partition, indices::RADIUS_CLIENT_UUID, b"").ids() {
                clients.extend(RadiusClientId::from_record(found?).map(|id| (organization, id)));
            }
        }
        drop(snapshot);
        let key: [u8; 32] = self.inner.tools.random();
        let noted = self.inner.store.write(move |change| {
            change.put_secret(Partition::Provider, kinds::CLAIMS_KEY, THE_ONLY_ONE, &key)?;
            gear_claims::note_all(change, clients)
        });
        noted.map_err(Error::from)
    }

    /// Counts the sessions of a store that was made before they were counted, outside of any change:
    /// nobody changes anything yet. Numbers that cannot be read are counted again.
    fn count_sessions(&self) -> Result<(), Error> {
        let snapshot = self.inner.store.read()?;
        for partition in snapshot.partitions()? {
            if matches!(partition, Partition::Provider)
                || matches!(snapshot.get::<SessionTotals>(partition, THE_ONLY_ONE), Ok(Some(_)))
            {
                continue;
            }
            let mut totals = SessionTotals::default();
            for found in snapshot.scan::<Session>(partition, None) {
                // What cannot be read is kept as well.
                let is_open = found.is_ok_and(|(_, session)| session.ended.is_none());
                totals.kept += 1;
                totals.open += u64::from(is_open);
            }
            if totals.kept > 0 {
                let put = move |change: &mut Change<'_>| {
                    change.put(partition, THE_ONLY_ONE, &totals).map_err(Error::from)
                };
                self.inner.store.write(put).map_err(Error::from)?;
            }
        }
        Ok(())
    }

    /// Counts the issued certificates of a store that was made before they were counted, likewise.
    fn count_certificates(&self) -> Result<(), Error> {
        let snapshot = self.inner.store.read()?;
        for partition in snapshot.partitions()? {
            if matches!(partition, Partition::Provider)
                || matches!(snapshot.get::<CertificateTotals>(partition, THE_ONLY_ONE), Ok(Some(_)))
            {
                continue;
            }
            let found = snapshot.prefix(partition, indices::ISSUED_END, b"").ids().count();
            let kept = u32::try_from(found).unwrap_or(u32::MAX);
            if kept > 0 {
                let put = move |change: &mut Change<'_>| {
                    let totals = CertificateTotals { kept };
                    change.put(partition, THE_ONLY_ONE, &totals).map_err(Error::from)
                };
                self.inner.store.write(put).map_err(Error::from)?;
            }
        }
        Ok(())
    }

    fn count_users(&self) -> Result<(), Error> {
        self.count_capped(Capped::Users)
    }

    fn count_devices(&self) -> Result<(), Error> {
        self.count_capped(Capped::Devices)
    }

    /// Counts the users or devices of a store that was made before they were counted, outside of any
    /// change: nobody changes anything yet. By the index: one that cannot be read is counted as well.
    fn count_capped(&self, of: Capped) -> Result<(), Error> {
        let index = match of {
            Capped::Users => indices::USER_UUID,
            Capped::Devices => indices::DEVICE_UUID,
        };
        let snapshot = self.inner.store.read()?;
        for partition in snapshot.partitions()? {
            if matches!(partition, Partition::Provider)
                || snapshot.contains::<CapTotals>(partition, of.record())?
            {
                continue;
            }
            let ids = snapshot.prefix(partition, index, b"").ids();
            let kept = ids.map(|id| id.map(|_| 1_u32)).sum::<Result<u32, _>>()?;
            if kept > 0 {
                let put = move |change: &mut Change<'_>| {
                    let totals = CapTotals { kept };
                    change.put(partition, of.record(), &totals).map_err(Error::from)
                };
                self.inner.store.write(put).map_err(Error::from)?;
            }
        }
        Ok(())
    }

    /// Writes users anew whose telephone numbers stand in the index as they were spelled. What is
    /// left of that index tells who they are, so this can be broken off at any moment, and costs a
    /// look for each organization where there are none.
    fn renew(&self) -> Result<(), Error> {
        let partitions = self.inner.store.read()?.partitions()?;
        for partition in partitions {
            let mut spelled = self.spelled(partition)?;
            while !spelled.is_empty() {
                let step: Vec<Id> = spelled.drain(..STEP.min(spelled.len())).collect();
                let done = self.inner.store.write(move |change| rewrite(change, partition, step));
                done.map_err(Error::from)?;
            }
        }
        Ok(())
    }

    fn spelled(&self, partition: Partition) -> Result<VecDeque<Id>, ReadError> {
        let snapshot = self.inner.store.read()?;
        snapshot.prefix(partition, indices::USER_SPELLED_PHONE, b"").ids().collect()
    }
}

/// What failed before the directory was open.
pub(crate) fn failed_to_open(error: Error) -> OpenError {
    if let Error::Store(StoreFailure::Read(error)) = error {
        error.into()
    } else {
        std::io::Error::other(error.to_string()).into()
    }
}

fn rewrite(change: &mut Change<'_>, partition: Partition, ids: Vec<Id>) -> Result<(), Error> {
    for id in ids {
        if let Some(user) = change.get::<User>(partition, id)? {
            change.put(partition, id, &user)?;
        }
    }
    Ok(())
}
