//! Every route of the admin API, tried by everybody: nobody, strangers, and each role.
//!
//! The routes and the permissions they need come from the OpenAPI document, the roles that hold
//! them from the policy; so a route that is added is tried without a line being added here.

mod roles;
mod scope;
mod strangers;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::authority::{Authority, Holder};
use crate::harness::curl::Response;
use crate::harness::https::Https;
use crate::harness::office::{Office, id_of};
use crate::harness::receiver;

/// Routes that are not tried. The list is empty, and may never have more lines than now.
const UNCOVERED: [&str; 0] = [];

/// Routes that need a token and no permission.
const OWN: [&str; 23] = [
    "DELETE /v1/me/api-keys/{id}",
    "DELETE /v1/me/passkeys/{id}",
    "DELETE /v1/me/sessions",
    "GET /v1/me",
    "GET /v1/me/api-keys",
    "GET /v1/me/can-i",
    "GET /v1/me/passkeys",
    "GET /v1/me/passkeys/{id}",
    "GET /v1/me/sessions",
    "GET /v1/policy",
    "GET /v1/profiles",
    "GET /v1/reply-attributes",
    "GET /v1/reply-presets",
    "PATCH /v1/me/passkeys/{id}",
    "POST /v1/me/api-keys",
    "POST /v1/me/authenticator",
    "POST /v1/me/authenticator/confirm",
    "POST /v1/me/passkeys",
    "POST /v1/me/passkeys/begin",
    "POST /v1/me/passkeys/{id}/activate",
    "POST /v1/me/recovery-codes",
    "POST /v1/sign-out",
    "PUT /v1/me/password",
];

/// Routes that answer without a token.
const PUBLIC: [&str; 11] = [
    "GET /v1/docs",
    "GET /v1/health",
    "GET /v1/invitations",
    "GET /v1/openapi.json",
    "GET /v1/revocation-lists/{revocation_list}",
    "POST /v1/invitations",
    "POST /v1/invitations/second-factor",
    "POST /v1/sign-in",
    "POST /v1/sign-in/enrolment",
    "POST /v1/sign-in/passkey",
    "POST /v1/sign-in/passkey/begin",
];

/// Routes that show everybody what is in their scope, and hide the rest.
const BY_SCOPE: [&str; 5] = [
    "GET /v1/all-events",
    "GET /v1/all-events/counts",
    "GET /v1/all-events/export",
    "GET /v1/all-users",
    "GET /v1/organizations",
];

/// An organization that never was.
const NEVER: &str = "01890000-0000-7000-8000-000000000000";

pub(crate) struct Route {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) permission: Option<String>,
    pub(crate) public: bool,
}

impl Route {
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub(crate) fn in_organization(&self) -> bool {
        self.path.contains("{organization}")
    }

    fn as_someone(&self, who: &Https, path: &str) -> Response {
        // A revision that nothing has and a body that nothing takes: whoever is let through
        // changes nothing.
        let body = json!({"nonsense": true});
        who.send_with(&self.method, path, &["If-Match: \"0\""], Some(&body))
    }
}

/// An organization with one of everything.
pub(crate) struct Site {
    pub(crate) office: Office,
    user: String,
    group: String,
    service_account: String,
    radius_client: String,
    reply_profile: String,
    device: String,
    security_policy: String,
    password_policy: String,
    version: String,
    custom_attribute: String,
    certificate_authority: String,
    issued_certificate: String,
    revocation_list: String,
    session: String,
    import: String,
    plan: String,
    deleted_user: String,
    event_destination: String,
    provider_destination: String,
    own_admin: String,
    provider_admin: String,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self::of(Office::new())
    }

    /// One of everything in an organization that is empty.
    pub(crate) fn of(office: Office) -> Self {
        let account = id_of(&office.make("service-accounts", &json!({"name": "application"})));
        let client = office.client("switch", &json!({}));
        let report = office.report(&client, "Acct-Status-Type=Start,Acct-Session-Id=1");
        assert!(report.is("Accounting-Response"), "{report:?}");
        let dns = Some("radius.acme.example");
        let radius = Holder { common_name: "radius", dns, server: true, ..Holder::default() };
        let issuer = Authority::new("authority.example");
        let issued = issuer.issue(&radius);
        let text = |file| std::fs::read_to_string(file).unwrap();
        let pair =
            json!({"certificate": text(&issued.certificate), "private_key": text(&issued.key)});
        office.act("PUT", "server-certificate", Some(&pair));
        let user = office.user("ada", "correct horse battery");
        let list = office.built_in("own").list;
        let policy = id_of(&office.make("security-policies", &json!({"name": "laptops"})));
        let versions = office.read(&format!("security-policies/{policy}/versions"));
        let handed = office.hand_out(&format!("users/{user}"), &json!({}));
        Self {
            user,
            issued_certificate: id_of(&handed.shown["certificate"]),
            revocation_list: list.rsplit_once('/').unwrap().1.to_owned(),
            group: office.group("staff", &[], &[]),
            service_account: account,
            radius_client: client.id,
            session: id_of(&office.read("sessions")["items"][0]),
            plan: plan(&office),
            deleted_user: deleted_user(&office),
            import: id_of(&office.make("imports", &json!({"name": "people", "format": "csv"}))),
            reply_profile: id_of(&office.make("reply-profiles", &json!({"name": "staff"}))),
            device: id_of(&office.make("devices", &json!({"name": "printer"}))),
            version: id_of(&versions["items"][0]),
            security_policy: policy,
            password_policy: id_of(
                &office.make("password-policies", &json!({"name": "administrators"})),
            ),
            custom_attribute: id_of(
                &office.make("custom-attributes", &json!({"name": "badge", "syntax": "text"})),
            ),
            certificate_authority: id_of(&office.make("certificate-authorities", &authority())),
            event_destination: id_of(
                &office.make("event-destinations", &receiver::nobody(&office.slug)),
            ),
            provider_destination: receiver::nobody_at_provider(&office),
            own_admin: office.add_admin(&office.path("admins"), &json!({"role": "manager"})).0,
            provider_admin: office.add_admin("/v1/admins", &json!({"role": "manager"})).0,
            office,
        }
    }

    /// The path with an organization and what is in ours; none when it names something unknown.
    fn fill(&self, route: &Route, organization: &str) -> Option<String> {
        let admin = if route.in_organization() { &self.own_admin } else { &self.provider_admin };
        let destination = match route.in_organization() {
            true => &self.event_destination,
            false => &self.provider_destination,
        };
        let filled = [
            ("{organization}", organization),
            ("{event_destination}", destination),
            ("{user}", &self.user),
            ("{group}", &self.group),
            ("{service_account}", &self.service_account),
            ("{radius_client}", &self.radius_client),
            ("{reply_profile}", &self.reply_profile),
            ("{device}", &self.device),
            ("{security_policy}", &self.security_policy),
            ("{password_policy}", &self.password_policy),
            ("{version}", &self.version),
            ("{custom_attribute}", &self.custom_attribute),
            ("{certificate_authority}", &self.certificate_authority),
            ("{issued_certificate}", &self.issued_certificate),
            ("{revocation_list}", &self.revocation_list),
            ("{session}", &self.session),
            ("{import}", &self.import),
            ("{plan}", &self.plan),
            ("{deleted_user}", &self.deleted_user),
            ("{admin}", admin),
            ("{id}", NEVER),
        ]
        .iter()
        .fold(route.path.clone(), |path, (name, id)| path.replace(name, id));
        (!filled.contains('{')).then_some(filled)
    }

    pub(crate) fn ours(&self, route: &Route) -> String {
        self.fill(route, &self.office.id).unwrap()
    }
}

