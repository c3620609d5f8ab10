//! What a file may say of an organization, in the order in which it is made.

use std::net::IpAddr;

/// A list of things.
pub(super) struct Kind {
    /// The member of the file.
    pub(super) member: &'static str,
    /// The list's path behind the organization's.
    pub(super) path: &'static str,
    /// How one is called.
    pub(super) noun: &'static str,
    /// The member that is its name.
    pub(super) name: &'static str,
    /// The operation that makes one.
    pub(super) create: &'static str,
    /// The operation that changes one.
    pub(super) update: &'static str,
    /// What becomes of one by routes of their own, as the member `state` says; nothing of most.
    pub(super) states: &'static [&'static str],
}

impl Kind {
    /// The operation that makes one; an authority of the organization's own is made by another.
    pub(super) fn makes(&self, built_in: bool) -> &'static str {
        if built_in { "create_built_in_authority" } else { self.create }
    }

    const fn with_states(mut self, states: &'static [&'static str]) -> Self {
        self.states = states;
        self
    }
}

const fn kind(
    member: &'static str,
    path: &'static str,
    (noun, name): (&'static str, &'static str),
    (create, update): (&'static str, &'static str),
) -> Kind {
    Kind { member, path, noun, name, create, update, states: &[] }
}

/// All lists, each behind those that it names.
pub(super) const KINDS: &[Kind] = &[
    kind(
        "custom_attributes",
        "custom-attributes",
        ("custom attribute", "name"),
        ("create_custom_attribute", "update_custom_attribute"),
    ),
    kind(
        AUTHORITIES,
        "certificate-authorities",
        ("certificate authority", "name"),
        ("create_certificate_authority", "update_certificate_authority"),
    ),
    kind("users", "users", ("user", "login"), ("create_user", "update_user"))
        .with_states(&[ACTIVE, SUSPENDED, STAGED]),
    kind("groups", "groups", ("group", "name"), ("create_group", "update_group")),
    kind(
        "password_policies",
        "password-policies",
        ("password policy", "name"),
        ("create_password_policy", "update_password_policy"),
    ),
    kind("devices", "devices", ("device", "name"), ("create_device", "update_device")),
    kind(
        "security_policies",
        "security-policies",
        ("security policy", "name"),
        ("create_security_policy", "update_security_policy"),
    ),
    kind(
        "reply_profiles",
        "reply-profiles",
        ("reply profile", "name"),
        ("create_reply_profile", "update_reply_profile"),
    ),
    kind(
        "service_accounts",
        "service-accounts",
        ("service account", "name"),
        ("create_service_account", "update_service_account"),
    ),
    kind(
        "radius_clients",
        "radius-clients",
        ("RADIUS client", "name"),
        ("create_radius_client", "update_radius_client"),
    ),
    kind(
        "event_destinations",
        "event-destinations",
        ("event destination", "name"),
        ("create_organization_event_destination", "update_organization_event_destination"),
    ),
    kind(
        "admins",
        "admins",
        ("admin", "login"),
        ("create_organization_admin", "update_organization_admin"),
    )
    .with_states(&[ACTIVE, SUSPENDED]),
];

/// What a name is compared by: names that differ in their letters' case or in how many spaces they have
/// are the same.
pub(super) fn key(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// What an address is compared by: hardware addresses, networks and fingerprints have several
/// spellings. Any other text is itself.
pub(super) fn canonical(text: &str) -> String {
    let known = hardware_address(text).or_else(|| network(text)).or_else(|| fingerprint(text));
    known.unwrap_or_else(|| text.to_owned())
}

/// SHA-256 in hexadecimal digits, with or without colons.
pub(super) fn fingerprint(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|sign| *sign != ':').collect();
    let is_one = digits.len() == 64 && digits.bytes().all(|sign| sign.is_ascii_hexdigit());
    is_one.then(|| digits.to_ascii_lowercase())
}

/// `00:10:a4:23:19:c0`, `00-10-A4-23-19-C0`, `0010.a423.19c0`, `0010a42319c0`.
fn hardware_address(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|sign| !matches!(sign, ':' | '-' | '.')).collect();
    let is_one = digits.len() == 12 && digits.bytes().all(|sign| sign.is_ascii_hexdigit());
    // Numbers that are none have no such signs in them, or not between the same number of digits.
    let parts: Vec<usize> = text.split([':', '-', '.']).map(str::len).collect();
    let even = parts.windows(2).all(|pair| matches!(pair, [one, other] if one == other));
    (is_one && even).then(|| digits.to_ascii_lowercase())
}

/// `192.0.2.0/24`, `2001:db8::/32`, or an address alone, without what lies behind the prefix.
fn network(text: &str) -> Option<String> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
        None => (text, None),
    };
    let (bits, all, name) = match address.parse::<IpAddr>().ok()? {
        IpAddr::V4(address) => (u128::from(u32::from(address)) << 96, 32, 4),
        IpAddr::V6(address) => (u128::from(address), 128, 6),
    };
    let length = length.unwrap_or(all);
    let mask = if length == 0 { 0 } else { u128::MAX.checked_shl(128_u32.checked_sub(length)?)? };
    (length <= all).then(|| format!("{name}:{:x}/{length}", bits & mask))
}

/// The lists with this name have two kinds of things.
pub(super) const AUTHORITIES: &str = "certificate_authorities";
/// The member that tells them apart.
pub(super) const BUILT_IN: &str = "built_in";
/// The member that says whether somebody is suspended; it is changed by routes of its own.
pub(super) const STATE: &str = "state";
/// What stands there of somebody who is.
pub(super) const SUSPENDED: &str = "suspended";
/// What stands there of a user who is not let in yet.
pub(super) const STAGED: &str = "staged";
/// What stands there of any other.
pub(super) const ACTIVE: &str = "active";
/// Members of which nothing is something else than what they are made with.
pub(super) const NOTHING_SAID: &[&str] = &["eap_methods", "home_directory", "login_shell"];
/// The member of a group that says who is in it.
pub(super) const MEMBERS: &str = "members";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_address_or_network_are_one() {
        let spelled = ["00:10:a4:23:19:c0", "00-10-A4-23-19-C0", "0010.a423.19C0", "0010a42319c0"];
        for text in spelled {
            assert_eq!(canonical(text), "0010a42319c0", "{text}");
        }
        assert_eq!(canonical("192.0.2.7/24"), canonical("192.0.2.0/24"));
        assert_eq!(canonical("192.0.2.7"), canonical("192.0.2.7/32"));
        assert_eq!(canonical("2001:DB8:0::1/64"), canonical("2001:db8::/64"));
        assert_eq!(canonical("0.0.0.0/0"), canonical("10.0.0.0/0"));
        assert_ne!(canonical("192.0.2.0/24"), canonical("192.0.2.0/25"));
        assert_ne!(canonical("0.0.0.0/0"), canonical("::/0"));
        assert_eq!(canonical("192.0.2.0/33"), "192.0.2.0/33");
        assert_eq!(canonical("1-2345-678-9012"), "1-2345-678-9012", "a number");
        assert_eq!(canonical(&["AB"; 32].join(":")), "ab".repeat(32), "a fingerprint");
        assert_eq!(canonical("The  Staff"), "The  Staff");
        assert_eq!(key("The  Staff"), "the staff");
    }
}
