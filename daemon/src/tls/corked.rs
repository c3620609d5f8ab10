//! A stream that gathers what a handshake writes, until the other side is waited for.
//!
//! The server ends a handshake by TLS 1.3 with a ticket that nobody waits for. What a client asks
//! has most often come with the handshake's last message, so that ticket and answer leave together:
//! a segment less, and one time less that the client is woken.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Octets that are gathered; what would be more leaves at once.
const ROOM: usize = 16 << 10;

/// A connection of TCP that may be corked: what is written to it then leaves when there is nothing
/// to read, when it grows, or with what is written after the cork is out.
pub(crate) struct Corked {
    stream: TcpStream,
    gathered: Vec<u8>,
    is_corked: bool,
}

impl Corked {
    /// A stream that lets everything through.
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, gathered: Vec::new(), is_corked: false }
    }

    /// Has it gather.
    pub(super) fn cork(&mut self) {
        self.is_corked = true;
    }

    /// Has it let everything through again. What it has gathered leaves with what is written, read
    /// for or flushed next.
    pub(super) fn uncork(&mut self) {
        self.is_corked = false;
    }

    /// The connection.
    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Sends all that was gathered.
    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.gathered.is_empty() {
            let sent = ready!(Pin::new(&mut self.stream).poll_write(context, &self.gathered))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.gathered.drain(..sent);
        }
        // An idle connection holds no memory for it.
        self.gathered = Vec::new();
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Corked {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_pending() && !self.gathered.is_empty() {
            // The other side may be waiting for it. What does not leave now does when there is room.
            if let Poll::Ready(Err(error)) = self.poll_send(context) {
                return Poll::Ready(Err(error));
            }
        }
        read
    }
}

impl AsyncWrite for Corked {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(octets)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if !self.is_corked && self.gathered.is_empty() {
            return Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        }
        let octets = slices.iter().map(|slice| slice.len()).sum::<usize>();
        if self.gathered.len() + octets > ROOM {
            ready!(self.poll_send(context))?;
            return Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        }
        for slice in slices {
            self.gathered.extend_from_slice(slice);
        }
        if !self.is_corked
            && let Poll::Ready(Err(error)) = self.poll_send(context)
        {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(Ok(octets))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_corked {
            return Poll::Ready(Ok(()));
        }
        ready!(self.poll_send(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
