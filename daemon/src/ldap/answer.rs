//! What the directory answers to a connection's questions.

mod begin;
pub(super) mod claim;
mod overheard;
mod passwords;
mod special;

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use directory::access::{Actor, Context, Identity};
use directory::authentication::{self, Begun, Door as By, Proof, Request, Who};
use directory::search::{EntryId, Memo, SearchGrant};
use directory::{Error, Missed, ReadingTransaction, Time};
use ldap::dn::Dn;
use ldap::{
    Answer, BindRequest, CompareRequest, Outcome, Question, ResultCode, Scope, SearchRequest,
    Security, Session, Ticket,
};

use super::Door;
use super::aim::LastAim;
use super::awaited::Awaited;
use super::notes::{Notes, Noting};
pub(super) use super::replies::{absent, bind_first};
use super::replies::{asking, granted};
use super::sasl::Introduction;
use super::search::Terms;
use super::search::share::Sorting;
use super::search::work::Work;
use super::telling::{Telling, Untold};
use super::view::{self, Place, Spoken, Target, TargetError};
use crate::transport::Transport;

pub(super) use passwords::Late;
use passwords::refused;

/// A connection's place among those of its organization.
type Seat = crate::admission::Place<directory::OrganizationId>;

/// Who a connection is, and what it is being answered.
pub(super) struct Caller {
    door: Arc<Door>,
    source: IpAddr,
    actor: Actor,
    /// The service account that bound last on this connection.
    application: Option<Actor>,
    introduction: Introduction,
    /// The connection's place among those of its organization.
    place: Option<Seat>,
    awaited: RefCell<Awaited>,
    searches: HashMap<Ticket, Work>,
    sorting: Sorting,
    memo: Memo,
    aim: LastAim,
    notes: Notes,
    /// How the search that is being answered is told.
    pub(super) telling: Telling,
    /// Searches that are told once they have answered all.
    pub(super) untold: HashMap<Ticket, Untold>,
    /// How the caller spoke of themselves in the last bind.
    spoken: Option<Spoken>,
}

/// How a question was taken.
pub(super) enum Asked {
    /// This is the answer.
    Answered(Answer),
    /// The answer comes later.
    Later,
}

impl Caller {
    /// A connection that has not said who it is.
    pub(super) fn new(door: Arc<Door>, source: IpAddr) -> Self {
        let memo = door.directory.memo();
        Self {
            door,
            source,
            actor: Actor::nobody(),
            application: None,
            introduction: Introduction::default(),
            place: None,
            awaited: RefCell::default(),
            searches: HashMap::new(),
            sorting: Sorting::default(),
            memo,
            aim: LastAim::default(),
            notes: Notes::default(),
            telling: Telling::default(),
            untold: HashMap::new(),
            spoken: None,
        }
    }

    /// Makes the connection anonymous.
    pub(super) fn forget(&mut self) {
        self.actor = Actor::nobody();
        self.spoken = None;
        self.aim = LastAim::default();
    }

    /// Takes note of what TLS told.
    pub(super) fn introduced(&mut self, transport: &Transport) {
        self.introduction = Introduction::of(transport, self.door.domain.as_deref());
    }

    /// What TLS told.
    pub(super) const fn introduction(&self) -> &Introduction {
        &self.introduction
    }

    /// The organization of who the connection is.
    pub(super) fn organization(&self) -> Option<directory::OrganizationId> {
        self.actor.organization()
    }

    /// The directory that is asked.
    pub(super) fn directory(&self) -> &directory::Directory {
        &self.door.directory
    }

    /// Where the connection comes from.
    pub(super) const fn source(&self) -> IpAddr {
        self.source
    }

    /// Who the connection is.
    pub(super) const fn actor(&self) -> Actor {
        self.actor
    }

    /// What the caller's searches keep between requests.
    pub(super) const fn memo(&self) -> &Memo {
        &self.memo
    }

    /// What comes later.
    pub(super) fn awaited(&mut self) -> &mut Awaited {
        self.awaited.get_mut()
    }

