//! Datagrams of one socket, many of them in one call of the kernel.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsRawFd, RawFd};
use std::thread::LocalKey;

use nix::cmsg_space;
use nix::errno::Errno;
use nix::libc::{in_addr, in_pktinfo, in6_addr, in6_pktinfo};
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, MultiHeaders, RecvMsg, SockaddrIn, SockaddrIn6,
    SockaddrLike, recvmmsg, sendmmsg, sendto, setsockopt, sockopt,
};
use radius::SignedReply;
use tokio::io::Interest;
use tokio::net::UdpSocket;

mod origins;

pub(super) use origins::Origin;
use origins::Origins;

/// Octets of the longest datagram that is looked at, and one more to tell a longer one.
const DATAGRAM: usize = 4097;
/// Datagrams that one call takes or sends, at most.
pub(super) const BATCH: usize = 64;

/// A socket, and the replies that wait for the next call.
pub(super) struct Datagrams {
    socket: UdpSocket,
    is_ipv6: bool,
    /// Where requests came to; only where the socket takes those of several addresses.
    origins: Option<Origins>,
    replies: VecDeque<(SocketAddr, SignedReply)>,
}

impl Datagrams {
    /// Reads and writes on a bound socket.
    ///
    /// # Errors
    /// When the socket has no address, or does not tell where datagrams came to.
    pub(super) fn new(socket: UdpSocket) -> io::Result<Self> {
        let address = socket.local_addr()?;
        let (is_ipv6, is_open) = (address.is_ipv6(), address.ip().is_unspecified());
        match (is_open, is_ipv6) {
            (false, _) => {}
            (true, false) => setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?,
            (true, true) => setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true)?,
        }
        let origins = is_open.then(Origins::default);
        Ok(Self { socket, is_ipv6, origins, replies: VecDeque::new() })
    }

    /// Waits for datagrams.
    ///
    /// # Errors
    /// When the runtime is gone.
    pub(super) async fn readable(&self) -> io::Result<()> {
        self.socket.readable().await
    }

    /// Hands on datagrams that have come, each with its source and where it came to; says whether there
    /// may be more.
    ///
    /// # Errors
    /// What the kernel said; a client that is gone may show up here as an ICMP message.
    pub(super) fn receive(
        &self,
        take: impl FnMut(SocketAddr, Option<Origin>, &[u8]),
    ) -> io::Result<bool> {
        let (fd, tells) = (self.socket.as_raw_fd(), self.origins.is_some());
        let emptied = self.socket.try_io(Interest::READABLE, || {
            let taken = if self.is_ipv6 {
                receive::<SockaddrIn6>(fd, tells, take)
            } else {
                receive::<SockaddrIn>(fd, tells, take)
            };
            // Fewer than there is room for: what comes next wakes the task anew.
            if taken? < BATCH { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(true) }
        });
        match emptied {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            other => other,
        }
    }

    /// Answers a peer from where it asked from now on: one who was found to be whom it claims.
    pub(super) fn met(&mut self, source: SocketAddr, origin: Option<Origin>) {
        if let (Some(origins), Some(origin)) = (&mut self.origins, origin) {
            origins.note(source, origin);
        }
    }

    /// Keeps a reply for the next [`flush`](Self::flush).
    pub(super) fn queue(&mut self, to: SocketAddr, reply: SignedReply) {
        self.replies.push_back((to, reply));
    }

    /// Sends what waits. A reply that cannot be sent is lost, as it may be on its way.
    pub(super) async fn flush(&mut self) {
        while let Some((to, _)) = self.replies.front() {
            let sent = self.socket.try_io(Interest::WRITABLE, || self.send());
            match sent {
                Ok(sent) => drop(self.replies.drain(..sent.min(self.replies.len()))),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if self.socket.writable().await.is_err() {
                        return;
                    }
                }
                Err(error) => {
                    let to = *to;
                    tracing::debug!(%to, %error, "a RADIUS reply was not sent");
                    // Without an address to leave from, the kernel chooses one.
                    let forget = |origins: &mut Origins| origins.forget(&to);
                    if !self.origins.as_mut().is_some_and(forget) {
                        self.replies.pop_front();
                    }
                }
            }
        }
    }

    fn send(&self) -> io::Result<usize> {
        let fd = self.socket.as_raw_fd();
        let of = |to: &SocketAddr| self.origins.as_ref().and_then(|origins| origins.of(to));
        let origin = self.replies.front().and_then(|(to, _)| of(to));
        if let (None, 1, Some((to, reply))) = (origin, self.replies.len(), self.replies.front()) {
            return match to {
                SocketAddr::V4(to) if !self.is_ipv6 => send_one(fd, reply, &SockaddrIn::from(*to)),
                SocketAddr::V6(to) if self.is_ipv6 => send_one(fd, reply, &SockaddrIn6::from(*to)),
                // Nothing comes from the other family.
                SocketAddr::V4(_) | SocketAddr::V6(_) => Err(io::ErrorKind::Unsupported.into()),
            };
        }
        // One call sends from one address.
        let replies = self.replies.iter().take(BATCH).take_while(|(to, _)| of(to) == origin);
        if self.is_ipv6 {
            send::<SockaddrIn6>(fd, origin, replies)
        } else {
            send::<SockaddrIn>(fd, origin, replies)
        }
    }
}

