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
const MAX_VAL_RANGE: usize = 1_500;

/// A part of an attribute's values that a search asks for.
#[derive(Debug)]
pub(super) struct Range {
    kind: &'static AttributeType,
    first: usize,
    last: Option<usize>,
}

/// The parts that a search asks for, the first of each type alone: for each, all values of an entry are
/// read, and who wants all of them asks for one part after the other. None where entries do not look as
/// domain controllers show them.
pub(super) fn requested(requested: &Requested, naming: &Naming) -> Vec<Range> {
    let mut ranges: Vec<Range> = Vec::new();
    for range in requested.names().filter_map(|description| range(&description, naming)) {
        if ranges.iter().all(|other| other.kind != range.kind) {
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
        let part = range.read(found)?;
        attributes.custom(&range.name(part.count), |values| {
            for (kind, name) in &part.values {
                push_name(values, naming, *kind, name);
            }
        });
    }
    Ok(())
}

/// A part of an entry's values, of all of which it is known how many there are.
#[derive(Debug, Default)]
struct Part {
    /// The kinds and names of those that are named.
    values: Vec<(Kind, String)>,
    /// How many values the entry has.
    count: usize,
}

impl Range {
    /// Where it ends, if there are so many values.
    fn end(&self) -> usize {
        let full = self.first.saturating_add(MAX_VAL_RANGE);
        self.last.map_or(full, |last| full.min(last.saturating_add(1)))
    }

    /// What it is called of so many values: to the last, or to the one behind which there are more.
    fn name(&self, count: usize) -> String {
        let (first, end) = (self.first, self.end());
        let last = if end < count { end.saturating_sub(1).to_string() } else { "*".to_owned() };
        format!("{};range={first}-{last}", self.kind.name)
    }

    /// Reads the part and counts all values, in one go.
    fn read(&self, found: &Found<'_>) -> Result<Part, Error> {
        let (wanted, mut part) = (self.first..self.end(), Part::default());
        self.each(found, &mut |kind, name| {
            if wanted.contains(&part.count) {
                part.values.push((kind, name.to_owned()));
            }
            part.count += 1;
        })?;
        Ok(part)
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
    use directory::records::{Layout, Profile};
    use ldap::schema;

    use super::super::look::Look;
    use super::super::ways::Ways;
    use super::*;

    /// What a part is called.
    fn named(Range { kind, first, last }: &Range) -> String {
        let last = last.map_or_else(|| "*".to_owned(), |last| last.to_string());
        format!("{};range={first}-{last}", kind.name)
    }

    #[test]
    fn however_many_parts_are_asked_for_one_of_each_type_comes() {
        let layout = Layout::ActiveDirectory;
        let (look, ways) = (Look::of(layout), Ways::of(layout, Profile::Generic));
        let naming = Naming::under("dc=acme,dc=example", look, ways, uuid::Uuid::nil());
        let many = |name: &str| -> Vec<String> {
            (0..256).map(|first| format!("{name};range={first}-*")).collect()
        };
        let asked = [many("member"), many("memberOf"), many("2.5.4.31")].concat();
        let asked = Requested::of(asked.iter().map(String::as_str));
        let ranges = requested(&asked, &naming);
        let names: Vec<String> = ranges.iter().map(named).collect();
        assert_eq!(names, ["member;range=0-*", "memberOf;range=0-*"]);
    }

    #[test]
    fn a_part_is_called_by_its_end_while_there_are_more_values() {
        let part = |first, last, count| {
            let kind = schema::attribute("member").unwrap();
            let range = Range { kind, first, last };
            (range.end(), range.name(count))
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
