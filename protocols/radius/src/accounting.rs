//! What gear reports of sessions: an Accounting-Request in protocol words (RFC 2866).

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::admission::Admitted;
use crate::attribute::{Attribute, AttributeType, Attributes};
use crate::packet::HEADER;

/// What an Accounting-Request is about
/// ([RFC 2866, section 5.1](https://www.rfc-editor.org/rfc/rfc2866#section-5.1)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountingStatus {
    /// A session began.
    Start,
    /// A session ended.
    Stop,
    /// A session goes on.
    InterimUpdate,
    /// The gear begins to account, for example after a reboot.
    On,
    /// The gear ends to account, for example before a reboot.
    Off,
    /// Something else, or nothing that could be read.
    Other(Option<u32>),
}

/// An Accounting-Request whose authenticator was right.
pub struct Accounting<C> {
    client: C,
    source: SocketAddr,
    octets: Vec<u8>,
}

impl<C: Copy> Accounting<C> {
    pub(crate) fn of(admitted: &Admitted<'_, '_, C>, source: SocketAddr) -> Self {
        let octets = admitted.request().packet.octets.to_vec();
        Self { client: admitted.client(), source, octets }
    }

    /// The client that reports, by the key that its candidate had.
    #[must_use]
    pub const fn client(&self) -> C {
        self.client
    }
}

impl<C> Accounting<C> {
    /// The address and port that the request came from.
    #[must_use]
    pub const fn source(&self) -> SocketAddr {
        self.source
    }

    /// Acct-Status-Type.
    #[must_use]
    pub fn status(&self) -> AccountingStatus {
        match self.number(AttributeType::ACCT_STATUS_TYPE) {
            Some(1) => AccountingStatus::Start,
            Some(2) => AccountingStatus::Stop,
            Some(3) => AccountingStatus::InterimUpdate,
            Some(7) => AccountingStatus::On,
            Some(8) => AccountingStatus::Off,
            other => AccountingStatus::Other(other),
        }
    }

    /// The octets of the first attribute of a type; none of a missing one.
    #[must_use]
    pub fn octets(&self, kind: AttributeType) -> &[u8] {
        self.first(kind).map_or(&[], |attribute| attribute.value)
    }

    /// The first attribute of a type, as a number of four octets.
    #[must_use]
    pub fn number(&self, kind: AttributeType) -> Option<u32> {
        self.first(kind).and_then(|attribute| attribute.integer())
    }

    /// Octets that are counted in two attributes, of which the second counts each time that the
    /// first starts anew ([RFC 2869, section 5.1](https://www.rfc-editor.org/rfc/rfc2869#section-5.1)).
    #[must_use]
    pub fn count(&self, low: AttributeType, high: AttributeType) -> u64 {
        let [low, high] = [low, high].map(|kind| self.number(kind).unwrap_or_default());
        u64::from(high) << 32 | u64::from(low)
    }

    /// Framed-IP-Address, unless it says that the gear chooses.
    #[must_use]
    pub fn framed_ipv4(&self) -> Option<Ipv4Addr> {
        let address = self.number(AttributeType::FRAMED_IP_ADDRESS)?;
        (address < 0xffff_fffe).then(|| address.into())
    }

    /// Framed-IPv6-Address ([RFC 6911, section 3.1](https://www.rfc-editor.org/rfc/rfc6911#section-3.1)).
    #[must_use]
    pub fn framed_ipv6(&self) -> Option<Ipv6Addr> {
        let octets: [u8; 16] = self.octets(AttributeType::FRAMED_IPV6_ADDRESS).try_into().ok()?;
        Some(octets.into())
    }

    /// The first prefix of a type such as Framed-IPv6-Prefix, with its length in bits; what stands
    /// behind these bits is left as it came
    /// ([RFC 8044, section 3.10](https://www.rfc-editor.org/rfc/rfc8044#section-3.10)).
    #[must_use]
    pub fn ipv6_prefix(&self, kind: AttributeType) -> Option<(Ipv6Addr, u8)> {
        let [_reserved, length @ 0..=128, rest @ ..] = self.octets(kind) else { return None };
        let mut octets = [0; 16];
        octets.get_mut(..rest.len())?.copy_from_slice(rest);
        Some((octets.into(), *length))
    }

    /// NAS-IP-Address or else NAS-IPv6-Address; a hint, never a proof.
    #[must_use]
    pub fn nas_ip(&self) -> Option<IpAddr> {
        let v4 = self.number(AttributeType::NAS_IP_ADDRESS).map(|ip| IpAddr::V4(ip.into()));
        v4.or_else(|| {
            let octets: [u8; 16] = self.octets(AttributeType::NAS_IPV6_ADDRESS).try_into().ok()?;
            Some(IpAddr::V6(octets.into()))
        })
    }

    /// All attributes in their order.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'_> {
        Attributes::new(self.octets.get(HEADER..).unwrap_or_default())
    }

    fn first(&self, kind: AttributeType) -> Option<Attribute<'_>> {
        self.attributes().find(|attribute| attribute.kind == kind)
    }
}
