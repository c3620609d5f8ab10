//! Sorting what a full segment holds by partition.
//!
//! Its events are read in the order in which they stand, because reading them one by one by their places is
//! most of what sealing takes where many partitions take turns. Each partition fills blocks of its own
//! meanwhile. Of very many partitions some are filled in one reading and others in the next.

use super::active::Active;
use super::chain::{EventHash, EventWords};
use super::frame::{Entry, Seen, Shape};
use super::index::Part;
use super::writing::{Filling, Writing};
use super::{EventError, damaged_active};

/// Adds all events of a segment to a sealed one. It ends where `goes_on` fails, which is asked every few
/// events.
pub(crate) fn gather(
    active: &Active,
    words: &EventWords,
    writing: &mut Writing,
    goes_on: impl Fn() -> Result<(), EventError>,
) -> Result<(), EventError> {
    let numbers: Vec<u32> = active.partitions().collect();
    for numbers in numbers.chunks(AT_ONCE) {
        let start = |number: &u32| Gathered::new(*number, active.starts.get(number).copied());
        let mut group: Vec<Gathered> = numbers.iter().map(start).collect();
        let (mut frames, mut again, mut done) = (active.frames(), Vec::new(), 0_usize);
        while let Some(encoded) = frames.encoded()? {
            if done.is_multiple_of(A_FEW) {
                goes_on()?;
            }
            done += 1;
            let encoded = match active.shape {
                Shape::Chained => encoded,
                Shape::Unchained => {
                    again.clear();
                    Entry::read(encoded, active.shape)?.0.write(&mut again)?;
                    &again
                }
            };
            let number = Seen::partition(encoded)?;
            let place = group.binary_search_by_key(&number, |gathered| gathered.number);
            if let Some(gathered) = place.ok().and_then(|place| group.get_mut(place)) {
                gathered.take(encoded, words, writing)?;
            }
        }
        if frames.offset() != active.end {
            return Err(damaged_active().into());
        }
        for Gathered { number, start, newest_ms, filling, has_blocks, .. } in group {
            let part = Part { number, previous: start, newest_ms };
            writing.add_part(part, filling, has_blocks)?;
        }
    }
    Ok(())
}

/// What was read of a partition.
struct Gathered {
    number: u32,
    /// The hash before its first event in the segment.
    start: Option<EventHash>,
    /// That of the last event that was read.
    head: Option<EventHash>,
    newest_ms: u64,
    filling: Option<Filling>,
    /// Whether blocks of it were written already.
    has_blocks: bool,
    /// What one event can be searched by, only while it is taken in.
    terms: Vec<u64>,
}

impl Gathered {
    fn new(number: u32, start: Option<EventHash>) -> Self {
        let (filling, terms) = (None, Vec::new());
        Self { number, start, head: start, newest_ms: 0, filling, has_blocks: false, terms }
    }

    /// Takes in an event, and writes the block that it fills.
    fn take(
        &mut self,
        encoded: &[u8],
        words: &EventWords,
        writing: &mut Writing,
    ) -> Result<(), EventError> {
        let Seen { sequence, time_ms, hash, body, .. } = Seen::read(encoded)?;
        let (first, head) = ((self.number, sequence), self.head);
        let filling = self.filling.get_or_insert_with(|| Filling::new(first, head, time_ms));
        (words.terms)(body, &mut self.terms);
        filling.add(encoded, time_ms, self.terms.drain(..));
        self.head = hash.or(head);
        self.newest_ms = self.newest_ms.max(time_ms);
        if filling.is_full() {
            self.has_blocks = true;
            self.filling.take().map_or(Ok(()), |full| writing.end(full))
        } else {
            Ok(())
        }
    }
}

/// So many events are sealed without a rest.
const A_FEW: usize = 128;

/// Of so many partitions blocks are filled at once: of some ten thousand octets each.
const AT_ONCE: usize = 1_024;
