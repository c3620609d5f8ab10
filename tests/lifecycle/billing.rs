//! What a month costs, once it is over: a daemon whose clock is ahead sees it come and go.

use std::time::Duration;

use serde_json::{Value, json};

use super::ahead::served;
use crate::harness::calendar;
use crate::harness::office::{Office, id_of};
use crate::harness::receiver::comes;
use crate::harness::server::Server;
use crate::harness::tenantry::Tenantry;

/// In seconds.
const DAY: u64 = 24 * 60 * 60;

/// What was counted on a day.
struct Day {
    day: u64,
    users: u64,
    devices: u64,
    is_missed: bool,
}

/// How far ahead noon of the tenth of the next month is, from which there is time until midnight, and
/// that month.
fn tenth_to_come() -> (Duration, String) {
    let now = calendar::seconds();
    let today = now / DAY;
    // The tenth of this month is not so far away.
    let mut days = (today + 10..today + 60).map(|day| (day, calendar::at(day * DAY)));
    let (day, date) = days.find(|(_, date)| date[8..].starts_with("10T")).unwrap();
    (Duration::from_secs(day * DAY + DAY / 2 - now), date[..7].to_owned())
}

fn days(count: u64) -> Duration {
    Duration::from_secs(count * DAY)
}

fn users(office: &Office, logins: &[&str]) -> Vec<String> {
    let user = |login: &&str| {
        let fields = json!({"login": login, "display_name": login, "surname": login});
        format!("users/{}", id_of(&office.make("users", &fields)))
    };
    logins.iter().map(user).collect()
}

fn devices(office: &Office, names: &[&str]) -> Vec<String> {
    let device =
        |name: &&str| format!("devices/{}", id_of(&office.make("devices", &json!({"name": name}))));
    names.iter().map(device).collect()
}

/// Agrees on a plan from a month on; tells where the plan is changed.
fn agree(office: &Office, month: &str) -> String {
    let plan = json!({"name": office.slug, "currency": "EUR", "base": 1_000, "user": 350,
        "device": 120, "included_users": 1, "included_devices": 1});
    let made = office.top.send("POST", "/v1/billing/plans", Some(&plan));
    assert_eq!(made.status, 201, "{made:?}");
    let plan = id_of(&made.json());
    let agreement = json!({"organization": office.id, "plan": plan, "since": month});
    let agreed = office.top.send("POST", "/v1/billing/agreements", Some(&agreement));
    assert_eq!(agreed.status, 200, "{agreed:?}");
    format!("/v1/billing/plans/{plan}")
}

/// Waits until on a day of a month so many users and devices were counted.
fn assert_counted(office: &Office, month: &str, (day, users, devices): (u8, u8, u8)) {
    let wanted = json!({"day": day, "users": users, "devices": devices});
    let days = || office.read(&format!("billing/usage?month={month}"))["days"].clone();
    assert!(comes(|| days().as_array().unwrap().contains(&wanted)), "{wanted}: {}", days());
}

/// What was counted on each day of a month, as accounting gets it.
fn counted(office: &Office, server: &Server, month: &str) -> Vec<Day> {
    let url = format!("https://{}", server.admin_api);
    let tenantry = Tenantry::at(&url, &server.ca_file, office.top.token());
    let line = format!("billing invoices --month {month} --content usage --format csv");
    let day = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |place: usize| cells[place].parse::<u64>().unwrap();
        let (day, users, devices) = (number(4), number(5), number(6));
        Day { day, users, devices, is_missed: cells[7] == "true" }
    };
    let own = format!(",{},", office.slug);
    tenantry.does(&line).lines().filter(|line| line.contains(&own)).map(day).collect()
}

/// All that is drafted of a month, as it comes.
fn drafted(office: &Office, month: &str) -> [String; 3] {
    let all = format!("/v1/billing/invoices?month={month}");
    let own = office.path(&format!("billing/invoice?month={month}"));
    [own, format!("{all}&format=csv"), all].map(|path| {
        let answer = office.top.get(&path);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    })
}

/// That an invoice is what counts and the prices that were agreed add up to.
fn assert_adds_up(office: &Office, invoice: &Value, counted: &[Day]) {
    let prices = office.read("billing/agreements")["items"][0]["prices"].clone();
    let price = |name: &str| prices[name].as_u64().unwrap();
    let users = counted.iter().map(|day| day.users).max().unwrap();
    let devices = counted.iter().map(|day| day.devices).max().unwrap();
    let beyond_users = users.saturating_sub(price("included_users"));
    let beyond_devices = devices.saturating_sub(price("included_devices"));
    let total = price("base") + beyond_users * price("user") + beyond_devices * price("device");
    assert_eq!((&invoice["users"], &invoice["devices"]), (&json!(users), &json!(devices)));
    assert_eq!(invoice["total"], json!(total), "{invoice}");
    let lines = invoice["lines"].as_array().unwrap().iter();
    assert_eq!(lines.map(|line| line["amount"].as_u64().unwrap()).sum::<u64>(), total);
    let missed: Vec<u64> = counted.iter().filter(|it| it.is_missed).map(|it| it.day).collect();
    assert_eq!(invoice["missed_days"], json!(missed), "{invoice}");
    assert_eq!(invoice["counted_days"], json!(counted.len() - missed.len()), "{invoice}");
}

#[test]
fn a_month_costs_what_the_highest_of_its_days_had_and_the_same_after_a_restart() {
    let Some(mut office) = Office::alone() else { return };
    let (tenth, month) = tenth_to_come();
    users(&office, &["ada", "bob"]);
    devices(&office, &["laptop"]);
    let plan = agree(&office, &month);
    office.stop();

    let (_site, mut server) = served(&mut office, ("admin_api", &[]), tenth);
    assert_counted(&office, &month, (10, 2, 1));
    let mut gone = users(&office, &["cyd", "dee", "eve"]);
    gone.extend(devices(&office, &["phone", "tablet"]));
    server.daemon.stop();

    let (_site, mut server) = served(&mut office, ("admin_api", &[]), tenth + days(1));
    assert_counted(&office, &month, (11, 5, 3));
    for place in gone {
        office.act("DELETE", &place, None);
    }
    server.daemon.stop();

    let (_site, mut server) = served(&mut office, ("admin_api", &[]), tenth + days(2));
    assert_counted(&office, &month, (12, 2, 1));
    server.daemon.stop();

    let (_site, mut server) = served(&mut office, ("admin_api", &[]), tenth + days(31));
    let counted = counted(&office, &server, &month);
    let last = counted.last().unwrap();
    assert_eq!((last.users, last.devices), (2, 1), "there are fewer at the end");
    let before = drafted(&office, &month);
    let invoice: Value = serde_json::from_str(&before[0]).unwrap();
    assert_adds_up(&office, &invoice, &counted);
    assert_eq!((&invoice["complete"], &invoice["total"]), (&json!(true), &json!(2_640)));
    assert_eq!(invoice["counted_days"], 3, "{invoice}");
    // What comes later changes nothing of it.
    users(&office, &["fay", "guy", "hal", "ivy", "jon"]);
    let dearer = office.top.send("PATCH", &plan, Some(&json!({"user": 9_900})));
    assert_eq!(dearer.status, 200, "{dearer:?}");
    server.daemon.stop();

    let (_site, mut server) = served(&mut office, ("admin_api", &[]), tenth + days(32));
    assert_eq!(drafted(&office, &month), before);
    server.daemon.stop();
}
