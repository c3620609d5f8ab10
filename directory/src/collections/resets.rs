//! A password that an admin sets for a user: what is asked of it before it is hashed, and whether that
//! was done.

use storage::{Change, Id, Partition, ReadError, Reading, Snapshot};
use uuid::Uuid;

use super::new_password::NewPassword;
use super::password_policies::settings_of;
use super::passwords::require_quality;
use super::site::Site;
use crate::access::{
    Context, Errand, Grant, ManageAuthentication, Permission, Permit, RecoverAccounts, authorize,
    authorize_errand, organization,
};
use crate::authentication::{Password, StoredHash};
use crate::error::{Error, Invalid};
use crate::events::{EventActor, Subject, SubjectKind};
use crate::id::{OrganizationId, RecordId, UserId};
use crate::records::{Credential, PasswordHistory, Settings};

/// For whom an admin sets a password, and how.
#[derive(Clone, Copy)]
pub struct Reset {
    /// The user's external id.
    pub user: Uuid,
    /// Which revision of the user the admin has seen.
    pub revision: Option<u64>,
    /// Whether its owner must change it before anything else; absent where the policy says.
    pub must_change: Option<bool>,
}

/// What a password that may be set is compared with, and who is told of.
pub(crate) struct JudgedReset {
    pub(crate) guess: Guess,
    /// Hashes of the password in use and of former ones.
    pub(crate) former: Vec<String>,
}

/// That an admin has a password compared with those of a user, which is a guess at them.
pub struct Guess {
    pub(crate) organization: OrganizationId,
    pub(crate) actor: EventActor,
    pub(crate) subject: Subject,
    /// Whether it was compared with any.
    pub(crate) is_made: bool,
}

impl Grant<'_, &Snapshot, RecoverAccounts> {
    /// Judges a password that is to be set, as far as that needs no hashing.
    ///
    /// # Errors
    /// `Missing` or `Stale`; `Refused` for a policy that the actor may not go without; `Invalid` when
    /// the policy refuses the password.
    pub(crate) fn judge_reset(
        &self,
        reset: &Reset,
        password: &Password,
    ) -> Result<JudgedReset, Error> {
        let (site, users) = (self.site(), self.users());
        let (place, partition) = (self.organization()?, site.partition());
        let id = users.id_of(reset.user)?;
        let user = users.read(id)?;
        if reset.revision.is_some_and(|seen| seen != user.stamp.revision) {
            return Err(Error::Stale);
        }
        let settings = settings_of(site.source, place, id)?;
        require_leave(site.source, site.context, place, (&settings, reset.must_change))?;
        let home = organization(site.source, place)?.ok_or(Error::Missing)?;
        require_quality(password, (&user, &home), &settings)
            .map_err(|unacceptable| Invalid::new("/password", unacceptable.to_string()))?;
        let credential = site.source.get::<Credential>(partition, id.record())?;
        let hashes = credential.map(|credential| {
            let counted = usize::from(settings.password_policy.history);
            last_hashes(site.source, (partition, id.record()), &credential, counted)
        });
        let (kind, name) = (SubjectKind::User, user.fields.login);
        let guess = Guess {
            organization: place,
            actor: site.event_actor()?,
            subject: Subject { kind, id: user.uuid, name },
            is_made: false,
        };
        Ok(JudgedReset { guess, former: hashes.transpose()?.unwrap_or_default() })
    }
}

/// Lets nobody but who manages the policy spare a user the change that it demands: whoever sets the
/// password knows it.
pub(super) fn require_leave(
    source: &impl Reading,
    context: &Context,
    organization: OrganizationId,
    (settings, must_change): (&Settings, Option<bool>),
) -> Result<(), Error> {
    if must_change == Some(false) && settings.password_policy.change_after_reset {
        authorize(source, context, ManageAuthentication::RIGHT, organization.into())??;
    }
    Ok(())
}

/// Whether a hash that takes the place of another has its owner change the password; absent where it
/// says nothing of that, and the hash itself where it is still to be made. Whoever brings it may know
/// the password as well as who sets one, so the same spare a user the change that the policy demands.
/// What was to be changed stays so with its hash.
pub(crate) fn change_after(
    source: &impl Reading,
    (place, user): (OrganizationId, UserId),
    hash: Option<&str>,
    errand: Errand<'_>,
) -> Result<Option<bool>, Error> {
    let found = source.get::<Credential>(place.partition(), user.record())?;
    let Some(credential) = found.filter(|found| found.hash.is_some()) else {
        return Ok(None);
    };
    if credential.must_change && credential.hash.as_deref() == hash {
        return Ok(Some(true));
    }
    if !settings_of(source, place, user)?.password_policy.change_after_reset {
        return Ok(None);
    }
    let permission = Permission::ManageAuthentication;
    let spares = authorize_errand(source, errand, permission, place)?;
    Ok(Some(spares.is_err()))
}

/// Refuses a password that was not compared with all that it must differ from, since one of these was
/// set while it was hashed. A hash that cannot be read has nothing to compare with.
pub(super) fn require_compared(
    site: &Site<'_, &mut Change<'_>>,
    user: UserId,
    settings: &Settings,
    password: &NewPassword,
) -> Result<(), Error> {
    let at = (site.partition(), user.record());
    let counted = usize::from(settings.password_policy.history);
    let found = site.source.get::<Credential>(at.0, at.1)?;
    let Some(credential) = found.filter(|_| counted > 0 && password.clear.is_some()) else {
        return Ok(());
    };
    let hashes = last_hashes(&*site.source, at, &credential, counted)?;
    let is_compared =
        |hash: &String| password.differs_from.contains(hash) || StoredHash::parse(hash).is_err();
    if hashes.iter().all(is_compared) { Ok(()) } else { Err(Error::Stale) }
}

/// The hashes of an account's last passwords: so many, the one in use first.
pub(crate) fn last_hashes(
    source: &impl Reading,
    (partition, id): (Partition, Id),
    credential: &Credential,
    counted: usize,
) -> Result<Vec<String>, ReadError> {
    let kept = if counted > 1 { source.get::<PasswordHistory>(partition, id)? } else { None };
    let former = kept.into_iter().flat_map(|kept| kept.hashes);
    Ok(credential.hash.iter().cloned().chain(former).take(counted).collect())
}
