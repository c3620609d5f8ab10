//! Searches under way on one connection.

use std::collections::VecDeque;
use std::time::Duration;

use directory::access::Search;
use directory::search::{
    Ended, EntryId, Filter, Found, Kind, Kinds, Position, SearchGrant, Searching, Truth, Visit,
};
use directory::{Error, OrganizationId, ReadingTransaction};
use ldap::dn::Dn;
use ldap::{
    Answer, CompareRequest, EntryWriter, Outcome, ResultCode, Scope, SearchRequest, Session, Stop,
    Ticket,
};

use super::answer::{Caller, absent, bind_first, compared};
use super::view::{self, Container, Naming, Place, Target, TargetError, translate};

/// A search that writes entries.
pub(super) struct Running {
    organization: OrganizationId,
    naming: Naming,
    filter: Filter,
    /// The base and containers that match, still to be written.
    places: VecDeque<Place>,
    places_written: u64,
    /// The one stored entry that is asked for.
    single: Option<EntryId>,
    searching: Option<Searching>,
    budget: Budget,
}

/// What is left of what a search may cost.
struct Budget {
    deadline: Duration,
    /// Entries that may still be written before the server says that it is enough.
    entries: u64,
    /// Whether that many fill a page, and more may follow on the next.
    paged: bool,
}

/// How a search began.
pub(super) enum Begin {
    /// It is over.
    Answered(Answer),
    /// It has entries to write.
    Running(Box<Running>),
}

/// Begins a search.
pub(super) fn begin(
    caller: &Caller,
    request: &SearchRequest,
    ticket: Ticket,
    session: &mut Session,
) -> Result<Begin, Error> {
    let base = match Dn::parse(request.base.as_str()) {
        Ok(base) => base,
        Err(error) => return Ok(answered(error.into())),
    };
    if request.scope == Scope::Base && (base.is_root() || base.as_str() == view::SUBSCHEMA) {
        return special(caller, &base, request, ticket, session);
    }
    let Some(organization) = caller.actor().organization() else {
        return Ok(answered(bind_first()));
    };
    let reading = caller.read()?;
    let grant = match reading.authorize::<Search>(organization) {
        Ok(grant) => grant,
        Err(Error::Refused(_)) => return Ok(answered(bind_first())),
        Err(error) => return Err(error),
    };
    Plan { caller, grant: &grant, organization }.make(&base, request)
}

struct Plan<'p, 'g, 's> {
    caller: &'p Caller,
    grant: &'p SearchGrant<'g, 's>,
    organization: OrganizationId,
}

