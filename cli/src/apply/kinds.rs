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
        RADIUS_CLIENTS,
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
        ADMINS,
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

/// The lists with this name have two kinds of things.
pub(super) const AUTHORITIES: &str = "certificate_authorities";
/// The list with those who may be the ones who apply the file.
pub(super) const ADMINS: &str = "admins";
/// The list with the gear that asks over RADIUS.
pub(super) const RADIUS_CLIENTS: &str = "radius_clients";
/// The member that tells the two kinds of authorities apart.
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
    fn names_that_differ_in_case_and_spaces_are_one() {
        assert_eq!(key("The  Staff"), "the staff");
        assert_ne!(key("The Staff"), key("TheStaff"));
    }
}
