//! Who asks what: the clients that a scenario lets loose, each with its rounds.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::rc::Rc;

use anyhow::{Context, Result};

use crate::data::{Data, Organization, Random, User};
use crate::engine::{Life, Pick, Request, Round, Script};
use crate::rounds::{Reader, Rounds, bind};
use crate::shape::Shape;
use crate::subject::Tenant;

/// Organizations that kept connections are spread over.
const ORGANIZATIONS: usize = 256;
/// Organizations whose regulars log in again and again.
const REGULAR_ORGANIZATIONS: usize = 64;
/// Regulars in each of them.
const REGULARS_EACH: usize = 4;
/// Clients that make the regulars known.
const REHEARSING: usize = 8;
/// Addresses that connections come from: servers limit what one address may hold.
const SOURCES: usize = 16;

/// Whom clients can be.
#[derive(Clone, Copy)]
pub(crate) struct Crowd<'a> {
    /// Whom the server knows.
    pub(crate) data: &'a Data,
    /// What it gave to the organizations.
    pub(crate) tenants: &'a [Tenant],
}

impl<'a> Crowd<'a> {
    /// An organization's service account.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn reader(self, number: usize) -> Result<Reader<'a>> {
        let organization = self.data.organizations.get(number).context("no organization")?;
        let tenant = self.tenants.get(number).context("no service account")?;
        Ok(Reader { organization, tenant })
    }

    /// Service accounts on kept connections, spread over the organizations.
    ///
    /// # Errors
    /// When there is no service account.
    pub(crate) fn readers(
        self,
        shape: Shape,
        rounds: impl Fn(Reader<'a>) -> Rounds,
    ) -> Result<Vec<Script>> {
        let numbers: Vec<_> = self.data.spread(ORGANIZATIONS.min(shape.connections)).collect();
        let mut known = BTreeMap::new();
        let mut scripts = Vec::with_capacity(shape.connections);
        for (client, number) in (0..shape.connections).zip(numbers.into_iter().cycle()) {
            let reader = self.reader(number)?;
            let (prelude, rounds) = known
                .entry(number)
                .or_insert_with(|| (Rc::new(vec![reader.bind()]), rounds(reader)));
            scripts.push(Script {
                prelude: Rc::clone(prelude),
                rounds: Rc::clone(rounds),
                ..kept(client, shape.depth)
            });
        }
        Ok(scripts)
    }

    /// The service account of the large organization, on kept connections.
    ///
    /// # Errors
    /// When there is no such organization.
    pub(crate) fn readers_of_large(
        self,
        shape: Shape,
        rounds: impl Fn(Reader<'a>) -> Rounds,
    ) -> Result<Vec<Script>> {
        let reader = self.reader(self.data.equal)?;
        let (prelude, rounds) = (Rc::new(vec![reader.bind()]), rounds(reader));
        let script = |client| Script {
            prelude: Rc::clone(&prelude),
            rounds: Rc::clone(&rounds),
            ..kept(client, shape.depth)
        };
        Ok((0..shape.connections).map(script).collect())
    }

    /// Kept connections on which the people of an organization try to bind for the first time,
    /// and now and then with another password, whatever comes of it.
    pub(crate) fn strangers(self, reader: Reader<'a>, connections: usize) -> Vec<Script> {
        let organization = reader.organization;
        let tries = organization.users.iter().flat_map(|user| {
            let wrong = Request::bind(&organization.user_dn(user), "not-the-password");
            [bind(organization, user), wrong]
        });
        let rounds: Rounds = tries.map(|request| Rc::new(vec![request.unjudged()])).collect();
        let script = |client| Script {
            rounds: Rc::clone(&rounds),
            pick: Pick::InTurn { next: client, stride: connections, left: usize::MAX },
            ..kept(client, 1)
        };
        (0..connections).map(script).collect()
    }

    /// The regulars with their organizations' numbers.
    fn regulars(self) -> impl Iterator<Item = (usize, &'a User)> {
        let of = move |number| {
            let organization = self.data.organizations.get(number);
            let users = organization.into_iter().flat_map(|found: &Organization| &found.users);
            users.take(REGULARS_EACH).map(move |user| (number, user))
        };
        self.data.spread(REGULAR_ORGANIZATIONS).flat_map(of)
    }

    fn organization(self, number: usize) -> Result<&'a Organization> {
        self.data.organizations.get(number).context("no organization")
    }

    /// A bind of every regular.
    ///
    /// # Errors
    /// When there is no organization.
    pub(crate) fn regular_binds(self) -> Result<Rounds> {
        let round = |(number, user)| Ok(Rc::new(vec![bind(self.organization(number)?, user)]));
        self.regulars().map(round).collect()
    }

    /// A whole sign-in of every regular by the application's account.
    ///
    /// # Errors
    /// When there is no service account.
    pub(crate) fn regular_sign_ins(self) -> Result<Rounds> {
        let round = |(number, user)| Ok(Rc::new(self.reader(number)?.sign_in(user)));
        self.regulars().map(round).collect()
    }

    /// A bind of everybody, organization after organization.
    pub(crate) fn all_binds(self) -> Rounds {
        let equal = self.data.organizations.iter().take(self.data.equal);
        let of = |o: &'a Organization| o.users.iter().map(move |user| Rc::new(vec![bind(o, user)]));
        equal.flat_map(of).collect()
    }

    /// Kept connections on each of which the regulars of one organization bind.
    ///
    /// # Errors
    /// When there is no organization.
    pub(crate) fn binders(self, shape: Shape) -> Result<Vec<Script>> {
        let mut hands = BTreeMap::<usize, Vec<Rc<Round>>>::new();
        for (number, user) in self.regulars() {
            let round = vec![bind(self.organization(number)?, user)];
            hands.entry(number).or_default().push(Rc::new(round));
        }
        let hands: Vec<Rounds> = hands.into_values().map(Rounds::from).collect();
        let clients = (0..shape.connections).zip(hands.iter().cycle());
        let script = |(client, hand): (usize, &Rounds)| Script {
            // Otherwise connections would open while they are measured.
            prelude: hand.first().cloned().unwrap_or_default(),
            rounds: Rc::clone(hand),
            ..kept(client, shape.depth)
        };
        Ok(clients.map(script).collect())
    }
}

