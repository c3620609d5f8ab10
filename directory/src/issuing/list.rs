//! The list of certificates that an authority of an organization's own revoked (RFC 5280 section 5).

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rcgen::{
    CertificateRevocationListParams, KeyIdMethod, RevocationReason as Code, RevokedCertParams,
    SerialNumber,
};
use storage::{Id, Partition, ReadError, Reading, Snapshot};
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
    /// The same for the same octets.
    pub tag: String,
    made: Time,
}

/// The lists of all organizations, each with a signer of its own: who asks while a list is signed
/// waits for that one.
#[derive(Default)]
pub(crate) struct Lists {
    signers: Mutex<HashMap<OrganizationId, Arc<Desk>>>,
}

/// Where an organization's lists are signed, one after another.
#[derive(Default)]
struct Desk {
    signer: Mutex<Signer>,
    /// Octets of the lists that are kept.
    octets: AtomicUsize,
    /// When somebody asked last.
    asked: AtomicU64,
}

/// Signs the lists of one organization, and keeps them.
#[derive(Default)]
struct Signer {
    kept: HashMap<Id, Kept>,
    /// When the signatures would all be there again that were made of late.
    spent_until: u64,
}

struct Kept {
    list: Arc<SignedList>,
    /// What is on it.
    content: [u8; 32],
    /// The last change of the snapshot for which that was found.
    sequence: u64,
}

/// Signers that are kept, about.
const SIGNERS: usize = 4_096;
/// Octets of lists that are kept, about; those for which nobody asked for longest go first.
const OCTETS: usize = 64 << 20;
/// One more signature of an organization is to be had after so long, in milliseconds; until then
/// strangers get the list that was signed before, so that no changes make work without end.
const REST: u64 = 5_000;
/// So many are to be had at once.
const AT_ONCE: u64 = 16;

impl Lists {
    fn desk(&self, organization: OrganizationId, now: Time) -> Arc<Desk> {
        let mut signers = locked(&self.signers);
        if signers.len() >= SIGNERS && !signers.contains_key(&organization) {
            signers.retain(|_, desk| Arc::strong_count(desk) > 1);
        }
        let desk = Arc::clone(signers.entry(organization).or_default());
        desk.asked.store(now.0, Ordering::Relaxed);
        desk
    }

    /// Forgets lists until no more than so many octets are kept, those aside that somebody has just
    /// asked for.
    fn shrink(&self, most: usize) {
        let mut signers = locked(&self.signers);
        let octets = |desk: &Desk| desk.octets.load(Ordering::Relaxed);
        let mut all: usize = signers.values().map(|desk| octets(desk)).sum();
        if all <= most {
            return;
        }
        let idle = signers.iter().filter(|(_, desk)| Arc::strong_count(desk) == 1);
        let idle = idle.map(|(of, desk)| (desk.asked.load(Ordering::Relaxed), *of, octets(desk)));
        let mut idle: Vec<_> = idle.collect();
        idle.sort_unstable();
        for (_, organization, octets) in idle {
            if all <= most {
                return;
            }
            signers.remove(&organization);
            all = all.saturating_sub(octets);
        }
    }
}

impl Signer {
    /// The list that is kept, if it is as good as a new one, or there is no other for the moment.
    fn known(&mut self, snapshot: &Snapshot, place: (Partition, Id), now: Time) -> Known {
        let (partition, number) = place;
        // A clock that was put back makes nobody wait.
        if self.spent_until > now.0.saturating_add(REST * (AT_ONCE + 1)) {
            self.spent_until = now.0;
        }
        let rests = self.spent_until > now.0.saturating_add(REST * (AT_ONCE - 1));
        let Some(kept) = self.kept.get_mut(&number) else { return Ok(None) };
        if !(kept.list.made..kept.list.made.plus(LIFE)).contains(&now) {
            return Ok(None);
        }
        let is_young = now < kept.list.made.plus(RENEWED);
        if is_young && !snapshot.agrees_with(partition, kept.sequence) {
            // Of most changes a list tells nothing.
            if kept.content == content(snapshot, partition, number)? {
                kept.sequence = snapshot.sequence();
            }
        }
        let is_right = is_young && snapshot.agrees_with(partition, kept.sequence);
        Ok((is_right || rests).then(|| Arc::clone(&kept.list)))
    }

