//! Lives of users: staged, invited, ended, deleted and restored.

use storage::{Partition, Reading};
use uuid::Uuid;

use super::world::{DAY, RIGHT, World, accepted, password, refusal, user};
use crate::access::{Actor, Identity, ManageConfiguration, ManageIdentities, View};
use crate::collections::{Member, MembershipChange, RestoredAs};
use crate::error::Error;
use crate::events::{Action, EventActor};
use crate::id::{GroupId, OrganizationId, Place, RecordId, UserId};
use crate::records::{
    Credential, CustomAttributeFields, GroupFields, Organization, OwnCertificates, Syntax, User,
    UserFields, UserState, Values, kinds,
};

const CHOSEN: &str = "quite another horse";

impl World {
    pub(super) fn people<T: Send + 'static>(
        &self,
        organization: OrganizationId,
        work: impl FnOnce(
            &mut crate::collections::Users<'_, &mut storage::Change<'_>>,
        ) -> Result<T, Error>
        + Send
        + 'static,
    ) -> Result<T, Error> {
        self.change(move |change| {
            work(&mut change.authorize::<ManageIdentities>(organization)?.users())
        })
    }

    fn uuid_of(&self, organization: OrganizationId, id: UserId) -> Uuid {
        let reading = self.directory.read(self.top()).unwrap();
        reading.authorize::<View>(organization).unwrap().users().read(id).unwrap().uuid
    }

    pub(super) fn delete(&self, organization: OrganizationId, id: UserId) -> Uuid {
        let uuid = self.uuid_of(organization, id);
        self.people(organization, move |users| users.delete(id, None)).unwrap();
        uuid
    }

    pub(super) fn restore(
        &self,
        organization: OrganizationId,
        uuid: Uuid,
        with: RestoredAs,
    ) -> Result<User, Error> {
        self.people(organization, move |users| users.restore(uuid, with).map(|(_, user)| user))
    }

    fn deleted(&self, organization: OrganizationId) -> Vec<String> {
        let reading = self.directory.read(self.top()).unwrap();
        let users = reading.authorize::<View>(organization).unwrap().users();
        let page = users.deleted(None, None, 100).unwrap();
        page.records.into_iter().map(|(_, deleted, _)| deleted.user.fields.login).collect()
    }

    fn team(&self, organization: OrganizationId, name: &'static str, user: UserId) -> GroupId {
        let made = self.change(move |change| {
            let mut grant = change.authorize::<ManageIdentities>(organization)?;
            let mut groups = grant.groups();
            let fields = GroupFields { name: name.into(), ..GroupFields::default() };
            let (id, _) = groups.create(fields)?;
            let add = vec![Member::User(user)];
            groups.change_members(id, None, &MembershipChange { add, remove: Vec::new() })?;
            Ok(id)
        });
        made.unwrap()
    }

    fn invite(&self, organization: OrganizationId, id: UserId) -> Result<String, Error> {
        let invited = self.people(organization, move |users| users.invite(id, None, false));
        invited.map(|invited| invited.token)
    }

    fn accept(&self, token: &str, text: &str) -> Result<(), Error> {
        let nobody = self.by(Actor::nobody());
        self.directory.judge_first_password(token, &password(text), &nobody)?;
        self.directory.accept_invitation(token, self.password(text), nobody).map(drop)
    }
}

fn staged(world: &World, organization: OrganizationId, login: &str) -> UserId {
    let fields = user(login);
    let made = world.people(organization, move |users| {
        users.create_as(UserState::Staged, fields, None).map(|(id, _)| id)
    });
    made.unwrap()
}

