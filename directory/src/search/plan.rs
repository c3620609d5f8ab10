//! From a filter to candidates: every match is among them, perhaps with others.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::ops::Bound;

use sha2::{Digest, Sha256};
use storage::{Id, Index, ReadError, Reading, Snapshot};

use super::attribute::{Attribute, Kind, Presence, Rule};
use super::entry_set::EntrySet;
use super::filter::{Comparison, Filter, Value};
use super::memo::Memo;
use super::pieces::{Pieces, Sieve};
use crate::collections::{Member, ancestors_of_group, descendants, groups_of_user};
use crate::id::{GroupId, OrganizationId, RecordId};
use crate::network::MacAddress;
use crate::records::{
    IssuedCertificate, custom_octets, custom_signed, indices, is_unique, relations,
};
use crate::text::prepare;

/// Candidates of one kind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Candidates {
    /// Every record of the kind: no index narrows it down.
    All,
    /// These records, in the order of ids, each once.
    These(Vec<Id>),
}

/// The users of a group, by way of nested groups as well.
#[derive(Debug)]
pub(crate) struct GroupUsers {
    group: GroupId,
    /// In the order of ids.
    ids: Vec<Id>,
}

impl GroupUsers {
    /// Whether a user is in a group; `None` when these are the users of another one.
    pub(crate) fn tell(&self, user: Id, group: GroupId) -> Option<bool> {
        (self.group == group).then(|| self.ids.binary_search(&user).is_ok())
    }
}

/// So few candidates that looking for fewer costs more than judging them.
const FEW: usize = 32;

/// What plans are made over.
pub(crate) struct Planner<'s> {
    pub(crate) source: &'s Snapshot,
    pub(crate) organization: OrganizationId,
    memo: Option<&'s Memo>,
    /// The users of a group that the filter names, found on the way.
    users: RefCell<Option<GroupUsers>>,
    /// The most index entries that are looked through for one part of a filter.
    look_through: usize,
    /// How many more index entries all parts together may look through. One part that an index
    /// answers exactly is read to its end; then the others are left to the judge.
    left: Cell<usize>,
}

/// So many parts of a filter may look through as much as one part may.
const PARTS: usize = 8;
/// All parts together may always look through so many index entries.
const ALWAYS: usize = 1_000;

impl<'s> Planner<'s> {
    /// Plans within a limit on what is looked through.
    pub(crate) fn new(
        source: &'s Snapshot,
        organization: OrganizationId,
        memo: Option<&'s Memo>,
        look_through: usize,
    ) -> Self {
        let left = Cell::new(look_through.saturating_mul(PARTS).max(ALWAYS));
        Self { source, organization, memo, users: RefCell::default(), look_through, left }
    }

    /// The users of a group that the filter names, if they were looked up.
    pub(crate) fn group_users(self) -> Option<GroupUsers> {
        self.users.into_inner()
    }

    /// Finds the candidates of `kind` for a filter.
    pub(crate) fn candidates(&self, kind: Kind, filter: &Filter) -> Result<Candidates, ReadError> {
        match filter {
            Filter::And(parts) => self.narrowest(kind, parts),
            Filter::Or(parts) => self.union(kind, parts),
            Filter::Not(_) => Ok(Candidates::All),
            Filter::Kind(kinds) if kinds.contains(kind) => Ok(Candidates::All),
            Filter::Kind(_) | Filter::Undefined => Ok(Candidates::none()),
            Filter::Test(attribute, comparison) => self.test(kind, *attribute, comparison),
            Filter::Cased(attribute, _, comparison) => self.cased(kind, *attribute, comparison),
            Filter::Lines(attribute, comparison) => self.lines(kind, *attribute, comparison),
            Filter::MemberOf(group) => self.members(kind, *group),
            Filter::HasMember(member) => self.groups_with(kind, *member),
            Filter::HasCertificate | Filter::HasIssued(..) => self.certified(kind),
            Filter::HasThisCertificate(octets) => self.holder(kind, octets),
            Filter::MemberOfSome => Ok(match kind {
                Kind::User | Kind::Group => Candidates::All,
                Kind::ServiceAccount | Kind::Device | Kind::Container => Candidates::none(),
            }),
            Filter::HasSomeMember | Filter::HasSomeUser | Filter::HasUserCalled(..)
                if kind == Kind::Group =>
            {
                Ok(Candidates::All)
            }
            Filter::HasSomeMember | Filter::HasSomeUser | Filter::HasUserCalled(..) => {
                Ok(Candidates::none())
            }
        }
    }