impl Plan<'_, '_, '_> {
    fn make(&self, base: &Dn, request: &SearchRequest) -> Result<Begin, Error> {
        let record = self.grant.own_organization()?;
        let naming = Naming::new(record.fields.base.as_str());
        let target = match naming.target(base) {
            Ok(target) => target,
            // From the root one sees one's own organization.
            Err(TargetError::Elsewhere) if base.is_root() => Target::Base,
            Err(error) => return Ok(answered(absent(&naming, error))),
        };
        let Some(budget) = self.budget(request) else {
            let words = "the limit of entries over all pages is reached";
            return Ok(answered(Outcome::new(ResultCode::SizeLimitExceeded, words)));
        };
        let filter =
            translate(&request.filter, &naming, &|kind, name| self.grant.find(kind, name))?;
        let Some(from) = Cursor::of(request) else {
            return Ok(answered(Outcome::code(ResultCode::UnwillingToPerform)));
        };
        let root_children = base.is_root() && request.scope == Scope::One;
        let reach = if root_children {
            Reach { places: vec![None], kinds: Kinds::NONE }
        } else {
            Reach::of(&target, request.scope)
        };
        let mut running = Running {
            organization: self.organization,
            filter,
            places: VecDeque::new(),
            places_written: from.places,
            single: None,
            searching: None,
            budget,
            naming,
        };
        for container in reach.places {
            let place = Place::of(&record, &running.naming, container);
            if place.matches(&running.filter)? {
                running.places.push_back(place);
            }
        }
        let written = usize::try_from(from.places).unwrap_or(usize::MAX);
        running.places.drain(..written.min(running.places.len()));
        match target {
            Target::Entry(container, name) => match self.aim(&running.filter, container, &name)? {
                None => {
                    let nearest = TargetError::Container(container);
                    Ok(answered(absent(&running.naming, nearest)))
                }
                Some((id, matches)) => {
                    running.single = (matches && request.scope != Scope::One).then_some(id);
                    Ok(Begin::Running(Box::new(running)))
                }
            },
            Target::Base | Target::Container(_) => {
                let look_through = self.caller.door.searches.look_through;
                let filter = running.filter.clone();
                let searching =
                    self.grant.search(reach.kinds, filter, from.position, look_through)?;
                running.searching = Some(searching);
                Ok(Begin::Running(Box::new(running)))
            }
        }
    }

    /// Finds the one stored entry of a name that the caller sees, and whether it matches.
    fn aim(
        &self,
        filter: &Filter,
        container: Container,
        name: &str,
    ) -> Result<Option<(EntryId, bool)>, Error> {
        let Some(id) = self.grant.find(container.kind(), name)? else { return Ok(None) };
        let mut matches = false;
        let seen = self.grant.show(id, &mut |found| {
            matches = found.judge(filter)? == Truth::True;
            Ok(())
        })?;
        Ok(seen.then_some((id, matches)))
    }

    /// What the search may cost; `None` when earlier pages used it up.
    fn budget(&self, request: &SearchRequest) -> Option<Budget> {
        let limits = &self.caller.door.searches;
        let asked = request.time_limit;
        let time = if asked.is_zero() { limits.time } else { asked.min(limits.time) };
        let deadline = self.caller.door.clock.monotonic().saturating_add(time);
        let Some(page) = &request.page else {
            return Some(Budget { deadline, entries: limits.entries, paged: false });
        };
        let user =
            matches!(self.caller.actor().identity(), Some(directory::access::Identity::User(_)));
        if !user {
            return Some(Budget { deadline, entries: limits.page, paged: true });
        }
        let left = limits.paged_total.saturating_sub(page.seen);
        let paged = left > limits.page;
        (left > 0).then_some(Budget { deadline, entries: left.min(limits.page), paged })
    }
}

/// What a search looks at: places that are not stored, and kinds of stored entries.
struct Reach {
    places: Vec<Option<Container>>,
    kinds: Kinds,
}

impl Reach {
    fn of(target: &Target, scope: Scope) -> Self {
        let containers = || Container::ALL.map(Some).to_vec();
        let (places, kinds) = match (target, scope) {
            (Target::Base, Scope::Base) => (vec![None], Kinds::NONE),
            (Target::Base, Scope::One) => (containers(), Kinds::NONE),
            (Target::Base, Scope::Subtree) => {
                (std::iter::once(None).chain(containers()).collect(), Kinds::ALL)
            }
            (Target::Container(container), Scope::Base) => (vec![Some(*container)], Kinds::NONE),
            (Target::Container(container), Scope::One) => (Vec::new(), container.kinds()),
            (Target::Container(container), Scope::Subtree) => {
                (vec![Some(*container)], container.kinds())
            }
            (Target::Entry(..), _) => (Vec::new(), Kinds::NONE),
        };
        Self { places, kinds }
    }
}

/// Where a page begins: behind so many places, or behind a stored entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cursor {
    places: u64,
    position: Option<Position>,
}

impl Cursor {
    /// The cursor of a request; `None` when it is not one of ours.
    fn of(request: &SearchRequest) -> Option<Self> {
        match request.page.as_ref().and_then(|page| page.cursor.as_deref()) {
            None => Some(Self { places: 0, position: None }),
            Some(octets) => Self::decode(octets),
        }
    }

    fn encode(self) -> Vec<u8> {
        let stage = match self.position.map(|position| position.kind) {
            None | Some(Kind::Container) => 0,
            Some(Kind::User) => 1,
            Some(Kind::Group) => 2,
            Some(Kind::ServiceAccount) => 3,
        };
        let number = self.position.map_or(0, |position| position.number);
        let mut octets = vec![stage];
        octets.extend_from_slice(&self.places.to_be_bytes());
        octets.extend_from_slice(&number.to_be_bytes());
        octets
    }

