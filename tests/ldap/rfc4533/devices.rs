//! Copies of devices.

use serde_json::json;

use super::consumer::Consumer;
use super::reload::cookie_of;
use super::{copying, dismiss, entitle, hire, names, reader, rename};
use crate::harness::office::{Office, id_of};
use crate::harness::raw::{Message, Raw};

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

#[test]
fn who_is_shown_no_devices_is_told_of_none_that_changed_or_is_gone() {
    let office = Office::new();
    let (dn, password, _) = office.profiled("sssd");
    let mut connection = Raw::bound(&office.demo.ldap, &dn, &password);
    let mut poll = |id: i64, cookie: &[u8]| -> (Vec<Message>, Vec<u8>) {
        connection.send(&copying(id, &office.base, 1, cookie));
        let (told, controls) = connection.receive_all_of_with_controls(id);
        (told, cookie_of(&controls.unwrap()).unwrap())
    };
    let [kept, gone] =
        ["till", "kiosk"].map(|name| id_of(&office.make("devices", &json!({"name": name}))));
    let ada = hire(&office, "ada");
    let (_, cookie) = poll(2, b"");
    office.act("PATCH", &format!("devices/{kept}"), Some(&json!({"serial": "C02"})));
    office.act("DELETE", &format!("devices/{gone}"), None);
    dismiss(&office, &ada);
    let (told, _) = poll(3, &cookie);
    let named = |id: &str| told.iter().any(|said| names(said, id));
    assert!(named(&ada), "{told:?}");
    assert!(!named(&kept) && !named(&gone), "{told:?}");
}