    /// Stops working on a question.
    pub(super) fn abandon(&mut self, ticket: Ticket) {
        self.searches.remove(&ticket);
        self.tell_abandoned(ticket);
    }

    /// Takes a question.
    ///
    /// # Errors
    /// When the directory fails.
    pub(super) fn ask(
        &mut self,
        ticket: Ticket,
        question: Question,
        session: &mut Session,
    ) -> Result<Asked, Error> {
        match question {
            Question::Bind(request) => {
                self.forget();
                self.bind(ticket, &request, session.security())
            }
            Question::Plain(request) => {
                self.forget();
                self.plain(ticket, &request, session.security())
            }
            Question::External(request) => {
                self.forget();
                self.external(&request).map(Asked::Answered)
            }
            Question::Search(request) => {
                let asked = self.search(ticket, &request, session);
                self.tell_search(ticket, &request, &asked, session);
                asked
            }
            Question::Continue => {
                let asked = self.go_on(ticket, session);
                self.tell_rest(ticket, &asked, session);
                asked
            }
            Question::Compare(request) => {
                self.compare(&request, session.security()).map(Asked::Answered)
            }
            Question::WhoAmI => self.who_am_i().map(Asked::Answered),
            Question::ChangePassword(change) => {
                self.change_password(ticket, &change, session.security())
            }
        }
    }

    /// What is said to a bind that ended so.
    pub(super) fn bound(&mut self, outcome: &authentication::Outcome) -> Answer {
        if let authentication::Outcome::Unhashed(failure) = outcome {
            tracing::error!(%failure, "a bind was told that the server is busy");
        }
        if let authentication::Outcome::Accept { actor, .. } = outcome {
            if !self.sit(actor) {
                let words = "too many connections of this organization; close some";
                return Answer::Result(Outcome::new(ResultCode::Busy, words));
            }
            self.actor = *actor;
            if let Some(Identity::ServiceAccount(_)) = actor.identity() {
                self.application = Some(*actor);
            }
        }
        view::bound(outcome)
    }

    /// Takes a place among the connections of the organization, unless it has one; false when
    /// there is none left.
    fn sit(&mut self, actor: &Actor) -> bool {
        let Some(organization) = actor.organization() else { return true };
        if self.place.as_ref().is_some_and(|place| place.key() == organization) {
            return true;
        }
        self.place = self.door.organizations.enter(organization);
        self.place.is_some()
    }

    fn bind(
        &mut self,
        ticket: Ticket,
        request: &BindRequest,
        security: Security,
    ) -> Result<Asked, Error> {
        let claimed = match view::Meant::of_bind(request.dn.as_str()) {
            Ok(meant) => self.whom(meant)?,
            // Nobody is called so.
            Err(ldap::dn::Error::TooLong) => {
                return Ok(Asked::Answered(self.bound(&authentication::Outcome::Reject)));
            }
            Err(error) => return Ok(Asked::Answered(Answer::Result(error.into()))),
        };
        let Ok(password) = authentication::Password::new(request.password.octets()) else {
            return Ok(Asked::Answered(self.bound(&authentication::Outcome::Reject)));
        };
        self.prove(ticket, claimed, password, security)
    }

    /// Lets the directory judge a password, now or later.
    pub(super) fn prove(
        &mut self,
        ticket: Ticket,
        (organization, who): (Option<directory::OrganizationId>, Who),
        password: authentication::Password,
        security: Security,
    ) -> Result<Asked, Error> {
        let begun = self.door.directory.authenticate(Request {
            organization,
            who,
            proof: Proof::Password(password),
            door: By::Ldap(view::channel(security)),
            application: self.application,
            source: self.source,
            now: self.now(),
        })?;
        match begun {
            Begun::Done(outcome) => Ok(Asked::Answered(self.bound(&outcome))),
            Begun::Pending(pending) => {
                let (outcomes, delay) = (self.awaited.get_mut().another(), self.door.busy_delay);
                let runtime = tokio::runtime::Handle::current();
                self.door.directory.finish(pending, move |outcome| {
                    let busy = matches!(
                        outcome,
                        authentication::Outcome::Busy | authentication::Outcome::Unhashed(_)
                    );
                    // A connection that ended meanwhile hears nothing.
                    let tell = move || drop(outcomes.send((ticket, Late::Bound(outcome))));
                    if busy {
                        runtime.spawn(async move {
                            tokio::time::sleep(delay).await;
                            tell();
                        });
                    } else {
                        tell();
                    }
                });
                Ok(Asked::Later)
            }
        }
    }

