//! Restoring a deleted user.

use directory::access::ManageIdentities;
use directory::collections::RestoredAs;
use directory::records::Capped;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body::Body;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::Revised;
use crate::v1::users::User;
use crate::warning::Warned;

/// What a user is restored with in place of what another has by now; an empty object for nothing.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"login": "ada.lovelace"}))]
pub(crate) struct Restoration {
    /// Another name to sign in with.
    login: Option<String>,
    /// Another POSIX user number.
    uid_number: Option<u32>,
}

/// Brings a deleted user back with what it had: state, attributes, password and second factor, and the
/// groups that there still are. Certificates that were issued for it stay revoked: `X-Tenantry-Warning` says
/// how many, so that others are issued.
///
/// When somebody else has its login or its POSIX number by now, that is the problem `/problems/taken`
/// with a pointer to it: give another one.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/deleted-users/{deleted_user}/restore",
    tag = "Deleted users",
    request_body = Restoration,
    responses((status = 200, description = "Restored.", body = User)),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn restore_deleted_user(
    within: Within<ManageIdentities>,
    Item(user): Item,
    Body(Restoration { login, uid_number }): Body<Restoration>,
) -> Result<Warned<Revised<User>>, Problem> {
    let organization = within.organization;
    let restored = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        let restored = grant.users().restore(user, RestoredAs { login, uid_number })?;
        let revoked = grant.users().revoked_certificates(restored.0)?;
        Ok((restored, grant.cap(Capped::Users)?, revoked))
    });
    let (restored, cap, revoked) = restored.await?;
    let warning = (revoked > 0).then(|| {
        format!("certificates of the user that were revoked, and stay so: {revoked}; issue others")
    });
    Ok(Warned::of(User::revised(&within, restored)?, cap).and(warning))
}
