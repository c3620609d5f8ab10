//! Whether what is there is what a file says.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::site::CUSTOM;
use super::spelling;
use crate::document::{Operation, Schemas};

/// Lists of texts or numbers whose order counts: the main mail address comes first, gear heeds what
/// an accept carries in order, and `{group}` is the first group that is named.
const ORDERED: &[&str] = &["allowed_groups", "classes", "filters", "mail"];
/// The same of lists in what stands in lists: the groups of rules.
const ORDERED_WITHIN: &str = "groups";
/// What certificates begin with, whose lines may end in several ways.
const PEM: &str = "-----BEGIN ";
/// How the API's document calls what is changed member by member.
const PATCH: &str = "Patch";

/// Where a value stands.
#[derive(Clone, Copy)]
struct At<'s> {
    /// The member that it is, or that it is an element of.
    name: &'s str,
    /// What the API's document says of it.
    schema: Option<&'s Value>,
    /// Whether it stands in what is an element of a list.
    within: bool,
}

impl Schemas {
    /// Whether a member is there as an operation would make it. Of what the API changes member by
    /// member that is compared which is wanted. What takes the place of the whole is compared as a
    /// whole: what a file leaves out of it is what the API takes it for.
    pub(super) fn is_same(
        &self,
        operation: Option<&Operation>,
        (name, wanted): (&str, &Value),
        there: &Value,
    ) -> bool {
        let shape = operation.and_then(|operation| operation.shape.as_ref());
        let schema = shape.and_then(|shape| self.member(shape, name));
        self.same(At { name, schema, within: false }, wanted, there)
    }

    fn same(&self, at: At<'_>, wanted: &Value, there: &Value) -> bool {
        match (wanted, there) {
            (Value::Object(wanted), Value::Object(there)) if at.name == CUSTOM => {
                same_customs(wanted, there)
            }
            (Value::Object(wanted), Value::Object(there)) => self.same_members(at, wanted, there),
            (Value::Array(wanted), Value::Array(there)) => self.same_lists(at, wanted, there),
            (Value::String(wanted), Value::String(there)) => {
                let in_words = || wanted.split_whitespace().eq(there.split_whitespace());
                self.spelled(at, wanted) == self.spelled(at, there)
                    || wanted.starts_with(PEM) && in_words()
            }
            (wanted, there) => wanted == there,
        }
    }

    fn same_members(
        &self,
        at: At<'_>,
        wanted: &Map<String, Value>,
        there: &Map<String, Value>,
    ) -> bool {
        let is_patch = at.schema.is_some_and(is_patch);
        let others = there.keys().filter(|_| !is_patch);
        let mut names = wanted.keys().chain(others);
        names.all(|name| {
            let schema = at.schema.and_then(|schema| self.member(schema, name));
            let inner = At { name, schema, within: at.within };
            self.same(inner, &self.said(inner, wanted), &self.said(inner, there))
        })
    }

