//! Destinations of events, of the provider and of an organization.

use serde_json::{Value, json};

use super::{Told, id};
use crate::harness::authority::Authority;
use crate::harness::receiver::{Receiver, comes};

pub(super) fn destinations(told: &mut Told<'_>) {
    let receiver = Receiver::start();
    // So each event becomes a dead letter.
    receiver.does("302");
    destinations_at(told, "/v1/event-destinations", receiver.destination("siem"));
    let own = told.office.path("event-destinations");
    destinations_at(told, &own, receiver.destination("siem"));
}

fn destinations_at(told: &mut Told<'_>, collection: &str, mut fields: Value) {
    let office = told.office;
    fields["begins_with"] = json!("oldest");
    let place = format!("{collection}/{}", id(&told.does("POST", collection, &fields)));
    let letters = format!("{place}/dead-letters");
    let are_some = || office.top.get(&letters).json()["items"][0].is_object();
    assert!(comes(are_some), "there are no dead letters: {:?}", office.top.get(&letters));
    told.does("PATCH", &place, &json!({"paused": true}));
    told.shows(collection, &json!({"items": [{"name": "siem", "paused": true}]}));
    told.shows(&letters, &json!({"items": [{"redelivering": false}]}));
    told.shows(&format!("{place}/delivery"), &json!({"last_delivered": null, "gaps": 0}));
    let refused = json!({"delivered": false});
    told.answers(&office.top, ("POST", &format!("{place}/test")), &json!({}), &refused);
    told.does("POST", &format!("{letters}/redeliver"), &json!({}));
    told.does("POST", &format!("{letters}/discard"), &json!({}));
    let rotation = json!({"keep_previous_seconds": 3_600});
    told.does("POST", &format!("{place}/secret/rotate"), &rotation);
    let certificate = format!("{place}/client-certificate");
    told.does("PUT", &certificate, &Authority::new("senders").client());
    told.does("DELETE", &certificate, &Value::Null);
    told.does("DELETE", &place, &Value::Null);
}
