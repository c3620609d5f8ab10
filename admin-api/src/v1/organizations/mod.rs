//! Organizations: customers of the provider.

mod activate;
mod any_cap;
mod create;
mod delete;
mod device_cap;
mod list;
mod presentation;
mod restore;
pub(crate) mod settings;
mod show;
mod show_settings;
mod suspend;
mod update;
pub(crate) mod update_settings;
mod user_cap;

use directory::access::View;
use directory::records::{self, OrganizationState};
use directory::{Error, OrganizationId, ReadingTransaction};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::api::Api;
use crate::moment::Moment;
use crate::problem::Problem;
use crate::reference::dangling;
use crate::revision::Revised;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_organizations, create::create_organization))
        .routes(routes!(
            show::show_organization,
            update::update_organization,
            delete::delete_organization
        ))
        .routes(routes!(suspend::suspend_organization))
        .routes(routes!(activate::activate_organization))
        .routes(routes!(restore::restore_organization))
        .routes(routes!(show_settings::show_settings, update_settings::update_settings))
        .routes(routes!(presentation::show_presentation, presentation::update_presentation))
        .routes(routes!(presentation::set_aliases))
        .routes(routes!(user_cap::show_user_cap, user_cap::set_user_cap))
        .routes(routes!(device_cap::show_device_cap, device_cap::set_device_cap))
}

/// An organization.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b", "state": "active",
    "created": "2026-11-23T08:00:00Z", "modified": "2026-11-23T08:00:00Z",
    "slug": "acme", "name": "Acme Corporation", "base": "dc=acme,dc=example",
    "domain": "acme.example"
}))]
pub(crate) struct Organization {
    /// The organization's id.
    id: Uuid,
    /// Whether it answers.
    state: State,
    /// When it was deleted; until 30 days later it can be restored, or as long as the server is set
    /// to keep it (`[admin_api] deleted_organizations_kept`).
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<Moment>,
    /// When it was made.
    created: Moment,
    /// When it was last changed.
    modified: Moment,
    /// A short unique name.
    slug: String,
    /// The full name.
    name: String,
    /// Its naming context in LDAP.
    base: String,
    /// The domain that it goes by; null where none was said.
    #[schema(required)]
    domain: Option<String>,
}

/// Whether an organization answers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OrganizationState)]
pub(crate) enum State {
    /// LDAP and RADIUS answer.
    Active,
    /// Nobody of it is let in.
    Suspended,
    /// It answers nobody, and can be restored for a while.
    Deleted,
}

impl From<records::Organization> for Organization {
    fn from(record: records::Organization) -> Self {
        let (state, deleted) = match record.state {
            OrganizationState::Active => (State::Active, None),
            OrganizationState::Suspended => (State::Suspended, None),
            OrganizationState::Deleted { at } => (State::Deleted, Some(Moment(at))),
        };
        Self {
            id: record.uuid,
            state,
            deleted,
            created: Moment(record.stamp.created),
            modified: Moment(record.stamp.modified),
            slug: record.fields.slug,
            name: record.fields.name,
            base: record.fields.base.to_string(),
            domain: record.fields.domain.as_ref().map(ToString::to_string),
        }
    }
}

impl From<records::Organization> for Revised<Organization> {
    fn from(record: records::Organization) -> Self {
        Self::new(record.stamp.revision, record.into())
    }
}

/// The external ids of those organizations that the caller may know of.
pub(crate) fn known(
    reading: &ReadingTransaction,
    organizations: &[OrganizationId],
) -> Result<Vec<Uuid>, Problem> {
    let mut known = Vec::with_capacity(organizations.len());
    for organization in organizations {
        match reading.authorize::<View>(*organization) {
            Ok(grant) => known.push(grant.own_organization()?.uuid),
            Err(Error::Refused(_)) => {}
            Err(other) => return Err(other.into()),
        }
    }
    Ok(known)
}

/// The organizations with these external ids, in the value at `pointer`.
pub(crate) fn resolve(
    reading: &ReadingTransaction,
    uuids: &[Uuid],
    pointer: &str,
) -> Result<Vec<OrganizationId>, Problem> {
    let found = uuids.iter().enumerate().map(|(position, uuid)| {
        let found = reading.organization_id(*uuid).and_then(|organization| {
            reading.authorize::<View>(organization)?;
            Ok(organization)
        });
        let pointer = format!("{pointer}/{position}");
        found.map_err(|error| dangling(error, pointer, "organization").into())
    });
    found.collect()
}
