//! Which words stand for which operation of the admin API.

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

/// All nouns.
pub(crate) const NOUNS: &[Noun] = &[
    Noun {
        name: "org",
        about: "Organizations: the customers",
        columns: &["slug", "name", "base", "state"],
        verbs: &[
            verb("list", "list_organizations"),
            verb("show", "show_organization"),
            verb("create", "create_organization"),
            verb("update", "update_organization"),
            verb("delete", "delete_organization"),
            verb("restore", "restore_organization"),
            verb("suspend", "suspend_organization"),
            verb("activate", "activate_organization"),
            verb("user-cap", "show_user_cap"),
            verb("set-user-cap", "set_user_cap"),
        ],
    },
    Noun {
        name: "settings",
        about: "An organization's settings for authentication",
        columns: &[],
        verbs: &[verb("show", "show_settings"), verb("update", "update_settings")],
    },
    Noun {
        name: "presentation",
        about: "How an organization looks over LDAP",
        columns: &[],
        verbs: &[
            verb("show", "show_presentation"),
            verb("update", "update_presentation"),
            verb("set-aliases", "set_aliases"),
        ],
    },
    Noun {
        name: "user",
        about: "The people of an organization",
        columns: &["login", "display_name", "mail", "state"],
        verbs: &[
            verb("list", "list_users"),
            verb("show", "show_user"),
            verb("create", "create_user"),
            verb("update", "update_user"),
            verb("delete", "delete_user"),
            verb("suspend", "suspend_user"),
            verb("activate", "activate_user"),
            verb("lock", "lock_user"),
            verb("unlock", "unlock_user"),
            verb("set-password", "set_user_password"),
            verb("require-password-change", "require_password_change"),
            verb("groups", "list_groups_of_user"),
            verb("password-policy", "show_user_password_policy"),
            verb("invite", "invite_user"),
            verb("invitation", "show_invitation"),
            verb("revoke-invitation", "revoke_invitation"),
            verb("certificates", "show_user_certificates"),
            verb("set-certificates", "set_user_certificates"),
            verb("second-factor", "show_second_factor"),
            verb("begin-second-factor", "begin_second_factor"),
            verb("confirm-second-factor", "confirm_second_factor"),
            verb("reset-second-factor", "reset_second_factor"),
            verb("issued-certificates", "list_user_certificates"),
            verb("issue-certificate", "issue_user_certificate"),
            verb("renew-certificate", "renew_user_certificate"),
            verb("revoke-certificate", "revoke_user_certificate"),
        ],
    },
    Noun {
        name: "deleted-user",
        about: "Users that were deleted and can be restored for a while",
        columns: &["login", "display_name", "deleted", "gone"],
        verbs: &[
            verb("list", "list_deleted_users"),
            verb("show", "show_deleted_user"),
            verb("restore", "restore_deleted_user"),
            verb("purge", "purge_deleted_user"),
        ],
    },
    Noun {
        name: "group",
        about: "The groups of an organization",
        columns: &["name", "description", "gid_number"],
        verbs: &[
            verb("list", "list_groups"),
            verb("show", "show_group"),
            verb("create", "create_group"),
            verb("update", "update_group"),
            verb("delete", "delete_group"),
            verb("members", "list_members"),
            verb("change-members", "change_members"),
        ],
    },
    Noun {
        name: "plan",
        about: "What organizations pay in a month",
        columns: &["name", "currency", "base", "user", "device"],
        verbs: &[
            verb("list", "list_plans"),
            verb("show", "show_plan"),
            verb("create", "create_plan"),
            verb("update", "update_plan"),
            verb("delete", "delete_plan"),
        ],
    },
    Noun {
        name: "billing",
        about: "What is counted in organizations, and what it costs",
        columns: &["since", "plan"],
        verbs: &[
            verb("agree", "agree_on_plan"),
            verb("agreements", "list_agreements"),
            verb("usage", "show_usage"),
            verb("invoice", "draft_invoice"),
            verb("invoices", "draft_invoices"),
            verb("contact", "show_billing_contact"),
            verb("set-contact", "set_billing_contact"),
        ],
    },
    Noun {
        name: "import",
        about: "Users and groups from files",
        columns: &["name", "state", "rows", "checked", "applied", "asked_by", "id"],
        verbs: &[
            verb("list", "list_imports"),
            verb("show", "show_import"),
            verb("create", "create_import"),
            verb("rows", "list_import_rows"),
            verb("apply", "apply_import"),
            verb("cancel", "cancel_import"),
            verb("delete", "delete_import"),
        ],
    },
    Noun {
        name: "device",
        about: "Machines: what they are, who has them, how they follow security policies",
        columns: &["name", "serial", "model", "os", "os_version", "compliance", "reported"],
        verbs: &[
            verb("list", "list_devices"),
            verb("show", "show_device"),
            verb("create", "create_device"),
            verb("update", "update_device"),
            verb("delete", "delete_device"),
            verb("settings", "show_effective_settings"),
            verb("compliance", "show_device_compliance"),
            verb("count-compliance", "count_compliance"),
            verb("issued-certificates", "list_device_certificates"),
            verb("issue-certificate", "issue_device_certificate"),
            verb("renew-certificate", "renew_device_certificate"),
            verb("revoke-certificate", "revoke_device_certificate"),
        ],
    },
    Noun {
        name: "password-policy",
        about: "What is asked of the passwords of groups' people",
        columns: &["name", "precedence", "password_minimum", "modified"],
        verbs: &[
            verb("list", "list_password_policies"),
            verb("show", "show_password_policy"),
            verb("create", "create_password_policy"),
            verb("update", "update_password_policy"),
            verb("delete", "delete_password_policy"),
        ],
    },
    Noun {
        name: "security-policy",
        about: "What is demanded of devices, in versions",
        columns: &["name", "precedence", "version", "modified"],
        verbs: &[
            verb("list", "list_security_policies"),
            verb("show", "show_security_policy"),
            verb("create", "create_security_policy"),
            verb("update", "update_security_policy"),
            verb("delete", "delete_security_policy"),
            verb("versions", "list_security_policy_versions"),
            verb("version", "show_security_policy_version"),
            verb("restore", "restore_security_policy_version"),
        ],
    },
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
    Noun {
        name: "custom-attribute",
        about: "Attributes of an organization's own",
        columns: &["name", "syntax", "multiple", "indexed"],
        verbs: &[
            verb("list", "list_custom_attributes"),
            verb("show", "show_custom_attribute"),
            verb("create", "create_custom_attribute"),
            verb("update", "update_custom_attribute"),
            verb("delete", "delete_custom_attribute"),
        ],
    },
    Noun {
        name: "certificate-authority",
        about: "Authorities that vouch for an organization's people",
        columns: &["name", "holder"],
        verbs: &[
            verb("list", "list_certificate_authorities"),
            verb("show", "show_certificate_authority"),
            verb("create", "create_certificate_authority"),
            verb("update", "update_certificate_authority"),
            verb("delete", "delete_certificate_authority"),
            verb("create-built-in", "create_built_in_authority"),
            verb("certificate", "show_authority_certificate"),
            verb("set-revocations", "set_revocations"),
            verb("remove-revocations", "remove_revocations"),
        ],
    },
    Noun {
        name: "issued-certificate",
        about: "Certificates that the built-in authority has issued",
        columns: &["serial", "owner", "not_after", "state"],
        verbs: &[verb("list", "list_issued_certificates"), verb("show", "show_issued_certificate")],
    },
    Noun {
        name: "wifi",
        about: "Files with which devices join an organization's wireless network",
        columns: &[],
        verbs: &[verb("profile", "show_wifi_profile")],
    },
    Noun {
        name: "server-certificate",
        about: "What an organization's EAP conversations show",
        columns: &[],
        verbs: &[
            verb("show", "show_server_certificate"),
            verb("set", "set_server_certificate"),
            verb("issue", "issue_server_certificate"),
            verb("remove", "remove_server_certificate"),
        ],
    },
    Noun {
        name: "admin",
        about: "Who works through the API: the provider's, or with --org an organization's",
        columns: &["login", "display_name", "role", "state"],
        verbs: &[
            both("list", "list_admins", "list_organization_admins"),
            both("show", "show_admin", "show_organization_admin"),
            both("create", "create_admin", "create_organization_admin"),
            both("update", "update_admin", "update_organization_admin"),
            both("delete", "delete_admin", "delete_organization_admin"),
            both("suspend", "suspend_admin", "suspend_organization_admin"),
            both("activate", "activate_admin", "activate_organization_admin"),
            both("set-password", "set_admin_password", "set_organization_admin_password"),
            both("reset-mfa", "reset_admin_mfa", "reset_organization_admin_mfa"),
            both("sessions", "list_admin_sessions", "list_organization_admin_sessions"),
            both("end-sessions", "end_admin_sessions", "end_organization_admin_sessions"),
            both("api-keys", "list_admin_keys", "list_organization_admin_keys"),
            both("end-api-keys", "end_admin_keys", "end_organization_admin_keys"),
        ],
    },
    Noun {
        name: "event-destination",
        about: "Where events go beside the log: the provider's, or with --org an organization's",
        columns: &["name", "kind", "paused", "client_certificate"],
        verbs: &[
            both("list", "list_event_destinations", "list_organization_event_destinations"),
            both("show", "show_event_destination", "show_organization_event_destination"),
            both("create", "create_event_destination", "create_organization_event_destination"),
            both("update", "update_event_destination", "update_organization_event_destination"),
            both("delete", "delete_event_destination", "delete_organization_event_destination"),
            both(
                "rotate-secret",
                "rotate_event_destination_secret",
                "rotate_organization_event_destination_secret",
            ),
            both(
                "set-certificate",
                "set_event_client_certificate",
                "set_organization_event_client_certificate",
            ),
            both(
                "remove-certificate",
                "remove_event_client_certificate",
                "remove_organization_event_client_certificate",
            ),
            both("delivery", "show_event_delivery", "show_organization_event_delivery"),
            both("test", "test_event_destination", "test_organization_event_destination"),
            both("dead-letters", "list_event_dead_letters", "list_organization_event_dead_letters"),
            both(
                "redeliver",
                "redeliver_event_dead_letters",
                "redeliver_organization_event_dead_letters",
            ),
            both(
                "discard",
                "discard_event_dead_letters",
                "discard_organization_event_dead_letters",
            ),
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
    Noun {
        name: "server",
        about: "The server itself, and what it knows",
        columns: &[],
        verbs: &[
            verb("health", "check_health"),
            verb("policy", "show_policy"),
            verb("profiles", "show_profiles"),
        ],
    },
];

/// What `can-i` asks.
pub(crate) const CAN: Noun = Noun {
    name: "can-i",
    about: "Tells who may do what, and if not, why",
    columns: &["permission", "allowed", "reasons"],
    verbs: &[verb("me", "can_i"), both("admin", "can_admin", "can_organization_admin")],
};

/// What writes a file of its own.
pub(crate) const EXPORT: &str = "export";
/// What asks no server.
pub(crate) const VERIFY: &str = "verify";

/// What `events` asks for; the first without another word.
pub(crate) const EVENTS: Noun = Noun {
    name: "events",
    about: "What was done and tried: the provider's, or with --org an organization's",
    columns: &["at", "actor", "action", "subject", "success", "reason"],
    verbs: &[
        both("list", "list_events", "list_organization_events"),
        both("counts", "count_events", "count_organization_events"),
        both("chain", "show_event_chain", "show_organization_event_chain"),
        verb("among", "list_all_events"),
        verb("retention", "show_organization_event_retention"),
        verb("set-retention", "set_organization_event_retention"),
        verb("sampling", "show_organization_event_sampling"),
        verb("set-sampling", "set_organization_event_sampling"),
        both(EXPORT, "export_events", "export_organization_events"),
    ],
};
