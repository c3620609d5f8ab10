//! A search under way: it pauses when its reader is full and goes on where it stood.

use std::sync::Arc;

use storage::{Id, Mark, Reading, Record, Snapshot};

use super::attribute::{Attribute, Kind, Kinds};
use super::entry::{Entry, EntryId, Fact};
use super::filter::Filter;
use super::judge::{Facts, Truth};
use super::memo::{KnownGroup, Memo};
use super::plan::{Candidates, GroupUsers, Planner};
use super::sight::Sight;
use crate::access::{Grant, Search, Seen};
use crate::collections::{Member, ancestors_of_group, descendants, groups_of_user};
use crate::error::Error;
use crate::id::{GroupId, OrganizationId, RecordId, ServiceAccountId, UserId};
use crate::records::{Group, Profile, ServiceAccount, User, relations};

/// A search between two snapshots.
#[derive(Debug)]
pub struct Searching {
    filter: Filter,
    sight: Sight,
    /// What is still to be looked through, the next kind last.
    stages: Vec<Stage>,
    /// How many more entries may be judged in vain.
    left: usize,
    /// How much more may be judged before others get their turn.
    turn: usize,
    position: Option<Position>,
    /// The users of a group that the filter names, as they are in the snapshot of the plan.
    group_users: Option<(Mark, GroupUsers)>,
}

#[derive(Debug)]
struct Stage {
    kind: Kind,
    candidates: Candidates,
}

/// Where a search stands: behind this entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The kind that is being looked through.
    pub kind: Kind,
    /// The number of the last record that was taken.
    pub number: u64,
}

/// What a search's reader says to an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit {
    /// Taken; the next one, please.
    Taken,
    /// Not taken: pause in front of it.
    Full,
}

/// Why a search returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// There are no more entries.
    Complete,
    /// Its reader was full.
    Paused,
    /// It looked through as many entries as it may without finding enough.
    LookedThrough,
    /// It took its turn; it goes on when others had theirs.
    Turn,
}

/// A grant to search, inside a snapshot.
pub type SearchGrant<'g, 's> = Grant<'g, &'s Snapshot, Search>;

/// The records that a grant to search rests on: the caller's own and the organization's.
pub struct Evidence(Arc<Seen>);

