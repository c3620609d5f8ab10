//! In which order a list of events comes, and where a page of it begins.

use directory::events::EventStart;

use crate::list::{no_cursor, read_cursor, write_cursor};
use crate::problem::Problem;

/// What a cursor of a list that begins with the oldest ends with: none of the other order does.
const ASCENDING: u8 = b'+';

/// Reads where a page begins, in the order that is asked for.
pub(super) fn read(sort: Option<&str>, cursor: Option<&str>) -> Result<EventStart, Problem> {
    match sort.map(str::trim) {
        None | Some("-sequence") => match cursor {
            None => Ok(EventStart::NEWEST),
            Some(cursor) => Ok(EventStart::Before(u64::from_be_bytes(read_cursor(cursor)?))),
        },
        Some("sequence") => match cursor {
            None => Ok(EventStart::OLDEST),
            Some(cursor) => match read_cursor::<9>(cursor)? {
                [place @ .., ASCENDING] => Ok(EventStart::After(u64::from_be_bytes(place))),
                [..] => Err(no_cursor()),
            },
        },
        Some(_) => {
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
            assert_eq!(read(sort, None).ok(), Some(first));
        }
        let newest = write(EventStart::NEWEST, 7);
        assert_eq!(read(None, Some(&newest)).ok(), Some(EventStart::Before(7)));
        assert_eq!(read(Some("-sequence"), Some(&newest)).ok(), Some(EventStart::Before(7)));
        let oldest = write(EventStart::After(3), 7);
        assert_eq!(read(Some("sequence"), Some(&oldest)).ok(), Some(EventStart::After(7)));
        assert!(read(Some("sequence"), Some(&newest)).is_err());
        assert!(read(None, Some(&oldest)).is_err());
        assert!(read(Some("sequence"), Some(&write_cursor(&[0; 9]))).is_err());
        for other in ["at", "time", "", "sequence,at", "--sequence"] {
            assert!(read(Some(other), None).is_err(), "{other}");
        }
    }
}
