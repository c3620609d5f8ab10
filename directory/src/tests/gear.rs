//! Which RADIUS clients may be behind an address.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use storage::{Change, Entries, Kind, Partition, Reading, Record};

use super::world::{DAY, World, refusal};
use crate::access::{ManageConfiguration, ManageOrganizations, View};
use crate::collections::gear_claims;
use crate::error::Error;
use crate::events::Action;
use crate::gear::{Gear, Weakness};
use crate::id::{OrganizationId, RadiusClientId, RecordId};
use crate::records::{GearClaims, RadiusClient, RadiusClientFields, THE_ONLY_ONE, kinds};
use crate::time::Time;

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
        .map(|(_, client)| String::from_utf8(client.secret.expose().to_vec()).unwrap());
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
fn what_meets_silence_is_told_where_one_client_alone_may_be_or_else_to_the_provider() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    client(&world, acme, "branch", &["198.51.100.0/24", "203.0.113.7/32"]);
    client(&world, acme, "roaming", &["::/0", "10.0.0.0/15"]);
    let shop = client(&world, beta, "shop", &["203.0.113.7/32"]);
    let provider = crate::id::Place::Provider;
    for (source, known, place, name) in [
        ("198.51.100.9", None, acme.into(), Some("branch")),
        ("203.0.113.7", None, provider, None),
        ("203.0.113.7", Some((beta, shop)), beta.into(), Some("shop")),
        ("192.0.2.77", None, provider, None),
        ("10.1.2.3", None, provider, None),
        ("2001:db8::7", None, provider, None),
    ] {
        let source: IpAddr = source.parse().unwrap();
        world.directory.note_dropped(source, known, "no secret fits", Time(5));
        let event = world.events(place, 1).remove(0);
        assert_eq!(event.source, Some(source));
        assert_eq!(event.subject.map(|it| it.name).as_deref(), name, "{source}");
    }
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

#[test]
fn a_replaced_secret_counts_for_a_while_and_is_nobody_elses_meanwhile() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let id = client(&world, acme, "switch", &["192.0.2.7/32"]);
    let rotate = |secret: &'static str, seconds| {
        world.change(move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(acme)?;
            grant.radius_clients().rotate_secret(id, secret, Duration::from_secs(seconds))
        })
    };
    let previous = || {
        let gear = world.directory.gear().unwrap();
        let previous = gear.clients().next().unwrap().previous.as_ref();
        previous.map(|(secret, _)| String::from_utf8(secret.expose().to_vec()).unwrap())
    };
    rotate("the secret of tomorrow", 60).unwrap();
    assert_eq!(candidates(&world, "192.0.2.7"), ["tomorrow"]);
    assert_eq!(previous().as_deref(), Some("the secret of switch"));
    let fields = RadiusClientFields {
        name: "thief".into(),
        sources: vec!["192.0.2.0/24".parse().unwrap()],
        ..RadiusClientFields::default()
    };
    let twin = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(beta)?;
        grant.radius_clients().create(fields, "the secret of switch").map(|(id, _)| id)
    });
    assert!(refusal(twin).contains("cannot be used"));
    assert!(refusal(rotate("the secret of tomorrow", 60)).contains("to be replaced"));
    assert!(refusal(rotate("the secret of the day after", 31 * 24 * 3600)).contains("30 days"));
    let gear = world.directory.gear().unwrap();
    let until = gear.clients().next().unwrap().previous.as_ref().unwrap().1;
    assert_eq!(world.directory.forget_secrets(Time(until.0 - 1)).unwrap(), 0);
    assert_eq!(world.directory.forget_secrets(until).unwrap(), 1);
    assert_eq!(previous(), None);
    rotate("the secret of the week", 60).unwrap();
    rotate("the secret of the month", 0).unwrap();
    assert_eq!((candidates(&world, "192.0.2.7"), previous()), (vec!["the month".to_owned()], None));
}

#[test]
fn what_is_weak_about_a_client_is_told() {
    let world = World::new();
    let acme = world.organization("acme");
    let id = client(&world, acme, "gear", &["192.0.2.7/32"]);
    let weaknesses = || {
        let reading = world.directory.read(world.top()).unwrap();
        reading.authorize::<View>(acme).unwrap().weaknesses(&world.directory, id).unwrap()
    };
    assert_eq!(weaknesses(), [Weakness::ShortSecret]);
    let twin = RadiusClientFields {
        name: "elsewhere".into(),
        sources: vec!["198.51.100.0/24".parse().unwrap()],
        ..RadiusClientFields::default()
    };
    let change = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        grant.radius_clients().create(twin, "the secret of gear")?;
        grant.radius_clients().update(id, None, |client| {
            client.fields.require_message_authenticator = false;
            Ok(())
        })
    });
    change.unwrap();
    world.directory.note_unsigned(acme, id, "192.0.2.7".parse().unwrap(), Time(5));
    let mut all = vec![
        Weakness::ShortSecret,
        Weakness::SameSecret,
        Weakness::UnsignedTaken,
        Weakness::UnsignedSent,
    ];
    assert_eq!(weaknesses(), all);
    world.directory.note_unsigned_dropped(acme, id, Time(6));
    all.push(Weakness::UnsignedDropped);
    assert_eq!(weaknesses(), all);
}

