//! What is to be done for a row, by how things stand.

use storage::{Id, Partition, Reading};
use uuid::Uuid;

use super::made::password;
use super::outcome::Verdict;
use super::row::{Fault, GroupRow, RowEntry, RowPassword, UserRow};
use crate::access::{Errand, organization};
use crate::collections::{
    Collection, Entity, Site, change_after, check_expiry, check_told, require_quality, settings_of,
};
use crate::error::{Error, Invalid};
use crate::events::{Difference, told_time};
use crate::id::{GroupId, RecordId, UserId};
use crate::records::{
    Capped, Credential, Group, ImportFields, OnConflict, PasswordsOf, Settings, Stamp, User,
    UserState, kinds,
};

/// What decides, beside the row.
pub(crate) struct Planner<'a, R> {
    /// How things stand.
    pub(crate) site: Site<'a, &'a R>,
    /// As whom the import is done.
    pub(crate) errand: Errand<'a>,
    /// What was asked for.
    pub(crate) fields: &'a ImportFields,
    /// How the organization's people authenticate.
    pub(crate) settings: &'a Settings,
    /// How many users the organization may have at most, and how many it has; absent where no hard
    /// cap stands.
    pub(crate) hard_cap: Option<(u32, u32)>,
}

/// What is to be done for a row.
pub(crate) struct Plan<E: Entity> {
    pub(crate) verdict: Verdict,
    /// Who is there already.
    pub(crate) found: Option<(E::Id, E)>,
    /// What the fields are to be.
    pub(crate) after: Option<E::Fields>,
    pub(crate) changes: Vec<Difference>,
    /// What becomes of it otherwise than the row says.
    pub(crate) notes: Vec<String>,
    /// Whether the row's password is to be set.
    pub(crate) sets_password: bool,
}

/// What is told of a row with an NT hash alone where the organization keeps none.
const NT_HASH_ALONE: &str = "is all that is known of the password, and ms_chap of the organization \
                             is off: switch it on and import anew, or leave the hash out by \
                             mapping it to nothing";
/// What is noted of an NT hash beside another hash where the organization keeps none.
pub(crate) const NT_HASH_LEFT_OUT: &str =
    "the NT hash is left out, since ms_chap of the organization is off";
/// What is noted of a hash whose user has to change the password.
pub(super) const MUST_CHANGE: &str =
    "they must change the password at the next sign-in: they did not choose it themselves";

/// No record has this number.
const NOBODY: Id = Id::MAX;

impl<'a, R: Reading> Planner<'a, R> {
    fn partition(&self) -> Partition {
        self.site.partition()
    }

    fn all<E: Entity>(&self) -> Collection<'a, &'a R, E> {
        let Site { source, place, context, tools } = self.site;
        Collection::new(Site { source, place, context, tools })
    }

    /// What is to be done for a user's row.
    ///
    /// # Errors
    /// When the store fails. Whatever is wrong with the row is a fault.
    pub(crate) fn user(&self, row: &UserRow) -> Result<Result<Plan<User>, Fault>, Error> {
        caught(&row.fields.login, self.plan_user(row))
    }

    /// What is to be done for a group's row.
    ///
    /// # Errors
    /// When the store fails. Whatever is wrong with the row is a fault.
    pub(crate) fn group(&self, row: &GroupRow) -> Result<Result<Plan<Group>, Fault>, Error> {
        caught(&row.fields.name, self.plan_group(row))
    }

    fn plan_user(&self, row: &UserRow) -> Result<Plan<User>, Error> {
        let Some((id, before)) = self.found::<User>(&row.fields.login, "login")? else {
            return self.plan_new_user(row);
        };
        if self.fields.on_conflict == OnConflict::Skip {
            return Ok(Plan::of(Verdict::Skip, Some((id, before))));
        }
        let (id, mut after) =
            self.checked((id.record(), Some(&before)), row.merged(&before.fields))?;
        after.state = row.state(before.state, self.site.now());
        check_told(&before, &after, self.site.now())?;
        let sets_password = self.is_other_password(id, row)?;
        if sets_password {
            self.check_password(row, (Some(id), &after))?;
        }
        let mut changes = self.all::<User>().told(&before, &after)?;
        if sets_password {
            changes.push(password(row));
        }
        let verdict = if changes.is_empty() { Verdict::Unchanged } else { Verdict::Update };
        let plan = Plan::of(verdict, Some((id, before)));
        let mut notes = self.notes(row, &after);
        if sets_password && self.must_change(id, row)? {
            notes.push(MUST_CHANGE.to_owned());
        }
        Ok(Plan { after: Some(after.fields), changes, notes, sets_password, ..plan })
    }

