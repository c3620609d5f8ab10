//! An import: users and groups that come from a file.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use storage::{Entries, Id, Kind, Record};
use uuid::Uuid;

use super::{Stamp, indices, kinds};
use crate::id::{AdminId, OrganizationId, TokenId};

/// An import's record; its rows and what becomes of them are sealed beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// The stable external id.
    pub uuid: Uuid,
    /// When made and changed.
    pub stamp: Stamp,
    /// What was asked for.
    pub fields: ImportFields,
    /// How far it is.
    pub state: ImportState,
    /// Who asked for it, as whom it is done.
    pub(crate) asker: Asker,
    /// The login of who asked for it.
    pub asked_by: String,
    /// Which upload counts: one that began later puts an end to those before.
    pub upload: u32,
    /// So many chunks of rows came.
    pub chunks: u32,
    /// So many rows came.
    pub rows: u64,
    /// So much of the file is neither a user nor a group.
    pub ignored: u64,
    /// So many rows were checked.
    pub checked: u64,
    /// So many rows were applied.
    pub applied: u64,
    /// So many of the applied rows have their memberships.
    pub joined: u64,
    /// What is to be done.
    pub planned: ImportCounts,
    /// What was done.
    pub done: ImportCounts,
    /// Where applying goes on.
    pub(crate) position: Position,
}

/// What is asked for with an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportFields {
    /// What it is called; several may be called the same.
    pub name: String,
    /// How the file is read, in words of whoever reads it.
    pub reading: String,
    /// What becomes of a row whose user or group is there already.
    pub on_conflict: OnConflict,
    /// Whose passwords come along.
    pub passwords: PasswordsOf,
    /// What becomes of members that nobody knows.
    pub missing_members: MissingMembers,
    /// Whether rows in error are left out; else nothing is done while there is one.
    pub leave_out_errors: bool,
    /// Whether it stops after the check, and waits to be told to go on.
    pub dry_run: bool,
}

/// What becomes of a row whose user or group is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnConflict {
    /// It is left as it is.
    Skip,
    /// It gets what the row says; what the row does not say stays.
    Update,
    /// The row is in error.
    Error,
}

/// Whose passwords come along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasswordsOf {
    /// Those of users that the import makes.
    NewUsers,
    /// Those of users that it updates as well.
    AllUsers,
}

/// What becomes of members that neither the file nor the organization has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingMembers {
    /// The row is in error.
    Error,
    /// They are left out, and noted.
    LeaveOut,
}

/// How far an import is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImportState {
    /// Its rows are still to come.
    Receiving,
    /// Its rows are being checked.
    Checking,
    /// Its rows were checked, and nothing was done yet.
    Checked,
    /// Its rows are being applied.
    Applying,
    /// All was done.
    Done,
    /// Somebody, or a long time, put an end to it.
    Cancelled,
    /// It could not go on, for this reason.
    Failed(String),
}

/// Rows by what becomes of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportCounts {
    /// Users and groups that are made.
    pub create: u64,
    /// Those that are changed.
    pub update: u64,
    /// Those that are as the row says already.
    pub unchanged: u64,
    /// Those that are there and left alone.
    pub skip: u64,
    /// Rows in error.
    pub error: u64,
}

/// As whom an import is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asker {
    pub(crate) admin: AdminId,
    pub(crate) token: TokenId,
    pub(crate) source: Option<IpAddr>,
}

/// Where applying goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    pub(crate) stage: Stage,
    pub(crate) chunk: u32,
    pub(crate) row: u32,
    pub(crate) member: u32,
}

/// What is applied first, and what then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// Users and groups themselves.
    #[default]
    Entries,
    /// Who is in which group: any row may name any other.
    Members,
}

impl ImportState {
    /// Whether nothing comes of it any more.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Done | Self::Cancelled | Self::Failed(_))
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Receiving => "receiving",
            Self::Checking => "checking",
            Self::Checked => "checked",
            Self::Applying => "applying",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Failed(_) => "failed",
        }
    }
}

impl Record for Import {
    const KIND: Kind = kinds::IMPORT;
    const VERSION: u8 = 1;
    const LOGGED: bool = false;

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::IMPORT_UUID, self.uuid.as_bytes());
    }
}

/// That an import is not over; the provider's, so that whoever works at them need not look
/// through all organizations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ImportWork {
    pub(crate) organization: OrganizationId,
    pub(crate) import: Id,
}

impl Record for ImportWork {
    const KIND: Kind = kinds::IMPORT_WORK;
    const VERSION: u8 = 1;
    const LOGGED: bool = false;

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::IMPORT_WORK_OF, &self.key());
    }
}

impl ImportWork {
    /// By which the work for an import is found.
    pub(crate) fn key(&self) -> [u8; 12] {
        let mut key = [0; 12];
        let (organization, import) = key.split_at_mut(4);
        organization.copy_from_slice(&self.organization.number().to_be_bytes());
        import.copy_from_slice(&self.import.to_be_bytes());
        key
    }
}
