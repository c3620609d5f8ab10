//! Lists of revoked certificates that are fetched: of which authorities, when, and what came of it.
//!
//! A list proves itself by its authority's signature, wherever it comes from: so it may come in clear,
//! and whoever is in between can keep it away, which is told, and nothing else.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use storage::{Change, Id, Partition, Reading, Snapshot};

use super::Directory;
use crate::access::{Actor, Context};
use crate::collections::{Collection, Site};
use crate::delivery::{HostPort, WebAddress};
use crate::error::Error;
use crate::events::{Action, Event, Outcome, Subject, SubjectKind};
use crate::id::{CertificateAuthorityId, OrganizationId, RecordId};
use crate::issuing::ForeignList;
use crate::records::{CertificateAuthority, FetchedList, Organization, OrganizationState, indices};
use crate::time::Time;

const HOUR: u64 = 60 * 60 * 1_000;
const DAY: u64 = 24 * HOUR;
/// So many lists are fetched from one address at a time.
const OF_ADDRESS: usize = 4;

/// A list that is to be fetched.
#[derive(Debug)]
pub struct ListToFetch {
    /// From where.
    pub address: WebAddress,
    organization: OrganizationId,
    authority: CertificateAuthorityId,
    url: String,
    certificate: Vec<u8>,
    turn: Arc<FetchTurn>,
}

/// The lists that are being fetched: of which organization, and from where.
#[derive(Debug, Default)]
pub(crate) struct Fetches(Mutex<BTreeMap<OrganizationId, HostPort>>);

/// A list's place among them, until it is dropped.
#[derive(Debug)]
struct FetchTurn {
    fetches: Arc<Fetches>,
    organization: OrganizationId,
}

