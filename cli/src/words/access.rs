//! Applications and network gear, and what both are told.

use super::{Noun, verb};

/// The nouns of this chapter.
pub(super) const NOUNS: &[Noun] = &[
    Noun {
        name: "service-account",
        about: "The applications of an organization",
        columns: &["name", "profile", "suspended", "description"],
        verbs: &[
            verb("list", "list_service_accounts"),
            verb("show", "show_service_account"),
            verb("create", "create_service_account"),
            verb("update", "update_service_account"),
            verb("delete", "delete_service_account"),
            verb("rotate", "rotate_service_account"),
            verb("end-previous-password", "end_previous_password"),
            verb("certificates", "show_service_account_certificates"),
            verb("set-certificates", "set_service_account_certificates"),
            verb("recorder", "show_recorder"),
            verb("clear-recorder", "clear_recorder"),
        ],
    },
    Noun {
        name: "ldap",
        about: "What LDAP would answer to an application",
        columns: &[],
        verbs: &[verb("explain", "explain_ldap_request")],
    },
    Noun {
        name: "radius",
        about: "The network gear of an organization",
        columns: &["name", "sources", "require_message_authenticator"],
        verbs: &[
            verb("list", "list_radius_clients"),
            verb("show", "show_radius_client"),
            verb("create", "create_radius_client"),
            verb("update", "update_radius_client"),
            verb("delete", "delete_radius_client"),
            verb("explain", "explain_radius_request"),
            verb("weaknesses", "show_radius_weaknesses"),
            verb("set-secret", "set_radius_secret"),
            verb("reveal-secret", "reveal_radius_secret"),
            verb("rotate-secret", "rotate_radius_secret"),
        ],
    },
    Noun {
        name: "reply-profile",
        about: "What network gear is told with an accept",
        columns: &["name", "vlan"],
        verbs: &[
            verb("list", "list_reply_profiles"),
            verb("show", "show_reply_profile"),
            verb("create", "create_reply_profile"),
            verb("update", "update_reply_profile"),
            verb("delete", "delete_reply_profile"),
            verb("attributes", "list_reply_attributes"),
            verb("presets", "list_reply_presets"),
        ],
    },
    Noun {
        name: "session",
        about: "Who is on the network, as gear reports it",
        columns: &["id", "login", "gear", "started", "ended", "calling_station", "ipv4"],
        verbs: &[
            verb("list", "list_sessions"),
            verb("show", "show_session"),
            verb("disconnect", "disconnect_session"),
            verb("change", "change_session"),
        ],
    },
];
