//! Every word of `tenantry` is run, in an order in which things are there, and what came of it is
//! looked at. A word without a row fails.

mod access;
mod certificates;
mod devices;
mod events;
mod imports;
mod organizations;
mod people;
mod places;
mod staff;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::harness::admin::PASSWORD;
use crate::harness::client::Output;
use crate::harness::office::Office;
use crate::harness::tenantry::Tenantry;
use crate::harness::totp;

/// A command, and what is to come of it. `{name}` stands for something known, in all texts.
#[derive(Clone, Copy)]
struct Row {
    words: &'static str,
    arguments: &'static str,
    input: &'static str,
    /// What is kept of what it prints: by which name, and where it stands.
    keeps: &'static [(&'static str, &'static str)],
    /// What is run then, and looked at in its place. It has to show something else before.
    then: &'static str,
    /// The code that it ends with.
    code: i32,
    /// What is printed.
    says: &'static str,
    /// Where in what is printed stands what: `*` is anything and `-` nothing; at `#` how many.
    shows: &'static [(&'static str, &'static str)],
}

const fn row(words: &'static str, arguments: &'static str) -> Row {
    Row { words, arguments, input: "", keeps: &[], then: "", code: 0, says: "", shows: &[] }
}

impl Row {
    const fn hears(mut self, input: &'static str) -> Self {
        self.input = input;
        self
    }

    const fn keeps(mut self, keeps: &'static [(&'static str, &'static str)]) -> Self {
        self.keeps = keeps;
        self
    }

    const fn then(mut self, line: &'static str) -> Self {
        self.then = line;
        self
    }

    /// What is run then finds nothing.
    const fn gone(self, line: &'static str) -> Self {
        self.fails(line, 5)
    }

    const fn fails(mut self, line: &'static str, code: i32) -> Self {
        self.then = line;
        self.code = code;
        self
    }

    /// It is told by a code what came of it.
    const fn ends(mut self, code: i32) -> Self {
        self.code = code;
        self
    }

    const fn says(mut self, text: &'static str) -> Self {
        self.says = text;
        self
    }

    const fn shows(mut self, shows: &'static [(&'static str, &'static str)]) -> Self {
        self.shows = shows;
        self
    }

    fn is_checked(&self) -> bool {
        self.code != 0 || !self.says.is_empty() || !self.shows.is_empty()
    }
}

/// What is printed in one way alone.
const ONE_WAY: [&str; 7] = [
    "apply ",
    "export ",
    "billing invoices",
    "certificate-authority certificate",
    "events export",
    "events verify",
    "wifi profile",
];

/// Somebody who runs rows, and what is known so far.
struct Walk {
    tenantry: Tenantry,
    known: BTreeMap<&'static str, String>,
}

impl Walk {
    /// The one who may do everything, in an organization.
    fn of(office: &Office) -> Self {
        let key = &office.demo.admin_api.tokens.administrator_with_billing;
        Self::by(Tenantry::with_key(&office.demo, key).within(&office.slug), office)
    }

    /// Somebody in an organization.
    fn by(tenantry: Tenantry, office: &Office) -> Self {
        Self { tenantry, known: BTreeMap::new() }
            .knows("slug", &office.slug)
            .knows("base", &office.base)
            .knows("source", &format!("{}/32", office.address))
            .knows("password", PASSWORD)
            .knows("fingerprint", &"ab".repeat(32))
    }

    fn knows(mut self, name: &'static str, value: &str) -> Self {
        self.known.insert(name, value.to_owned());
        self
    }

    /// Runs rows, one after another.
    fn goes(mut self, rows: &[Row]) {
        for row in rows {
            self.step(row);
        }
    }

    fn step(&mut self, row: &Row) {
        let line = format!("{} {}", row.words, row.arguments);
        let was_so = !row.then.is_empty() && self.holds(row);
        assert!(!was_so, "{line}: {} shows the same before", row.then);
        let mut heard = self.run(&line, row.input);
        let code = if row.then.is_empty() { row.code } else { 0 };
        assert_eq!(heard.code, code, "{line}: {heard:?}");
        for &(name, pointer) in row.keeps {
            let kept = told(&heard).pointer(pointer).and_then(|kept| kept.as_str().map(Into::into));
            self.known.insert(name, kept.unwrap_or_else(|| panic!("{line}: {heard:?}")));
        }
        if !row.then.is_empty() {
            heard = self.run(row.then, "");
            assert_eq!(heard.code, row.code, "{line}, then {}: {heard:?}", row.then);
        }
        assert!(heard.stdout.contains(&self.filled(row.says)), "{line}: {heard:?}");
        for &(pointer, wanted) in row.shows {
            let (shown, wanted) = (told(&heard), self.filled(wanted));
            assert!(is(&shown, pointer, &wanted), "{line}: {pointer} is not {wanted}: {shown}");
        }
    }

