//! Admins: who works through the admin API.

use std::collections::BTreeSet;

use storage::{Change, Id, Index, Partition, Reading, Snapshot};
use uuid::Uuid;

use super::admin_invitations::end_invitation;
use super::admin_passwords::{demand_own_password, store_admin_password};
use super::collection::Collection;
use super::entity::Entity;
use super::letting_in::{end_first_credentials, lie_within, reaches_further};
use super::new_password::NewPassword;
use super::oneself::tokens_of;
use super::passkeys::forget_passkeys;
use super::passwords::forget_credential;
use super::site::Site;
use crate::access::{self, Context, Grant, ManageAdmins, Role, View, Who, standing};
use crate::error::{Error, Invalid};
use crate::events::{Action, Difference, SubjectKind};
use crate::id::{AdminId, AdminNumber, OrganizationId, Place, RecordId};
use crate::limits;
use crate::records::{
    Admin, AdminFields, AdminScope, AdminState, Credential, Invitation, RecoveryCodes, Stamp,
    Token, TokenPurpose, TokenUse, indices, kinds,
};

const OWN_AUTHENTICATOR: &str = "replace your own authenticator at /v1/me/authenticator; who has \
                                 lost it signs in with a recovery code, or asks another admin";

/// The admins of the grant's place.
pub type Admins<'g, S> = Collection<'g, S, Admin>;

impl<'t, 's> Grant<'t, &'s Snapshot, View> {
    /// The place's admins, to be read.
    pub fn admins(&self) -> Admins<'t, &'s Snapshot> {
        Collection::new(self.site())
    }
}

impl<'t, 'c> Grant<'t, &mut Change<'c>, ManageAdmins> {
    /// The place's admins, to be changed.
    pub fn admins(&mut self) -> Admins<'t, &mut Change<'c>> {
        Collection::new(self.site_mut())
    }
}

impl Admins<'_, &mut Change<'_>> {
    /// Makes an admin with a password for the first sign-in, which asks for another one.
    ///
    /// # Errors
    /// `Invalid` or `Taken` for what is not acceptable; `Forbidden` for a scope that is wider than
    /// one's own, with a session that was not begun a moment ago, and with an API key for who manages
    /// admins.
    pub fn create(
        &mut self,
        fields: AdminFields,
        password: NewPassword,
    ) -> Result<(AdminNumber, Admin), Error> {
        let (number, admin) = self.add_without_password(fields)?;
        self.give_password(number, password)?;
        Ok((number, admin))
    }

    /// Makes an admin who has nothing to sign in with yet.
    pub(super) fn add_without_password(
        &mut self,
        mut fields: AdminFields,
    ) -> Result<(AdminNumber, Admin), Error> {
        self.settle_scope(&mut fields);
        self.require_reach(&fields.scope)?;
        self.require_leave_to_let_in(&fields)?;
        let (number, admin) = self.add(fields)?;
        self.tell_whom_it_covers(None, Some(&admin))?;
        Ok((number, admin))
    }

    /// What another admin has chosen is known to two: its owner chooses another one before anything
    /// else. Whoever owns the machine could let themselves in anyway.
    fn give_password(&mut self, number: AdminNumber, password: NewPassword) -> Result<(), Error> {
        store_admin_password(&mut self.site, number, password)?;
        match self.site.context.actor.admin() {
            Some(_) => demand_own_password(&mut self.site, number),
            None => Ok(()),
        }
    }

