//! How an organization's people authenticate, as admins change it.

use storage::{Change, Partition, Reading};

use super::organizations::{read, read_at};
use super::site::Site;
use crate::access::{Grant, ManageAuthentication};
use crate::authentication::Kept;
use crate::error::{Error, Invalid};
use crate::events::{Action, SubjectKind, differences};
use crate::id::{OrganizationId, RecordId};
use crate::records::{
    DeletedUser, Demand, Enrolment, Organization, SessionLengths, Settings, User,
};
use crate::time::Time;
use crate::tools::AdminSessionLives;

/// The shortest time in which a session of an admin can end, in milliseconds: five minutes.
const SHORTEST_SESSION: u64 = 5 * 60 * 1_000;

/// An organization's settings, as a grant for it changes them.
pub struct OrganizationSettings<'g, S> {
    site: Site<'g, S>,
    id: OrganizationId,
}

impl<'t, 'c> Grant<'t, &mut Change<'c>, ManageAuthentication> {
    /// The settings of the grant's organization.
    ///
    /// # Errors
    /// `Missing` when the grant is for the provider.
    pub fn settings(&mut self) -> Result<OrganizationSettings<'t, &mut Change<'c>>, Error> {
        let id = self.organization()?;
        Ok(OrganizationSettings { site: self.site_mut(), id })
    }
}

impl OrganizationSettings<'_, &mut Change<'_>> {
    /// Changes the settings; with `revision`, only when nobody changed the organization in
    /// between. Switching CHAP or MS-CHAPv2 off erases what was kept of passwords for it.
    ///
    /// # Errors
    /// `Missing`, `Stale` or `Invalid`.
    pub fn update(
        &mut self,
        revision: Option<u64>,
        edit: impl FnOnce(&mut Settings) -> Result<(), Error>,
    ) -> Result<Organization, Error> {
        let mut record = read_at(&*self.site.source, self.id, revision)?;
        let before = record.settings;
        edit(&mut record.settings)?;
        check_settings(&record.settings)?;
        let sessions = record.settings.admin_sessions;
        // What was said before stays, should the daemon's configuration say less by then.
        if sessions != before.admin_sessions {
            check_sessions(sessions, self.site.tools.longest_sessions())?;
        }
        record.settings = demanding_since(record.settings, Some(&before), self.site.now());
        if record.settings == before {
            return Ok(record);
        }
        if before.chap && !record.settings.chap {
            self.erase_kept(Kept::Clear)?;
        }
        if before.ms_chap && !record.settings.ms_chap {
            self.erase_kept(Kept::NtHash)?;
        }
        record.stamp.touch(self.site.now());
        self.site.source.put(Partition::Provider, self.id.record(), &record)?;
        if before.password_policy.history > 1 && record.settings.password_policy.history <= 1 {
            super::passwords::erase_former(&mut self.site)?;
        }
        let told = differences(Some(&before), Some(&record.settings));
        let subject = (SubjectKind::Organization, record.uuid, record.fields.slug.as_str());
        self.site.tell(Action::Changed, subject, told)?;
        Ok(record)
    }

    /// Erases what was kept of the users' passwords.
    fn erase_kept(&mut self, kept: Kept) -> Result<(), Error> {
        let partition = self.site.partition();
        let users = self.site.source.scan::<User>(partition, None);
        let users = users.map(|found| found.map(|(id, _)| id));
        let deleted = self.site.source.scan::<DeletedUser>(partition, None);
        let deleted = deleted.map(|found| found.map(|(id, _)| id));
        let ids: Vec<storage::Id> = users.chain(deleted).collect::<Result<_, _>>()?;
        for id in ids {
            super::passwords::erase_kept(self.site.source, (partition, id), kept)?;
        }
        Ok(())
    }
}

/// Reads the settings that hold in an organization.
pub(crate) fn settings(source: &impl Reading, id: OrganizationId) -> Result<Settings, Error> {
    Ok(read(source, id)?.settings)
}

/// Writes down since when a second factor is demanded of everybody.
pub(super) fn demanding_since(
    settings: Settings,
    before: Option<&Settings>,
    now: Time,
) -> Settings {
    let demands = |settings: &Settings| settings.second_factor.demand == Demand::Required;
    let since = match before.filter(|before| demands(before)) {
        _ if !demands(&settings) => Time::default(),
        Some(before) => before.enrolment.since,
        None => now,
    };
    Settings { enrolment: Enrolment { since, ..settings.enrolment }, ..settings }
}

/// What settings can be.
///
/// # Errors
/// `Invalid` for what is not acceptable.
pub(super) fn check_settings(settings: &Settings) -> Result<(), Invalid> {
    const MINUTE: u64 = 60 * 1_000;
    const DAY: u64 = 24 * 60 * MINUTE;
    if settings.remember_verified > DAY {
        return Err(Invalid::new("/remember_verified", "must be a day at most"));
    }
    let factor = settings.second_factor;
    if factor.demand != Demand::Off && !factor.spellings.any() {
        let message = "at least one must be allowed where a code is demanded";
        return Err(Invalid::new("/second_factor/spellings", message));
    }
    if settings.enrolment.grace > 366 * DAY {
        return Err(Invalid::new("/second_factor/enrolment_grace", "must be 366 days at most"));
    }
    if settings.deleted_users_kept > 366 * DAY {
        return Err(Invalid::new("/deleted_users_kept", "must be 366 days at most"));
    }
    if !(MINUTE..=90 * DAY).contains(&settings.invitation_life) {
        return Err(Invalid::new("/invitation_life", "must be a minute at least, 90 days at most"));
    }
    settings.demands().check()
}

/// No session of an admin lasts longer than the operator lets it.
pub(super) fn check_sessions(
    lengths: SessionLengths,
    longest: AdminSessionLives,
) -> Result<(), Invalid> {
    for (pointer, length, most) in [
        ("/admin_sessions/lifetime", lengths.lifetime, longest.longest),
        ("/admin_sessions/idle", lengths.idle, longest.idle),
    ] {
        if length.is_some_and(|length| !(SHORTEST_SESSION..=most).contains(&length)) {
            let message = format!(
                "must be {SHORTEST_SESSION} (five minutes) at least, and {most} at most, which is \
                 what the daemon's configuration says"
            );
            return Err(Invalid::new(pointer, message));
        }
    }
    Ok(())
}
