//! The versions of a security policy.

mod list;
mod restore;
mod show;

use directory::records;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::settings::SecuritySettings;
use crate::api::Api;
use crate::moment::Moment;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_security_policy_versions))
        .routes(routes!(show::show_security_policy_version))
        .routes(routes!(restore::restore_security_policy_version))
}

/// What a security policy demanded from one change to the next. It never changes.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecurityPolicyVersion {
    /// The version's id.
    id: Uuid,
    /// Its number in the policy, from 1 on.
    number: u32,
    /// When it was made.
    created: Moment,
    /// The login of the admin who made it.
    author: String,
    /// Why, in the author's words.
    #[schema(required)]
    comment: Option<String>,
    /// The number of the version whose settings were taken up again.
    #[schema(required)]
    restored: Option<u32>,
    /// What it demands.
    settings: SecuritySettings,
}

impl From<records::SecurityPolicyVersion> for SecurityPolicyVersion {
    fn from(record: records::SecurityPolicyVersion) -> Self {
        Self {
            id: record.uuid,
            number: record.number,
            created: Moment(record.at),
            author: record.author,
            comment: record.comment,
            restored: record.restored,
            settings: record.settings.into(),
        }
    }
}