    fn plan_new_user(&self, row: &UserRow) -> Result<Plan<User>, Error> {
        let (_, mut made) = self.checked::<User>((NOBODY, None), row.created())?;
        made.state = row.state(UserState::Active, self.site.now());
        if made.state != UserState::Suspended {
            check_expiry(made.fields.expires, self.site.now())?;
        }
        self.check_password(row, (None, &made))?;
        if let Some((most, kept)) = self.hard_cap
            && kept >= most
        {
            return Err(Error::Full { of: Capped::Users, most, kept });
        }
        let notes = self.notes(row, &made);
        let (after, sets_password) = (Some(made.fields), row.has_password());
        Ok(Plan { after, notes, sets_password, ..Plan::of(Verdict::Create, None) })
    }

    /// What is noted of the state that a row's user is to be in.
    fn notes(&self, row: &UserRow, after: &User) -> Vec<String> {
        let over = row.fields.expires.filter(|_| row.is_over(self.site.now()));
        let stays = match after.state {
            UserState::Active => None,
            UserState::Suspended => Some("suspended"),
            UserState::Staged => Some("staged"),
        };
        let note = match (over, stays) {
            (Some(end), Some("suspended")) => {
                Some(format!("their time was over at {}: suspended", told_time(end)))
            }
            (None, Some(state)) if row.enabled && row.suspended.is_none() => {
                Some(format!("the source lets them in, and they stay {state} here"))
            }
            (_, _) => None,
        };
        note.into_iter().collect()
    }

    fn plan_group(&self, row: &GroupRow) -> Result<Plan<Group>, Error> {
        let Some((id, before)) = self.found::<Group>(&row.fields.name, "name")? else {
            let nobody = (NOBODY, None);
            let (_, made): (GroupId, _) = self.checked::<Group>(nobody, row.fields.clone())?;
            return Ok(Plan { after: Some(made.fields), ..Plan::of(Verdict::Create, None) });
        };
        if self.fields.on_conflict == OnConflict::Skip {
            return Ok(Plan::of(Verdict::Skip, Some((id, before))));
        }
        let (id, after) = self.checked((id.record(), Some(&before)), row.merged(&before.fields))?;
        let changes = self.all::<Group>().told(&before, &after)?;
        let verdict = if changes.is_empty() { Verdict::Unchanged } else { Verdict::Update };
        let plan = Plan::of(verdict, Some((id, before)));
        Ok(Plan { after: Some(after.fields), changes, ..plan })
    }

    /// Who has a name, if that is allowed.
    fn found<E: Entity>(&self, name: &str, column: &str) -> Result<Option<(E::Id, E)>, Error> {
        let all = self.all::<E>();
        let Some(id) = all.named(name)? else { return Ok(None) };
        if self.fields.on_conflict == OnConflict::Error {
            return Err(Invalid::new(format!("/{column}"), "is there already").into());
        }
        Ok(Some((id, all.read(id)?)))
    }

    /// A record of these fields, as it would be written in place of the one before.
    fn checked<E: Entity>(
        &self,
        (id, before): (Id, Option<&E>),
        fields: E::Fields,
    ) -> Result<(E::Id, E), Error> {
        E::check(&fields)?;
        E::check_new(&fields, before.map(E::fields))?;
        let source = self.site.source;
        E::check_references(&fields, id, source, self.partition())?;
        let mut record = E::new(Uuid::nil(), Stamp::new(self.site.now()), fields);
        record.settle(before, self.site.tools.known_names(), (source, self.partition()))?;
        Ok((E::Id::from_record(id).ok_or(Error::Missing)?, record))
    }

