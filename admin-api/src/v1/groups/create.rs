//! Making a group.

use directory::access::ManageIdentities;
use directory::records::GroupFields;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Group;
use crate::body::Body;
use crate::caller::Within;
use crate::custom::Custom;
use crate::problem::Problem;
use crate::revision::Created;

/// What a group starts with; it has no members yet.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "staff", "description": "Everybody"}))]
pub(crate) struct NewGroup {
    /// The group's name; unique in the organization.
    name: String,
    /// Free text.
    description: Option<String>,
    /// The POSIX group number: 1000 or more, and none that means nobody (65534, 65535, 4294967295); chosen
    /// when absent.
    gid_number: Option<u32>,
    /// Values of the organization's own attributes.
    #[serde(default)]
    custom: Custom,
}

/// Makes a group without members.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/groups",
    tag = "Groups",
    request_body = NewGroup,
    responses((status = 201, description = "Made.", body = Group)),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn create_group(
    within: Within<ManageIdentities>,
    Body(new): Body<NewGroup>,
) -> Result<Created<Group>, Problem> {
    let organization = within.organization;
    let made = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        let schema = grant.schema()?;
        let custom = new.custom.into_values(&schema, &|called| grant.entry_called(called))?;
        let fields = GroupFields {
            name: new.name,
            description: new.description,
            gid_number: new.gid_number,
            custom,
        };
        grant.groups().create(fields)
    });
    let (_, record) = made.await?;
    Ok(Created(Group::revised(&within, record)?))
}
