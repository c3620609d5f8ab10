//! Admins, of the provider and of an organization's own.

use serde_json::{Value, json};

use super::{Told, id};
use crate::harness::admin::{Admin, PASSWORD};
use crate::harness::calendar::in_days;

pub(super) fn admins(told: &mut Told<'_>) {
    let office = told.office;
    admins_at(told, "/v1/admins", &office.provider_admin("manager", &json!("all")));
    admins_at(told, &office.path("admins"), &office.admin("manager"));
}

/// An admin is made and deleted, and another one loses what lets them in.
fn admins_at(told: &mut Told<'_>, collection: &str, other: &Admin) {
    let fields = json!({"login": "told-of", "display_name": "Somebody", "role": "manager",
        "password": PASSWORD});
    let place = format!("{collection}/{}", id(&told.does("POST", collection, &fields)));
    told.shows(collection, &json!({"items": [{"login": "told-of", "role": "manager"}]}));
    told.does("PATCH", &place, &json!({"role": "help_desk"}));
    let chief = told.office.chief();
    let password = json!({"password": "another horse, and a staple"});
    told.does_as(&chief, "PUT", &format!("{place}/password"), &password);
    told.does_as(&chief, "POST", &format!("{place}/reset-mfa"), &Value::Null);
    told.does("POST", &format!("{place}/suspend"), &Value::Null);
    told.does("POST", &format!("{place}/activate"), &Value::Null);
    told.does("DELETE", &place, &Value::Null);
    let fields = json!({"login": "told-of", "display_name": "Somebody", "role": "manager"});
    let place = format!("{collection}/{}", id(&told.does("POST", collection, &fields)));
    told.does("POST", &format!("{place}/invitation"), &json!({}));
    told.does("DELETE", &place, &Value::Null);

    told.does("PATCH", &other.place, &json!({"api_access": true}));
    let key = json!({"name": "key", "expires": in_days(90)});
    told.does_as(&other.session, "POST", "/v1/me/api-keys", &key);
    told.shows(&format!("{}/api-keys", other.place), &json!({"items": [{"name": "key"}]}));
    let session = json!({"cookie": false, "this": false});
    told.shows(&format!("{}/sessions", other.place), &json!({"items": [session]}));
    let question = format!("permission=manage_identities&organization={}", told.office.id);
    let may = json!({"permission": "manage_identities", "allowed": true});
    told.shows(&format!("{}/can-i?{question}", other.place), &json!({"answers": [may]}));
    told.does("DELETE", &format!("{}/api-keys", other.place), &Value::Null);
    told.does("DELETE", &format!("{}/sessions", other.place), &Value::Null);
}
