//! A connection's octets, in clear or inside TLS.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustls_pki_types::CertificateDer;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use zeroize::Zeroize;

use crate::tls::{Corked, Identity};

/// After so long without a word a silent client that stays is asked for a sign of life.
const ALIVE: Duration = Duration::from_secs(60);
/// Octets that are read at once.
const READ: usize = 16 << 10;

thread_local! {
    /// Where octets arrive before a session takes them: one for each thread, so that an idle
    /// connection holds none.
    static ARRIVALS: RefCell<Box<[u8; READ]>> = RefCell::new(Box::new([0; READ]));
}

/// A connection's stream.
pub(crate) enum Transport {
    /// In clear.
    Clear(TcpStream),
    /// Inside TLS.
    Tls(Box<TlsStream<Corked>>),
    /// Between the two; nothing can be read or written.
    Gone,
}

impl Transport {
    /// The server name that the client called in the handshake.
    pub(crate) fn server_name(&self) -> Option<&str> {
        match self {
            Self::Tls(stream) => stream.get_ref().1.server_name(),
            Self::Clear(_) | Self::Gone => None,
        }
    }

    /// The certificates that the client sent, its own first.
    pub(crate) fn client_certificates(&self) -> &[CertificateDer<'static>] {
        let certificates = match self {
            Self::Tls(stream) => stream.get_ref().1.peer_certificates(),
            Self::Clear(_) | Self::Gone => None,
        };
        certificates.unwrap_or_default()
    }

    /// Has the kernel look whether a client is still there that may say nothing for long.
    pub(crate) fn keep_alive(&self) {
        let stream = match self {
            Self::Clear(stream) => stream,
            Self::Tls(stream) => stream.get_ref().0.stream(),
            Self::Gone => return,
        };
        let often = TcpKeepalive::new().with_time(ALIVE).with_interval(ALIVE);
        // Without it the client is missed later.
        let _refused = SockRef::from(stream).set_tcp_keepalive(&often);
    }

    /// Does the TLS handshake.
    ///
    /// # Errors
    /// When the handshake fails; the connection is gone.
    pub(crate) async fn secure(&mut self, identity: &Identity) -> io::Result<()> {
        match std::mem::replace(self, Self::Gone) {
            Self::Clear(stream) => {
                // What a handshake needs is given back after it, and connections in clear hold none.
                let handshake = Box::pin(identity.accept_asking(stream));
                *self = Self::Tls(Box::new(handshake.await?));
                Ok(())
            }
            Self::Tls(_) | Self::Gone => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Reads what is there and hands it to `take`; `false` at the end.
    ///
    /// # Errors
    /// When the connection is broken.
    pub(crate) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        take: impl FnOnce(&[u8]),
    ) -> Poll<io::Result<bool>> {
        ARRIVALS.with_borrow_mut(|arrivals| {
            let mut buffer = ReadBuf::new(arrivals.as_mut_slice());
            ready!(match self {
                Self::Clear(stream) => Pin::new(stream).poll_read(context, &mut buffer),
                Self::Tls(stream) => Pin::new(stream).poll_read(context, &mut buffer),
                Self::Gone => Poll::Ready(Ok(())),
            })?;
            let octets = buffer.filled_mut();
            take(octets);
            let some = !octets.is_empty();
            // There may be a password among them.
            octets.zeroize();
            Poll::Ready(Ok(some))
        })
    }

    /// Writes everything.
    ///
    /// # Errors
    /// When the connection is broken.
    pub(crate) async fn write_all(&mut self, octets: &[u8]) -> io::Result<()> {
        match self {
            Self::Clear(stream) => stream.write_all(octets).await,
            Self::Tls(stream) => {
                stream.write_all(octets).await?;
                stream.flush().await
            }
            Self::Gone => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Says goodbye, as far as the other side still listens.
    pub(crate) async fn close(&mut self) {
        let _ended = match self {
            Self::Tls(stream) => stream.shutdown().await,
            // The kernel says it when the socket is closed.
            Self::Clear(_) | Self::Gone => Ok(()),
        };
    }
}