    /// Changes an admin; with `revision`, only when nobody changed it in between. Whoever is suspended
    /// has no sessions, API keys and invitation any more, and gets none back by being activated. Whoever
    /// reaches further before an authenticator is enrolled has neither invitation nor password any more.
    ///
    /// # Errors
    /// `Missing`, `Stale`, `Invalid` (one's own networks are narrowed alone, and those of others not
    /// widened beyond an API key's) or `Taken`; `Forbidden` for one's own role, scope or suspension,
    /// for a scope that is or becomes wider than one's own, for what would leave the provider without an
    /// active Administrator with Billing over all organizations, and, with a session that was not begun
    /// a moment ago, for a higher role, a wider scope and API access, which an API key gives those alone
    /// who manage no admins; neither activates who does.
    pub fn update(
        &mut self,
        number: AdminNumber,
        revision: Option<u64>,
        edit: impl FnOnce(&mut Admin) -> Result<(), Error>,
    ) -> Result<Admin, Error> {
        let before = self.read(number)?;
        self.require_reach(&before.fields.scope)?;
        let mut admin = self.read_at(number, revision)?;
        edit(&mut admin)?;
        self.settle_scope(&mut admin.fields);
        self.require_reach(&admin.fields.scope)?;
        let is_self = self.is_self(number);
        if !is_self {
            self.require_leave_to_change(&before, &admin)?;
        }
        let mut ended = match before.state == admin.state {
            true => Vec::new(),
            // Of whom was suspended when that still left them, they end with the activation.
            false => {
                end_invitation(&mut self.site, number, &before)?;
                end_tokens(&mut self.site, number)?
            }
        };
        if reaches_further(&before, &admin) {
            ended.extend(end_first_credentials(&mut self.site, number, &before)?);
        }
        let admin = self.edit_with(number, revision, ended, |record| {
            *record = admin;
            Ok(())
        })?;
        self.tell_whom_it_covers(Some(&before), Some(&admin))?;
        let reach = |admin: &Admin| {
            (admin.fields.role, admin.fields.scope.clone(), admin.state, admin.fields.api_access)
        };
        if is_self {
            if reach(&before) != reach(&admin) {
                return Err(Error::Forbidden(
                    "nobody changes their own role, scope, API access or suspension",
                ));
            }
            if !lie_within(&admin.fields.sources, &before.fields.sources) {
                let detail = "must lie within those that you have; another admin widens them";
                return Err(Invalid::new("/sources", detail).into());
            }
            if !admin.fields.works_from(self.site.context.source) {
                let detail = "must have the address that you come from: you would be locked out";
                return Err(Invalid::new("/sources", detail).into());
            }
        }
        if is_top(&before) && !is_top(&admin) {
            self.keep_one_at_the_top()?;
        }
        Ok(admin)
    }

    /// Deletes an admin with keys and sessions.
    ///
    /// # Errors
    /// `Missing` or `Stale`; `Forbidden` for oneself, for a scope wider than one's own, and for the
    /// provider's last active Administrator with Billing over all organizations.
    pub fn delete(&mut self, number: AdminNumber, revision: Option<u64>) -> Result<(), Error> {
        if self.is_self(number) {
            return Err(Error::Forbidden("nobody deletes themselves"));
        }
        let admin = self.read_within_reach(number)?;
        let ended = end_tokens(&mut self.site, number)?;
        self.remove_with(number, revision, ended)?;
        self.tell_whom_it_covers(Some(&admin), None)?;
        if is_top(&admin) { self.keep_one_at_the_top() } else { Ok(()) }
    }

    /// Sets another admin's password, forgets the admin's passkeys, and ends keys, sessions and an
    /// invitation: whoever has registered a passkey in a session of somebody else's would come back with
    /// it. The next sign-in asks for another password.
    ///
    /// # Errors
    /// `Missing` or `Invalid`; `Forbidden` for oneself, for a scope wider than one's own, and for
    /// anything but a session that was begun a moment ago.
    pub fn set_password(
        &mut self,
        number: AdminNumber,
        password: NewPassword,
    ) -> Result<(), Error> {
        let admin = self.read_within_reach(number)?;
        self.require_leave_to_replace(number, "change your own password at /v1/me/password")?;
        end_invitation(&mut self.site, number, &admin)?;
        self.give_password(number, password)?;
        forget_passkeys(self.site.source, self.site.place.partition(), number)?;
        let ended = end_tokens(&mut self.site, number)?;
        self.site.tell(Action::PasswordSet, subject(&admin), ended)
    }

    /// Forgets another admin's second factor and passkeys, and ends a lock and the admin's keys and
    /// sessions; the next sign-in enrols.
    ///
    /// # Errors
    /// `Missing` when there is no such admin; `Forbidden` for oneself, for a scope wider than one's
    /// own, and for anything but a session that was begun a moment ago.
    pub fn reset_mfa(&mut self, number: AdminNumber) -> Result<(), Error> {
        let admin = self.read_within_reach(number)?;
        self.require_leave_to_replace(number, OWN_AUTHENTICATOR)?;
        let partition = self.site.partition();
        self.site.source.delete_secret(partition, kinds::TOTP_SEED, number.record())?;
        self.site.source.delete::<RecoveryCodes>(partition, number.record())?;
        forget_passkeys(self.site.source, partition, number)?;
        if let Some(mut credential) =
            self.site.source.get::<Credential>(partition, number.record())?
        {
            credential.totp_enrolled = false;
            credential.totp_step = None;
            credential.lock = None;
            credential.version = credential.version.saturating_add(1);
            self.site.source.put(partition, number.record(), &credential)?;
        }
        let ended = end_tokens(&mut self.site, number)?;
        self.site.tell(Action::MfaReset, subject(&admin), ended)
    }

