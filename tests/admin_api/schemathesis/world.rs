//! What is there to be asked about: organizations with one of each thing.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::needs::{self, Need};
use crate::harness::authority::{Authority, Holder};
use crate::harness::https::Https;
use crate::harness::office::Office;
use crate::refusals::{Route, Site};

/// Organizations of a demonstration of their own.
pub(super) struct World {
    /// What is asked about, and stays.
    pub(super) kept: Site,
    /// Things of which a part is taken away.
    parts: Site,
    /// Things that are deleted.
    doomed: Site,
    /// An organization that is deleted.
    last: Office,
    /// One that was deleted before, and is restored.
    gone: Office,
    /// What operations need that are done once, in one state or in a session alone, by their names.
    needs: BTreeMap<String, Need>,
    /// Whether things are made up about it. Then operations do without what they need.
    pub(super) makes_up: bool,
}

/// What an operation is asked about: the names and values of its parameters.
type About = Vec<(String, String)>;

impl World {
    pub(super) fn new(makes_up: bool) -> Option<Self> {
        let kept = Site::of(Office::alone()?);
        let another = || Office::on(Arc::clone(&kept.office.demo));
        let (parts, doomed) = (Site::of(another()), Site::of(another()));
        let (last, gone) = (another(), another());
        let deletion = format!("{}?confirmation={}", place(&gone), name(&gone).replace(' ', "%20"));
        assert_eq!(gone.top.send("DELETE", &deletion, None).status, 204);
        let needs = BTreeMap::new();
        let mut world = Self { kept, parts, doomed, last, gone, needs, makes_up };
        world.settle();
        if !makes_up {
            world.needs = needs::of(Office::on(Arc::clone(&world.kept.office.demo)));
        }
        Some(world)
    }

    /// Agrees on a plan, so that there is an invoice, and has the gear's sources be elsewhere, so that
    /// nobody waits for what it answers to orders.
    fn settle(&self) {
        let (office, top) = (&self.kept.office, &self.kept.office.top);
        let month = office.read("billing/usage")["month"].clone();
        let plan = self.id("/v1/billing/plans/{plan}");
        let agreement = json!({"organization": office.id, "plan": plan, "since": month});
        let agreed = top.send("POST", "/v1/billing/agreements", Some(&agreement));
        assert_eq!(agreed.status, 200, "{agreed:?}");
        let client = self.id("/v1/organizations/{organization}/radius-clients/{radius_client}");
        let elsewhere = json!({"sources": ["192.0.2.0/24"]});
        office.act("PATCH", &format!("radius-clients/{client}"), Some(&elsewhere));
    }

    /// The id of the thing of ours that a path ends with.
    fn id(&self, path: &str) -> String {
        self.kept.ours(&route("GET", path)).rsplit('/').next().unwrap().to_owned()
    }

    /// What is taken as it stands, by the operation: examples of the document name what is there
    /// already, or what is nowhere.
    fn bodies(&self) -> BTreeMap<String, Value> {
        let admin = json!({"login": "newcomer", "display_name": "New", "role": "read_only",
            "password": "correct horse battery"});
        let user = self.id("/v1/organizations/{organization}/users/{user}");
        let alias = json!({"base": "o=newcomers,dc=old,dc=example", "layout": "jumpcloud"});
        let policy = json!({"name": "newcomers", "precedence": 77});
        let agreement = json!({
            "organization": self.kept.office.id,
            "plan": self.id("/v1/billing/plans/{plan}"),
            "since": self.kept.office.read("billing/usage")["month"],
        });
        let profile = self.id("/v1/organizations/{organization}/reply-profiles/{reply_profile}");
        let (authority, server, client) = certificates();
        let organization =
            json!({"slug": "newcomers", "name": "New", "domain": "newcomers.example"});
        let at_provider = [
            ("PATCH /v1/billing/plans/{plan}", json!({"user": 351})),
            ("POST /v1/admins", admin.clone()),
            ("POST /v1/billing/agreements", agreement),
            ("POST /v1/organizations", organization),
            ("PUT /v1/event-destinations/{event_destination}/client-certificate", client.clone()),
        ];
        let within = [
            ("PATCH", "admins/{admin}", json!({"display_name": "Another"})),
            ("PATCH", "groups/{group}/members", json!({"add": {"users": [user]}})),
            ("POST", "admins", admin),
            ("POST", "certificate-authorities", authority),
            ("POST", "groups", json!({"name": "newcomers"})),
            ("POST", "ldap/explain", json!({"user": "ada"})),
            ("POST", "password-policies", policy.clone()),
            ("POST", "security-policies", policy),
            ("POST", "sessions/{session}/change", json!({"reply_profile": profile})),
            (
                "POST",
                "users",
                json!({"login": "newcomer", "display_name": "New", "surname": "Comer"}),
            ),
            ("PUT", "aliases", json!({"aliases": [alias]})),
            ("PUT", "event-destinations/{event_destination}/client-certificate", client),
            ("PUT", "server-certificate", server),
            (
                "PUT",
                "service-accounts/{service_account}/certificates",
                json!({"fingerprints": ["11".repeat(32)]}),
            ),
            ("PUT", "users/{user}/certificates", json!({"fingerprints": ["22".repeat(32)]})),
        ];
        let within = within.into_iter().map(|(method, rest, body)| {
            (format!("{method} /v1/organizations/{{organization}}/{rest}"), body)
        });
        at_provider.into_iter().map(|(name, body)| (name.to_owned(), body)).chain(within).collect()
    }

