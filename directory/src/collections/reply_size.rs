//! How much of a packet a reply profile takes: while it is edited, and once facts about somebody stand
//! in it.

use super::reply_attributes::GROUPS;
use crate::error::Invalid;
use crate::limits::{ATTRIBUTE, NAME, REPLY};
use crate::records::{NamedAttribute, NamedValue, ReplyProfileFields, ToldForm, VendorValue};

/// Octets of an attribute beside its value.
const STANDARD: usize = 2;
/// Likewise of a vendor's.
const OF_VENDOR: usize = 8;

/// Checks that a profile fits into a packet with the longest name of a group for each `{groups}`, so
/// that there is always room for one. What stands for other facts counts as it is written: logins that
/// are as long as they may be are nobody's.
pub(super) fn check(fields: &ReplyProfileFields) -> Result<(), Invalid> {
    let with_a_group = |text: &str| {
        let groups = text.matches(GROUPS).count();
        let filled = text.len().saturating_add(groups.saturating_mul(NAME - GROUPS.len()));
        filled.min(ATTRIBUTE)
    };
    let total = octets(fields, with_a_group);
    if total > REPLY {
        let message = format!("the attributes take {total} octets in a packet; {REPLY} at most");
        return Err(Invalid::new("", message));
    }
    Ok(())
}

/// The octets that a profile's attributes take, where a text takes as many as `of_text` says.
pub(crate) fn octets(fields: &ReplyProfileFields, of_text: impl Fn(&str) -> usize) -> usize {
    // Tunnel-Type and Tunnel-Medium-Type go with a VLAN (RFC 3580, section 3.31).
    let vlan = fields.vlan.iter().map(|vlan| 2 * (STANDARD + 4) + STANDARD + of_text(vlan));
    let plain = fields.filters.iter().chain(&fields.classes);
    let plain = plain.map(|text| STANDARD + of_text(text));
    let timeouts = [fields.session_timeout, fields.idle_timeout].into_iter().flatten();
    let timeouts = timeouts.map(|_| STANDARD + 4);
    let of_vendors = fields.vendor_attributes.iter().map(|attribute| {
        let value = match &attribute.value {
            VendorValue::Text(text) => of_text(text),
            VendorValue::Integer(_) | VendorValue::Address(_) => 4,
        };
        OF_VENDOR + value
    });
    let named = fields.attributes.iter().map(|attribute| of_named(attribute, &of_text));
    vlan.chain(plain).chain(timeouts).chain(of_vendors).chain(named).sum()
}

fn of_named(attribute: &NamedAttribute, of_text: impl Fn(&str) -> usize) -> usize {
    let head = if attribute.vendor.is_some() { OF_VENDOR } else { STANDARD };
    let value = match &attribute.value {
        NamedValue::Text(text) => usize::from(attribute.tag.is_some()) + of_text(text),
        NamedValue::Octets(octets) => octets.len(),
        NamedValue::Integer(_) | NamedValue::Address(_) => 4,
        NamedValue::Ipv6Address(_) => 16,
        NamedValue::Ipv6Prefix(prefix) => 2 + usize::from(prefix.prefix_len().div_ceil(8)),
        // What is read from it takes so much at most, however long the text is.
        NamedValue::Told(ToldForm::Ipv6Address, _) => 16,
        NamedValue::Told(ToldForm::Ipv6Prefix, _) => 18,
        NamedValue::Told(ToldForm::Integer | ToldForm::TaggedInteger | ToldForm::Address, _) => 4,
    };
    head + value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::VendorAttribute;

    /// So many filters that say a text.
    fn filters(count: usize, text: &str) -> ReplyProfileFields {
        ReplyProfileFields { filters: vec![text.into(); count], ..ReplyProfileFields::default() }
    }

    fn named(vendor: Option<u32>, tag: Option<u8>, value: NamedValue) -> NamedAttribute {
        NamedAttribute { name: String::new(), vendor, number: 1, tag, value }
    }

    #[test]
    fn a_profile_takes_what_its_attributes_take_on_the_wire() {
        let text = || NamedValue::Text("abc".into());
        let vendor = |value| VendorAttribute { vendor: 9, number: 1, value };
        let fields = ReplyProfileFields {
            name: "of no matter".into(),
            vlan: Some("20".into()),
            filters: vec!["slow".into()],
            classes: vec!["staff".into(), "x".into()],
            session_timeout: Some(60),
            idle_timeout: Some(60),
            vendor_attributes: vec![
                vendor(VendorValue::Text("ab".into())),
                vendor(VendorValue::Integer(1)),
            ],
            attributes: vec![
                named(None, None, text()),
                named(None, Some(1), text()),
                named(Some(9), None, text()),
                named(None, Some(1), NamedValue::Integer(1)),
                named(None, None, NamedValue::Octets(vec![1, 2])),
                named(None, None, NamedValue::Ipv6Address("2001:db8::1".parse().unwrap())),
                named(None, None, NamedValue::Ipv6Prefix("2001:db8::/36".parse().unwrap())),
                named(None, None, NamedValue::Told(ToldForm::Ipv6Prefix, "{custom.net}".into())),
                named(None, Some(1), NamedValue::Told(ToldForm::TaggedInteger, "{login}".into())),
            ],
        };
        let own = (6 + 6 + 4) + 6 + (7 + 3) + 6 + 6;
        let of_vendors = 10 + 12;
        let named = 5 + 6 + 11 + 6 + 4 + 18 + 9 + 20 + 6;
        assert_eq!(octets(&fields, str::len), own + of_vendors + named);
        assert_eq!(octets(&ReplyProfileFields::default(), str::len), 0);
    }

    #[test]
    fn all_groups_count_as_the_longest_name_of_one_and_no_more_than_an_attribute_takes() {
        // 130 octets each.
        assert!(check(&filters(23, "{groups}")).is_ok());
        let refused = check(&filters(24, "{groups}")).unwrap_err();
        assert!(refused.message.contains("3120 octets in a packet; 3000 at most"));
        // 249 octets each.
        assert!(check(&filters(12, "{groups} and {groups}")).is_ok());
        assert!(check(&filters(13, "{groups} and {groups}")).is_err());
        // Facts of which there is one count as they are written.
        assert!(check(&filters(32, "{login} {group}")).is_ok());
    }
}
