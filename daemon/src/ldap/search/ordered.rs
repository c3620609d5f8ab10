//! Searches whose entries come in an order (RFC 2891), all or a view of them
//! (draft-ietf-ldapext-ldapv3-vlv-09).
//!
//! What matches is collected as octets to sort by and ids, and sorted; then the entries are read
//! again one by one as the client takes them. All searches of a connection hold at most so many
//! together. Nothing is kept between pages: the
//! cursor says by what the last entry was sorted.

use std::borrow::Cow;
use std::sync::Arc;

use directory::Error;
use directory::search::{Ended, EntryId, SearchGrant, SortKey, Truth, Visit};
use ldap::control::sort::SortResult;
use ldap::control::view::{ListView, Target, ViewResult};
use ldap::{Answer, EntryWriter, Outcome, ResultCode, SearchRequest};

use super::super::aim::Aim;
use super::super::view::{self, Place};
use super::share::{Share, Sorting};
use super::work::Work;
use super::written::{write_found, write_place};
use super::{Begin, Pause, Running, Terms};
use crate::clock::Clock;

/// What the cursor of an ordered page begins with, and no other.
const ORDERED: u8 = 0xff;

const NO_ORDER: &str = "a view needs an order: add the sort control";
const NO_PLACE: &str = "there is no such place in the list";
const UNSORTABLE: &str = "the entries cannot be sorted so; the sort control's response says why";

/// A search whose entries come in an order.
pub(in crate::ldap) struct Ordered {
    running: Box<Running>,
    keys: Vec<SortKey>,
    aim: Arc<Aim>,
    request: SearchRequest,
    share: Share,
    collected: Vec<Ranked>,
    /// What is to be written, the next one last; `None` while it is being collected.
    sorted: Option<Vec<Ranked>>,
    /// By what the last entry that was written is sorted.
    last: Option<Vec<u8>>,
}

/// An entry with what it is sorted by: the octets of the keys, then those of its id.
struct Ranked {
    rank: Vec<u8>,
    which: Which,
}

enum Which {
    Place(Box<Place>),
    Stored(EntryId),
}

/// How an ordered search began.
pub(in crate::ldap) enum BeginOrdered {
    /// It is over.
    Answered(Answer),
    /// It goes on, in its order or without.
    Running(Work),
}

/// Begins a search whose entries are to come in an order.
///
/// # Errors
/// When the directory fails.
pub(in crate::ldap) fn begin(
    grant: &SearchGrant<'_, '_>,
    (aim, request): (&Arc<Aim>, &SearchRequest),
    (sorting, limit, terms): (&Sorting, usize, Terms),
    writer: &mut EntryWriter<'_>,
) -> Result<BeginOrdered, Error> {
    let Some(sort) = &request.sort else {
        writer.viewed(ViewResult::refused(ResultCode::SortControlMissing));
        return Ok(BeginOrdered::Answered(no_view(NO_ORDER)));
    };
    let keys = match view::sort_keys(sort, &aim.naming, grant.schema()) {
        Ok(keys) => keys,
        Err(refusal) => {
            return refuse(grant, (aim, request), terms, (writer, refusal, UNSORTABLE.into()));
        }
    };
    let cursor = request.page.as_ref().and_then(|page| page.cursor.as_ref());
    if cursor.is_some_and(|cursor| cursor.first() != Some(&ORDERED)) {
        // The pages before came unsorted, because there was too much to sort.
        let refusal = SortResult::refused(ResultCode::AdminLimitExceeded);
        let words = "the pages before came unsorted: there was too much to sort";
        return refuse(grant, (aim, request), terms, (writer, refusal, words.into()));
    }
    // The cursor of an ordered page is none of an unordered one.
    let plain = SearchRequest { page: None, ..request.clone() };
    Ok(match super::begin(grant, aim, &plain, terms)? {
        Begin::Answered(answer) => BeginOrdered::Answered(answer),
        Begin::Running(running) => BeginOrdered::Running(Work::Ordered(Box::new(Ordered {
            running,
            keys,
            aim: Arc::clone(aim),
            request: request.clone(),
            share: sorting.share(limit),
            collected: Vec::new(),
            sorted: None,
            last: None,
        }))),
    })
}

