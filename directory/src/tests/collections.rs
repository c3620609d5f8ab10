//! Records behind grants: names, numbers, members, secrets, bases, ends.

use storage::Reading;

use super::ssh_keys::SSH_KEY;
use super::world::{DAY, RIGHT, World, accepted, new_organization, refusal, user};
use crate::access::{
    ManageAdmins, ManageConfiguration, ManageIdentities, ManageOrganizations, RecoverAccounts,
    Role, View,
};
use crate::collections::{Member, MembershipChange};
use crate::directory::Changing;
use crate::error::Error;
use crate::events::{Action, EventActor};
use crate::id::{GroupId, OrganizationId, Place, RadiusClientId, RecordId};
use crate::records::{
    AdminScope, GroupFields, OrganizationState, RadiusClientFields, ServiceAccountFields, Settings,
    User, UserState, Visibility,
};
use crate::tools::OrganizationGrace;

fn group(name: &str) -> GroupFields {
    GroupFields { name: name.into(), ..GroupFields::default() }
}

fn groups<const N: usize>(
    world: &World,
    organization: OrganizationId,
    names: [&'static str; N],
) -> [GroupId; N] {
    let made = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        let made = names.map(|name| grant.groups().create(group(name)).map(|(id, _)| id));
        made.into_iter().collect::<Result<Vec<_>, _>>()
    });
    made.unwrap().try_into().unwrap()
}

fn put_in(
    world: &World,
    organization: OrganizationId,
    group: GroupId,
    member: Member,
) -> Result<(), Error> {
    world.change(move |change| {
        let members = MembershipChange { add: vec![member], remove: Vec::new() };
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        grant.groups().change_members(group, None, &members).map(drop)
    })
}

fn client(
    change: &mut Changing<'_, '_>,
    organization: OrganizationId,
    (name, source, secret): (&str, &str, &str),
) -> Result<RadiusClientId, Error> {
    let fields = RadiusClientFields {
        name: name.into(),
        sources: vec![source.parse().unwrap()],
        ..RadiusClientFields::default()
    };
    let mut grant = change.authorize::<ManageConfiguration>(organization)?;
    grant.radius_clients().create(fields, secret).map(|(id, _)| id)
}

#[test]
fn a_login_is_unique_without_case_and_width_in_its_organization() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    world.user(acme, "Ada");
    world.user(beta, "ada");
    for login in ["ada", "ADA", "\u{ff21}da"] {
        let fields = user(login);
        let done = world.change(move |change| {
            change.authorize::<ManageIdentities>(acme)?.users().create(fields, None)
        });
        assert_eq!(refusal(done), "login is taken");
    }
    world.assert_sound();
}

#[test]
fn a_new_login_has_no_invisible_letters_and_one_of_before_goes_on_working() {
    const INVISIBLE: &str = "must not contain invisible characters";
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    for letter in ['\u{ad}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{202e}'] {
        let login = format!("gr{letter}ace");
        let (person, password) = (user(&login), world.password("a long enough secret"));
        let made = world.change(move |change| {
            change.authorize::<ManageIdentities>(acme)?.users().create(person, None)
        });
        assert_eq!(refusal(made), INVISIBLE, "{letter:?}");
        let admin = super::world::fields(&login, Role::ReadOnly, AdminScope::None);
        let made = world.change(move |change| {
            change.authorize_provider::<ManageAdmins>()?.admins().create(admin, password)
        });
        assert_eq!(refusal(made), INVISIBLE, "{letter:?}");
    }
    // As it was written before there was this rule.
    let old = "a\u{200d}da";
    let written = world.directory.inner.store.write(move |change| {
        let found = change.get::<User>(acme.partition(), ada.record())?;
        let mut user = found.ok_or(Error::Missing)?;
        user.fields.login = old.into();
        change.put(acme.partition(), ada.record(), &user)?;
        Ok::<_, Error>(())
    });
    written.unwrap();
    for login in ["ada", old] {
        assert!(accepted(&world.bind(acme, login, RIGHT)), "{login:?}");
    }
    let edit = |edit: fn(&mut User)| {
        world.change(move |change| {
            change.authorize::<ManageIdentities>(acme)?.users().update(ada, None, |user| {
                edit(user);
                Ok(())
            })
        })
    };
    edit(|user| user.fields.title = Some("Countess".into())).unwrap();
    assert_eq!(refusal(edit(|user| user.fields.login = "ad\u{200d}a".into())), INVISIBLE);
    edit(|user| user.fields.login = "countess".into()).unwrap();
    world.assert_sound();
}

