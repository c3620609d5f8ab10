//! A browser's cookie, at every operation: what the page of another site sends is refused, whatever it asks
//! for.

use serde_json::{Value, json};

use crate::harness::admin::PASSWORD;
use crate::harness::curl::Response;
use crate::harness::https::Https;
use crate::harness::totp;
use crate::refusals::{Route, Site, routes};

const OWN: &str = "Sec-Fetch-Site: same-origin";
const GUARD: &str = "X-Tenantry-Request: 1";
const EVIL: &str = "Origin: https://evil.example";

/// A browser in which somebody has signed in who may do everything.
struct Browser {
    connection: Https,
    cookie: String,
    /// Where its own pages come from.
    origin: String,
}

impl Browser {
    fn of(site: &Site) -> Self {
        let office = &site.office;
        let admin = office.provider_admin("administrator_with_billing", &json!("all"));
        let connection = office.demo.https(None);
        let origin = format!("Origin: {}", office.demo.admin_api.url);
        let code = totp::code_beside(&admin.otpauth_uri, 1);
        let credentials =
            json!({"login": admin.login, "password": PASSWORD, "code": code, "cookie": true});
        let page = [OWN, origin.as_str(), GUARD];
        let session = connection.send_with("POST", "/v1/sign-in", &page, Some(&credentials));
        assert_eq!(session.status, 200, "{session:?}");
        let cookie = session.header("set-cookie").unwrap().split(';').next().unwrap();
        Self { cookie: format!("Cookie: {cookie}"), connection, origin }
    }

    /// Sends what a page asks for, with the cookie.
    fn sends(&self, method: &str, path: &str, headers: &[&str], body: Option<&Value>) -> Response {
        let headers = [&[self.cookie.as_str()][..], headers].concat();
        self.connection.send_with(method, path, &headers, body)
    }
}

/// Asserts that what a route is asked for by another page, or by another page's form, is refused.
fn is_refused(browser: &Browser, route: &Route, path: &str) {
    let origin = browser.origin.as_str();
    let looks_only = route.method == "GET";
    let body = Some(json!({})).filter(|_| !looks_only);
    let others = [
        vec!["Sec-Fetch-Site: cross-site", origin, GUARD],
        vec!["Sec-Fetch-Site: same-site", origin, GUARD],
        vec![OWN, EVIL, GUARD],
        vec![EVIL],
        vec![OWN, origin],
        vec![],
    ];
    // Whoever only looks needs no header that a form cannot send: other sites see no answer.
    let count = if looks_only { 4 } else { others.len() };
    for headers in &others[..count] {
        let answer = browser.sends(&route.method, path, headers, body.as_ref());
        let asked = format!("{} {headers:?}: {answer:?}", route.name());
        assert_eq!(answer.status, 403, "{asked}");
        assert_eq!(answer.json()["type"], "/problems/cross-site", "{asked}");
    }
}

#[test]
fn no_operation_is_done_for_a_page_of_another_site() {
    let site = Site::new();
    let browser = Browser::of(&site);
    let mut tried = 0;
    for route in routes(&site.office).iter().filter(|route| !route.public) {
        is_refused(&browser, route, &site.ours(route));
        tried += 1;
    }
    assert!(tried > 150, "only {tried} operations need a token");
    // It is the same session all the time, and one of those who may.
    let page = [OWN, browser.origin.as_str(), GUARD];
    assert_eq!(browser.sends("GET", "/v1/me", &[OWN], None).status, 200);
    let group = json!({"name": "made by a page"});
    let made = browser.sends("POST", &site.office.path("groups"), &page, Some(&group));
    assert_eq!(made.status, 201, "{made:?}");
}