    /// Tells organizations in their own logs when a provider admin's scope begins or ceases to have
    /// them: the provider's log is read by admins who may not know of them.
    fn tell_whom_it_covers(
        &mut self,
        before: Option<&Admin>,
        after: Option<&Admin>,
    ) -> Result<(), Error> {
        let Some(admin) = after.or(before) else { return Ok(()) };
        let (had, has) = (named(before), named(after));
        let home = self.site.place;
        for organization in had.symmetric_difference(&has) {
            if access::organization(&*self.site.source, *organization)?.is_none() {
                continue;
            }
            let text =
                |list: &BTreeSet<OrganizationId>| Some(list.contains(organization).to_string());
            let (before, after) = (text(&had), text(&has));
            let told = Difference { field: "in_scope".to_owned(), before, after };
            self.site.place = Place::Organization(*organization);
            let done = self.site.tell(Action::Changed, subject(admin), vec![told]);
            self.site.place = home;
            done?;
        }
        Ok(())
    }

    pub(super) fn is_self(&self, number: AdminNumber) -> bool {
        let own = AdminId { home: self.site.place, number };
        self.site.context.actor.admin() == Some(own)
    }

    /// An organization's own admin has that organization for a scope, by where the record is.
    fn settle_scope(&self, fields: &mut AdminFields) {
        if self.site.place != Place::Provider {
            fields.scope = AdminScope::None;
        }
    }

    pub(super) fn read_within_reach(&self, number: AdminNumber) -> Result<Admin, Error> {
        let admin = self.read(number)?;
        self.require_reach(&admin.fields.scope)?;
        Ok(admin)
    }

    /// Nobody hands out or takes over a scope that is wider than their own.
    fn require_reach(&self, scope: &AdminScope) -> Result<(), Error> {
        require_reach(&*self.site.source, self.site.context, scope)
    }

    /// A second lock. Whoever reaches an admin at the top is at the top as well and does not reach
    /// themselves, so one stays by the checks before; this one stays when those change.
    fn keep_one_at_the_top(&self) -> Result<(), Error> {
        if self.site.place != Place::Provider {
            return Ok(());
        }
        for found in self.site.source.scan::<Admin>(Partition::Provider, None) {
            if is_top(&found?.1) {
                return Ok(());
            }
        }
        Err(Error::Forbidden(
            "the last active administrator with billing over all organizations stays",
        ))
    }
}

/// Nobody has a say about a scope that is wider than their own.
pub(super) fn require_reach(
    source: &impl Reading,
    context: &Context,
    scope: &AdminScope,
) -> Result<(), Error> {
    let Who::Admin { admin, token } = context.actor.0 else { return Ok(()) };
    let standing = standing(source, context, admin, token)??;
    let reaches = match scope {
        AdminScope::None => true,
        AdminScope::Organizations(list) => list.iter().all(|id| standing.rights.covers(*id)),
        AdminScope::All => standing.rights.covers_all(),
    };
    if reaches { Ok(()) } else { Err(Error::Forbidden("the scope is wider than your own")) }
}

/// The organizations that an admin's scope names.
fn named(admin: Option<&Admin>) -> BTreeSet<OrganizationId> {
    match admin.map(|admin| &admin.fields.scope) {
        Some(AdminScope::Organizations(list)) => list.iter().copied().collect(),
        Some(AdminScope::None | AdminScope::All) | None => BTreeSet::new(),
    }
}

fn is_top(admin: &Admin) -> bool {
    admin.fields.role == Role::AdministratorWithBilling
        && admin.fields.scope == AdminScope::All
        && admin.state == AdminState::Active
}

fn subject(admin: &Admin) -> (SubjectKind, Uuid, &str) {
    (SubjectKind::Admin, admin.uuid, admin.fields.login.as_str())
}

/// Ends every key and session of an admin of the site's place, for the event of what ends them: tells
/// how many counted still.
pub(super) fn end_tokens(
    site: &mut Site<'_, &mut Change<'_>>,
    admin: AdminNumber,
) -> Result<Vec<Difference>, Error> {
    let tokens = tokens_of(&*site.source, site.place, admin)?;
    end_each(site, &tokens)
}

