//! Which dropped packets become events: a stranger who sends a million gets a line a minute.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

/// A source is told of once in so long.
const PAUSE: Duration = Duration::from_secs(60);
/// Sources that are told apart; what others send meanwhile is not told.
const SOURCES: usize = 1024;

/// Remembers which sources were told of.
#[derive(Default)]
pub(super) struct Drops {
    told: HashMap<IpAddr, Duration>,
}

impl Drops {
    /// Whether a packet that was dropped from here is to be told of now.
    pub(super) fn tells(&mut self, source: IpAddr, now: Duration) -> bool {
        if self.told.get(&source).is_some_and(|at| now < at.saturating_add(PAUSE)) {
            return false;
        }
        if self.told.len() >= SOURCES {
            self.told.retain(|_, at| now < at.saturating_add(PAUSE));
        }
        let room = self.told.len() < SOURCES;
        if room {
            self.told.insert(source, now);
        }
        room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_told_of_once_a_minute() {
        let mut drops = Drops::default();
        let source = IpAddr::from([192, 0, 2, 1]);
        assert!(drops.tells(source, Duration::ZERO));
        assert!(!drops.tells(source, Duration::from_secs(59)));
        assert!(drops.tells(source, Duration::from_secs(60)));
    }

    #[test]
    fn a_flood_from_everywhere_is_not_remembered_without_end() {
        let mut drops = Drops::default();
        let sources = (0..5_000_u32).map(|number| IpAddr::from(number.to_be_bytes()));
        let told = sources.filter(|source| drops.tells(*source, Duration::ZERO)).count();
        assert_eq!(told, SOURCES);
        assert!(drops.tells(IpAddr::from([255, 0, 0, 1]), PAUSE));
    }
}
