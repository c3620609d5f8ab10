//! What lies outside of one's scope.

use serde_json::json;

use super::{NEVER, Route, Site, comparable, routes, valid};
use crate::harness::admin::Admin;
use crate::harness::https::Https;
use crate::harness::office::Office;

#[test]
fn an_organization_outside_of_ones_scope_is_one_that_never_was_at_every_route() {
    let (site, other) = (Site::new(), Office::new());
    let top = "administrator_with_billing";
    let elsewhere = json!({"organizations": [other.id]});
    let strangers: [(&str, Admin); 3] = [
        ("an admin of another organization", other.admin(top)),
        ("a provider admin without scope", other.provider_admin(top, &json!("none"))),
        ("a provider admin for another organization", other.provider_admin(top, &elsewhere)),
    ];
    for route in routes(&site.office).iter().filter(|route| route.in_organization()) {
        for (name, stranger) in &strangers {
            assert_hidden(&site, route, &stranger.session, name);
        }
    }
    for (name, stranger) in &strangers {
        let list = stranger.session.get("/v1/organizations");
        assert_eq!(list.status, 200, "{name}: {list:?}");
        assert!(!list.body.contains(&site.office.id), "{name}: {list:?}");
    }
}

#[test]
fn things_of_another_organization_are_missing_in_ones_own_at_every_route() {
    let (site, own) = (Site::new(), Office::new());
    let admin = own.admin("administrator_with_billing");
    let of_things = |route: &&Route| {
        route.in_organization()
            && route.path.matches('{').count() == 2
            && route.permission.is_some()
    };
    for route in routes(&site.office).iter().filter(of_things) {
        let path = site.fill(route, &own.id).unwrap();
        let theirs = valid(route, &admin.session, &path);
        assert_eq!(theirs.status, 404, "{} {theirs:?}", route.name());
        let thing = path.split('/').nth(5).unwrap();
        let never = valid(route, &admin.session, &path.replace(thing, NEVER));
        assert_eq!(comparable(&theirs), comparable(&never), "{}", route.name());
    }
}

fn assert_hidden(site: &Site, route: &Route, who: &Https, name: &str) {
    let there = route.as_someone(who, &site.ours(route));
    let never = route.as_someone(who, &site.fill(route, NEVER).unwrap());
    assert_eq!(there.status, 404, "{name}: {} {there:?}", route.name());
    assert_eq!(comparable(&there), comparable(&never), "{name}: {}", route.name());
}
