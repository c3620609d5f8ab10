//! A table of names, looked up without regard to case.

/// Slots: a power of two, and several times the number of names.
const SLOTS: usize = 1024;

/// Maps names to small numbers by open addressing; far cheaper than a general hash map for keys of
/// a dozen octets.
pub(crate) struct Names {
    slots: Vec<Option<(&'static str, u8)>>,
}

impl Names {
    /// Builds the table. Of two equal names the first one counts.
    pub(crate) fn new(names: impl Iterator<Item = (&'static str, u8)>) -> Self {
        let mut table = Self { slots: vec![None; SLOTS] };
        for (name, number) in names.take(SLOTS / 2) {
            let mut slot = start(name);
            while let Some(Some((taken, _))) = table.slots.get(slot) {
                if taken.eq_ignore_ascii_case(name) {
                    break;
                }
                slot = (slot + 1) % SLOTS;
            }
            if let Some(free @ None) = table.slots.get_mut(slot) {
                *free = Some((name, number));
            }
        }
        table
    }

    /// The number of a name.
    pub(crate) fn find(&self, name: &str) -> Option<u8> {
        let mut slot = start(name);
        // No more than half of the slots are taken, so that the search ends.
        while let Some(&Some((candidate, number))) = self.slots.get(slot) {
            if candidate.eq_ignore_ascii_case(name) {
                return Some(number);
            }
            slot = (slot + 1) % SLOTS;
        }
        None
    }
}

/// The slot where the search for a name starts. Eight octets are mixed in at once; the bit that
/// tells the cases of a letter apart is set in all of them.
fn start(name: &str) -> usize {
    const CASE: u64 = 0x2020_2020_2020_2020;
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let (chunks, rest) = name.as_bytes().as_chunks::<8>();
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    let mix = |hash: u64, chunk: [u8; 8]| {
        (hash.rotate_left(5) ^ (u64::from_le_bytes(chunk) | CASE)).wrapping_mul(FACTOR)
    };
    let hash = mix(chunks.iter().copied().fold(0, mix), last);
    // The product's high bits are the mixed ones.
    usize::try_from(hash >> 54).unwrap_or_default() % SLOTS
}
