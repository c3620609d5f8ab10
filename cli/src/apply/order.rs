//! What is given up before another takes it: values that one thing alone has, and room below a hard
//! cap. Each goes directly ahead of what takes it and all else keeps its order: so little is gone where
//! a step is refused, and nothing goes before what may take its place is there.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value};

use super::kinds::Kind;
use super::plan::{Plan, Step};
use super::site::Site;
use super::unique::Claim;
use crate::failure::Failure;

/// What there may be so many of, and the member of the file that says how many.
const CAPPED: [(&str, &str); 2] = [("users", "user_cap"), ("devices", "device_cap")];

impl Plan {
    /// Has what is given up given up before it is taken, behind a number of steps that stay in front.
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
        let hard = |&(list, cap): &(&'static str, &'static str)| {
            let said = |member: &str| {
                let told = wanted.get(cap).and_then(|cap| cap.get(member));
                told.or_else(|| site.parts.get(cap)?.get(member))
            };
            let most = said("most").and_then(Value::as_u64);
            let most = most.filter(|_| said("kind").and_then(Value::as_str) == Some("hard"))?;
            let there = site.lists.of(list).len();
            Some(Cap { list, most: usize::try_from(most).ok()?, there })
        };
        let caps: Vec<Cap> = CAPPED.iter().filter_map(hard).collect();
        let is_named = |id: &str| site.lists.others("groups").any(|one| names(one, id));
        self.steps.extend(in_order(steps, caps, &is_named)?);
        Ok(())
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

/// How many there may be of a list, and how many there are.
#[derive(Clone, Copy)]
struct Cap {
    list: &'static str,
    most: usize,
    there: usize,
}

/// Steps in an order in which the server takes them: what has what another takes goes ahead of that,
/// and so does a deletion where there is no room for what is made.
fn in_order(
    steps: Vec<Step>,
    caps: Vec<Cap>,
    is_named: &dyn Fn(&str) -> bool,
) -> Result<Vec<Step>, Failure> {
    let mut order = Order::of(steps, caps, is_named);
    let places: Vec<usize> = order.left.keys().copied().collect();
    for place in places {
        order.settle(place)?;
    }
    Ok(order.ordered)
}

/// Steps that are brought into an order.
struct Order<'o> {
    /// Those that are still to come, by their places.
    left: BTreeMap<usize, Step>,
    /// The place of whichever of them has what another takes.
    holders: BTreeMap<Claim, usize>,
    /// The places of what is deleted of each list.
    leaving: BTreeMap<&'static str, VecDeque<usize>>,
    caps: Vec<Cap>,
    /// Whether something other than a group names an id.
    is_named: &'o dyn Fn(&str) -> bool,
    ordered: Vec<Step>,
}

impl<'o> Order<'o> {
    fn of(steps: Vec<Step>, caps: Vec<Cap>, is_named: &'o dyn Fn(&str) -> bool) -> Self {
        let taken: BTreeSet<Claim> = steps.iter().flat_map(Step::takes).collect();
        let mut holders: BTreeMap<Claim, usize> = BTreeMap::new();
        let mut leaving: BTreeMap<&'static str, VecDeque<usize>> = BTreeMap::new();
        for (place, step) in steps.iter().enumerate() {
            let given = step.gives().into_iter().filter(|claim| taken.contains(claim));
            holders.extend(given.map(|claim| (claim, place)));
            if let Step::Delete { kind, .. } = step {
                leaving.entry(kind.member).or_default().push_back(place);
            }
        }
        let left: BTreeMap<usize, Step> = steps.into_iter().enumerate().collect();
        Self { left, holders, leaving, caps, is_named, ordered: Vec::new() }
    }

    /// Puts a step next, behind all that have what it takes.
    fn settle(&mut self, place: usize) -> Result<(), Failure> {
        let (mut waiting, mut begun) = (vec![place], BTreeSet::from([place]));
        while let Some(at) = waiting.last().copied() {
            let Some((claim, holder)) = self.in_the_way(at) else {
                waiting.pop();
                begun.remove(&at);
                self.put(at, !waiting.is_empty());
                continue;
            };
            if begun.insert(holder) {
                self.require_unnamed(at, &claim, holder)?;
                waiting.push(holder);
                continue;
            }
            let cut = self.break_circle(&waiting, (at, &claim, holder))?;
            // What is left of it takes its turn later; who waited for it does so no more.
            while cut != holder
                && let Some(last) = waiting.pop()
            {
                begun.remove(&last);
                if last == cut {
                    break;
                }
            }
        }
        Ok(())
    }

