//! What may be in a part of the log, so that a search leaves out what cannot hold anything.

/// Which terms the events of a part may have (a Bloom filter), and when they happened.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    words: Box<[u64; WORDS]>,
}

/// The octets of a summary, with a CRC-32 behind it.
pub(crate) const SUMMARY: usize = WORDS * 8 + 4;

/// 4096 bits: with the 200 to 400 different terms that a part has as a rule, one part in a hundred
/// is looked through in vain.
const WORDS: usize = 64;
const PROBES: u64 = 4;

impl Summary {
    pub(crate) fn new() -> Self {
        Self { words: Box::new([0; WORDS]) }
    }

    pub(crate) fn insert(&mut self, term: u64) {
        for (word, bit) in probes(term) {
            if let Some(word) = self.words.get_mut(word) {
                *word |= bit;
            }
        }
    }

    /// Takes in what another part may hold.
    pub(crate) fn join(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(other.words.iter()) {
            *word |= other;
        }
    }

    pub(crate) fn may_hold(&self, term: u64) -> bool {
        probes(term).all(|(word, bit)| self.words.get(word).is_some_and(|word| word & bit != 0))
    }

    /// Appends the octets of the summary to `out`.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let octets: Vec<u8> = self.words.iter().flat_map(|word| word.to_le_bytes()).collect();
        out.extend_from_slice(&octets);
        out.extend_from_slice(&crc32fast::hash(&octets).to_le_bytes());
    }

    /// Reads a summary; `None` where its octets are damaged.
    pub(crate) fn read(octets: &[u8]) -> Option<Self> {
        let (body, crc) = octets.split_last_chunk()?;
        if crc32fast::hash(body) != u32::from_le_bytes(*crc) {
            return None;
        }
        let mut summary = Self::new();
        for (word, octets) in summary.words.iter_mut().zip(body.as_chunks().0) {
            *word = u64::from_le_bytes(*octets);
        }
        Some(summary)
    }
}

/// The bits of a term, each by its word and in it.
fn probes(term: u64) -> impl Iterator<Item = (usize, u64)> {
    let (start, step) = (term & 0xFFFF_FFFF, (term >> 32) | 1);
    (0..PROBES).map(move |probe| {
        let bit = start.wrapping_add(probe.wrapping_mul(step)) % (WORDS as u64 * 64);
        (usize::try_from(bit / 64).unwrap_or(0), 1 << (bit % 64))
    })
}

#[cfg(test)]
mod tests {
    use super::super::chain::term;
    use super::*;

    #[test]
    fn what_is_in_a_part_is_found_and_most_else_is_not() {
        let mut summary = Summary::new();
        (0..300_u32).for_each(|n| summary.insert(term(1, &n.to_be_bytes())));
        let mut octets = Vec::new();
        summary.write(&mut octets);
        assert_eq!(octets.len(), SUMMARY);
        let again = Summary::read(&octets).unwrap();
        assert!((0..300_u32).all(|n| again.may_hold(term(1, &n.to_be_bytes()))));
        let wrong = (0..10_000_u32).filter(|n| again.may_hold(term(2, &n.to_be_bytes()))).count();
        assert!(wrong < 200, "{wrong} of 10000 are looked through in vain");
        octets[7] ^= 1;
        assert!(Summary::read(&octets).is_none());
    }

    #[test]
    fn terms_stay_as_they_are() {
        assert_eq!(term(1, b"ada"), term(1, b"ada"));
        assert_eq!(
            [term(0, b""), term(7, b"ada")],
            [2_737_183_428_366_584_608, 16_767_109_233_708_018_378]
        );
    }
}
