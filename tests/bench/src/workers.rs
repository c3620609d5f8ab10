//! The workers that ask over RADIUS, each with its share of people.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;

use anyhow::{Context, Result};

use crate::data::{Data, Organization, User, password};
use crate::generator::Operation;
use crate::radius::Gear;
use crate::subject::Tenant;

/// Users that log in again and again.
const REGULARS: usize = 200;

/// A person with the number of the organization.
pub(crate) type Login<'a> = (usize, &'a User);

/// What the workers of a run share.
#[derive(Clone, Copy)]
pub(crate) struct Field<'a> {
    /// Where the server listens.
    pub(crate) server: SocketAddr,
    /// Whom it knows.
    pub(crate) data: &'a Data,
    /// What it gave to the organizations.
    pub(crate) tenants: &'a [Tenant],
    /// How many workers there are to be.
    pub(crate) workers: usize,
}

impl<'a> Field<'a> {
    /// All people, organization after organization.
    fn everybody(self) -> Vec<Login<'a>> {
        let equal = self.data.organizations.iter().take(self.data.equal);
        let of = |(number, o): (usize, &'a Organization)| o.users.iter().map(move |u| (number, u));
        equal.enumerate().flat_map(of).collect()
    }

    /// All people from the last to the first, so that another scenario meets them later.
    pub(crate) fn everybody_backwards(self) -> Vec<Login<'a>> {
        self.everybody().into_iter().rev().collect()
    }

    /// A few people of many organizations.
    pub(crate) fn regulars(self) -> Vec<Login<'a>> {
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

    /// Workers that ask over RADIUS, after `rehearsals` times for everybody.
    ///
    /// # Errors
    /// When one cannot be prepared.
    pub(crate) fn paps(
        self,
        logins: Vec<Login<'a>>,
        rehearsals: usize,
    ) -> Result<Vec<Operation<'a>>> {
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
}
