//! Handshakes against rustls' own client, in memory.

use rustls::client::ClientConfig;
use rustls::{ClientConnection, HandshakeKind, RootCertStore, ServerConnection};
use rustls_pki_types::ServerName;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsConnector;
use tokio_rustls::client;

use super::*;

/// 2026-11-23 in milliseconds since 1970; certificates are judged by the machine's clock, which
/// handshakes in this file replace by it.
const NOW: u64 = 1_795_392_000_000;
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

#[derive(Debug)]
struct Fixed;

impl rustls::time_provider::TimeProvider for Fixed {
    fn current_time(&self) -> Option<rustls_pki_types::UnixTime> {
        let since = std::time::Duration::from_millis(NOW);
        Some(rustls_pki_types::UnixTime::since_unix_epoch(since))
    }
}

struct Fixture {
    folder: tempfile::TempDir,
    files: SelfSignedFiles,
    identity: Identity,
}

fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let files = self_signed(&NAMES, NOW).unwrap().write(folder.path()).unwrap();
    let identity =
        Identity::load(&files.certificate, &files.key, 16, Duration::from_secs(5), 1).unwrap();
    Fixture { folder, files, identity }
}

fn client(authority: &Path, version: &'static rustls::SupportedProtocolVersion) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
    ClientConfig::builder_with_details(provider(), Arc::new(Fixed))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// Shakes hands and says how, or why not.
fn handshake(
    client: &Arc<ClientConfig>,
    server: Arc<ServerConfig>,
    name: &str,
) -> Result<HandshakeKind, rustls::Error> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut client = ClientConnection::new(Arc::clone(client), name)?;
    let mut server = ServerConnection::new(server)?;
    while client.wants_write() || server.wants_write() {
        let mut octets = Vec::new();
        client.write_tls(&mut octets).unwrap();
        server.read_tls(&mut octets.as_slice()).unwrap();
        server.process_new_packets()?;
        let mut octets = Vec::new();
        server.write_tls(&mut octets).unwrap();
        client.read_tls(&mut octets.as_slice()).unwrap();
        client.process_new_packets()?;
    }
    assert!(!client.is_handshaking() && !server.is_handshaking());
    Ok(server.handshake_kind().unwrap())
}

#[test]
fn a_client_that_trusts_the_authority_accepts_each_name_over_both_versions() {
    let it = fixture();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let client = Arc::new(client(&it.files.authority, version));
        for name in NAMES {
            handshake(&client, it.identity.config(), name).unwrap();
        }
        handshake(&client, it.identity.config(), "example.org").unwrap_err();
    }
}

#[test]
fn a_session_is_resumed_over_both_versions_even_after_a_reload() {
    let it = fixture();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let client = Arc::new(client(&it.files.authority, version));
        let first = handshake(&client, it.identity.config(), "localhost").unwrap();
        it.identity.reload().unwrap();
        let second = handshake(&client, it.identity.config(), "localhost").unwrap();
        assert_ne!(first, HandshakeKind::Resumed);
        assert_eq!(second, HandshakeKind::Resumed);
    }
}

#[test]
fn a_reload_shows_the_new_certificate_to_new_connections() {
    let it = fixture();
    let files = self_signed(&NAMES, NOW).unwrap().write(it.folder.path()).unwrap();
    let client = Arc::new(client(&files.authority, &rustls::version::TLS13));
    handshake(&client, it.identity.config(), "localhost").unwrap_err();
    it.identity.reload().unwrap();
    handshake(&client, it.identity.config(), "localhost").unwrap();
}

#[test]
fn a_reload_of_a_bad_file_keeps_the_old_certificate() {
    let it = fixture();
    fs::write(&it.files.certificate, "not PEM").unwrap();
    let refused = it.identity.reload().unwrap_err();
    assert!(matches!(refused, TlsError::Certificates { .. }));
    let client = Arc::new(client(&it.files.authority, &rustls::version::TLS13));
    handshake(&client, it.identity.config(), "localhost").unwrap();
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let it = fixture();
    let other = self_signed(&NAMES, NOW).unwrap();
    fs::write(&it.files.key, other.key.as_bytes()).unwrap();
    let refused =
        Identity::load(&it.files.certificate, &it.files.key, 16, Duration::from_secs(5), 1)
            .unwrap_err();
    assert!(matches!(refused, TlsError::Unfit { .. }), "{refused}");
}

