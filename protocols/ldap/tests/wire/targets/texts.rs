//! Names, filters and times as text.

use std::ops::Range;

use ldap::dn::{Error, Rdn};
use ldap::{Dn, Filter, generalized_time};

/// What years of four digits can say, in milliseconds since 1970.
const YEARS: Range<i64> = -62_167_219_200_000..253_402_300_800_000;

/// Reads the octets as a name, as a filter and as a time.
///
/// # Panics
/// When what was read is something else once it is written and read again.
pub(crate) fn run(octets: &[u8]) {
    let Ok(text) = std::str::from_utf8(octets) else { return };
    if let Ok(name) = Dn::parse(text) {
        check(&name);
    }
    if let Ok(filter) = text.parse::<Filter>() {
        let written = filter.to_string();
        let again = written.parse::<Filter>().map(|again| again.to_string());
        assert_eq!(again.as_deref(), Ok(&*written));
    }
    if let Some(time) = generalized_time::read(text).filter(|time| YEARS.contains(time)) {
        assert_eq!(generalized_time::read(&generalized_time::write(time)), Some(time));
    }
}

fn check(name: &Dn) {
    match Dn::parse(name.as_str()) {
        // Few letters are many once they are normalized.
        Err(Error::TooLong) => {}
        again => assert_eq!(again.as_ref(), Ok(name)),
    }
    let rdns: Vec<&str> = name.rdns().map(Rdn::as_str).collect();
    assert_eq!(rdns.join(","), name.as_str());
    assert!(name.rdns().flat_map(Rdn::parts).all(|(kind, _)| !kind.is_empty()));
    assert_eq!(name.parent().is_none(), name.is_root());
    if let Some(parent) = name.parent() {
        assert_eq!(parent.rdns().count() + 1, rdns.len());
        assert_eq!(name.below(&parent), rdns.first().copied());
    }
}
