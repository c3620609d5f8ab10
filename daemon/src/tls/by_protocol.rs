//! Sessions kept apart by the application protocol that was agreed on.

use std::sync::Arc;

use rustls::server::{ClientHello, StoresServerSessions};

/// The sessions, among those of a common store, of connections that agreed on one protocol or on
/// none: none is resumed where something else is agreed on (RFC 9765, "Session Resumption").
#[derive(Debug)]
pub(super) struct ByProtocol {
    all: Arc<dyn StoresServerSessions>,
    /// Stands before each key: whether something was agreed on, and what.
    prefix: Vec<u8>,
}

impl ByProtocol {
    /// Those of whoever says `hello` to a server that offers these protocols, the best first.
    pub(super) fn of(
        hello: &ClientHello<'_>,
        offered: &[Vec<u8>],
        all: &Arc<dyn StoresServerSessions>,
    ) -> Self {
        let asked: Vec<&[u8]> = hello.alpn().into_iter().flatten().collect();
        let agreed = offered.iter().find(|own| asked.contains(&own.as_slice()));
        let prefix = agreed.map_or_else(|| vec![0], |agreed| [&[1], agreed.as_slice()].concat());
        Self { all: Arc::clone(all), prefix }
    }

    fn key(&self, key: &[u8]) -> Vec<u8> {
        [self.prefix.as_slice(), key].concat()
    }
}

impl StoresServerSessions for ByProtocol {
    fn put(&self, key: Vec<u8>, value: Vec<u8>) -> bool {
        self.all.put(self.key(&key), value)
    }

    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.all.get(&self.key(key))
    }

    fn take(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.all.take(&self.key(key))
    }

    fn can_cache(&self) -> bool {
        self.all.can_cache()
    }
}
