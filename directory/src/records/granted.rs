//! What somebody was let onto a network with.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::{Carried, ReplyProfileFields};
use crate::id::{DeviceId, OrganizationId, RecordId, UserId};
use crate::network::{Circumstances, GearName, MacAddress, NetworkMethod, Ssid};

/// Tells what one reply profile says from what another says.
pub type ReplyDigest = [u8; 8];

/// Who was let onto a network for themselves.
///
/// It is written as a number: a user's as it is, as ever, and a device's with the highest bit set, which
/// no record's number has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub enum Guest {
    /// A user.
    User(UserId),
    /// A device, which nobody has to be at.
    Device(DeviceId),
}

impl Guest {
    /// The user, where it is one.
    pub fn user(self) -> Option<UserId> {
        match self {
            Self::User(user) => Some(user),
            Self::Device(_) => None,
        }
    }

    /// The device, where it is one.
    pub fn device(self) -> Option<DeviceId> {
        match self {
            Self::User(_) => None,
            Self::Device(device) => Some(device),
        }
    }
}

/// The bit that tells devices from users.
const OF_DEVICES: u64 = 1 << 63;

impl From<Guest> for u64 {
    fn from(guest: Guest) -> Self {
        match guest {
            Guest::User(user) => user.record(),
            Guest::Device(device) => device.record() | OF_DEVICES,
        }
    }
}

impl TryFrom<u64> for Guest {
    type Error = &'static str;

    fn try_from(number: u64) -> Result<Self, Self::Error> {
        let guest = if number & OF_DEVICES == 0 {
            UserId::from_record(number).map(Self::User)
        } else {
            DeviceId::from_record(number & !OF_DEVICES).map(Self::Device)
        };
        guest.ok_or("it is nobody's number")
    }
}

/// What an accept says of itself, and gear says again with its reports: who was let in, by what of a
/// request, and with what. It means something in its organization alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    /// Who.
    pub guest: Guest,
    /// By which method.
    pub method: NetworkMethod,
    /// The kind of port that the gear named.
    pub port_type: Option<u32>,
    /// The wireless network that the gear named.
    pub ssid: Option<ByteBuf>,
    /// What the gear called itself.
    pub gear: Option<ByteBuf>,
    /// The address that the gear gave itself.
    pub gear_address: Option<IpAddr>,
    /// The kind of service that the gear named.
    pub service_type: Option<u32>,
    /// The hardware address that the call came from.
    pub calling: Option<MacAddress>,
    /// What the accept said.
    pub reply: ReplyDigest,
}

/// What stands before it in a Class attribute.
const PREFIX: &str = "tenantry-access:";
/// How the rest is written: its first octet.
const FORM: u8 = 2;
/// Likewise, by an earlier version, without the organization and the kinds of attributes.
const FORM_1: u8 = 1;
/// The most octets of an attribute's value.
const LONGEST: usize = 253;

impl Granted {
    /// What somebody was let in with, by a request of which so much was known.
    pub(crate) fn new(guest: Guest, by: &Circumstances, reply: ReplyDigest) -> Self {
        Self {
            guest,
            method: by.method,
            port_type: by.port_type,
            ssid: by.ssid.map(|ssid| ByteBuf::from(ssid.octets())),
            gear: by.gear.map(|gear| ByteBuf::from(gear.octets())),
            gear_address: by.gear_address,
            service_type: by.service_type,
            calling: by.calling,
            reply,
        }
    }

    /// What was known of the request.
    pub(crate) fn circumstances(&self) -> Circumstances {
        Circumstances {
            port_type: self.port_type,
            ssid: self.ssid.as_ref().and_then(|ssid| Ssid::new(ssid)),
            gear: self.gear.as_ref().and_then(|gear| GearName::new(gear)),
            gear_address: self.gear_address,
            service_type: self.service_type,
            calling: self.calling,
            ..Circumstances::of(self.method)
        }
    }

    /// The value of a Class attribute (RFC 2865 section 5.25), which some gear takes for text, with the
    /// kinds of attributes of the accept, where there is room for them: always for four. Where there is
    /// none, another one has them. Both say of which organization they are.
    pub fn to_classes(
        &self,
        of: OrganizationId,
        carried: &Carried,
    ) -> Option<(String, Option<String>)> {
        let class = self.class_with(of, carried)?;
        if class.len() <= LONGEST {
            return Some((class, None));
        }
        let rest = carried.to_class(of, self.reply).filter(|rest| rest.len() <= LONGEST);
        Some((self.class_with(of, &Carried::default())?, rest))
    }