#[test]
fn a_restored_user_has_everything_that_there_still_is() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let (staff, gone) = (world.team(acme, "staff", ada), world.team(acme, "gone", ada));
    let (kept, taken) = ([1; 32], [2; 32]);
    world.people(acme, move |users| users.set_certificates(ada, vec![kept, taken])).unwrap();
    let before = world.credential(acme, Identity::User(ada)).hash;
    let actor = world.actor(acme, Identity::User(ada));
    let uuid = world.delete(acme, ada);
    assert!(!accepted(&world.bind(acme, "ada", RIGHT)));
    let memo = world.directory.memo();
    let reading = world.directory.read(world.by(actor)).unwrap();
    assert!(reading.authorize_search(acme, &memo).is_err(), "who was bound is nobody");
    drop(reading);
    assert_eq!(world.deleted(acme), ["ada"]);
    // The name, the number and the certificates are anybody's.
    let other = world.user(acme, "bob");
    world.people(acme, move |users| users.set_certificates(other, vec![taken])).unwrap();
    world
        .change(move |change| {
            change.authorize::<ManageIdentities>(acme)?.groups().delete(gone, None)
        })
        .unwrap();
    let restored = world.restore(acme, uuid, RestoredAs::default()).unwrap();
    assert_eq!((restored.fields.login.as_str(), restored.uuid), ("ada", uuid));
    assert!(accepted(&world.bind(acme, "ada", RIGHT)));
    assert_eq!(world.credential(acme, Identity::User(ada)).hash, before);
    let snapshot = world.directory.inner.store.read().unwrap();
    let groups: Vec<_> = crate::collections::groups_of_user(&snapshot, acme.partition(), ada)
        .unwrap()
        .into_iter()
        .collect();
    assert_eq!(groups, [staff]);
    let certificates = snapshot.get::<OwnCertificates>(acme.partition(), ada.record()).unwrap();
    assert_eq!(certificates.unwrap().fingerprints, [kept]);
    drop(snapshot);
    let events = world.events(Place::Organization(acme), 5);
    let told = events.iter().find(|event| event.action == Action::Restored).unwrap();
    assert_eq!(told.differences[0].after.as_deref(), Some("\"staff\""));
    assert_eq!(world.deleted(acme), Vec::<String>::new());
    assert_eq!(refusal(world.restore(acme, uuid, RestoredAs::default())), "there is no such thing");
    world.assert_sound();
}

#[test]
fn what_somebody_else_has_by_now_is_a_conflict_that_another_value_solves() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let uuid = world.delete(acme, ada);
    let number = Some(u32::try_from(ada.record() + 10_000).unwrap());
    let twin = UserFields { uid_number: number, ..user("Ada") };
    world.people(acme, move |users| users.create(twin, None)).unwrap();
    let try_with = |login: Option<&str>, uid_number| {
        let with = RestoredAs { login: login.map(Into::into), uid_number };
        world.restore(acme, uuid, with)
    };
    assert_eq!(refusal(try_with(None, Some(77_777))), "login is taken");
    assert_eq!(refusal(try_with(Some("ada.l"), None)), "uid_number is taken");
    assert_eq!(world.deleted(acme), ["ada"], "a conflict changes nothing");
    let restored = try_with(Some("ada.l"), Some(77_777)).unwrap();
    assert_eq!(restored.fields.uid_number, Some(77_777));
    assert!(accepted(&world.bind(acme, "ada.l", RIGHT)));
    world.assert_sound();
}

