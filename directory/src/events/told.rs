//! What events tell of a change: the fields that differ, each before and after.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{Difference, hexadecimal};

/// The most octets of a field's value in an event.
const TOLD: usize = 1_500;
/// The most octets of one element of a list that is told in part.
const ELEMENT: usize = 1_200;
/// With how many octets begins what is told of a longer value.
const HEAD: usize = 512;
/// Room for what is said of the elements that are not told.
const NOTES: usize = 120;
/// The most octets of all that differs in one event, names of fields and values together. The members
/// of a group that one event tells have room in it, however long their names are.
const ALL: usize = 48 << 10;
/// The field that names those for which there was no room.
const LEFT_OUT: &str = "left_out";

/// The fields that differ between two values that serialize as maps. What is too long is told in
/// part: of lists what differs, and of others how they begin, with their length and hash.
pub(crate) fn differences<T: Serialize>(before: Option<&T>, after: Option<&T>) -> Vec<Difference> {
    let (before, after) = (before.map(fields), after.map(fields));
    differing(before.as_ref(), after.as_ref())
}

/// What differs, as far as there is room for it in one event: what is behind that is named alone.
pub(crate) fn bounded(differences: Vec<Difference>) -> Vec<Difference> {
    let (mut told, mut left, mut room) = (Vec::with_capacity(differences.len()), Vec::new(), ALL);
    for one in differences {
        let length = |value: &Option<String>| value.as_ref().map_or(0, String::len);
        let octets = one.field.len() + length(&one.before) + length(&one.after);
        match room.checked_sub(octets) {
            Some(rest) => {
                room = rest;
                told.push(one);
            }
            None => left.push(Value::from(one.field).to_string()),
        }
    }
    if !left.is_empty() {
        let names: Vec<&str> = left.iter().map(String::as_str).collect();
        let after = listed(&names, Some(format!("({} left out)", names.len())));
        told.push(Difference { field: LEFT_OUT.to_owned(), before: None, after: Some(after) });
    }
    told
}

fn fields<T: Serialize>(value: &T) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(map)) => map,
        Ok(_) | Err(_) => Map::new(),
    }
}

fn differing(
    before: Option<&Map<String, Value>>,
    after: Option<&Map<String, Value>>,
) -> Vec<Difference> {
    let mut names: Vec<&String> = before.into_iter().chain(after).flat_map(Map::keys).collect();
    names.sort_unstable();
    names.dedup();
    let told = names.into_iter().filter_map(|name| {
        let (before, after) = (said(before, name), said(after, name));
        (before != after).then(|| {
            let (before, after) = told(before, after);
            Difference { field: name.clone(), before, after }
        })
    });
    told.collect()
}

fn said<'m>(map: Option<&'m Map<String, Value>>, name: &str) -> Option<&'m Value> {
    map?.get(name).filter(|value| !value.is_null())
}

/// What is told of two values of a field that differ.
fn told(before: Option<&Value>, after: Option<&Value>) -> (Option<String>, Option<String>) {
    if let (Some(was), Some(is)) = (before, after)
        && [was, is].iter().any(|value| value.to_string().len() > TOLD)
        && let Some((was, is)) = in_part(was, is)
    {
        return (Some(was), Some(is));
    }
    (before.map(alone), after.map(alone))
}

/// What differs between two lists, or in the members of two objects.
fn in_part(before: &Value, after: &Value) -> Option<(String, String)> {
    match (before, after) {
        (Value::Array(before), Value::Array(after)) => {
            Some(of_lists(&texts(before), &texts(after)))
        }
        (Value::Object(before), Value::Object(after)) => {
            let (was, is) = of_objects(before, after);
            (was.len().max(is.len()) <= TOLD + NOTES).then_some((was, is))
        }
        _ => None,
    }
}

/// A value by itself, in part where it is too long.
fn alone(value: &Value) -> String {
    let text = value.to_string();
    if text.len() <= TOLD {
        return text;
    }
    let Value::Array(list) = value else { return abridged(&text) };
    let texts = texts(list);
    let all: Vec<&str> = texts.iter().map(String::as_str).collect();
    listed(&all, None)
}

fn texts(list: &[Value]) -> Vec<String> {
    list.iter().map(Value::to_string).collect()
}

fn of_objects(before: &Map<String, Value>, after: &Map<String, Value>) -> (String, String) {
    let told = differing(Some(before), Some(after));
    let side = |of: fn(&Difference) -> Option<&String>| {
        let member = |one: &Difference| {
            let value = of(one)?;
            Some(format!("{}:{value}", Value::from(one.field.as_str())))
        };
        let members: Vec<String> = told.iter().filter_map(member).collect();
        format!("{{{}}}", members.join(","))
    };
    (side(|one| one.before.as_ref()), side(|one| one.after.as_ref()))
}

