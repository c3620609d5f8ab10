//! A server that sends back what it gets: what a round trip costs when nothing is looked up.

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;

use anyhow::{Context, Result};
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use super::{PATIENCE, Setup, free_ports};
use crate::clock;
use crate::proc::Server;
use crate::subject::{Life, Subject, Tenant};

/// Its name in the tables.
pub(crate) const NAME: &str = "echo (the floor)";
/// The argument that makes this program such a server.
pub(crate) const ARGUMENT: &str = "--serve-echo";

/// The listener's token; connections count from zero.
const LISTENER: Token = Token(usize::MAX);

/// Starts this program as the server.
///
/// # Errors
/// When it cannot be started.
pub(crate) fn start(setup: &Setup<'_>) -> Result<Subject> {
    let [address] = free_ports()?;
    let program = std::env::current_exe()?;
    let program = program.to_str().context("path is not UTF-8")?;
    let arguments = [ARGUMENT, &address.to_string()];
    let log = setup.path("echo.log");
    let begin = clock::now();
    let server = Server::start(&setup.cores.server, program, &arguments, &log)?;
    clock::poll("the echo server's start", PATIENCE, || {
        Ok(std::net::TcpStream::connect(address).ok())
    })?;
    let nobody = |_| Tenant {
        reader_dn: String::new(),
        reader_password: String::new(),
        secret: String::new(),
    };
    Ok(Subject {
        admin: None,
        metrics: None,
        name: NAME,
        version: String::new(),
        ldap: Some(address),
        ldaps: None,
        radius: None,
        tls: setup.tls.client()?,
        tenants: setup.data.organizations.iter().map(nobody).collect(),
        life: Life {
            start: clock::now() - begin,
            after_start: server.memory()?,
            ..Life::default()
        },
        server,
    })
}

/// Serves until the process is ended.
///
/// # Errors
/// When the address is taken.
pub(crate) fn serve(address: SocketAddr) -> Result<()> {
    let mut poll = Poll::new()?;
    let mut listener = TcpListener::bind(address)?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut events = Events::with_capacity(1024);
    let mut connections: Vec<Option<TcpStream>> = Vec::new();
    let mut scratch = vec![0; 64 * 1024];
    loop {
        match poll.poll(&mut events, None) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            polled => polled?,
        }
        for event in &events {
            if event.token() == LISTENER {
                accept(&listener, &poll, &mut connections)?;
                continue;
            }
            let Some(place) = connections.get_mut(event.token().0) else { continue };
            let Some(stream) = place else { continue };
            if echo(stream, &mut scratch).is_err() {
                *place = None;
            }
        }
    }
}

fn accept(
    listener: &TcpListener,
    poll: &Poll,
    connections: &mut Vec<Option<TcpStream>>,
) -> io::Result<()> {
    loop {
        let mut stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        };
        stream.set_nodelay(true)?;
        poll.registry().register(&mut stream, Token(connections.len()), Interest::READABLE)?;
        connections.push(Some(stream));
    }
}

/// Sends back what is there; fails when the client is gone or does not read.
fn echo(stream: &mut TcpStream, scratch: &mut [u8]) -> io::Result<()> {
    loop {
        let count = match stream.read(scratch) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        };
        stream.write_all(scratch.get(..count).unwrap_or_default())?;
        if count < scratch.len() {
            return Ok(());
        }
    }
}
