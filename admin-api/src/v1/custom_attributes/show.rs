//! One custom attribute.

use directory::access::View;

use super::CustomAttribute;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::Revised;

/// Shows a custom attribute.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/custom-attributes/{custom_attribute}",
    tag = "Custom attributes",
    responses((status = 200, description = "The attribute.", body = CustomAttribute)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_custom_attribute(
    within: Within<View>,
    Item(custom_attribute): Item,
) -> Result<Revised<CustomAttribute>, Problem> {
    let reading = within.caller.read()?;
    let attributes = reading.authorize::<View>(within.organization)?.custom_attributes();
    Ok(attributes.read(attributes.id_of(custom_attribute)?)?.into())
}