/// Makes a plan of the provider's; tells its id.
fn plan(office: &Office) -> String {
    let fields = json!({"name": office.slug, "currency": "EUR"});
    let made = office.top.send("POST", "/v1/billing/plans", Some(&fields));
    assert_eq!(made.status, 201, "{made:?}");
    id_of(&made.json())
}

/// Makes a user and deletes it; tells its id.
fn deleted_user(office: &Office) -> String {
    let user = office.user("gone", "correct horse battery");
    office.act("DELETE", &format!("users/{user}"), None);
    user
}

/// A certificate authority as it is made.
fn authority() -> Value {
    let certificate = Authority::new("authority.example").pem();
    json!({"name": "authority", "certificate": certificate, "holder": "user_by_mail"})
}

pub(crate) fn routes(office: &Office) -> Vec<Route> {
    routes_of(&office.demo.https(None).get("/v1/openapi.json").json())
}

/// The routes that a document has.
pub(crate) fn routes_of(document: &Value) -> Vec<Route> {
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            routes.push(Route {
                method: method.to_uppercase(),
                path: path.clone(),
                permission: operation["x-permission"].as_str().map(ToOwned::to_owned),
                public: operation["security"] == json!([{}]),
            });
        }
    }
    assert!(routes.len() > 50, "only {} routes are documented", routes.len());
    routes
}

/// What of an answer may be compared: all but what tells one request from another.
fn comparable(response: &Response) -> (u16, Vec<String>, String) {
    let of_this_request = |line: &&str| {
        ["x-request-id:", "date:", "ratelimit:"].iter().any(|name| line.starts_with(name))
    };
    let head = response.head.lines().filter(|line| !of_this_request(line));
    (response.status, head.map(ToOwned::to_owned).collect(), response.body.clone())
}

#[test]
fn every_route_is_tried_and_the_list_of_those_that_are_not_is_empty() {
    let site = Site::new();
    let routes = routes(&site.office);
    let uncovered = routes.iter().filter(|route| site.fill(route, NEVER).is_none());
    let uncovered: Vec<String> = uncovered.map(Route::name).collect();
    assert_eq!(uncovered, UNCOVERED);
    let named = |wanted: fn(&&Route) -> bool| -> BTreeSet<String> {
        routes.iter().filter(wanted).map(Route::name).collect()
    };
    let own = named(|route| route.permission.is_none() && !route.public);
    assert_eq!(own, OWN.map(str::to_owned).into());
    assert_eq!(named(|route| route.public), PUBLIC.map(str::to_owned).into());
}

/// A request whose body is acceptable, so that only what it is about can be wrong.
fn valid(route: &Route, who: &Https, path: &str) -> Response {
    let body = if path.ends_with("/password") {
        json!({"password": "a long enough password"})
    } else if path.ends_with("/secret") {
        json!({"secret": "a secret of many letters"})
    } else if path.ends_with("/client-certificate") {
        Authority::new("authority.example").client()
    } else if path.ends_with("/certificates") {
        json!({"fingerprints": []})
    } else if path.ends_with("/confirm") {
        json!({"code": "123456"})
    } else if path.ends_with("/revocations") {
        json!({"list": "none"})
    } else if path.ends_with("/lock") {
        json!({"seconds": 60})
    } else if path.ends_with("/change") {
        json!({"reply_profile": NEVER})
    } else if path.ends_with("/user-cap") || path.ends_with("/device-cap") {
        json!({"most": null})
    } else if path.ends_with("/ldap/explain") {
        json!({"user": "ada"})
    } else if path.ends_with("/explain") {
        json!({"login": "ada", "method": "pap"})
    } else {
        json!({})
    };
    who.send(&route.method, path, Some(&body))
}
