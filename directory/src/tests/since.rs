//! What may look different since a commit: nothing that does is ever left out.

use std::collections::BTreeMap;

use super::search::{account, group};
use super::world::{World, options};
use storage::Change;

use crate::access::{
    Actor, Context, Grant, Identity, ManageConfiguration, ManageIdentities, Search,
};
use crate::collections::{Member, MembershipChange, RestoredAs};
use crate::directory::Changing;
use crate::error::Error;
use crate::id::{GroupId, OrganizationId, UserId};
use crate::records::{
    CustomAttributeFields, EventKeeping, Passkey, PasskeyKey, RecoveryCodes, SearchTelling, Syntax,
    Values, Visibility,
};
use crate::search::{Ended, EntryId, Filter, Kinds, Since, Touched, Visit};
use crate::time::Time;

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

struct Town {
    world: World,
    acme: OrganizationId,
    users: Vec<UserId>,
    groups: Vec<GroupId>,
    chosen: Actor,
    callers: Vec<Actor>,
    made: usize,
}

/// How each entry looks to a caller, by its place in a search.
type Looks = BTreeMap<(u8, u64), String>;

impl Town {
    fn new() -> Self {
        let world = World::new();
        let acme = world.organization("acme");
        define_chief(&world, acme);
        let users: Vec<UserId> = (0..8).map(|n| world.user(acme, &format!("user{n}"))).collect();
        let groups: Vec<GroupId> =
            (0..6).map(|n| group(&world, acme, &format!("group{n}"), Vec::new())).collect();
        let chosen = account(&world, acme, "chosen", Visibility::Groups(vec![groups[0]]));
        let everything = account(&world, acme, "everything", Visibility::Everything);
        let people = world.user(acme, "reader");
        let callers = vec![everything, chosen, world.actor(acme, Identity::User(people))];
        Self { world, acme, users, groups, chosen, callers, made: 100 }
    }

    fn looks(&self, caller: Actor) -> (u64, Looks) {
        let reading = self.world.directory.read(self.world.by(caller)).unwrap();
        // What other searches have read and what was kept of it must not show.
        let memo = self.world.directory.memo();
        let grant = reading.authorize_search(self.acme, &memo).unwrap();
        let mut searching = grant.search(Kinds::ALL, Filter::always(), None, usize::MAX).unwrap();
        let mut looks = Looks::new();
        let ended = grant.advance(&mut searching, &mut |found| {
            let mut look = format!("{:?}", found.entry());
            found.groups(&mut |group| look.push_str(&format!(" in {}", group.fields.name)))?;
            found.users(&mut |login| look.push_str(&format!(" user {login}")))?;
            found.members(&mut |kind, name| look.push_str(&format!(" member {kind:?} {name}")))?;
            let custom = found.entry().custom().and_then(|values| values.of(CHIEF));
            if let Some(Values::Reference(chiefs)) = custom {
                // The record says numbers that nobody is shown.
                look = look.replace(&format!("{chiefs:?}"), "");
                found.named(chiefs, &mut |kind, name| {
                    look.push_str(&format!(" under {kind:?} {name}"));
                })?;
            }
            looks.insert(found.entry().id().order(), look);
            Ok(Visit::Taken)
        });
        assert_eq!(ended.unwrap(), Ended::Complete);
        (grant.sequence(), looks)
    }

    fn since(&self, caller: Actor, sequence: u64) -> Since {
        let reading = self.world.directory.read(self.world.by(caller)).unwrap();
        reading.authorize::<Search>(self.acme).unwrap().since(sequence).unwrap()
    }

    fn context(&self) -> Context {
        self.world.top()
    }

