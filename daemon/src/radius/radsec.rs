//! One connection inside TLS: its packets to the server (RFC 6614).

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use directory::{CertifiedGear, Time};
use radius::{
    Candidate, Downstream, DropReason, Limits, Port, RADSEC, Secret, Server, SignedReply, Stream,
    Version, answers_order,
};
use rustls::ProtocolVersion;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use zeroize::Zeroize as _;

use super::Door;
use super::candidates::ClientKey;
use super::drops::Drops;
use super::lines::{Answered, Errand};
use super::socket::{Outlet, Worker, give_way};
use crate::admission::{Admission, Source};
use crate::config;
use crate::lifecycle::Shutdown;
use crate::metrics::{Crowd, SOURCE};
use crate::tls::{Identity, Side};
use crate::transport::Transport;

/// Packets of a connection that are looked at before their answers leave and others have a turn.
const AT_ONCE: usize = 16;
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(5);
/// How often a silent connection is looked at, whether its certificate still counts.
const LOOK: Duration = Duration::from_secs(60);
/// Octets of the replies that a connection keeps for whoever asks twice.
const KEPT: usize = 64 << 10;

/// RFC 9765, section 3.1.
const ALPN_1_0: &[u8] = b"radius/1.0";
const ALPN_1_1: &[u8] = b"radius/1.1";

/// What all connections share.
pub(super) struct Terms {
    identity: Arc<Identity>,
    secret: Secret,
    versions: Versions,
    limits: Limits,
    idle: Duration,
    partial: Duration,
    write: Duration,
    admission: Arc<Admission<Source>>,
    clients: Arc<Admission<ClientKey>>,
    /// Sources whose refusal was told.
    told: Mutex<Drops>,
    /// Sources whose failed handshake was told: no stranger's keeps a refusal from being told.
    failed: Mutex<Drops>,
}

/// How packets may be written.
#[derive(Clone, Copy, Debug)]
struct Versions {
    v1_0: bool,
    v1_1: bool,
}

impl Versions {
    /// What may be agreed on; RADIUS/1.1 inside TLS 1.3 alone (RFC 9765, section 3.4).
    fn offered(self, speaks_1_3: bool) -> Vec<Vec<u8>> {
        let offer = |allowed: bool, name: &[u8]| allowed.then(|| name.to_vec());
        let modern = offer(self.v1_1 && (speaks_1_3 || !self.v1_0), ALPN_1_1);
        modern.into_iter().chain(offer(self.v1_0, ALPN_1_0)).collect()
    }

    /// What was agreed on, if it may be.
    fn agreed(self, protocol: Option<&[u8]>, tls: Option<ProtocolVersion>) -> Option<Version> {
        if protocol == Some(ALPN_1_1) {
            return (tls == Some(ProtocolVersion::TLSv1_3)).then_some(Version::V1_1);
        }
        self.v1_0.then_some(Version::V1_0)
    }
}

impl Terms {
    /// As configured; none where nothing listens.
    pub(super) fn new(identity: Arc<Identity>, config: &config::Radius) -> Option<Self> {
        let limits = Limits {
            pending: config.radsec_requests_in_flight as usize,
            // A connection is of one client.
            pending_of_owner: config.radsec_requests_in_flight as usize,
            cached_replies: config.radsec_requests_in_flight as usize,
            cached_octets: KEPT,
            reply_lifetime: config.reply_cache_time,
            ..Limits::default()
        };
        let (all, each) = (config.radsec_connections, config.radsec_connections_per_source);
        Some(Self {
            identity,
            secret: Secret::new(RADSEC).ok()?,
            versions: Versions { v1_0: config.radsec_1_0, v1_1: config.radsec_1_1 },
            limits,
            idle: config.radsec_idle_timeout,
            partial: config.radsec_partial_timeout,
            write: config.radsec_write_timeout,
            admission: Admission::new(all, each),
            clients: Admission::new(u32::MAX, config.radsec_connections_per_client),
            told: Mutex::default(),
            failed: Mutex::default(),
        })
    }

    /// Who may connect.
    pub(super) const fn admission(&self) -> &Arc<Admission<Source>> {
        &self.admission
    }

    /// Who is admitted.
    pub(super) fn crowds(&self) -> Vec<Crowd> {
        let (all, clients) = (Arc::clone(&self.admission), Arc::clone(&self.clients));
        vec![
            Crowd { door: "radsec", share: SOURCE, of: all },
            Crowd { door: "radsec", share: "client", of: clients },
        ]
    }

    fn limits(&self, version: Version) -> Limits {
        match version {
            Version::V1_0 => self.limits,
            // A token says nothing about what is in a request: a kept reply could be another's.
            Version::V1_1 => Limits { cached_replies: 0, ..self.limits },
        }
    }
}

