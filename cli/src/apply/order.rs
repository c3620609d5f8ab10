//! What is given up before another takes it: values that one thing alone has, and room below a hard
//! cap. All else keeps its order, so that nothing goes before what may take its place is there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::kinds::Kind;
use super::plan::{Plan, Step};
use super::site::Site;
use super::unique::{Claim, Freed, Unique};
use crate::failure::Failure;

/// What there may be so many of, and the member of the file that says how many.
const CAPPED: [(&str, &str); 2] = [("users", "user_cap"), ("devices", "device_cap")];

impl Plan {
    /// Has what is given up given up before it is taken, in front of what follows upon a number of steps.
    ///
    /// # Errors
    /// When there is no order in which the server takes it.
    pub(super) fn free_first(
        &mut self,
        site: &Site<'_>,
        wanted: &Map<String, Value>,
        first: usize,
    ) -> Result<(), Failure> {
        let steps = self.steps.split_off(first);
        let crowded = |&(list, cap): &(&'static str, &'static str)| {
            let said = |member: &str| {
                let told = wanted.get(cap).and_then(|cap| cap.get(member));
                told.or_else(|| site.parts.get(cap)?.get(member))
            };
            let most = said("most").and_then(Value::as_u64);
            let most = most.filter(|_| said("kind").and_then(Value::as_str) == Some("hard"));
            let there = site.lists.get(list).map_or(0, Vec::len);
            let all = there + steps.iter().filter(|step| step.makes_one_of(list)).count();
            let is_crowded =
                most.is_some_and(|most| u64::try_from(all).is_ok_and(|all| all > most));
            is_crowded.then_some(list)
        };
        let crowded: Vec<&str> = CAPPED.iter().filter_map(crowded).collect();
        let lists = || site.lists.iter().filter(|(path, _)| **path != "groups");
        let is_named = |id: &str| lists().any(|(_, list)| list.iter().any(|one| names(one, id)));
        self.steps.extend(in_order(steps, &crowded, &is_named)?);
        Ok(())
    }
}

impl Step {
    fn makes_one_of(&self, list: &str) -> bool {
        matches!(self, Self::Create { kind, .. } if kind.member == list)
    }
}

