//! `/v1/events` and `/v1/organizations/{organization}/events`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::demo::Demo;
use crate::harness::office::Office;
use crate::harness::python::python;
use crate::harness::receiver::comes;
use crate::harness::tenantry::Tenantry;

const PASSWORD: &str = "correct horse battery";

/// The newest event of an action.
fn newest(events: &[Value], action: &str) -> Value {
    let found = events.iter().find(|event| event["action"] == action);
    found.unwrap_or_else(|| panic!("no {action} in {events:#?}")).clone()
}

#[test]
fn a_change_is_told_with_who_from_where_and_what_was_before_and_after() {
    let office = Office::new();
    let id = office.user("ada", PASSWORD);
    let admin = office.admin("manager");
    let place = office.path(&format!("users/{id}"));
    let patch = json!({"title": "Countess"});
    assert_eq!(admin.session.send("PATCH", &place, Some(&patch)).status, 200);
    let event = newest(&office.events(), "changed");
    assert_eq!((&event["success"], &event["reason"]), (&json!(true), &Value::Null));
    assert_eq!(event["actor"]["kind"], "admin");
    assert_eq!(event["actor"]["name"], json!(admin.login));
    assert_eq!(event["source"], "127.0.0.1");
    assert_eq!(event["subject"], json!({"kind": "user", "id": id, "name": "ada"}));
    let expected = json!([{"field": "title", "before": null, "after": "Countess"}]);
    assert_eq!(event["differences"], expected);
}

#[test]
fn refusals_and_failed_logins_are_told_with_the_reason_in_words() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let client = office.client("switch", &json!({}));
    let reader = office.admin("read_only");
    let path = office.path("groups");
    assert_eq!(reader.session.send("POST", &path, Some(&json!({"name": "x"}))).status, 403);
    let refused = office.event("refused");
    assert_eq!(
        (&refused["success"], &refused["actor"]["name"]),
        (&json!(false), &json!(reader.login))
    );
    assert!(refused["reason"].as_str().unwrap().contains("manage_identities"), "{refused}");
    let operation = json!([{"field": "operation", "before": null, "after": "create_group"}]);
    assert_eq!(refused["differences"], operation);
    let login = crate::harness::wire::Request::login(&client.secret, "ada", "wrong");
    office.wire().ask(&login);
    let failed = office.event("radius_access");
    assert_eq!((&failed["success"], &failed["actor"]["name"]), (&json!(false), &json!("ada")));
    assert_eq!(failed["source"], json!(office.address.to_string()));
    assert_eq!(failed["reason"], "the password is wrong");
}

#[test]
fn what_the_provider_is_told_of_a_refusal_names_no_organization() {
    let (office, other) = (Office::new(), Office::new());
    let reader = office.provider_admin("read_only", &json!("all"));
    let fields = json!({"name": "x"});
    let refused = reader.session.send("POST", &office.path("groups"), Some(&fields));
    let said = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(refused.status == 403 && said.contains(&office.slug), "{refused:?}");
    let elsewhere = other.provider_admin("read_only", &json!({"organizations": [other.id]}));
    let request = refused.header("x-request-id").unwrap();
    let path = format!("/v1/events?request_id={request}");
    let told = || elsewhere.session.get(&path).json()["items"][0].clone();
    assert!(comes(|| told().is_object()), "nothing is told");
    let why = "needs manage_identities on an organization; you hold read_only";
    assert_eq!(told()["reason"], why, "not all who read it know of that one");
}

