//! What a certificate is asked for with, and what is handed out.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use directory::Invalid;
use directory::access::View;
use directory::collections::{CertificateKey, CertificateWish, Issued};
use directory::issuing::{NewKey, RequestedKey};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::IssuedCertificate;
use crate::api::Api;
use crate::caller::Within;
use crate::pkcs12::{self, Contents, Protection};
use crate::problem::Problem;
use crate::secret_text::SecretText;
use crate::v1::revocation_lists::LISTS;

/// What a certificate is to be like.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"days": 365}))]
pub(crate) struct NewCertificate {
    /// A certificate request (PKCS#10) in PEM, of which the key is taken and nothing else. Without
    /// one a key is made, shown this once and kept nowhere.
    #[serde(default)]
    request: Option<String>,
    /// How many days it is to count, at most as long as the authority does; as the authority says
    /// when absent.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 825)]
    days: Option<u16>,
    /// The password of the PKCS#12 file; one is made when absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<SecretText>,
    /// How the PKCS#12 file is protected.
    #[serde(default)]
    protection: FileProtection,
}

/// What a certificate in place of another is to be like.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"revoke_former": true}))]
pub(crate) struct RenewedCertificate {
    /// A certificate request (PKCS#10) in PEM. Without one the former key counts on where its owner
    /// had brought it; else another is made.
    #[serde(default)]
    request: Option<String>,
    /// How many days it is to count; as the authority says when absent.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 825)]
    days: Option<u16>,
    /// The password of the PKCS#12 file; one is made when absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<SecretText>,
    /// How the PKCS#12 file is protected.
    #[serde(default)]
    protection: FileProtection,
    /// Whether the former certificate is revoked at once; else it counts until its end.
    #[serde(default)]
    pub(crate) revoke_former: bool,
}

/// How a PKCS#12 file is protected.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FileProtection {
    /// By AES-256 and SHA-256: for OpenSSL 3, Windows 10 of 1709 and newer, Apple's systems of 2023.
    #[default]
    Modern,
    /// By Triple DES and SHA-1, for what is older. Hand it out on a way that nobody else reads.
    Compatible,
}

/// A certificate that was issued, with all that its owner needs.
#[derive(Serialize, ToSchema)]
pub(crate) struct IssuedIdentity {
    /// The certificate.
    certificate: IssuedCertificate,
    /// The authority's certificate in PEM, which vouches for the organization's server where that
    /// has a certificate of it too.
    authority: String,
    /// The key in PEM, shown this once; null where its owner brought one.
    #[schema(required)]
    private_key: Option<String>,
    /// A PKCS#12 file with key, certificate and authority, in Base64; null where the owner brought a
    /// key.
    #[schema(required)]
    pkcs12: Option<String>,
    /// The password of the PKCS#12 file; null where the owner brought a key.
    #[schema(required)]
    password: Option<String>,
}

/// What was asked for, looked at as far as it goes without the directory.
pub(crate) struct Wanted {
    pub(crate) wish: CertificateWish,
    pub(crate) password: String,
    pub(crate) protection: Protection,
}

/// The characters of a password that is made.
const PASSWORD: usize = 20;
/// The fewest and the most octets of one that is given.
const GIVEN: std::ops::RangeInclusive<usize> = 8..=64;

impl NewCertificate {
    /// Looks at what was asked for.
    pub(crate) fn wanted(self, api: &Api) -> Result<Wanted, Problem> {
        let Self { request, days, password, protection } = self;
        let key = match request {
            Some(request) => CertificateKey::Brought(RequestedKey::of_pem(&request)?),
            None => CertificateKey::Made(NewKey::generate(api.directory.tools())?),
        };
        let password = match password {
            None => api.directory.tools().password(PASSWORD),
            Some(given) if GIVEN.contains(&given.expose().len()) => given.expose().to_owned(),
            Some(_) => {
                return Err(Invalid::new("/password", "must have 8 to 64 octets").into());
            }
        };
        let lists = api.public_url.as_ref().map(|url| format!("{url}{LISTS}"));
        let protection = match protection {
            FileProtection::Modern => Protection::Modern,
            FileProtection::Compatible => Protection::Compatible,
        };
        Ok(Wanted { wish: CertificateWish { key, days, lists }, password, protection })
    }
}

impl RenewedCertificate {
    /// Looks at what was asked for.
    pub(crate) fn wanted(self, api: &Api) -> Result<Wanted, Problem> {
        let Self { request, days, password, protection, revoke_former: _ } = self;
        NewCertificate { request, days, password, protection }.wanted(api)
    }
}

/// Packs what was issued.
pub(crate) async fn packed<P>(
    within: &Within<P>,
    issued: Issued,
    (password, protection): (String, Protection),
) -> Result<IssuedIdentity, Problem> {
    let Issued { record, authority, key } = issued;
    let (certificate, issuer) = (record.certificate.clone(), authority.fields.certificate.clone());
    let name = record.name.clone();
    let made = within.caller.api.blocking(move |directory| {
        let Some(key) = key else { return Ok(None) };
        let contents = Contents {
            certificate: &certificate,
            authority: &issuer,
            key: key.pkcs8(),
            name: &name,
        };
        let file = pkcs12::file(&contents, &password, protection, directory.tools());
        let file = file.map_err(|error| Problem::internal(&error))?;
        Ok::<_, Problem>(Some((file, key, password)))
    });
    let (pkcs12, private_key, password) = match made.await? {
        None => (None, None, None),
        Some((file, key, password)) => {
            (Some(BASE64_STANDARD.encode(file)), Some(key.pem().to_string()), Some(password))
        }
    };
    let (reading, now) = (within.caller.read()?, within.caller.now());
    reading.authorize::<View>(within.organization)?;
    let certificate = IssuedCertificate::of(record, &reading, within.organization, now)?;
    let authority = authority.fields.pem();
    Ok(IssuedIdentity { certificate, authority, private_key, pkcs12, password })
}
