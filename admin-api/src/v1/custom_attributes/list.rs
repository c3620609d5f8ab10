//! The list of custom attributes.

use directory::access::View;

use super::CustomAttribute;
use crate::body::Params;
use crate::caller::Within;
use crate::list::{List, Listed, NamedQuery};
use crate::problem::Problem;

/// Lists custom attributes in the order in which they were made.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/custom-attributes",
    tag = "Custom attributes",
    params(NamedQuery),
    responses((status = 200, description = "A page of attributes.", body = List<CustomAttribute>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_custom_attributes(
    within: Within<View>,
    Params(query): Params<NamedQuery>,
) -> Result<Listed<CustomAttribute>, Problem> {
    let asking = within.caller.asking();
    let looking = query.answer(asking, move |asked| {
        let reading = within.caller.read()?;
        let attributes = reading.authorize::<View>(within.organization)?.custom_attributes();
        asked.find(&attributes, |_, record| Ok(CustomAttribute::from(record)))
    });
    looking.await
}