    /// What a step takes that another still has, and the place of that one.
    fn in_the_way(&self, at: usize) -> Option<(Claim, usize)> {
        let mut taken = self.left.get(&at)?.takes().into_iter();
        taken.find_map(|claim| {
            let holder = self.holders.get(&claim).copied()?;
            Some((claim, holder))
        })
    }

    /// Puts a step next; of one that goes ahead of its place, what has to.
    fn put(&mut self, place: usize, is_ahead: bool) {
        let Some(step) = self.left.remove(&place) else { return };
        while let Some(gone) = self.without_room(&step) {
            self.put(gone, true);
        }
        self.let_go(place, &step);
        self.count(&step);
        match step.number_apart().filter(|_| is_ahead) {
            Some((number, rest)) => {
                self.ordered.push(number);
                self.left.insert(place, rest);
            }
            None => self.ordered.push(step),
        }
    }

    /// The place of what is to be deleted before there is room for what a step makes.
    fn without_room(&mut self, step: &Step) -> Option<usize> {
        let Step::Create { kind, .. } = step else { return None };
        let cap = self.caps.iter().find(|cap| cap.list == kind.member)?;
        if cap.there < cap.most {
            return None;
        }
        let leaving = self.leaving.get_mut(cap.list)?;
        while let Some(place) = leaving.pop_front() {
            if self.left.contains_key(&place) {
                return Some(place);
            }
        }
        None
    }

    fn count(&mut self, step: &Step) {
        let (Step::Create { kind, .. } | Step::Delete { kind, .. }) = step else { return };
        if let Some(cap) = self.caps.iter_mut().find(|cap| cap.list == kind.member) {
            cap.there = match matches!(step, Step::Create { .. }) {
                true => cap.there.saturating_add(1),
                false => cap.there.saturating_sub(1),
            };
        }
    }

    /// What a step gives up that others take.
    fn given(&self, place: usize, step: &Step) -> BTreeSet<Claim> {
        let is_held = |claim: &Claim| self.holders.get(claim) == Some(&place);
        step.gives().into_iter().filter(is_held).collect()
    }

    fn let_go(&mut self, place: usize, step: &Step) {
        for claim in self.given(place, step) {
            self.holders.remove(&claim);
        }
    }

    /// Has one of those that wait for each other in a circle give up first what others take; which.
    fn break_circle(
        &mut self,
        waiting: &[usize],
        (at, claim, holder): (usize, &Claim, usize),
    ) -> Result<usize, Failure> {
        for place in waiting.iter().copied().skip_while(|place| *place != holder) {
            if self.cut(place) {
                return Ok(place);
            }
        }
        Err(self.circle(at, claim, holder))
    }

    /// Has a change that gives up what others take do so first; whether the thing can be without.
    fn cut(&mut self, place: usize) -> bool {
        let Some(step) = self.left.remove(&place) else { return false };
        match step.cut(&self.given(place, &step)) {
            Some((freed, rest)) => {
                self.let_go(place, &step);
                self.ordered.push(freed);
                self.left.insert(place, rest);
                true
            }
            None => {
                self.left.insert(place, step);
                false
            }
        }
    }

    fn about(&self, place: usize) -> String {
        self.left.get(&place).map(Step::about).unwrap_or_default()
    }

    /// Refuses to delete a group ahead of its turn that something still names.
    fn require_unnamed(&self, at: usize, claim: &Claim, holder: usize) -> Result<(), Failure> {
        let Some(Step::Delete { kind, name, seen }) = self.left.get(&holder) else {
            return Ok(());
        };
        let id = seen.get("id").and_then(Value::as_str).unwrap_or_default();
        if kind.member != "groups" || !(self.is_named)(id) {
            return Ok(());
        }
        let whose = format!("is {}'s, which something still names", self.about(holder));
        Err(held((self.about(at).as_str(), claim), &whose, (*kind, name.as_str())))
    }

