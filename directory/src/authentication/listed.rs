//! Whether a certificate stands on a list of revoked ones.

use sha2::{Digest, Sha256};
use storage::{Partition, Reading, Snapshot};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::second_factor::Reason;
use crate::error::Error;
use crate::records::{CertificateAuthority, ExpiredList, IssuedCertificate, indices, revoked_key};
use crate::time::Time;

pub(super) const REVOKED: Reason = "the certificate was revoked";
const OLD_LIST: Reason = "the authority's list of revoked certificates has ended";

/// Why a chain counts for nothing that an authority vouches for: one of its certificates says to be
/// issued by an authority of which there is a list, and stands on it, or the list has ended.
///
/// Every authority's list is looked at, whichever vouches: one that stands below another would
/// otherwise be passed over.
pub(super) fn objection(
    snapshot: &Snapshot,
    partition: Partition,
    chain: &[Vec<u8>],
    now: Time,
) -> Result<Option<Reason>, Error> {
    for found in snapshot.scan::<CertificateAuthority>(partition, None) {
        let (number, record) = found?;
        let Some(list) = record.revocations else { continue };
        let Ok((_, authority)) = X509Certificate::from_der(&record.fields.certificate) else {
            continue;
        };
        for octets in chain {
            let Ok((_, one)) = X509Certificate::from_der(octets) else { continue };
            if one.issuer().as_raw() != authority.subject().as_raw() {
                continue;
            }
            let key = revoked_key(number, one.raw_serial());
            if snapshot.find_first(partition, indices::REVOKED_SERIAL, &key)?.is_some() {
                return Ok(Some(REVOKED));
            }
            let ended = list.next.is_some_and(|next| next < now);
            if ended && record.fields.expired_list == ExpiredList::Refused {
                return Ok(Some(OLD_LIST));
            }
        }
    }
    Ok(None)
}

/// Why the certificate of network gear counts no more, if so. One that the organization's own
/// authority issued counts for gear where that is registered, until it is revoked.
pub(crate) fn objection_to_gear(
    snapshot: &Snapshot,
    partition: Partition,
    chain: &[Vec<u8>],
    now: Time,
) -> Result<Option<Reason>, Error> {
    if let Some(own) = chain.first() {
        let index = indices::ISSUED_FINGERPRINT;
        let issued = snapshot.find_first(partition, index, &Sha256::digest(own))?;
        if let Some(id) = issued
            && let Some(issued) = snapshot.get::<IssuedCertificate>(partition, id)?
            && issued.revoked.is_some()
        {
            return Ok(Some(REVOKED));
        }
    }
    objection(snapshot, partition, chain, now)
}