#[test]
fn no_event_ever_holds_a_secret() {
    let office = Office::new();
    let id = office.user("ada", PASSWORD);
    let mut secrets = vec![PASSWORD.to_owned(), "another long password".to_owned()];
    let new = json!({"password": "another long password"});
    office.act("PUT", &format!("users/{id}/password"), Some(&new));
    let account = office.make("service-accounts", &json!({"name": "application"}));
    secrets.push(account["password"].as_str().unwrap().to_owned());
    let place = format!("service-accounts/{}/rotate", account["id"].as_str().unwrap());
    let rotated = office.act("POST", &place, None);
    secrets.push(rotated["password"].as_str().unwrap().to_owned());
    let client = office.client("switch", &json!({}));
    secrets.push(client.secret.clone());
    let fresh = json!({"secret": "a secret of many letters"});
    office.act("PUT", &format!("radius-clients/{}/secret", client.id), Some(&fresh));
    secrets.push("a secret of many letters".to_owned());
    let admin = office.admin("manager");
    secrets.push(admin.session.token().to_owned());
    secrets.push(crate::harness::admin::PASSWORD.to_owned());
    let seed = admin.otpauth_uri.split(['?', '&']).find_map(|part| part.strip_prefix("secret="));
    secrets.push(seed.unwrap().to_owned());
    let ours = serde_json::to_string(&office.events()).unwrap();
    let all = office.top.get("/v1/events?limit=200").body;
    for secret in secrets {
        assert!(!ours.contains(&secret) && !all.contains(&secret), "{secret} is told");
    }
    for action in ["password_set", "secret_rotated", "created", "mfa_enrolled"] {
        newest(&office.events(), action);
    }
}

#[test]
fn events_come_in_pages_the_newest_first_and_by_action_and_actor() {
    let office = Office::new();
    for number in 0..12 {
        office.group(&format!("group {number}"), &[], &[]);
    }
    let (mut all, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let more = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let page = office.read(&format!("events?limit=5{more}"));
        all.extend(page["items"].as_array().unwrap().clone());
        cursor = page["next"].as_str().map(ToOwned::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(all, office.events());
    let sequences: Vec<u64> = all.iter().map(|it| it["sequence"].as_u64().unwrap()).collect();
    assert!(sequences.is_sorted_by(|newer, older| newer > older), "{sequences:?}");
    let created = office.read("events?action=created&limit=200");
    let created = created["items"].as_array().unwrap();
    assert!(created.len() >= 12);
    assert!(created.iter().all(|event| event["action"] == "created"));
    assert_eq!(office.read("events?actor=nobody-like-that")["items"], json!([]));
    assert!(matches!(office.top.get(&office.path("events?action=nonsense")).status, 400 | 422));
}

#[test]
fn each_organization_has_its_own_events() {
    let (office, other) = (Office::new(), Office::new());
    office.group("only here", &[], &[]);
    other.group("only there", &[], &[]);
    let told = serde_json::to_string(&office.events()).unwrap();
    assert!(told.contains("only here") && !told.contains("only there"), "{told}");
}

/// Verifies exports with nothing of ours.
const VERIFIER: &str = include_str!("../../../docs/verify-events.py");

/// Exports an organization's events with the command line.
fn exported(office: &Office, folder: &std::path::Path, options: &str) -> std::path::PathBuf {
    let file = folder.join("events");
    let _former = std::fs::remove_file(&file);
    desk(office).does(format!("events export --to {} {options}", file.display()).trim_end());
    file
}

fn desk(office: &Office) -> Tenantry {
    let key = &office.demo.admin_api.tokens.administrator_with_billing;
    Tenantry::with_key(&office.demo, key).within(&office.slug)
}

#[test]
fn an_export_is_verified_by_the_command_line_and_by_a_few_lines_of_python() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    office.user("Gräfin \u{1F980} \"x\"\\", PASSWORD);
    for number in 0..8 {
        office.group(&format!("group {number}"), &[], &[]);
    }
    let folder = tempfile::tempdir().unwrap();
    let file = exported(&office, folder.path(), "");
    let name = file.to_str().unwrap();
    let head = office.read("events/chain")["head"].as_str().unwrap().to_owned();
    let whole = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    assert!(lines.len() > 10, "{whole}");
    let tenantry = desk(&office);
    let by_both = |expected: i32| {
        let ours = tenantry.run(&format!("events verify {name} --head {head}"));
        let theirs = python(VERIFIER, [name, &head]);
        assert_eq!((ours.code, theirs.code), (expected, expected), "{ours:?}\n{theirs:?}");
        ours.stdout
    };
    let said = by_both(0);
    assert!(said.contains(&format!("{} events are as they were", lines.len())), "{said:?}");
    let write = |lines: &[&str]| std::fs::write(&file, lines.join("\n") + "\n").unwrap();
    let changed = lines[4].replacen("group", "graup", 1);
    let mut without = lines.clone();
    without.remove(4);
    let mut moved = lines.clone();
    moved.swap(4, 5);
    let mut with = lines.clone();
    with.insert(6, lines[3]);
    let mut another = lines.clone();
    another[4] = &changed;
    for tampered in [&another, &without, &moved, &with, &lines[..lines.len() - 1].to_vec()] {
        write(tampered);
        by_both(1);
    }
    write(&lines);
    by_both(0);
}

#[test]
fn the_chain_goes_on_when_the_daemon_is_killed_and_starts_again() {
    let Some(mut demo) = Demo::own() else { return };
    let folder = tempfile::tempdir().unwrap();
    let heads = |demo: &Demo| {
        let top = demo.https(Some(&demo.admin_api.tokens.administrator_with_billing));
        top.get("/v1/events/chain").json()["head"].as_str().unwrap().to_owned()
    };
    let before = heads(&demo);
    demo.daemon().kill_at_once();
    demo.start_again();
    let key = demo.admin_api.tokens.administrator_with_billing.clone();
    let top = demo.https(Some(&key));
    let fields = json!({
        "login": "late", "display_name": "Late", "role": "read_only", "password": PASSWORD,
    });
    assert_eq!(top.send("POST", "/v1/admins", Some(&fields)).status, 201);
    let file = folder.path().join("provider");
    let tenantry = Tenantry::with_key(&demo, &key);
    tenantry.does(&format!("events export --to {}", file.display()));
    let head = heads(&demo);
    assert_ne!(head, before);
    let said = tenantry.run(&format!("events verify {} --head {head}", file.display()));
    assert_eq!(said.code, 0, "{said:?}");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(&format!("\"hash\":\"{before}\"")), "what was there is there");
}

