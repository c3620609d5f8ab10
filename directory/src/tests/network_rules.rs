//! Rules of RADIUS clients: the first one that is met decides.

mod messages;
mod unknown;

use std::time::Duration;

use super::world::{DAY, HERE, RIGHT, World, accepted, password};
use crate::access::{ManageConfiguration, ManageIdentities, RecoverAccounts, View};
use crate::authentication::{Begun, Described, Door, Explanation, Outcome, Proof, Request, Who};
use crate::collections::{Member, MembershipChange};
use crate::error::Error;
use crate::events::{Action, EventActor, Outcome as EventOutcome};
use crate::id::{GroupId, OrganizationId, RadiusClientId, RecordId, ReplyProfileId, UserId};
use crate::network::{Circumstances, MacAddress, NetworkMethod, Ssid, Station};
use crate::records::{
    Conditions, Demand, DeviceFields, GroupFields, LockedOrExpired, NetworkRule,
    RadiusClientFields, ReplyProfileFields, RuleVerdict, Settings, UserState, WeekPeriod,
    WithDevice,
};

const HOUR: u64 = 60 * 60 * 1_000;

struct Office {
    world: World,
    acme: OrganizationId,
    staff: GroupId,
    admins: GroupId,
    ada: UserId,
    vlan: ReplyProfileId,
}

impl Office {
    /// Ada is in `admins`, which is nested in `staff`; Bob is in none.
    fn new() -> Self {
        let world = World::new();
        let acme = world.organization("acme");
        let ada = world.user(acme, "ada");
        world.user(acme, "bob");
        let made = world.change(move |change| {
            let mut grant = change.authorize::<ManageIdentities>(acme)?;
            let group = |name: &str| GroupFields { name: name.into(), ..GroupFields::default() };
            let (staff, _) = grant.groups().create(group("staff"))?;
            let (admins, _) = grant.groups().create(group("admins"))?;
            let user = MembershipChange { add: vec![Member::User(ada)], remove: vec![] };
            let nested = MembershipChange { add: vec![Member::Group(admins)], remove: vec![] };
            grant.groups().change_members(admins, None, &user)?;
            grant.groups().change_members(staff, None, &nested)?;
            let profile = ReplyProfileFields {
                name: "vlan".into(),
                vlan: Some("7".into()),
                ..ReplyProfileFields::default()
            };
            let mut grant = change.authorize::<ManageConfiguration>(acme)?;
            let (vlan, _) = grant.reply_profiles().create(profile)?;
            Ok((staff, admins, vlan))
        });
        let (staff, admins, vlan) = made.unwrap();
        Self { world, acme, staff, admins, ada, vlan }
    }

    /// Registers a certificate of Ada's.
    fn certify(&self) {
        let (acme, ada) = (self.acme, self.ada);
        let registered = self.world.change(move |change| {
            let mut grant = change.authorize::<ManageIdentities>(acme)?;
            grant.users().set_certificates(ada, vec![[7; 32]])
        });
        registered.unwrap();
    }

    fn client(&self, rules: Vec<NetworkRule>) -> Result<RadiusClientId, Error> {
        self.client_with(|fields| fields.rules = rules)
    }

