//! Which words stand for which operation of the admin API, a chapter for each family of things.

mod access;
mod certificates;
mod devices;
mod events;
mod organizations;
mod people;
mod staff;

pub(crate) use events::EVENTS;

/// A thing that commands are about.
pub(crate) struct Noun {
    /// How it is called on the command line.
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// The members that a table shows, in order.
    pub(crate) columns: &'static [&'static str],
    pub(crate) verbs: &'static [Verb],
}

/// Something that is done.
pub(crate) struct Verb {
    pub(crate) name: &'static str,
    /// The operation's id in the API's document.
    pub(crate) operation: &'static str,
    /// The one that it is where an organization is named, if that is another.
    pub(crate) within: Option<&'static str>,
}

const fn verb(name: &'static str, operation: &'static str) -> Verb {
    Verb { name, operation, within: None }
}

/// A verb of what the provider and each organization have.
const fn both(name: &'static str, operation: &'static str, within: &'static str) -> Verb {
    Verb { name, operation, within: Some(within) }
}

/// Operations that are no command of their own: others use them, or they are for browsers.
#[cfg(test)]
pub(crate) const ELSEWHERE: &[&str] = &[
    "sign_in",
    "confirm_enrolment",
    "begin_passkey_sign_in",
    "sign_in_with_passkey",
    "begin_passkey",
    "register_passkey",
    "sign_out",
    "show_docs",
    "show_openapi",
    "show_revocation_list",
    "show_invitation_page",
    "accept_invitation",
    "confirm_invited_second_factor",
    "upload_import",
];

/// The lists in which a member or a parameter that holds ids finds names.
pub(crate) const REFERENCES: &[(&str, &str)] = &[
    ("allowed_groups", "groups"),
    ("group", "groups"),
    ("groups", "groups"),
    ("organization", "/v1/organizations"),
    ("organizations", ""),
    ("owner", "users"),
    ("plan", "/v1/billing/plans"),
    ("radius_client", "radius-clients"),
    ("reply_profile", "reply-profiles"),
    ("unknown_device_profile", "reply-profiles"),
    ("with_device_groups", "groups"),
    ("users", "users"),
];

/// The same of members that are shown and never said.
pub(crate) const SHOWN: &[(&str, &str)] = &[("device", "devices"), ("user", "users")];

/// What tables show of operations that list something else than what their noun is about.
const LISTS: &[(&str, &[&str])] = &[
    ("find_users", &["login", "display_name", "mail", "state", "organization=organization_slug"]),
    ("list_admin_keys", KEYS),
    ("list_organization_admin_keys", KEYS),
    ("list_admin_sessions", SESSIONS),
    ("list_organization_admin_sessions", SESSIONS),
    (
        "list_admins",
        &[
            "login",
            "display_name",
            "role",
            "scope",
            "state",
            "second_factor=second_factor_enrolled",
            "passkeys",
        ],
    ),
    ("list_device_certificates", CERTIFICATES),
    ("list_groups_of_user", &["name", "description", "gid_number"]),
    (
        "list_import_rows",
        &["line", "kind", "name", "outcome", "column", "reason", "changes", "notes"],
    ),
    ("list_members", &["name", "kind"]),
    ("list_own_keys", KEYS),
    ("list_security_policy_versions", &["number", "author", "created", "comment", "restored"]),
    ("list_user_certificates", CERTIFICATES),
];
const CERTIFICATES: &[&str] = &["serial", "not_after", "state"];
const KEYS: &[&str] = &["id", "name", "role", "organizations", "sources", "last_used", "expires"];
const SESSIONS: &[&str] = &["id", "last_used", "last_source", "user_agent", "expires"];

/// What a table of an operation of a noun shows.
pub(crate) fn columns(noun: &Noun, operation: &str) -> &'static [&'static str] {
    LISTS.iter().find(|(of, _)| *of == operation).map_or(noun.columns, |(_, columns)| *columns)
}

/// What comes first in tables of the records that a member of something holds; the rest follows.
pub(crate) const FIRST: &[(&str, &[&str])] = &[
    ("days", &["day"]),
    ("earlier", &["at", "compliance"]),
    ("lines", &["kind", "quantity", "unit_price", "amount"]),
    ("policies", &["name", "version", "precedence"]),
    ("rules", &["name", "verdict"]),
    ("tests", &["test", "meaning"]),
    ("vendor_attributes", &["vendor", "number", "value"]),
];

/// Members of something whose records each name some of a list that it has as well: the two are shown
/// as a grid.
pub(crate) const GRIDS: &[(&str, &str)] = &[("permissions", "roles")];

/// All nouns, by what they are about.
const CHAPTERS: &[&[Noun]] = &[
    organizations::NOUNS,
    people::NOUNS,
    devices::NOUNS,
    access::NOUNS,
    certificates::NOUNS,
    staff::NOUNS,
    &[events::DESTINATIONS, SERVER],
];

/// All nouns, in the order in which help shows them.
pub(crate) fn nouns() -> impl Iterator<Item = &'static Noun> {
    CHAPTERS.iter().copied().flatten()
}

/// What is about no organization and nobody.
const SERVER: Noun = Noun {
    name: "server",
    about: "The server itself, and what it knows",
    columns: &[],
    verbs: &[
        verb("health", "check_health"),
        verb("policy", "show_policy"),
        verb("profiles", "show_profiles"),
    ],
};

/// What `can-i` asks.
pub(crate) const CAN: Noun = Noun {
    name: "can-i",
    about: "Tells who may do what, and if not, why",
    columns: &["permission", "allowed", "reasons"],
    verbs: &[verb("me", "can_i"), both("admin", "can_admin", "can_organization_admin")],
};

/// What lists events of several organizations.
pub(crate) const AMONG: &str = "among";
/// What writes files of their own.
pub(crate) const EXPORT: &str = "export";
pub(crate) const EXPORT_AMONG: &str = "export-among";
/// What asks no server.
pub(crate) const VERIFY: &str = "verify";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    #[test]
    fn tables_show_what_lists_have() {
        let document = Document::read().unwrap();
        for (operation, columns) in LISTS {
            let answer = document.operation(operation).unwrap().answer.clone().unwrap();
            let members = document.schemas.members_of_items(&answer);
            for column in *columns {
                let member = column.split_once('=').map_or(*column, |(_, member)| member);
                assert!(members.contains(member), "{operation}: {column}");
            }
        }
    }
}
