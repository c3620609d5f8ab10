//! What others' authorities revoked.

use serde_json::Value;
use storage::{Change, Reading};

use super::certificate_authorities::CertificateAuthorities;
use crate::error::{Error, Invalid};
use crate::events::{Action, Difference, EventActor, SubjectKind};
use crate::id::{CertificateAuthorityId, RecordId};
use crate::issuing::ForeignList;
use crate::records::{CertificateAuthority, RevocationNote, RevokedCertificates, Trigger};

impl CertificateAuthorities<'_, &mut Change<'_>> {
    /// Has what the list says count from then on, in place of what an earlier one said. That the very
    /// same list counts already is no change.
    ///
    /// # Errors
    /// `Missing`; `Stale` when the authority was changed since `revision`, or its certificate is
    /// another by now; `Invalid` for an older
    /// list than the one that counts.
    pub fn set_revocations(
        &mut self,
        id: CertificateAuthorityId,
        revision: Option<u64>,
        list: ForeignList,
    ) -> Result<CertificateAuthority, Error> {
        let record = self.read_at(id, revision)?;
        if record.fields.certificate != list.authority {
            return Err(Error::Stale);
        }
        if record.fields.built_in.is_some() {
            return Err(Error::Forbidden("the organization's own authority knows what it revoked"));
        }
        let actor = self.site.event_actor()?;
        self.replace((id, record), list, actor)
    }

    /// Has what a list says count that was fetched for an authority with this certificate and address.
    ///
    /// # Errors
    /// As [`Self::set_revocations`].
    pub(crate) fn take_fetched(
        &mut self,
        id: CertificateAuthorityId,
        list: ForeignList,
    ) -> Result<CertificateAuthority, Error> {
        let record = self.read(id)?;
        self.replace((id, record), list, EventActor::Daemon)
    }

    fn replace(
        &mut self,
        (id, mut record): (CertificateAuthorityId, CertificateAuthority),
        list: ForeignList,
        actor: EventActor,
    ) -> Result<CertificateAuthority, Error> {
        if record.revocations.is_some_and(|known| known.made > list.note.made) {
            return Err(Invalid::new("/list", "is older than the one that counts").into());
        }
        let partition = self.site.partition();
        let revoked = RevokedCertificates { authority: id, serials: list.serials };
        if record.revocations == Some(list.note)
            && self.site.source.get::<RevokedCertificates>(partition, id.record())?.as_ref()
                == Some(&revoked)
        {
            return Ok(record);
        }
        self.site.source.put(partition, id.record(), &revoked)?;
        self.site.note_departure(Trigger::CertificateRevoked, (&[], &[]), &[])?;
        let before = record.revocations.replace(list.note);
        self.note(id, &mut record, before, actor)?;
        Ok(record)
    }

    /// Has nothing count that a list said; an authority without one revoked nothing.
    ///
    /// # Errors
    /// `Stale` when the authority was changed since `revision`; `Missing` when there is no such
    /// authority, or no list of it.
    pub fn remove_revocations(
        &mut self,
        id: CertificateAuthorityId,
        revision: Option<u64>,
    ) -> Result<(), Error> {
        let mut record = self.read_at(id, revision)?;
        let before = record.revocations.take().ok_or(Error::Missing)?;
        self.site.source.delete::<RevokedCertificates>(self.site.partition(), id.record())?;
        let actor = self.site.event_actor()?;
        self.note(id, &mut record, Some(before), actor)
    }

    fn note(
        &mut self,
        id: CertificateAuthorityId,
        record: &mut CertificateAuthority,
        before: Option<RevocationNote>,
        actor: EventActor,
    ) -> Result<(), Error> {
        record.stamp.touch(self.site.now());
        self.site.source.put(self.site.partition(), id.record(), record)?;
        let count =
            |note: Option<RevocationNote>| note.map(|note| Value::from(note.count).to_string());
        let field = "revoked_certificates".to_owned();
        let (before, after) = (count(before), count(record.revocations));
        let told = vec![Difference { field, before, after }];
        let name = record.fields.name.as_str();
        let subject = (SubjectKind::CertificateAuthority, record.uuid, name);
        self.site.tell_by(actor, Action::Changed, subject, told)
    }
}
