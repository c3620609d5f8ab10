//! The members of a group.

use directory::access::View;
use directory::collections::Member as Id;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::body::Params;
use crate::caller::{Item, Within};
use crate::list::{List, Listed, NamedQuery, PlainQuery};
use crate::problem::Problem;

/// A direct member of a group.
#[derive(Serialize, ToSchema)]
pub(crate) struct Member {
    /// What it is.
    kind: MemberKind,
    /// Its id.
    id: Uuid,
    /// The user's login or the group's name.
    name: String,
}

/// What is in a group.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MemberKind {
    /// A user.
    User,
    /// A nested group.
    Group,
}

/// Lists the direct members of a group, users before nested groups.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/groups/{group}/members",
    tag = "Groups",
    params(PlainQuery),
    responses((status = 200, description = "A page of members.", body = List<Member>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_members(
    within: Within<View>,
    Item(group): Item,
    Params(query): Params<PlainQuery>,
) -> Result<Listed<Member>, Problem> {
    let asking = within.caller.asking();
    let looking = NamedQuery::from(query).answer(asking, move |asked| {
        let reading = within.caller.read()?;
        let grant = reading.authorize::<View>(within.organization)?;
        let (users, groups) = (grant.users(), grant.groups());
        asked.find(&grant.members_of(groups.id_of(group)?), |member, ()| {
            Ok(match member {
                Id::User(id) => {
                    let user = users.read(id)?;
                    Member { kind: MemberKind::User, id: user.uuid, name: user.fields.login }
                }
                Id::Group(id) => {
                    let group = groups.read(id)?;
                    Member { kind: MemberKind::Group, id: group.uuid, name: group.fields.name }
                }
            })
        })
    });
    looking.await
}
