//! The one decision: does this actor hold this permission at this place, now?

use std::fmt;
use std::sync::{Arc, OnceLock};

use storage::{ReadError, Reading};
use thiserror::Error;

use super::actor::{Context, Who};
use super::permit::Right;
use super::role::{Permission, Role};
use crate::id::{AdminId, OrganizationId, Place, RecordId, TokenId};
use crate::records::{
    Admin, AdminScope, AdminState, Credential, Organization, OrganizationState, ServiceAccount,
    Token, TokenPurpose, User, UserState,
};
use crate::schema::Schema;
use crate::search::Sight;

/// Why an actor was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The actor is nobody, or what proved its identity has ended.
    #[error("sign in first")]
    Unauthenticated,
    /// The place is outside what the actor can see; it answers as if there were no such place.
    #[error("there is no such thing")]
    Hidden,
    /// The actor's password was set by somebody else.
    #[error("change the password first")]
    ChangePasswordFirst,
    /// The actor sees the place but lacks the permission there.
    #[error("needs {} on {place}; you hold {}", missing.name(), role.name())]
    Forbidden {
        /// What is missing.
        missing: Permission,
        /// What the actor is.
        role: Role,
        /// Where.
        place: PlaceName,
    },
}

/// A place as a refusal names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceName {
    /// The provider.
    Provider,
    /// The organization of that slug.
    Organization(String),
}

impl fmt::Display for PlaceName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider => formatter.write_str("the provider"),
            Self::Organization(slug) => write!(formatter, "organization {slug}"),
        }
    }
}

/// What an admin is at this moment: the records behind a token, narrowed by it.
pub(crate) struct Standing {
    pub(crate) id: AdminId,
    pub(crate) admin: Admin,
    pub(crate) role: Role,
    pub(crate) token: Token,
}

impl Standing {
    /// Whether the admin's role counts in `organization`.
    pub(crate) fn covers(&self, organization: OrganizationId) -> bool {
        let narrowed = self.token.narrowing.organizations.as_ref();
        let own = match self.id.home {
            Place::Provider => self.admin.fields.scope.covers(organization),
            Place::Organization(home) => home == organization,
        };
        own && narrowed.is_none_or(|list| list.contains(&organization))
    }

    /// Whether the admin could restore a deleted organization in the scope.
    pub(crate) fn restores(&self) -> bool {
        self.id.home == Place::Provider && self.role.holds(Permission::ManageOrganizations)
    }