    /// Does something; what is refused stays as it was.
    fn disturb(&mut self, dice: &mut Dice) {
        self.made += 1;
        self.world.pass(1);
        let (acme, name) = (self.acme, format!("name{}", self.made));
        let again = format!("again{}", self.made);
        let user = self.users[dice.below(self.users.len())];
        let group = self.groups[dice.below(self.groups.len())];
        let nested = self.groups[dice.below(self.groups.len())];
        let member = if dice.below(2) == 0 { Member::User(user) } else { Member::Group(nested) };
        let other = self.users[dice.below(self.users.len())];
        let what = dice.below(15);
        let chosen = self.chosen;
        let made = self.world.directory.change(self.context(), move |change| {
            if what == 0 {
                return let_see(change, (acme, chosen), group).map(|()| None);
            }
            let mut grant = change.authorize::<ManageIdentities>(acme)?;
            let members = |add, remove| MembershipChange { add, remove };
            match what {
                1..=4 => rename(&mut grant, what, (user, group), name)?,
                5 => grant.users().delete(user, None)?,
                6 | 11 => {
                    let made = grant.users().create(super::world::user(&name), None)?;
                    return Ok(Some(made.0));
                }
                12 | 13 => {
                    let chief = match member {
                        Member::User(user) => EntryId::User(user),
                        Member::Group(group) => EntryId::Group(group),
                    };
                    put_under(&mut grant, other, chief)?;
                }
                14 => grant.groups().delete(nested, None)?,
                7 => grant
                    .groups()
                    .change_members(group, None, &members(Vec::new(), vec![member]))
                    .map(drop)?,
                _ => grant
                    .groups()
                    .change_members(group, None, &members(vec![member], Vec::new()))
                    .map(drop)?,
            }
            Ok(None)
        });
        match made {
            Ok(Some(user)) => self.users.push(user),
            Ok(None) if what == 5 => self.users.retain(|other| *other != user),
            Ok(None) if what == 14 => {
                self.groups.retain(|other| *other != nested);
                self.groups.push(super::search::group(&self.world, acme, &again, Vec::new()));
            }
            Ok(None) => {}
            Err(Error::Store(failure)) => panic!("{failure}"),
            Err(_) => {}
        }
    }
}

/// Gives a user or a group another name, or a user another title.
fn rename(
    grant: &mut Grant<'_, &mut Change<'_>, ManageIdentities>,
    what: usize,
    (user, group): (UserId, GroupId),
    name: String,
) -> Result<(), Error> {
    match what {
        1 | 2 => {
            let done = grant.users().update(user, None, |user| {
                match what {
                    1 => user.fields.login = name,
                    _ => user.fields.title = Some(name),
                }
                Ok(())
            });
            done.map(drop)
        }
        _ => {
            let done = grant.groups().update(group, None, |group| {
                // Or only the case of one letter.
                let other = group.fields.name.replace('g', "G");
                group.fields.name = if what == 3 { name } else { other };
                Ok(())
            });
            done.map(drop)
        }
    }
}

/// The number of the attribute that names chiefs: the first one.
const CHIEF: u16 = 0;

/// Defines an attribute that names a chief.
fn define_chief(world: &World, organization: OrganizationId) {
    let fields = CustomAttributeFields {
        name: "manager".into(),
        description: None,
        syntax: Syntax::Reference,
        multiple: true,
        indexed: true,
    };
    let made = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        grant.custom_attributes().create(fields).map(|(_, attribute)| attribute.number)
    });
    assert_eq!(made.unwrap(), CHIEF);
}

/// Puts a user under a chief.
fn put_under(
    grant: &mut Grant<'_, &mut Change<'_>, ManageIdentities>,
    user: UserId,
    chief: EntryId,
) -> Result<(), Error> {
    let edited = grant.users().update(user, None, |user| {
        user.fields.custom.set(CHIEF, Values::Reference(vec![chief]));
        Ok(())
    });
    edited.map(drop)
}

/// Lets an account see another group.
fn let_see(
    change: &mut Changing<'_, '_>,
    (organization, account): (OrganizationId, Actor),
    group: GroupId,
) -> Result<(), Error> {
    let mut grant = change.authorize::<ManageConfiguration>(organization)?;
    let Some(Identity::ServiceAccount(id)) = account.identity() else {
        return Err(Error::Missing);
    };
    let edited = grant.service_accounts().update(id, None, |account| {
        account.fields.visibility = Visibility::Groups(vec![group]);
        Ok(())
    });
    edited.map(drop)
}

