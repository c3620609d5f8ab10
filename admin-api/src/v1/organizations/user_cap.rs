//! How many users an organization has, and may have.

use directory::access::{ManageOrganizations, View};
use directory::collections::CapUse;
use directory::records::CapKind;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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

/// What happens when there are more users than an organization may have.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = UserCapKind)]
pub(crate) enum Kind {
    /// They are made; an event tells, and answers warn in the header `X-Tenantry-Warning`.
    Soft,
    /// They are not made, whoever asks for it.
    Hard,
}

/// How many users an organization may have.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"most": 100, "kind": "hard"}))]
pub(crate) struct NewUserCap {
    /// The most users; null for no cap.
    #[schema(maximum = 10_000_000)]
    most: Option<u32>,
    /// What happens beyond; users that are there stay in any case.
    #[serde(default = "soft")]
    #[schema(default = json!("soft"))]
    kind: Kind,
}

const fn soft() -> Kind {
    Kind::Soft
}

impl From<CapUse> for Revised<UserCap> {
    fn from(used: CapUse) -> Self {
        let kind = match used.cap.kind {
            CapKind::Soft => Kind::Soft,
            CapKind::Hard => Kind::Hard,
        };
        let (most, users, passed) = (used.cap.most, used.users, used.is_passed());
        Self::new(used.cap.revision, UserCap { most, kind, users, passed })
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
    let reading = within.caller.read()?;
    Ok(reading.authorize::<View>(within.organization)?.user_cap()?.into())
}

/// Says how many users an organization may have. Users that are there stay, however many they are.
#[utoipa::path(
    put,
    path = "/organizations/{organization}/user-cap",
    tag = "Organizations",
    params(IfMatch),
    request_body = NewUserCap,
    responses((status = 200, description = "As said.", body = UserCap)),
    extensions(("x-permission" = json!("manage_organizations")))
)]
pub(crate) async fn set_user_cap(
    within: Within<ManageOrganizations>,
    IfMatch(revision): IfMatch,
    Body(NewUserCap { most, kind }): Body<NewUserCap>,
) -> Result<Revised<UserCap>, Problem> {
    let organization = within.organization;
    let kind = match kind {
        Kind::Soft => CapKind::Soft,
        Kind::Hard => CapKind::Hard,
    };
    let set = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageOrganizations>(organization)?;
        grant.user_caps()?.set(revision, most, kind)
    });
    Ok(set.await?.into())
}
