//! Fingerprints of certificates, each of which proves one account alone: one that moves is taken from
//! its account before it is given to another.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::beside::Put;
use super::fields::array;
use super::spelling::fingerprint;
use crate::failure::Failure;

/// The most of one account, as the server has it.
const MOST: usize = 8;

/// The fingerprints that a file says, as they are compared.
///
/// # Errors
/// When one is none, or stands there twice, or there are too many.
pub(super) fn said(what: &str, said: &Value) -> Result<BTreeSet<String>, Failure> {
    let mut all = BTreeSet::new();
    for one in array(what, said)? {
        let wrong = |why: &str| Failure::Usage(format!("{what}: {one} {why}"));
        let known = one.as_str().and_then(fingerprint);
        let known = known.ok_or_else(|| wrong("is no fingerprint: SHA-256, 64 digits"))?;
        if !all.insert(known) {
            return Err(wrong("stands there twice"));
        }
    }
    if all.len() > MOST {
        return Err(Failure::Usage(format!("{what} are {MOST} fingerprints at most")));
    }
    Ok(all)
}

/// What is put in place, in an order in which the server takes it: those that only take away first, and
/// where one is taken from an account that gets others, it is taken first and those are given later.
pub(super) fn in_order(puts: Vec<Put>) -> Vec<Put> {
    let mut gained = BTreeSet::new();
    for put in &puts {
        gained.extend(of(&put.told.2).difference(&of(&put.seen)).cloned());
    }
    let (mut first, mut then) = (Vec::new(), Vec::new());
    for put in puts {
        let (before, after) = (of(&put.seen), of(&put.told.2));
        let moves = before.difference(&after).any(|lost| gained.contains(lost));
        if after.is_subset(&before) {
            first.push(put);
        } else if moves {
            let (less, all) = parted(put, &after);
            first.push(less);
            then.push(all);
        } else {
            then.push(put);
        }
    }
    first.extend(then);
    first
}

/// The same in two steps: first what stays alone, then with what comes.
fn parted(put: Put, after: &BTreeSet<String>) -> (Put, Put) {
    let Put { way, owner, method, path, body, seen, told: (field, before, wanted) } = put;
    let stays = |one: &&Value| {
        let known = one.as_str().and_then(fingerprint);
        known.is_some_and(|known| after.contains(&known))
    };
    let kept = seen.as_array().into_iter().flatten().filter(stays).cloned().collect();
    let kept = Value::Array(kept);
    let less = Put {
        way,
        owner: owner.clone(),
        method,
        path: path.clone(),
        body: Some(json!({"fingerprints": kept})),
        seen,
        told: (field, before, kept.clone()),
    };
    let seen = kept.clone();
    let all = Put { way, owner, method, path, body, seen, told: (field, kept, wanted) };
    (less, all)
}

/// Those of a list, as they are compared.
pub(super) fn of(list: &Value) -> BTreeSet<String> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(|one| fingerprint(one.as_str()?)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::beside::CERTIFICATES;
    use super::super::kinds::KINDS;
    use super::*;

    /// Fingerprints of one digit each, spelled with it.
    fn list(digits: &str) -> Value {
        digits.chars().map(|digit| digit.to_string().repeat(64)).collect()
    }

    fn put(login: &str, (before, after): (&str, &str)) -> Put {
        let users = KINDS.iter().find(|kind| kind.member == "users").unwrap();
        let (before, after) = (list(before), list(&after.to_uppercase()));
        Put {
            way: &CERTIFICATES,
            owner: Some((users, login.into())),
            method: "put",
            path: CERTIFICATES.field.into(),
            body: Some(json!({"fingerprints": after})),
            seen: before.clone(),
            told: (CERTIFICATES.field, before, after),
        }
    }

    /// Does what is put in place as a server would; says in how many steps.
    fn done(changes: &[(&str, (&str, &str))]) -> usize {
        let mut held: Vec<(String, Value)> =
            changes.iter().map(|(login, (before, _))| ((*login).into(), list(before))).collect();
        let steps = in_order(changes.iter().map(|(login, of)| put(login, *of)).collect());
        let count = steps.len();
        for step in steps {
            let (_, login) = step.owner.unwrap();
            let sent = of(&step.body.unwrap()["fingerprints"]);
            for (other, has) in &mut held {
                if *other == login {
                    assert_eq!(*has, step.seen, "{login}");
                    *has = sent.iter().cloned().collect();
                } else {
                    assert!(of(has).is_disjoint(&sent), "{login} takes what {other} has");
                }
            }
        }
        for ((_, has), (login, (_, after))) in held.iter().zip(changes) {
            assert_eq!(of(has), of(&list(after)), "{login}");
        }
        count
    }

    #[test]
    fn what_moves_is_taken_before_it_is_given() {
        assert_eq!(done(&[("ada", ("", "a")), ("bob", ("a", ""))]), 2);
        assert_eq!(done(&[("ada", ("a", "b")), ("bob", ("b", "a"))]), 4, "a swap");
        assert_eq!(done(&[("ada", ("ab", "bc")), ("bob", ("c", "d")), ("eve", ("d", "a"))]), 6);
        assert_eq!(done(&[("ada", ("a", "b")), ("bob", ("c", "d"))]), 2, "nothing moves");
    }

    #[test]
    fn wrong_ones_are_refused() {
        let refused = |list: Value| match said("x", &list) {
            Err(Failure::Usage(text)) => text,
            other => panic!("{:?}", other.is_ok()),
        };
        assert_eq!(said("x", &list("12")).unwrap().len(), 2);
        assert!(refused(json!(["ab"])).contains("no fingerprint"));
        assert!(refused(json!([7])).contains("no fingerprint"));
        let (plain, spelled) = ("ab".repeat(32), ["AB"; 32].join(":"));
        assert!(refused(json!([plain, spelled])).contains("twice"));
        assert!(refused(list("123456789")).contains("8 fingerprints at most"));
        assert_eq!(said("x", &list("12345678")).unwrap().len(), 8);
    }
}
