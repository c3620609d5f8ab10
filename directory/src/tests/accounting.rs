//! Sessions, by what gear reports of them in whatever order.

mod kept;
mod names;
mod told;

use super::crash::{Disk, open};
use super::world::{Counted, DAY, HERE, World, master, options};
use crate::access::{ManageConfiguration, View};
use crate::accounting::{SessionBounds, SessionReport, SessionRules, Stage};
use crate::collections::{Browse, SessionQuery};
use crate::directory::{Directory, OpenOptions};
use crate::id::{OrganizationId, RadiusClientId, SessionId};
use crate::records::{Carried, Ending, Prefixes, RadiusClientFields, Session, Traffic};
use crate::time::Time;

const MINUTE: u64 = 60_000;

struct Gear<'w> {
    world: &'w World,
    organization: OrganizationId,
    client: RadiusClientId,
}

impl<'w> Gear<'w> {
    fn new(world: &'w World, organization: OrganizationId) -> Self {
        Self { world, organization, client: client(world, organization, "gate") }
    }

    fn report(&self, stage: Stage, at: Time, name: &str) -> SessionReport {
        SessionReport {
            organization: self.organization,
            client: self.client,
            stage,
            at,
            name: name.into(),
            gear: "ap-1".into(),
            login: "Ada".into(),
            traffic: Traffic::default(),
            ipv4: None,
            ipv6: None,
            calling: String::new(),
            called: String::new(),
            cause: None,
            class: Vec::new(),
            gear_address: None,
            source: HERE,
            certificate: None,
            port: None,
            granted: None,
            carried: Carried::default(),
            prefixes: Prefixes::default(),
        }
    }

    fn tell(&self, report: SessionReport) {
        assert_eq!(self.world.directory.take_reports(&[report]).unwrap(), [true]);
    }

    fn at(&self, minutes: u64) -> Time {
        self.world.now().plus(minutes * MINUTE)
    }

    fn sessions(&self, query: &SessionQuery) -> Vec<Session> {
        let page = page(self.world, self.organization, query, (None, 100));
        page.into_iter().map(|(_, session)| session).collect()
    }

    fn only(&self) -> Session {
        let mut sessions = self.sessions(&SessionQuery::default());
        assert_eq!(sessions.len(), 1, "{sessions:?}");
        sessions.remove(0)
    }
}

fn client(world: &World, organization: OrganizationId, name: &str) -> RadiusClientId {
    let fields = RadiusClientFields {
        name: name.into(),
        sources: vec!["192.0.2.0/24".parse().unwrap()],
        ..RadiusClientFields::default()
    };
    let secret = format!("0123456789abcdef {} {name}", organization.number());
    let made = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        grant.radius_clients().create(fields, &secret).map(|(id, _)| id)
    });
    made.unwrap()
}

fn page(
    world: &World,
    organization: OrganizationId,
    query: &SessionQuery,
    (after, limit): (Option<SessionId>, usize),
) -> Vec<(SessionId, Session)> {
    settle(world);
    let reading = world.directory.read(world.top()).unwrap();
    let sessions = reading.authorize::<View>(organization).unwrap().sessions_where(query.clone());
    let mut found = sessions.batch(after, limit).unwrap().0;
    found.retain(|(id, session)| sessions.admits(*id, session).unwrap());
    found
}

/// Brings what was reported into the sessions, all of it.
fn settle(world: &World) {
    world.directory.settle_reports().unwrap();
    let lost = world.directory.lost_reports();
    assert!(lost.is_empty(), "{lost:?}");
}

fn seconds(seconds: u32, octets: u64) -> Traffic {
    Traffic { seconds, octets_in: octets, octets_out: 2 * octets, ..Traffic::default() }
}