    fn search(
        &mut self,
        ticket: Ticket,
        request: &SearchRequest,
        session: &mut Session,
    ) -> Result<Asked, Error> {
        let spelled = request.base.as_str();
        let reading = self.read()?;
        let grant = granted(self.actor, &reading, &self.memo)?;
        let how = grant.as_ref().map(SearchGrant::telling).unwrap_or_default();
        self.telling = Telling { how, began: None };
        let again = grant.as_ref().and_then(|grant| self.aim.again(grant, spelled));
        let parsed = match again {
            Some(_) => Dn::ROOT,
            None => match Dn::parse(spelled) {
                Ok(parsed) => parsed,
                Err(error) => {
                    self.noting().no_base();
                    return Ok(Asked::Answered(Answer::Result(error.into())));
                }
            },
        };
        let base = again.as_ref().map_or(&parsed, |aim| &aim.base);
        if request.scope == Scope::Base
            && let Some(special) = special::at(base, grant.as_ref())?
        {
            let answer = self.special((ticket, special), grant.as_ref(), request, session)?;
            return Ok(Asked::Answered(answer));
        }
        let Some(grant) = grant else {
            return Ok(Asked::Answered(refused(self.actor)));
        };
        let aim = match again {
            Some(aim) => aim,
            None => {
                let asking = asking(self.actor, &grant, self.spoken.as_ref());
                self.aim.take(&grant, asking, spelled, parsed)?
            }
        };
        let user = matches!(self.actor.identity(), Some(Identity::User(_)));
        let who = (user, aim.naming.ways().unpaged);
        let terms = Terms::new(&self.door.searches, self.door.clock, request, who);
        self.telling.began = Some(terms.began);
        self.noting().search(request, &aim.naming, grant.schema());
        let begun = self.begin((ticket, &aim, request), (user, terms), &grant, session)?;
        let (answer, rest) = match begun {
            Err(answer) => {
                self.noting().base_of(&answer, &aim.base);
                self.noting().limited(&answer);
                (answer, None)
            }
            Ok(work) => self.run(ticket, work, &grant, session)?,
        };
        self.keep(ticket, rest);
        Ok(Asked::Answered(answer))
    }

    fn go_on(&mut self, ticket: Ticket, session: &mut Session) -> Result<Asked, Error> {
        let Some(running) = self.searches.remove(&ticket) else { return Ok(Asked::Later) };
        let reading = self.read()?;
        let (answer, rest) = match granted(self.actor, &reading, &self.memo)? {
            Some(grant) => self.run(ticket, running, &grant, session)?,
            None => (refused(self.actor), None),
        };
        self.keep(ticket, rest);
        Ok(Asked::Answered(answer))
    }

    /// Writes what fits; what does not comes back, to go on later.
    fn run(
        &self,
        ticket: Ticket,
        work: Work,
        grant: &SearchGrant<'_, '_>,
        session: &mut Session,
    ) -> Result<(Answer, Option<Work>), Error> {
        let Some(mut writer) = session.entries(ticket) else {
            // Nobody waits for it any more.
            return Ok((Answer::Result(Outcome::success()), None));
        };
        let was_ordered = work.is_ordered();
        let (answer, work) = work.run(grant, self.door.clock, &mut writer)?;
        let (noting, goes_on) = (self.noting(), matches!(answer, Answer::More | Answer::Waiting));
        if let Some((entries, shape)) = work.looked_through() {
            noting.looked_through(entries, shape);
            if !goes_on {
                self.door.tally.ldap.looked_through(entries);
            }
        }
        noting.limited(&answer);
        if was_ordered && !work.is_ordered() {
            noting.unsorted();
        }
        Ok((answer, goes_on.then_some(work)))
    }

