//! `Idempotency-Key` at every operation that takes one: what is asked for is done once, who asks again is
//! answered as before, and the key is good for nothing else.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::lists::dead_destinations;
use crate::harness::authority::Authority;
use crate::harness::calendar::in_days;
use crate::harness::curl::Response;
use crate::harness::https::Https;
use crate::harness::office::{Office, id_of};
use crate::harness::receiver::{self, comes};
use crate::harness::totp;

/// Where it is not tried: a browser makes passkeys, explanations change nothing, and who has signed out
/// asks for nothing again. The list may only lose lines.
const UNTRIED: [&str; 5] = [
    "/v1/me/passkeys",
    "/v1/me/passkeys/{id}/activate",
    "/v1/organizations/{organization}/ldap/explain",
    "/v1/organizations/{organization}/radius-clients/{radius_client}/explain",
    "/v1/sign-out",
];
const PASSWORD: &str = "correct horse battery";

/// What was asked for twice so far.
struct Twice<'o> {
    office: &'o Office,
    document: Value,
    /// The paths at which a key is heeded, as the document has them.
    keyed: BTreeSet<String>,
    done: BTreeSet<String>,
    /// So many keys were used.
    keys: usize,
}

impl<'o> Twice<'o> {
    fn new(office: &'o Office) -> Self {
        let document = office.demo.https(None).get("/v1/openapi.json").json();
        let mut keyed = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            let parameters = item["post"]["parameters"].as_array().into_iter().flatten();
            if parameters.into_iter().any(|it| it["name"] == "Idempotency-Key") {
                keyed.insert(path.clone());
            }
        }
        Self { office, document, keyed, done: BTreeSet::new(), keys: 0 }
    }

    /// The one who may do everything does something, and then something else with the same key.
    fn does(&mut self, path: &str, body: &Value) -> Value {
        let office = self.office;
        self.asks(&office.top, path, (body, &json!({"another": true})))
    }

    /// The same of what has a name, and then another one.
    fn makes(&mut self, path: &str, fields: &Value) -> Value {
        let (office, mut others) = (self.office, fields.clone());
        let name = if fields["login"].is_string() { "login" } else { "name" };
        others[name] = json!("another");
        self.asks(&office.top, path, (fields, &others))
    }

    /// Somebody asks for something twice with a key, and for something else with it; tells what came
    /// back.
    fn asks(&mut self, who: &Https, path: &str, (body, others): (&Value, &Value)) -> Value {
        self.keys += 1;
        let key = format!("Idempotency-Key: {}", self.keys);
        let send = |body: &Value| {
            let body = Some(body).filter(|body| !body.is_null());
            who.curl().header(&key).send("POST", path, body)
        };
        let template = self.template(path).to_owned();
        let before = self.rows(who, path, &template);
        let first = send(body);
        assert!((200..300).contains(&first.status), "{path}: {first:?}");
        assert_eq!(first.header("idempotency-replayed"), None, "{path}: {first:?}");
        assert_ne!(self.told(&first), 0, "{path} leaves no event");
        let rows = self.rows(who, path, &template);
        if first.status == 201 {
            assert_eq!(rows, before.map(|rows| rows + 1), "{path}");
        }
        let again = send(body);
        assert_eq!((again.status, &again.body), (first.status, &first.body), "{path}");
        for name in ["content-type", "etag"] {
            assert_eq!(again.header(name), first.header(name), "{path}: {again:?}");
        }
        assert_eq!(again.header("idempotency-replayed"), Some("true"), "{path}: {again:?}");
        let refused = send(others);
        assert_eq!(refused.status, 422, "{path}: {refused:?}");
        assert_eq!(refused.json()["type"], "/problems/key-reused", "{path}");
        assert_eq!((self.told(&again), self.told(&refused)), (0, 0), "{path} is done again");
        assert_eq!(self.rows(who, path, &template), rows, "{path}");
        for answer in [&first, &refused] {
            let answers = &self.document["paths"][&template]["post"]["responses"];
            assert!(answers[&answer.status.to_string()].is_object(), "{template}: {answer:?}");
        }
        self.done.insert(template);
        if first.body.is_empty() { Value::Null } else { first.json() }
    }

    /// The path of the document that a path is one of.
    fn template(&self, path: &str) -> &str {
        let parts: Vec<&str> = path.split('/').collect();
        let fits = |template: &&String| {
            let names: Vec<&str> = template.split('/').collect();
            let mut pairs = names.iter().zip(&parts);
            names.len() == parts.len()
                && pairs.all(|(name, part)| name == part || name.starts_with('{'))
        };
        // Of two that fit the one is meant that says more.
        let fitting = self.keyed.iter().filter(fits);
        let meant = fitting.min_by_key(|template| template.matches('{').count());
        meant.unwrap_or_else(|| panic!("no key is heeded at {path}"))
    }

    /// How many things a list has to which a path adds one, where there is a list.
    fn rows(&self, who: &Https, path: &str, template: &str) -> Option<usize> {
        let [path, template] = [path, template].map(|it| it.trim_end_matches("/built-in"));
        self.document["paths"][template]["get"].is_object().then_some(())?;
        who.get(path).json()["items"].as_array().map(Vec::len)
    }

    /// How many events came of a request.
    fn told(&self, answer: &Response) -> usize {
        let request = answer.header("x-request-id").unwrap();
        let count = |list: &str| {
            let page = self.office.top.get(&format!("{list}?request_id={request}")).json();
            page["items"].as_array().unwrap_or_else(|| panic!("{page}")).len()
        };
        count("/v1/events") + count("/v1/all-events")
    }
}