/// A client that keeps its connection and has nothing to do yet.
fn kept(client: usize, depth: usize) -> Script {
    let last = u8::try_from(client % SOURCES).unwrap_or(0) + 1;
    Script {
        prelude: Rc::default(),
        rounds: Rc::new([]),
        pick: Pick::Random(Random::new(u64::try_from(client).unwrap_or(0) + 1)),
        life: Life::Kept(depth),
        source: Ipv4Addr::new(127, 2, 0, last),
    }
}

/// Clients that make a new connection for each round, any of them. They come from several addresses: of one
/// a fast server would use up the ports in two seconds, and the kernel would look long for each.
pub(crate) fn newcomers(connections: usize, rounds: &Rounds) -> Vec<Script> {
    let script =
        |client| Script { rounds: Rc::clone(rounds), life: Life::Round, ..kept(client, 1) };
    (0..connections).map(script).collect()
}

/// Clients that make a new connection for each round and share them out, in turn.
pub(crate) fn in_turn(connections: usize, rounds: &Rounds) -> Vec<Script> {
    let mut scripts = newcomers(connections, rounds);
    for (next, script) in scripts.iter_mut().enumerate() {
        script.pick = Pick::InTurn { next, stride: connections, left: usize::MAX };
    }
    scripts
}

/// Clients that go through all rounds once.
pub(crate) fn rehearsal(rounds: &Rounds) -> Vec<Script> {
    let mut scripts = newcomers(REHEARSING.min(rounds.len()), rounds);
    let stride = scripts.len();
    for (next, script) in scripts.iter_mut().enumerate() {
        let left = (rounds.len() - next).div_ceil(stride);
        script.pick = Pick::InTurn { next, stride, left };
    }
    scripts
}
