//! What ends at its time and has to be renewed before: certificates, and lists of revoked ones. It is
//! told some time before, and when it has happened.
//!
//! What is to be told follows from the ends themselves and from when was looked before: nothing is
//! noted of a certificate, so one that was renewed in time is not told of any more.

use std::ops::{Bound, Range};
use std::sync::Arc;

use serde_json::Value;
use storage::{Change, Id, Partition, Reading};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::Directory;
use crate::access::organization;
use crate::collections::validity_of;
use crate::error::Error;
use crate::events::{Action, Difference, Event, Outcome, Subject, SubjectKind, told_time};
use crate::id::{Place, RecordId};
use crate::records::{
    CertificateAuthority, EndsLooked, EndsTold, IssuedCertificate, ServerCertificate, THE_ONLY_ONE,
    indices,
};
use crate::time::Time;

const HOUR: u64 = 60 * 60 * 1_000;
const DAY: u64 = 24 * HOUR;
/// How often is looked.
const LOOK: u64 = HOUR;
/// So many issued certificates are told of in one change for each time before the end, and those
/// that end in the same millisecond as the last of them.
const STEP: usize = 100;

/// What a look for what ends has found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct EndsFound {
    /// How many events tell of it.
    pub told: usize,
    /// What was told of the certificate that the daemon itself shows, if anything.
    pub shown: Option<String>,
}

/// A look for what ends.
struct Look {
    /// Before when everybody was told everything.
    since: Time,
    now: Time,
    /// How long before an end it is told, in milliseconds; at the end too, which is 0.
    before: Vec<u64>,
    /// The certificate in DER that the daemon itself shows.
    shown: Option<Vec<u8>>,
}

/// Something that ends.
struct Ending {
    /// What it is, as the event says.
    what: &'static str,
    /// The field in which the event says when it ends.
    field: &'static str,
    subject: Option<Subject>,
    begin: Time,
    end: Time,
}

impl Ending {
    /// Whether it is to be told, by whether a time at which to tell lies in a span. What counts for
    /// less than twice the time is not told so long before: a list of a week would be told of each
    /// time that there is another.
    fn is_due(&self, span: &Range<Time>, before: &[u64]) -> bool {
        let life = self.end.0.saturating_sub(self.begin.0);
        before.iter().any(|before| {
            let fits = before.saturating_mul(2) <= life;
            let at = self.end.0.checked_sub(*before).map(Time);
            fits && at.is_some_and(|at| span.contains(&at))
        })
    }

    fn sentence(&self, now: Time) -> String {
        let Self { what, .. } = self;
        match self.end.0.checked_sub(now.0) {
            None | Some(0) => format!("{what} has ended"),
            Some(left) if left > DAY => format!("{what} ends in {} days", left.div_ceil(DAY)),
            Some(left) => match left.div_ceil(HOUR) {
                1 => format!("{what} ends in 1 hour"),
                hours => format!("{what} ends in {hours} hours"),
            },
        }
    }

    /// Writes the event into the change; gives what it says.
    fn tell(self, change: &mut Change<'_>, partition: Partition, now: Time) -> String {
        let sentence = self.sentence(now);
        let after = Some(Value::from(told_time(self.end)).to_string());
        let (about, outcome) =
            ((Action::CertificateEnds, self.subject), Outcome::Failure(sentence.clone()));
        let event = Event {
            differences: vec![Difference { field: self.field.into(), before: None, after }],
            ..Event::of_daemon(now, about, outcome)
        };
        change.event(partition, event.at.0, &event.encode());
        sentence
    }
}

/// What is to be told in a place.
struct Due {
    few: Vec<Ending>,
    /// Certificates that the organization's own authorities issued, which may be many.
    issued: Vec<Id>,
    /// When it was to be told.
    span: Range<Time>,
}