    fn client_with(
        &self,
        edit: impl FnOnce(&mut RadiusClientFields),
    ) -> Result<RadiusClientId, Error> {
        let mut fields = RadiusClientFields {
            name: "wifi".into(),
            sources: vec!["192.0.2.0/24".parse().unwrap()],
            ..RadiusClientFields::default()
        };
        edit(&mut fields);
        let acme = self.acme;
        self.world.change(move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(acme)?;
            grant.radius_clients().create(fields, "0123456789abcdef").map(|(id, _)| id)
        })
    }

    fn login(&self, client: RadiusClientId, login: &str, by: Circumstances) -> Outcome {
        let door = Door::Radius(client, by);
        let request = self.world.request(self.acme, Who::User(login.into()), RIGHT);
        self.world.attempt(Request { door, ..request })
    }

    /// The VLAN that somebody is let into; none for who is rejected.
    fn vlan(&self, client: RadiusClientId, login: &str, by: Circumstances) -> Option<String> {
        let Outcome::Accept { reply, .. } = self.login(client, login, by) else { return None };
        let reply = reply.unwrap();
        let vlan = reply.profile.as_ref().and_then(|profile| profile.vlan.clone());
        Some(vlan.unwrap_or_default())
    }

    /// How the newest event calls the rule, and why nobody was let in.
    fn told(&self) -> (Option<String>, Option<String>) {
        let event = self.world.events(self.acme.into(), 1).remove(0);
        assert_eq!(event.action, Action::RadiusAccess);
        let reason = match event.outcome {
            EventOutcome::Success => None,
            EventOutcome::Failure(reason) => Some(reason),
        };
        (event.access.unwrap().rule, reason)
    }

    fn explained(&self, client: RadiusClientId, login: &str, by: Circumstances) -> Explanation {
        let reading = self.world.directory.read(self.world.top()).unwrap();
        let grant = reading.authorize::<View>(self.acme).unwrap();
        let described = Described { login: login.into(), circumstances: by, at: self.world.now() };
        grant.explain(&self.world.directory, client, &described).unwrap()
    }
}

fn rule(name: &str, when: Conditions, then: RuleVerdict) -> NetworkRule {
    NetworkRule { name: name.into(), when, then }
}

fn pap() -> Circumstances {
    Circumstances::of(NetworkMethod::Pap)
}

fn at(ssid: &str) -> Circumstances {
    Circumstances { port_type: Some(19), ssid: Ssid::new(ssid.as_bytes()), ..pap() }
}

#[test]
fn the_first_rule_that_is_met_decides_and_the_event_and_the_explanation_name_it() {
    let office = Office::new();
    let ssid = |name: &str| Conditions { ssids: vec![name.into()], ..Conditions::default() };
    let staff = Conditions { groups: vec![office.staff], ..ssid("office") };
    let client = office.client(vec![
        rule("staff", staff, RuleVerdict::Accept(Some(office.vlan))),
        rule("nobody else", ssid("office"), RuleVerdict::Reject),
        rule("guests", ssid("guests"), RuleVerdict::Accept(None)),
    ]);
    let client = client.unwrap();
    for (login, by, vlan, name, refused) in [
        ("ada", at("office"), Some("7"), Some("staff"), false),
        ("bob", at("office"), None, Some("nobody else"), true),
        ("bob", at("guests"), Some(""), Some("guests"), false),
        ("bob", at("other"), Some(""), None, false),
        ("ada", pap(), Some(""), None, false),
    ] {
        assert_eq!(office.vlan(client, login, by).as_deref(), vlan, "{login} {by:?}");
        let (rule, reason) = office.told();
        assert_eq!((rule.as_deref(), reason.is_some()), (name, refused), "{login} {by:?}");
        let explained = office.explained(client, login, by);
        assert_eq!(explained.rule, rule);
        assert_eq!(explained.reason.map(ToOwned::to_owned), reason);
        assert_eq!(explained.profile.is_some(), vlan == Some("7"));
    }
    let event = office.world.events(office.acme.into(), 1).remove(0);
    assert_eq!(event.access.unwrap().method, NetworkMethod::Pap);
    assert!(!accepted(&office.world.bind(office.acme, "ada", "wrong")));
    let event = office.world.events(office.acme.into(), 1).remove(0);
    assert_eq!(event.access, None, "the event of another door");
}

