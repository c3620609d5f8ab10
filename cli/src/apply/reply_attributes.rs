//! Attributes of reply profiles by name, as the API spells them.

use std::net::Ipv6Addr;

use serde_json::Value;

/// The member of a reply profile.
pub(super) const ATTRIBUTES: &str = "attributes";

/// Has an attribute spelled as the API shows it: its name as in the list of those that are known,
/// and what is no text by what it means. What is not known stays, and is refused by the server.
pub(super) fn settle(attribute: &mut Value, known: &[Value]) {
    let text = |value: &Value, member: &str| value.get(member)?.as_str().map(ToOwned::to_owned);
    let Some(called) = text(attribute, "name") else { return };
    let is_meant =
        |one: &&Value| text(one, "name").is_some_and(|name| name.eq_ignore_ascii_case(&called));
    let Some(meant) = known.iter().find(is_meant) else { return };
    let kind = text(meant, "kind").unwrap_or_default();
    let value = text(attribute, "value").and_then(|value| spelled(&kind, &value));
    let Some(members) = attribute.as_object_mut() else { return };
    members.extend(text(meant, "name").map(|name| ("name".to_owned(), name.into())));
    members.extend(value.map(|value| ("value".to_owned(), value.into())));
}

/// A value as the API writes those of a kind; nothing where it stays as it is.
fn spelled(kind: &str, value: &str) -> Option<String> {
    let address = |text: &str| text.parse::<Ipv6Addr>().ok();
    match kind {
        "octets" => Some(format!("0x{}", value.strip_prefix("0x")?.to_ascii_lowercase())),
        "ipv6_address" => address(value).map(|address| address.to_string()),
        "ipv6_prefix" => {
            let (prefix, length) = value.split_once('/')?;
            Some(format!("{}/{}", address(prefix)?, length.parse::<u8>().ok()?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What is made of an attribute with a name and a value.
    fn settled(name: &str, value: &Value) -> Value {
        let known = [
            json!({"name": "Filter-Id", "vendor": null, "number": 11, "kind": "text"}),
            json!({"name": "Class", "vendor": null, "number": 25, "kind": "octets"}),
            json!({"name": "Framed-IPv6-Address", "vendor": null, "number": 168, "kind": "ipv6_address"}),
            json!({"name": "Framed-IPv6-Prefix", "vendor": null, "number": 97, "kind": "ipv6_prefix"}),
        ];
        let mut attribute = json!({"name": name, "value": value});
        settle(&mut attribute, &known);
        attribute
    }

    #[test]
    fn an_attribute_is_called_as_the_list_of_known_ones_calls_it() {
        let expected = json!({"name": "Filter-Id", "value": "Staff"});
        assert_eq!(settled("filter-id", &json!("Staff")), expected);
        assert_eq!(settled("FILTER-ID", &json!("Staff")), expected);
        assert_ne!(settled("filter-id", &json!("staff")), expected, "a text is as it is written");
        let unknown = json!({"name": "filter_id", "value": "Staff"});
        assert_eq!(settled("filter_id", &json!("Staff")), unknown);
        let mut other = json!("filter-id");
        settle(&mut other, &[]);
        assert_eq!(other, json!("filter-id"));
    }

    #[test]
    fn a_value_is_spelled_by_what_it_means() {
        for (name, value, shown) in [
            ("class", "0xFF0A", "0xff0a"),
            ("class", "Staff", "Staff"),
            ("filter-id", "0xFF", "0xFF"),
            ("filter-id", "2001:DB8::1", "2001:DB8::1"),
            ("framed-ipv6-address", "2001:DB8:0::1", "2001:db8::1"),
            ("framed-ipv6-address", "192.0.2.1", "192.0.2.1"),
            ("framed-ipv6-prefix", "2001:DB8:7:0::/48", "2001:db8:7::/48"),
            ("framed-ipv6-prefix", "2001:DB8::", "2001:DB8::"),
        ] {
            assert_eq!(settled(name, &json!(value))["value"], shown, "{name}");
        }
        assert_eq!(settled("class", &json!(7))["value"], 7);
    }
}
