//! Which plan an organization pays by, and since when.

use serde_json::{Value, json};

use super::fields::{array, object};
use super::kinds::key;
use super::plan::{Plan, Step};
use super::site::Site;
use crate::failure::Failure;

/// The member of the file.
pub(super) const AGREEMENTS: &str = "agreements";

/// A plan, or that nothing is billed, from a month on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Agreement {
    pub(super) since: String,
    pub(super) plan: Option<String>,
}

impl Agreement {
    /// What a file says, or the API.
    ///
    /// # Errors
    /// When it is none.
    fn read(said: &Value) -> Result<Self, Failure> {
        let wrong = |why: &str| Failure::Usage(format!("an agreement {why}"));
        let fields = object("an agreement", said)?;
        if let Some(other) = fields.keys().find(|field| !SAID.contains(&field.as_str())) {
            return Err(wrong(&format!("has no {other}, but a plan and since when")));
        }
        let since = fields.get("since").and_then(Value::as_str).filter(|since| is_month(since));
        let since = since.ok_or_else(|| wrong("begins with a month: `since: 2026-12`"))?;
        let plan = match fields.get("plan") {
            Some(Value::Null) => None,
            Some(Value::String(plan)) => Some(plan.clone()),
            _ => return Err(wrong("is on a plan by its name, or on null where nothing is billed")),
        };
        Ok(Self { since: since.to_owned(), plan })
    }

    fn has_the_plan_of(&self, other: Option<&Self>) -> bool {
        let plan = |one: &Self| one.plan.as_deref().map(key);
        plan(self) == other.and_then(plan)
    }

    /// As a file says it.
    pub(super) fn shown(&self) -> Value {
        json!({"since": self.since, "plan": self.plan})
    }
}

const SAID: [&str; 2] = ["since", "plan"];

/// Whether a text is a month: `2026-12`.
fn is_month(text: &str) -> bool {
    let digits = |part: &str, length| part.len() == length && part.bytes().all(digit);
    let is_in_year = |month: &str| month.parse().is_ok_and(|month: u8| (1..=12).contains(&month));
    text.split_once('-')
        .is_some_and(|(year, month)| digits(year, 4) && digits(month, 2) && is_in_year(month))
}

fn digit(sign: u8) -> bool {
    sign.is_ascii_digit()
}

/// Those that the API tells of.
///
/// # Errors
/// When they are none.
pub(super) fn told(list: &Value) -> Result<Vec<Agreement>, Failure> {
    let items = list.get("items").and_then(Value::as_array).into_iter().flatten();
    let said = |one: &Value| json!({"since": one.get("since"), "plan": one.get("plan")});
    items.map(|one| Agreement::read(&said(one))).collect()
}

/// Those that are wanted and not there. What began before this month cannot be agreed on any more:
/// of those only the one counts that holds, and whether its plan does.
fn missing(mut wanted: Vec<Agreement>, there: &[Agreement], month: &str) -> Vec<Agreement> {
    let held = |list: &[Agreement]| -> Option<Agreement> {
        let begun = list.iter().filter(|one| one.since.as_str() <= month);
        begun.max_by(|one, other| one.since.cmp(&other.since)).cloned()
    };
    wanted.sort_by_key(|one| one.since.clone());
    let (holds, held) = (held(&wanted), held(there));
    wanted.retain(|one| {
        let counts = holds.as_ref().is_some_and(|holds| holds.since == one.since);
        match one.since.as_str() < month {
            true => counts && !one.has_the_plan_of(held.as_ref()),
            false => {
                let same = |other: &&Agreement| other.since == one.since;
                let other = there.iter().find(same);
                other.is_none() || !one.has_the_plan_of(other)
            }
        }
    });
    wanted
}

impl Plan {
    /// Has agreed on what is not.
    ///
    /// # Errors
    /// When the file says what cannot be, or what is there cannot be read.
    pub(super) fn agreements(&mut self, site: &Site<'_>, said: &Value) -> Result<(), Failure> {
        let wanted = array(AGREEMENTS, said)?.iter().map(Agreement::read);
        let wanted: Vec<_> = wanted.collect::<Result<_, _>>()?;
        let (there, month) = match site.is_there() {
            true => (site.agreements()?.0, site.month()?),
            false => (Vec::new(), String::new()),
        };
        let missing = missing(wanted, &there, &month);
        for plan in missing.iter().filter_map(|one| one.plan.as_deref()) {
            site.plan(plan)?;
        }
        let step = |agreement| Step::Agree { agreement, seen: there.clone() };
        self.steps.extend(missing.into_iter().map(step));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreements(said: &[(&str, Option<&str>)]) -> Vec<Agreement> {
        let one = |&(since, plan): &(&str, Option<&str>)| {
            Agreement::read(&json!({"since": since, "plan": plan})).unwrap()
        };
        said.iter().map(one).collect()
    }

    fn left(
        wanted: &[(&str, Option<&str>)],
        there: &[(&str, Option<&str>)],
    ) -> Vec<(String, Option<String>)> {
        let missing = missing(agreements(wanted), &agreements(there), "2026-11");
        missing.into_iter().map(|one| (one.since, one.plan)).collect()
    }

    #[test]
    fn what_was_agreed_on_is_not_agreed_on_again() {
        let there = [("2026-05", Some("small")), ("2026-09", Some("Large")), ("2027-01", None)];
        assert_eq!(left(&there, &there), []);
        assert_eq!(
            left(&[("2026-01", Some("large"))], &there),
            [],
            "it holds, whatever was before"
        );
        let small = ("2026-01".to_owned(), Some("small".to_owned()));
        assert_eq!(left(&[("2026-01", Some("small"))], &there), [small], "another one holds");
        let fresh = ("2026-12".to_owned(), Some("small".to_owned()));
        assert_eq!(left(&[("2026-12", Some("small"))], &there), [fresh]);
        let ended = ("2026-11".to_owned(), None);
        assert_eq!(left(&[("2026-11", None)], &there), [ended]);
        assert!(left(&[("2026-01", None)], &[]).is_empty(), "nothing is billed as it is");
    }

    #[test]
    fn an_agreement_has_a_month_and_a_plan() {
        for wrong in [
            json!({"since": "2026-12"}),
            json!({"since": "soon", "plan": null}),
            json!({"since": "2026-13", "plan": null}),
            json!({"since": "2026-00", "plan": null}),
            json!({"since": "2026-1", "plan": null}),
            json!({"since": "2026-12", "plan": 1}),
            json!({"since": "2026-12", "plan": null, "price": 1}),
            json!([]),
        ] {
            assert!(matches!(Agreement::read(&wrong), Err(Failure::Usage(_))), "{wrong}");
        }
    }
}
