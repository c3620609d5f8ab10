//! Looking for somebody in all organizations of an admin's scope.

use storage::{Id, Partition, Reading};
use uuid::Uuid;

use super::{ReadingTransaction, own_standing};
use crate::access::{Permission, Standing, View, organization};
use crate::collections::{Browse, Records, Sought};
use crate::error::{Error, Invalid};
use crate::id::{OrganizationId, RecordId, UserId};
use crate::records::{Organization, User};
use crate::text::prepare_cut;

/// So many organizations are looked at for a page. Each costs its record, the check of the caller's
/// rights and three places in indices, some microseconds each, whatever the number of its users: ten
/// thousand organizations are ten pages, none of which takes longer than a page of a filtered list.
const ORGANIZATIONS: usize = 1_000;
/// So many people of one organization may be meant: what is sought says too little where there are
/// more. A page ends in the first organizations that fill it, so others are not gone through for it.
const PEOPLE: usize = 1_000;

/// Somebody who was found, and where.
#[derive(Clone, Debug)]
pub struct FoundPerson {
    /// The organization's external id.
    pub organization: Uuid,
    /// The organization's slug.
    pub slug: String,
    /// Who it is.
    pub user: User,
}

/// Where a page of people ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeoplePlace {
    /// The last organization that was looked at.
    pub organization: OrganizationId,
    /// The last one of it on the page; none where there are no others in it.
    pub user: Option<UserId>,
}

/// Some people, in the order in which their organizations and they were made.
#[derive(Debug)]
pub struct FoundPeople {
    /// The people.
    pub people: Vec<FoundPerson>,
    /// Where the next page begins; none on the last. A page may be short, or empty, and have one.
    pub next: Option<PeoplePlace>,
}

/// An organization that is looked at.
struct Home {
    id: OrganizationId,
    uuid: Uuid,
    slug: String,
}

impl ReadingTransaction {
    /// Looks, in all organizations that the admin may look at, for those whose login or one of whose
    /// mail addresses is `text`, or whose display name begins with it; at most `limit`. Deleted
    /// organizations are not looked at.
    ///
    /// # Errors
    /// `Refused` when the actor is no admin; `Invalid` for what says too little.
    pub fn find_people(
        &self,
        text: &str,
        after: Option<PeoplePlace>,
        limit: usize,
    ) -> Result<FoundPeople, Error> {
        let sought = prepare_cut(text);
        if sought.is_empty() {
            return Err(Invalid::new("/text", "must not be empty").into());
        }
        let (homes, is_more) = self.homes_from(after)?;
        let (mut people, mut last) = (Vec::new(), after);
        for Home { id, uuid, slug } in homes {
            let behind = after.filter(|place| place.organization == id).and_then(|it| it.user);
            let room = limit.saturating_sub(people.len());
            let (found, is_cut) = self.people_of(id, &sought, behind, room)?;
            let end = found.last().map(|(user, _)| *user);
            people.extend(found.into_iter().map(|(_, user)| FoundPerson {
                organization: uuid,
                slug: slug.clone(),
                user,
            }));
            if is_cut {
                // Where there was no room for anybody the page before this organization was full.
                let next = match end {
                    Some(_) => Some(PeoplePlace { organization: id, user: end }),
                    None => last,
                };
                return Ok(FoundPeople { people, next });
            }
            last = Some(PeoplePlace { organization: id, user: None });
        }
        Ok(FoundPeople { people, next: last.filter(|_| is_more) })
    }

    /// The organizations that the admin may look at from where a page begins, and whether there are
    /// more behind them. Of an admin who has some, no others are gone through: neither the work nor
    /// where a page ends tells how many there are.
    fn homes_from(&self, after: Option<PeoplePlace>) -> Result<(Vec<Home>, bool), Error> {
        let standing = own_standing(&self.snapshot, &self.context)?;
        let behind = after.and_then(|place| match place.user {
            Some(_) => place.organization.record().checked_sub(1),
            None => Some(place.organization.record()),
        });
        let mut homes = Homes { standing: &standing, found: Vec::new(), is_more: false };
        match standing.rights.named() {
            Some(named) => {
                let from_there = |id: &OrganizationId| behind.is_none_or(|it| id.record() > it);
                for id in named.into_iter().filter(from_there) {
                    if let Some(record) = organization(&self.snapshot, id)? {
                        homes.take(id, record);
                    }
                    if homes.is_more {
                        break;
                    }
                }
            }
            None => {
                for found in self.snapshot.scan::<Organization>(Partition::Provider, behind) {
                    let (number, record): (Id, Organization) = found?;
                    if let Some(id) = OrganizationId::from_record(number) {
                        homes.take(id, record);
                    }
                    if homes.is_more {
                        break;
                    }
                }
            }
        }
        Ok((homes.found, homes.is_more))
    }

    /// The people of an organization behind one who are sought, at most `room`, and whether there are
    /// others.
    fn people_of(
        &self,
        id: OrganizationId,
        value: &str,
        behind: Option<UserId>,
        room: usize,
    ) -> Result<(Records<UserId, User>, bool), Error> {
        let users = self.authorize::<View>(id)?.users();
        let mut ids: Vec<UserId> = Vec::new();
        for (member, is_whole) in [("login", true), ("mail", true), ("display_name", false)] {
            let found = users.candidates(Sought { member, value, is_whole }, PEOPLE)?;
            ids.extend(found.ok_or_else(|| Invalid::new("/text", too_many()))?);
        }
        ids.retain(|id| behind.is_none_or(|behind| *id > behind));
        ids.sort_unstable();
        ids.dedup();
        let is_cut = ids.len() > room;
        ids.truncate(room);
        let mut people = Vec::new();
        for id in ids {
            people.extend(users.candidate(id)?.map(|user| (id, user)));
        }
        Ok((people, is_cut))
    }
}

/// The organizations that are looked at for a page.
struct Homes<'s> {
    standing: &'s Standing,
    found: Vec<Home>,
    is_more: bool,
}

impl Homes<'_> {
    fn take(&mut self, id: OrganizationId, record: Organization) {
        let rights = &self.standing.rights;
        if rights.obstacle(Permission::View, id.into(), Some(&record)).is_some() {
            return;
        }
        if self.found.len() == ORGANIZATIONS {
            self.is_more = true;
        } else {
            self.found.push(Home { id, uuid: record.uuid, slug: record.fields.slug });
        }
    }
}

fn too_many() -> String {
    format!("is how more than {PEOPLE} people of one organization are called; say more of it")
}
