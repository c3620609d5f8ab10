//! Who may do what, and if not, why: by the same check that every door passes.

use std::net::IpAddr;

use storage::{Partition, Reading, Snapshot};
use uuid::Uuid;

use super::listed::is_shown;
use super::{Directory, ReadingTransaction, own_standing};
use crate::access::{
    Context, Grant, Obstacle, Permission, Refusal, Rights, Role, View, home_answers, organization,
};
use crate::collections::{has_second_factor, is_change_demanded, is_fresh};
use crate::error::Error;
use crate::id::{AdminId, AdminNumber, OrganizationId, Place, RecordId};
use crate::records::{
    Admin, AdminState, Narrowing, Organization, OrganizationState, TokenPurpose, indices,
};

/// What an admin may do at a place, and what stands in the way.
pub struct Outlook {
    rights: Rights,
    place: Place,
    there: Option<Organization>,
    /// What stands in the way of everything.
    general: Vec<Obstacle>,
    /// Whether a policy there has users change what was set for them.
    demands_change: bool,
    /// Whether who asks has just signed in; of another admin, who may do so first, it is supposed.
    fresh: bool,
    /// Whether who asks comes with an API key.
    by_key: bool,
    /// From where the admin would come.
    from: Option<IpAddr>,
}

impl Outlook {
    /// The admin's record.
    pub fn admin(&self) -> &Admin {
        &self.rights.admin
    }

    /// The role that counts.
    pub fn role(&self) -> Role {
        self.rights.role
    }

    /// From where the admin would come; none where networks were not judged.
    pub fn from(&self) -> Option<IpAddr> {
        self.from
    }

    /// What stands in the way of a permission, or of what needs none; nothing for who may.
    pub fn obstacles(&self, permission: Option<Permission>) -> Vec<Obstacle> {
        let mut obstacles = self.general.clone();
        let there = self.there.as_ref();
        let particular = permission.and_then(|it| self.rights.obstacle(it, self.place, there));
        obstacles.extend(particular);
        obstacles
    }

    /// What stands in the way of what is done at the provider with the organization that is asked
    /// about, and with no deleted one.
    pub fn obstacles_from_provider(&self, permission: Permission) -> Vec<Obstacle> {
        let mut obstacles = self.general.clone();
        let there = self.there.as_ref();
        let deleted = there.is_some_and(|it| matches!(it.state, OrganizationState::Deleted { .. }));
        let particular = self.rights.obstacle(permission, Place::Provider, None);
        let particular = particular.or_else(|| self.rights.obstacle(permission, self.place, there));
        obstacles.extend(particular.or_else(|| deleted.then_some(Obstacle::Deleted)));
        obstacles
    }

    /// What stands in the way of changing with what the admin signs in, and, where `makes_key`, of
    /// making an API key.
    pub fn obstacles_to_own(&self, makes_key: bool) -> Vec<Obstacle> {
        let mut obstacles = self.general.clone();
        let access = self.rights.admin.fields.api_access;
        obstacles.extend((makes_key && !access).then_some(Obstacle::ApiAccessOff));
        obstacles.extend((!self.fresh).then_some(Obstacle::FreshSession));
        obstacles
    }

    /// What stands in the way of letting another admin in; an API key lets in all but those who manage
    /// admins.
    pub fn obstacles_to_let_in(&self) -> Vec<Obstacle> {
        match self.by_key {
            true => self.obstacles_to_let_back(),
            false => self.obstacles_to_own(false),
        }
    }

    /// What stands in the way of changing another admin, whom a part of the changes lets in further.
    pub fn obstacles_to_raise(&self) -> Vec<Obstacle> {
        if self.by_key {
            return self.obstacles_to_let_back();
        }
        let mut obstacles = self.general.clone();
        obstacles.extend((!self.fresh).then_some(Obstacle::FreshSessionToRaise));
        obstacles
    }

    /// What stands in the way of activating another admin.
    pub fn obstacles_to_let_back(&self) -> Vec<Obstacle> {
        let mut obstacles = self.general.clone();
        obstacles.extend((!self.fresh).then_some(Obstacle::FreshSessionForManagers));
        obstacles
    }

    /// What stands in the way of setting a user's password and sparing the user the change, where a
    /// policy demands one.
    pub fn obstacles_to_spare(&self) -> Vec<Obstacle> {
        let mut obstacles = self.general.clone();
        let told = [Obstacle::PermissionToSpare, Obstacle::KeyRoleToSpare];
        let lacking = self.lacking_in_part(Permission::ManageAuthentication, told);
        obstacles.extend(lacking.filter(|_| self.demands_change));
        obstacles
    }

    /// What stands in the way of locking a user out, and for longer than a day.
    pub fn obstacles_to_lock(&self) -> Vec<Obstacle> {
        let mut obstacles = self.general.clone();
        let told = [Obstacle::PermissionToLock, Obstacle::KeyRoleToLock];
        obstacles.extend(self.lacking_in_part(Permission::ManageIdentities, told));
        obstacles
    }

    /// What stands in the way of a part that takes another permission, told as what the role or else
    /// the API key's role lacks.
    fn lacking_in_part(
        &self,
        permission: Permission,
        [of_role, of_key]: [fn(Permission, Role) -> Obstacle; 2],
    ) -> Option<Obstacle> {
        let lacking = self.rights.obstacle(permission, self.place, self.there.as_ref())?;
        let told = if matches!(lacking, Obstacle::KeyRole(..)) { of_key } else { of_role };
        Some(told(permission, self.rights.role))
    }

    /// What stands in the way of signing out.
    pub fn obstacles_to_sign_out(&self) -> Vec<Obstacle> {
        let mut obstacles = self.general.clone();
        obstacles.extend(self.by_key.then_some(Obstacle::ApiKey));
        obstacles
    }