/// Says how a list of one entry that is not stored, or of none, came in the order and as the view that
/// were asked for; false when the view is of no entry.
///
/// # Errors
/// What the client is told when it gets no view.
pub(in crate::ldap) fn arrange(
    request: &SearchRequest,
    is_one: bool,
    writer: &mut EntryWriter<'_>,
) -> Result<bool, Answer> {
    if request.sort.is_some() {
        writer.sorted(SortResult::sorted());
    }
    let Some(view) = &request.view else { return Ok(is_one) };
    let length = u32::from(is_one);
    let place = match &view.target {
        _ if request.sort.is_none() => Err((ResultCode::SortControlMissing, NO_ORDER)),
        Target::Offset { offset, count } => {
            place(*offset, *count, length).ok_or((ResultCode::OffsetRangeError, NO_PLACE))
        }
        Target::Value(_) => Ok(1),
    };
    let position = place.map_err(|(code, words)| {
        writer.viewed(ViewResult::refused(code));
        no_view(words)
    })?;
    let position = position.min(length.saturating_add(1));
    writer.viewed(ViewResult { position, count: length, code: ResultCode::Success });
    Ok(is_one && (position == 1 || view.before > 0))
}

/// Says that entries cannot be sorted so: nobody gets them unsorted who does not want them
/// (RFC 2891 section 2).
fn refuse(
    grant: &SearchGrant<'_, '_>,
    (aim, request): (&Arc<Aim>, &SearchRequest),
    terms: Terms,
    (writer, refusal, words): (&mut EntryWriter<'_>, SortResult, Cow<'static, str>),
) -> Result<BeginOrdered, Error> {
    let critical = request.sort.as_ref().is_some_and(|sort| sort.critical);
    let code = refusal.code;
    writer.sorted(refusal);
    if request.view.is_some() {
        writer.viewed(ViewResult::refused(code));
        return Ok(BeginOrdered::Answered(no_view(words)));
    }
    if critical {
        let code = ResultCode::UnavailableCriticalExtension;
        return Ok(BeginOrdered::Answered(Answer::Result(Outcome::new(code, words))));
    }
    Ok(match super::begin(grant, aim, request, terms)? {
        Begin::Answered(answer) => BeginOrdered::Answered(answer),
        Begin::Running(running) => BeginOrdered::Running(Work::Plain(running)),
    })
}

impl Ordered {
    /// Collects, sorts and writes, as far as it goes.
    ///
    /// # Errors
    /// When the directory fails.
    pub(super) fn run(
        mut self: Box<Self>,
        grant: &SearchGrant<'_, '_>,
        clock: Clock,
        writer: &mut EntryWriter<'_>,
    ) -> Result<(Answer, Work), Error> {
        self.running.terms.go_on(clock);
        if self.sorted.is_none() {
            match self.collect(grant, clock)? {
                Collected::All => {}
                Collected::Turn => return Ok((Answer::More, Work::Ordered(self))),
                Collected::Ended(pause) => {
                    return Ok((pause.answer(Vec::new), Work::Ordered(self)));
                }
                Collected::TooMany => return self.give_up(grant, clock, writer),
            }
            writer.sorted(SortResult::sorted());
            if let Err(answer) = self.sort(writer) {
                return Ok((answer, Work::Ordered(self)));
            }
        }
        let answer = self.write(grant, clock, writer)?;
        let left = self.sorted.iter().flatten();
        self.share.keep(left.map(|ranked| ranked.rank.as_slice()));
        Ok((answer, Work::Ordered(self)))
    }