/// Who looks at the entries of a search.
pub type Visitor<'v> = &'v mut dyn FnMut(&Found<'_>) -> Result<Visit, Error>;

/// So many parts of filters are judged, one entry's after another's, before others get their turn:
/// some milliseconds.
const TURN: usize = 20_000;

impl Grant<'_, &Snapshot, Search> {
    /// Plans a search over some kinds of entries, from a position on.
    ///
    /// `look_through` bounds how many entries are judged in vain.
    ///
    /// # Errors
    /// When the store fails.
    pub fn search(
        &self,
        kinds: Kinds,
        filter: Filter,
        from: Option<Position>,
        look_through: usize,
    ) -> Result<Searching, Error> {
        let organization = self.organization()?;
        let sight = Sight::of(self)?;
        let planner = Planner::new(self.source, organization, self.memo, look_through);
        let mut stages = Vec::new();
        for kind in Kind::STORED.into_iter().rev() {
            let passed = from.is_some_and(|position| kind < position.kind);
            if kinds.contains(kind) && !passed && filter.may_match(kind) {
                let candidates = planner.candidates(kind, &filter)?;
                stages.push(Stage { kind, candidates });
            }
        }
        let (left, turn) = (look_through, TURN);
        let group_users = planner.group_users().map(|users| (self.source.mark(), users));
        Ok(Searching { filter, sight, stages, left, turn, position: from, group_users })
    }

    /// Shows the search's entries to `visit` until it is full, its turn is over or there are no more.
    ///
    /// # Errors
    /// When the store fails.
    pub fn advance(&self, searching: &mut Searching, visit: Visitor<'_>) -> Result<Ended, Error> {
        let organization = self.organization()?;
        searching.turn = TURN;
        searching.group_users.take_if(|(mark, _)| !self.source.bears(mark));
        while let Some(stage) = searching.stages.pop() {
            let ended = self.run_stage(organization, searching, &stage, visit)?;
            if ended != Ended::Complete {
                searching.stages.push(stage);
                return Ok(ended);
            }
        }
        Ok(Ended::Complete)
    }

    fn run_stage(
        &self,
        organization: OrganizationId,
        searching: &mut Searching,
        stage: &Stage,
        visit: Visitor<'_>,
    ) -> Result<Ended, Error> {
        let at = (organization, stage);
        match stage.kind {
            Kind::User => self.walk(at, searching, visit, |id, user: User| {
                Some(Entry::User(UserId::from_record(id)?, Arc::new(user)))
            }),
            Kind::Group => self.walk(at, searching, visit, |id, group: Group| {
                Some(Entry::Group(GroupId::from_record(id)?, group))
            }),
            Kind::ServiceAccount => {
                self.walk(at, searching, visit, |id, account: ServiceAccount| {
                    Some(Entry::ServiceAccount(ServiceAccountId::from_record(id)?, account))
                })
            }
            Kind::Container => Ok(Ended::Complete),
        }
    }

    /// Goes through a stage's candidates from where the search stands.
    fn walk<R: Record>(
        &self,
        (organization, stage): (OrganizationId, &Stage),
        searching: &mut Searching,
        visit: Visitor<'_>,
        wrap: impl Fn(Id, R) -> Option<Entry>,
    ) -> Result<Ended, Error> {
        let partition = organization.partition();
        let position = searching.position.filter(|position| position.kind == stage.kind);
        let after = position.map(|position| position.number);
        let cost = searching.filter.cost();
        let mut deal = |entry: Entry| -> Result<Ended, Error> {
            let ended = self.offer(organization, searching, &entry, visit)?;
            searching.turn = searching.turn.saturating_sub(cost);
            let over = ended == Ended::Complete && searching.turn == 0;
            Ok(if over { Ended::Turn } else { ended })
        };
        match &stage.candidates {
            Candidates::All => {
                for found in self.source.scan::<R>(partition, after) {
                    let (id, record) = found?;
                    let Some(entry) = wrap(id, record) else { continue };
                    let ended = deal(entry)?;
                    if ended != Ended::Complete {
                        return Ok(ended);
                    }
                }
            }
            Candidates::These(ids) => {
                let start = after.map_or(0, |after| ids.partition_point(|id| *id <= after));
                for id in ids.iter().skip(start) {
                    let Some(entry) = self.candidate(organization, stage.kind, *id)? else {
                        continue;
                    };
                    let ended = deal(entry)?;
                    if ended != Ended::Complete {
                        return Ok(ended);
                    }
                }
            }
        }
        Ok(Ended::Complete)
    }

    /// Reads a candidate.
    fn candidate(
        &self,
        organization: OrganizationId,
        kind: Kind,
        number: Id,
    ) -> Result<Option<Entry>, Error> {
        match entry_id(kind, number) {
            Some(id) => read_entry(self.source, organization, id, self.memo),
            None => Ok(None),
        }
    }

    /// Judges one entry and shows it; `Complete` means that it is dealt with.
    fn offer(
        &self,
        organization: OrganizationId,
        searching: &mut Searching,
        entry: &Entry,
        visit: Visitor<'_>,
    ) -> Result<Ended, Error> {
        let sight = &searching.sight;
        let users = searching.group_users.as_ref().map(|(_, users)| users);
        let (source, memo) = (self.source, self.memo);
        let found = Found { source, organization, sight, entry, memo, users };
        let seen = searching.sight.sees(entry.id());
        if seen && searching.filter.judge(&found)? == Truth::True {
            if visit(&found)? == Visit::Full {
                return Ok(Ended::Paused);
            }
        } else if searching.left == 0 {
            return Ok(Ended::LookedThrough);
        } else {
            searching.left = searching.left.saturating_sub(1);
        }
        let id = entry.id();
        searching.position = Some(Position { kind: id.kind(), number: id.record() });
        Ok(Ended::Complete)
    }

    /// Shows one entry to `visit` when the caller sees it; says whether it did.
    ///
    /// # Errors
    /// When the store fails.
    pub fn show(
        &self,
        id: EntryId,
        visit: &mut dyn FnMut(&Found<'_>) -> Result<(), Error>,
    ) -> Result<bool, Error> {
        let organization = self.organization()?;
        let sight = Sight::of(self)?;
        if !sight.sees(id) {
            return Ok(false);
        }
        let Some(entry) = read_entry(self.source, organization, id, self.memo)? else {
            return Ok(false);
        };
        let (sight, entry, memo) = (&sight, &entry, self.memo);
        let (source, users) = (self.source, None);
        visit(&Found { source, organization, sight, entry, memo, users })?;
        Ok(true)
    }

    /// Finds an entry by the name that its kind has, compared without case.
    ///
    /// # Errors
    /// When the store fails.
    pub fn find(&self, kind: Kind, name: &str) -> Result<Option<EntryId>, Error> {
        let organization = self.organization()?;
        let attribute = if kind == Kind::User { Attribute::Login } else { Attribute::Name };
        let Some(index) = attribute.index(kind) else { return Ok(None) };
        let name = crate::text::prepare(name);
        let found = match self.memo {
            Some(memo) => {
                memo.lookups().number(self.source, organization, index, name.as_bytes())?
            }
            None => self.source.find_first(organization.partition(), index, name.as_bytes())?,
        };
        let Some(number) = found else { return Ok(None) };
        Ok(entry_id(kind, number))
    }

    /// The kind of application that the caller is; a user is none in particular.
    pub fn profile(&self) -> Profile {
        self.seen.account.as_ref().map_or(Profile::Generic, |account| account.fields.profile)
    }

    /// What the grant rests on.
    pub fn evidence(&self) -> Evidence {
        Evidence(Arc::clone(&self.seen))
    }

    /// Whether the grant rests on this evidence, so that what was made of it still holds.
    pub fn rests_on(&self, evidence: &Evidence) -> bool {
        Arc::ptr_eq(&self.seen, &evidence.0)
    }
}

impl Searching {
    /// Where the search stands; `None` before the first entry.
    pub fn position(&self) -> Option<Position> {
        self.position
    }

    /// Whether every entry of some kind is judged, because no index tells which could match.
    pub fn scans(&self) -> bool {
        self.stages.iter().any(|stage| matches!(stage.candidates, Candidates::All))
    }

    /// How many more entries may be judged in vain.
    pub fn left(&self) -> usize {
        self.left
    }

    /// The filter that entries are judged by.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }
}

/// An entry that a search found, with what the store knows about it.
pub struct Found<'a> {
    source: &'a Snapshot,
    organization: OrganizationId,
    sight: &'a Sight,
    entry: &'a Entry,
    memo: Option<&'a Memo>,
    users: Option<&'a GroupUsers>,
}

