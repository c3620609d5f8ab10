//! What follows from what became of an order.

use storage::{Reading as _, Snapshot};
use uuid::Uuid;

use super::search::Search;
use super::target::Target;
use super::{Cause, OrderOutcome, Ordered, SessionOrder, is_active};
use crate::collections::find_session;
use crate::directory::Directory;
use crate::error::Error;
use crate::id::OrganizationId;
use crate::records::{Carried, Departure, ReplyDigest, Session, digest_of, indices};
use crate::time::Time;

/// What follows.
pub enum Sequel {
    /// Another order in its place.
    Order(Box<SessionOrder>),
    /// What the session goes on with has to be kept.
    Changed(ChangedSession),
}

/// A session that goes on with something else.
pub struct ChangedSession {
    organization: OrganizationId,
    session: Uuid,
    reply: ReplyDigest,
    /// The kinds of attributes that it has since then beside those of before.
    carried: Carried,
    /// What it followed from is not over before it is kept.
    cause: Cause,
}

const REFUSED: &str = "the gear refused the change";

impl Sequel {
    pub(super) fn of(order: SessionOrder, outcome: &OrderOutcome) -> Option<Self> {
        let Ordered::Change(profile) = &order.what else { return None };
        match outcome {
            OrderOutcome::Done => Some(Self::Changed(ChangedSession {
                organization: order.organization,
                session: order.session.uuid,
                reply: digest_of(Some(profile)),
                carried: Carried::of(Some(profile)),
                cause: order.cause,
            })),
            OrderOutcome::Refused(_) if order.ends_when_refused && !order.is_by_hand() => {
                let instead = Some(REFUSED);
                let end = SessionOrder {
                    what: Ordered::End,
                    instead,
                    was_refused: true,
                    was_repeated: false,
                    ..order
                };
                Some(Self::Order(Box::new(end)))
            }
            OrderOutcome::Refused(_) | OrderOutcome::Silent | OrderOutcome::NotSent(_) => None,
        }
    }
}

impl Directory {
    /// Keeps what a session goes on with. What happened while its gear was told may ask for yet
    /// another order.
    ///
    /// # Errors
    /// When the store fails.
    pub fn keep_change(
        &self,
        changed: ChangedSession,
        now: Time,
    ) -> Result<Option<SessionOrder>, Error> {
        let ChangedSession { organization, session, reply, carried, cause } = changed;
        let partition = organization.partition();
        let kept = self.inner.store.write(move |change| {
            let found = change.find_first(partition, indices::SESSION_UUID, session.as_bytes())?;
            let Some(id) = found else { return Ok(()) };
            if let Some(mut session) = change.get::<Session>(partition, id)? {
                session.changed = Some(reply);
                session.carried = std::mem::take(&mut session.carried).and(carried);
                change.put(partition, id, &session)?;
            }
            Ok::<_, Error>(())
        });
        kept?;
        let snapshot = self.inner.store.read()?;
        match &cause {
            Cause::Admin { .. } => Ok(None),
            Cause::Errand { note, .. } => {
                let because = (*note, cause);
                self.wanted_since(&snapshot, (organization, session), because, now)
            }
        }
    }

    fn wanted_since(
        &self,
        snapshot: &Snapshot,
        (organization, session): (OrganizationId, Uuid),
        (note, cause): (storage::Id, Cause),
        now: Time,
    ) -> Result<Option<SessionOrder>, Error> {
        let partition = organization.partition();
        let session = match find_session(snapshot, partition, session) {
            Err(Error::Missing) => return Ok(None),
            found => found?,
        };
        if session.ended.is_some() || !is_active(snapshot, organization)? {
            return Ok(None);
        }
        let Some(target) = Target::read(snapshot, organization, session.client, now)? else {
            return Ok(None);
        };
        let Some(note) = snapshot.get::<Departure>(partition, note)? else { return Ok(None) };
        let mut search = Search::new((self, snapshot), (organization, now), vec![note]);
        let wanted = search.wanted(0, &session, target.fields())?;
        let networks = self.tools().order_networks();
        let order = |wanted| target.order(organization, session, (wanted, cause), networks);
        Ok(wanted.map(order))
    }
}