    fn collect(&mut self, grant: &SearchGrant<'_, '_>, clock: Clock) -> Result<Collected, Error> {
        let (keys, collected, share) = (&self.keys, &mut self.collected, &mut self.share);
        let running = &mut *self.running;
        for (number, place) in (0_u64..).zip(running.places.drain(..)) {
            let rank = ranked(keys, &place, (u8::MAX, number));
            // There are few of them: the entries behind them find that there is no room.
            share.take(&rank);
            collected.push(Ranked { rank, which: Which::Place(Box::new(place)) });
        }
        let mut take = |found: &directory::search::Found<'_>| {
            let id = found.entry().id();
            let rank = ranked(keys, found, id.order());
            let room = share.take(&rank);
            collected.push(Ranked { rank, which: Which::Stored(id) });
            room
        };
        if let Some(id) = running.single.take() {
            grant.show(id, &mut |found| {
                take(found);
                Ok(())
            })?;
        }
        let Some(searching) = &mut running.searching else { return Ok(Collected::All) };
        let ended = grant.advance(searching, &mut |found| {
            Ok(if take(found) { Visit::Taken } else { Visit::Full })
        })?;
        let late = clock.monotonic() >= running.terms.deadline;
        Ok(match ended {
            Ended::Paused => Collected::TooMany,
            Ended::LookedThrough => Collected::Ended(Pause::LookedThrough),
            Ended::Complete | Ended::Turn if late => Collected::Ended(Pause::Time),
            Ended::Complete => Collected::All,
            Ended::Turn => Collected::Turn,
        })
    }

    /// There is more to sort than may be sorted.
    fn give_up(
        self: Box<Self>,
        grant: &SearchGrant<'_, '_>,
        clock: Clock,
        writer: &mut EntryWriter<'_>,
    ) -> Result<(Answer, Work), Error> {
        let terms = self.running.terms;
        let words = format!(
            "there are more entries to sort than the {} that the sorted searches of one connection \
             may have together; sort fewer",
            self.share.limit()
        );
        let refusal = SortResult::refused(ResultCode::AdminLimitExceeded);
        let asked = (&self.aim, &self.request);
        match refuse(grant, asked, terms, (&mut *writer, refusal, words.into()))? {
            BeginOrdered::Answered(answer) => Ok((answer, Work::Ordered(self))),
            BeginOrdered::Running(Work::Plain(mut running)) => {
                let answer = running.run(grant, clock, writer)?;
                Ok((answer, Work::Plain(running)))
            }
            BeginOrdered::Running(work) => Ok((Answer::More, work)),
        }
    }

    /// Sorts what was collected and keeps what is wanted of it.
    fn sort(&mut self, writer: &mut EntryWriter<'_>) -> Result<(), Answer> {
        let mut all = std::mem::take(&mut self.collected);
        all.sort_unstable_by(|one, other| one.rank.cmp(&other.rank));
        if let Some(view) = &self.request.view {
            let result = self.locate(view, &all).inspect_err(|code| {
                writer.viewed(ViewResult::refused(*code));
            });
            let result = result.map_err(|_| no_view(NO_PLACE))?;
            let target = (result.position as usize).saturating_sub(1);
            all.truncate(target.saturating_add(1).saturating_add(view.after as usize));
            all.drain(..target.saturating_sub(view.before as usize).min(all.len()));
            writer.viewed(result);
        }
        let cursor = self.request.page.as_ref().and_then(|page| page.cursor.as_deref());
        if let Some((_, last)) = cursor.and_then(<[u8]>::split_first) {
            let written = all.partition_point(|ranked| ranked.rank.as_slice() <= last);
            all.drain(..written);
        }
        all.reverse();
        all.shrink_to_fit();
        self.share.keep(all.iter().map(|ranked| ranked.rank.as_slice()));
        self.sorted = Some(all);
        Ok(())
    }

    /// Where a view's target stands.
    fn locate(&self, view: &ListView, all: &[Ranked]) -> Result<ViewResult, ResultCode> {
        let length = u32::try_from(all.len()).unwrap_or(u32::MAX);
        let position = match &view.target {
            Target::Offset { offset, count } => {
                place(*offset, *count, length).ok_or(ResultCode::OffsetRangeError)?
            }
            Target::Value(value) => {
                let key = self.keys.first().ok_or(ResultCode::SortControlMissing)?;
                let wanted = view::rank_of(key, value).ok_or(ResultCode::InappropriateMatching)?;
                let before = all.partition_point(|ranked| ranked.rank < wanted);
                u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1)
            }
        };
        let position = position.min(length.saturating_add(1));
        Ok(ViewResult { position, count: length, code: ResultCode::Success })
    }

    fn write(
        &mut self,
        grant: &SearchGrant<'_, '_>,
        clock: Clock,
        writer: &mut EntryWriter<'_>,
    ) -> Result<Answer, Error> {
        let Some(sorted) = &mut self.sorted else { return Ok(Answer::More) };
        let Running { naming, terms, searching, custom, .. } = &mut *self.running;
        let custom = custom.choose(naming, grant.schema());
        while let Some(Ranked { rank, which }) = sorted.last() {
            let late = clock.monotonic() >= terms.deadline;
            let stop = match (terms.room(), late, which) {
                (Err(pause), _, _) => Some(pause),
                (Ok(()), true, _) => Some(Pause::Time),
                (Ok(()), false, Which::Place(place)) => write_place(naming, place, grant, writer)?,
                (Ok(()), false, Which::Stored(id)) => {
                    let mut stop = None;
                    grant.show(*id, &mut |found| {
                        // It may have changed since it was collected.
                        let filter = searching.as_ref().map(|searching| searching.filter());
                        let matches = match filter {
                            Some(filter) => found.judge(filter)? == Truth::True,
                            None => true,
                        };
                        if matches {
                            stop = write_found(naming, found, &custom, writer)?;
                        }
                        Ok(())
                    })?;
                    stop
                }
            };
            if let Some(pause) = stop {
                if pause == Pause::Output {
                    terms.wait(clock);
                }
                let cursor = self.last.clone().or_else(|| self.cursor()).unwrap_or_default();
                return Ok(pause.answer(|| [&[ORDERED], &cursor[..]].concat()));
            }
            terms.spend();
            self.last = Some(rank.clone());
            sorted.pop();
        }
        Ok(Answer::Result(Outcome::success()))
    }

    /// As [`Running::looked_through`].
    pub(super) fn looked_through(&self) -> Option<(usize, &str)> {
        self.running.looked_through()
    }

    /// The cursor that this page began with.
    fn cursor(&self) -> Option<Vec<u8>> {
        let page = self.request.page.as_ref()?;
        page.cursor.as_ref().and_then(|cursor| cursor.get(1..)).map(<[u8]>::to_vec)
    }
}

