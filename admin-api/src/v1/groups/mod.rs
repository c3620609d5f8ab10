//! Groups of users and of other groups.

mod change_members;
mod create;
mod delete;
mod list;
mod members;
mod show;
mod update;

use directory::access::View;
use directory::records;
use directory::{GroupId, OrganizationId, ReadingTransaction};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::api::Api;
use crate::caller::{Surroundings, Within};
use crate::custom::Custom;
use crate::dn;
use crate::moment::Moment;
use crate::problem::Problem;
use crate::reference::dangling;
use crate::revision::Revised;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_groups, create::create_group))
        .routes(routes!(show::show_group, update::update_group, delete::delete_group))
        .routes(routes!(members::list_members, change_members::change_members))
}

/// A group.
#[derive(Serialize, ToSchema)]
pub(crate) struct Group {
    /// The group's id, `entryUUID` in LDAP.
    id: Uuid,
    /// When it was made.
    created: Moment,
    /// When it was last changed; a changed membership counts.
    modified: Moment,
    /// The name of the entry in LDAP.
    dn: String,
    /// The group's name.
    name: String,
    /// Free text.
    #[schema(required)]
    description: Option<String>,
    /// The POSIX group number.
    #[schema(required)]
    gid_number: Option<u32>,
    /// Values of the organization's own attributes.
    custom: Custom,
}

impl Group {
    /// Shows a group of the organization with those surroundings.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn of(record: records::Group, around: &Surroundings<'_>) -> Result<Self, Problem> {
        Ok(Self {
            id: record.uuid,
            created: Moment(record.stamp.created),
            modified: Moment(record.stamp.modified),
            dn: dn::of_group(&record.fields.name, &around.base),
            name: record.fields.name,
            description: record.fields.description,
            gid_number: record.fields.gid_number,
            custom: Custom::of(&record.fields.custom, &around.schema, &around.references)?,
        })
    }

    /// Shows a group with its revision.
    fn revised<P>(within: &Within<P>, record: records::Group) -> Result<Revised<Self>, Problem> {
        let reading = within.caller.read()?;
        let around = Surroundings::of(&reading, within.organization)?;
        Ok(Revised::new(record.stamp.revision, Self::of(record, &around)?))
    }
}

/// The external ids of groups.
pub(crate) fn shown(
    reading: &ReadingTransaction,
    organization: OrganizationId,
    ids: &[GroupId],
) -> Result<Vec<Uuid>, Problem> {
    let groups = reading.authorize::<View>(organization)?.groups();
    ids.iter().map(|id| Ok(groups.read(*id)?.uuid)).collect()
}

/// The groups with these external ids, in the value at `pointer`.
pub(crate) fn resolve(
    reading: &ReadingTransaction,
    organization: OrganizationId,
    uuids: &[Uuid],
    pointer: &str,
) -> Result<Vec<GroupId>, Problem> {
    let groups = reading.authorize::<View>(organization)?.groups();
    let found = uuids.iter().enumerate().map(|(position, uuid)| {
        let found = groups.id_of(*uuid);
        found.map_err(|error| dangling(error, format!("{pointer}/{position}"), "group").into())
    });
    found.collect()
}
