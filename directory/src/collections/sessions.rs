//! What network gear told of sessions, to be read.

use storage::{Id, Partition, Reading, Snapshot};
use uuid::Uuid;

use crate::access::{Grant, View};
use crate::error::Error;
use crate::id::{RadiusClientId, RecordId};
use crate::records::{Session, indices};
use crate::text::{prepare, prepare_cut};

/// Which sessions.
#[derive(Clone, Debug, Default)]
pub struct SessionQuery {
    /// Only open ones, or only those that ended.
    pub open: Option<bool>,
    /// Only those of this login, compared without case.
    pub login: Option<String>,
    /// Only those that this RADIUS client told of.
    pub client: Option<RadiusClientId>,
}

/// Some of the sessions.
#[derive(Debug)]
pub struct SessionPage {
    /// The sessions, in the order in which they were first heard of.
    pub sessions: Vec<Session>,
    /// Behind which number the next page starts; absent on the last.
    pub next: Option<u64>,
}

/// The most sessions that a page looks at; it may then hold fewer than asked for, and not be the
/// last.
const LOOK_THROUGH: usize = 2_000;

impl SessionQuery {
    fn admits(&self, session: &Session) -> bool {
        let login = |wanted: &String| prepare(wanted) == prepare(&session.login);
        self.open.is_none_or(|open| open == session.ended.is_none())
            && self.login.as_ref().is_none_or(login)
            && self.client.is_none_or(|client| client == session.client)
    }
}

impl Grant<'_, &Snapshot, View> {
    /// Reads at most `limit` of the organization's sessions behind `after`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn sessions(
        &self,
        query: &SessionQuery,
        after: Option<u64>,
        limit: usize,
    ) -> Result<SessionPage, Error> {
        let (partition, source) = (self.place.partition(), self.source);
        let found = |index, value: &[u8]| {
            let ids = source.find(partition, index, value);
            ids.filter(|id| id.as_ref().map_or(true, |id| after.is_none_or(|after| *id > after)))
        };
        let read = |id: Result<Id, storage::ReadError>| {
            let id = id?;
            Ok(source.get::<Session>(partition, id)?.map(|session| (id, session)))
        };
        match (query.login.as_ref(), query.open, query.client) {
            (Some(login), ..) => {
                let ids = found(indices::SESSION_USER, prepare_cut(login).as_bytes());
                gather(ids.map(read), query, limit)
            }
            (None, Some(true), Some(client)) => {
                let ids = found(indices::SESSION_OPEN_AT, &client.record().to_be_bytes());
                gather(ids.map(read), query, limit)
            }
            (None, Some(true), None) => {
                gather(found(indices::SESSION_OPEN, &[]).map(read), query, limit)
            }
            (None, Some(false) | None, _) => {
                let all = source.scan::<Session>(partition, after);
                gather(all.map(|found| Ok(Some(found?))), query, limit)
            }
        }
    }

    /// Finds the session with an external id.
    ///
    /// # Errors
    /// `Missing` when there is none.
    pub fn session(&self, uuid: Uuid) -> Result<Session, Error> {
        find_session(self.source, self.place.partition(), uuid)
    }
}

/// Finds the session with an external id.
pub(crate) fn find_session(
    source: &Snapshot,
    partition: Partition,
    uuid: Uuid,
) -> Result<Session, Error> {
    let id = source.find_first(partition, indices::SESSION_UUID, uuid.as_bytes())?;
    let session = match id {
        Some(id) => source.get(partition, id)?,
        None => None,
    };
    session.ok_or(Error::Missing)
}

/// The open sessions that a RADIUS client told of.
pub(crate) fn open_sessions_at(
    source: &Snapshot,
    partition: Partition,
    client: RadiusClientId,
) -> impl Iterator<Item = Result<Session, Error>> {
    let open = source.find(partition, indices::SESSION_OPEN_AT, &client.record().to_be_bytes());
    open.filter_map(move |id| match id.and_then(|id| source.get(partition, id)) {
        Ok(session) => session.map(Ok),
        Err(error) => Some(Err(error.into())),
    })
}

type Found = Result<Option<(Id, Session)>, Error>;

fn gather(
    found: impl Iterator<Item = Found>,
    query: &SessionQuery,
    limit: usize,
) -> Result<SessionPage, Error> {
    let (mut sessions, mut last) = (Vec::new(), None);
    for (looked, found) in found.enumerate() {
        if sessions.len() == limit || looked == LOOK_THROUGH {
            return Ok(SessionPage { sessions, next: last });
        }
        let Some((id, session)) = found? else { continue };
        last = Some(id);
        if query.admits(&session) {
            sessions.push(session);
        }
    }
    Ok(SessionPage { sessions, next: None })
}