/// Anybody can send them, so each kind is told once a day; nothing proves who sent what met silence.
#[test]
fn unsigned_requests_of_a_client_are_told_once_a_day() {
    let world = World::new();
    let acme = world.organization("acme");
    let id = client(&world, acme, "gear", &["192.0.2.7/32"]);
    let source: IpAddr = "192.0.2.7".parse().unwrap();
    for at in [0, 1, DAY - 1, DAY] {
        world.directory.note_unsigned_dropped(acme, id, Time(at));
        world.directory.note_unsigned(acme, id, source, Time(at));
    }
    let events = world.events(acme.into(), 20);
    let told = events.iter().filter(|event| event.action == Action::RadiusUnsigned);
    let sources: Vec<_> = told.map(|event| event.source).collect();
    assert_eq!(sources, [Some(source), None, Some(source), None]);
}

/// A record that nobody can read.
#[derive(Serialize, Deserialize)]
struct Broken;

impl Record for Broken {
    const KIND: Kind = kinds::RADIUS_CLIENT;
    const VERSION: u8 = 250;

    fn index(&self, _: &mut Entries) {}
}

#[test]
fn what_cannot_be_read_of_one_organization_stops_no_other_until_it_can() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    client(&world, acme, "ours", &["192.0.2.7/32"]);
    client(&world, beta, "theirs", &["192.0.2.8/32"]);
    assert_eq!(candidates(&world, "192.0.2.7"), ["ours"]);
    let store = &world.directory.inner.store;
    let broken = move |change: &mut Change<'_>| change.put(acme.partition(), 999, &Broken);
    store.write(broken).unwrap();
    let unreadable = world.directory.renew_gear().unwrap();
    assert_eq!(unreadable.iter().map(|one| one.organization).collect::<Vec<_>>(), [acme]);
    assert!(unreadable[0].error.to_string().contains("unknown version 250"));
    // Something may have been taken from it that cannot be seen.
    assert!(candidates(&world, "192.0.2.7").is_empty());
    assert_eq!(candidates(&world, "192.0.2.8"), ["theirs"]);
    client(&world, beta, "more", &["192.0.2.9/32"]);
    assert_eq!(candidates(&world, "192.0.2.9"), ["more"]);
    assert_eq!(world.directory.renew_gear().unwrap().len(), 1);
    let mended = move |change: &mut Change<'_>| change.delete::<Broken>(acme.partition(), 999);
    store.write(mended).unwrap();
    assert!(world.directory.renew_gear().unwrap().is_empty());
    assert_eq!(candidates(&world, "192.0.2.7"), ["ours"]);
}

#[test]
fn a_change_of_one_organization_leaves_the_gear_of_others_as_it_is() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let ours = client(&world, acme, "ours", &["192.0.2.7/32"]);
    let theirs = client(&world, beta, "theirs", &["192.0.2.8/32"]);
    let before = world.directory.gear().unwrap();
    let made = |gear: &Gear, number| {
        let address = "192.0.2.8".parse().unwrap();
        let (_, client) = gear.candidates(address).next().unwrap();
        client.secret.made(|_| number).copied()
    };
    assert_eq!(made(&before, 1_u8), Some(1));
    world.set(acme, |settings| settings.chap = true);
    let after = world.directory.gear().unwrap();
    let is_same = |place, id| {
        Arc::ptr_eq(before.policy(place, id).unwrap(), after.policy(place, id).unwrap())
    };
    assert!(!is_same(acme, ours) && after.policy(acme, ours).unwrap().settings.chap);
    assert!(is_same(beta, theirs));
    assert_eq!(made(&after, 2), Some(1), "its secret was made ready once");
}

