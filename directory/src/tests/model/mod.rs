//! Searches between changes, against a model in memory that knows no index, no plan and no cache.
//!
//! Each caller keeps one memo over all changes, as a connection does, so what is kept longer than it
//! holds shows.

mod ask;
mod told;

use std::cell::Cell;

use proptest::collection::vec;
use proptest::prelude::*;

use self::ask::{Ask, asks};
use self::told::{Circle, Model};
use super::search::account;
use super::world::{World, user};
use storage::Change;

use crate::access::{Actor, Grant, ManageConfiguration, ManageIdentities, View};
use crate::collections::{Member, MembershipChange};
use crate::error::Error;
use crate::id::{GroupId, OrganizationId, UserId};
use crate::records::{CustomAttributeFields, GroupFields, Syntax, UserFields, Values, Visibility};
use crate::search::{Attribute, Ended, EntryId, Filter, Kind, Kinds, Memo, Position, Visit};

/// A grant to change users and groups.
type Identities<'t, 's, 'c> = Grant<'t, &'s mut Change<'c>, ManageIdentities>;

const LOGINS: usize = 5;
const GROUPS: usize = 4;

/// A change of the directory; users and groups are named by their places among those that are there.
#[derive(Clone, Debug)]
enum Step {
    Hire(usize, Look),
    Dress(usize, Look),
    Rename(usize, usize),
    Fire(usize),
    Found(usize),
    Close(usize),
    Join(usize, usize),
    Leave(usize, usize),
    Nest(usize, usize),
    Free(usize, usize),
    Index(bool),
    /// A user comes under another, or under a group.
    Lead(usize, Option<usize>, usize),
}

/// What changes about a user.
#[derive(Clone, Debug, PartialEq)]
struct Look {
    name: String,
    mail: Vec<String>,
    number: Option<u32>,
    centers: Vec<String>,
    level: Option<i64>,
}

fn word() -> impl Strategy<Value = String> {
    "[abAB]{1,2}"
}

