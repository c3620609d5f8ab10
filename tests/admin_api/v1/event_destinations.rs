//! `/v1/event-destinations` and `/v1/organizations/{organization}/event-destinations`.

use std::net::TcpListener;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::harness::curl::Response;
use crate::harness::office::{Office, id_of};
use crate::harness::python::python;
use crate::harness::receiver::{Receiver, Rsyslog, comes};
use crate::harness::tenantry::Tenantry;

/// Verifies exports with nothing of ours.
pub(super) const VERIFIER: &str = include_str!("../../../docs/verify-events.py");

/// Makes a destination that begins with the oldest event; tells its id and its secret.
pub(super) fn destination(office: &Office, mut fields: Value) -> (String, String) {
    fields["begins_with"] = json!("oldest");
    let made = office.make("event-destinations", &fields);
    (id_of(&made), made["secret"].as_str().unwrap_or_default().to_owned())
}

/// All events of the organization, as an export writes them.
fn exported(office: &Office) -> String {
    let response = office.top.get(&office.path("events/export"));
    assert_eq!(response.status, 200, "{response:?}");
    response.body
}

fn delivery(office: &Office, id: &str) -> Value {
    office.read(&format!("event-destinations/{id}/delivery"))
}

fn letters(office: &Office, id: &str) -> Vec<Value> {
    let list = office.read(&format!("event-destinations/{id}/dead-letters"));
    list["items"].as_array().unwrap().clone()
}

/// Lets something happen.
pub(super) fn happen(office: &Office, what: &str, times: usize) {
    for number in 0..times {
        office.group(&format!("{what} {number}"), &[], &[]);
    }
}

/// That a receiver has all events and nothing else, each once.
pub(super) fn assert_whole(office: &Office, taken: impl Fn() -> String) {
    let is_whole = comes(|| taken() == exported(office));
    assert!(is_whole, "taken: {}\nexported: {}", taken(), exported(office));
}

#[test]
fn a_webhook_gets_all_events_signed_and_in_order_however_often_it_fails_at_first() {
    let (office, receiver) = (Office::new(), Receiver::start());
    receiver.does("fail 3");
    let (id, secret) = destination(&office, receiver.destination("siem"));
    assert_eq!(secret.len(), 48);
    receiver.believes(&["another", &secret]);
    happen(&office, "früh \"and\" late", 20);
    assert_whole(&office, || receiver.taken());
    assert_eq!((receiver.answered(503), receiver.answered(401)), (3, 0));
    let verified = python(VERIFIER, [receiver.file().to_str().unwrap()]);
    assert_eq!(verified.code, 0, "{verified:?}");
    assert!(verified.stdout.starts_with("whole, "), "{verified:?}");
    let standing = delivery(&office, &id);
    let last: Value = serde_json::from_str(receiver.taken().lines().last().unwrap()).unwrap();
    assert_eq!(standing["last_delivered"]["sequence"], last["sequence"], "{standing}");
    assert_eq!((&standing["waiting"], &standing["last_error"]), (&json!(0), &Value::Null));
}

#[test]
fn whoever_knows_one_of_two_secrets_believes_while_one_replaces_the_other() {
    let (office, receiver) = (Office::new(), Receiver::start());
    let (id, old) = destination(&office, receiver.destination("siem"));
    receiver.believes(&[&old]);
    let place = format!("event-destinations/{id}");
    let rotated = office.act("POST", &format!("{place}/secret/rotate"), Some(&json!({})));
    let new = rotated["secret"].as_str().unwrap();
    assert!(new != old && rotated["previous_secret_until"].is_string(), "{rotated}");
    happen(&office, "with the old one", 2);
    assert_whole(&office, || receiver.taken());
    receiver.believes(&[new]);
    happen(&office, "with the new one", 2);
    assert_whole(&office, || receiver.taken());
    let end = json!({"keep_previous_seconds": 0});
    let rotated = office.act("POST", &format!("{place}/secret/rotate"), Some(&end));
    assert_eq!(rotated["previous_secret_until"], Value::Null);
    assert!(comes(|| receiver.answered(401) > 0), "the former one still signs");
    receiver.believes(&[rotated["secret"].as_str().unwrap()]);
    let told = serde_json::to_string(&office.events()).unwrap();
    let shown = office.read(&place).to_string();
    for secret in [old.as_str(), new, rotated["secret"].as_str().unwrap()] {
        assert!(!told.contains(secret) && !shown.contains(secret));
    }
}

