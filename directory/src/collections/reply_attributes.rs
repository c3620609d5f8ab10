//! Attributes of accepts by name: which there are, and what a profile may say with them.

use ipnet::Ipv6Net;

use crate::error::Invalid;
use crate::limits::{self, ATTRIBUTE};
use crate::records::{NamedAttribute, NamedValue};
use crate::tools::{ReplyAttribute, ReplyKind};

/// The highest number behind a tag (RFC 2868, section 3.1).
const TAGGED: u32 = 0x00ff_ffff;
/// The highest tag.
const TAG: u8 = 31;

/// Finds what an attribute's name means, and takes its value as that.
pub(super) fn settle(
    position: usize,
    attribute: &mut NamedAttribute,
    known: &[ReplyAttribute],
) -> Result<(), Invalid> {
    let wrong = |field: &str, message: String| {
        Invalid::new(format!("/attributes/{position}/{field}"), message)
    };
    let same = |it: &&ReplyAttribute| it.name.eq_ignore_ascii_case(&attribute.name);
    let Some(meant) = known.iter().find(same) else {
        let message = "is the name of no attribute; GET /v1/reply-attributes lists them";
        return Err(wrong("name", message.to_owned()));
    };
    let is_tagged = matches!(meant.kind, ReplyKind::TaggedText | ReplyKind::TaggedInteger);
    let tag = match (is_tagged, attribute.tag) {
        (true, tag) if tag.is_none_or(|tag| tag <= TAG) => Some(tag.unwrap_or_default()),
        (true, _) => return Err(wrong("tag", format!("must be at most {TAG}"))),
        (false, None) => None,
        (false, Some(_)) => return Err(wrong("tag", "the attribute has no tag".to_owned())),
    };
    let value = taken(&attribute.value, meant.kind);
    attribute.value = value.map_err(|message| wrong("value", message.to_owned()))?;
    attribute.name = meant.name.to_owned();
    (attribute.vendor, attribute.number, attribute.tag) = (meant.vendor, meant.number, tag);
    Ok(())
}

/// A value as the attribute takes it.
fn taken(value: &NamedValue, kind: ReplyKind) -> Result<NamedValue, &'static str> {
    match (kind, value) {
        (ReplyKind::Text | ReplyKind::TaggedText, NamedValue::Text(text)) => {
            Ok(NamedValue::Text(text.clone()))
        }
        (ReplyKind::Octets, NamedValue::Text(text)) => match text.strip_prefix("0x") {
            None => Ok(NamedValue::Text(text.clone())),
            Some(digits) => octets(digits).map(NamedValue::Octets),
        },
        (ReplyKind::Octets, NamedValue::Octets(octets)) => Ok(NamedValue::Octets(octets.clone())),
        (ReplyKind::Integer, NamedValue::Integer(number)) => Ok(NamedValue::Integer(*number)),
        (ReplyKind::TaggedInteger, NamedValue::Integer(number)) if *number <= TAGGED => {
            Ok(NamedValue::Integer(*number))
        }
        (ReplyKind::Address, NamedValue::Address(address)) => Ok(NamedValue::Address(*address)),
        (ReplyKind::Address, NamedValue::Text(text)) => {
            text.parse().map(NamedValue::Address).map_err(|_| "must be an IPv4 address")
        }
        (ReplyKind::Ipv6Address, NamedValue::Ipv6Address(address)) => {
            Ok(NamedValue::Ipv6Address(*address))
        }
        (ReplyKind::Ipv6Address, NamedValue::Text(text)) => {
            text.parse().map(NamedValue::Ipv6Address).map_err(|_| "must be an IPv6 address")
        }
        (ReplyKind::Ipv6Prefix, NamedValue::Ipv6Prefix(prefix)) => {
            Ok(NamedValue::Ipv6Prefix(*prefix))
        }
        (ReplyKind::Ipv6Prefix, NamedValue::Text(text)) => prefix(text),
        (ReplyKind::Ipv6Address, _) => Err("must be an IPv6 address"),
        (ReplyKind::Ipv6Prefix, _) => Err(PREFIX),
        (ReplyKind::Text | ReplyKind::TaggedText, _) => Err("must be text"),
        (ReplyKind::Octets, _) => Err("must be text, or octets as 0x and hexadecimal digits"),
        (ReplyKind::Integer, _) => Err("must be a number"),
        (ReplyKind::TaggedInteger, _) => Err("must be a number below 16777216"),
        (ReplyKind::Address, _) => Err("must be an IPv4 address"),
    }
}

const PREFIX: &str = "must be an IPv6 prefix such as 2001:db8::/48";

/// A prefix; bits behind it would have to be zeros (RFC 8044 section 3.10), and are no part of it.
fn prefix(text: &str) -> Result<NamedValue, &'static str> {
    let prefix: Ipv6Net = text.parse().map_err(|_| PREFIX)?;
    if prefix.addr() != prefix.network() {
        return Err("must have no bits behind the length of the prefix");
    }
    Ok(NamedValue::Ipv6Prefix(prefix))
}

