//! What is told of users and groups that are to be made. It is worked out when somebody looks, from the
//! rows: kept with what becomes of each it would be as large as the file once more.

use storage::Reading;
use uuid::Uuid;

use super::row::{Row, RowEntry, RowPassword, UserRow};
use crate::collections::{Collection, Entity, Site};
use crate::error::Error;
use crate::events::Difference;
use crate::records::{Group, Stamp, User, UserState};

/// How a list without values is told of.
const EMPTY: &str = "[]";

/// The fields of what a row has made, as far as it says them.
///
/// # Errors
/// When the store fails.
pub(crate) fn made<R: Reading>(row: &Row, site: Site<'_, &R>) -> Result<Vec<Difference>, Error> {
    let (uuid, now) = (Uuid::nil(), site.now());
    let mut told = match &row.entry {
        RowEntry::User(user) => {
            let mut made = User::new(uuid, Stamp::new(now), user.created());
            made.state = user.state(UserState::Active, now);
            let mut told = Collection::<_, User>::new(site).told_made(&made)?;
            told.push(password(user));
            told
        }
        RowEntry::Group(group) => {
            let made = Group::new(uuid, Stamp::new(now), group.fields.clone());
            Collection::<_, Group>::new(site).told_made(&made)?
        }
        RowEntry::Faulty(_) => Vec::new(),
    };
    told.retain(|one| one.after.as_deref() != Some(EMPTY));
    Ok(told)
}

/// Whether a password comes, and how; never which one.
pub(super) fn password(user: &UserRow) -> Difference {
    let how = match (&user.password, &user.nt_hash) {
        (Some(RowPassword::Clear(_)), _) => "clear",
        (Some(RowPassword::Hash(_)), _) | (None, Some(_)) => "hash",
        (None, None) => "none",
    };
    Difference { field: "password".into(), before: None, after: Some(format!("\"{how}\"")) }
}
