//! An import goes on where it was when the process was killed.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};

use super::crash::is_sound;
use crate::harness::demo::Demo;
use crate::harness::pause;

/// So many users are imported.
const USERS: usize = 4_000;

fn read(demo: &Demo, path: &str) -> Value {
    demo.api_as_top().get(path).json()
}

fn applied(import: &Value) -> u64 {
    import["applied"].as_u64().unwrap()
}

#[test]
fn after_kill_9_in_the_middle_of_an_import_the_rest_comes_and_nothing_twice() {
    let Some(mut demo) = Demo::own() else { return };
    let acme = format!("/v1/organizations/{}", demo.acme().id);
    let asked = json!({"name": "people", "format": "csv"});
    let made = demo.api_as_top().post(&format!("{acme}/imports"), &asked).json();
    let import = format!("{acme}/imports/{}", made["id"].as_str().unwrap());
    let mut table = "login,surname\n".to_owned();
    (0..USERS).for_each(|number| writeln!(table, "imported{number},Import").unwrap());
    let sent = demo.api_as_top().upload(&format!("{import}/content"), "text/csv", &table);
    assert_eq!(sent.status, 200, "{sent:?}");
    let mut kills = 0;
    for _ in 0..4_000 {
        let shown = read(&demo, &import);
        match shown["state"].as_str().unwrap() {
            "done" => break,
            "checking" if kills == 0 => {
                demo.daemon().kill_at_once();
                demo.start_again();
                kills = 1;
            }
            "applying" if kills <= 1 && applied(&shown) > 0 => {
                demo.daemon().kill_at_once();
                demo.start_again();
                assert!(applied(&read(&demo, &import)) >= applied(&shown), "it went back");
                kills = 2;
            }
            _ => pause(Duration::from_millis(20)),
        }
    }
    let done = read(&demo, &import);
    assert_eq!(
        (&done["state"], &done["done"]["create"]),
        (&json!("done"), &json!(USERS)),
        "{done}"
    );
    assert_eq!((kills, &done["done"]["error"]), (2, &json!(0)));
    demo.daemon().stop();
    is_sound(&demo);
}
