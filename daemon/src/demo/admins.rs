//! One admin per role, each signed in with password and TOTP like anybody else.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::mpsc;

use directory::access::{Actor, Context, ManageAdmins, Role};
use directory::authentication::{Arrival, Password, SignInOutcome, SignInRequest, code_of_uri};
use directory::collections::{NewKey, NewPassword};
use directory::records::{AdminFields, AdminScope, Carrier};
use directory::{Directory, Error, Time};

use super::DemoError;
use super::description::{SignIn, Tokens};

/// How long the demonstration's API keys live, in milliseconds: a year.
const KEY_LIFE: u64 = 365 * 24 * 60 * 60 * 1_000;
/// Letters and digits of an admin's password.
const PASSWORD: usize = 20;

/// The admins' API keys, with what the one who may do everything signs in, and the context of that one.
pub(super) struct Admins {
    pub(super) tokens: Tokens,
    pub(super) first: SignIn,
    top: Context,
}

impl Admins {
    /// The Administrator with Billing, ready to act.
    pub(super) fn top(&self) -> Context {
        self.top
    }
}

/// Makes an admin per role with an API key each.
pub(super) fn create(directory: &Directory, now: Time) -> Result<Admins, DemoError> {
    let first = Person::new(directory, Role::AdministratorWithBilling);
    directory.create_first_admin(now, first.fields(), first.hashed(directory)?)?;
    let (key, otpauth_uri) = first.api_key(directory, now)?;
    let top = directory.identify(&key, Carrier::Header, nobody(now))?.context;
    let mut tokens = Tokens { administrator_with_billing: key, ..Tokens::default() };
    let others = [
        (Role::Administrator, &mut tokens.administrator),
        (Role::Manager, &mut tokens.manager),
        (Role::HelpDesk, &mut tokens.help_desk),
        (Role::ReadOnly, &mut tokens.read_only),
    ];
    for (role, token) in others {
        let person = Person::new(directory, role);
        let (fields, password) = (person.fields(), person.hashed(directory)?);
        let invitation = directory.change(top, move |change| {
            let mut grant = change.authorize_provider::<ManageAdmins>()?;
            grant.admins().create_invited(fields).map(|(_, _, invitation)| invitation.token)
        })?;
        directory.accept_invitation(&invitation, password, nobody(now))?;
        (*token, _) = person.api_key(directory, now)?;
    }
    let first = SignIn { login: first.login(), password: first.password, otpauth_uri };
    Ok(Admins { tokens, first, top })
}

/// Somebody who becomes an admin.
struct Person {
    role: Role,
    password: String,
}

impl Person {
    fn new(directory: &Directory, role: Role) -> Self {
        let words = role.name().replace('_', " ");
        Self { role, password: super::password(directory, PASSWORD, &["Demo", &words]) }
    }

    fn login(&self) -> String {
        self.role.name().replace('_', "-")
    }

    fn fields(&self) -> AdminFields {
        AdminFields {
            login: self.login(),
            display_name: format!("Demo {}", self.role.name().replace('_', " ")),
            role: self.role,
            scope: AdminScope::All,
            api_access: true,
            sources: Vec::new(),
        }
    }

    fn password(&self) -> Result<Password, DemoError> {
        Password::new(self.password.as_bytes())
            .map_err(|_| DemoError::SignIn("no such password can be"))
    }

    fn hashed(&self, directory: &Directory) -> Result<NewPassword, DemoError> {
        NewPassword::hashed(self.password()?, directory.hash_parameters(), directory.tools())
            .map_err(|_| DemoError::SignIn("there is no memory to hash a password"))
    }

    /// Signs in, enrols TOTP, and makes an API key; tells what an authenticator app scans as well.
    fn api_key(&self, directory: &Directory, now: Time) -> Result<(String, String), DemoError> {
        let (session, otpauth_uri) = self.session(directory, now)?;
        let context = directory.identify(&session, Carrier::Header, nobody(now))?.context;
        let new = NewKey {
            name: "demonstration".into(),
            expires: now.plus(KEY_LIFE),
            role: None,
            organizations: None,
            sources: None,
        };
        let issued = directory.change(context, move |change| {
            let key = change.oneself()?.create_api_key(new)?;
            change.oneself()?.sign_out()?;
            Ok::<_, Error>(key)
        })?;
        Ok((issued.text, otpauth_uri))
    }

    fn session(&self, directory: &Directory, now: Time) -> Result<(String, String), DemoError> {
        let arrival = Arrival::plain(IpAddr::V4(Ipv4Addr::LOCALHOST), now);
        let request = SignInRequest {
            organization: None,
            login: self.login(),
            password: self.password()?,
            new_password: None,
            second: None,
            arrival: arrival.clone(),
        };
        let (tell, told) = mpsc::channel();
        directory.sign_in(request, move |outcome| {
            // The receiver waits below.
            let _heard = tell.send(outcome);
        })?;
        let outcome = told.recv().map_err(|_| DemoError::SignIn("no answer came"))??;
        let SignInOutcome::Enrol(enrolment) = outcome else {
            return Err(DemoError::SignIn("the first sign-in must enrol TOTP"));
        };
        let code = code_of_uri(&enrolment.uri, now.seconds())
            .ok_or(DemoError::SignIn("the seed cannot be read"))?;
        let session = directory.confirm_enrolment(&enrolment.token.text, code, arrival)?;
        Ok((session.text, enrolment.uri))
    }
}

pub(super) fn nobody(now: Time) -> Context {
    let source = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
    Context { actor: Actor::nobody(), source, now, request: None }
}
