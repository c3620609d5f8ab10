//! What an admin is at this moment, and what stands in the admin's way.

use storage::{ReadError, Reading};
use thiserror::Error;

use super::actor::Context;
use super::authorize::{PlaceName, Refusal, organization};
use super::role::{Permission, Role};
use crate::id::{AdminId, OrganizationId, Place, RecordId, TokenId};
use crate::records::{
    Admin, AdminScope, AdminState, Narrowing, Organization, OrganizationState, Token, TokenPurpose,
    is_within,
};

/// An admin who is let in, by which token.
pub(crate) struct Standing {
    pub(crate) rights: Rights,
    pub(crate) token: Token,
}

/// What an admin may do, and where: the admin's record, narrowed by what a token says.
pub(crate) struct Rights {
    pub(crate) id: AdminId,
    pub(crate) admin: Admin,
    pub(crate) role: Role,
    pub(crate) narrowing: Narrowing,
}

/// What stands in an admin's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Obstacle {
    /// Nobody who is suspended does anything.
    #[error("the admin is suspended")]
    Suspended,
    /// The admin's own organization answers nobody.
    #[error("the admin's own organization is suspended or deleted")]
    HomeClosed,
    /// Nothing works before a second factor is enrolled.
    #[error("the admin has enrolled no second factor yet; the first sign-in asks for it")]
    MfaMissing,
    /// The admin has networks, and none of them has the address that is asked about.
    #[error("the admin does not work from that address")]
    Network,
    /// The place is the provider, and the admin an organization's own.
    #[error("the provider's own data is for the provider's admins alone")]
    ProviderOnly,
    /// The admin's scope does not have the organization.
    #[error("the organization is outside of the admin's scope")]
    Scope,
    /// Not all organizations are in the scope.
    #[error("needs the scope of all organizations, those to come included")]
    ScopeOfAll,
    /// A part of it is whole for who has all organizations in scope alone.
    #[error(
        "lines of JSON of all of the provider's events are a chain, which needs the scope of all \
         organizations: ask for csv, or for some events"
    )]
    ScopeOfAllForChain,
    /// The API key is for other places.
    #[error("the API key is narrowed to some organizations, and this is none of them")]
    KeyOrganizations,
    /// Nothing is left to be done but to restore and to bill it.
    #[error("the organization is deleted; it can be restored and billed, and nothing else")]
    Deleted,
    /// Organizations are the provider's to manage.
    #[error("needs {}, which is never an organization's own admins'", .0.name())]
    NeverTheirs(Permission),
    /// The role does not hold the permission.
    #[error("needs {}, which {} does not hold", .0.name(), .1.name())]
    Permission(Permission, Role),
    /// The role would hold the permission, but the API key's does not.
    #[error("needs {}, which {} does not hold; the API key is narrowed to it", .0.name(), .1.name())]
    KeyRole(Permission, Role),
    /// A part of it spares a user what the policy demands, and the role does not manage that.
    #[error(
        "where the policy has users change what was set for them, to spare them that \
         (`must_change` false) it needs {}, which {} does not hold",
        .0.name(), .1.name()
    )]
    PermissionToSpare(Permission, Role),
    /// The same, where the role would manage that, but the API key's does not.
    #[error(
        "where the policy has users change what was set for them, to spare them that \
         (`must_change` false) it needs {}, which {} does not hold; the API key is narrowed to it",
        .0.name(), .1.name()
    )]
    KeyRoleToSpare(Permission, Role),
    /// A part of it comes to suspending, and the role does not suspend.
    #[error("to lock for longer than a day it needs {}, which {} does not hold", .0.name(), .1.name())]
    PermissionToLock(Permission, Role),
    /// The same, where the role would suspend, but the API key's does not.
    #[error(
        "to lock for longer than a day it needs {}, which {} does not hold; the API key is narrowed \
         to it",
        .0.name(), .1.name()
    )]
    KeyRoleToLock(Permission, Role),
    /// Only a session is signed out.
    #[error("an API key is deleted, not signed out")]
    ApiKey,
    /// Whoever has found a narrowed key takes no other access away.
    #[error("a narrowed key ends no sessions")]
    NarrowedKey,
    /// A part of it would.
    #[error("a narrowed key ends no key but itself")]
    NarrowedKeyForOthers,
    /// The admin makes no API keys.
    #[error("API access is off; an administrator with billing turns it on")]
    ApiAccessOff,
    /// What lets somebody in for good is made shortly after signing in.
    #[error("needs a session of the last 15 minutes, and no API key; sign in again first")]
    FreshSession,
    /// A part of it lets somebody in further.
    #[error(
        "for a higher role, a wider scope or API access it needs a session of the last 15 minutes; \
         sign in again first"
    )]
    FreshSessionToRaise,
    /// Of those who manage admins it lets somebody in for good.
    #[error(
        "for who manages admins it needs a session of the last 15 minutes, and no API key; sign in \
         again first"
    )]
    FreshSessionForManagers,
}

