//! A service account at work: searches on a kept connection, each answer checked.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};

use crate::data::{GROUPS, Organization, Random};
use crate::ldap::{Connection, Found, Scope, Search, equality, present};
use crate::subject::Tenant;

/// Entries a page.
const PAGE: u32 = 500;
/// What applications ask for.
const ATTRIBUTES: [&str; 6] = ["uid", "cn", "sn", "givenName", "mail", "memberOf"];

/// A kept connection of an organization's service account.
pub(crate) struct Reader<'a> {
    organization: &'a Organization,
    people: String,
    connection: Connection,
}

impl<'a> Reader<'a> {
    /// Connects as the organization's service account.
    ///
    /// # Errors
    /// When it may not bind.
    pub(crate) fn open(
        server: SocketAddr,
        organization: &'a Organization,
        tenant: &Tenant,
    ) -> Result<Self> {
        let mut connection = Connection::open(server)?;
        connection
            .bind(&tenant.reader_dn, &tenant.reader_password)
            .with_context(|| format!("binding as {}", tenant.reader_dn))?;
        Ok(Self { people: format!("ou=people,{}", organization.base), organization, connection })
    }

    /// `(uid=…)`: one entry, the right one.
    ///
    /// # Errors
    /// When the answer is not right.
    pub(crate) fn equality(&mut self, random: &mut Random) -> Result<usize> {
        let user = random.choose(&self.organization.users).context("nobody")?;
        let search = self.search(equality("uid", &user.login), &ATTRIBUTES);
        let found = self.connection.search(&search)?;
        let right = found.last_dn == self.organization.user_dn(user).into_bytes();
        ensure!(found.entries == 1 && right, "{} entries for one", found.entries);
        Ok(found.octets)
    }

    /// `(memberOf=…)`: a group's members.
    ///
    /// # Errors
    /// When the answer is not right.
    pub(crate) fn member_of(&mut self, random: &mut Random) -> Result<usize> {
        let groups: [usize; GROUPS] = std::array::from_fn(|n| n);
        let group = *random.choose(&groups).context("no group")?;
        let filter = equality("memberOf", &self.organization.group_dn(group));
        let search = self.search(filter, &["uid", "cn", "mail"]);
        let found = self.connection.search(&search)?;
        let members = self.organization.members(group).count();
        ensure!(found.entries == members, "{} of {members} members", found.entries);
        Ok(found.octets)
    }

    /// All people at once.
    ///
    /// # Errors
    /// When the answer is not right.
    pub(crate) fn dump(&mut self, _: &mut Random) -> Result<usize> {
        let search = everybody(&self.people);
        let found = self.connection.search(&search)?;
        self.expect_all(&found)
    }

    /// All people in pages.
    ///
    /// # Errors
    /// When the answer is not right.
    pub(crate) fn dump_paged(&mut self, _: &mut Random) -> Result<usize> {
        let search = everybody(&self.people);
        let found = self.connection.search_paged(&search, PAGE)?;
        self.expect_all(&found)
    }

    fn expect_all(&self, found: &Found) -> Result<usize> {
        let people = self.organization.users.len();
        ensure!(found.entries == people, "{} of {people} people", found.entries);
        Ok(found.octets)
    }

    fn search<'b>(&self, filter: Vec<u8>, attributes: &'b [&'b str]) -> Search<'b>
    where
        'a: 'b,
    {
        Search { base: &self.organization.base, filter, attributes, scope: Scope::Subtree }
    }
}

/// The search for all people: one level below their container, the form that costs slapd least.
fn everybody(people: &str) -> Search<'_> {
    Search {
        base: people,
        filter: present("objectClass"),
        attributes: &ATTRIBUTES,
        scope: Scope::OneLevel,
    }
}
