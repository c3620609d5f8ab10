//! What is asked: each scenario the same for every server that speaks its protocol.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};

use crate::data::{Data, GROUPS, Organization, Random, User, password};
use crate::generator::{Figures, Load, Operation, run};
use crate::ldap::{Connection, Search, equality};
use crate::radius::Gear;
use crate::subject::{Subject, Tenant};

/// Users that log in again and again.
const REGULARS: usize = 200;
/// Kept connections, spread over the organizations.
const CONNECTIONS: usize = 256;
/// Entries a page.
const PAGE: u32 = 500;
/// What applications ask for.
const ATTRIBUTES: [&str; 6] = ["uid", "cn", "sn", "givenName", "mail", "memberOf"];

/// A kind of load.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// Connect, bind, unbind; nobody twice.
    BindOnce,
    /// Connect, bind, unbind; the regulars.
    BindAgain,
    /// `(uid=…)`: one entry.
    Equality,
    /// `(memberOf=…)`: a group's members.
    MemberOf,
    /// All people of an organization.
    Dump,
    /// All people of the large organization, in pages.
    DumpLarge,
    /// Access-Request with PAP; nobody twice.
    PapOnce,
    /// Access-Request with PAP; the regulars.
    PapAgain,
}

impl Scenario {
    /// In the order they are run in. The memory of verified passwords is empty at the start, so
    /// that the two with nobody twice come first.
    pub(crate) const ALL: [Self; 8] = [
        Self::BindOnce,
        Self::PapOnce,
        Self::BindAgain,
        Self::PapAgain,
        Self::Equality,
        Self::MemberOf,
        Self::Dump,
        Self::DumpLarge,
    ];

    /// Its line in the tables.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::BindOnce => "bind, each user once",
            Self::BindAgain => "bind, 200 users again and again",
            Self::Equality => "search (uid=…)",
            Self::MemberOf => "search (memberOf=…)",
            Self::Dump => "paged dump, one organization",
            Self::DumpLarge => "paged dump, large organization",
            Self::PapOnce => "RADIUS PAP, each user once",
            Self::PapAgain => "RADIUS PAP, 200 users again and again",
        }
    }

    /// Whether it is RADIUS; else it is LDAP.
    pub(crate) fn is_radius(self) -> bool {
        matches!(self, Self::PapOnce | Self::PapAgain)
    }

    /// Measures it; `None` when the server does not speak the protocol.
    ///
    /// # Errors
    /// When it cannot even be prepared, or the server disappears.
    pub(crate) fn measure(self, s: &Subject, data: &Data, load: Load) -> Result<Option<Figures>> {
        let address = if self.is_radius() { s.radius } else { s.ldap };
        let Some(server) = address else {
            return Ok(None);
        };
        if self == Self::DumpLarge && data.equal == data.organizations.len() {
            return Ok(None);
        }
        let field = Field { server, data, tenants: &s.tenants, workers: load.workers };
        let workers = match self {
            Self::BindOnce => field.binds(field.everybody(), 0),
            Self::BindAgain => field.binds(field.regulars(), 1),
            Self::PapOnce => field.paps(field.everybody(), 0),
            Self::PapAgain => field.paps(field.regulars(), 1),
            Self::Equality => field.searches(Field::equality),
            Self::MemberOf => field.searches(Field::member_of),
            Self::Dump => field.searches(Field::dump),
            Self::DumpLarge => field.dumps_of_large(),
        };
        run(&s.server, load, workers?).map(Some)
    }
}

/// A person with the number of the organization.
type Login<'a> = (usize, &'a User);

/// What the workers of a run share.
#[derive(Clone, Copy)]
struct Field<'a> {
    server: SocketAddr,
    data: &'a Data,
    tenants: &'a [Tenant],
    workers: usize,
}

impl<'a> Field<'a> {
    /// All people, organization after organization.
    fn everybody(self) -> Vec<Login<'a>> {
        let equal = self.data.organizations.iter().take(self.data.equal);
        let of = |(number, o): (usize, &'a Organization)| o.users.iter().map(move |u| (number, u));
        equal.enumerate().flat_map(of).collect()
    }

