//! Facts about who is let in, in the place of what stands for them in a reply profile.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::NetworkReply;
use super::second_factor::Reason;
use crate::collections::{
    GROUP, GROUPS, custom_name, customs_in, first_placeholder, has_placeholder, read_told,
    reply_octets,
};
use crate::error::Error;
use crate::id::{GroupId, UserId};
use crate::limits::{ATTRIBUTE, REPLY};
use crate::policy::{Accepted, Place};
use crate::records::{
    CustomValues, NamedValue, ReplyProfileFields, ToldForm, UserFields, Values, VendorValue,
};
use crate::schema::Schema;
use crate::search::kin::KnownGroup;

const NO_FACT: Reason = "the reply profile tells of the user what the user does not have";
const NO_GROUP: Reason = "the reply profile tells of a group, and the rule, or the RADIUS client \
                          where no rule is met, names none that the user is in";
/// Likewise, where no rule decides.
const NAMED_BY_NONE: Reason = "the reply profile tells of a group, and no rule of the RADIUS \
                               client, nor its allowed groups, names one that the user is in";
const NO_GROUPS: Reason = "the reply profile tells of the user's groups, and the user is in none \
                           whose name could be told";
const NOBODY: Reason = "the session is of no known user, and the reply profile tells of one";
const NO_USER: Reason = "the reply profile tells of a user, and a device asks";
const TOO_LONG: Reason = "what the reply profile tells of the user is too long";
const TOO_MUCH: Reason = "what the reply profile tells of the user does not fit into an answer";
const NO_ROOM: Reason = "the reply profile tells of the user's groups, and what else it tells \
                         leaves no room for the name of one";

const NO_NUMBER: Reason = "the reply profile tells of the user by a number, and what the user has \
                           is none that the attribute takes";
const NO_ADDRESS: Reason = "the reply profile tells of the user by an address, and what the user \
                            has is none that the attribute takes";
const NO_PREFIX: Reason = "the reply profile tells of the user by an IPv6 prefix, and what the \
                           user has is none";

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
        NamedValue::Text(text) | NamedValue::Told(_, text) => Some(text),
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
        NamedValue::Text(text) | NamedValue::Told(_, text) => Some(text),
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
    let profile = ReplyProfileFields::clone(profile);
    let told = with_facts(place, user, profile, (accepted.groups, NO_GROUP))?;
    Ok(told.map(|profile| {
        Arc::new(NetworkReply { profile: Some(Arc::new(profile)), ..NetworkReply::default() })
    }))
}

/// What a reply profile says about this user, if it is one, or why it cannot be said; the group
/// that it tells of is the first of these that the user is in.
pub(crate) fn told_of(
    place: Place<'_>,
    user: Option<UserId>,
    profile: ReplyProfileFields,
    groups: &[GroupId],
) -> Result<Result<ReplyProfileFields, Reason>, Error> {
    if !has_placeholders(&profile) {
        return Ok(Ok(profile));
    }
    match user {
        Some(user) => with_facts(place, user, profile, (groups, NAMED_BY_NONE)),
        None => Ok(Err(NOBODY)),
    }
}

fn with_facts(
    place: Place<'_>,
    user: UserId,
    mut profile: ReplyProfileFields,
    (named, without): (&[GroupId], Reason),
) -> Result<Result<ReplyProfileFields, Reason>, Error> {
    let Place { snapshot, lookups, organization } = place;
    let Some(record) = lookups.user(snapshot, organization, user)? else {
        return Ok(Err(NO_FACT));
    };
    let tells_groups = texts(&mut profile).any(|it| it.contains(GROUP) || it.contains(GROUPS));
    let own = if tells_groups { Some(place.groups_of_user(user)?) } else { None };
    let own = own.as_deref().unwrap_or_default();
    let customs = customs_of(place, &record.fields.custom, &mut profile)?;
    let facts = Facts { fields: &record.fields, customs, named, own, without };
    let places: usize = texts(&mut profile).map(|text| text.matches(GROUPS).count()).sum();
    let with_places = (places > 0).then(|| profile.clone());
    if let Err(reason) = facts.put_into(&mut profile, None) {
        return Ok(Err(reason));
    }
    let Some(left) = REPLY.checked_sub(reply_octets(&profile, str::len)) else {
        return Ok(Err(TOO_MUCH));
    };
    // What is left of the packet is shared by all that tell of groups.
    let Some(mut all) = with_places else { return Ok(typed(profile)) };
    let each = left.checked_div(places).unwrap_or_default();
    Ok(facts.put_into(&mut all, Some(each)).and_then(|()| typed(all)))
}

