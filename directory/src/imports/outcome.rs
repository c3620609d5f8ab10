//! What becomes of a row.

use serde::{Deserialize, Serialize};

use super::notes::note;
use super::plan::MUST_CHANGE;
use super::row::{Fault, Row, RowEntry};
use crate::events::Difference;
use crate::records::ImportCounts;

/// What becomes of a row, or became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowOutcome {
    /// The line where the row begins.
    pub line: u64,
    /// What the row is about.
    pub kind: RowKind,
    /// Its name.
    pub name: String,
    /// What becomes of it.
    pub verdict: Verdict,
    /// The column or the attribute in error.
    pub column: Option<String>,
    /// Why it is in error.
    pub reason: Option<String>,
    /// What is left out.
    pub notes: Vec<String>,
    /// What of a user or a group changes. Of one that is made its rows say it as long as they are kept.
    pub changes: Vec<Difference>,
}

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowKind {
    /// A user.
    User,
    /// A group.
    Group,
    /// Nobody knows.
    Unknown,
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A user or a group is made.
    Create,
    /// One is changed.
    Update,
    /// It is as the row says already.
    Unchanged,
    /// It is there and left alone.
    Skip,
    /// The row is in error.
    Error,
}

/// The most octets of a value in what is told of a row.
const TOLD: usize = 200;
/// What stands before how many memberships come.
const MORE: char = '+';

impl Row {
    /// What it is about, and its name.
    pub(crate) fn named(&self) -> (RowKind, &str) {
        match &self.entry {
            RowEntry::User(user) => (RowKind::User, &user.fields.login),
            RowEntry::Group(group) => (RowKind::Group, &group.fields.name),
            RowEntry::Faulty(fault) => (RowKind::Unknown, &fault.name),
        }
    }
}

impl RowOutcome {
    /// The outcome of a row.
    pub(crate) fn of(row: &Row, verdict: Verdict, changes: Vec<Difference>) -> Self {
        let (kind, name) = row.named();
        let changes = changes.into_iter().map(abridged).collect();
        let (line, name, notes) = (row.line, name.to_owned(), row.notes.clone());
        Self { line, kind, name, verdict, column: None, reason: None, notes, changes }
    }

    /// The outcome of a row in error.
    pub(crate) fn fault(row: &Row, fault: Fault) -> Self {
        let outcome = Self::of(row, Verdict::Error, Vec::new());
        Self { column: fault.column, reason: Some(fault.reason), ..outcome }
    }

    /// Says what became of the row's entry. Memberships and references are still to come as they were planned, unless
    /// the entry was left alone.
    pub(crate) fn became(&mut self, verdict: Verdict, changes: Vec<Difference>) {
        let mut coming = std::mem::take(&mut self.changes);
        coming.retain(|change| verdict != Verdict::Skip && is_membership(change));
        let only_members = verdict == Verdict::Unchanged && !coming.is_empty();
        self.verdict = if only_members { Verdict::Update } else { verdict };
        self.changes = changes.into_iter().map(abridged).chain(coming).collect();
    }

    /// Tells the fields of what is made as well.
    pub(crate) fn makes(&mut self, fields: Vec<Difference>) {
        let coming = std::mem::take(&mut self.changes);
        self.changes = fields.into_iter().map(abridged).chain(coming).collect();
    }

    /// Notes what the plan of a row tells, which is made for the check and again for the work.
    pub(crate) fn remark(&mut self, notes: &[String]) {
        // Whoever has it applied may spare the change, or the policy demand it no more.
        self.notes.retain(|text| text != MUST_CHANGE || notes.contains(text));
        for text in notes {
            if !self.notes.contains(text) {
                note(&mut self.notes, text);
            }
        }
    }

    /// Notes memberships that are planned.
    pub(crate) fn joins(changes: &mut Vec<Difference>, kind: RowKind, coming: usize) {
        let field = if kind == RowKind::User { "groups" } else { "members" }.to_owned();
        changes.push(Difference { field, before: None, after: Some(format!("{MORE}{coming}")) });
    }

    /// Notes how many users and groups an attribute is to name.
    pub(crate) fn refers(changes: &mut Vec<Difference>, (field, coming): (String, usize)) {
        changes.push(Difference { field, before: None, after: Some(format!("{MORE}{coming}")) });
    }

    /// Whether the row counts for what comes after its entry.
    pub(crate) fn has_entry(&self) -> bool {
        match self.verdict {
            Verdict::Create | Verdict::Update | Verdict::Unchanged => true,
            Verdict::Skip | Verdict::Error => false,
        }
    }
}

impl ImportCounts {
    /// Counts as many more of each.
    pub(crate) fn add(&mut self, other: &Self) {
        let pairs = [
            (&mut self.create, other.create),
            (&mut self.update, other.update),
            (&mut self.unchanged, other.unchanged),
            (&mut self.skip, other.skip),
            (&mut self.error, other.error),
        ];
        for (count, more) in pairs {
            *count = count.saturating_add(more);
        }
    }

    /// Counts one row more.
    pub(crate) fn count(&mut self, verdict: Verdict) {
        let count = match verdict {
            Verdict::Create => &mut self.create,
            Verdict::Update => &mut self.update,
            Verdict::Unchanged => &mut self.unchanged,
            Verdict::Skip => &mut self.skip,
            Verdict::Error => &mut self.error,
        };
        *count = count.saturating_add(1);
    }
}

/// Whether a difference tells of memberships: values of fields are JSON, which never begins so.
fn is_membership(difference: &Difference) -> bool {
    difference.after.as_ref().is_some_and(|after| after.starts_with(MORE))
}

fn abridged(difference: Difference) -> Difference {
    let short = |text: Option<String>| {
        text.map(|text| {
            let octets = text.len();
            if octets <= TOLD { text } else { format!("\"({octets} octets)\"") }
        })
    };
    Difference { before: short(difference.before), after: short(difference.after), ..difference }
}
