//! What events tell of logins through network gear.

use super::world::{HERE, RIGHT, World, accepted};
use crate::access::ManageConfiguration;
use crate::authentication::{Door, Request, Who};
use crate::network::{Circumstances, GearName, MacAddress, NetworkMethod, StationName};
use crate::records::{RadiusClientFields, ReplyProfileFields};

#[test]
fn an_event_says_through_which_client_from_where_and_with_which_profile() {
    let world = World::new();
    let acme = world.organization("acme");
    world.user(acme, "ada");
    let made = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        let (name, vlan) = ("staff".into(), Some("7".into()));
        let profile = ReplyProfileFields { name, vlan, ..ReplyProfileFields::default() };
        let (profile, _) = grant.reply_profiles().create(profile)?;
        let fields = RadiusClientFields {
            name: "wifi".into(),
            sources: vec!["192.0.2.0/24".parse().unwrap()],
            reply_profile: Some(profile),
            ..RadiusClientFields::default()
        };
        grant.radius_clients().create(fields, "0123456789abcdef").map(|(id, _)| id)
    });
    let client = made.unwrap();
    let calling = MacAddress::read(b"66-77-88-99-AA-BB");
    let bare = Circumstances {
        calling,
        calling_station: StationName::of_machine(b"66-77-88-99-AA-BB", calling),
        gear_address: Some(HERE),
        ..Circumstances::of(NetworkMethod::Pap)
    };
    let named = Circumstances {
        called_station: StationName::beginning(b"ap\n7:office"),
        gear: GearName::new(b"ap-7"),
        ..bare
    };
    for (by, password, gear, called, profile) in [
        (bare, RIGHT, "192.0.2.1", None, Some("staff")),
        (named, RIGHT, "ap-7", Some("ap\u{fffd}7:office"), Some("staff")),
        (named, "wrong", "ap-7", Some("ap\u{fffd}7:office"), None),
    ] {
        let request = world.request(acme, Who::User("ada".into()), password);
        let outcome = world.attempt(Request { door: Door::Radius(client, by), ..request });
        assert_eq!(accepted(&outcome), password == RIGHT);
        let event = world.events(acme.into(), 1).remove(0);
        assert_eq!(event.subject.unwrap().name, "wifi");
        let place = event.access.unwrap().place;
        assert_eq!(place.calling.as_deref(), Some("66:77:88:99:aa:bb"));
        assert_eq!((place.gear.as_deref(), place.called.as_deref()), (Some(gear), called));
        assert_eq!(place.profile.as_deref(), profile);
    }
}
