//! Signing in with a passkey, which stands for password and code.

use std::net::IpAddr;

use storage::{Id, Reading, Snapshot};

use super::client::ClientData;
use super::{Assertion, Holder, Named, Objection, goes_on, read_handle};
use crate::access::Context;
use crate::authentication::engine::{AccountKey, Bearer};
use crate::authentication::sign_in::{Arrival, SignInOutcome, living, open_session};
use crate::collections::{IssuedToken, Site, end_passkey_sessions};
use crate::directory::Directory;
use crate::error::Error;
use crate::events::{
    Action, Difference, Event, EventActor, EventRequest, Outcome, Subject, SubjectKind,
};
use crate::id::{AdminId, AdminNumber, RecordId};
use crate::records::{Admin, Passkey, SecondProof, credential_key, indices};
use crate::text::prepare;
use crate::time::Time;

/// Who somebody says to be who signs in with a passkey.
#[derive(Clone, Debug)]
pub struct ClaimedAdmin {
    /// The slug of the organization whose own admin it is; `None` for the provider's.
    pub organization: Option<String>,
    /// The login.
    pub login: String,
}

/// What a browser is asked that uses a passkey. It names none: whoever asks would learn which there
/// are.
#[derive(Clone, Debug)]
pub struct PasskeyQuestion {
    /// What the answer has to bring back.
    pub challenge: [u8; 32],
    /// The domain.
    pub domain: String,
}

/// A passkey that somebody says to have used.
struct Found {
    holder: Holder,
    id: Id,
    passkey: Passkey,
}

/// A passkey whose signature is right.
struct Signed {
    admin: AdminId,
    id: Id,
    passkey: Passkey,
    /// How often the authenticator has signed now.
    counter: u32,
    arrival: Arrival,
}

impl Directory {
    /// Asks for a passkey, of anybody or of one admin; the answer is the same whoever there is.
    ///
    /// # Errors
    /// `Forbidden` where passkeys are off; when the store fails.
    pub fn begin_passkey_sign_in(
        &self,
        claimed: Option<&ClaimedAdmin>,
        source: IpAddr,
        now: Time,
    ) -> Result<PasskeyQuestion, Error> {
        let tools = &self.inner.tools;
        let domain = tools.passkeys().party()?.domain().to_owned();
        let named = match claimed {
            Some(ClaimedAdmin { organization, login }) => {
                let snapshot = self.inner.store.read()?;
                let found = self.find_login(&snapshot, organization.as_deref(), login)?;
                Some(Named { admin: found.admin(), throttled: found.throttled })
            }
            None => None,
        };
        let challenge = tools.random();
        tools.passkeys().ask(source, named, challenge, now);
        Ok(PasskeyQuestion { challenge, domain })
    }

    /// Signs an admin in by what a browser answered with a passkey.
    ///
    /// Wrong codes lock the password, and not this: nobody guesses a signature.
    ///
    /// # Errors
    /// `Forbidden` where passkeys are off; when the store fails.
    pub fn sign_in_with_passkey(
        &self,
        answer: &Assertion,
        arrival: Arrival,
    ) -> Result<SignInOutcome, Error> {
        let passkeys = self.inner.tools.passkeys();
        let party = passkeys.party()?;
        let context = arrival.context();
        let (source, now) = (arrival.source, arrival.now);
        let said = ClientData::read(&answer.client_data).ok_or(Objection::ClientData);
        let asked = said.and_then(|said| {
            let named = passkeys.asked(&said, now).ok_or(Objection::Unasked)?;
            Ok((said, named))
        });
        let snapshot = self.inner.store.read()?;
        let found = find(&snapshot, answer)?;
        let named = asked.as_ref().ok().and_then(|(_, named)| *named);
        let throttled = self.throttled_passkey(named, found.as_ref());
        let throttle = &self.inner.engine.throttle;
        if let Err(wait) = throttle.check(source, throttled, now.0) {
            return Ok(SignInOutcome::TooEarly(wait.ms));
        }
        let Some(Found { holder, id, passkey }) = found else {
            throttle.failed(source, throttled, now.0);
            return Ok(SignInOutcome::Rejected);
        };
        let told = (passkey.uuid, passkey.name.clone());
        let signed = asked.and_then(|(said, named)| {
            if named.is_some_and(|named| named.admin != Some(holder.admin)) {
                return Err(Objection::Anothers);
            }
            party.check(&said, answer, &passkey)
        });
        let done = match signed {
            Ok(counter) => {
                let admin = holder.admin;
                self.open_by_passkey(Signed { admin, id, passkey, counter, arrival })?
            }
            Err(objection) => Err(objection),
        };
        match done {
            Ok(session) => {
                throttle.succeeded(source, throttled, now.0);
                Ok(SignInOutcome::Session(session))
            }
            Err(objection) => {
                throttle.failed(source, throttled, now.0);
                self.note_objection(&holder, told, &objection, &context);
                Ok(SignInOutcome::Rejected)
            }
        }
    }