    fn keep(&mut self, number: Id, kept: Kept, now: Time) {
        self.spent_until = self.spent_until.max(now.0).saturating_add(REST);
        self.kept.insert(number, kept);
    }

    fn octets(&self) -> usize {
        self.kept.values().map(|kept| kept.list.der.len()).sum()
    }
}

type Known = Result<Option<Arc<SignedList>>, Error>;

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Directory {
    /// The list of certificates that an authority of an organization's own revoked, by their
    /// external ids; `None` where there is no such thing, or the organization does not answer. It
    /// tells their numbers, since when and why, and asks nobody for a right.
    ///
    /// # Errors
    /// When the store fails.
    pub fn revocation_list(&self, home: Uuid, authority: Uuid, now: Time) -> Known {
        let snapshot = self.inner.store.read()?;
        let index = indices::ORGANIZATION_UUID;
        let found = snapshot.find_first(Partition::Provider, index, home.as_bytes())?;
        let Some(place) = found.and_then(OrganizationId::from_record) else { return Ok(None) };
        let active = organization(&snapshot, place)?
            .is_some_and(|record| record.state == OrganizationState::Active);
        let (partition, index) = (place.partition(), indices::CERTIFICATE_AUTHORITY_UUID);
        let number = snapshot.find_first(partition, index, authority.as_bytes())?;
        let Some(number) = number.filter(|_| active) else { return Ok(None) };
        drop(snapshot);
        let desk = self.inner.lists.desk(place, now);
        let mut signer = locked(&desk.signer);
        // Only now: what somebody else signed meanwhile is not to be older than what is read.
        let snapshot = self.inner.store.read()?;
        if let Some(known) = signer.known(&snapshot, (partition, number), now)? {
            return Ok(Some(known));
        }
        let Some(list) = sign(&snapshot, partition, number, now)?.map(Arc::new) else {
            signer.kept.remove(&number);
            desk.octets.store(signer.octets(), Ordering::Relaxed);
            return Ok(None);
        };
        let content = content(&snapshot, partition, number)?;
        let kept = Kept { list: Arc::clone(&list), content, sequence: snapshot.sequence() };
        signer.keep(number, kept, now);
        desk.octets.store(signer.octets(), Ordering::Relaxed);
        self.inner.lists.shrink(OCTETS);
        Ok(Some(list))
    }
}

/// What makes a list another one: which certificates are on it. None leaves it but for good, and none
/// changes on it.
fn content(snapshot: &Snapshot, partition: Partition, number: Id) -> Result<[u8; 32], ReadError> {
    let mut hasher = blake3::Hasher::new();
    let there = snapshot.contains::<CertificateAuthority>(partition, number)?;
    hasher.update(&[u8::from(there)]);
    for id in snapshot.find(partition, indices::ISSUED_REVOKED, &number.to_be_bytes()) {
        hasher.update(&id?.to_be_bytes());
    }
    Ok(*hasher.finalize().as_bytes())
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
    let der = issuer.sign_list(&params)?;
    let tag = blake3::hash(&der).to_hex().chars().take(32).collect();
    Ok(Some(SignedList { der, tag, made: now }))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_that_nobody_asks_for_make_room_for_others() {
        let lists = Lists::default();
        let place = |number| OrganizationId::from_record(number).unwrap();
        for (number, asked) in [(1, 30), (2, 10), (3, 20), (4, 40)] {
            lists.desk(place(number), Time(asked)).octets.store(100, Ordering::Relaxed);
        }
        let kept = || {
            let mut kept: Vec<_> = locked(&lists.signers).keys().copied().collect();
            kept.sort_unstable();
            kept
        };
        lists.shrink(400);
        assert_eq!(kept().len(), 4);
        let used = lists.desk(place(2), Time(10));
        lists.shrink(250);
        assert_eq!(kept(), [place(2), place(4)], "the one that is used stays");
        drop(used);
        lists.shrink(100);
        assert_eq!(kept(), [place(4)]);
    }
}
