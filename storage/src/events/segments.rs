//! The segments of a log.

use std::collections::VecDeque;
use std::sync::Arc;

use super::active::{Active, CHAINED, Heads, UNCHAINED};
use super::chain::EventWords;
use super::frame::{Entry, Shape};
use super::part::ActivePart;
use super::sealed::{Sealed, UNFINISHED};
use super::shelf::Shelf;
use super::walk::Walk;
use super::{EventError, EventOptions};
use crate::Corrupt;
use crate::folder::Folder;

/// The written events.
pub(crate) struct Segments {
    pub(crate) active: Active,
    /// Those before it that are full and not sealed yet, the oldest first.
    pub(crate) full: VecDeque<Arc<Active>>,
    /// In the order of their sequence numbers.
    pub(crate) sealed: Vec<Arc<Sealed>>,
    /// What is kept of them in memory.
    pub(crate) shelf: Arc<Shelf>,
}

impl Segments {
    /// Opens what a folder holds, and ends what a crash interrupted.
    pub(crate) fn open(folder: &dyn Folder, words: &EventWords) -> Result<Self, EventError> {
        let mut names = folder.names()?;
        names.sort();
        let mut sealed: Vec<Arc<Sealed>> = Vec::new();
        let mut actives: Vec<Active> = Vec::new();
        let (mut useless, mut unused) = (Vec::new(), Vec::new());
        let shelf = Arc::default();
        for name in names {
            if name.ends_with(UNFINISHED) {
                useless.push(name);
            } else if name.ends_with(".sealed") {
                sealed.push(Arc::new(Sealed::open(folder, &name, &shelf)?));
            } else if name.ends_with(CHAINED) || name.ends_with(UNCHAINED) {
                match Active::open(folder, &name)? {
                    Some(active) => actives.push(active),
                    None => unused.push(name),
                }
            }
        }
        let (full, current) = in_order(actives, sealed.last(), &mut useless)?;
        let behind_current = |name: &String| current.as_ref().is_none_or(|it| *name > it.name);
        if !unused.iter().all(behind_current) {
            // Another was begun behind it, so there were events in it.
            return Err(Corrupt::new("the beginning of a segment of the event log is gone").into());
        }
        if current.is_none() && sealed.iter().any(|sealed| sealed.index.chained) {
            // Another is there, whole, before one is sealed. Without it the chains would break.
            return Err(Corrupt::new("the segment that events are written to is gone").into());
        }
        useless.iter().chain(&unused).try_for_each(|name| folder.remove(name))?;
        let active = match current {
            Some(mut active) if active.shape == Shape::Chained => {
                active.cut()?;
                active
            }
            Some(former) => renewed(folder, &former, (&mut sealed, &shelf), words)?,
            None => Active::create(folder, behind(sealed.last()), Heads::new())?,
        };
        let full = full.into_iter().map(Arc::new).collect();
        Ok(Self { active, full, sealed, shelf })
    }

    /// What a walk wants next of what is not sealed.
    pub(crate) fn part(&self, walk: &Walk<'_>) -> Option<ActivePart> {
        let mut all = self.full.iter().map(AsRef::as_ref).chain(std::iter::once(&self.active));
        if walk.newest_first {
            all.rev().find_map(|segment| segment.part(walk))
        } else {
            all.find_map(|segment| segment.part(walk))
        }
    }

    /// How many events of a batch belong into the active segment.
    pub(crate) fn fitting(&self, batch: &[Arc<Entry>], options: &EventOptions) -> usize {
        let room = options.segment_events.max(1).saturating_sub(self.active.count);
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        let started = self.active.started_ms.or_else(|| Some(batch.first()?.time_ms));
        let until = started.unwrap_or(0).saturating_add(options.segment_ms.max(1));
        batch.iter().take(room).take_while(|entry| entry.time_ms < until).count()
    }
}

/// The next sequence number behind the last sealed segment, and the copied outbox number there.
fn behind(sealed: Option<&Arc<Sealed>>) -> (u64, u64) {
    sealed.map_or((1, 0), |last| (last.index.last + 1, last.index.copied))
}

/// Of the segments that have not been removed, those that are full and the one that is written to.
/// What is in a sealed one already becomes useless, and so does what has no events, but where it was
/// begun behind a full one.
fn in_order(
    mut actives: Vec<Active>,
    sealed: Option<&Arc<Sealed>>,
    useless: &mut Vec<String>,
) -> Result<(Vec<Active>, Option<Active>), EventError> {
    // Of two that are empty the one of the first format is what a crash left.
    actives.sort_by_key(|it| (it.first, it.count == 0, it.shape == Shape::Unchained));
    let (next, _) = behind(sealed);
    let (mut full, mut current) = (Vec::new(), None::<Active>);
    for active in actives {
        let over = active.first < next && active.next() <= next;
        // What is full was whole on the disk before another was begun.
        let follows =
            |it: &Active| it.next() == active.first && it.shape == active.shape && !it.is_torn;
        // An older daemon begins one beside those that it does not know.
        let beside = |it: &Active| it.next() == active.first || active.shape == Shape::Unchained;
        if over {
            useless.push(active.name);
        } else if current.as_ref().is_some_and(follows) {
            full.extend(current.replace(active));
        } else if active.count == 0 && current.as_ref().is_some_and(beside) {
            useless.push(active.name);
        } else if active.first < next || current.is_some() {
            return Err(Corrupt::new("segments of the event log that do not fit together").into());
        } else {
            current = Some(active);
        }
    }
    Ok((full, current))
}

/// Seals a segment of the first format, to which nothing is appended any more, and starts another:
/// the chains begin there.
fn renewed(
    folder: &dyn Folder,
    former: &Active,
    (sealed, shelf): (&mut Vec<Arc<Sealed>>, &Arc<Shelf>),
    words: &EventWords,
) -> Result<Active, EventError> {
    let place = (former.next(), former.copied);
    if former.count > 0 {
        sealed.push(Arc::new(Sealed::create(folder, former, words, shelf, || Ok(()))?));
    }
    let active = Active::create(folder, place, Heads::new())?;
    folder.remove(&former.name)?;
    Ok(active)
}
