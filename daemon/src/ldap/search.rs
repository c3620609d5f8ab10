//! Searches under way on one connection.

pub(super) mod copy;
pub(super) mod ordered;
pub(super) mod rehearsal;
pub(super) mod share;
pub(super) mod work;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use directory::Error;
use directory::search::{
    Ended, EntryId, EntrySet, Filter, Found, Kind, Kinds, Position, SearchGrant, Searching, Truth,
    Visit,
};
use ldap::{Answer, EntryWriter, Outcome, ResultCode, Scope, SearchRequest, Selection, Stop};

use super::SearchLimits;
use super::aim::Aim;
use super::replies::{absent, too_many_references};
use super::view::{self, Container, Named, Naming, Place, Target, TargetError, custom, translate};
use crate::clock::Clock;

const SORTED_BEFORE: &str = "the pages before came sorted, and this one cannot be";

/// A search that writes entries.
pub(super) struct Running {
    naming: Arc<Naming>,
    /// The base and containers that match, still to be written.
    places: VecDeque<Place>,
    places_written: u64,
    /// The one stored entry that is asked for.
    single: Option<EntryId>,
    searching: Option<Searching>,
    terms: Terms,
    /// Which of the organization's own attributes are wanted.
    custom: custom::Wanted,
    /// The filter without its values, when no index serves it.
    scanned: Option<String>,
}

/// What a search may cost.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    /// When the search began.
    pub(super) began: Duration,
    deadline: Duration,
    /// Entries that may still be written before the server says that it is enough.
    entries: u64,
    /// Whether that many fill a page, and more may follow on the next.
    paged: bool,
    look_through: usize,
    /// Since when the search waits for its client to read, if it does.
    waits_since: Option<Duration>,
}

/// How a search began.
pub(super) enum Begin {
    /// It is over.
    Answered(Answer),
    /// It has entries to write.
    Running(Box<Running>),
}

impl Terms {
    /// The terms of a request, within the server's limits. A `user` may collect fewer entries over
    /// all pages than a service account. Who cannot ask for pages (`unpaged`) may have as many
    /// without as a user has with them.
    pub(super) fn new(
        limits: &SearchLimits,
        clock: Clock,
        request: &SearchRequest,
        (user, unpaged): (bool, bool),
    ) -> Self {
        let asked = request.time_limit;
        let time = if asked.is_zero() { limits.time } else { asked.min(limits.time) };
        let (entries, paged) = match &request.page {
            None if unpaged => (limits.entries.max(limits.paged_total), false),
            None => (limits.entries, false),
            Some(page) if user => {
                let left = limits.paged_total.saturating_sub(page.seen);
                (left.min(limits.page), left > limits.page)
            }
            Some(_) => (limits.page, true),
        };
        let began = clock.monotonic();
        let deadline = began.saturating_add(time);
        let look_through = limits.look_through;
        Self { began, deadline, entries, paged, look_through, waits_since: None }
    }

    /// Whether their time has passed.
    pub(super) fn are_over(&self, clock: Clock) -> bool {
        clock.monotonic() >= self.deadline
    }

    /// The search waits for its client to read. How long that takes is none of the search's time:
    /// the connection has a limit of its own for it.
    fn wait(&mut self, clock: Clock) {
        self.waits_since = Some(clock.monotonic());
    }

