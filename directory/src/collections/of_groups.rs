//! Groups that records name, and what policies for the people or devices of groups have in common.

use storage::{Partition, Reading};

use crate::error::{Error, Invalid};
use crate::id::{GroupId, RecordId};
use crate::limits::{self, NAMED_GROUPS};
use crate::records::{Group, LAST_PRECEDENCE};

/// Checks what a policy is called, and for whom it counts before others.
pub(super) fn check_heading(
    (name, description): (&str, Option<&String>),
    precedence: u32,
    groups: &[GroupId],
) -> Result<(), Invalid> {
    limits::name("/name", name)?;
    limits::optional_line("/description", description)?;
    if precedence > LAST_PRECEDENCE {
        return Err(Invalid::new("/precedence", format!("must be {LAST_PRECEDENCE} at most")));
    }
    limits::count("/groups", groups.len(), NAMED_GROUPS)
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
