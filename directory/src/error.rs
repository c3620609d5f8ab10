//! Why something was not done, sorted by whose fault it is.

use std::borrow::Cow;

use storage::{ChangeError, ReadError, WriteError};
use thiserror::Error;

use crate::access::Refusal;
use crate::records::Capped;

/// Why the directory did not do what it was asked.
#[derive(Debug, Error)]
pub enum Error {
    /// The actor may not.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A value is not acceptable.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// A value that must be unique is another's already.
    #[error("{} is taken", pointer.trim_start_matches('/'))]
    Taken {
        /// JSON pointer to the value.
        pointer: Cow<'static, str>,
    },
    /// There is no such thing.
    #[error("there is no such thing")]
    Missing,
    /// Somebody changed it in between.
    #[error("it was changed in between; read it again")]
    Stale,
    /// Something else still needs it.
    #[error("still in use: {0}")]
    InUse(&'static str),
    /// The organization has as many users or devices as it may have.
    #[error("the organization may have {} and has {kept}", of.counted(*most))]
    Full {
        /// What it has them of.
        of: Capped,
        /// How many it may have.
        most: u32,
        /// How many it has.
        kept: u32,
    },
    /// It was done already, under the same key of the caller's choice.
    #[error("it was done already")]
    Repeated,
    /// A rule that no role overrides forbids it.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The disk or the file failed.
    #[error("the store failed: {0}")]
    Store(#[source] StoreFailure),
}

/// A value that is not acceptable, and where it stood.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct Invalid {
    /// JSON pointer (RFC 6901) to the value.
    pub pointer: String,
    /// What would be acceptable.
    pub message: String,
}

impl Invalid {
    /// Says that the value at `pointer` is not acceptable.
    pub fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), message: message.into() }
    }
}

/// What failed below.
#[derive(Debug, Error)]
pub enum StoreFailure {
    /// Reading.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Preparing a change.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// Reading events.
    #[error(transparent)]
    Events(#[from] storage::EventError),
    /// Taking reports.
    #[error(transparent)]
    Journal(#[from] storage::JournalError),
    /// What is stored does not decode.
    #[error(transparent)]
    Corrupt(#[from] storage::Corrupt),
    /// Committing.
    #[error("{0}")]
    Commit(String),
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        Self::Store(error.into())
    }
}

impl From<ChangeError> for Error {
    fn from(error: ChangeError) -> Self {
        Self::Store(error.into())
    }
}

impl From<storage::JournalError> for Error {
    fn from(error: storage::JournalError) -> Self {
        Self::Store(error.into())
    }
}

impl From<storage::Corrupt> for Error {
    fn from(error: storage::Corrupt) -> Self {
        Self::Store(error.into())
    }
}

impl From<WriteError<Self>> for Error {
    fn from(error: WriteError<Self>) -> Self {
        match error {
            WriteError::Refused(error) => error,
            failed @ (WriteError::Disk(_) | WriteError::Panicked | WriteError::Closed) => {
                Self::Store(StoreFailure::Commit(failed.to_string()))
            }
        }
    }
}
