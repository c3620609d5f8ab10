//! How searches begin, and how those that stay hear of changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use directory::Error;
use directory::search::SearchGrant;
use ldap::{Answer, Outcome, ResultCode, SearchRequest, Session, Ticket};

use super::super::aim::Aim;
use super::super::search::copy::{Asker, Copy, Held};
use super::super::search::ordered::{self, BeginOrdered};
use super::super::search::work::Work;
use super::super::search::{self, Begin, Terms};
use super::{Caller, Late, bind_first};

/// How long changes gather before a search that stays looks at them: those of one moment are told
/// together.
const GATHER: Duration = Duration::from_millis(100);

impl Caller {
    /// Begins a search, or answers it.
    pub(super) fn begin(
        &self,
        (ticket, aim, request): (Ticket, &Arc<Aim>, &SearchRequest),
        (user, terms): (bool, Terms),
        grant: &SearchGrant<'_, '_>,
        session: &mut Session,
    ) -> Result<Result<Work, Answer>, Error> {
        if request.sync.is_some() {
            return Ok(self.begin_copy((ticket, aim, request), user));
        }
        if request.sort.is_none() && request.view.is_none() {
            return Ok(match search::begin(grant, aim, request, terms)? {
                Begin::Answered(answer) => Err(answer),
                Begin::Running(running) => Ok(Work::Plain(running)),
            });
        }
        let Some(mut writer) = session.entries(ticket) else {
            return Ok(Err(Answer::Result(Outcome::success())));
        };
        let terms = (&self.sorting, self.door.searches.sorted, terms);
        Ok(match ordered::begin(grant, (aim, request), terms, &mut writer)? {
            BeginOrdered::Answered(answer) => Err(answer),
            BeginOrdered::Running(work) => Ok(work),
        })
    }

    fn begin_copy(
        &self,
        (ticket, aim, request): (Ticket, &Arc<Aim>, &SearchRequest),
        user: bool,
    ) -> Result<Work, Answer> {
        let stays = request.sync.as_ref().is_some_and(|sync| sync.persist);
        let held = if stays { Some(self.hold(ticket)?) } else { None };
        let asker = Asker { actor: self.actor, spoken: self.spoken.clone(), user };
        let copy = Copy::new(asker, (aim, request), &self.door.searches, held);
        Ok(Work::Copy(Box::new(copy)))
    }

    /// Takes a place among the searches that stay, and has it hear of changes.
    fn hold(&self, ticket: Ticket) -> Result<Held, Answer> {
        let busy = |words| Answer::Result(Outcome::new(ResultCode::Busy, words));
        let persistent = &self.door.persistent;
        let staying = self.searches.values().filter(|work| work.stays()).count();
        if staying >= persistent.per_connection {
            return Err(busy("too many searches of this connection stay to hear of changes"));
        }
        let place = self.organization().and_then(|id| persistent.organizations.enter(id));
        let Some(place) = place else {
            return Err(busy("too many searches of this organization stay to hear of changes"));
        };
        let (outcomes, runtime) =
            (self.awaited.borrow_mut().news(), tokio::runtime::Handle::current());
        let rung = Arc::new(AtomicBool::new(false));
        let bell = move || {
            if rung.swap(true, Ordering::AcqRel) {
                return;
            }
            let (outcomes, rung) = (outcomes.clone(), Arc::clone(&rung));
            runtime.spawn(async move {
                tokio::time::sleep(GATHER).await;
                // What rings from here on may come too late for the snapshot that is taken next.
                rung.store(false, Ordering::Release);
                // A connection that ended meanwhile hears nothing.
                let _gone = outcomes.send((ticket, Late::Disturbed));
            });
        };
        let following = self.door.directory.follow(self.actor, Box::new(bell));
        following.map(|following| (place, following)).ok_or(Answer::Result(bind_first()))
    }

    /// Whether a search stays to hear of changes.
    pub(in crate::ldap) fn stays(&self) -> bool {
        self.searches.values().any(Work::stays)
    }

    /// Takes note that something changed that a search may tell.
    pub(in crate::ldap) fn disturb(&mut self, ticket: Ticket) {
        if let Some(Work::Copy(copy)) = self.searches.get_mut(&ticket) {
            copy.disturb();
        }
    }
}