#[test]
fn posix_numbers_are_chosen_so_that_no_two_users_share_one() {
    let world = World::new();
    let acme = world.organization("acme");
    let made = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        let mut users = grant.users();
        let first = users.create(user("first"), None)?.1.fields.uid_number.unwrap();
        let given = crate::records::UserFields { uid_number: Some(first + 1), ..user("given") };
        users.create(given, None)?;
        let chosen = users.create(user("chosen"), None)?.1.fields;
        let next = users.create(user("next"), None)?.1.fields;
        Ok((first, chosen, next))
    });
    let (first, chosen, next) = made.unwrap();
    assert_eq!(chosen.uid_number, Some(first + 2));
    assert_eq!(next.uid_number, Some(first + 3));
    assert_eq!(
        (chosen.gid_number, chosen.home_directory.as_deref()),
        (chosen.uid_number, Some("/home/chosen"))
    );
    let twin = crate::records::UserFields { uid_number: Some(first), ..user("twin") };
    let done = world.change(move |change| {
        change.authorize::<ManageIdentities>(acme)?.users().create(twin, None)
    });
    assert_eq!(refusal(done), "uid_number is taken");
}

#[test]
fn text_that_no_index_takes_is_refused_in_words() {
    let world = World::new();
    let acme = world.organization("acme");
    // One letter of three octets that is normalized to eighteen letters.
    let fields = crate::records::UserFields { display_name: "\u{fdfa}".repeat(80), ..user("ada") };
    let done = world.change(move |change| {
        change.authorize::<ManageIdentities>(acme)?.users().create(fields, None)
    });
    assert!(matches!(done, Err(Error::Invalid(invalid)) if invalid.pointer == "/display_name"));
}

#[test]
fn a_group_contains_neither_itself_nor_a_group_around_it() {
    let world = World::new();
    let acme = world.organization("acme");
    let [outer, middle, inner] = groups(&world, acme, ["outer", "middle", "inner"]);
    put_in(&world, acme, outer, Member::Group(middle)).unwrap();
    put_in(&world, acme, middle, Member::Group(inner)).unwrap();
    for (group, member) in [(inner, outer), (inner, middle), (inner, inner)] {
        let done = put_in(&world, acme, group, Member::Group(member));
        assert_eq!(refusal(done), "the group would contain itself");
    }
    let ada = world.user(acme, "ada");
    put_in(&world, acme, inner, Member::User(ada)).unwrap();
    let reading = world.directory.read(world.top()).unwrap();
    let grant = reading.authorize::<View>(acme).unwrap();
    let mut of_ada = grant.users().groups(ada).unwrap();
    of_ada.sort_unstable();
    assert_eq!(of_ada, [outer, middle, inner]);
    world.assert_sound();
}

#[test]
fn a_member_of_another_organization_is_no_member() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let [staff] = groups(&world, acme, ["staff"]);
    // Numbers that acme has not given out yet.
    groups(&world, beta, ["one", "two", "three", "four", "five"]);
    let theirs = world.user(beta, "ada");
    let done = put_in(&world, acme, staff, Member::User(theirs));
    assert_eq!(refusal(done), "there is no such member");
}

#[test]
fn a_group_that_something_names_stays() {
    let world = World::new();
    let acme = world.organization("acme");
    let [seen, allowed, free] = groups(&world, acme, ["seen", "allowed", "free"]);
    let parameters = crate::authentication::HashParameters::new(8, 1, 1).unwrap();
    let password =
        crate::collections::GeneratedPassword::generate(&parameters, world.directory.tools())
            .unwrap();
    world
        .change(move |change| {
            let id = client(change, acme, ("switch", "192.0.2.1/32", "0123456789abcdef"))?;
            let mut grant = change.authorize::<ManageConfiguration>(acme)?;
            grant.radius_clients().update(id, None, |client| {
                client.fields.allowed_groups.push(allowed);
                Ok(())
            })?;
            let visibility = Visibility::Groups(vec![seen]);
            let fields =
                ServiceAccountFields { name: "wiki".into(), visibility, ..Default::default() };
            grant.service_accounts().create(fields, &password)
        })
        .unwrap();
    let delete = |group| {
        world.change(move |change| {
            change.authorize::<ManageIdentities>(acme)?.groups().delete(group, None)
        })
    };
    assert_eq!(refusal(delete(seen)), "still in use: a service account sees this group");
    assert_eq!(refusal(delete(allowed)), "still in use: a RADIUS client allows this group");
    delete(free).unwrap();
    world.assert_sound();
}

