//! A user who was deleted and can be restored for a while.

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};
use uuid::Uuid;

use super::{OwnCertificates, User, embedded, indices, kinds};
use crate::id::GroupId;
use crate::text::prepare;
use crate::time::Time;

/// A deleted user, under the number that the user had: the credential and its secrets stay there.
///
/// The user's record stands in no index of users any more, so nothing finds it by name, number or
/// mail address, and nobody can be authenticated as it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedUser {
    /// The user as it was.
    #[serde(with = "embedded")]
    pub user: User,
    /// When it was deleted.
    pub at: Time,
    /// The groups that it was in directly.
    pub groups: Vec<GroupId>,
    /// The certificates that proved it.
    #[serde(with = "embedded")]
    pub certificates: OwnCertificates,
    /// Which definition each of its custom attributes had then: numbers are given anew.
    pub attributes: Vec<(u16, Uuid)>,
}

impl Record for DeletedUser {
    const KIND: Kind = kinds::DELETED_USER;
    const VERSION: u8 = 1;

    fn index(&self, entries: &mut Entries) {
        let login = prepare(&self.user.fields.login);
        entries.add(indices::DELETED_USER_UUID, self.user.uuid.as_bytes());
        entries.add(indices::DELETED_USER_LOGIN, login.as_bytes());
        entries.add(indices::DELETED_USER_TIME, &self.at.0.to_be_bytes());
    }
}