/// The values of the custom attributes that a profile tells of, by their names in small letters, as
/// far as the user has any. Of several the first is told.
fn customs_of(
    place: Place<'_>,
    own: &CustomValues,
    profile: &mut ReplyProfileFields,
) -> Result<BTreeMap<String, String>, Error> {
    let mut names: Vec<String> = Vec::new();
    for text in texts(profile) {
        names.extend(customs_in(text).into_iter().map(str::to_ascii_lowercase));
    }
    let mut told = BTreeMap::new();
    if names.is_empty() {
        return Ok(told);
    }
    let schema = Schema::read(place.snapshot, place.partition())?;
    for name in names {
        let values = schema.named(&name).and_then(|attribute| own.of(attribute.number));
        if let Some(value) = values.and_then(first_of) {
            told.insert(name, value);
        }
    }
    Ok(told)
}

/// The first of some values as a text says it; `None` for what no text stands for.
fn first_of(values: &Values) -> Option<String> {
    match values {
        Values::Text(texts)
        | Values::ExactText(texts)
        | Values::Telephone(texts)
        | Values::Country(texts) => texts.first().cloned(),
        Values::Integer(numbers) => numbers.first().map(ToString::to_string),
        Values::Boolean(truths) => truths.first().map(ToString::to_string),
        Values::Time(_) | Values::Octets(_) | Values::Reference(_) => None,
    }
}

/// Reads the values of other forms than text once facts stand in them.
fn typed(mut profile: ReplyProfileFields) -> Result<ReplyProfileFields, Reason> {
    for attribute in &mut profile.attributes {
        let NamedValue::Told(form, text) = &attribute.value else { continue };
        let reason = match form {
            ToldForm::Integer | ToldForm::TaggedInteger => NO_NUMBER,
            ToldForm::Address | ToldForm::Ipv6Address => NO_ADDRESS,
            ToldForm::Ipv6Prefix => NO_PREFIX,
        };
        let value = read_told(*form, text).ok_or(reason)?;
        attribute.value = value;
    }
    Ok(profile)
}

/// What may be told of a user.
struct Facts<'f> {
    fields: &'f UserFields,
    /// Values of custom attributes, by their names in small letters.
    customs: BTreeMap<String, String>,
    /// The groups of which the first is told that the user is in.
    named: &'f [GroupId],
    /// Those that the user is in, in the order of their ids.
    own: &'f [Arc<KnownGroup>],
    /// What is wrong where the user is in none that is named.
    without: Reason,
}