    /// The smallest of the parts' candidates, the cheapest parts first.
    fn narrowest(&self, kind: Kind, parts: &[Filter]) -> Result<Candidates, ReadError> {
        let mut best = Candidates::All;
        let mut ordered: Vec<&Filter> = parts.iter().collect();
        ordered.sort_by_key(|part| cost(part));
        for part in ordered {
            best = best.smaller(self.candidates(kind, part)?);
            if best.few() {
                break;
            }
        }
        Ok(best)
    }

    fn union(&self, kind: Kind, parts: &[Filter]) -> Result<Candidates, ReadError> {
        let mut all = Vec::new();
        for part in parts {
            match self.candidates(kind, part)? {
                Candidates::All => return Ok(Candidates::All),
                Candidates::These(ids) => all.extend(ids),
            }
        }
        Ok(Candidates::of(all))
    }

    fn test(
        &self,
        kind: Kind,
        attribute: Attribute,
        comparison: &Comparison,
    ) -> Result<Candidates, ReadError> {
        let presence = attribute.presence(kind);
        if presence == Presence::Never {
            return Ok(Candidates::none());
        }
        if let (Attribute::Number, Comparison::Equal(Value::Number(number))) =
            (attribute, comparison)
        {
            return Ok(Candidates::These(vec![*number]));
        }
        let Some(index) = attribute.index(kind) else { return Ok(Candidates::All) };
        if attribute == Attribute::HardwareAddress {
            return self.addressed(index, comparison);
        }
        match comparison {
            Comparison::Present if presence == Presence::Always => Ok(Candidates::All),
            Comparison::Present => self.starting(index, ""),
            Comparison::Equal(value) => self.equal(index, attribute, value),
            Comparison::OneOf(entries) => self.one_of(index, entries),
            Comparison::AtLeast(value) => {
                let from = lowest(attribute, value);
                self.between(index, Bound::Included(&from), Bound::Unbounded)
            }
            Comparison::AllBits(_) | Comparison::AnyBit(_) => {
                self.test(kind, attribute, &Comparison::Present)
            }
            Comparison::AtMost(value) | Comparison::Below(value) => {
                let (to, included) = highest(attribute, value);
                let to = if included { Bound::Included(&*to) } else { Bound::Excluded(&*to) };
                self.between(index, Bound::Unbounded, to)
            }
            Comparison::Pieces(pieces) if pieces.are_a_prefix() => {
                self.starting(index, pieces.prefix())
            }
            Comparison::Pieces(pieces) => self.containing(index, pieces),
        }
    }

    /// Addresses stand in their index in octets, and are compared as they are spelled.
    fn addressed(&self, index: Index, comparison: &Comparison) -> Result<Candidates, ReadError> {
        if let Comparison::Equal(Value::Text(text)) = comparison {
            let address = MacAddress::read(text.as_bytes());
            return match address.filter(|address| address.to_string() == *text) {
                Some(address) => self.having(index, address.octets()),
                None => Ok(Candidates::none()),
            };
        }
        let Comparison::Pieces(pieces) = comparison else { return self.starting(index, "") };
        let fits = |octets: &[u8]| {
            let address = MacAddress::of_octets(octets);
            address.is_none_or(|address| pieces.are_in(&address.to_string()))
        };
        let mut found = self.source.prefix(self.organization.partition(), index, b"");
        let matching = |value: &[u8], id: Id| fits(value).then_some(id);
        self.bounded(std::iter::from_fn(|| found.step(matching)))
    }

    /// What is equal with regard to case is so without: an index of folded values serves it.
    fn cased(
        &self,
        kind: Kind,
        attribute: Attribute,
        comparison: &Comparison,
    ) -> Result<Candidates, ReadError> {
        if let Comparison::Equal(Value::Text(text)) = comparison
            && attribute.rule() == Rule::Text
        {
            let folded = Comparison::Equal(Value::Text(prepare(text)));
            return self.test(kind, attribute, &folded);
        }
        self.test(kind, attribute, &Comparison::Present)
    }

    /// An index has addresses as texts: each entry begins with the first line, as far as that has nothing
    /// that may be written in another way.
    fn lines(
        &self,
        kind: Kind,
        attribute: Attribute,
        comparison: &Comparison,
    ) -> Result<Candidates, ReadError> {
        let Some(index) = attribute.index(kind) else {
            return self.test(kind, attribute, &Comparison::Present);
        };
        let begin = if let Comparison::Equal(Value::Text(lines)) = comparison {
            lines.as_str()
        } else if let Comparison::Pieces(pieces) = comparison {
            pieces.prefix()
        } else {
            ""
        };
        self.starting(index, begin.split(['\n', '$', '\\']).next().unwrap_or_default())
    }

    fn equal(
        &self,
        index: Index,
        attribute: Attribute,
        value: &Value,
    ) -> Result<Candidates, ReadError> {
        if attribute.rule() == Rule::Time {
            let (from, (to, _)) = (lowest(attribute, value), highest(attribute, value));
            return self.between(index, Bound::Included(&from), Bound::Excluded(&to));
        }
        if let (Attribute::Owner, Value::Entry(owner)) = (attribute, value) {
            return self.having(index, &owner.record().to_be_bytes());
        }
        self.having(index, &octets(value))
    }

