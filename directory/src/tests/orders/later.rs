//! What is looked at again, counted, and found by way of what happened later.

use storage::Reading as _;

use super::super::authority::{built_in, issue};
use super::*;
use crate::id::RecordId;
use crate::orders::OrderPlace;
use crate::records::{
    CertificateMark, CertificateOwner, DepartureTotals, IssuedCertificate, Revocation,
    RevocationReason, RevokedCertificates, Stamp, THE_ONLY_ONE,
};

/// A note that cannot be read.
#[derive(serde::Serialize, serde::Deserialize)]
struct Spoilt;

impl storage::Record for Spoilt {
    const KIND: storage::Kind = <Departure as storage::Record>::KIND;
    const VERSION: u8 = <Departure as storage::Record>::VERSION;

    fn index(&self, _: &mut storage::Entries) {}
}

#[test]
fn an_order_is_looked_at_again_when_its_turn_comes() {
    let office = Office::new();
    let (acme, ada, bob) = (office.acme, office.ada, office.bob);
    let [wifi, vpn, lan] = ["wifi", "vpn", "lan"].map(|name| office.client(name, |_| {}));
    for client in [wifi, vpn, lan] {
        begin(&office.world, (acme, client), "1", "ada");
    }
    begin(&office.world, (acme, wifi), "2", "bob");
    office.world.pass(1_000);
    office.set_state(ada, UserState::Suspended);
    office.recover(move |it| it.set(bob, imported(), None));
    let mut orders = office.orders();
    orders.sort_by_key(|order| (order.session.client, order.session.name.clone()));
    let [of_wifi, of_bob, of_vpn, of_lan] = &mut orders[..] else { panic!() };
    let before = (of_wifi.to, of_wifi.secrets[0].expose().to_vec());
    assert_eq!(office.objection(of_wifi), None);
    assert_eq!((of_wifi.to, of_wifi.secrets[0].expose().to_vec()), before);
    // Its gear has another address and another secret.
    report(
        &office.world,
        (acme, wifi),
        "1",
        ("ada", Stage::Continues, "192.0.2.99".parse().unwrap()),
    );
    let rotated = office.world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        grant.radius_clients().set_secret(wifi, "another secret of some length")
    });
    rotated.unwrap();
    office.world.directory.settle_reports().unwrap();
    assert_eq!(office.objection(of_wifi), None);
    let there = OrderPlace::Datagram("192.0.2.99:3799".parse().unwrap());
    assert_eq!(of_wifi.to, Ok(there));
    assert_eq!(of_wifi.secrets[0].expose(), b"another secret of some length");
    assert_eq!(of_wifi.secrets.len(), 1);
    // The client asks for it no more, or is gone, or the session is.
    office.edit(wifi, |fields| fields.orders.password_changed = Consequence::Nothing);
    assert!(office.objection(of_bob).unwrap().contains("does not hold any more"));
    let deleted = office.world.change(move |change| {
        change.authorize::<ManageConfiguration>(acme)?.radius_clients().delete(vpn, None)
    });
    deleted.unwrap();
    assert!(office.objection(of_vpn).unwrap().contains("was deleted"));
    report(&office.world, (acme, lan), "1", ("ada", Stage::Stopped, HERE));
    office.world.directory.settle_reports().unwrap();
    assert!(office.objection(of_lan).unwrap().contains("has ended"));
    // The user is active again.
    office.set_state(ada, UserState::Active);
    assert!(office.objection(of_wifi).unwrap().contains("does not hold any more"));
    drop(orders);
    assert_eq!((office.orders().len(), office.notes()), (0, 0));
}

#[test]
fn notes_that_nobody_counted_before_are_counted() {
    let office = Office::new();
    office.client("wifi", |_| {});
    let ada = office.ada;
    let waiting = || {
        let snapshot = office.world.directory.inner.store.read().unwrap();
        let totals = snapshot.get::<DepartureTotals>(office.acme.partition(), THE_ONLY_ONE);
        totals.unwrap().map(|totals| totals.waiting)
    };
    office.recover(move |it| it.set(ada, imported(), None));
    assert_eq!((waiting(), office.notes()), (Some(1), 1));
    // A store of an earlier version has notes alone.
    let partition = office.acme.partition();
    let store = &office.world.directory.inner.store;
    let deleted = store.write(move |change| {
        change.delete::<DepartureTotals>(partition, THE_ONLY_ONE).map_err(Error::from)
    });
    assert!(deleted.unwrap());
    office.recover(move |it| it.set(ada, imported(), None));
    assert_eq!((waiting(), office.notes()), (Some(2), 2));
    office.orders();
    assert_eq!((waiting(), office.notes()), (Some(0), 0));
    office.world.assert_sound();
}

