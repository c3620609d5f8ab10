//! What of a change goes ahead of the rest, so that another can take what it gives up.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::kinds::{Kind, RADIUS_CLIENTS};
use super::plan::Step;
use super::unique::{Claim, Freed, Unique};

/// By what RADIUS clients are known, of which each has one at least.
const CERTIFICATES: &str = "certificates";
const SOURCES: &str = "sources";

impl Step {
    /// What is changed, where it has a number that it cannot be without.
    pub(super) fn numbered(&self) -> Option<(&'static Kind, &str)> {
        let Self::Update { kind, name, .. } = self else { return None };
        let is_numbered = Unique::all(kind).any(|unique| unique.freed == Freed::ForAnother);
        is_numbered.then_some((*kind, name.as_str()))
    }

    /// A change of a number, and the rest of what changes, which may name what is made until then;
    /// nothing where either is missing.
    pub(super) fn number_apart(&self) -> Option<(Self, Self)> {
        let Self::Update { kind, name, changes, before: Some(before) } = self else { return None };
        let number = Unique::all(kind).find(|unique| unique.freed == Freed::ForAnother)?;
        let mut rest = changes.clone();
        let own = Map::from_iter([(number.field.to_owned(), rest.remove(number.field)?)]);
        let number = change((*kind, name.clone()), own, before.clone())?;
        Some((number, change((*kind, name.clone()), rest, before.clone())?))
    }

    /// A change by which values are given up for nothing, and the rest of what changes; nothing where
    /// the thing cannot be without them.
    pub(super) fn cut(&self, given: &BTreeSet<Claim>) -> Option<(Self, Self)> {
        let Self::Update { kind, name, changes, before: Some(seen) } = self else { return None };
        let mut less = Map::new();
        for unique in Unique::all(kind).filter(|unique| unique.freed == Freed::Alone) {
            let there = less.get(unique.field).or_else(|| seen.get(unique.field));
            let there = there.filter(|there| !unique.claims(Some(*there)).is_disjoint(given));
            if let Some(there) = there.map(|there| unique.without(there, given)) {
                less.insert(unique.field.to_owned(), there);
            }
        }
        let is_gear = kind.member == RADIUS_CLIENTS;
        if less.is_empty() || is_gear && !stays_known(&mut less, changes, seen) {
            return None;
        }
        let (mut rest, mut before) = (changes.clone(), seen.clone());
        for (field, there) in &less {
            let is_same = |unique: &Unique| {
                unique.field != field
                    || unique.claims(changes.get(field)) == unique.claims(Some(there))
            };
            if Unique::all(kind).all(is_same) {
                rest.remove(field);
            }
            if let Some(member) = before.get_mut(field) {
                *member = there.clone();
            }
        }
        let freed = change((*kind, name.clone()), less, seen.clone())?;
        Some((freed, change((*kind, name.clone()), rest, before)?))
    }
}

/// Whether a RADIUS client is known by something once it has less, for which it gets its new sources
/// where it had none.
fn stays_known(less: &mut Map<String, Value>, changes: &Map<String, Value>, seen: &Value) -> bool {
    let says = |field: Option<&Value>| field.is_some_and(says_something);
    if says(less.get(CERTIFICATES)) || says(seen.get(SOURCES)) {
        return true;
    }
    let sources = changes.get(SOURCES);
    if let Some(sources) = sources.filter(|_| says(sources)) {
        less.insert(SOURCES.to_owned(), sources.clone());
        return true;
    }
    false
}

/// Whether a list, or one within, has anything.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Array(list) => !list.is_empty(),
        Value::Object(members) => members.values().any(says_something),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// A change, if it is one.
