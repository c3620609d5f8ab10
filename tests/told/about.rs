//! The server itself, and what was done in it.

use serde_json::json;

use super::Told;

pub(super) fn server(told: &mut Told<'_>) {
    let nobody = told.office.demo.https(None);
    told.shows_to(&nobody, "/v1/health", &json!({"status": "up"}));
    told.shows_to(&nobody, "/v1/docs", &json!("<title>Tenantry admin API</title>"));
    told.shows_to(&nobody, "/v1/invitations", &json!("<title>Choose your password</title>"));
    let title = json!({"info": {"title": "Tenantry admin API"}});
    told.shows_to(&nobody, "/v1/openapi.json", &title);
    let row = json!({"permission": "manage_billing", "roles": ["administrator_with_billing"]});
    told.shows("/v1/policy", &json!({"permissions": [row]}));
    told.shows("/v1/profiles", &json!([{"profile": "nextcloud"}]));
    told.shows("/v1/reply-attributes", &json!([{"name": "Filter-Id", "number": 11}]));
    told.shows("/v1/reply-presets", &json!([{"profile": {"vlan": "20"}}]));
}

pub(super) fn events(told: &mut Told<'_>) {
    let office = told.office;
    events_at(told, "/v1/events");
    events_at(told, &office.path("events"));
    let (id, asked) = (&office.id, format!("organizations={}&action=created", office.id));
    let event = json!({"organization": id, "action": "created"});
    told.shows(&format!("/v1/all-events?{asked}"), &json!({"items": [event]}));
    let counts = format!("/v1/all-events/counts?{asked}&by=organization");
    told.shows(&counts, &json!({"items": [{"key": id}], "complete": true}));
    told.shows(&format!("/v1/all-events/export?{asked}"), &json!(id));
}

fn events_at(told: &mut Told<'_>, list: &str) {
    let event = json!({"action": "created", "success": true});
    told.shows(&format!("{list}?action=created"), &json!({"items": [event]}));
    let counts = format!("{list}/counts?action=created&by=action");
    told.shows(&counts, &json!({"items": [{"key": "created"}], "complete": true}));
    told.shows(&format!("{list}/export?action=created"), &json!("created"));
    // Where a chain ends is another with each event; where it begins stays.
    let chain = format!("{list}/chain");
    let oldest = told.office.top.get(&chain).json()["oldest"].clone();
    told.shows(&chain, &json!({"oldest": oldest}));
}
