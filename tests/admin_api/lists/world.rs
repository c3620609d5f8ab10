//! An organization in which every list has something to show, and the lists of the document.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use serde_json::{Value, json};

use crate::harness::admin::{Admin, PASSWORD};
use crate::harness::authority::Authority;
use crate::harness::calendar::in_days;
use crate::harness::curl::Response;
use crate::harness::office::{Office, id_of};
use crate::harness::receiver::{self, Receiver, comes};
use crate::harness::totp;

/// What things are called; they are made in another order than that of their names.
const NAMES: [&str; 3] = ["cedar", "alder", "birch"];
/// Those who were deleted.
const GONE: [&str; 3] = ["pine", "maple", "oak"];
/// A file with a row for each of three.
const FILE: &str = "login,display_name,surname\nrowan,Rowan,R\nhazel,Hazel,H\nlarch,Larch,L\n";

/// What stands in a path for one thing, and the thing.
type Things = Vec<(&'static str, String)>;

/// An organization with several of everything, and another one with nothing.
pub(super) struct World {
    pub(super) office: Office,
    pub(super) other: Office,
    /// Somebody of the provider's, who has keys and sessions.
    pub(super) staff: Admin,
    own: Things,
    provider: Things,
}

/// A list that the document has.
pub(super) struct List {
    /// The path as the document has it.
    pub(super) template: String,
    parameters: Vec<String>,
    answers: Vec<String>,
}

impl List {
    /// Whether it takes this parameter.
    pub(super) fn takes(&self, parameter: &str) -> bool {
        self.parameters.iter().any(|name| name == parameter)
    }

    /// Whether the document tells of this answer.
    pub(super) fn tells_of(&self, status: u16) -> bool {
        self.answers.contains(&status.to_string())
    }

    /// The member by which one item is told from all others.
    pub(super) fn key(&self) -> &'static str {
        match self.template.rsplit('/').next() {
            Some("events" | "all-events") => "sequence",
            Some("rows") => "line",
            Some("agreements") => "since",
            _ => "id",
        }
    }

    /// Whether it is of events, of which more may come at any time.
    pub(super) fn is_of_events(&self) -> bool {
        self.key() == "sequence"
    }
}

impl World {
    /// The world that tests share, which change nothing in it; none where the tests are pointed at a
    /// daemon that is not theirs.
    pub(super) fn shared() -> Option<Arc<Self>> {
        static SHARED: Mutex<Weak<World>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(world) = shared.upgrade() {
            return Some(world);
        }
        let world = Arc::new(Self::new()?);
        *shared = Arc::downgrade(&world);
        Some(world)
    }

    fn new() -> Option<Self> {
        let office = Office::alone()?;
        let other = Office::on(Arc::clone(&office.demo));
        // First of all: of what happens later nothing is sent.
        let [dead, dead_at_provider] = dead_destinations(&office);
        let users = NAMES.map(|name| user(&office, name));
        let [device, policy] = certified(&office, &users[0]);
        fill(&office);
        let inner = office.group("thicket", &[], &[]);
        let group = office.group("grove", &users.each_ref().map(String::as_str), &[&inner]);
        office.group("copse", &[&users[0]], &[]);
        agree(&office);
        let own_admin = busy(&office, office.admin("manager"));
        let role = "administrator_with_billing";
        let staff = busy(&office, office.provider_admin(role, &json!("all")));
        let own = vec![
            ("{admin}", last(&own_admin.place)),
            ("{device}", device),
            ("{event_destination}", dead),
            ("{group}", group),
            ("{import}", import(&office)),
            ("{security_policy}", policy),
            ("{user}", users[0].clone()),
        ];
        let provider =
            vec![("{admin}", last(&staff.place)), ("{event_destination}", dead_at_provider)];
        Some(Self { office, other, staff, own, provider })
    }

    /// The lists of the document.
    pub(super) fn lists(&self) -> Vec<List> {
        const ASKED: [&str; 4] = ["filter", "sort", "fields", "cursor"];
        let document = self.office.demo.https(None).get("/v1/openapi.json").json();
        let mut lists = Vec::new();
        for (template, item) in document["paths"].as_object().unwrap() {
            let operation = &item["get"];
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let named = parameters.map(|it| it["name"].as_str().unwrap().to_owned());
            let parameters: Vec<String> = named.collect();
            if parameters.iter().any(|name| ASKED.contains(&name.as_str())) {
                let answers = operation["responses"].as_object().unwrap().keys();
                let answers = answers.cloned().collect();
                lists.push(List { template: template.clone(), parameters, answers });
            }
        }
        assert!(lists.len() >= 40, "only {} lists", lists.len());
        lists
    }

