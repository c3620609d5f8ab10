//! Finding what a list is asked for.

use std::vec::IntoIter;

use directory::RecordId;
use directory::collections::{Browse, Sought};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Asked, Items, Listed, no_cursor, page_size};
use crate::problem::Problem;
use crate::query::{Fields, Filter, Key, Shape, Sort};

/// So many records are looked at for a page that is filtered; then it ends, however short.
const LOOKED: usize = 5_000;
/// So many records may be looked at for a page that is sorted.
const SORTED: usize = 20_000;
/// So many records are read at once.
const BATCH: usize = 200;

/// What a list is asked for, read.
struct Wanted {
    filter: Option<Filter>,
    sort: Option<Sort>,
    fields: Option<Fields>,
    limit: usize,
}

impl Asked {
    /// Finds a page, and shows it.
    pub(crate) fn find<B, T>(
        &self,
        all: &B,
        show: impl Fn(B::Id, B::Record) -> Result<T, Problem>,
    ) -> Result<Listed<T>, Problem>
    where
        B: Browse,
        T: Serialize + ToSchema,
    {
        self.find_and_complete(all, show, |_, shown| Ok(shown))
    }

    /// Finds a page by what is quickly shown, and completes what stands on it.
    pub(crate) fn find_and_complete<B, T>(
        &self,
        all: &B,
        show: impl Fn(B::Id, B::Record) -> Result<T, Problem>,
        complete: impl Fn(B::Id, T) -> Result<T, Problem>,
    ) -> Result<Listed<T>, Problem>
    where
        B: Browse,
        T: Serialize + ToSchema,
    {
        let (query, shape) = (&self.query, Shape::of::<T>());
        let filter = query.filter.as_deref().map(|text| Filter::read(text, shape)).transpose()?;
        let sort = query.sort.as_deref().map(|text| Sort::read(text, shape)).transpose()?;
        let fields = query.fields.as_deref().map(|text| Fields::read(text, shape)).transpose()?;
        let wanted = Wanted { filter, sort, fields, limit: page_size(query.limit)? };
        let found = self.found(all, &wanted)?;
        match &wanted.sort {
            Some(sort) => self.sorted(Walk::new(all, found, None), sort, &wanted, (show, complete)),
            None => {
                let after = self.after::<B::Id>()?;
                self.in_order(Walk::new(all, found, after), &wanted, (show, complete))
            }
        }
    }

    /// Whether things may be judged or ordered by a member with that name, or by a part of it.
    pub(crate) fn judges_by(&self, member: &str) -> bool {
        let asked = [&self.query.filter, &self.query.sort];
        asked.into_iter().flatten().any(|text| text.contains(member))
    }

    /// Whether a member with that name, or a part of it, is asked for by its name.
    pub(crate) fn names(&self, member: &str) -> bool {
        let fields = self.query.fields.as_ref();
        self.judges_by(member) || fields.is_some_and(|fields| fields.contains(member))
    }

    /// Whether a member with that name, or a part of it, may be shown.
    pub(crate) fn shows(&self, member: &str) -> bool {
        self.query.fields.as_ref().is_none_or(|fields| fields.contains(member))
    }

    /// The records that the name or an index leads to, if either does.
    fn found<B: Browse>(&self, all: &B, wanted: &Wanted) -> Result<Option<Found<B>>, Problem> {
        if let Some(name) = &self.query.name {
            return Ok(Some(Found::Records(all.called(name)?.into_iter())));
        }
        for hint in wanted.filter.iter().flat_map(Filter::hints) {
            let (member, value, is_whole) = (hint.field, hint.value, hint.is_whole);
            let sought = Sought { member, value, is_whole };
            if let Some(ids) = all.candidates(sought, SORTED)? {
                return Ok(Some(Found::Ids(ids.into_iter())));
            }
        }
        Ok(None)
    }

    fn after<I: RecordId>(&self) -> Result<Option<I>, Problem> {
        let Some(body) = self.unseal()? else { return Ok(None) };
        let number = body.try_into().map(u64::from_be_bytes).map_err(|_| no_cursor())?;
        I::from_record(number).map(Some).ok_or_else(no_cursor)
    }

    /// A page in the order in which things were made.
    fn in_order<B, T>(
        &self,
        mut walk: Walk<'_, B>,
        wanted: &Wanted,
        (show, complete): (
            impl Fn(B::Id, B::Record) -> Result<T, Problem>,
            impl Fn(B::Id, T) -> Result<T, Problem>,
        ),
    ) -> Result<Listed<T>, Problem>
    where
        B: Browse,
        T: Serialize,
    {
        let (mut whole, mut picked, mut last) = (Vec::new(), Vec::new(), None);
        let is_plain = wanted.filter.is_none() && wanted.fields.is_none();
        let mut looked = 0;
        let mut is_cut = false;
        let all = walk.all;
        // What is looked through for a few items is not read by these few: some things are sealed in
        // chunks, each of which would be opened for every one of them.
        let ahead = if self.query.looks_at_few() { wanted.limit } else { BATCH };
        while let Some((id, record)) = walk.next(ahead)? {
            if whole.len() + picked.len() == wanted.limit || looked == LOOKED {
                is_cut = true;
                break;
            }
            (looked, last) = (looked + 1, Some(id));
            if !all.admits(id, &record)? {
                continue;
            }
            let shown = show(id, record)?;
            if is_plain {
                whole.push(complete(id, shown)?);
                continue;
            }
            if let Some(filter) = &wanted.filter
                && !filter.matches(&value(&shown)?)
            {
                continue;
            }
            let shown = complete(id, shown)?;
            match &wanted.fields {
                Some(fields) => picked.push(fields.pick(&value(&shown)?)),
                None => whole.push(shown),
            }
        }
        let next = last.filter(|_| is_cut).map(|id| self.seal(&id.record().to_be_bytes()));
        Ok(Listed { items: Items::of(wanted, whole, picked), next })
    }