/// Packets are judged by the last table while a new one is made: whoever changes something waits.
#[test]
fn who_asks_for_the_table_makes_none() {
    let world = World::new();
    let acme = world.organization("acme");
    let id = client(&world, acme, "ours", &["192.0.2.7/32"]);
    let before = world.directory.gear().unwrap();
    let gone = world.directory.inner.store.write(move |change| {
        change.delete::<RadiusClient>(acme.partition(), id.record()).map_err(Error::from)
    });
    gone.unwrap();
    assert!(Arc::ptr_eq(&before, &world.directory.gear().unwrap()));
    world.directory.renew_gear().unwrap();
    assert!(candidates(&world, "192.0.2.7").is_empty());
}

/// Tries to make a client with a secret behind sources; says why it may not be.
fn made(
    world: &World,
    organization: OrganizationId,
    (name, secret): (&str, &'static str),
    sources: &[&str],
    is_lenient: bool,
) -> Result<RadiusClientId, String> {
    let fields = RadiusClientFields {
        name: name.into(),
        sources: sources.iter().map(|source| source.parse().unwrap()).collect(),
        require_message_authenticator: !is_lenient,
        ..RadiusClientFields::default()
    };
    let made = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        grant.radius_clients().create(fields, secret).map(|(id, _)| id)
    });
    made.map_err(|error| error.to_string())
}

const ONE: &str = "a secret that two have";

#[test]
fn what_a_client_had_is_free_once_it_or_its_organization_is_gone() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let source = &["192.0.2.0/24"];
    let id = made(&world, acme, ("ours", ONE), source, false).unwrap();
    assert!(made(&world, beta, ("theirs", ONE), &["192.0.2.7/32"], false).is_err());
    // Behind another source nobody takes one for the other.
    made(&world, beta, ("elsewhere", ONE), &["198.51.100.0/24"], false).unwrap();
    let deleted = world.change(move |change| {
        change.authorize::<ManageConfiguration>(acme)?.radius_clients().delete(id, None)
    });
    deleted.unwrap();
    made(&world, beta, ("theirs", ONE), &["192.0.2.7/32"], false).unwrap();
    assert!(made(&world, acme, ("again", ONE), source, false).is_err());
    let deleted = world.change(move |change| {
        change.authorize::<ManageOrganizations>(beta)?.own()?.delete(None, "BETA")
    });
    deleted.unwrap();
    world.pass(31 * DAY);
    assert_eq!(world.directory.destroy_expired(world.now()).unwrap(), 1);
    made(&world, acme, ("again", ONE), source, false).unwrap();
    world.assert_sound();
}

/// A store that was made before it was checked may have two clients that stand against each other.
#[test]
fn an_edit_that_makes_nothing_worse_passes() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    made(&world, acme, ("ours", ONE), &["192.0.2.0/24", "198.51.100.0/24"], true).unwrap();
    let other = "a secret that one has";
    let id = made(&world, beta, ("theirs", other), &["192.0.2.7/32"], false).unwrap();
    let before = world.directory.inner.store.write(move |change| {
        let partition = beta.partition();
        let record = change.get::<RadiusClient>(partition, id.record())?;
        let mut record = record.ok_or(Error::Missing)?;
        record.fields.require_message_authenticator = false;
        change.put(partition, id.record(), &record)?;
        gear_claims::renew(change, beta, id)
    });
    before.unwrap();
    let edit = |edit: fn(&mut RadiusClientFields)| {
        world.change(move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(beta)?;
            grant.radius_clients().update(id, None, |client| {
                edit(&mut client.fields);
                Ok(())
            })
        })
    };
    edit(|fields| fields.name = "still theirs".into()).unwrap();
    let worse = edit(|fields| fields.sources.push("198.51.100.7/32".parse().unwrap()));
    assert!(refusal(worse).contains("must stay on"));
    edit(|fields| fields.require_message_authenticator = true).unwrap();
    assert!(refusal(edit(|fields| fields.require_message_authenticator = false)).contains("stay"));
}

#[test]
fn what_clients_of_an_older_store_have_is_noted_when_it_is_opened() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    made(&world, acme, ("ours", ONE), &["192.0.2.0/24"], false).unwrap();
    let older = world.directory.inner.store.write(|change| {
        let claims = change.scan::<GearClaims>(Partition::Provider, None);
        let ids: Vec<_> = claims.map(|found| found.unwrap().0).collect();
        for id in ids {
            change.delete::<GearClaims>(Partition::Provider, id)?;
        }
        change.delete_secret(Partition::Provider, kinds::CLAIMS_KEY, THE_ONLY_ONE)
    });
    older.unwrap();
    world.prepare_anew();
    assert!(made(&world, beta, ("theirs", ONE), &["192.0.2.7/32"], false).is_err());
    world.prepare_anew();
    world.assert_sound();
}