    /// Asks a list something; as many items at once as there may be unless it is said.
    pub(super) fn ask(&self, list: &List, query: &str) -> Response {
        let is_own = list.template.starts_with("/v1/me/");
        let who = if is_own { &self.staff.session } else { &self.office.top };
        who.get(&self.place(list, query))
    }

    /// The page that a list answers with.
    pub(super) fn page(&self, list: &List, query: &str) -> Value {
        let answer = self.ask(list, query);
        assert_eq!(answer.status, 200, "{}?{query}: {answer:?}", list.template);
        answer.json()
    }

    /// What a list answers with.
    pub(super) fn items(&self, list: &List, query: &str) -> Vec<Value> {
        self.page(list, query)["items"].as_array().unwrap().clone()
    }

    /// Where a list is asked something.
    pub(super) fn place(&self, list: &List, query: &str) -> String {
        let is_within = list.template.contains("{organization}");
        let things = if is_within { &self.own } else { &self.provider };
        let path = list.template.replace("{organization}", &self.office.id);
        let path = things.iter().fold(path, |path, (name, id)| path.replace(name, id));
        assert!(!path.contains('{'), "what is asked for in {path}?");
        let is_told = |parameter: &str| query.contains(&format!("{parameter}="));
        // Who is looked for has to be said.
        let is_search = list.template == "/v1/all-users" && !is_told("text");
        let is_whole = list.takes("limit") && !is_told("limit");
        let parts = [(is_search, "text=tree"), (is_whole, "limit=200"), (!query.is_empty(), query)];
        let parts: Vec<&str> = parts.iter().filter(|(is, _)| *is).map(|(_, part)| *part).collect();
        if parts.is_empty() { path } else { format!("{path}?{}", parts.join("&")) }
    }
}

/// A text as it stands in a query.
pub(super) fn escaped(text: &str) -> String {
    text.bytes().map(|octet| format!("%{octet:02x}")).collect()
}

fn last(place: &str) -> String {
    place.rsplit('/').next().unwrap().to_owned()
}

/// Makes something at a path.
fn make(office: &Office, path: &str, fields: &Value) -> Value {
    let made = office.top.send("POST", path, Some(fields));
    assert_eq!(made.status, 201, "{path} {made:?}");
    made.json()
}

fn user(office: &Office, login: &str) -> String {
    let fields = json!({"login": login, "display_name": format!("Tree {login}"), "surname": login});
    id_of(&office.make("users", &fields))
}

/// Destinations with dead letters, of the organization and of the provider; tells their ids.
pub(in crate::admin_api) fn dead_destinations(office: &Office) -> [String; 2] {
    let receiver = Receiver::start();
    receiver.does("302");
    let own = office.path("event-destinations");
    let happens = || drop(office.make("groups", &json!({"name": "glade"})));
    let own = dead(office, &own, &receiver, &happens);
    let plan = json!({"name": "glade", "currency": "EUR"});
    let happens = || drop(make(office, "/v1/billing/plans", &plan));
    [own, dead(office, "/v1/event-destinations", &receiver, &happens)]
}

/// Makes a destination that takes nothing, and pauses it once it has two dead letters.
fn dead(office: &Office, place: &str, receiver: &Receiver, happens: &dyn Fn()) -> String {
    let mut fields = receiver.destination("dead");
    fields["begins_with"] = json!("oldest");
    let id = id_of(&make(office, place, &fields));
    let destination = format!("{place}/{id}");
    let letters = || office.top.get(&format!("{destination}/dead-letters")).json();
    let has = |number: usize| {
        let are_there = || letters()["items"].as_array().unwrap().len() >= number;
        assert!(comes(are_there), "not {number} dead letters: {}", letters());
    };
    has(1);
    happens();
    has(2);
    let paused = office.top.send("PATCH", &destination, Some(&json!({"paused": true})));
    assert_eq!(paused.status, 200, "{paused:?}");
    id
}