    fn same_lists(&self, at: At<'_>, wanted: &[Value], there: &[Value]) -> bool {
        let is_ordered = ORDERED.contains(&at.name) || at.within && at.name == ORDERED_WITHIN;
        let text = |one: &Value| match one {
            Value::String(text) => Some(json!(self.spelled(at, text)).to_string()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        let texts = |list: &[Value]| -> Option<Vec<String>> {
            let mut texts: Vec<String> = list.iter().map(text).collect::<Option<_>>()?;
            if !is_ordered {
                texts.sort_unstable();
            }
            Some(texts)
        };
        if let (Some(wanted), Some(there)) = (texts(wanted), texts(there)) {
            return wanted == there;
        }
        let schema = at.schema.and_then(|schema| self.resolved(schema).get("items"));
        let inner = At { schema, within: true, ..at };
        let mut pairs = wanted.iter().zip(there);
        wanted.len() == there.len() && pairs.all(|(one, other)| self.same(inner, one, other))
    }

    /// What a member is, or what the API takes it for where nothing is said of it.
    fn said<'v>(&self, at: At<'_>, members: &'v Map<String, Value>) -> Cow<'v, Value> {
        let said = members.get(at.name).filter(|value| !value.is_null());
        said.map_or_else(|| Cow::Owned(self.unsaid(at)), Cow::Borrowed)
    }

    fn unsaid(&self, at: At<'_>) -> Value {
        // The document says nothing of these.
        let known = match at.name {
            "required" => Some(json!(true)),
            "tag" => Some(json!(0)),
            "transport" => Some(json!("tls")),
            _ => None,
        };
        let stated = || at.schema.and_then(|schema| schema.get("default")).cloned();
        known.or_else(stated).unwrap_or_else(|| {
            let kind = at.schema.and_then(|schema| self.resolved(schema).get("type"));
            match kind.and_then(Value::as_str) {
                Some("array") => json!([]),
                Some("boolean") => json!(false),
                _ => Value::Null,
            }
        })
    }

    /// A text as it is compared where it stands: what the server writes in one way is the same in
    /// each.
    fn spelled(&self, at: At<'_>, text: &str) -> String {
        let known = match at.name {
            "addresses" => spelling::hardware_address(text),
            "base" => Some(spelling::base(text)),
            "certificate" => spelling::certificates(text),
            "domain" => spelling::domain(text),
            "fingerprints" => spelling::fingerprint(text),
            "names" => Some(text.to_ascii_lowercase()),
            "nas_networks" | "source" | "sources" => spelling::network(text),
            _ if self.is_moment(at) => spelling::moment(text),
            _ => None,
        };
        known.unwrap_or_else(|| text.to_owned())
    }

    fn is_moment(&self, at: At<'_>) -> bool {
        let format = at.schema.and_then(|schema| self.resolved(schema).get("format"));
        format.and_then(Value::as_str) == Some("date-time")
    }

    /// The member of what a schema describes, in one of its forms.
    fn member<'s>(&'s self, schema: &'s Value, name: &str) -> Option<&'s Value> {
        let schema = self.resolved(schema);
        let of = |schema: &'s Value| self.resolved(schema).get("properties")?.get(name);
        of(schema).or_else(|| schema.get("oneOf")?.as_array()?.iter().find_map(of))
    }
}

/// Whether the API changes something member by member.
fn is_patch(schema: &Value) -> bool {
    schema.get("$ref").and_then(Value::as_str).is_some_and(|name| name.ends_with(PATCH))
}

/// Values of an organization's own attributes, whose names are compared without case.
fn same_customs(wanted: &Map<String, Value>, there: &Map<String, Value>) -> bool {
    wanted.iter().all(|(name, value)| {
        let own = there.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        values(Some(value)) == values(own.map(|(_, value)| value))
    })
}

/// The values of such an attribute, which have no order; one may stand without a list.
fn values(said: Option<&Value>) -> Vec<String> {
    let mut values = match said {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(list)) => list.iter().map(Value::to_string).collect(),
        Some(one) => vec![one.to_string()],
    };
    values.sort_unstable();
    values
}

#[cfg(test)]
mod tests {
    use super::super::kinds::KINDS;
    use super::super::parts::{HEAD, PARTS};
    use super::*;
    use crate::document::Document;

    /// Whether a member of an operation's body is the same, wanted and there.
    fn same(operation: &str, field: &str, (wanted, there): (Value, Value)) -> bool {
        let document = Document::read().unwrap();
        let operation = document.operation(operation).unwrap();
        document.schemas.is_same(Some(operation), (field, &wanted), &there)
    }

    fn client(field: &str, wanted: Value, there: Value) -> bool {
        same("update_radius_client", field, (wanted, there))
    }

    /// A rule as the server shows it.
    fn rule() -> Value {
        json!({
            "name": "staff", "groups": ["staff", "guests"], "methods": [], "port_types": [19],
            "ssids": ["Staff"], "nas_identifiers": [], "nas_networks": ["192.0.2.0/24"],
            "times": [{"days": ["monday", "friday"], "from": "07:00", "to": "20:00"}],
            "service_types": [], "with_device": null, "with_device_groups": [],
            "verdict": "accept", "reply_profile": "wifi", "reply_message": null
        })
    }

