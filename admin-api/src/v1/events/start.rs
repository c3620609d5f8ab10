//! In which order a list of events comes, and where a page of it begins.

use directory::events::EventStart;

use crate::list::{no_cursor, read_cursor, write_cursor};
use crate::problem::Problem;

/// What a cursor of a list that begins with the oldest ends with: none of the other order does.
const ASCENDING: u8 = b'+';

/// Reads where a page begins, in the order that is asked for: behind the page before, and behind an
/// event where one is named by its number. What is behind one comes the oldest first.
pub(super) fn read(
    sort: Option<&str>,
    cursor: Option<&str>,
    after: Option<u64>,
) -> Result<EventStart, Problem> {
    let usual = if after.is_some() { "sequence" } else { "-sequence" };
    match sort.map_or(usual, str::trim) {
        "-sequence" if after.is_some() => {
            let detail = "what was written behind an event comes the oldest first: leave `sort` \
                          out, or let it be `sequence`";
            Err(Problem::invalid("/after", detail))
        }
        "-sequence" => match cursor {
            None => Ok(EventStart::NEWEST),
            Some(cursor) => Ok(EventStart::Before(u64::from_be_bytes(read_cursor(cursor)?))),
        },
        "sequence" => {
            let behind = match cursor.map(read_cursor::<9>).transpose()? {
                None => 0,
                Some([place @ .., ASCENDING]) => u64::from_be_bytes(place),
                Some([..]) => return Err(no_cursor()),
            };
            Ok(EventStart::After(behind.max(after.unwrap_or(0))))
        }
        _ => {
            let detail = "events come in the order in which they were written: `sequence` begins \
                          with the oldest, `-sequence` with the newest";
            Err(Problem::invalid("/sort", detail))
        }
    }
}

/// Writes where the next page begins: behind an event, in the same order.
pub(super) fn write(start: EventStart, behind: u64) -> String {
    let place = behind.to_be_bytes();
    match start {
        EventStart::Before(_) => write_cursor(&place),
        EventStart::After(_) => write_cursor(&[&place[..], &[ASCENDING]].concat()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_counts_for_its_order_alone() {
        for (sort, first) in [
            (None, EventStart::NEWEST),
            (Some("-sequence"), EventStart::NEWEST),
            (Some("sequence"), EventStart::OLDEST),
        ] {
            assert_eq!(read(sort, None, None).ok(), Some(first));
        }
        let newest = write(EventStart::NEWEST, 7);
        assert_eq!(read(None, Some(&newest), None).ok(), Some(EventStart::Before(7)));
        assert_eq!(read(Some("-sequence"), Some(&newest), None).ok(), Some(EventStart::Before(7)));
        let oldest = write(EventStart::After(3), 7);
        assert_eq!(read(Some("sequence"), Some(&oldest), None).ok(), Some(EventStart::After(7)));
        assert!(read(Some("sequence"), Some(&newest), None).is_err());
        assert!(read(None, Some(&oldest), None).is_err());
        assert!(read(Some("sequence"), Some(&write_cursor(&[0; 9])), None).is_err());
        for other in ["at", "time", "", "sequence,at", "--sequence"] {
            assert!(read(Some(other), None, None).is_err(), "{other}");
        }
    }

    #[test]
    fn what_is_behind_an_event_comes_the_oldest_first() {
        let oldest = write(EventStart::OLDEST, 7);
        for sort in [None, Some("sequence")] {
            assert_eq!(read(sort, None, Some(5)).ok(), Some(EventStart::After(5)));
            // The page behind another of the same list, whose cursor is further.
            assert_eq!(read(sort, Some(&oldest), Some(5)).ok(), Some(EventStart::After(7)));
        }
        assert_eq!(read(None, Some(&oldest), Some(9)).ok(), Some(EventStart::After(9)));
        assert!(read(Some("-sequence"), None, Some(5)).is_err());
    }
}