/// A place in a list of some length, by what the client believes: so far on in a list of `count` (section
/// 5 of the draft), which may be another length. `None` for a place that no list has.
fn place(offset: u32, count: u32, length: u32) -> Option<u32> {
    match (offset, count) {
        (0, _) => None,
        (_, 0) => Some(offset),
        // The first stays the first; the last is the last by the division below.
        (1, 2..) => Some(1),
        _ => {
            let (offset, count) = (u64::from(offset), u64::from(count));
            let nearest = (offset * u64::from(length) + count / 2) / count;
            Some(u32::try_from(nearest).unwrap_or(u32::MAX).max(1))
        }
    }
}

/// How far collecting came.
enum Collected {
    All,
    Turn,
    TooMany,
    Ended(Pause),
}

/// What an entry is sorted by; entries that are equal come in the order of their ids.
fn ranked(keys: &[SortKey], facts: &dyn directory::search::Facts, id: (u8, u64)) -> Vec<u8> {
    let mut rank = SortKey::rank(keys, facts);
    rank.push(id.0);
    rank.extend(id.1.to_be_bytes());
    rank
}

fn no_view(words: impl Into<Cow<'static, str>>) -> Answer {
    Answer::Result(Outcome::new(ResultCode::VirtualListViewError, words))
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_place_is_that_part_of_the_list_that_the_client_means() {
        for (offset, count, length, expected) in [
            (3, 0, 10, Some(3)),
            (3, 10, 10, Some(3)),
            (1, 7, 10, Some(1)),
            (1, 1, 10, Some(10)),
            (7, 7, 10, Some(10)),
            (7, 7, 0, Some(1)),
            // 2.4, 1.6, and 0.04.
            (3, 5, 4, Some(2)),
            (2, 5, 4, Some(2)),
            (1_000, 100_000, 4, Some(1)),
            (u32::MAX, 2, u32::MAX, Some(u32::MAX)),
            (0, 0, 4, None),
            (0, 5, 4, None),
        ] {
            assert_eq!(place(offset, count, length), expected, "{offset} of {count} in {length}");
        }
    }
}
