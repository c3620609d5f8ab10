//! Security policies: what is demanded of the devices of groups.

mod create;
mod delete;
mod list;
pub(crate) mod settings;
mod show;
mod update;
mod versions;

use directory::{OrganizationId, ReadingTransaction, records};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::groups;
use crate::api::Api;
use crate::moment::Moment;
use crate::problem::Problem;
use crate::revision::Revised;
use settings::SecuritySettings;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_security_policies, create::create_security_policy))
        .routes(routes!(
            show::show_security_policy,
            update::update_security_policy,
            delete::delete_security_policy
        ))
        .merge(versions::routes())
}

/// A security policy. Of each setting a device follows the policy with the lowest precedence number
/// that says anything of it, and of one number the one whose name comes first.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecurityPolicy {
    /// The policy's id.
    id: Uuid,
    /// When it was made.
    created: Moment,
    /// When it was last changed.
    modified: Moment,
    /// The policy's name.
    name: String,
    /// Free text.
    #[schema(required)]
    description: Option<String>,
    /// The lowest number counts.
    precedence: u32,
    /// The groups whose devices it is for, by way of nested groups as well.
    groups: Vec<Uuid>,
    /// What it demands.
    settings: SecuritySettings,
    /// The number of the version that says so, its newest.
    version: u32,
}

impl SecurityPolicy {
    /// Shows a policy of the organization.
    fn of(
        record: records::SecurityPolicy,
        reading: &ReadingTransaction,
        organization: OrganizationId,
    ) -> Result<Self, Problem> {
        let fields = record.fields;
        Ok(Self {
            id: record.uuid,
            created: Moment(record.stamp.created),
            modified: Moment(record.stamp.modified),
            name: fields.name,
            description: fields.description,
            precedence: fields.precedence,
            groups: groups::shown(reading, organization, &fields.groups)?,
            settings: fields.settings.into(),
            version: record.version,
        })
    }

    /// Shows a policy with its revision.
    fn revised(
        record: records::SecurityPolicy,
        reading: &ReadingTransaction,
        organization: OrganizationId,
    ) -> Result<Revised<Self>, Problem> {
        Ok(Revised::new(record.stamp.revision, Self::of(record, reading, organization)?))
    }
}
