//! Walking through everything to see whether it fits together.

use std::collections::BTreeMap;

use crate::key::{self, Direction, Key, Space};
use crate::record::EntryList;
use crate::view::View;
use crate::{Corrupt, Entries, Id, Kind, Partition, ReadError, Reading, Record, Snapshot, change};

/// How to check the records of one kind.
#[derive(Copy, Clone)]
pub struct KindCheck {
    kind: Kind,
    entries: fn(&[u8]) -> Result<EntryList, Corrupt>,
}

impl KindCheck {
    /// Checks records of this type.
    #[must_use]
    pub fn of<R: Record>() -> Self {
        Self { kind: R::KIND, entries: |stored| Ok(Entries::stored::<R>(stored)?.1) }
    }

    /// The kind whose records it checks.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }
}

/// What a check found.
#[derive(Clone, Eq, PartialEq, Default, Debug)]
pub struct Report {
    /// How many partitions there are.
    pub partitions: u64,
    /// How many records there are.
    pub records: u64,
    /// How many index entries there are.
    pub entries: u64,
    /// How many links there are.
    pub links: u64,
    /// How many secrets there are.
    pub secrets: u64,
    /// What does not fit together, one sentence each, at most [`MAX_PROBLEMS`](Self::MAX_PROBLEMS).
    pub problems: Vec<String>,
    /// How many problems there are, with those not listed.
    pub problem_count: u64,
}

impl Report {
    /// How many problems a report lists.
    pub const MAX_PROBLEMS: usize = 100;

    /// Says whether everything fits together.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.problem_count == 0
    }

    fn add(&mut self, problem: String) {
        self.problem_count += 1;
        if self.problems.len() < Self::MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }
}

/// Checks everything that a snapshot holds.
pub(crate) fn check(snapshot: &Snapshot, kinds: &[KindCheck]) -> Result<Report, ReadError> {
    let kinds = kinds.iter().map(|kind| (kind.kind, *kind)).collect();
    let mut report = Report::default();
    for partition in snapshot.partitions()? {
        let erased = snapshot.view().value(&key::erasure(partition))?.is_some();
        if !erased {
            report.partitions += 1;
            let check = Check { snapshot, view: snapshot.view(), kinds: &kinds, partition };
            check.run(&mut report)?;
        }
    }
    Ok(report)
}

/// The check of one partition.
struct Check<'a> {
    snapshot: &'a Snapshot,
    view: View<'a>,
    kinds: &'a BTreeMap<Kind, KindCheck>,
    partition: Partition,
}

/// What was seen of one partition.
#[derive(Default)]
struct Seen {
    highest: Id,
    records: u64,
    named_entries: u64,
    entries: u64,
    forward: u64,
    backward: u64,
    secrets: u64,
}

