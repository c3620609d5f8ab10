//! What network gear told of sessions, to be read.

use storage::{Id, Partition, Reading, Snapshot};
use uuid::Uuid;

use super::browse::{Batch, Browse, Sought};
use super::site::Site;
use crate::access::{Grant, View};
use crate::error::Error;
use crate::id::{RadiusClientId, RecordId, SessionId};
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

impl SessionQuery {
    fn admits(&self, session: &Session) -> bool {
        let login = |wanted: &String| prepare(wanted) == prepare(&session.login);
        self.open.is_none_or(|open| open == session.ended.is_none())
            && self.login.as_ref().is_none_or(login)
            && self.client.is_none_or(|client| client == session.client)
    }
}

/// The sessions that a query means, in the order in which they were first heard of.
pub struct SessionsWhere<'g> {
    site: Site<'g, &'g Snapshot>,
    query: SessionQuery,
}

impl<'t> Grant<'t, &'t Snapshot, View> {
    /// Those of the organization's sessions that a query means, to be browsed.
    pub fn sessions_where(&self, query: SessionQuery) -> SessionsWhere<'t> {
        SessionsWhere { site: self.site(), query }
    }
}

impl Browse for SessionsWhere<'_> {
    type Id = SessionId;
    type Record = Session;

    fn batch(
        &self,
        after: Option<SessionId>,
        limit: usize,
    ) -> Result<Batch<SessionId, Session>, Error> {
        let (partition, source) = (self.site.partition(), self.site.source);
        let after = after.map(SessionId::record);
        let SessionQuery { open, login, client } = &self.query;
        let found = |index, value: &[u8]| {
            let ids = source.find_behind(partition, index, value, after);
            first(ids.map(|id| self.read(id?)), limit)
        };
        match (login, open, client) {
            (Some(login), ..) => found(indices::SESSION_USER, prepare_cut(login).as_bytes()),
            (None, Some(true), Some(client)) => {
                found(indices::SESSION_OPEN_AT, &client.record().to_be_bytes())
            }
            (None, Some(true), None) => found(indices::SESSION_OPEN, &[]),
            (None, Some(false) | None, _) => {
                let all = source.scan::<Session>(partition, after);
                first(all.map(|found| Ok(Some(found?))), limit)
            }
        }
    }

    fn admits(&self, _: SessionId, session: &Session) -> Result<bool, Error> {
        Ok(self.query.admits(session))
    }

    fn candidates(&self, sought: Sought<'_>, most: usize) -> Result<Option<Vec<SessionId>>, Error> {
        let Sought { member, value, is_whole } = sought;
        let (partition, source) = (self.site.partition(), self.site.source);
        let found: Result<Vec<Id>, _> = match (member, is_whole) {
            ("id", true) => {
                let Ok(uuid) = Uuid::try_parse(value) else { return Ok(Some(Vec::new())) };
                source.find(partition, indices::SESSION_UUID, uuid.as_bytes()).collect()
            }
            ("device", true) => {
                let Ok(uuid) = Uuid::try_parse(value) else { return Ok(Some(Vec::new())) };
                let device = source.find_first(partition, indices::DEVICE_UUID, uuid.as_bytes())?;
                let Some(device) = device else { return Ok(Some(Vec::new())) };
                let ids = source.find(partition, indices::SESSION_DEVICE, &device.to_be_bytes());
                ids.take(most.saturating_add(1)).collect()
            }
            ("login", true) => {
                let login = prepare_cut(value);
                let ids = source.find(partition, indices::SESSION_USER, login.as_bytes());
                ids.take(most.saturating_add(1)).collect()
            }
            ("login", false) => {
                let login = prepare_cut(value);
                let ids = source.prefix(partition, indices::SESSION_USER, login.as_bytes()).ids();
                ids.take(most.saturating_add(1)).collect()
            }
            (..) => return Ok(None),
        };
        let mut found = found?;
        found.sort_unstable();
        let ids = found.into_iter().filter_map(SessionId::from_record).collect::<Vec<_>>();
        Ok((ids.len() <= most).then_some(ids))
    }

    fn candidate(&self, id: SessionId) -> Result<Option<Session>, Error> {
        Ok(self.site.source.get(self.site.partition(), id.record())?)
    }
}

impl SessionsWhere<'_> {
    fn read(&self, id: Id) -> Result<Option<(Id, Session)>, Error> {
        let session = self.site.source.get::<Session>(self.site.partition(), id)?;
        Ok(session.map(|session| (id, session)))
    }
}

impl Grant<'_, &Snapshot, View> {
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

/// The first of what is found, and whether there is more.
fn first(
    found: impl Iterator<Item = Result<Option<(Id, Session)>, Error>>,
    limit: usize,
) -> Result<Batch<SessionId, Session>, Error> {
    let mut sessions = Vec::new();
    for found in found {
        let Some((number, session)) = found? else { continue };
        if sessions.len() == limit {
            return Ok((sessions, true));
        }
        sessions.extend(SessionId::from_record(number).map(|id| (id, session)));
    }
    Ok((sessions, false))
}