#[test]
fn where_no_rule_is_met_the_groups_and_the_profile_of_the_client_decide() {
    let office = Office::new();
    let by = |method| Conditions { methods: vec![method], ..Conditions::default() };
    let (admins, vlan) = (office.admins, office.vlan);
    let client = office.client_with(|fields| {
        fields.rules = vec![rule("certificates", by(NetworkMethod::EapTls), RuleVerdict::Reject)];
        fields.allowed_groups = vec![admins];
        fields.reply_profile = Some(vlan);
    });
    let client = client.unwrap();
    assert_eq!(office.vlan(client, "ada", pap()).as_deref(), Some("7"));
    assert_eq!(office.vlan(client, "bob", pap()), None);
    let (rule, reason) = office.told();
    assert!(rule.is_none() && reason.unwrap().contains("in none of the groups"));
    office.certify();
    let tls = Circumstances::of(NetworkMethod::EapTls);
    assert_eq!(office.explained(client, "ada", tls).rule.as_deref(), Some("certificates"));
}

/// A request from a machine with a hardware address that ends in so much.
fn from(last: u8) -> Circumstances {
    let calling = MacAddress::read(format!("66-77-88-99-AA-{last:02X}").as_bytes());
    Circumstances { calling, ..pap() }
}

#[test]
fn a_rule_may_ask_for_the_device_that_a_user_comes_with() {
    let office = Office::new();
    let (acme, admins, ada) = (office.acme, office.admins, office.ada);
    // Ada's own in `admins`, which is nested in `staff`; nobody's, in no group; and a suspended one.
    let made = office.world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        let device = |last: u8| DeviceFields {
            name: format!("laptop-{last}"),
            addresses: from(last).calling.into_iter().collect(),
            ..DeviceFields::default()
        };
        let own = DeviceFields { owner: Some(ada), groups: vec![admins], ..device(1) };
        let suspended = DeviceFields { suspended: true, owner: Some(ada), ..device(3) };
        for fields in [own, device(2), suspended] {
            grant.devices().create(fields)?;
        }
        Ok(())
    });
    made.unwrap();
    let comes_with = |demand, groups| {
        let when =
            Conditions { with_device: demand, with_device_groups: groups, ..Conditions::default() };
        vec![
            rule("managed", when, RuleVerdict::Accept(Some(office.vlan))),
            rule("else", Conditions::default(), RuleVerdict::Reject),
        ]
    };
    let (known, own) = (Some(WithDevice::Known), Some(WithDevice::Own));
    let cases = [
        (known, vec![], [true, true, false, false], [true, true, false, false]),
        (own, vec![], [true, false, false, false], [false; 4]),
        (None, vec![office.staff], [true, false, false, false], [true, false, false, false]),
        (own, vec![office.staff], [true, false, false, false], [false; 4]),
    ];
    for (number, (demand, groups, adas, bobs)) in cases.into_iter().enumerate() {
        let client = office.client_with(|fields| {
            fields.name = format!("wifi {number}");
            fields.sources = vec![format!("198.51.100.{number}/32").parse().unwrap()];
            fields.rules = comes_with(demand, groups);
        });
        let client = client.unwrap();
        for (login, expected) in [("ada", adas), ("bob", bobs)] {
            let found = [1, 2, 3, 4].map(|last| office.vlan(client, login, from(last)).is_some());
            assert_eq!(found, expected, "{number} {login}");
            let told = [1, 2, 3, 4].map(|last| office.explained(client, login, from(last)));
            assert_eq!([0, 1, 2, 3].map(|at| told[at].reason.is_none()), expected, "{number}");
            let is_known = [0, 1, 2, 3].map(|at| told[at].device.is_some());
            assert_eq!(is_known, [true, true, false, false], "{number}");
        }
        assert_eq!(office.vlan(client, "ada", pap()), None, "gear that names no machine");
    }
}

