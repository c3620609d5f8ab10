//! Passkeys (WebAuthn Level 3): whether what a browser answers proves who holds a key.
//!
//! Any authenticator will do that knows its owner, so what it says of its own make is kept and never
//! believed, and no chain of certificates is looked at. What is left to check are a few octets and
//! one signature: less than the libraries for this bring along, which draw numbers of their own
//! besides.

mod authenticator;
mod cbor;
mod ceremonies;
mod client;
#[cfg(test)]
#[path = "../../../fuzz/src/targets/passkeys.rs"]
mod fuzzed;
mod key;
mod party;
mod sign_in;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use serde_bytes::ByteBuf;
use thiserror::Error as Derived;
use uuid::Uuid;

use self::authenticator::{AuthenticatorData, within_attestation};
use self::ceremonies::{Bounds, Ceremonies, Challenge};
use self::client::ClientData;
pub use self::key::ALGORITHMS;
pub use self::party::{RelyingParty, UnusableParty};
pub use self::sign_in::{ClaimedAdmin, PasskeyQuestion};
use super::engine::AccountKey;
use super::throttle::Source;
use crate::error::Error;
use crate::id::{AdminId, OrganizationId, Place, RecordId};
use crate::records::{Passkey, PasskeyKey};
use crate::time::Time;

/// How long a browser may take for an answer, in milliseconds.
pub const PASSKEY_PATIENCE: u64 = 5 * 60 * 1_000;

const REGISTERING: Bounds = Bounds { all: 1_024, of_holder: 4, patience: PASSKEY_PATIENCE };
const SIGNING_IN: Bounds = Bounds { all: 4_096, of_holder: 256, patience: PASSKEY_PATIENCE };

/// What a browser answers that has had a passkey made.
#[derive(Clone, Debug)]
pub struct NewCredential {
    /// What the browser says, in JSON.
    pub client_data: Vec<u8>,
    /// What the authenticator says, in CBOR.
    pub attestation: Vec<u8>,
}

/// What a browser answers that has had a passkey used.
#[derive(Clone, Debug)]
pub struct Assertion {
    /// What the authenticator calls the passkey.
    pub credential: Vec<u8>,
    /// What the browser says, in JSON.
    pub client_data: Vec<u8>,
    /// What the authenticator says.
    pub authenticator_data: Vec<u8>,
    /// The authenticator's signature over both.
    pub signature: Vec<u8>,
    /// Whose the passkey is.
    pub user: Vec<u8>,
}

/// Why an answer proves nothing, in words that a help desk can use.
#[derive(Clone, Debug, PartialEq, Eq, Derived)]
pub(crate) enum Objection {
    #[error("what the browser says cannot be read")]
    ClientData,
    #[error("it was not asked for, or it took too long; begin anew")]
    Unasked,
    #[error("the browser did something else than was asked for")]
    Kind,
    #[error("the page is of another origin than those in the configuration: {0}")]
    Origin(String),
    #[error("the page was within another one")]
    Framed,
    #[error("what the authenticator says cannot be read, or is of a kind that is not taken")]
    Authenticator,
    #[error("the passkey is for another domain")]
    Party,
    #[error("the authenticator did not ask who is there")]
    Unverified,
    #[error("the passkey was portable before, or was not")]
    Portable,
    #[error("the signature is wrong")]
    Signature,
    #[error("the passkey's counter went back, as that of a copy does")]
    Copied,
    #[error(
        "the passkey is suspended since its counter went back; its owner can activate it with \
         password and code, if there is no copy"
    )]
    Suspended,
    #[error("the passkey is another admin's")]
    Anothers,
    #[error("the passkey was deleted in between")]
    Deleted,
    #[error("the admin is suspended, or may not come from there")]
    NotLetIn,
}

/// So many letters are told of an origin that is not ours.
const TOLD: usize = 100;

/// What is known of passkeys beside those that are registered.
pub(crate) struct Passkeys {
    party: Option<RelyingParty>,
    /// By the admin who registers one, and for which session.
    registering: Ceremonies<(AdminId, Uuid), ()>,
    /// By where somebody comes from.
    signing_in: Ceremonies<Source, Option<Named>>,
}

/// Who somebody says to be who signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) admin: Option<AdminId>,
    pub(super) throttled: AccountKey,
}

/// A passkey that was just made, and not registered yet.
pub(crate) struct Registered {
    pub(crate) credential: ByteBuf,
    pub(crate) key: PasskeyKey,
    pub(crate) counter: u32,
    pub(crate) is_portable: bool,
    pub(crate) model: Uuid,
}

impl Passkeys {
    pub(crate) fn new(party: Option<RelyingParty>) -> Self {
        let registering = Ceremonies::new(REGISTERING, |holder| holder);
        let signing_in = Ceremonies::new(SIGNING_IN, Source::crowd);
        Self { party, registering, signing_in }
    }

