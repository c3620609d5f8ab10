//! The client certificates that are registered for accounts.

use storage::{Change, Id, Reading, Snapshot};
use uuid::Uuid;

use super::passwords::raise_version;
use super::service_accounts::ServiceAccounts;
use super::site::Site;
use super::users::Users;
use crate::error::{Error, Invalid};
use crate::events::{Action, Difference, SubjectKind};
use crate::id::{RecordId, ServiceAccountId, UserId};
use crate::limits;
use crate::records::{OwnCertificates, indices};

/// SHA-256 of a certificate's DER.
pub type Fingerprint = [u8; 32];

/// The most certificates of one account.
const CERTIFICATES: usize = 8;

impl Users<'_, &Snapshot> {
    /// The certificates that prove the user.
    ///
    /// # Errors
    /// When the store fails.
    pub fn certificates(&self, id: UserId) -> Result<Vec<Fingerprint>, Error> {
        read(&self.site, id.record())
    }
}

impl Users<'_, &mut Change<'_>> {
    /// Says which certificates prove the user; those of before do not any more.
    ///
    /// # Errors
    /// `Missing`, `Invalid` for too many, or `Taken` for another account's.
    pub fn set_certificates(&mut self, id: UserId, list: Vec<Fingerprint>) -> Result<(), Error> {
        let user = self.read(id)?;
        let subject = (SubjectKind::User, user.uuid, user.fields.login.as_str());
        if write(&mut self.site, id.record(), subject, list)? {
            self.touch(id, None)
        } else {
            Ok(())
        }
    }
}

impl ServiceAccounts<'_, &Snapshot> {
    /// The certificates that prove the service account.
    ///
    /// # Errors
    /// When the store fails.
    pub fn certificates(&self, id: ServiceAccountId) -> Result<Vec<Fingerprint>, Error> {
        read(&self.site, id.record())
    }
}

impl ServiceAccounts<'_, &mut Change<'_>> {
    /// Says which certificates prove the service account; those of before do not any more.
    ///
    /// # Errors
    /// `Missing`, `Invalid` for too many, or `Taken` for another account's.
    pub fn set_certificates(
        &mut self,
        id: ServiceAccountId,
        list: Vec<Fingerprint>,
    ) -> Result<(), Error> {
        let account = self.read(id)?;
        let subject = (SubjectKind::ServiceAccount, account.uuid, account.fields.name.as_str());
        if write(&mut self.site, id.record(), subject, list)? {
            self.touch(id, None)
        } else {
            Ok(())
        }
    }
}

fn read(site: &Site<'_, &Snapshot>, id: Id) -> Result<Vec<Fingerprint>, Error> {
    let found = site.source.get::<OwnCertificates>(site.partition(), id)?;
    Ok(found.unwrap_or_default().fingerprints)
}

/// Writes which certificates prove an account; says whether they are others than before.
fn write(
    site: &mut Site<'_, &mut Change<'_>>,
    id: Id,
    subject: (SubjectKind, Uuid, &str),
    list: Vec<Fingerprint>,
) -> Result<bool, Error> {
    let partition = site.partition();
    limits::count("/fingerprints", list.len(), CERTIFICATES)?;
    for (position, fingerprint) in list.iter().enumerate() {
        if list.iter().take(position).any(|other| other == fingerprint) {
            return Err(Invalid::new(format!("/fingerprints/{position}"), "is there twice").into());
        }
        let index = indices::CERTIFICATE_FINGERPRINT;
        let holder = site.source.find_first(partition, index, fingerprint)?;
        if holder.is_some_and(|holder| holder != id) {
            return Err(Error::Taken { pointer: "/fingerprints".into() });
        }
    }
    let before = site.source.get::<OwnCertificates>(partition, id)?.unwrap_or_default();
    if before.fingerprints == list {
        return Ok(false);
    }
    let told = Difference {
        field: "certificates".into(),
        before: Some(shown(&before.fingerprints)),
        after: Some(shown(&list)),
    };
    if list.is_empty() {
        site.source.delete::<OwnCertificates>(partition, id)?;
    } else {
        site.source.put(partition, id, &OwnCertificates { fingerprints: list })?;
    }
    raise_version(site, id)?;
    site.tell(Action::Changed, subject, vec![told])?;
    Ok(true)
}

/// Fingerprints as events show them.
pub(super) fn shown(list: &[Fingerprint]) -> String {
    let hex = |fingerprint: &Fingerprint| -> String {
        let digits: String = fingerprint.iter().map(|octet| format!("{octet:02x}")).collect();
        format!("\"{digits}\"")
    };
    format!("[{}]", list.iter().map(hex).collect::<Vec<_>>().join(","))
}