impl Due {
    fn read(source: &impl Reading, place: Place, look: &Look) -> Result<Self, Error> {
        let partition = place.partition();
        // A clock was far ahead once that wrote a time to come.
        let told = source.get::<EndsTold>(partition, THE_ONLY_ONE)?.map(|told| told.until);
        let told = told.filter(|told| *told <= look.now);
        let span = told.map_or(look.since, |told| told.max(look.since))..look.now;
        if span.is_empty() {
            return Ok(Self { few: Vec::new(), issued: Vec::new(), span });
        }
        let (issued, span) = issued(source, partition, &span, &look.before)?;
        let mut few = match place {
            Place::Provider => look.shown.as_deref().and_then(own).into_iter().collect(),
            Place::Organization(_) => few(source, place)?,
        };
        few.retain(|ending| ending.is_due(&span, &look.before));
        Ok(Self { few, issued, span })
    }

    fn is_empty(&self) -> bool {
        self.few.is_empty() && self.issued.is_empty()
    }

    /// Tells it in a change; gives what was said.
    fn tell(
        self,
        change: &mut Change<'_>,
        partition: Partition,
        look: &Look,
    ) -> Result<Vec<String>, Error> {
        let Self { few, issued, span } = self;
        let mut said = Vec::with_capacity(few.len() + issued.len());
        for ending in few {
            said.push(ending.tell(change, partition, look.now));
        }
        for id in issued {
            if let Some(ending) = of_issued(&*change, partition, id)?
                && ending.is_due(&span, &look.before)
            {
                said.push(ending.tell(change, partition, look.now));
            }
        }
        change.put(partition, THE_ONLY_ONE, &EndsTold { until: span.end })?;
        Ok(said)
    }
}

/// The issued certificates that are to be told of in a span, each once, and as much of the span as
/// they are of. Where there are none, that is a look at one place of an index for each of the times.
fn issued(
    source: &impl Reading,
    partition: Partition,
    span: &Range<Time>,
    before: &[u64],
) -> Result<(Vec<Id>, Range<Time>), Error> {
    let (mut found, mut until) = (Vec::new(), span.end);
    for before in before {
        let key = |time: Time| time.plus(*before).0.to_be_bytes();
        let (first, last) = (key(span.start), key(span.end));
        let (first, last) = (Bound::Included(&first[..]), Bound::Excluded(&last[..]));
        let mut newest = None;
        let range = source.range(partition, indices::ISSUED_END, first, last);
        for (count, entry) in range.enumerate() {
            let (key, id) = entry?;
            let end = <[u8; 8]>::try_from(key.as_slice()).map(u64::from_be_bytes);
            let Some(at) = end.ok().and_then(|end| end.checked_sub(*before)).map(Time) else {
                continue;
            };
            if count >= STEP && newest.is_some_and(|newest| at > newest) {
                until = until.min(at);
                break;
            }
            newest = Some(at);
            found.push((at, id));
        }
    }
    found.retain(|(at, _)| *at < until);
    let mut ids: Vec<Id> = found.into_iter().map(|(_, id)| id).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok((ids, span.start..until))
}

/// A certificate that an organization's own authority issued; nothing of one that does not count any
/// more for another reason.
fn of_issued(source: &impl Reading, partition: Partition, id: Id) -> Result<Option<Ending>, Error> {
    let Some(record) = source.get::<IssuedCertificate>(partition, id)? else { return Ok(None) };
    let authority = record.authority.record();
    if record.revoked.is_some() || !source.contains::<CertificateAuthority>(partition, authority)? {
        return Ok(None);
    }
    let kind = SubjectKind::Certificate;
    Ok(Some(Ending {
        what: "the certificate",
        field: "not_after",
        subject: Some(Subject { kind, id: record.uuid, name: record.name }),
        begin: record.not_before,
        end: record.not_after,
    }))
}

