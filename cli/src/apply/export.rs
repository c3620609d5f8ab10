//! An organization as a file.

use serde_json::{Map, Value, json};

use super::kinds::{KINDS, MEMBERS, SETTINGS};
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
        let create = site.operation(kind.create)?;
        let mut list = Vec::new();
        for one in site.all(kind) {
            let mut fields = kept(&one, create);
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

/// How many are suspended of which a file cannot say so when it makes them.
///
/// # Errors
/// When the API makes no such things.
pub(super) fn suspended(site: &Site<'_>) -> Result<usize, Failure> {
    let mut count = 0;
    for kind in KINDS {
        let create = site.operation(kind.create)?;
        count += site.all(kind).iter().filter(|one| is_lost(one, create)).count();
    }
    Ok(count)
}

fn is_lost(one: &Value, create: &Operation) -> bool {
    let is = |member: &str, value: &Value| one.get(member) == Some(value) && !has(create, member);
    is("state", &json!("suspended")) || is("suspended", &json!(true))
}

/// What of something can be said when it is made, less what is empty or secret.
fn kept(one: &Value, create: &Operation) -> Map<String, Value> {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    let members = one.as_object().into_iter().flatten();
    let said = members
        .filter(|(name, value)| has(create, name) && !secret(create, name) && !is_empty(value));
    said.map(|(name, value)| (name.clone(), value.clone())).collect()
}