#[test]
fn a_device_that_is_named_in_a_conversation_is_never_a_user_of_that_name() {
    let office = Office::new();
    let address = MacAddress::read(b"00-10-a4-23-19-c0").unwrap();
    office.world.user(office.acme, &address.to_string());
    let plain = office.client(Vec::new()).unwrap();
    let open = office.client_with(|fields| {
        fields.name = "open".into();
        fields.sources = vec!["198.51.100.0/24".parse().unwrap()];
        (fields.mac_authentication, fields.unknown_device_profile) = (true, Some(office.vlan));
    });
    let open = open.unwrap();
    for (client, lets_in) in [(plain, false), (open, true)] {
        let directory = &office.world.directory;
        let (door, seen) = (Door::Radius(client, pap()), (HERE, office.world.now()));
        let begun = directory.authenticate_device(office.acme, address, door, seen).unwrap();
        let Begun::Done(outcome) = begun else { panic!("something is hashed for a device") };
        assert_eq!(matches!(outcome, Outcome::Accept { .. }), lets_in);
        let event = office.world.events(office.acme.into(), 1).remove(0);
        let device = EventActor::Device { id: None, name: address.to_string() };
        assert_eq!((event.actor, event.access.unwrap().method), (device, NetworkMethod::Mac));
        let reason = match event.outcome {
            EventOutcome::Success => String::new(),
            EventOutcome::Failure(reason) => reason,
        };
        assert_eq!(reason.contains("lets no devices in"), !lets_in, "{reason}");
    }
}

#[test]
fn a_device_that_calls_from_another_address_or_from_no_machines_is_not_let_in_as_an_unknown_one() {
    let office = Office::new();
    let open = office.client_with(|fields| {
        (fields.mac_authentication, fields.unknown_device_profile) = (true, Some(office.vlan));
    });
    let open = open.unwrap();
    let reason = |login: &str, calling: &str| {
        let calling = calling.as_bytes();
        let address = MacAddress::read(calling);
        let station = Station::of(calling, address);
        let mac = Circumstances::of(NetworkMethod::Mac);
        let by = Circumstances { calling: address, station, ..mac };
        office.explained(open, login, by).reason
    };
    let own = "02:00:00:00:00:07";
    for calling in ["", own, "02-00-00-00-00-07"] {
        assert_eq!(reason(own, calling), None, "{calling}");
    }
    for calling in ["02:00:00:00:00:08", "port 8"] {
        assert!(reason(own, calling).unwrap().contains("another address"), "{calling}");
    }
    for nobodys in ["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01"] {
        assert!(reason(nobodys, nobodys).unwrap().contains("no machine's"), "{nobodys}");
        let address = MacAddress::read(nobodys.as_bytes()).unwrap();
        let (door, seen) = (Door::Radius(open, pap()), (HERE, office.world.now()));
        let directory = &office.world.directory;
        let begun = directory.authenticate_device(office.acme, address, door, seen).unwrap();
        assert!(matches!(begun, Begun::Done(Outcome::Reject)), "{nobodys}");
    }
}

#[test]
fn rules_may_be_of_a_time_of_the_week() {
    let office = Office::new();
    // The world begins on a Tuesday at 22:13.
    let tuesdays = WeekPeriod { days: 0b10, from: 22 * 60, to: 23 * 60 };
    let when = Conditions { times: vec![tuesdays], ..Conditions::default() };
    let client = office.client(vec![
        rule("late", when, RuleVerdict::Accept(None)),
        rule("else", Conditions::default(), RuleVerdict::Reject),
    ]);
    let client = client.unwrap();
    assert!(accepted(&office.login(client, "ada", pap())));
    office.world.pass(DAY);
    assert!(!accepted(&office.login(client, "ada", pap())));
    office.world.pass(6 * DAY);
    assert!(accepted(&office.login(client, "ada", pap())));
}

