//! Searches on organizations made at random, against a model in memory that knows no index, no plan and
//! nothing of the daemon: what entries are to show is written down in `places`, what filters mean in
//! `judge`, after the RFCs and the subschema that the daemon publishes.
//!
//! The whole way is compared, entry by entry and attribute by attribute: base and scope, filter, choice
//! of attributes, pages, order and views of it (`order`), and what is written; and comparisons
//! (`compare`). Each layout and profile is asked, by applications that see everything or the members of a
//! group, by users, and under alias bases (`views`).

mod ask;
mod compare;
mod devices;
mod exchange;
mod judge;
mod name;
mod order;
mod places;
mod types;
mod views;
mod world;

use std::collections::BTreeMap;

use self::ask::{Ask, Questions, Search};
use self::exchange::{Answer, Exchange, Shown};
use self::judge::{Entry, Judge};
use self::name::Name;
use self::types::Types;
use self::views::{ALIASES, APPLICATIONS, Caller, USERS, View};
use self::world::World;
use crate::harness::random::Random;

/// Searches of each organization in each view.
const SEARCHES: usize = 250;
/// The same of users, and under alias bases.
const FEWER: usize = 120;
/// So many users more make others than a few.
const CROWD: usize = 60;
/// Searches in an order, and comparisons, in each view.
const OTHERS: usize = 30;

/// One caller's view of an organization, and its model.
struct Play {
    exchange: Exchange,
    types: Types,
    entries: Vec<Entry>,
    base: Name,
    /// Names of entries under another base, and the same entries' here.
    elsewhere: Vec<(Name, Name)>,
    /// Names of entries that the caller does not see.
    hidden: Vec<Name>,
    told: String,
}

impl Play {
    fn new(world: &World, view: View) -> Self {
        let (dn, password) = world.who(view);
        let mut exchange = Exchange::new(&world.office.demo.ldap, &dn, password);
        let types = exchange.types(&world.subschema(view));
        let base = name::parse(&world.base(view)).unwrap();
        let (entries, told) = (world.entries(view), format!("{view:?}"));
        let (elsewhere, hidden) = (world.elsewhere(view), world.hidden(view));
        let mut play = Self { exchange, types, entries, base, elsewhere, hidden, told };
        play.learn();
        play
    }

    /// Where questions come from.
    fn questions<'p>(&'p self, random: &'p mut Random) -> Questions<'p> {
        Questions {
            random,
            types: &self.types,
            entries: &self.entries,
            base: &self.base,
            elsewhere: &self.elsewhere,
            hidden: &self.hidden,
        }
    }

    fn judge(&self) -> Judge<'_> {
        Judge { types: &self.types, entries: &self.entries, elsewhere: &self.elsewhere }
    }

    /// Takes from an answer what nothing but LDAP tells.
    fn learn(&mut self) {
        let everything = Search {
            base: self.base.clone(),
            scope: 2,
            filter: Ask::Present("objectClass".to_owned()),
            wanted: vec!["*".to_owned(), "+".to_owned()],
            types_only: false,
            most: 0,
            page: None,
        };
        let answer = self.exchange.ask(&everything, &self.types);
        let has = |entry: &Entry, name: &str| entry.shown.iter().any(|(other, _)| other == name);
        for entry in &mut self.entries {
            let found = answer.entries.get(&entry.name);
            let found = found.unwrap_or_else(|| panic!("{}: no {:?}", self.told, entry.name));
            let domain = has(entry, "distinguishedName");
            let numbered = has(entry, "sAMAccountName") || (domain && entry.name == self.base);
            let place = !has(entry, "entryUUID");
            let learned = places::OF_PLACES.iter().filter(|_| place);
            let learned =
                learned.chain(places::OF_DOMAINS_PLACES.iter().filter(|_| place && domain));
            for name in learned.chain(places::OF_ACCOUNTS.iter().filter(|_| numbered)) {
                let values = found.get(*name).unwrap_or_else(|| panic!("{found:?} has no {name}"));
                assert_eq!(values.len(), 1, "{name}");
                entry.shown.push(((*name).to_owned(), values.clone()));
            }
        }
        self.check(&everything);
    }

    /// What a search is to give.
    fn expected(&self, search: &Search) -> Answer {
        let judge = self.judge();
        let there = |name: &Name| self.entries.iter().any(|entry| entry.name == *name);
        if !search.base.is_empty() && !there(&search.base) {
            return Answer { code: 32, entries: BTreeMap::new() };
        }
        // What lies above the base is no entry, so that the base is the one below the root.
        let top = if search.base.is_empty() { self.base.len() - 1 } else { search.base.len() };
        let within = |entry: &&Entry| {
            let depth = entry.name.len() - top;
            match search.scope {
                0 => depth == 0,
                1 => depth == 1,
                _ => true,
            }
        };
        let below = self
            .entries
            .iter()
            .filter(|entry| name::is_at_or_below(&entry.name, &search.base))
            .filter(within);
        let found = below.filter(|entry| judge.truth(&search.filter, entry) == Some(true));
        let entries = found.map(|entry| (entry.name.clone(), self.shown(entry, search)));
        Answer { code: 0, entries: entries.collect() }
    }

    /// What of an entry is wanted (RFC 4511 section 4.5.1.8).
    fn shown(&self, entry: &Entry, search: &Search) -> Shown {
        let named: Vec<_> =
            search.wanted.iter().filter_map(|name| self.types.known(name)).collect();
        let word = |word: &str| search.wanted.iter().any(|wanted| wanted == word);
        let all = search.wanted.is_empty() || word("*");
        let wanted = |name: &str| {
            let kind = self.types.named(name);
            // The groups of an entry come with what is operational, whatever they are.
            let on_request = kind.operational || name == "memberOf";
            (all && !kind.operational)
                || (word("+") && on_request)
                || named.iter().any(|other| self.types.is_a(kind, other))
        };
        let chosen = entry.shown.iter().filter(|(name, _)| wanted(name));
        let written = chosen.map(|(name, values)| {
            let values = if search.types_only { Vec::new() } else { values.clone() };
            (name.clone(), exchange::comparable(self.types.named(name), values))
        });
        written.collect()
    }

    fn agrees(&mut self, search: &Search) -> Result<(), String> {
        let (found, expected) = (self.exchange.ask(search, &self.types), self.expected(search));
        let differs = if search.most > 0 && expected.entries.len() > search.most {
            // Any so many of them (RFC 4511 section 4.5.1.4).
            let there = |(name, shown): (&Name, &Shown)| expected.entries.get(name) == Some(shown);
            let some = found.entries.len() == search.most && found.entries.iter().all(there);
            !some || found.code != 4
        } else {
            found != expected
        };
        if differs { Err(format!("found {found:#?}\nexpected {expected:#?}")) } else { Ok(()) }
    }

    fn check(&mut self, search: &Search) {
        let Err(mut why) = self.agrees(search) else { return };
        // The smallest part of the filter about which the two are of different minds says most.
        let mut search = search.clone();
        loop {
            let parts = search.filter.parts().to_vec();
            let part = parts.into_iter().find_map(|filter| {
                let smaller = Search { filter, most: 0, page: None, ..search.clone() };
                self.agrees(&smaller).err().map(|why| (smaller, why))
            });
            match part {
                Some(smaller) => (search, why) = smaller,
                None => panic!("{}\n{search:#?}\n{why}", self.told),
            }
        }
    }
}

