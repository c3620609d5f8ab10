//! Organizations, what is settled of them, and what they pay.

use serde_json::{Value, json};

use super::{Told, id};

pub(super) fn organizations(told: &mut Told<'_>) {
    let office = told.office;
    let slug = format!("{}-next", office.slug);
    let fields = json!({"slug": slug, "name": "Next", "base": format!("dc={slug},dc=example")});
    let made = told.does("POST", "/v1/organizations", &fields);
    let place = format!("/v1/organizations/{}", id(&made));
    told.does("PATCH", &place, &json!({"name": "Renamed"}));
    let renamed = json!({"slug": slug, "name": "Renamed", "state": "active"});
    told.shows("/v1/organizations", &json!({"items": [renamed]}));
    let alias = json!({"base": format!("o={slug},dc=jumpcloud,dc=com"), "layout": "jumpcloud"});
    told.does("PUT", &format!("{place}/aliases"), &json!({"aliases": [alias]}));
    for cap in ["user-cap", "device-cap"] {
        told.does("PUT", &format!("{place}/{cap}"), &json!({"most": 100, "kind": "hard"}));
    }
    told.does("POST", &format!("{place}/suspend"), &Value::Null);
    told.does("POST", &format!("{place}/activate"), &Value::Null);
    // The provider is told, while its own events are shown to nobody.
    told.does("DELETE", &format!("{place}?confirmation=Renamed"), &Value::Null);
    told.does("POST", &format!("{place}/restore"), &Value::Null);
}

pub(super) fn settings(told: &mut Told<'_>) {
    told.does("PATCH", "settings", &json!({"password_minimum": 13}));
    told.does("PATCH", "presentation", &json!({"layout": "rfc2307"}));
    told.does("PUT", "event-retention", &json!({"retention": 86_400_000_u64 * 30}));
    told.does("PUT", "event-sampling", &json!({"one_in": 7, "values": true}));
}

pub(super) fn billing(told: &mut Told<'_>) {
    let office = told.office;
    let fields = json!({"name": "standard", "currency": "EUR", "user": 350});
    let plan = id(&told.does("POST", "/v1/billing/plans", &fields));
    let place = format!("/v1/billing/plans/{plan}");
    told.does("PATCH", &place, &json!({"user": 400}));
    told.shows("/v1/billing/plans", &json!({"items": [{"id": plan, "user": 400}]}));
    let month = office.read("billing/usage")["month"].clone();
    told.shows("billing/usage", &json!({"month": month}));
    let agreement = json!({"organization": office.id, "plan": plan, "since": month});
    told.does("POST", "/v1/billing/agreements", &agreement);
    let agreed = json!({"plan": "standard", "since": month});
    told.shows("billing/agreements", &json!({"items": [agreed]}));
    let query = format!("month={}", month.as_str().unwrap());
    let billed = json!({"plan": "standard", "currency": "EUR", "month": month});
    told.shows(&format!("billing/invoice?{query}"), &billed);
    told.shows(&format!("/v1/billing/invoices?{query}"), &json!(office.slug));
    told.does("DELETE", &place, &Value::Null);
    told.does("PUT", "billing/contact", &json!({"mail": "invoices@acme.example"}));
}
