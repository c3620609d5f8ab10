//! Clients that take without giving: halves of requests and handshakes, and readers of dumps that
//! dawdle, read nothing, or change their minds.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use rustls::pki_types::{IpAddr, ServerName};
use rustls::{ClientConfig, ClientConnection};
use socket2::{Domain, Protocol, Socket, Type};

use crate::clock::{now, wait_until};
use crate::ldap::{self, message, numbered};
use crate::proc::yield_to_others;

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
/// Connections that are held at once of which nothing is read.
pub(super) const UNREAD: usize = 64;
/// Dumps that are asked for on each of them.
pub(super) const DUMPS: u32 = 16;
/// How long it is from one of them to the next.
pub(super) const TURN: Duration = Duration::from_millis(10);
/// The message ID of the first dump on a connection: above that of its bind.
const FIRST: u32 = 3;
/// Connections on which dumps are abandoned.
pub(super) const FICKLE: usize = 32;
/// Octets that each of them takes at once.
const GULP: usize = 64 * 1024;
/// How long they wait when nothing has come to any of them.
const LULL: Duration = Duration::from_millis(1);
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
        let mut stream = bound(server, number, Some(SIP), bind)?;
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

/// What came of connections on which much is asked and nothing is read.
#[derive(Default)]
pub(super) struct Unread {
    /// How many there were.
    pub(super) opened: usize,
    /// How many of them had something to read in the end.
    pub(super) filled: usize,
}

/// Asks for several dumps on each of many connections and reads nothing of them, a new one in place
/// of the oldest every 10 ms, until told that it is over.
///
/// # Errors
/// When a connection cannot be made.
pub(super) fn unread(
    server: SocketAddr,
    bind: &[u8],
    dump: &[u8],
    over: &AtomicBool,
) -> Result<Unread> {
    let dumps: Vec<u8> = (FIRST..FIRST + DUMPS).flat_map(|id| numbered(id, dump)).collect();
    let mut held = VecDeque::new();
    let mut seen = Unread::default();
    while !over.load(Ordering::Relaxed) {
        let mut stream = bound(server, seen.opened, Some(SIP), bind)?;
        stream.write_all(&dumps)?;
        stream.set_nonblocking(true)?;
        seen.opened += 1;
        held.push_back(stream);
        let gone = held.len().saturating_sub(UNREAD);
        seen.filled += held.drain(..gone).filter(is_filled).count();
        wait_until(now() + TURN);
    }
    seen.filled += held.into_iter().filter(is_filled).count();
    Ok(seen)
}

fn is_filled(stream: &TcpStream) -> bool {
    stream.peek(&mut [0_u8; 1]).is_ok_and(|octets| octets > 0)
}

/// What came of dumps that were abandoned.
#[derive(Default)]
pub(super) struct Abandoned {
    /// How many there were.
    pub(super) dumps: usize,
    /// How often the daemon hung up.
    pub(super) lost: usize,
}

/// Asks for a dump on several connections, abandons it when the first of it comes, takes what was
/// sent until then and asks again, until told that it is over.
///
/// # Errors
/// When a connection cannot be made.
pub(super) fn abandoning(
    server: SocketAddr,
    bind: &[u8],
    dump: &[u8],
    over: &AtomicBool,
) -> Result<Abandoned> {
    yield_to_others()?;
    let open = |number| -> Result<Fickle> {
        let stream = bound(server, number, None, bind)?;
        stream.set_nonblocking(true)?;
        Ok(Fickle { stream, id: FIRST - 1, asked: false })
    };
    let mut fickle = (0..FICKLE).map(open).collect::<Result<Vec<_>>>()?;
    let mut seen = Abandoned::default();
    let mut cup = vec![0; GULP];
    while !over.load(Ordering::Relaxed) {
        let mut waits = true;
        for (number, one) in fickle.iter_mut().enumerate() {
            match one.act(dump, &mut cup) {
                Ok(Did::Nothing) => {}
                Ok(Did::Abandon) => {
                    seen.dumps += 1;
                    waits = false;
                }
                Ok(Did::GoOn) => waits = false,
                Err(_) => {
                    seen.lost += 1;
                    *one = open(number)?;
                }
            }
        }
        if waits {
            wait_until(now() + LULL);
        }
    }
    Ok(seen)
}

/// A connection on which dumps are abandoned.
struct Fickle {
    stream: TcpStream,
    /// The message ID of its last request.
    id: u32,
    /// Whether that was a dump.
    asked: bool,
}

/// What a connection on which dumps are abandoned did in its turn.
enum Did {
    Nothing,
    GoOn,
    Abandon,
}

impl Fickle {
    fn act(&mut self, dump: &[u8], cup: &mut [u8]) -> io::Result<Did> {
        match self.stream.read(cup) {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(_) if self.asked => {
                self.asked = false;
                let abandon = ldap::abandon(self.id);
                self.send(&abandon).map(|()| Did::Abandon)
            }
            Ok(_) => Ok(Did::GoOn),
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
            Err(_) if self.asked => Ok(Did::Nothing),
            Err(_) => {
                self.asked = true;
                self.send(dump).map(|()| Did::GoOn)
            }
        }
    }

    fn send(&mut self, operation: &[u8]) -> io::Result<()> {
        self.id += 1;
        self.stream.write_all(&numbered(self.id, operation))
    }
}

/// Connects and binds, whatever comes of it.
fn bound(server: SocketAddr, nth: usize, room: Option<usize>, bind: &[u8]) -> Result<TcpStream> {
    let mut stream = connect(server, nth, room)?;
    stream.write_all(&message(bind))?;
    let mut answer = [0; 64];
    let _bound = stream.read(&mut answer)?;
    Ok(stream)
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
