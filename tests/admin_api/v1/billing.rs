//! `/v1/billing` and `/v1/organizations/{organization}/billing`.

use serde_json::{Value, json};

use crate::harness::curl::Api;
use crate::harness::demo::Demo;
use crate::harness::office::{Office, id_of};
use crate::harness::tenantry::Tenantry;

fn must(response: &crate::harness::curl::Response) -> Value {
    assert!((200..300).contains(&response.status), "{response:?}");
    response.json()
}

/// Makes an organization with so many users; tells its path.
fn customer(api: &Api, slug: &str, users: usize) -> String {
    let base = format!("dc={slug},dc=example");
    let fields = json!({"slug": slug, "name": format!("=The {slug}"), "base": base});
    let path =
        format!("/v1/organizations/{}", id_of(&must(&api.post("/v1/organizations", &fields))));
    for number in 0..users {
        let login = format!("user{number}");
        let user = json!({"login": login, "display_name": login, "surname": login});
        must(&api.post(&format!("{path}/users"), &user));
    }
    path
}

/// An organization's line of JSON lines.
fn line_of(slug: &str, lines: &str) -> Value {
    let mut lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.find(|line| line["slug"] == slug).expect(slug)
}

#[test]
fn a_month_is_counted_by_the_daemon_and_billed_by_what_was_agreed() {
    let Some(mut demo) = Demo::own() else { return };
    let api = demo.api_as_top();
    let (initech, hooli) = (customer(&api, "initech", 4), customer(&api, "hooli", 1));
    let tenantry =
        |demo: &Demo| Tenantry::with_key(demo, &demo.admin_api.tokens.administrator_with_billing);
    let made = tenantry(&demo).shows(
        "plan create --name standard --currency EUR --user 350 --base 1000 --included-users 1",
    );
    assert_eq!((&made["minor_digits"], &made["device"]), (&json!(2), &json!(0)));
    let usage = must(&api.get(&format!("{initech}/billing/usage")));
    let month = usage["month"].as_str().unwrap().to_owned();
    assert_eq!(usage["days"], json!([]), "it is counted at the start and each hour");
    let agreed = tenantry(&demo)
        .shows(&format!("billing agree --organization initech --plan standard --since {month}"));
    assert_eq!(agreed[0]["plan"], "standard");
    let usage = must(&api.get(&format!("{initech}/billing/usage")));
    assert_eq!(usage["users"], 4, "what an organization has is counted when a plan is agreed on");
    let user = json!({"login": "late", "display_name": "late", "surname": "late"});
    must(&api.post(&format!("{initech}/users"), &user));
    let early =
        json!({"organization": initech.rsplit('/').next(), "plan": null, "since": "2020-01"});
    let refused = api.post("/v1/billing/agreements", &early);
    assert_eq!((refused.status, &refused.json()["pointer"]), (422, &json!("/since")));

    demo.daemon().stop();
    demo.start_again();
    let api = demo.api_as_top();
    let counted = (0..200).map(|_| must(&api.get(&format!("{initech}/billing/usage"))));
    let usage = counted.into_iter().find(|usage| usage["users"] == 5).expect("nothing was counted");
    let invoice = must(&api.get(&format!("{initech}/billing/invoice?month={month}")));
    if usage["month"] == month.as_str() {
        assert_eq!((&invoice["users"], &invoice["total"]), (&json!(5), &json!(1000 + 4 * 350)));
        assert_eq!(invoice["lines"][1]["quantity"], 4);
    }
    let none = api.get(&format!("{hooli}/billing/invoice?month={month}"));
    assert_eq!(none.status, 422, "nothing was agreed: {none:?}");

    let csv = tenantry(&demo).does(&format!("billing invoices --month {month} --format csv"));
    assert!(csv.starts_with("organization,slug,name,month,"), "{csv}");
    assert!(csv.contains(",initech,'=The initech,"), "no spreadsheet calculates it: {csv}");
    let nothing = format!(",'=The hooli,{month},false,,,,,,,0,,,,0,");
    assert!(usage["month"] != month.as_str() || csv.contains(&nothing), "{csv}");
    let line = line_of("initech", &api.get(&format!("/v1/billing/invoices?month={month}")).body);
    assert_eq!((&line["plan"], &line["currency"]), (&json!("standard"), &json!("EUR")));
    let changed = tenantry(&demo).shows("plan update standard --user 9900");
    assert_eq!(changed["user"], 9900);
    let again = must(&api.get(&format!("{initech}/billing/invoice?month={month}")));
    assert_eq!(again["total"], invoice["total"], "what was agreed stays");
    let ahead = api.get(&format!("{initech}/billing/invoice?month=2199-01"));
    assert_eq!((ahead.status, &ahead.json()["pointer"]), (422, &json!("/month")));
}

