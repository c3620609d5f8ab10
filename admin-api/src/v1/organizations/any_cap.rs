//! How many of something an organization has, and may have: what caps of users and of devices share.

use directory::access::{ManageOrganizations, View};
use directory::collections::CapUse;
use directory::records::{CapKind, Capped};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::caller::Within;
use crate::problem::Problem;

/// What happens when there are more than an organization may have.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CapKind)]
pub(crate) enum Kind {
    /// They are made; an event tells, and answers warn in the header `X-Tenantry-Warning`.
    Soft,
    /// They are not made, whoever asks for it.
    Hard,
}

impl From<CapKind> for Kind {
    fn from(kind: CapKind) -> Self {
        match kind {
            CapKind::Soft => Self::Soft,
            CapKind::Hard => Self::Hard,
        }
    }
}

impl From<Kind> for CapKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Soft => Self::Soft,
            Kind::Hard => Self::Hard,
        }
    }
}

/// How many an organization may have.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"most": 100, "kind": "hard"}))]
pub(crate) struct NewCap {
    /// The most that there may be; null for no cap.
    #[schema(maximum = 10_000_000)]
    most: Option<u32>,
    /// What happens beyond; those that are there stay in any case.
    #[serde(default = "soft")]
    #[schema(default = json!("soft"))]
    kind: Kind,
}

const fn soft() -> Kind {
    Kind::Soft
}

/// A cap, and what is in use.
pub(super) fn show(within: &Within<View>, of: Capped) -> Result<CapUse, Problem> {
    let reading = within.caller.read()?;
    Ok(reading.authorize::<View>(within.organization)?.cap(of)?)
}

/// Says how many there may be.
pub(super) async fn set(
    within: &Within<ManageOrganizations>,
    of: Capped,
    revision: Option<u64>,
    NewCap { most, kind }: NewCap,
) -> Result<CapUse, Problem> {
    let organization = within.organization;
    let set = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageOrganizations>(organization)?;
        grant.caps(of)?.set(revision, most, kind.into())
    });
    set.await
}
