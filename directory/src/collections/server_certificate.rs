//! The certificate that an organization's network shows in EAP, in place of the daemon's.

use std::collections::VecDeque;
use std::slice;
use std::sync::Arc;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RsaKeyPair,
};
use rcgen::string::Ia5String;
use rcgen::{ExtendedKeyUsagePurpose, SanType};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};
use storage::{Change, Reading, Secret, Snapshot};
use x509_parser::prelude::{FromDer, X509Certificate};
use zeroize::Zeroizing;

use super::certificate_authorities::{
    CERTIFICATE_DAYS, check_days, is_authority, issuing, pem, validity_of,
};
use super::certificate_fits::{dns_names_of, for_a_client, for_a_server};
use super::issuing::is_host;
use super::own_certificates::{Fingerprint, shown};
use super::site::Site;
use crate::access::{Grant, ManageConfiguration, View, organization};
use crate::directory::Directory;
use crate::error::{Error, Invalid};
use crate::events::{Action, Difference, SubjectKind};
use crate::id::OrganizationId;
use crate::issuing::{NewKey, Paper};
use crate::limits;
use crate::records::{CertificateAuthority, ServerCertificate, Stamp, kinds};
use crate::time::Time;

/// The most octets of an RSA modulus.
const RSA: usize = 512;
/// The most certificates of a chain.
const CHAIN: usize = 8;
/// The curves of keys that peers can verify.
const CURVES: [&EcdsaSigningAlgorithm; 3] = [
    &ECDSA_P256_SHA256_ASN1_SIGNING,
    &ECDSA_P384_SHA384_ASN1_SIGNING,
    &ECDSA_P521_SHA512_ASN1_SIGNING,
];
/// The most octets of a chain or of a key in PEM.
const PEM: usize = 64 << 10;

/// A certificate chain that has been found to fit its key.
pub struct ServerIdentity {
    chain: Vec<CertificateDer<'static>>,
    key: Zeroizing<Vec<u8>>,
}

impl ServerIdentity {
    /// Reads a chain, the server's own certificate first, and its key (PKCS#8, PKCS#1 or SEC 1).
    ///
    /// # Errors
    /// `Invalid` when either cannot be read, when they do not belong together, or when the
    /// certificate is none that a server may show: for other uses, without a DNS name, or none that
    /// counts at this time.
    pub fn of_pem(certificate: &str, key: &str, now: Time) -> Result<Self, Invalid> {
        Self::read(certificate, key, |chain| for_a_server(chain, now))
    }

