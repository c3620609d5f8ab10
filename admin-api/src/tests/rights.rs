//! What is told of who may do what is what happens: for every operation, and each kind of caller.

use std::collections::{BTreeMap, BTreeSet};

use directory::access::Role;
use serde_json::{Value, json};

use super::world::{Answer, GIVEN, World};
use crate::openapi::Route;
use crate::{openapi_json, routes};

/// Operations that are left out, and why.
const SET_APART: [(&str, &str); 8] = [
    ("activate_own_passkey", "takes a passkey, of which nothing is known here"),
    ("begin_own_authenticator", "takes a code of the authenticator in use"),
    ("begin_passkey", "takes the name of a site, which nothing has here"),
    ("change_own_password", "takes a code of the authenticator in use"),
    ("delete_own_key", "narrowed keys may in part: outlook.rs looks at which"),
    ("delete_own_passkey", "takes a passkey, of which nothing is known here"),
    ("register_passkey", "takes the name of a site, which nothing has here"),
    ("sign_out", "ends whoever asks: outlook.rs looks at it by keys"),
];

/// Operations whose answer tells nothing of who asks with a session of the provider's, and why.
const UNSEEN: [(&str, &str); 6] = [
    ("confirm_own_authenticator", "no other authenticator was begun"),
    ("end_own_sessions", "it names a session that there is not, so that none ends"),
    ("explain_ldap_request", "there is no LDAP here"),
    ("rename_own_passkey", "there is no passkey"),
    ("show_own_passkey", "there is no passkey"),
    ("show_session", "no gear reported of a session"),
];

/// What is asked for so that it is done, where that is not all that can be asked for.
const ASKED: [(&str, &str); 4] = [
    // Nothing but the name would.
    ("delete_organization", "?confirmation=nothing"),
    ("end_own_sessions", "?session=01890000-0000-7000-8000-000000000000"),
    // Lines of JSON are whole for some alone, which is told of as of a part.
    ("export_events", "?format=csv"),
    ("find_users", "?text=ada"),
];

/// What paths name of which there is nothing.
const ABSENT: [&str; 2] = ["id", "session"];
const NEVER: &str = "01890000-0000-7000-8000-000000000000";

/// The organizations that somebody has.
#[derive(Clone, Copy, Debug)]
enum Reach {
    All,
    Ours,
    Other,
    Nothing,
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
enum Caller {
    /// An admin of the provider's.
    Staff(Role, Reach),
    /// An admin of the organization's own.
    Own(Role),
    /// A key of the highest admin's, narrowed.
    Key(Option<Role>, Reach),
}

impl Caller {
    async fn token(self, site: &Site) -> String {
        let (world, root) = (&site.world, site.root.as_str());
        match self {
            Self::Staff(role, reach) => {
                let scope = match reach {
                    Reach::All => json!("all"),
                    Reach::Ours => json!({"organizations": [site.id]}),
                    Reach::Other => json!({"organizations": [site.other]}),
                    Reach::Nothing => json!("none"),
                };
                world.admin(root, role.name(), scope).await
            }
            Self::Own(role) => {
                let body = json!({
                    "login": "own", "display_name": "Own", "role": role.name(), "password": GIVEN
                });
                world.must(root, "POST", &site.ours("admins"), body).await;
                world.enrol(Some("orbit"), "own").await
            }
            Self::Key(role, reach) => {
                let organizations = match reach {
                    Reach::All => Value::Null,
                    Reach::Ours => json!([site.id]),
                    Reach::Other => json!([site.other]),
                    Reach::Nothing => unreachable!("there is no such key"),
                };
                let body = json!({
                    "name": "narrowed", "expires": "2027-06-30T00:00:00Z",
                    "role": role.map(Role::name), "organizations": organizations
                });
                let made = world.must(root, "POST", "/v1/me/api-keys", body).await;
                made["token"].as_str().unwrap().to_owned()
            }
        }
    }
}

/// An organization in which there is whatever is asked about.
struct Site {
    world: World,
    /// Who may do everything.
    root: String,
    id: String,
    /// Another organization.
    other: String,
    /// What was made, by the list that has it.
    things: BTreeMap<String, String>,
    serial: u32,
}

impl Site {
    async fn new() -> Self {
        let world = World::new();
        let root = world.root().await;
        let (id, other) =
            (world.organization(&root, "orbit").await, world.organization(&root, "other").await);
        let [id, other] = [id, other].map(|path| path.rsplit('/').next().unwrap().to_owned());
        let site = Self { world, root, id, other, things: BTreeMap::new(), serial: 0 };
        let own = json!({"name": "first"});
        site.make_at(&site.ours("certificate-authorities/built-in"), own).await;
        let names = json!({"dns_names": ["radius.orbit.example"]});
        let issue = site.ours("server-certificate/issue");
        site.world.must(&site.root, "POST", &issue, names).await;
        site
    }

