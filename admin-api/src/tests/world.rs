//! A directory with its first admin, behind the router, at a time that tests move.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::connect_info::MockConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use directory::access::Role;
use directory::authentication::{HashParameters, Password};
use directory::collections::NewPassword;
use directory::delivery::Sent;
use directory::orders::OrderOutcome;
use directory::records::{AdminFields, AdminScope};
use directory::{Directory, Entropy, MasterKey, OpenOptions, Time};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::api::Api;
use crate::router::over;
use crate::{Addresses, Clock, Courier, Doors, LdapExplainer, Limits, Trials, router};

pub(super) const PASSWORD: &str = "correct horse battery";
/// What admins are given, who choose [`PASSWORD`] in its place.
pub(super) const GIVEN: &str = "chosen by somebody else";
const START: u64 = 1_800_000_000_000;

pub(super) struct World {
    pub(super) router: Router,
    pub(super) directory: Directory,
    clock: Arc<AtomicU64>,
    _folder: TempDir,
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
    pub(super) json: Value,
}

impl World {
    pub(super) fn new() -> Self {
        Self::allowing(Limits::default().requests)
    }

    /// One in which a token may ask so often in a minute.
    pub(super) fn allowing(requests: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = OpenOptions::default();
        options.authentication.parameters = HashParameters::new(8, 1, 1).unwrap();
        let key = MasterKey::from_bytes([7; 32]);
        let entropy = Arc::new(Counting(Mutex::new(0)));
        let directory = Directory::open(folder.path(), key, entropy, &options).unwrap();
        let fields = AdminFields {
            login: "root".into(),
            display_name: "Root".into(),
            role: Role::AdministratorWithBilling,
            scope: AdminScope::All,
            api_access: true,
            sources: Vec::new(),
        };
        let password = Password::new(PASSWORD.as_bytes()).unwrap();
        let password =
            NewPassword::hashed(password, directory.hash_parameters(), directory.tools()).unwrap();
        directory.create_first_admin(Time(START), fields, password).unwrap();
        let clock = Arc::new(AtomicU64::new(START));
        let limits = Limits { body: 4_096, requests, ..Limits::default() };
        let router = router(
            directory.clone(),
            reading(&clock),
            doors(),
            limits,
            Addresses { invitations: Some("https://in.example/"), ..Addresses::default() },
        )
        .layer(peer());
        Self { router, directory, clock, _folder: folder }
    }

    /// What stands behind a router with these limits.
    pub(super) fn api(&self, limits: Limits) -> Api {
        let (directory, clock) = (self.directory.clone(), reading(&self.clock));
        Api::new(directory, clock, doors(), limits, Addresses::default())
    }

    /// What the clock shows.
    pub(super) fn now(&self) -> Time {
        Time(self.clock.load(Ordering::Relaxed))
    }

    /// Has other limits from now on; answers with what stands behind the router.
    pub(super) fn limit(&mut self, limits: Limits) -> Api {
        let api = self.api(limits);
        self.router = over(api.clone()).layer(peer());
        api
    }