#[test]
fn a_session_begins_goes_on_and_ends_whatever_comes_twice() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let gear = Gear::new(&world, acme);
    for _ in 0..2 {
        gear.tell(gear.report(Stage::Started, gear.at(0), "1"));
    }
    let begun = gear.only();
    assert_eq!((begun.user, begun.started, begun.ended), (Some(ada), gear.at(0), None));
    let more = seconds(300, 5 << 32);
    for _ in 0..2 {
        let report = gear.report(Stage::Continues, gear.at(5), "1");
        gear.tell(SessionReport { traffic: more, ..report });
    }
    assert_eq!((gear.only().traffic, gear.only().interval), (more, 5 * MINUTE));
    for _ in 0..2 {
        let report = gear.report(Stage::Stopped, gear.at(9), "1");
        gear.tell(SessionReport { cause: Some(1), traffic: seconds(540, 6 << 32), ..report });
    }
    let ended = gear.only();
    assert_eq!(ended.ended, Some((gear.at(9), Ending::Stopped)));
    assert_eq!((ended.cause, ended.traffic), (Some(1), seconds(540, 6 << 32)));
    assert_eq!(ended.uuid, begun.uuid);
    world.assert_sound();
}

#[test]
fn reports_in_the_wrong_order_come_to_the_same() {
    let world = World::new();
    let acme = world.organization("acme");
    let gear = Gear::new(&world, acme);
    let stop = gear.report(Stage::Stopped, gear.at(10), "1");
    gear.tell(SessionReport { traffic: seconds(600, 9), ..stop });
    let late = gear.report(Stage::Continues, gear.at(5), "1");
    gear.tell(SessionReport { traffic: seconds(300, 4), ..late });
    gear.tell(gear.report(Stage::Started, gear.at(0), "1"));
    let session = gear.only();
    assert_eq!((session.started, session.updated), (gear.at(0), gear.at(10)));
    assert_eq!(session.ended, Some((gear.at(10), Ending::Stopped)));
    assert_eq!(session.traffic, seconds(600, 9));
}

#[test]
fn gear_that_counts_from_the_start_again_means_another_session() {
    let world = World::new();
    let acme = world.organization("acme");
    let gear = Gear::new(&world, acme);
    gear.tell(gear.report(Stage::Started, gear.at(0), "1"));
    gear.tell(gear.report(Stage::Stopped, gear.at(3), "1"));
    gear.tell(gear.report(Stage::Started, gear.at(60), "1"));
    gear.tell(gear.report(Stage::Started, gear.at(120), "1"));
    let ends: Vec<_> = gear.sessions(&SessionQuery::default()).iter().map(|s| s.ended).collect();
    let restarted = Some((gear.at(60), Ending::Restarted));
    assert_eq!(ends, [Some((gear.at(3), Ending::Stopped)), restarted, None]);
}

#[test]
fn gear_that_restarts_closes_its_own_sessions_and_no_younger_ones() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let (gear, other) = (Gear::new(&world, acme), Gear::new(&world, beta));
    let (client, organization) = (client(&world, acme, "second"), acme);
    let neighbour = Gear { world: &world, organization, client };
    for gear in [&gear, &other, &neighbour] {
        gear.tell(gear.report(Stage::Started, gear.at(0), "1"));
    }
    let second = gear.report(Stage::Started, gear.at(0), "1");
    gear.tell(SessionReport { gear: "ap-2".into(), ..second });
    gear.tell(gear.report(Stage::Started, gear.at(8), "2"));
    gear.tell(gear.report(Stage::Restarted, gear.at(7), ""));
    let open = |gear: &Gear<'_>, client| {
        let query = SessionQuery { open: Some(true), client, ..SessionQuery::default() };
        let names = gear.sessions(&query).into_iter().map(|s| (s.gear, s.name));
        names.collect::<Vec<_>>()
    };
    let left = [("ap-2".to_owned(), "1".to_owned()), ("ap-1".to_owned(), "2".to_owned())];
    assert_eq!(open(&gear, Some(gear.client)), left);
    assert_eq!(open(&gear, Some(neighbour.client)).len(), 1);
    assert_eq!((open(&gear, None).len(), open(&other, None).len()), (3, 1));
    world.assert_sound();
}

#[test]
fn an_organization_sees_its_own_sessions_and_a_lost_one_takes_none() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let gear = Gear::new(&world, acme);
    world.user(beta, "ada");
    gear.tell(gear.report(Stage::Started, gear.at(0), "1"));
    assert_eq!(gear.only().user, None, "a user of another organization");
    let other = page(&world, beta, &SessionQuery::default(), (None, 10));
    assert!(other.is_empty());
    let reading = world.directory.read(world.top()).unwrap();
    let found = reading.authorize::<View>(beta).unwrap().session(gear.only().uuid);
    assert!(found.is_err());
    let mut lost = gear.report(Stage::Started, gear.at(0), "2");
    lost.organization = OrganizationId::NONE;
    let own = gear.report(Stage::Started, gear.at(0), "3");
    assert_eq!(world.directory.take_reports(&[lost, own]).unwrap(), [true, true]);
    assert_eq!(gear.sessions(&SessionQuery::default()).len(), 2);
    world.assert_sound();
}