    /// The same with one member otherwise, or without it.
    fn with(mut value: Value, member: &str, other: Option<Value>) -> Value {
        let members = value.as_object_mut().unwrap();
        match other {
            Some(other) => members.insert(member.to_owned(), other),
            None => members.remove(member),
        };
        value
    }

    #[test]
    fn what_is_left_out_of_a_rule_is_taken_from_it() {
        let is_same = |wanted: Value| client("rules", json!([wanted]), json!([rule()]));
        assert!(is_same(rule()));
        let unsaid =
            ["methods", "nas_identifiers", "service_types", "with_device", "reply_message"];
        for empty in unsaid {
            assert!(is_same(with(rule(), empty, None)), "{empty}");
        }
        for said in ["groups", "ssids", "port_types", "times", "nas_networks", "reply_profile"] {
            assert!(!is_same(with(rule(), said, None)), "{said}");
        }
        let told = with(rule(), "reply_message", Some(json!("Ask the help desk.")));
        assert!(!is_same(told.clone()));
        assert!(client("rules", json!([told]), json!([told])));
        assert!(!client("rules", json!([rule()]), json!([told])));
        let times = json!([{"days": ["friday", "monday"], "from": "07:00", "to": "20:00"}]);
        assert!(is_same(with(rule(), "times", Some(times))), "days have no order");
        assert!(is_same(with(rule(), "nas_networks", Some(json!(["192.0.2.7/24"])))));
        assert!(!is_same(with(rule(), "port_types", Some(json!([15])))));
        assert!(!is_same(with(rule(), "ssids", Some(json!(["staff"])))));
        let other = Some(json!(["guests", "staff"]));
        assert!(!is_same(with(rule(), "groups", other)), "the first one is {{group}}");
        assert!(!client("rules", json!([]), json!([rule()])));
    }

    #[test]
    fn what_takes_the_place_of_the_whole_is_compared_as_a_whole() {
        let orders = json!({
            "port": 3799, "suspended": "disconnect", "locked": "nothing",
            "disconnect_when_refused": false
        });
        let order = |wanted: Value| client("orders", wanted, orders.clone());
        assert!(order(json!({"suspended": "disconnect"})));
        assert!(!order(json!({})) && !order(json!({"suspended": "disconnect", "port": 1700})));
        let known = json!({"fingerprints": ["ab".repeat(32)], "names": ["gate.acme.example"]});
        let certificates = |wanted: Value| client("certificates", wanted, known.clone());
        let colons = ["AB"; 32].join(":");
        assert!(certificates(json!({"fingerprints": [colons], "names": ["GATE.acme.example"]})));
        assert!(!certificates(json!({"names": ["gate.acme.example"]})));
        let update = "update_organization_event_destination";
        let filter = json!({"actions": ["created"], "success": false, "source": "192.0.2.7/32"});
        let filtered = |wanted: Value| same(update, "filter", (wanted, filter.clone()));
        let near = json!({"actions": ["created"], "success": false, "source": "192.0.2.7"});
        assert!(filtered(near.clone()));
        assert!(!filtered(with(near, "success", None)), "false is no nothing");
        let shown = json!({"host": "siem", "port": 6514, "transport": "tls", "server_name": null});
        assert!(same(update, "syslog", (json!({"host": "siem"}), shown.clone())));
        let named = with(shown, "server_name", Some(json!("siem.example")));
        assert!(!same(update, "syslog", (json!({"host": "siem"}), named)));
        let aliases = |layout: &str| json!([{"base": "o=acme,dc=old", "layout": layout}]);
        let spelled = json!([{"base": "O=Acme, dc=old", "layout": "rfc2307"}]);
        assert!(same("set_aliases", "aliases", (spelled.clone(), aliases("rfc2307"))));
        assert!(!same("set_aliases", "aliases", (spelled, aliases("jumpcloud"))));
    }

