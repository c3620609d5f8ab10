//! An import: users and groups that come from a file.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use storage::{Corrupt, Entries, Id, Kind, Record, decode};
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
    /// Whether it goes on when the token has ended that asked for it: a session's does, an API key's
    /// does not.
    pub(crate) outlives_token: bool,
    /// Whether rows that say their POSIX number come before those that are given one.
    pub(crate) numbered_first: bool,
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
    /// Users and groups themselves; where some say their POSIX number, those alone.
    #[default]
    Entries,
    /// Who is in which group: any row may name any other.
    Members,
    /// Users and groups that are given a POSIX number, where some say theirs.
    Unnumbered,
}

impl ImportState {
    /// Whether nothing comes of it any more, unless somebody says so.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Done | Self::Cancelled | Self::Failed(_))
    }

    /// Whether its rows may still be wanted: those of one that failed are, if it is to go on.
    pub(crate) fn may_go_on(&self) -> bool {
        !matches!(self, Self::Done | Self::Cancelled)
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
    const VERSION: u8 = 2;
    const LOGGED: bool = false;

    fn upgrade(version: u8, body: &[u8]) -> Result<Self, Corrupt> {
        match version {
            // Whether a session asked for it is not known, so it ends with the token; and its rows come
            // in the order of the file.
            1 => decode(&[body, &[0; 2]].concat()),
            other => Err(Corrupt::version(Self::KIND, other)),
        }
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::IMPORT_UUID, self.uuid.as_bytes());
    }
}

/// That an import may go on; the provider's, so that whoever works at them need not look
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{AdminNumber, Place, RecordId, TokenNumber};
    use crate::time::Time;

    /// An import as commit fcdb713 wrote it.
    const FORMER: &[u8] = &[
        16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 1, 1, 1, 10, 112, 101, 111, 112, 108,
        101, 46, 99, 115, 118, 2, 123, 125, 1, 0, 1, 1, 0, 3, 0, 3, 0, 4, 0, 3, 111, 112, 115, 1,
        2, 172, 2, 0, 172, 2, 250, 1, 0, 172, 2, 0, 0, 0, 0, 250, 1, 0, 0, 0, 0, 0, 1, 0, 0,
    ];

    #[test]
    fn an_import_of_version_1_ends_with_the_token_that_asked_for_it() {
        let fields = ImportFields {
            name: "people.csv".into(),
            reading: "{}".into(),
            on_conflict: OnConflict::Update,
            passwords: PasswordsOf::NewUsers,
            missing_members: MissingMembers::LeaveOut,
            leave_out_errors: true,
            dry_run: false,
        };
        let (home, number) = (Place::Provider, AdminNumber::from_record(3).unwrap());
        let import = Import {
            uuid: Uuid::from_u128(7),
            stamp: Stamp::new(Time(1)),
            fields,
            state: ImportState::Applying,
            asker: Asker {
                admin: AdminId { home, number },
                token: TokenId { home, number: TokenNumber::from_record(4).unwrap() },
                source: None,
            },
            asked_by: "ops".into(),
            upload: 1,
            chunks: 2,
            rows: 300,
            ignored: 0,
            checked: 300,
            applied: 250,
            joined: 0,
            planned: ImportCounts { create: 300, ..ImportCounts::default() },
            done: ImportCounts { create: 250, ..ImportCounts::default() },
            position: Position { stage: Stage::Entries, chunk: 1, row: 0, member: 0 },
            outlives_token: false,
            numbered_first: false,
        };
        let octets = storage::encode(&import).unwrap();
        assert_eq!(octets.strip_suffix(&[0, 0]), Some(FORMER));
        assert_eq!(Import::upgrade(1, FORMER).unwrap(), import);
        assert!(Import::upgrade(3, FORMER).is_err());
    }
}