    fn decode(octets: &[u8]) -> Option<Self> {
        let (stage, rest) = octets.split_first()?;
        let (places, number) = rest.split_first_chunk::<8>()?;
        let number = u64::from_be_bytes(number.try_into().ok()?);
        let kind = match stage {
            0 => None,
            1 => Some(Kind::User),
            2 => Some(Kind::Group),
            3 => Some(Kind::ServiceAccount),
            _ => return None,
        };
        let position = kind.map(|kind| Position { kind, number });
        Some(Self { places: u64::from_be_bytes(*places), position })
    }
}

/// Why a search pauses or ends before it is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pause {
    Output,
    Page,
    Size,
    Time,
    LookedThrough,
}

impl From<Stop> for Pause {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Output => Self::Output,
            Stop::Page => Self::Page,
            Stop::Size => Self::Size,
        }
    }
}

impl Running {
    /// Writes entries until there are no more or the writer is full.
    pub(super) fn run(
        &mut self,
        caller: &Caller,
        reading: &ReadingTransaction,
        writer: &mut EntryWriter<'_>,
    ) -> Result<Answer, Error> {
        let grant = match reading.authorize::<Search>(self.organization) {
            Ok(grant) => grant,
            Err(Error::Refused(_)) => return Ok(Answer::Result(bind_first())),
            Err(error) => return Err(error),
        };
        let paused = match self.write_places(writer) {
            None => self.write_stored(caller, &grant, writer)?,
            paused @ Some(_) => paused,
        };
        Ok(match paused {
            None => Answer::Result(Outcome::success()),
            Some(Pause::Output) => Answer::More,
            Some(Pause::Page) => Answer::Page(self.cursor().encode()),
            Some(Pause::Size) => Answer::Result(Outcome::code(ResultCode::SizeLimitExceeded)),
            Some(Pause::Time) => Answer::Result(Outcome::code(ResultCode::TimeLimitExceeded)),
            Some(Pause::LookedThrough) => Answer::Result(Outcome::new(
                ResultCode::AdminLimitExceeded,
                "no index serves this filter, and it looked through too many entries",
            )),
        })
    }

    fn cursor(&self) -> Cursor {
        let position = self.searching.as_ref().and_then(Searching::position);
        Cursor { places: self.places_written, position }
    }

    fn write_places(&mut self, writer: &mut EntryWriter<'_>) -> Option<Pause> {
        while let Some(place) = self.places.front() {
            let dn = place.dn(&self.naming);
            if let Err(pause) = self.budget.room() {
                return Some(pause);
            }
            let written = writer.entry(&dn, |attributes| view::write_place(attributes, &dn, place));
            if let Err(stop) = written {
                return Some(stop.into());
            }
            self.budget.spend();
            self.places.pop_front();
            self.places_written += 1;
        }
        None
    }

    fn write_stored(
        &mut self,
        caller: &Caller,
        grant: &SearchGrant<'_, '_>,
        writer: &mut EntryWriter<'_>,
    ) -> Result<Option<Pause>, Error> {
        let mut pause = None;
        if let Some(id) = self.single {
            grant.show(id, &mut |found| {
                pause = write_found(&self.naming, found, writer)?;
                Ok(())
            })?;
            return Ok(pause);
        }
        let Some(searching) = &mut self.searching else { return Ok(None) };
        let (naming, budget) = (&self.naming, &mut self.budget);
        let ended = grant.advance(searching, &mut |found| {
            pause = match budget.room() {
                Err(pause) => Some(pause),
                Ok(()) if caller.door.clock.monotonic() >= budget.deadline => Some(Pause::Time),
                Ok(()) => write_found(naming, found, writer)?,
            };
            if pause.is_some() {
                return Ok(Visit::Full);
            }
            budget.spend();
            Ok(Visit::Taken)
        })?;
        Ok(match ended {
            Ended::Complete => None,
            Ended::Paused => pause,
            Ended::LookedThrough => Some(Pause::LookedThrough),
        })
    }
}

impl Budget {
    fn room(&self) -> Result<(), Pause> {
        match (self.entries, self.paged) {
            (0, true) => Err(Pause::Page),
            (0, false) => Err(Pause::Size),
            _ => Ok(()),
        }
    }

    fn spend(&mut self) {
        self.entries = self.entries.saturating_sub(1);
    }
}