    /// What stands in an index under exactly these octets.
    fn having(&self, index: Index, octets: &[u8]) -> Result<Candidates, ReadError> {
        if self.left.get() == 0 {
            return Ok(Candidates::All);
        }
        let partition = self.organization.partition();
        let ids: Vec<Id> = if is_unique(index) {
            let found = match self.memo {
                Some(memo) => {
                    memo.lookups().number(self.source, self.organization, index, octets)?
                }
                None => self.source.find_first(partition, index, octets)?,
            };
            found.into_iter().collect()
        } else {
            // Entries of one value come in the order of ids.
            self.source.find(partition, index, octets).collect::<Result<_, _>>()?
        };
        self.spend(ids.len());
        Ok(Candidates::These(ids))
    }

    fn one_of(&self, index: Index, entries: &EntrySet) -> Result<Candidates, ReadError> {
        let partition = self.organization.partition();
        let mut ids = Vec::new();
        for entry in entries.iter() {
            if self.left.get() == 0 {
                return Ok(Candidates::All);
            }
            let before = ids.len();
            for id in self.source.find(partition, index, &entry.key()) {
                ids.push(id?);
            }
            self.spend(ids.len().saturating_sub(before).max(1));
        }
        Ok(Candidates::of(ids))
    }

    fn spend(&self, entries: usize) {
        self.left.set(self.left.get().saturating_sub(entries));
    }

    fn starting(&self, index: Index, prefix: &str) -> Result<Candidates, ReadError> {
        let found = self.source.prefix(self.organization.partition(), index, prefix.as_bytes());
        self.bounded(found.ids().map(|id| id.map(Some)))
    }

    fn containing(&self, index: Index, pieces: &Pieces) -> Result<Candidates, ReadError> {
        let prefix = pieces.prefix().as_bytes();
        let mut found = self.source.prefix(self.organization.partition(), index, prefix);
        let sieve = Sieve::of(pieces);
        let matching = |value: &[u8], id: Id| sieve.keeps(value).then_some(id);
        self.bounded(std::iter::from_fn(|| found.step(matching)))
    }

    fn between(
        &self,
        index: Index,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
    ) -> Result<Candidates, ReadError> {
        let found = self.source.range(self.organization.partition(), index, from, to);
        self.bounded(found.ids().map(|id| id.map(Some)))
    }

    /// Collects what an index gives; past the limit the records themselves are looked through,
    /// where the search's own limit counts.
    fn bounded(
        &self,
        found: impl Iterator<Item = Result<Option<Id>, ReadError>>,
    ) -> Result<Candidates, ReadError> {
        let limit = self.look_through.min(self.left.get());
        let mut ids = Vec::new();
        for (count, id) in found.enumerate() {
            if count >= limit {
                return Ok(Candidates::All);
            }
            self.spend(1);
            ids.extend(id?);
        }
        Ok(Candidates::of(ids))
    }

    fn members(&self, kind: Kind, group: GroupId) -> Result<Candidates, ReadError> {
        if self.left.get() == 0 {
            return Ok(Candidates::All);
        }
        let partition = self.organization.partition();
        let groups = descendants(self.source, partition, group)?;
        self.spend(groups.len());
        match kind {
            Kind::User => {
                let mut ids = Vec::new();
                for group in groups {
                    let users =
                        self.source.linked(partition, relations::GROUP_USER, group.record());
                    for user in users {
                        ids.push(user?);
                    }
                }
                self.spend(ids.len());
                ids.sort_unstable();
                ids.dedup();
                let users = GroupUsers { group, ids: ids.clone() };
                self.users.borrow_mut().get_or_insert(users);
                Ok(Candidates::These(ids))
            }
            Kind::Group => {
                let nested = groups.into_iter().filter(|nested| *nested != group);
                Ok(Candidates::of(nested.map(GroupId::record).collect()))
            }
            Kind::ServiceAccount | Kind::Device | Kind::Container => Ok(Candidates::none()),
        }
    }

    /// Whoever has certificates, whether these count or not.
    fn certified(&self, kind: Kind) -> Result<Candidates, ReadError> {
        if !kind.has_certificates() {
            return Ok(Candidates::none());
        }
        let partition = self.organization.partition();
        let mut found = self.source.prefix(partition, indices::ISSUED_OWNER, b"");
        // Users and devices stand there together: a number of the other kind leads to no entry.
        let owner = |value: &[u8], _: Id| value.try_into().ok().map(Id::from_be_bytes);
        self.bounded(std::iter::from_fn(|| found.step(owner)))
    }