/// What an organization has few of: the certificate that its network shows, those of its authorities,
/// and lists of what these revoked.
fn few(source: &impl Reading, place: Place) -> Result<Vec<Ending>, Error> {
    let (mut few, partition) = (Vec::new(), place.partition());
    let shown = source.get::<ServerCertificate>(partition, ServerCertificate::ID)?;
    if let (Some(shown), Some(id)) = (shown, place.organization()) {
        let (facts, home) = (shown.facts(), organization(source, id)?.ok_or(Error::Missing)?);
        let (kind, name) = (SubjectKind::Organization, home.fields.slug);
        few.push(Ending {
            what: "the certificate that the network shows",
            field: "not_after",
            subject: Some(Subject { kind, id: home.uuid, name }),
            begin: facts.not_before,
            end: facts.not_after,
        });
    }
    for found in source.scan::<CertificateAuthority>(partition, None) {
        let (_, authority) = found?;
        let (begin, end) = authority.fields.validity();
        let (kind, id) = (SubjectKind::CertificateAuthority, authority.uuid);
        let subject = Some(Subject { kind, id, name: authority.fields.name });
        if let Some((list, end)) = authority.revocations.and_then(|it| Some((it, it.next?))) {
            few.push(Ending {
                what: "the authority's list of revoked certificates",
                field: "next",
                subject: subject.clone(),
                begin: list.made,
                end,
            });
        }
        let what = "the authority's certificate";
        few.push(Ending { what, field: "not_after", subject, begin, end });
    }
    Ok(few)
}

/// The certificate that the daemon itself shows.
fn own(certificate: &[u8]) -> Option<Ending> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let (begin, end) = validity_of(&certificate);
    let what = "the daemon's own certificate, [tls] certificate,";
    Some(Ending { what, field: "not_after", subject: None, begin, end })
}

/// Until when a certificate in DER counts; `None` of what is none.
pub fn certificate_end(certificate: &[u8]) -> Option<Time> {
    own(certificate).map(|ending| ending.end)
}

impl Directory {
    /// Tells organizations, and the provider, of certificates and lists of revoked ones that end: each
    /// so many milliseconds `before`, and when it has ended. `shown` is the certificate in DER that the
    /// daemon itself shows, of which the provider is told. It looks once an hour, however often it is
    /// asked, and the first time in a store only notes when that was. Each organization has its turn
    /// in steps; one that fails does not keep the others from theirs, and all are looked at again.
    ///
    /// # Errors
    /// The first failure of the store.
    pub fn tell_ends(
        &self,
        now: Time,
        before: &[u64],
        shown: Option<&[u8]>,
    ) -> Result<EndsFound, Error> {
        let looked =
            self.inner.store.read()?.get::<EndsLooked>(Partition::Provider, THE_ONLY_ONE)?;
        let Some(EndsLooked { until }) = looked else {
            self.looked_for_ends(now)?;
            return Ok(EndsFound::default());
        };
        if until <= now && until.plus(LOOK) > now {
            return Ok(EndsFound::default());
        }
        let mut before = before.to_vec();
        before.push(0);
        let shown = shown.map(<[u8]>::to_vec);
        let look = Arc::new(Look { since: until.min(now), now, before, shown });
        let said = self.tell_ends_of(Place::Provider, &look)?;
        let mut found = EndsFound { told: said.len(), shown: said.into_iter().next() };
        let mut first = None;
        for id in self.every_organization()? {
            match self.tell_ends_of(id.into(), &look) {
                Ok(said) => found.told += said.len(),
                Err(error) => first = first.or(Some(error)),
            }
        }
        if let Some(error) = first {
            return Err(error);
        }
        self.looked_for_ends(now)?;
        Ok(found)
    }

    /// Tells of what ends in one place; gives what was said.
    fn tell_ends_of(&self, place: Place, look: &Arc<Look>) -> Result<Vec<String>, Error> {
        let mut said = Vec::new();
        loop {
            let due = Due::read(&self.inner.store.read()?, place, look)?;
            if due.is_empty() && due.span.end == look.now {
                return Ok(said);
            }
            let look = Arc::clone(look);
            let step = move |change: &mut Change<'_>| {
                let due = Due::read(&*change, place, &look)?;
                due.tell(change, place.partition(), &look)
            };
            said.extend(self.inner.store.write(step).map_err(Error::from)?);
        }
    }

    /// Notes that all are told what was to be told before a time.
    fn looked_for_ends(&self, until: Time) -> Result<(), Error> {
        let note = move |change: &mut Change<'_>| {
            change.put(Partition::Provider, THE_ONLY_ONE, &EndsLooked { until })?;
            Ok::<_, Error>(())
        };
        Ok(self.inner.store.write(note)?)
    }
}
