//! A search under way: it pauses when its reader is full and goes on where it stood.

use std::sync::Arc;

use storage::{Id, Mark, Reading, Record, Snapshot};

use super::attribute::{Attribute, Kind, Kinds};
use super::entry::{Entry, EntryId};
use super::entry_set::EntrySet;
use super::filter::Filter;
use super::found::{Found, as_it_is, entry_id, read_entry};
use super::judge::Truth;
use super::plan::{Candidates, GroupUsers, Planner};
use super::sight::Sight;
use crate::access::{Grant, Search, Seen};
use crate::error::Error;
use crate::id::{DeviceId, GroupId, OrganizationId, RecordId, ServiceAccountId, UserId};
use crate::records::{Device, Group, Profile, ServiceAccount, User};

/// A search between two snapshots.
#[derive(Debug)]
pub struct Searching {
    filter: Filter,
    sight: Arc<Sight>,
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
    /// Likewise, and written.
    Written,
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
/// about a twentieth of a millisecond, so that who waits for one does not notice.
pub(crate) const TURN: usize = 480;
/// To read an entry takes as long as to judge so many parts of a filter.
pub(crate) const READING: usize = 4;
/// To write one takes as long as to judge so many.
const WRITING: usize = 19;

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
        let sight = self.sight()?;
        let planner = Planner::new(self.source, organization, self.memo, look_through);
        let mut stages = Vec::new();
        for kind in Kind::STORED.into_iter().rev() {
            let passed = from.is_some_and(|position| kind < position.kind);
            if kinds.contains(kind) && !passed && filter.may_match(kind) {
                let candidates = planner.candidates(kind, &filter)?;
                // What the caller cannot see is not looked through.
                let seen = sight.candidates(kind, (self.source, organization))?;
                let candidates = candidates.smaller(seen);
                stages.push(Stage { kind, candidates });
            }
        }
        let group_users = planner.group_users().map(|users| (self.source.mark(), users));
        Ok(Searching {
            filter,
            sight,
            stages,
            left: look_through,
            turn: 0,
            position: from,
            group_users,
        })
    }

    /// Plans a search over these entries alone, as far as they are of some kinds.
    ///
    /// # Errors
    /// When the caller is gone.
    pub fn search_among(
        &self,
        entries: &EntrySet,
        kinds: Kinds,
        filter: Filter,
    ) -> Result<Searching, Error> {
        let sight = self.sight()?;
        let kinds = Kind::STORED.into_iter().rev().filter(|kind| kinds.contains(*kind));
        let stages = kinds.map(|kind| {
            let candidates = Candidates::These(entries.numbers(kind).collect());
            Stage { kind, candidates }
        });
        Ok(Searching {
            stages: stages.collect(),
            filter,
            sight,
            left: usize::MAX,
            turn: 0,
            position: None,
            group_users: None,
        })
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
                Ok(UserId::from_record(id).map(|id| Entry::User(id, Arc::new(user))))
            }),
            Kind::Group => self.walk(at, searching, visit, |id, group: Group| {
                Ok(GroupId::from_record(id).map(|id| Entry::Group(id, group)))
            }),
            Kind::ServiceAccount => {
                self.walk(at, searching, visit, |id, account: ServiceAccount| {
                    let id = ServiceAccountId::from_record(id);
                    Ok(id.map(|id| Entry::ServiceAccount(id, account)))
                })
            }
            Kind::Device => self.walk(at, searching, visit, |id, device: Device| {
                let device = as_it_is(self.source, organization, device, self.memo)?;
                Ok(DeviceId::from_record(id).map(|id| Entry::Device(id, device)))
            }),
            Kind::Container => Ok(Ended::Complete),
        }
    }

    /// Goes through a stage's candidates from where the search stands.
    fn walk<R: Record>(
        &self,
        (organization, stage): (OrganizationId, &Stage),
        searching: &mut Searching,
        visit: Visitor<'_>,
        wrap: impl Fn(Id, R) -> Result<Option<Entry>, Error>,
    ) -> Result<Ended, Error> {
        let partition = organization.partition();
        let position = searching.position.filter(|position| position.kind == stage.kind);
        let after = position.map(|position| position.number);
        let cost = searching.filter.cost().saturating_add(READING);
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
                    let Some(entry) = wrap(id, record)? else { continue };
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
        let sight = &*searching.sight;
        let users = searching.group_users.as_ref().map(|(_, users)| users);
        let found = self.found(organization, (sight, entry), users);
        let seen = searching.sight.shows(entry);
        if seen && searching.filter.judge(&found)? == Truth::True {
            match visit(&found)? {
                Visit::Full => return Ok(Ended::Paused),
                Visit::Written => searching.turn = searching.turn.saturating_sub(WRITING),
                Visit::Taken => {}
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

    /// The number that whoever is made next gets: who is there already, and who was, has a lower one.
    ///
    /// # Errors
    /// When the store fails.
    pub fn next_number(&self) -> Result<u64, Error> {
        let next = self.source.next_number(self.organization()?.partition())?;
        next.ok_or(Error::Missing)
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
        let sight = self.sight()?;
        // Of a device, its record says in which groups it is.
        let by_record = id.kind() == Kind::Device;
        if !by_record && !sight.sees(id) {
            return Ok(false);
        }
        let Some(entry) = read_entry(self.source, organization, id, self.memo)? else {
            return Ok(false);
        };
        if by_record && !sight.shows(&entry) {
            return Ok(false);
        }
        visit(&self.found(organization, (&*sight, &entry), None))?;
        Ok(true)
    }

    /// An entry with what is known about it.
    fn found<'f>(
        &'f self,
        organization: OrganizationId,
        (sight, entry): (&'f Sight, &'f Entry),
        users: Option<&'f GroupUsers>,
    ) -> Found<'f> {
        Found {
            source: self.source,
            organization,
            sight,
            entry,
            memo: self.memo,
            users,
            certified: &self.seen.certified,
            now: self.context.now,
        }
    }

    /// Whether the caller sees an entry of one of these kinds.
    ///
    /// # Errors
    /// When the store fails.
    pub fn sees_some(&self, kinds: Kinds) -> Result<bool, Error> {
        // Of each kind the first entry that there is is seen, or none is: nothing is looked through.
        let mut first = self.search(kinds, Filter::always(), None, 0)?;
        Ok(self.advance(&mut first, &mut |_| Ok(Visit::Full))? == Ended::Paused)
    }

    /// What the caller sees, worked out once as long as nothing is changed.
    pub(crate) fn sight(&self) -> Result<Arc<Sight>, Error> {
        if let Some(known) = self.seen.sight.get() {
            return Ok(Arc::clone(known));
        }
        let sight = Arc::new(Sight::of(self)?);
        let _known = self.seen.sight.set(Arc::clone(&sight));
        Ok(sight)
    }

    /// Finds an entry by the name that its kind has, compared without case, whether or not the
    /// caller sees it.
    ///
    /// # Errors
    /// When the store fails.
    pub fn find(&self, kind: Kind, name: &str) -> Result<Option<EntryId>, Error> {
        let organization = self.organization()?;
        // For those who are not there as well: the time must not tell them from who is not seen.
        self.sight()?;
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

    /// How many entries may match by what indices say; `None` when that may be any.
    pub fn candidates(&self) -> Option<u64> {
        let counts = self.stages.iter().map(|stage| match &stage.candidates {
            Candidates::All => None,
            Candidates::These(ids) => Some(ids.len() as u64),
        });
        counts.sum()
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
