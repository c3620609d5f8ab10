//! Admins: who works through this API. The same handlers serve the provider's and an
//! organization's own.

mod activate;
mod api_keys;
mod can_i;
mod create;
mod delete;
mod invitation;
mod list;
mod reset_mfa;
mod sessions;
mod set_password;
mod show;
mod suspend;
mod update;

use directory::access::{ManageAdmins, View};
use directory::records::{self, AdminScope, AdminState};
use directory::{Place, ReadingTransaction};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::organizations;
use crate::api::Api;
use crate::caller::Home;
use crate::moment::Moment;
use crate::network::Network;
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};
use crate::role::RoleName;

/// The routes below what has admins.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_admins, create::create_admin))
        .routes(routes!(show::show_admin, update::update_admin, delete::delete_admin))
        .routes(routes!(suspend::suspend_admin))
        .routes(routes!(activate::activate_admin))
        .routes(routes!(set_password::set_admin_password))
        .routes(routes!(invitation::invite_admin))
        .routes(routes!(reset_mfa::reset_admin_mfa))
        .routes(routes!(can_i::can_admin))
        .routes(routes!(sessions::list_admin_sessions, sessions::end_admin_sessions))
        .routes(routes!(api_keys::list_admin_keys, api_keys::end_admin_keys))
}

/// An admin.
#[derive(Serialize, ToSchema)]
pub(crate) struct Admin {
    /// The admin's id.
    id: Uuid,
    /// Whether the admin may sign in.
    state: State,
    /// When it was made.
    created: Moment,
    /// When it was last changed.
    modified: Moment,
    /// The name the admin signs in with.
    login: String,
    /// The full name.
    display_name: String,
    /// What the admin may do.
    role: RoleName,
    /// Over which organizations the role counts, as far as you know of them; absent for an
    /// organization's own admin, whose role counts there alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<Scope>,
    /// Whether the admin's API keys are let in.
    api_access: bool,
    /// The networks from which the admin works; anywhere when there are none.
    sources: Vec<Network>,
    /// Whether an authenticator is enrolled; until then the next sign-in enrols it. Neither this
    /// nor what follows is part of the admin's revision.
    second_factor_enrolled: bool,
    /// How many passkeys the admin has.
    passkeys: usize,
    /// How many recovery codes are left.
    recovery_codes_left: usize,
    /// Until when the admin is invited to choose the first password; null for who has one, and once
    /// it has ended.
    #[schema(required)]
    invited_until: Option<Moment>,
}

/// Over which organizations a provider admin's role counts.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scope {
    /// None.
    None,
    /// All, those to come included.
    All,
    /// These.
    Organizations(Vec<Uuid>),
}

/// Whether an admin may sign in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AdminState)]
pub(crate) enum State {
    /// May sign in.
    Active,
    /// May not; sessions and API keys have ended.
    Suspended,
}

impl Admin {
    /// Shows an admin of a place.
    fn of(
        record: records::Admin,
        reading: &ReadingTransaction,
        place: Place,
    ) -> Result<Self, Problem> {
        let scope = match place {
            Place::Provider => Some(Scope::of(&record.fields.scope, reading)?),
            Place::Organization(_) => None,
        };
        let admins = reading.authorize_at::<View>(place)?.admins();
        let factors = admins.factors(admins.id_of(record.uuid)?)?;
        Ok(Self {
            id: record.uuid,
            state: match record.state {
                AdminState::Active => State::Active,
                AdminState::Suspended => State::Suspended,
            },
            created: Moment(record.stamp.created),
            modified: Moment(record.stamp.modified),
            login: record.fields.login,
            display_name: record.fields.display_name,
            role: RoleName(record.fields.role),
            scope,
            api_access: record.fields.api_access,
            sources: record.fields.sources.into_iter().map(Network).collect(),
            second_factor_enrolled: factors.is_enrolled,
            passkeys: factors.passkeys,
            recovery_codes_left: factors.recovery_codes_left,
            invited_until: factors.invited_until.map(Moment),
        })
    }

    /// Shows an admin with its revision.
    fn revised(
        record: records::Admin,
        reading: &ReadingTransaction,
        place: Place,
    ) -> Result<Revised<Self>, Problem> {
        Ok(Revised::new(record.stamp.revision, Self::of(record, reading, place)?))
    }
}

impl Scope {
    pub(super) fn of(scope: &AdminScope, reading: &ReadingTransaction) -> Result<Self, Problem> {
        Ok(match scope {
            AdminScope::None => Self::None,
            AdminScope::All => Self::All,
            AdminScope::Organizations(ids) => {
                Self::Organizations(organizations::known(reading, ids)?)
            }
        })
    }

    /// The scope as the directory keeps it, for an admin of a place.
    fn resolve(self, reading: &ReadingTransaction, place: Place) -> Result<AdminScope, Problem> {
        if place != Place::Provider {
            let detail = "an organization's own admin has that organization for a scope";
            return Err(Problem::invalid("/scope", detail));
        }
        match self {
            Self::None => Ok(AdminScope::None),
            Self::All => Ok(AdminScope::All),
            Self::Organizations(uuids) => {
                let ids = organizations::resolve(reading, &uuids, "/scope/organizations")?;
                Ok(AdminScope::Organizations(ids))
            }
        }
    }
}

/// Suspends or activates an admin.
async fn set_state(
    home: &Home<ManageAdmins>,
    admin: Uuid,
    IfMatch(revision): IfMatch,
    state: AdminState,
) -> Result<Revised<Admin>, Problem> {
    let place = home.place;
    let changed = home.caller.change(move |change| {
        let mut grant = change.authorize_at::<ManageAdmins>(place)?;
        let mut admins = grant.admins();
        let id = admins.id_of(admin)?;
        admins.update(id, revision, |admin| {
            admin.state = state;
            Ok(())
        })
    });
    Admin::revised(changed.await?, &home.caller.read()?, place)
}
