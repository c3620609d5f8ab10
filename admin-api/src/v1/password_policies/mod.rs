//! Password policies: what is asked of the passwords of groups' people.

mod create;
mod delete;
mod list;
mod show;
mod update;

use directory::{Invalid, OrganizationId, ReadingTransaction, records};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::groups;
use super::organizations::settings::{Lockout, PasswordPolicy};
use super::organizations::update_settings::{LockoutPatch, PasswordPolicyPatch};
use crate::api::Api;
use crate::moment::Moment;
use crate::patch::set;
use crate::problem::Problem;
use crate::revision::Revised;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_password_policies, create::create_password_policy))
        .routes(routes!(
            show::show_password_policy,
            update::update_password_policy,
            delete::delete_password_policy
        ))
}

/// A password policy. Of the policies that come to a user the one with the lowest precedence number
/// counts, and of one number the one whose name comes first; all of it, in the place of what the
/// organization's settings say.
#[derive(Serialize, ToSchema)]
pub(crate) struct GroupPasswordPolicy {
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
    /// The groups whose people it is for, by way of nested groups as well.
    groups: Vec<Uuid>,
    /// The fewest characters of a password.
    password_minimum: u16,
    /// How long passwords live, and what new ones must not be.
    password_policy: PasswordPolicy,
    /// When guessing locks an account.
    lockout: Lockout,
}

impl GroupPasswordPolicy {
    /// Shows a policy of the organization.
    fn of(
        record: records::GroupPasswordPolicy,
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
            password_minimum: fields.demands.password_minimum,
            password_policy: fields.demands.password_policy.into(),
            lockout: fields.demands.lockout.into(),
        })
    }

    /// Shows a policy with its revision.
    fn revised(
        record: records::GroupPasswordPolicy,
        reading: &ReadingTransaction,
        organization: OrganizationId,
    ) -> Result<Revised<Self>, Problem> {
        Ok(Revised::new(record.stamp.revision, Self::of(record, reading, organization)?))
    }
}

/// Changes what is asked of passwords; what is not said stays.
///
/// # Errors
/// `Invalid` for a time that is too short.
fn ask(
    demands: &mut records::PasswordDemands,
    minimum: Option<u16>,
    policy: PasswordPolicyPatch,
    lockout: LockoutPatch,
) -> Result<(), Invalid> {
    set(&mut demands.password_minimum, minimum);
    policy.apply(&mut demands.password_policy)?;
    lockout.apply(&mut demands.lockout)
}
