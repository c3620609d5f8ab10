//! What browsers are asked and answer about passkeys, in the JSON of WebAuthn Level 3 (section 5.1):
//! `parseCreationOptionsFromJSON`, `parseRequestOptionsFromJSON` and `toJSON` read and write it. What
//! browsers add to their answers over the years is passed over.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use directory::authentication::{
    ALGORITHMS, Assertion, NewCredential, PASSKEY_PATIENCE, PasskeyQuestion,
};
use directory::collections::PasskeyWish;
use directory::records;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::moment::Moment;
use crate::revision::Revised;

/// What browsers show beside the domain.
const NAME: &str = "Tenantry";
const PUBLIC_KEY: &str = "public-key";
const REQUIRED: &str = "required";

/// A passkey of an admin.
#[derive(Serialize, ToSchema)]
pub(crate) struct Passkey {
    /// The passkey's id.
    id: Uuid,
    /// What its owner calls it.
    name: String,
    /// When it was registered.
    created: Moment,
    /// When somebody signed in with it last.
    #[schema(required)]
    last_used: Option<Moment>,
    /// Whether its authenticator hands it on to other machines of its owner.
    portable: bool,
    /// The model of its authenticator (AAGUID), which nothing vouches for; zeros where it says none.
    model: Uuid,
    /// Whether it lets nobody in, since its counter went back as a copy's does, until it is activated.
    suspended: bool,
}

/// What a browser is asked that has a passkey made: `PublicKeyCredentialCreationOptionsJSON`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreationOptions {
    rp: Party,
    user: Account,
    challenge: String,
    pub_key_cred_params: Vec<Algorithm>,
    /// In milliseconds.
    timeout: u64,
    exclude_credentials: Vec<Known>,
    authenticator_selection: Selection,
    attestation: &'static str,
}

/// The domain that a passkey is for.
#[derive(Serialize, ToSchema)]
#[schema(as = PasskeyParty)]
struct Party {
    id: String,
    name: &'static str,
}

/// The admin that a passkey is of.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PasskeyAccount)]
struct Account {
    id: String,
    name: String,
    display_name: String,
}

/// A kind of key that is taken.
#[derive(Serialize, ToSchema)]
#[schema(as = PasskeyAlgorithm)]
struct Algorithm {
    #[serde(rename = "type")]
    kind: &'static str,
    alg: i32,
}

/// A passkey whose authenticator makes no other one.
#[derive(Serialize, ToSchema)]
#[schema(as = KnownPasskey)]
struct Known {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
}

/// Which authenticators are taken.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PasskeySelection)]
struct Selection {
    resident_key: &'static str,
    require_resident_key: bool,
    user_verification: &'static str,
}

/// What a browser is asked that uses a passkey: `PublicKeyCredentialRequestOptionsJSON`. It names no
/// passkey, whoever there is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestOptions {
    challenge: String,
    /// In milliseconds.
    timeout: u64,
    rp_id: String,
    user_verification: &'static str,
}

/// What a browser answers that has had a passkey made: `RegistrationResponseJSON`.
#[derive(Deserialize, ToSchema)]
pub(crate) struct RegistrationResponse {
    response: Attestation,
}

/// What the authenticator made.
#[derive(Deserialize, ToSchema)]
#[schema(as = PasskeyAttestation)]
struct Attestation {
    #[serde(rename = "clientDataJSON")]
    #[schema(value_type = String)]
    client_data: Octets,
    #[serde(rename = "attestationObject")]
    #[schema(value_type = String)]
    attestation: Octets,
}

/// What a browser answers that has had a passkey used: `AuthenticationResponseJSON`.
#[derive(Deserialize, ToSchema)]
pub(crate) struct AuthenticationResponse {
    #[serde(rename = "rawId")]
    #[schema(value_type = String)]
    credential: Octets,
    response: Signed,
}

/// What the authenticator signed.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PasskeyAssertion)]
struct Signed {
    #[serde(rename = "clientDataJSON")]
    #[schema(value_type = String)]
    client_data: Octets,
    #[schema(value_type = String)]
    authenticator_data: Octets,
    #[schema(value_type = String)]
    signature: Octets,
    #[schema(value_type = String)]
    user_handle: Octets,
}

/// Octets in base64url without padding.
struct Octets(Vec<u8>);

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let octets = URL_SAFE_NO_PAD.decode(text);
        octets.map(Self).map_err(|_| D::Error::custom("must be base64url without padding"))
    }
}

impl From<records::Passkey> for Passkey {
    fn from(passkey: records::Passkey) -> Self {
        Self {
            id: passkey.uuid,
            name: passkey.name,
            created: Moment(passkey.created),
            last_used: passkey.used.map(Moment),
            portable: passkey.is_portable,
            model: passkey.model,
            suspended: passkey.suspended,
        }
    }
}

impl From<records::Passkey> for Revised<Passkey> {
    fn from(passkey: records::Passkey) -> Self {
        Self::new(passkey.revision(), passkey.into())
    }
}

impl From<PasskeyWish> for CreationOptions {
    fn from(wish: PasskeyWish) -> Self {
        let text = |octets: &[u8]| URL_SAFE_NO_PAD.encode(octets);
        let known = |octets: &Vec<u8>| Known { kind: PUBLIC_KEY, id: text(octets) };
        let algorithm = |alg| Algorithm { kind: PUBLIC_KEY, alg };
        Self {
            rp: Party { id: wish.domain, name: NAME },
            user: Account {
                id: text(&wish.user),
                name: wish.login,
                display_name: wish.display_name,
            },
            challenge: text(&wish.challenge),
            pub_key_cred_params: ALGORITHMS.into_iter().map(algorithm).collect(),
            timeout: PASSKEY_PATIENCE,
            exclude_credentials: wish.known.iter().map(known).collect(),
            authenticator_selection: Selection {
                resident_key: REQUIRED,
                require_resident_key: true,
                user_verification: REQUIRED,
            },
            attestation: "none",
        }
    }
}

impl From<PasskeyQuestion> for RequestOptions {
    fn from(question: PasskeyQuestion) -> Self {
        Self {
            challenge: URL_SAFE_NO_PAD.encode(question.challenge),
            timeout: PASSKEY_PATIENCE,
            rp_id: question.domain,
            user_verification: REQUIRED,
        }
    }
}

impl From<RegistrationResponse> for NewCredential {
    fn from(answer: RegistrationResponse) -> Self {
        let Attestation { client_data, attestation } = answer.response;
        Self { client_data: client_data.0, attestation: attestation.0 }
    }
}

impl From<AuthenticationResponse> for Assertion {
    fn from(answer: AuthenticationResponse) -> Self {
        let AuthenticationResponse { credential, response } = answer;
        Self {
            credential: credential.0,
            client_data: response.client_data.0,
            authenticator_data: response.authenticator_data.0,
            signature: response.signature.0,
            user: response.user_handle.0,
        }
    }
}