#[test]
fn a_table_for_spreadsheets_holds_no_formula() {
    let office = Office::new();
    office.group("=1+2", &[], &[]);
    let folder = tempfile::tempdir().unwrap();
    let file = exported(&office, folder.path(), "--format csv --subject-kind group");
    let script = "import csv, sys\nfor row in csv.DictReader(open(sys.argv[1], newline='')):\n    \
                  print(row['action'], row['subject_name'])";
    let read = python(script, [file.to_str().unwrap()]);
    assert!(read.stdout.contains("created '=1+2"), "{read:?}");
}

#[test]
fn events_are_found_and_counted_by_what_they_say() {
    let office = Office::new();
    let id = office.user("ada", PASSWORD);
    office.group("staff", &[], &[]);
    let client = office.client("switch", &json!({}));
    for password in ["wrong", "worse"] {
        office.wire().ask(&crate::harness::wire::Request::login(&client.secret, "ada", password));
    }
    office.event("radius_access");
    let tenantry = desk(&office);
    let found = |options: &str| {
        let shown = tenantry.shows(&format!("events {options}"));
        shown.as_array().unwrap().clone()
    };
    assert_eq!(found("--success=false").len(), 2);
    assert_eq!(found("--actor ADA --action radius_access,ldap_bind").len(), 2);
    assert_eq!(found(&format!("--subject {id}")).len(), 1);
    assert_eq!(found("--subject-kind group")[0]["subject"]["name"], "staff");
    assert_eq!(found("--text STAFF").len(), found("--subject staff").len());
    assert_eq!(found(&format!("--source {}/32 --success=false", office.address)).len(), 2);
    assert!(found("--until 2001-01-01T00:00:00Z").is_empty());
    let counts = office.read("events/counts?interval=day&by=action&success=false");
    let item = &counts["items"][0];
    assert_eq!((&item["key"], &item["count"]), (&json!("radius_access"), &json!(2)));
    assert_eq!(counts["complete"], true);
    let refused = |query: &str| office.top.get(&office.path(&format!("events?{query}"))).status;
    for query in ["source=here", "action=nonsense", "actor=", "from=yesterday"] {
        assert!(matches!(refused(query), 400 | 422), "{query}");
    }
}