fn look() -> impl Strategy<Value = Look> {
    let mail = word().prop_map(|word| format!("{word}@x"));
    let number = proptest::option::of(0..6_u32);
    (word(), vec(mail, 0..2), number, vec(word(), 0..3), proptest::option::of(-2..3_i64)).prop_map(
        |(name, mail, number, mut centers, level)| {
            // No attribute has a value twice, and case does not count.
            centers.dedup_by_key(|center| center.to_lowercase());
            Look { name, mail, number: number.map(|number| 5_000 + number), centers, level }
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let (some, group) = (0..8_usize, 0..GROUPS);
    prop_oneof![
        4 => (0..LOGINS, look()).prop_map(|(login, look)| Step::Hire(login, look)),
        4 => (some.clone(), look()).prop_map(|(user, look)| Step::Dress(user, look)),
        2 => (some.clone(), 0..LOGINS).prop_map(|(user, login)| Step::Rename(user, login)),
        1 => some.clone().prop_map(Step::Fire),
        2 => group.clone().prop_map(Step::Found),
        1 => group.clone().prop_map(Step::Close),
        3 => (group.clone(), some.clone()).prop_map(|(group, user)| Step::Join(group, user)),
        1 => (group.clone(), some).prop_map(|(group, user)| Step::Leave(group, user)),
        3 => (group.clone(), group.clone()).prop_map(|(outer, inner)| Step::Nest(outer, inner)),
        1 => (group.clone(), group).prop_map(|(outer, inner)| Step::Free(outer, inner)),
        1 => any::<bool>().prop_map(Step::Index),
        3 => (0..8_usize, proptest::option::of(0..8_usize), 0..GROUPS)
            .prop_map(|(user, chief, group)| Step::Lead(user, chief, group)),
    ]
}

/// Who searches over and over again.
struct Caller {
    actor: Actor,
    chosen: Option<GroupId>,
    memo: Memo,
}

struct Play {
    world: World,
    acme: OrganizationId,
    model: Model,
    callers: Vec<Caller>,
}

impl Play {
    fn new() -> Self {
        let world = World::new();
        let acme = world.organization("acme");
        for (name, syntax) in
            [("costCenter", Syntax::Text), ("level", Syntax::Integer), ("chief", Syntax::Reference)]
        {
            let indexed = syntax != Syntax::Integer;
            let fields = CustomAttributeFields {
                name: name.to_owned(),
                description: None,
                syntax,
                multiple: true,
                indexed,
            };
            let made = world.change(move |change| {
                let mut grant = change.authorize::<ManageConfiguration>(acme)?;
                grant.custom_attributes().create(fields).map(|_| ())
            });
            made.unwrap();
        }
        let mut play = Self { world, acme, model: Model::default(), callers: Vec::new() };
        play.step(&Step::Found(0));
        let staff = play.model.group(0).unwrap();
        for chosen in [None, Some(staff)] {
            let visibility =
                chosen.map_or(Visibility::Everything, |id| Visibility::Groups(vec![id]));
            let name = if chosen.is_some() { "some" } else { "all" };
            let actor = account(&play.world, acme, name, visibility);
            play.callers.push(Caller { actor, chosen, memo: play.world.directory.memo() });
        }
        play
    }

    fn attributes(&self) -> [Attribute; 3] {
        let reading = self.world.directory.read(self.world.top()).unwrap();
        let schema = reading.authorize::<View>(self.acme).unwrap().schema().unwrap();
        ["costCenter", "level", "chief"].map(|name| schema.named(name).unwrap().attribute())
    }

    /// Does a step in the directory, and in the model if the directory has to allow it.
    fn step(&mut self, step: &Step) {
        let (user, group) = (|at| self.model.user(at), |at| self.model.group(at));
        match *step {
            Step::Hire(login, ref look) => self.hire(login, look),
            Step::Dress(at, ref look) => {
                let Some(id) = user(at) else { return };
                self.dress(id, look);
            }
            Step::Rename(at, login) => {
                let Some(id) = user(at) else { return };
                self.rename(id, login);
            }
            Step::Fire(at) => {
                let Some(id) = user(at) else { return };
                self.identities(move |grant| grant.users().delete(id, None)).unwrap();
                self.model.users.remove(&id);
                self.model.forget(EntryId::User(id));
                self.model.groups.values_mut().for_each(|circle| _ = circle.users.remove(&id));
            }
            Step::Found(number) => self.found(number),
            Step::Close(at) => {
                let Some(id) = group(at) else { return };
                self.close(id);
            }
            Step::Join(at, who) | Step::Leave(at, who) => {
                let (Some(group), Some(user)) = (group(at), user(who)) else { return };
                let joins = matches!(step, Step::Join(..));
                self.member(group, Member::User(user), joins).unwrap();
                let users = &mut self.model.groups.get_mut(&group).unwrap().users;
                _ = if joins { users.insert(user) } else { users.remove(&user) };
            }
            Step::Nest(outer, inner) | Step::Free(outer, inner) => {
                let (Some(outer), Some(inner)) = (group(outer), group(inner)) else { return };
                self.nest(outer, inner, matches!(step, Step::Nest(..)));
            }
            Step::Index(indexed) => self.index(indexed),
            Step::Lead(at, chief, circle) => {
                let chief = match chief {
                    Some(at) => self.model.user(at).map(EntryId::User),
                    None => self.model.group(circle).map(EntryId::Group),
                };
                let (Some(id), Some(chief)) = (self.model.user(at), chief) else { return };
                self.lead(id, chief);
            }
        }
    }

    fn identities<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Identities<'_, '_, '_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let acme = self.acme;
        self.world.change(move |change| work(&mut change.authorize::<ManageIdentities>(acme)?))
    }

    fn hire(&mut self, login: usize, look: &Look) {
        let taken = self.model.named(login).is_some() || self.model.is_taken(look, None);
        let fields = UserFields { uid_number: look.number, ..user(&format!("u{login}")) };
        let worn = look.clone();
        let made = self.identities(move |grant| {
            let mut fields = fields;
            wear(grant, &mut fields, worn)?;
            grant.users().create(fields, None)
        });
        assert_eq!(made.is_err(), taken, "{look:?}");
        let Ok((id, record)) = made else { return };
        let look = Look { number: record.fields.uid_number, ..look.clone() };
        self.model.users.insert(id, (format!("u{login}"), look));
    }

    fn dress(&mut self, id: UserId, look: &Look) {
        let taken = self.model.is_taken(look, Some(id));
        let worn = look.clone();
        let done = self.identities(move |grant| {
            let mut fields = UserFields::default();
            wear(grant, &mut fields, worn)?;
            grant.users().update(id, None, |record| {
                let UserFields { display_name, mail, custom, uid_number, .. } = fields;
                let kept = &mut record.fields;
                (kept.display_name, kept.mail, kept.custom) = (display_name, mail, custom);
                kept.uid_number = uid_number.or(kept.uid_number);
                Ok(())
            })
        });
        assert_eq!(done.is_err(), taken, "{look:?}");
        let Ok(record) = done else { return };
        self.model.users.get_mut(&id).unwrap().1 =
            Look { number: record.fields.uid_number, ..look.clone() };
        self.model.chiefs.remove(&id);
    }

    fn rename(&mut self, id: UserId, login: usize) {
        let taken = self.model.named(login).is_some_and(|other| other != id);
        let name = format!("u{login}");
        let given = name.clone();
        let done = self.identities(move |grant| {
            grant.users().update(id, None, |record| {
                record.fields.login = given;
                Ok(())
            })
        });
        assert_eq!(done.is_err(), taken);
        if !taken {
            self.model.users.get_mut(&id).unwrap().0 = name;
        }
    }

    fn found(&mut self, number: usize) {
        let name = format!("g{number}");
        let taken = self.model.groups.values().any(|circle| circle.name == name);
        let fields = GroupFields { name: name.clone(), ..GroupFields::default() };
        let made = self.identities(move |grant| grant.groups().create(fields));
        assert_eq!(made.is_err(), taken);
        if let Ok((id, _)) = made {
            self.model.groups.insert(id, Circle { name, ..Circle::default() });
        }
    }

    /// A group that a service account names stays.
    fn close(&mut self, id: GroupId) {
        let named = self.callers.iter().any(|caller| caller.chosen == Some(id));
        let done = self.identities(move |grant| grant.groups().delete(id, None));
        assert_eq!(done.is_err(), named);
        if !named {
            self.model.groups.remove(&id);
            self.model.forget(EntryId::Group(id));
            self.model.groups.values_mut().for_each(|circle| _ = circle.groups.remove(&id));
        }
    }

    fn lead(&mut self, id: UserId, chief: EntryId) {
        let done = self.identities(move |grant| {
            let number = grant.schema()?.named("chief").map(|named| named.number);
            let number = number.ok_or(Error::Missing)?;
            grant.users().update(id, None, |record| {
                record.fields.custom.set(number, Values::Reference(vec![chief]));
                Ok(())
            })
        });
        done.unwrap();
        self.model.chiefs.insert(id, chief);
    }

    fn member(&self, group: GroupId, member: Member, joins: bool) -> Result<(), Error> {
        let (mut add, mut remove) = (vec![member], Vec::new());
        if !joins {
            std::mem::swap(&mut add, &mut remove);
        }
        let change = MembershipChange { add, remove };
        self.identities(move |grant| {
            grant.groups().change_members(group, None, &change).map(|_| ())
        })
    }

    fn nest(&mut self, outer: GroupId, inner: GroupId, joins: bool) {
        let round = joins && self.model.below(inner).contains(&outer);
        let done = self.member(outer, Member::Group(inner), joins);
        assert_eq!(done.is_err(), round, "a group in itself");
        if !round {
            let groups = &mut self.model.groups.get_mut(&outer).unwrap().groups;
            _ = if joins { groups.insert(inner) } else { groups.remove(&inner) };
        }
    }

    /// Lets the index of an attribute come or go; records follow with the steps after this one.
    fn index(&self, indexed: bool) {
        let acme = self.acme;
        let done = self.world.change(move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(acme)?;
            let mut attributes = grant.custom_attributes();
            let id = attributes.named("costCenter")?.ok_or(Error::Missing)?;
            let edited = attributes.update(id, None, |attribute| {
                attribute.fields.indexed = indexed;
                Ok(())
            });
            edited.map(|_| ())
        });
        done.unwrap();
    }

    /// Asks everything on behalf of every caller.
    fn ask(&self) {
        let attributes = self.attributes();
        for caller in &self.callers {
            let seen = self.model.seen(caller.chosen);
            for ask in asks(&self.model) {
                let holds = |entry: &EntryId| ask.holds(&self.model, &seen, *entry) == Some(true);
                let expected: Vec<EntryId> = seen.iter().copied().filter(holds).collect();
                let filter = self.filter_by(caller, &ask, attributes);
                let found = self.found_by(caller, &filter, usize::MAX);
                assert_eq!(found, expected, "{ask:?} for {:?}", caller.chosen);
            }
            // Service accounts see themselves, and each other only when they see everything.
            let all = Filter::Kind(Kinds::USERS.and(Kinds::GROUPS));
            assert_eq!(self.found_by(caller, &all, 2), seen);
            let accounts = self.found_by(caller, &Filter::Kind(Kinds::SERVICE_ACCOUNTS), 1);
            assert_eq!(accounts.len(), if caller.chosen.is_some() { 1 } else { 2 });
            self.find_each(caller);
        }
    }

    /// A question as a caller asks it.
    fn filter_by(&self, caller: &Caller, ask: &Ask, attributes: [Attribute; 3]) -> Filter {
        let reading = self.world.directory.read(self.world.by(caller.actor)).unwrap();
        let grant = reading.authorize_search(self.acme, &caller.memo).unwrap();
        let left = Cell::new(usize::MAX);
        let chain = |attribute, entry| grant.chain(attribute, entry, &left).unwrap().unwrap();
        ask.filter(attributes, &chain)
    }

    /// What a caller finds, in pages of so many.
    fn found_by(&self, caller: &Caller, filter: &Filter, page: usize) -> Vec<EntryId> {
        let (mut found, mut from): (Vec<EntryId>, Option<Position>) = (Vec::new(), None);
        loop {
            let reading = self.world.directory.read(self.world.by(caller.actor)).unwrap();
            let grant = reading.authorize_search(self.acme, &caller.memo).unwrap();
            let mut searching = grant.search(Kinds::ALL, filter.clone(), from, usize::MAX).unwrap();
            let before = found.len();
            let ended = grant.advance(&mut searching, &mut |entry| {
                if found.len() - before == page {
                    return Ok(Visit::Full);
                }
                found.push(entry.entry().id());
                Ok(Visit::Taken)
            });
            match ended.unwrap() {
                Ended::Complete => return found,
                Ended::Paused => from = searching.position(),
                Ended::LookedThrough | Ended::Turn => panic!("it gave up"),
            }
        }
    }

    /// Finds users by login, as a Bind and a Search of one entry do.
    fn find_each(&self, caller: &Caller) {
        let reading = self.world.directory.read(self.world.by(caller.actor)).unwrap();
        let grant = reading.authorize_search(self.acme, &caller.memo).unwrap();
        for login in 0..LOGINS {
            let found = grant.find(Kind::User, &format!("U{login}")).unwrap();
            assert_eq!(found, self.model.named(login).map(EntryId::User));
        }
    }
}

/// Puts on what a user is to look like.
fn wear(
    grant: &mut Identities<'_, '_, '_>,
    fields: &mut UserFields,
    look: Look,
) -> Result<(), Error> {
    let schema = grant.schema()?;
    let number = |name| schema.named(name).map(|named| named.number).ok_or(Error::Missing);
    let (center, level) = (number("costCenter")?, number("level")?);
    fields.display_name = look.name;
    fields.mail = look.mail;
    fields.uid_number = look.number;
    fields.custom.set(center, Values::Text(look.centers));
    fields.custom.set(level, Values::Integer(look.level.into_iter().collect()));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn every_search_between_changes_finds_what_the_model_has(steps in vec(step(), 1..25)) {
        let mut play = Play::new();
        for step in &steps {
            play.ask();
            play.step(step);
            let now = play.world.now();
            play.world.directory.advance_custom_work(now).unwrap();
        }
        play.ask();
        play.world.assert_sound();
    }
}
