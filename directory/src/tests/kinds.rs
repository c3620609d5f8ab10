//! Each kind of records is known to whoever goes over all of them.

use std::collections::BTreeMap;

use storage::{Kind, KindCheck};

use crate::directory::Directory;
use crate::search::{SHOWN, UNSHOWN};

/// Where the kinds of the file format get their numbers.
const RECORDS: &str = include_str!("../records/mod.rs");

/// A kind, as `records/mod.rs` names it.
struct Named {
    name: &'static str,
    kind: Kind,
    /// Whether there are secrets of it alone, and no records.
    is_sealed: bool,
}

fn named() -> Vec<Named> {
    let (_, rest) = RECORDS.split_once("mod kinds {").unwrap();
    let (text, _) = rest.split_once("\n}").unwrap();
    let (mut all, mut is_sealed) = (Vec::new(), false);
    for line in text.lines().map(str::trim) {
        is_sealed |= line.starts_with("/// Sealed:");
        if let Some(constant) = line.strip_prefix("pub(crate) const ") {
            let (name, number) = constant.split_once(": Kind = Kind(").unwrap();
            let kind = Kind(number.strip_suffix(");").unwrap().parse().unwrap());
            all.push(Named { name, kind, is_sealed });
            is_sealed = false;
        }
    }
    assert!(all.len() > 60, "the kinds are not found in records/mod.rs any more");
    all
}

fn count(list: impl IntoIterator<Item = Kind>, kind: Kind) -> usize {
    list.into_iter().filter(|it| *it == kind).count()
}

#[test]
fn no_two_kinds_have_the_same_number() {
    let mut numbers = BTreeMap::new();
    for Named { name, kind, .. } in named() {
        let other = numbers.insert(kind, name);
        assert_eq!(other, None, "{name} has the number of another: give it one that nobody had");
    }
}

#[test]
fn every_kind_is_checked_and_it_is_known_whether_entries_show_it() {
    let checked = Directory::kinds_checked();
    for Named { name, kind, is_sealed } in named() {
        let checks = count(checked.iter().map(KindCheck::kind), kind);
        let (shown, unshown) =
            (count(SHOWN.iter().copied(), kind), count(UNSHOWN.iter().copied(), kind));
        if is_sealed {
            assert_eq!(
                (checks, shown, unshown),
                (0, 0, 0),
                "{name} is sealed by its comment in directory/src/records/mod.rs, so there are no \
                 records of it: take away the word, or its lines elsewhere"
            );
            continue;
        }
        assert_eq!(
            checks, 1,
            "add {name} once to `kinds_checked` in directory/src/directory/check.rs, or nobody finds \
             out whether its indices are whole (where there are secrets of it alone, let its comment \
             in directory/src/records/mod.rs begin with `Sealed:`)"
        );
        assert_eq!(
            shown + unshown,
            1,
            "add {name} once in directory/src/search/kinds_shown.rs: to `UNSHOWN` where no entry of \
             LDAP shows anything of it, or each change of it has every copy read all again; else to \
             `SHOWN`"
        );
    }
}
