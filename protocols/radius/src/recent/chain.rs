//! A chain from the oldest to the newest of some slots, which somebody else owns.

/// The neighbours of a slot in its chain.
#[derive(Clone, Copy, Default)]
pub(super) struct Link {
    older: Option<usize>,
    newer: Option<usize>,
}

/// The ends of a chain; every slot is in one chain at most.
#[derive(Clone, Copy, Default)]
pub(super) struct Chain {
    oldest: Option<usize>,
    newest: Option<usize>,
    length: usize,
}

impl Chain {
    pub(super) const fn oldest(&self) -> Option<usize> {
        self.oldest
    }

    pub(super) const fn length(&self) -> usize {
        self.length
    }

    /// Adds a slot that is in no chain.
    pub(super) fn push(&mut self, links: &mut [Link], slot: usize) {
        if let Some(link) = links.get_mut(slot) {
            *link = Link { older: self.newest, newer: None };
        }
        match self.newest.and_then(|newest| links.get_mut(newest)) {
            Some(newest) => newest.newer = Some(slot),
            None => self.oldest = Some(slot),
        }
        self.newest = Some(slot);
        self.length += 1;
    }

    /// Takes out a slot that is in this chain.
    pub(super) fn remove(&mut self, links: &mut [Link], slot: usize) {
        let Link { older, newer } = links.get_mut(slot).map(std::mem::take).unwrap_or_default();
        match older.and_then(|older| links.get_mut(older)) {
            Some(older) => older.newer = newer,
            None => self.oldest = newer,
        }
        match newer.and_then(|newer| links.get_mut(newer)) {
            Some(newer) => newer.older = older,
            None => self.newest = older,
        }
        self.length = self.length.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_keeps_its_order_whatever_is_taken_out() {
        let mut links = [Link::default(); 4];
        let mut chain = Chain::default();
        (0..4).for_each(|slot| chain.push(&mut links, slot));
        chain.remove(&mut links, 1);
        chain.remove(&mut links, 3);
        chain.push(&mut links, 1);
        let mut order = Vec::new();
        while let Some(oldest) = chain.oldest() {
            order.push(oldest);
            chain.remove(&mut links, oldest);
        }
        assert_eq!(order, [0, 2, 1]);
        assert_eq!(chain.length(), 0);
    }
}