    /// That what each other has goes round.
    fn circle(&self, at: usize, claim: &Claim, holder: usize) -> Failure {
        let (taker, (field, value)) = (self.about(at), claim);
        let whose = format!("is {}'s, and so on in a circle", self.about(holder));
        match self.left.get(&holder).and_then(Step::numbered) {
            Some((kind, name)) => held((taker.as_str(), claim), &whose, (kind, name)),
            None => Failure::Usage(format!(
                "{taker}: {field} {value} {whose}, and none of them has a source or another \
                 certificate to be known by meanwhile: give one of them either first, and apply the \
                 file again"
            )),
        }
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

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::super::kinds::KINDS;
    use super::*;

    fn kind(member: &str) -> &'static Kind {
        KINDS.iter().find(|kind| kind.member == member).unwrap()
    }

    fn fields(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    pub(in crate::apply) fn create(member: &str, value: &Value) -> Step {
        let (kind, fields) = (kind(member), fields(value));
        let name = fields[kind.name].as_str().unwrap().to_owned();
        Step::Create { kind, operation: kind.create, name, fields, secrets: Vec::new() }
    }

    pub(in crate::apply) fn update(
        member: &str,
        name: &str,
        (before, changes): (Value, Value),
    ) -> Step {
        let (kind, name, changes) = (kind(member), name.to_owned(), fields(&changes));
        Step::Update { kind, name, changes, before: Some(before) }
    }

    fn delete(member: &str, seen: Value) -> Step {
        let kind = kind(member);
        let name = seen[kind.name].as_str().unwrap().to_owned();
        Step::Delete { kind, name, seen }
    }

    /// The steps in order, where one id is named and lists are full; or what is refused.
    pub(in crate::apply) fn ordered(
        steps: Vec<Step>,
        full: &[&'static str],
    ) -> Result<Vec<String>, String> {
        let caps = full.iter().copied().map(|list| Cap { list, most: 2, there: 2 }).collect();
        let steps = in_order(steps, caps, &|id| id == "named");
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
                create(
                    "radius_clients",
                    &json!({"name": "new", "sources": ["192.0.2.1"], "secret": "s"}),
                ),
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
        ] {
            let (one, other) = (
                || create("users", &json!({"login": "one"})),
                create("groups", &json!({"name": "other"})),
            );
            let expected = [one().shown(), gone.shown(), made.shown(), other.shown()];
            let steps = vec![one(), made, other, gone];
            assert_eq!(ordered(steps, &[]).unwrap(), expected, "directly before, and no earlier");
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
    fn one_is_deleted_for_each_that_has_no_room_and_the_others_last() {
        let steps = vec![
            create("devices", &json!({"name": "a"})),
            create("devices", &json!({"name": "b"})),
            create("users", &json!({"login": "c"})),
            delete("devices", json!({"name": "x"})),
            delete("devices", json!({"name": "y"})),
            delete("devices", json!({"name": "z"})),
        ];
        let expected =
            ["- device x", "+ device a", "- device y", "+ device b", "+ user c", "- device z"];
        let expected = expected.map(|line| format!("{line}\n"));
        assert_eq!(ordered(steps, &["devices"]).unwrap(), expected);
        let taken = vec![
            create("devices", &json!({"name": "a", "serial": "S2"})),
            delete("devices", json!({"name": "x", "serial": "S1"})),
            delete("devices", json!({"name": "y", "serial": "S2"})),
        ];
        let lines = ordered(taken, &["devices"]).unwrap();
        assert!(
            lines[0] == "- device y\n" && lines[2] == "- device x\n",
            "one is enough: {lines:?}"
        );
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
        let told = ["`tenantry user update a --uid-number NUMBER`", "in a circle"];
        assert!(told.iter().all(|told| refused.contains(told)), "{refused}");
        let many = (0..20_000).map(|number| to("u", (number, number + 1))).collect();
        let lines = ordered(many, &[]).unwrap();
        assert_eq!(lines.len(), 20_000);
        assert_eq!(lines[0], "~ user u\n    uid_number: 19999 -> 20000\n");
    }
}
