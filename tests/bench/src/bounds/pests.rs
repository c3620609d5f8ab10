//! Clients that take without giving: halves of requests and handshakes, and readers that dawdle.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use rustls::pki_types::{IpAddr, ServerName};
use rustls::{ClientConfig, ClientConnection};
use socket2::{Domain, Protocol, Socket, Type};

use crate::clock::{now, wait_until};
use crate::ldap::message;

/// Halves that are held at once, of each kind.
const HALVES: usize = 1_000;
/// How long it is from one half to the next.
const GAP: Duration = Duration::from_millis(2);
/// Readers that dawdle.
pub(super) const READERS: usize = 16;
/// Octets that each takes at once, and the size of its kernel's buffer.
const SIP: usize = 4096;
/// How long each waits before it takes more.
const DAWDLE: Duration = Duration::from_millis(50);
/// How long connecting and binding may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Addresses that they come from.
const SOURCES: usize = 16;

/// Opens connections with half a request, and with half a handshake, until told that it is over;
/// how many of each.
///
/// # Errors
/// When the daemon refuses a connection.
pub(super) fn halves(
    clear: SocketAddr,
    secure: SocketAddr,
    tls: &Arc<ClientConfig>,
    over: &AtomicBool,
) -> Result<usize> {
    let mut held = VecDeque::new();
    let mut opened = 0;
    while !over.load(Ordering::Relaxed) {
        let mut request = connect(clear, opened, None)?;
        // A bind of 255 octets of which four come.
        request.write_all(&[0x30, 0x81, 0xff, 0x02])?;
        let mut handshake = connect(secure, opened, None)?;
        let name = ServerName::IpAddress(IpAddr::from(secure.ip()));
        ClientConnection::new(Arc::clone(tls), name)?.write_tls(&mut handshake)?;
        opened += 1;
        held.push_back((request, handshake));
        if held.len() > HALVES {
            held.pop_front();
        }
        wait_until(now() + GAP);
    }
    Ok(opened)
}

/// What the readers that dawdle got.
#[derive(Default)]
pub(super) struct Sipped {
    /// Octets, all together.
    pub(super) octets: usize,
    /// How often the daemon hung up.
    pub(super) lost: usize,
}

/// Asks for a dump on several connections and reads 4 kB of each every 50 ms, until told that it
/// is over.
///
/// # Errors
/// When a connection cannot be made.
pub(super) fn dawdlers(
    server: SocketAddr,
    bind: &[u8],
    dump: &[u8],
    over: &AtomicBool,
) -> Result<Sipped> {
    let open = |number| -> Result<TcpStream> {
        let mut stream = connect(server, number, Some(SIP))?;
        stream.write_all(&message(bind))?;
        let mut answer = [0; 64];
        let _bound = stream.read(&mut answer)?;
        stream.write_all(&message(dump))?;
        stream.set_nonblocking(true)?;
        Ok(stream)
    };
    let mut readers = (0..READERS).map(open).collect::<Result<Vec<_>>>()?;
    let mut sipped = Sipped::default();
    let mut cup = [0; SIP];
    while !over.load(Ordering::Relaxed) {
        for (number, stream) in readers.iter_mut().enumerate() {
            match stream.read(&mut cup) {
                Ok(count @ 1..) => sipped.octets += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Ok(_) | Err(_) => {
                    sipped.lost += 1;
                    *stream = open(number)?;
                }
            }
        }
        wait_until(now() + DAWDLE);
    }
    Ok(sipped)
}

/// Connects from one of several addresses, perhaps with little room for what comes.
fn connect(server: SocketAddr, number: usize, room: Option<usize>) -> Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(server), Type::STREAM, Some(Protocol::TCP))?;
    if let Some(room) = room {
        socket.set_recv_buffer_size(room)?;
    }
    let last = u8::try_from(number % SOURCES)? + 1;
    socket.bind(&SocketAddr::from((Ipv4Addr::new(127, 3, 0, last), 0)).into())?;
    socket.connect_timeout(&server.into(), PATIENCE)?;
    let stream = TcpStream::from(socket);
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}
