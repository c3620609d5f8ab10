//! Rules about devices that nobody made known.

use super::{Office, at, from, rule};
use crate::access::ManageIdentities;
use crate::authentication::{Begun, Door, Outcome};
use crate::error::Error;
use crate::id::RadiusClientId;
use crate::network::{Circumstances, MacAddress, NetworkMethod};
use crate::records::{Conditions, DeviceFields, NetworkRule, RuleVerdict, WithDevice};
use crate::tests::world::HERE;

const UNKNOWN: &str = "02:00:00:00:00:07";

/// What is demanded of a request by a rule about unknown devices, in a wireless network.
fn unknown_at(ssid: &str) -> Conditions {
    let with_device = Some(WithDevice::Unknown);
    Conditions { with_device, ssids: vec![ssid.into()], ..Conditions::default() }
}

fn rules(office: &Office) -> Vec<NetworkRule> {
    vec![
        rule("guests", unknown_at("guests"), RuleVerdict::Accept(Some(office.vlan))),
        rule("closed", unknown_at("office"), RuleVerdict::Reject),
        rule("else", Conditions::default(), RuleVerdict::Reject),
    ]
}

/// Which rule decides about a device or user in a wireless network, and why they are not let in.
fn decided(
    office: &Office,
    client: RadiusClientId,
    who: (&str, NetworkMethod),
    ssid: &str,
) -> (Option<String>, Option<&'static str>) {
    let explained = office.explained(client, who.0, Circumstances { method: who.1, ..at(ssid) });
    assert_eq!(explained.profile.is_some(), explained.reason.is_none());
    (explained.rule, explained.reason)
}

#[test]
fn rules_that_say_so_decide_about_unknown_devices_and_no_others_do() {
    let office = Office::new();
    let acme = office.acme;
    let device = DeviceFields {
        name: "laptop".into(),
        addresses: from(1).calling.into_iter().collect(),
        ..DeviceFields::default()
    };
    let made = office
        .world
        .change(move |change| change.authorize::<ManageIdentities>(acme)?.devices().create(device));
    made.unwrap();
    let strict = office.client_with(|fields| {
        fields.mac_authentication = true;
        fields.rules = rules(&office);
    });
    let strict = strict.unwrap();
    let rejects = Some("the rule rejects whom it is about");
    let device = |ssid| decided(&office, strict, (UNKNOWN, NetworkMethod::Mac), ssid);
    assert_eq!(device("guests"), (Some("guests".into()), None));
    assert_eq!(device("office"), (Some("closed".into()), rejects));
    assert_eq!(device("other"), (None, Some("there is no such device")));
    // Neither a device that is known nor a user is meant, whatever machine the user comes with.
    let known = decided(&office, strict, ("66:77:88:99:aa:01", NetworkMethod::Mac), "guests");
    assert_eq!(known, (Some("else".into()), rejects));
    let user = decided(&office, strict, ("ada", NetworkMethod::Pap), "guests");
    assert_eq!(user, (Some("else".into()), rejects));
    let open = office.client_with(|fields| {
        (fields.name, fields.mac_authentication) = ("open".into(), true);
        fields.sources = vec!["198.51.100.0/24".parse().unwrap()];
        fields.unknown_device_profile = Some(office.vlan);
        fields.rules = rules(&office);
    });
    let open = open.unwrap();
    let device = |ssid| decided(&office, open, (UNKNOWN, NetworkMethod::Mac), ssid);
    assert_eq!(device("office"), (Some("closed".into()), rejects));
    assert_eq!(device("other"), (None, None), "the client's own profile for them");
}

#[test]
fn the_event_of_an_unknown_device_names_the_rule() {
    let office = Office::new();
    let client = office.client_with(|fields| {
        fields.mac_authentication = true;
        fields.rules = rules(&office);
    });
    let client = client.unwrap();
    let address = |text: &str| MacAddress::read(text.as_bytes()).unwrap();
    for (text, ssid, lets_in, rule) in [
        (UNKNOWN, "guests", true, Some("guests")),
        (UNKNOWN, "office", false, Some("closed")),
        (UNKNOWN, "other", false, None),
        ("01:00:5e:00:00:01", "guests", false, Some("guests")),
    ] {
        let (door, seen) = (Door::Radius(client, at(ssid)), (HERE, office.world.now()));
        let directory = &office.world.directory;
        let begun = directory.authenticate_device(office.acme, address(text), door, seen);
        let Begun::Done(outcome) = begun.unwrap() else { panic!("something is hashed") };
        assert_eq!(matches!(outcome, Outcome::Accept { .. }), lets_in, "{text} {ssid}");
        let (told, reason) = office.told();
        assert_eq!((told.as_deref(), reason.is_none()), (rule, lets_in), "{text} {ssid}");
    }
}

#[test]
fn an_unknown_device_is_in_no_group() {
    let office = Office::new();
    let refused = |edit: &dyn Fn(&mut Conditions)| {
        let mut when = unknown_at("guests");
        edit(&mut when);
        let made = office.client(vec![rule("x", when, RuleVerdict::Reject)]);
        let Err(Error::Invalid(invalid)) = made else { panic!("taken") };
        invalid.pointer
    };
    let staff = office.staff;
    let people = |when: &mut Conditions| when.groups = vec![staff];
    assert_eq!(refused(&people), "/rules/0/with_device");
    let devices = |when: &mut Conditions| when.with_device_groups = vec![staff];
    assert_eq!(refused(&devices), "/rules/0/with_device");
}