impl Fetches {
    /// Has one of an organization's lists be fetched; not while another one of its is, or so many are
    /// from this address.
    fn begin(
        self: &Arc<Self>,
        organization: OrganizationId,
        address: &WebAddress,
    ) -> Option<Arc<FetchTurn>> {
        let mut under_way = self.lock();
        let from = address.host_port();
        let from_there = under_way.values().filter(|other| **other == from).count();
        if from_there >= OF_ADDRESS || under_way.contains_key(&organization) {
            return None;
        }
        under_way.insert(organization, from);
        Some(Arc::new(FetchTurn { fetches: Arc::clone(self), organization }))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<OrganizationId, HostPort>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for FetchTurn {
    fn drop(&mut self) {
        self.fetches.lock().remove(&self.organization);
    }
}

impl ListToFetch {
    /// Whether it is still asked for by the authority as it is now.
    fn is_of(&self, authority: &CertificateAuthority) -> bool {
        let fields = &authority.fields;
        fields.revocation_url.as_ref() == Some(&self.url) && fields.certificate == self.certificate
    }
}

impl Directory {
    /// The lists that are to be fetched by now, `most` at most. One of each organization is given out at a
    /// time, and four from one host and port; others are once one of these was dropped or handed in. Where
    /// an organization has none that is a look at one place of an index.
    ///
    /// # Errors
    /// When the store fails.
    pub fn lists_to_fetch(&self, now: Time, most: usize) -> Result<Vec<ListToFetch>, Error> {
        let snapshot = self.inner.store.read()?;
        let mut lists = Vec::new();
        for found in snapshot.scan::<Organization>(Partition::Provider, None) {
            let (number, record) = found?;
            if lists.len() == most {
                break;
            }
            if record.state != OrganizationState::Active {
                continue;
            }
            if let Some(id) = OrganizationId::from_record(number) {
                lists.extend(due(&snapshot, (id, &self.inner.fetches), now)?);
            }
        }
        Ok(lists)
    }

    /// Has the octets of a list count that was fetched, or else notes for which reason there are none.
    /// An event tells when a list cannot be had any more, and when it can again. Says why the list does
    /// not count, if so.
    ///
    /// # Errors
    /// When the store fails.
    pub fn list_fetched(
        &self,
        asked: ListToFetch,
        got: Result<Vec<u8>, String>,
        now: Time,
    ) -> Result<Result<(), String>, Error> {
        // Signatures are looked at before the writer has to wait for it.
        let list = got.and_then(|octets| {
            let read = ForeignList::of_octets(&octets, &asked.certificate);
            let list = read.map_err(|invalid| format!("what was fetched {invalid}"))?;
            match list.note.next {
                Some(next) if next < now => Err("the list that was fetched has ended".to_owned()),
                Some(_) | None => Ok(list),
            }
        });
        let tools = self.inner.tools.clone();
        // It is due until the note is there.
        let _turn = Arc::clone(&asked.turn);
        let step = move |change: &mut Change<'_>| {
            let (partition, number) = (asked.organization.partition(), asked.authority.record());
            let Some(before) = change.get::<CertificateAuthority>(partition, number)? else {
                return Ok(Ok(()));
            };
            if !asked.is_of(&before) {
                return Ok(Ok(()));
            }
            let context = Context { actor: Actor::nobody(), source: None, now, request: None };
            let place = asked.organization.into();
            let site = Site { source: &mut *change, place, context: &context, tools: &tools };
            let mut authorities: Collection<'_, _, CertificateAuthority> = Collection::new(site);
            let taken = match list.map(|list| authorities.take_fetched(asked.authority, list)) {
                Ok(Ok(record)) => Ok(record),
                Ok(Err(Error::Invalid(why))) => Err(format!("the list that was fetched {why}")),
                Ok(Err(error)) => return Err(error),
                Err(reason) => Err(reason),
            };
            let known = change.get::<FetchedList>(partition, number)?;
            if known.is_some_and(|known| known.has_failed) != taken.is_err() {
                let why = taken.as_ref().err().cloned();
                tell(change, partition, &before, (why, now));
            }
            let next = taken.as_ref().map_or_else(|_| now.plus(HOUR), |record| again(record, now));
            let note = FetchedList { next, has_failed: taken.is_err() };
            change.put(partition, number, &note)?;
            Ok::<_, Error>(taken.map(|_record| ()))
        };
        Ok(self.inner.store.write(step)?)
    }
}

/// The list of an organization that is to be fetched by now, if any that may be.
fn due(
    snapshot: &Snapshot,
    (organization, fetches): (OrganizationId, &Arc<Fetches>),
    now: Time,
) -> Result<Option<ListToFetch>, Error> {
    let partition = organization.partition();
    for number in snapshot.find(partition, indices::CERTIFICATE_AUTHORITY_URL, b"") {
        let number = number?;
        let known = snapshot.get::<FetchedList>(partition, number)?;
        // What lies further ahead than it can was written by a clock that was wrong.
        let waits = |known: FetchedList| now < known.next && known.next <= now.plus(DAY);
        if known.is_some_and(waits) {
            continue;
        }
        if let Some(list) = list_of(snapshot, (organization, fetches), number)? {
            return Ok(Some(list));
        }
    }
    Ok(None)
}

fn list_of(
    snapshot: &Snapshot,
    (organization, fetches): (OrganizationId, &Arc<Fetches>),
    number: Id,
) -> Result<Option<ListToFetch>, Error> {
    let found = snapshot.get::<CertificateAuthority>(organization.partition(), number)?;
    let (Some(record), Some(authority)) = (found, CertificateAuthorityId::from_record(number))
    else {
        return Ok(None);
    };
    let (url, certificate) = (record.fields.revocation_url, record.fields.certificate);
    // What cannot be read was refused when it was written.
    Ok(url.and_then(|url| {
        let address = WebAddress::read_in_clear(&url).ok()?;
        let turn = fetches.begin(organization, &address)?;
        Some(ListToFetch { address, organization, authority, url, certificate, turn })
    }))
}

/// When a list is fetched again that counts: at half of its time, in an hour at least and a day at
/// most.
fn again(record: &CertificateAuthority, now: Time) -> Time {
    let next = record.revocations.and_then(|list| list.next);
    let left = next.map_or(DAY, |next| next.0.saturating_sub(now.0) / 2);
    now.plus(left.clamp(HOUR, DAY))
}

/// Tells that a list cannot be had any more, or can again.
fn tell(
    change: &mut Change<'_>,
    partition: Partition,
    authority: &CertificateAuthority,
    (why, now): (Option<String>, Time),
) {
    let (kind, id) = (SubjectKind::CertificateAuthority, authority.uuid);
    let subject = Subject { kind, id, name: authority.fields.name.clone() };
    let outcome = why.map_or(Outcome::Success, Outcome::Failure);
    let event = Event::of_daemon(now, (Action::ListFetched, Some(subject)), outcome);
    change.event(partition, event.at.0, &event.encode());
}
