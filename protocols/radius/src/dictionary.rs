//! Attributes of accepts by their names: standard ones, and those of the vendors whose gear is
//! most often met.
//!
//! Numbers and types are those of the RFCs and of the vendors' manuals. What the server writes
//! itself, and what would have to be hidden on the wire, is not here; nor are keys and passphrases
//! in clear: whoever may look at a reply profile reads its values.

/// What an attribute's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// UTF-8 text.
    Text,
    /// Any octets.
    Octets,
    /// A number of 32 bits.
    Integer,
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address ([RFC 8044, section 3.9](https://www.rfc-editor.org/rfc/rfc8044#section-3.9)).
    Ipv6,
    /// A prefix of IPv6 addresses, behind its length
    /// ([RFC 8044, section 3.10](https://www.rfc-editor.org/rfc/rfc8044#section-3.10)).
    Ipv6Prefix,
    /// Text behind a tag (RFC 2868).
    TaggedText,
    /// A number of 24 bits behind a tag (RFC 2868).
    TaggedInteger,
}

/// An attribute that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: &'static str,
    /// The vendor's enterprise number; none for a standard attribute.
    pub vendor: Option<u32>,
    /// The attribute's number, in the vendor's space where there is a vendor.
    pub number: u8,
    /// What its value is.
    pub kind: ValueKind,
}

use ValueKind::{Integer, Ipv4, Ipv6, Ipv6Prefix, Octets, TaggedInteger, TaggedText, Text};

/// A vendor, or none, with its attributes.
type Family = (Option<u32>, &'static [(u8, &'static str, ValueKind)]);

