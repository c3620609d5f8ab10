//! What is in the directory, as it was told.

use std::collections::{BTreeMap, BTreeSet};

use super::{GROUPS, Look};
use crate::id::{GroupId, UserId};
use crate::search::EntryId;

/// What is there, as it was told.
#[derive(Default)]
pub(super) struct Model {
    pub(super) users: BTreeMap<UserId, (String, Look)>,
    pub(super) groups: BTreeMap<GroupId, Circle>,
    /// Whom users are under.
    pub(super) chiefs: BTreeMap<UserId, EntryId>,
}

#[derive(Default)]
pub(super) struct Circle {
    pub(super) name: String,
    pub(super) users: BTreeSet<UserId>,
    pub(super) groups: BTreeSet<GroupId>,
}

impl Model {
    pub(super) fn user(&self, place: usize) -> Option<UserId> {
        self.users.keys().copied().cycle().take(8).nth(place)
    }

    pub(super) fn group(&self, place: usize) -> Option<GroupId> {
        self.groups.keys().copied().cycle().take(GROUPS).nth(place)
    }

    pub(super) fn named(&self, login: usize) -> Option<UserId> {
        let login = format!("u{login}");
        self.users.iter().find(|(_, (other, _))| *other == login).map(|(id, _)| *id)
    }

    /// Whoever is gone is nobody's chief, and has none.
    pub(super) fn forget(&mut self, entry: EntryId) {
        self.chiefs.retain(|id, chief| EntryId::User(*id) != entry && *chief != entry);
    }

    /// Whether another user has this number.
    pub(super) fn is_taken(&self, look: &Look, but: Option<UserId>) -> bool {
        let others = self.users.iter().filter(|(id, _)| Some(**id) != but);
        look.number.is_some()
            && others.into_iter().any(|(_, (_, other))| other.number == look.number)
    }

    /// A group and what is nested in it.
    pub(super) fn below(&self, group: GroupId) -> BTreeSet<GroupId> {
        let mut found = BTreeSet::from([group]);
        loop {
            let more: Vec<GroupId> =
                found.iter().flat_map(|id| self.groups[id].groups.iter().copied()).collect();
            let before = found.len();
            found.extend(more);
            if found.len() == before {
                return found;
            }
        }
    }

    pub(super) fn is_directly_in(&self, entry: EntryId, group: GroupId) -> bool {
        let circle = &self.groups[&group];
        match entry {
            EntryId::User(id) => circle.users.contains(&id),
            EntryId::Group(id) => circle.groups.contains(&id),
            EntryId::ServiceAccount(_) | EntryId::Device(_) => false,
        }
    }

    pub(super) fn is_in(&self, entry: EntryId, group: GroupId) -> bool {
        let mut below = self.below(group).into_iter();
        match entry {
            EntryId::User(user) => below.any(|inner| self.groups[&inner].users.contains(&user)),
            EntryId::Group(inner) => inner != group && below.any(|other| other == inner),
            EntryId::ServiceAccount(_) | EntryId::Device(_) => false,
        }
    }

    /// What a caller that was given a group sees, of users and groups.
    pub(super) fn seen(&self, chosen: Option<GroupId>) -> Vec<EntryId> {
        let users = self.users.keys().map(|id| EntryId::User(*id));
        let everything = users.chain(self.groups.keys().map(|id| EntryId::Group(*id)));
        everything
            .filter(|entry| {
                chosen.is_none_or(|group| {
                    *entry == EntryId::Group(group) || self.is_in(*entry, group)
                })
            })
            .collect()
    }
}