#[test]
fn what_is_missing_is_named() {
    let it = fixture();
    let missing = it.folder.path().join("missing.pem");
    let refused =
        Identity::load(&missing, &it.files.key, 16, Duration::from_secs(5), 1).unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!("{}: No such file or directory (os error 2)", missing.display())
    );
    let refused =
        Identity::load(&it.files.certificate, &it.files.certificate, 16, Duration::from_secs(5), 1)
            .unwrap_err();
    assert!(matches!(refused, TlsError::Key { .. }));
}

#[test]
fn the_private_key_can_be_read_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let it = fixture();
    let mode = fs::metadata(&it.files.key).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// A connection of TCP, and the client's end of it inside TLS as far as the client knows.
async fn connected(
    client: ClientConfig,
) -> (TcpStream, impl Future<Output = io::Result<client::TlsStream<TcpStream>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let theirs = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (ours, _) = listener.accept().await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    (ours, TlsConnector::from(Arc::new(client)).connect(name, theirs))
}

#[tokio::test]
async fn either_side_may_speak_first_after_a_handshake() {
    let it = fixture();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        for server_first in [true, false] {
            let (ours, theirs) = connected(client(&it.files.authority, version)).await;
            let (server, client) = tokio::join!(it.identity.accept_asking(ours), theirs);
            let (mut server, mut client) = (server.unwrap(), client.unwrap());
            let mut heard = [0; 5];
            if server_first {
                server.write_all(b"hello").await.unwrap();
                server.flush().await.unwrap();
                client.read_exact(&mut heard).await.unwrap();
            } else {
                client.write_all(b"hello").await.unwrap();
                server.read_exact(&mut heard).await.unwrap();
            }
            assert_eq!(&heard, b"hello");
        }
    }
}

#[tokio::test]
async fn a_ticket_leaves_with_the_first_answer_or_when_nothing_is_asked() {
    use std::io::Read;

    let it = fixture();
    for is_asked in [true, false] {
        let (ours, theirs) = connected(client(&it.files.authority, &rustls::version::TLS13)).await;
        let (server, client) = tokio::join!(it.identity.accept_asking(ours), theirs);
        let (mut server, client) = (server.unwrap(), client.unwrap());
        // The kernel is asked itself: the runtime may not know yet of what has come.
        let mut client = client.into_inner().0.into_std().unwrap();
        let mut seen = [0; 4096];
        let early = client.peek(&mut seen).unwrap_err();
        assert_eq!(early.kind(), io::ErrorKind::WouldBlock, "something left by itself");
        if is_asked {
            server.write_all(b"hello").await.unwrap();
        } else {
            let context = &mut std::task::Context::from_waker(std::task::Waker::noop());
            let nothing = &mut tokio::io::ReadBuf::new(&mut seen);
            let read = tokio::io::AsyncRead::poll_read(pin!(&mut server), context, nothing);
            assert!(read.is_pending());
        }
        client.set_nonblocking(false).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let octets = client.read(&mut seen).unwrap();
        // RFC 8446, section 5.2: each record says its length in its fourth and fifth octets.
        let first = 5 + usize::from(u16::from_be_bytes([seen[3], seen[4]]));
        assert_eq!(octets > first, is_asked, "a ticket alone, or with what was written");
    }
}

#[tokio::test]
async fn who_fails_is_told_why() {
    let it = fixture();
    let (ours, theirs) = connected(client(&it.files.authority, &rustls::version::TLS13)).await;
    let demanding = it.identity.accept_demanding(ours, Side::Front, |_| Vec::new());
    let (server, client) = tokio::join!(demanding, theirs);
    server.err().unwrap();
    let told = client.unwrap().read_u8().await.unwrap_err();
    assert!(told.to_string().contains("CertificateRequired"), "{told}");
}
