//! Letting members come and go.

use directory::access::{ManageIdentities, View};
use directory::collections::{Member, MembershipChange};
use directory::{Error, Invalid, OrganizationId, ReadingTransaction};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Group;
use crate::body::Body;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::reference::dangling;
use crate::revision::{IfMatch, Revised};

/// Who comes and who goes, all or none.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"add": {"users": ["0193a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"]}}))]
pub(crate) struct MembersPatch {
    /// Who comes; being there already is no error.
    #[serde(default)]
    add: MemberIds,
    /// Who goes; not being there is no error.
    #[serde(default)]
    remove: MemberIds,
}

/// Users and nested groups by their ids.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberIds {
    /// Users.
    #[serde(default)]
    users: Vec<Uuid>,
    /// Nested groups.
    #[serde(default)]
    groups: Vec<Uuid>,
}

/// Lets members come and go, all or none.
#[utoipa::path(
    patch,
    path = "/organizations/{organization}/groups/{group}/members",
    tag = "Groups",
    params(IfMatch),
    request_body = MembersPatch,
    responses((status = 200, description = "The group.", body = Group)),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn change_members(
    within: Within<ManageIdentities>,
    Item(group): Item,
    IfMatch(revision): IfMatch,
    Body(patch): Body<MembersPatch>,
) -> Result<Revised<Group>, Problem> {
    let organization = within.organization;
    let reading = within.caller.read()?;
    // A group that is not there is said before a member that is not.
    reading.authorize::<View>(organization)?.groups().id_of(group)?;
    let members = MembershipChange {
        add: resolve(&reading, organization, &patch.add, "/add")?,
        remove: resolve(&reading, organization, &patch.remove, "/remove")?,
    };
    drop(reading);
    let users_added = patch.add.users.len();
    let changed = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        let mut groups = grant.groups();
        let id = groups.id_of(group)?;
        let changed = groups.change_members(id, revision, &members);
        changed.map_err(|error| point_into(error, users_added))
    });
    Group::revised(&within, changed.await?)
}

fn resolve(
    reading: &ReadingTransaction,
    organization: OrganizationId,
    ids: &MemberIds,
    pointer: &str,
) -> Result<Vec<Member>, Problem> {
    let users = reading.authorize::<View>(organization)?.users();
    let mut members = Vec::with_capacity(ids.users.len().saturating_add(ids.groups.len()));
    for (position, uuid) in ids.users.iter().enumerate() {
        let found = users.id_of(*uuid);
        let found =
            found.map_err(|error| dangling(error, format!("{pointer}/users/{position}"), "user"));
        members.push(Member::User(found?));
    }
    let pointer = format!("{pointer}/groups");
    let groups = super::resolve(reading, organization, &ids.groups, &pointer)?;
    members.extend(groups.into_iter().map(Member::Group));
    Ok(members)
}

/// The directory knows one list of members; the body has users and groups apart.
fn point_into(error: Error, users: usize) -> Error {
    let Error::Invalid(Invalid { pointer, message }) = error else { return error };
    let position = pointer.strip_prefix("/add/").and_then(|rest| rest.parse::<usize>().ok());
    let pointer = match position {
        Some(position) => match position.checked_sub(users) {
            Some(position) => format!("/add/groups/{position}"),
            None => format!("/add/users/{position}"),
        },
        None => pointer,
    };
    Invalid { pointer, message }.into()
}