    /// The search goes on.
    fn go_on(&mut self, clock: Clock) {
        if let Some(since) = self.waits_since.take() {
            let waited = clock.monotonic().saturating_sub(since);
            self.deadline = self.deadline.saturating_add(waited);
        }
    }

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

/// Begins a search below a base of the caller's own organization.
pub(super) fn begin(
    grant: &SearchGrant<'_, '_>,
    aim: &Aim,
    request: &SearchRequest,
    terms: Terms,
) -> Result<Begin, Error> {
    begin_among(grant, (aim, request), terms, None)
}

/// Begins a search, among these stored entries alone if they are given.
fn begin_among(
    grant: &SearchGrant<'_, '_>,
    (aim, request): (&Aim, &SearchRequest),
    terms: Terms,
    among: Option<&EntrySet>,
) -> Result<Begin, Error> {
    let (base, naming) = (&aim.base, &aim.naming);
    let target = match &aim.target {
        Ok(target) => target,
        // From the root one sees one's own organization.
        Err(TargetError::Elsewhere) if base.is_root() => &Target::Base,
        Err(error) => return Ok(answered(absent(grant, naming, error)?)),
    };
    let Some(filter) = translate(&request.filter, naming, grant, terms.look_through)? else {
        return Ok(answered(too_many_references()));
    };
    let Some(from) = Cursor::of(request) else {
        return Ok(answered(Outcome::new(ResultCode::UnwillingToPerform, SORTED_BEFORE)));
    };
    let scope = if base.is_root() && request.scope == Scope::One {
        // The one entry below the root.
        Scope::Base
    } else {
        request.scope
    };
    let mut running = Running::of_nothing(aim, request, terms);
    running.places_written = from.places;
    if let Target::Entry(named) = target {
        let Some((id, matches)) = hit(grant, &filter, named)? else {
            let nearest = TargetError::Container(named.container);
            return Ok(answered(absent(grant, naming, &nearest)?));
        };
        running.single = (matches && scope != Scope::One).then_some(id);
        return Ok(Begin::Running(running));
    }
    let reach = Reach::of(naming, target, scope);
    if let Some(entries) = among {
        running.searching = Some(grant.search_among(entries, reach.kinds, filter)?);
        return Ok(Begin::Running(running));
    }
    if filter.may_match(Kind::Container) {
        running.gather(grant, (&reach.places, &filter), &request.selection)?;
    }
    let look_through = running.terms.look_through;
    let searching = grant.search(reach.kinds, filter, from.position, look_through)?;
    running.scanned = searching.scans().then(|| super::notes::shape(&request.filter));
    running.searching = Some(searching);
    Ok(Begin::Running(running))
}

/// Which kinds of stored entries a search looks at.
pub(super) fn kinds_of(aim: &Aim, request: &SearchRequest) -> Kinds {
    match &aim.target {
        Ok(Target::Entry(_)) | Err(_) => aim.naming.look().tree.kinds_of_all(),
        Ok(target) => Reach::of(&aim.naming, target, request.scope).kinds,
    }
}

/// Finds the one stored entry of a name that the caller sees, and whether it matches.
fn hit(
    grant: &SearchGrant<'_, '_>,
    filter: &Filter,
    named: &Named,
) -> Result<Option<(EntryId, bool)>, Error> {
    let Some(id) = named.find(&|kind, name| grant.find(kind, name))? else { return Ok(None) };
    let mut matches = false;
    let seen = grant.show(id, &mut |found| {
        matches = found.judge(filter)? == Truth::True;
        Ok(())
    })?;
    Ok(seen.then_some((id, matches)))
}

/// What a search looks at: places that are not stored, and kinds of stored entries.
struct Reach {
    places: Vec<Option<&'static Container>>,
    kinds: Kinds,
}

impl Reach {
    fn of(naming: &Naming, target: &Target, scope: Scope) -> Self {
        let tree = naming.look().tree;
        let containers = || tree.containers.iter().copied().map(Some);
        let (places, kinds) = match (target, scope) {
            (Target::Base, Scope::Base) => (vec![None], Kinds::NONE),
            (Target::Base, Scope::One) => (containers().collect(), Kinds::NONE),
            (Target::Base, Scope::Subtree) => {
                (std::iter::once(None).chain(containers()).collect(), tree.kinds_of_all())
            }
            (Target::Container(container), Scope::Base) => (vec![Some(*container)], Kinds::NONE),
            (Target::Container(container), Scope::One) => (Vec::new(), container.kinds),
            (Target::Container(container), Scope::Subtree) => {
                (vec![Some(*container)], container.kinds)
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
            Some(Kind::Device) => 4,
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
            4 => Some(Kind::Device),
            _ => return None,
        };
        let position = kind.map(|kind| Position { kind, number });
        Some(Self { places: u64::from_be_bytes(*places), position })
    }
}

/// Why a search pauses or ends before it is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pause {
    /// The client has to read first.
    Output,
    /// Others are to have their turn.
    Turn,
    Page,
    /// More entries than the server gives.
    Size,
    /// More entries than the client wants.
    Wanted,
    Time,
    LookedThrough,
}

impl Pause {
    /// What the session is told; `cursor` is where a page would go on.
    fn answer(self, cursor: impl FnOnce() -> Vec<u8>) -> Answer {
        match self {
            Self::Output | Self::Turn => Answer::More,
            Self::Page => Answer::Page(cursor()),
            Self::Size => Answer::Result(Outcome::new(
                ResultCode::SizeLimitExceeded,
                "there are more entries than the limit; ask for pages, or for less",
            )),
            Self::Wanted => Answer::Result(Outcome::new(
                ResultCode::SizeLimitExceeded,
                "there are more entries than the request's own size limit",
            )),
            Self::Time => Answer::Result(Outcome::new(
                ResultCode::TimeLimitExceeded,
                "the search took longer than its time limit",
            )),
            Self::LookedThrough => Answer::Result(Outcome::new(
                ResultCode::AdminLimitExceeded,
                "no index serves this filter, and it looked through too many entries",
            )),
        }
    }
}

impl From<Stop> for Pause {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Output => Self::Output,
            Stop::Page => Self::Page,
            Stop::Size => Self::Wanted,
        }
    }
}

impl Running {
    /// A search that has found nothing yet, and looks for nothing.
    fn of_nothing(aim: &Aim, request: &SearchRequest, terms: Terms) -> Box<Self> {
        Box::new(Self {
            places: VecDeque::new(),
            places_written: 0,
            single: None,
            searching: None,
            terms,
            naming: Arc::clone(&aim.naming),
            custom: custom::Wanted::of(request),
            scanned: None,
        })
    }