/// Asks an organization of a seed so often in each of these views.
fn play(seed: u64, views: &[View], searches: usize) {
    play_among(0, seed, views, searches);
}

/// The same, and the organization has so many more users. Some of the searches have to find entries, some
/// have to put them in order, and some of the comparisons have to be made.
fn play_among(more: usize, seed: u64, views: &[View], searches: usize) {
    let mut random = Random::new(seed);
    let mut world = World::new(&mut random, more);
    // Orders and comparisons come from elsewhere, so that searches stay the same.
    let mut other = Random::new(seed.rotate_left(17));
    let (mut met, mut ordered, mut compared) = (0, 0, 0);
    for view in views {
        world.look(*view);
        let mut play = Play::new(&world, *view);
        for _ in 0..searches {
            let search = play.questions(&mut random).search();
            met += usize::from(!play.expected(&search).entries.is_empty());
            play.check(&search);
        }
        for _ in 0..OTHERS {
            let (search, order) = play.questions(&mut other).ordered();
            ordered += usize::from(play.check_list(&search, &order));
            let assertion = play.questions(&mut other).assertion();
            compared += usize::from(play.check_compare(&assertion));
        }
    }
    assert!(met > views.len() * searches / 10, "hardly anything was found: {met}");
    let tenth = views.len() * OTHERS / 10;
    assert!(ordered > tenth, "hardly anything came in an order: {ordered}");
    assert!(compared > tenth, "hardly anything was compared: {compared}");
}

#[test]
fn searches_of_who_sees_everything_give_what_the_model_says_in_every_view() {
    for seed in [0x9e37_79b9, 0x2545_f491, 0x1656_67b1] {
        play(seed, &APPLICATIONS, SEARCHES);
    }
}

#[test]
fn searches_of_who_sees_one_groups_members_give_what_the_model_says_in_every_view() {
    for seed in [0x85eb_ca6b, 0xc2b2_ae35] {
        play(seed, &APPLICATIONS.map(|view| view.of(Caller::Narrow)), SEARCHES);
    }
}

#[test]
fn searches_of_users_give_what_the_model_says_in_every_layout() {
    play(0x27d4_eb2f, &USERS.map(|view| view.of(Caller::User)), FEWER);
    play(0x1b87_3593, &USERS.map(|view| view.of(Caller::Oneself)), FEWER);
}

#[test]
fn searches_under_alias_bases_give_what_the_model_says() {
    play(0xcc9e_2d51, &ALIASES, FEWER);
}

#[test]
fn searches_among_more_entries_than_are_judged_one_by_one_give_what_the_model_says() {
    // Where an index leaves some 32 or fewer, no further one is asked.
    play_among(CROWD, 0x38b3_4ae5, &APPLICATIONS[..3], FEWER);
    play_among(CROWD, 0xa1e3_8b93, &[USERS[0].of(Caller::User)], FEWER);
}
