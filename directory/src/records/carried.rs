//! Which kinds of attributes an accept carried.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::{NamedValue, ReplyDigest, ReplyProfileFields, VendorValue};
use crate::id::OrganizationId;
use crate::limits::VALUES;

/// The kinds of attributes that a session has of its accept, and of what its gear was told since;
/// unknown by default.
///
/// What gear is told later (RFC 5176) takes the place of what it was told before, attribute by
/// attribute; what it is told no more of stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried(Option<Vec<u32>>);

const VLAN: u32 = 1;
const FILTER: u32 = 2;
const CLASS: u32 = 3;
const SESSION_TIMEOUT: u32 = 4;
const IDLE_TIMEOUT: u32 = 5;
/// Where attributes begin that all gear knows, by their numbers.
const STANDARD: u32 = 16;
/// Where all others begin, told apart by a digest; below the end a number takes three octets.
const OTHERS: u32 = 512;
const END: u32 = 1 << 21;
/// The most kinds of which a profile says something: five of its own, and attributes of two lists.
const MOST: usize = 5 + 2 * VALUES;

/// What stands before them in a Class attribute of their own.
const PREFIX: &str = "tenantry-carried:";
/// How the rest is written: its first octet.
const FORM: u8 = 1;

impl Carried {
    /// What an accept carries with a profile.
    pub(crate) fn of(profile: Option<&ReplyProfileFields>) -> Self {
        Self(Some(profile.map(kinds).unwrap_or_default()))
    }

    /// The value of a Class attribute of their own (RFC 2865 section 5.25), which has room for fifty; it says
    /// of which reply in which organization they are.
    pub(super) fn to_class(&self, of: OrganizationId, reply: ReplyDigest) -> Option<String> {
        let written = storage::encode(&(of.number(), reply, self)).ok()?;
        let octets = [&[FORM], &*written].concat();
        Some(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(octets)))
    }

    /// Reads the value of such an attribute, with the reply; `None` for any other, and for that of another
    /// organization.
    pub fn of_class(class: &[u8], of: OrganizationId) -> Option<(ReplyDigest, Self)> {
        let text = class.strip_prefix(PREFIX.as_bytes())?;
        let octets = URL_SAFE_NO_PAD.decode(text).ok()?;
        let written = octets.strip_prefix(&[FORM])?;
        let (number, reply, carried): (u32, _, _) = storage::decode(written).ok()?;
        (of.number() == number).then_some((reply, carried))
    }

    /// Whether they are known.
    pub(super) const fn is_known(&self) -> bool {
        self.0.is_some()
    }

    /// Whether a profile says something of each kind, so that nothing else stays.
    pub(crate) fn is_replaced_by(&self, profile: &ReplyProfileFields) -> bool {
        let Some(carried) = &self.0 else { return false };
        let said = kinds(profile);
        carried.iter().all(|kind| said.binary_search(kind).is_ok())
    }

    /// Both together; unknown where one of them is, and where they are more than any profile could
    /// replace.
    pub(crate) fn and(self, other: Self) -> Self {
        let Self(Some(own)) = self else { return Self(None) };
        let both = other.0.map(|other| sorted(own.into_iter().chain(other)));
        Self(both.filter(|both| both.len() <= MOST))
    }
}

/// The kinds of attributes of which a profile says something, in their order.
fn kinds(profile: &ReplyProfileFields) -> Vec<u32> {
    let own = [
        (profile.vlan.is_some(), VLAN),
        (!profile.filters.is_empty(), FILTER),
        (!profile.classes.is_empty(), CLASS),
        (profile.session_timeout.is_some(), SESSION_TIMEOUT),
        (profile.idle_timeout.is_some(), IDLE_TIMEOUT),
    ];
    let own = own.into_iter().filter_map(|(is_said, kind)| is_said.then_some(kind));
    let vendors = profile.vendor_attributes.iter().map(|it| {
        let text = match &it.value {
            VendorValue::Text(text) => Some(&**text),
            VendorValue::Integer(_) | VendorValue::Address(_) => None,
        };
        other(it.vendor, it.number, None, text)
    });
    let named = profile.attributes.iter().map(|it| {
        let text = match &it.value {
            NamedValue::Text(text) => Some(&**text),
            NamedValue::Integer(_)
            | NamedValue::Address(_)
            | NamedValue::Octets(_)
            | NamedValue::Ipv6Address(_)
            | NamedValue::Ipv6Prefix(_)
            | NamedValue::Told(..) => None,
        };
        match (it.vendor, it.tag) {
            (None, None) => STANDARD + u32::from(it.number),
            (None, tag) => other(0, it.number, tag, None),
            (Some(vendor), tag) => other(vendor, it.number, tag, text),
        }
    });
    sorted(own.chain(vendors).chain(named))
}

