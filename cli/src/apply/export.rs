//! An organization as a file.

use serde_json::{Map, Value, json};

use super::kinds::{KINDS, MEMBERS, SETTINGS, STAGED, STATE, SUSPENDED};
use super::plan::{has, secret};
use super::work::Site;
use crate::document::Operation;
use crate::failure::Failure;

/// All that a file says of an organization, without secrets.
///
/// # Errors
/// When it cannot be read.
pub(super) fn exported(site: &Site<'_>) -> Result<Value, Failure> {
    let mut file = Map::new();
    let settings = kept(&site.settings, site.operation("update_settings")?);
    file.insert(SETTINGS.into(), settings.into());
    for kind in KINDS {
        let (create, update) = (site.operation(kind.create)?, site.operation(kind.update)?);
        let mut list = Vec::new();
        for one in site.all(kind) {
            let mut fields = kept(&one, create);
            // With these it is not made, and what it is when it is made goes without saying.
            let later = kept(&one, update).into_iter().filter(|(_, value)| *value != json!(false));
            for (name, value) in later {
                fields.entry(name).or_insert(value);
            }
            let state = one.get(STATE).and_then(Value::as_str);
            if let Some(state) = state.filter(|state| [SUSPENDED, STAGED].contains(state))
                && kind.member == "users"
            {
                fields.insert(STATE.into(), state.into());
            }
            if kind.member == "groups" {
                let name = one.get(kind.name).and_then(Value::as_str).unwrap_or_default();
                let members = site.members(name)?;
                if !members.is_empty() {
                    let members = json!({"users": members.users, "groups": members.groups});
                    fields.insert(MEMBERS.into(), members);
                }
            }
            list.push(Value::Object(fields));
        }
        if !list.is_empty() {
            file.insert(kind.member.into(), list.into());
        }
    }
    Ok(Value::Object(file))
}

/// What of something an operation can say, less what is empty or secret.
fn kept(one: &Value, operation: &Operation) -> Map<String, Value> {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    let members = one.as_object().into_iter().flatten();
    let said = members.filter(|(name, value)| {
        has(operation, name) && !secret(operation, name) && !is_empty(value)
    });
    said.map(|(name, value)| (name.clone(), value.clone())).collect()
}