#[test]
fn a_change_of_what_somebody_changed_in_between_is_stale_and_leaves_nothing() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let rename = |revision| {
        world.change(move |change| {
            change.authorize::<ManageIdentities>(acme)?.users().update(ada, revision, |user| {
                user.fields.display_name.push('!');
                Ok(())
            })
        })
    };
    assert_eq!(rename(Some(1)).unwrap().stamp.revision, 2);
    assert!(matches!(rename(Some(1)), Err(Error::Stale)));
    assert_eq!(rename(None).unwrap().fields.display_name, "ada of Test!!");
}

#[test]
fn a_change_that_fails_in_the_middle_leaves_neither_record_nor_event() {
    let world = World::new();
    let acme = world.organization("acme");
    let before = world.events(acme.into(), 100).len();
    let done: Result<(), Error> = world.change(move |change| {
        change.authorize::<ManageIdentities>(acme)?.users().create(user("ada"), None)?;
        Err(Error::Missing)
    });
    assert!(done.is_err());
    assert_eq!(world.events(acme.into(), 100).len(), before);
    let reading = world.directory.read(world.top()).unwrap();
    assert_eq!(reading.authorize::<View>(acme).unwrap().users().named("ada").unwrap(), None);
}

#[test]
fn shared_secrets_have_a_length_and_no_twin_behind_the_same_source() {
    let world = World::new();
    let acme = world.organization("acme");
    let make = |name: &'static str, source: &'static str, secret: &'static str| {
        world.change(move |change| client(change, acme, (name, source, secret)))
    };
    assert_eq!(
        refusal(make("short", "192.0.2.0/24", "15 octets only!")),
        "must have 16 to 128 octets"
    );
    make("one", "192.0.2.0/24", "0123456789abcdef").unwrap();
    let twin = make("two", "192.0.2.7/32", "0123456789abcdef");
    assert_eq!(refusal(twin), "one has the same secret behind the same source");
    make("elsewhere", "198.51.100.0/24", "0123456789abcdef").unwrap();
    let mapped = make("mapped", "::ffff:192.0.2.0/120", "fedcba9876543210");
    assert_eq!(refusal(mapped), "must be written as an IPv4 network");
}

#[test]
fn a_revealed_or_rotated_secret_is_an_event_that_does_not_hold_it() {
    let world = World::new();
    let acme = world.organization("acme");
    let secret = world.change(move |change| {
        let id = client(change, acme, ("switch", "192.0.2.0/24", "0123456789abcdef"))?;
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        grant.radius_clients().set_secret(id, "fedcba9876543210")?;
        grant.radius_clients().reveal_secret(id)
    });
    assert_eq!(secret.unwrap().expose(), b"fedcba9876543210");
    let events = world.events(acme.into(), 3);
    let actions: Vec<Action> = events.iter().map(|event| event.action).collect();
    assert_eq!(actions, [Action::SecretRevealed, Action::SecretRotated, Action::Created]);
    let told = format!("{events:?}");
    assert!(!told.contains("0123456789abcdef") && !told.contains("fedcba9876543210"));
}

#[test]
fn a_change_tells_who_what_before_and_after() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let new = world.password("another horse");
    world
        .change(move |change| {
            change.authorize::<ManageIdentities>(acme)?.users().update(ada, None, |user| {
                user.state = UserState::Suspended;
                user.fields.title = Some("Countess".into());
                Ok(())
            })?;
            change.authorize::<RecoverAccounts>(acme)?.passwords().set(ada, new, None)
        })
        .unwrap();
    let [set, changed] = world.events(acme.into(), 2).try_into().unwrap();
    let told: Vec<_> = changed
        .differences
        .iter()
        .map(|it| (it.field.as_str(), it.before.as_deref(), it.after.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            ("state", Some("\"active\""), Some("\"suspended\"")),
            ("title", None, Some("\"Countess\"")),
        ]
    );
    assert!(matches!(changed.actor, EventActor::Admin { .. }));
    assert!(changed.source.is_some());
    assert_eq!(set.differences[0].after.as_deref(), Some("\"(secret)\""));
    assert!(!format!("{set:?}").contains(RIGHT));
}

#[test]
fn an_event_of_much_text_and_many_members_is_not_lost() {
    let world = World::new();
    let acme = world.organization("acme");
    let [staff] = groups(&world, acme, ["staff"]);
    let before = world.events(acme.into(), 10_000).len();
    world
        .change(move |change| {
            let mut grant = change.authorize::<ManageIdentities>(acme)?;
            let keys = vec![format!("{SSH_KEY} {}", "k".repeat(3_900)); 32];
            grant
                .users()
                .create(crate::records::UserFields { ssh_keys: keys, ..user("keys") }, None)?;
            let mut add = Vec::new();
            for number in 0..600 {
                let login = format!("{number:0>120}");
                add.push(Member::User(grant.users().create(user(&login), None)?.0));
            }
            let members = MembershipChange { add, remove: Vec::new() };
            grant.groups().change_members(staff, None, &members)
        })
        .unwrap();
    assert_eq!(world.events(acme.into(), 10_000).len() - before, 1 + 600 + 3);
}

