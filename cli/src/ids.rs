//! Ids in what was answered, put otherwise where people read them.

use serde_json::{Map, Value};
use uuid::Uuid;

/// Of what a member of something holds ids, if it holds any.
pub(crate) type Holds<'h> = dyn Fn(&Map<String, Value>, &str) -> Option<&'static str> + 'h;
/// What is put in the place of an id of such things.
pub(crate) type Put<'p> = dyn Fn(&str, String) -> String + 'p;

/// A value in which the ids that its members hold are put otherwise, however deep they are.
pub(crate) fn put(value: Value, holds: &Holds<'_>, with: &Put<'_>) -> Value {
    match value {
        Value::Object(members) => {
            let held: Vec<_> = members.keys().map(|name| holds(&members, name)).collect();
            let members = members.into_iter().zip(held).map(|((name, member), held)| {
                let member = match held {
                    Some(things) => named(member, &|id| with(things, id)),
                    None => member,
                };
                (name, put(member, holds, with))
            });
            Value::Object(members.collect::<Map<_, _>>())
        }
        Value::Array(items) => items.into_iter().map(|item| put(item, holds, with)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

/// What a member holds, put otherwise where it is an id or several.
fn named(member: Value, with: &dyn Fn(String) -> String) -> Value {
    match member {
        Value::String(id) if Uuid::parse_str(&id).is_ok() => Value::String(with(id)),
        Value::Array(items) => items.into_iter().map(|item| named(item, with)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            member
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    #[test]
    fn ids_are_put_otherwise_where_a_member_holds_them() {
        let holds = |members: &Map<String, Value>, name: &str| {
            (name == "owner" && !members.contains_key("said")).then_some("users")
        };
        let told = |things: &str, _: String| format!("one of {things}");
        let value = json!({
            "owner": [ID, "ada", [ID]],
            "id": ID,
            "inner": [{"owner": ID}, {"owner": ID, "said": true}, {"owner": {"id": ID}}],
        });
        let expected = json!({
            "owner": ["one of users", "ada", ["one of users"]],
            "id": ID,
            "inner": [{"owner": "one of users"}, {"owner": ID, "said": true}, {"owner": {"id": ID}}],
        });
        assert_eq!(put(value, &holds, &told), expected);
    }
}
