//! An admin's own password and authenticator app.

use storage::{Change, Reading};
use zeroize::Zeroizing;

use super::admin_passwords::store_admin_password;
use super::new_password::NewPassword;
use super::oneself::Oneself;
use super::passwords::masked;
use crate::authentication::{FirstCode, KnownPassword, Second, Seed, prove};
use crate::error::{Error, Invalid};
use crate::events::{Action, Difference, SubjectKind};
use crate::id::RecordId;
use crate::records::{Credential, SecondProof, kinds};
use crate::time::Time;

/// There is this much time to confirm another authenticator, in milliseconds.
const CONFIRMED_WITHIN: u64 = 15 * 60 * 1_000;

/// The seed of an authenticator that is to take the place of the admin's own: the only time that it is
/// shown.
pub struct NewAuthenticator {
    /// The seed as people type it into an authenticator: base32.
    pub secret: Zeroizing<String>,
    /// The seed as an authenticator scans it: an `otpauth` URI.
    pub uri: Zeroizing<String>,
    /// Until when a code of it can be confirmed.
    pub expires: Time,
}

impl Oneself<'_, &mut Change<'_>> {
    /// Puts a password in the place of the one that the admin has proven to know, and ends the admin's
    /// other sessions; tells how many were open. API keys and passkeys stay.
    ///
    /// # Errors
    /// `Invalid` for what is not acceptable; `Stale` when the credential was changed in between;
    /// `Forbidden` for anything but a session that was begun a moment ago.
    pub fn change_password(
        &mut self,
        known: &KnownPassword,
        password: NewPassword,
    ) -> Result<usize, Error> {
        self.require_fresh_session()?;
        let credential = self.credential()?;
        if known.admin != self.standing.rights.id || known.version != credential.version {
            return Err(Error::Stale);
        }
        let admin = self.standing.rights.id.number;
        store_admin_password(&mut self.site, admin, password)?;
        self.tell_of_credential(Action::PasswordChanged, masked("password"))?;
        self.sessions()?.end_all(true)
    }

    /// Makes the seed of another authenticator, which counts once a code of it was confirmed; nothing
    /// when what proves the admin is wrong.
    ///
    /// # Errors
    /// `Invalid` when nothing proves the admin; `Forbidden` for anything but a session that was begun a
    /// moment ago.
    pub(crate) fn begin_authenticator(
        &mut self,
        second: Option<&Second>,
    ) -> Result<Option<NewAuthenticator>, Error> {
        self.require_fresh_session()?;
        let credential = self.credential()?;
        let (id, session) = (self.standing.rights.id, self.standing.token.uuid);
        let by_passkey = self.standing.token.origin.proof == Some(SecondProof::Passkey);
        let is_proven = match second {
            Some(second) => prove(&mut self.site, id.number, credential, second)?.is_some(),
            None => by_passkey,
        };
        match second {
            Some(_) if !is_proven => return Ok(None),
            None if !is_proven => {
                let detail = "is missing: send the code of the authenticator in use, or a recovery \
                              code, or sign in with a passkey first";
                return Err(Invalid::new("/code", detail).into());
            }
            Some(_) | None => {}
        }
        let (tools, now) = (self.site.tools, self.site.now());
        let (seed, expires) = (Seed::new(tools.random()), now.plus(CONFIRMED_WITHIN));
        let uri = seed.to_uri("Tenantry", &self.admin().fields.login);
        let begun = NewAuthenticator { secret: seed.to_base32(), uri, expires };
        tools.authenticators().begin((id, session), seed, expires, now);
        self.tell_of_credential(Action::SecretRevealed, Vec::new())?;
        Ok(Some(begun))
    }

    /// Puts the authenticator that was begun in this session in the place of the one in use, with a code
    /// of it, and ends the admin's other sessions; tells how many were open.
    ///
    /// # Errors
    /// `Invalid` for a wrong code; `Forbidden` when none was begun.
    pub fn confirm_authenticator(&mut self, code: &str) -> Result<usize, Error> {
        let (id, session) = (self.standing.rights.id, self.standing.token.uuid);
        let new = self.site.tools.authenticators();
        let (seed, step) = match new.confirm((id, session), code, self.site.now()) {
            FirstCode::Right(seed, step) => (seed, step),
            FirstCode::Wrong => {
                return Err(Invalid::new("/code", "is not the code of this moment").into());
            }
            FirstCode::Unbegun => {
                return Err(Error::Forbidden(
                    "no authenticator was begun in this session, or too long ago; begin anew",
                ));
            }
        };
        let mut credential = self.credential()?;
        let (partition, number) = (id.home.partition(), id.number.record());
        self.site.source.put_secret(partition, kinds::TOTP_SEED, number, seed.octets())?;
        credential.totp_enrolled = true;
        credential.totp_step = Some(step);
        // What was counted of wrong codes was about the one that goes, and so is a lock.
        credential.lock = None;
        credential.version = credential.version.saturating_add(1);
        self.site.source.put(partition, number, &credential)?;
        self.tell_of_credential(Action::MfaEnrolled, masked("authenticator"))?;
        self.sessions()?.end_all(true)
    }

    /// The admin's credential, whose place is looked at from here on.
    fn credential(&mut self) -> Result<Credential, Error> {
        let id = self.standing.rights.id;
        self.site.place = id.home;
        let found = self.site.source.get(id.home.partition(), id.number.record())?;
        found.ok_or(Error::Missing)
    }

    fn tell_of_credential(
        &mut self,
        action: Action,
        differences: Vec<Difference>,
    ) -> Result<(), Error> {
        let admin = &self.standing.rights.admin;
        let (id, login) = (admin.uuid, admin.fields.login.clone());
        self.site.tell(action, (SubjectKind::Admin, id, &login), differences)
    }
}