    #[test]
    fn what_is_changed_member_by_member_is_compared_by_what_is_wanted() {
        let policy = |wanted: Value| {
            let there = json!({
                "screen_lock": {"required": true, "delay": 300}, "allowed_networks": {"ssids": []}
            });
            same("update_security_policy", "settings", (wanted, there))
        };
        assert!(policy(json!({})) && policy(json!({"screen_lock": {"delay": 300}})));
        assert!(!policy(json!({"screen_lock": {"delay": 300, "required": false}})));
        assert!(!policy(json!({"screen_lock": null})) && policy(json!({"os_updates": null})));
        let lockout = json!({"threshold": 7, "window": 1, "duration": 1});
        assert!(same("update_settings", "lockout", (json!({"threshold": 7}), lockout.clone())));
        assert!(!same("update_settings", "lockout", (json!({"threshold": 8}), lockout)));
        let document = Document::read().unwrap();
        let updates = KINDS.iter().map(|kind| kind.update);
        let parts = [&HEAD].into_iter().chain(PARTS).flat_map(|part| part.changes).copied();
        let mut merged = Vec::new();
        for operation in updates.chain(parts) {
            let shape = document.operation(operation).unwrap().shape.as_ref().unwrap();
            let members = document.schemas.resolved(shape).get("properties").unwrap();
            let own = members.as_object().unwrap().iter().filter(|(_, schema)| is_patch(schema));
            merged.extend(own.map(|(name, _)| name.clone()));
        }
        merged.sort_unstable();
        merged.dedup();
        let known =
            ["admin_sessions", "custom", "lockout", "password_policy", "second_factor", "settings"];
        assert_eq!(merged, known);
    }

    #[test]
    fn the_order_of_a_list_counts_where_something_heeds_it() {
        let differ = |operation: &str, field: &str| {
            assert!(same(operation, field, (json!(["a", "b"]), json!(["a", "b"]))), "{field}");
            !same(operation, field, (json!(["b", "a"]), json!(["a", "b"])))
        };
        assert!(differ("update_user", "mail") && !differ("update_user", "ssh_keys"));
        assert!(differ("update_reply_profile", "filters"));
        assert!(differ("update_reply_profile", "classes"));
        assert!(differ("update_radius_client", "allowed_groups"));
        assert!(!differ("update_device", "groups") && !differ("update_settings", "eap_methods"));
        assert!(!same("update_user", "ssh_keys", (json!(["a", "a", "b"]), json!(["a", "b", "b"]))));
    }

    #[test]
    fn texts_are_the_same_as_they_are_written_but_for_addresses() {
        let user = |field: &str, one: &str, other: &str| {
            same("update_user", field, (json!([one]), json!([other])))
        };
        let key =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAJu435aOINkIwk3Q3fL6ek9UkyjbwbGFmawBJeE9CbK";
        assert!(!user("ssh_keys", &format!("{key} Ada"), &format!("{key} ada")));
        assert!(!user("mail", "Ada@acme.example", "ada@acme.example"));
        let profile =
            |one: &str| same("update_reply_profile", "filters", (json!([one]), json!(["in"])));
        assert!(profile("in") && !profile("IN"));
        let device = |one: &str| {
            same("update_device", "addresses", (json!([one]), json!(["00:10:a4:23:19:c0"])))
        };
        assert!(device("00-10-A4-23-19-C0") && !device("00-10-A4-23-19-C1"));
        assert!(client("sources", json!(["192.0.2.7"]), json!(["192.0.2.7/32"])));
        let pem = |inner: &str| format!("-----BEGIN X-----\r\n{inner}\r\n-----END X-----\r\n");
        let there = json!("-----BEGIN X-----\nAA\n-----END X-----");
        let authority = |inner: &str| {
            let wanted = json!(pem(inner));
            same("update_certificate_authority", "certificate", (wanted, there.clone()))
        };
        assert!(authority("AA") && !authority("AB"));
        let tagged = json!([{"name": "Tunnel-Private-Group-Id", "tag": 0, "value": "20"}]);
        let untagged = json!([{"name": "Tunnel-Private-Group-Id", "value": "20"}]);
        assert!(same("update_reply_profile", "attributes", (untagged.clone(), tagged)));
        let other = json!([{"name": "Tunnel-Private-Group-Id", "tag": 1, "value": "20"}]);
        assert!(!same("update_reply_profile", "attributes", (untagged, other)));
    }

