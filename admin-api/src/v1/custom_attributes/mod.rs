//! Custom attributes: what an organization keeps of users and groups beside what everybody does.

mod create;
mod delete;
mod list;
mod show;
mod update;

use directory::records;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::api::Api;
use crate::moment::Moment;
use crate::revision::Revised;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_custom_attributes, create::create_custom_attribute))
        .routes(routes!(
            show::show_custom_attribute,
            update::update_custom_attribute,
            delete::delete_custom_attribute
        ))
}

/// A custom attribute of users and groups.
#[derive(Serialize, ToSchema)]
pub(crate) struct CustomAttribute {
    /// The attribute's id.
    id: Uuid,
    /// When it was made.
    created: Moment,
    /// When it was last changed.
    modified: Moment,
    /// The attribute's name, in LDAP as well.
    name: String,
    /// Free text.
    #[schema(required)]
    description: Option<String>,
    /// The form of its values.
    syntax: Syntax,
    /// Whether an entry may have several values.
    multiple: bool,
    /// Whether an index serves filters on it.
    indexed: bool,
    /// Whether all entries followed the last change of `indexed`; until then no index serves.
    settled: bool,
    /// The attribute's number in the subschema.
    oid: String,
}

/// The form of an attribute's values.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Syntax {
    /// Text that compares without case.
    Text,
    /// Text that compares with case.
    ExactText,
    /// A whole number of 64 bits.
    Integer,
    /// True or false.
    Boolean,
    /// A time, to the millisecond.
    Time,
    /// Octets, in base64: at most 48 KiB each.
    Octets,
    /// A telephone number, which compares without spaces and hyphens.
    Telephone,
    /// The two letters of a country.
    Country,
    /// A user or a group of the organization. A new name shows at once, and who is deleted is named
    /// no more.
    Reference,
}

impl From<records::CustomAttribute> for CustomAttribute {
    fn from(record: records::CustomAttribute) -> Self {
        let fields = record.fields;
        Self {
            id: record.uuid,
            created: Moment(record.stamp.created),
            modified: Moment(record.stamp.modified),
            name: fields.name,
            description: fields.description,
            syntax: fields.syntax.into(),
            multiple: fields.multiple,
            indexed: fields.indexed,
            settled: record.work == records::Work::Done,
            oid: format!("2.25.{}", record.uuid.as_u128()),
        }
    }
}

impl From<records::CustomAttribute> for Revised<CustomAttribute> {
    fn from(record: records::CustomAttribute) -> Self {
        Self::new(record.stamp.revision, record.into())
    }
}

impl From<records::Syntax> for Syntax {
    fn from(syntax: records::Syntax) -> Self {
        match syntax {
            records::Syntax::Text => Self::Text,
            records::Syntax::ExactText => Self::ExactText,
            records::Syntax::Integer => Self::Integer,
            records::Syntax::Boolean => Self::Boolean,
            records::Syntax::Time => Self::Time,
            records::Syntax::Octets => Self::Octets,
            records::Syntax::Telephone => Self::Telephone,
            records::Syntax::Country => Self::Country,
            records::Syntax::Reference => Self::Reference,
        }
    }
}

impl From<Syntax> for records::Syntax {
    fn from(syntax: Syntax) -> Self {
        match syntax {
            Syntax::Text => Self::Text,
            Syntax::ExactText => Self::ExactText,
            Syntax::Integer => Self::Integer,
            Syntax::Boolean => Self::Boolean,
            Syntax::Time => Self::Time,
            Syntax::Octets => Self::Octets,
            Syntax::Telephone => Self::Telephone,
            Syntax::Country => Self::Country,
            Syntax::Reference => Self::Reference,
        }
    }
}
