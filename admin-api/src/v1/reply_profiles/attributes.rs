//! Attributes of accepts by name, as the API spells them, and profiles to begin with.

use axum::Json;
use directory::ReplyKind;
use directory::records::{self, NamedValue};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::caller::Caller;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_reply_attributes)).routes(routes!(list_reply_presets))
}

/// An attribute by its name.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Cisco-AVPair", "value": "shell:priv-lvl=15"}))]
pub(crate) struct ReplyAttribute {
    /// The name, such as `Filter-Id` or `Fortinet-Group-Name`; `GET /v1/reply-attributes` lists
    /// them.
    name: String,
    /// The tag that joins tunnel attributes, 0 to 31 (RFC 2868); only for those that have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tag: Option<u8>,
    /// A number, or text. In text `{login}`, `{mail}`, `{display_name}`, `{group}` and `{groups}`
    /// stand for those of whom is let in; `{group}` is the first group that the rule names, or else
    /// the client allows, and the user is in, and `{groups}` are the names of all groups that the
    /// user is in, by way of nested ones as well, with a `;` between two: as many as fit into 247
    /// octets, those that the rule names or the client allows first, then the oldest. A name with a
    /// `;` is left out. `{custom.NAME}` is the first value of the organization's own attribute of this
    /// name. Who has no such thing is not let in. The same goes for every other text of
    /// a profile. Octets may be written as `0x` and hexadecimal digits. A text with places for facts may
    /// also stand for a number, an address or a prefix, but not with `{group}` and `{groups}`: what is
    /// told is read as the attribute's kind for each accept, and who has nothing that can be read so is
    /// not let in.
    value: AttributeValue,
}

/// A number, or text.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(untagged, expecting = "must be a whole number from 0 to 4294967295, or text")]
pub(crate) enum AttributeValue {
    /// A number.
    Integer(u32),
    /// Text, an address, a prefix, or octets.
    Text(String),
}

impl From<records::NamedAttribute> for ReplyAttribute {
    fn from(attribute: records::NamedAttribute) -> Self {
        let value = match attribute.value {
            NamedValue::Integer(number) => AttributeValue::Integer(number),
            NamedValue::Text(text) | NamedValue::Told(_, text) => AttributeValue::Text(text),
            NamedValue::Address(address) => AttributeValue::Text(address.to_string()),
            NamedValue::Ipv6Address(address) => AttributeValue::Text(address.to_string()),
            NamedValue::Ipv6Prefix(prefix) => AttributeValue::Text(prefix.to_string()),
            NamedValue::Octets(octets) => {
                let digits = octets.iter().map(|octet| format!("{octet:02x}"));
                AttributeValue::Text(format!("0x{}", digits.collect::<String>()))
            }
        };
        Self { name: attribute.name, tag: attribute.tag, value }
    }
}

impl From<ReplyAttribute> for records::NamedAttribute {
    fn from(attribute: ReplyAttribute) -> Self {
        let value = match attribute.value {
            AttributeValue::Integer(number) => NamedValue::Integer(number),
            AttributeValue::Text(text) => NamedValue::Text(text),
        };
        Self { name: attribute.name, vendor: None, number: 0, tag: attribute.tag, value }
    }
}

/// An attribute that an accept can carry.
#[derive(Serialize, ToSchema)]
pub(crate) struct KnownAttribute {
    /// Its name.
    name: &'static str,
    /// The vendor's enterprise number; null for a standard attribute.
    #[schema(required)]
    vendor: Option<u32>,
    /// Its number, in the vendor's space where there is a vendor.
    number: u8,
    /// `text`, `octets`, `integer`, `address`, `ipv6_address`, `ipv6_prefix`, `tagged_text` or
    /// `tagged_integer`.
    #[schema(value_type = String)]
    kind: ReplyKind,
}

/// Lists the attributes that reply profiles can name.
#[utoipa::path(
    get,
    path = "/reply-attributes",
    tag = "Reply profiles",
    responses((status = 200, description = "The attributes.", body = Vec<KnownAttribute>))
)]
pub(crate) async fn list_reply_attributes(caller: Caller) -> Json<Vec<KnownAttribute>> {
    let known = caller.api.directory.tools().reply_attributes().iter();
    let shown = known.map(|it| KnownAttribute {
        name: it.name,
        vendor: it.vendor,
        number: it.number,
        kind: it.kind,
    });
    Json(shown.collect())
}

/// A reply profile to begin with.
#[derive(Serialize, ToSchema)]
pub(crate) struct Preset {
    /// What it is for.
    about: &'static str,
    /// The body of a request that makes it.
    #[schema(value_type = Object)]
    profile: Value,
}

/// Lists reply profiles to begin with: bodies for making one, whose values are to be changed.
#[utoipa::path(
    get,
    path = "/reply-presets",
    tag = "Reply profiles",
    responses((status = 200, description = "The presets.", body = Vec<Preset>))
)]
pub(crate) async fn list_reply_presets(_: Caller) -> Json<Vec<Preset>> {
    let preset = |about, profile| Preset { about, profile };
    let one = |name: &str, attribute: &str, value: &str| json!({"name": name, "attributes": [{"name": attribute, "value": value}]});
    let cisco = json!({"name": "Cisco privilege 15", "attributes": [
        {"name": "Service-Type", "value": 6},
        {"name": "Cisco-AVPair", "value": "shell:priv-lvl=15"}
    ]});
    Json(vec![
        preset("A VLAN, for access points and switches.", json!({"name": "VLAN 20", "vlan": "20"})),
        preset("The highest privilege at the console of Cisco IOS.", cisco),
        preset(
            "A group of a FortiGate, which its firewall policies name.",
            one("FortiGate group", "Fortinet-Group-Name", "{group}"),
        ),
        preset(
            "A group of RouterOS, for logins to MikroTik's gear.",
            one("MikroTik group", "Mikrotik-Group", "full"),
        ),
        preset(
            "A group of pfSense and OPNsense, which take it from Class.",
            one("pfSense group", "Class", "admins"),
        ),
        preset(
            "The groups of pfSense that are called as groups of the user are, all in one Class.",
            one("pfSense groups", "Class", "{groups}"),
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_value_is_told_in_words_of_the_api() {
        let read = |value: Value| {
            let attribute = json!({"name": "Session-Timeout", "value": value});
            serde_json::from_value::<ReplyAttribute>(attribute).map(drop)
        };
        for value in [json!(0), json!(u32::MAX), json!("text")] {
            assert!(read(value.clone()).is_ok(), "{value}");
        }
        for value in [json!(-1), json!(1_u64 << 32), json!(1.5), json!(true), json!([])] {
            let said = read(value.clone()).unwrap_err().to_string();
            let wanted = "must be a whole number from 0 to 4294967295, or text";
            assert_eq!(said, wanted, "{value}");
        }
    }
}
