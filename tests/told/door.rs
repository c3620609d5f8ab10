//! The devices' door: a device comes with curl and a certificate that the API issued to it.

use serde_json::{Value, json};

use super::Told;
use crate::harness::curl::{Api, Response};
use crate::harness::office::id_of;
use crate::harness::receiver::comes;

/// The event of a report that comes to something else than the one before.
const CHANGED: &str = "compliance_changed";
/// The event of a certificate that lets nobody in.
const REFUSED: &str = "device_refused";

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
    is_refused(told, &own, &place);
}

/// A device reports what cannot be read, of which nothing may be told, and then something.
fn reports(told: &mut Told<'_>, device: &Api, report: &Value) {
    let path = told.office.path("device/compliance");
    let failed = device.send("PUT", &path, Some(&json!({"nonsense": true})));
    let events = told.events_of(&failed);
    if !(400..500).contains(&failed.status) || !events.is_empty() {
        told.wrong.push(format!("a report does not fail untold: {failed:?} {events:?}"));
    }
    let answer = device.send("PUT", &path, Some(report));
    told.finds(("PUT", &path), &answer, &json!({"compliance": "compliant"}));
    told.hears(("PUT", &path), report, &answer);
    if !is_told(told, &answer, CHANGED) {
        told.wrong.push(format!("a report is not told by its request: {answer:?}"));
    }
}

/// A device that is suspended meanwhile asks in vain, of which is told a moment after the answer.
fn is_refused(told: &mut Told<'_>, device: &Api, place: &str) {
    let office = told.office;
    office.act("PATCH", place, Some(&json!({"suspended": true})));
    let answer = device.get(&office.path("device/settings"));
    office.act("PATCH", place, Some(&json!({"suspended": false})));
    if answer.status != 403 || !comes(|| is_told(told, &answer, REFUSED)) {
        told.wrong.push(format!("who is refused is not told: {answer:?}"));
    }
}

/// Whether an event of this kind tells of a device that was answered so.
fn is_told(told: &Told<'_>, answer: &Response, action: &str) -> bool {
    let is_it = |event: &Value| event["action"] == action && event["actor"]["kind"] == "device";
    told.events_of(answer).iter().any(is_it)
}
