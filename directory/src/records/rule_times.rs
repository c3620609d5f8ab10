//! Which times of rules of RADIUS clients had come when that was looked at last.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};

use super::kinds;
use crate::id::RadiusClientId;

/// How times of rules stood; there is one such record in an organization's partition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RuleTimes {
    /// The RADIUS clients that ask for it, each with those of its rules whose time it was: a bit for each
    /// rule, the lowest is the first one's.
    pub(crate) clients: Vec<(RadiusClientId, u64)>,
}

impl RuleTimes {
    /// The clients of which a time has begun or ended since then; of one that did not ask then, none
    /// has.
    pub(crate) fn turned_since(&self, then: &Self) -> Vec<RadiusClientId> {
        let stood: BTreeMap<_, _> = then.clients.iter().copied().collect();
        let has_turned = |(client, met): &&(RadiusClientId, u64)| {
            stood.get(client).is_some_and(|stood| stood != met)
        };
        self.clients.iter().filter(has_turned).map(|(client, _)| *client).collect()
    }
}

impl Record for RuleTimes {
    const KIND: Kind = kinds::RULE_TIMES;
    const VERSION: u8 = 1;
    /// Nobody remembers it.
    const LOGGED: bool = false;

    fn index(&self, _: &mut Entries) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::RecordId;

    #[test]
    fn a_time_turns_where_the_same_client_stood_otherwise() {
        let stand = |clients: &[(u64, u64)]| {
            let client =
                |(number, met): &(u64, u64)| (RadiusClientId::from_record(*number).unwrap(), *met);
            RuleTimes { clients: clients.iter().map(client).collect() }
        };
        let then = stand(&[(1, 0b01), (2, 0b10), (4, 0)]);
        let now = stand(&[(1, 0b01), (2, 0), (3, 1)]);
        assert_eq!(now.turned_since(&then), [RadiusClientId::from_record(2).unwrap()]);
        assert!(now.turned_since(&now).is_empty());
        assert!(now.turned_since(&RuleTimes::default()).is_empty());
    }
}
