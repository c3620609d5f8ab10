//! A port that stays where it is when the server behind it comes to another one.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// Hands connections on to a server; until the tests are over.
#[derive(Debug)]
pub(crate) struct Forwarder {
    /// Where it takes connections.
    pub(crate) address: String,
    server: Arc<Mutex<String>>,
}

impl Forwarder {
    /// A port of its own in front of a server.
    pub(crate) fn to(server: &str) -> Self {
        Self::at("127.0.0.1:0", server)
    }

    /// A port at an address in front of a server.
    pub(crate) fn at(address: &str, server: &str) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = Arc::new(Mutex::new(server.to_owned()));
        let behind = Arc::clone(&server);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let server = behind.lock().unwrap().clone();
                // Where nobody answers, the client is hung up on.
                if let Ok(server) = TcpStream::connect(server) {
                    join(&client, &server).unwrap();
                }
            }
        });
        Self { address, server }
    }

    /// Hands later connections on to another server.
    pub(crate) fn turn_to(&self, server: &str) {
        server.clone_into(&mut self.server.lock().unwrap());
    }
}

/// Hands on what either says until it says no more.
fn join(client: &TcpStream, server: &TcpStream) -> io::Result<()> {
    for (from, to) in [(client, server), (server, client)] {
        let (mut from, mut to) = (from.try_clone()?, to.try_clone()?);
        thread::spawn(move || {
            let _ended = io::copy(&mut from, &mut to);
            let _ended = to.shutdown(Shutdown::Both);
        });
    }
    Ok(())
}