#[test]
fn events_are_counted_by_the_minute_the_hour_and_the_day() {
    let office = Office::new();
    for name in ["one", "two", "three"] {
        office.make("groups", &json!({"name": name}));
    }
    office.user("ada", PASSWORD);
    let all = office.events();
    let count = |query: &str| {
        let counts = office.read(&format!("events/counts?{query}"));
        assert_eq!(counts["complete"], true, "{counts}");
        let items = counts["items"].as_array().unwrap();
        let starts: Vec<_> = items.iter().map(|item| item["start"].as_str().unwrap()).collect();
        assert!(starts.is_sorted(), "the earliest first: {starts:?}");
        let counted = |item: &Value| {
            let key = (item["start"].as_str().unwrap().to_owned(), item["key"].to_string());
            (key, item["count"].as_u64().unwrap())
        };
        items.iter().map(counted).collect::<BTreeMap<_, _>>()
    };
    // A time is cut off behind its minute, its hour or its day.
    for (interval, length, rest) in
        [("minute", 16, ":00Z"), ("hour", 13, ":00:00Z"), ("day", 10, "T00:00:00Z")]
    {
        for by in ["", "action", "actor", "subject", "success"] {
            let mut expected = BTreeMap::<_, u64>::new();
            for event in &all {
                let start = format!("{}{rest}", &event["at"].as_str().unwrap()[..length]);
                let key = match by {
                    "actor" if event[by]["name"].is_null() => event[by]["kind"].to_string(),
                    "actor" | "subject" => event[by]["name"].to_string(),
                    "success" => json!(event[by].to_string()).to_string(),
                    _ => event[by].to_string(),
                };
                *expected.entry((start, key)).or_default() += 1;
            }
            let by = if by.is_empty() { String::new() } else { format!("&by={by}") };
            assert_eq!(count(&format!("interval={interval}{by}")), expected, "{interval}{by}");
        }
    }
    assert_eq!(count(""), count("interval=hour"));
    let made: u64 = count("action=created&subject_kind=group").into_values().sum();
    assert_eq!(made, 3);
    let wrong = office.top.get(&office.path("events/counts?interval=week"));
    assert_eq!((wrong.status, &wrong.json()["pointer"]), (400, &json!("/interval")), "{wrong:?}");
}