    fn ours(&self, rest: &str) -> String {
        format!("/v1/organizations/{}/{rest}", self.id)
    }

    /// Makes something in a list; tells what was made.
    async fn make_at(&self, list: &str, body: Value) -> Value {
        self.world.must(&self.root, "POST", list, body).await
    }

    /// The path of an operation, about what is there.
    async fn filled(&mut self, route: &Route) -> String {
        let mut path = route.path.replace("{organization}", &self.id);
        while let Some((list, rest)) = path.split_once("/{") {
            let (kind, rest) = rest.split_once('}').unwrap();
            let (list, kind, rest) = (list.to_owned(), kind.to_owned(), rest.to_owned());
            let id = self.thing(&list, &kind).await;
            path = format!("{list}/{id}{rest}");
        }
        let asked = ASKED.iter().find(|(operation, _)| *operation == route.operation);
        format!("{path}{}", asked.map_or("", |(_, query)| query))
    }

    /// The id of something in a list, which is made unless it is there still.
    async fn thing(&mut self, list: &str, kind: &str) -> String {
        if ABSENT.contains(&kind) {
            return NEVER.to_owned();
        }
        if let Some(known) = self.things.get(list) {
            let shown = self.world.get(&self.root, &format!("{list}/{known}")).await;
            if shown.status.is_success() {
                return known.clone();
            }
        }
        self.serial += 1;
        let made = self.made(list, kind).await;
        self.things.insert(list.to_owned(), made.clone());
        made
    }

    async fn made(&self, list: &str, kind: &str) -> String {
        let name = format!("thing{}", self.serial);
        let person = json!({"login": name, "display_name": name, "surname": name});
        let body = match kind {
            "user" => person,
            "admin" => json!({"login": name, "display_name": name, "role": "help_desk"}),
            "radius_client" => {
                json!({"name": name, "sources": [format!("198.51.100.{}/32", self.serial % 250)]})
            }
            "custom_attribute" => json!({"name": name, "syntax": "text"}),
            "import" => json!({"name": name, "format": "csv"}),
            "plan" => json!({"name": name, "currency": "EUR"}),
            "event_destination" => json!({
                "name": name, "kind": "webhook", "webhook": {"url": "https://siem.example/events"}
            }),
            "version" => {
                let versions = self.world.must(&self.root, "GET", list, Value::Null).await;
                return id_of(&versions["items"][0]);
            }
            "certificate_authority" => {
                let built_in = format!("{list}/built-in");
                return id_of(&self.make_at(&built_in, json!({"name": name})).await);
            }
            "deleted_user" => {
                let users = self.ours("users");
                let id = id_of(&self.make_at(&users, person).await);
                let user = format!("{users}/{id}");
                self.world.must(&self.root, "DELETE", &user, Value::Null).await;
                return id;
            }
            "issued_certificate" => return self.issued(list, &name, person).await,
            _ => json!({"name": name}),
        };
        id_of(&self.make_at(list, body).await)
    }

    /// Issues a certificate to whom a list of these is about, or else to a user who is made.
    async fn issued(&self, list: &str, name: &str, person: Value) -> String {
        let authorities = self.ours("certificate-authorities/built-in");
        self.make_at(&authorities, json!({"name": name})).await;
        let list = if list == self.ours("issued-certificates") {
            let user = id_of(&self.make_at(&self.ours("users"), person).await);
            self.ours(&format!("users/{user}/issued-certificates"))
        } else {
            list.to_owned()
        };
        id_of(&self.make_at(&list, json!({})).await["certificate"])
    }

    /// What an operation is sent: such a thing as the document shows, unless that is done in part by
    /// some.
    fn body(&mut self, document: &Value, route: &Route) -> Value {
        self.serial += 1;
        let login = format!("sent{}", self.serial);
        match route.operation.as_str() {
            "create_admin" | "create_organization_admin" => {
                json!({"login": login, "display_name": "Grace", "role": "help_desk"})
            }
            "update_admin" | "update_organization_admin" => json!({"display_name": login}),
            "agree_on_plan" => json!({"organization": self.id, "plan": null, "since": "2027-01"}),
            _ => {
                let operation = &document["paths"][&route.path][route.method.to_lowercase()];
                let content = &operation["requestBody"]["content"]["application/json"];
                let named = content["schema"]["$ref"].as_str().unwrap_or_default();
                let named = named.rsplit('/').next().unwrap();
                let shown = &document["components"]["schemas"][named]["example"];
                if content["example"].is_null() { shown } else { &content["example"] }.clone()
            }
        }
    }

