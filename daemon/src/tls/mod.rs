//! The daemon's side of TLS: 1.2 and 1.3 only, one provider, certificates that change while
//! connections go on.

mod by_protocol;
mod client_certificate;
mod corked;
mod self_signed;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::{self, Ticketer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{
    Acceptor, ClientHello, NoServerSessionStorage, ProducesTickets, ServerSessionMemoryCache,
    StoresServerSessions, WebPkiClientVerifier,
};
use rustls::{ProtocolVersion, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use crate::runtimes::at_once;
use by_protocol::ByProtocol;
use client_certificate::AnyClientCertificate;
pub(crate) use corked::Corked;
pub use self_signed::{SelfSigned, SelfSignedError, SelfSignedFiles, self_signed};

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{}: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The certificates are no PEM.
    #[error("{}: no certificates in PEM: {source}", file.display())]
    Certificates {
        /// The file.
        file: PathBuf,
        /// What the reader said.
        source: rustls_pki_types::pem::Error,
    },
    /// The key is no PEM.
    #[error("{}: no private key in PEM: {source}", file.display())]
    Key {
        /// The file.
        file: PathBuf,
        /// What the reader said.
        source: rustls_pki_types::pem::Error,
    },
    /// The two do not fit each other, or are of a kind that nobody could verify.
    #[error("{} with {}: {source}", certificate.display(), key.display())]
    Unfit {
        /// The file of the certificates.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// What rustls said.
        source: rustls::Error,
    },
    /// The cryptographic provider does not work.
    #[error("TLS cannot be set up: {0}")]
    Provider(#[source] rustls::Error),
}

/// On whose threads a handshake is computed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Side {
    /// Those that answer LDAP and RADIUS.
    Front,
    /// Those behind, which may be kept waiting in the middle of one.
    Background,
}

/// Who the daemon is to its TLS clients.
#[derive(Debug)]
pub struct Identity {
    certificate: PathBuf,
    key: PathBuf,
    resumption: Resumption,
    handshake: Duration,
    /// One for each handshake that is being computed.
    turns: Semaphore,
    /// The same for those in the background: nobody in front waits for one of theirs.
    background: Semaphore,
    configs: ArcSwap<Configs>,
}

/// The same certificate for both kinds of client.
#[derive(Debug)]
struct Configs {
    /// For clients that are not asked for a certificate.
    silent: Arc<ServerConfig>,
    /// For clients that are.
    asking: Arc<ServerConfig>,
    /// The same two inside EAP.
    tunnels: Tunnels,
    /// The certificate itself, without those between it and an authority.
    own: CertificateDer<'static>,
}

/// What EAP's methods are on the server's side. Sessions are resumed only by whoever keeps them
/// for one organization.
#[derive(Debug, Clone)]
pub(crate) struct Tunnels {
    /// For peers that prove themselves inside.
    pub(crate) silent: Arc<ServerConfig>,
    /// For peers that must have a certificate, those of RADIUS inside TLS among them.
    pub(crate) demanding: Arc<ServerConfig>,
}

impl Tunnels {
    /// Shows a chain, the server's own certificate first.
    ///
    /// # Errors
    ///
    /// When the key is not the certificate's, or of a kind that nobody could verify.
    pub(crate) fn new(
        chain: &[CertificateDer<'static>],
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, rustls::Error> {
        let tunnel = |key, clients| {
            let mut config = plain_config(chain.to_vec(), key, clients)?;
            config.session_storage = Arc::new(NoServerSessionStorage {});
            Ok::<_, rustls::Error>(Arc::new(config))
        };
        let demanding = Arc::new(AnyClientCertificate::demanded(&provider()));
        Ok(Self {
            silent: tunnel(key.clone_key(), WebPkiClientVerifier::no_client_auth())?,
            demanding: tunnel(key, demanding)?,
        })
    }
}

/// What lets a client come back without a full handshake; it outlives a change of certificates.
#[derive(Debug)]
struct Resumption {
    sessions: Arc<dyn StoresServerSessions>,
    /// Those of clients that must have a certificate, which stays here: none gets a ticket in which
    /// the session itself is.
    certified: Arc<dyn StoresServerSessions>,
    ticketer: Arc<dyn ProducesTickets>,
}

impl Identity {
    /// Reads a certificate chain and its key, keeps up to `sessions` TLS 1.2 sessions, lets a
    /// handshake take as long as `handshake`, and computes `at_once` of them at the same time.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or holds something else, and when key and certificate do not
    /// belong together.
    pub fn load(
        certificate: &Path,
        key: &Path,
        sessions: usize,
        handshake: Duration,
        at_once: usize,
    ) -> Result<Self, TlsError> {
        let resumption = Resumption {
            sessions: ServerSessionMemoryCache::new(sessions),
            certified: ServerSessionMemoryCache::new(sessions),
            ticketer: Ticketer::new().map_err(TlsError::Provider)?,
        };
        let configs = server_configs(certificate, key, &resumption)?;
        Ok(Self {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            resumption,
            handshake,
            turns: Semaphore::new(at_once.max(1)),
            background: Semaphore::new(at_once.max(1)),
            configs: ArcSwap::from_pointee(configs),
        })
    }

    /// Gives what a new connection is to use. A connection keeps it for its life.
    pub fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.configs.load().silent)
    }