#[test]
fn what_is_left_of_a_deleted_user_is_destroyed_with_its_secrets_once_its_time_is_over() {
    let world = World::new();
    let acme = world.organization("acme");
    world.set(acme, |settings| {
        (settings.chap, settings.deleted_users_kept) = (true, 10 * DAY);
    });
    let [ada, bob, eve] = ["ada", "bob", "eve"].map(|login| world.user(acme, login));
    let secret = |id: UserId| {
        let snapshot = world.directory.inner.store.read().unwrap();
        let found = snapshot.secret(acme.partition(), kinds::CHAP_PASSWORD, id.record()).unwrap();
        let credential = snapshot.get::<Credential>(acme.partition(), id.record()).unwrap();
        assert_eq!(found.is_some(), credential.is_some());
        found.is_some()
    };
    world.delete(acme, ada);
    world.pass(DAY);
    let bobs = world.delete(acme, bob);
    assert!(secret(ada) && secret(bob) && secret(eve));
    world.pass(9 * DAY - 1);
    assert_eq!(world.directory.end_user_lives(world.now()).unwrap(), 0);
    world.pass(1);
    assert_eq!(world.directory.end_user_lives(world.now()).unwrap(), 1);
    assert!(!secret(ada) && secret(bob) && secret(eve));
    let told = &world.events(Place::Organization(acme), 1)[0];
    assert_eq!((told.action, &told.actor), (Action::Purged, &EventActor::Daemon));
    world.people(acme, move |users| users.purge_deleted(bobs, None)).unwrap();
    assert!(!secret(bob));
    // Where none are kept a user is gone at once.
    world.set(acme, |settings| settings.deleted_users_kept = 0);
    world.delete(acme, eve);
    assert!(!secret(eve));
    assert_eq!(world.deleted(acme), Vec::<String>::new());
    world.assert_sound();
}

#[test]
fn whoever_searches_is_known_no_longer_than_until_the_end() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let end = Some(world.now().plus(DAY));
    let ends = move |user: &mut User| {
        user.fields.expires = end;
        Ok(())
    };
    world.people(acme, move |users| users.update(ada, None, ends)).unwrap();
    let (actor, memo) = (world.actor(acme, Identity::User(ada)), world.directory.memo());
    let searches = || {
        let reading = world.directory.read(world.by(actor)).unwrap();
        reading.authorize_search(acme, &memo).is_ok()
    };
    assert!(searches() && searches(), "the second time it is known");
    world.pass(DAY - 1);
    assert!(searches());
    world.pass(1);
    assert!(!searches(), "nobody has suspended the user yet, and still it is over");
}

#[test]
fn switching_chap_off_erases_what_deleted_users_kept_for_it() {
    let world = World::new();
    let acme = world.organization("acme");
    world.set(acme, |settings| settings.chap = true);
    let ada = world.user(acme, "ada");
    world.delete(acme, ada);
    world.set(acme, |settings| settings.chap = false);
    let snapshot = world.directory.inner.store.read().unwrap();
    let left = snapshot.secret(acme.partition(), kinds::CHAP_PASSWORD, ada.record()).unwrap();
    assert!(left.is_none());
}

#[test]
fn a_deleted_user_takes_no_values_of_a_definition_that_has_the_same_number_by_now() {
    let world = World::new();
    let acme = world.organization("acme");
    let define = |name: &'static str| {
        let made = world.change(move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(acme)?;
            let fields = CustomAttributeFields {
                name: name.into(),
                description: None,
                syntax: Syntax::Text,
                multiple: false,
                indexed: true,
            };
            grant.custom_attributes().create(fields)
        });
        made.unwrap()
    };
    let (badge, first) = define("badge");
    let ada = world.user(acme, "ada");
    let number = first.number;
    world
        .people(acme, move |users| {
            users.update(ada, None, |user| {
                user.fields.custom.set(number, Values::Text(vec!["blue".into()]));
                Ok(())
            })
        })
        .unwrap();
    let uuid = world.delete(acme, ada);
    world
        .change(move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(acme)?;
            grant.custom_attributes().delete(badge, None)
        })
        .unwrap();
    while world.directory.advance_custom_work(world.now()).unwrap() {}
    let (_, second) = define("shoe");
    assert_eq!(second.number, number);
    let restored = world.restore(acme, uuid, RestoredAs::default()).unwrap();
    assert!(restored.fields.custom.is_empty());
    world.assert_sound();
}

