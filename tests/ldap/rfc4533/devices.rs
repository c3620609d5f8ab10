//! Copies of devices.

use serde_json::json;

use super::consumer::Consumer;
use super::{dismiss, entitle, hire, reader, rename};
use crate::harness::office::{Office, id_of};

const DEVICES: &str = "(objectClass=device)";

#[test]
fn section_3_4_who_stays_hears_of_devices_and_of_what_their_owners_are_called() {
    let office = Office::new();
    let ada = hire(&office, "ada");
    let mut copy = Consumer::new("refreshAndPersist", &office, &reader(&office), DEVICES);
    copy.said_until(|said| said.starts_with("refreshed"));
    let till = office.make("devices", &json!({"name": "till", "owner": ada}));
    assert_eq!(copy.next().unwrap(), "new cn=till");
    let path = format!("devices/{}", id_of(&till));
    office.act("PATCH", &path, Some(&json!({"serial": "C02"})));
    assert_eq!(copy.next().unwrap(), "changed cn=till");
    entitle(&office, &ada, "Countess");
    rename(&office, &ada, "augusta");
    assert_eq!(copy.next().unwrap(), "changed cn=till", "it names its owner");
    dismiss(&office, &ada);
    assert_eq!(copy.next().unwrap(), "changed cn=till", "nobody owns it any more");
    office.act("DELETE", &path, None);
    assert_eq!(copy.next().unwrap(), "gone cn=till");
    assert_eq!(copy.cancel(), ["cancelled"], "nothing else was told");
}

#[test]
fn section_3_3_a_copy_is_brought_up_to_date_with_devices() {
    let office = Office::new();
    let mut copy = Consumer::new("refreshOnly", &office, &reader(&office), DEVICES);
    assert_eq!(copy.poll().last().unwrap(), "copy", "there is none yet");
    let till = office.make("devices", &json!({"name": "till"}));
    assert_eq!(copy.poll().first().unwrap(), "new cn=till");
    office.act("DELETE", &format!("devices/{}", id_of(&till)), None);
    assert_eq!(copy.poll().first().unwrap(), "gone cn=till");
}