    /// Does the server's half of a handshake, in time.
    ///
    /// # Errors
    ///
    /// When the handshake fails, or takes too long.
    pub(crate) async fn accept(
        &self,
        stream: TcpStream,
        side: Side,
    ) -> io::Result<TlsStream<Corked>> {
        let shaken = self.shake_hands(stream, side, |_| self.config());
        tokio::time::timeout(self.handshake, shaken).await?
    }

    /// Does the same, and asks the client for a certificate, which it may have or not. Nothing is
    /// known of one but that the client has its key.
    ///
    /// # Errors
    ///
    /// As [`Self::accept`].
    pub(crate) async fn accept_asking(&self, stream: TcpStream) -> io::Result<TlsStream<Corked>> {
        let config = Arc::clone(&self.configs.load().asking);
        let shaken = self.shake_hands(stream, Side::Front, |_| config);
        tokio::time::timeout(self.handshake, shaken).await?
    }

    /// Does the same with a client that must have a certificate, which a session that it resumes
    /// keeps, and agrees on one of the application protocols that `protocols` names for a client that
    /// speaks TLS 1.3 or not, or on none if the client asks for none. A session is resumed where the
    /// same is agreed on as before.
    ///
    /// # Errors
    ///
    /// As [`Self::accept`].
    pub(crate) async fn accept_demanding(
        &self,
        stream: TcpStream,
        side: Side,
        protocols: impl FnOnce(bool) -> Vec<Vec<u8>>,
    ) -> io::Result<TlsStream<Corked>> {
        let common = Arc::clone(&self.configs.load().tunnels.demanding);
        let choose = |hello: &ClientHello<'_>| {
            let mut config = ServerConfig::clone(&common);
            config.alpn_protocols = protocols(speaks_1_3(hello));
            let sessions =
                ByProtocol::of(hello, &config.alpn_protocols, &self.resumption.certified);
            config.session_storage = Arc::new(sessions);
            Arc::new(config)
        };
        tokio::time::timeout(self.handshake, self.shake_hands(stream, side, choose)).await?
    }

    /// A client that has not sent all of its first message waits for nobody, and nobody for it.
    async fn shake_hands(
        &self,
        stream: TcpStream,
        side: Side,
        choose: impl FnOnce(&ClientHello<'_>) -> Arc<ServerConfig>,
    ) -> io::Result<TlsStream<Corked>> {
        let stream = Corked::new(stream);
        let mut hello = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        hello.io.cork();
        let config = choose(&hello.client_hello());
        let turns = match side {
            Side::Front => &self.turns,
            Side::Background => &self.background,
        };
        let turn = turns.acquire().await;
        // The server's half is computed here and in the first poll.
        let mut handshake = pin!(hello.into_stream(config).into_fallible());
        let first = at_once(handshake.as_mut()).await;
        drop(turn);
        let shaken = match first {
            Poll::Ready(shaken) => shaken,
            Poll::Pending => handshake.await,
        };
        match shaken {
            Ok(mut stream) => {
                stream.get_mut().0.uncork();
                if stream.get_ref().1.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
                    // Before, the server's last message is what the client waits for.
                    stream.flush().await?;
                }
                Ok(stream)
            }
            Err((error, mut stream)) => {
                // What failed is in an alert, as far as the other side still listens.
                stream.uncork();
                let _gone = stream.flush().await;
                Err(error)
            }
        }
    }