impl Obstacle {
    /// The name that programs compare.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Suspended => "suspended",
            Self::HomeClosed => "home_closed",
            Self::MfaMissing => "mfa_missing",
            Self::Network => "network",
            Self::ProviderOnly => "provider_only",
            Self::Scope => "scope",
            Self::ScopeOfAll | Self::ScopeOfAllForChain => "scope_of_all",
            Self::KeyOrganizations => "key_organizations",
            Self::Deleted => "deleted",
            Self::NeverTheirs(_) => "never_theirs",
            Self::Permission(..) | Self::PermissionToSpare(..) | Self::PermissionToLock(..) => {
                "permission"
            }
            Self::KeyRole(..) | Self::KeyRoleToSpare(..) | Self::KeyRoleToLock(..) => "key_role",
            Self::ApiKey => "api_key",
            Self::NarrowedKey | Self::NarrowedKeyForOthers => "narrowed_key",
            Self::ApiAccessOff => "api_access_off",
            Self::FreshSession | Self::FreshSessionToRaise | Self::FreshSessionForManagers => {
                "fresh_session"
            }
        }
    }

    /// Whether it stands in the way of a part alone.
    pub const fn is_partial(self) -> bool {
        matches!(
            self,
            Self::ScopeOfAllForChain
                | Self::FreshSessionToRaise
                | Self::FreshSessionForManagers
                | Self::PermissionToSpare(..)
                | Self::KeyRoleToSpare(..)
                | Self::PermissionToLock(..)
                | Self::KeyRoleToLock(..)
                | Self::NarrowedKeyForOthers
        )
    }

    /// How somebody is refused of whom this stands in the way, saying no more than they may know.
    pub(super) fn refusal(self, role: Role, there: Option<Organization>) -> Refusal {
        match self {
            Self::Suspended | Self::HomeClosed | Self::MfaMissing | Self::Network => {
                Refusal::Unauthenticated
            }
            Self::ProviderOnly
            | Self::Scope
            | Self::ScopeOfAll
            | Self::ScopeOfAllForChain
            | Self::KeyOrganizations
            | Self::Deleted
            | Self::ApiKey
            | Self::NarrowedKey
            | Self::NarrowedKeyForOthers
            | Self::ApiAccessOff
            | Self::FreshSession
            | Self::FreshSessionToRaise
            | Self::FreshSessionForManagers => Refusal::Hidden,
            Self::NeverTheirs(missing) => {
                Refusal::ProvidersAlone { missing, place: PlaceName::of(there) }
            }
            Self::Permission(missing, _)
            | Self::KeyRole(missing, _)
            | Self::PermissionToSpare(missing, _)
            | Self::KeyRoleToSpare(missing, _)
            | Self::PermissionToLock(missing, _)
            | Self::KeyRoleToLock(missing, _) => {
                Refusal::Forbidden { missing, role, place: PlaceName::of(there) }
            }
        }
    }
}

impl Rights {
    /// Those of an admin, less what a token narrows.
    pub(crate) fn new(id: AdminId, admin: Admin, narrowing: Narrowing) -> Self {
        let role = match narrowing.role {
            Some(narrowed) => admin.fields.role.lower(narrowed),
            None => admin.fields.role,
        };
        Self { id, admin, role, narrowing }
    }

    /// Whether the admin's role counts in `organization`.
    pub(crate) fn covers(&self, organization: OrganizationId) -> bool {
        self.outside(organization).is_none()
    }

    /// Whether the admin could restore a deleted organization in the scope.
    pub(crate) fn restores(&self) -> bool {
        self.id.home == Place::Provider && self.role.holds(Permission::ManageOrganizations)
    }

    /// The organizations that the admin may have, in the order in which they were made; `None` where
    /// that may be all.
    pub(crate) fn named(&self) -> Option<Vec<OrganizationId>> {
        let mut named = match (self.id.home, &self.admin.fields.scope) {
            (Place::Organization(home), _) => vec![home],
            (Place::Provider, AdminScope::None) => Vec::new(),
            (Place::Provider, AdminScope::Organizations(list)) => list.clone(),
            (Place::Provider, AdminScope::All) => self.narrowing.organizations.clone()?,
        };
        named.sort_unstable();
        named.dedup();
        Some(named)
    }