    /// Whose failures slow down who answers: those of the admin's password as well.
    fn throttled_passkey(&self, named: Option<Named>, found: Option<&Found>) -> AccountKey {
        let engine = &self.inner.engine;
        match (named, found) {
            (Some(named), _) => named.throttled,
            (None, Some(Found { holder, .. })) => {
                let (home, login) = (holder.admin.home, prepare(&holder.login));
                engine.name_key(Some(home), Bearer::Admin, &login)
            }
            (None, None) => engine.name_key(None, Bearer::Admin, ""),
        }
    }

    /// Opens the session, by what is true when it is opened.
    fn open_by_passkey(&self, signed: Signed) -> Result<Result<IssuedToken, Objection>, Error> {
        let tools = self.inner.tools.clone();
        let done = self.inner.store.write(move |change| {
            let Signed { admin, id, passkey, counter, arrival } = signed;
            let (context, now) = (arrival.context(), arrival.now);
            let mut site =
                Site { source: change, place: admin.home, context: &context, tools: &tools };
            if living(&site, admin.number)?.is_none() {
                return Ok(Err(Objection::NotLetIn));
            }
            let partition = site.partition();
            let kept = site.source.get::<Passkey>(partition, id)?;
            let Some(mut kept) = kept.filter(|kept| kept.key == passkey.key) else {
                return Ok(Err(Objection::Deleted));
            };
            if kept.suspended {
                return Ok(Err(Objection::Suspended));
            }
            if !goes_on(kept.counter, counter) {
                // Which of the two is the copy nobody knows (WebAuthn section 6.1.1).
                kept.suspended = true;
                site.source.put(partition, id, &kept)?;
                end_passkey_sessions(&mut site, admin.number)?;
                return Ok(Err(Objection::Copied));
            }
            (kept.counter, kept.used) = (counter, Some(now));
            site.source.put(partition, id, &kept)?;
            let by = Difference {
                field: "passkey".into(),
                before: None,
                after: Some(serde_json::Value::from(kept.name).to_string()),
            };
            let origin = arrival.origin(SecondProof::Passkey);
            let action = (Action::SignIn, vec![by]);
            open_session(&mut site, admin.number, origin, action).map(Ok)
        })?;
        Ok(done)
    }

    fn note_objection(
        &self,
        holder: &Holder,
        (uuid, name): (uuid::Uuid, String),
        objection: &Objection,
        context: &Context,
    ) {
        let admin =
            Subject { kind: SubjectKind::Admin, id: holder.uuid, name: holder.login.clone() };
        let event = Event {
            access: None,
            request: EventRequest::of(context),
            search: None,
            at: context.now,
            actor: EventActor::Admin { id: holder.uuid, login: holder.login.clone() },
            source: context.source,
            action: Action::SignIn,
            subject: Some(admin),
            outcome: Outcome::Failure(objection.to_string()),
            differences: Vec::new(),
        };
        if *objection == Objection::Copied {
            let subject = Some(Subject { kind: SubjectKind::Passkey, id: uuid, name });
            let copied = Event { action: Action::PasskeyCopied, subject, ..event.clone() };
            self.note_event(holder.admin.home, &copied);
        }
        self.note_event(holder.admin.home, &event);
    }
}

/// Finds the passkey that an answer says to be by.
fn find(snapshot: &Snapshot, answer: &Assertion) -> Result<Option<Found>, Error> {
    let Some((home, uuid)) = read_handle(&answer.user) else { return Ok(None) };
    let partition = home.partition();
    let number = snapshot.find_first(partition, indices::ADMIN_UUID, uuid.as_bytes())?;
    let Some(number) = number.and_then(AdminNumber::from_record) else { return Ok(None) };
    let key = credential_key(&answer.credential);
    let id = snapshot.find_first(partition, indices::PASSKEY_CREDENTIAL, &key)?;
    let Some(id) = id else { return Ok(None) };
    let passkey = snapshot.get::<Passkey>(partition, id)?.filter(|it| it.admin == number);
    let admin = snapshot.get::<Admin>(partition, number.record())?;
    Ok(passkey.zip(admin).map(|(passkey, admin)| {
        let (login, admin) = (admin.fields.login, AdminId { home, number });
        Found { holder: Holder { admin, login, uuid }, id, passkey }
    }))
}
