//! Machines, and what is demanded of them.

use super::{Noun, verb};

/// The nouns of this chapter.
pub(super) const NOUNS: &[Noun] = &[
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
        name: "security-policy",
        about: "What is demanded of devices, in versions; the lowest precedence counts",
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
];
