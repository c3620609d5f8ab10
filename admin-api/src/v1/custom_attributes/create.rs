//! Defining a custom attribute.

use directory::access::ManageConfiguration;
use directory::records::CustomAttributeFields;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{CustomAttribute, Syntax};
use crate::body::Body;
use crate::caller::Within;
use crate::problem::Problem;
use crate::revision::Created;

/// What a custom attribute starts with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "costCenter", "syntax": "text", "indexed": true}))]
pub(crate) struct NewCustomAttribute {
    /// The attribute's name, in LDAP as well: a letter, then letters, digits and hyphens. It must
    /// not be the name of an attribute that every organization has. Standard ones that nobody has
    /// values of otherwise (`employeeType`, `l`, `c`, `manager`, `secretary`, `seeAlso`,
    /// `homePhone`, `jpegPhoto` and the like) can be defined, in the form that the standard gives
    /// them. It stays as it is.
    name: String,
    /// Free text.
    description: Option<String>,
    /// The form of its values. It stays as it is.
    syntax: Syntax,
    /// Whether an entry may have several values.
    #[serde(default)]
    multiple: bool,
    /// Whether an index serves filters on it: of references always, of others if it is true.
    indexed: Option<bool>,
}

/// Defines a custom attribute of users and groups; an organization has 64 at most.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/custom-attributes",
    tag = "Custom attributes",
    request_body = NewCustomAttribute,
    responses((status = 201, description = "Made.", body = CustomAttribute)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn create_custom_attribute(
    within: Within<ManageConfiguration>,
    Body(new): Body<NewCustomAttribute>,
) -> Result<Created<CustomAttribute>, Problem> {
    let organization = within.organization;
    let fields = CustomAttributeFields {
        name: new.name,
        description: new.description,
        indexed: new.indexed.unwrap_or(matches!(new.syntax, Syntax::Reference)),
        syntax: new.syntax.into(),
        multiple: new.multiple,
    };
    let made = within.caller.change(move |change| {
        change.authorize::<ManageConfiguration>(organization)?.custom_attributes().create(fields)
    });
    Ok(Created(made.await?.1.into()))
}
