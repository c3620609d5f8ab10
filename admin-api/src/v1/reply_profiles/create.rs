//! Making a reply profile.

use directory::access::ManageConfiguration;
use directory::records::ReplyProfileFields;
use serde::Deserialize;
use utoipa::ToSchema;

use super::attributes::ReplyAttribute;
use super::{ReplyProfile, VendorAttribute};
use crate::body::Body;
use crate::caller::Within;
use crate::problem::Problem;
use crate::revision::Created;

/// What a reply profile starts with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "staff wifi", "vlan": "20", "session_timeout": 28800}))]
pub(crate) struct NewReplyProfile {
    /// The profile's name; unique in the organization.
    name: String,
    /// The VLAN's number (1 to 4094) or name.
    vlan: Option<String>,
    /// Names of filters or access lists on the gear, in order (`Filter-Id`).
    #[serde(default)]
    filters: Vec<String>,
    /// Opaque classes that the gear returns in accounting, in order (`Class`).
    #[serde(default)]
    classes: Vec<String>,
    /// Seconds until the gear ends the session.
    session_timeout: Option<u32>,
    /// Seconds without traffic until the gear ends the session.
    idle_timeout: Option<u32>,
    /// Vendors' own attributes by their numbers, in order.
    #[serde(default)]
    vendor_attributes: Vec<VendorAttribute>,
    /// Attributes by their names, in order, behind all others.
    #[serde(default)]
    attributes: Vec<ReplyAttribute>,
}

/// Makes a reply profile.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/reply-profiles",
    tag = "Reply profiles",
    request_body = NewReplyProfile,
    responses((status = 201, description = "Made.", body = ReplyProfile)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn create_reply_profile(
    within: Within<ManageConfiguration>,
    Body(new): Body<NewReplyProfile>,
) -> Result<Created<ReplyProfile>, Problem> {
    let organization = within.organization;
    let made = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        grant.reply_profiles().create(new.into())
    });
    Ok(Created(made.await?.1.into()))
}

impl From<NewReplyProfile> for ReplyProfileFields {
    fn from(new: NewReplyProfile) -> Self {
        Self {
            name: new.name,
            vlan: new.vlan,
            filters: new.filters,
            classes: new.classes,
            session_timeout: new.session_timeout,
            idle_timeout: new.idle_timeout,
            vendor_attributes: new.vendor_attributes.into_iter().map(Into::into).collect(),
            attributes: new.attributes.into_iter().map(Into::into).collect(),
        }
    }
}
