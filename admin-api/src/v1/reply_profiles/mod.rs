//! Reply profiles: the RADIUS attributes that an accept carries.

mod attributes;
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
use crate::network::Address;
use crate::revision::Revised;
use attributes::ReplyAttribute;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_reply_profiles, create::create_reply_profile))
        .routes(routes!(
            show::show_reply_profile,
            update::update_reply_profile,
            delete::delete_reply_profile
        ))
        .merge(attributes::routes())
}

/// A reply profile.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReplyProfile {
    /// The profile's id.
    id: Uuid,
    /// When it was made.
    created: Moment,
    /// When it was last changed.
    modified: Moment,
    /// The profile's name.
    name: String,
    /// The VLAN's number (1 to 4094) or name.
    #[schema(required)]
    vlan: Option<String>,
    /// Names of filters or access lists on the gear, in order (`Filter-Id`).
    filters: Vec<String>,
    /// Opaque classes that the gear returns in accounting, in order (`Class`).
    classes: Vec<String>,
    /// Seconds until the gear ends the session.
    #[schema(required)]
    session_timeout: Option<u32>,
    /// Seconds without traffic until the gear ends the session.
    #[schema(required)]
    idle_timeout: Option<u32>,
    /// Vendors' own attributes by their numbers, in order.
    vendor_attributes: Vec<VendorAttribute>,
    /// Attributes by their names, in order, behind all others.
    attributes: Vec<ReplyAttribute>,
}

/// What an accept carries with a reply profile, once facts about the user stand in it.
#[derive(Serialize, ToSchema)]
#[schema(as = RadiusReply)]
pub(crate) struct Carried {
    /// The VLAN's number (1 to 4094) or name.
    #[schema(required)]
    vlan: Option<String>,
    /// Names of filters or access lists on the gear, in order (`Filter-Id`).
    filters: Vec<String>,
    /// Opaque classes that the gear returns in accounting, in order (`Class`).
    classes: Vec<String>,
    /// Seconds until the gear ends the session.
    #[schema(required)]
    session_timeout: Option<u32>,
    /// Seconds without traffic until the gear ends the session.
    #[schema(required)]
    idle_timeout: Option<u32>,
    /// Vendors' own attributes by their numbers, in order.
    vendor_attributes: Vec<VendorAttribute>,
    /// Attributes by their names, in order, behind all others.
    attributes: Vec<ReplyAttribute>,
}

impl From<records::ReplyProfileFields> for Carried {
    fn from(fields: records::ReplyProfileFields) -> Self {
        Self {
            vlan: fields.vlan,
            filters: fields.filters,
            classes: fields.classes,
            session_timeout: fields.session_timeout,
            idle_timeout: fields.idle_timeout,
            vendor_attributes: fields.vendor_attributes.into_iter().map(Into::into).collect(),
            attributes: fields.attributes.into_iter().map(Into::into).collect(),
        }
    }
}

/// One attribute of a vendor's own.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"vendor": 9, "number": 1, "value": {"text": "shell:priv-lvl=15"}}))]
pub(crate) struct VendorAttribute {
    /// The vendor's enterprise number.
    vendor: u32,
    /// The attribute's number in the vendor's space.
    number: u8,
    /// Its value.
    value: VendorValue,
}

/// A vendor attribute's value.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum VendorValue {
    /// UTF-8 text.
    Text(String),
    /// A 32-bit number.
    Integer(u32),
    /// An IPv4 address.
    Address(Address),
}

impl From<records::ReplyProfile> for ReplyProfile {
    fn from(record: records::ReplyProfile) -> Self {
        let fields = record.fields;
        Self {
            id: record.uuid,
            created: Moment(record.stamp.created),
            modified: Moment(record.stamp.modified),
            name: fields.name,
            vlan: fields.vlan,
            filters: fields.filters,
            classes: fields.classes,
            session_timeout: fields.session_timeout,
            idle_timeout: fields.idle_timeout,
            vendor_attributes: fields.vendor_attributes.into_iter().map(Into::into).collect(),
            attributes: fields.attributes.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<records::ReplyProfile> for Revised<ReplyProfile> {
    fn from(record: records::ReplyProfile) -> Self {
        Self::new(record.stamp.revision, record.into())
    }
}

impl From<records::VendorAttribute> for VendorAttribute {
    fn from(attribute: records::VendorAttribute) -> Self {
        let value = match attribute.value {
            records::VendorValue::Text(text) => VendorValue::Text(text),
            records::VendorValue::Integer(number) => VendorValue::Integer(number),
            records::VendorValue::Address(address) => VendorValue::Address(Address(address)),
        };
        Self { vendor: attribute.vendor, number: attribute.number, value }
    }
}

impl From<VendorAttribute> for records::VendorAttribute {
    fn from(attribute: VendorAttribute) -> Self {
        let value = match attribute.value {
            VendorValue::Text(text) => records::VendorValue::Text(text),
            VendorValue::Integer(number) => records::VendorValue::Integer(number),
            VendorValue::Address(address) => records::VendorValue::Address(address.0),
        };
        Self { vendor: attribute.vendor, number: attribute.number, value }
    }
}