    /// Whether somebody is told that an operation may be done.
    async fn told(&self, token: &str, route: &Route) -> bool {
        let place = match route.in_organization() {
            true => format!("&organization={}", self.id),
            false => String::new(),
        };
        let question = format!("/v1/me/can-i?operation={}{place}", route.operation);
        let answer = self.world.get(token, &question).await;
        // Nothing is told of an organization that is out of sight.
        if answer.status == 404 {
            return false;
        }
        assert_eq!(answer.status, 200, "{question}: {}", answer.text);
        answer.json["answers"][0]["allowed"] == true
    }
}

fn id_of(shown: &Value) -> String {
    shown["id"].as_str().unwrap_or_else(|| panic!("no id in {shown}")).to_owned()
}

/// What tells one failure from another.
fn failure(answer: &Answer) -> (u16, &Value, &Value) {
    (answer.status.as_u16(), &answer.json["type"], &answer.json["detail"])
}

/// Asks and does every operation as somebody; tells of which of them nothing could be seen.
///
/// What fails otherwise than of who may do everything, asked right after, is refused for who asks; what
/// fails in the same way may be let through or not.
async fn compared(caller: Caller) -> BTreeSet<String> {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    let mut site = Site::new().await;
    let token = caller.token(&site).await;
    let (mut unseen, mut differing) = (BTreeSet::new(), Vec::new());
    let is_left_out = |route: &Route| {
        route.public || SET_APART.iter().any(|(operation, _)| *operation == route.operation)
    };
    for route in routes().into_iter().filter(|route| !is_left_out(route)) {
        let told = site.told(&token, &route).await;
        let (path, body) = (site.filled(&route).await, site.body(&document, &route));
        let done = site.world.call(&token, route.method, &path, body.clone()).await;
        let said = format!("{caller:?} {}: {} {}", route.operation, done.status, done.text);
        assert!(!matches!(done.status.as_u16(), 405 | 429 | 500), "{said}");
        let allowed = if done.status.is_success() {
            Some(true)
        } else if done.status == 403 {
            Some(false)
        } else {
            let control = site.world.call(&site.root, route.method, &path, body).await;
            (failure(&control) != failure(&done)).then_some(false)
        };
        match allowed {
            None => {
                unseen.insert(route.operation);
            }
            Some(allowed) if allowed == told => {}
            Some(_) => differing.push(format!("told {told}: {said}")),
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    unseen
}

#[tokio::test]
async fn admins_of_the_provider_are_told_of_every_operation_what_happens() {
    let mut callers: Vec<_> = Role::ALL
        .map(|role| [Reach::All, Reach::Ours].map(|reach| Caller::Staff(role, reach)))
        .concat();
    let top = Role::AdministratorWithBilling;
    callers.extend([Reach::Other, Reach::Nothing].map(|reach| Caller::Staff(top, reach)));
    let mut unseen: BTreeSet<String> = routes().into_iter().map(|it| it.operation).collect();
    for caller in callers {
        let of_caller = compared(caller).await;
        unseen.retain(|operation| of_caller.contains(operation));
    }
    assert_eq!(unseen, UNSEEN.map(|(operation, _)| operation.to_owned()).into());
}

#[tokio::test]
async fn an_organizations_own_admins_are_told_of_every_operation_what_happens() {
    for role in Role::ALL {
        compared(Caller::Own(role)).await;
    }
}

#[tokio::test]
async fn api_keys_are_told_of_every_operation_what_happens() {
    for role in Role::ALL {
        compared(Caller::Key(Some(role), Reach::All)).await;
    }
    for (role, reach) in [
        (None, Reach::All),
        (None, Reach::Ours),
        (None, Reach::Other),
        (Some(Role::HelpDesk), Reach::Ours),
    ] {
        compared(Caller::Key(role, reach)).await;
    }
}

#[test]
fn what_is_left_out_is_there() {
    let known: BTreeSet<String> = routes().into_iter().map(|route| route.operation).collect();
    let named = SET_APART.iter().chain(&UNSEEN).chain(&ASKED);
    for (operation, _) in named {
        assert!(known.contains(*operation), "{operation}");
    }
}
