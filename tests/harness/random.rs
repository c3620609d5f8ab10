//! Numbers that look random and are the same in every run, and what they do to octets.

/// A generator (xorshift64*).
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// Starts from a number that is not zero.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
        usize::try_from(high).unwrap() % bound
    }

    /// One of these.
    pub(crate) fn one_of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// An octet.
    pub(crate) fn octet(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }

    /// Changes a few octets, or cuts, doubles or inserts some.
    pub(crate) fn mutate(&mut self, octets: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            if octets.is_empty() {
                return;
            }
            let at = self.below(octets.len());
            match self.below(7) {
                0 => octets[at] = self.octet(),
                1 => octets[at] ^= 1 << self.below(8),
                2 => octets[at] = *self.one_of(&[0, 1, 2, 0x7f, 0x80, 0x84, 0xff]),
                3 => octets.truncate(at),
                4 => drop(octets.remove(at)),
                5 => octets.insert(at, self.octet()),
                _ => {
                    let piece = octets[at..].iter().take(16).copied().collect::<Vec<u8>>();
                    octets.splice(at..at, piece);
                }
            }
        }
    }
}
