//! Facts about who is let in, in the place of what stands for them in a reply profile.

use std::sync::Arc;

use storage::{Partition, Reading};

use super::NetworkReply;
use super::second_factor::Reason;
use crate::collections::{PLACEHOLDERS, groups_of_user};
use crate::error::Error;
use crate::id::{RecordId, UserId};
use crate::limits::ATTRIBUTE;
use crate::policy::Accepted;
use crate::records::{Group, NamedValue, User};

const NO_FACT: Reason = "the reply profile tells of the user what the user does not have";
const NO_USER: Reason = "the reply profile tells of a user, and a device asks";
const TOO_LONG: Reason = "what the reply profile tells of the user is too long";

/// What an accept carries for a device, about which no facts are told.
pub(super) fn filled_for_device(accepted: Accepted<'_>) -> Result<Arc<NetworkReply>, Reason> {
    if accepted.has_placeholders { Err(NO_USER) } else { Ok(Arc::clone(accepted.reply)) }
}

/// What an accept carries for this user, or why the user cannot be let in with it.
pub(super) fn filled(
    source: &impl Reading,
    partition: Partition,
    user: UserId,
    accepted: Accepted<'_>,
) -> Result<Result<Arc<NetworkReply>, Reason>, Error> {
    let Some(profile) = accepted.reply.profile.as_ref().filter(|_| accepted.has_placeholders)
    else {
        return Ok(Ok(Arc::clone(accepted.reply)));
    };
    let Some(record) = source.get::<User>(partition, user.record())? else {
        return Ok(Err(NO_FACT));
    };
    let group = group_of(source, partition, user, accepted)?;
    let fields = &record.fields;
    let fact = |placeholder: &str| match placeholder {
        "{login}" => Some(fields.login.as_str()),
        "{mail}" => fields.mail.first().map(String::as_str),
        "{display_name}" => Some(fields.display_name.as_str()),
        "{group}" => group.as_deref(),
        _ => None,
    };
    let mut profile = profile.clone();
    for attribute in &mut profile.attributes {
        if let NamedValue::Text(text) = &mut attribute.value {
            let Some(told) = fill(text, fact) else { return Ok(Err(NO_FACT)) };
            if told.len() > ATTRIBUTE {
                return Ok(Err(TOO_LONG));
            }
            *text = told;
        }
    }
    Ok(Ok(Arc::new(NetworkReply { profile: Some(profile) })))
}

/// The first of the named groups that the user is in.
fn group_of(
    source: &impl Reading,
    partition: Partition,
    user: UserId,
    accepted: Accepted<'_>,
) -> Result<Option<String>, Error> {
    if accepted.groups.is_empty() {
        return Ok(None);
    }
    let own = groups_of_user(source, partition, user)?;
    let first = accepted.groups.iter().find(|group| own.binary_search(group).is_ok());
    let Some(group) = first else { return Ok(None) };
    Ok(source.get::<Group>(partition, group.record())?.map(|found| found.fields.name))
}

/// Puts facts into their places; what stands in a fact means itself.
fn fill<'f>(text: &str, fact: impl Fn(&str) -> Option<&'f str>) -> Option<String> {
    let (mut told, mut rest) = (String::new(), text);
    loop {
        let places = PLACEHOLDERS.iter().filter_map(|it| Some((rest.find(it)?, *it)));
        let Some((start, placeholder)) = places.min() else { break };
        told.push_str(rest.get(..start)?);
        told.push_str(fact(placeholder)?);
        rest = rest.get(start + placeholder.len()..)?;
    }
    told.push_str(rest);
    Some(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_take_their_places_and_a_fact_is_no_placeholder() {
        let fact = |placeholder: &str| match placeholder {
            "{login}" => Some("{mail}"),
            "{display_name}" => Some("Ada"),
            _ => None,
        };
        let filled = |text| fill(text, fact);
        assert_eq!(filled("{display_name} <{login}>{x}").as_deref(), Some("Ada <{mail}>{x}"));
        assert_eq!(filled("plain").as_deref(), Some("plain"));
        assert_eq!(filled("{login}{mail}"), None);
    }
}
