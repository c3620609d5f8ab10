//! What events tell of references: who is meant, never by the numbers of the store.

use serde_json::{Value, json};

use super::search::account;
use super::sign_in::enrolled;
use super::world::{DAY, World, fields};
use crate::access::{ManageAdmins, ManageConfiguration, ManageIdentities, Role, View};
use crate::collections::NewKey;
use crate::events::{Action, Event, EventActor, SubjectKind, told_time};
use crate::id::{GroupId, OrganizationId, Place, ReplyProfileId, UserId};
use crate::records::{
    AdminFields, AdminScope, Conditions, DeviceFields, GroupFields, Narrowing, NetworkRule,
    RadiusClientFields, ReplyProfileFields, RuleVerdict, SecurityPolicyFields, TokenPurpose,
    Visibility,
};
use crate::tools::OrganizationGrace;

/// What an event says of all that is new.
fn made(event: &Event) -> Vec<(&str, Value)> {
    let told = event.differences.iter().map(|told| {
        assert_eq!(told.before, None, "{told:?}");
        (&*told.field, serde_json::from_str(told.after.as_ref().unwrap()).unwrap())
    });
    told.collect()
}

#[test]
fn an_api_key_is_told_with_all_that_it_may_and_never_with_its_text() {
    let world = World::new();
    let acme = world.organization("acme");
    let fields = fields("ops", Role::Administrator, AdminScope::All);
    let fields = AdminFields { api_access: true, ..fields };
    let by = world.token(Place::Provider, fields, Narrowing::default(), TokenPurpose::Session);
    let new = NewKey {
        name: "backup".into(),
        expires: world.now().plus(DAY),
        role: Some(Role::ReadOnly),
        organizations: Some(vec![acme]),
        sources: Some(vec!["192.0.2.0/24".parse().unwrap()]),
    };
    let expires = json!(told_time(new.expires));
    let key = world.directory.change(by, move |it| it.oneself()?.create_api_key(new)).unwrap();
    let of_key = |event: &Event| event.subject.as_ref().is_some_and(|it| it.id == key.id);
    let event = last(&world, Place::Provider);
    assert!(of_key(&event) && event.action == Action::Created, "{event:?}");
    let expected = [
        ("expires", expires),
        ("name", json!("backup")),
        ("role", json!("read_only")),
        ("scope", json!({"organizations": 1})),
        ("sources", json!(["192.0.2.0/24"])),
    ];
    assert_eq!(made(&event), expected);
    assert!(!format!("{event:?}").contains(key.text.rsplit('_').next().unwrap()));
    let uuid = key.id;
    world.directory.change(by, move |it| it.oneself()?.delete_api_key(uuid)).unwrap();
    let event = last(&world, Place::Provider);
    assert!(of_key(&event) && event.action == Action::Deleted, "{event:?}");
    assert_eq!(told(&event, "name"), (json!("backup"), Value::Null));
    assert_eq!(event.differences.len(), 5);
}

#[test]
fn what_ends_keys_and_sessions_says_how_many() {
    let world = World::new();
    let (number, ..) = enrolled(&world);
    let reset = || {
        let reset = world.directory.change(world.fresh_top(), move |change| {
            change.authorize_provider::<ManageAdmins>()?.admins().reset_mfa(number)
        });
        reset.unwrap();
        last(&world, Place::Provider)
    };
    let event = reset();
    assert_eq!(event.action, Action::MfaReset);
    assert_eq!(made(&event), [("ended_sessions", json!(1))]);
    assert!(reset().differences.is_empty(), "nothing was open");
}

#[test]
fn a_scope_that_an_organization_leaves_which_is_gone_is_told_and_another_revision() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let scope = AdminScope::Organizations(vec![acme, beta]);
    let admin = world.admin(Place::Provider, Role::Manager, scope).actor.admin().unwrap().number;
    let revision = || {
        let reading = world.directory.read(world.top()).unwrap();
        let grant = reading.authorize_provider::<View>().unwrap();
        grant.admins().read(admin).unwrap().stamp.revision
    };
    let before = revision();
    world.change(move |change| change.authorize(acme)?.own()?.delete(None, "ACME")).unwrap();
    world.pass(OrganizationGrace::default().0 + 1);
    assert_eq!(world.directory.destroy_expired(world.now()).unwrap(), 1);
    let events = world.events(Place::Provider, 10);
    let is_of_daemon = |event: &&Event| event.actor == EventActor::Daemon;
    let mut of_daemon = events.iter().filter(is_of_daemon);
    let changed = of_daemon.find(|event| event.action == Action::Changed);
    let scopes = (json!({"organizations": 2}), json!({"organizations": 1}));
    assert_eq!(told(changed.unwrap(), "scope"), scopes);
    assert_eq!(revision(), before + 1);
}