#[test]
fn events_name_the_request_that_they_came_of_as_its_answer_does() {
    let office = Office::new();
    let named = office.demo.api_as_top().header("X-Request-Id: ticket-4711");
    let made = named.post(&office.path("groups"), &json!({"name": "staff"}));
    assert_eq!(made.status, 201, "{made:?}");
    let id = made.header("x-request-id").unwrap().to_owned();
    let tenantry = desk(&office);
    for asked in ["ticket-4711", &id] {
        let found = tenantry.shows(&format!("events --request-id {asked}"));
        let found = found.as_array().unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0]["subject"]["name"], "staff");
        assert_eq!(found[0]["request_id"], json!(id));
        assert_eq!(found[0]["client_request_id"], "ticket-4711");
        let via = &found[0]["via"];
        assert_eq!((&via["kind"], &via["name"]), (&json!("api_key"), &json!("demonstration")));
    }
    let unnamed = office.demo.api_as_top().post(&office.path("groups"), &json!({"name": "all"}));
    let id = unnamed.header("x-request-id").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = exported(&office, folder.path(), &format!("--format csv --request-id {id}"));
    let script = "import csv, sys\nfor row in csv.DictReader(open(sys.argv[1], newline='')):\n    \
                  print(row['subject_name'], row['request_id'], row['client_request_id'], \
                  row['via_kind'])";
    let read = python(script, [file.to_str().unwrap()]);
    assert_eq!(read.stdout, format!("all {id}  api_key\n"), "{read:?}");
    // What was refused is found by what its answer was called, too.
    let reader = office.admin("read_only");
    let headers = ["X-Request-Id: ticket-4712"];
    let body = json!({"name": "x"});
    let refused = reader.session.send_with("POST", &office.path("groups"), &headers, Some(&body));
    assert_eq!(refused.status, 403);
    office.event("refused");
    let found = tenantry.shows("events --request-id ticket-4712 --action refused");
    assert_eq!(found[0]["request_id"], json!(refused.header("x-request-id").unwrap()));
    let via = &found[0]["via"];
    assert_eq!((&via["kind"], &via["name"]), (&json!("session"), &Value::Null));
    // A login over RADIUS came of no request of the admin API.
    let client = office.client("switch", &json!({}));
    office.wire().ask(&crate::harness::wire::Request::login(&client.secret, "ada", "wrong"));
    assert_eq!(office.event("radius_access")["request_id"], Value::Null);
}

#[test]
fn events_of_several_organizations_are_found_at_once() {
    let (office, other) = (Office::new(), Office::new());
    office.group("of both", &[], &[]);
    other.group("of both", &[], &[]);
    let named = |organizations: &str| {
        let line = format!("events among --subject-kind group {organizations}");
        let shown = desk(&office).shows(line.trim_end());
        let organization = |event: &Value| event["organization"].as_str().unwrap().to_owned();
        shown.as_array().unwrap().iter().map(organization).collect::<Vec<_>>()
    };
    let both = format!("--organizations {},{}", office.slug, other.slug);
    assert_eq!(named(&both), [office.id.as_str(), &other.id], "the latest last");
    assert!(named("").len() >= 2, "all that there are");
    let never = "/v1/all-events?organizations=01890000-0000-7000-8000-000000000000";
    assert_eq!(office.top.get(never).status, 404);
    // An organization's own admin sees that one alone.
    let admin = office.admin("read_only");
    let seen = admin.session.get("/v1/all-events?subject_kind=group").json();
    let seen = seen["items"].as_array().unwrap();
    assert!(seen.len() == 1 && seen[0]["organization"] == json!(office.id), "{seen:?}");
    let others = format!("/v1/all-events?organizations={}", other.id);
    assert_eq!(admin.session.get(&others).status, 404);
}

