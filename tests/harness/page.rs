//! An empty page on this machine, which is not the daemon's.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::authority::Issued;

/// A server of the page; it serves until the tests are over.
#[derive(Debug)]
pub(crate) struct Page {
    /// Where it is found.
    pub(crate) url: String,
    /// The heads of what it was asked.
    asked: Arc<Mutex<Vec<String>>>,
}

const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 20\r\n\
    Connection: close\r\n\r\n<!doctype html>page\n";

impl Page {
    /// A page at localhost, in clear.
    pub(crate) fn plain() -> Self {
        Self::start("http", |stream| Some(Box::new(stream)))
    }

    /// A page at localhost, inside TLS.
    pub(crate) fn with_tls(issued: &Issued) -> Self {
        let chain = CertificateDer::pem_file_iter(&issued.certificate).unwrap();
        let chain = chain.map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_file(&issued.key).unwrap();
        let config = ServerConfig::builder().with_no_client_auth();
        let config = Arc::new(config.with_single_cert(chain, key).unwrap());
        Self::start("https", move |stream| {
            let tls = ServerConnection::new(Arc::clone(&config)).ok()?;
            Some(Box::new(StreamOwned::new(tls, stream)))
        })
    }

    fn start(
        scheme: &str,
        wrap: impl Fn(TcpStream) -> Option<Box<dyn Stream>> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("{scheme}://localhost:{}", listener.local_addr().unwrap().port());
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let (heard, wrap) = (Arc::clone(&asked), Arc::new(wrap));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (heard, wrap) = (Arc::clone(&heard), Arc::clone(&wrap));
                // Browsers open connections that they may never use.
                std::thread::spawn(move || wrap(stream).and_then(|it| answer(it, &heard)));
            }
        });
        Self { url, asked }
    }

    /// The heads of what it was asked.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

trait Stream: Read + Write {}

impl<S: Read + Write> Stream for S {}

fn answer(mut stream: Box<dyn Stream>, heard: &Mutex<Vec<String>>) -> Option<()> {
    let (mut head, mut octet) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut octet).ok()?;
        head.extend(octet);
    }
    heard.lock().unwrap().push(String::from_utf8_lossy(&head).into_owned());
    stream.write_all(ANSWER.as_bytes()).and_then(|()| stream.flush()).ok()
}
