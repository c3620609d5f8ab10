//! Certificates: who vouches, what was issued, what is shown.

use super::{Noun, verb};

/// The nouns of this chapter.
pub(super) const NOUNS: &[Noun] = &[
    Noun {
        name: "certificate-authority",
        about: "Authorities that vouch for an organization's people",
        columns: &["name", "holder", "not_after"],
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
        name: "wifi",
        about: "Files with which devices join an organization's wireless network",
        columns: &[],
        verbs: &[verb("profile", "show_wifi_profile")],
    },
];
