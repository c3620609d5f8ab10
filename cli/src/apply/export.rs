//! An organization as a file.

use serde_json::{Map, Value, json};

use super::agreements::{AGREEMENTS, Agreement};
use super::beside::SERVER;
use super::der;
use super::fields::{has, secret};
use super::kinds::{
    AUTHORITIES, BUILT_IN, KINDS, Kind, MEMBERS, NOTHING_SAID, STAGED, STATE, SUSPENDED,
};
use super::papers::{CERTIFICATE, DNS_NAMES};
use super::parts::{CREATE, HEAD, PARTS, Part};
use super::site::Site;
use crate::document::Operation;
use crate::failure::Failure;
use crate::output::warn;
use crate::progress::Steps;

/// All that a file says of an organization, without secrets; which certificates prove users where that
/// is asked for.
///
/// # Errors
/// When it cannot be read.
pub(super) fn exported(site: &Site<'_>, of_users: bool) -> Result<Value, Failure> {
    let mut file = Map::new();
    for part in [&HEAD].into_iter().chain(PARTS) {
        let Some(there) = site.parts.get(part.member) else {
            unseen(part.member);
            continue;
        };
        let fields = of_part(site, part, there)?;
        if !fields.is_empty() {
            file.insert(part.member.into(), fields.into());
        }
    }
    for kind in KINDS {
        let all = site.all(kind);
        // A list without one that is there would have it pruned where the file is applied.
        if all.iter().any(is_masked) {
            unseen(kind.member);
            continue;
        }
        // Each of them is a request.
        let asked = of_users && kind.member == "users" && !all.is_empty();
        let mut steps = asked.then(|| Steps::of(all.len(), "Users"));
        let list = all.iter().map(|one| {
            let told = of_list(site, (kind, one), of_users);
            steps.iter_mut().for_each(Steps::step);
            told
        });
        let list: Vec<_> = list.collect::<Result<_, _>>()?;
        if !list.is_empty() {
            file.insert(kind.member.into(), list.into());
        }
    }
    if let Some(shown) = of_network(site)? {
        file.insert(SERVER.field.into(), shown);
    }
    match site.agreements() {
        Ok((list, _)) if list.is_empty() => {}
        Ok((list, _)) => {
            let list: Vec<_> = list.iter().map(Agreement::shown).collect();
            file.insert(AGREEMENTS.into(), list.into());
        }
        Err(Failure::Refused(problem)) if problem.status == 403 => {
            unseen(AGREEMENTS);
        }
        Err(failure) => return Err(failure),
    }
    Ok(Value::Object(file))
}

/// Whether an address is shown in part: the rest, where a token may stand, is for who manages it.
fn is_masked(one: &Value) -> bool {
    let url = one.pointer("/webhook/url").and_then(Value::as_str);
    url.is_some_and(|url| url.ends_with("/…"))
}

/// Tells that something is not in the file that may be in the organization.
fn unseen(member: &str) {
    warn(&format!("without {}, which you may not see", member.replace('_', " ")));
}

/// What a file says of what there is one of.
fn of_part(site: &Site<'_>, part: &Part, there: &Value) -> Result<Map<String, Value>, Failure> {
    let is_head = part.member == HEAD.member;
    let mut fields = Map::new();
    for operation in is_head.then_some(&CREATE).into_iter().chain(part.changes) {
        fields.extend(kept(there, site.operation(operation)?));
    }
    if is_head && there.get(STATE).and_then(Value::as_str) == Some(SUSPENDED) {
        fields.insert(STATE.into(), SUSPENDED.into());
    }
    Ok(fields)
}

/// What a file says of one of a list.
fn of_list(
    site: &Site<'_>,
    (kind, one): (&Kind, &Value),
    of_users: bool,
) -> Result<Value, Failure> {
    let built_in = kind.member == AUTHORITIES && one.get(BUILT_IN) == Some(&json!(true));
    let mut fields = kept(one, site.operation(kind.makes(built_in))?);
    if built_in {
        // Its certificate is another one elsewhere, as its key is.
        fields.insert(BUILT_IN.into(), true.into());
        return Ok(Value::Object(fields));
    }
    // With these it is not made, and what it is when it is made goes without saying.
    let later = kept(one, site.operation(kind.update)?).into_iter();
    for (name, value) in later.filter(|(_, value)| *value != json!(false)) {
        fields.entry(name).or_insert(value);
    }
    let state = one.get(STATE).and_then(Value::as_str);
    if let Some(state) = state.filter(|state| [SUSPENDED, STAGED].contains(state))
        && !kind.states.is_empty()
    {
        fields.insert(STATE.into(), state.into());
    }
    if let Some((field, told)) = site.exported_of(kind, one, of_users)? {
        fields.insert(field.into(), told);
    }
    if kind.member == "groups" {
        let name = one.get(kind.name).and_then(Value::as_str).unwrap_or_default();
        let members = site.members(name)?;
        if !members.is_empty() {
            let members = json!({"users": members.users, "groups": members.groups});
            fields.insert(MEMBERS.into(), members);
        }
    }
    Ok(Value::Object(fields))
}

/// What a file says of what the network shows: the names alone where the organization's own authority
/// issued it, which another one elsewhere does as well.
fn of_network(site: &Site<'_>) -> Result<Option<Value>, Failure> {
    let there = site.server_certificate()?;
    let Some(text) = there.get(CERTIFICATE).and_then(Value::as_str) else { return Ok(None) };
    let is_built_in = |one: &&Value| one.get(BUILT_IN) == Some(&json!(true));
    let authorities = site.lists.of("certificate-authorities").iter();
    let own = authorities.filter(is_built_in).filter_map(|one| {
        let chain = der::certificates(one.get(CERTIFICATE)?.as_str()?)?;
        Some(der::names(chain.first()?)?.1.to_vec())
    });
    let own: Vec<Vec<u8>> = own.collect();
    let chain = der::certificates(text).unwrap_or_default();
    let issuer = chain.first().and_then(|first| der::names(first)).map(|(issuer, _)| issuer);
    let is_own = issuer.is_some_and(|issuer| own.iter().any(|own| own == issuer));
    Ok(Some(match is_own {
        true => json!({DNS_NAMES: there.get(DNS_NAMES)}),
        false => json!({CERTIFICATE: text}),
    }))
}

/// What of something an operation can say, less what is secret, and what is empty where that goes
/// without saying.
fn kept(one: &Value, operation: &Operation) -> Map<String, Value> {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    let members = one.as_object().into_iter().flatten();
    let said = members.filter(|(name, value)| {
        let is_told = !is_empty(value) || NOTHING_SAID.contains(&name.as_str());
        has(operation, name) && !secret(operation, name) && is_told
    });
    said.map(|(name, value)| (name.clone(), value.clone())).collect()
}