    /// A few people of many organizations.
    fn regulars(self) -> Vec<Login<'a>> {
        let everybody = self.everybody();
        let stride = (everybody.len() / REGULARS).max(1);
        everybody.into_iter().step_by(stride).take(REGULARS).collect()
    }

    /// Deals people out so that every organization belongs to one worker.
    fn deal(self, logins: Vec<Login<'a>>) -> Vec<Vec<Login<'a>>> {
        let mut hands = BTreeMap::<usize, Vec<Login<'a>>>::new();
        for login in logins {
            hands.entry(login.0 % self.workers).or_default().push(login);
        }
        hands.into_values().collect()
    }

    fn binds(self, logins: Vec<Login<'a>>, rehearsals: usize) -> Result<Vec<Operation<'a>>> {
        let server = self.server;
        let bind = move |data: &Data, (number, user): Login<'_>| {
            let organization = data.organizations.get(number).context("no organization")?;
            let mut connection = Connection::open(server)?;
            let dn = organization.user_dn(user);
            let octets = connection.bind(&dn, &password(user.password))?;
            connection.unbind()?;
            Ok(octets)
        };
        for login in logins.iter().cycle().take(logins.len() * rehearsals) {
            bind(self.data, *login)?;
        }
        let hands = self.deal(logins).into_iter();
        Ok(hands
            .map(|hand| {
                let mut hand = hand.into_iter().cycle();
                let next = move || bind(self.data, hand.next().context("nobody")?);
                Box::new(next) as Operation<'a>
            })
            .collect())
    }

    fn paps(self, logins: Vec<Login<'a>>, rehearsals: usize) -> Result<Vec<Operation<'a>>> {
        let hands = self.deal(logins).into_iter();
        hands
            .map(|hand| {
                let mut gear = HashMap::new();
                for (number, _) in &hand {
                    if !gear.contains_key(number) {
                        gear.insert(*number, self.gear(*number)?);
                    }
                }
                let rehearsed = hand.len() * rehearsals;
                let mut hand = hand.into_iter().cycle();
                let mut next = move || {
                    let (number, user) = hand.next().context("nobody")?;
                    let gear = gear.get_mut(&number).context("no gear")?;
                    gear.pap(&user.login, &password(user.password))
                };
                for _ in 0..rehearsed {
                    next()?;
                }
                Ok(Box::new(next) as Operation<'a>)
            })
            .collect()
    }

    fn gear(self, number: usize) -> Result<Gear> {
        let organization = self.data.organizations.get(number).context("no organization")?;
        let tenant = self.tenants.get(number).context("no secret")?;
        Gear::open(organization.source, self.server, &tenant.secret)
    }

    /// Connects as the organization's service account.
    fn reader(self, number: usize) -> Result<Reader<'a>> {
        let tenant = self.tenants.get(number).context("no service account")?;
        let mut connection = Connection::open(self.server)?;
        connection
            .bind(&tenant.reader_dn, &tenant.reader_password)
            .with_context(|| format!("binding as {}", tenant.reader_dn))?;
        let organization = self.data.organizations.get(number).context("no organization")?;
        Ok(Reader { organization, connection })
    }

    /// Workers that each search on a share of the kept connections.
    fn searches(
        self,
        search: fn(&mut Reader<'a>, &mut Random) -> Result<usize>,
    ) -> Result<Vec<Operation<'a>>> {
        let stride = (self.data.equal / CONNECTIONS).max(1);
        let numbers: Vec<_> = (0..self.data.equal).step_by(stride).take(CONNECTIONS).collect();
        let share = numbers.len().div_ceil(self.workers).max(1);
        (numbers.chunks(share).zip(1..))
            .map(|(numbers, seed)| {
                let readers: Result<Vec<_>> = numbers.iter().map(|n| self.reader(*n)).collect();
                let mut readers = readers?;
                let mut random = Random::new(seed);
                let mut turn = 0;
                let next = move || {
                    turn = (turn + 1) % readers.len();
                    search(readers.get_mut(turn).context("no connection")?, &mut random)
                };
                Ok(Box::new(next) as Operation<'a>)
            })
            .collect()
    }

    fn equality(reader: &mut Reader<'a>, random: &mut Random) -> Result<usize> {
        let user = random.choose(&reader.organization.users).context("nobody")?;
        let search = reader.search(equality("uid", &user.login), &ATTRIBUTES);
        let found = reader.connection.search(&search)?;
        let right = found.last_dn == reader.organization.user_dn(user).into_bytes();
        ensure!(found.entries == 1 && right, "{} entries for one", found.entries);
        Ok(found.octets)
    }

    fn member_of(reader: &mut Reader<'a>, random: &mut Random) -> Result<usize> {
        let groups: [usize; GROUPS] = std::array::from_fn(|n| n);
        let group = *random.choose(&groups).context("no group")?;
        let filter = equality("memberOf", &reader.organization.group_dn(group));
        let search = reader.search(filter, &["uid", "cn", "mail"]);
        let found = reader.connection.search(&search)?;
        let members = reader.organization.members(group).count();
        ensure!(found.entries == members, "{} of {members} members", found.entries);
        Ok(found.octets)
    }

    fn dump(reader: &mut Reader<'a>, _: &mut Random) -> Result<usize> {
        let search = reader.search(equality("objectClass", "inetOrgPerson"), &ATTRIBUTES);
        let found = reader.connection.search_paged(&search, PAGE)?;
        let people = reader.organization.users.len();
        ensure!(found.entries == people, "{} of {people} people", found.entries);
        Ok(found.octets)
    }

    fn dumps_of_large(self) -> Result<Vec<Operation<'a>>> {
        (0..self.workers.min(4))
            .map(|_| {
                let mut reader = self.reader(self.data.equal)?;
                let next = move || Self::dump(&mut reader, &mut Random::new(0));
                Ok(Box::new(next) as Operation<'a>)
            })
            .collect()
    }
}

/// A kept connection of an organization's service account.
struct Reader<'a> {
    organization: &'a Organization,
    connection: Connection,
}

impl<'a> Reader<'a> {
    fn search<'b>(&self, filter: Vec<u8>, attributes: &'b [&'b str]) -> Search<'b>
    where
        'a: 'b,
    {
        Search { base: &self.organization.base, filter, attributes, base_only: false }
    }
}