    /// Gives what a conversation of EAP is to use.
    pub(crate) fn tunnels(&self) -> Tunnels {
        self.configs.load().tunnels.clone()
    }

    /// Gives the certificate that is shown, in DER, without those between it and an authority.
    pub(crate) fn own_certificate(&self) -> Vec<u8> {
        self.configs.load().own.to_vec()
    }

    /// Reads the files again.
    ///
    /// # Errors
    ///
    /// As [`Self::load`]; the certificate that was in use stays in use.
    pub fn reload(&self) -> Result<(), TlsError> {
        let configs = server_configs(&self.certificate, &self.key, &self.resumption)?;
        self.configs.store(Arc::new(configs));
        Ok(())
    }
}

/// Whether a client offers a cipher suite of TLS 1.3, whose numbers no other version has.
fn speaks_1_3(hello: &ClientHello<'_>) -> bool {
    hello.cipher_suites().iter().any(|suite| u16::from(*suite) >> 8 == 0x13)
}

/// The provider of all cryptography in TLS.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn server_configs(
    certificate: &Path,
    key: &Path,
    resumption: &Resumption,
) -> Result<Configs, TlsError> {
    let silent =
        server_config(certificate, key, Some(resumption), WebPkiClientVerifier::no_client_auth())?;
    let asking = Arc::new(AnyClientCertificate::asked(&provider()));
    let asking = server_config(certificate, key, Some(resumption), asking)?;
    let chain = read_chain(certificate)?;
    let tunnels =
        Tunnels::new(&chain, read_key(key)?).map_err(|source| unfit(certificate, key, source))?;
    let own = chain.into_iter().next().unwrap_or_else(|| CertificateDer::from(Vec::new()));
    Ok(Configs { silent: Arc::new(silent), asking: Arc::new(asking), tunnels, own })
}

fn server_config(
    certificate: &Path,
    key: &Path,
    resumption: Option<&Resumption>,
    clients: Arc<dyn ClientCertVerifier>,
) -> Result<ServerConfig, TlsError> {
    let (chain, private) = (read_chain(certificate)?, read_key(key)?);
    let mut config =
        plain_config(chain, private, clients).map_err(|source| unfit(certificate, key, source))?;
    if let Some(resumption) = resumption {
        config.session_storage = Arc::clone(&resumption.sessions);
        config.ticketer = Arc::clone(&resumption.ticketer);
    }
    Ok(config)
}

/// Shows a chain, and remembers no session.
fn plain_config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    clients: Arc<dyn ClientCertVerifier>,
) -> Result<ServerConfig, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_client_cert_verifier(clients)
        .with_single_cert(chain, key)?;
    config.send_tls13_tickets = 1;
    Ok(config)
}

fn unfit(certificate: &Path, key: &Path, source: rustls::Error) -> TlsError {
    TlsError::Unfit { certificate: certificate.to_owned(), key: key.to_owned(), source }
}

fn read_chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = read(file)?;
    let refused = |source| TlsError::Certificates { file: file.to_owned(), source };
    let chain =
        CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>().map_err(refused)?;
    if chain.is_empty() {
        return Err(refused(rustls_pki_types::pem::Error::NoItemsFound));
    }
    Ok(chain)
}

fn read_key(file: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let pem = zeroize::Zeroizing::new(read(file)?);
    PrivateKeyDer::from_pem_slice(&pem)
        .map_err(|source| TlsError::Key { file: file.to_owned(), source })
}

fn read(file: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(file).map_err(|source| TlsError::Unreadable { file: file.to_owned(), source })
}

#[cfg(test)]
mod tests;
