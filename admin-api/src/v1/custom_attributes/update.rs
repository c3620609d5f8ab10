//! Changing a custom attribute.

use directory::access::ManageConfiguration;
use serde::Deserialize;
use utoipa::ToSchema;

use super::CustomAttribute;
use crate::body::Body;
use crate::caller::{Item, Within};
use crate::patch::{present, set};
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// What changes of a custom attribute; what is left out stays, null clears.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"indexed": true}))]
pub(crate) struct CustomAttributePatch {
    /// Free text.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// Whether an entry may have several values; this can be allowed, not taken back.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool)]
    multiple: Option<bool>,
    /// Whether an index serves filters on it. Entries follow soon after; see `settled`.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool)]
    indexed: Option<bool>,
}

/// Changes a custom attribute.
#[utoipa::path(
    patch,
    path = "/organizations/{organization}/custom-attributes/{custom_attribute}",
    tag = "Custom attributes",
    params(IfMatch),
    request_body = CustomAttributePatch,
    responses((status = 200, description = "As changed.", body = CustomAttribute)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn update_custom_attribute(
    within: Within<ManageConfiguration>,
    Item(custom_attribute): Item,
    IfMatch(revision): IfMatch,
    Body(patch): Body<CustomAttributePatch>,
) -> Result<Revised<CustomAttribute>, Problem> {
    let organization = within.organization;
    let changed = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        let mut attributes = grant.custom_attributes();
        let id = attributes.id_of(custom_attribute)?;
        attributes.update(id, revision, |attribute| {
            set(&mut attribute.fields.description, patch.description);
            set(&mut attribute.fields.multiple, patch.multiple);
            set(&mut attribute.fields.indexed, patch.indexed);
            Ok(())
        })
    });
    Ok(changed.await?.into())
}
