//! What a file says as a whole: which names it has, and which of them twice.

use std::collections::{HashMap, HashSet};

use super::row::{Fault, Row, RowEntry};
use crate::text::prepare;

/// What stands for a name: as good as the name, and small.
pub(crate) type Key = [u8; 16];

/// The most groups nested in groups that one file may have.
const NESTED: usize = 10_000;
/// So many groups are looked at for ones that would contain themselves, in one file.
const VISITS: usize = 2_000_000;

/// The names of a file. What it takes in memory is bounded by the most rows of an import.
#[derive(Default)]
pub(crate) struct Survey {
    /// The line of each.
    users: HashMap<Key, u64>,
    groups: HashMap<Key, u64>,
    uid_numbers: HashMap<u32, u64>,
    gid_numbers: HashMap<u32, u64>,
    aliases: HashMap<Key, Named>,
    /// The names of groups, by what users name them as their primary group.
    primary: HashMap<Key, Box<str>>,
    /// From a group to those nested in it, of rows that were looked at.
    nested: HashMap<Key, Vec<Key>>,
    edges: usize,
    /// How many users are to be made, of rows that were looked at.
    new_users: u32,
    visited: usize,
    /// Whether a row does not say its POSIX number.
    is_some_unnumbered: bool,
}

/// What a row is about and what it is called.
#[derive(Clone)]
pub(crate) struct Named {
    pub(crate) is_user: bool,
    pub(crate) name: Box<str>,
}

/// What stands for a name of a user or a group.
pub(crate) fn key(name: &str) -> Key {
    digest(prepare(name).as_bytes())
}

fn digest(octets: &[u8]) -> Key {
    let mut key = Key::default();
    let hash = blake3::hash(octets);
    key.iter_mut().zip(hash.as_bytes()).for_each(|(to, from)| *to = *from);
    key
}

impl Survey {
    /// Takes a row in. The first of two alike counts.
    pub(crate) fn take(&mut self, row: &Row) {
        let line = row.line;
        let named = match &row.entry {
            RowEntry::User(user) => {
                let fields = &user.fields;
                self.users.entry(key(&fields.login)).or_insert(line);
                self.number(fields.uid_number, line, |survey| &mut survey.uid_numbers);
                Named { is_user: true, name: fields.login.as_str().into() }
            }
            RowEntry::Group(group) => {
                let fields = &group.fields;
                self.groups.entry(key(&fields.name)).or_insert(line);
                self.number(fields.gid_number, line, |survey| &mut survey.gid_numbers);
                if let Some(sid) = &group.sid {
                    let name = || fields.name.as_str().into();
                    self.primary.entry(digest(sid.as_bytes())).or_insert_with(name);
                }
                Named { is_user: false, name: fields.name.as_str().into() }
            }
            RowEntry::Faulty(_) => return,
        };
        if let Some(alias) = &row.alias {
            self.aliases.entry(digest(alias.as_bytes())).or_insert(named);
        }
    }

    fn number(
        &mut self,
        number: Option<u32>,
        line: u64,
        numbers: fn(&mut Self) -> &mut HashMap<u32, u64>,
    ) {
        match number {
            Some(number) => {
                numbers(self).entry(number).or_insert(line);
            }
            None => self.is_some_unnumbered = true,
        }
    }

    /// Whether some rows say their POSIX number, and others do not.
    pub(crate) fn is_partly_numbered(&self) -> bool {
        self.is_some_unnumbered && !(self.uid_numbers.is_empty() && self.gid_numbers.is_empty())
    }

    /// What is wrong with a row beside the others of the file.
    pub(crate) fn fault(&self, row: &Row) -> Option<Fault> {
        let (name, column, number, known, numbers) = match &row.entry {
            RowEntry::User(user) => {
                let fields = &user.fields;
                let first = self.users.get(&key(&fields.login));
                (
                    &fields.login,
                    ("login", "uid_number"),
                    fields.uid_number,
                    first,
                    &self.uid_numbers,
                )
            }
            RowEntry::Group(group) => {
                let fields = &group.fields;
                let first = self.groups.get(&key(&fields.name));
                (&fields.name, ("name", "gid_number"), fields.gid_number, first, &self.gid_numbers)
            }
            RowEntry::Faulty(fault) => return Some(fault.clone()),
        };
        let twice = |first: Option<&u64>, column: &str| {
            let first = first.filter(|first| **first != row.line)?;
            let reason = format!("the row of line {first} has the same");
            Some(Fault { name: name.clone(), column: Some(column.to_owned()), reason })
        };
        let number = number.and_then(|number| numbers.get(&number));
        twice(known, column.0).or_else(|| twice(number, column.1))
    }

