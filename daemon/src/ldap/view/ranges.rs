//! Parts of the values of an attribute that may have very many, as domain controllers give them:
//! `member;range=0-1499`, and `member;range=1500-*` for the rest.

use directory::Error;
use directory::records::Members;
use directory::search::{Found, Kind};
use ldap::schema::AttributeType;
use ldap::{Attributes, Description, Requested};

use super::extras::push_name;
use super::place::Naming;

/// So many values are one part at most, as with domain controllers (`MaxValRange`).
const MOST: usize = 1_500;

/// A part of an attribute's values that a search asks for.
#[derive(Debug)]
pub(super) struct Range {
    kind: &'static AttributeType,
    first: usize,
    last: Option<usize>,
}

/// The parts that a search asks for, each once; none where entries do not look as domain controllers
/// show them.
pub(super) fn requested(requested: &Requested, naming: &Naming) -> Vec<Range> {
    let mut ranges: Vec<Range> = Vec::new();
    for range in requested.names().filter_map(|description| range(&description, naming)) {
        // Parts that begin alike may be the same in the end, and none comes twice.
        let same = |other: &Range| other.kind == range.kind && other.first == range.first;
        if !ranges.iter().any(same) {
            ranges.push(range);
        }
    }
    ranges
}

/// Whether a description asks for a part that can be had.
pub(crate) fn is_range(description: &Description, naming: &Naming) -> bool {
    range(description, naming).is_some()
}

fn range(description: &Description, naming: &Naming) -> Option<Range> {
    let kind = description.kind().filter(|_| naming.look().is_domain())?;
    let (first, last) = description.range()?;
    let names = naming.ways().members_by(kind) == Some(Members::Names);
    (names || kind.name == GROUPS).then_some(Range { kind, first, last })
}

/// The groups that an entry is in.
const GROUPS: &str = "memberOf";

/// Writes the parts that there are.
pub(super) fn write_ranges(
    attributes: &mut Attributes<'_>,
    naming: &Naming,
    found: &Found<'_>,
    ranges: &[Range],
) -> Result<(), Error> {
    for range in ranges {
        let mut count = 0_usize;
        range.each(found, &mut |_, _| count += 1)?;
        let (end, name) = range.of(count);
        let (mut place, mut written) = (0_usize, Ok(()));
        attributes.custom(&name, |values| {
            written = range.each(found, &mut |kind, name| {
                if (range.first..end).contains(&place) {
                    push_name(values, naming, kind, name);
                }
                place += 1;
            });
        });
        written?;
    }
    Ok(())
}

impl Range {
    /// Where it ends of so many values, and what it is called: to the last, or to the one behind which
    /// there are more.
    fn of(&self, count: usize) -> (usize, String) {
        let Self { kind, first, last } = self;
        let full = first.saturating_add(MOST);
        let end = last.map_or(full, |last| full.min(last.saturating_add(1)));
        let last = if end < count { end.saturating_sub(1).to_string() } else { "*".to_owned() };
        (end, format!("{};range={first}-{last}", kind.name))
    }

    /// Shows the kind and the name of each value's entry to `visit`, in an order that stays.
    fn each(&self, found: &Found<'_>, visit: &mut dyn FnMut(Kind, &str)) -> Result<(), Error> {
        if self.kind.name == GROUPS {
            found.groups(&mut |group| visit(Kind::Group, &group.fields.name))
        } else {
            found.members(visit)
        }
    }
}

#[cfg(test)]
mod tests {
    use ldap::schema;

    use super::*;

    #[test]
    fn a_part_is_called_by_its_end_while_there_are_more_values() {
        let part = |first, last, count| {
            let kind = schema::attribute("member").unwrap();
            Range { kind, first, last }.of(count)
        };
        for (first, last, count, end, name) in [
            (0, None, 3, 1_500, "member;range=0-*"),
            (0, None, 1_500, 1_500, "member;range=0-*"),
            (0, None, 1_501, 1_500, "member;range=0-1499"),
            (1_500, None, 1_501, 3_000, "member;range=1500-*"),
            (1_500, None, 9_000, 3_000, "member;range=1500-2999"),
            (0, Some(1), 3, 2, "member;range=0-1"),
            (0, Some(2), 3, 3, "member;range=0-*"),
            (0, Some(9_999), 9_000, 1_500, "member;range=0-1499"),
        ] {
            assert_eq!(part(first, last, count), (end, name.to_owned()));
        }
    }
}