    /// Keeps the places that match, but for those that earlier pages have shown.
    fn gather(
        &mut self,
        grant: &SearchGrant<'_, '_>,
        (places, filter): (&[Option<&'static Container>], &Filter),
        selection: &Selection,
    ) -> Result<(), Error> {
        let record = grant.own_organization()?;
        for container in places {
            let mut place = Place::of(record, &self.naming, *container);
            if place.matches(filter)? {
                if view::tells_what_is_below(selection) {
                    place.look_below(grant)?;
                }
                self.places.push_back(place);
            }
        }
        let written = usize::try_from(self.places_written).unwrap_or(usize::MAX);
        self.places.drain(..written.min(self.places.len()));
        Ok(())
    }

    /// How many entries a filter that no index serves made the search judge in vain so far, with
    /// the filter's shape.
    pub(super) fn looked_through(&self) -> Option<(usize, &str)> {
        let left = self.searching.as_ref()?.left();
        Some((self.terms.look_through.saturating_sub(left), self.scanned.as_deref()?))
    }

    /// Writes entries until there are no more or the writer is full.
    pub(super) fn run(
        &mut self,
        grant: &SearchGrant<'_, '_>,
        clock: Clock,
        writer: &mut EntryWriter<'_>,
    ) -> Result<Answer, Error> {
        self.terms.go_on(clock);
        let paused = match self.write_places(writer) {
            None => self.write_stored(grant, clock, writer)?,
            paused @ Some(_) => paused,
        };
        if paused == Some(Pause::Output) {
            self.terms.wait(clock);
        }
        Ok(match paused {
            None => Answer::Result(Outcome::success()),
            Some(pause) => pause.answer(|| self.cursor().encode()),
        })
    }

    fn cursor(&self) -> Cursor {
        let position = self.searching.as_ref().and_then(Searching::position);
        Cursor { places: self.places_written, position }
    }

    fn write_places(&mut self, writer: &mut EntryWriter<'_>) -> Option<Pause> {
        while let Some(place) = self.places.front() {
            let dn = place.dn(&self.naming);
            if let Err(pause) = self.terms.room() {
                return Some(pause);
            }
            let written = writer.entry(&dn, |attributes| {
                view::write_place(attributes, &self.naming, &dn, place);
            });
            if let Err(stop) = written {
                return Some(stop.into());
            }
            self.terms.spend();
            self.places.pop_front();
            self.places_written += 1;
        }
        None
    }

    fn write_stored(
        &mut self,
        grant: &SearchGrant<'_, '_>,
        clock: Clock,
        writer: &mut EntryWriter<'_>,
    ) -> Result<Option<Pause>, Error> {
        let mut pause = None;
        let custom = self.custom.choose(&self.naming, grant.schema());
        if let Some(id) = self.single {
            grant.show(id, &mut |found| {
                pause = write_found(&self.naming, found, &custom, writer)?;
                Ok(())
            })?;
            return Ok(pause);
        }
        let Some(searching) = &mut self.searching else { return Ok(None) };
        let naming = &self.naming;
        go_through(grant, searching, (&mut self.terms, clock), |found| {
            write_found(naming, found, &custom, writer)
        })
    }
}

/// Goes through the entries of a search until `take` or its terms say that it is to pause.
fn go_through(
    grant: &SearchGrant<'_, '_>,
    searching: &mut Searching,
    (terms, clock): (&mut Terms, Clock),
    mut take: impl FnMut(&Found<'_>) -> Result<Option<Pause>, Error>,
) -> Result<Option<Pause>, Error> {
    let mut pause = None;
    let ended = grant.advance(searching, &mut |found| {
        pause = match terms.room() {
            Err(pause) => Some(pause),
            Ok(()) if terms.are_over(clock) => Some(Pause::Time),
            Ok(()) => take(found)?,
        };
        if pause.is_some() {
            return Ok(Visit::Full);
        }
        terms.spend();
        Ok(Visit::Written)
    })?;
    Ok(match ended {
        Ended::Complete => None,
        Ended::Paused => pause,
        Ended::Turn if clock.monotonic() >= terms.deadline => Some(Pause::Time),
        Ended::Turn => Some(Pause::Turn),
        Ended::LookedThrough => Some(Pause::LookedThrough),
    })
}

fn write_found(
    naming: &Naming,
    found: &Found<'_>,
    custom: &custom::Shown<'_>,
    writer: &mut EntryWriter<'_>,
) -> Result<Option<Pause>, Error> {
    let dn = naming.entry(found.entry());
    let mut outcome = Ok(());
    let written = writer.entry(&dn, |attributes| {
        outcome = view::write_entry(attributes, naming, &dn, found, custom);
    });
    outcome?;
    Ok(written.err().map(Pause::from))
}

fn answered(outcome: Outcome) -> Begin {
    Begin::Answered(Answer::Result(outcome))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was_sealed() {
        for position in Kind::STORED.map(|kind| Some(Position { kind, number: 7 })) {
            let cursor = Cursor { places: 2, position };
            assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
        }
        let start = Cursor { places: 0, position: None };
        assert_eq!(Cursor::decode(&start.encode()), Some(start));
        assert_eq!(Cursor::decode(&[9; 17]), None);
        assert_eq!(Cursor::decode(b"short"), None);
    }
}