/// Every entry that looks different, came or went is touched; what went is known by its id.
fn assert_all_told(before: &Looks, after: &Looks, touched: &Touched) {
    let all: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    for order in all {
        let is_touched = touched.entries.iter().any(|entry| entry.order() == *order);
        assert!(
            is_touched || before.get(order) == after.get(order),
            "{:?} became {:?}",
            before.get(order),
            after.get(order)
        );
    }
}

#[test]
fn whatever_looks_different_is_told() {
    let (mut town, mut dice, mut told) = (Town::new(), Dice(4_533), 0);
    for _round in 0..150 {
        let before: Vec<_> = town.callers.iter().map(|caller| town.looks(*caller)).collect();
        for _change in 0..=dice.below(3) {
            town.disturb(&mut dice);
        }
        for (caller, (sequence, before)) in town.callers.clone().into_iter().zip(before) {
            let (_, after) = town.looks(caller);
            if let Since::Entries(touched) = town.since(caller, sequence) {
                assert_all_told(&before, &after, &touched);
                told += 1;
            }
        }
    }
    assert!(told > 300, "everything changed too often to tell: {told}");
}

#[test]
fn little_is_told_of_a_change_that_nobody_else_shows() {
    let town = Town::new();
    let (ada, staff) = (town.users[0], town.groups[1]);
    let change = move |members: MembershipChange| {
        move |change: &mut Changing<'_, '_>| {
            let mut grant = change.authorize::<ManageIdentities>(town.acme)?;
            grant.groups().change_members(staff, None, &members).map(drop)
        }
    };
    let everyone = town.users.iter().map(|user| Member::User(*user)).skip(1).collect();
    town.world.change(change(MembershipChange { add: everyone, remove: Vec::new() })).unwrap();
    let (sequence, _) = town.looks(town.callers[0]);
    let ada_comes = MembershipChange { add: vec![Member::User(ada)], remove: Vec::new() };
    town.world.change(change(ada_comes)).unwrap();
    let Since::Entries(touched) = town.since(town.callers[0], sequence) else { panic!("all") };
    let told: Vec<EntryId> = touched.entries.iter().collect();
    assert_eq!(told, [EntryId::User(ada), EntryId::Group(staff)], "not the others in the group");
    let acme = town.acme;
    town.world
        .change(move |change| change.authorize::<ManageIdentities>(acme)?.users().delete(ada, None))
        .unwrap();
    let Since::Entries(touched) = town.since(town.callers[0], sequence) else { panic!("all") };
    assert!(touched.gone.contains_key(&EntryId::User(ada)));
    town.world.set(acme, |settings| settings.users_see_people = !settings.users_see_people);
    let Since::Everything(gone) = town.since(town.callers[0], sequence) else { panic!("some") };
    assert!(gone.contains_key(&EntryId::User(ada)));
    let ahead = sequence + 1_000;
    assert!(matches!(town.since(town.callers[0], ahead), Since::Unknown), "of no past");
}

#[test]
fn what_changed_before_a_start_is_told_and_what_others_changed_since_is_not() {
    let town = Town::new();
    let (acme, caller, ada, bob) = (town.acme, town.callers[0], town.users[0], town.users[1]);
    let (sequence, _) = town.looks(caller);
    let promote = |world: &World, user: UserId| {
        let done = world.change(move |change| {
            let mut grant = change.authorize::<ManageIdentities>(acme)?;
            let edited = grant.users().update(user, None, |user| {
                user.fields.title = Some("Countess".into());
                Ok(())
            });
            edited.map(drop)
        });
        done.unwrap();
    };
    promote(&town.world, ada);
    let again = crate::Directory::over(
        town.world.directory.inner.store.clone(),
        super::world::Counted::new(),
        &crate::OpenOptions { authentication: options(), ..Default::default() },
    );
    let reopened = World::over(again.unwrap());
    let told = |sequence| {
        let reading = reopened.directory.read(reopened.by(caller)).unwrap();
        let grant = reading.authorize::<Search>(acme).unwrap();
        let Since::Entries(touched) = grant.since(sequence).unwrap() else { panic!("all") };
        (grant.sequence(), touched.entries.iter().collect::<Vec<EntryId>>())
    };
    let (started, entries) = told(sequence);
    assert_eq!(entries, [EntryId::User(ada)]);
    reopened.pass(60_000);
    promote(&reopened, bob);
    let beta = reopened.organization("beta");
    reopened.user(beta, "ada");
    assert_eq!(told(started).1, [EntryId::User(bob)]);
    assert_eq!(told(sequence).1, [EntryId::User(ada), EntryId::User(bob)]);
    let noted = reopened.directory.inner.tools.own_commits().clone();
    let own = noted.between(acme, started, told(sequence).0).unwrap();
    assert_eq!(own.commits.len(), 1, "{own:?}");
}