fn change(
    (kind, name): (&'static Kind, String),
    changes: Map<String, Value>,
    before: Value,
) -> Option<Step> {
    let before = Some(before);
    (!changes.is_empty()).then_some(Step::Update { kind, name, changes, before })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::order::tests::{create, ordered, update};
    use super::*;

    #[test]
    fn what_can_be_without_a_value_gives_it_up_first() {
        let one = json!({"name": "one", "serial": "S1", "addresses": ["00:10:a4:23:19:c0", "x"]});
        let two = json!({"name": "two", "serial": null, "addresses": []});
        let takes = json!({"serial": "S1", "addresses": ["0010a42319c0"]});
        let gives = json!({"serial": null, "addresses": ["x"], "model": "M"});
        let steps =
            vec![update("devices", "two", (two, takes)), update("devices", "one", (one, gives))];
        let expected = [
            "~ device one\n    addresses: [\"00:10:a4:23:19:c0\",\"x\"] -> [\"x\"]\n    \
             model: null -> \"M\"\n    serial: \"S1\" -> null\n",
            "~ device two\n    addresses: [] -> [\"0010a42319c0\"]\n    serial: null -> \"S1\"\n",
        ];
        assert_eq!(ordered(steps, &[]).unwrap(), expected);
        let swapped = |name: &str, (from, to): (&str, &str)| {
            update("devices", name, (json!({"serial": from}), json!({"serial": to})))
        };
        let steps = vec![swapped("one", ("S1", "S2")), swapped("two", ("S2", "S1"))];
        let expected = [
            "~ device one\n    serial: \"S1\" -> null\n",
            "~ device two\n    serial: \"S2\" -> \"S1\"\n",
            "~ device one\n    serial: null -> \"S2\"\n",
        ];
        assert_eq!(ordered(steps, &[]).unwrap(), expected);
        // Whoever waits for one of a circle is none of it.
        let steps = vec![
            swapped("z", ("S9", "S1")),
            swapped("a", ("S1", "S2")),
            swapped("b", ("S2", "S3")),
            swapped("c", ("S3", "S1")),
        ];
        assert!(
            ordered(steps, &[])
                .unwrap()
                .contains(&"~ device a\n    serial: \"S1\" -> null\n".to_owned())
        );
    }

    /// A change of a RADIUS client from one source and fingerprint to another.
    fn gear(name: &str, (from, to): ((&str, &str), (&str, &str))) -> Step {
        let of = |(source, digits): (&str, &str)| {
            let all = |one: String| if one.is_empty() { json!([]) } else { json!([one]) };
            let certificates = json!({"fingerprints": all(digits.repeat(32)), "names": []});
            json!({"sources": all(source.to_owned()), "certificates": certificates})
        };
        let (before, mut changes) = (of(from), of(to));
        changes.as_object_mut().unwrap().retain(|field, value| before[field.as_str()] != *value);
        update("radius_clients", name, (before, changes))
    }

    #[test]
    fn a_radius_client_is_known_by_something_all_the_while() {
        let first_lines = |steps: Vec<Step>| {
            let shown = ordered(steps, &[]).unwrap();
            shown.iter().map(|step| step.lines().next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let (one, two) = ("~ RADIUS client one", "~ RADIUS client two");
        let takes = || gear("two", (("", "bb"), ("", "aa")));
        let whole = gear("one", (("", "aa"), ("", "cc"))).shown();
        let steps = || vec![takes(), gear("one", (("", "aa"), ("", "cc")))];
        assert_eq!(ordered(steps(), &[]).unwrap(), [whole, takes().shown()], "nothing is cut off");
        let moves_out = gear("one", (("", "aa"), ("192.0.2.1", "")));
        assert_eq!(first_lines(vec![takes(), moves_out]), [one, two]);

        let swapped = |(one, other): (&str, &str)| {
            let first = gear("one", ((one, "aa"), (one, "bb")));
            vec![first, gear("two", ((other, "bb"), (other, "aa")))]
        };
        assert_eq!(first_lines(swapped(("192.0.2.1", ""))), [one, two, one]);
        assert_eq!(first_lines(swapped(("", "192.0.2.1"))), [two, one, two]);
        let refused = ordered(swapped(("", "")), &[]).unwrap_err();
        assert!(refused.starts_with("RADIUS client two: fingerprint aaaa"), "{refused}");
        assert!(refused.contains("is RADIUS client one's, and so on in a circle"), "{refused}");
        let comes = gear("one", (("", "aa"), ("192.0.2.1", "bb")));
        let shown = ordered(vec![comes, takes()], &[]).unwrap();
        let (freed, rest) = (&shown[0], &shown[2]);
        assert!(freed.contains("sources: [] -> [\"192.0.2.1\"]"), "it comes with it: {shown:?}");
        assert!(rest.starts_with(one) && !rest.contains("sources"), "{shown:?}");
    }

    #[test]
    fn a_number_goes_ahead_without_what_may_name_others() {
        let before = json!({"uid_number": 8, "custom": {}});
        let changes = json!({"uid_number": 9, "custom": {"manager": "new"}});
        let gives = || update("users", "old", (before.clone(), changes.clone()));
        let made = || create("users", &json!({"login": "new", "uid_number": 8}));
        let expected = [
            "~ user old\n    uid_number: 8 -> 9\n",
            "+ user new\n    uid_number: 8\n",
            "~ user old\n    custom: {} -> {\"manager\":\"new\"}\n",
        ];
        assert_eq!(ordered(vec![made(), gives()], &[]).unwrap(), expected);
        assert_eq!(ordered(vec![gives(), made()], &[]).unwrap(), [gives().shown(), made().shown()]);
    }
}
