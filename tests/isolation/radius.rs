//! RADIUS: the other organization's gear stands at the same address.

use super::world::{PASSWORD, Side, World};
use crate::harness::wire::{ACCEPT, ACCESS_REQUEST, REJECT, Request, Wire};

fn wire(side: &Side, world: &World) -> Wire {
    Wire::from(world.ours.address, &side.server.radius_auth)
}

#[test]
fn our_gear_hears_the_same_octets_whether_the_other_organization_is_there_or_not() {
    let Some(world) = World::shared() else { return };
    let secret = &world.ours.client.secret;
    let other = format!("{PASSWORD} of somebody else");
    let mut requests = vec![Request::status(secret)];
    for (user, password) in [
        ("ada", PASSWORD),
        ("ada", &*other),
        ("grace", &*other),
        ("ada@other", &*other),
        ("ada@other.example", &*other),
        ("other\\ada", &*other),
        ("uid=ada,ou=people,dc=other,dc=example", &*other),
        ("nextcloud", &*world.theirs.application_password),
    ] {
        let login = || Request::login(secret, user, password);
        requests.push(login());
        requests.push(login().with(32, b"other").with(30, b"00-11-22-33-44-55:other"));
        requests.push(login().with(25, b"other").with(24, b"other").with(33, b"other"));
        // By CHAP, and in a conversation of EAP that is nobody's.
        let bare = || Request::new(ACCESS_REQUEST, secret).with(1, user.as_bytes());
        requests.push(bare().with(3, &[7; 17]).authentic());
        let identity = [&[2, 7, 0, 8, 1][..], b"ada"].concat();
        requests.push(bare().with(24, &[7; 16]).with(79, &identity).authentic());
    }
    let [with, without] = world.sides().map(|side| {
        let wire = wire(side, &world);
        requests.iter().map(|request| wire.ask(request)).collect::<Vec<_>>()
    });
    for (number, (with, without)) in with.iter().zip(&without).enumerate() {
        assert_eq!(
            with,
            without,
            "request {number}: {:#?}",
            world.sides().map(|it| told(it, &world))
        );
    }
    let accepted = with.iter().filter(|answer| answer.code == ACCEPT).count();
    // The status and our own ada, told three ways.
    assert_eq!(accepted, 4, "{:#?}", world.sides().map(|it| told(it, &world)));
}

/// Why our gear was told what it was told, the newest first.
fn told(side: &Side, world: &World) -> Vec<String> {
    let path = format!("/v1/organizations/{}/events?action=radius_access&limit=100", world.ours.id);
    let who = side.https(None).with_token(world.ours.admin.session.token());
    let events = who.get(&path).json();
    let events = events["items"].as_array().unwrap().iter();
    events.map(|it| format!("{} {}: {}", it["at"], it["actor"]["login"], it["reason"])).collect()
}

#[test]
fn each_secret_leads_to_its_own_organization_at_one_address() {
    let Some(world) = World::shared() else { return };
    let wire = wire(&world.with, &world);
    let other = format!("{PASSWORD} of somebody else");
    let (ours, theirs) = (&world.ours.client.secret, &world.theirs.client.secret);
    for round in 0..50 {
        let answer = wire.ask(&Request::login(ours, "ada", PASSWORD));
        let told = || told(&world.with, &world);
        assert_eq!((answer.code, answer.values(81).len()), (ACCEPT, 0), "{round}: {:#?}", told());
        let answer = wire.ask(&Request::login(theirs, "ada", &other));
        assert_eq!((answer.code, answer.values(81)), (ACCEPT, vec![&b"99"[..]]));
    }
    assert_eq!(wire.ask(&Request::login(ours, "ada", &other)).code, REJECT);
    assert_eq!(wire.ask(&Request::login(theirs, "ada", PASSWORD)).code, REJECT);
    let stranger = world.without.server.radius_auth.as_str();
    let gone = Wire::from(world.ours.address, stranger);
    let honest = Wire::from(world.ours.address, stranger);
    let login = Request::login(theirs, "ada", &other).encode();
    assert!(gone.meets_silence(&login, &honest, ours));
}
