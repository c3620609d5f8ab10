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
    SockaddrLike, recvmmsg, sendmmsg, sendmsg, sendto, setsockopt, sockopt,
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
/// Octets of the longest reply that leaves as a part of several: links carry it whole, and so many of them are
/// no longer than a datagram may be.
const SEGMENT: usize = 1000;

/// A reply, and who gets it.
type Reply = (SocketAddr, SignedReply);

/// A socket, and the replies that wait for the next call.
pub(super) struct Datagrams {
    socket: UdpSocket,
    is_ipv6: bool,
    /// Where requests came to; only where the socket takes those of several addresses.
    origins: Option<Origins>,
    replies: VecDeque<Reply>,
    /// Whether the kernel takes what is for one peer as one, and cuts it (Linux 4.18). An older one would send
    /// it as it is.
    cuts: bool,
}

/// How the first replies that wait leave.
#[derive(Clone, Copy)]
enum Next {
    /// So many, all of one peer and of one length, as one that the kernel cuts as late as it can.
    AsOne(usize),
    /// So many at most, each by itself.
    Each(usize),
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
        let cuts = setsockopt(&socket, sockopt::UdpGsoSegment, &0).is_ok();
        Ok(Self { socket, is_ipv6, origins, replies: VecDeque::new(), cuts })
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
        if self.replies.len() > 1 {
            // What is for one peer and as long as others stands together.
            let key = |(to, reply): &Reply| (*to, reply.as_ref().len());
            self.replies.make_contiguous().sort_by_key(key);
        }
        let mut cuts = self.cuts;
        while let Some((to, _)) = self.replies.front() {
            let next = self.next(cuts);
            let sent = self.socket.try_io(Interest::WRITABLE, || self.send(next));
            match sent {
                Ok(sent) => drop(self.replies.drain(..sent.min(self.replies.len()))),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if self.socket.writable().await.is_err() {
                        return;
                    }
                }
                Err(error) if matches!(next, Next::AsOne(_)) => {
                    // The way to the peer carries less, say, or encrypts.
                    tracing::debug!(%to, %error, "RADIUS replies leave each by itself");
                    cuts = false;
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

    /// How the first replies leave.
    fn next(&self, cuts: bool) -> Next {
        let are_one = |(first, next): &(&Reply, &Reply)| {
            let (to, length) = (first.0, first.1.as_ref().len());
            cuts && length <= SEGMENT && to == next.0 && length == next.1.as_ref().len()
        };
        let first = self.replies.iter().take(BATCH);
        let pairs = || first.clone().zip(first.clone().skip(1));
        match pairs().take_while(are_one).count() {
            0 => Next::Each(pairs().position(|pair| are_one(&pair)).unwrap_or(BATCH)),
            more => Next::AsOne(more + 1),
        }
    }

    fn send(&self, next: Next) -> io::Result<usize> {
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
        match next {
            Next::AsOne(count) => {
                if self.is_ipv6 {
                    send_as_one::<SockaddrIn6>(fd, origin, &self.replies, count)
                } else {
                    send_as_one::<SockaddrIn>(fd, origin, &self.replies, count)
                }
            }
            Next::Each(count) => {
                // One call sends from one address.
                let replies =
                    self.replies.iter().take(count).take_while(|(to, _)| of(to) == origin);
                if self.is_ipv6 {
                    send::<SockaddrIn6>(fd, origin, replies)
                } else {
                    send::<SockaddrIn>(fd, origin, replies)
                }
            }
        }
    }
}

/// Addresses of one length: the kernel writes that of the last datagram over the headers' room for
/// one, so that headers cannot serve both families.
trait Family: SockaddrLike + Copy + Into<SocketAddr> + 'static {
    /// Where a datagram leaves from, for the kernel.
    type Leaving;

    fn of(address: SocketAddr) -> Option<Self>;
    /// Headers for sockets that tell where datagrams came to, or for those that do not: likewise the
    /// kernel writes how long what it told was.
    fn inbox(tells: bool) -> &'static LocalKey<RefCell<Inbox<Self>>>;
    /// Room for what tells where a datagram came to or leaves from.
    fn room() -> Vec<u8>;
    /// Where a datagram came to.
    fn origin(told: &ControlMessageOwned) -> Option<Origin>;
    /// The same of an address of ours, if it is of this family.
    fn leaving(origin: Origin) -> Option<Self::Leaving>;
    /// The same as a message to the kernel.
    fn says(leaving: &Self::Leaving) -> ControlMessage<'_>;
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

thread_local! {
    static INBOX: RefCell<Inbox<SockaddrIn>> = Inbox::new(false);
    static INBOX6: RefCell<Inbox<SockaddrIn6>> = Inbox::new(false);
    static TELLING: RefCell<Inbox<SockaddrIn>> = Inbox::new(true);
    static TELLING6: RefCell<Inbox<SockaddrIn6>> = Inbox::new(true);
}

impl Family for SockaddrIn {
    type Leaving = in_pktinfo;

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

    fn leaving(origin: Origin) -> Option<in_pktinfo> {
        let (IpAddr::V4(address), _) = origin else { return None };
        let address = in_addr { s_addr: u32::from_ne_bytes(address.octets()) };
        let nowhere = in_addr { s_addr: 0 };
        Some(in_pktinfo { ipi_ifindex: 0, ipi_spec_dst: address, ipi_addr: nowhere })
    }

    fn says(leaving: &in_pktinfo) -> ControlMessage<'_> {
        ControlMessage::Ipv4PacketInfo(leaving)
    }
}

impl Family for SockaddrIn6 {
    type Leaving = in6_pktinfo;

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

