//! What the server asks: an Access-Request in protocol words.

use core::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::ops::Range;

use zeroize::Zeroize as _;

use crate::admission::Admitted;
use crate::attribute::{Attribute, AttributeType, Attributes};
use crate::credential::{Chap, Credential, uncover_password};
use crate::ms_chap::MsChapV2;
use crate::packet::HEADER;
use crate::refusal::Refusal;
use crate::request::Occurrence;
use crate::server::Version;
use crate::vendor::VendorAttributes;

/// A request that names a user and carries exactly one well-formed credential.
///
/// Holds one copy of the packet, in which the password was uncovered in its place; it is wiped
/// when the question is dropped. There is no `Debug`.
pub struct Question<C> {
    client: C,
    source: SocketAddr,
    octets: Vec<u8>,
    user_name: Range<usize>,
    credential: Held,
    is_signed: bool,
}

enum Held {
    Pap(Range<usize>),
    Chap { identifier: u8, response: [u8; 16], challenge: Range<usize> },
    MsChapV2(MsChapV2),
    Eap(Vec<u8>),
}

impl<C: Copy> Question<C> {
    /// The client that asks, by the key that its candidate had.
    #[must_use]
    pub const fn client(&self) -> C {
        self.client
    }
}

impl<C> Question<C> {
    /// The address and port that the request came from.
    #[must_use]
    pub const fn source(&self) -> SocketAddr {
        self.source
    }

    /// User-Name, at least one octet; any octets, not always text. With EAP it may be missing, and
    /// then has no octets.
    #[must_use]
    pub fn user_name(&self) -> &[u8] {
        self.at(&self.user_name)
    }

    /// The proof.
    #[must_use]
    pub fn credential(&self) -> Credential<'_> {
        match &self.credential {
            Held::Pap(password) => Credential::Pap(self.at(password)),
            Held::Chap { identifier, response, challenge } => Credential::Chap(Chap {
                identifier: *identifier,
                challenge: self.at(challenge),
                response,
            }),
            Held::MsChapV2(proof) => Credential::MsChapV2(*proof),
            Held::Eap(packet) => Credential::Eap(packet),
        }
    }

    /// Whether the request was signed, by a Message-Authenticator or by TLS.
    #[must_use]
    pub const fn is_signed(&self) -> bool {
        self.is_signed
    }

    /// State, from the Access-Challenge that this request answers, if it answers one.
    #[must_use]
    pub fn state(&self) -> Option<&[u8]> {
        self.first(AttributeType::STATE).map(|state| state.value)
    }

    /// NAS-Identifier; a hint, never a proof.
    #[must_use]
    pub fn nas_identifier(&self) -> Option<&[u8]> {
        self.first(AttributeType::NAS_IDENTIFIER).map(|name| name.value)
    }

    /// NAS-IP-Address or else NAS-IPv6-Address; a hint, never a proof.
    #[must_use]
    pub fn nas_ip(&self) -> Option<IpAddr> {
        let v4 = self.first(AttributeType::NAS_IP_ADDRESS).and_then(|ip| ip.integer());
        v4.map(|ip| IpAddr::V4(ip.into())).or_else(|| {
            let v6 = self.first(AttributeType::NAS_IPV6_ADDRESS)?;
            let octets: [u8; 16] = v6.value.try_into().ok()?;
            Some(IpAddr::V6(Ipv6Addr::from(octets)))
        })
    }

    /// Called-Station-Id, often the access point's MAC address and the network's name.
    #[must_use]
    pub fn called_station_id(&self) -> Option<&[u8]> {
        self.first(AttributeType::CALLED_STATION_ID).map(|id| id.value)
    }

    /// Calling-Station-Id, often the MAC or IP address of the user's machine.
    #[must_use]
    pub fn calling_station_id(&self) -> Option<&[u8]> {
        self.first(AttributeType::CALLING_STATION_ID).map(|id| id.value)
    }

    /// NAS-Port-Type, for example 15 for Ethernet and 19 for Wi-Fi.
    #[must_use]
    pub fn nas_port_type(&self) -> Option<u32> {
        self.first(AttributeType::NAS_PORT_TYPE).and_then(|kind| kind.integer())
    }

    /// Framed-MTU: octets of a packet that the gear can hand to its peer.
    #[must_use]
    pub fn framed_mtu(&self) -> Option<u32> {
        self.first(AttributeType::FRAMED_MTU).and_then(|mtu| mtu.integer())
    }

    /// Whether the gear wants to know how the keys are called
    /// ([RFC 4072, section 2.8](https://www.rfc-editor.org/rfc/rfc4072#section-2.8)).
    #[must_use]
    pub fn wants_key_name(&self) -> bool {
        self.first(AttributeType::EAP_KEY_NAME).is_some()
    }

    /// Service-Type.
    #[must_use]
    pub fn service_type(&self) -> Option<u32> {
        self.first(AttributeType::SERVICE_TYPE).and_then(|kind| kind.integer())
    }

    /// All attributes in their order but the credentials.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute<'_>> {
        self.walk().filter(|attribute| {
            !matches!(attribute.kind, AttributeType::USER_PASSWORD | AttributeType::CHAP_PASSWORD)
        })
    }

    /// All vendors' attributes in their order.
    #[must_use]
    pub fn vendor_attributes(&self) -> VendorAttributes<'_> {
        VendorAttributes::new(self.walk())
    }

    fn first(&self, kind: AttributeType) -> Option<Attribute<'_>> {
        self.walk().find(|attribute| attribute.kind == kind)
    }

    fn walk(&self) -> Attributes<'_> {
        Attributes::new(self.octets.get(HEADER..).unwrap_or_default())
    }

    fn at(&self, place: &Range<usize>) -> &[u8] {
        self.octets.get(place.clone()).unwrap_or_default()
    }
}

