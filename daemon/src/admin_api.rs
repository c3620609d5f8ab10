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

use crate::admission::{Admission, Source};
use crate::clock::Clock;
use crate::config;
use crate::lifecycle::{Shutdown, Tasks};
use crate::listener;
use crate::tls::Identity;

/// What every connection shares.
pub(crate) struct Door {
    router: Router,
    tls: Arc<Identity>,
    admission: Arc<Admission<Source>>,
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
        let limits =
            Limits { body: config.body_size, body_time: config.body_timeout, ..Limits::default() };
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
        let (door, shutdown) = (Arc::clone(self), tasks.shutdown().clone());
        let serve = move |stream, peer| Arc::clone(&door).serve(stream, peer, shutdown.clone());
        listener::listen("admin-api", tasks, listeners, &self.admission, serve)
    }

    async fn serve(self: Arc<Self>, stream: TcpStream, peer: SocketAddr, shutdown: Shutdown) {
        let stream = match self.tls.accept(stream).await {
            Ok(stream) => stream,
            Err(error) => {
                tracing::debug!(%peer, %error, "a TLS handshake failed");
                return;
            }
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