    #[test]
    fn moments_are_the_same_whatever_their_offset() {
        let there = json!("2025-12-31T22:00:00Z");
        let expires = |wanted: &str| same("update_user", "expires", (json!(wanted), there.clone()));
        assert!(expires("2026-01-01T00:00:00+02:00") && expires("2025-12-31T22:00:00.000Z"));
        assert!(!expires("2026-01-01T00:00:00+01:00") && !expires("2025-12-31T22:00:00.5Z"));
        assert!(!same("update_user", "expires", (Value::Null, there.clone())));
        let updates = |deadline: &str| {
            let wanted = json!({"os_updates": {"deadline": deadline}});
            let there = json!({"os_updates": {"deadline": there, "minimum_versions": []}});
            same("update_security_policy", "settings", (wanted, there))
        };
        assert!(updates("2025-12-31T23:00:00+01:00") && !updates("2025-12-31T23:00:00Z"));
        let title = (json!("2026-01-01T00:00:00+02:00"), json!("2025-12-31T22:00:00Z"));
        assert!(!same("update_user", "title", title), "a text that looks like one");
    }

    #[test]
    fn what_has_several_spellings_is_the_same_in_each_where_the_server_reads_it() {
        let organization = |field: &str, one: &str, other: &str| {
            same("update_organization", field, (json!(one), json!(other)))
        };
        assert!(organization("domain", "Müller.Example", "xn--mller-kva.example"));
        assert!(!organization("domain", "muller.example", "xn--mller-kva.example"));
        assert!(!organization("domain", "acme.example.", "acme.example"), "that is refused");
        assert!(organization("base", "DC=Acme, DC=Example", "dc=acme,dc=example"));
        assert!(!organization("name", "2001:DB8::1", "2001:db8::1"));
        let device = |one: &str| {
            same("update_device", "addresses", (json!([one]), json!(["00:10:a4:23:19:c0"])))
        };
        assert!(device("00:10a4.2319C0") && !device("00:10:a4:23:19:c0:00"));
        assert!(client("sources", json!(["2001:DB8:0::/48"]), json!(["2001:db8::/48"])));
        assert!(!client("sources", json!(["2001:db8::/47"]), json!(["2001:db8::/48"])));
        let pem = |letters: &str| {
            let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----");
            format!("{begin}\n{letters}\n{end}\n")
        };
        let authority = |wanted: String| {
            let pair = (json!(wanted), json!(pem("AAAA")));
            same("update_certificate_authority", "certificate", pair)
        };
        assert!(authority(format!("Issuer: Acme\r\n{}", pem("AAAA").replace('\n', "\r\n"))));
        assert!(!authority(format!("Issuer: Acme\n{}", pem("AAAB"))));
        assert!(!authority("Issuer: Acme".into()));
    }

    #[test]
    fn custom_values_are_the_same_as_they_are_written() {
        let custom = |wanted: Value| {
            same("update_user", CUSTOM, (wanted, json!({"badge": [7], "team": ["Red", "blue"]})))
        };
        assert!(custom(json!({"badge": 7})) && custom(json!({"Badge": [7], "other": null})));
        assert!(custom(json!({"team": ["blue", "Red"]})) && custom(json!({"other": []})));
        assert!(!custom(json!({"team": ["blue", "red"]})) && !custom(json!({"team": null})));
        assert!(!custom(json!({"badge": 8})) && !custom(json!({"other": "x"})));
    }
}
