//! Groups that records name, and what policies for the people or devices of groups have in common.

use std::cmp::Ordering;

use storage::{Partition, Reading};

use crate::error::{Error, Invalid};
use crate::id::{GroupId, RecordId};
use crate::limits::{self, NAMED_GROUPS};
use crate::records::Group;
use crate::text::prepare;

/// The highest number that a precedence may be.
const HIGHEST: u32 = 1_000_000;

/// Checks what a policy is called, and for whom it counts before others.
pub(super) fn check_heading(
    (name, description): (&str, Option<&String>),
    precedence: u32,
    groups: &[GroupId],
) -> Result<(), Invalid> {
    limits::name("/name", name)?;
    limits::optional_line("/description", description)?;
    if precedence > HIGHEST {
        return Err(Invalid::new("/precedence", format!("must be {HIGHEST} at most")));
    }
    limits::count("/groups", groups.len(), NAMED_GROUPS)
}

/// The order in which policies count, by their precedence and name: the lowest number goes first,
/// and of equal ones the name that comes first.
pub(super) fn order(
    (precedence, name): (u32, &str),
    (other_precedence, other_name): (u32, &str),
) -> Ordering {
    let by_name = || prepare(name).cmp(&prepare(other_name));
    precedence.cmp(&other_precedence).then_with(by_name)
}

/// Checks that the groups are there that a list names to which a pointer leads.
pub(super) fn check_there(
    pointer: &str,
    groups: &[GroupId],
    source: &impl Reading,
    partition: Partition,
) -> Result<(), Error> {
    for (position, group) in groups.iter().enumerate() {
        if !source.contains::<Group>(partition, group.record())? {
            let pointer = format!("{pointer}/{position}");
            return Err(Invalid::new(pointer, "there is no such group").into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_number_comes_first_and_of_equal_ones_the_first_name() {
        assert_eq!(order((1, "zebra"), (2, "ape")), Ordering::Less);
        assert_eq!(order((2, "ape"), (2, "Bear")), Ordering::Less);
        assert_eq!(order((2, "Bear"), (2, "ape")), Ordering::Greater);
    }
}
