//! Whether a certificate stands on a list of revoked ones.

use sha2::{Digest, Sha256};
use storage::{Partition, Reading, Snapshot};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::second_factor::Reason;
use crate::error::Error;
use crate::records::{
    CertificateAuthority, ExpiredList, IssuedCertificate, RevocationCheck, indices, revoked_key,
};
use crate::time::Time;

pub(super) const REVOKED: Reason = "the certificate was revoked";
const OLD_LIST: Reason = "the authority's list of revoked certificates has ended";
const NO_LIST: Reason =
    "a list of revoked certificates is required, and there is none of the certificate's issuer";

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

/// Why a chain counts for nothing that an authority vouches for which requires lists, if so: of an
/// issuer in it there is no list, or one that has ended. `vouching` is that authority's certificate; of
/// one of the organization's own nothing is required.
///
/// Every certificate that was shown is looked at, whether it is on the way or not, so that none that
/// was made up leads past one of which there is no list.
pub(super) fn unlisted(
    snapshot: &Snapshot,
    partition: Partition,
    (vouching, chain): (&[u8], &[Vec<u8>]),
    now: Time,
) -> Result<Option<Reason>, Error> {
    let (mut is_required, mut lists) = (false, Vec::new());
    for found in snapshot.scan::<CertificateAuthority>(partition, None) {
        let (_, record) = found?;
        let is_vouching = record.fields.certificate == vouching;
        is_required |= is_vouching && record.fields.revocation == RevocationCheck::Required;
        if let Some(list) = record.revocations {
            let has_ended = list.next.is_some_and(|next| next < now);
            lists.push((record.fields.certificate, is_vouching, has_ended));
        }
    }
    if !is_required {
        return Ok(None);
    }
    let Some(anchor) = name_of(vouching) else { return Ok(Some(NO_LIST)) };
    let named = |(authority, is_own, has_ended): (Vec<u8>, bool, bool)| {
        Some((name_of(&authority)?, is_own, has_ended))
    };
    let lists: Vec<_> = lists.into_iter().filter_map(named).collect();
    for (position, octets) in chain.iter().enumerate() {
        let Ok((_, one)) = X509Certificate::from_der(octets) else { continue };
        let (subject, issuer) = (one.subject().as_raw(), one.issuer().as_raw());
        // The authority itself, and others at the end of a way, which many send along.
        if position > 0 && (subject == issuer || subject == anchor) {
            continue;
        }
        // Of another authority with the name of the one that vouches a list says nothing.
        let fits = |name: &[u8], is_own: bool| name == issuer && (is_own || issuer != anchor);
        let ended = lists.iter().filter(|(name, is_own, _)| fits(name, *is_own));
        match ended.map(|(_, _, has_ended)| *has_ended).min() {
            None => return Ok(Some(NO_LIST)),
            Some(true) => return Ok(Some(OLD_LIST)),
            Some(false) => {}
        }
    }
    Ok(None)
}

/// Whom a certificate is of, as it stands there.
fn name_of(certificate: &[u8]) -> Option<Vec<u8>> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    Some(certificate.subject().as_raw().to_vec())
}

/// Why the certificate of network gear counts no more, if so. One that the organization's own
/// authority issued counts for gear where that is registered, until it is revoked. `vouching` is the
/// certificate of the authority that vouches for it; none does for one that is registered itself.
pub(crate) fn objection_to_gear(
    snapshot: &Snapshot,
    partition: Partition,
    (vouching, chain): (Option<&[u8]>, &[Vec<u8>]),
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
    if let Some(reason) = objection(snapshot, partition, chain, now)? {
        return Ok(Some(reason));
    }
    match vouching {
        Some(vouching) => unlisted(snapshot, partition, (vouching, chain), now),
        None => Ok(None),
    }
}