const FAMILIES: &[Family] = &[
    (
        None,
        &[
            (1, "User-Name", Text),
            (6, "Service-Type", Integer),
            (7, "Framed-Protocol", Integer),
            (8, "Framed-IP-Address", Ipv4),
            (9, "Framed-IP-Netmask", Ipv4),
            (11, "Filter-Id", Text),
            (12, "Framed-MTU", Integer),
            (15, "Login-Service", Integer),
            (18, "Reply-Message", Text),
            (22, "Framed-Route", Text),
            (25, "Class", Octets),
            (27, "Session-Timeout", Integer),
            (28, "Idle-Timeout", Integer),
            (29, "Termination-Action", Integer),
            (56, "Egress-VLANID", Integer),
            (58, "Egress-VLAN-Name", Text),
            (62, "Port-Limit", Integer),
            (64, "Tunnel-Type", TaggedInteger),
            (65, "Tunnel-Medium-Type", TaggedInteger),
            (66, "Tunnel-Client-Endpoint", TaggedText),
            (67, "Tunnel-Server-Endpoint", TaggedText),
            (81, "Tunnel-Private-Group-Id", TaggedText),
            (82, "Tunnel-Assignment-Id", TaggedText),
            (83, "Tunnel-Preference", TaggedInteger),
            (85, "Acct-Interim-Interval", Integer),
            (88, "Framed-Pool", Text),
            (92, "NAS-Filter-Rule", Text),
            // RFC 3162, 4818 and 6911.
            (97, "Framed-IPv6-Prefix", Ipv6Prefix),
            (98, "Login-IPv6-Host", Ipv6),
            (99, "Framed-IPv6-Route", Text),
            (100, "Framed-IPv6-Pool", Text),
            (123, "Delegated-IPv6-Prefix", Ipv6Prefix),
            (168, "Framed-IPv6-Address", Ipv6),
            (169, "DNS-Server-IPv6-Address", Ipv6),
            (170, "Route-IPv6-Information", Ipv6Prefix),
            (171, "Delegated-IPv6-Prefix-Pool", Text),
            (172, "Stateful-IPv6-Address-Pool", Text),
        ],
    ),
    (Some(9), &[(1, "Cisco-AVPair", Text)]),
    (
        Some(11),
        &[
            (1, "HP-Privilege-Level", Integer),
            (2, "HP-Command-String", Text),
            (3, "HP-Command-Exception", Integer),
            (23, "HP-Port-Bounce-Host", Integer),
            (24, "HP-Captive-Portal-URL", Text),
            (25, "HP-User-Role", Text),
            (46, "HP-Bandwidth-Max-Ingress", Integer),
            (48, "HP-Bandwidth-Max-Egress", Integer),
            (61, "HP-Nas-Filter-Rule", Text),
            (64, "HP-Egress-VLANID", Integer),
            (65, "HP-Egress-VLAN-Name", Text),
        ],
    ),
    (
        Some(311),
        &[
            (28, "MS-Primary-DNS-Server", Ipv4),
            (29, "MS-Secondary-DNS-Server", Ipv4),
            (30, "MS-Primary-NBNS-Server", Ipv4),
            (31, "MS-Secondary-NBNS-Server", Ipv4),
        ],
    ),
    // The switches that are Ruckus's since.
    (
        Some(1991),
        &[
            (1, "Foundry-Privilege-Level", Integer),
            (2, "Foundry-Command-String", Text),
            (3, "Foundry-Command-Exception-Flag", Integer),
            (5, "Foundry-Access-List", Text),
            (8, "Foundry-MAC-Based-Vlan-QoS", Integer),
        ],
    ),
    (
        Some(2636),
        &[
            (1, "Juniper-Local-User-Name", Text),
            (2, "Juniper-Allow-Commands", Text),
            (3, "Juniper-Deny-Commands", Text),
            (4, "Juniper-Allow-Configuration", Text),
            (5, "Juniper-Deny-Configuration", Text),
            (10, "Juniper-User-Permissions", Text),
            (31, "Juniper-Primary-Dns", Ipv4),
            (33, "Juniper-Secondary-Dns", Ipv4),
            (36, "Juniper-Ip-Pool-Name", Text),
            (44, "Juniper-Firewall-filter-name", Text),
            (46, "Juniper-Local-Group-Name", Text),
            (48, "Juniper-Switching-Filter", Text),
            (49, "Juniper-VoIP-Vlan", Text),
            (50, "Juniper-CWA-Redirect", Text),
            (52, "Juniper-AV-Pair", Text),
        ],
    ),
    (
        Some(12_356),
        &[
            (1, "Fortinet-Group-Name", Text),
            (2, "Fortinet-Client-IP-Address", Ipv4),
            (3, "Fortinet-Vdom-Name", Text),
            (5, "Fortinet-Interface-Name", Text),
            (6, "Fortinet-Access-Profile", Text),
        ],
    ),
    (
        Some(14_122),
        &[
            (1, "WISPr-Location-ID", Text),
            (2, "WISPr-Location-Name", Text),
            (3, "WISPr-Logoff-URL", Text),
            (4, "WISPr-Redirection-URL", Text),
            (5, "WISPr-Bandwidth-Min-Up", Integer),
            (6, "WISPr-Bandwidth-Min-Down", Integer),
            (7, "WISPr-Bandwidth-Max-Up", Integer),
            (8, "WISPr-Bandwidth-Max-Down", Integer),
            (9, "WISPr-Session-Terminate-Time", Text),
            (10, "WISPr-Session-Terminate-End-Of-Day", Text),
            (11, "WISPr-Billing-Class-Of-Service", Text),
        ],
    ),
    (
        Some(14_179),
        &[
            (2, "Airespace-QOS-Level", Integer),
            (3, "Airespace-DSCP", Integer),
            (4, "Airespace-8021p-Tag", Integer),
            (5, "Airespace-Interface-Name", Text),
            (6, "Airespace-ACL-Name", Text),
            (7, "Airespace-Data-Bandwidth-Average-Contract", Integer),
            (8, "Airespace-Real-Time-Bandwidth-Average-Contract", Integer),
            (9, "Airespace-Data-Bandwidth-Burst-Contract", Integer),
            (10, "Airespace-Real-Time-Bandwidth-Burst-Contract", Integer),
            (11, "Airespace-Guest-Role-Name", Text),
        ],
    ),
    (
        Some(14_823),
        &[
            (1, "Aruba-User-Role", Text),
            (2, "Aruba-User-Vlan", Integer),
            (3, "Aruba-Priv-Admin-User", Integer),
            (4, "Aruba-Admin-Role", Text),
            (9, "Aruba-Named-User-Vlan", Text),
            (10, "Aruba-AP-Group", Text),
            (23, "Aruba-CPPM-Role", Text),
            (36, "Aruba-User-Group", Text),
            (40, "Aruba-Port-Bounce-Host", Integer),
            (42, "Aruba-Admin-Path", Text),
            (43, "Aruba-Captive-Portal-URL", Text),
            (46, "Aruba-Command-String", Text),
            (48, "Aruba-Admin-Device-Group", Text),
            (49, "Aruba-PoE-Priority", Integer),
            (50, "Aruba-Port-Auth-Mode", Integer),
            (51, "Aruba-NAS-Filter-Rule", Text),
            (52, "Aruba-QoS-Trust-Mode", Integer),
            (53, "Aruba-UBT-Gateway-Role", Text),
            (54, "Aruba-Gateway-Zone", Text),
            (58, "Aruba-STP-Admin-Edge-Port", Integer),
            (63, "Aruba-Device-Traffic-Class", Integer),
        ],
    ),
    (
        Some(14_988),
        &[
            (1, "Mikrotik-Recv-Limit", Integer),
            (2, "Mikrotik-Xmit-Limit", Integer),
            (3, "Mikrotik-Group", Text),
            (4, "Mikrotik-Wireless-Forward", Integer),
            (5, "Mikrotik-Wireless-Skip-Dot1x", Integer),
            (8, "Mikrotik-Rate-Limit", Text),
            (11, "Mikrotik-Mark-Id", Text),
            (12, "Mikrotik-Advertise-URL", Text),
            (13, "Mikrotik-Advertise-Interval", Integer),
            (14, "Mikrotik-Recv-Limit-Gigawords", Integer),
            (15, "Mikrotik-Xmit-Limit-Gigawords", Integer),
            (17, "Mikrotik-Total-Limit", Integer),
            (18, "Mikrotik-Total-Limit-Gigawords", Integer),
            (19, "Mikrotik-Address-List", Text),
            (21, "Mikrotik-Wireless-Comment", Text),
            (22, "Mikrotik-Delegated-IPv6-Pool", Text),
            (23, "Mikrotik-DHCP-Option-Set", Text),
            (26, "Mikrotik-Wireless-VLANID", Integer),
            (27, "Mikrotik-Wireless-VLANID-Type", Integer),
            (28, "Mikrotik-Wireless-Minsignal", Text),
            (29, "Mikrotik-Wireless-Maxsignal", Text),
            (30, "Mikrotik-Switching-Filter", Text),
        ],
    ),
    (
        Some(25_053),
        &[
            (1, "Ruckus-User-Groups", Text),
            (3, "Ruckus-SSID", Text),
            (6, "Ruckus-Grace-Period", Integer),
            (9, "Ruckus-VLAN-ID", Integer),
            (115, "Ruckus-Policy-Name", Text),
            (132, "Ruckus-Wispr-Redirect-Policy", Text),
            (141, "Ruckus-Vlan-Pool", Text),
        ],
    ),
    (
        Some(25_461),
        &[
            (1, "PaloAlto-Admin-Role", Text),
            (2, "PaloAlto-Admin-Access-Domain", Text),
            (3, "PaloAlto-Panorama-Admin-Role", Text),
            (4, "PaloAlto-Panorama-Admin-Access-Domain", Text),
            (5, "PaloAlto-User-Group", Text),
        ],
    ),
    (
        Some(29_671),
        &[
            (1, "Meraki-Device-Name", Text),
            (2, "Meraki-Network-Name", Text),
            (3, "Meraki-Ap-Name", Text),
            (4, "Meraki-Ap-Tags", Text),
        ],
    ),
    (
        Some(41_112),
        &[
            // Numbers of 64 bits.
            (1, "UBNT-Data-Rate-DL", Octets),
            (2, "UBNT-Data-Rate-DL-Burst", Octets),
            (3, "UBNT-Data-Rate-UL", Octets),
            (4, "UBNT-Data-Rate-UL-Burst", Octets),
        ],
    ),
];

