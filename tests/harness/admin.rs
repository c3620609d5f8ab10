//! Admins who sign in as people do: with a password, and with an authenticator app at once.

use serde_json::{Value, json};

use super::https::Https;
use super::office::{Office, id_of};
use super::totp;

/// An admin with an open session.
#[derive(Debug)]
pub(crate) struct Admin {
    pub(crate) login: String,
    pub(crate) session: Https,
    /// What the authenticator app has scanned.
    pub(crate) otpauth_uri: String,
    /// Where this admin is changed: a URL.
    pub(crate) place: String,
}

/// Every admin's password.
pub(crate) const PASSWORD: &str = "correct horse battery staple";
/// What every admin is given, and has changed since.
const GIVEN: &str = "what somebody else has chosen";
/// The role of who manages admins, whom no API key lets in.
const TOP: &str = "administrator_with_billing";

impl Admin {
    /// What an admin of an organization's own signs in with, and wants a cookie for.
    pub(crate) fn credentials(&self, office: &Office) -> Value {
        json!({
            "organization": office.slug,
            "login": self.login,
            "password": PASSWORD,
            "code": totp::code_beside(&self.otpauth_uri, 1),
            "cookie": true
        })
    }
}

impl Office {
    /// An admin of this organization's own.
    pub(crate) fn admin(&self, role: &str) -> Admin {
        let fields = json!({"role": role});
        let credentials = json!({"organization": self.slug});
        self.enrolled(&self.path("admins"), &fields, credentials)
    }

    /// An admin of the provider with a scope: `"none"`, `"all"` or organizations.
    pub(crate) fn provider_admin(&self, role: &str, scope: &Value) -> Admin {
        self.enrolled("/v1/admins", &json!({"role": role, "scope": scope}), json!({}))
    }

    /// Somebody who may do everything and has just signed in: what lets other admins in is replaced with
    /// no API key, as [`Office::top`] has one.
    pub(crate) fn chief(&self) -> Https {
        self.provider_admin(TOP, &json!("all")).session
    }

    fn enrolled(&self, collection: &str, fields: &Value, mut credentials: Value) -> Admin {
        let (id, login) = self.add_admin(collection, fields);
        let place = format!("{collection}/{id}");
        let nobody = self.demo.https(None);
        credentials["login"] = json!(login);
        credentials["password"] = json!(PASSWORD);
        let asked = nobody.send("POST", "/v1/sign-in", Some(&credentials));
        assert_eq!(asked.status, 202, "{asked:?}");
        let asked = asked.json();
        let otpauth_uri = asked["otpauth_uri"].as_str().unwrap().to_owned();
        let first =
            json!({"enrolment_token": asked["enrolment_token"], "code": totp::code(&otpauth_uri)});
        let session = nobody.send("POST", "/v1/sign-in/enrolment", Some(&first));
        assert_eq!(session.status, 200, "{session:?}");
        let session = self.top.with_token(session.json()["token"].as_str().unwrap());
        Admin { login, session, otpauth_uri, place }
    }

    /// Makes an admin who has chosen a password and enrolled nothing yet; tells the id and the login.
    pub(crate) fn add_admin(&self, collection: &str, fields: &Value) -> (String, String) {
        use std::sync::atomic::{AtomicU32, Ordering};
        static SERIAL: AtomicU32 = AtomicU32::new(0);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let login = format!("admin-{}-{serial}", std::process::id());
        let mut all = json!({"login": login, "display_name": "An Admin", "password": GIVEN});
        all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let made = match fields["role"] == TOP {
            true => self.demo.chief().send("POST", collection, Some(&all)),
            false => self.top.send("POST", collection, Some(&all)),
        };
        assert_eq!(made.status, 201, "{made:?}");
        let mut credentials = json!({"login": login, "password": GIVEN, "new_password": PASSWORD});
        if collection != "/v1/admins" {
            credentials["organization"] = json!(self.slug);
        }
        let asked = self.demo.https(None).send("POST", "/v1/sign-in", Some(&credentials));
        assert_eq!(asked.status, 202, "{asked:?}");
        (id_of(&made.json()), login)
    }
}
