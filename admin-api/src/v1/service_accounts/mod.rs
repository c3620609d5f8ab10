//! Service accounts: what applications bind with over LDAP.

mod certificates;
mod create;
mod delete;
mod end_previous;
mod list;
mod recorder;
mod rotate;
mod show;
mod update;

use directory::access::View;
use directory::{OrganizationId, ReadingTransaction, records};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::groups;
use crate::api::Api;
use crate::appearance::ProfileName;
use crate::dn;
use crate::moment::Moment;
use crate::network::Network;
use crate::problem::Problem;
use crate::revision::Revised;
use crate::second_factor::Demand;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_service_accounts, create::create_service_account))
        .routes(routes!(
            show::show_service_account,
            update::update_service_account,
            delete::delete_service_account
        ))
        .routes(routes!(rotate::rotate_service_account))
        .routes(routes!(end_previous::end_previous_password))
        .routes(routes!(recorder::show_recorder, recorder::clear_recorder))
        .merge(certificates::routes())
}

/// A service account.
#[derive(Serialize, ToSchema)]
pub(crate) struct ServiceAccount {
    /// The account's id.
    id: Uuid,
    /// When it was made.
    created: Moment,
    /// When it was last changed.
    modified: Moment,
    /// The name to bind with.
    dn: String,
    /// The account's name.
    name: String,
    /// Free text.
    #[schema(required)]
    description: Option<String>,
    /// Which entries it sees.
    visibility: Visibility,
    /// Whether it may not bind.
    suspended: bool,
    /// The kind of application that it is for.
    profile: ProfileName,
    /// What is demanded, beside the password, of users that bind on a connection on which this
    /// account has bound before, or from its `sources`; the organization's demand when null. Counts
    /// only where the organization's settings let service accounts decide. Where several service
    /// accounts are meant, the most demanding one counts.
    #[schema(required)]
    second_factor: Option<Demand>,
    /// Until when the password counts that the account had before its last rotation; null where it
    /// does not.
    #[schema(required)]
    previous_password_until: Option<Moment>,
    /// The networks from which the application binds users on connections of their own, without
    /// binding itself first.
    sources: Vec<Network>,
}

/// Which of the organization's entries a service account sees.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Visibility {
    /// All of them.
    Everything,
    /// These groups, the groups nested in them, and all their members.
    Groups(Vec<Uuid>),
}

impl ServiceAccount {
    /// Shows a service account of the organization.
    fn of(
        record: records::ServiceAccount,
        reading: &ReadingTransaction,
        organization: OrganizationId,
    ) -> Result<Self, Problem> {
        let grant = reading.authorize::<View>(organization)?;
        let base = grant.own_organization()?.fields.base;
        let accounts = grant.service_accounts();
        let former = accounts.former_password_until(accounts.id_of(record.uuid)?)?;
        let visibility = match &record.fields.visibility {
            records::Visibility::Everything => Visibility::Everything,
            records::Visibility::Groups(ids) => {
                Visibility::Groups(groups::shown(reading, organization, ids)?)
            }
        };
        Ok(Self {
            id: record.uuid,
            created: Moment(record.stamp.created),
            modified: Moment(record.stamp.modified),
            dn: dn::of_service_account(&record.fields.name, &base),
            name: record.fields.name,
            description: record.fields.description,
            visibility,
            suspended: record.fields.suspended,
            profile: ProfileName(record.fields.profile),
            second_factor: record.fields.second_factor.map(Into::into),
            previous_password_until: former.map(Moment),
            sources: record.fields.sources.into_iter().map(Network).collect(),
        })
    }

    /// Shows a service account with its revision.
    fn revised(
        record: records::ServiceAccount,
        reading: &ReadingTransaction,
        organization: OrganizationId,
    ) -> Result<Revised<Self>, Problem> {
        Ok(Revised::new(record.stamp.revision, Self::of(record, reading, organization)?))
    }
}

impl Visibility {
    /// The visibility as the directory keeps it.
    fn resolve(
        self,
        reading: &ReadingTransaction,
        organization: OrganizationId,
    ) -> Result<records::Visibility, Problem> {
        match self {
            Self::Everything => Ok(records::Visibility::Everything),
            Self::Groups(uuids) => {
                let pointer = "/visibility/groups";
                let ids = groups::resolve(reading, organization, &uuids, pointer)?;
                Ok(records::Visibility::Groups(ids))
            }
        }
    }
}