#[test]
fn what_is_refused_becomes_a_dead_letter_that_can_be_sent_again() {
    let (office, receiver) = (Office::new(), Receiver::start());
    receiver.does("500");
    happen(&office, "first", 3);
    let (id, secret) = destination(&office, receiver.destination("siem"));
    receiver.believes(&[&secret]);
    assert!(comes(|| !letters(&office, &id).is_empty()), "{}", delivery(&office, &id));
    let letter = letters(&office, &id)[0].clone();
    assert_eq!(delivery(&office, &id)["held_up"], false, "there is room for more");
    assert_eq!(
        (&letter["reason"], &letter["attempts"]),
        (&json!("the receiver answered 500"), &json!(4))
    );
    let told = office.event("event_delivery");
    assert_eq!((&told["success"], &told["subject"]["name"]), (&json!(false), &json!("siem")));
    receiver.does("take");
    happen(&office, "second", 3);
    assert!(comes(|| receiver.taken().contains("second 2")), "{}", delivery(&office, &id));
    assert!(!receiver.taken().contains("first 0"));
    assert!(comes(|| office.event("event_delivery")["success"] == true), "nobody tells of it");
    let place = format!("event-destinations/{id}/dead-letters");
    let chosen = json!({"dead_letters": [letter["id"]]});
    let count = office.act("POST", &format!("{place}/redeliver"), Some(&chosen));
    assert_eq!(count, json!({"dead_letters": 1}));
    assert!(comes(|| receiver.taken().contains("first 0")), "{}", delivery(&office, &id));
    office.act("POST", &format!("{place}/redeliver"), Some(&json!({})));
    assert!(comes(|| letters(&office, &id).is_empty()));
    office.event("dead_letters_redelivered");
    let numbers = |text: &str| {
        let number = |line| serde_json::from_str::<Value>(line).unwrap()["sequence"].as_u64();
        text.lines().map(|line| number(line).unwrap()).collect::<std::collections::BTreeSet<_>>()
    };
    assert!(comes(|| numbers(&receiver.taken()) == numbers(&exported(&office))), "some are lost");
}

#[test]
fn letters_on_which_a_receiver_hangs_keep_nothing_new_waiting_for_all_of_them() {
    let (office, receiver) = (Office::new(), Receiver::start());
    receiver.does("500");
    let (id, secret) = destination(&office, receiver.destination("siem"));
    receiver.believes(&[&secret]);
    for number in 1..=4 {
        happen(&office, &format!("old {number}"), 1);
        assert!(comes(|| letters(&office, &id).len() >= number), "{}", delivery(&office, &id));
    }
    let place = format!("event-destinations/{id}");
    let pause = |paused: bool| office.act("PATCH", &place, Some(&json!({"paused": paused})));
    pause(true);
    let count = office.act("POST", &format!("{place}/dead-letters/redeliver"), Some(&json!({})));
    assert!(count["dead_letters"].as_u64().unwrap() >= 4, "{count}");
    happen(&office, "new", 1);
    receiver.does("only new 0");
    pause(false);
    // Each of the letters takes all the patience that there is, which is 20 seconds: together they
    // would take longer than this waits.
    assert!(comes(|| receiver.taken().contains("new 0")), "{}", delivery(&office, &id));
}

#[test]
fn dead_letters_can_be_given_up_and_nobody_is_followed_elsewhere() {
    let (office, receiver) = (Office::new(), Receiver::start());
    receiver.does("302");
    let (id, _) = destination(&office, receiver.destination("siem"));
    assert!(comes(|| !letters(&office, &id).is_empty()), "{}", delivery(&office, &id));
    let reason = letters(&office, &id)[0]["reason"].as_str().unwrap().to_owned();
    assert_eq!(reason, "the receiver answered 302; it is not followed elsewhere");
    assert_eq!(receiver.answered(401), 0, "nobody asked elsewhere");
    let pause = json!({"paused": true});
    office.act("PATCH", &format!("event-destinations/{id}"), Some(&pause));
    let place = format!("event-destinations/{id}/dead-letters");
    let never = json!({"dead_letters": ["01890000-0000-7000-8000-000000000000"]});
    let missing = office.top.send("POST", &office.path(&format!("{place}/discard")), Some(&never));
    assert_eq!((missing.status, &missing.json()["pointer"]), (422, &json!("/dead_letters/0")));
    // What is under way may become one more.
    let are_gone = || {
        office.act("POST", &format!("{place}/discard"), Some(&json!({})));
        letters(&office, &id).is_empty()
    };
    assert!(comes(are_gone));
    office.event("dead_letters_discarded");
}

