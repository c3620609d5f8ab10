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
            let free =
                table.probe(name).find(|&slot| table.slots.get(slot).is_some_and(Option::is_none));
            if table.find(name).is_none()
                && let Some(entry) = free.and_then(|slot| table.slots.get_mut(slot))
            {
                *entry = Some((name, number));
            }
        }
        table
    }

    /// The number of a name.
    pub(crate) fn find(&self, name: &str) -> Option<u8> {
        self.probe(name)
            .map_while(|slot| self.slots.get(slot).copied().flatten())
            .find(|(candidate, _)| candidate.eq_ignore_ascii_case(name))
            .map(|(_, number)| number)
    }

    /// The slots where a name may be, in order (FNV-1a of its lower case).
    fn probe(&self, name: &str) -> impl Iterator<Item = usize> + use<> {
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, octet| {
            (hash ^ u64::from(octet.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
        });
        let start = usize::from(u16::try_from((hash ^ (hash >> 32)) & 0xffff).unwrap_or_default());
        (0..SLOTS).map(move |step| (start + step) % SLOTS)
    }
}
