//! What was done and tried, and where it goes beside the log.

use super::{AMONG, EXPORT, EXPORT_AMONG, Noun, both, verb};

/// Receivers of events.
pub(super) const DESTINATIONS: Noun = Noun {
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
        both("discard", "discard_event_dead_letters", "discard_organization_event_dead_letters"),
    ],
};

/// What `events` asks for; the first without another word.
pub(crate) const EVENTS: Noun = Noun {
    name: "events",
    about: "What was done and tried: the provider's, or with --org an organization's",
    columns: &["at", "actor", "action", "subject", "success", "reason"],
    verbs: &[
        both("list", "list_events", "list_organization_events"),
        both("counts", "count_events", "count_organization_events"),
        both("chain", "show_event_chain", "show_organization_event_chain"),
        verb(AMONG, "list_all_events"),
        verb("counts-among", "count_all_events"),
        verb("retention", "show_organization_event_retention"),
        verb("set-retention", "set_organization_event_retention"),
        verb("sampling", "show_organization_event_sampling"),
        verb("set-sampling", "set_organization_event_sampling"),
        both(EXPORT, "export_events", "export_organization_events"),
        verb(EXPORT_AMONG, "export_all_events"),
    ],
};
