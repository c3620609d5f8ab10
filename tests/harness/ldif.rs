//! The entries that `ldapsearch -LLL -o ldif-wrap=no` prints.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its name.
    pub(crate) dn: String,
    /// Its attributes with one value each, in the order in which they came.
    pub(crate) attributes: Vec<(String, String)>,
}

impl Entry {
    /// The values of an attribute, sorted.
    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        let same = |(attribute, _): &&(String, String)| attribute.eq_ignore_ascii_case(name);
        let mut values: Vec<&str> =
            self.attributes.iter().filter(same).map(|(_, value)| value.as_str()).collect();
        values.sort_unstable();
        values
    }

    /// The one value of an attribute.
    pub(crate) fn value(&self, name: &str) -> &str {
        match self.values(name)[..] {
            [value] => value,
            ref values => panic!("{name} of {} has {} values", self.dn, values.len()),
        }
    }

    /// The names of its attributes, each once, in the order in which they came.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.attributes.iter().map(|(name, _)| name.as_str()).collect();
        names.dedup();
        names
    }
}

/// Reads entries.
pub(crate) fn parse(text: &str) -> Vec<Entry> {
    text.split("\n\n").filter_map(entry).collect()
}

fn entry(block: &str) -> Option<Entry> {
    let mut lines = block.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (first, dn) = pair(lines.next()?);
    // References and page cookies are no entries.
    (first == "dn").then(|| Entry { dn, attributes: lines.map(pair).collect() })
}

fn pair(line: &str) -> (String, String) {
    let (name, rest) = line.split_once(':').unwrap_or_else(|| panic!("no LDIF: {line:?}"));
    let value = match rest.strip_prefix(':') {
        Some(encoded) => {
            let octets = STANDARD.decode(encoded.trim()).unwrap();
            String::from_utf8_lossy(&octets).into_owned()
        }
        None => rest.strip_prefix(' ').unwrap_or(rest).to_owned(),
    };
    (name.to_owned(), value)
}

#[test]
fn entries_are_read_with_plain_encoded_and_empty_values() {
    let entries = parse("dn: uid=ada\ncn:: QWRh\nsn: L\nsn: M\nmail:\n\n# pagedresults: cookie=\n");
    let [ada] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!(ada.dn, "uid=ada");
    assert_eq!(ada.value("CN"), "Ada");
    assert_eq!(ada.values("sn"), ["L", "M"]);
    assert_eq!(ada.names(), ["cn", "sn", "mail"]);
}