    /// For whom passkeys are made.
    ///
    /// # Errors
    /// `Forbidden` where the operator has named no domain.
    pub(crate) fn party(&self) -> Result<&RelyingParty, Error> {
        self.party.as_ref().ok_or(Error::Forbidden(
            "passkeys are off: the configuration names no `[admin_api] passkey_domain`",
        ))
    }

    /// Notes that an admin was asked to have a passkey made.
    pub(crate) fn begin(&self, who: (AdminId, Uuid), challenge: Challenge, now: Time) {
        self.registering.put(challenge, who, (), now.0);
    }

    /// Checks what came back; it counts once.
    pub(crate) fn registered(
        &self,
        who: (AdminId, Uuid),
        answer: &NewCredential,
        now: Time,
    ) -> Result<Registered, Objection> {
        let party = self.party().map_err(|_| Objection::Unasked)?;
        let said = ClientData::read(&answer.client_data).ok_or(Objection::ClientData)?;
        let asked = self.registering.take(&said.challenge, now.0);
        asked.filter(|(holder, ())| *holder == who).ok_or(Objection::Unasked)?;
        party.check_page(&said, "webauthn.create")?;
        let octets = within_attestation(&answer.attestation).ok_or(Objection::Authenticator)?;
        let data = AuthenticatorData::read(octets).ok_or(Objection::Authenticator)?;
        party.check_authenticator(&data)?;
        let (counter, is_portable) = (data.counter, data.is_portable());
        let made = data.made.ok_or(Objection::Authenticator)?;
        let credential = ByteBuf::from(made.credential);
        Ok(Registered { credential, key: made.key, counter, is_portable, model: made.model })
    }

    fn ask(&self, source: IpAddr, named: Option<Named>, challenge: Challenge, now: Time) {
        self.signing_in.put(challenge, Source::of(source), named, now.0);
    }

    fn asked(&self, said: &ClientData, now: Time) -> Option<Option<Named>> {
        self.signing_in.take(&said.challenge, now.0).map(|(_, named)| named)
    }
}

impl RelyingParty {
    fn check_page(&self, said: &ClientData, kind: &str) -> Result<(), Objection> {
        if said.kind != kind {
            Err(Objection::Kind)
        } else if !self.has_origin(&said.origin) {
            Err(Objection::Origin(said.origin.chars().take(TOLD).collect()))
        } else if said.is_framed {
            Err(Objection::Framed)
        } else {
            Ok(())
        }
    }

    fn check_authenticator(&self, data: &AuthenticatorData<'_>) -> Result<(), Objection> {
        if data.party != self.hash() {
            Err(Objection::Party)
        } else if !data.is_verified() {
            Err(Objection::Unverified)
        } else {
            Ok(())
        }
    }

    /// Checks what a browser answered with a passkey; tells how often the authenticator has signed.
    fn check(
        &self,
        said: &ClientData,
        answer: &Assertion,
        passkey: &Passkey,
    ) -> Result<u32, Objection> {
        let signed = [&answer.authenticator_data[..], &said.hash].concat();
        if !passkey.key.signed(&signed, &answer.signature) {
            return Err(Objection::Signature);
        }
        self.check_page(said, "webauthn.get")?;
        let data =
            AuthenticatorData::read(&answer.authenticator_data).ok_or(Objection::Authenticator)?;
        self.check_authenticator(&data)?;
        if data.is_portable() != passkey.is_portable {
            return Err(Objection::Portable);
        }
        Ok(data.counter)
    }
}

/// Whether an authenticator that had signed so often may have now signed so often; some do not
/// count (WebAuthn section 6.1.1).
pub(super) fn goes_on(before: u32, now: u32) -> bool {
    now > before || (before, now) == (0, 0)
}

/// By what authenticators tell an admin from others: where the admin belongs, and the external id.
pub(crate) fn user_handle(home: Place, admin: Uuid) -> [u8; 20] {
    let mut handle = [0; 20];
    let number = home.partition().number().to_be_bytes();
    handle.iter_mut().zip(number.iter().chain(admin.as_bytes())).for_each(|(to, from)| *to = *from);
    handle
}

fn read_handle(handle: &[u8]) -> Option<(Place, Uuid)> {
    let (number, uuid) = handle.split_first_chunk()?;
    let place = match OrganizationId::from_record(u32::from_be_bytes(*number).into()) {
        Some(organization) => Place::Organization(organization),
        None => Place::Provider,
    };
    Some((place, Uuid::from_slice(uuid).ok()?))
}

/// Whose a passkey is.
struct Holder {
    admin: AdminId,
    login: String,
    uuid: Uuid,
}
