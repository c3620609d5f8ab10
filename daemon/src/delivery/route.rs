//! The way to a receiver: its address, looked at before it is connected to, and TLS.

use std::io;
use std::sync::Arc;

use directory::delivery::{DeliveryNetworks, Trust};
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Addresses of one name that are tried at most.
const ADDRESSES: usize = 8;

/// What leads to receivers, and to where lists of revoked certificates are fetched.
pub(crate) struct Roads {
    networks: DeliveryNetworks,
    /// What is said of an address that lies in none of them.
    closed: &'static str,
    /// Whom this machine believes, read when first needed.
    machine: OnceCell<Arc<RootCertStore>>,
}

impl Roads {
    pub(super) fn new(networks: DeliveryNetworks) -> Self {
        Self::within(networks, "lets no events go ([event_delivery] networks)")
    }

    /// Roads into these networks alone; `closed` says what the operator does about others, and where
    /// that is said.
    pub(crate) fn within(networks: DeliveryNetworks, closed: &'static str) -> Self {
        Self { networks, closed, machine: OnceCell::new() }
    }

    /// Connects to a host. What its name means is looked up here, and the addresses that were looked
    /// at are the ones that are connected to: a name that means another one a moment later leads
    /// nowhere else.
    pub(crate) async fn connect(&self, (host, port): (&str, u16)) -> Result<TcpStream, String> {
        let found = tokio::net::lookup_host((host, port)).await;
        let found =
            found.map_err(|error| format!("the name {host} cannot be looked up: {error}"))?;
        let mut failure = format!("the name {host} has no address");
        for address in found.take(ADDRESSES) {
            if !self.networks.admit(address.ip()) {
                // What a name means in here is not told: whoever names a receiver could ask for all.
                let closed = self.closed;
                failure = format!("{host} lies in a network where the operator {closed}");
                continue;
            }
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    // Whoever cannot send small packets at once sends them later.
                    let _slower = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Err(error) => failure = format!("{address} cannot be reached: {error}"),
            }
        }
        Err(failure)
    }

    /// Connects to a host, and has it prove itself.
    pub(super) async fn connect_tls(
        &self,
        to: (&str, u16),
        trust: &Trust,
    ) -> Result<TlsStream<TcpStream>, String> {
        let config = self.config(trust).await?;
        let name = trust.server_name.strip_suffix('.').unwrap_or(&trust.server_name);
        let name = ServerName::try_from(name.to_owned());
        let name = name.map_err(|_| format!("{} is no name of a server", trust.server_name))?;
        let stream = self.connect(to).await?;
        let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
        connected.map_err(|error| match is_end(&error) {
            true => "TLS failed: the receiver ended the connection meanwhile".to_owned(),
            false => format!("TLS failed: {error}"),
        })
    }

    async fn config(&self, trust: &Trust) -> Result<ClientConfig, String> {
        let failed = |error: rustls::Error| format!("TLS cannot be set up: {error}");
        let roots = match &trust.authorities {
            Some(pem) => Arc::new(named(pem)?),
            None => Arc::clone(self.machine.get_or_init(of_machine).await),
        };
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(failed)?
            .with_root_certificates(roots);
        let Some((chain, key)) = &trust.client else { return Ok(config.with_no_client_auth()) };
        let chain = chain.iter().map(|one| CertificateDer::from(one.clone())).collect();
        let key = PrivateKeyDer::try_from(key.expose().to_vec());
        let key = key.map_err(|reason| format!("the client certificate's key: {reason}"))?;
        config.with_client_auth_cert(chain, key).map_err(failed)
    }
}

/// The authorities that a destination names.
fn named(pem: &str) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|error| format!("the authorities: {error}"))?;
        roots.add(certificate).map_err(|error| format!("the authorities: {error}"))?;
    }
    Ok(roots)
}

/// The authorities that this machine believes. Where there are none nobody is believed, which is what
/// whoever sends is told then.
async fn of_machine() -> Arc<RootCertStore> {
    let read = || {
        let loaded = rustls_native_certs::load_native_certs();
        for error in &loaded.errors {
            tracing::warn!(%error, "some of the machine's certificate authorities cannot be read");
        }
        let mut roots = RootCertStore::empty();
        let (_, ignored) = roots.add_parsable_certificates(loaded.certs);
        if ignored > 0 {
            tracing::debug!(ignored, "certificate authorities that are none");
        }
        Arc::new(roots)
    };
    tokio::task::spawn_blocking(read).await.unwrap_or_else(|_| Arc::new(RootCertStore::empty()))
}

/// Whether the other side has gone, which ends a conversation however it took its leave.
pub(super) fn is_end(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::UnexpectedEof
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nobody_is_connected_to_where_the_operator_lets_nothing_go() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        for host in ["127.0.0.1", "localhost", "::ffff:127.0.0.1", "0.0.0.0"] {
            let refused = Roads::new(DeliveryNetworks::default()).connect((host, port)).await;
            let reason = refused.unwrap_err();
            assert!(reason.contains("lets no events go"), "{host}: {reason}");
        }
        let here = "127.0.0.0/8".parse().unwrap();
        let open = Roads::new(DeliveryNetworks { private: vec![here] });
        assert!(open.connect(("127.0.0.1", port)).await.is_ok());
    }
}