fn of_lists(before: &[String], after: &[String]) -> (String, String) {
    let (stayed, gone) = parted(before, after);
    let (stays, come) = parted(after, before);
    if gone.is_empty() && come.is_empty() {
        return reordered(&stayed, &stays);
    }
    let moved = if stayed == stays { "" } else { ", in another order" };
    let note = |order: &str| {
        let count = stays.len();
        (count > 0).then(|| format!("({count} that stay{order})"))
    };
    (listed(&gone, note("")), listed(&come, note(moved)))
}

/// The elements of a list that another list has as well, and those that it has not.
fn parted<'t>(list: &'t [String], other: &[String]) -> (Vec<&'t str>, Vec<&'t str>) {
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for one in other {
        *left.entry(one.as_str()).or_default() += 1;
    }
    list.iter().map(String::as_str).partition(|one| {
        let partner = left.get_mut(*one).filter(|count| **count > 0);
        partner.map(|count| *count -= 1).is_some()
    })
}

/// The same elements in two orders: from the first that moved to the last.
fn reordered(before: &[&str], after: &[&str]) -> (String, String) {
    let first = before.iter().zip(after).take_while(|(one, other)| one == other).count();
    let backwards = before.iter().rev().zip(after.iter().rev());
    let last = backwards.take_while(|(one, other)| one == other).count();
    let span = first..before.len().saturating_sub(last);
    let stay = first + last;
    let note = (stay > 0).then(|| format!("({stay} that stay)"));
    let moved = |list: &[&str]| listed(list.get(span.clone()).unwrap_or_default(), note.clone());
    (moved(before), moved(after))
}

/// A list of as many of some elements as there is room for, with what is said of the others.
fn listed(elements: &[&str], note: Option<String>) -> String {
    let mut text = String::from("[");
    let mut left = elements.len();
    for element in elements {
        let element = match element.len() > ELEMENT {
            true => abridged(element),
            false => (*element).to_owned(),
        };
        if text.len() + element.len() + NOTES > TOLD {
            break;
        }
        text.push_str(&element);
        text.push(',');
        left -= 1;
    }
    let more = (left > 0).then(|| format!("({left} more)"));
    for note in more.into_iter().chain(note) {
        text.push_str(&Value::String(note).to_string());
        text.push(',');
    }
    if text.ends_with(',') {
        text.pop();
    }
    text.push(']');
    text
}

