//! The list of certificates that an authority of an organization's own revoked (RFC 5280 section 5).

use std::sync::Arc;

use rcgen::{
    CertificateRevocationListParams, KeyIdMethod, RevocationReason as Code, RevokedCertParams,
    SerialNumber,
};
use storage::{Id, Partition, Reading, Snapshot};
use uuid::Uuid;

use super::Issuer;
use super::paper::date;
use crate::access::organization;
use crate::directory::Directory;
use crate::error::Error;
use crate::id::{OrganizationId, RecordId};
use crate::records::{
    CertificateAuthority, IssuedCertificate, OrganizationState, RevocationReason, indices, kinds,
};
use crate::time::Time;

const DAY: u64 = 24 * 60 * 60 * 1_000;
/// For so long a list counts.
const LIFE: u64 = 7 * DAY;
/// A list of that age is signed anew, whether anything changed or not.
const RENEWED: u64 = DAY;

/// A list that an authority signed.
#[derive(Debug)]
pub struct SignedList {
    /// The list in DER.
    pub der: Vec<u8>,
    made: Time,
}

impl Directory {
    /// The list of certificates that an authority of an organization's own revoked, by their
    /// external ids; `None` where there is no such thing, or the organization does not answer. It
    /// tells their numbers, since when and why, and asks nobody for a right.
    ///
    /// # Errors
    /// When the store fails.
    pub fn revocation_list(
        &self,
        home: Uuid,
        authority: Uuid,
        now: Time,
    ) -> Result<Option<Arc<SignedList>>, Error> {
        let snapshot = self.inner.store.read()?;
        let index = indices::ORGANIZATION_UUID;
        let found = snapshot.find_first(Partition::Provider, index, home.as_bytes())?;
        let Some(place) = found.and_then(OrganizationId::from_record) else { return Ok(None) };
        let active = organization(&snapshot, place)?
            .is_some_and(|record| record.state == OrganizationState::Active);
        let (partition, index) = (place.partition(), indices::CERTIFICATE_AUTHORITY_UUID);
        let number = snapshot.find_first(partition, index, authority.as_bytes())?;
        let Some(number) = number.filter(|_| active) else { return Ok(None) };
        let (lists, name) = (&self.inner.lookups.lists, (place, number));
        if let Some(known) = lists.get(&snapshot, partition, &name)
            && (known.made..known.made.plus(RENEWED)).contains(&now)
        {
            return Ok(Some(known));
        }
        let signed = sign(&snapshot, partition, number, now)?.map(Arc::new);
        if let Some(signed) = &signed {
            lists.keep(&snapshot, name, Arc::clone(signed));
        }
        Ok(signed)
    }
}

fn sign(
    snapshot: &Snapshot,
    partition: Partition,
    number: Id,
    now: Time,
) -> Result<Option<SignedList>, Error> {
    let authority = snapshot.get::<CertificateAuthority>(partition, number)?;
    let key = snapshot.secret(partition, kinds::AUTHORITY_KEY, number)?;
    let (Some(authority), Some(key)) = (authority, key) else { return Ok(None) };
    let issuer = Issuer::open(&authority.fields.certificate, key.expose())?;
    let mut revoked_certs = Vec::new();
    for id in snapshot.find(partition, indices::ISSUED_REVOKED, &number.to_be_bytes()) {
        let issued = snapshot.get::<IssuedCertificate>(partition, id?)?;
        let Some((issued, revoked)) = issued.and_then(|one| one.revoked.map(|it| (one, it))) else {
            continue;
        };
        // Those that have ended stay until they are forgotten: clocks differ.
        revoked_certs.push(RevokedCertParams {
            serial_number: SerialNumber::from_slice(&issued.serial),
            revocation_time: date(revoked.at)?,
            reason_code: code(revoked.reason),
            invalidity_date: None,
        });
    }
    let params = CertificateRevocationListParams {
        this_update: date(now)?,
        next_update: date(now.plus(LIFE))?,
        // Later ones have higher numbers, and a restart forgets none.
        crl_number: SerialNumber::from_slice(&now.0.to_be_bytes()),
        issuing_distribution_point: None,
        revoked_certs,
        // As the authority's own certificate has it.
        key_identifier_method: KeyIdMethod::Sha256,
    };
    Ok(Some(SignedList { der: issuer.sign_list(&params)?, made: now }))
}

/// Why a certificate was revoked; that nobody said is told by silence (RFC 5280 section 5.3.1).
fn code(reason: RevocationReason) -> Option<Code> {
    Some(match reason {
        RevocationReason::Unspecified => return None,
        RevocationReason::KeyCompromise => Code::KeyCompromise,
        RevocationReason::AffiliationChanged => Code::AffiliationChanged,
        RevocationReason::Superseded => Code::Superseded,
        RevocationReason::CessationOfOperation => Code::CessationOfOperation,
        RevocationReason::PrivilegeWithdrawn => Code::PrivilegeWithdrawn,
    })
}
