//! The rounds of requests that a scenario consists of, each with the answers it must get.

use std::rc::Rc;

use crate::data::{GROUPS, Organization, User, group_name, password};
use crate::engine::{Request, Round};
use crate::ldap::{Scope, Search, both, contained, equality, initial, present};
use crate::subject::Tenant;

/// Entries a page.
const PAGE: u32 = 500;
/// What applications ask for.
const ATTRIBUTES: [&str; 6] = ["uid", "cn", "sn", "givenName", "mail", "memberOf"];
/// What a list of people shows.
const LIST: [&str; 3] = ["uid", "cn", "mail"];

/// Rounds to choose from.
pub(crate) type Rounds = Rc<[Rc<Round>]>;

/// The service account of an organization, which binds and searches.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    /// Where it belongs.
    pub(crate) organization: &'a Organization,
    /// Who it is.
    pub(crate) tenant: &'a Tenant,
}

/// Rounds of one request each.
fn single(requests: impl Iterator<Item = Request>) -> Rounds {
    requests.map(|request| Rc::new(vec![request])).collect()
}

/// A user's bind.
pub(crate) fn bind(organization: &Organization, user: &User) -> Request {
    Request::bind(&organization.user_dn(user), &password(user.password))
}

impl Reader<'_> {
    /// Its own bind.
    pub(crate) fn bind(self) -> Request {
        Request::bind(&self.tenant.reader_dn, &self.tenant.reader_password)
    }

    /// What an application does for somebody who signs in: bind, search, bind as the user.
    pub(crate) fn sign_in(self, user: &User) -> Round {
        vec![self.bind(), self.find(user), bind(self.organization, user)]
    }

    /// `(uid=…)`: one entry, the right one.
    pub(crate) fn equality(self) -> Rounds {
        single(self.organization.users.iter().map(|user| self.find(user)))
    }

    fn find(self, user: &User) -> Request {
        let filter = equality("uid", &user.login);
        self.search(filter, &ATTRIBUTES, 1, Some(self.organization.user_dn(user)))
    }

    /// `(&(uid=…)(memberOf=…))`: whether a user is a member.
    pub(crate) fn member_of(self) -> Rounds {
        let ask = |user: &User| {
            let [group, _] = user.groups;
            let group = self.organization.group_dn(group);
            let filter = both(equality("uid", &user.login), equality("memberOf", &group));
            self.search(filter, &LIST, 1, Some(self.organization.user_dn(user)))
        };
        single(self.organization.users.iter().map(ask))
    }

    /// `(memberOf=…)`: a group's members.
    pub(crate) fn members(self) -> Rounds {
        let ask = |group| {
            let filter = equality("memberOf", &self.organization.group_dn(group));
            let members = self.organization.members(group);
            let last = members.last().map(|user| self.organization.user_dn(user));
            self.search(filter, &LIST, self.organization.members(group).count(), last)
        };
        single((0..GROUPS).map(ask))
    }

    /// `(&(objectClass=groupOfNames)(cn=…))` with `member`: a group and whom it names.
    pub(crate) fn group(self) -> Rounds {
        let ask = |group| {
            let class = equality("objectClass", "groupOfNames");
            let filter = both(class, equality("cn", &group_name(group)));
            self.search(filter, &["cn", "member"], 1, Some(self.organization.group_dn(group)))
        };
        single((0..GROUPS).map(ask))
    }

    /// `(uid=abc*)`, all but the last letter.
    pub(crate) fn initial(self) -> Rounds {
        let ask = |user: &User| {
            let start = user.login.get(..user.login.len() - 1).unwrap_or_default();
            let found = self.organization.users.iter().filter(|u| u.login.starts_with(start));
            let name = Some(self.organization.user_dn(user));
            self.search(initial("uid", start), &LIST, found.count(), name)
        };
        single(self.organization.users.iter().map(ask))
    }

    /// `(uid=*bc*)`, all but the first and the last letter.
    pub(crate) fn contained(self) -> Rounds {
        let ask = |user: &User| {
            let part = user.login.get(1..user.login.len() - 1).unwrap_or_default();
            let found = self.organization.users.iter().filter(|u| u.login.contains(part));
            let name = Some(self.organization.user_dn(user));
            self.search(contained("uid", part), &LIST, found.count(), name)
        };
        single(self.organization.users.iter().map(ask))
    }

    /// Binds of so many people, the first ones.
    pub(crate) fn binds(self, people: usize) -> Rounds {
        let users = self.organization.users.iter().take(people);
        single(users.map(|user| bind(self.organization, user)))
    }

    /// `(description=*x*)`, which no index serves, whatever comes of it.
    pub(crate) fn unindexed(self) -> Rounds {
        let filter = contained("description", "x");
        single(std::iter::once(self.search(filter, &LIST, 0, None).unjudged()))
    }

    /// `(uid=…)` below what is not there, whatever comes of it.
    pub(crate) fn missing(self) -> Rounds {
        let base = format!("ou=elsewhere,{}", self.organization.base);
        let search = |user: &User| {
            let filter = equality("uid", &user.login);
            let search = Search { base: &base, filter, attributes: &LIST, scope: Scope::Subtree };
            Request::search(&search.encode(), 0, None).unjudged()
        };
        single(self.organization.users.iter().map(search))
    }

    /// All people at once.
    pub(crate) fn dump(self) -> Rounds {
        let everybody = self.everybody();
        let count = self.organization.users.len();
        single(std::iter::once(Request::search(&everybody, count, None)))
    }

    /// All people in pages.
    pub(crate) fn dump_paged(self) -> Rounds {
        let count = self.organization.users.len();
        single(std::iter::once(Request::pages(self.everybody(), PAGE, count)))
    }

    /// One level below the people's container, the form that costs slapd least.
    pub(crate) fn everybody(self) -> Vec<u8> {
        Search {
            base: &format!("ou=people,{}", self.organization.base),
            filter: present("objectClass"),
            attributes: &ATTRIBUTES,
            scope: Scope::OneLevel,
        }
        .encode()
    }

    fn search(
        self,
        filter: Vec<u8>,
        attributes: &[&str],
        count: usize,
        name: Option<String>,
    ) -> Request {
        let base = &self.organization.base;
        let search = Search { base, filter, attributes, scope: Scope::Subtree };
        Request::search(&search.encode(), count, name)
    }
}

/// The same requests for a server that only echoes.
pub(crate) fn echoed(rounds: &[Rc<Round>]) -> Rounds {
    rounds.iter().map(|round| Rc::new(round.iter().map(Request::echoed).collect())).collect()
}