/// Addresses of one length: the kernel writes that of the last datagram over the headers' room for
/// one, so that headers cannot serve both families.
trait Family: SockaddrLike + Copy + Into<SocketAddr> + 'static {
    fn of(address: SocketAddr) -> Option<Self>;
    /// Headers for sockets that tell where datagrams came to, or for those that do not: likewise the
    /// kernel writes how long what it told was.
    fn inbox(tells: bool) -> &'static LocalKey<RefCell<Inbox<Self>>>;
    /// Room for what tells where a datagram came to or leaves from.
    fn room() -> Vec<u8>;
    /// Where a datagram came to.
    fn origin(told: &ControlMessageOwned) -> Option<Origin>;
    /// Sends datagrams from there, with headers that have room for saying so.
    fn send_from(fd: RawFd, origin: Origin, outbox: Outbox<'_, Self>) -> Result<usize, Errno>;
}

/// Where the kernel puts datagrams. It belongs to a thread, because the headers hold pointers.
struct Inbox<F> {
    headers: MultiHeaders<F>,
    octets: Vec<u8>,
}

impl<F: Family> Inbox<F> {
    fn new(tells: bool) -> RefCell<Self> {
        let headers = MultiHeaders::preallocate(BATCH, tells.then(F::room));
        RefCell::new(Self { headers, octets: vec![0; BATCH * DATAGRAM] })
    }
}

/// Datagrams that leave together.
struct Outbox<'r, F> {
    octets: Vec<[IoSlice<'r>; 1]>,
    addresses: Vec<Option<F>>,
}

impl<F: Family> Outbox<'_, F> {
    fn send(self, fd: RawFd, from: &[ControlMessage<'_>]) -> Result<usize, Errno> {
        let Self { octets, addresses } = self;
        let room = (!from.is_empty()).then(F::room);
        let mut headers = MultiHeaders::preallocate(octets.len(), room);
        let flags = MsgFlags::MSG_DONTWAIT;
        Ok(sendmmsg(fd, &mut headers, &octets, addresses, from, flags)?.count())
    }
}

thread_local! {
    static INBOX: RefCell<Inbox<SockaddrIn>> = Inbox::new(false);
    static INBOX6: RefCell<Inbox<SockaddrIn6>> = Inbox::new(false);
    static TELLING: RefCell<Inbox<SockaddrIn>> = Inbox::new(true);
    static TELLING6: RefCell<Inbox<SockaddrIn6>> = Inbox::new(true);
}

impl Family for SockaddrIn {
    fn of(address: SocketAddr) -> Option<Self> {
        let SocketAddr::V4(address) = address else { return None };
        Some(address.into())
    }

