//! Whose gear a connection inside TLS is of, by the certificate that it showed.
//!
//! A certificate is one client's; who registers it is refused where another has it. That its
//! holder is there was proven in the handshake.

use std::collections::HashMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{Gear, OrganizationGear, Whose};
use crate::authentication::{NAMES, alternative_names, is_valid_at, objection_to_gear, voucher};
use crate::directory::Directory;
use crate::error::Error;
use crate::id::{OrganizationId, RadiusClientId};
use crate::records::{CertificateFingerprint, GearCertificates};
use crate::time::Time;

/// The certificates of the table's clients.
#[derive(Default)]
pub(super) struct Certificates {
    fingerprints: HashMap<CertificateFingerprint, Whose>,
    names: HashMap<String, Whose>,
}

/// A client that showed a certificate of its own.
pub struct CertifiedGear {
    /// Whose client it is.
    pub organization: OrganizationId,
    /// Which.
    pub client: RadiusClientId,
    by: By,
    ends: Time,
    chain: Vec<Vec<u8>>,
}

/// What makes the certificate the client's.
enum By {
    Fingerprint(CertificateFingerprint),
    /// A name in it, and the authority that vouches for it.
    Name(String, Arc<[u8]>),
}

const UNREADABLE: &str = "the certificate cannot be read";
const OUT_OF_TIME: &str = "the certificate is not valid at this time";
const UNKNOWN: &str = "no RADIUS client has the certificate";
const SEVERAL: &str = "the certificate names more than one RADIUS client";

impl Certificates {
    /// Adds those of an organization's clients.
    pub(super) fn join(&mut self, organization: OrganizationId, own: &OrganizationGear) {
        for (client, GearCertificates { fingerprints, names }) in &own.certificates {
            let whose = (organization, *client);
            self.fingerprints.extend(fingerprints.iter().map(|one| (*one, whose)));
            self.names.extend(names.iter().map(|name| (name.clone(), whose)));
        }
    }
}

impl Gear {
    /// The client whose certificate is the first of a chain.
    ///
    /// # Errors
    /// Says why it is nobody's.
    pub fn certified(&self, chain: &[Vec<u8>], now: Time) -> Result<CertifiedGear, &'static str> {
        let (own, between) = chain.split_first().ok_or(UNREADABLE)?;
        let (_, certificate) = X509Certificate::from_der(own).map_err(|_| UNREADABLE)?;
        if !is_valid_at(&certificate, now) {
            return Err(OUT_OF_TIME);
        }
        let fingerprint = CertificateFingerprint(Sha256::digest(own).into());
        let known = self.certificates.fingerprints.get(&fingerprint).copied();
        let ((organization, client), by) = match known {
            Some(whose) => (whose, By::Fingerprint(fingerprint)),
            None => self.named(&alternative_names(&certificate, false), (own, between), now)?,
        };
        let seconds = u64::try_from(certificate.validity().not_after.timestamp());
        let ends = Time(seconds.unwrap_or_default().saturating_add(1).saturating_mul(1_000));
        Ok(CertifiedGear { organization, client, by, ends, chain: chain.to_vec() })
    }

    /// Whether a client that was known by a certificate still is, as far as the table knows.
    pub fn certifies(&self, known: &CertifiedGear, now: Time) -> bool {
        let is_own = |whose: Option<&Whose>| whose == Some(&(known.organization, known.client));
        let stands = match &known.by {
            By::Fingerprint(print) => is_own(self.certificates.fingerprints.get(print)),
            By::Name(name, authority) => {
                is_own(self.certificates.names.get(name))
                    && self.trusted(known.organization).contains(authority)
            }
        };
        stands && now < known.ends
    }

    /// The one client with one of these names for which its own organization trusts a certificate.
    fn named(
        &self,
        names: &[String],
        (own, between): (&[u8], &[Vec<u8>]),
        now: Time,
    ) -> Result<(Whose, By), &'static str> {
        let mut found: Option<(Whose, By)> = None;
        for name in names.iter().take(NAMES).map(|name| name.to_ascii_lowercase()) {
            let Some(whose) = self.certificates.names.get(&name).copied() else { continue };
            if found.as_ref().is_some_and(|(other, _)| *other == whose) {
                continue;
            }
            let trusted = self.trusted(whose.0);
            let vouches = voucher((own, between), trusted.iter().map(|one| &**one), now);
            if let Some(authority) = vouches.and_then(|position| trusted.get(position))
                && found.replace((whose, By::Name(name, Arc::clone(authority)))).is_some()
            {
                return Err(SEVERAL);
            }
        }
        found.ok_or(UNKNOWN)
    }

    fn trusted(&self, organization: OrganizationId) -> &[Arc<[u8]>] {
        self.organizations.get(&organization).map_or(&[], |gear| gear.authorities.as_slice())
    }
}

impl Directory {
    /// Why the certificate of gear counts no more by what was revoked, if so: by a list of an
    /// authority that its organization trusts, or for want of one that is required, or by the
    /// organization's own authority. Where nothing
    /// of the organization was changed since it was looked at, as `seen` says, nothing is looked at.
    ///
    /// # Errors
    /// When the store fails.
    pub fn objection_to_gear(
        &self,
        gear: &CertifiedGear,
        seen: &mut Option<u64>,
        now: Time,
    ) -> Result<Option<&'static str>, Error> {
        let snapshot = self.inner.store.read()?;
        let partition = gear.organization.partition();
        if seen.is_some_and(|seen| snapshot.agrees_with(partition, seen)) {
            return Ok(None);
        }
        let vouching = match &gear.by {
            By::Fingerprint(_) => None,
            By::Name(_, authority) => Some(&**authority),
        };
        let shown = (vouching, gear.chain.as_slice());
        let objection = objection_to_gear(&snapshot, partition, shown, now)?;
        *seen = objection.is_none().then(|| snapshot.sequence());
        Ok(objection)
    }
}