impl Check<'_> {
    fn run(&self, report: &mut Report) -> Result<(), ReadError> {
        let mut seen = Seen::default();
        let mut walk = self.view.walk(&key::starting_with(key::partition(self.partition)));
        while let Some(entry) = walk.step(|key, value| Ok((Key::from_slice(key), value.to_vec()))) {
            let (key, value) = entry?;
            self.entry(&key, &value, &mut seen, report)?;
        }
        if seen.entries != seen.named_entries {
            self.name_stray_entries(report)?;
        }
        if seen.forward != seen.backward {
            self.problem(report, "links differ between their directions");
        }
        self.counter(&seen, report)?;
        report.records += seen.records;
        report.entries += seen.entries;
        report.links += seen.forward;
        report.secrets += seen.secrets;
        Ok(())
    }

    fn entry(
        &self,
        key: &[u8],
        value: &[u8],
        seen: &mut Seen,
        report: &mut Report,
    ) -> Result<(), ReadError> {
        match key::space_of(key) {
            Some(Space::Record) => self.record(key, value, seen, report)?,
            Some(Space::Index) => seen.entries += 1,
            Some(Space::Link) => self.link(key, seen, report)?,
            Some(Space::Secret) => self.secret(key, seen, report)?,
            Some(Space::DataKey) => self.data_key(key, value, report),
            Some(Space::NextId | Space::Erasure | Space::MasterKeyCheck) => {}
            None => self.problem(report, "a key of no known form"),
        }
        Ok(())
    }

    fn record(
        &self,
        key: &[u8],
        value: &[u8],
        seen: &mut Seen,
        report: &mut Report,
    ) -> Result<(), ReadError> {
        let Some((kind, id)) = key::kind_and_id(key) else {
            self.problem(report, "a record under a key of the wrong length");
            return Ok(());
        };
        seen.records += 1;
        seen.highest = seen.highest.max(id);
        let entries = match self.kinds.get(&kind).map(|check| (check.entries)(value)) {
            Some(Ok(entries)) => entries,
            Some(Err(error)) => {
                self.problem(report, &format!("record {id} of kind {}: {error}", kind.0));
                return Ok(());
            }
            None => {
                self.problem(report, &format!("record {id} is of unknown kind {}", kind.0));
                return Ok(());
            }
        };
        for (index, value) in entries {
            seen.named_entries += 1;
            let entry = key::index_entry(self.partition, index, &value, id);
            if self.view.value(&entry)?.is_none() {
                let text = format!("record {id} of kind {} is not in index {}", kind.0, index.0);
                self.problem(report, &text);
            }
        }
        Ok(())
    }

    /// Looks for index entries that no record names.
    fn name_stray_entries(&self, report: &mut Report) -> Result<(), ReadError> {
        let mut walk = self.view.walk(&key::index_entries(self.partition));
        while let Some(key) = walk.step(|key, _| Ok(Key::from_slice(key))) {
            let key = key?;
            if !self.is_named(&key)? {
                let id = key::last_id(&key).unwrap_or_default();
                self.problem(report, &format!("an index entry that record {id} does not name"));
            }
        }
        Ok(())
    }

    fn is_named(&self, entry: &[u8]) -> Result<bool, ReadError> {
        let id = key::last_id(entry).unwrap_or_default();
        for check in self.kinds.values() {
            let record = key::record(self.partition, check.kind, id);
            if let Some(value) = self.view.value(&record)? {
                let entries = (check.entries)(value.bytes()).unwrap_or_default();
                let mut keys = entries
                    .iter()
                    .map(|(index, value)| key::index_entry(self.partition, *index, value, id));
                if keys.any(|key| key.as_slice() == entry) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn link(&self, key: &[u8], seen: &mut Seen, report: &mut Report) -> Result<(), ReadError> {
        let Some((direction, turned)) = key::turned(self.partition, key) else {
            self.problem(report, "a link under a key of the wrong form");
            return Ok(());
        };
        match direction {
            Direction::Forward => seen.forward += 1,
            Direction::Backward => seen.backward += 1,
        }
        if self.view.value(&turned)?.is_none() {
            self.problem(report, "a link that is there in one direction alone");
        }
        Ok(())
    }

    fn secret(&self, key: &[u8], seen: &mut Seen, report: &mut Report) -> Result<(), ReadError> {
        let Some((kind, id)) = key::kind_and_id(key) else {
            self.problem(report, "a secret under a key of the wrong length");
            return Ok(());
        };
        seen.secrets += 1;
        match self.snapshot.secret(self.partition, kind, id) {
            Ok(_) => {}
            Err(ReadError::Sealed) => {
                let text = format!("secret {id} of kind {} cannot be unsealed", kind.0);
                self.problem(report, &text);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn data_key(&self, key: &[u8], wrapped: &[u8], report: &mut Report) {
        if self.view.vault.data_key(self.partition, key, wrapped).is_err() {
            self.problem(report, "the data key cannot be unsealed");
        }
    }

    fn counter(&self, seen: &Seen, report: &mut Report) -> Result<(), ReadError> {
        let counter = self.view.value(&key::next_id(self.partition))?;
        match counter.map(|counter| change::decode_id(counter.bytes())) {
            Some(Ok(next)) if next > seen.highest => {}
            Some(Ok(_)) => self.problem(report, "the counter is behind a record number"),
            Some(Err(error)) => self.problem(report, &error.to_string()),
            None => self.problem(report, "there is data, but the partition does not exist"),
        }
        if self.view.value(&key::data_key(self.partition))?.is_none() {
            self.problem(report, "the data key is missing");
        }
        Ok(())
    }

    fn problem(&self, report: &mut Report, what: &str) {
        report.add(format!("partition {}: {what}", self.partition.number()));
    }
}