/// What the last event of an organization says of a field: before, and after.
fn told(event: &Event, field: &str) -> (Value, Value) {
    let difference = event.differences.iter().find(|it| it.field == field).expect(field);
    let read = |text: &Option<String>| {
        text.as_ref().map_or(Value::Null, |text| serde_json::from_str(text).unwrap())
    };
    (read(&difference.before), read(&difference.after))
}

fn last(world: &World, place: impl Into<Place>) -> Event {
    world.events(place.into(), 1).remove(0)
}

struct Office {
    world: World,
    acme: OrganizationId,
    ada: UserId,
    staff: GroupId,
    guests: ReplyProfileId,
}

impl Office {
    fn new() -> Self {
        let world = World::new();
        let acme = world.organization("acme");
        let ada = world.user(acme, "ada");
        let made = world.change(move |change| {
            let fields = GroupFields { name: "staff".into(), ..GroupFields::default() };
            let mut grant = change.authorize::<ManageIdentities>(acme)?;
            let (staff, _) = grant.groups().create(fields)?;
            let fields =
                ReplyProfileFields { name: "guests".into(), ..ReplyProfileFields::default() };
            let mut grant = change.authorize::<ManageConfiguration>(acme)?;
            let (guests, _) = grant.reply_profiles().create(fields)?;
            Ok((staff, guests))
        });
        let (staff, guests) = made.unwrap();
        Self { world, acme, ada, staff, guests }
    }

    /// The group as events tell it.
    fn group(&self) -> Value {
        let reading = self.world.directory.read(self.world.top()).unwrap();
        let group = reading.authorize::<View>(self.acme).unwrap().groups().read(self.staff);
        json!({"id": group.unwrap().uuid, "name": "staff"})
    }

    /// The reply profile as events tell it.
    fn profile(&self) -> Value {
        let reading = self.world.directory.read(self.world.top()).unwrap();
        let grant = reading.authorize::<View>(self.acme).unwrap();
        let profile = grant.reply_profiles().read(self.guests).unwrap();
        json!({"id": profile.uuid, "name": "guests"})
    }

    /// Ada as events tell her.
    fn user(&self) -> Value {
        let reading = self.world.directory.read(self.world.top()).unwrap();
        let user = reading.authorize::<View>(self.acme).unwrap().users().read(self.ada);
        json!({"id": user.unwrap().uuid, "name": "ada"})
    }
}

#[test]
fn groups_and_profiles_of_a_radius_client_are_told_by_what_they_are_called() {
    let office = Office::new();
    let (acme, staff, guests) = (office.acme, office.staff, office.guests);
    let rule = NetworkRule {
        name: "staff".into(),
        when: Conditions { groups: vec![staff], ..Conditions::default() },
        then: RuleVerdict::Accept(Some(guests)),
    };
    let made = office.world.change(move |change| {
        let fields = RadiusClientFields {
            name: "switch".into(),
            sources: vec!["192.0.2.0/24".parse().unwrap()],
            allowed_groups: vec![staff],
            reply_profile: Some(guests),
            rules: vec![rule],
            ..RadiusClientFields::default()
        };
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        grant.radius_clients().create(fields, "0123456789abcdef").map(|(id, _)| id)
    });
    let client = made.unwrap();
    let event = last(&office.world, acme);
    assert_eq!(told(&event, "allowed_groups"), (Value::Null, json!([office.group()])));
    assert_eq!(told(&event, "reply_profile"), (Value::Null, office.profile()));
    let (_, rules) = told(&event, "rules");
    assert_eq!(rules[0]["when"]["groups"], json!(["staff"]));
    assert_eq!(rules[0]["then"], json!({"accept": "guests"}));
    let changed = office.world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        grant.radius_clients().update(client, None, |client| {
            client.fields.allowed_groups.clear();
            client.fields.reply_profile = None;
            Ok(())
        })
    });
    changed.unwrap();
    let event = last(&office.world, acme);
    assert_eq!(event.differences.len(), 2, "what stays is not told: {event:?}");
    assert_eq!(told(&event, "allowed_groups"), (json!([office.group()]), json!([])));
    assert_eq!(told(&event, "reply_profile"), (office.profile(), Value::Null));
}

