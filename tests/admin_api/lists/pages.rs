//! Cursors: pages show each item once, and what is no cursor of the list leads nowhere.

use serde_json::Value;

use super::world::{List, World};
use crate::harness::curl::Response;

/// So many items are looked at, of those that come first.
const MOST: usize = 60;
/// So many pages are turned over at most; one of several organizations may hold nothing.
const PAGES: usize = 4 * MOST;

/// What tells items apart, in their order.
fn keys(list: &List, page: &Value) -> Vec<Value> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item[list.key()].clone()).collect()
}

/// The lists that have pages.
fn paged(world: &World) -> Vec<List> {
    let lists: Vec<List> = world.lists().into_iter().filter(|list| list.takes("cursor")).collect();
    assert!(lists.len() >= 28, "only {} lists have pages", lists.len());
    lists
}

/// Whether cursors count for who asked, and for the same question alone: of events they are places in
/// the log, and of people in all organizations.
fn is_sealed(list: &List) -> bool {
    list.takes("filter")
}

/// The cursor behind the first item.
fn cursor(world: &World, list: &List) -> String {
    let page = world.page(list, "limit=1");
    let next = page["next"].as_str();
    next.unwrap_or_else(|| panic!("{}: {page}", list.template)).to_owned()
}

fn is_refused(list: &List, query: &str, answer: &Response) {
    let asked = format!("{}?{query}: {answer:?}", list.template);
    assert_eq!(answer.status, 422, "{asked}");
    assert!(list.tells_of(422), "the document does not tell of {asked}");
    let problem = answer.json();
    assert_eq!(problem["type"], "/problems/invalid", "{asked}");
    assert_eq!(problem["pointer"], "/cursor", "{asked}");
}

#[test]
fn pages_of_one_item_show_each_item_of_every_list_once() {
    let Some(world) = World::shared() else { return };
    for list in paged(&world) {
        let key = list.key();
        let questions = if list.is_of_events() {
            // More may come at the end alone.
            vec!["sort=sequence".to_owned()]
        } else if is_sealed(&list) {
            let both = format!("filter={key}%20pr&sort={key}");
            vec![String::new(), format!("sort=-{key}"), format!("filter={key}%20pr"), both]
        } else {
            vec![String::new()]
        };
        for question in questions {
            is_turned_over(&world, &list, &question);
        }
    }
}

/// Asserts that pages of one item show what one page shows of all.
fn is_turned_over(world: &World, list: &List, question: &str) {
    let mut whole = keys(list, &world.page(list, question));
    whole.truncate(MOST);
    let asked = if question.is_empty() { String::new() } else { format!("&{question}") };
    let (mut seen, mut next) = (Vec::new(), String::new());
    for _ in 0..PAGES {
        let page = world.page(list, &format!("limit=1{asked}{next}"));
        let shown = keys(list, &page);
        assert!(shown.len() <= 1, "{}: {page}", list.template);
        seen.extend(shown);
        match page["next"].as_str() {
            Some(cursor) if seen.len() < MOST => next = format!("&cursor={cursor}"),
            Some(_) | None => break,
        }
    }
    if list.is_of_events() || whole.len() == MOST {
        seen.truncate(whole.len());
    }
    assert_eq!(seen, whole, "{}?{question}", list.template);
    assert!(whole.len() > 1, "{}?{question} shows {whole:?}", list.template);
}

#[test]
fn a_cursor_counts_for_its_list_its_question_and_its_admin_alone() {
    let Some(world) = World::shared() else { return };
    let lists = paged(&world);
    let sealed = lists.iter().filter(|list| is_sealed(list));
    let sealed: Vec<(&List, String)> = sealed.map(|list| (list, cursor(&world, list))).collect();
    let others = sealed.iter().cycle().skip(1);
    for ((list, own), (_, others)) in sealed.iter().zip(others) {
        let (key, good) = (list.key(), format!("limit=1&cursor={own}"));
        assert_eq!(world.ask(list, &good).status, 200, "{}", list.template);
        let (first, rest) = own.split_at(1);
        let altered = if first == "A" { "B" } else { "A" };
        for query in [
            format!("limit=1&cursor={altered}{rest}"),
            format!("limit=1&cursor={own}AAAA"),
            format!("limit=1&cursor={others}"),
            format!("limit=1&sort=-{key}&cursor={own}"),
            format!("limit=1&filter={key}%20pr&cursor={own}"),
        ] {
            is_refused(list, &query, &world.ask(list, &query));
        }
        let by_staff = world.staff.session.get(&world.place(list, &good));
        is_refused(list, &good, &by_staff);
    }
    for list in lists.iter().filter(|list| !is_sealed(list)) {
        let query = format!("limit=1&cursor={}", sealed[0].1);
        is_refused(list, &query, &world.ask(list, &query));
    }
}

#[test]
fn a_cursor_of_one_organization_shows_nothing_of_it_in_another() {
    let Some(world) = World::shared() else { return };
    let mut tried = 0;
    for list in paged(&world) {
        // Of one thing of an organization there is none in the other one.
        if list.template.matches('{').count() != 1 || !list.template.contains("{organization}") {
            continue;
        }
        let query = format!("limit=1&cursor={}", cursor(&world, &list));
        let there = list.template.replace("{organization}", &world.other.id);
        let answer = world.office.top.get(&format!("{there}?{query}"));
        if is_sealed(&list) {
            is_refused(&list, &query, &answer);
        } else {
            let own = world.office.top.get(&format!("{there}?limit=200")).json();
            let own = own["items"].as_array().unwrap();
            assert_eq!(answer.status, 200, "{there}: {answer:?}");
            let shown = answer.json();
            let shown = shown["items"].as_array().unwrap();
            assert!(shown.iter().all(|item| own.contains(item)), "{there}: {shown:?}");
        }
        tried += 1;
    }
    assert!(tried >= 15, "only {tried} lists of organizations have pages");
}