#[test]
fn whatever_takes_a_key_is_done_once_with_it_and_answered_as_before() {
    let Some(office) = Office::alone() else { return };
    let mut twice = Twice::new(&office);
    collections(&mut twice);
    certificates(&mut twice);
    people(&mut twice);
    admins(&mut twice);
    account(&mut twice);
    organizations(&mut twice);
    destinations(&mut twice);
    secrets(&mut twice);
    imports(&mut twice);
    let untried: Vec<&str> = twice.keyed.difference(&twice.done).map(String::as_str).collect();
    assert_eq!(untried, UNTRIED);
}

fn collections(twice: &mut Twice<'_>) {
    let office = twice.office;
    let certificate = Authority::new("authority.example").pem();
    let authority =
        json!({"name": "authority", "certificate": certificate, "holder": "user_by_mail"});
    for (collection, fields) in [
        ("certificate-authorities", authority),
        ("certificate-authorities/built-in", json!({"name": "own"})),
        ("custom-attributes", json!({"name": "badge", "syntax": "text"})),
        ("devices", json!({"name": "laptop"})),
        ("groups", json!({"name": "staff"})),
        ("password-policies", json!({"name": "administrators"})),
        ("radius-clients", json!({"name": "gate", "sources": ["192.0.2.0/24"]})),
        ("reply-profiles", json!({"name": "guests"})),
        ("security-policies", json!({"name": "laptops"})),
        ("service-accounts", json!({"name": "wiki"})),
    ] {
        twice.makes(&office.path(collection), &fields);
    }
    let plan = json!({"name": "standard", "currency": "EUR"});
    let plan = id_of(&twice.makes("/v1/billing/plans", &plan));
    let month = office.read("billing/usage")["month"].clone();
    let agreement = json!({"organization": office.id, "plan": plan, "since": month});
    twice.does("/v1/billing/agreements", &agreement);
}

/// Of an authority of the organization's own, which there is.
fn certificates(twice: &mut Twice<'_>) {
    let office = twice.office;
    let user = format!("users/{}", office.user("ada", PASSWORD));
    let device = format!("devices/{}", id_of(&office.make("devices", &json!({"name": "phone"}))));
    for owner in [user, device] {
        let place = office.path(&format!("{owner}/issued-certificates"));
        let issued = twice.does(&place, &json!({"days": 10}));
        let renewal = format!("{place}/{}/renew", id_of(&issued["certificate"]));
        let renewed = twice.does(&renewal, &json!({}));
        let revocation = format!("{place}/{}/revoke", id_of(&renewed["certificate"]));
        twice.does(&revocation, &json!({"reason": "superseded"}));
    }
    let names = json!({"dns_names": ["radius.acme.example"]});
    twice.does(&office.path("server-certificate/issue"), &names);
}

fn people(twice: &mut Twice<'_>) {
    let (office, users) = (twice.office, twice.office.path("users"));
    let mut staged = json!({"login": "bob", "display_name": "Bob", "surname": "B"});
    staged["staged"] = json!(true);
    let bob = id_of(&twice.makes(&users, &staged));
    twice.does(&format!("{users}/{bob}/invitation"), &json!({}));
    let eve = office.user("eve", PASSWORD);
    let place = format!("{users}/{eve}");
    for (verb, body) in [
        ("suspend", Value::Null),
        ("activate", Value::Null),
        ("require-password-change", Value::Null),
        ("lock", json!({"seconds": 60})),
        ("unlock", Value::Null),
    ] {
        twice.does(&format!("{place}/{verb}"), &body);
    }
    let factor = format!("{place}/second-factor");
    twice.does(&format!("{factor}/invitation"), &json!({}));
    let begun = twice.does(&factor, &Value::Null);
    let code = totp::code(begun["otpauth_uri"].as_str().unwrap());
    twice.does(&format!("{factor}/confirm"), &json!({"code": code}));
    office.act("DELETE", &format!("users/{eve}"), None);
    twice.does(&office.path(&format!("deleted-users/{eve}/restore")), &json!({}));
}

