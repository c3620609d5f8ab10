//! Networks as the API writes them.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

/// A network such as `192.0.2.0/24`; an address alone is the network of that one address.
#[derive(Clone, Copy, ToSchema)]
#[schema(value_type = String, example = "192.0.2.0/24")]
pub(crate) struct Network(pub(crate) IpNet);

/// An IPv4 address.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = Ipv4, example = "192.0.2.1")]
pub(crate) struct Address(pub(crate) Ipv4Addr);

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let alone = || text.parse::<IpAddr>().ok().map(IpNet::from);
        let network = text.parse::<IpNet>().ok().map(|network| network.trunc()).or_else(alone);
        let wanted = "must be a network such as 192.0.2.0/24 or 2001:db8::/32";
        network.map(Self).ok_or_else(|| serde::de::Error::custom(wanted))
    }
}