impl Found<'_> {
    /// The entry.
    pub fn entry(&self) -> &Entry {
        self.entry
    }

    /// Judges the entry by a filter.
    ///
    /// # Errors
    /// When the store fails.
    pub fn judge(&self, filter: &Filter) -> Result<Truth, Error> {
        filter.judge(self)
    }

    /// Shows the groups that the entry is in, by way of nested groups as well, and that the caller
    /// sees, to `visit`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn groups(&self, visit: &mut dyn FnMut(&Group)) -> Result<(), Error> {
        for id in self.member_of()? {
            self.group(id)?.iter().for_each(|group| visit(&group.record));
        }
        Ok(())
    }

    fn group(&self, id: GroupId) -> Result<Option<Arc<KnownGroup>>, Error> {
        Ok(match self.memo {
            Some(memo) => memo.group(self.source, self.organization, id)?,
            None => KnownGroup::read(self.source, self.organization, id)?.map(Arc::new),
        })
    }

    /// Every group that the entry is in, seen or not, in the order of ids.
    fn all_groups(&self) -> Result<Vec<GroupId>, Error> {
        let partition = self.organization.partition();
        let relation = match self.entry.id() {
            EntryId::User(_) => relations::GROUP_USER,
            EntryId::Group(_) => relations::GROUP_GROUP,
            EntryId::ServiceAccount(_) => return Ok(Vec::new()),
        };
        let direct = self.source.linking(partition, relation, self.entry.id().record());
        let mut open: Vec<Id> = direct.collect::<Result<_, _>>()?;
        let mut groups = Vec::new();
        while let Some(group) = open.pop().and_then(GroupId::from_record) {
            if let Err(place) = groups.binary_search(&group) {
                groups.insert(place, group);
                self.group(group)?.iter().for_each(|known| open.extend(&known.parents));
            }
        }
        Ok(groups)
    }

    /// Shows the users that the caller sees of an entry that is a group, those of nested groups
    /// included, to `visit`, each once.
    ///
    /// # Errors
    /// When the store fails.
    pub fn users(&self, visit: &mut dyn FnMut(&User)) -> Result<(), Error> {
        let EntryId::Group(group) = self.entry.id() else { return Ok(()) };
        let partition = self.organization.partition();
        let mut users = Vec::new();
        for nested in descendants(self.source, partition, group)? {
            for user in self.source.linked(partition, relations::GROUP_USER, nested.record()) {
                users.push(user?);
            }
        }
        users.sort_unstable();
        users.dedup();
        for id in users {
            let seen = UserId::from_record(id).is_some_and(|id| self.sight.sees(EntryId::User(id)));
            if seen && let Some(user) = self.source.get::<User>(partition, id)? {
                visit(&user);
            }
        }
        Ok(())
    }

    /// Shows the direct members that the caller sees of an entry that is a group to `visit`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn members(&self, visit: &mut dyn FnMut(&Entry)) -> Result<(), Error> {
        let EntryId::Group(group) = self.entry.id() else { return Ok(()) };
        let partition = self.organization.partition();
        let users = self.source.linked(partition, relations::GROUP_USER, group.record());
        let groups = self.source.linked(partition, relations::GROUP_GROUP, group.record());
        let members = users
            .map(|id| id.map(|id| UserId::from_record(id).map(EntryId::User)))
            .chain(groups.map(|id| id.map(|id| GroupId::from_record(id).map(EntryId::Group))));
        for member in members.filter_map(Result::transpose) {
            let member = member?;
            if self.sight.sees(member)
                && let Some(entry) = read_entry(self.source, self.organization, member, self.memo)?
            {
                visit(&entry);
            }
        }
        Ok(())
    }
}

