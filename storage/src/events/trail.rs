//! Where the events of one partition stand in the active segment.

use super::chain::EventHash;
use super::summary::Summary;
use super::walk::EventSearch;

/// Where an event stands.
#[derive(Copy, Clone)]
pub(crate) struct Place {
    pub(crate) sequence: u64,
    pub(crate) offset: u64,
}

/// The events of one partition.
#[derive(Default)]
pub(crate) struct Trail {
    places: Vec<Place>,
    /// The hash before each run.
    previous: Vec<Option<EventHash>>,
    stretches: Vec<Stretch>,
    /// All stretches before have a summary.
    learned: usize,
}

/// What is known of some runs, so that they need not be read.
struct Stretch {
    oldest_ms: u64,
    newest_ms: u64,
    /// None where it was not found out yet: then anything may be there.
    summary: Option<Summary>,
}

/// Events that are read at once.
const RUN: usize = 32;
/// Runs of a stretch.
const RUNS: usize = 8;

impl Trail {
    /// Takes in an event behind the others, with what it can be searched by where that is known.
    pub(crate) fn note(
        &mut self,
        place: Place,
        previous: Option<EventHash>,
        time_ms: u64,
        terms: Option<&[u64]>,
    ) {
        if self.places.len().is_multiple_of(RUN) {
            self.previous.push(previous);
        }
        if self.places.len().is_multiple_of(RUN * RUNS) {
            let summary = terms.map(|_| Summary::new());
            self.stretches.push(Stretch { oldest_ms: time_ms, newest_ms: time_ms, summary });
        }
        self.places.push(place);
        if let Some(stretch) = self.stretches.last_mut() {
            stretch.oldest_ms = stretch.oldest_ms.min(time_ms);
            stretch.newest_ms = stretch.newest_ms.max(time_ms);
            if let Some(summary) = &mut stretch.summary {
                terms.into_iter().flatten().for_each(|term| summary.insert(*term));
            }
        }
    }

    /// The first stretch that has no summary, and the events in it.
    pub(crate) fn unlearned(&self) -> Option<(usize, &[Place])> {
        let ahead = self.stretches.iter().enumerate().skip(self.learned);
        let (number, _) = ahead.into_iter().find(|(_, stretch)| stretch.summary.is_none())?;
        Some((number, self.places.chunks(RUN * RUNS).nth(number)?))
    }

    /// Takes the summary of a stretch.
    pub(crate) fn learn(&mut self, number: usize, summary: Summary) {
        if let Some(stretch) = self.stretches.get_mut(number) {
            stretch.summary = Some(summary);
            self.learned = number;
        }
    }

    /// The runs that may hold what is looked for, in the order asked for, each with the hash
    /// before it.
    pub(crate) fn runs<'t>(
        &'t self,
        search: &'t EventSearch,
        newest_first: bool,
    ) -> Box<dyn Iterator<Item = (&'t [Place], Option<EventHash>)> + 't> {
        let stretches = self.places.chunks(RUN * RUNS).zip(self.previous.chunks(RUNS));
        let wanted = stretches.zip(&self.stretches).filter(|((places, _), stretch)| {
            in_range(search, places)
                && search.may_be_between(stretch.oldest_ms, stretch.newest_ms)
                && stretch.summary.as_ref().is_none_or(|summary| search.may_be_in(summary))
        });
        let runs = wanted
            .flat_map(|((places, previous), _)| places.chunks(RUN).zip(previous.iter().copied()));
        let runs = runs.filter(|(places, _)| in_range(search, places));
        if newest_first { Box::new(runs.rev()) } else { Box::new(runs) }
    }
}

fn in_range(search: &EventSearch, places: &[Place]) -> bool {
    let (first, last) = (places.first(), places.last());
    let (first, last) = (first.map(|it| it.sequence), last.map(|it| it.sequence));
    first.zip(last).is_some_and(|(first, last)| search.reaches(first, last))
}