    /// Whether what is looked at behind a row is so already.
    fn holds(&self, row: &Row) -> bool {
        let heard = self.run(row.then, "");
        let is_so = |(pointer, wanted): &(&str, &str)| {
            let wanted = self.filled(wanted);
            is(&told(&heard), pointer, &wanted)
        };
        let is_said = heard.code == row.code && heard.stdout.contains(&self.filled(row.says));
        is_said && row.shows.iter().all(is_so)
    }

    fn run(&self, line: &str, input: &str) -> Output {
        let line = self.filled(line);
        let words = line.split(' ').filter(|word| !word.is_empty());
        let is_printed_one_way = ONE_WAY.iter().any(|words| line.starts_with(words));
        let json: &[&str] = if is_printed_one_way { &[] } else { &["-o", "json"] };
        let words: Vec<&str> = words.chain(json.iter().copied()).chain(["--yes"]).collect();
        self.tenantry.hear_words(&words, &self.filled(input))
    }

    fn filled(&self, text: &str) -> String {
        let mut filled = text.to_owned();
        for (name, value) in &self.known {
            filled = filled.replace(&format!("{{{name}}}"), value);
        }
        match self.known.get("otpauth") {
            Some(uri) if filled.contains("{totp}") => filled.replace("{totp}", &totp::code(uri)),
            Some(_) | None => filled,
        }
    }
}

fn told(heard: &Output) -> Value {
    serde_json::from_str(&heard.stdout).unwrap_or_else(|error| panic!("{error}: {heard:?}"))
}

fn is(shown: &Value, pointer: &str, wanted: &str) -> bool {
    if pointer == "#" {
        return shown.as_array().is_some_and(|list| list.len().to_string() == wanted);
    }
    match (shown.pointer(pointer), wanted) {
        (None | Some(Value::Null), wanted) => wanted == "-",
        (Some(_), "*") => true,
        (Some(Value::String(text)), wanted) => text == wanted,
        (Some(other), wanted) => {
            let told = other.to_string();
            told == wanted
        }
    }
}

/// Files of certificates that rows name as `{dir}/…`.
fn put(folder: &tempfile::TempDir, name: &str, text: &str) {
    std::fs::write(folder.path().join(name), text).unwrap();
}

/// All rows.
const ALL: &[&[Row]] = &[
    organizations::ROWS,
    people::ROWS,
    devices::ROWS,
    access::ROWS,
    access::SESSIONS,
    certificates::ROWS,
    staff::ADMINS,
    staff::OWN,
    staff::PASSKEYS,
    events::ROWS,
    events::DESTINATIONS,
    imports::ROWS,
    places::ROWS,
    places::CONTEXTS,
];

/// Words that other tests run, and where: what they need is another program, or they are run here.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("import ldap", include_str!("../imports.rs"), "import ldap"),
    ("man", include_str!("mod.rs"), "does(&format!(\"man "),
];

#[test]
fn no_word_is_without_a_row_and_no_row_without_a_look_at_what_came_of_it() {
    let (office, folder) = (Office::new(), tempfile::tempdir().unwrap());
    let place = folder.path().join("man");
    Tenantry::with_key(&office.demo, "none").does(&format!("man {}", place.display()));
    let mut there = BTreeSet::from(["events".to_owned()]);
    for page in std::fs::read_dir(&place).unwrap() {
        let path = page.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let is_noun = std::fs::read_to_string(&path).unwrap().contains(".SH SUBCOMMANDS");
        if let Some(word) = name.strip_prefix("tenantry-").filter(|_| !is_noun)
            && !word.split('-').any(|part| part == "help")
        {
            there.insert(word.to_owned());
        }
    }
    assert!(there.len() > 180, "{there:?}");
    let rows = || ALL.iter().copied().flatten();
    let run = rows().map(|row| row.words).chain(ELSEWHERE.iter().map(|(words, _, _)| *words));
    let run: BTreeSet<String> = run.map(|words| words.replace(' ', "-")).collect();
    let missing: Vec<_> = there.difference(&run).collect();
    let unknown: Vec<_> = run.difference(&there).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "no row: {missing:?}; no word: {unknown:?}");
    let unseen: Vec<_> = rows().filter(|row| !row.is_checked()).map(|row| row.words).collect();
    assert!(unseen.is_empty(), "nobody looks what came of {unseen:?}");
    for (words, text, line) in ELSEWHERE {
        assert!(text.contains(line), "{words} is not run there");
    }
}
