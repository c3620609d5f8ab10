//! Values of custom attributes as the API writes them.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use directory::records::{CustomAttribute, CustomValues, Syntax, Values};
use directory::{Invalid, Schema};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Values of the organization's own attributes by name: a value, or a list of values where an
/// attribute may have several. Texts and numbers are themselves, booleans true or false, times as
/// in `2030-01-31T12:00:00Z`, octets in base64.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[schema(
    value_type = BTreeMap<String, Value>,
    example = json!({"costCenter": "4711", "badges": [12, 17]})
)]
pub(crate) struct Custom(BTreeMap<String, Value>);

/// What changes of the values of the organization's own attributes: what is left out stays, null
/// clears, a value or a list of values replaces.
#[derive(Default, Deserialize, ToSchema)]
#[schema(
    value_type = BTreeMap<String, Value>,
    example = json!({"costCenter": "4712", "badges": null})
)]
pub(crate) struct CustomPatch(BTreeMap<String, Value>);

impl Custom {
    /// Shows a record's values.
    pub(crate) fn of(values: &CustomValues, schema: &Schema) -> Self {
        let shown = schema.shown(values).map(|(attribute, values)| {
            let mut list = listed(values);
            let value = match (attribute.fields.multiple, list.len()) {
                (false, 1) => list.swap_remove(0),
                _ => Value::Array(list),
            };
            (attribute.fields.name.clone(), value)
        });
        Self(shown.collect())
    }

    /// The values of a new record.
    ///
    /// # Errors
    /// `Invalid` names the first that is not acceptable.
    pub(crate) fn into_values(self, schema: &Schema) -> Result<CustomValues, Invalid> {
        let mut values = CustomValues::default();
        CustomPatch(self.0).apply(&mut values, schema)?;
        Ok(values)
    }
}

impl CustomPatch {
    /// Changes a record's values.
    ///
    /// # Errors
    /// `Invalid` names the first that is not acceptable.
    pub(crate) fn apply(self, values: &mut CustomValues, schema: &Schema) -> Result<(), Invalid> {
        for (name, given) in self.0 {
            let pointer = format!("/custom/{}", name.replace('~', "~0").replace('/', "~1"));
            let Some(attribute) = schema.named(&name) else {
                return Err(Invalid::new(pointer, "the organization defines no such attribute"));
            };
            values.set(attribute.number, read(attribute, &pointer, given)?);
        }
        Ok(())
    }
}

fn listed(values: &Values) -> Vec<Value> {
    match values {
        Values::Text(texts) | Values::ExactText(texts) => {
            texts.iter().cloned().map(Value::from).collect()
        }
        Values::Integer(numbers) => numbers.iter().copied().map(Value::from).collect(),
        Values::Boolean(truths) => truths.iter().copied().map(Value::from).collect(),
        Values::Time(times) => times
            .iter()
            .filter_map(|time| Timestamp::from_millisecond(*time).ok())
            .map(|time| time.to_string().into())
            .collect(),
        Values::Octets(values) => {
            values.iter().map(|value| STANDARD.encode(value).into()).collect()
        }
    }
}

fn read(attribute: &CustomAttribute, pointer: &str, given: Value) -> Result<Values, Invalid> {
    let list = match given {
        Value::Null => Vec::new(),
        Value::Array(list) => list,
        one @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
            vec![one]
        }
    };
    let wanted = match attribute.fields.syntax {
        Syntax::Text | Syntax::ExactText => "must be text",
        Syntax::Integer => "must be a whole number of 64 bits",
        Syntax::Boolean => "must be true or false",
        Syntax::Time => "must be a time such as 2030-01-31T12:00:00Z",
        Syntax::Octets => "must be octets in base64",
    };
    let read = each(attribute.fields.syntax, &list);
    read.ok_or_else(|| Invalid::new(pointer, wanted))
}

fn each(syntax: Syntax, list: &[Value]) -> Option<Values> {
    let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
    Some(match syntax {
        Syntax::Text => Values::Text(list.iter().map(text).collect::<Option<_>>()?),
        Syntax::ExactText => Values::ExactText(list.iter().map(text).collect::<Option<_>>()?),
        Syntax::Integer => Values::Integer(list.iter().map(Value::as_i64).collect::<Option<_>>()?),
        Syntax::Boolean => Values::Boolean(list.iter().map(Value::as_bool).collect::<Option<_>>()?),
        Syntax::Time => Values::Time(list.iter().map(time).collect::<Option<_>>()?),
        Syntax::Octets => Values::Octets(list.iter().map(octets).collect::<Option<_>>()?),
    })
}

fn time(value: &Value) -> Option<i64> {
    let time: Timestamp = value.as_str()?.parse().ok()?;
    // LDAP writes years of four digits.
    let year = time.to_zoned(jiff::tz::TimeZone::UTC).year();
    (0..=9999).contains(&year).then(|| time.as_millisecond())
}

fn octets(value: &Value) -> Option<Vec<u8>> {
    STANDARD.decode(value.as_str()?).ok().filter(|octets| !octets.is_empty())
}