    fn read(
        certificate: &str,
        key: &str,
        fits: impl FnOnce(&[CertificateDer<'_>]) -> Result<(), Invalid>,
    ) -> Result<Self, Invalid> {
        let refused = |message: &str| Invalid::new("/certificate", message);
        if certificate.len() > PEM || key.len() > PEM {
            return Err(refused("is too large"));
        }
        let chain = CertificateDer::pem_slice_iter(certificate.as_bytes());
        let chain: Vec<_> = chain
            .collect::<Result<_, _>>()
            .map_err(|_| refused("must be certificates in PEM, the own one first"))?;
        if !(1..=CHAIN).contains(&chain.len()) {
            return Err(refused("must be 1 to 8 certificates in PEM, the own one first"));
        }
        let private = PrivateKeyDer::from_pem_slice(key.as_bytes())
            .map_err(|_| Invalid::new("/private_key", "must be a private key in PEM"))?;
        fits(&chain)?;
        let public = chain.first().and_then(|own| public_key_of(own));
        if public.is_none() || public_key(&private) != public {
            return Err(Invalid::new("/private_key", "is not that of the certificate"));
        }
        Ok(Self { chain, key: Zeroizing::new(private.secret_der().to_vec()) })
    }
}

/// A certificate chain with its key that the daemon shows where it is the client.
pub struct ClientIdentity(ServerIdentity);

impl ClientIdentity {
    /// Reads a chain, the own certificate first, and its key (PKCS#8, PKCS#1 or SEC 1).
    ///
    /// # Errors
    /// `Invalid` when either cannot be read, when they do not belong together, or when the
    /// certificate is none that a client may show.
    pub fn of_pem(certificate: &str, key: &str) -> Result<Self, Invalid> {
        ServerIdentity::read(certificate, key, for_a_client).map(Self)
    }

    /// The chain in DER.
    pub(super) fn chain(&self) -> Vec<Vec<u8>> {
        self.0.chain.iter().map(|one| one.to_vec()).collect()
    }

    /// The key in DER.
    pub(super) fn key(&self) -> &[u8] {
        &self.0.key
    }
}

impl ServerIdentity {
    /// A certificate that was made here, with its key; peers know the authority themselves.
    pub(super) fn made(certificate: Vec<u8>, key: &NewKey) -> Self {
        let key = Zeroizing::new(key.pkcs8().to_vec());
        Self { chain: vec![CertificateDer::from(certificate)], key }
    }
}

/// The public key in a certificate.
fn public_key_of(certificate: &[u8]) -> Option<Vec<u8>> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    Some(certificate.public_key().subject_public_key.data.to_vec())
}

/// The public key that belongs to a private one, as certificates have it; `None` for keys of kinds
/// that no peer could verify: other than RSA of 2048 to 4096 bits, ECDSA and Ed25519.
fn public_key(private: &PrivateKeyDer<'_>) -> Option<Vec<u8>> {
    let octets = private.secret_der();
    let of_curve = |read: fn(&'static EcdsaSigningAlgorithm, &[u8]) -> Result<_, _>| {
        let pair: Option<EcdsaKeyPair> =
            CURVES.into_iter().find_map(|curve| read(curve, octets).ok());
        pair.map(|pair| pair.public_key().as_ref().to_vec())
    };
    let rsa = |pair: RsaKeyPair| {
        // A larger one takes so long to sign with that others would wait.
        let fits = pair.public_modulus_len() <= RSA;
        fits.then(|| pair.public_key().as_ref().to_vec())
    };
    match private {
        PrivateKeyDer::Sec1(_) => of_curve(EcdsaKeyPair::from_private_key_der),
        PrivateKeyDer::Pkcs1(_) => RsaKeyPair::from_der(octets).ok().and_then(rsa),
        PrivateKeyDer::Pkcs8(_) => of_curve(EcdsaKeyPair::from_pkcs8)
            .or_else(|| RsaKeyPair::from_pkcs8(octets).ok().and_then(rsa))
            .or_else(|| {
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(octets).ok()?;
                Some(pair.public_key().as_ref().to_vec())
            }),
        _ => None,
    }
}

/// What the server's own certificate says.
pub struct Facts {
    /// Whom it is for.
    pub subject: String,
    /// The DNS names that it has.
    pub dns_names: Vec<String>,
    /// From when it counts.
    pub not_before: Time,
    /// Until when it counts.
    pub not_after: Time,
}

/// The milliseconds of a day.
const DAY: u64 = 24 * 60 * 60 * 1_000;

impl Facts {
    /// For how many days it counts, where some devices take none of a server that counts so long.
    pub fn too_many_days(&self) -> Option<u64> {
        let days = self.not_after.0.saturating_sub(self.not_before.0).div_ceil(DAY);
        (days > u64::from(CERTIFICATE_DAYS)).then_some(days)
    }
}

impl ServerCertificate {
    /// What of the chain is sent: not the authority at its end that vouches for itself, which peers
    /// have to know beforehand (RFC 8446 section 4.4.2).
    pub fn sent(&self) -> &[Vec<u8>] {
        match self.chain.split_last() {
            Some((last, rest)) if !rest.is_empty() && is_signed_by(slice::from_ref(last), last) => {
                rest
            }
            Some(_) | None => &self.chain,
        }
    }

    /// The chain in PEM.
    pub fn pem(&self) -> String {
        self.chain.iter().map(|one| pem(one)).collect()
    }

    /// What the server's own certificate says; nothing of one that cannot be read, which no stored
    /// one is.
    pub fn facts(&self) -> Facts {
        let own = self.chain.first().and_then(|own| X509Certificate::from_der(own).ok());
        let Some((_, own)) = own else {
            let (subject, dns_names) = (String::new(), Vec::new());
            return Facts { subject, dns_names, not_before: Time(0), not_after: Time(0) };
        };
        let (not_before, not_after) = validity_of(&own);
        let (subject, dns_names) = (own.subject().to_string(), dns_names_of(&own));
        Facts { subject, dns_names, not_before, not_after }
    }

    /// SHA-256 of the server's own certificate.
    pub fn fingerprint(&self) -> Fingerprint {
        Sha256::digest(self.chain.first().map(Vec::as_slice).unwrap_or_default()).into()
    }
}

impl Grant<'_, &Snapshot, View> {
    /// The organization's own certificate, if it has one.
    ///
    /// # Errors
    /// When the store fails.
    pub fn server_certificate(&self) -> Result<Option<ServerCertificate>, Error> {
        let partition = self.organization()?.partition();
        Ok(self.source.get(partition, ServerCertificate::ID)?)
    }
}