    fn class_with(&self, of: OrganizationId, carried: &Carried) -> Option<String> {
        let written = storage::encode(&(of.number(), self, carried)).ok()?;
        let octets = [&[FORM], &*written].concat();
        Some(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(octets)))
    }

    /// Reads what values of Class attributes say together, whatever their order; `None` where none says
    /// what was granted in the organization.
    pub fn of_classes<'c, I: Iterator<Item = &'c [u8]>>(
        classes: impl Fn() -> I,
        of: OrganizationId,
    ) -> Option<(Self, Carried)> {
        let (granted, carried) = classes().find_map(|class| Self::of_class(class, of))?;
        if carried.is_known() {
            return Some((granted, carried));
        }
        let mut others = classes().filter_map(|class| Carried::of_class(class, of));
        let rest = others.find(|(reply, _)| *reply == granted.reply);
        Some((granted, rest.map(|(_, carried)| carried).unwrap_or_default()))
    }

    /// Reads the value of a Class attribute; `None` for any other, and for that of another organization.
    pub fn of_class(class: &[u8], of: OrganizationId) -> Option<(Self, Carried)> {
        let text = class.strip_prefix(PREFIX.as_bytes())?;
        let octets = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (form, written) = octets.split_first()?;
        match *form {
            FORM => {
                let (number, granted, carried): (u32, _, _) = storage::decode(written).ok()?;
                (of.number() == number).then_some((granted, carried))
            }
            FORM_1 => storage::decode(written).ok().map(|granted| (granted, Carried::default())),
            _ => None,
        }
    }
}

