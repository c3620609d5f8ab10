//! Numbers for monitoring: what is counted, and the door at which it is told.

mod api;
mod counts;
mod delivery;
mod directory;
mod jobs;
mod ldap;
mod page;
mod pen;
mod radius;
mod tally;

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use ipnet::IpNet;
use tokio::net::TcpStream;

use self::page::{Format, Page};
use crate::admission::{Admission, Source};
use crate::config;
use crate::lifecycle::{Shutdown, Tasks};
use crate::listener;

pub(crate) use self::api::ApiDoor;
pub(crate) use self::counts::Count;
pub(crate) use self::jobs::{Job, Jobs};
pub(crate) use self::ldap::Operation;
pub(crate) use self::page::{Crowd, SOURCE, Watched};
pub(crate) use self::radius::Access;
pub(crate) use self::tally::Tally;

/// Octets of the head of a request at most.
const HEAD: usize = 16 << 10;
/// Its lines at most.
const LINES: usize = 64;

/// Where the numbers are told.
pub(crate) struct Door {
    router: Router,
    admission: Arc<Admission<Source>>,
    networks: Vec<IpNet>,
    header_timeout: Duration,
    connection_timeout: Duration,
}

impl Door {
    /// Makes a door from its configuration.
    pub(crate) fn new(mut watched: Watched, config: &config::Metrics) -> Arc<Self> {
        let admission = Admission::new(config.connections, config.connections);
        let of = Arc::clone(&admission);
        watched.crowds.push(Crowd { door: "metrics", share: SOURCE, of });
        let page = Arc::new(Page::new(watched));
        let told = get(tell).fallback(nothing);
        let router = Router::new().route("/metrics", told).fallback(nothing).with_state(page);
        Arc::new(Self {
            router,
            admission,
            networks: config.networks.clone(),
            header_timeout: config.header_timeout,
            connection_timeout: config.connection_timeout,
        })
    }

    /// Listens on bound sockets until the daemon drains.
    ///
    /// # Errors
    /// When the runtime cannot take a socket.
    pub(crate) fn listen(
        self: &Arc<Self>,
        tasks: &Tasks,
        listeners: Vec<TcpListener>,
    ) -> io::Result<()> {
        let (door, shutdown) = (Arc::clone(self), tasks.shutdown().clone());
        let serve = move |stream, peer| Arc::clone(&door).serve(stream, peer, shutdown.clone());
        listener::listen("metrics", tasks, listeners, &self.admission, serve)
    }

    /// Answers one request; none that begins while the daemon drains.
    async fn serve(self: Arc<Self>, stream: TcpStream, peer: SocketAddr, shutdown: Shutdown) {
        if !is_admitted(peer.ip(), &self.networks) {
            tracing::debug!(%peer, "nobody there may ask for numbers");
            return;
        }
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_timeout)
            .max_buf_size(HEAD)
            .max_headers(LINES)
            .keep_alive(false)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(self.router.clone()));
        let mut connection = std::pin::pin!(connection);
        let conversation = async {
            tokio::select! {
                ended = connection.as_mut() => ended,
                () = shutdown.draining() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            }
        };
        match tokio::time::timeout(self.connection_timeout, conversation).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%peer, %error, "a connection for numbers failed"),
            Err(_) => tracing::debug!(%peer, "a connection for numbers took too long"),
        }
    }
}

/// Whether somebody there may ask.
fn is_admitted(peer: IpAddr, networks: &[IpNet]) -> bool {
    let peer = peer.to_canonical();
    peer.is_loopback() || networks.iter().any(|network| network.contains(&peer))
}

async fn tell(State(page): State<Arc<Page>>, headers: HeaderMap) -> Response {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let format = Format::of(accept);
    let failed = |error: &dyn std::fmt::Display| {
        tracing::error!(%error, "the numbers for monitoring cannot be told");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    };
    match tokio::task::spawn_blocking(move || page.written(format)).await {
        Ok(Ok(text)) => ([(CONTENT_TYPE, format.content_type())], text).into_response(),
        Ok(Err(error)) => failed(&error),
        Err(error) => failed(&error),
    }
}

async fn nothing() -> StatusCode {
    StatusCode::NOT_FOUND
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// A door that has no numbers.
    fn door(timeout: Duration) -> Arc<Door> {
        Arc::new(Door {
            router: Router::new().fallback(nothing),
            admission: Admission::new(1, 1),
            networks: vec!["192.0.2.0/24".parse().unwrap()],
            header_timeout: timeout,
            connection_timeout: timeout,
        })
    }

    /// A client and what the door has of it.
    async fn connected() -> (TcpStream, TcpStream) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (client, listener.accept().await.unwrap().0)
    }

    /// What a door says to somebody from an address.
    async fn heard(peer: &str) -> String {
        let (mut client, stream) = connected().await;
        client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        let door = door(Duration::from_secs(5));
        door.serve(stream, peer.parse().unwrap(), Shutdown::new()).await;
        let mut said = Vec::new();
        // Who is not heard may find the connection reset.
        let _reset = client.read_to_end(&mut said).await;
        String::from_utf8(said).unwrap()
    }

    #[tokio::test]
    async fn who_may_not_ask_is_not_answered() {
        for peer in ["127.0.0.1:50000", "192.0.2.9:50000"] {
            assert!(heard(peer).await.starts_with("HTTP/1.1 404 "), "{peer}");
        }
        assert_eq!(heard("198.51.100.1:50000").await, "");
    }

    #[tokio::test]
    async fn who_connects_and_asks_nothing_does_not_hold_up_the_end_of_the_daemon() {
        let (mut client, stream) = connected().await;
        let (shutdown, day) = (Shutdown::new(), Duration::from_secs(24 * 60 * 60));
        let peer = "127.0.0.1:50000".parse().unwrap();
        let served = tokio::spawn(door(day).serve(stream, peer, shutdown.clone()));
        tokio::task::yield_now().await;
        assert!(!served.is_finished());
        shutdown.drain();
        let ended = tokio::time::timeout(Duration::from_secs(60), served).await;
        ended.expect("the connection goes on").unwrap();
        let mut said = Vec::new();
        client.read_to_end(&mut said).await.unwrap();
        assert!(said.is_empty(), "{said:?}");
    }

    #[test]
    fn this_machine_and_named_networks_may_ask() {
        let networks = ["192.0.2.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
        let is = |peer: &str| is_admitted(peer.parse().unwrap(), &networks);
        for peer in ["127.0.0.1", "::1", "192.0.2.9", "::ffff:192.0.2.9", "2001:db8::1"] {
            assert!(is(peer), "{peer}");
        }
        for peer in ["198.51.100.1", "2001:db9::1", "::"] {
            assert!(!is(peer), "{peer}");
        }
    }
}