/// Ends every key and session of all admins of the site's place; tells as [`end_tokens`] does.
pub(super) fn end_all_tokens(
    site: &mut Site<'_, &mut Change<'_>>,
) -> Result<Vec<Difference>, Error> {
    let all = site.source.scan::<Token>(site.partition(), None);
    let tokens: Vec<Id> =
        all.map(|found| found.map(|(token, _)| token)).collect::<Result<_, _>>()?;
    end_each(site, &tokens)
}

fn end_each(site: &mut Site<'_, &mut Change<'_>>, tokens: &[Id]) -> Result<Vec<Difference>, Error> {
    let lives = site.tools.session_lives(&*site.source, site.place)?;
    let partition = site.partition();
    let (mut keys, mut sessions) = (0_usize, 0_usize);
    for id in tokens {
        let token = site.source.get::<Token>(partition, *id)?;
        let used = site.source.get::<TokenUse>(partition, *id)?;
        let open = token.filter(|token| lives.end(token, used.as_ref()) > site.now());
        match open.map(|token| token.purpose) {
            Some(TokenPurpose::ApiKey) => keys = keys.saturating_add(1),
            Some(TokenPurpose::Session) => sessions = sessions.saturating_add(1),
            Some(TokenPurpose::Enrolment) | None => {}
        }
        end_token(site.source, partition, *id)?;
    }
    let counts = [("ended_api_keys", keys), ("ended_sessions", sessions)];
    let told = counts.into_iter().filter(|(_, count)| *count > 0).map(|(field, count)| {
        Difference { field: field.to_owned(), before: None, after: Some(count.to_string()) }
    });
    Ok(told.collect())
}

/// Ends a key or a session.
pub(crate) fn end_token(
    change: &mut Change<'_>,
    partition: Partition,
    token: Id,
) -> Result<(), Error> {
    change.delete::<Token>(partition, token)?;
    change.delete::<TokenUse>(partition, token)?;
    Ok(())
}

impl Entity for Admin {
    type Id = AdminNumber;
    type Fields = AdminFields;

    const SUBJECT: SubjectKind = SubjectKind::Admin;
    const UUIDS: Index = indices::ADMIN_UUID;
    const NAMES: Index = indices::ADMIN_LOGIN;
    const NAME_POINTER: &'static str = "/login";

    fn new(uuid: Uuid, stamp: Stamp, fields: AdminFields) -> Self {
        Self { uuid, state: AdminState::Active, stamp, fields }
    }

    fn uuid(&self) -> Uuid {
        self.uuid
    }

    fn stamp(&mut self) -> &mut Stamp {
        &mut self.stamp
    }

    fn revision(&self) -> u64 {
        self.stamp.revision
    }

    fn state(&self) -> Option<&'static str> {
        Some(match self.state {
            AdminState::Active => "active",
            AdminState::Suspended => "suspended",
        })
    }

    fn fields(&self) -> &AdminFields {
        &self.fields
    }

    fn name(fields: &AdminFields) -> &str {
        &fields.login
    }

    fn named_values<R: Reading>(
        &self,
        _source: &R,
        _partition: Partition,
    ) -> Result<Vec<(String, serde_json::Value)>, Error> {
        // Which ones they are, each of them reads in its own log.
        let scope = match &self.fields.scope {
            AdminScope::None => "none".into(),
            AdminScope::Organizations(list) => serde_json::json!({"organizations": list.len()}),
            AdminScope::All => "all".into(),
        };
        Ok(vec![("scope".to_owned(), scope)])
    }

    fn check(fields: &AdminFields) -> Result<(), Invalid> {
        limits::name("/login", &fields.login)?;
        limits::line("/display_name", &fields.display_name)?;
        limits::networks("/sources", &fields.sources)
    }

    fn check_new(fields: &AdminFields, before: Option<&AdminFields>) -> Result<(), Invalid> {
        let (login, display_name) =
            before.map_or(("", ""), |had| (had.login.as_str(), had.display_name.as_str()));
        limits::new_login(&fields.login, login)?;
        limits::new_label("/display_name", &fields.display_name, display_name)
    }

    fn let_go(
        &self,
        change: &mut Change<'_>,
        partition: Partition,
        id: AdminNumber,
    ) -> Result<(), Error> {
        let value = id.record().to_be_bytes();
        let tokens: Vec<Id> =
            change.find(partition, indices::TOKEN_ADMIN, &value).collect::<Result<_, _>>()?;
        for token in tokens {
            end_token(change, partition, token)?;
        }
        forget_passkeys(change, partition, id)?;
        change.delete::<Invitation>(partition, id.record())?;
        forget_credential(change, partition, id.record())
    }
}