#[test]
fn a_login_that_grows_when_it_is_prepared_is_kept_and_found_and_harms_no_other_report() {
    let world = World::new();
    let acme = world.organization("acme");
    let beta = world.organization("beta");
    let (ours, theirs) = (Gear::new(&world, acme), Gear::new(&world, beta));
    let login = "\u{fdfa}".repeat(84);
    let long = |name: &str, login: String| SessionReport {
        login,
        ..theirs.report(Stage::Started, world.now(), name)
    };
    let reports = vec![
        ours.report(Stage::Started, world.now(), "one"),
        long("two", login.clone()),
        long("three", format!("{}!", "\u{fdfa}".repeat(84))),
        ours.report(Stage::Started, world.now(), "four"),
    ];
    assert_eq!(world.directory.take_reports(&reports).unwrap(), [true; 4]);
    assert_eq!(ours.sessions(&SessionQuery::default()).len(), 2);
    let query = SessionQuery { login: Some(login.clone()), ..SessionQuery::default() };
    let found = theirs.sessions(&query);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&found[0].name, &found[0].login), (&"two".into(), &login));
}

#[test]
fn gear_with_many_sessions_restarts_in_steps_and_what_came_later_is_taken_later() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let (gear, other) = (Gear::new(&world, acme), Gear::new(&world, beta));
    let begun = (0..1_100).map(|name| gear.report(Stage::Started, gear.at(0), &name.to_string()));
    let younger = gear.report(Stage::Started, gear.at(9), "younger");
    world.directory.take_reports(&begun.chain([younger]).collect::<Vec<_>>()).unwrap();
    other.tell(other.report(Stage::Started, other.at(0), "1"));
    let open = SessionQuery { open: Some(true), ..SessionQuery::default() };
    let left = || page(&world, acme, &open, (None, 2_000)).len();
    assert_eq!(left(), 1_101);
    // Gear that is not there has nothing to be looked at.
    let stranger =
        SessionReport { gear: "ap-2".into(), ..gear.report(Stage::Restarted, gear.at(5), "") };
    gear.tell(stranger);
    let restarted = gear.report(Stage::Restarted, gear.at(5), "");
    let last = other.report(Stage::Restarted, other.at(5), "");
    // It began before the gear restarted, and is heard of only afterwards.
    let late = gear.report(Stage::Continues, gear.at(6), "7");
    let reports = [restarted.clone(), restarted, last, late];
    let before = world.directory.inner.store.sequence();
    // A restart of the same gear waits already, and this one would look at all its sessions again.
    assert_eq!(world.directory.take_reports(&reports).unwrap(), [true, false, true, true]);
    assert_eq!(world.directory.inner.store.sequence(), before, "nothing is in the sessions yet");
    assert_eq!(left(), 2);
    assert_eq!(gear.sessions(&open)[0].name, "7");
    assert_eq!(gear.sessions(&open)[1].name, "younger");
    assert!(other.sessions(&open).is_empty());
    gear.tell(gear.report(Stage::Restarted, gear.at(10), ""));
    assert_eq!(left(), 0);
    world.assert_sound();
}

#[test]
fn reports_that_were_acknowledged_outlive_the_process_and_count_once() {
    let folder = tempfile::tempdir().unwrap();
    let opened = || {
        let entropy = Counted::new();
        let options = OpenOptions { authentication: options(), ..OpenOptions::default() };
        Directory::open(folder.path(), master(), entropy, &options).unwrap()
    };
    let world = World::over(opened());
    let acme = world.organization("acme");
    let gear = Gear::new(&world, acme);
    gear.tell(gear.report(Stage::Started, gear.at(0), "1"));
    settle(&world);
    gear.tell(gear.report(Stage::Stopped, gear.at(9), "1"));
    gear.tell(gear.report(Stage::Started, gear.at(20), "1"));
    let client = gear.client;
    let world = world.reopened(opened);
    let gear = Gear { world: &world, organization: acme, client };
    let is_open = |session: &Session| session.ended.is_none();
    let found = gear.sessions(&SessionQuery::default());
    assert_eq!(found.iter().map(is_open).collect::<Vec<_>>(), [false, true]);
    assert_eq!((found[0].started, found[1].started), (gear.at(0), gear.at(20)));
    world.assert_sound();
}

