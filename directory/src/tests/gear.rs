//! Which RADIUS clients may be behind an address.

use std::net::IpAddr;

use super::world::{World, refusal};
use crate::access::ManageConfiguration;
use crate::id::{OrganizationId, RadiusClientId};
use crate::records::RadiusClientFields;

fn client(
    world: &World,
    organization: OrganizationId,
    name: &str,
    sources: &[&str],
) -> RadiusClientId {
    let fields = RadiusClientFields {
        name: name.into(),
        sources: sources.iter().map(|source| source.parse().unwrap()).collect(),
        ..RadiusClientFields::default()
    };
    let secret = format!("the secret of {name}");
    let made = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        grant.radius_clients().create(fields, &secret).map(|(id, _)| id)
    });
    made.unwrap()
}

/// The secrets of the candidates for an address, in order.
fn candidates(world: &World, address: &str) -> Vec<String> {
    let gear = world.directory.gear().unwrap();
    let address: IpAddr = address.parse().unwrap();
    let secrets = gear
        .candidates(address)
        .map(|(_, _, client)| String::from_utf8(client.secret.expose().to_vec()).unwrap());
    secrets.map(|secret| secret.replace("the secret of ", "")).collect()
}

#[test]
fn the_longest_prefix_comes_first_in_both_families() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    client(&world, acme, "everywhere", &["0.0.0.0/0", "::/0"]);
    client(&world, acme, "network", &["192.0.2.0/24", "2001:db8::/32"]);
    client(&world, beta, "host", &["192.0.2.7/32", "2001:db8::7/128"]);
    for address in ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::7"] {
        assert_eq!(candidates(&world, address), ["host", "network", "everywhere"], "{address}");
    }
    assert_eq!(candidates(&world, "198.51.100.1"), ["everywhere"]);
}

#[test]
fn two_organizations_behind_one_address_are_both_candidates() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    client(&world, acme, "first gear", &["192.0.2.7/32"]);
    client(&world, beta, "other gear", &["192.0.2.0/24", "192.0.2.7/32"]);
    assert_eq!(candidates(&world, "192.0.2.7"), ["first gear", "other gear"]);
}

#[test]
fn the_table_follows_every_change_at_once() {
    let world = World::new();
    let acme = world.organization("acme");
    assert!(candidates(&world, "192.0.2.7").is_empty());
    let id = client(&world, acme, "switch", &["192.0.2.7/32"]);
    assert_eq!(candidates(&world, "192.0.2.7"), ["switch"]);
    let configure = |secret: &'static str| {
        world.change(move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(acme)?;
            grant.radius_clients().set_secret(id, secret)
        })
    };
    configure("the secret of the rotation").unwrap();
    assert_eq!(candidates(&world, "192.0.2.7"), ["the rotation"]);
    assert!(refusal(configure("short")).contains("octets"));
    let suspend = |suspended| {
        world.change(move |change| change.authorize(acme)?.own()?.set_suspended(None, suspended))
    };
    suspend(true).unwrap();
    assert!(candidates(&world, "192.0.2.7").is_empty());
    suspend(false).unwrap();
    assert_eq!(candidates(&world, "192.0.2.7"), ["the rotation"]);
    world
        .change(move |change| {
            change.authorize::<ManageConfiguration>(acme)?.radius_clients().delete(id, None)
        })
        .unwrap();
    assert!(candidates(&world, "192.0.2.7").is_empty());
}
