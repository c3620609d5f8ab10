//! Facts about who is let in, in the place of what stands for them in a reply profile.

use std::sync::Arc;

use storage::{Partition, Reading, Snapshot};

use super::NetworkReply;
use super::second_factor::Reason;
use crate::collections::{PLACEHOLDERS, has_placeholder};
use crate::error::Error;
use crate::id::{RecordId, UserId};
use crate::limits::ATTRIBUTE;
use crate::policy::{Accepted, Place};
use crate::records::{NamedValue, ReplyProfileFields, User, UserFields, VendorValue};

const NO_FACT: Reason = "the reply profile tells of the user what the user does not have";
const NO_USER: Reason = "the reply profile tells of a user, and a device asks";
const TOO_LONG: Reason = "what the reply profile tells of the user is too long";

/// What an accept carries for a device, about which no facts are told.
pub(super) fn filled_for_device(accepted: Accepted<'_>) -> Result<Arc<NetworkReply>, Reason> {
    if accepted.has_placeholders { Err(NO_USER) } else { Ok(Arc::clone(accepted.reply)) }
}

/// Whether a profile says something in which facts about the user have to stand.
pub(crate) fn has_placeholders(profile: &ReplyProfileFields) -> bool {
    let of_vendors = profile.vendor_attributes.iter().filter_map(|it| match &it.value {
        VendorValue::Text(text) => Some(text),
        VendorValue::Integer(_) | VendorValue::Address(_) => None,
    });
    let named = profile.attributes.iter().filter_map(|it| match &it.value {
        NamedValue::Text(text) => Some(text),
        NamedValue::Octets(_)
        | NamedValue::Integer(_)
        | NamedValue::Address(_)
        | NamedValue::Ipv6Address(_)
        | NamedValue::Ipv6Prefix(_) => None,
    });
    let plain = profile.vlan.iter().chain(&profile.filters).chain(&profile.classes);
    plain.chain(of_vendors).chain(named).any(|text| has_placeholder(text))
}

/// Every text in which a placeholder may stand.
fn texts(profile: &mut ReplyProfileFields) -> impl Iterator<Item = &mut String> {
    let of_vendors = profile.vendor_attributes.iter_mut().filter_map(|it| match &mut it.value {
        VendorValue::Text(text) => Some(text),
        VendorValue::Integer(_) | VendorValue::Address(_) => None,
    });
    let named = profile.attributes.iter_mut().filter_map(|it| match &mut it.value {
        NamedValue::Text(text) => Some(text),
        NamedValue::Octets(_)
        | NamedValue::Integer(_)
        | NamedValue::Address(_)
        | NamedValue::Ipv6Address(_)
        | NamedValue::Ipv6Prefix(_) => None,
    });
    let plain = profile.vlan.iter_mut().chain(&mut profile.filters).chain(&mut profile.classes);
    plain.chain(of_vendors).chain(named)
}

/// What an accept carries for this user, or why the user cannot be let in with it.
pub(super) fn filled(
    place: Place<'_>,
    user: UserId,
    accepted: Accepted<'_>,
) -> Result<Result<Arc<NetworkReply>, Reason>, Error> {
    let Some(profile) = accepted.reply.profile.as_ref().filter(|_| accepted.has_placeholders)
    else {
        return Ok(Ok(Arc::clone(accepted.reply)));
    };
    let Place { snapshot, lookups, organization } = place;
    let Some(record) = lookups.user(snapshot, organization, user)? else {
        return Ok(Err(NO_FACT));
    };
    let group = group_of(place, user, accepted)?;
    let told = with_facts(ReplyProfileFields::clone(profile), &record.fields, group.as_deref());
    Ok(told.map(|profile| {
        Arc::new(NetworkReply { profile: Some(Arc::new(profile)), ..NetworkReply::default() })
    }))
}

/// What a reply profile says about this user, if it is one, or why it cannot be said; of groups it
/// says nothing.
pub(crate) fn told_of(
    source: &Snapshot,
    partition: Partition,
    user: Option<UserId>,
    profile: ReplyProfileFields,
) -> Result<Result<ReplyProfileFields, Reason>, Error> {
    if !has_placeholders(&profile) {
        return Ok(Ok(profile));
    }
    let Some(user) = user else { return Ok(Err(NO_FACT)) };
    let record = source.get::<User>(partition, user.record())?;
    Ok(record.map_or(Err(NO_FACT), |record| with_facts(profile, &record.fields, None)))
}

fn with_facts(
    mut profile: ReplyProfileFields,
    fields: &UserFields,
    group: Option<&str>,
) -> Result<ReplyProfileFields, Reason> {
    let fact = |placeholder: &str| match placeholder {
        "{login}" => Some(fields.login.as_str()),
        "{mail}" => fields.mail.first().map(String::as_str),
        "{display_name}" => Some(fields.display_name.as_str()),
        "{group}" => group,
        _ => None,
    };
    for text in texts(&mut profile) {
        let told = fill(text, fact).ok_or(NO_FACT)?;
        if told.len() > ATTRIBUTE {
            return Err(TOO_LONG);
        }
        *text = told;
    }
    Ok(profile)
}

/// The first of the named groups that the user is in.
fn group_of(
    place: Place<'_>,
    user: UserId,
    accepted: Accepted<'_>,
) -> Result<Option<String>, Error> {
    if accepted.groups.is_empty() {
        return Ok(None);
    }
    let own = place.groups_of_user(user)?;
    let found = accepted
        .groups
        .iter()
        .find_map(|group| own.get(own.binary_search_by_key(group, |own| own.id).ok()?));
    Ok(found.map(|group| group.record.fields.name.clone()))
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
    use crate::records::VendorAttribute;

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

    #[test]
    fn every_text_of_a_profile_may_tell_of_a_user() {
        let text = || "of {login}".to_owned();
        let vendor = |value| VendorAttribute { vendor: 9, number: 1, value };
        let mut all = ReplyProfileFields {
            vlan: Some(text()),
            filters: vec![text()],
            classes: vec![text()],
            vendor_attributes: vec![
                vendor(VendorValue::Text(text())),
                vendor(VendorValue::Integer(7)),
            ],
            ..ReplyProfileFields::default()
        };
        assert_eq!(texts(&mut all).count(), 4);
        for number in 0..4 {
            let mut one = all.clone();
            texts(&mut one).for_each(|text| *text = "plain".into());
            assert!(!has_placeholders(&one));
            *texts(&mut one).nth(number).unwrap() = text();
            assert!(has_placeholders(&one), "{number}");
        }
    }
}