#[test]
fn devices_that_are_not_kept_out_have_a_line_of_their_own_on_the_draft() {
    let office = Office::new();
    for login in ["ada", "bob"] {
        office.user(login, "correct horse battery");
    }
    for name in ["laptop", "phone", "tablet", "printer"] {
        office.make("devices", &json!({"name": name, "suspended": name == "printer"}));
    }
    let plan = json!({"name": office.slug, "currency": "EUR", "base": 1_000, "user": 350,
        "device": 120, "included_users": 1, "included_devices": 1});
    let plan = id_of(&must(&office.top.send("POST", "/v1/billing/plans", Some(&plan))));
    let month = office.read("billing/usage")["month"].as_str().unwrap().to_owned();
    let agreed = json!({"organization": office.id, "plan": plan, "since": month});
    must(&office.top.send("POST", "/v1/billing/agreements", Some(&agreed)));
    let invoice = office.read(&format!("billing/invoice?month={month}"));
    assert_eq!((&invoice["users"], &invoice["devices"]), (&json!(2), &json!(3)), "{invoice}");
    let line = |kind: &str, quantity: u32, unit_price: u32| {
        json!({"kind": kind, "quantity": quantity, "unit_price": unit_price,
            "amount": quantity * unit_price})
    };
    let lines = json!([line("base", 1, 1_000), line("users", 1, 350), line("devices", 2, 120)]);
    assert_eq!((&invoice["lines"], &invoice["total"]), (&lines, &json!(1_590)));
    assert_eq!(office.read(&format!("billing/usage?month={month}"))["devices"], 3);
    let table = office.top.get(&format!("/v1/billing/invoices?month={month}&format=csv")).body;
    let mut own = table.lines().filter(|line| line.contains(&format!(",{},", office.slug)));
    assert!(own.any(|line| line.contains(",devices,2,120,240,,,,1590,")), "{table}");
    let usage = format!("/v1/billing/invoices?month={month}&content=usage");
    let table = office.top.get(&format!("{usage}&format=csv")).body;
    let mut own = table.lines().filter(|line| line.contains(&format!(",{},", office.slug)));
    assert!(own.any(|line| line.ends_with(",2,3,false,false,")), "{table}");
    let own = line_of(&office.slug, &office.top.get(&usage).body);
    let day = own["days"].as_array().unwrap().last().unwrap();
    assert_eq!((&day["users"], &day["devices"]), (&json!(2), &json!(3)), "{own}");
}

#[test]
fn who_pays_nothing_has_a_line_all_the_same() {
    let office = Office::new();
    let month = office.read("billing/usage")["month"].as_str().unwrap().to_owned();
    let agree = |plan: &Value| {
        let agreed = json!({"organization": office.id, "plan": plan, "since": month});
        must(&office.top.send("POST", "/v1/billing/agreements", Some(&agreed)));
    };
    // What an organization has is counted when something is agreed on.
    agree(&Value::Null);
    let drafted = format!("/v1/billing/invoices?month={month}");
    let none = line_of(&office.slug, &office.top.get(&drafted).body);
    assert_eq!((&none["plan"], &none["total"]), (&Value::Null, &json!(0)), "{none}");
    let plan = json!({"name": office.slug, "currency": "EUR"});
    let plan = id_of(&must(&office.top.send("POST", "/v1/billing/plans", Some(&plan))));
    agree(&json!(plan));
    let free = line_of(&office.slug, &office.top.get(&drafted).body);
    assert_eq!((&free["lines"], &free["total"]), (&json!([]), &json!(0)), "{free}");
    let table = office.top.get(&format!("{drafted}&format=csv")).body;
    let own: Vec<_> =
        table.lines().filter(|line| line.contains(&format!(",{},", office.slug))).collect();
    assert_eq!(own.len(), 1, "{own:?}");
    assert!(own[0].contains(",EUR,2,,,,0,,,,0,"), "{own:?}");
}

#[test]
fn the_price_list_is_changed_by_whose_scope_is_all_organizations() {
    let office = Office::new();
    let scope = json!({"organizations": [office.id]});
    let scoped = office.provider_admin("administrator_with_billing", &scope).session;
    let plans = "/v1/billing/plans";
    let fields = json!({"name": office.slug, "currency": "EUR"});
    let plan = id_of(&must(&office.top.send("POST", plans, Some(&fields))));
    let place = format!("{plans}/{plan}");
    let other = json!({"name": format!("{}-2", office.slug), "currency": "EUR"});
    let dearer = json!({"user": 9_900});
    for (method, path, body) in [
        ("POST", plans, Some(&other)),
        ("PATCH", place.as_str(), Some(&dearer)),
        ("DELETE", place.as_str(), None),
    ] {
        let refused = scoped.send(method, path, body);
        let told = (refused.status, &refused.json()["type"]);
        assert_eq!(told, (409, &json!("/problems/rule")), "{method} {refused:?}");
    }
    assert_eq!(scoped.get(&place).json()["user"], 0);
    let month = office.read("billing/usage")["month"].clone();
    let agreed = json!({"organization": office.id, "plan": plan, "since": month});
    must(&scoped.send("POST", "/v1/billing/agreements", Some(&agreed)));
    for operation in ["create_plan", "update_plan", "delete_plan"] {
        let told = scoped.get(&format!("/v1/me/can-i?operation={operation}")).json();
        assert_eq!(told["answers"][0]["reasons"][0]["code"], "scope_of_all", "{told}");
    }
}