impl<C: Copy> Question<C> {
    /// Reads the question out of an admitted request, or says why nobody needs to be asked.
    pub(crate) fn read(
        admitted: &Admitted<'_, '_, C>,
        source: SocketAddr,
        is_in_tls: bool,
    ) -> Result<Self, Refusal> {
        let request = admitted.request();
        let user_name = match &request.user_name {
            Occurrence::Once(name) if !name.is_empty() => name.clone(),
            Occurrence::Absent if request.eap.is_some() => 0..0,
            Occurrence::Once(_) | Occurrence::Absent => return Err(Refusal::UserNameMissing),
            Occurrence::Repeated => return Err(Refusal::Repeated),
        };
        let mut question = Self {
            client: admitted.client(),
            source,
            octets: Vec::new(),
            user_name,
            credential: Held::Pap(0..0),
            is_signed: request.message_authenticator.is_some() || is_in_tls,
        };
        let ms_chap = request.ms_chap.credential()?;
        question.credential = match (&request.user_password, &request.chap_password) {
            (Occurrence::Absent, Occurrence::Absent)
                if request.eap.is_some() && ms_chap.is_none() =>
            {
                question.octets = request.packet.octets.to_vec();
                Held::Eap(request.eap_packet())
            }
            _ if request.eap.is_some() => return Err(Refusal::CredentialsMixed),
            (Occurrence::Absent, Occurrence::Absent) if let Some(proof) = ms_chap => {
                question.octets = request.packet.octets.to_vec();
                Held::MsChapV2(proof)
            }
            _ if ms_chap.is_some() => return Err(Refusal::CredentialsMixed),
            (Occurrence::Repeated, _) | (_, Occurrence::Repeated) => return Err(Refusal::Repeated),
            (Occurrence::Absent, Occurrence::Absent) => return Err(Refusal::CredentialMissing),
            (Occurrence::Once(_), Occurrence::Once(_)) => return Err(Refusal::CredentialsMixed),
            (Occurrence::Once(hidden), Occurrence::Absent) => {
                question.octets = request.packet.octets.to_vec();
                question.uncover(hidden, admitted)?
            }
            (Occurrence::Absent, Occurrence::Once(response)) => {
                question.octets = request.packet.octets.to_vec();
                hold_chap(request.at(response.clone()), &request.chap_challenge, request.version)?
            }
        };
        Ok(question)
    }

    fn uncover(
        &mut self,
        hidden: &Range<usize>,
        admitted: &Admitted<'_, '_, C>,
    ) -> Result<Held, Refusal> {
        let authenticator = admitted.request().packet.authenticator;
        let value = self.octets.get_mut(hidden.clone()).unwrap_or_default();
        let length = match admitted.secret() {
            Some(secret) => uncover_password(value, authenticator, secret),
            // RFC 9765, section 5.1.1.
            None => (value.len() <= 128).then_some(value.len()),
        };
        let length = length.ok_or(Refusal::CredentialMalformed)?;
        if length == 0 {
            return Err(Refusal::CredentialMissing);
        }
        Ok(Held::Pap(hidden.start..hidden.start + length))
    }
}

fn hold_chap(password: &[u8], challenge: &Occurrence, version: Version) -> Result<Held, Refusal> {
    let Some((identifier, response)) = password.split_first() else {
        return Err(Refusal::CredentialMissing);
    };
    let response = response.try_into().map_err(|_| Refusal::CredentialMalformed)?;
    let challenge = match challenge {
        // There is no Request Authenticator (RFC 9765, section 5.1.2).
        Occurrence::Absent if version == Version::V1_1 => return Err(Refusal::CredentialMalformed),
        Occurrence::Absent => 4..HEADER,
        Occurrence::Once(challenge) if challenge.len() >= 5 => challenge.clone(),
        Occurrence::Once(_) => return Err(Refusal::CredentialMalformed),
        Occurrence::Repeated => return Err(Refusal::Repeated),
    };
    Ok(Held::Chap { identifier: *identifier, response, challenge })
}

impl<C> Drop for Question<C> {
    fn drop(&mut self) {
        if let Held::Pap(password) = &self.credential
            && let Some(password) = self.octets.get_mut(password.clone())
        {
            password.zeroize();
        }
    }
}