/// By what devices know the server that an organization's network shows.
pub struct NetworkTrust {
    /// The authorities that vouch for it, or will, in DER: the one that does first.
    pub authorities: Vec<Vec<u8>>,
    /// The DNS names that it has.
    pub names: Vec<String>,
}

impl Grant<'_, &Snapshot, View> {
    /// By what devices know the server that the network shows: the organization's own authority
    /// that issued its certificate, and the one that will issue the next; or else the authority at
    /// the end of its chain.
    ///
    /// # Errors
    /// `Forbidden` when the network shows the daemon's certificate, or one that nothing known
    /// vouches for.
    pub fn network_trust(&self) -> Result<NetworkTrust, Error> {
        let none = "the network has no server certificate of its own; issue one first";
        let shown = self.server_certificate()?.ok_or(Error::Forbidden(none))?;
        // Of a certificate from elsewhere names may be anything; what is none of a host is not told.
        let mut names = shown.facts().dns_names;
        names.retain(|name| is_host(name));
        if names.is_empty() {
            return Err(Error::Forbidden("the network's server certificate has no DNS name"));
        }
        let (mut authorities, mut vouches) = (VecDeque::new(), false);
        let all = self.source.scan::<CertificateAuthority>(self.place.partition(), None);
        for found in all {
            let (_, authority) = found?;
            if authority.fields.built_in.is_some() {
                let certificate = authority.fields.certificate;
                // Some clients look at the first alone.
                if is_signed_by(&shown.chain, &certificate) {
                    vouches = true;
                    authorities.push_front(certificate);
                } else {
                    authorities.push_back(certificate);
                }
            }
        }
        if !vouches {
            let unknown = "put the authority's certificate at the end of the server certificate";
            let last = shown.chain.last().filter(|last| is_authority(last));
            authorities = [last.ok_or(Error::Forbidden(unknown))?.clone()].into();
        }
        Ok(NetworkTrust { authorities: authorities.into(), names })
    }
}

/// Whether an authority signed the first certificate of a chain.
fn is_signed_by(chain: &[Vec<u8>], authority: &[u8]) -> bool {
    let own = chain.first().and_then(|own| X509Certificate::from_der(own).ok());
    let (Some((_, own)), Ok((_, authority))) = (own, X509Certificate::from_der(authority)) else {
        return false;
    };
    let named = own.issuer().as_raw() == authority.subject().as_raw();
    named && own.verify_signature(Some(authority.public_key())).is_ok()
}

impl Grant<'_, &mut Change<'_>, ManageConfiguration> {
    /// Has the organization's network show this certificate from the next conversation on; with
    /// `revision`, only when nobody set another in between. That it shows this one already is no change.
    ///
    /// # Errors
    /// `Missing` when the grant is for the provider; `Stale`; a store failure.
    pub fn set_server_certificate(
        &mut self,
        revision: Option<u64>,
        identity: &ServerIdentity,
    ) -> Result<ServerCertificate, Error> {
        let id = self.organization()?;
        let mut site = self.site_mut();
        let (partition, now) = (site.partition(), site.now());
        let before = site.source.get::<ServerCertificate>(partition, ServerCertificate::ID)?;
        check_seen(revision, before.as_ref())?;
        let chain: Vec<Vec<u8>> = identity.chain.iter().map(|one| one.to_vec()).collect();
        // A certificate has one key, which was compared with it.
        if let Some(same) = before.as_ref().filter(|before| before.chain == chain) {
            return Ok(same.clone());
        }
        let mut stamp = before.as_ref().map_or_else(|| Stamp::new(now), |before| before.stamp);
        if before.is_some() {
            stamp.touch(now);
        }
        let after = ServerCertificate { stamp, chain };
        site.source.put(partition, ServerCertificate::ID, &after)?;
        let number = ServerCertificate::ID;
        site.source.put_secret(partition, kinds::SERVER_KEY, number, &identity.key)?;
        tell(&mut site, id, before.as_ref(), Some(&after))?;
        Ok(after)
    }