#[test]
fn of_two_who_agree_having_seen_the_same_agreements_one_does() {
    let office = Office::new();
    let place = office.path("billing/agreements");
    let seen = office.top.get(&place);
    assert_eq!((seen.status, &seen.json()["items"]), (200, &json!([])));
    let month = office.read("billing/usage")["month"].clone();
    let agreement = json!({"organization": office.id, "plan": null, "since": month});
    let agree = |tag: &str| {
        let header = format!("If-Match: {tag}");
        let headers = [header.as_str()];
        office.top.send_with("POST", "/v1/billing/agreements", &headers, Some(&agreement))
    };
    let first = agree(seen.header("etag").unwrap());
    assert_eq!(first.status, 200, "{first:?}");
    let second = agree(seen.header("etag").unwrap());
    assert_eq!((second.status, &second.json()["type"]), (412, &json!("/problems/stale")));
    let tag = first.header("etag").unwrap();
    assert_eq!(office.top.get(&place).header("etag"), Some(tag));
    assert_eq!(agree(tag).status, 200, "what is so already is agreed on still");
}

#[test]
fn an_organizations_billing_contact_is_on_its_draft_and_is_its_own_to_change() {
    let office = Office::new();
    let own = office.admin("administrator_with_billing");
    let place = office.path("billing/contact");
    let shown = own.session.get(&place);
    assert_eq!((shown.status, shown.json()), (200, json!({"name": null, "mail": null})));
    let contact = json!({"name": "=Accounts Payable", "mail": "invoices@acme.example"});
    let tag = format!("If-Match: {}", shown.header("etag").unwrap());
    let set = |tag: &str| own.session.send_with("PUT", &place, &[tag], Some(&contact));
    assert_eq!(set(&tag).status, 200);
    assert_eq!(set(&tag).status, 412, "it is good for one change");
    for role in ["administrator", "read_only"] {
        let refused = office.admin(role).session.get(&place);
        assert_eq!(
            (refused.status, &refused.json()["permission"]),
            (403, &json!("manage_billing"))
        );
    }
    let wrong = own.session.send("PUT", &place, Some(&json!({"mail": "nobody"})));
    assert_eq!((wrong.status, &wrong.json()["pointer"]), (422, &json!("/mail")));
    let told = office.event("changed");
    assert_eq!(told["differences"][0]["field"], "billing_contact_mail", "{told}");

    let tenantry =
        Tenantry::with_key(&office.demo, &office.demo.admin_api.tokens.administrator_with_billing)
            .within(&office.slug);
    let seen = tenantry.shows("billing contact");
    assert_eq!(seen["mail"], "invoices@acme.example");
    tenantry.does(&format!("plan create --name {} --currency EUR --base 500", office.slug));
    let month = tenantry.shows("billing usage")["month"].as_str().unwrap().to_owned();
    let none = tenantry.run("billing invoice");
    assert!(none.code == 7 && none.stderr.contains("tenantry: no plan was agreed on"), "{none:?}");
    let named = tenantry.run(&format!("billing invoice --month {month}")).stderr;
    assert!(named.contains("tenantry: --month: no plan was agreed on for 2"), "{named}");
    let agreed =
        format!("billing agree --organization {0} --plan {0} --since {month}", office.slug);
    tenantry.does(&agreed);
    let drafted = line_of(&office.slug, &office.top.get("/v1/billing/invoices").body);
    assert_eq!(drafted["contact"], contact);
    let csv = tenantry.does("billing invoices --format csv");
    let line = csv.lines().find(|line| line.contains(&office.slug)).unwrap();
    assert!(line.contains(",'=Accounts Payable,invoices@acme.example,500,"), "{line}");
    let headings = csv.lines().next().unwrap();
    let own = tenantry.does("billing invoice --format csv");
    assert_eq!(own, format!("{headings}\n{line}\n"), "what the provider has of it");
    assert_eq!(tenantry.shows("billing invoice")["contact"], contact);
    let own = tenantry.does("billing invoice --format json_lines");
    assert_eq!(line_of(&office.slug, &own), drafted);
    let none = tenantry.shows("billing set-contact --clear name --clear mail");
    assert_eq!(none, json!({"name": null, "mail": null}));
}
