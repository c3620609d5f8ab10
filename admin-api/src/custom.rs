//! Values of custom attributes as the API writes them.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use directory::records::{CustomAttribute, CustomValues, Syntax, Values};
use directory::search::EntryId;
use directory::{Called, Error, Invalid, References, Schema};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// Values of the organization's own attributes by name: a value, or a list of values where an
/// attribute may have several. Texts and numbers are themselves, booleans true or false, times as
/// in `2030-01-31T12:00:00Z`, octets in base64. A reference is the login of a user, or of a group
/// `{"group": "staff"}`; external ids are taken too, and a user can be written as
/// `{"user": "ada"}`.
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

/// Values of the organization's own attributes, each by the attribute's number.
pub(crate) struct Given(Vec<(u16, Values)>);

/// Finds users and groups that references are to.
pub(crate) type Find<'f> = &'f dyn Fn(Called<'_>) -> Result<Option<EntryId>, Error>;

impl Custom {
    /// Shows a record's values.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn of(
        values: &CustomValues,
        schema: &Schema,
        references: &References<'_>,
    ) -> Result<Self, Error> {
        let shown = schema.shown(values).map(|(attribute, values)| {
            let mut list = listed(values, references)?;
            let value = match (attribute.fields.multiple, list.len()) {
                (false, 1) => list.swap_remove(0),
                _ => Value::Array(list),
            };
            Ok((attribute.fields.name.clone(), value))
        });
        Ok(Self(shown.collect::<Result<_, Error>>()?))
    }

    /// The values of a new record.
    ///
    /// # Errors
    /// `Invalid` names the first that is not acceptable.
    pub(crate) fn into_values(
        self,
        schema: &Schema,
        find: Find<'_>,
    ) -> Result<CustomValues, Error> {
        let mut values = CustomValues::default();
        CustomPatch(self.0).read(schema, find)?.apply(&mut values);
        Ok(values)
    }
}

impl CustomPatch {
    /// Reads what is to change.
    ///
    /// # Errors
    /// `Invalid` names the first that is not acceptable.
    pub(crate) fn read(self, schema: &Schema, find: Find<'_>) -> Result<Given, Error> {
        let read = self.0.into_iter().map(|(name, given)| {
            let pointer = format!("/custom/{}", name.replace('~', "~0").replace('/', "~1"));
            let Some(attribute) = schema.named(&name) else {
                let message = "the organization defines no such attribute";
                return Err(Invalid::new(pointer, message).into());
            };
            Ok((attribute.number, read(attribute, &pointer, given, find)?))
        });
        read.collect::<Result<_, Error>>().map(Given)
    }
}

impl Given {
    /// Changes a record's values.
    pub(crate) fn apply(self, values: &mut CustomValues) {
        for (number, given) in self.0 {
            values.set(number, given);
        }
    }
}

fn listed(values: &Values, references: &References<'_>) -> Result<Vec<Value>, Error> {
    Ok(match values {
        Values::Text(texts)
        | Values::ExactText(texts)
        | Values::Telephone(texts)
        | Values::Country(texts) => texts.iter().cloned().map(Value::from).collect(),
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
        Values::Reference(entries) => {
            let shown = entries.iter().map(|entry| {
                let name = references.name(*entry)?;
                Ok(name.map(|name| match entry {
                    EntryId::User(_) => name.into(),
                    EntryId::Group(_) | EntryId::ServiceAccount(_) | EntryId::Device(_) => {
                        json!({"group": name})
                    }
                }))
            });
            shown.filter_map(Result::transpose).collect::<Result<_, Error>>()?
        }
    })
}

fn read(
    attribute: &CustomAttribute,
    pointer: &str,
    given: Value,
    find: Find<'_>,
) -> Result<Values, Error> {
    let list = match given {
        Value::Null => Vec::new(),
        Value::Array(list) => list,
        one @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
            vec![one]
        }
    };
    let wanted = match attribute.fields.syntax {
        Syntax::Text | Syntax::ExactText | Syntax::Telephone | Syntax::Country => "must be text",
        Syntax::Integer => "must be a whole number of 64 bits",
        Syntax::Boolean => "must be true or false",
        Syntax::Time => "must be a time such as 2030-01-31T12:00:00Z",
        Syntax::Octets => "must be octets in base64",
        Syntax::Reference => {
            let entries = list.iter().map(|one| entry(one, pointer, find));
            return entries.collect::<Result<_, _>>().map(Values::Reference);
        }
    };
    let read = each(attribute.fields.syntax, &list);
    read.ok_or_else(|| Invalid::new(pointer, wanted).into())
}

fn each(syntax: Syntax, list: &[Value]) -> Option<Values> {
    let texts = || {
        let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
        list.iter().map(text).collect::<Option<Vec<_>>>()
    };
    Some(match syntax {
        Syntax::Text => Values::Text(texts()?),
        Syntax::ExactText => Values::ExactText(texts()?),
        Syntax::Telephone => Values::Telephone(texts()?),
        Syntax::Country => Values::Country(texts()?),
        Syntax::Integer => Values::Integer(list.iter().map(Value::as_i64).collect::<Option<_>>()?),
        Syntax::Boolean => Values::Boolean(list.iter().map(Value::as_bool).collect::<Option<_>>()?),
        Syntax::Time => Values::Time(list.iter().map(time).collect::<Option<_>>()?),
        Syntax::Octets => Values::Octets(list.iter().map(octets).collect::<Option<_>>()?),
        Syntax::Reference => return None,
    })
}

/// The user or the group that a value names.
fn entry(value: &Value, pointer: &str, find: Find<'_>) -> Result<EntryId, Error> {
    let named = |kind: &str| {
        let object = value.as_object().filter(|object| object.len() == 1);
        object.and_then(|object| object.get(kind)).and_then(Value::as_str)
    };
    let called = match (value.as_str(), named("user"), named("group")) {
        (Some(name), ..) => Called::Either(name),
        (_, Some(name), _) => Called::User(name),
        (.., Some(name)) => Called::Group(name),
        (None, None, None) => {
            let message = "must be the name of a user or a group, or {\"group\": \"staff\"}";
            return Err(Invalid::new(pointer, message).into());
        }
    };
    let found = find(called)?;
    found.ok_or_else(|| Invalid::new(pointer, "there is no such user or group").into())
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
