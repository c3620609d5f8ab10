//! Changing a group.

use directory::access::ManageIdentities;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Group;
use crate::body::Body;
use crate::caller::{Item, Within};
use crate::custom::CustomPatch;
use crate::patch::{present, set};
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// What changes of a group; what is left out stays, null clears.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"description": null}))]
pub(crate) struct GroupPatch {
    /// The group's name.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String)]
    name: Option<String>,
    /// Free text.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// The POSIX group number: 1000 or more, and none that means nobody (65534, 65535, 4294967295).
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = u32)]
    gid_number: Option<u32>,
    /// Values of the organization's own attributes.
    #[serde(default)]
    custom: CustomPatch,
}

/// Changes a group.
#[utoipa::path(
    patch,
    path = "/organizations/{organization}/groups/{group}",
    tag = "Groups",
    params(IfMatch),
    request_body = GroupPatch,
    responses((status = 200, description = "As changed.", body = Group)),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn update_group(
    within: Within<ManageIdentities>,
    Item(group): Item,
    IfMatch(revision): IfMatch,
    Body(patch): Body<GroupPatch>,
) -> Result<Revised<Group>, Problem> {
    let organization = within.organization;
    let changed = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        let id = grant.groups().id_of(group)?;
        let schema = grant.schema()?;
        let custom = patch.custom.read(&schema, &|called| grant.entry_called(called))?;
        grant.groups().update(id, revision, |group| {
            set(&mut group.fields.name, patch.name);
            set(&mut group.fields.description, patch.description);
            set(&mut group.fields.gid_number, patch.gid_number.map(Some));
            custom.apply(&mut group.fields.custom);
            Ok(())
        })
    });
    Group::revised(&within, changed.await?)
}