    /// A page of all that there is in another order. What it takes is bounded by how much is looked
    /// at, and kept of it is no more than two pages.
    fn sorted<B, T>(
        &self,
        mut walk: Walk<'_, B>,
        sort: &Sort,
        wanted: &Wanted,
        (show, complete): (
            impl Fn(B::Id, B::Record) -> Result<T, Problem>,
            impl Fn(B::Id, T) -> Result<T, Problem>,
        ),
    ) -> Result<Listed<T>, Problem>
    where
        B: Browse,
        T: Serialize,
    {
        let behind = self.unseal()?.map(|body| serde_json::from_slice::<Key>(&body));
        let behind = behind.transpose().map_err(|_| no_cursor())?;
        let (mut first, mut looked) = (Vec::<(Key, B::Id, T)>::new(), 0);
        let kept = wanted.limit.saturating_add(1);
        let all = walk.all;
        while let Some((id, record)) = walk.next(BATCH)? {
            looked += 1;
            if looked > SORTED {
                let detail = format!(
                    "there are more than {SORTED} to sort; narrow the list by its parameters, or by \
                     a filter that an index serves (such as `id eq`, `name sw`), or leave `sort` out \
                     and sort what all pages hold"
                );
                return Err(Problem::invalid("/sort", detail));
            }
            if !all.admits(id, &record)? {
                continue;
            }
            let shown = show(id, record)?;
            let item = value(&shown)?;
            let key = sort.key(&item, id.record());
            let is_behind = behind.as_ref().is_none_or(|behind| sort.compare(&key, behind).is_gt());
            if is_behind && wanted.filter.as_ref().is_none_or(|filter| filter.matches(&item)) {
                first.push((key, id, shown));
            }
            if first.len() >= kept.saturating_mul(2) {
                first.sort_by(|one, other| sort.compare(&one.0, &other.0));
                first.truncate(kept);
            }
        }
        first.sort_by(|one, other| sort.compare(&one.0, &other.0));
        let is_cut = first.len() > wanted.limit;
        first.truncate(wanted.limit);
        let last = first.last().filter(|_| is_cut).map(|(key, ..)| serde_json::to_vec(key));
        let last = last.transpose().map_err(|error| Problem::internal(&error))?;
        let next = last.map(|body| self.seal(&body));
        let (mut whole, mut picked) = (Vec::new(), Vec::new());
        for (_, id, shown) in first {
            let shown = complete(id, shown)?;
            match &wanted.fields {
                Some(fields) => picked.push(fields.pick(&value(&shown)?)),
                None => whole.push(shown),
            }
        }
        Ok(Listed { items: Items::of(wanted, whole, picked), next })
    }
}

impl<T> Items<T> {
    fn of(wanted: &Wanted, whole: Vec<T>, picked: Vec<Value>) -> Self {
        if wanted.fields.is_some() { Self::Picked(picked) } else { Self::Whole(whole) }
    }
}

/// An item as it is shown.
pub(super) fn value(shown: &impl Serialize) -> Result<Value, Problem> {
    serde_json::to_value(shown).map_err(|error| Problem::internal(&error))
}

/// What a name or an index leads to.
enum Found<B: Browse> {
    Records(IntoIter<(B::Id, B::Record)>),
    Ids(IntoIter<B::Id>),
}

/// A record with its id.
type Item<B> = (<B as Browse>::Id, <B as Browse>::Record);

/// A walk through records in the order of their ids.
struct Walk<'b, B: Browse> {
    all: &'b B,
    found: Option<Found<B>>,
    after: Option<B::Id>,
    batch: IntoIter<(B::Id, B::Record)>,
    is_over: bool,
}

impl<'b, B: Browse> Walk<'b, B> {
    fn new(all: &'b B, found: Option<Found<B>>, after: Option<B::Id>) -> Self {
        Self { all, found, after, batch: Vec::new().into_iter(), is_over: false }
    }

    /// The next record; reads ahead so many, and one.
    fn next(&mut self, ahead: usize) -> Result<Option<Item<B>>, Problem> {
        let after = self.after.map(RecordId::record);
        let is_behind = |id: &B::Id| after.is_none_or(|after| id.record() > after);
        match &mut self.found {
            Some(Found::Records(records)) => Ok(records.find(|(id, _)| is_behind(id))),
            Some(Found::Ids(ids)) => {
                for id in ids.filter(is_behind) {
                    if let Some(record) = self.all.candidate(id)? {
                        return Ok(Some((id, record)));
                    }
                }
                Ok(None)
            }
            None => {
                if let Some((id, record)) = self.batch.next() {
                    self.after = Some(id);
                    return Ok(Some((id, record)));
                }
                if self.is_over {
                    return Ok(None);
                }
                let (batch, is_more) = self.all.batch(self.after, ahead.saturating_add(1))?;
                (self.batch, self.is_over) = (batch.into_iter(), !is_more);
                let next = self.batch.next();
                self.after = next.as_ref().map(|(id, _)| *id).or(self.after);
                Ok(next)
            }
        }
    }
}
