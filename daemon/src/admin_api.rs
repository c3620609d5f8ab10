//! The HTTPS door of the admin API.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use ::admin_api::Limits;
use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use directory::{Directory, Time};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::admission::Admission;
use crate::clock::Clock;
use crate::config;
use crate::lifecycle::{Shutdown, Tasks};
use crate::tls::Identity;

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a listener waits after it could not accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What every connection shares.
pub(crate) struct Door {
    router: Router,
    tls: Arc<Identity>,
    admission: Arc<Admission>,
    header_timeout: Duration,
}

impl Door {
    /// Makes a door from its configuration.
    pub(crate) fn new(
        directory: Directory,
        clock: Clock,
        tls: Arc<Identity>,
        config: &config::AdminApi,
    ) -> Arc<Self> {
        let limits = Limits {
            body: config.body_size,
            body_time: config.request_timeout,
            ..Limits::default()
        };
        let router = ::admin_api::router(directory, move || Time(clock.wall()), limits);
        let admission = Admission::new(config.connections, config.connections);
        Arc::new(Self { router, tls, admission, header_timeout: config.header_timeout })
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
        for listener in listeners {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let (door, tasks_of_connections) = (Arc::clone(self), tasks.clone());
            tasks.supervise("admin-api", async move {
                door.accept(listener, tasks_of_connections).await;
                Ok::<(), io::Error>(())
            });
        }
        Ok(())
    }

    async fn accept(self: Arc<Self>, listener: tokio::net::TcpListener, tasks: Tasks) {
        loop {
            let accepted = tokio::select! {
                () = tasks.shutdown().draining() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => self.admit(stream, peer, &tasks),
                Err(error) => {
                    // Out of descriptors, most likely: connections that end free some.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn admit(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr, tasks: &Tasks) {
        let Some(place) = self.admission.enter(peer.ip()) else { return };
        // Without it, a small answer would wait for the client's acknowledgement of the last.
        let _refused = stream.set_nodelay(true);
        let (door, shutdown) = (Arc::clone(self), tasks.shutdown().clone());
        tasks.spawn(async move {
            door.serve(stream, peer, &shutdown).await;
            drop(place);
        });
    }

    async fn serve(&self, stream: TcpStream, peer: SocketAddr, shutdown: &Shutdown) {
        let handshake = TlsAcceptor::from(self.tls.config()).accept(stream);
        let stream = match tokio::time::timeout(HANDSHAKE, handshake).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                tracing::debug!(%peer, %error, "a TLS handshake failed");
                return;
            }
            Err(_) => return,
        };
        let service = self.router.clone().layer(Extension(ConnectInfo(peer)));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_timeout)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = shutdown.draining() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%peer, %error, "an HTTP connection failed");
        }
    }
}
