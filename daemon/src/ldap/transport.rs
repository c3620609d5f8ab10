//! A connection's octets, in clear or inside TLS.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::tls::Identity;

/// A connection's stream.
pub(crate) enum Transport {
    /// In clear.
    Clear(TcpStream),
    /// Inside TLS.
    Tls(Box<TlsStream<TcpStream>>),
    /// Between the two; nothing can be read or written.
    Gone,
}

impl Transport {
    /// Does the TLS handshake.
    ///
    /// # Errors
    /// When the handshake fails; the connection is gone.
    pub(crate) async fn secure(&mut self, identity: &Identity) -> io::Result<()> {
        match std::mem::replace(self, Self::Gone) {
            Self::Clear(stream) => {
                *self = Self::Tls(Box::new(identity.accept(stream).await?));
                Ok(())
            }
            Self::Tls(_) | Self::Gone => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Reads what is there; zero at the end. Safe to drop and to call again.
    ///
    /// # Errors
    /// When the connection is broken.
    pub(crate) async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Clear(stream) => stream.read(buffer).await,
            Self::Tls(stream) => stream.read(buffer).await,
            Self::Gone => Ok(0),
        }
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
            Self::Clear(stream) => stream.shutdown().await,
            Self::Tls(stream) => stream.shutdown().await,
            Self::Gone => Ok(()),
        };
    }
}
