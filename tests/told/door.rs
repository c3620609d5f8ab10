//! The devices' door: a device comes with curl and a certificate that the API issued to it.

use serde_json::{Value, json};

use super::{Told, is_whole};
use crate::harness::curl::Api;
use crate::harness::office::id_of;

/// The event of a report that comes to something else than the one before.
const CHANGED: &str = "compliance_changed";

/// Takes an authority of the organization's own.
pub(super) fn device(told: &mut Told<'_>) {
    let office = told.office;
    let group = office.group("phones", &[], &[]);
    let lock = json!({"screen_lock": {"delay": 300}});
    let policy = json!({"name": "phones", "groups": [group], "settings": lock});
    office.make("security-policies", &policy);
    let device = id_of(&office.make("devices", &json!({"name": "phone-7", "groups": [group]})));
    let handed = office.hand_out(&format!("devices/{device}"), &json!({}));
    let own = Api::at(&office.demo.devices, &office.demo.ca_file).certificate(&handed);

    let settings = office.path("device/settings");
    let demanded = json!({"device": device, "settings": lock});
    let demanded = told.finds(("GET", &settings), &own.get(&settings), &demanded);
    let report = json!({"document": demanded["document"],
        "settings": {"screen_lock": "compliant"}});
    reports(told, &own, &report);

    let place = format!("devices/{device}");
    let applied = json!({"settings": lock, "policies": [{"name": "phones"}]});
    told.shows(&format!("{place}/security-settings"), &applied);
    let stands = json!({"compliance": "compliant", "current": true});
    told.shows(&format!("{place}/compliance"), &stands);
    told.shows("device-compliance", &json!({"compliant": 1}));
}

/// A device reports what cannot be read, of which nothing may be told, and then something. Its events
/// do not name the request.
fn reports(told: &mut Told<'_>, device: &Api, report: &Value) {
    let office = told.office;
    let path = office.path("device/compliance");
    let failed = device.send("PUT", &path, Some(&json!({"nonsense": true})));
    let is_told = office.events().iter().any(|event| event["action"] == CHANGED);
    if !(400..500).contains(&failed.status) || is_told {
        told.wrong.push(format!("a report does not fail untold: {failed:?}"));
    }
    let answer = device.send("PUT", &path, Some(report));
    told.finds(("PUT", &path), &answer, &json!({"compliance": "compliant"}));
    let event = office.event(CHANGED);
    if is_whole(&event, "PUT") && event["actor"]["kind"] == "device" {
        let name = told.route("PUT", &path);
        told.done.insert(name);
    } else {
        told.wrong.push(format!("a report is not told: {event}"));
    }
}