/// Serves a connection until either side ends it.
pub(super) async fn run(door: Arc<Door>, stream: TcpStream, peer: SocketAddr, shutdown: Shutdown) {
    let Some(terms) = &door.radsec else { return };
    let (transport, version) = match secure(terms, stream).await {
        Ok(secured) => secured,
        Err(error) => {
            tracing::debug!(%peer, %error, "a TLS handshake of RADIUS failed");
            // Whoever only goes away again has said nothing that is wrong.
            if matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::Other) {
                let reason = format!("the TLS handshake failed: {error}");
                let refused = Refused { client: None, chain: &[], reason: &reason };
                refuse(&door, &terms.failed, peer, &refused);
            }
            return;
        }
    };
    let chain = transport.client_certificates().iter();
    let chain: Vec<Vec<u8>> = chain.map(|certificate| certificate.to_vec()).collect();
    let gear = match recognize(&door, &chain) {
        Ok(gear) => gear,
        Err((client, reason)) => {
            let refused = Refused { client, chain: &chain, reason };
            return refuse(&door, &terms.told, peer, &refused);
        }
    };
    let client = (gear.organization, gear.client);
    let Some(_place) = terms.clients.enter(client) else {
        let reason = "the RADIUS client has too many connections";
        let refused = Refused { client: Some(client), chain: &chain, reason };
        return refuse(&door, &terms.told, peer, &refused);
    };
    drop(chain);
    let server = Server::new(Port::Tls(version), terms.limits(version));
    let first = u32::from_be_bytes(door.directory.tools().random());
    let (_open, errands) = door.lines.enter(client, peer.ip());
    let heard = door.clock.monotonic();
    let connection = Connection {
        transport,
        stream: Stream::default(),
        output: Vec::new(),
        ordered: Downstream::new(version, terms.secret.clone(), first),
        write: terms.write,
        gear,
        looked: heard,
        seen: None,
        peer,
        heard,
        partial: None,
        is_behind: false,
        stays: false,
        over: false,
    };
    let mut worker = Worker::new(Arc::clone(&door), server, connection);
    worker.serve(terms, shutdown, errands).await;
    let _late = tokio::time::timeout(GOODBYE, worker.outlet.transport.close()).await;
}

/// Does the handshake, and says how packets are written.
async fn secure(terms: &Terms, stream: TcpStream) -> io::Result<(Transport, Version)> {
    let versions = terms.versions;
    let offered = |speaks_1_3| versions.offered(speaks_1_3);
    let tls = Box::new(terms.identity.accept_demanding(stream, Side::Front, offered).await?);
    let session = tls.get_ref().1;
    let agreed = versions.agreed(session.alpn_protocol(), session.protocol_version());
    let version = agreed.ok_or_else(|| io::Error::other("no version of RADIUS was agreed on"))?;
    Ok((Transport::Tls(tls), version))
}

/// Whose gear shows these certificates; or why it is nobody's, with the client that it would be of.
fn recognize(
    door: &Door,
    chain: &[Vec<u8>],
) -> Result<CertifiedGear, (Option<ClientKey>, &'static str)> {
    let gear = door.directory.gear().map_err(|error| {
        tracing::error!(%error, "the RADIUS clients cannot be read");
        (None::<ClientKey>, "the RADIUS clients cannot be read")
    })?;
    let now = Time(door.clock.wall());
    let gear = gear.certified(chain, now).map_err(|reason| (None::<ClientKey>, reason))?;
    let client = Some((gear.organization, gear.client));
    match door.directory.objection_to_gear(&gear, &mut None, now) {
        Ok(None) => Ok(gear),
        Ok(Some(reason)) => Err((client, reason)),
        Err(error) => {
            tracing::error!(%error, "what was revoked cannot be read");
            Err((client, "what was revoked cannot be read"))
        }
    }
}

/// A connection that is not served.
struct Refused<'r> {
    /// Whose certificate was shown, if it is anybody's.
    client: Option<ClientKey>,
    /// What was shown.
    chain: &'r [Vec<u8>],
    reason: &'r str,
}

fn refuse(door: &Door, told: &Mutex<Drops>, peer: SocketAddr, refused: &Refused<'_>) {
    let Refused { client, chain, reason } = *refused;
    tracing::debug!(%peer, reason, "a RADIUS connection was refused");
    let monotonic = door.clock.monotonic();
    let is_told = told.lock().unwrap_or_else(PoisonError::into_inner).tells(peer.ip(), monotonic);
    if is_told {
        let now = Time(door.clock.wall());
        door.directory.note_gear_refused(peer.ip(), client, (chain, reason), now);
    }
}

