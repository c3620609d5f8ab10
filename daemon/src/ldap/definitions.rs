//! Since when definitions are what they are.
//!
//! A subschema tells it, so that clients may keep what they have read (RFC 4512 section 4.2). No
//! record has it: of a definition that was deleted nothing is left in the end, and another profile
//! brings other definitions along. So it is what was noticed as somebody read them, and whoever
//! read them before the daemon was started, which may know others, reads them once more.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use directory::records::{Presentation, Profile};
use directory::{OrganizationId, Schema, ServiceAccountId, Time};

/// What a client can tell times apart by, in milliseconds.
const SECOND: u64 = 1_000;

/// Who reads definitions: an application, or any user of an organization.
pub(super) type Reader = (OrganizationId, Option<ServiceAccountId>);

/// Since when the definitions of every reader are what they are.
#[derive(Debug)]
pub(super) struct Definitions {
    began: Time,
    readers: Mutex<HashMap<Reader, Known>>,
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
        Self { began, readers: Mutex::default() }
    }

    /// Since when those are what they are that every organization has.
    pub(super) const fn began(&self) -> Time {
        self.began
    }

    /// Since when a reader's definitions are what they are that have this mark. It moves with every
    /// other mark, by a second at least.
    pub(super) fn since(&self, reader: Reader, mark: u64, now: Time) -> Time {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let known = readers.entry(reader).or_insert(Known { mark, since: self.began });
        if known.mark != mark {
            // What was shown in this second is older.
            *known = Known { mark, since: known.since.max(now).plus(SECOND) };
        }
        known.since
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

    #[test]
    fn what_changed_is_newer_than_all_that_was_shown_before_and_nothing_else_is() {
        let reader = |number| (OrganizationId::from_record(number).unwrap(), None);
        let (began, now) = (Time(5_000), Time(9_999));
        let definitions = Definitions::new(began);
        let since = |mark, now| definitions.since(reader(1), mark, now);
        assert_eq!([since(7, now), since(7, now)], [began; 2]);
        let changed = [since(8, now), since(7, now), since(7, now), since(9, Time(60_000))];
        assert_eq!(changed, [Time(10_999), Time(11_999), Time(11_999), Time(61_000)]);
        assert_eq!(definitions.since(reader(2), 9, now), began);
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
