//! What records that admins create, change and delete have in common.

use serde::Serialize;
use storage::{Change, Id, Index, Partition, Reading, Record};
use uuid::Uuid;

use crate::error::{Error, Invalid};
use crate::events::{Difference, SubjectKind};
use crate::id::RecordId;
use crate::records::Stamp;
use crate::tools::KnownNames;

/// A record with an external id, a unique name, and fields that admins write.
pub trait Entity: Record {
    /// Its id inside its place.
    type Id: RecordId;
    /// What admins write of it.
    type Fields: Clone + PartialEq + Serialize + Send;

    /// What events call it.
    const SUBJECT: SubjectKind;
    /// The index of external ids.
    const UUIDS: Index;
    /// The index of unique names.
    const NAMES: Index;
    /// JSON pointer to the unique name.
    const NAME_POINTER: &'static str;

    /// A fresh record.
    fn new(uuid: Uuid, stamp: Stamp, fields: Self::Fields) -> Self;
    /// The external id.
    fn uuid(&self) -> Uuid;
    /// When made and changed.
    fn stamp(&mut self) -> &mut Stamp;
    /// The revision, as the entity tag of the API.
    fn revision(&self) -> u64;
    /// Whether it is active, suspended or staged, of what can be.
    fn state(&self) -> Option<&'static str> {
        None
    }
    /// What admins wrote.
    fn fields(&self) -> &Self::Fields;
    /// The unique name.
    fn name(fields: &Self::Fields) -> &str;

    /// Whether it is shown to nobody any more.
    fn is_hidden(&self) -> bool {
        false
    }
    /// The index of a member of what is shown, by its prepared text.
    fn index_for(member: &str) -> Option<Index> {
        (Self::NAME_POINTER.strip_prefix('/') == Some(member)).then_some(Self::NAMES)
    }

    /// Fills in what the directory chooses itself.
    ///
    /// # Errors
    /// When nothing is left to choose from.
    fn complete<R: Reading>(
        _fields: &mut Self::Fields,
        _id: Id,
        _source: &R,
        _partition: Partition,
    ) -> Result<(), Error> {
        Ok(())
    }

    /// Makes what the fields say of the organization's own definitions follow these, and judges what
    /// records of before may have otherwise. Values that the record had before are not judged again.
    ///
    /// # Errors
    /// `Invalid` names the first value that does not fit.
    fn settle<R: Reading>(
        &mut self,
        _before: Option<&Self>,
        _known: KnownNames,
        _at: (&R, Partition),
    ) -> Result<(), Error> {
        Ok(())
    }

    /// Values that the record keeps by number, each under its name, for events.
    ///
    /// # Errors
    /// When the store fails.
    fn named_values<R: Reading>(
        &self,
        _source: &R,
        _partition: Partition,
    ) -> Result<Vec<(String, serde_json::Value)>, Error> {
        Ok(Vec::new())
    }

    /// That something changed of which no event may tell what it is.
    fn concealed(_before: &Self, _after: &Self) -> Option<Difference> {
        None
    }

    /// Checks the fields by themselves.
    ///
    /// # Errors
    /// Names the first value that is not acceptable.
    fn check(fields: &Self::Fields) -> Result<(), Invalid>;

    /// Checks what somebody says of a record, in the place of what it had before: only what is new or
    /// differs, so that what is stored already hinders nobody to change the rest. What the directory
    /// chooses itself is not judged.
    ///
    /// # Errors
    /// `Invalid` names the first value that only records of before may have.
    fn check_new(_fields: &Self::Fields, _before: Option<&Self::Fields>) -> Result<(), Invalid> {
        Ok(())
    }

    /// Checks the fields of the record with that number against the rest of the place.
    ///
    /// # Errors
    /// Names the first value that refers to nothing, or that is another's.
    fn check_references<R: Reading>(
        _fields: &Self::Fields,
        _id: Id,
        _source: &R,
        _partition: Partition,
    ) -> Result<(), Error> {
        Ok(())
    }

    /// Removes what hangs on the record before it is deleted.
    ///
    /// # Errors
    /// `InUse` when something still needs it.
    fn let_go(
        &self,
        change: &mut Change<'_>,
        partition: Partition,
        id: Self::Id,
    ) -> Result<(), Error>;
}