#[test]
fn times_are_those_of_the_clocks_where_the_gear_stands() {
    let office = Office::new();
    let mornings = WeekPeriod { days: 0b111_1111, from: 8 * 60, to: 9 * 60 };
    let when = Conditions { times: vec![mornings], ..Conditions::default() };
    let rules = vec![
        rule("morning", when, RuleVerdict::Accept(None)),
        rule("else", Conditions::default(), RuleVerdict::Reject),
    ];
    let client = office.client_with(|fields| {
        (fields.rules, fields.time_zone) = (rules.clone(), "Europe/Berlin".into());
    });
    let client = client.unwrap();
    // The world begins in November at 22:13:20, when clocks in Berlin show 23:13; and in July, 260 days
    // later, they show one hour more.
    let summer = 260 * 24 - 2;
    for (pass, hours, is_in) in [(9, 8, true), (1, 9, false), (summer, 8, true), (1, 9, false)] {
        office.world.pass(pass * HOUR);
        assert_eq!(accepted(&office.login(client, "ada", pap())), is_in, "{hours}");
        let explained = office.explained(client, "ada", pap());
        let shown = explained.local_time.unwrap();
        assert!(shown.contains(&format!("T{hours:02}:13:20+0")), "{shown}");
        assert!(shown.ends_with("[Europe/Berlin]"), "{shown}");
        assert_eq!(explained.rule.as_deref(), Some(if is_in { "morning" } else { "else" }));
    }
    let explained = office.explained(client, "nobody", pap());
    assert!(explained.local_time.is_some(), "who is not let in for another reason");
    let timeless = office.client_with(|fields| {
        fields.name = "timeless".into();
        fields.sources = vec!["198.51.100.0/24".parse().unwrap()];
    });
    assert_eq!(office.explained(timeless.unwrap(), "ada", pap()).local_time, None);
    let nowhere = office.client_with(|fields| {
        (fields.name, fields.time_zone) = ("nowhere".into(), "Europe/Atlantis".into());
    });
    let Err(Error::Invalid(invalid)) = nowhere else { panic!("taken") };
    assert_eq!(invalid.pointer, "/time_zone");
}

#[test]
fn what_rules_name_has_to_be_there_and_stays_while_they_name_it() {
    let office = Office::new();
    let (acme, staff, vlan) = (office.acme, office.staff, office.vlan);
    let when = Conditions { groups: vec![staff], ..Conditions::default() };
    let mine = rule("mine", when.clone(), RuleVerdict::Accept(Some(vlan)));
    office.client(vec![mine.clone()]).unwrap();
    let deleted = office.world.change(move |change| {
        change.authorize::<ManageIdentities>(acme)?.groups().delete(staff, None)
    });
    assert!(matches!(deleted, Err(Error::InUse(_))));
    let deleted = office.world.change(move |change| {
        change.authorize::<ManageConfiguration>(acme)?.reply_profiles().delete(vlan, None)
    });
    assert!(matches!(deleted, Err(Error::InUse(_))));
    let refused = |rules: Vec<NetworkRule>| {
        let Err(Error::Invalid(invalid)) = office.client(rules) else { panic!("taken") };
        invalid.pointer
    };
    let with = |edit: fn(&mut Conditions)| {
        let mut when = when.clone();
        edit(&mut when);
        vec![rule("new", when, RuleVerdict::Reject)]
    };
    let period = |days, from, to| WeekPeriod { days, from, to };
    assert_eq!(refused(vec![mine.clone(), mine.clone()]), "/rules/1/name");
    assert_eq!(refused(vec![rule("", when.clone(), RuleVerdict::Reject)]), "/rules/0/name");
    assert_eq!(refused(vec![mine; 65]), "/rules");
    assert_eq!(refused(with(|it| it.ssids = vec!["x".repeat(33)])), "/rules/0/ssids/0");
    assert_eq!(refused(with(|it| it.port_types = vec![1; 33])), "/rules/0/port_types");
    let nobody = GroupId::from_record(999);
    let mut unknown = with(|_| {});
    unknown[0].when.with_device_groups = nobody.into_iter().collect();
    assert_eq!(refused(unknown), "/rules/0/with_device_groups/0");
    for wrong in [period(0, 0, 1), period(128, 0, 1), period(1, 5, 5), period(1, 0, 1441)] {
        let mut rules = with(|_| {});
        rules[0].when.times = vec![wrong];
        assert_eq!(refused(rules), "/rules/0/times/0");
    }
}

