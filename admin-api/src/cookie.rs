//! Sessions of browsers: a cookie that scripts cannot read, and requests that no other site can make.
//!
//! No answer has a header for other origins (CORS), so that no other site reads anything either.

use axum::http::header::{COOKIE, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use directory::Time;

use crate::problem::Problem;

/// The cookie's name; what it begins with makes browsers take it from this very host over TLS alone.
pub(crate) const NAME: &str = "__Host-tenantry";
/// The header that a browser's requests must have that change something: a page of another site
/// cannot send it without being allowed to.
pub(crate) const GUARD: &str = "x-tenantry-request";
/// What browsers say about where a request comes from (Fetch Metadata).
const SITE: &str = "sec-fetch-site";

/// The session that the cookie holds; none when there are two.
pub(crate) fn session(parts: &Parts) -> Option<&str> {
    let values = parts.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| pair.split_once('='));
    let mut ours = pairs.filter(|(name, _)| name.trim() == NAME).map(|(_, value)| value.trim());
    ours.next().filter(|_| ours.next().is_none())
}

/// Makes a browser keep a session until it ends.
pub(crate) fn kept(token: &str, ends: Time, now: Time) -> Option<HeaderValue> {
    let seconds = ends.0.saturating_sub(now.0) / 1_000;
    HeaderValue::try_from(format!("{NAME}={token}; Max-Age={seconds}; {ATTRIBUTES}")).ok()
}

/// Makes a browser forget the session.
pub(crate) fn forgotten() -> Option<HeaderValue> {
    HeaderValue::try_from(format!("{NAME}=; Max-Age=0; {ATTRIBUTES}")).ok()
}

const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

/// Takes a browser's request from a page of this very origin alone.
pub(crate) fn require_own_page(parts: &Parts) -> Result<(), Problem> {
    let text = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let looks_only = matches!(parts.method, Method::GET | Method::HEAD);
    let (site, origin) = (text(SITE), text(ORIGIN.as_str()));
    let own = text(HOST.as_str()).map(|host| format!("https://{host}"));
    let from_here = match site {
        Some("same-origin") => true,
        // Somebody typed the address.
        Some("none") => looks_only,
        Some(_) => false,
        None => looks_only || origin.is_some(),
    };
    let same_origin = origin.is_none_or(|origin| Some(origin) == own.as_deref());
    let guarded = looks_only || parts.headers.contains_key(GUARD);
    if from_here && same_origin && guarded { Ok(()) } else { Err(not_from_here()) }
}

pub(crate) fn not_from_here() -> Problem {
    let detail = "With a cookie, requests come from a page of this very origin, and those that change \
                  something have the header `X-Tenantry-Request`.";
    Problem::new(StatusCode::FORBIDDEN, "/problems/cross-site", "Not from here", detail)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn parts(method: &str, headers: &[(&str, &str)]) -> Parts {
        let request = Request::builder().method(method).header("host", "admin.example:8443");
        let request = headers.iter().fold(request, |it, (name, value)| it.header(*name, *value));
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn the_session_is_found_among_other_cookies_and_two_are_none() {
        let found = |cookies: &[&str]| {
            let headers: Vec<_> = cookies.iter().map(|it| ("cookie", *it)).collect();
            session(&parts("GET", &headers)).map(ToOwned::to_owned)
        };
        assert_eq!(found(&["a=b; __Host-tenantry=x; c=d"]).as_deref(), Some("x"));
        assert_eq!(found(&["a=b", "__Host-tenantry=x"]).as_deref(), Some("x"));
        assert_eq!(found(&["__Host-tenantry=x; __Host-tenantry=y"]), None);
        assert_eq!(found(&["__Host-tenantry=x", "__Host-tenantry=x"]), None);
        assert_eq!(found(&["tenantry=x; x__Host-tenantry=y"]), None);
    }

    #[test]
    fn only_a_page_of_this_origin_changes_anything() {
        let may =
            |method, headers: &[(&str, &str)]| require_own_page(&parts(method, headers)).is_ok();
        let (here, guard) = (("origin", "https://admin.example:8443"), (GUARD, "1"));
        let own = ("sec-fetch-site", "same-origin");
        assert!(may("POST", &[own, here, guard]) && may("POST", &[here, guard]));
        assert!(may("DELETE", &[own, guard]));
        assert!(!may("POST", &[own, here]), "without the header");
        assert!(!may("POST", &[guard]), "nobody says from where");
        for site in ["cross-site", "same-site", "none", ""] {
            assert!(!may("POST", &[("sec-fetch-site", site), here, guard]), "{site}");
        }
        let elsewhere =
            ["https://admin.example", "http://admin.example:8443", "https://evil.example", "null"];
        for origin in elsewhere {
            assert!(!may("POST", &[own, ("origin", origin), guard]), "{origin}");
            assert!(!may("GET", &[own, ("origin", origin)]), "{origin}");
        }
        assert!(may("GET", &[]) && may("GET", &[own]) && may("GET", &[("sec-fetch-site", "none")]));
        assert!(!may("GET", &[("sec-fetch-site", "cross-site")]));
    }

    #[test]
    fn the_cookie_is_this_hosts_alone_and_ends_with_the_session() {
        let kept = kept("x", Time(61_000), Time(1_000)).unwrap();
        let wanted = "__Host-tenantry=x; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Strict";
        assert_eq!(kept, wanted);
        assert!(forgotten().unwrap().to_str().unwrap().starts_with("__Host-tenantry=; Max-Age=0;"));
    }
}