#[test]
fn events_of_several_organizations_are_counted_and_exported_at_once() {
    let (office, other) = (Office::new(), Office::new());
    office.group("of both", &[], &[]);
    other.group("of both", &[], &[]);
    other.group("of one", &[], &[]);
    let both = format!("--organizations {},{}", office.slug, other.slug);
    let asked = format!("{both} --subject-kind group --action created");
    let tenantry = desk(&office);
    let counts = tenantry.shows(&format!("events counts-among --by organization {asked}"));
    let count = |id: &str| {
        let of_it = counts.as_array().unwrap().iter().filter(|item| item["key"] == id);
        of_it.map(|item| item["count"].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!((count(&office.id), count(&other.id)), (1, 2), "{counts}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events");
    tenantry.does(&format!("events export-among --to {} {asked}", file.display()));
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let whose: Vec<&str> =
        lines.iter().map(|line| line["organization"].as_str().unwrap()).collect();
    let mut expected = [office.id.as_str(), &other.id, &other.id];
    expected.sort_unstable();
    assert_eq!(whose, expected, "one organization after another");
    // Each line is as in the export of its organization.
    let of_one = other.top.get(&other.path("events/export")).body;
    let theirs = text.lines().filter(|line| line.contains(&other.id));
    assert!(theirs.into_iter().all(|line| of_one.lines().any(|it| it == line)), "{text}");
    let verified = tenantry.run(&format!("events verify {}", file.display()));
    assert_eq!(verified.code, 0, "{verified:?}");
    assert_eq!(verified.stdout.matches("are as they were written").count(), 2, "{verified:?}");
    tenantry.does(&format!("events export-among --format csv --to {} {asked}", file.display()));
    let script = "import csv, sys\nfor row in csv.DictReader(open(sys.argv[1], newline='')):\n    \
                  print(row['organization'], row['subject_name'])";
    let read = python(script, [file.to_str().unwrap()]);
    assert!(read.stdout.contains(&format!("{} of one\n", other.id)), "{read:?}");
    assert_eq!(read.stdout.lines().count(), 3, "{read:?}");
    // An organization's own admin has that one alone.
    let admin = office.admin("read_only");
    let query = "subject_kind=group&action=created";
    let exported = admin.session.get(&format!("/v1/all-events/export?{query}"));
    let own = exported.body.lines().collect::<Vec<_>>();
    assert!(own.len() == 1 && own[0].contains(&office.id), "{exported:?}");
    let counts = admin.session.get(&format!("/v1/all-events/counts?{query}")).json();
    assert_eq!(counts["items"][0]["count"], 1, "{counts}");
    for what in ["counts", "export"] {
        let others = format!("/v1/all-events/{what}?organizations={}", other.id);
        assert_eq!(admin.session.get(&others).status, 404);
    }
}

#[test]
fn events_come_the_oldest_first_where_that_is_asked_for() {
    let office = Office::new();
    for number in 0..7 {
        office.group(&format!("group {number}"), &[], &[]);
    }
    let numbers = |events: &Value| {
        let events = events.as_array().unwrap().iter();
        events.map(|event| event["sequence"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let newest = numbers(&Value::from(office.events()));
    let oldest: Vec<u64> = newest.iter().rev().copied().collect();
    let tenantry = desk(&office);
    let shown = |options: &str| numbers(&tenantry.shows(&format!("events {options}")));
    assert_eq!(shown("--max 200"), oldest, "the latest last");
    assert_eq!(shown("--max 200 --sort sequence"), oldest);
    assert_eq!(shown("--max 3 --sort sequence"), oldest[..3]);
    assert_eq!(shown("--max 3 --sort -sequence"), newest[..3]);
    let among = format!("among --organizations {} --max 3", office.slug);
    assert_eq!(shown(&format!("{among} --sort sequence")), oldest[..3]);
    assert_eq!(shown(&among), oldest[oldest.len() - 3..], "the latest last");
    let behind = |number: u64| shown(&format!("--after {number} --max 2"));
    assert_eq!(behind(oldest[0]), oldest[1..3]);
    assert!(behind(newest[0]).is_empty());
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = office.read(&format!("events?limit=2&sort=sequence{cursor}"));
        seen.extend(numbers(&page["items"]));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, oldest);
}

#[test]
fn an_organization_says_how_long_its_events_are_kept() {
    let office = Office::new();
    assert_eq!(office.read("event-retention"), json!({"retention": null}));
    let year = json!({"retention": 31_536_000_000_u64});
    assert_eq!(office.act("PUT", "event-retention", Some(&year)), year);
    assert_eq!(office.read("event-retention"), year);
    let told = newest(&office.events(), "changed");
    assert_eq!(told["differences"][0]["field"], "event_retention");
    let own = office.admin("administrator").session;
    for (short, by) in [(5, &office.top), (86_400_000, &own), (30 * 86_400_000_u64 - 1, &own)] {
        let short = json!({"retention": short});
        let refused = by.send("PUT", &office.path("event-retention"), Some(&short));
        assert_eq!((refused.status, &refused.json()["pointer"]), (422, &json!("/retention")));
        let detail = refused.json()["detail"].to_string();
        assert!(detail.contains("30 days to ten years"), "{detail}");
    }
    assert_eq!(office.read("event-retention"), year);
}