#[test]
fn sessions_that_a_failing_disk_took_back_are_there_again_and_are_the_same() {
    let disk = Disk::default();
    let world = World::over(open(&disk).unwrap());
    let acme = world.organization("acme");
    let gear = Gear::new(&world, acme);
    for name in ["1", "2"] {
        gear.tell(gear.report(Stage::Started, gear.at(0), name));
        gear.sessions(&SessionQuery::default());
    }
    let told = |sessions: Vec<Session>| -> Vec<_> {
        sessions.into_iter().map(|it| (it.uuid, it.name, it.traffic.seconds)).collect()
    };
    let begun = told(gear.sessions(&SessionQuery::default()));
    disk.lose_power_in(1);
    let failed = world.directory.inner.store.write(move |change| {
        change.allocate(acme.partition()).map(drop).map_err(crate::error::Error::from)
    });
    assert!(failed.is_err());
    disk.come_back();
    let more = gear.report(Stage::Continues, gear.at(5), "1");
    gear.tell(SessionReport { traffic: seconds(300, 4), ..more });
    let mut expected = begun;
    expected[0].2 = 300;
    assert_eq!(told(gear.sessions(&SessionQuery::default())), expected);
    world.assert_sound();
}

#[test]
fn many_reports_of_a_session_in_one_step_come_to_what_they_come_to_one_by_one() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let (at_once, one_by_one) = (Gear::new(&world, acme), Gear::new(&world, beta));
    let reports = |gear: &Gear<'_>| {
        let of = |stage, minutes, name: &str| gear.report(stage, gear.at(minutes), name);
        let used =
            |report: SessionReport, time| SessionReport { traffic: seconds(time, 1), ..report };
        vec![
            of(Stage::Started, 0, "1"),
            used(of(Stage::Continues, 5, "1"), 300),
            of(Stage::Started, 1, "2"),
            used(of(Stage::Stopped, 9, "1"), 540),
            // Another by the same name, which ends when the gear restarts.
            of(Stage::Started, 60, "1"),
            of(Stage::Stopped, 3, "2"),
            of(Stage::Started, 4, "3"),
            of(Stage::Restarted, 70, ""),
            of(Stage::Continues, 71, "3"),
            of(Stage::Started, 80, "4"),
        ]
    };
    let taken = world.directory.take_reports(&reports(&at_once)).unwrap();
    assert_eq!(taken, [true; 10]);
    for report in reports(&one_by_one) {
        one_by_one.tell(report);
        settle(&world);
    }
    let told = |gear: &Gear<'_>| -> Vec<_> {
        let sessions = gear.sessions(&SessionQuery::default()).into_iter();
        sessions.map(|it| (it.name, it.started, it.updated, it.ended, it.traffic)).collect()
    };
    assert_eq!(told(&at_once), told(&one_by_one));
    let open = SessionQuery { open: Some(true), ..SessionQuery::default() };
    let names = |gear: &Gear<'_>| -> Vec<_> {
        gear.sessions(&open).into_iter().map(|it| it.name).collect()
    };
    assert_eq!(
        (names(&at_once), names(&one_by_one)),
        (vec!["3".into(), "4".into()], vec!["3".into(), "4".into()])
    );
    world.assert_sound();
}

#[test]
fn an_organization_whose_reports_wait_has_no_more_taken_and_others_have() {
    let bounds = SessionBounds { waiting: 2, ..SessionBounds::default() };
    let world = World::keeping(bounds);
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let (gear, other) = (Gear::new(&world, acme), Gear::new(&world, beta));
    let told = |gear: &Gear<'_>, name| gear.report(Stage::Started, gear.at(0), name);
    let reports = [told(&gear, "1"), told(&gear, "2"), told(&gear, "3"), told(&other, "1")];
    assert_eq!(world.directory.take_reports(&reports).unwrap(), [true, true, false, true]);
    assert_eq!(gear.sessions(&SessionQuery::default()).len(), 2);
    gear.tell(told(&gear, "3"));
    assert_eq!(gear.sessions(&SessionQuery::default()).len(), 3);
}