#[test]
fn an_invitation_gives_a_staged_user_the_first_password_once() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = staged(&world, acme, "ada");
    let token = world.invite(acme, ada).unwrap();
    assert!(matches!(world.accept(&token, "short"), Err(Error::Invalid(_))));
    assert!(!accepted(&world.bind(acme, "ada", CHOSEN)));
    world.accept(&token, CHOSEN).unwrap();
    assert!(accepted(&world.bind(acme, "ada", CHOSEN)));
    assert!(!world.credential(acme, Identity::User(ada)).must_change);
    let events = world.events(Place::Organization(acme), 9);
    let told = events.iter().find(|event| event.action == Action::InvitationAccepted).unwrap();
    assert!(matches!(&told.actor, EventActor::User { login, .. } if login == "ada"));
    assert!(matches!(world.accept(&token, "another horse yet"), Err(Error::Missing)));
    assert!(accepted(&world.bind(acme, "ada", CHOSEN)), "it counts once");
    let done = world.invite(acme, ada);
    assert_eq!(refusal(done), "the user has a password already; set another one instead");
    world.assert_sound();
}

#[test]
fn all_invitations_that_do_not_count_are_missing_alike() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let [ada, bob, eve, joe] =
        ["ada", "bob", "eve", "joe"].map(|login| staged(&world, acme, login));
    let first = world.invite(acme, ada).unwrap();
    let second = world.invite(acme, ada).unwrap();
    let revoked = world.invite(acme, bob).unwrap();
    world.people(acme, move |users| users.revoke_invitation(bob)).unwrap();
    let of_deleted = world.invite(acme, eve).unwrap();
    world.delete(acme, eve);
    let of_suspended = world.invite(acme, joe).unwrap();
    let suspend = move |user: &mut User| {
        user.state = UserState::Suspended;
        Ok(())
    };
    world.people(acme, move |users| users.update(joe, None, suspend)).unwrap();
    let elsewhere = second.replacen(&acme.number().to_string(), &beta.number().to_string(), 1);
    let guessed = format!("{}x", &second[..second.len() - 1]);
    let strangers = [first, revoked, of_deleted, of_suspended, elsewhere, guessed, String::new()];
    for token in &strangers {
        for text in ["short", CHOSEN] {
            assert!(matches!(world.accept(token, text), Err(Error::Missing)), "{token}");
            let hashed = world.password(text);
            let done = world.directory.accept_invitation(token, hashed, world.by(Actor::nobody()));
            assert!(matches!(done, Err(Error::Missing)), "{token}");
        }
    }
    world.pass(7 * DAY);
    assert!(matches!(world.accept(&second, CHOSEN), Err(Error::Missing)), "it has ended");
    assert_eq!(world.directory.end_user_lives(world.now()).unwrap(), 1, "the others ended before");
    let ended = world.events(Place::Organization(acme), 1).remove(0);
    assert_eq!(ended.action, Action::InvitationExpired);
    assert!(!accepted(&world.bind(acme, "ada", CHOSEN)));
    world.assert_sound();
}

#[test]
fn an_invitation_ends_with_a_suspension_and_counts_no_more_after_the_activation() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = staged(&world, acme, "ada");
    let first = world.invite(acme, ada).unwrap();
    let becomes = |state| {
        let edit = move |user: &mut User| {
            user.state = state;
            Ok(())
        };
        world.people(acme, move |users| users.update(ada, None, edit)).unwrap();
    };
    let told = |count| {
        let events = world.events(Place::Organization(acme), count).into_iter();
        events.map(|event| event.action).collect::<Vec<_>>()
    };
    becomes(UserState::Suspended);
    assert_eq!(told(2), [Action::InvitationRevoked, Action::Changed]);
    becomes(UserState::Active);
    assert_eq!(told(2), [Action::Changed, Action::InvitationRevoked], "it ended once");
    assert!(matches!(world.accept(&first, CHOSEN), Err(Error::Missing)));
    // Who is let in without having been suspended keeps what they were sent.
    let bob = staged(&world, acme, "bob");
    let kept = world.invite(acme, bob).unwrap();
    let activate = |user: &mut User| {
        user.state = UserState::Active;
        Ok(())
    };
    world.people(acme, move |users| users.update(bob, None, activate)).unwrap();
    world.accept(&kept, CHOSEN).unwrap();
    // The end of somebody's time is a suspension too.
    let second = world.invite(acme, ada).unwrap();
    let end = world.now().plus(DAY);
    let until = move |user: &mut User| {
        user.fields.expires = Some(end);
        Ok(())
    };
    world.people(acme, move |users| users.update(ada, None, until)).unwrap();
    world.pass(DAY);
    assert_eq!(world.directory.end_user_lives(world.now()).unwrap(), 1);
    let revoked = world.events(Place::Organization(acme), 1).remove(0);
    assert_eq!((revoked.action, revoked.actor), (Action::InvitationRevoked, EventActor::Daemon));
    let anew = |user: &mut User| {
        (user.state, user.fields.expires) = (UserState::Active, None);
        Ok(())
    };
    world.people(acme, move |users| users.update(ada, None, anew)).unwrap();
    assert!(matches!(world.accept(&second, CHOSEN), Err(Error::Missing)));
    world.assert_sound();
}

