//! Whose gear a connection inside TLS is of, by the certificate that it showed.
//!
//! A certificate is one client's; who registers it is refused where another has it. That its
//! holder is there was proven in the handshake.

use std::collections::HashMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use storage::{Reading, Snapshot};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::Gear;
use crate::authentication::{NAMES, alternative_names, is_valid_at, voucher};
use crate::error::Error;
use crate::id::{OrganizationId, RadiusClientId};
use crate::records::{CertificateAuthority, CertificateFingerprint, GearCertificates};
use crate::time::Time;

/// The certificates of the table's clients.
#[derive(Default)]
pub(super) struct Certificates {
    fingerprints: HashMap<CertificateFingerprint, usize>,
    names: HashMap<String, usize>,
    /// Of organizations whose gear is known by names.
    authorities: HashMap<OrganizationId, Vec<Arc<[u8]>>>,
}

/// A client that showed a certificate of its own.
pub struct CertifiedGear {
    /// Whose client it is.
    pub organization: OrganizationId,
    /// Which.
    pub client: RadiusClientId,
    by: By,
    ends: Time,
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
    pub(super) fn add(&mut self, certificates: &GearCertificates, position: usize) {
        let GearCertificates { fingerprints, names } = certificates;
        self.fingerprints.extend(fingerprints.iter().map(|one| (*one, position)));
        self.names.extend(names.iter().map(|name| (name.clone(), position)));
    }

    /// How many names there are.
    pub(super) fn names(&self) -> usize {
        self.names.len()
    }

    /// Notes whom an organization trusts. Its own authority issues nothing for gear: a device must
    /// not become one by its name.
    pub(super) fn trust(
        &mut self,
        snapshot: &Snapshot,
        organization: OrganizationId,
    ) -> Result<(), Error> {
        let trusted = self.authorities.entry(organization).or_default();
        for found in snapshot.scan::<CertificateAuthority>(organization.partition(), None) {
            let authority = found?.1.fields;
            if authority.built_in.is_none() {
                trusted.push(authority.certificate.into());
            }
        }
        Ok(())
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
        let (position, by) = match known {
            Some(position) => (position, By::Fingerprint(fingerprint)),
            None => self.named(&alternative_names(&certificate, false), (own, between), now)?,
        };
        let client = self.clients.get(position).ok_or(UNKNOWN)?;
        let seconds = u64::try_from(certificate.validity().not_after.timestamp());
        let ends = Time(seconds.unwrap_or_default().saturating_add(1).saturating_mul(1_000));
        Ok(CertifiedGear { organization: client.organization, client: client.client, by, ends })
    }

    /// Whether a client that was known by a certificate still is.
    pub fn certifies(&self, known: &CertifiedGear, now: Time) -> bool {
        let client = (known.organization, known.client);
        let Some(own) = self.positions.get(&client) else { return false };
        let is_own = |position: Option<&usize>| position == Some(own);
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
    ) -> Result<(usize, By), &'static str> {
        let mut found: Option<(usize, By)> = None;
        for name in names.iter().take(NAMES).map(|name| name.to_ascii_lowercase()) {
            let Some(position) = self.certificates.names.get(&name).copied() else { continue };
            if found.as_ref().is_some_and(|(other, _)| *other == position) {
                continue;
            }
            let Some(client) = self.clients.get(position) else { continue };
            let trusted = self.trusted(client.organization);
            let vouches = voucher((own, between), trusted.iter().map(|one| &**one), now);
            if let Some(authority) = vouches.and_then(|position| trusted.get(position))
                && found.replace((position, By::Name(name, Arc::clone(authority)))).is_some()
            {
                return Err(SEVERAL);
            }
        }
        found.ok_or(UNKNOWN)
    }

    fn trusted(&self, organization: OrganizationId) -> &[Arc<[u8]>] {
        self.certificates.authorities.get(&organization).map_or(&[], Vec::as_slice)
    }
}