struct Connection {
    transport: Transport,
    stream: Stream,
    output: Vec<u8>,
    /// Orders that went down it and are not answered.
    ordered: Downstream<Answered>,
    /// How long the other side may leave answers unread.
    write: Duration,
    gear: CertifiedGear,
    /// When it was last looked at whether its certificate was revoked, whatever was changed since.
    looked: Duration,
    /// What of the directory was seen then.
    seen: Option<u64>,
    peer: SocketAddr,
    /// When something came.
    heard: Duration,
    /// When the packet began that has not ended.
    partial: Option<Duration>,
    /// Whether packets may be left of what came, which go before what comes.
    is_behind: bool,
    /// Whether orders go down it, so that it lasts however silent the gear is.
    stays: bool,
    over: bool,
}

impl Outlet for Connection {
    fn queue(&mut self, _to: SocketAddr, reply: SignedReply) {
        self.output.extend(reply.as_ref());
    }

    async fn flush(&mut self) {
        if self.output.is_empty() {
            return;
        }
        let mut output = std::mem::take(&mut self.output);
        let written = tokio::time::timeout(self.write, self.transport.write_all(&output)).await;
        // There may be keys among them.
        output.zeroize();
        self.over |= !matches!(written, Ok(Ok(())));
    }

    fn dropped(&mut self, reason: DropReason) {
        self.over |= reason.ends_connection();
    }

    fn client(&self) -> Option<ClientKey> {
        Some((self.gear.organization, self.gear.client))
    }
}

impl Connection {
    /// Takes what came; `false` at the end.
    async fn read(&mut self) -> io::Result<bool> {
        let Self { transport, stream, .. } = self;
        poll_fn(|context| transport.poll_read(context, |octets| stream.extend(octets))).await
    }

    /// Notes whether orders go down it; then the kernel looks whether the gear is still there.
    fn set_stays(&mut self, stays: bool) {
        if stays && !self.stays {
            self.transport.keep_alive();
        }
        self.stays = stays;
    }
}

impl Worker<Connection> {
    async fn serve(
        &mut self,
        terms: &Terms,
        shutdown: Shutdown,
        mut errands: mpsc::Receiver<Errand>,
    ) {
        while !self.outlet.over {
            let due = self.due(terms);
            tokio::select! {
                biased;
                // What was read has its turn before: nobody asks for it again on this connection.
                () = shutdown.draining(), if !self.outlet.is_behind => return self.drain().await,
                Some(late) = self.arrivals.recv() => self.conclude(late).await,
                kept = self.ledger.outcome(), if self.ledger.is_busy() => self.recorded(kept).await,
                Some(errand) = errands.recv() => self.order(errand).await,
                () = std::future::ready(()), if self.outlet.is_behind => self.receive(terms).await,
                read = self.outlet.read() => match read {
                    Ok(true) => self.receive(terms).await,
                    Ok(false) | Err(_) => return,
                },
                () = tokio::time::sleep(due) => self.look(terms),
            }
        }
    }

    /// Writes an order. One for which there is no room is dropped, as is one that the gear has lost: who
    /// waits for its answer asks again.
    async fn order(&mut self, errand: Errand) {
        if !self.is_known() {
            self.outlet.over = true;
            return;
        }
        let Errand { kind, attributes, seconds, answered } = errand;
        let Connection { ordered, output, .. } = &mut self.outlet;
        ordered.retain(|waiting| !waiting.is_closed());
        match ordered.write(answered, (kind, &attributes), seconds) {
            Ok(octets) => output.extend(octets),
            Err((answered, Some(error))) => {
                let _gone = answered.send(Err(error));
            }
            Err((_, None)) => {}
        }
        self.outlet.flush().await;
    }

    /// Hands on packets that have come, until one is none or others are to have a turn.
    async fn receive(&mut self, terms: &Terms) {
        let now = self.door.clock.monotonic();
        self.outlet.heard = now;
        if !self.is_known() {
            self.outlet.over = true;
            return;
        }
        let client = (self.outlet.gear.organization, self.outlet.gear.client);
        let candidate = Candidate {
            client,
            secret: &terms.secret,
            require_message_authenticator: false,
            limit_proxy_state: false,
            precision: 0,
            is_guess: false,
        };
        for _ in 0..AT_ONCE {
            self.outlet.is_behind = self.take(candidate, now);
            if !self.outlet.is_behind {
                break;
            }
        }
        let Connection { stream, partial, .. } = &mut self.outlet;
        stream.forget();
        *partial = stream.is_partial().then(|| partial.unwrap_or(now));
        self.work().await;
        self.ledger.keep();
        if self.outlet.is_behind {
            give_way().await;
        }
    }