    /// What stands in the way of ending one's own sessions.
    pub fn obstacles_to_end_sessions(&self) -> Vec<Obstacle> {
        let mut obstacles = self.general.clone();
        obstacles.extend(self.is_narrowed().then_some(Obstacle::NarrowedKey));
        obstacles
    }

    /// What stands in the way of ending one's own API keys, the others as well.
    pub fn obstacles_to_end_keys(&self) -> Vec<Obstacle> {
        let mut obstacles = self.general.clone();
        obstacles.extend(self.is_narrowed().then_some(Obstacle::NarrowedKeyForOthers));
        obstacles
    }

    /// Whether who asks comes with an API key that is narrower than its admin.
    fn is_narrowed(&self) -> bool {
        self.rights.narrowing != Narrowing::default()
    }

    /// What stands in the way of exporting the place's events, of which lines of JSON of all are a
    /// chain.
    pub fn obstacles_to_export(&self) -> Vec<Obstacle> {
        let mut obstacles = self.general.clone();
        let shows_some = self.place == Place::Provider && self.rights.named().is_some();
        obstacles.extend(shows_some.then_some(Obstacle::ScopeOfAllForChain));
        obstacles
    }

    /// What stands in the way of what is done to all organizations at once, or to none yet.
    pub fn obstacles_everywhere(&self, permission: Option<Permission>) -> Vec<Obstacle> {
        let mut obstacles = self.obstacles(permission);
        if obstacles.is_empty() && !self.rights.covers_all() {
            obstacles.push(Obstacle::ScopeOfAll);
        }
        obstacles
    }
}

impl Directory {
    /// Finds an organization that the actor sees in lists; a refusal is an event, which it is not of
    /// [`ReadingTransaction::seen_organization`].
    ///
    /// # Errors
    /// `Refused`, in the same way for an organization that may not be seen and for none.
    pub fn admit_to_see(
        &self,
        context: Context,
        organization: Uuid,
    ) -> Result<OrganizationId, Error> {
        let seen = self.read(context)?.seen_organization(organization);
        self.note_if_refused(&context, seen)
    }
}

impl ReadingTransaction {
    /// Finds an organization that the actor sees in lists, a deleted one too where the actor could
    /// restore it.
    ///
    /// # Errors
    /// `Refused`, in the same way for an organization that may not be seen and for none.
    pub fn seen_organization(&self, uuid: Uuid) -> Result<OrganizationId, Error> {
        let (source, index) = (&self.snapshot, indices::ORGANIZATION_UUID);
        let standing = own_standing(source, &self.context)?;
        let found = source.find_first(Partition::Provider, index, uuid.as_bytes())?;
        // What nobody has takes the way, and the time, of what may not be seen.
        let id = found.and_then(OrganizationId::from_record).unwrap_or(OrganizationId::NONE);
        let shown = organization(source, id)?.filter(|record| is_shown(&standing, id, record));
        shown.map(|_| id).ok_or_else(|| Refusal::Hidden.into())
    }

    /// What the actor may do at a place.
    ///
    /// # Errors
    /// `Refused` when the actor is no admin.
    pub fn outlook(&self, place: Place) -> Result<Outlook, Error> {
        let standing = own_standing(&self.snapshot, &self.context)?;
        let there = record_of(&self.snapshot, place)?;
        let demands_change = demands_change(&self.snapshot, place, there.as_ref())?;
        let fresh = is_fresh(&standing.token, self.context.now);
        let by_key = standing.token.purpose == TokenPurpose::ApiKey;
        // Who was let in is where the admin and the token may be.
        let (rights, general, from) = (standing.rights, Vec::new(), self.context.source);
        Ok(Outlook { rights, place, there, general, demands_change, fresh, by_key, from })
    }
}

impl Grant<'_, &Snapshot, View> {
    /// What an admin of the grant's place may do at a place with a session, from an address where one
    /// is named.
    ///
    /// # Errors
    /// `Missing` when there is no such admin.
    pub fn outlook_of(
        &self,
        admin: AdminNumber,
        place: Place,
        from: Option<IpAddr>,
    ) -> Result<Outlook, Error> {
        let source = self.source;
        let record = source.get::<Admin>(self.place.partition(), admin.record())?;
        let record = record.ok_or(Error::Missing)?;
        let mut general = Vec::new();
        if !home_answers(source, self.place)? {
            general.push(Obstacle::HomeClosed);
        }
        if record.state == AdminState::Suspended {
            general.push(Obstacle::Suspended);
        }
        if !has_second_factor(source, self.place, admin)? {
            general.push(Obstacle::MfaMissing);
        }
        if from.is_some() && !record.fields.works_from(from) {
            general.push(Obstacle::Network);
        }
        let id = AdminId { home: self.place, number: admin };
        let rights = Rights::new(id, record, Narrowing::default());
        let there = record_of(source, place)?;
        let demands_change = demands_change(source, place, there.as_ref())?;
        let (fresh, by_key) = (true, false);
        Ok(Outlook { rights, place, there, general, demands_change, fresh, by_key, from })
    }
}

fn record_of(source: &Snapshot, place: Place) -> Result<Option<Organization>, Error> {
    match place {
        Place::Provider => Ok(None),
        Place::Organization(id) => Ok(organization(source, id)?),
    }
}

/// Whether a policy of the place has users change what was set for them.
fn demands_change(
    source: &Snapshot,
    place: Place,
    there: Option<&Organization>,
) -> Result<bool, Error> {
    match (place.organization(), there) {
        (Some(id), Some(home)) => Ok(is_change_demanded(source, (id, home))?),
        (_, _) => Ok(false),
    }
}
