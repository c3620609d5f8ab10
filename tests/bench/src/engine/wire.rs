//! A connection that never waits: octets out and in, in clear or inside TLS.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use nix::sys::socket::{setsockopt, sockopt};
use rustls::pki_types::{IpAddr, ServerName};
use rustls::{ClientConfig, ClientConnection};
use socket2::{Domain, Protocol, Socket, Type};

/// An open connection, or one that opens.
pub(crate) struct Wire {
    stream: TcpStream,
    tls: Option<Box<ClientConnection>>,
    output: Vec<u8>,
    sent: usize,
}

impl Wire {
    /// Begins to connect, from an address.
    ///
    /// # Errors
    /// When there is no socket to be had.
    pub(crate) fn open(
        server: SocketAddr,
        source: Ipv4Addr,
        registry: &Registry,
        token: Token,
    ) -> io::Result<Self> {
        let mut stream = connect_from(source, server)?;
        stream.set_nodelay(true)?;
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self { stream, tls: None, output: Vec::new(), sent: 0 })
    }

    /// Goes on inside TLS.
    ///
    /// # Errors
    /// When the address cannot be a server's name.
    pub(crate) fn secure(
        &mut self,
        config: &Arc<ClientConfig>,
        server: SocketAddr,
    ) -> io::Result<()> {
        let name = ServerName::IpAddress(IpAddr::from(server.ip()));
        let tls = ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
        self.tls = Some(Box::new(tls));
        Ok(())
    }

    /// Where octets to send are put.
    pub(crate) fn output(&mut self) -> &mut Vec<u8> {
        &mut self.output
    }

    /// Has what follows not go into the same record of TLS.
    ///
    /// # Errors
    /// When more waits than TLS takes.
    pub(crate) fn seal(&mut self) -> io::Result<()> {
        if let Some(tls) = &mut self.tls
            && !self.output.is_empty()
        {
            tls.writer().write_all(&self.output)?;
            self.output.clear();
        }
        Ok(())
    }

    /// Sends what can be sent at once.
    ///
    /// # Errors
    /// When the connection is broken.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.seal()?;
        let Some(tls) = &mut self.tls else { return self.flush_clear() };
        while tls.wants_write() {
            match tls.write_tls(&mut self.stream) {
                Ok(_) => {}
                Err(error) if waits(&error) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn flush_clear(&mut self) -> io::Result<()> {
        loop {
            let rest = self.output.get(self.sent..).unwrap_or_default();
            if rest.is_empty() {
                break;
            }
            match self.stream.write(rest) {
                Ok(count) => self.sent += count,
                Err(error) if waits(&error) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        self.output.clear();
        self.sent = 0;
        Ok(())
    }

    /// Reads once and appends what came; whether there may be more.
    ///
    /// # Errors
    /// When the connection is broken or the server has closed it.
    pub(crate) fn read(&mut self, input: &mut Vec<u8>, scratch: &mut [u8]) -> io::Result<bool> {
        let count = match self.stream.read(scratch) {
            Ok(0) => return Err(io::Error::new(ErrorKind::UnexpectedEof, "the server hung up")),
            Ok(count) => count,
            Err(error) if waits(&error) => return Ok(false),
            Err(error) => return Err(error),
        };
        // A short read has emptied the socket; what comes later is a new event.
        let more = count == scratch.len();
        let octets = scratch.get(..count).unwrap_or_default();
        match &mut self.tls {
            None => input.extend_from_slice(octets),
            Some(tls) => {
                decrypt(tls, octets, input)?;
                if tls.wants_write() {
                    self.flush()?;
                }
            }
        }
        Ok(more)
    }

    /// Says good-bye to TLS and closes.
    pub(crate) fn close(mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
        }
        // Whoever is already gone misses nothing.
        drop(self.flush());
    }
}

fn decrypt(tls: &mut ClientConnection, mut octets: &[u8], input: &mut Vec<u8>) -> io::Result<()> {
    while !octets.is_empty() {
        tls.read_tls(&mut octets)?;
        let state = tls.process_new_packets().map_err(io::Error::other)?;
        let before = input.len();
        input.resize(before + state.plaintext_bytes_to_read(), 0);
        tls.reader().read_exact(input.get_mut(before..).unwrap_or_default())?;
    }
    Ok(())
}

/// A socket of its own address: a kernel and a server count connections by it.
fn connect_from(source: Ipv4Addr, server: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(server), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    // The port is chosen with the server's address in mind: otherwise one that has just been used is no choice.
    setsockopt(&socket, sockopt::IpBindAddressNoPort, &true)?;
    socket.bind(&SocketAddr::from((source, 0)).into())?;
    match socket.connect(&server.into()) {
        Err(error) if error.raw_os_error() != Some(IN_PROGRESS) && !waits(&error) => Err(error),
        Ok(()) | Err(_) => Ok(TcpStream::from_std(socket.into())),
    }
}

/// `EINPROGRESS`: the connection opens.
const IN_PROGRESS: i32 = nix::errno::Errno::EINPROGRESS as i32;

/// Whether the socket just has nothing to give or no room yet.
fn waits(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected | ErrorKind::Interrupted)
}