    fn inbox(tells: bool) -> &'static LocalKey<RefCell<Inbox<Self>>> {
        if tells { &TELLING } else { &INBOX }
    }

    fn room() -> Vec<u8> {
        cmsg_space!(in_pktinfo)
    }

    fn origin(told: &ControlMessageOwned) -> Option<Origin> {
        let ControlMessageOwned::Ipv4PacketInfo(info) = told else { return None };
        Some((Ipv4Addr::from(info.ipi_spec_dst.s_addr.to_ne_bytes()).into(), 0))
    }

    fn send_from(fd: RawFd, origin: Origin, outbox: Outbox<'_, Self>) -> Result<usize, Errno> {
        let (IpAddr::V4(address), _) = origin else { return outbox.send(fd, &[]) };
        let address = in_addr { s_addr: u32::from_ne_bytes(address.octets()) };
        let nowhere = in_addr { s_addr: 0 };
        let info = in_pktinfo { ipi_ifindex: 0, ipi_spec_dst: address, ipi_addr: nowhere };
        outbox.send(fd, &[ControlMessage::Ipv4PacketInfo(&info)])
    }
}

impl Family for SockaddrIn6 {
    fn of(address: SocketAddr) -> Option<Self> {
        let SocketAddr::V6(address) = address else { return None };
        Some(address.into())
    }

    fn inbox(tells: bool) -> &'static LocalKey<RefCell<Inbox<Self>>> {
        if tells { &TELLING6 } else { &INBOX6 }
    }

    fn room() -> Vec<u8> {
        cmsg_space!(in6_pktinfo)
    }

    fn origin(told: &ControlMessageOwned) -> Option<Origin> {
        let ControlMessageOwned::Ipv6PacketInfo(info) = told else { return None };
        let address = Ipv6Addr::from(info.ipi6_addr.s6_addr);
        let link = if address.is_unicast_link_local() { info.ipi6_ifindex } else { 0 };
        Some((address.into(), link))
    }

    fn send_from(fd: RawFd, origin: Origin, outbox: Outbox<'_, Self>) -> Result<usize, Errno> {
        let (IpAddr::V6(address), link) = origin else { return outbox.send(fd, &[]) };
        let address = in6_addr { s6_addr: address.octets() };
        let info = in6_pktinfo { ipi6_addr: address, ipi6_ifindex: link };
        outbox.send(fd, &[ControlMessage::Ipv6PacketInfo(&info)])
    }
}

fn receive<F: Family>(
    fd: RawFd,
    tells: bool,
    mut take: impl FnMut(SocketAddr, Option<Origin>, &[u8]),
) -> Result<usize, Errno> {
    F::inbox(tells).with_borrow_mut(|Inbox { headers, octets }| {
        let mut pieces = octets.chunks_mut(DATAGRAM);
        let mut rooms: [_; BATCH] =
            std::array::from_fn(|_| [IoSliceMut::new(pieces.next().unwrap_or_default())]);
        let (mut taken, mut is_short) = (0, false);
        for message in recvmmsg(fd, headers, &mut rooms, MsgFlags::MSG_DONTWAIT, None)? {
            taken += 1;
            let datagram = message.iovs().next().unwrap_or_default();
            let Some(source) = message.address.map(Into::into) else { continue };
            let origin = if tells { told::<F>(&message) } else { None };
            is_short |= tells && origin.is_none();
            take(source, origin, datagram);
        }
        if is_short {
            // The kernel left no room for the next one.
            *headers = MultiHeaders::preallocate(BATCH, Some(F::room()));
        }
        Ok(taken)
    })
}

fn told<F: Family>(message: &RecvMsg<'_, '_, F>) -> Option<Origin> {
    message.cmsgs().ok()?.find_map(|told| F::origin(&told))
}

/// Sends a single datagram, without the headers that several need.
fn send_one(fd: RawFd, reply: &SignedReply, to: &dyn SockaddrLike) -> io::Result<usize> {
    sendto(fd, reply.as_ref(), to, MsgFlags::MSG_DONTWAIT)?;
    Ok(1)
}

fn send<'r, F: Family>(
    fd: RawFd,
    origin: Option<Origin>,
    replies: impl Iterator<Item = &'r (SocketAddr, SignedReply)>,
) -> io::Result<usize> {
    let one =
        |(to, reply): &'r (SocketAddr, SignedReply)| ([IoSlice::new(reply.as_ref())], F::of(*to));
    let (octets, addresses) = replies.map(one).unzip();
    let outbox = Outbox { octets, addresses };
    let sent = match origin {
        Some(origin) => F::send_from(fd, origin, outbox),
        None => outbox.send(fd, &[]),
    };
    Ok(sent?)
}