    /// Whether the file has a user of that name.
    pub(crate) fn has_user(&self, name: &str) -> bool {
        self.users.contains_key(&key(name))
    }

    /// Whether the file has a group of that name.
    pub(crate) fn has_group(&self, name: &str) -> bool {
        self.groups.contains_key(&key(name))
    }

    /// What goes by an alias.
    pub(crate) fn alias(&self, alias: &str) -> Option<&Named> {
        self.aliases.get(&digest(alias.as_bytes()))
    }

    /// The name of the group that users name so as their primary group.
    pub(crate) fn primary_group(&self, sid: &str) -> Option<&str> {
        self.primary.get(&digest(sid.as_bytes())).map(AsRef::as_ref)
    }

    /// Takes one of so many places for new users, unless all are taken.
    pub(crate) fn takes_place(&mut self, places: u32) -> bool {
        let is_left = self.new_users < places;
        self.new_users = self.new_users.saturating_add(u32::from(is_left));
        is_left
    }

    /// Nests groups in another, all or none, unless one would contain itself then; says why not.
    pub(crate) fn nest<'n>(
        &mut self,
        outer: &str,
        inner: impl IntoIterator<Item = &'n str>,
    ) -> Result<(), &'static str> {
        let (outer, mut added) = (key(outer), 0_usize);
        for inner in inner {
            if let Err(why) = self.may_nest(outer, key(inner)) {
                // What is in error nests nothing.
                let nested = self.nested.entry(outer).or_default();
                nested.truncate(nested.len().saturating_sub(added));
                self.edges = self.edges.saturating_sub(added);
                return Err(why);
            }
            self.nested.entry(outer).or_default().push(key(inner));
            (self.edges, added) = (self.edges + 1, added + 1);
        }
        Ok(())
    }

    fn may_nest(&mut self, outer: Key, inner: Key) -> Result<(), &'static str> {
        if self.edges >= NESTED {
            return Err("the file nests more than 10000 groups in others");
        }
        let (mut open, mut seen) = (vec![inner], HashSet::new());
        while let Some(group) = open.pop() {
            if group == outer {
                return Err("the group would contain itself");
            }
            if !seen.insert(group) {
                continue;
            }
            if self.visited >= VISITS {
                return Err("the file nests groups in each other too often to look through");
            }
            self.visited += 1;
            open.extend(self.nested.get(&group).into_iter().flatten());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imports::UserRow;
    use crate::records::UserFields;

    fn row(line: u64, login: &str, uid_number: Option<u32>) -> Row {
        let fields = UserFields { login: login.into(), uid_number, ..UserFields::default() };
        let user = UserRow { fields, ..UserRow::default() };
        Row { line, alias: None, entry: RowEntry::User(Box::new(user)), notes: Vec::new() }
    }

    #[test]
    fn the_second_of_two_alike_is_in_error() {
        let rows = [row(2, "ada", Some(5_000)), row(3, "ADA", None), row(4, "bob", Some(5_000))];
        let mut survey = Survey::default();
        rows.iter().for_each(|row| survey.take(row));
        let columns: Vec<_> =
            rows.iter().map(|row| survey.fault(row).and_then(|fault| fault.column)).collect();
        assert_eq!(columns, [None, Some("login".into()), Some("uid_number".into())]);
    }

    #[test]
    fn groups_do_not_contain_themselves_by_any_way() {
        let mut survey = Survey::default();
        assert_eq!(survey.nest("a", ["b"]), Ok(()));
        assert_eq!(survey.nest("b", ["c"]), Ok(()));
        assert!(survey.nest("c", ["A"]).is_err() && survey.nest("a", ["a"]).is_err());
        assert_eq!(survey.nest("a", ["c"]), Ok(()));
    }

    #[test]
    fn a_group_in_error_nests_nothing_and_looking_for_loops_ends() {
        let mut survey = Survey::default();
        assert!(survey.nest("a", ["b", "c", "a"]).is_err());
        assert_eq!(survey.edges, 0);
        assert_eq!(survey.nest("b", ["a"]), Ok(()), "a does not contain b");
        survey.visited = VISITS;
        assert!(survey.nest("c", ["b"]).unwrap_err().contains("too often"));
        assert_eq!(survey.nest("c", []), Ok(()));
    }

    #[test]
    fn numbers_are_told_where_some_rows_have_one_and_others_do_not() {
        let told = |rows: &[Row]| {
            let mut survey = Survey::default();
            rows.iter().for_each(|row| survey.take(row));
            survey.is_partly_numbered()
        };
        assert!(told(&[row(2, "ada", None), row(3, "bob", Some(5_000))]));
        assert!(!told(&[row(2, "ada", None)]) && !told(&[row(2, "ada", Some(5_000))]));
    }
}