    fn keep(&mut self, ticket: Ticket, rest: Option<Work>) {
        if let Some(work) = rest {
            self.searches.insert(ticket, work);
        }
    }

    /// Notes what the session did not do.
    pub(super) fn missed(&self, missed: &ldap::Missed) {
        match missed {
            ldap::Missed::Control(name) => self.noting().note(Missed::Control, name),
            ldap::Missed::Operation(name) => self.noting().note(Missed::Operation, name),
            ldap::Missed::Write(name) => self.noting().note(Missed::Change, name),
            ldap::Missed::Protection(name) => self.overheard(name),
            ldap::Missed::Refused(name, controls) => self.refused(name, controls),
        }
    }

    fn noting(&self) -> Noting<'_> {
        Noting {
            notes: &self.notes,
            directory: &self.door.directory,
            actor: self.actor,
            clock: self.door.clock,
        }
    }

    fn compare(&self, request: &CompareRequest, security: Security) -> Result<Answer, Error> {
        let dn = match Dn::parse(request.entry.as_str()) {
            Ok(dn) => dn,
            Err(error) => {
                self.noting().no_base();
                return Ok(Answer::Result(error.into()));
            }
        };
        let reading = self.read()?;
        let grant = granted(self.actor, &reading, &self.memo)?;
        if let Some(special) = special::at(&dn, grant.as_ref())? {
            return self.compare_special((special, request), grant.as_ref(), security);
        }
        let Some(grant) = grant else { return Ok(refused(self.actor)) };
        let record = grant.own_organization()?;
        let naming = view::naming(record, asking(self.actor, &grant, self.spoken.as_ref()), &dn);
        let target = match naming.target(&dn) {
            Ok(target) => target,
            Err(error) => return Ok(Answer::Result(absent(&grant, &naming, &error)?)),
        };
        self.noting().tested(&request.attribute, &naming, grant.schema());
        let asked = super::compare::Assertion::of(request, &naming, &grant)?;
        let place = |container| Place::of(record, &naming, container);
        Ok(Answer::Result(match target {
            Target::Base => asked.judge_place(&place(None))?,
            Target::Container(container) => asked.judge_place(&place(Some(container)))?,
            Target::Entry(named) => {
                let found = named.find(&|kind, name| grant.find(kind, name))?;
                let judged = match found {
                    Some(id) => asked.judge_entry(&grant, id)?,
                    None => None,
                };
                let nearest = TargetError::Container(named.container);
                judged.map_or_else(|| absent(&grant, &naming, &nearest), Ok)?
            }
        }))
    }

    fn who_am_i(&self) -> Result<Answer, Error> {
        if self.actor.must_change_password() {
            return Ok(refused(self.actor));
        }
        let reading = self.read()?;
        let (Some(grant), Some(identity)) =
            (granted(self.actor, &reading, &self.memo)?, self.actor.identity())
        else {
            return Ok(Answer::Identity(String::new()));
        };
        let asking = asking(self.actor, &grant, self.spoken.as_ref());
        let naming = view::naming(grant.own_organization()?, asking, &Dn::ROOT);
        let id = match identity {
            Identity::User(user) => EntryId::User(user),
            Identity::ServiceAccount(account) => EntryId::ServiceAccount(account),
        };
        let mut name = String::new();
        grant.show(id, &mut |found| {
            name = format!("dn:{}", naming.entry(found.entry()));
            Ok(())
        })?;
        Ok(Answer::Identity(name))
    }

    /// A snapshot for one question, with who asks.
    pub(super) fn read(&self) -> Result<ReadingTransaction, Error> {
        let source = Some(self.source);
        let (actor, now) = (self.actor, self.now());
        self.door.directory.read(Context { actor, source, now, request: None })
    }

    pub(super) fn now(&self) -> Time {
        Time(self.door.clock.wall())
    }

    /// The time that has passed.
    pub(super) fn monotonic(&self) -> Duration {
        self.door.clock.monotonic()
    }
}
