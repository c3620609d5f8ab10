//! `/v1/docs`, in a browser that heeds its Content-Security-Policy.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::browser::Browser;
use crate::harness::demo::Demo;
use crate::harness::pause;

/// Marks an operation of the page as the chosen one, by its method and its path.
const CHOOSE: &str = "
    document.getElementById('chosen')?.removeAttribute('id');
    const text = (one, selector) => one.querySelector(`summary ${selector}`).textContent;
    const found = [...document.querySelectorAll('#routes details')].find((one) =>
        text(one, '.method') === given[0] && text(one, 'code') === given[1]);
    found.id = 'chosen';
    return true;
";
/// How many operations can be seen.
const SEEN: &str = "
    const all = [...document.querySelectorAll('#routes details')];
    return all.filter((one) => one.offsetParent !== null).length;
";
/// Puts a script and a picture into the page that are none of its own; tells what became of them.
const INTRUDE: &str = "
    const refused = [];
    document.addEventListener('securitypolicyviolation',
        (event) => refused.push(event.effectiveDirective));
    const script = document.createElement('script');
    script.textContent = 'window.intruded = true;';
    const picture = document.createElement('img');
    picture.src = '/v1/health';
    document.body.append(script, picture);
    for (let tries = 0; tries < 100 && refused.length < 2; tries += 1)
        await new Promise((resolve) => setTimeout(resolve, 50));
    return {refused: refused.sort(), intruded: window.intruded ?? false};
";

/// The page, with a browser on it.
struct Page {
    browser: Browser,
}

impl Page {
    /// Waits until the chosen operation shows a text.
    fn shows(&self, wanted: &str) {
        for _ in 0..600 {
            if self.browser.text("#chosen").contains(wanted) {
                return;
            }
            pause(Duration::from_millis(50));
        }
        panic!("“{wanted}” is not in “{}”", self.browser.text("#chosen"));
    }

    /// Opens an operation.
    fn choose(&self, method: &str, path: &str) {
        let found = self.browser.run(CHOOSE, &json!([method, path]));
        assert_eq!(found, json!(true), "{method} {path}");
        self.browser.click("#chosen summary");
    }

    fn seen(&self) -> Value {
        self.browser.run(SEEN, &json!([]))
    }
}

#[test]
fn the_page_shows_all_operations_and_tries_one_under_its_own_policy() {
    let demo = Demo::shared();
    let document = demo.api_as_nobody().get("/v1/openapi.json").json();
    let paths = document["paths"].as_object().unwrap();
    let all: usize = paths.values().map(|item| item.as_object().unwrap().len()).sum();
    let browser = Browser::new(&[Path::new(&demo.ca_file)]);
    let page = Page { browser };
    let here = demo.admin_api.url.replace("127.0.0.1", "localhost");
    page.browser.open(&format!("{here}/v1/docs"));
    let is_there = |_| {
        pause(Duration::from_millis(50));
        page.seen() == json!(all)
    };
    assert!((0..600).any(is_there), "{} of {all} operations are there", page.seen());
    let corners = "return getComputedStyle(document.querySelector('details')).borderRadius;";
    assert_eq!(page.browser.run(corners, &json!([])), "6px", "its style counts");

    page.choose("POST", "/v1/organizations/{organization}/users");
    for part in ["manage_identities", "Body", "display_name", "201: ", "\"login\": "] {
        page.shows(part);
    }
    let me = demo.api_as_top().get("/v1/me").json()["login"].to_string();
    page.choose("GET", "/v1/me");
    page.shows("Try it");
    assert!(!page.browser.text("#chosen").contains(&me), "nobody has asked yet");
    page.browser.write("#token", &demo.admin_api.tokens.administrator_with_billing);
    page.browser.click("#chosen button");
    page.shows(&format!("\"login\": {me}"));

    let intruded = page.browser.run(INTRUDE, &json!([]));
    let refused = json!({"refused": ["img-src", "script-src-elem"], "intruded": false});
    assert_eq!(intruded, refused, "nothing else is let in");
    page.browser.write("#search", "unlock");
    let found = page.seen().as_u64().unwrap();
    assert!(found > 0 && found < 20, "{found}");
}
