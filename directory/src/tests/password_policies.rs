//! Password policies of groups: which one counts, wherever passwords are judged.

use super::world::{DAY, RIGHT, World, accepted, refusal};
use crate::access::{ManageAuthentication, ManageIdentities, View};
use crate::authentication::{Notice, Outcome};
use crate::collections::{EffectivePasswordPolicy, Member, MembershipChange};
use crate::error::Error;
use crate::events::{Action, SubjectKind};
use crate::id::{GroupId, OrganizationId, PasswordPolicyId, RecordId, UserId};
use crate::records::{
    GroupFields, GroupPasswordPolicyFields, LockoutPolicy, PasswordDemands, PasswordHistory,
    Settings,
};

struct House {
    world: World,
    acme: OrganizationId,
}

impl House {
    fn new() -> Self {
        let world = World::new();
        let acme = world.organization("acme");
        Self { world, acme }
    }

    fn group(&self, name: &str, members: Vec<Member>) -> GroupId {
        let (acme, name) = (self.acme, name.to_owned());
        let made = self.world.change(move |change| {
            let mut grant = change.authorize::<ManageIdentities>(acme)?;
            let mut groups = grant.groups();
            let (id, _) = groups.create(GroupFields { name, ..GroupFields::default() })?;
            let members = MembershipChange { add: members, remove: Vec::new() };
            groups.change_members(id, None, &members)?;
            Ok(id)
        });
        made.unwrap()
    }

    fn policy(
        &self,
        name: &str,
        (precedence, groups): (u32, Vec<GroupId>),
        edit: impl FnOnce(&mut PasswordDemands),
    ) -> Result<PasswordPolicyId, Error> {
        let (acme, name) = (self.acme, name.to_owned());
        let mut demands = Settings::default().demands();
        edit(&mut demands);
        let description = None;
        let fields = GroupPasswordPolicyFields { name, description, precedence, groups, demands };
        self.world.change(move |change| {
            let mut grant = change.authorize::<ManageAuthentication>(acme)?;
            grant.password_policies().create(fields).map(|(id, _)| id)
        })
    }

    fn delete(&self, id: PasswordPolicyId) {
        let acme = self.acme;
        let deleted = self.world.change(move |change| {
            let mut grant = change.authorize::<ManageAuthentication>(acme)?;
            grant.password_policies().delete(id, None)
        });
        deleted.unwrap();
    }

    fn effective(&self, user: UserId) -> EffectivePasswordPolicy {
        let reading = self.world.directory.read(self.world.top()).unwrap();
        reading.authorize::<View>(self.acme).unwrap().password_policy_of(user).unwrap()
    }

    /// The name of the policy that counts for a user; none where the settings do.
    fn counting(&self, user: UserId) -> Option<String> {
        self.effective(user).policy.map(|policy| policy.fields.name)
    }

    fn set_password(&self, user: UserId, text: &str) -> Result<(), Error> {
        self.world.reset(self.world.top(), (self.acme, user), text, None)
    }

    fn notice(&self, login: &str) -> Notice {
        let Outcome::Accept { notice, .. } = self.world.bind(self.acme, login, RIGHT) else {
            panic!("{login} is not let in")
        };
        notice
    }
}

