//! Whose certificate an organization's peers are shown: its own, or the daemon's.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use directory::collections::ShownCertificate;
use directory::records::Stamp;
use directory::{Directory, Gear, OrganizationId};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::tls::{Identity, Tunnels};

/// The daemon's certificate, if it has one, and those of organizations that have one of their own,
/// as they were shown last.
pub(super) struct Shown {
    identity: Option<Arc<Identity>>,
    own: Mutex<HashMap<OrganizationId, Own>>,
}

#[derive(Clone)]
struct Own {
    /// When it was set, and how often.
    stamp: Stamp,
    tunnels: Tunnels,
}

impl Shown {
    pub(super) fn new(identity: Option<Arc<Identity>>) -> Self {
        Self { identity, own: Mutex::default() }
    }

    /// What a new conversation shows; nothing where there is neither, and when the organization's
    /// own cannot be had, because its peers would be right to refuse another.
    pub(super) fn tunnels(
        &self,
        directory: &Directory,
        organization: OrganizationId,
    ) -> Option<Tunnels> {
        let shown = match directory.shown_certificate(organization) {
            Ok(shown) => shown,
            Err(error) => {
                tracing::error!(%error, "an organization's certificate cannot be read");
                return None;
            }
        };
        let Some(shown) = shown else {
            self.lock().remove(&organization);
            return self.identity.as_ref().map(|identity| identity.tunnels());
        };
        let stamp = shown.record.stamp;
        let known = self.lock().get(&organization).filter(|known| known.stamp == stamp).cloned();
        if let Some(known) = known {
            return Some(known.tunnels);
        }
        match tunnels(&shown) {
            Ok(tunnels) => {
                self.lock().insert(organization, Own { stamp, tunnels: tunnels.clone() });
                Some(tunnels)
            }
            Err(error) => {
                tracing::error!(%error, "an organization's certificate cannot be shown");
                None
            }
        }
    }

    /// Forgets the keys of organizations that are not answered any more.
    pub(super) fn tidy(&self, gear: &Gear) {
        self.lock().retain(|organization, _| gear.answers(*organization));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OrganizationId, Own>> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tunnels(shown: &ShownCertificate) -> Result<Tunnels, rustls::Error> {
    let chain = shown.record.sent().iter().map(|one| CertificateDer::from(one.clone()));
    let chain: Vec<_> = chain.collect();
    let key = PrivateKeyDer::try_from(shown.key.expose().to_vec())
        .map_err(|message| rustls::Error::General(message.to_owned()))?;
    Tunnels::new(&chain, key)
}
