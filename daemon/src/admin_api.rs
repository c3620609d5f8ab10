//! The HTTPS doors: of the admin API, and of devices that ask for themselves.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use ::admin_api::{Addresses, ClientChain, Doors, LdapExplainer, Limits, Trials};
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::{Extension, Router};
use directory::{Directory, Time};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::admission::{Admission, Source};
use crate::clock::Clock;
use crate::config;
use crate::delivery::Carrier;
use crate::lifecycle::{Shutdown, Tasks};
use crate::listener;
use crate::metrics::{ApiDoor, Crowd, SOURCE, Tally};
use crate::radius::Courier;
use crate::tls::{Corked, Identity, Side};

/// So many octets of a request that was answered before it had arrived are taken and thrown away: a
/// client that finds the connection closed while it sends may not read the answer any more.
const LINGER_OCTETS: u64 = 12 << 20;
/// How long that may take.
const LINGER_TIME: Duration = Duration::from_secs(5);

/// What every connection shares.
pub(crate) struct Door {
    router: Router,
    tls: Arc<Identity>,
    admission: Arc<Admission<Source>>,
    header_timeout: Duration,
    clients: Clients,
}

/// Who comes through a door.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clients {
    /// Admins, who prove themselves with each request.
    Admins,
    /// Devices, which must have a certificate.
    Devices,
}

impl Clients {
    /// What the door is called where its listener fails.
    const fn name(self) -> &'static str {
        match self {
            Self::Admins => "admin-api",
            Self::Devices => "devices",
        }
    }

    /// Where its requests are counted.
    const fn counted(self) -> ApiDoor {
        match self {
            Self::Admins => ApiDoor::AdminApi,
            Self::Devices => ApiDoor::Devices,
        }
    }

    /// What the door is called in numbers, as its section is.
    const fn door(self) -> &'static str {
        match self {
            Self::Admins => "admin_api",
            Self::Devices => "devices",
        }
    }
}

/// Where it is counted how requests are answered.
#[derive(Clone)]
struct Counting {
    tally: Arc<Tally>,
    clock: Clock,
    door: ApiDoor,
}

/// Has it counted how requests are answered.
fn counted(router: Router, counting: Counting) -> Router {
    router.layer(from_fn_with_state(counting, count))
}

async fn count(State(counting): State<Counting>, request: Request, next: Next) -> Response {
    let Counting { tally, clock, door } = counting;
    let began = clock.monotonic();
    // Many requests follow each other on a thread, and who shares the core answers logins.
    std::thread::yield_now();
    let response = next.run(request).await;
    std::thread::yield_now();
    tally.api.answered(door, response.status(), clock.monotonic().saturating_sub(began));
    response
}

/// The clock as the handlers know it.
fn time(clock: Clock) -> ::admin_api::Clock {
    ::admin_api::Clock {
        wall: Arc::new(move || Time(clock.wall())),
        monotonic: Arc::new(move || clock.monotonic()),
    }
}

impl Door {
    /// Makes a door from its configuration.
    pub(crate) fn new(
        directory: Directory,
        clock: Clock,
        tls: Arc<Identity>,
        (orders, ldap, carrier): (Courier, LdapExplainer, Carrier),
        config: &config::AdminApi,
        tally: Arc<Tally>,
    ) -> Arc<Self> {
        let limits = Limits {
            body: config.body_size,
            body_time: config.body_timeout,
            lists: config.revocation_lists_per_minute,
            invitations: config.invitations_per_minute,
            requests: config.requests_per_minute,
            looking: config.lists_at_once as usize,
            searching: config.searches_at_once as usize,
            explaining: config.explanations_at_once as usize,
            hashing: config.passwords_at_once as usize,
            patience: config.turn_timeout,
            ..Limits::default()
        };
        let orders = Arc::new(move |order| {
            Box::pin(orders.clone().deliver(order)) as Pin<Box<dyn Future<Output = _> + Send>>
        });
        let carrier = Arc::new(carrier);
        let trials: Trials = Arc::new(move |delivery| {
            let carrier = Arc::clone(&carrier);
            Box::pin(async move { carrier.carry(&delivery, true).await })
        });
        let addresses = Addresses {
            public: config.public_url.as_deref(),
            invitations: config.invitation_url.as_deref(),
            proxies: &config.trusted_proxies,
        };
        let doors = Doors { orders, ldap, trials };
        let router = ::admin_api::router(directory, time(clock), doors, limits, addresses);
        let admission = Admission::new(config.connections, config.connections_per_source);
        let (header_timeout, clients) = (config.header_timeout, Clients::Admins);
        let router = counted(router, Counting { tally, clock, door: clients.counted() });
        Arc::new(Self { router, tls, admission, header_timeout, clients })
    }