fn admins(twice: &mut Twice<'_>) {
    let office = twice.office;
    // What lets other admins in is taken away by who has just signed in.
    let chief = office.chief();
    let another = json!({"another": true});
    for (collection, admin) in [
        ("/v1/admins".to_owned(), office.provider_admin("manager", &json!("all"))),
        (office.path("admins"), office.admin("manager")),
    ] {
        let fields = json!({"login": "ida", "display_name": "Ida", "role": "read_only"});
        let ida = id_of(&twice.makes(&collection, &fields));
        twice.does(&format!("{collection}/{ida}/invitation"), &json!({}));
        twice.does(&format!("{}/suspend", admin.place), &Value::Null);
        twice.does(&format!("{}/activate", admin.place), &Value::Null);
        let reset = format!("{}/reset-mfa", admin.place);
        twice.asks(&chief, &reset, (&Value::Null, &another));
    }
}

fn account(twice: &mut Twice<'_>) {
    let office = twice.office;
    let admin = office.provider_admin("manager", &json!("all"));
    let access = json!({"api_access": true});
    assert_eq!(office.top.send("PATCH", &admin.place, Some(&access)).status, 200);
    let wanted = |name: &str| json!({"name": name, "expires": in_days(90)});
    let (key, others) = (wanted("key"), wanted("another"));
    twice.asks(&admin.session, "/v1/me/api-keys", (&key, &others));
    let make = |path: &str, body: Option<&Value>| {
        let made = admin.session.send("POST", path, body);
        assert_eq!(made.status, 201, "{path}: {made:?}");
        made.json()
    };
    let codes = make("/v1/me/recovery-codes", None);
    let proof = json!({"recovery_code": codes["codes"][0]});
    let begun = make("/v1/me/authenticator", Some(&proof));
    let code = json!({"code": totp::code(begun["otpauth_uri"].as_str().unwrap())});
    let asked = (&code, &json!({"code": "another"}));
    twice.asks(&admin.session, "/v1/me/authenticator/confirm", asked);
}

fn organizations(twice: &mut Twice<'_>) {
    let fields = json!({"slug": "next", "name": "Next", "base": "dc=next,dc=example"});
    let made = twice.makes("/v1/organizations", &fields);
    let place = format!("/v1/organizations/{}", id_of(&made));
    twice.does(&format!("{place}/suspend"), &Value::Null);
    twice.does(&format!("{place}/activate"), &Value::Null);
    let deletion = format!("{place}?confirmation=Next");
    assert_eq!(twice.office.top.send("DELETE", &deletion, None).status, 204);
    twice.does(&format!("{place}/restore"), &Value::Null);
}

fn destinations(twice: &mut Twice<'_>) {
    let office = twice.office;
    let places = [office.path("event-destinations"), "/v1/event-destinations".to_owned()];
    for (place, dead) in places.into_iter().zip(dead_destinations(office)) {
        let made = id_of(&twice.makes(&place, &receiver::nobody("log")));
        let rotation = json!({"keep_previous_seconds": 3_600});
        twice.does(&format!("{place}/{made}/secret/rotate"), &rotation);
        let letters = format!("{place}/{dead}/dead-letters");
        twice.does(&format!("{letters}/redeliver"), &json!({}));
        twice.does(&format!("{letters}/discard"), &json!({}));
    }
}

fn secrets(twice: &mut Twice<'_>) {
    let office = twice.office;
    let rotation = json!({"keep_previous_seconds": 3_600});
    let client = office.client("switch", &json!({})).id;
    twice.does(&office.path(&format!("radius-clients/{client}/secret/rotate")), &rotation);
    let account = id_of(&office.make("service-accounts", &json!({"name": "mail"})));
    twice.does(&office.path(&format!("service-accounts/{account}/rotate")), &rotation);
    let policy = id_of(&office.make("security-policies", &json!({"name": "phones"})));
    let place = format!("security-policies/{policy}");
    let first = id_of(&office.read(&format!("{place}/versions"))["items"][0]);
    let settings = json!({"settings": {"screen_lock": {"delay": 60}}});
    office.act("PATCH", &place, Some(&settings));
    let restoration = office.path(&format!("{place}/versions/{first}/restore"));
    twice.does(&restoration, &json!({}));
}

fn imports(twice: &mut Twice<'_>) {
    let office = twice.office;
    let fields = json!({"name": "people.csv", "format": "csv", "dry_run": true});
    let collection = office.path("imports");
    let import = id_of(&twice.makes(&collection, &fields));
    let content = format!("{collection}/{import}/content");
    let file = "login,display_name,surname\nzoe,Zoe,Z\n";
    let sent = office.demo.api_as_top().upload(&content, "text/csv", file);
    assert_eq!(sent.status, 200, "{sent:?}");
    let state = || office.read(&format!("imports/{import}"))["state"].clone();
    assert!(comes(|| state() == "checked"), "{}", state());
    twice.does(&format!("{collection}/{import}/apply"), &json!({}));
    assert!(comes(|| state() == "done"), "{}", state());
    let others = json!({"name": "others.csv", "format": "csv"});
    let import = id_of(&office.make("imports", &others));
    twice.does(&format!("{collection}/{import}/cancel"), &Value::Null);
}
