//! An order that is looked at again when its turn comes, which may be hours after it was found.

use storage::Reading as _;

use super::search::Search;
use super::target::Target;
use super::{Cause, Ordered, SessionOrder, is_active};
use crate::collections::find_session;
use crate::directory::Directory;
use crate::error::Error;
use crate::records::Departure;
use crate::time::Time;

const UNREADABLE: &str = "the session or its RADIUS client cannot be read";
const INACTIVE: &str = "the organization is not active";
const GONE: &str = "the session is not kept any more";
const ENDED: &str = "the session has ended meanwhile";
const NO_CLIENT: &str = "the session's RADIUS client was deleted meanwhile";
const UNDONE: &str = "why the session was to end does not hold any more";
const UNCHANGED: &str = "the policy says nothing else of the session any more";

impl Directory {
    /// Brings an order to how things stand: where its gear is, and which secrets it may have.
    ///
    /// # Errors
    /// Why nothing is to be sent, in words.
    pub fn renew_order(&self, order: &mut SessionOrder, now: Time) -> Result<(), &'static str> {
        self.look_again(order, now).unwrap_or(Err(UNREADABLE))
    }

    fn look_again(
        &self,
        order: &mut SessionOrder,
        now: Time,
    ) -> Result<Result<(), &'static str>, Error> {
        let (snapshot, organization) = (self.inner.store.read()?, order.organization);
        let partition = organization.partition();
        let session = match find_session(&snapshot, partition, order.session.uuid) {
            Err(Error::Missing) => return Ok(Err(GONE)),
            found => found?,
        };
        if session.ended.is_some() {
            return Ok(Err(ENDED));
        }
        let target = Target::read(&snapshot, organization, session.client, now)?;
        let Some(target) = target else { return Ok(Err(NO_CLIENT)) };
        if let Cause::Errand { note, .. } = &order.cause {
            if !is_active(&snapshot, organization)? {
                return Ok(Err(INACTIVE));
            }
            let Some(note) = snapshot.get::<Departure>(partition, *note)? else {
                return Ok(Err(UNDONE));
            };
            let within = (self, &snapshot);
            let mut search = Search::new(within, (organization, now), vec![note]);
            let Some(wanted) = search.wanted(0, &session, target.fields())? else {
                let is_change = matches!(order.what, Ordered::Change(_));
                return Ok(Err(if is_change { UNCHANGED } else { UNDONE }));
            };
            if !order.was_refused {
                (order.what, order.instead) = (wanted.what, wanted.instead);
            }
        }
        target.renew(order, session, self.tools().order_networks());
        Ok(Ok(()))
    }
}