#[test]
fn a_client_may_go_on_letting_in_those_who_are_locked_or_whose_password_has_ended() {
    let office = Office::new();
    office.world.set(office.acme, |settings: &mut Settings| {
        settings.lockout.threshold = 3;
        settings.password_policy.longest_age = 30 * DAY;
        settings.password_policy.grace_logins = 0;
    });
    let strict = office.client(Vec::new()).unwrap();
    let lenient = office.client_with(|fields| {
        fields.name = "lenient".into();
        fields.sources = vec!["198.51.100.0/24".parse().unwrap()];
        fields.locked_or_expired = LockedOrExpired::Maintain;
    });
    let lenient = lenient.unwrap();
    for guess in 0..3 {
        office.world.pass(61_000);
        office.world.bind(office.acme, "ada", &format!("guess {guess}"));
    }
    office.world.pass(61_000);
    assert!(!accepted(&office.login(strict, "ada", pap())));
    assert_eq!(office.explained(strict, "ada", pap()).reason, Some("the account is locked"));
    assert!(accepted(&office.login(lenient, "ada", pap())));
    assert_eq!(office.explained(lenient, "ada", pap()).reason, None);
    let door = Door::Radius(lenient, pap());
    let wrong = office.world.request(office.acme, Who::User("ada".into()), "wrong");
    assert!(!accepted(&office.world.attempt(Request { door, ..wrong })));
    let (acme, ada) = (office.acme, office.ada);
    let locked = office.world.change(move |change| {
        let minute = Duration::from_secs(60);
        change.authorize::<RecoverAccounts>(acme)?.passwords().lock(ada, minute)
    });
    locked.unwrap();
    assert!(!accepted(&office.login(lenient, "ada", pap())), "an admin did it");
    assert_eq!(office.explained(lenient, "ada", pap()).reason, Some("the account is locked"));

    office.world.pass(60 * DAY);
    assert!(matches!(office.login(strict, "bob", pap()), Outcome::Ended));
    let reason = office.explained(strict, "bob", pap()).reason;
    assert_eq!(reason, Some("the password has expired"));
    assert!(accepted(&office.login(lenient, "bob", pap())));
    let suspended = office.world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        grant.users().update(ada, None, |user| {
            user.state = UserState::Suspended;
            Ok(())
        })
    });
    suspended.unwrap();
    assert!(!accepted(&office.login(lenient, "ada", pap())));
    assert!(office.explained(lenient, "ada", pap()).reason.unwrap().contains("suspended"));
}

#[test]
fn an_explanation_says_what_keeps_somebody_out_before_any_rule() {
    let office = Office::new();
    let client = office.client(Vec::new()).unwrap();
    let reason = |login: &str, method| {
        office.explained(client, login, Circumstances::of(method)).reason.unwrap_or_default()
    };
    assert_eq!(reason("ada", NetworkMethod::Pap), "");
    assert_eq!(reason("eve", NetworkMethod::Pap), "there is no such account");
    assert!(reason("ada", NetworkMethod::Chap).contains("does not offer"));
    assert!(reason("ada", NetworkMethod::Peap).contains("does not offer"));
    office.world.set(office.acme, |settings| (settings.chap, settings.ms_chap) = (true, true));
    assert!(reason("ada", NetworkMethod::Chap).contains("no password is kept"));
    assert!(reason("ada", NetworkMethod::Peap).contains("no hash is kept"));
    office.world.set(office.acme, |settings| settings.second_factor.demand = Demand::Required);
    assert!(reason("ada", NetworkMethod::Pap).contains("none is enrolled"));
    assert!(reason("ada", NetworkMethod::EapTls).contains("has no certificate authority"));
    office.certify();
    assert_eq!(reason("ada", NetworkMethod::EapTls), "");
    let before = office.world.events(office.acme.into(), 50).len();
    office.explained(client, "ada", pap());
    assert_eq!(office.world.events(office.acme.into(), 50).len(), before, "nobody is told");
    let fits = Proof::Password(password(RIGHT));
    let request = office.world.request(office.acme, Who::User("ada".into()), RIGHT);
    let door = Door::Radius(client, pap());
    assert!(!accepted(&office.world.attempt(Request { door, proof: fits, ..request })));
}
