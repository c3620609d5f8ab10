//! Who works through the API, and their own accounts.

use super::{Noun, both, verb};

/// The nouns of this chapter.
pub(super) const NOUNS: &[Noun] = &[
    Noun {
        name: "admin",
        about: "Who works through the API: the provider's, or with --org an organization's",
        columns: &[
            "login",
            "display_name",
            "role",
            "state",
            "second_factor=second_factor_enrolled",
            "passkeys",
        ],
        verbs: &[
            both("list", "list_admins", "list_organization_admins"),
            both("show", "show_admin", "show_organization_admin"),
            both("create", "create_admin", "create_organization_admin"),
            both("update", "update_admin", "update_organization_admin"),
            both("delete", "delete_admin", "delete_organization_admin"),
            both("suspend", "suspend_admin", "suspend_organization_admin"),
            both("activate", "activate_admin", "activate_organization_admin"),
            both("set-password", "set_admin_password", "set_organization_admin_password"),
            both("invite", "invite_admin", "invite_organization_admin"),
            both("reset-mfa", "reset_admin_mfa", "reset_organization_admin_mfa"),
            both("sessions", "list_admin_sessions", "list_organization_admin_sessions"),
            both("end-sessions", "end_admin_sessions", "end_organization_admin_sessions"),
            both("api-keys", "list_admin_keys", "list_organization_admin_keys"),
            both("end-api-keys", "end_admin_keys", "end_organization_admin_keys"),
        ],
    },
    Noun {
        name: "account",
        about: "Your own account: password, authenticator, sessions, codes for when the phone is lost",
        columns: &["id", "this", "last_used", "last_source", "user_agent", "expires"],
        verbs: &[
            verb("show", "show_me"),
            verb("sessions", "list_own_sessions"),
            verb("end-sessions", "end_own_sessions"),
            verb("set-password", "change_own_password"),
            verb("begin-authenticator", "begin_own_authenticator"),
            verb("confirm-authenticator", "confirm_own_authenticator"),
            verb("recovery-codes", "make_recovery_codes"),
        ],
    },
    Noun {
        name: "passkey",
        about: "Your own passkeys; a browser registers and uses them, the command line cannot",
        columns: &["id", "name", "created", "last_used", "portable", "suspended"],
        verbs: &[
            verb("list", "list_own_passkeys"),
            verb("show", "show_own_passkey"),
            verb("rename", "rename_own_passkey"),
            verb("activate", "activate_own_passkey"),
            verb("delete", "delete_own_passkey"),
        ],
    },
    Noun {
        name: "api-key",
        about: "Your own keys for programs",
        columns: &["id", "name", "role", "expires"],
        verbs: &[
            verb("list", "list_own_keys"),
            verb("create", "create_own_key"),
            verb("delete", "delete_own_key"),
        ],
    },
];