#[test]
fn no_base_lies_under_another() {
    let world = World::new();
    let make = |slug: &'static str, base: &'static str| {
        world.change(move |change| {
            let new = new_organization(slug, base, Settings::default());
            change.authorize_provider::<ManageOrganizations>()?.organizations().create(new)
        })
    };
    let (acme, _) = make("acme", "dc=acme,dc=example").unwrap();
    for base in ["DC=Acme, dc=example", "dc=example", "ou=x,dc=acme,dc=example"] {
        assert_eq!(refusal(make("other", base)), "base is taken", "{base}");
    }
    make("sibling", "dc=acme2,dc=example").unwrap();
    make("cousin", "dc=acme,dc=example2").unwrap();
    assert_eq!(refusal(make("acme", "dc=new")), "slug is taken");
    let under_itself = world.change(move |change| {
        let mut grant = change.authorize::<ManageOrganizations>(acme)?;
        grant.own()?.update(None, |fields| {
            fields.base = crate::records::Base::parse("ou=here,dc=acme,dc=example").unwrap();
            Ok(())
        })
    });
    under_itself.unwrap();
    world.assert_sound();
}

#[test]
fn a_deleted_organization_answers_nobody_and_comes_back_suspended() {
    let world = World::new();
    let acme = world.organization("acme");
    world.user(acme, "ada");
    let own = |work: fn(
        &mut crate::collections::OwnOrganization<'_, &mut storage::Change<'_>>,
    ) -> Result<(), Error>| {
        world.change(move |change| work(&mut change.authorize::<ManageOrganizations>(acme)?.own()?))
    };
    let unconfirmed = own(|own| own.delete(None, "acme"));
    assert_eq!(refusal(unconfirmed), "must be the organization's name, to confirm the deletion");
    own(|own| own.delete(None, "ACME")).unwrap();
    assert!(!accepted(&world.bind(acme, "ada", RIGHT)));
    assert_eq!(world.directory.organization_by_slug("acme").unwrap(), None);
    world.pass(20 * DAY);
    // Deleting it again must not buy it more time.
    assert!(own(|own| own.delete(None, "ACME")).is_err());
    assert!(own(|own| own.set_suspended(None, false).map(drop)).is_err());
    own(|own| own.restore(None).map(drop)).unwrap();
    assert!(!accepted(&world.bind(acme, "ada", RIGHT)));
    own(|own| own.set_suspended(None, false).map(drop)).unwrap();
    assert!(accepted(&world.bind(acme, "ada", RIGHT)));
}

#[test]
fn after_its_grace_period_nothing_of_an_organization_is_left() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let (ada, bob) = (world.user(acme, "ada"), world.user(beta, "bob"));
    world
        .change(move |change| {
            client(change, acme, ("switch", "192.0.2.0/24", "0123456789abcdef"))?;
            change.authorize::<ManageOrganizations>(acme)?.own()?.delete(None, "ACME")
        })
        .unwrap();
    world.pass(OrganizationGrace::default().0);
    assert_eq!(world.directory.destroy_expired(world.now()).unwrap(), 0);
    world.pass(1);
    let late = world
        .change(move |change| change.authorize::<ManageOrganizations>(acme)?.own()?.restore(None));
    assert_eq!(refusal(late), "the grace period is over");
    assert_eq!(world.directory.destroy_expired(world.now()).unwrap(), 1);
    let told = world.events(Place::Provider, 1).remove(0);
    assert_eq!((told.actor, told.action), (EventActor::Daemon, Action::Deleted));
    // The writer erases in steps between changes; each change gives it a turn.
    let store = &world.directory.inner.store;
    while store.read().unwrap().partitions().unwrap().contains(&acme.partition()) {
        world.set(beta, |settings| settings.users_see_people = true);
    }
    let snapshot = store.read().unwrap();
    assert!(snapshot.get::<User>(acme.partition(), ada.record()).unwrap().is_none());
    assert!(snapshot.get::<User>(beta.partition(), bob.record()).unwrap().is_some());
    assert_eq!(world.directory.destroy_expired(world.now()).unwrap(), 0);
    let again = world.organization("acme");
    assert_ne!(again, acme);
    let state = |id: OrganizationId| {
        let reading = world.directory.read(world.top()).unwrap();
        reading.authorize::<View>(id).unwrap().own_organization().unwrap().state
    };
    assert_eq!(state(again), OrganizationState::Active);
    world.assert_sound();
}
