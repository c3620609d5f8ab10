//! Attributes of accepts by name: which there are, and what a profile may say with them.

use ipnet::Ipv6Net;
use storage::{Partition, Reading};

use crate::error::{Error, Invalid};
use crate::limits::{self, ATTRIBUTE};
use crate::records::{
    NamedAttribute, NamedValue, ReplyProfileFields, Syntax, ToldForm, VendorValue,
};
use crate::schema::Schema;
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
    let value = settled(&attribute.value, meant.kind);
    attribute.value = value.map_err(|message| wrong("value", message.to_owned()))?;
    attribute.name = meant.name.to_owned();
    (attribute.vendor, attribute.number, attribute.tag) = (meant.vendor, meant.number, tag);
    Ok(())
}

/// A value as the attribute takes it, or what it is to be read from once facts stand in it.
fn settled(value: &NamedValue, kind: ReplyKind) -> Result<NamedValue, &'static str> {
    let (Some(form), NamedValue::Text(text) | NamedValue::Told(_, text)) = (form_of(kind), value)
    else {
        return taken(value, kind);
    };
    if !has_placeholder(text) {
        return taken(value, kind);
    }
    if text.contains(GROUP) || text.contains(GROUPS) {
        return Err("must tell of no group: names of groups are text");
    }
    Ok(NamedValue::Told(form, text.clone()))
}

/// The form of values of a kind that is read from what is told of somebody; none for text.
const fn form_of(kind: ReplyKind) -> Option<ToldForm> {
    match kind {
        ReplyKind::Integer => Some(ToldForm::Integer),
        ReplyKind::TaggedInteger => Some(ToldForm::TaggedInteger),
        ReplyKind::Address => Some(ToldForm::Address),
        ReplyKind::Ipv6Address => Some(ToldForm::Ipv6Address),
        ReplyKind::Ipv6Prefix => Some(ToldForm::Ipv6Prefix),
        ReplyKind::Text | ReplyKind::TaggedText | ReplyKind::Octets => None,
    }
}