fn write_found(
    naming: &Naming,
    found: &Found<'_>,
    writer: &mut EntryWriter<'_>,
) -> Result<Option<Pause>, Error> {
    let dn = naming.entry(found.entry());
    let mut outcome = Ok(());
    let written = writer.entry(&dn, |attributes| {
        outcome = view::write_entry(attributes, naming, &dn, found);
    });
    outcome?;
    Ok(written.err().map(Pause::from))
}

/// Answers with the root DSE or the subschema.
fn special(
    caller: &Caller,
    base: &Dn,
    request: &SearchRequest,
    ticket: Ticket,
    session: &mut Session,
) -> Result<Begin, Error> {
    let own = match caller.actor().organization() {
        Some(organization) if base.is_root() => {
            let reading = caller.read()?;
            match reading.authorize::<Search>(organization) {
                Ok(grant) => Some(grant.own_organization()?.fields.base.to_string()),
                Err(Error::Refused(_)) => None,
                Err(error) => return Err(error),
            }
        }
        Some(_) | None => None,
    };
    if !view::special_matches(&request.filter, base.is_root()) {
        return Ok(answered(Outcome::success()));
    }
    let Some(mut writer) = session.entries(ticket) else {
        return Ok(answered(Outcome::success()));
    };
    let written = if base.is_root() {
        let start_tls = caller.door.settings.start_tls;
        writer.entry("", |attributes| {
            view::write_root_dse(attributes, own.as_deref(), start_tls);
        })
    } else {
        writer.entry(view::SUBSCHEMA, view::write_subschema)
    };
    Ok(match written {
        Ok(()) => answered(Outcome::success()),
        Err(_) => answered(Outcome::code(ResultCode::Busy)),
    })
}

fn answered(outcome: Outcome) -> Begin {
    Begin::Answered(Answer::Result(outcome))
}

/// What a Compare asserts (RFC 4511 section 4.10).
pub(super) struct Assertion {
    is_so: Filter,
    is_there: Filter,
    known: bool,
}

impl Assertion {
    /// Translates a Compare.
    pub(super) fn of(
        request: &CompareRequest,
        naming: &Naming,
        grant: &SearchGrant<'_, '_>,
    ) -> Result<Self, Error> {
        let attribute = request.attribute.clone();
        let assertion =
            ldap::filter::Assertion { attribute: attribute.clone(), value: request.value.clone() };
        let find: view::Find<'_> = &|kind, name| grant.find(kind, name);
        Ok(Self {
            known: attribute.kind().is_some(),
            is_so: translate(&ldap::Filter::Equality(assertion), naming, find)?,
            is_there: translate(&ldap::Filter::Present(attribute), naming, find)?,
        })
    }

    /// Judges the base or a container.
    pub(super) fn judge_place(&self, place: &Place) -> Result<Outcome, Error> {
        Ok(self.outcome(place.matches(&self.is_there)?, self.is_so.judge(place)?))
    }

    /// Judges a stored entry; `None` when the caller does not see it.
    pub(super) fn judge_entry(
        &self,
        grant: &SearchGrant<'_, '_>,
        id: EntryId,
    ) -> Result<Option<Outcome>, Error> {
        let mut outcome = None;
        grant.show(id, &mut |found| {
            let is_there = found.judge(&self.is_there)? == Truth::True;
            outcome = Some(self.outcome(is_there, found.judge(&self.is_so)?));
            Ok(())
        })?;
        Ok(outcome)
    }

    fn outcome(&self, is_there: bool, is_so: Truth) -> Outcome {
        if !self.known {
            Outcome::code(ResultCode::UndefinedAttributeType)
        } else if is_there {
            compared(is_so)
        } else {
            Outcome::code(ResultCode::NoSuchAttribute)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was_sealed() {
        let kinds = [Kind::User, Kind::Group, Kind::ServiceAccount];
        for position in kinds.map(|kind| Some(Position { kind, number: 7 })) {
            let cursor = Cursor { places: 2, position };
            assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
        }
        let start = Cursor { places: 0, position: None };
        assert_eq!(Cursor::decode(&start.encode()), Some(start));
        assert_eq!(Cursor::decode(&[9; 17]), None);
        assert_eq!(Cursor::decode(b"short"), None);
    }
}