#[test]
fn a_login_behind_a_domain_is_the_users() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let gear = Gear::new(&world, acme);
    let told = gear.report(Stage::Started, gear.at(0), "1");
    gear.tell(SessionReport { login: "ACME\\Ada".into(), ..told });
    assert_eq!((gear.only().user, gear.only().login), (Some(ada), "ACME\\Ada".into()));
}

#[test]
fn an_organization_has_so_many_sessions_and_the_first_give_way() {
    let world = World::keeping(SessionBounds { open: 3, kept: 5, ..SessionBounds::default() });
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let (gear, other) = (Gear::new(&world, acme), Gear::new(&world, beta));
    other.tell(other.report(Stage::Started, other.at(0), "1"));
    let tell = |stage, minutes, name: &str| gear.tell(gear.report(stage, gear.at(minutes), name));
    let named = |open| {
        let sessions = gear.sessions(&SessionQuery { open, ..SessionQuery::default() });
        sessions.iter().map(|session| session.name.clone()).collect::<Vec<_>>()
    };
    for (minutes, name) in [(0, "1"), (1, "2"), (2, "3"), (3, "4")] {
        tell(Stage::Started, minutes, name);
    }
    assert_eq!(named(Some(true)), ["2", "3", "4"]);
    let ended = gear.sessions(&SessionQuery::default()).remove(0).ended;
    assert_eq!(ended, Some((gear.at(0), Ending::Crowded)));
    tell(Stage::Stopped, 4, "3");
    tell(Stage::Started, 5, "5");
    assert_eq!(named(Some(true)), ["2", "4", "5"]);
    // One that speaks again takes the place of another.
    tell(Stage::Continues, 6, "1");
    assert_eq!(named(Some(true)), ["1", "4", "5"]);
    assert_eq!(named(None), ["1", "2", "3", "4", "5"]);
    tell(Stage::Started, 7, "6");
    assert_eq!(named(None), ["2", "3", "4", "5", "6"]);
    assert_eq!(named(Some(true)), ["4", "5", "6"], "an open one is forgotten like any");
    tell(Stage::Stopped, 8, "7");
    assert_eq!(named(None), ["3", "4", "5", "6", "7"]);
    assert_eq!(other.sessions(&SessionQuery::default()).remove(0).ended, None);
    world.assert_sound();
}

#[test]
fn silent_sessions_are_closed_and_may_speak_again_and_old_ones_are_forgotten() {
    let world = World::new();
    let acme = world.organization("acme");
    let gear = Gear::new(&world, acme);
    let rules = SessionRules { intervals: 3, silence: DAY, retention: 30 * DAY };
    let begun = world.now();
    gear.tell(gear.report(Stage::Started, begun, "never heard of again"));
    gear.tell(gear.report(Stage::Started, begun, "every ten minutes"));
    gear.tell(gear.report(Stage::Continues, begun.plus(10 * MINUTE), "every ten minutes"));
    let keep = |at: Time| {
        settle(&world);
        world.directory.keep_sessions(at, rules).unwrap()
    };
    assert_eq!(keep(begun.plus(40 * MINUTE)), 0);
    assert_eq!(keep(begun.plus(41 * MINUTE)), 1);
    let open = SessionQuery { open: Some(true), ..SessionQuery::default() };
    assert_eq!(gear.sessions(&open)[0].name, "never heard of again");
    gear.tell(gear.report(Stage::Continues, begun.plus(50 * MINUTE), "every ten minutes"));
    assert_eq!(gear.sessions(&open).len(), 2);
    assert_eq!(keep(begun.plus(2 * DAY)), 2);
    let ended = gear.sessions(&SessionQuery { open: Some(false), ..SessionQuery::default() });
    assert_eq!(ended[0].ended, Some((begun, Ending::Silent)));
    assert_eq!(keep(begun.plus(30 * DAY)), 0);
    assert_eq!(keep(begun.plus(31 * DAY)), 2);
    assert!(gear.sessions(&SessionQuery::default()).is_empty());
    world.assert_sound();
}