    /// Whose a certificate is, whether it counts or not.
    fn holder(&self, kind: Kind, octets: &[u8]) -> Result<Candidates, ReadError> {
        if !kind.has_certificates() {
            return Ok(Candidates::none());
        }
        let print = Sha256::digest(octets);
        let Candidates::These(issued) = self.having(indices::ISSUED_FINGERPRINT, &print)? else {
            return Ok(Candidates::All);
        };
        let mut owners = Vec::new();
        for number in issued {
            let record: Option<IssuedCertificate> =
                self.source.get(self.organization.partition(), number)?;
            owners.extend(record.map(|issued| issued.owner.record()));
        }
        Ok(Candidates::of(owners))
    }

    fn groups_with(&self, kind: Kind, member: Member) -> Result<Candidates, ReadError> {
        if kind != Kind::Group {
            return Ok(Candidates::none());
        }
        let partition = self.organization.partition();
        let groups = match member {
            Member::User(user) => groups_of_user(self.source, partition, user)?,
            Member::Group(group) => ancestors_of_group(self.source, partition, group)?,
        };
        Ok(Candidates::of(groups.into_iter().map(GroupId::record).collect()))
    }
}

impl Candidates {
    const fn none() -> Self {
        Self::These(Vec::new())
    }

    pub(super) fn of(mut ids: Vec<Id>) -> Self {
        ids.sort_unstable();
        ids.dedup();
        Self::These(ids)
    }

    fn few(&self) -> bool {
        matches!(self, Self::These(ids) if ids.len() <= FEW)
    }

    /// Those of the two that are fewer.
    pub(crate) fn smaller(self, other: Self) -> Self {
        match (&self, &other) {
            (Self::All, _) => other,
            (_, Self::All) => self,
            (Self::These(ours), Self::These(theirs)) => {
                if ours.len() <= theirs.len() {
                    self
                } else {
                    other
                }
            }
        }
    }
}

/// How much planning a part costs, roughly.
fn cost(filter: &Filter) -> u8 {
    match filter {
        Filter::Kind(_) | Filter::Undefined | Filter::Not(_) => 0,
        Filter::Test(_, Comparison::Equal(_))
        | Filter::Cased(_, _, Comparison::Equal(_))
        | Filter::HasThisCertificate(_) => 1,
        Filter::HasMember(_) | Filter::Test(_, Comparison::OneOf(_)) => 2,
        Filter::MemberOf(_) => 3,
        Filter::And(_) => 4,
        Filter::Or(_) => 5,
        Filter::Test(_, Comparison::AtLeast(_) | Comparison::AtMost(_) | Comparison::Below(_)) => 6,
        Filter::Test(_, Comparison::Pieces(_)) | Filter::Lines(..) => 7,
        Filter::Test(_, Comparison::Present | Comparison::AllBits(_) | Comparison::AnyBit(_))
        | Filter::Cased(..)
        | Filter::HasCertificate
        | Filter::HasIssued(..) => 8,
        Filter::MemberOfSome
        | Filter::HasSomeMember
        | Filter::HasSomeUser
        | Filter::HasUserCalled(..) => 9,
    }
}

fn octets(value: &Value) -> Cow<'_, [u8]> {
    match value {
        Value::Text(text) => Cow::Borrowed(text.as_bytes()),
        Value::Number(number) => Cow::Owned(number.to_be_bytes().to_vec()),
        Value::Id(id) => Cow::Borrowed(id.as_bytes()),
        Value::Signed(number) => Cow::Owned(custom_signed(*number).to_vec()),
        Value::Boolean(truth) => Cow::Owned(vec![u8::from(*truth)]),
        Value::Octets(octets) => Cow::Borrowed(custom_octets(octets)),
        Value::Entry(entry) => Cow::Owned(entry.key().to_vec()),
    }
}

const MILLISECONDS: u64 = 1_000;

/// The lowest indexed value that is `value` or more.
fn lowest(attribute: Attribute, value: &Value) -> Cow<'_, [u8]> {
    if let (Value::Number(seconds), Rule::Time) = (value, attribute.rule()) {
        let milliseconds = seconds.saturating_mul(MILLISECONDS);
        return Cow::Owned(milliseconds.to_be_bytes().to_vec());
    }
    octets(value)
}

/// The bound above every indexed value that is `value` or less, and whether it is one itself.
fn highest(attribute: Attribute, value: &Value) -> (Cow<'_, [u8]>, bool) {
    if let (Value::Number(seconds), Rule::Time) = (value, attribute.rule()) {
        let end = seconds.saturating_add(1).saturating_mul(MILLISECONDS);
        return (Cow::Owned(end.to_be_bytes().to_vec()), false);
    }
    (octets(value), true)
}
