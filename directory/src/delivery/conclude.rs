//! What became of what was sent.

use storage::{Change, Id, Reading};

use super::letters::make_way;
use super::pause::pause;
use super::{DeliveredEvent, Delivery, DeliveryBounds, DeliveryTurn, DestinationKey, Sent, What};
use crate::access::organization;
use crate::directory::Directory;
use crate::error::Error;
use crate::events::{Action, Difference, Event, Outcome, Subject, SubjectKind};
use crate::id::RecordId;
use crate::records::{
    DeadLetter, DeliveryMark, DeliveryProgress, DeliveryWay, EventDestination, indices,
};
use crate::time::Time;
use crate::tools::Tools;

/// Dead letters of one destination at most; then what comes next is tried for ever.
const LETTERS: usize = 1_000;
/// Why what comes next is tried for ever.
const HELD_UP: &str = "there are 1000 dead letters, and no more are kept: what comes next is tried \
                       until it is taken, and what is behind it waits; send dead letters again, or \
                       discard them";
/// The most letters of a reason that is kept.
const REASON: usize = 300;

/// What came next in the log, as it was sent.
struct Stream {
    key: DestinationKey,
    /// The revision of the destination as it was sent to.
    revision: u64,
    span: (u64, u64),
    mark: DeliveryMark,
    events: u32,
}

impl Directory {
    /// Takes what became of a delivery: it goes on behind it, tries it again later, or puts it aside.
    ///
    /// # Errors
    /// When the store fails; then it will be sent again.
    pub fn conclude_delivery(
        &self,
        turn: &DeliveryTurn,
        delivery: Delivery,
        sent: &Sent,
        now: Time,
    ) -> Result<(), Error> {
        let Delivery { key, destination, what, .. } = delivery;
        let failed = matches!(sent, Sent::Failed { .. });
        turn.note_failing(failed);
        match what {
            What::Stream { first, last, mark, events } => {
                let (revision, span) = (destination.stamp.revision, (first, last));
                let stream = Stream { key, revision, span, mark, events };
                self.settle_stream(stream, sent.clone(), now)?;
            }
            What::Letter(number) => self.settle_letter(key, number, sent, now)?,
            What::Trial => {}
        }
        if failed {
            turn.look_again();
        }
        Ok(())
    }

    fn settle_stream(&self, stream: Stream, sent: Sent, now: Time) -> Result<(), Error> {
        let tools = self.inner.tools.clone();
        let done = self.inner.store.write_behind(move |change| match sent {
            Sent::Done => stream.done(change, now),
            Sent::Failed { reason, wait } => {
                let reason = abridged(reason);
                stream.failed(change, (reason, wait), (&tools, now))
            }
        });
        Ok(done?)
    }

    /// Takes what became of a dead letter that was sent again.
    pub(super) fn settle_letter(
        &self,
        key: DestinationKey,
        number: Id,
        sent: &Sent,
        now: Time,
    ) -> Result<(), Error> {
        let sent = sent.clone();
        let done = self.inner.store.write(move |change| {
            let partition = key.home.partition();
            let Some(mut letter) = change.get::<DeadLetter>(partition, number)? else {
                return Ok(());
            };
            match sent {
                Sent::Done => {
                    let was_full = is_full(&*change, key);
                    change.delete::<DeadLetter>(partition, number)?;
                    if was_full {
                        make_way(change, (key.home, key.id), key.reach())?;
                    }
                }
                Sent::Failed { reason, .. } => {
                    letter.wanted = false;
                    letter.attempts = letter.attempts.saturating_add(1);
                    letter.reason = abridged(reason);
                    letter.at = now;
                    change.put(partition, number, &letter)?;
                }
            }
            Ok::<_, Error>(())
        });
        Ok(done?)
    }
}

impl Stream {
    fn done(self, change: &mut Change<'_>, now: Time) -> Result<(), Error> {
        let Some((destination, progress)) = stands(change, self.key)? else { return Ok(()) };
        let after = DeliveryProgress {
            mark: self.mark,
            delivered: Some((self.span.1, now)),
            gaps: progress.gaps,
            ..DeliveryProgress::default()
        };
        self.key.keep(change, after)?;
        // Where the events of all organizations go, another's failure was told for all.
        let was_told = progress.told || self.key.reached().is_some();
        let is_again = was_told && self.key.is_news(change, false)?;
        let goes_on = self.key.is_held_otherwise(change, (progress.held_up, false))?;
        let at = (self.key, &destination);
        if goes_on {
            tell_held(change, at, false, now);
        } else if is_again {
            tell(change, at, Outcome::Success, now);
        }
        Ok(())
    }

    fn failed(
        self,
        change: &mut Change<'_>,
        (reason, wait): (String, Option<u64>),
        (tools, now): (&Tools, Time),
    ) -> Result<(), Error> {
        let (key, bounds) = (self.key, tools.delivery_bounds());
        let Some((destination, mut progress)) = stands(change, key)? else { return Ok(()) };
        progress.error = Some((reason.clone(), now));
        // What was tried before a change says nothing of what comes after it.
        if destination.stamp.revision == self.revision {
            progress.attempts = progress.attempts.saturating_add(1);
            let random = u32::from_be_bytes(tools.random());
            let wait = wait.unwrap_or(0).min(bounds.longest_pause);
            let pause = pause(progress.attempts, bounds, random).max(wait);
            progress.retry = Some(now.plus(pause));
            if progress.attempts >= bounds.attempts {
                self.give_up(
                    change,
                    (&destination, &mut progress),
                    (&reason, bounds),
                    (tools, now),
                )?;
            }
        }
        key.keep(change, progress)
    }