    /// Whether the admin may act for all organizations, those to come included.
    pub(crate) fn covers_all(&self) -> bool {
        self.id.home == Place::Provider
            && self.admin.fields.scope == AdminScope::All
            && self.narrowing.organizations.is_none()
    }

    /// What stands in the way of `permission` at a place, the first thing first; `there` is the
    /// organization that the place is.
    pub(crate) fn obstacle(
        &self,
        permission: Permission,
        place: Place,
        there: Option<&Organization>,
    ) -> Option<Obstacle> {
        match place {
            Place::Provider => self.obstacle_at_provider(permission),
            Place::Organization(id) => match there {
                Some(record) => {
                    self.outside(id).or_else(|| self.obstacle_within(permission, record))
                }
                None => Some(Obstacle::Scope),
            },
        }
    }

    fn obstacle_at_provider(&self, permission: Permission) -> Option<Obstacle> {
        if self.id.home != Place::Provider {
            Some(Obstacle::ProviderOnly)
        } else if self.narrowing.organizations.is_some() {
            // A key for some organizations reaches those alone: at the provider it could widen
            // itself.
            Some(Obstacle::KeyOrganizations)
        } else {
            self.lacking(permission)
        }
    }

    fn obstacle_within(&self, permission: Permission, record: &Organization) -> Option<Obstacle> {
        let organizations = permission == Permission::ManageOrganizations;
        let lacking = match organizations && self.id.home != Place::Provider {
            true => Some(Obstacle::NeverTheirs(permission)),
            false => self.lacking(permission),
        };
        let deleted = matches!(record.state, OrganizationState::Deleted { .. });
        // What it owes is still the provider's to bill.
        let provider = self.id.home == Place::Provider;
        let left = organizations || permission == Permission::ManageBilling && provider;
        match deleted && (lacking.is_some() || !left) {
            true => Some(Obstacle::Deleted),
            false => lacking,
        }
    }

    /// Why an organization is none of the admin's.
    fn outside(&self, organization: OrganizationId) -> Option<Obstacle> {
        let own = match self.id.home {
            Place::Provider => self.admin.fields.scope.covers(organization),
            Place::Organization(home) => home == organization,
        };
        let listed = self.narrowing.organizations.as_ref();
        let narrowed = listed.is_some_and(|list| !list.contains(&organization));
        match own {
            false => Some(Obstacle::Scope),
            true => narrowed.then_some(Obstacle::KeyOrganizations),
        }
    }

    fn lacking(&self, permission: Permission) -> Option<Obstacle> {
        if self.role.holds(permission) {
            None
        } else if self.admin.fields.role.holds(permission) {
            Some(Obstacle::KeyRole(permission, self.role))
        } else {
            Some(Obstacle::Permission(permission, self.role))
        }
    }
}

/// Reads what the admin behind a token is now.
///
/// # Errors
/// `Unauthenticated` when the token is unknown, ended, for enrolment only, used from elsewhere than
/// it may be, or when its admin is suspended or (for an API key) without API access.
pub(crate) fn standing(
    source: &impl Reading,
    context: &Context,
    admin: AdminId,
    token: TokenId,
) -> Result<Result<Standing, Refusal>, ReadError> {
    let partition = token.home.partition();
    let Some(token) = source.get::<Token>(partition, token.number.record())? else {
        return Ok(Err(Refusal::Unauthenticated));
    };
    let Some(record) = source.get::<Admin>(partition, admin.number.record())? else {
        return Ok(Err(Refusal::Unauthenticated));
    };
    let home_answers = home_answers(source, admin.home)?;
    if !home_answers || !admits(&record, &token, context) || token.admin != admin.number {
        return Ok(Err(Refusal::Unauthenticated));
    }
    let rights = Rights::new(admin, record, token.narrowing.clone());
    Ok(Ok(Standing { rights, token }))
}

/// Whether admins of a place are let in at all.
pub(crate) fn home_answers(source: &impl Reading, home: Place) -> Result<bool, ReadError> {
    Ok(match home {
        Place::Provider => true,
        Place::Organization(home) => organization(source, home)?
            .is_some_and(|record| record.state == OrganizationState::Active),
    })
}

fn admits(admin: &Admin, token: &Token, context: &Context) -> bool {
    let narrowed = token.narrowing.sources.as_ref();
    let from_allowed_source = admin.fields.works_from(context.source)
        && narrowed.is_none_or(|networks| is_within(context.source, networks));
    let purpose_holds = match token.purpose {
        TokenPurpose::ApiKey => admin.fields.api_access,
        TokenPurpose::Session => true,
        TokenPurpose::Enrolment => false,
    };
    admin.state == AdminState::Active
        && context.now < token.expires
        && from_allowed_source
        && purpose_holds
}