impl Facts<'_> {
    /// Puts facts into their places; names of groups, if `each` says how many octets of them may be
    /// at each place.
    fn put_into(
        &self,
        profile: &mut ReplyProfileFields,
        each: Option<usize>,
    ) -> Result<(), Reason> {
        for text in texts(profile) {
            *text = self.told(text, each)?;
        }
        Ok(())
    }

    /// A text with facts in their places.
    fn told(&self, text: &str, each: Option<usize>) -> Result<String, Reason> {
        let lack = || {
            let is_group = text.contains(GROUP) && self.group().is_none();
            if is_group { self.without } else { NO_FACT }
        };
        let bare = fill(text, |placeholder| self.fact(placeholder, "")).ok_or_else(lack)?;
        let room = ATTRIBUTE.saturating_sub(bare.len());
        let own = room.checked_div(text.matches(GROUPS).count());
        let told = match own.zip(each) {
            None => bare,
            Some((own, each)) => {
                let groups = self.groups(own.min(each))?;
                fill(text, |placeholder| self.fact(placeholder, &groups)).ok_or_else(lack)?
            }
        };
        if told.len() > ATTRIBUTE { Err(TOO_LONG) } else { Ok(told) }
    }

    fn fact<'a>(&'a self, placeholder: &str, groups: &'a str) -> Option<&'a str> {
        match placeholder {
            "{login}" => Some(self.fields.login.as_str()),
            "{mail}" => self.fields.mail.first().map(String::as_str),
            "{display_name}" => Some(self.fields.display_name.as_str()),
            GROUP => self.group(),
            GROUPS => Some(groups),
            other => {
                let name = custom_name(other)?.to_ascii_lowercase();
                self.customs.get(&name).map(String::as_str)
            }
        }
    }

    /// The first of the named groups that the user is in.
    fn group(&self) -> Option<&str> {
        self.named.iter().find_map(|group| {
            let found = self.own.binary_search_by_key(group, |own| own.id).ok()?;
            Some(self.own.get(found)?.record.fields.name.as_str())
        })
    }

    /// The names of the groups that the user is in, with a `;` between two, as many as there is
    /// room for: first of those that are named, then of the oldest. A name with a `;` would be two.
    fn groups(&self, room: usize) -> Result<String, Reason> {
        let is_named = |group: &&Arc<KnownGroup>| self.named.contains(&group.id);
        let (first, others): (Vec<_>, Vec<_>) = self.own.iter().partition(is_named);
        let names = first.into_iter().chain(others).map(|it| it.record.fields.name.as_str());
        let (mut joined, mut without) = (String::new(), NO_GROUPS);
        for name in names.filter(|name| !name.contains(';')) {
            let between = if joined.is_empty() { "" } else { ";" };
            if joined.len() + between.len() + name.len() <= room {
                joined.push_str(between);
                joined.push_str(name);
            } else {
                without = NO_ROOM;
            }
        }
        if joined.is_empty() { Err(without) } else { Ok(joined) }
    }
}

/// Puts facts into their places; what stands in a fact means itself.
fn fill<'f>(text: &str, fact: impl Fn(&str) -> Option<&'f str>) -> Option<String> {
    let (mut told, mut rest) = (String::new(), text);
    while let Some((start, placeholder)) = first_placeholder(rest) {
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
    use crate::records::{NamedAttribute, VendorAttribute};

    #[test]
    fn facts_take_their_places_and_a_fact_is_no_placeholder() {
        let fact = |placeholder: &str| match placeholder {
            "{login}" => Some("{mail}"),
            "{display_name}" => Some("Ada"),
            "{custom.Badge-1}" => Some("{custom.x}"),
            _ => None,
        };
        let filled = |text| fill(text, fact);
        assert_eq!(filled("{display_name} <{login}>{x}").as_deref(), Some("Ada <{mail}>{x}"));
        assert_eq!(filled("plain").as_deref(), Some("plain"));
        assert_eq!(filled("{login}{mail}"), None);
        assert_eq!(filled("no. {custom.Badge-1}").as_deref(), Some("no. {custom.x}"));
        assert_eq!(filled("{custom.badge}"), None);
    }

    #[test]
    fn what_is_told_takes_the_form_that_its_attribute_wants() {
        let of = |form, text: &str| {
            let value = NamedValue::Told(form, text.into());
            let attribute =
                NamedAttribute { name: String::new(), vendor: None, number: 8, tag: None, value };
            let attributes = vec![attribute];
            typed(ReplyProfileFields { attributes, ..ReplyProfileFields::default() })
                .map(|mut profile| profile.attributes.remove(0).value)
        };
        assert_eq!(of(ToldForm::Integer, "7"), Ok(NamedValue::Integer(7)));
        assert_eq!(of(ToldForm::Integer, "seven"), Err(NO_NUMBER));
        assert_eq!(of(ToldForm::Address, "seven"), Err(NO_ADDRESS));
        assert_eq!(of(ToldForm::Ipv6Prefix, "2001:db8::"), Err(NO_PREFIX));
        assert_eq!(first_of(&Values::Integer(vec![-7, 8])).as_deref(), Some("-7"));
        assert_eq!(first_of(&Values::Boolean(vec![true])).as_deref(), Some("true"));
        assert_eq!(first_of(&Values::Octets(vec![vec![1]])), None);
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
