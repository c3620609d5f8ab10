//! Changing a reply profile.

use directory::access::ManageConfiguration;
use directory::records::ReplyProfileFields;
use serde::Deserialize;
use utoipa::ToSchema;

use super::attributes::ReplyAttribute;
use super::{ReplyProfile, VendorAttribute};
use crate::body::Body;
use crate::caller::{Item, Within};
use crate::patch::{present, set};
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// What changes of a reply profile; what is left out stays, null clears.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"vlan": "30", "idle_timeout": null}))]
pub(crate) struct ReplyProfilePatch {
    /// The profile's name.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String)]
    name: Option<String>,
    /// The VLAN's number (1 to 4094) or name.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    vlan: Option<Option<String>>,
    /// Names of filters or access lists on the gear, in order (`Filter-Id`).
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Vec<String>)]
    filters: Option<Vec<String>>,
    /// Opaque classes that the gear returns in accounting, in order (`Class`).
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Vec<String>)]
    classes: Option<Vec<String>>,
    /// Seconds until the gear ends the session.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<u32>)]
    session_timeout: Option<Option<u32>>,
    /// Seconds without traffic until the gear ends the session.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<u32>)]
    idle_timeout: Option<Option<u32>>,
    /// Vendors' own attributes, in order.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Vec<VendorAttribute>)]
    vendor_attributes: Option<Vec<VendorAttribute>>,
    /// Attributes by their names, in order, behind all others.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Vec<ReplyAttribute>)]
    attributes: Option<Vec<ReplyAttribute>>,
}

/// Changes a reply profile.
#[utoipa::path(
    patch,
    path = "/organizations/{organization}/reply-profiles/{reply_profile}",
    tag = "Reply profiles",
    params(IfMatch),
    request_body = ReplyProfilePatch,
    responses((status = 200, description = "As changed.", body = ReplyProfile)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn update_reply_profile(
    within: Within<ManageConfiguration>,
    Item(reply_profile): Item,
    IfMatch(revision): IfMatch,
    Body(patch): Body<ReplyProfilePatch>,
) -> Result<Revised<ReplyProfile>, Problem> {
    let organization = within.organization;
    let changed = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        let mut profiles = grant.reply_profiles();
        let id = profiles.id_of(reply_profile)?;
        profiles.update(id, revision, |profile| {
            patch.apply(&mut profile.fields);
            Ok(())
        })
    });
    Ok(changed.await?.into())
}

impl ReplyProfilePatch {
    fn apply(self, fields: &mut ReplyProfileFields) {
        let attributes = self.vendor_attributes;
        let attributes = attributes.map(|list| list.into_iter().map(Into::into).collect());
        set(&mut fields.name, self.name);
        set(&mut fields.vlan, self.vlan);
        set(&mut fields.filters, self.filters);
        set(&mut fields.classes, self.classes);
        set(&mut fields.session_timeout, self.session_timeout);
        set(&mut fields.idle_timeout, self.idle_timeout);
        set(&mut fields.vendor_attributes, attributes);
        let named = self.attributes;
        set(&mut fields.attributes, named.map(|list| list.into_iter().map(Into::into).collect()));
    }
}