/// How a longer value begins, as JSON, how long it is, and its hash: so two that differ are told
/// apart.
fn abridged(text: &str) -> String {
    let end = (0..=HEAD).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    let head = text.get(..end).unwrap_or_default();
    let hash = hexadecimal(&Sha256::digest(text));
    Value::String(format!("{head}… ({} octets, SHA-256 {hash})", text.len())).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_fields_that_differ_are_told() {
        let before = crate::records::GroupFields { name: "staff".into(), ..Default::default() };
        let after =
            crate::records::GroupFields { description: Some("all".into()), ..before.clone() };
        let told = differences(Some(&before), Some(&after));
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].after.as_deref(), Some("\"all\""));
        assert_eq!(told[0].before, None);
    }

    #[test]
    fn what_one_event_tells_has_a_bound_and_what_is_left_out_is_named() {
        let one = |number: usize, octets: usize| {
            let after = Some(format!("\"{}\"", "x".repeat(octets - 2)));
            Difference { field: format!("field {number:03}"), before: None, after }
        };
        let few: Vec<_> = (0..48).map(|number| one(number, 1_024 - 9)).collect();
        assert_eq!(bounded(few.clone()), few, "there is room for them, to the last octet");
        let more = few.iter().cloned().chain([one(48, 2)]).collect();
        let told = bounded(more);
        assert_eq!(told[..48], few);
        let last = Difference {
            field: "left_out".into(),
            before: None,
            after: Some(r#"["field 048","(1 left out)"]"#.into()),
        };
        assert_eq!(told[48..], [last]);
        let small = one(2, 2);
        let told = bounded(vec![one(0, ALL - 20), one(1, 1_000), small.clone()]);
        assert_eq!((told.len(), &told[1]), (3, &small), "what is small has room behind it");
        let told = bounded((0..10_000).map(|number| one(number, 1_500)).collect());
        let octets = |one: &Difference| one.field.len() + one.after.as_ref().unwrap().len();
        assert!(told.iter().map(octets).sum::<usize>() <= ALL + TOLD + NOTES);
        let named = told.last().unwrap().after.as_ref().unwrap();
        let said = format!("\"({} left out)\"]", 10_000 - (told.len() - 1));
        assert!(named.starts_with("[\"field ") && named.ends_with(&said), "{named}");
    }

    /// What is told of a field before and after; it is within the bound.
    fn told_of(before: &Value, after: &Value) -> (Value, Value) {
        let told = differences(Some(&json!({"field": before})), Some(&json!({"field": after})));
        let [told] = told.try_into().expect("one field differs");
        let read = |text: Option<String>| {
            let text = text.unwrap_or_else(|| "null".into());
            assert!(text.len() <= TOLD + NOTES, "{} octets", text.len());
            serde_json::from_str::<Value>(&text).unwrap()
        };
        (read(told.before), read(told.after))
    }

    fn rule(number: u32) -> Value {
        json!({"name": format!("rule {number:02}"), "when": {"ssids": ["x".repeat(60)]}})
    }

    fn rules(numbers: impl IntoIterator<Item = u32>) -> Vec<Value> {
        numbers.into_iter().map(rule).collect()
    }

    #[test]
    fn of_long_lists_the_elements_that_differ_are_told() {
        let before = rules(0..40);
        let mut after = before.clone();
        after[7] = json!({"name": "rule 07", "when": {"ssids": ["y".repeat(60)]}});
        after.push(json!("another"));
        let (was, is) = told_of(&json!(before), &json!(after));
        assert_eq!(was, json!([before[7], "(39 that stay)"]));
        assert_eq!(is, json!([after[7], "another", "(39 that stay)"]));
        after.swap(20, 30);
        let (_, is) = told_of(&json!(before), &json!(after));
        assert_eq!(is, json!([after[7], "another", "(39 that stay, in another order)"]));
        let (was, is) = told_of(&json!(rules(0..20)), &json!(rules(20..60)));
        assert_eq!((&was[0], &is[0]), (&rule(0), &rule(20)));
        let (first, last) = (was.as_array().unwrap(), is.as_array().unwrap());
        let left = |list: &[Value], all: usize| json!(format!("({} more)", all + 1 - list.len()));
        assert_eq!(first.last(), Some(&left(first, 20)));
        assert_eq!(last.last(), Some(&left(last, 40)));
        let (was, is) = told_of(&Value::Null, &json!(before));
        assert_eq!((was, &is[0]), (Value::Null, &before[0]), "it is new");
    }

    #[test]
    fn another_order_of_a_long_list_is_told() {
        let before = rules(0..40);
        let mut after = before.clone();
        after.swap(10, 12);
        let (was, is) = told_of(&json!(before), &json!(after));
        assert_eq!(was, json!([rule(10), rule(11), rule(12), "(37 that stay)"]));
        assert_eq!(is, json!([rule(12), rule(11), rule(10), "(37 that stay)"]));
        after.reverse();
        let (was, is) = told_of(&json!(before), &json!(after));
        assert_eq!((&was[0], &is[0]), (&rule(0), &rule(39)), "as far as there is room");
        let twice = rules([1, 1].into_iter().chain(2..30));
        let (was, is) = told_of(&json!(twice), &json!(rules(1..31)));
        assert_eq!(was, json!([rule(1), "(29 that stay)"]), "it stood there twice");
        assert_eq!(is, json!([rule(30), "(29 that stay)"]));
    }

    #[test]
    fn long_values_of_one_length_are_told_apart() {
        let one = format!("{}a", "\"ä\\".repeat(1_000));
        let other = format!("{}b", "\"ä\\".repeat(1_000));
        let (was, is) = told_of(&json!(one), &json!(other));
        assert_ne!(was, is);
        assert!(was.as_str().unwrap().contains(" octets, SHA-256 "), "{was}");
        let (was, is) = told_of(&json!([one]), &json!([other]));
        assert!(was != is && was[0].is_string() && is[0].is_string(), "{was}");
        assert_eq!(told_of(&json!("short"), &json!(one)).0, "short");
        assert!(differences(Some(&json!({"a": one})), Some(&json!({"a": one}))).is_empty());
    }

    #[test]
    fn of_long_objects_the_members_that_differ_are_told() {
        let wide = "x".repeat(1_000);
        let object = |list: &[Value]| json!({"groups": list, "wide": wide, "mail": "a"});
        let before = rules(0..30);
        let (was, is) = told_of(&object(&before), &object(&before[1..]));
        assert_eq!(was, json!({"groups": [rule(0), "(29 that stay)"]}));
        assert_eq!(is, json!({"groups": ["(29 that stay)"]}));
    }
}
