//! A search that works for seconds and gives nothing: by a filter that no index serves, over people
//! with long values.

use serde_json::json;

use super::ber::{boolean, constructed, element, octets, sequence};
use super::office::Office;
use super::raw::{self, Raw};

/// People, each with some 32 kB of text.
const PEOPLE: usize = 100;
/// Tests of each of these values.
const TESTS: usize = 800;

/// An organization whose people take long to look through.
pub(crate) struct Slow {
    pub(crate) office: Office,
    /// The name of an application that sees everybody.
    pub(crate) dn: String,
    pub(crate) password: String,
}

impl Slow {
    pub(crate) fn new() -> Self {
        Self::in_office(Office::new())
    }

    /// The same in an organization that is empty yet.
    pub(crate) fn in_office(office: Office) -> Self {
        let note = json!({"name": "note", "syntax": "text", "multiple": true, "indexed": false});
        office.make("custom-attributes", &note);
        let notes: Vec<String> =
            (0..32).map(|number| format!("{number} {}", "lorem".repeat(200))).collect();
        for person in 0..PEOPLE {
            let login = format!("u{person}");
            office.make(
                "users",
                &json!({"login": login, "display_name": login, "surname": login,
                        "custom": {"note": notes}}),
            );
        }
        let made = office.make("service-accounts", &json!({"name": "app"}));
        let text = |field: &str| made[field].as_str().unwrap().to_owned();
        let (dn, password) = (text("dn"), text("password"));
        Self { office, dn, password }
    }

    /// A connection of an application that sees everybody.
    pub(crate) fn connect(&self) -> Raw {
        Raw::bound(&self.office.demo.ldap, &self.dn, &self.password)
    }

    /// The search, which may take so many seconds; as many as the server likes for none.
    pub(crate) fn search(&self, id: i64, seconds: u8) -> Vec<u8> {
        self.search_for(TESTS, id, seconds)
    }

    /// The same with so many tests of each value.
    pub(crate) fn search_for(&self, tests: usize, id: i64, seconds: u8) -> Vec<u8> {
        let contains = |number| {
            let piece = element(0x81, format!("missing {number}").as_bytes());
            element(0xa4, &[octets("note"), sequence([piece])].concat())
        };
        let tests: Vec<u8> = (0..tests).flat_map(contains).collect();
        let mut search = raw::search(id, &self.office.base, 2, element(0xa1, &tests));
        // The size limit and the time limit.
        let unlimited = [2, 1, 0, 2, 1, 0];
        let place = search.windows(6).position(|window| window == unlimited).unwrap();
        search[place + 5] = seconds;
        search
    }

    /// The filter of the search as a text.
    pub(crate) fn filter() -> String {
        let tests: String = (0..TESTS).map(|number| format!("(note=*missing {number}*)")).collect();
        format!("(|{tests})")
    }

    /// The same search for people in the order of their logins.
    pub(crate) fn sorted(&self, id: i64, seconds: u8) -> Vec<u8> {
        let search = self.search(id, seconds);
        let long = search[1] >= 0x80;
        let header = 2 + if long { usize::from(search[1] & 0x7f) } else { 0 };
        let keys = sequence([sequence([octets("uid")])]);
        let sort = sequence([octets("1.2.840.113556.1.4.473"), boolean(true), octets(keys)]);
        let parts = [search[header..].to_vec(), constructed(0xa0, [sort])];
        element(0x30, &parts.concat())
    }
}
