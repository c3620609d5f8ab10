//! Accepting connections, the same for every door over TCP.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;

use crate::admission::{Admission, Source};
use crate::lifecycle::Tasks;

/// How long a listener waits after it could not accept.
const PAUSE: Duration = Duration::from_millis(50);

/// Accepts connections on bound sockets until the daemon drains, and gives each that is admitted a
/// task of its own.
///
/// # Errors
/// When the runtime cannot take a socket.
pub(crate) fn listen<F, S>(
    name: &'static str,
    tasks: &Tasks,
    listeners: Vec<TcpListener>,
    admission: &Arc<Admission<Source>>,
    serve: S,
) -> io::Result<()>
where
    F: Future<Output = ()> + Send + 'static,
    S: Fn(TcpStream, SocketAddr) -> F + Clone + Send + 'static,
{
    for listener in listeners {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let door = Listener {
            listener,
            tasks: tasks.clone(),
            admission: Arc::clone(admission),
            serve: serve.clone(),
        };
        tasks.supervise(name, door.run());
    }
    Ok(())
}

struct Listener<S> {
    listener: tokio::net::TcpListener,
    tasks: Tasks,
    admission: Arc<Admission<Source>>,
    serve: S,
}

impl<S, F> Listener<S>
where
    F: Future<Output = ()> + Send + 'static,
    S: Fn(TcpStream, SocketAddr) -> F,
{
    async fn run(self) -> io::Result<()> {
        loop {
            // Those who are connected already have their turn before one more is taken in: to take it in
            // takes as long as several answers.
            tokio::task::yield_now().await;
            let accepted = tokio::select! {
                () = self.tasks.shutdown().draining() => return Ok(()),
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => self.admit(stream, peer),
                Err(error) => {
                    // Out of descriptors, most likely: connections that end free some.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    fn admit(&self, stream: TcpStream, peer: SocketAddr) {
        let Some(place) = self.admission.enter(peer.ip().into()) else {
            tracing::debug!(%peer, "too many connections");
            return;
        };
        // On the heap at once: each future that awaits it would hold the whole of it twice.
        let connection = Box::pin((self.serve)(stream, peer));
        self.tasks.spawn(async move {
            connection.await;
            drop(place);
        });
    }
}