/// Reads a value of a form from a text in which facts stand; `None` where it is none.
pub(crate) fn read_told(form: ToldForm, text: &str) -> Option<NamedValue> {
    let number = || text.parse().ok().map(NamedValue::Integer);
    let words = || Some(NamedValue::Text(text.to_owned()));
    let (value, kind) = match form {
        ToldForm::Integer => (number(), ReplyKind::Integer),
        ToldForm::TaggedInteger => (number(), ReplyKind::TaggedInteger),
        ToldForm::Address => (words(), ReplyKind::Address),
        ToldForm::Ipv6Address => (words(), ReplyKind::Ipv6Address),
        ToldForm::Ipv6Prefix => (words(), ReplyKind::Ipv6Prefix),
    };
    taken(&value?, kind).ok()
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
        NamedValue::Text(text) | NamedValue::Told(_, text) => {
            limits::line(&pointer, text)?;
            limits::line_of(&pointer, text, ATTRIBUTE)?;
            match unknown_placeholder(text) {
                Some(name) => {
                    let known = PLACEHOLDERS.join(", ");
                    let message = format!("{name} is none of {known}, {{custom.name}}");
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
const PLACEHOLDERS: [&str; 5] = ["{login}", "{mail}", "{display_name}", GROUP, GROUPS];

/// What a placeholder for a custom attribute begins with.
const CUSTOM: &str = "{custom.";

/// Whether a text has a placeholder.
pub(crate) fn has_placeholder(text: &str) -> bool {
    first_placeholder(text).is_some()
}

/// The first placeholder of a text, with where it stands.
pub(crate) fn first_placeholder(text: &str) -> Option<(usize, &str)> {
    text.match_indices('{').find_map(|(start, _)| {
        let rest = text.get(start..)?;
        let word = rest.get(..=rest.find('}')?)?;
        is_placeholder(word).then_some((start, word))
    })
}

fn is_placeholder(word: &str) -> bool {
    PLACEHOLDERS.contains(&word) || custom_name(word).is_some()
}

/// The custom attribute that a placeholder stands for, if it stands for one.
pub(crate) fn custom_name(placeholder: &str) -> Option<&str> {
    let name = placeholder.strip_prefix(CUSTOM)?.strip_suffix('}')?;
    let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-';
    (!name.is_empty() && name.bytes().all(is_plain)).then_some(name)
}

/// The custom attributes that a text tells of, as often as it does.
pub(crate) fn customs_in(mut text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    while let Some((start, placeholder)) = first_placeholder(text) {
        names.extend(custom_name(placeholder));
        text = text.get(start + placeholder.len()..).unwrap_or_default();
    }
    names
}

/// Whether a profile tells of a custom attribute.
pub(super) fn tells_of(fields: &ReplyProfileFields, name: &str) -> bool {
    let mut told = texts(fields).into_iter().flat_map(|(_, text)| customs_in(text));
    told.any(|told| told.eq_ignore_ascii_case(name))
}

/// Every text of a profile in which a placeholder may stand, with its pointer.
fn texts(fields: &ReplyProfileFields) -> Vec<(String, &str)> {
    let mut all = Vec::new();
    all.extend(fields.vlan.iter().map(|text| ("/vlan".to_owned(), text.as_str())));
    for (list, texts) in [("filters", &fields.filters), ("classes", &fields.classes)] {
        let pointed = texts.iter().enumerate();
        all.extend(pointed.map(|(position, text)| (format!("/{list}/{position}"), text.as_str())));
    }
    for (position, attribute) in fields.vendor_attributes.iter().enumerate() {
        if let VendorValue::Text(text) = &attribute.value {
            all.push((format!("/vendor_attributes/{position}/value"), text.as_str()));
        }
    }
    for (position, attribute) in fields.attributes.iter().enumerate() {
        if let NamedValue::Text(text) | NamedValue::Told(_, text) = &attribute.value {
            all.push((format!("/attributes/{position}/value"), text.as_str()));
        }
    }
    all
}

/// Checks that the custom attributes that a profile tells of are there, and that a text can stand for
/// their values.
pub(super) fn check_customs(
    fields: &ReplyProfileFields,
    source: &impl Reading,
    partition: Partition,
) -> Result<(), Error> {
    let texts = texts(fields);
    if texts.iter().all(|(_, text)| customs_in(text).is_empty()) {
        return Ok(());
    }
    let schema = Schema::read(source, partition)?;
    for (pointer, text) in texts {
        for name in customs_in(text) {
            let syntax = schema.named(name).map(|attribute| attribute.fields.syntax);
            let message = match syntax {
                None => format!("there is no custom attribute {name}"),
                Some(Syntax::Time | Syntax::Octets | Syntax::Reference) => {
                    format!("{name} has times, octets or references, which no text stands for")
                }
                Some(
                    Syntax::Text
                    | Syntax::ExactText
                    | Syntax::Integer
                    | Syntax::Boolean
                    | Syntax::Telephone
                    | Syntax::Country,
                ) => continue,
            };
            return Err(Invalid::new(pointer, message).into());
        }
    }
    Ok(())
}

/// A word in braces that is no placeholder; other braces mean themselves.
fn unknown_placeholder(text: &str) -> Option<&str> {
    text.match_indices('{').find_map(|(start, _)| {
        let end = start + text.get(start..)?.find('}')?;
        let word = text.get(start..=end)?;
        let inside = word.get(1..word.len() - 1)?;
        let is_word = |octet: u8| octet.is_ascii_lowercase() || octet == b'_';
        let is_custom = word.starts_with(CUSTOM);
        let is_meant = is_custom || !inside.is_empty() && inside.bytes().all(is_word);
        (is_meant && !is_placeholder(word)).then_some(word)
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
            ("{custom.costCenter-2}", None),
            ("{custom.}", Some("{custom.}")),
            ("{custom.cost_center}", Some("{custom.cost_center}")),
        ] {
            assert_eq!(unknown_placeholder(text), unknown, "{text}");
        }
        assert!(has_placeholder("a{mail}b") && !has_placeholder("{ mail }"));
        assert!(has_placeholder("{{custom.vlan}") && !has_placeholder("{custom}"));
        assert_eq!(customs_in("{custom.a}{login}{custom.B}{custom.a"), ["a", "B"]);
        assert_eq!(first_placeholder("{x} {mail}{login}"), Some((4, "{mail}")));
    }

    #[test]
    fn a_value_of_another_form_is_read_once_facts_stand_in_it() {
        let text = |text: &str| NamedValue::Text(text.into());
        let told = |form, text: &str| Some(NamedValue::Told(form, text.into()));
        for (kind, written, expected) in [
            (ReplyKind::Integer, "{custom.rate}", told(ToldForm::Integer, "{custom.rate}")),
            (ReplyKind::Address, "10.0.0.{login}", told(ToldForm::Address, "10.0.0.{login}")),
            (ReplyKind::Text, "{custom.rate}", Some(text("{custom.rate}"))),
            (ReplyKind::TaggedText, "{custom.vlan}", Some(text("{custom.vlan}"))),
            (ReplyKind::Integer, "{group}", None),
            (ReplyKind::Ipv6Prefix, "{groups}", None),
            (ReplyKind::Integer, "7", None),
        ] {
            assert_eq!(settled(&text(written), kind).ok(), expected, "{kind:?} {written}");
        }
        let again = NamedValue::Told(ToldForm::Integer, "{login}".into());
        assert_eq!(settled(&again, ReplyKind::Integer), Ok(again.clone()));
        let number = NamedValue::Integer;
        for (form, text, expected) in [
            (ToldForm::Integer, "4294967295", Some(number(u32::MAX))),
            (ToldForm::Integer, "4294967296", None),
            (ToldForm::Integer, "-1", None),
            (ToldForm::Integer, "", None),
            (ToldForm::TaggedInteger, "16777215", Some(number(0x00ff_ffff))),
            (ToldForm::TaggedInteger, "16777216", None),
            (ToldForm::Address, "192.0.2.7", Some(NamedValue::Address([192, 0, 2, 7].into()))),
            (ToldForm::Address, "192.0.2.700", None),
            (ToldForm::Address, "{login}", None),
            (
                ToldForm::Ipv6Address,
                "2001:db8::7",
                Some(NamedValue::Ipv6Address("2001:db8::7".parse().unwrap())),
            ),
            (ToldForm::Ipv6Prefix, "2001:db8::1/48", None),
            (
                ToldForm::Ipv6Prefix,
                "2001:db8:7::/48",
                Some(NamedValue::Ipv6Prefix("2001:db8:7::/48".parse().unwrap())),
            ),
        ] {
            assert_eq!(read_told(form, text), expected, "{form:?} {text}");
        }
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