    /// Whether the admin may act for all organizations, those to come included.
    pub(crate) fn covers_all(&self) -> bool {
        self.id.home == Place::Provider
            && self.admin.fields.scope == AdminScope::All
            && self.token.narrowing.organizations.is_none()
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
    let home_answers = match admin.home {
        Place::Provider => true,
        Place::Organization(home) => organization(source, home)?
            .is_some_and(|record| record.state == OrganizationState::Active),
    };
    if !home_answers || !admits(&record, &token, context) || token.admin != admin.number {
        return Ok(Err(Refusal::Unauthenticated));
    }
    let role = match token.narrowing.role {
        Some(narrowed) => record.fields.role.lower(narrowed),
        None => record.fields.role,
    };
    Ok(Ok(Standing { id: admin, admin: record, role, token }))
}

fn admits(admin: &Admin, token: &Token, context: &Context) -> bool {
    let from_allowed_source = token.narrowing.sources.as_ref().is_none_or(|networks| {
        context.source.is_some_and(|address| {
            networks.iter().any(|network| network.contains(&address.to_canonical()))
        })
    });
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

/// What was read to decide about a directory identity, for who would read it again. It depends on
/// the identity, its organization's partition and the organization's record alone.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) organization: Option<Organization>,
    pub(crate) account: Option<ServiceAccount>,
    pub(crate) schema: Schema,
    /// Which entries it sees, worked out when first asked for.
    pub(crate) sight: OnceLock<Arc<Sight>>,
}

/// Decides whether the actor has `right` at `place`.
///
/// # Errors
/// A [`Refusal`] that says no more than the actor may know.
pub(crate) fn authorize(
    source: &impl Reading,
    context: &Context,
    right: Right,
    place: Place,
) -> Result<Result<Seen, Refusal>, ReadError> {
    match (context.actor.0, right) {
        (Who::Admin { admin, token }, Right::Held(permission)) => {
            let standing = match standing(source, context, admin, token)? {
                Ok(standing) => standing,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let decided = match place {
                Place::Provider => at_provider(&standing, permission),
                Place::Organization(organization) => {
                    in_organization(source, &standing, permission, organization)?
                }
            };
            Ok(decided.map(|()| Seen::default()))
        }
        (Who::User { organization, user, proven }, Right::Search | Right::OwnPassword)
        | (Who::UserToChangePassword { organization, user, proven }, Right::OwnPassword) => {
            let there = source.get::<User>(organization.partition(), user.record())?;
            let active = there.is_some_and(|record| record.state == UserState::Active);
            let credential = credential(source, organization, user.record())?;
            let holds = active && proven.holds(&credential);
            let home = directory_identity(source, organization, place, holds)?;
            if home.is_ok() && proven.must_change(&credential) && right == Right::Search {
                return Ok(Err(Refusal::ChangePasswordFirst));
            }
            seen(source, organization, home, None)
        }
        (Who::UserToChangePassword { organization, .. }, Right::Search)
            if place == Place::Organization(organization) =>
        {
            Ok(Err(Refusal::ChangePasswordFirst))
        }
        (Who::ServiceAccount { organization, account, proven }, Right::Search) => {
            let credential = credential(source, organization, account.record())?;
            let account =
                source.get::<ServiceAccount>(organization.partition(), account.record())?;
            let active = account.as_ref().is_some_and(|record| !record.fields.suspended);
            let holds = active && proven.holds(&credential);
            let home = directory_identity(source, organization, place, holds)?;
            seen(source, organization, home, account)
        }
        (Who::Nobody, _) => Ok(Err(Refusal::Unauthenticated)),
        (
            Who::User { .. }
            | Who::UserToChangePassword { .. }
            | Who::ServiceAccount { .. }
            | Who::Admin { .. },
            _,
        ) => Ok(Err(Refusal::Hidden)),
    }
}

fn seen(
    source: &impl Reading,
    id: OrganizationId,
    home: Result<Organization, Refusal>,
    account: Option<ServiceAccount>,
) -> Result<Result<Seen, Refusal>, ReadError> {
    Ok(match home {
        Ok(record) => {
            let schema = Schema::of(source, id, &record)?;
            Ok(Seen { organization: Some(record), account, schema, sight: OnceLock::new() })
        }
        Err(refusal) => Err(refusal),
    })
}

fn at_provider(standing: &Standing, permission: Permission) -> Result<(), Refusal> {
    // A key for some organizations reaches those alone: at the provider it could widen itself.
    if standing.id.home != Place::Provider || standing.token.narrowing.organizations.is_some() {
        return Err(Refusal::Hidden);
    }
    if standing.role.holds(permission) {
        Ok(())
    } else {
        let role = standing.role;
        Err(Refusal::Forbidden { missing: permission, role, place: PlaceName::Provider })
    }
}

fn in_organization(
    source: &impl Reading,
    standing: &Standing,
    permission: Permission,
    id: OrganizationId,
) -> Result<Result<(), Refusal>, ReadError> {
    let Some(record) = organization(source, id)? else {
        return Ok(Err(Refusal::Hidden));
    };
    if !standing.covers(id) {
        return Ok(Err(Refusal::Hidden));
    }
    let deleted = matches!(record.state, OrganizationState::Deleted { .. });
    if deleted && permission != Permission::ManageOrganizations {
        return Ok(Err(Refusal::Hidden));
    }
    let theirs =
        permission != Permission::ManageOrganizations || standing.id.home == Place::Provider;
    if theirs && standing.role.holds(permission) {
        return Ok(Ok(()));
    }
    if deleted {
        return Ok(Err(Refusal::Hidden));
    }
    Ok(Err(Refusal::Forbidden {
        missing: permission,
        role: standing.role,
        place: PlaceName::Organization(record.fields.slug),
    }))
}

fn credential(
    source: &impl Reading,
    home: OrganizationId,
    account: storage::Id,
) -> Result<Credential, ReadError> {
    let found = source.get(home.partition(), account)?;
    Ok(found.unwrap_or_else(Credential::absent))
}

fn directory_identity(
    source: &impl Reading,
    home: OrganizationId,
    place: Place,
    holds: bool,
) -> Result<Result<Organization, Refusal>, ReadError> {
    if place != Place::Organization(home) {
        return Ok(Err(Refusal::Hidden));
    }
    let answering = organization(source, home)?
        .filter(|record| holds && record.state == OrganizationState::Active);
    Ok(answering.ok_or(Refusal::Unauthenticated))
}

/// Reads an organization's record.
pub(crate) fn organization(
    source: &impl Reading,
    id: OrganizationId,
) -> Result<Option<Organization>, ReadError> {
    source.get(storage::Partition::Provider, id.record())
}