    /// Makes the devices' door from its configuration.
    pub(crate) fn for_devices(
        (directory, clock, tls): (Directory, Clock, Arc<Identity>),
        config: &config::Devices,
        tally: Arc<Tally>,
    ) -> Arc<Self> {
        let limits = Limits {
            body: config.body_size,
            body_time: config.body_timeout,
            device_requests: config.requests_per_minute,
            ..Limits::default()
        };
        let router = ::admin_api::device_router(directory, time(clock), limits);
        let admission = Admission::new(config.connections, config.connections_per_source);
        let (header_timeout, clients) = (config.header_timeout, Clients::Devices);
        let router = counted(router, Counting { tally, clock, door: clients.counted() });
        Arc::new(Self { router, tls, admission, header_timeout, clients })
    }

    /// Who is admitted.
    pub(crate) fn crowd(&self) -> Crowd {
        let of = Arc::clone(&self.admission);
        Crowd { door: self.clients.door(), share: SOURCE, of }
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
        listener::listen(self.clients.name(), tasks, listeners, &self.admission, serve)
    }

    async fn serve(self: Arc<Self>, stream: TcpStream, peer: SocketAddr, shutdown: Shutdown) {
        let accepted = match self.clients {
            Clients::Admins => self.tls.accept(stream, Side::Background).await,
            Clients::Devices => {
                self.tls.accept_demanding(stream, Side::Background, |_| Vec::new()).await
            }
        };
        let mut stream = match accepted {
            Ok(stream) => stream,
            Err(error) => {
                tracing::debug!(%peer, %error, "a TLS handshake failed");
                return;
            }
        };
        if let Err(error) = self.converse(&mut stream, peer, &shutdown).await {
            tracing::debug!(%peer, %error, "an HTTP connection failed");
        }
        if !shutdown.is_draining() {
            linger(stream).await;
        }
    }

    /// Answers requests until either side ends the connection.
    async fn converse(
        &self,
        stream: &mut TlsStream<Corked>,
        peer: SocketAddr,
        shutdown: &Shutdown,
    ) -> Result<(), hyper::Error> {
        let mut router = self.router.clone().layer(Extension(ConnectInfo(peer)));
        if self.clients == Clients::Devices {
            let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
            let chain = shown.iter().map(|one| one.to_vec()).collect();
            router = router.layer(Extension(ClientChain(chain)));
        }
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_timeout)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
        let mut connection = std::pin::pin!(connection);
        tokio::select! {
            ended = connection.as_mut() => ended,
            () = shutdown.draining() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        }
    }
}

/// Waits until the client has closed as well, but not for long and not for much.
async fn linger(mut stream: TlsStream<Corked>) {
    let rest = async {
        // Where a conversation failed nobody has said so yet, and the client would wait for it as long.
        // It may have gone itself.
        let _gone = stream.shutdown().await;
        let mut rest = stream.into_inner().0.take(LINGER_OCTETS);
        tokio::io::copy(&mut rest, &mut tokio::io::sink()).await
    };
    // It was said that the connection ends; how the other side takes it is its own affair.
    let _late = tokio::time::timeout(LINGER_TIME, rest).await;
}