#[test]
fn whoever_is_made_after_a_commit_has_a_number_that_nobody_had_before() {
    let town = Town::new();
    let (world, acme, caller) = (&town.world, town.acme, town.callers[0]);
    let next = || {
        let reading = world.directory.read(world.by(caller)).unwrap();
        reading.authorize::<Search>(acme).unwrap().next_number().unwrap()
    };
    let before = next();
    let users = town.users.iter().copied().map(EntryId::User);
    let mut there = users.chain(town.groups.iter().copied().map(EntryId::Group));
    assert!(there.all(|entry| entry.order().1 < before));
    let leaving = town.users[0];
    let gone = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        grant.users().delete(leaving, None)
    });
    gone.unwrap();
    let eve = EntryId::User(world.user(acme, "eve"));
    assert!((before..next()).contains(&eve.order().1));
}

#[test]
fn who_was_deleted_before_a_commit_and_came_back_after_it_is_told_apart() {
    let town = Town::new();
    let (acme, caller, ada, bob) = (town.acme, town.callers[0], town.users[0], town.users[1]);
    let since = |sequence| {
        let Since::Entries(touched) = town.since(caller, sequence) else { panic!("all") };
        touched
    };
    let delete = |user: UserId| {
        let (sequence, _) = town.looks(caller);
        let deleted = town.world.change(move |change| {
            change.authorize::<ManageIdentities>(acme)?.users().delete(user, None)
        });
        deleted.unwrap();
        since(sequence).gone[&EntryId::User(user)]
    };
    let restore = |uuid: uuid::Uuid| {
        let restored = town.world.change(move |change| {
            let mut grant = change.authorize::<ManageIdentities>(acme)?;
            grant.users().restore(uuid, RestoredAs::default()).map(drop)
        });
        restored.unwrap();
    };
    let (first, _) = town.looks(caller);
    let hers = delete(ada);
    let (second, _) = town.looks(caller);
    let his = delete(bob);
    restore(hers);
    restore(his);
    let touched = since(second);
    assert_eq!(touched.restored.iter().collect::<Vec<_>>(), [EntryId::User(ada)], "bob was there");
    assert!([ada, bob].iter().all(|user| touched.entries.contains(EntryId::User(*user))));
    assert!(since(first).restored.is_empty());
}

#[test]
fn nothing_is_told_of_what_proves_admins_and_how_long_events_are_kept() {
    let town = Town::new();
    let (sequence, _) = town.looks(town.callers[0]);
    let partition = town.acme.partition();
    let passkey = Passkey {
        uuid: uuid::Uuid::from_u128(1),
        admin: crate::id::RecordId::from_record(9_000).unwrap(),
        name: "laptop".into(),
        created: Time(1),
        used: None,
        credential: serde_bytes::ByteBuf::from([1; 16]),
        key: PasskeyKey::Ed25519(serde_bytes::ByteBuf::from([2; 32])),
        counter: 1,
        is_portable: false,
        model: uuid::Uuid::nil(),
        suspended: false,
    };
    let written = town.world.directory.inner.store.write(move |change| {
        change.put(partition, 9_001, &passkey)?;
        change.put(partition, 9_000, &RecoveryCodes { made: Time(1), hashes: Vec::new() })?;
        change.put(partition, 9_002, &EventKeeping::default())?;
        change.put(partition, 9_003, &SearchTelling::default())?;
        Ok::<_, Error>(())
    });
    written.unwrap();
    let Since::Entries(touched) = town.since(town.callers[0], sequence) else { panic!("all") };
    assert!(touched.entries.iter().count() == 0 && touched.gone.is_empty());
}