/// Tells what a reply profile says from what another says, however they are called.
pub(crate) fn digest_of(profile: Option<&ReplyProfileFields>) -> ReplyDigest {
    let said = profile.cloned().unwrap_or_default();
    let said = ReplyProfileFields { name: String::new(), ..said };
    let mut digest = ReplyDigest::default();
    // What cannot be written is like nothing else that is said, which an order makes up for.
    let written = storage::encode(&said).unwrap_or_else(|_| vec![u8::MAX]);
    let mut hasher = blake3::Hasher::new();
    hasher.update(&written);
    hasher.finalize_xof().fill(&mut digest);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{VendorAttribute, VendorValue};

    fn user(number: u64) -> Guest {
        Guest::User(UserId::from_record(number).unwrap())
    }

    fn all() -> Circumstances {
        Circumstances {
            method: NetworkMethod::EapTtls,
            port_type: Some(u32::MAX),
            ssid: Ssid::new(&[0xff; Ssid::LONGEST]),
            gear: GearName::new(&[b'x'; GearName::LONGEST]),
            gear_address: Some("2001:db8::1".parse().unwrap()),
            service_type: Some(u32::MAX),
            calling: MacAddress::read(b"66-77-88-99-AA-BB"),
            ..Circumstances::of(NetworkMethod::Pap)
        }
    }

    fn acme() -> OrganizationId {
        OrganizationId::from_record(7).unwrap()
    }

    /// So many attributes of vendors.
    fn of_vendors(count: usize) -> ReplyProfileFields {
        let numbers = (1..=u8::MAX).take(count);
        let value = VendorValue::Integer(1);
        let attribute = |number| VendorAttribute { vendor: 9, number, value: value.clone() };
        ReplyProfileFields {
            vendor_attributes: numbers.map(attribute).collect(),
            ..ReplyProfileFields::default()
        }
    }

    #[test]
    fn of_what_an_earlier_version_wrote_the_kinds_are_not_known() {
        let granted = Granted::new(user(4), &all(), [7; 8]);
        let octets = [&[FORM_1], &*storage::encode(&granted).unwrap()].concat();
        let class = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(octets));
        assert_eq!(
            Granted::of_class(class.as_bytes(), acme()),
            Some((granted, Carried::default()))
        );
    }

    #[test]
    fn of_a_user_the_number_is_written_and_of_a_device_another_one() {
        let device = |number| Guest::Device(DeviceId::from_record(number).unwrap());
        // As earlier versions wrote users.
        assert_eq!(storage::encode(&user(4)).unwrap(), storage::encode(&4_u64).unwrap());
        for guest in [user(1), user(OF_DEVICES - 1), device(1), device(OF_DEVICES - 1)] {
            let written = storage::encode(&guest).unwrap();
            assert_eq!(storage::decode::<Guest>(&written).unwrap(), guest);
        }
        assert_ne!(u64::from(user(4)), u64::from(device(4)));
    }

    #[test]
    fn it_is_read_as_it_was_written_and_fits_into_an_attribute() {
        let device = Guest::Device(DeviceId::from_record(OF_DEVICES - 1).unwrap());
        let of = OrganizationId::from_record(u32::MAX.into()).unwrap();
        for by in [all(), Circumstances::of(NetworkMethod::Pap)] {
            for count in [0, 1, 4, 5, 50, 60] {
                let granted = Granted::new(device, &by, [0xff; 8]);
                let carried = Carried::of(Some(&of_vendors(count)));
                let (class, rest) = granted.to_classes(of, &carried).unwrap();
                assert!(count > 4 || rest.is_none(), "there is room for {count}");
                let classes: Vec<&str> = rest.iter().chain([&class]).map(String::as_str).collect();
                assert!(classes.iter().all(|class| class.len() <= LONGEST), "{classes:?}");
                let known = if count > 50 { Carried::default() } else { carried };
                let read = |of| Granted::of_classes(|| classes.iter().map(|it| it.as_bytes()), of);
                assert_eq!(read(of), Some((granted.clone(), known)));
                assert_eq!(read(acme()), None, "another organization's");
                assert_eq!(granted.circumstances(), by);
            }
        }
    }

    #[test]
    fn kinds_in_a_class_of_their_own_are_those_of_one_reply_in_one_organization() {
        let carried = Carried::of(Some(&of_vendors(50)));
        let classes =
            |reply| Granted::new(user(4), &all(), reply).to_classes(acme(), &carried).unwrap();
        let ((class, rest), (_, other)) = (classes([7; 8]), classes([8; 8]));
        let known = |rest: Option<&str>| {
            let read = || [&*class].into_iter().chain(rest).map(str::as_bytes);
            Granted::of_classes(read, acme()).unwrap().1.is_known()
        };
        assert!(known(rest.as_deref()));
        assert!(!known(other.as_deref()) && !known(None));
        let rest = rest.unwrap();
        assert!(Carried::of_class(rest.as_bytes(), acme()).is_some());
        assert!(Carried::of_class(&rest.as_bytes()[..rest.len() - 4], acme()).is_none());
        let another = OrganizationId::from_record(8).unwrap();
        assert!(Carried::of_class(rest.as_bytes(), another).is_none());
        assert!(Carried::of_class(class.as_bytes(), acme()).is_none());
    }

    #[test]
    fn what_gear_changes_in_a_class_does_no_harm() {
        let carried = Carried::of(Some(&of_vendors(4)));
        let granted = Granted::new(user(4), &all(), [7; 8]);
        let (class, _) = granted.to_classes(acme(), &carried).unwrap();
        let octets = URL_SAFE_NO_PAD.decode(&class[PREFIX.len()..]).unwrap();
        let mut read = 0;
        for at in 0..octets.len() {
            for octet in [0, 1, 2, 0x7f, 0x80, 0xfe, 0xff] {
                let mut changed = octets.clone();
                changed[at] = octet;
                let class = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(changed));
                let found = Granted::of_class(class.as_bytes(), acme());
                let Some((granted, carried)) = found else { continue };
                let _by = granted.circumstances();
                let again = granted.class_with(acme(), &carried).unwrap();
                assert_eq!(
                    Granted::of_class(again.as_bytes(), acme()),
                    Some((granted, carried)),
                    "{at} {octet}"
                );
                read += 1;
            }
        }
        // What is no length and no number of a kind may be anything.
        assert!(read > 8, "{read}");
    }

    #[test]
    fn nothing_else_is_one() {
        let granted = Granted::new(user(4), &all(), [7; 8]);
        let (class, _) = granted.to_classes(acme(), &Carried::of(None)).unwrap();
        let torn = &class.as_bytes()[..class.len() - 4];
        let other_form = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([3, 4, 0]));
        for other in [torn, other_form.as_bytes(), b"tenantry-access:", b"staff", b"", &[0xff]] {
            assert_eq!(Granted::of_class(other, acme()), None, "{other:?}");
        }
    }

    #[test]
    fn a_digest_is_of_what_is_said_and_not_of_the_name() {
        let vlan = |name: &str, vlan: &str| ReplyProfileFields {
            name: name.into(),
            vlan: Some(vlan.into()),
            ..ReplyProfileFields::default()
        };
        let one = digest_of(Some(&vlan("staff", "20")));
        assert_eq!(one, digest_of(Some(&vlan("another name", "20"))));
        assert_ne!(one, digest_of(Some(&vlan("staff", "21"))));
        let nothing = ReplyProfileFields { name: "nothing".into(), ..Default::default() };
        assert_eq!(digest_of(None), digest_of(Some(&nothing)));
        assert_ne!(one, digest_of(None));
    }
}