/// All attributes that have a name.
pub fn named_attributes() -> impl Iterator<Item = Named> {
    FAMILIES.iter().flat_map(|(vendor, attributes)| {
        attributes.iter().map(|(number, name, kind)| Named {
            name,
            vendor: *vendor,
            number: *number,
            kind: *kind,
        })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::{AttributeType, Reply, Tag};

    #[test]
    fn what_operators_pages_name_is_there() {
        for (name, vendor, number, kind) in [
            ("Mikrotik-Wireless-VLANID", 14_988, 26, Integer),
            ("Juniper-Firewall-filter-name", 2_636, 44, Text),
            ("Aruba-NAS-Filter-Rule", 14_823, 51, Text),
            ("Foundry-Privilege-Level", 1_991, 1, Integer),
            ("Ruckus-Vlan-Pool", 25_053, 141, Text),
            ("UBNT-Data-Rate-UL", 41_112, 3, Octets),
        ] {
            let named = Named { name, vendor: Some(vendor), number, kind };
            assert!(named_attributes().any(|it| it == named), "{name}");
        }
    }

    #[test]
    fn no_name_is_one_of_a_secret() {
        for Named { name, .. } in named_attributes() {
            let parts: Vec<_> = name.split('-').map(str::to_ascii_lowercase).collect();
            let secrets = ["key", "passphrase", "password", "psk", "secret"];
            assert!(!parts.iter().any(|part| secrets.contains(&part.as_str())), "{name}");
        }
    }

    #[test]
    fn names_are_unique_and_everything_named_can_be_written() {
        let mut names = HashSet::new();
        for Named { name, vendor, number, kind } in named_attributes() {
            assert!(names.insert(name.to_ascii_lowercase()), "{name}");
            let mut reply = Reply::new();
            let standard = AttributeType(number);
            let written = match (vendor, kind) {
                (Some(vendor), _) => reply.vendor(vendor, number, &[1]),
                (None, TaggedInteger) => reply.tagged_integer(standard, Tag::NONE, 1),
                (None, TaggedText) => reply.tagged_text(standard, Tag::NONE, "x"),
                (None, Text | Octets | Integer | Ipv4 | Ipv6 | Ipv6Prefix) => {
                    reply.octets(standard, &[1])
                }
            };
            assert!(written.is_ok(), "{name}");
        }
    }
}