#[test]
fn the_lowest_number_counts_then_the_name_and_nested_groups_do_too() {
    let house = House::new();
    let (ada, bob) = (house.world.user(house.acme, "ada"), house.world.user(house.acme, "bob"));
    assert_eq!(house.counting(ada), None);
    let inner = house.group("inner", vec![Member::User(ada)]);
    let outer = house.group("outer", vec![Member::Group(inner)]);
    let far = house.policy("far", (20, vec![outer]), |_| {}).unwrap();
    assert_eq!(house.counting(ada).as_deref(), Some("far"), "by way of a nested group");
    assert_eq!(house.counting(bob), None, "who is in no group");
    house.policy("zebra", (10, vec![inner]), |demands| demands.password_minimum = 20).unwrap();
    house.policy("Ape", (10, vec![outer]), |demands| demands.password_minimum = 30).unwrap();
    assert_eq!(house.counting(ada).as_deref(), Some("Ape"));
    assert_eq!(house.effective(ada).demands.password_minimum, 30, "all of it, and of it alone");
    assert_eq!(house.effective(bob).demands, Settings::default().demands());
    house.delete(far);
    assert_eq!(house.counting(ada).as_deref(), Some("Ape"));
    let told = house.world.events(house.acme.into(), 1).remove(0);
    assert_eq!(
        (told.action, told.subject.unwrap().kind),
        (Action::Deleted, SubjectKind::PasswordPolicy)
    );
    let groups = told.differences.iter().find(|told| told.field == "groups").unwrap();
    let before = groups.before.as_deref().unwrap();
    assert!(before.contains(r#""name":"outer""#), "names, not numbers: {before}");
    house.world.assert_sound();
}

#[test]
fn it_judges_new_passwords_ends_old_ones_and_locks_accounts_of_its_people_alone() {
    let house = House::new();
    let (ada, bob) = (house.world.user(house.acme, "ada"), house.world.user(house.acme, "bob"));
    // Known before there is any policy: what is known must not outlive it.
    assert_eq!((house.notice("ada"), house.notice("bob")), (Notice::Nothing, Notice::Nothing));
    let admins = house.group("admins", vec![Member::User(ada)]);
    let policy = house.policy("admins", (1, vec![admins]), |demands| {
        demands.password_minimum = 24;
        demands.password_policy.longest_age = 30 * DAY;
        demands.password_policy.warning = 5 * DAY;
        demands.lockout = LockoutPolicy { threshold: 2, window: DAY, duration: DAY };
    });
    let policy = policy.unwrap();
    let refused = refusal(house.set_password(ada, "a shorter password"));
    assert!(refused.contains("at least 24 characters"), "{refused}");
    house.set_password(bob, "a shorter password").unwrap();
    house.set_password(bob, RIGHT).unwrap();

    house.world.pass(27 * DAY);
    assert_eq!(house.notice("ada"), Notice::EndsIn(3 * DAY));
    assert_eq!(house.notice("ada"), Notice::EndsIn(3 * DAY), "what is remembered warns as well");
    assert_eq!(house.notice("bob"), Notice::Nothing);
    let reading = house.world.directory.read(house.world.top()).unwrap();
    let grant = reading.authorize::<View>(house.acme).unwrap();
    let home = grant.own_organization().unwrap();
    assert!(grant.sign_in_state(ada, &home).unwrap().password_ends.is_some());
    assert_eq!(grant.sign_in_state(bob, &home).unwrap().password_ends, None);
    drop(grant);
    drop(reading);

    for login in ["ada", "bob"] {
        for guess in ["one guess", "another guess"] {
            assert!(!accepted(&house.world.bind(house.acme, login, guess)), "{login} {guess}");
        }
    }
    house.world.pass(60 * 60 * 1_000);
    assert!(!accepted(&house.world.bind(house.acme, "ada", RIGHT)), "two guesses lock ada");
    assert!(accepted(&house.world.bind(house.acme, "bob", RIGHT)), "ten would lock bob");
    house.delete(policy);
    house.world.pass(30 * DAY);
    assert_eq!(house.notice("ada"), Notice::Nothing, "the settings know of no end");
}

#[test]
fn former_passwords_are_kept_for_those_alone_with_whose_they_are_compared() {
    let house = House::new();
    let acme = house.acme;
    let (ada, bob) = (house.world.user(acme, "ada"), house.world.user(acme, "bob"));
    let group = house.group("careful", vec![Member::User(ada)]);
    let policy = house.policy("careful", (1, vec![group]), |demands| {
        demands.password_policy.history = 5;
    });
    house.world.set(acme, |settings| settings.password_policy.history = 3);
    for user in [ada, bob] {
        house.set_password(user, "another one of them").unwrap();
    }
    let kept = |user: UserId| {
        let snapshot = house.world.directory.inner.store.read().unwrap();
        let found: Option<PasswordHistory> =
            storage::Reading::get(&snapshot, acme.partition(), user.record()).unwrap();
        found.map_or(0, |found| found.hashes.len())
    };
    assert_eq!((kept(ada), kept(bob)), (1, 1));
    house.world.set(acme, |settings| settings.password_policy.history = 0);
    assert_eq!((kept(ada), kept(bob)), (1, 0), "a policy has those of ada compared still");
    house.delete(policy.unwrap());
    assert_eq!((kept(ada), kept(bob)), (0, 0));
}

#[test]
fn a_policy_has_groups_that_there_are_and_holds_them() {
    let house = House::new();
    let acme = house.acme;
    let group = house.group("staff", Vec::new());
    let policy = house.policy("staff", (1, vec![group]), |_| {}).unwrap();
    let delete = move |change: &mut crate::directory::Changing<'_, '_>| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        grant.groups().delete(group, None)
    };
    let refused = refusal(house.world.change(delete));
    assert!(refused.contains("a password policy is for this group"), "{refused}");
    let taken = refusal(house.policy("STAFF", (2, Vec::new()), |_| {}));
    assert!(taken.contains("taken"), "{taken}");
    let refused = refusal(house.policy("other", (1_000_001, Vec::new()), |_| {}));
    assert!(refused.contains("1000000 at most"), "{refused}");
    let refused = refusal(house.policy("none", (1, Vec::new()), |demands| {
        demands.password_minimum = 0;
    }));
    assert!(refused.contains("1 to 128"), "{refused}");
    house.delete(policy);
    house.world.change(delete).unwrap();
    let refused = refusal(house.policy("late", (1, vec![group]), |_| {}));
    assert!(refused.contains("no such group"), "{refused}");
}