    /// The path of what an operation is asked about unless it needs a thing of its own, and more.
    fn usual(&self, route: &Route) -> (String, About) {
        match (&*route.method, &*route.path) {
            ("DELETE", "/v1/organizations/{organization}") => {
                let confirmation = ("query.confirmation".to_owned(), name(&self.last));
                (place(&self.last), vec![confirmation])
            }
            ("POST", "/v1/organizations/{organization}/restore") => {
                (format!("{}/restore", place(&self.gone)), Vec::new())
            }
            // Who was deleted in what stays is shown.
            ("POST", template) if template.ends_with("/{deleted_user}/restore") => {
                (self.parts.ours(route), Vec::new())
            }
            ("DELETE", template) if template.ends_with('}') => {
                (self.doomed.ours(route), Vec::new())
            }
            ("DELETE", _) => (self.parts.ours(route), Vec::new()),
            _ => (self.kept.ours(route), Vec::new()),
        }
    }

    /// What an operation is asked about, so that there is such a thing when it is asked.
    fn about(&self, route: &Route) -> About {
        let own = self.needs.get(&route.name()).and_then(|need| need.path.clone());
        let (path, more) = own.map_or_else(|| self.usual(route), |path| (path, Vec::new()));
        let pairs = route.path.split('/').zip(path.split('/'));
        let ids = pairs.filter_map(|(part, id)| {
            let part = part.strip_prefix('{')?.strip_suffix('}')?;
            Some((format!("path.{part}"), id.to_owned()))
        });
        let about: About = ids.chain(more).collect();
        let is_known = |(_, value): &(String, String)| !value.contains('{');
        assert!(about.iter().all(is_known), "{}: {about:?}", route.name());
        about
    }

    /// The document with those things as examples, and settings that name them where ids are made up
    /// otherwise, and who asks. What deletes is about nothing else in any case.
    pub(super) fn told(&self) -> (Value, String) {
        let mut document = self.nobody().get("/v1/openapi.json").json();
        let mut settings = format!("hooks = {:?}\n{}", super::HOOKS_FILE, super::no_answers());
        let (bodies, nothing) = (self.bodies(), Need::default());
        for (path, item) in document["paths"].as_object_mut().unwrap() {
            for (method, operation) in item.as_object_mut().unwrap() {
                let route = route(&method.to_uppercase(), path);
                let about = self.about(&route);
                let need = self.needs.get(&route.name()).unwrap_or(&nothing);
                give_examples(operation, &about);
                if let Some(body) = need.body.as_ref().or_else(|| bodies.get(&route.name())) {
                    operation["requestBody"]["content"]["application/json"]["example"] =
                        body.clone();
                }
                if let Some(uri) = &need.otpauth_uri {
                    operation["x-otpauth-uri"] = json!(uri);
                }
                leave_nothing_open(operation);
                let is_forced =
                    self.makes_up || route.method == "DELETE" || path.ends_with("/restore");
                let forced = if is_forced { about } else { About::new() };
                settings += &setting(&route, &forced, need.token.as_deref());
            }
        }
        (document, settings)
    }

    /// The names of all operations.
    pub(super) fn operations(&self) -> Vec<String> {
        let document = self.nobody().get("/v1/openapi.json").json();
        let mut names = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            let methods = item.as_object().unwrap().keys();
            names.extend(methods.map(|method| route(&method.to_uppercase(), path).name()));
        }
        names
    }

    fn nobody(&self) -> Https {
        self.kept.office.demo.https(None)
    }
}

/// An authority as it is made, a pair for a server, and one for a client.
fn certificates() -> (Value, Value, Value) {
    let issuer = Authority::new("newcomers.example");
    let authority =
        json!({"name": "newcomers", "certificate": issuer.pem(), "holder": "user_by_mail"});
    let dns = Some("radius.acme.example");
    let radius = Holder { common_name: "radius", dns, server: true, ..Holder::default() };
    let issued = issuer.issue(&radius);
    let text = |file| std::fs::read_to_string(file).unwrap();
    let server =
        json!({"certificate": text(&issued.certificate), "private_key": text(&issued.key)});
    (authority, server, issuer.client())
}

fn route(method: &str, path: &str) -> Route {
    let (method, path) = (method.to_owned(), path.to_owned());
    Route { method, path, permission: None, public: false }
}

fn place(office: &Office) -> String {
    format!("/v1/organizations/{}", office.id)
}

fn name(office: &Office) -> String {
    office.top.get(&place(office)).json()["name"].as_str().unwrap().to_owned()
}

/// Gives the parameters of an operation values as their examples.
fn give_examples(operation: &mut Value, about: &About) {
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        let place = |of: &str| parameter[of].as_str().unwrap_or_default().to_owned();
        let named = format!("{}.{}", place("in"), place("name"));
        if let Some((_, value)) = about.iter().find(|(name, _)| *name == named) {
            parameter["example"] = json!(value);
        }
    }
}

/// Takes away the answer that stands for all that are not named, so that each has to be; strangers are
/// told in many ways that they do not get in.
fn leave_nothing_open(operation: &mut Value) {
    if operation["security"] != json!([{}]) {
        operation["responses"].as_object_mut().unwrap().remove("default").unwrap();
    }
}

/// Settings by which an operation is asked about nothing else, and by somebody with a token.
fn setting(route: &Route, forced: &About, token: Option<&str>) -> String {
    let head = format!("[[operations]]\ninclude-name = \"{}\"\n", route.name());
    let mut settings = String::new();
    if let Some(token) = token {
        settings += &format!("headers = {{ Authorization = \"Bearer {token}\" }}\n");
    }
    if !forced.is_empty() {
        let values = forced.iter().map(|(name, value)| format!("\"{name}\" = \"{value}\""));
        let values = values.collect::<Vec<_>>().join(", ");
        settings += &format!("parameters = {{ {values} }}\n");
    }
    if settings.is_empty() { settings } else { head + &settings }
}