/// Hands certificates out to a user and a device, and makes a policy of several versions; tells the ids
/// of the device and the policy.
fn certified(office: &Office, user: &str) -> [String; 2] {
    office.built_in("cedar");
    let device = id_of(&office.make("devices", &json!({"name": "willow"})));
    for owner in [format!("users/{user}"), format!("devices/{device}")] {
        for days in [10, 20] {
            office.hand_out(&owner, &json!({"days": days}));
        }
    }
    let policy = id_of(&office.make("security-policies", &json!({"name": "willow"})));
    for delay in [60, 120] {
        let settings = json!({"settings": {"screen_lock": {"delay": delay}}});
        office.act("PATCH", &format!("security-policies/{policy}"), Some(&settings));
    }
    [device, policy]
}

/// Makes three of everything that has a name.
fn fill(office: &Office) {
    for name in NAMES {
        for (collection, mut fields) in [
            ("custom-attributes", json!({"syntax": "text"})),
            ("devices", json!({})),
            ("event-destinations", receiver::nobody(name)),
            ("groups", json!({})),
            ("imports", json!({"format": "csv"})),
            ("password-policies", json!({})),
            ("reply-profiles", json!({})),
            ("security-policies", json!({})),
            ("service-accounts", json!({})),
        ] {
            fields["name"] = json!(name);
            office.make(collection, &fields);
        }
        let client = office.client(name, &json!({}));
        let begun = format!("Acct-Status-Type=Start,Acct-Session-Id={name},User-Name={name}");
        assert!(office.report(&client, &begun).is("Accounting-Response"));
        office.add_admin(&office.path("admins"), &json!({"role": "read_only"}));
        make(office, "/v1/billing/plans", &json!({"name": name, "currency": "EUR"}));
        make(office, "/v1/event-destinations", &receiver::nobody(name));
    }
    for name in ["alder", "birch"] {
        let certificate = Authority::new(name).pem();
        let fields = json!({"name": name, "certificate": certificate, "holder": "user_by_mail"});
        office.make("certificate-authorities", &fields);
    }
    for login in GONE {
        let id = user(office, login);
        office.act("DELETE", &format!("users/{id}"), None);
    }
}

/// Agrees on a plan twice.
fn agree(office: &Office) {
    let plan = make(office, "/v1/billing/plans", &json!({"name": "elder", "currency": "EUR"}));
    let month = office.read("billing/usage")["month"].clone();
    for since in [month, json!("2999-12")] {
        let agreement = json!({"organization": office.id, "plan": plan["id"], "since": since});
        let agreed = office.top.send("POST", "/v1/billing/agreements", Some(&agreement));
        assert_eq!(agreed.status, 200, "{agreed:?}");
    }
}

/// Has an admin make keys and sign in once more.
fn busy(office: &Office, admin: Admin) -> Admin {
    let access = json!({"api_access": true});
    let changed = office.demo.chief().send("PATCH", &admin.place, Some(&access));
    assert_eq!(changed.status, 200, "{changed:?}");
    for name in NAMES {
        let fields = json!({"name": name, "expires": in_days(90)});
        let made = admin.session.send("POST", "/v1/me/api-keys", Some(&fields));
        assert_eq!(made.status, 201, "{made:?}");
    }
    let code = totp::code_beside(&admin.otpauth_uri, 1);
    let mut credentials = json!({"login": admin.login, "password": PASSWORD, "code": code});
    if admin.place.starts_with("/v1/organizations/") {
        credentials["organization"] = json!(office.slug);
    }
    let again = office.demo.https(None).send("POST", "/v1/sign-in", Some(&credentials));
    assert_eq!(again.status, 200, "{again:?}");
    admin
}

/// Has a file's rows checked, and does nothing of them; tells the import's id.
fn import(office: &Office) -> String {
    let fields = json!({"name": "people.csv", "format": "csv", "dry_run": true});
    let id = id_of(&office.make("imports", &fields));
    let content = office.path(&format!("imports/{id}/content"));
    let sent = office.demo.api_as_top().upload(&content, "text/csv", FILE);
    assert_eq!(sent.status, 200, "{sent:?}");
    let state = || office.read(&format!("imports/{id}"))["state"].clone();
    assert!(comes(|| state() == "checked"), "{}", state());
    id
}