    /// Whether a row has a password that somebody who is there is to get.
    fn is_other_password(&self, user: UserId, row: &UserRow) -> Result<bool, Error> {
        if self.fields.passwords != PasswordsOf::AllUsers {
            return Ok(false);
        }
        match &row.password {
            Some(RowPassword::Clear(_)) => return Ok(true),
            Some(RowPassword::Hash(hash)) => {
                let found = self.site.source.get::<Credential>(self.partition(), user.record())?;
                if found.and_then(|credential| credential.hash).as_ref() != Some(hash) {
                    return Ok(true);
                }
            }
            None => {}
        }
        let Some(given) = &row.nt_hash else { return Ok(false) };
        if !self.settings.ms_chap {
            // Beside another hash it is left out; alone it is an error of the row.
            return Ok(row.password.is_none());
        }
        let kept = self.site.source.secret(self.partition(), kinds::NT_HASH, user.record())?;
        Ok(kept.is_none_or(|kept| kept.expose() != given.expose()))
    }

    /// Whether somebody who is there must change the password of which a row has a hash.
    fn must_change(&self, user: UserId, row: &UserRow) -> Result<bool, Error> {
        let hash = match &row.password {
            Some(RowPassword::Clear(_)) => return Ok(false),
            Some(RowPassword::Hash(hash)) => Some(hash.as_str()),
            // One is made of the NT hash.
            None => None,
        };
        let place = self.site.place.organization().ok_or(Error::Missing)?;
        let change = change_after(self.site.source, (place, user), hash, self.errand)?;
        Ok(change == Some(true))
    }

    /// Whether the NT hash of a row whose password is to be set is left out, since the organization did
    /// not opt in to keeping any.
    pub(crate) fn leaves_out_nt_hash(&self, row: &RowEntry, verdict: Verdict) -> bool {
        let RowEntry::User(user) = row else { return false };
        let is_set = verdict == Verdict::Create || self.fields.passwords == PasswordsOf::AllUsers;
        is_set && user.nt_hash.is_some() && !self.settings.ms_chap
    }

    /// Judges the password of a row. Whoever is there may be in groups with a policy of their own.
    fn check_password(
        &self,
        row: &UserRow,
        (id, user): (Option<UserId>, &User),
    ) -> Result<(), Error> {
        if row.password.is_none() && row.nt_hash.is_some() && !self.settings.ms_chap {
            return Err(Invalid::new("/nt_hash", NT_HASH_ALONE).into());
        }
        let Some(RowPassword::Clear(clear)) = &row.password else { return Ok(()) };
        let place = self.site.place.organization().ok_or(Error::Missing)?;
        let home = organization(self.site.source, place)?.ok_or(Error::Missing)?;
        let settings = match id {
            Some(id) => settings_of(self.site.source, place, id)?,
            None => *self.settings,
        };
        Ok(require_quality(clear, (user, &home), &settings)
            .map_err(|unacceptable| Invalid::new("/password", unacceptable.to_string()))?)
    }
}

impl<E: Entity> Plan<E> {
    fn of(verdict: Verdict, found: Option<(E::Id, E)>) -> Self {
        let (changes, notes) = (Vec::new(), Vec::new());
        Self { verdict, found, after: None, changes, notes, sets_password: false }
    }
}

/// Tells what is wrong with a row from what is wrong with the store.
pub(crate) fn caught<T>(name: &str, done: Result<T, Error>) -> Result<Result<T, Fault>, Error> {
    let of = |pointer: &str, reason: String| {
        let column = pointer.trim_start_matches('/').split('/').next();
        let column = column.filter(|column| !column.is_empty()).map(ToOwned::to_owned);
        Ok(Err(Fault { name: name.to_owned(), column, reason }))
    };
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(Error::Invalid(invalid)) => of(&invalid.pointer, invalid.message),
        Err(Error::Taken { pointer }) => of(&pointer, "is taken by somebody else".into()),
        Err(Error::Forbidden(reason) | Error::InUse(reason)) => of("", reason.to_owned()),
        Err(full @ Error::Full { .. }) => of("", full.to_string()),
        Err(
            error @ (Error::Refused(_)
            | Error::Missing
            | Error::Stale
            | Error::Repeated
            | Error::Store(_)),
        ) => Err(error),
    }
}
