//! Which rejections become events about which nobody is asked: gear that sends a million gets a
//! line a minute for each kind of them, and the next line says how many were left out.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use directory::{OrganizationId, RadiusClientId};
use radius::Refusal;

use super::candidates::ClientKey;

/// The same is told once in so long.
const PAUSE: Duration = Duration::from_secs(60);
/// Kinds of one organization that are told apart; what is beyond them is counted.
const KINDS: usize = 64;
/// Organizations of which something is kept, unless there are more with something recent.
const ORGANIZATIONS: usize = 256;

/// Why a request was rejected about which nobody was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Unasked {
    /// It cannot be a question.
    Refused(Refusal),
    /// Something that stands in the way.
    Because(&'static str),
}

impl fmt::Display for Unasked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => write!(formatter, "{refusal}"),
            Self::Because(reason) => formatter.write_str(reason),
        }
    }
}

/// Remembers what was told, of each organization apart: none keeps another's from being told.
#[derive(Default)]
pub(super) struct Rejections {
    organizations: HashMap<OrganizationId, Told>,
}

#[derive(Default)]
struct Told {
    kinds: HashMap<(RadiusClientId, IpAddr, Unasked), Last>,
    /// What was left out of other kinds.
    beyond: u32,
}

struct Last {
    at: Duration,
    left_out: u32,
}

impl Last {
    fn is_recent(&self, now: Duration) -> bool {
        now < self.at.saturating_add(PAUSE)
    }
}

impl Rejections {
    /// What is to be told now of a rejection, if anything.
    pub(super) fn tell(
        &mut self,
        (organization, client): ClientKey,
        source: IpAddr,
        why: Unasked,
        now: Duration,
    ) -> Option<String> {
        let is_full = self.organizations.len() >= ORGANIZATIONS;
        if is_full && !self.organizations.contains_key(&organization) {
            self.organizations.retain(|_, told| told.is_recent(now));
        }
        let told = self.organizations.entry(organization).or_default();
        let left_out = told.left_out((client, source, why), now)?;
        Some(match left_out {
            0 => why.to_string(),
            count => format!("{why} (rejections that were not told before: {count})"),
        })
    }
}

impl Told {
    fn is_recent(&self, now: Duration) -> bool {
        self.kinds.values().any(|last| last.is_recent(now))
    }

    /// How many were left out, if one of this kind is to be told now.
    fn left_out(&mut self, kind: (RadiusClientId, IpAddr, Unasked), now: Duration) -> Option<u32> {
        let Self { kinds, beyond } = self;
        if let Some(last) = kinds.get_mut(&kind)
            && last.is_recent(now)
        {
            last.left_out = last.left_out.saturating_add(1);
            return None;
        }
        if kinds.len() >= KINDS {
            kinds.retain(|own, last| {
                let stays = *own == kind || last.is_recent(now);
                *beyond = beyond.saturating_add(if stays { 0 } else { last.left_out });
                stays
            });
        }
        if kinds.len() >= KINDS && !kinds.contains_key(&kind) {
            *beyond = beyond.saturating_add(1);
            return None;
        }
        let former = kinds.insert(kind, Last { at: now, left_out: 0 });
        let own = former.map_or(0, |former| former.left_out);
        Some(own.saturating_add(std::mem::take(beyond)))
    }
}

#[cfg(test)]
mod tests {
    use directory::RecordId;

    use super::*;

    const GONE: Unasked = Unasked::Because("the conversation is gone");
    const NOTHING: Unasked = Unasked::Refused(Refusal::CredentialMissing);

    fn client(organization: u64, client: u64) -> ClientKey {
        let organization = OrganizationId::from_record(organization).unwrap();
        (organization, RadiusClientId::from_record(client).unwrap())
    }

    fn source(number: u32) -> IpAddr {
        IpAddr::from(number.to_be_bytes())
    }

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn two_organizations_two_clients_and_two_reasons_behind_one_address_are_each_told() {
        let mut rejections = Rejections::default();
        for (client, why) in [
            (client(1, 1), NOTHING),
            (client(2, 1), NOTHING),
            (client(2, 2), NOTHING),
            (client(2, 2), GONE),
        ] {
            let told = rejections.tell(client, source(1), why, Duration::ZERO);
            assert_eq!(told, Some(why.to_string()), "{client:?}");
            assert_eq!(rejections.tell(client, source(1), why, seconds(59)), None);
        }
        assert!(rejections.tell(client(1, 1), source(2), NOTHING, Duration::ZERO).is_some());
    }

    #[test]
    fn what_was_left_out_is_counted_in_what_is_told_next() {
        let mut rejections = Rejections::default();
        let mut tell = |at| rejections.tell(client(1, 1), source(1), NOTHING, seconds(at));
        assert_eq!(tell(0).as_deref(), Some("the request carries no credential"));
        assert!((1..=12).all(|at| tell(at).is_none()));
        let told = "the request carries no credential (rejections that were not told before: 12)";
        assert_eq!(tell(60).as_deref(), Some(told));
        assert_eq!(tell(120).as_deref(), Some("the request carries no credential"));
    }

    #[test]
    fn one_organizations_storm_is_counted_and_keeps_no_others_from_being_told() {
        let mut rejections = Rejections::default();
        let own = client(1, 1);
        let mut tell = |number, at| rejections.tell(own, source(number), GONE, seconds(at));
        let told = (0..1_000).filter(|number| tell(*number, 0).is_some()).count();
        assert_eq!(told, KINDS);
        // Of the first kind one more is left out.
        assert_eq!(tell(0, 1), None);
        let untold = format!(" (rejections that were not told before: {})", 1_000 - KINDS + 1);
        assert_eq!(tell(0, 60), Some(format!("{GONE}{untold}")));
        assert!(rejections.tell(client(2, 1), source(0), GONE, seconds(1)).is_some());
        for number in 3..2_000 {
            assert!(rejections.tell(client(number, 1), source(0), GONE, seconds(number)).is_some());
        }
        assert!(rejections.organizations.len() <= ORGANIZATIONS);
    }
}
