//! What a certificate is asked for with, and what is handed out.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use directory::collections::{CertificateKey, CertificateWish, Issued};
use directory::issuing::{NewKey, RequestedKey};
use directory::records::CertificateOwner;
use directory::{Error, Invalid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::IssuedCertificate;
use crate::api::Api;
use crate::caller::Within;
use crate::pkcs12::{Contents, Prepared, Protection};
use crate::problem::Problem;
use crate::secret_text::SecretText;
use crate::v1::revocation_lists::LISTS;
use crate::v1::wifi_profile::{WifiProfile, WifiWish};
use crate::wifi::{Format, Identity, Network, Proof};

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
    /// A file that brings the certificate and the key onto a device, if one is wanted.
    #[serde(default)]
    wifi: Option<WifiWish>,
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
    /// A file that brings the certificate and the key onto a device, if one is wanted.
    #[serde(default)]
    wifi: Option<WifiWish>,
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
    /// The file for a device, where one was wanted.
    #[schema(required)]
    wifi_profile: Option<WifiProfile>,
}

/// What was asked for, looked at as far as it goes without the directory.
pub(crate) struct Wanted {
    pub(crate) wish: CertificateWish,
    pub(crate) packing: Packing,
}

/// In what a certificate is handed out.
pub(crate) struct Packing {
    password: String,
    protection: Protection,
    wifi: Option<(Format, Network)>,
}

/// The characters of a password that is made.
const PASSWORD: usize = 20;
/// The fewest and the most octets of one that is given.
const GIVEN: std::ops::RangeInclusive<usize> = 8..=64;

impl NewCertificate {
    /// Looks at what was asked for.
    pub(crate) fn wanted<P>(self, within: &Within<P>) -> Result<Wanted, Problem> {
        let Self { request, days, password, protection, wifi } = self;
        let api = &within.caller.api;
        if request.is_some() && wifi.is_some() {
            return Err(Invalid::new("/wifi", "needs a key that is made here").into());
        }
        let key = match request {
            Some(request) => CertificateKey::Brought(RequestedKey::of_pem(&request)?),
            None => CertificateKey::Made(NewKey::generate(api.directory.tools())?),
        };
        let password = match password {
            None => api.directory.tools().password(PASSWORD),
            Some(given) => checked(&given)?,
        };
        let wifi = wifi.map(|wish| wish.network(within)).transpose()?;
        let lists = api.public_url.as_ref().map(|url| format!("{url}{LISTS}"));
        let protection = match protection {
            FileProtection::Modern => Protection::Modern,
            FileProtection::Compatible => Protection::Compatible,
        };
        let packing = Packing { password, protection, wifi };
        let in_file = packing.wifi.is_some();
        Ok(Wanted { wish: CertificateWish { key, days, lists, in_file }, packing })
    }
}

impl RenewedCertificate {
    /// Looks at what was asked for.
    pub(crate) fn wanted<P>(self, within: &Within<P>) -> Result<Wanted, Problem> {
        let Self { request, days, password, protection, wifi, revoke_former: _ } = self;
        NewCertificate { request, days, password, protection, wifi }.wanted(within)
    }
}

/// A password for a file that can stand in every format.
fn checked(given: &SecretText) -> Result<String, Invalid> {
    let text = given.expose();
    if !GIVEN.contains(&text.len()) || text.chars().any(char::is_control) {
        let message = "must have 8 to 64 octets, and no control characters";
        return Err(Invalid::new("/password", message));
    }
    Ok(text.to_owned())
}

/// What a certificate is packed into, made ready before there is one: packing it takes no time then,
/// and so is a part of the change that issues it.
pub(crate) struct Packer {
    password: String,
    file: Prepared,
    wifi: Option<(Format, Network)>,
    /// Apple's stands beside its password, so that what older systems open is as good there.
    apple: Option<Prepared>,
}

/// A certificate that was issued, in all that its owner gets.
pub(crate) struct Packed {
    issued: Issued,
    identity: Option<(Identity, Option<WifiProfile>)>,
}

impl Packing {
    /// Makes ready what takes long.
    pub(crate) async fn ready(self, api: &Api) -> Result<Packer, Problem> {
        let Self { password, protection, wifi } = self;
        let is_apples = wifi.as_ref().is_some_and(|(format, _)| *format == Format::Mobileconfig);
        api.blocking(move |directory| {
            let prepared = |protection| Prepared::new(&password, protection, directory.tools());
            let prepared = |protection| prepared(protection).map_err(|it| Problem::internal(&it));
            let file = prepared(protection)?;
            let apple = is_apples.then(|| prepared(Protection::Compatible)).transpose()?;
            Ok::<_, Problem>(Packer { password, file, wifi, apple })
        })
        .await
    }
}

impl Packer {
    /// Packs what was issued. A key that its owner has is not packed.
    pub(crate) fn pack(self, issued: Issued) -> Result<Packed, Error> {
        let Some(key) = &issued.key else { return Ok(Packed { issued, identity: None }) };
        let Self { password, file, wifi, apple } = self;
        let record = &issued.record;
        let contents = Contents {
            certificate: &record.certificate,
            authority: &issued.authority.fields.certificate,
            key: key.pkcs8(),
            name: &record.name,
        };
        let made = |prepared: Prepared| prepared.file(&contents).map_err(|_| UNMADE);
        let mut identity = Identity {
            name: record.name.clone(),
            device: matches!(record.owner, CertificateOwner::Device(_)),
            certificate: record.pem(),
            key: key.pem().to_string(),
            pkcs12: made(file)?,
            password,
        };
        let profile = match wifi {
            Some((format, network)) => {
                let apples = apple.map(made).transpose()?;
                let asked = apples.map(|apples| std::mem::replace(&mut identity.pkcs12, apples));
                let profile = network.file(format, &Proof::Identity(&identity))?;
                if let Some(asked) = asked {
                    identity.pkcs12 = asked;
                }
                Some(profile.into())
            }
            None => None,
        };
        Ok(Packed { identity: Some((identity, profile)), issued })
    }
}

const UNMADE: Error = Error::Forbidden("the PKCS#12 file could not be made");

impl Packed {
    /// Shows what its owner gets.
    pub(crate) fn shown<P>(self, within: &Within<P>) -> Result<IssuedIdentity, Problem> {
        let Issued { record, authority, .. } = self.issued;
        let (reading, now) = (within.caller.read()?, within.caller.now());
        let certificate = IssuedCertificate::of(record, &reading, within.organization, now)?;
        let authority = authority.fields.pem();
        let (identity, wifi_profile) = self.identity.unzip();
        let (pkcs12, private_key, password) = match identity {
            Some(Identity { pkcs12, key, password, .. }) => {
                (Some(BASE64_STANDARD.encode(pkcs12)), Some(key), Some(password))
            }
            None => (None, None, None),
        };
        let wifi_profile = wifi_profile.flatten();
        Ok(IssuedIdentity { certificate, authority, private_key, pkcs12, password, wifi_profile })
    }
}