    /// Hands on a packet; `false` where none is whole, and once the connection is to end.
    fn take(&mut self, candidate: Candidate<'_, ClientKey>, now: Duration) -> bool {
        let peer = self.outlet.peer;
        match self.outlet.stream.next() {
            Ok(Some(packet)) if answers_order(packet) => {
                self.outlet.partial = None;
                match self.outlet.ordered.receive(packet) {
                    Ok(Some((answered, said))) => {
                        let _gone = answered.send(Ok(said));
                    }
                    // What answers no order is nothing that has to be answered.
                    Ok(None) => {}
                    Err(reason) => self.dropped(peer, reason),
                }
            }
            Ok(Some(packet)) => {
                let found = self.server.receive(peer, packet, [candidate].into(), now);
                self.door.tally.radius.taken(packet, found.is_some());
                self.outlet.partial = None;
                self.obey();
            }
            Ok(None) => return false,
            Err(malformed) => self.dropped(peer, malformed.into()),
        }
        !self.outlet.over
    }

    /// How long until something is to be looked at.
    fn due(&self, terms: &Terms) -> Duration {
        let next = [self.server.deadline(), self.ends(terms)].into_iter().flatten().min();
        let now = self.door.clock.monotonic();
        next.map_or(LOOK, |at| at.saturating_sub(now)).min(LOOK)
    }

    /// When the connection ends if nothing more comes.
    fn ends(&self, terms: &Terms) -> Option<Duration> {
        let Connection { partial, heard, stays, .. } = self.outlet;
        let partial = partial.map(|began| began.saturating_add(terms.partial));
        let is_idle = !stays && self.waiting == 0 && !self.ledger.is_busy();
        let idle = is_idle.then(|| heard.saturating_add(terms.idle));
        [partial, idle].into_iter().flatten().min()
    }

    fn look(&mut self, terms: &Terms) {
        let now = self.door.clock.monotonic();
        self.server.expire(now);
        let is_known = self.is_known();
        let has_ended = self.ends(terms).is_some_and(|at| at <= now);
        self.outlet.over |= has_ended || !is_known;
    }

    /// Whether the certificate still counts; whether it was revoked is looked at when something of
    /// the organization was changed, and each minute, since lists end.
    fn is_known(&mut self) -> bool {
        let (at, now) = (self.door.clock.monotonic(), Time(self.door.clock.wall()));
        let Self { door, outlet: Connection { gear, looked, seen, .. }, .. } = self;
        let directory = &door.directory;
        if at.saturating_sub(*looked) >= LOOK {
            (*looked, *seen) = (at, None);
        }
        match directory.objection_to_gear(gear, seen, now) {
            Ok(None) => {}
            Ok(Some(_)) => return false,
            Err(error) => tracing::error!(%error, "what was revoked cannot be read"),
        }
        match directory.gear() {
            Ok(table) => {
                let CertifiedGear { organization, client, .. } = self.outlet.gear;
                self.outlet.set_stays(table.is_ordered_by_connection(organization, client));
                table.certifies(&self.outlet.gear, now)
            }
            Err(error) => {
                tracing::error!(%error, "the RADIUS clients cannot be read");
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: Versions = Versions { v1_0: true, v1_1: true };
    const OLD: Versions = Versions { v1_0: true, v1_1: false };
    const NEW: Versions = Versions { v1_0: false, v1_1: true };

    /// RFC 9765, sections 3.3.3 and 3.4.
    #[test]
    fn what_is_agreed_on_is_what_both_sides_may() {
        let (tls_1_2, tls_1_3) = (Some(ProtocolVersion::TLSv1_2), Some(ProtocolVersion::TLSv1_3));
        assert_eq!(BOTH.offered(true), [ALPN_1_1, ALPN_1_0]);
        assert_eq!(BOTH.offered(false), [ALPN_1_0]);
        assert_eq!(OLD.offered(true), [ALPN_1_0]);
        // Nothing but an alert is left for TLS 1.2.
        assert_eq!(NEW.offered(false), [ALPN_1_1]);
        for protocol in [None, Some(ALPN_1_0)] {
            assert_eq!(BOTH.agreed(protocol, tls_1_2), Some(Version::V1_0));
            assert_eq!(OLD.agreed(protocol, tls_1_3), Some(Version::V1_0));
            assert_eq!(NEW.agreed(protocol, tls_1_3), None);
        }
        assert_eq!(BOTH.agreed(Some(ALPN_1_1), tls_1_3), Some(Version::V1_1));
        assert_eq!(NEW.agreed(Some(ALPN_1_1), tls_1_2), None);
    }
}
