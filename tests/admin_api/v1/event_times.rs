//! `from` and `until` of events, of one organization and of several.

use serde_json::Value;

use crate::harness::office::Office;
use crate::harness::tenantry::Tenantry;

/// When the first event that is wanted happened, and the first that is not any more.
type Bounds<'e> = (Option<&'e Value>, Option<&'e Value>);

/// Everything in a list of events, the newest first.
fn all(office: &Office, list: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let answer = office.top.get(&format!("{list}&limit=200{cursor}"));
        assert_eq!(answer.status, 200, "{list}: {answer:?}");
        let page = answer.json();
        all.extend(page["items"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// When an event happened, so that it can be compared: to the second, and the digits behind it up to
/// the last that is not 0.
fn moment(event: &Value) -> (&str, &str) {
    let at = event["at"].as_str().unwrap().trim_end_matches('Z');
    let (second, rest) = at.split_once('.').unwrap_or((at, ""));
    (second, rest.trim_end_matches('0'))
}

/// What of all events is wanted.
fn cut(all: &[Value], (from, until): Bounds<'_>) -> Vec<Value> {
    let is_wanted = |event: &&Value| {
        from.is_none_or(|from| moment(event) >= moment(from))
            && until.is_none_or(|until| moment(event) < moment(until))
    };
    all.iter().filter(is_wanted).cloned().collect()
}

/// The parameters of a query for it.
fn asked((from, until): Bounds<'_>) -> String {
    let said = |name: &str, bound: Option<&Value>| match bound {
        Some(event) => format!("&{name}={}", event["at"].as_str().unwrap()),
        None => String::new(),
    };
    format!("{}{}", said("from", from), said("until", until))
}

fn numbers(events: &[Value]) -> Vec<u64> {
    events.iter().map(|event| event["sequence"].as_u64().unwrap()).collect()
}

/// Lets something happen, and waits until all of it is written.
fn happen(office: &Office) {
    for number in 0..6 {
        office.group(&format!("group {number}"), &[], &[]);
    }
    office.read("events/chain");
}

/// That a list has from each event on, and up to each, what of all that it has is of that time; tells
/// all that it has.
fn assert_cut_by_time(office: &Office, list: &str) -> Vec<Value> {
    let whole = all(office, list);
    let half = cut(&whole, (Some(&whole[whole.len() / 2]), None)).len();
    assert!(half > 0 && half < whole.len(), "all of it happened at once: {whole:?}");
    for event in &whole {
        for bounds in [(Some(event), None), (None, Some(event)), (Some(event), whole.first())] {
            let query = asked(bounds);
            assert_eq!(all(office, &format!("{list}{query}")), cut(&whole, bounds), "{query}");
        }
    }
    whole
}

#[test]
fn events_are_listed_and_exported_from_a_time_on_and_up_to_another() {
    let office = Office::new();
    happen(&office);
    let whole = assert_cut_by_time(&office, &office.path("events?sort=-sequence"));
    let bounds = (whole.get(whole.len() - 3), whole.get(2));
    let (from, until) = (whole[whole.len() - 3]["at"].as_str(), whole[2]["at"].as_str());
    let mut wanted = numbers(&cut(&whole, bounds));
    wanted.sort_unstable();
    assert!(!wanted.is_empty() && wanted.len() < whole.len(), "{whole:?}");

    let key = &office.demo.admin_api.tokens.administrator_with_billing;
    let tenantry = Tenantry::with_key(&office.demo, key).within(&office.slug);
    let times = format!("--from {} --until {}", from.unwrap(), until.unwrap());
    let shown = tenantry.shows(&format!("events --max 200 {times}"));
    assert_eq!(numbers(shown.as_array().unwrap()), wanted, "the latest last");

    // An export has all between the first and the last of them, so that it is a chain.
    let exported = office.top.get(&office.path(&format!("events/export?{}", &asked(bounds)[1..])));
    let exported: Vec<Value> =
        exported.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut between = numbers(&whole);
    between.retain(|number| (wanted[0]..=wanted[wanted.len() - 1]).contains(number));
    between.sort_unstable();
    assert_eq!(numbers(&exported), between);
}

#[test]
fn events_of_several_organizations_are_listed_from_a_time_on_and_up_to_another() {
    let (office, other) = (Office::new(), Office::new());
    happen(&office);
    happen(&other);
    office.user("ada", "correct horse battery");
    office.read("events/chain");
    let list = format!("/v1/all-events?sort=-sequence&organizations={},{}", office.id, other.id);
    let whole = assert_cut_by_time(&office, &list);
    for of in [&office, &other] {
        assert!(whole.iter().any(|event| event["organization"] == of.id), "{whole:?}");
    }
}
