//! What a file may say of an organization, in the order in which it is made.

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
}

const fn kind(
    member: &'static str,
    path: &'static str,
    (noun, name): (&'static str, &'static str),
    (create, update): (&'static str, &'static str),
) -> Kind {
    Kind { member, path, noun, name, create, update }
}

/// All lists, each behind those that it names.
pub(super) const KINDS: &[Kind] = &[
    kind(
        "custom_attributes",
        "custom-attributes",
        ("custom attribute", "name"),
        ("create_custom_attribute", "update_custom_attribute"),
    ),
    kind("users", "users", ("user", "login"), ("create_user", "update_user")),
    kind("groups", "groups", ("group", "name"), ("create_group", "update_group")),
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
];

/// What a name is compared by: names that differ in their letters' case are the same.
pub(super) fn key(name: &str) -> String {
    name.to_lowercase()
}

/// The member of a group that says who is in it.
pub(super) const MEMBERS: &str = "members";
/// The member of the file with the organization's settings.
pub(super) const SETTINGS: &str = "settings";