    /// Tells that nothing gets there, and puts aside what a webhook does not take, so that what
    /// stands behind it has its turn. With other receivers nobody knows what they do not take. That
    /// no more can be put aside is told once, not with each attempt: what is told of a destination
    /// has to be sent there too.
    fn give_up(
        &self,
        change: &mut Change<'_>,
        (destination, progress): (&EventDestination, &mut DeliveryProgress),
        (reason, bounds): (&str, &DeliveryBounds),
        (tools, now): (&Tools, Time),
    ) -> Result<(), Error> {
        let key = self.key;
        if !std::mem::replace(&mut progress.told, true) && key.is_news(change, true)? {
            let told = format!("nothing got there in {} attempts: {reason}", bounds.attempts);
            tell(change, (key, destination), Outcome::Failure(told), now);
        }
        if !matches!(destination.fields.way, DeliveryWay::Webhook { .. }) {
            return Ok(());
        }
        let is_full = is_full(&*change, key);
        let was_held = std::mem::replace(&mut progress.held_up, is_full);
        if key.is_held_otherwise(change, (was_held, is_full))? {
            tell_held(change, (key, destination), is_full, now);
        }
        if is_full {
            return Ok(());
        }
        let of = key.reached();
        let organization = match of {
            Some(id) => organization(&*change, id)?.map(|record| record.uuid),
            None => None,
        };
        let letter = DeadLetter {
            uuid: tools.uuid(now),
            destination: key.id.record(),
            at: now,
            first: self.span.0,
            last: self.span.1,
            events: self.events,
            attempts: progress.attempts,
            reason: reason.to_owned(),
            wanted: false,
            of,
            organization,
        };
        let partition = key.home.partition();
        let id = change.allocate(partition)?;
        change.put(partition, id, &letter)?;
        (progress.mark, progress.attempts, progress.retry) = (self.mark, 0, None);
        Ok(())
    }
}

/// Whether a destination has as many dead letters as it may have.
fn is_full(source: &impl Reading, key: DestinationKey) -> bool {
    let number = key.id.record().to_be_bytes();
    let letters = source.find(key.home.partition(), indices::DEAD_LETTER_OF, &number);
    letters.take(LETTERS).count() >= LETTERS
}

/// Has dead letters hold a destination up no more whose receiver is another now: what that one takes
/// nobody knows yet.
pub(crate) fn let_go(
    change: &mut Change<'_>,
    (key, destination): (DestinationKey, &EventDestination),
    now: Time,
) -> Result<(), Error> {
    let mut progress = key.progress(&*change)?;
    if !std::mem::replace(&mut progress.held_up, false) {
        return Ok(());
    }
    key.keep(change, progress)?;
    if key.is_held_otherwise(change, (true, false))? {
        tell_held(change, (key, destination), false, now);
    }
    Ok(())
}

/// A destination that was sent to, paused or not by now, and how far it is.
pub(super) fn stands(
    source: &impl Reading,
    key: DestinationKey,
) -> Result<Option<(EventDestination, DeliveryProgress)>, Error> {
    let is_gone = match key.reached() {
        Some(id) => organization(source, id)?.is_none(),
        None => false,
    };
    if is_gone {
        return Ok(None);
    }
    let found = source.get::<EventDestination>(key.home.partition(), key.id.record())?;
    let Some(found) = found.filter(|found| found.reach == key.reach()) else { return Ok(None) };
    Ok(Some((found, key.progress(source)?)))
}

/// So many events there are.
pub(super) fn events_of(events: &[DeliveredEvent]) -> u32 {
    u32::try_from(events.len()).unwrap_or(u32::MAX)
}

/// Writes an event about a destination into a change, for the place that has it. It says of nobody's
/// events: who sees it there may know few organizations.
pub(super) fn tell(
    change: &mut Change<'_>,
    at: (DestinationKey, &EventDestination),
    outcome: Outcome,
    now: Time,
) {
    tell_with(change, at, (outcome, Vec::new()), now);
}

/// Tells that a full list of dead letters holds a destination up, or does no more.
fn tell_held(
    change: &mut Change<'_>,
    at: (DestinationKey, &EventDestination),
    is_held: bool,
    now: Time,
) {
    let (before, after) = (Some((!is_held).to_string()), Some(is_held.to_string()));
    let told = Difference { field: "held_up".to_owned(), before, after };
    let outcome = if is_held { Outcome::Failure(HELD_UP.to_owned()) } else { Outcome::Success };
    tell_with(change, at, (outcome, vec![told]), now);
}

fn tell_with(
    change: &mut Change<'_>,
    (key, destination): (DestinationKey, &EventDestination),
    (outcome, differences): (Outcome, Vec<Difference>),
    now: Time,
) {
    let (kind, name) = (SubjectKind::EventDestination, destination.fields.name.clone());
    let about = (Action::EventDelivery, Some(Subject { kind, id: destination.uuid, name }));
    let event = Event { differences, ..Event::of_daemon(now, about, outcome) };
    change.event(key.home.partition(), now.0, &event.encode());
}

/// A reason as it is kept: a receiver may say much.
pub(super) fn abridged(reason: String) -> String {
    match reason.char_indices().nth(REASON) {
        Some((end, _)) => format!("{}…", reason.get(..end).unwrap_or_default()),
        None => reason,
    }
}
