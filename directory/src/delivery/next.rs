//! What is to be sent next to a destination.

use storage::{Change, EventHash, Reading, Snapshot};

use super::conclude::{events_of, stands, tell};
use super::lanes::serves;
use super::parcel::Parcel;
use super::places::route;
use super::{Delivery, DeliveryTurn, DestinationKey, Sent, What};
use crate::directory::Directory;
use crate::error::Error;
use crate::events::Outcome;
use crate::records::{DeadLetter, DeliveryMark, DeliveryProgress, EventDestination, indices};
use crate::time::Time;

/// So many numbers may be looked at that go nowhere before it is kept how far that is: otherwise they
/// are looked at again after a restart.
const UNKEPT: u64 = 10_000;

/// What is to be done next for a destination.
pub enum Next {
    /// This is to be sent.
    Send(Box<Delivery>),
    /// There may be something to be sent.
    Again,
    /// Nothing yet.
    Rest,
}

impl Directory {
    /// Finds what is to be sent next to a destination.
    ///
    /// # Errors
    /// When the store or the event log fails.
    pub fn next_delivery(&self, turn: &DeliveryTurn, now: Time) -> Result<Next, Error> {
        // What comes from here on makes it another one.
        let ends = self.inner.store.events().end(turn.key.place.partition());
        let snapshot = self.inner.store.read()?;
        let Some((destination, progress)) = standing(&snapshot, turn.key)? else {
            return Ok(Next::Rest);
        };
        if progress.retry.is_some_and(|retry| retry > now) {
            turn.look_again();
            return Ok(Next::Rest);
        }
        // Dead letters and what is new take turns: none waits for all of the others, however long a
        // receiver takes for each.
        if !turn.had_letter()
            && let Some(next) = self.letter(turn, &snapshot, &destination, now)?
        {
            return Ok(next);
        }
        turn.note_letter(false);
        match self.stream(turn, &snapshot, (&destination, &progress), ends, now)? {
            Next::Rest => {
                let letter = self.letter(turn, &snapshot, &destination, now)?;
                Ok(letter.unwrap_or(Next::Rest))
            }
            next @ (Next::Send(_) | Next::Again) => Ok(next),
        }
    }

    /// What comes next in the log, of which the newest event has this number and the place's newest
    /// this hash.
    fn stream(
        &self,
        turn: &DeliveryTurn,
        snapshot: &Snapshot,
        (destination, progress): (&EventDestination, &DeliveryProgress),
        (end, head): (u64, EventHash),
        now: Time,
    ) -> Result<Next, Error> {
        let (key, log) = (turn.key, self.inner.store.events());
        let mark = turn.ahead().filter(|ahead| ahead.sequence > progress.mark.sequence);
        let mark = mark.unwrap_or(progress.mark);
        let since = progress.delivered.map_or(destination.stamp.created, |(_, at)| at);
        if mark.sequence > end {
            self.note_put_back(key, since, (mark.sequence, end), now)?;
            return Ok(Next::Again);
        }
        let parcel = Parcel::read((log, snapshot), key.place, destination, (mark, u64::MAX))?;
        if let Some((first, Some(previous))) = parcel.met
            && mark.hash.is_some_and(|known| known != previous)
        {
            match self.was_put_back(key.place, mark)? {
                true => self.note_put_back(key, since, (mark.sequence, end), now)?,
                false => self.note_gap(key, (mark.sequence, first), now)?,
            }
            return Ok(Next::Again);
        }
        let last = parcel.events.last().and_then(|event| event.sequence);
        let first = parcel.events.first().and_then(|event| event.sequence);
        if let (Some(first), Some(last)) = (first, last) {
            let events = events_of(&parcel.events);
            let what = What::Stream { first, last, mark: parcel.mark, events };
            return self.sent(key, snapshot, (destination.clone(), parcel, what), now);
        }
        turn.pass(parcel.mark);
        if parcel.mark.sequence > progress.mark.sequence.saturating_add(UNKEPT) {
            self.keep_mark(key, parcel.mark)?;
        }
        if !parcel.is_all {
            return Ok(Next::Again);
        }
        turn.rest(head);
        Ok(Next::Rest)
    }

    /// What was given up and is to be sent again.
    fn letter(
        &self,
        turn: &DeliveryTurn,
        snapshot: &Snapshot,
        destination: &EventDestination,
        now: Time,
    ) -> Result<Option<Next>, Error> {
        let (key, log) = (turn.key, self.inner.store.events());
        let partition = key.home.partition();
        let wanted = key.wanted();
        let number = snapshot.find_first(partition, indices::DEAD_LETTER_WANTED, &wanted)?;
        let Some(number) = number else { return Ok(None) };
        let Some(letter) = snapshot.get::<DeadLetter>(partition, number)? else { return Ok(None) };
        turn.note_letter(true);
        let after = DeliveryMark { sequence: letter.first.saturating_sub(1), hash: None };
        let range = (after, letter.last);
        let parcel = Parcel::read((log, snapshot), key.place, destination, range)?;
        let what = What::Letter(number);
        if parcel.events.is_empty() {
            let gone = "the log does not have these events any more, or the filter leaves them out";
            self.settle_letter(key, number, &Sent::failed(gone), now)?;
            return Ok(Some(Next::Again));
        }
        let destination = destination.clone();
        self.sent(key, snapshot, (destination, parcel, what), now).map(Some)
    }

    fn sent(
        &self,
        key: DestinationKey,
        snapshot: &Snapshot,
        (destination, parcel, what): (EventDestination, Parcel, What),
        now: Time,
    ) -> Result<Next, Error> {
        let source = (snapshot, self.inner.store.events());
        let route = route(source, key, &destination, (&parcel.events, now))?;
        let destination = Box::new(destination);
        let events = parcel.events;
        Ok(Next::Send(Box::new(Delivery { route, events, key, destination, what })))
    }

    /// Tells that events were forgotten before they could be delivered: those with numbers between
    /// these two.
    fn note_gap(
        &self,
        key: DestinationKey,
        (after, before): (u64, u64),
        now: Time,
    ) -> Result<(), Error> {
        let done = self.inner.store.write(move |change| {
            let Some((destination, mut progress)) = standing(change, key)? else { return Ok(()) };
            progress.mark = DeliveryMark { sequence: after, hash: None };
            progress.gaps = progress.gaps.saturating_add(1);
            key.keep(change, progress)?;
            let reason = format!(
                "events with numbers between {after} and {before} were forgotten, as they are kept \
                 no longer, before they could be delivered"
            );
            tell(change, (key, &destination), Outcome::Failure(reason), now);
            Ok::<_, Error>(())
        });
        Ok(done?)
    }

    /// Keeps how far the log was looked at.
    fn keep_mark(&self, key: DestinationKey, mark: DeliveryMark) -> Result<(), Error> {
        let done = self.inner.store.write_behind(move |change: &mut Change<'_>| {
            if let Some((_, mut progress)) = standing(change, key)? {
                progress.mark = mark;
                key.keep(change, progress)?;
            }
            Ok::<_, Error>(())
        });
        Ok(done?)
    }
}

/// A destination that takes events, and how far it is.
pub(super) fn standing(
    source: &impl Reading,
    key: DestinationKey,
) -> Result<Option<(EventDestination, DeliveryProgress)>, Error> {
    if !serves(source, key.place)? {
        return Ok(None);
    }
    let stands = stands(source, key)?;
    Ok(stands.filter(|(destination, _)| !destination.fields.paused))
}