#[test]
fn what_changes_of_long_lists_of_rules_is_told_and_that_their_order_does() {
    let office = Office::new();
    let (acme, staff) = (office.acme, office.staff);
    let rule = |number: u32| NetworkRule {
        name: format!("rule {number:02}"),
        when: Conditions { groups: vec![staff], ..Conditions::default() },
        then: RuleVerdict::Accept(None),
    };
    let mut rules: Vec<NetworkRule> = (0..40).map(rule).collect();
    let fields = RadiusClientFields {
        name: "switch".into(),
        sources: vec!["192.0.2.0/24".parse().unwrap()],
        rules: rules.clone(),
        ..RadiusClientFields::default()
    };
    let made = office.world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        grant.radius_clients().create(fields, "0123456789abcdef").map(|(id, _)| id)
    });
    let client = made.unwrap();
    let after = |rules: Vec<NetworkRule>| {
        let changed = office.world.change(move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(acme)?;
            grant.radius_clients().update(client, None, |client| {
                client.fields.rules = rules;
                Ok(())
            })
        });
        changed.unwrap();
        told(&last(&office.world, acme), "rules")
    };
    rules.swap(3, 4);
    let (was, is) = after(rules.clone());
    assert_eq!((&was[0]["name"], &is[0]["name"]), (&json!("rule 03"), &json!("rule 04")));
    assert_eq!((&was[2], &is[2]), (&json!("(38 that stay)"), &json!("(38 that stay)")));
    rules[30].then = RuleVerdict::Reject;
    rules[31].name = "rule 99".into();
    let (was, is) = after(rules);
    let names = |told: &Value| [told[0]["name"].clone(), told[1]["name"].clone()];
    assert_eq!((&was[0]["then"], &is[0]["then"]), (&json!({"accept": null}), &json!("reject")));
    assert_eq!(names(&was), [json!("rule 30"), json!("rule 31")]);
    assert_eq!(names(&is), [json!("rule 30"), json!("rule 99")]);
}

#[test]
fn a_device_and_a_policy_are_told_with_their_groups_and_their_owner() {
    let office = Office::new();
    let (acme, staff, ada) = (office.acme, office.staff, office.ada);
    let made = office.world.change(move |change| {
        let groups = vec![staff];
        let fields = DeviceFields {
            name: "laptop".into(),
            groups: groups.clone(),
            owner: Some(ada),
            ..DeviceFields::default()
        };
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        grant.devices().create(fields)?;
        let fields = SecurityPolicyFields { name: "laptops".into(), groups, ..Default::default() };
        grant.security_policies().create(fields, None).map(drop)
    });
    made.unwrap();
    let [policy, device] = office.world.events(acme.into(), 2).try_into().unwrap();
    assert_eq!(told(&policy, "groups"), (Value::Null, json!([office.group()])));
    assert_eq!(told(&device, "groups"), (Value::Null, json!([office.group()])));
    assert_eq!(told(&device, "owner"), (Value::Null, office.user()));
}

#[test]
fn what_a_service_account_sees_is_told_as_the_api_says_it() {
    let office = Office::new();
    account(&office.world, office.acme, "wiki", Visibility::Everything);
    let event = last(&office.world, office.acme);
    assert_eq!(told(&event, "visibility"), (Value::Null, json!("everything")));
    account(&office.world, office.acme, "mail", Visibility::Groups(vec![office.staff]));
    let event = last(&office.world, office.acme);
    assert_eq!(told(&event, "visibility"), (Value::Null, json!({"groups": [office.group()]})));
}

#[test]
fn whom_a_scope_names_is_told_in_their_own_logs_and_not_in_the_providers() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let admin = world.admin(Place::Provider, Role::Manager, AdminScope::None);
    let number = admin.actor.admin().unwrap().number;
    let scope = |list: Vec<OrganizationId>| {
        let changed = world.change(move |change| {
            let mut grant = change.authorize_at::<ManageAdmins>(Place::Provider)?;
            grant.admins().update(number, None, |admin| {
                admin.fields.scope = AdminScope::Organizations(list);
                Ok(())
            })
        });
        changed.unwrap();
    };
    scope(vec![acme]);
    let event = last(&world, Place::Provider);
    assert_eq!(told(&event, "scope"), (json!("none"), json!({"organizations": 1})));
    let event = last(&world, acme);
    assert_eq!(event.subject.as_ref().unwrap().kind, SubjectKind::Admin);
    assert_eq!(told(&event, "in_scope"), (json!(false), json!(true)));
    scope(vec![beta]);
    let event = last(&world, Place::Provider);
    assert_eq!((event.action, event.differences.len()), (Action::Changed, 0));
    assert_eq!(told(&last(&world, acme), "in_scope"), (json!(true), json!(false)));
    assert_eq!(told(&last(&world, beta), "in_scope"), (json!(false), json!(true)));
}
