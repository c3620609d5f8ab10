//! Datagrams of one socket, many of them in one call of the kernel.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, RawFd};
use std::thread::LocalKey;

use nix::errno::Errno;
use nix::sys::socket::{
    MsgFlags, MultiHeaders, SockaddrIn, SockaddrIn6, SockaddrLike, recvmmsg, sendmmsg,
};
use radius::SignedReply;
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// Octets of the longest datagram that is looked at, and one more to tell a longer one.
const DATAGRAM: usize = 4097;
/// Datagrams that one call takes or sends, at most.
const BATCH: usize = 32;

/// A socket, and the replies that wait for the next call.
pub(super) struct Datagrams {
    socket: UdpSocket,
    is_ipv6: bool,
    replies: VecDeque<(SocketAddr, SignedReply)>,
}

impl Datagrams {
    /// Reads and writes on a bound socket.
    ///
    /// # Errors
    /// When the socket has no address.
    pub(super) fn new(socket: UdpSocket) -> io::Result<Self> {
        let is_ipv6 = socket.local_addr()?.is_ipv6();
        Ok(Self { socket, is_ipv6, replies: VecDeque::new() })
    }

    /// Waits for datagrams.
    ///
    /// # Errors
    /// When the runtime is gone.
    pub(super) async fn readable(&self) -> io::Result<()> {
        self.socket.readable().await
    }

    /// Hands on datagrams that have come, each with its source.
    ///
    /// # Errors
    /// What the kernel said; a client that is gone may show up here as an ICMP message.
    pub(super) fn receive(&self, take: impl FnMut(SocketAddr, &[u8])) -> io::Result<()> {
        let fd = self.socket.as_raw_fd();
        let emptied = self.socket.try_io(Interest::READABLE, || {
            let taken = if self.is_ipv6 {
                receive::<SockaddrIn6>(fd, take)
            } else {
                receive::<SockaddrIn>(fd, take)
            };
            // Fewer than there is room for: what comes next wakes the task anew.
            if taken? < BATCH { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
        });
        match emptied {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            Ok(()) | Err(_) => Ok(()),
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
                    tracing::debug!(%to, %error, "a RADIUS reply was not sent");
                    self.replies.pop_front();
                }
            }
        }
    }

    fn send(&self) -> io::Result<usize> {
        let fd = self.socket.as_raw_fd();
        let replies = self.replies.iter().take(BATCH);
        if self.is_ipv6 {
            send::<SockaddrIn6>(fd, replies)
        } else {
            send::<SockaddrIn>(fd, replies)
        }
    }
}

/// Addresses of one length: the kernel writes that of the last datagram over the headers' room for
/// one, so that headers cannot serve both families.
trait Family: SockaddrLike + Copy + Into<SocketAddr> + 'static {
    fn of(address: SocketAddr) -> Option<Self>;
    fn inbox() -> &'static LocalKey<RefCell<Inbox<Self>>>;
}

/// Where the kernel puts datagrams. It belongs to a thread, because the headers hold pointers.
struct Inbox<F> {
    headers: MultiHeaders<F>,
    octets: Vec<u8>,
}

impl<F: Family> Inbox<F> {
    fn new() -> RefCell<Self> {
        let headers = MultiHeaders::preallocate(BATCH, None);
        RefCell::new(Self { headers, octets: vec![0; BATCH * DATAGRAM] })
    }
}

thread_local! {
    static INBOX: RefCell<Inbox<SockaddrIn>> = Inbox::new();
    static INBOX6: RefCell<Inbox<SockaddrIn6>> = Inbox::new();
}

impl Family for SockaddrIn {
    fn of(address: SocketAddr) -> Option<Self> {
        let SocketAddr::V4(address) = address else { return None };
        Some(address.into())
    }

    fn inbox() -> &'static LocalKey<RefCell<Inbox<Self>>> {
        &INBOX
    }
}

impl Family for SockaddrIn6 {
    fn of(address: SocketAddr) -> Option<Self> {
        let SocketAddr::V6(address) = address else { return None };
        Some(address.into())
    }

    fn inbox() -> &'static LocalKey<RefCell<Inbox<Self>>> {
        &INBOX6
    }
}

fn receive<F: Family>(fd: RawFd, mut take: impl FnMut(SocketAddr, &[u8])) -> Result<usize, Errno> {
    F::inbox().with_borrow_mut(|Inbox { headers, octets }| {
        let rooms = octets.chunks_mut(DATAGRAM).map(|room| [IoSliceMut::new(room)]);
        let mut rooms: Vec<_> = rooms.collect();
        let mut taken = 0;
        for message in recvmmsg(fd, headers, &mut rooms, MsgFlags::MSG_DONTWAIT, None)? {
            taken += 1;
            let datagram = message.iovs().next().unwrap_or_default();
            if let Some(source) = message.address {
                take(source.into(), datagram);
            }
        }
        Ok(taken)
    })
}

fn send<'r, F: Family>(
    fd: RawFd,
    replies: impl Iterator<Item = &'r (SocketAddr, SignedReply)> + Clone,
) -> io::Result<usize> {
    let octets: Vec<_> = replies.clone().map(|(_, reply)| [IoSlice::new(reply.as_ref())]).collect();
    let addresses: Vec<_> = replies.map(|(to, _)| F::of(*to)).collect();
    let mut headers = MultiHeaders::preallocate(octets.len(), None);
    let sent = sendmmsg(fd, &mut headers, &octets, addresses, [], MsgFlags::MSG_DONTWAIT)?;
    Ok(sent.count())
}