    fn leaving(origin: Origin) -> Option<in6_pktinfo> {
        let (IpAddr::V6(address), link) = origin else { return None };
        let address = in6_addr { s6_addr: address.octets() };
        Some(in6_pktinfo { ipi6_addr: address, ipi6_ifindex: link })
    }

    fn says(leaving: &in6_pktinfo) -> ControlMessage<'_> {
        ControlMessage::Ipv6PacketInfo(leaving)
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

/// Sends datagrams, each with a header of its own.
fn send<'r, F: Family>(
    fd: RawFd,
    origin: Option<Origin>,
    replies: impl Iterator<Item = &'r Reply>,
) -> io::Result<usize> {
    let one = |(to, reply): &'r Reply| ([IoSlice::new(reply.as_ref())], F::of(*to));
    let (octets, addresses): (Vec<_>, Vec<_>) = replies.map(one).unzip();
    let leaving = origin.and_then(F::leaving);
    let room = leaving.is_some().then(F::room);
    let mut headers = MultiHeaders::preallocate(octets.len(), room);
    let from: Vec<_> = leaving.iter().map(F::says).collect();
    let sent = sendmmsg(fd, &mut headers, &octets, addresses, &from, MsgFlags::MSG_DONTWAIT)?;
    Ok(sent.count())
}

/// Sends the first datagrams, all of one peer and of one length, as one that the kernel cuts as late as it can.
fn send_as_one<F: Family>(
    fd: RawFd,
    origin: Option<Origin>,
    replies: &VecDeque<Reply>,
    count: usize,
) -> io::Result<usize> {
    let octets = replies.iter().take(count).map(|(_, reply)| IoSlice::new(reply.as_ref()));
    let octets: Vec<_> = octets.collect();
    let Some((to, first)) = replies.front() else { return Ok(0) };
    let length = u16::try_from(first.as_ref().len()).map_err(io::Error::other)?;
    let leaving = origin.and_then(F::leaving);
    let mut how: Vec<_> = leaving.iter().map(F::says).collect();
    how.push(ControlMessage::UdpGsoSegments(&length));
    sendmsg(fd, &octets, &how, MsgFlags::MSG_DONTWAIT, F::of(*to).as_ref())?;
    Ok(octets.len())
}