/// Whether something has an id anywhere.
fn names(value: &Value, id: &str) -> bool {
    match value {
        Value::String(text) => text == id,
        Value::Array(list) => list.iter().any(|one| names(one, id)),
        Value::Object(members) => members.values().any(|one| names(one, id)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Steps in an order in which the server takes them: those of the lists that are too full delete first,
/// and so do those that have what others take, which others give up.
fn in_order(
    steps: Vec<Step>,
    crowded: &[&str],
    is_named: &dyn Fn(&str) -> bool,
) -> Result<Vec<Step>, Failure> {
    let mut takers = BTreeMap::new();
    for step in &steps {
        takers.extend(step.takes().into_iter().map(|claim| (claim, step.about())));
    }
    let (mut first, mut moves, mut then) = (Vec::new(), Vec::new(), Vec::new());
    for step in steps {
        let mut given = step.gives();
        given.retain(|claim| takers.contains_key(claim));
        match step {
            Step::Delete { kind, .. } if !given.is_empty() || crowded.contains(&kind.member) => {
                require_unnamed(&step, (&given, &takers), is_named)?;
                first.push(step);
            }
            Step::Update { kind, name, changes, before: Some(before) } if !given.is_empty() => {
                let parts = parted((kind, name), changes, before, &given);
                first.extend(parts.freed);
                moves.extend(parts.moves);
                then.extend(parts.rest);
            }
            other @ (Step::Found { .. }
            | Step::Part { .. }
            | Step::Open { .. }
            | Step::Create { .. }
            | Step::Update { .. }
            | Step::State { .. }
            | Step::Members { .. }
            | Step::Put(_)
            | Step::Agree { .. }
            | Step::Delete { .. }) => then.push(other),
        }
    }
    first.extend(chained(moves)?);
    first.extend(then);
    Ok(first)
}

/// Refuses to delete a group first that something still names.
fn require_unnamed(
    step: &Step,
    (given, takers): (&BTreeSet<Claim>, &BTreeMap<Claim, String>),
    is_named: &dyn Fn(&str) -> bool,
) -> Result<(), Failure> {
    let Step::Delete { kind, name, seen } = step else { return Ok(()) };
    let id = seen.get("id").and_then(Value::as_str).unwrap_or_default();
    let mut taken = given.iter().filter_map(|claim| Some((claim, takers.get(claim)?)));
    match taken.next() {
        Some((claim, taker)) if kind.member == "groups" && is_named(id) => {
            let whose = format!("is {}'s, which something still names", step.about());
            Err(held((taker.as_str(), claim), &whose, (*kind, name.as_str())))
        }
        Some(_) | None => Ok(()),
    }
}

/// That a number cannot be taken, and who is to get another one first.
fn held(
    (taker, (field, value)): (&str, &Claim),
    whose: &str,
    (kind, name): (&Kind, &str),
) -> Failure {
    let (noun, option) = (kind.noun, field.replace('_', "-"));
    Failure::Usage(format!(
        "{taker}: {field} {value} {whose}: give that a free one first (`tenantry {noun} update \
         {name} --{option} NUMBER`), and apply the file again"
    ))
}

/// A change in parts.
struct Parts {
    /// What is given up for nothing.
    freed: Option<Step>,
    /// What is given up for another.
    moves: Vec<Move>,
    /// All else.
    rest: Option<Step>,
}

/// A number that is given up for another.
struct Move {
    step: Step,
    kind: &'static Kind,
    name: String,
    from: BTreeSet<Claim>,
    to: BTreeSet<Claim>,
}

/// A change with what others take given up in steps before it.
fn parted(
    (kind, name): (&'static Kind, String),
    mut changes: Map<String, Value>,
    mut before: Value,
    given: &BTreeSet<Claim>,
) -> Parts {
    let (seen, mut less, mut moves) = (before.clone(), Map::new(), Vec::new());
    for unique in Unique::all(kind) {
        let Some(after) = changes.get(unique.field) else { continue };
        let from = unique.claims(seen.get(unique.field));
        if from.is_disjoint(given) {
            continue;
        }
        match unique.freed {
            Freed::Alone => {
                let there = less.get(unique.field).or_else(|| seen.get(unique.field));
                let there = unique.without(there.unwrap_or(&Value::Null), given);
                less.insert(unique.field.to_owned(), there);
            }
            Freed::ForAnother => {
                let (to, after) = (unique.claims(Some(after)), after.clone());
                let own = Map::from_iter([(unique.field.to_owned(), after)]);
                changes.remove(unique.field);
                let step = change((kind, name.clone()), own, seen.clone());
                moves.extend(step.map(|step| Move { step, kind, name: name.clone(), from, to }));
            }
            Freed::WithIt => {}
        }
    }
    for (field, there) in &less {
        let is_same = |unique: &Unique| {
            unique.field != field || unique.claims(changes.get(field)) == unique.claims(Some(there))
        };
        if Unique::all(kind).all(is_same) {
            changes.remove(field);
        }
        if let Some(member) = before.get_mut(field) {
            *member = there.clone();
        }
    }
    let freed = change((kind, name.clone()), less, seen);
    Parts { freed, moves, rest: change((kind, name), changes, before) }
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

/// Numbers that change, each behind that by which it is given up.
fn chained(moves: Vec<Move>) -> Result<Vec<Step>, Failure> {
    let (mut left, mut ordered) = (moves, Vec::new());
    while !left.is_empty() {
        let held: BTreeSet<Claim> = left.iter().flat_map(|one| one.from.clone()).collect();
        let (free, stuck): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|one| one.to.is_disjoint(&held));
        if free.is_empty() {
            return Err(circle(&stuck));
        }
        ordered.extend(free.into_iter().map(|one| one.step));
        left = stuck;
    }
    Ok(ordered)
}

/// That numbers go round.
fn circle(moves: &[Move]) -> Failure {
    let next = |one: &Move| moves.iter().find(|other| !other.from.is_disjoint(&one.to));
    // Whoever waits for one of the circle leads into it.
    let within = moves.iter().fold(moves.first(), |one, _| one.and_then(next));
    let pair = within.and_then(|one| Some((one, one.to.first()?, next(one)?)));
    let Some((one, claim, other)) = pair else {
        return Failure::Usage("numbers that each other has go round in a circle".into());
    };
    let called = |one: &Move| format!("{} {}", one.kind.noun, one.name);
    let whose = format!("is {}'s, and so on in a circle", called(other));
    held((called(one).as_str(), claim), &whose, (other.kind, other.name.as_str()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::kinds::KINDS;
    use super::*;

    fn kind(member: &str) -> &'static Kind {
        KINDS.iter().find(|kind| kind.member == member).unwrap()
    }

    fn fields(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn create(member: &str, value: &Value) -> Step {
        let (kind, fields) = (kind(member), fields(value));
        let name = fields[kind.name].as_str().unwrap().to_owned();
        Step::Create { kind, operation: kind.create, name, fields, secrets: Vec::new() }
    }

    fn update(member: &str, name: &str, (before, changes): (Value, Value)) -> Step {
        let (kind, name, changes) = (kind(member), name.to_owned(), fields(&changes));
        Step::Update { kind, name, changes, before: Some(before) }
    }

    fn delete(member: &str, seen: Value) -> Step {
        let kind = kind(member);
        let name = seen[kind.name].as_str().unwrap().to_owned();
        Step::Delete { kind, name, seen }
    }

    /// The steps in order, where one id is named; or what is refused.
    fn ordered(steps: Vec<Step>, crowded: &[&str]) -> Result<Vec<String>, String> {
        let steps = in_order(steps, crowded, &|id| id == "named");
        let shown = steps.map(|steps| steps.iter().map(Step::shown).collect());
        shown.map_err(|failure| failure.to_string())
    }

    #[test]
    fn what_takes_nothing_from_others_keeps_its_order() {
        let steps = || {
            vec![
                create("devices", &json!({"name": "a", "serial": "S1"})),
                update("devices", "b", (json!({"serial": "S2"}), json!({"serial": null}))),
                delete("devices", json!({"name": "c", "serial": "S3"})),
                create("radius_clients", &json!({"name": "new", "sources": ["192.0.2.1"]})),
                delete("radius_clients", json!({"name": "old", "sources": ["192.0.2.1/32"]})),
            ]
        };
        let shown: Vec<_> = steps().iter().map(Step::shown).collect();
        assert_eq!(ordered(steps(), &[]).unwrap(), shown);
        assert_eq!(ordered(steps(), &["users"]).unwrap(), shown);
        assert_eq!(ordered(steps(), &["devices"]).unwrap()[0], "- device c\n", "there is no room");
    }

    #[test]
    fn what_has_what_others_take_is_deleted_first() {
        let client = json!({"name": "new", "sources": ["192.0.2.1"], "secret": "known"});
        for (made, gone) in [
            (
                create("devices", &json!({"name": "new", "serial": "s8"})),
                delete("devices", json!({"name": "old", "serial": "S8"})),
            ),
            (
                create("devices", &json!({"name": "new", "addresses": ["0010a42319c0"]})),
                delete("devices", json!({"name": "old", "addresses": ["00:10:a4:23:19:c0"]})),
            ),
            (
                update("users", "new", (json!({"uid_number": 7}), json!({"uid_number": 8}))),
                delete("users", json!({"login": "old", "uid_number": 8})),
            ),
            (
                create("users", &json!({"login": "Wiki"})),
                delete("service_accounts", json!({"name": "wiki"})),
            ),
            (
                create("groups", &json!({"name": "new", "gid_number": 8})),
                delete("groups", json!({"name": "old", "gid_number": 8, "id": "free"})),
            ),
            (
                create("radius_clients", &client),
                delete("radius_clients", json!({"name": "old", "sources": ["192.0.2.1/32"]})),
            ),
        ] {
            let expected = [gone.shown(), made.shown()];
            assert_eq!(ordered(vec![made, gone], &[]).unwrap(), expected);
        }
        let made = create("groups", &json!({"name": "new", "gid_number": 8}));
        let gone = delete("groups", json!({"name": "old", "gid_number": 8, "id": "named"}));
        let refused = ordered(vec![made, gone], &[]).unwrap_err();
        let said = "group new: gid_number 8 is group old's, which something still names: give that \
                    a free one first (`tenantry group update old --gid-number NUMBER`), and apply \
                    the file again";
        assert_eq!(refused, said);
    }

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
             serial: \"S1\" -> null\n",
            "~ device two\n    addresses: [] -> [\"0010a42319c0\"]\n    serial: null -> \"S1\"\n",
            "~ device one\n    model: null -> \"M\"\n",
        ];
        assert_eq!(ordered(steps, &[]).unwrap(), expected);
        let swapped = |name: &str, (from, to): (&str, &str)| {
            update("devices", name, (json!({"serial": from}), json!({"serial": to})))
        };
        let steps = vec![swapped("one", ("S1", "S2")), swapped("two", ("S2", "S1"))];
        let expected = [
            "~ device one\n    serial: \"S1\" -> null\n",
            "~ device two\n    serial: \"S2\" -> null\n",
            "~ device one\n    serial: null -> \"S2\"\n",
            "~ device two\n    serial: null -> \"S1\"\n",
        ];
        assert_eq!(ordered(steps, &[]).unwrap(), expected);
        let of = |prints: Value| json!({"certificates": {"fingerprints": prints, "names": ["n"]}});
        let print = "ab".repeat(32);
        let steps = vec![
            update("radius_clients", "two", (of(json!([])), of(json!([print])))),
            update("radius_clients", "one", (of(json!([print])), of(json!([])))),
        ];
        let ordered = ordered(steps, &[]).unwrap();
        assert!(ordered.len() == 2 && ordered[0].starts_with("~ RADIUS client one"), "{ordered:?}");
    }

    #[test]
    fn numbers_follow_upon_each_other_and_never_in_a_circle() {
        let to = |login: &str, (from, to): (u32, u32)| {
            update("users", login, (json!({"uid_number": from}), json!({"uid_number": to})))
        };
        let steps = vec![to("a", (1, 2)), to("b", (2, 3)), to("c", (3, 4))];
        let lines = ordered(steps, &[]).unwrap();
        let names: Vec<_> = lines.iter().map(|line| line.lines().next().unwrap()).collect();
        assert_eq!(names, ["~ user c", "~ user b", "~ user a"]);
        let steps = vec![to("z", (9, 1)), to("a", (1, 2)), to("b", (2, 1)), to("y", (8, 9))];
        let refused = ordered(steps, &[]).unwrap_err();
        let told = ["`tenantry user update b --uid-number NUMBER`", "in a circle"];
        assert!(told.iter().all(|told| refused.contains(told)), "{refused}");
    }
}