    /// Issues a certificate for these DNS names by the organization's own authority, and has the
    /// network show it from the next conversation on; without names, for those of the one that is
    /// shown. With `revision`, only when nobody set another in between.
    ///
    /// # Errors
    /// `Forbidden` when the organization has no authority of its own; `Invalid`; `Stale`; a store
    /// failure.
    pub fn issue_server_certificate(
        &mut self,
        revision: Option<u64>,
        names: Option<Vec<String>>,
        days: u16,
        key: &NewKey,
    ) -> Result<ServerCertificate, Error> {
        check_days("/days", days, CERTIFICATE_DAYS)?;
        let site = self.site_mut();
        let partition = site.partition();
        let before = site.source.get::<ServerCertificate>(partition, ServerCertificate::ID)?;
        check_seen(revision, before.as_ref())?;
        let names = match names {
            Some(names) => names,
            None => {
                let names = before.map(|before| before.facts().dns_names);
                names.ok_or_else(|| Invalid::new("/dns_names", "must be given the first time"))?
            }
        };
        let names = dns_names(&names)?;
        let (_, _, issuer) = issuing(&*site.source, partition)?;
        let common_name = match names.first() {
            Some(SanType::DnsName(name)) => name.as_str().to_owned(),
            Some(_) | None => return Err(Invalid::new("/dns_names", "must have a name").into()),
        };
        let usage = ExtendedKeyUsagePurpose::ServerAuth;
        let now = site.now();
        let paper = Paper { common_name, names, usage, days, now, revocation_url: None };
        let signed = issuer.sign_made(&paper, key, site.tools)?;
        self.set_server_certificate(revision, &ServerIdentity::made(signed.der, key))
    }

    /// Has the organization's network show the daemon's certificate again; with `revision`, only
    /// when nobody set another in between.
    ///
    /// # Errors
    /// `Missing` when it has none of its own; `Stale`; a store failure.
    pub fn remove_server_certificate(&mut self, revision: Option<u64>) -> Result<(), Error> {
        let id = self.organization()?;
        let mut site = self.site_mut();
        let (partition, number) = (site.partition(), ServerCertificate::ID);
        let before = site.source.get::<ServerCertificate>(partition, number)?;
        let before = before.ok_or(Error::Missing)?;
        if revision.is_some_and(|revision| revision != before.stamp.revision) {
            return Err(Error::Stale);
        }
        site.source.delete::<ServerCertificate>(partition, number)?;
        site.source.delete_secret(partition, kinds::SERVER_KEY, number)?;
        tell(&mut site, id, Some(&before), None)
    }
}

/// Whether the certificate is the one that was seen, where that matters.
fn check_seen(revision: Option<u64>, before: Option<&ServerCertificate>) -> Result<(), Error> {
    match revision {
        Some(_) if revision != before.map(|before| before.stamp.revision) => Err(Error::Stale),
        Some(_) | None => Ok(()),
    }
}

/// The most DNS names of a server's certificate.
const NAMES: usize = 8;

fn dns_names(names: &[String]) -> Result<Vec<SanType>, Invalid> {
    limits::count("/dns_names", names.len(), NAMES)?;
    let numbered = names.iter().enumerate();
    let checked = numbered.map(|(position, name)| {
        let refused = || Invalid::new(format!("/dns_names/{position}"), "must be a DNS name");
        let name = name.to_ascii_lowercase();
        let fits = is_host(&name) && name.contains('.');
        let name = fits.then(|| Ia5String::try_from(name).ok()).flatten();
        Ok(SanType::DnsName(name.ok_or_else(refused)?))
    });
    checked.collect()
}

fn tell(
    site: &mut Site<'_, &mut Change<'_>>,
    id: OrganizationId,
    before: Option<&ServerCertificate>,
    after: Option<&ServerCertificate>,
) -> Result<(), Error> {
    let fingerprint = |one: &ServerCertificate| shown(&[one.fingerprint()]);
    let told = Difference {
        field: "server_certificate".into(),
        before: before.map(fingerprint),
        after: after.map(fingerprint),
    };
    let record = organization(&*site.source, id)?.ok_or(Error::Missing)?;
    let subject = (SubjectKind::Organization, record.uuid, record.fields.slug.as_str());
    site.tell(Action::Changed, subject, vec![told])
}

/// A certificate chain with its key, as the store has them.
pub struct ShownCertificate {
    /// The chain, the server's own certificate first.
    pub record: ServerCertificate,
    /// The key's DER.
    pub key: Secret,
}

impl Directory {
    /// What an organization's network shows in place of the daemon's certificate, if anything.
    ///
    /// # Errors
    /// When the store fails.
    pub fn shown_certificate(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<Arc<ShownCertificate>>, Error> {
        let snapshot = self.inner.store.read()?;
        Ok(self.inner.lookups.shown_certificate(&snapshot, organization)?)
    }
}