/// The kind of an attribute of a vendor or with a tag. Vendors write pairs of names and values into one
/// (Cisco-AVPair), of which each name is a kind of its own.
fn other(vendor: u32, number: u8, tag: Option<u8>, text: Option<&str>) -> u32 {
    let name = text.and_then(|text| text.split_once('=')).map_or("", |(name, _)| name);
    let mut hasher = blake3::Hasher::new();
    hasher.update(&vendor.to_be_bytes());
    hasher.update(&[number, tag.unwrap_or_default()]);
    hasher.update(name.as_bytes());
    let mut digest = [0; 4];
    hasher.finalize_xof().fill(&mut digest);
    OTHERS + u32::from_be_bytes(digest) % (END - OTHERS)
}

fn sorted(kinds: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut kinds: Vec<u32> = kinds.collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{NamedAttribute, VendorAttribute};

    fn pair(text: &str) -> VendorAttribute {
        VendorAttribute { vendor: 9, number: 1, value: VendorValue::Text(text.into()) }
    }

    fn named(vendor: Option<u32>, number: u8, tag: Option<u8>) -> NamedAttribute {
        NamedAttribute { name: String::new(), vendor, number, tag, value: NamedValue::Integer(1) }
    }

    fn is_replaced(old: &ReplyProfileFields, new: &ReplyProfileFields) -> bool {
        Carried::of(Some(old)).is_replaced_by(new)
    }

    #[test]
    fn what_is_said_anew_of_each_kind_replaces_all_and_what_is_missing_stays() {
        let vlan = ReplyProfileFields { vlan: Some("20".into()), ..Default::default() };
        let other = ReplyProfileFields { vlan: Some("90".into()), ..vlan.clone() };
        let nothing = ReplyProfileFields::default();
        let edits: [fn(&mut ReplyProfileFields); 9] = [
            |it| it.filters = vec!["slow".into()],
            |it| it.classes = vec!["staff".into()],
            |it| it.session_timeout = Some(60),
            |it| it.idle_timeout = Some(60),
            |it| it.vendor_attributes = vec![pair("ip:inacl#1=permit ip any any")],
            |it| it.vendor_attributes = vec![pair("url-redirect=https://portal.example")],
            |it| it.attributes = vec![named(None, 85, None)],
            |it| it.attributes = vec![named(None, 65, Some(2))],
            |it| it.attributes = vec![named(Some(14_988), 8, None)],
        ];
        assert!(is_replaced(&vlan, &other) && is_replaced(&nothing, &vlan));
        assert!(!is_replaced(&vlan, &nothing));
        assert!(Carried::of(None).is_replaced_by(&nothing));
        for (at, edit) in edits.into_iter().enumerate() {
            let mut more = vlan.clone();
            edit(&mut more);
            assert!(is_replaced(&more, &more) && is_replaced(&other, &more), "{at}");
            assert!(!is_replaced(&more, &other), "{at}");
            for (another, edit) in edits.into_iter().enumerate().filter(|it| it.0 != at) {
                let mut less = vlan.clone();
                edit(&mut less);
                assert!(!is_replaced(&more, &less), "{at} {another}");
            }
        }
    }

    #[test]
    fn what_is_not_known_is_replaced_by_nothing() {
        let vlan = ReplyProfileFields { vlan: Some("20".into()), ..Default::default() };
        let (known, unknown) = (Carried::of(Some(&vlan)), Carried::default());
        assert!(!unknown.is_replaced_by(&vlan));
        assert_eq!(unknown.clone().and(known.clone()), unknown);
        assert_eq!(known.clone().and(unknown.clone()), unknown);
        let timed = ReplyProfileFields { idle_timeout: Some(9), ..vlan.clone() };
        let both = known.and(Carried::of(Some(&timed)));
        assert_eq!(both, Carried::of(Some(&timed)));
        assert!(!both.is_replaced_by(&vlan));
    }

    #[test]
    fn kinds_that_no_profile_could_replace_are_not_kept() {
        let some = |numbers: std::ops::Range<u8>| {
            let attributes = numbers.map(|number| named(Some(9), number, None)).collect();
            Carried::of(Some(&ReplyProfileFields { attributes, ..Default::default() }))
        };
        let all = some(0..32).and(some(32..64)).and(some(64..69));
        assert!(all.is_known());
        assert_eq!(all.clone().and(some(0..9)), all);
        assert_eq!(all.and(some(69..70)), Carried::default());
    }
}
