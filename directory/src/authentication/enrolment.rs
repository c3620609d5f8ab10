//! How an admin enrols TOTP: a seed that is shown, and a first code of it.

use storage::Reading;

use super::admin_locks::Guessed;
use super::engine::{AccountKey, Bearer};
use super::sign_in::{
    Arrival, Enrolment, SignInOutcome, Writing, living, open_session, settle, use_code,
};
use super::totp::Seed;
use crate::access::{Context, Refusal};
use crate::collections::{IssuedToken, Site, Wanted, issue};
use crate::directory::{Directory, find_token};
use crate::error::{Error, Invalid};
use crate::events::Action;
use crate::id::{AdminId, AdminNumber, Place, RecordId};
use crate::records::{Admin, Credential, Narrowing, Origin, SecondProof, TokenPurpose, kinds};
use crate::text::prepare;
use crate::time::Time;
use crate::tools::Tools;

/// There is this much time to enrol TOTP, in milliseconds.
const ENROLMENT_LIFE: u64 = 15 * 60 * 1_000;

impl Directory {
    /// Requires a token of an enrolment that is under way.
    ///
    /// # Errors
    /// `Refused` for anything else.
    pub fn require_enrolment(&self, token: &str, now: Time) -> Result<(), Error> {
        let snapshot = self.inner.store.read()?;
        let admin = enrolling(&snapshot, token, now)?;
        admin.map(drop).ok_or_else(|| Refusal::Unauthenticated.into())
    }

    /// Confirms an enrolment with the first code, and signs in. Wrong codes count as those of signing
    /// in do.
    ///
    /// # Errors
    /// `Refused` for anything but a living enrolment token, and while too many codes were wrong;
    /// `Invalid` for a wrong code.
    pub fn confirm_enrolment(
        &self,
        token: &str,
        code: String,
        arrival: Arrival,
    ) -> Result<IssuedToken, Error> {
        let tools = self.inner.tools.clone();
        let (context, engine, now) = (arrival.context(), &self.inner.engine, arrival.now.0);
        let source = arrival.source;
        let token = token.to_owned();
        // Whoever has no such token, or not the code, costs everybody's one writer nothing.
        let snapshot = self.inner.store.read()?;
        let asked = Enrolling::read(&snapshot, &context, &tools, (&token, &code))?;
        let throttled = self.throttled_admin(&snapshot, (asked.place, asked.admin))?;
        drop(snapshot);
        let guessed = asked.guessed();
        // Guesses that were made at the same time must not outrun the count.
        if self.admin_locked_until(&guessed, context.now).is_some() {
            return Err(Refusal::Unauthenticated.into());
        }
        if asked.step.is_none() {
            self.count_admin_guess(&guessed, &context);
            return Err(wrong());
        }
        let session = self.inner.store.write(move |change| {
            let asked = Enrolling::read(&*change, &context, &tools, (&token, &code))?;
            let Enrolling { place, admin, credential, step } = asked;
            if credential.locked(context.now) {
                return Err(Refusal::Unauthenticated.into());
            }
            let step = step.ok_or_else(wrong)?;
            let mut site = Site { source: change, place, context: &context, tools: &tools };
            settle(&mut site, admin, credential, step)?;
            let origin = arrival.origin(SecondProof::Totp);
            open_session(&mut site, admin, origin, (Action::MfaEnrolled, Vec::new()))
        })?;
        engine.lockout.succeeded(guessed.key());
        engine.throttle.succeeded(source, throttled, now);
        Ok(session)
    }

    /// By what an admin's sign-ins are slowed down.
    fn throttled_admin(
        &self,
        source: &impl Reading,
        (place, number): (Place, AdminNumber),
    ) -> Result<AccountKey, Error> {
        let admin = source.get::<Admin>(place.partition(), number.record())?;
        let login = prepare(&admin.ok_or(Error::Missing)?.fields.login);
        Ok(self.inner.engine.name_key(Some(place), Bearer::Admin, &login))
    }
}

/// Makes a fresh seed and ends an enrolment that was begun before.
///
/// Until one is confirmed, the password alone decides who enrols: whoever may have learned it can
/// be first, so an admin's invitation, or first password, is to be handed over like a key.
pub(super) fn begin_enrolment(
    site: &mut Writing<'_, '_, '_>,
    admin: AdminNumber,
) -> Result<SignInOutcome, Error> {
    let (partition, id) = (site.partition(), admin.record());
    let seed = Seed::new(site.tools.random());
    site.source.put_secret(partition, kinds::TOTP_SEED, id, seed.octets())?;
    let enrolling = site.source.get::<Admin>(partition, id)?.ok_or(Error::Missing)?;
    let wanted = Wanted {
        purpose: TokenPurpose::Enrolment,
        name: "enrolment".into(),
        expires: site.now().plus(ENROLMENT_LIFE),
        narrowing: Narrowing::default(),
        origin: Origin { source: site.context.source, ..Origin::default() },
    };
    let token = issue(site, admin, wanted)?;
    site.tell_as(&enrolling, Action::SecretRevealed, Vec::new())?;
    let uri = seed.to_uri("Tenantry", &enrolling.fields.login).to_string();
    Ok(SignInOutcome::Enrol(Enrolment { token, uri }))
}

/// An admin who enrols, and what the code is worth.
struct Enrolling {
    place: Place,
    admin: AdminNumber,
    credential: Credential,
    /// The step of the code; none where the code is wrong.
    step: Option<u64>,
}

impl Enrolling {
    fn read<R: Reading>(
        source: &R,
        context: &Context,
        tools: &Tools,
        (token, code): (&str, &str),
    ) -> Result<Self, Error> {
        let found = enrolling(source, token, context.now)?;
        let (place, admin) = found.ok_or(Refusal::Unauthenticated)?;
        let site = Site { source, place, context, tools };
        let credential = living(&site, admin)?.ok_or(Refusal::Unauthenticated)?;
        if credential.totp_enrolled {
            return Err(Refusal::Unauthenticated.into());
        }
        let step = use_code(&site, admin, &credential, code)?;
        Ok(Self { place, admin, credential, step })
    }

    /// By what wrong codes are counted, here and where the admin signs in.
    fn guessed(&self) -> Guessed {
        Guessed::new(AdminId { home: self.place, number: self.admin }, &self.credential)
    }
}

/// Whose enrolment a token is of, while it lives.
fn enrolling(
    source: &impl Reading,
    token: &str,
    now: Time,
) -> Result<Option<(Place, AdminNumber)>, Error> {
    let found = find_token(source, token)?;
    let living =
        found.filter(|(_, token)| token.purpose == TokenPurpose::Enrolment && now < token.expires);
    Ok(living.map(|(id, token)| (id.home, token.admin)))
}

fn wrong() -> Error {
    Invalid::new("/code", "is not the code of this moment").into()
}
