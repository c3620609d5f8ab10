//! How many users an organization has, and may have.

use directory::access::{ManageOrganizations, View};
use directory::collections::CapUse;
use directory::records::Capped;
use serde::Serialize;
use utoipa::ToSchema;

use super::any_cap::{self, Kind, NewCap};
use crate::body::Body;
use crate::caller::Within;
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// How many users an organization may have, and has.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"most": 100, "kind": "hard", "users": 57, "passed": false}))]
pub(crate) struct UserCap {
    /// The most users; null where there is no cap.
    #[schema(required)]
    most: Option<u32>,
    /// What happens beyond.
    kind: Kind,
    /// How many users there are, whether they may sign in or not. Deleted ones do not count.
    users: u32,
    /// Whether there are more than the cap says.
    passed: bool,
}

impl From<CapUse> for Revised<UserCap> {
    fn from(used: CapUse) -> Self {
        let (most, kind) = (used.cap.most, used.cap.kind.into());
        let cap = UserCap { most, kind, users: used.kept, passed: used.is_passed() };
        Self::new(used.cap.revision, cap)
    }
}

/// Shows how many users an organization may have, and has.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/user-cap",
    tag = "Organizations",
    responses((status = 200, description = "The cap, and what is in use.", body = UserCap)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_user_cap(within: Within<View>) -> Result<Revised<UserCap>, Problem> {
    Ok(any_cap::show(&within, Capped::Users)?.into())
}

/// Says how many users an organization may have. Users that are there stay, however many they are.
#[utoipa::path(
    put,
    path = "/organizations/{organization}/user-cap",
    tag = "Organizations",
    params(IfMatch),
    request_body = NewCap,
    responses((status = 200, description = "As said.", body = UserCap)),
    extensions(("x-permission" = json!("manage_organizations")))
)]
pub(crate) async fn set_user_cap(
    within: Within<ManageOrganizations>,
    IfMatch(revision): IfMatch,
    Body(new): Body<NewCap>,
) -> Result<Revised<UserCap>, Problem> {
    Ok(any_cap::set(&within, Capped::Users, revision, new).await?.into())
}