#[test]
fn a_user_whose_time_is_over_is_let_in_nowhere_and_suspended_soon() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let end = world.now().plus(DAY);
    let until = move |expires| {
        move |user: &mut User| {
            user.fields.expires = expires;
            Ok(())
        }
    };
    let past = Some(world.now());
    let done = world.people(acme, move |users| users.update(ada, None, until(past)));
    assert_eq!(refusal(done), "must lie in the future; null for no end");
    world.people(acme, move |users| users.update(ada, None, until(Some(end)))).unwrap();
    let actor = world.actor(acme, Identity::User(ada));
    assert!(accepted(&world.bind(acme, "ada", RIGHT)));
    assert_eq!(world.directory.end_user_lives(world.now()).unwrap(), 0);
    let memo = world.directory.memo();
    let searches = || {
        let reading = world.directory.read(world.by(actor)).unwrap();
        reading.authorize_search(acme, &memo).is_ok()
    };
    assert!(searches());
    world.pass(DAY);
    assert!(!searches(), "a connection that remembers");
    assert!(!accepted(&world.bind(acme, "ada", RIGHT)));
    let reading = world.directory.read(world.by(actor)).unwrap();
    assert!(reading.authorize_search(acme, &world.directory.memo()).is_err());
    drop(reading);
    assert_eq!(world.directory.end_user_lives(world.now()).unwrap(), 1);
    let told = &world.events(Place::Organization(acme), 1)[0];
    assert_eq!((told.action, &told.actor), (Action::Changed, &EventActor::Daemon));
    let activate = |expires| {
        move |user: &mut User| {
            (user.state, user.fields.expires) = (UserState::Active, expires);
            Ok(())
        }
    };
    let done = world.people(acme, move |users| users.update(ada, None, activate(Some(end))));
    assert!(done.is_err(), "who is over is not activated");
    world.people(acme, move |users| users.update(ada, None, activate(None))).unwrap();
    assert!(accepted(&world.bind(acme, "ada", RIGHT)));
    world.assert_sound();
}

#[test]
fn an_organization_that_is_destroyed_while_its_turn_comes_keeps_nothing_from_being_done() {
    let world = World::new();
    let [gone, other] = ["gone", "other"].map(|slug| world.organization(slug));
    let destroy = |id: OrganizationId| {
        let delete = move |change: &mut storage::Change<'_>| {
            change.delete::<Organization>(Partition::Provider, id.record()).map_err(Error::from)
        };
        world.directory.inner.store.write(delete).unwrap();
    };
    let done = world.directory.in_each_organization(|id| {
        if id == gone {
            destroy(id);
            return Err(Error::Missing);
        }
        Ok(usize::from(id == other))
    });
    assert_eq!(done.unwrap(), 1);
    // What is missing in one that is there is told.
    let done = world.directory.in_each_organization(|_| Err(Error::Missing));
    assert!(matches!(done, Err(Error::Missing)));
}