    /// Lets time pass.
    pub(super) fn pass(&self, milliseconds: u64) {
        self.clock.fetch_add(milliseconds, Ordering::Relaxed);
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let octets = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8_lossy(&octets).into_owned();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status: parts.status, headers: parts.headers, text, json }
    }

    pub(super) async fn call(&self, token: &str, method: &str, path: &str, body: Value) -> Answer {
        self.send(request(token, method, path, &body)).await
    }

    pub(super) async fn get(&self, token: &str, path: &str) -> Answer {
        self.call(token, "GET", path, Value::Null).await
    }

    /// Does what must be done, and answers with the body.
    pub(super) async fn must(&self, token: &str, method: &str, path: &str, body: Value) -> Value {
        let answer = self.call(token, method, path, body).await;
        assert!(answer.status.is_success(), "{method} {path}: {}", answer.text);
        answer.json
    }

    /// Signs in for the first time with [`GIVEN`], and chooses [`PASSWORD`]; answers with the session's
    /// token.
    pub(super) async fn enrol(&self, organization: Option<&str>, login: &str) -> String {
        let body = json!({
            "organization": organization, "login": login, "password": GIVEN,
            "new_password": PASSWORD
        });
        self.enrol_with(body).await
    }

    /// Signs in for the first time, with enrolment, and answers with the session's token.
    async fn enrol_with(&self, credentials: Value) -> String {
        let needed = self.call("", "POST", "/v1/sign-in", credentials).await;
        assert_eq!(needed.status, StatusCode::ACCEPTED, "{}", needed.text);
        let code = self.code(needed.json["otpauth_uri"].as_str().unwrap());
        let body = json!({"enrolment_token": needed.json["enrolment_token"], "code": code});
        let session = self.must("", "POST", "/v1/sign-in/enrolment", body).await;
        session["token"].as_str().unwrap().to_owned()
    }

    /// The first admin's session.
    pub(super) async fn root(&self) -> String {
        self.enrol_with(json!({"login": "root", "password": PASSWORD})).await
    }

    /// A new provider admin's session.
    pub(super) async fn admin(&self, root: &str, role: &str, scope: Value) -> String {
        let login = format!("{role} {scope}");
        let body = json!({
            "login": login, "display_name": role, "role": role, "scope": scope, "password": GIVEN
        });
        self.must(root, "POST", "/v1/admins", body).await;
        self.enrol(None, &login).await
    }

    /// A new organization's path.
    pub(super) async fn organization(&self, root: &str, slug: &str) -> String {
        let body = json!({"slug": slug, "name": slug, "base": format!("dc={slug},dc=example")});
        let made = self.must(root, "POST", "/v1/organizations", body).await;
        format!("/v1/organizations/{}", made["id"].as_str().unwrap())
    }

    /// A new user's path.
    pub(super) async fn user(&self, root: &str, organization: &str, login: &str) -> String {
        let body = json!({"login": login, "display_name": login, "surname": login});
        let users = format!("{organization}/users");
        let made = self.must(root, "POST", &users, body).await;
        format!("{users}/{}", made["id"].as_str().unwrap())
    }

    /// The code of this moment (RFC 6238) for the seed of an `otpauth` URI.
    pub(super) fn code(&self, uri: &str) -> String {
        let (_, rest) = uri.split_once("secret=").unwrap();
        let seed = from_base32(rest.split('&').next().unwrap());
        let step = self.clock.load(Ordering::Relaxed) / 30_000;
        let mac = Hmac::<sha1::Sha1>::new_from_slice(&seed).unwrap();
        let mac = mac.chain_update(step.to_be_bytes()).finalize().into_bytes();
        let place = usize::from(mac[19] & 0x0f);
        let number = u32::from_be_bytes(mac[place..place + 4].try_into().unwrap());
        format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
    }
}

/// Where all requests come from.
fn peer() -> MockConnectInfo<SocketAddr> {
    MockConnectInfo(SocketAddr::from(([192, 0, 2, 1], 40_000)))
}

/// The time that a clock of tests shows.
fn reading(clock: &Arc<AtomicU64>) -> Clock {
    let (wall, since) = (Arc::clone(clock), Arc::clone(clock));
    Clock {
        wall: Arc::new(move || Time(wall.load(Ordering::Relaxed))),
        monotonic: Arc::new(move || Duration::from_millis(since.load(Ordering::Relaxed))),
    }
}

/// Other doors, where there is no network.
fn doors() -> Doors {
    let orders: Courier = Arc::new(|_| {
        let reason = "there is no network here".to_owned();
        Box::pin(async { OrderOutcome::NotSent(reason) })
    });
    let ldap: LdapExplainer = Arc::new(|_, _, _| Err(directory::Error::Missing));
    let trials: Trials = Arc::new(|_| Box::pin(async { Sent::failed("there is no network here") }));
    Doors { orders, ldap, trials }
}

pub(super) fn request(token: &str, method: &str, path: &str, body: &Value) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header("host", "admin.example");
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if body.is_null() {
        return request.body(Body::empty()).unwrap();
    }
    request = request.header("content-type", "application/json");
    request.body(Body::from(body.to_string())).unwrap()
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// That the answer is a problem of that kind.
    pub(super) fn is_problem(&self, status: u16, kind: &str) -> &Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.json["type"], format!("/problems/{kind}"), "{}", self.text);
        assert_eq!(self.json["status"], status);
        &self.json
    }
}

fn from_base32(text: &str) -> Vec<u8> {
    let (mut octets, mut bits, mut held) = (Vec::new(), 0_u32, 0_u32);
    for letter in text.bytes() {
        let value = if letter.is_ascii_uppercase() { letter - b'A' } else { letter - b'2' + 26 };
        (held, bits) = (held << 5 | u32::from(value), bits + 5);
        if bits >= 8 {
            bits -= 8;
            octets.push((held >> bits).to_le_bytes()[0]);
            held &= (1 << bits) - 1;
        }
    }
    octets
}

/// Octets that do not repeat: enough for tests, and the same in each run.
struct Counting(Mutex<u64>);

impl Entropy for Counting {
    fn fill(&self, out: &mut [u8]) {
        let mut state = self.0.lock().unwrap();
        for octet in out {
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            *octet = (mixed ^ (mixed >> 27)).to_be_bytes()[0];
        }
    }
}
