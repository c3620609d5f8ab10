//! Requests under way.

use bytes::Bytes;

use crate::control::sort::SortResult;
use crate::control::sync::SyncDone;
use crate::control::view::ViewResult;
use crate::response::ControlWriter;
use crate::{Selection, Ticket, response};

/// A request that has a ticket.
pub(super) struct Running {
    pub(super) ticket: Ticket,
    pub(super) id: u32,
    /// The message's length: as much memory stays occupied while the request runs.
    pub(super) octets: usize,
    pub(super) work: Work,
    /// The client asked to hear what the password policy says.
    pub(super) wants_notice: bool,
}

#[derive(Debug)]
pub(super) enum Work {
    Bind,
    Search(Search),
    Compare,
    WhoAmI,
    Modify,
    PasswordModify,
}

/// What is kept of a search while it runs.
#[derive(Debug)]
pub(crate) struct Search {
    pub(crate) types_only: bool,
    pub(crate) selection: Selection,
    /// 0 for any number.
    pub(crate) size_limit: u32,
    /// Entries of this request.
    pub(crate) given: u64,
    /// Entries of the pages before.
    pub(crate) seen: u64,
    pub(crate) page: Option<Paging>,
    /// What is said beside the end, where controls asked for it.
    pub(super) tail: Option<Box<Tail>>,
    /// The directory waits until the client has read.
    pub(super) paused: bool,
    /// The client stays to hear of changes, and has heard of all so far.
    pub(super) waiting: bool,
}

/// What is said beside the end of a search.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    pub(crate) sort: Option<SortResult>,
    pub(crate) view: Option<ViewResult>,
    pub(crate) sync: Option<SyncDone>,
}

impl Tail {
    /// Writes the controls.
    pub(super) fn put(&self, beside: &mut ControlWriter<'_>) {
        if let Some(sort) = &self.sort {
            sort.put(beside);
        }
        if let Some(view) = self.view {
            view.put(beside);
        }
        if let Some(sync) = &self.sync {
            sync.put(beside);
        }
    }
}

/// The page that a search fills.
#[derive(Debug)]
pub(crate) struct Paging {
    pub(crate) size: u32,
    /// The request's octets, to which a cookie is bound.
    pub(super) request: Bytes,
    /// The order of its entries, to which a cookie is bound as well.
    pub(super) order: Bytes,
}

impl Search {
    /// Entries of all pages so far.
    pub(crate) const fn total(&self) -> u64 {
        self.seen.saturating_add(self.given)
    }

    /// What will be said beside the end.
    pub(crate) fn tail(&mut self) -> &mut Tail {
        self.tail.get_or_insert_default()
    }
}

impl Work {
    /// The tag of the response that ends it.
    pub(super) const fn response(&self) -> u8 {
        match self {
            Self::Bind => response::BIND_RESPONSE,
            Self::Search(_) => response::SEARCH_DONE,
            Self::Compare => response::COMPARE_RESPONSE,
            Self::Modify => response::MODIFY_RESPONSE,
            Self::WhoAmI | Self::PasswordModify => response::EXTENDED_RESPONSE,
        }
    }
}
