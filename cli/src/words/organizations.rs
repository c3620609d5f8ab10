//! Organizations: what they are, how they look, what they pay.

use super::{Noun, verb};

/// The nouns of this chapter.
pub(super) const NOUNS: &[Noun] = &[
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
            verb("device-cap", "show_device_cap"),
            verb("set-device-cap", "set_device_cap"),
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
        name: "plan",
        about: "What organizations pay in a month",
        columns: &["name", "base", "user", "device"],
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
];
