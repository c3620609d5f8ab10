//! Nesting groups one at a time, with a bound on what is looked at meanwhile.

use std::collections::BTreeSet;

use storage::{Change, Partition, ReadError, Reading};

use super::groups::{Groups, Member, Moved};
use crate::error::Error;
use crate::events::Difference;
use crate::id::{GroupId, RecordId};
use crate::records::{Trigger, relations};

/// What came of nesting a group in another.
pub(crate) enum Nesting {
    /// It is in it.
    Done,
    /// A group would contain itself.
    Loop,
    /// Too many groups would have to be looked at to know.
    TooMany,
}

impl Groups<'_, &mut Change<'_>> {
    /// Nests a group in another, where it is not and neither would contain itself; for that so many
    /// groups are looked at, at most.
    pub(crate) fn nest(
        &mut self,
        group: GroupId,
        nested: GroupId,
        visits: &mut usize,
    ) -> Result<Nesting, Error> {
        let (partition, mut record) = (self.site.partition(), self.read(group)?);
        let (relation, id) = Member::Group(nested).link();
        if self.site.source.is_linked(partition, relation, group.record(), id)? {
            return Ok(Nesting::Done);
        }
        match reaches(&*self.site.source, partition, (nested, group), visits)? {
            Some(false) => {}
            Some(true) => return Ok(Nesting::Loop),
            None => return Ok(Nesting::TooMany),
        }
        let after = self.name_of(Member::Group(nested))?;
        self.site.source.link(partition, relation, group.record(), id)?;
        let mut came = Moved::default();
        came.add(Member::Group(nested));
        self.note_moved(Trigger::JoinedGroup, group, &came)?;
        let told = Difference { field: "member".into(), before: None, after };
        self.touched(group, &mut record, &[told])?;
        Ok(Nesting::Done)
    }
}

/// Whether a group contains another, directly or not; nothing when more groups would have to be looked
/// at than are left.
fn reaches(
    source: &impl Reading,
    partition: Partition,
    (from, to): (GroupId, GroupId),
    visits: &mut usize,
) -> Result<Option<bool>, ReadError> {
    let (mut open, mut seen) = (vec![from.record()], BTreeSet::new());
    while let Some(group) = open.pop() {
        if group == to.record() {
            return Ok(Some(true));
        }
        if !seen.insert(group) {
            continue;
        }
        let Some(left) = visits.checked_sub(1) else { return Ok(None) };
        *visits = left;
        for nested in source.linked(partition, relations::GROUP_GROUP, group) {
            open.push(nested?);
        }
    }
    Ok(Some(false))
}
