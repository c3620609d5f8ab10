//! Since when definitions are what they are.
//!
//! A subschema tells it, so that clients may keep what they have read (RFC 4512 section 4.2). No
//! record has it: of a definition that was deleted nothing is left in the end, and another profile
//! brings other definitions along. So it is what was noticed as somebody read them, and whoever
//! read them before the daemon was started, which may know others, reads them once more. Where very many
//! did, all are forgotten, those of organizations and accounts that are gone among them: then each
//! reads them once more as well.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use directory::records::{Presentation, Profile};
use directory::{OrganizationId, Schema, ServiceAccountId, Time};

/// What a client can tell times apart by, in milliseconds.
const SECOND: u64 = 1_000;
/// So many readers are remembered at most: some megabytes.
const READERS: usize = 1 << 16;

/// Who reads definitions: an application, or any user of an organization.
pub(super) type Reader = (OrganizationId, Option<ServiceAccountId>);

/// Since when the definitions of every reader are what they are.
#[derive(Debug)]
pub(super) struct Definitions {
    began: Time,
    seen: Mutex<Seen>,
}

/// What was shown.
#[derive(Debug)]
struct Seen {
    readers: HashMap<Reader, Known>,
    /// What everybody else is told: it is later than what anybody was told who was forgotten.
    others: Time,
    /// The latest that anybody was told.
    latest: Time,
}

/// What a reader saw last.
#[derive(Clone, Copy, Debug)]
struct Known {
    mark: u64,
    since: Time,
}

impl Definitions {
    /// Begins with nothing that was read, at the start of the daemon.
    pub(super) fn new(began: Time) -> Self {
        let seen = Seen { readers: HashMap::new(), others: began, latest: began };
        Self { began, seen: Mutex::new(seen) }
    }

    /// Since when those are what they are that every organization has.
    pub(super) const fn began(&self) -> Time {
        self.began
    }

    /// Since when a reader's definitions are what they are that have this mark. It moves with every
    /// other mark, by a second at least.
    pub(super) fn since(&self, reader: Reader, mark: u64, now: Time) -> Time {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.readers.len() >= READERS && !seen.readers.contains_key(&reader) {
            seen.forget(now);
        }
        let since = seen.others;
        let known = seen.readers.entry(reader).or_insert(Known { mark, since });
        if known.mark != mark {
            // What was shown in this second is older.
            *known = Known { mark, since: known.since.max(now).plus(SECOND) };
        }
        let since = known.since;
        seen.latest = seen.latest.max(since);
        since
    }
}

impl Seen {
    /// Forgets all readers. What changed before one of them comes again is not noticed: so all are
    /// told that it did.
    fn forget(&mut self, now: Time) {
        self.readers.clear();
        self.others = self.latest.max(now).plus(SECOND);
    }
}

/// A mark of all that an organization's definitions rest on: another one for others.
pub(super) fn mark(presentation: &Presentation, profile: Profile, schema: &Schema) -> u64 {
    let mut hasher = DefaultHasher::new();
    (presentation.layout, profile).hash(&mut hasher);
    for alias in &presentation.aliases {
        (alias.base.as_str(), alias.layout).hash(&mut hasher);
    }
    for attribute in schema.iter() {
        (attribute.uuid, attribute.stamp.revision).hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use directory::RecordId;
    use directory::records::Layout;

    use super::*;

    fn reader(number: u64) -> Reader {
        (OrganizationId::from_record(number).unwrap(), None)
    }

    #[test]
    fn what_changed_is_newer_than_all_that_was_shown_before_and_nothing_else_is() {
        let (began, now) = (Time(5_000), Time(9_999));
        let definitions = Definitions::new(began);
        let since = |mark, now| definitions.since(reader(1), mark, now);
        assert_eq!([since(7, now), since(7, now)], [began; 2]);
        let changed = [since(8, now), since(7, now), since(7, now), since(9, Time(60_000))];
        assert_eq!(changed, [Time(10_999), Time(11_999), Time(11_999), Time(61_000)]);
        assert_eq!(definitions.since(reader(2), 9, now), began);
    }

    #[test]
    fn so_many_readers_are_remembered_and_who_was_forgotten_reads_once_more() {
        let (began, now) = (Time(5_000), Time(20_000));
        let definitions = Definitions::new(began);
        let changed = [7, 8].map(|mark| definitions.since(reader(1), mark, Time(9_999)));
        assert_eq!(changed, [began, Time(10_999)]);
        let last = u64::try_from(READERS).unwrap();
        for number in 2..=last {
            assert_eq!(definitions.since(reader(number), 7, now), began);
        }
        assert_eq!(definitions.since(reader(1), 8, now), Time(10_999), "there is room for all");
        let one_more = definitions.since(reader(last + 1), 7, now);
        assert_eq!((one_more, definitions.seen.lock().unwrap().readers.len()), (Time(21_000), 1));
        for mark in [8, 8] {
            assert_eq!(definitions.since(reader(1), mark, Time(60_000)), Time(21_000));
        }
        assert_eq!(definitions.since(reader(1), 9, Time(60_000)), Time(61_000));
        assert_eq!(definitions.began(), began);
    }

    #[test]
    fn another_layout_or_profile_has_another_mark() {
        let schema = Schema::default();
        let own = Presentation::default();
        let other = Presentation { layout: Layout::Rfc2307, ..own.clone() };
        let first = mark(&own, Profile::Generic, &schema);
        assert_eq!(first, mark(&own, Profile::Generic, &schema));
        assert_ne!(first, mark(&other, Profile::Generic, &schema));
        assert_ne!(first, mark(&own, Profile::AdLike, &schema));
    }
}
