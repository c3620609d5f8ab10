//! The members of a group.

use axum::Json;
use directory::access::View;
use directory::collections::Member as Id;
use directory::{GroupId, RecordId, UserId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::body::Params;
use crate::caller::{Item, Within};
use crate::list::{List, PageQuery, no_cursor, read_cursor, write_cursor};
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
    params(PageQuery),
    responses((status = 200, description = "A page of members.", body = List<Member>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_members(
    within: Within<View>,
    Item(group): Item,
    Params(query): Params<PageQuery>,
) -> Result<Json<List<Member>>, Problem> {
    let after = query.cursor().map(member_of).transpose()?;
    let limit = query.limit()?;
    let reading = within.caller.read()?;
    let grant = reading.authorize::<View>(within.organization)?;
    let (users, groups) = (grant.users(), grant.groups());
    let mut members = groups.members(groups.id_of(group)?, after, limit.saturating_add(1))?;
    let more = members.len() > limit;
    members.truncate(limit);
    let next = members.last().filter(|_| more).map(|member| cursor_of(*member));
    let items = members.into_iter().map(|member| match member {
        Id::User(id) => users.read(id).map(|user| Member {
            kind: MemberKind::User,
            id: user.uuid,
            name: user.fields.login,
        }),
        Id::Group(id) => groups.read(id).map(|group| Member {
            kind: MemberKind::Group,
            id: group.uuid,
            name: group.fields.name,
        }),
    });
    Ok(Json(List { items: items.collect::<Result<_, _>>()?, next }))
}

/// The octet of a cursor that says what the last member was.
const USER: u8 = 0;
const GROUP: u8 = 1;

fn cursor_of(member: Id) -> String {
    let (kind, number) = match member {
        Id::User(id) => (USER, id.record()),
        Id::Group(id) => (GROUP, id.record()),
    };
    let mut octets = vec![kind];
    octets.extend(number.to_be_bytes());
    write_cursor(&octets)
}

fn member_of(cursor: &str) -> Result<Id, Problem> {
    let [kind, number @ ..] = read_cursor::<9>(cursor)?;
    let number = u64::from_be_bytes(number);
    let member = match kind {
        USER => UserId::from_record(number).map(Id::User),
        GROUP => GroupId::from_record(number).map(Id::Group),
        _ => None,
    };
    member.ok_or_else(no_cursor)
}
