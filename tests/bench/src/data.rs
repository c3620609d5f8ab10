//! The same people for every server: deterministic, sized by two numbers.

use std::net::Ipv4Addr;

/// Groups in every organization.
pub(crate) const GROUPS: usize = 10;
/// Users that log in over RADIUS again and again.
pub(crate) const REGULARS: usize = 200;
/// Passwords in use; user number `n` has password number `n % PASSWORDS`.
pub(crate) const PASSWORDS: usize = 64;

const GIVEN_NAMES: [&str; 10] =
    ["Ada", "Ben", "Clara", "David", "Elif", "Farid", "Greta", "Henri", "Ines", "Jonas"];
const SURNAMES: [&str; 10] = [
    "Arnold", "Becker", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Huber", "Ivanov",
    "Jansen",
];

/// Everything that is loaded.
pub(crate) struct Data {
    /// The measured organizations, then the large one, if there is one.
    pub(crate) organizations: Vec<Organization>,
    /// How many organizations of equal size come first.
    pub(crate) equal: usize,
}

/// A customer with its people.
pub(crate) struct Organization {
    /// Short name.
    pub(crate) slug: String,
    /// DN of its tree.
    pub(crate) base: String,
    /// Where its network gear sends from.
    pub(crate) source: Ipv4Addr,
    /// Its people.
    pub(crate) users: Vec<User>,
}

/// A person.
pub(crate) struct User {
    /// Unique over all organizations, because slapd and FreeRADIUS know no other kind.
    pub(crate) login: String,
    /// Given name.
    pub(crate) given_name: &'static str,
    /// Family name.
    pub(crate) surname: &'static str,
    /// Which of the [`PASSWORDS`] it has.
    pub(crate) password: usize,
    /// The two groups it is a member of.
    pub(crate) groups: [usize; 2],
}

impl Data {
    /// Makes `organizations` of `users` each, and one of `large` unless that is zero.
    pub(crate) fn new(organizations: usize, users: usize, large: usize) -> Self {
        let sizes = std::iter::repeat_n(users, organizations).chain((large > 0).then_some(large));
        let mut serial = 0;
        let organizations: Vec<_> = sizes
            .enumerate()
            .map(|(number, size)| {
                let first = serial;
                serial += size;
                Organization::new(number, first..serial)
            })
            .collect();
        Self { equal: organizations.len() - usize::from(large > 0), organizations }
    }

    /// People of the organizations of equal size, one after another, with the organizations' numbers.
    pub(crate) fn everybody(&self) -> Vec<(usize, &User)> {
        self.organizations
            .iter()
            .take(self.equal)
            .enumerate()
            .flat_map(|(number, organization)| {
                organization.users.iter().map(move |user| (number, user))
            })
            .collect()
    }

    /// A few people of many organizations, who log in again and again.
    pub(crate) fn regulars(&self) -> Vec<(usize, &User)> {
        let everybody = self.everybody();
        let stride = (everybody.len() / REGULARS).max(1);
        everybody.into_iter().step_by(stride).take(REGULARS).collect()
    }

    /// Up to `count` organizations of equal size, far from each other.
    pub(crate) fn spread(&self, count: usize) -> impl Iterator<Item = usize> + use<> {
        let stride = (self.equal / count.max(1)).max(1);
        (0..self.equal).step_by(stride).take(count)
    }

    /// All people.
    pub(crate) fn users(&self) -> usize {
        self.organizations.iter().map(|o| o.users.len()).sum()
    }
}

impl Organization {
    fn new(number: usize, serials: std::ops::Range<usize>) -> Self {
        let slug = format!("o{number:05}");
        let low = u8::try_from(number % 250).unwrap_or(0) + 1;
        let high = u8::try_from(number / 250 % 250).unwrap_or(0);
        Self {
            base: format!("dc={slug},dc=example"),
            slug,
            source: Ipv4Addr::new(127, 1, high, low),
            users: serials.enumerate().map(User::new).collect(),
        }
    }

    /// DN of a user here.
    pub(crate) fn user_dn(&self, user: &User) -> String {
        format!("uid={},ou=people,{}", user.login, self.base)
    }

    /// DN of a group here.
    pub(crate) fn group_dn(&self, group: usize) -> String {
        format!("cn={},ou=groups,{}", group_name(group), self.base)
    }

    /// The members of a group here.
    pub(crate) fn members(&self, group: usize) -> impl Iterator<Item = &User> {
        self.users.iter().filter(move |user| user.groups.contains(&group))
    }
}

impl User {
    fn new((index, serial): (usize, usize)) -> Self {
        let given_name = pick(&GIVEN_NAMES, index);
        let surname = pick(&SURNAMES, index / GIVEN_NAMES.len());
        let first = index % GROUPS;
        Self {
            login: format!("{given_name}.{surname}.{serial}").to_lowercase(),
            given_name,
            surname,
            password: serial % PASSWORDS,
            groups: [first, (first + 1 + index / GROUPS % (GROUPS - 1)) % GROUPS],
        }
    }

    /// The name people see.
    pub(crate) fn display_name(&self) -> String {
        format!("{} {}", self.given_name, self.surname)
    }

    /// The mail address.
    pub(crate) fn mail(&self, organization: &Organization) -> String {
        format!("{}@{}.example", self.login, organization.slug)
    }
}

/// The text of password number `number`.
pub(crate) fn password(number: usize) -> String {
    format!("correct-horse-{number:02}")
}

/// The name of group number `number`.
pub(crate) fn group_name(number: usize) -> String {
    format!("team-{number}")
}

fn pick(names: &[&'static str], index: usize) -> &'static str {
    names.iter().cycle().nth(index % names.len()).unwrap_or(&"")
}

/// A small generator of random numbers (SplitMix64), the same series for the same seed.
pub(crate) struct Random(u64);

impl Random {
    /// A series of its own for every seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0xA076_1D64_78BD_642F))
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// The next 16 octets.
    pub(crate) fn octets(&mut self) -> [u8; 16] {
        (u128::from(self.next()) << 64 | u128::from(self.next())).to_be_bytes()
    }

    /// One of `items`; `None` only when there are none.
    pub(crate) fn choose<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(items.len()).ok()?;
        let index = self.next().checked_rem(count)?;
        items.get(usize::try_from(index).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_user_is_in_two_different_groups() {
        let data = Data::new(3, 100, 500);
        for user in data.organizations.iter().flat_map(|o| &o.users) {
            let [first, second] = user.groups;
            assert!(first != second && first < GROUPS && second < GROUPS);
        }
    }

    #[test]
    fn logins_and_sources_are_unique() {
        let data = Data::new(300, 20, 50);
        let logins: std::collections::HashSet<_> =
            (data.organizations.iter()).flat_map(|o| &o.users).map(|user| &user.login).collect();
        let sources: std::collections::HashSet<_> =
            data.organizations.iter().map(|o| o.source).collect();
        assert_eq!(logins.len(), 300 * 20 + 50);
        assert_eq!(sources.len(), 301);
    }
}