/// The entry of a kind with a record's number.
fn entry_id(kind: Kind, number: Id) -> Option<EntryId> {
    match kind {
        Kind::User => UserId::from_record(number).map(EntryId::User),
        Kind::Group => GroupId::from_record(number).map(EntryId::Group),
        Kind::ServiceAccount => ServiceAccountId::from_record(number).map(EntryId::ServiceAccount),
        Kind::Container => None,
    }
}

fn read_entry(
    source: &Snapshot,
    organization: OrganizationId,
    id: EntryId,
    memo: Option<&Memo>,
) -> Result<Option<Entry>, Error> {
    let (partition, number) = (organization.partition(), id.record());
    Ok(match id {
        EntryId::User(user) => match memo {
            Some(memo) => memo.lookups().user(source, organization, user)?,
            None => source.get(partition, number)?.map(Arc::new),
        }
        .map(|record| Entry::User(user, record)),
        EntryId::Group(group) => {
            source.get(partition, number)?.map(|record| Entry::Group(group, record))
        }
        EntryId::ServiceAccount(account) => {
            source.get(partition, number)?.map(|record| Entry::ServiceAccount(account, record))
        }
    })
}

impl Facts for Found<'_> {
    fn kind(&self) -> Kind {
        self.entry.id().kind()
    }

    fn visit(&self, attribute: Attribute, visit: &mut dyn FnMut(Fact<'_>)) {
        self.entry.visit(attribute, visit);
    }

    fn member_of(&self) -> Result<Vec<GroupId>, Error> {
        let mut groups = self.all_groups()?;
        // A filter must not tell of a group what the caller cannot see.
        groups.retain(|group| self.sight.tells(self.entry.id(), *group));
        Ok(groups)
    }

    fn is_in(&self, group: GroupId) -> Result<bool, Error> {
        if let (EntryId::User(user), Some(users)) = (self.entry.id(), self.users)
            && let Some(is_in) = users.tell(user.record(), group)
        {
            return Ok(is_in && self.sight.tells(self.entry.id(), group));
        }
        Ok(self.member_of()?.contains(&group))
    }

    fn has_member(&self, member: Member) -> Result<bool, Error> {
        let EntryId::Group(group) = self.entry.id() else { return Ok(false) };
        let partition = self.organization.partition();
        let (member, groups) = match member {
            Member::User(user) => {
                (EntryId::User(user), groups_of_user(self.source, partition, user)?)
            }
            Member::Group(nested) => {
                (EntryId::Group(nested), ancestors_of_group(self.source, partition, nested)?)
            }
        };
        Ok(self.sight.sees(member) && groups.contains(&group))
    }

    fn has_some_member(&self) -> Result<bool, Error> {
        let EntryId::Group(group) = self.entry.id() else { return Ok(false) };
        let partition = self.organization.partition();
        for relation in [relations::GROUP_USER, relations::GROUP_GROUP] {
            if let Some(member) = self.source.linked(partition, relation, group.record()).next() {
                member?;
                return Ok(true);
            }
        }
        Ok(false)
    }
}