fn octets(digits: &str) -> Result<Vec<u8>, &'static str> {
    let wrong = "must have two hexadecimal digits for each octet behind 0x";
    let is_hex = digits.bytes().all(|octet| octet.is_ascii_hexdigit());
    if digits.is_empty() || !digits.len().is_multiple_of(2) || !is_hex {
        return Err(wrong);
    }
    let pairs = (0..digits.len()).step_by(2);
    pairs
        .map(|at| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect::<Option<_>>()
        .ok_or(wrong)
}

/// Checks a value's size and what stands in braces.
pub(super) fn check(position: usize, attribute: &NamedAttribute) -> Result<(), Invalid> {
    let pointer = format!("/attributes/{position}/value");
    match &attribute.value {
        NamedValue::Text(text) => {
            limits::line(&pointer, text)?;
            limits::line_of(&pointer, text, ATTRIBUTE)?;
            match unknown_placeholder(text) {
                Some(name) => {
                    let message = format!("{name} is none of {}", PLACEHOLDERS.join(", "));
                    Err(Invalid::new(pointer, message))
                }
                None => Ok(()),
            }
        }
        NamedValue::Octets(octets) => limits::count(&pointer, octets.len(), ATTRIBUTE),
        NamedValue::Integer(_)
        | NamedValue::Address(_)
        | NamedValue::Ipv6Address(_)
        | NamedValue::Ipv6Prefix(_) => Ok(()),
    }
}

/// What stands for the first of the groups that are named and the user is in.
pub(crate) const GROUP: &str = "{group}";
/// What stands for all groups that the user is in.
pub(crate) const GROUPS: &str = "{groups}";
/// What stands for a fact about who is let in.
pub(crate) const PLACEHOLDERS: [&str; 5] = ["{login}", "{mail}", "{display_name}", GROUP, GROUPS];

/// Whether a text has a placeholder.
pub(crate) fn has_placeholder(text: &str) -> bool {
    PLACEHOLDERS.iter().any(|placeholder| text.contains(placeholder))
}

/// A word in braces that is no placeholder; other braces mean themselves.
fn unknown_placeholder(text: &str) -> Option<&str> {
    text.match_indices('{').find_map(|(start, _)| {
        let end = start + text.get(start..)?.find('}')?;
        let word = text.get(start..=end)?;
        let inside = word.get(1..word.len() - 1)?;
        let is_word = |octet: u8| octet.is_ascii_lowercase() || octet == b'_';
        let is_meant = !inside.is_empty() && inside.bytes().all(is_word);
        (is_meant && !PLACEHOLDERS.contains(&word)).then_some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_braces_are_placeholders_and_other_braces_mean_themselves() {
        for (text, unknown) in [
            ("{login}@{group}", None),
            ("{groups}", None),
            ("{logn}", Some("{logn}")),
            ("{login} {Mail} {} { login} {x", None),
            ("}{{mail_}", Some("{mail_}")),
        ] {
            assert_eq!(unknown_placeholder(text), unknown, "{text}");
        }
        assert!(has_placeholder("a{mail}b") && !has_placeholder("{ mail }"));
    }

    #[test]
    fn a_value_is_taken_as_its_attribute_says() {
        let text = |text: &str| NamedValue::Text(text.into());
        for (kind, value, expected) in [
            (ReplyKind::Text, text("0xff"), Some(text("0xff"))),
            (ReplyKind::Text, NamedValue::Integer(1), None),
            (ReplyKind::Octets, text("0xFf00"), Some(NamedValue::Octets(vec![255, 0]))),
            (ReplyKind::Octets, text("0xf"), None),
            (ReplyKind::Octets, text("0x"), None),
            (ReplyKind::Octets, text("0x+f"), None),
            (ReplyKind::Octets, text("staff"), Some(text("staff"))),
            (
                ReplyKind::Integer,
                NamedValue::Integer(u32::MAX),
                Some(NamedValue::Integer(u32::MAX)),
            ),
            (ReplyKind::Integer, text("1"), None),
            (ReplyKind::TaggedInteger, NamedValue::Integer(1 << 24), None),
            (
                ReplyKind::Address,
                text("192.0.2.1"),
                Some(NamedValue::Address([192, 0, 2, 1].into())),
            ),
            (ReplyKind::Address, text("2001:db8::1"), None),
            (
                ReplyKind::Ipv6Address,
                text("2001:DB8::1"),
                Some(NamedValue::Ipv6Address("2001:db8::1".parse().unwrap())),
            ),
            (ReplyKind::Ipv6Address, text("192.0.2.1"), None),
            (ReplyKind::Ipv6Address, text("2001:db8::/48"), None),
            (
                ReplyKind::Ipv6Prefix,
                text("2001:db8:7::/48"),
                Some(NamedValue::Ipv6Prefix("2001:db8:7::/48".parse().unwrap())),
            ),
            (ReplyKind::Ipv6Prefix, text("2001:db8:7::1/48"), None),
            (ReplyKind::Ipv6Prefix, text("2001:db8::"), None),
            (ReplyKind::Ipv6Prefix, text("2001:db8::/129"), None),
            (ReplyKind::Ipv6Prefix, NamedValue::Integer(7), None),
        ] {
            assert_eq!(taken(&value, kind).ok(), expected, "{kind:?} {value:?}");
        }
    }
}