#[test]
fn rsyslog_takes_messages_inside_tls_from_who_shows_its_certificate() {
    let (office, rsyslog) = (Office::new(), Rsyslog::start());
    let (id, secret) = destination(&office, rsyslog.destination("siem"));
    assert_eq!(secret, "");
    let stranger =
        |standing: Value| standing["last_error"]["reason"].as_str().map(ToOwned::to_owned);
    assert!(comes(|| stranger(delivery(&office, &id)).is_some()), "rsyslog takes it from anybody");
    assert!(rsyslog.taken().is_empty());
    let certificate = format!("event-destinations/{id}/client-certificate");
    let shown = office.act("PUT", &certificate, Some(&rsyslog.sender()));
    assert_eq!(shown["client_certificate"].as_str().unwrap().len(), 64);
    happen(&office, "früh | late", 5);
    let failed = json!({"name": "x"});
    let reader = office.admin("read_only");
    assert_eq!(reader.session.send("POST", &office.path("groups"), Some(&failed)).status, 403);
    office.event("refused");
    let texts = || {
        let taken = rsyslog.taken().into_iter().map(|(_, _, text)| format!("{text}\n"));
        taken.collect::<String>()
    };
    assert_whole(&office, texts);
    for (priority, kind, text) in rsyslog.taken() {
        let event: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(event["action"], json!(kind));
        assert_eq!(priority, if event["success"] == true { 86 } else { 84 }, "{text}");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.jsonl");
    std::fs::write(&file, texts()).unwrap();
    let verified = python(VERIFIER, [file.to_str().unwrap()]);
    assert_eq!(verified.code, 0, "{verified:?}");
}

#[test]
fn a_receiver_that_nobody_vouches_for_gets_nothing() {
    let (office, rsyslog) = (Office::new(), Rsyslog::start());
    let mut fields = rsyslog.destination("siem");
    fields["syslog"]["server_name"] = json!("other.example");
    let (id, _) = destination(&office, fields);
    let reason = || delivery(&office, &id)["last_error"]["reason"].as_str().map(ToOwned::to_owned);
    assert!(
        comes(|| reason().is_some_and(|reason| reason.starts_with("TLS failed: "))),
        "{:?}",
        reason()
    );
    let mut fields = rsyslog.destination("other");
    fields["syslog"]["authorities"] = Value::Null;
    let (id, _) = destination(&office, fields);
    let reason = || delivery(&office, &id)["last_error"]["reason"].as_str().map(ToOwned::to_owned);
    assert!(
        comes(|| reason().is_some_and(|reason| reason.starts_with("TLS failed: "))),
        "{:?}",
        reason()
    );
    assert!(rsyslog.taken().is_empty());
}

#[test]
fn files_have_all_events_of_a_day_as_a_chain() {
    let Some(office) = Office::alone() else { return };
    let (id, _) = destination(&office, json!({"name": "archive", "kind": "files"}));
    happen(&office, "one", 5);
    let folder = office.demo.folder().join("demo/delivered").join(&office.id);
    let files = || {
        let entries = std::fs::read_dir(&folder).into_iter().flatten();
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    };
    let text = || {
        let texts = files().into_iter().map(|file| std::fs::read_to_string(file).unwrap());
        texts.collect::<String>()
    };
    assert_whole(&office, text);
    for file in files() {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(name.len() == "2030-01-31.jsonl".len() && name.ends_with(".jsonl"), "{name}");
        let verified = python(VERIFIER, [file.to_str().unwrap()]);
        assert_eq!(verified.code, 0, "{verified:?}");
    }
    let tested = office.act("POST", &format!("event-destinations/{id}/test"), Some(&json!({})));
    assert_eq!(tested, json!({"delivered": true, "reason": null}));
    let second = json!({"name": "again", "kind": "files"});
    let second = office.top.send("POST", &office.path("event-destinations"), Some(&second));
    assert_eq!(second.status, 409, "{second:?}");
    assert_whole(&office, text);
}

#[test]
fn a_destination_that_never_answers_keeps_no_other_from_its_events() {
    let (office, receiver) = (Office::new(), Receiver::start());
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", silent.local_addr().unwrap());
    let slow = json!({"name": "slow", "kind": "webhook", "webhook": {"url": url}});
    let (slow, _) = destination(&office, slow);
    let (_, secret) = destination(&office, receiver.destination("siem"));
    receiver.believes(&[&secret]);
    happen(&office, "meanwhile", 3);
    assert_whole(&office, || receiver.taken());
    let standing = delivery(&office, &slow);
    assert!(standing["waiting"].as_u64().unwrap() > 3, "{standing}");
    assert_eq!(standing["last_delivered"], Value::Null);
}

#[test]
fn a_filter_lets_through_what_it_names() {
    let (office, receiver) = (Office::new(), Receiver::start());
    let mut fields = receiver.destination("siem");
    fields["filter"] = json!({"actions": ["created", "deleted"], "subject": "second 1"});
    let (_, secret) = destination(&office, fields);
    receiver.believes(&[&secret]);
    happen(&office, "first", 2);
    happen(&office, "second", 3);
    let line = |taken: String| taken.lines().map(ToOwned::to_owned).collect::<Vec<_>>();
    assert!(comes(|| !receiver.taken().is_empty()));
    let lines = line(receiver.taken());
    assert_eq!(lines.len(), 1, "{lines:?}");
    let event: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(event["subject"]["name"], "second 1");
}

#[test]
fn a_trial_tells_what_happens_and_not_too_often() {
    let (office, receiver) = (Office::new(), Receiver::start());
    let mut fields = receiver.destination("siem");
    fields["paused"] = json!(true);
    let (id, secret) = destination(&office, fields);
    receiver.believes(&[&secret]);
    let path = office.path(&format!("event-destinations/{id}/test"));
    let tries = || office.top.send("POST", &path, Some(&json!({})));
    assert_eq!(tries().json(), json!({"delivered": true, "reason": null}));
    let sent: Value = serde_json::from_str(receiver.taken().trim_end()).unwrap();
    assert_eq!((&sent["test"], &sent["sequence"]), (&json!(true), &Value::Null), "{sent}");
    receiver.does("418");
    let refused = json!({"delivered": false, "reason": "the receiver answered 418"});
    assert_eq!(tries().json(), refused);
    assert_eq!(office.event("destination_tested")["reason"], "the receiver answered 418");
    let tried: Vec<Response> = (0..7).map(|_| tries()).collect();
    let last = tried.last().unwrap();
    assert_eq!((last.status, &last.json()["type"]), (429, &json!("/problems/too-often")));
}

#[test]
fn what_cannot_be_a_destination_is_refused_with_where_and_why() {
    let office = Office::new();
    let webhook = |url: &str| json!({"name": "a", "kind": "webhook", "webhook": {"url": url}});
    let syslog = |host: &str| json!({"name": "a", "kind": "syslog", "syslog": {"host": host}});
    for (fields, pointer) in [
        (webhook("http://siem.example/"), "/webhook/url"),
        (webhook("https://me:secret@siem.example/"), "/webhook/url"),
        (webhook("https://10.0.0.1/"), "/webhook/url"),
        (webhook("https://[::1]/"), "/webhook/url"),
        (webhook("https://169.254.169.254/latest"), "/webhook/url"),
        (webhook("https://2130706433/"), "/webhook/url"),
        (syslog("192.168.0.1"), "/syslog/host"),
        (syslog("a host"), "/syslog/host"),
        (syslog("10.1"), "/syslog/host"),
        (json!({"name": "a", "kind": "syslog"}), "/syslog"),
        (
            json!({"name": "a", "kind": "files", "webhook": {"url": "https://a.example"}}),
            "/webhook",
        ),
        (json!({"name": "", "kind": "files"}), "/name"),
    ] {
        let refused = office.top.send("POST", &office.path("event-destinations"), Some(&fields));
        let said = (refused.status, refused.json()["pointer"].clone());
        assert_eq!(said, (422, json!(pointer)), "{fields}: {refused:?}");
    }
    let made = office.make("event-destinations", &webhook("https://siem.invalid/"));
    let place = office.path(&format!("event-destinations/{}", id_of(&made)));
    let other = json!({"syslog": {"host": "siem.example"}});
    let refused = office.top.send("PATCH", &place, Some(&other));
    assert_eq!((refused.status, &refused.json()["pointer"]), (422, &json!("/kind")));
}

#[test]
fn destinations_are_managed_by_who_manages_the_configuration_the_providers_among_them() {
    let Some(office) = Office::alone() else { return };
    let receiver = Receiver::start();
    let manager = office.provider_admin("manager", &json!("all"));
    let own = office.admin("administrator_with_billing");
    let path = "/v1/event-destinations";
    let mut fields = receiver.destination("siem");
    fields["begins_with"] = json!("oldest");
    assert_eq!(manager.session.send("POST", path, Some(&fields)).status, 403);
    assert_eq!(own.session.send("POST", path, Some(&fields)).status, 404);
    let scoped = office.provider_admin("administrator", &json!("none"));
    let refused = scoped.session.send("POST", path, Some(&fields));
    assert_eq!(refused.status, 409, "they tell of every organization: {refused:?}");
    let administrator = office.provider_admin("administrator", &json!("all"));
    let made = administrator.session.send("POST", path, Some(&fields));
    assert_eq!(made.status, 201, "{made:?}");
    receiver.believes(&[made.json()["secret"].as_str().unwrap()]);
    let all = || office.top.get("/v1/events/export").body;
    assert!(comes(|| receiver.taken() == all()), "{}", receiver.taken());
    assert!(!receiver.taken().contains("\"organization\":"), "those of organizations are theirs");
}

#[test]
fn the_token_in_a_webhooks_address_is_for_those_alone_who_may_change_it() {
    let office = Office::new();
    let address = |token: &str| format!("https://siem.invalid/hooks/{token}");
    let receiver = json!({"url": address("first-token")});
    let fields = json!({"name": "siem", "kind": "webhook", "paused": true, "webhook": receiver});
    let made = office.make("event-destinations", &fields);
    assert_eq!(made["webhook"]["url"], json!(address("first-token")));
    let place = format!("event-destinations/{}", id_of(&made));
    let receiver = json!({"webhook": {"url": address("other-token")}});
    let changed = office.act("PATCH", &place, Some(&receiver));
    assert_eq!(changed["webhook"]["url"], json!(address("other-token")));
    let with_token = "event-destinations?filter=webhook.url%20co%20%22other-token%22";
    let reader = ("read_only", false, office.provider_admin("read_only", &json!("all")));
    let roles = [
        ("administrator_with_billing", true),
        ("administrator", true),
        ("manager", false),
        ("help_desk", false),
        ("read_only", false),
    ];
    let own = roles.into_iter().map(|(role, whole)| (role, whole, office.admin(role)));
    for (role, whole, admin) in own.chain([reader]) {
        let expected =
            if whole { address("other-token") } else { "https://siem.invalid/…".to_owned() };
        let shown = admin.session.get(&office.path(&place)).json();
        assert_eq!(shown["webhook"]["url"], json!(expected), "{role}");
        let list = admin.session.get(&office.path("event-destinations")).json();
        assert_eq!(list["items"][0]["webhook"]["url"], json!(expected), "{role}");
        // Nor is it found out by guessing.
        let found = admin.session.get(&office.path(with_token)).json();
        assert_eq!(found["items"].as_array().unwrap().len(), usize::from(whole), "{role}");
    }
    let events = office.events();
    assert!(!serde_json::to_string(&events).unwrap().contains("-token"), "{events:?}");
    let is_change =
        |event: &&Value| event["action"] == "changed" && event["subject"]["name"] == "siem";
    let changed = events.iter().find(is_change).unwrap();
    let path = json!({"field": "path", "before": "not shown", "after": "another, not shown"});
    assert_eq!(changed["differences"], json!([path]));
    // What was shown to others is no address: nobody writes it back unawares.
    let shown = json!({"webhook": {"url": "https://siem.invalid/…"}});
    let refused = office.top.send("PATCH", &office.path(&place), Some(&shown));
    assert_eq!((refused.status, &refused.json()["pointer"]), (422, &json!("/webhook/url")));
}

#[test]
fn the_command_line_makes_looks_at_and_deletes_destinations() {
    let (office, receiver) = (Office::new(), Receiver::start());
    let top = &office.demo.admin_api.tokens.administrator_with_billing;
    let line = Tenantry::with_key(&office.demo, top).within(&office.slug);
    let fields = receiver.destination("siem");
    let text = |member: &str| fields["webhook"][member].as_str().unwrap().to_owned();
    let url = format!("--webhook-url={}", text("url"));
    let authorities = format!("--webhook-authorities={}", text("authorities"));
    let mut words = vec!["event-destination", "create", "--name", "siem", "--kind", "webhook"];
    words.extend([url.as_str(), authorities.as_str(), "-o", "json"]);
    let made = line.words(&words);
    assert_eq!(made.code, 0, "{made:?}");
    let made: Value = serde_json::from_str(&made.stdout).unwrap();
    receiver.believes(&[made["secret"].as_str().unwrap()]);
    assert!(line.does("event-destination list").contains("siem"));
    assert_eq!(line.shows("event-destination test siem")["delivered"], true);
    assert!(comes(|| line.shows("event-destination delivery siem")["last_delivered"].is_object()));
    assert!(!line.does("event-destination dead-letters siem").contains("answered"));
    assert_eq!(line.run("event-destination delete siem --yes").code, 0);
    assert!(!line.does("event-destination list").contains("siem"));
}

#[test]
fn one_destination_of_the_provider_takes_the_events_of_all_organizations() {
    let Some(office) = Office::alone() else { return };
    let receiver = Receiver::start();
    let mut fields = receiver.destination("everything");
    fields["reach"] = json!("all");
    fields["begins_with"] = json!("oldest");
    let made = office.top.send("POST", "/v1/event-destinations", Some(&fields));
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    assert_eq!(made["reach"], "all");
    receiver.believes(&[made["secret"].as_str().unwrap()]);
    let later = Office::on(Arc::clone(&office.demo));
    happen(&office, "here", 3);
    happen(&later, "there", 3);
    let taken_of = |of: &Office| {
        let taken = receiver.taken();
        let whose =
            |line: &str| serde_json::from_str::<Value>(line).unwrap()["organization"].clone();
        let lines = taken.lines().filter(|line| whose(line) == json!(of.id));
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    for of in [&office, &later] {
        assert_whole(of, || taken_of(of));
    }
    let taken = receiver.taken();
    let named =
        |line: &str| serde_json::from_str::<Value>(line).unwrap()["organization"].is_string();
    assert!(taken.lines().all(named), "what is the provider's own is there: {taken}");

    let place = format!("/v1/event-destinations/{}", id_of(&made));
    let some = office.provider_admin("administrator", &json!({"organizations": [office.id]}));
    assert_eq!(some.session.get(&place).status, 200);
    let pause = json!({"paused": true});
    let refused = some.session.send("PATCH", &place, Some(&pause));
    assert_eq!(refused.status, 409, "{refused:?}");
    assert!(refused.json()["detail"].as_str().unwrap().contains("the scope of all organizations"));
    let own = office.top.send("POST", &office.path("event-destinations"), Some(&fields));
    assert_eq!((own.status, &own.json()["pointer"]), (422, &json!("/reach")));
    let tenantry =
        Tenantry::with_key(&office.demo, &office.demo.admin_api.tokens.administrator_with_billing);
    let stands = || tenantry.shows("event-destination delivery everything");
    let is_through = |it: Value| it["waiting"] == 0 && it["last_error"].is_null();
    assert!(comes(|| is_through(stands())), "{}", stands());
    tenantry.does("event-destination update everything --paused=true");
    assert_eq!(tenantry.shows("event-destination show everything")["paused"], true);
}