#[test]
fn sessions_end_with_the_certificates_that_began_them() {
    let office = Office::new();
    let gear = office.client("wifi", |_| {});
    let mark = |number| Some(CertificateMark::Issued(number));
    for (name, certificate) in [("one", mark(77)), ("two", mark(78)), ("three", None)] {
        let report = SessionReport {
            certificate,
            ..a_report(&office.world, (office.acme, gear), name, ("ada", Stage::Started, HERE))
        };
        assert_eq!(office.world.directory.take_reports(&[report]).unwrap(), [true]);
    }
    office.world.pass(1_000);
    let (acme, at, owner) = (office.acme, office.world.now(), CertificateOwner::User(office.ada));
    let put = |revoked: Option<Revocation>| {
        let record = IssuedCertificate {
            uuid: uuid::Uuid::from_u128(77),
            stamp: Stamp::new(at),
            authority: RecordId::from_record(1).unwrap(),
            owner,
            name: "ada".into(),
            serial: [7; 16],
            certificate: vec![7],
            not_before: at,
            not_after: at,
            own_key: false,
            issued_by: "top".into(),
            revoked,
        };
        let note = Departure::new(Trigger::CertificateRevoked, at);
        let done = office.world.directory.inner.store.write(move |change| {
            change.put(acme.partition(), 77, &record)?;
            let id = change.allocate(acme.partition())?;
            change.put(acme.partition(), id, &note)?;
            Ok::<_, Error>(())
        });
        done.unwrap();
    };
    put(None);
    assert_eq!(office.orders().len(), 0);
    put(Some(Revocation { at, reason: RevocationReason::KeyCompromise }));
    let mut orders = office.orders();
    assert_eq!(orders.iter().map(|it| &*it.session.name).collect::<Vec<_>>(), ["one"]);
    assert_eq!(orders[0].because(), Some(Trigger::CertificateRevoked));
    assert_eq!(office.objection(&mut orders[0]), None);
}

#[test]
fn deleting_a_user_notes_that_first_and_certificates_once_however_many() {
    let office = Office::new();
    office.client("wifi", |_| {});
    let (acme, ada, world) = (office.acme, office.ada, &office.world);
    built_in(world, acme);
    for _ in 0..3 {
        issue(world, acme, ada).unwrap();
    }
    let deleted = world.change(move |change| {
        change.authorize::<ManageIdentities>(acme)?.users().delete(ada, None)
    });
    deleted.unwrap();
    let snapshot = world.directory.inner.store.read().unwrap();
    let notes = snapshot.scan::<Departure>(acme.partition(), None);
    let triggers: Vec<_> = notes.map(|found| found.unwrap().1.trigger).collect();
    assert_eq!(triggers, [Trigger::Deleted, Trigger::CertificateRevoked]);
}

#[test]
fn a_session_ends_with_what_any_authority_of_the_name_revoked() {
    let office = Office::new();
    let gear = office.client("wifi", |_| {});
    let authority = |number| RecordId::from_record(number).unwrap();
    let mark = |serial| {
        Some(CertificateMark::Named(vec![authority(90), authority(91)], vec![serial].into()))
    };
    for (name, certificate) in [("one", mark(7)), ("two", mark(8))] {
        let report = SessionReport {
            certificate,
            ..a_report(&office.world, (office.acme, gear), name, ("ada", Stage::Started, HERE))
        };
        assert_eq!(office.world.directory.take_reports(&[report]).unwrap(), [true]);
    }
    office.world.pass(1_000);
    let (partition, at) = (office.acme.partition(), office.world.now());
    let done = office.world.directory.inner.store.write(move |change| {
        let (authority, serials) = (RecordId::from_record(91).unwrap(), vec![vec![7].into()]);
        let list = RevokedCertificates { authority, serials };
        change.put(partition, 91, &list)?;
        let note = Departure::new(Trigger::CertificateRevoked, at);
        let id = change.allocate(partition)?;
        change.put(partition, id, &note)?;
        Ok::<_, Error>(())
    });
    done.unwrap();
    let orders = office.orders();
    assert_eq!(orders.iter().map(|it| &*it.session.name).collect::<Vec<_>>(), ["one"]);
}

#[test]
fn who_is_taken_out_of_a_group_that_was_taken_out_of_another_is_gone_from_that_one() {
    let office = Office::new();
    let (ada, bob) = (Member::User(office.ada), Member::User(office.bob));
    let inner = office.group("inner", vec![ada]);
    let middle = office.group("middle", vec![Member::Group(inner), bob]);
    let between = office.group("between", vec![Member::Group(middle)]);
    let outer = office.group("outer", vec![Member::Group(between)]);
    let gate = office.client("gate", |fields| fields.allowed_groups = vec![outer]);
    office.sessions(gate);
    // Nobody looks at any of it before all of it has happened.
    office.take_out(outer, Member::Group(between));
    office.take_out(between, Member::Group(middle));
    office.take_out(middle, Member::Group(inner));
    office.take_out(inner, ada);
    let mut ended = office.ends();
    ended.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(ended, [told("ada", Trigger::LeftGroup), told("bob", Trigger::LeftGroup)]);
}

#[test]
fn a_note_that_cannot_be_read_keeps_no_other_organization_waiting() {
    let office = Office::new();
    let gear = office.client("wifi", |_| {});
    office.sessions(gear);
    let other = office.world.organization("other").partition();
    let spoilt = office.world.directory.inner.store.write(move |change| {
        let number = change.allocate(other)?;
        change.put(other, number, &Spoilt)?;
        Ok::<_, Error>(())
    });
    spoilt.unwrap();
    office.set_state(office.ada, UserState::Suspended);
    let take = || office.world.directory.take_departures(office.world.now());
    let turns = [take(), take()];
    let orders: usize = turns.iter().flatten().flatten().map(Vec::len).sum();
    assert_eq!((orders, turns.iter().filter(|turn| turn.is_err()).count()), (1, 1));
}
