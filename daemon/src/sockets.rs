//! The sockets of every door, bound before privileges are given up and before any thread exists.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};

use nix::errno::Errno;
use socket2::{Domain, Protocol, Socket, Type};

use crate::config::Config;

/// Connections that the kernel completes while nobody accepts. It grants at most
/// net.core.somaxconn.
const BACKLOG: i32 = 4096;

/// Octets that wait in the kernel for a client that does not read, beside those that are on their way to it. There
/// would be megabytes otherwise, which take the kernel long to make and as long to free, while others wait.
const UNSENT: u32 = 128 << 10;

/// The kernel's queue of answers to orders.
const ORDERS_BUFFER: usize = 256 << 10;

/// A door could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("{door} cannot listen on {address}: {source}")]
pub struct BindError {
    /// The section and key of the configuration that ask for the address.
    pub door: &'static str,
    /// The address.
    pub address: SocketAddr,
    /// What the operating system said.
    pub source: io::Error,
}

/// All sockets. None of them blocks.
#[derive(Debug)]
pub struct Sockets {
    /// LDAP.
    pub ldap: Vec<TcpListener>,
    /// LDAP where a password may travel in clear.
    pub ldap_cleartext: Vec<TcpListener>,
    /// LDAP that is encrypted from the first octet.
    pub ldap_tls: Vec<TcpListener>,
    /// HTTPS for admins.
    pub admin_api: Vec<TcpListener>,
    /// HTTPS for devices.
    pub devices: Vec<TcpListener>,
    /// RADIUS authentication.
    pub radius_auth: Vec<UdpGroup>,
    /// RADIUS accounting.
    pub radius_acct: Vec<UdpGroup>,
    /// Where orders to network gear leave.
    pub radius_orders: Vec<UdpGroup>,
    /// RADIUS inside TLS.
    pub radsec: Vec<TcpListener>,
    /// HTTP for monitoring.
    pub metrics: Vec<TcpListener>,
}

/// Sockets among which the kernel divides the datagrams of one address, by their source.
#[derive(Debug)]
pub struct UdpGroup {
    /// The address, with its real port where the configuration says 0.
    pub address: SocketAddr,
    /// The sockets, at least one.
    pub sockets: Vec<UdpSocket>,
}

impl Sockets {
    /// Binds every address of a configuration.
    ///
    /// # Errors
    ///
    /// When one address cannot be bound; then none stays bound.
    pub fn bind(config: &Config) -> Result<Self, BindError> {
        let (ldap, radius, api) = (&config.ldap, &config.radius, &config.admin_api);
        let group = |address| udp(address, radius.sockets, radius.receive_buffer);
        Ok(Self {
            ldap: each("[ldap] listen", &ldap.listen, tcp)?,
            ldap_cleartext: each("[ldap] listen_cleartext", &ldap.listen_cleartext, tcp)?,
            ldap_tls: each("[ldap] listen_tls", &ldap.listen_tls, tcp)?,
            admin_api: each("[admin_api] listen", &api.listen, tcp)?,
            devices: each("[devices] listen", &config.devices.listen, tcp)?,
            radius_auth: each("[radius] auth", &radius.auth, group)?,
            radius_acct: each("[radius] acct", &radius.acct, group)?,
            radius_orders: each("[radius] orders_from", &radius.orders_from, orders)?,
            radsec: each("[radius] radsec", &radius.radsec, tcp)?,
            metrics: each("[metrics] listen", &config.metrics.listen, tcp)?,
        })
    }
}

/// Binds one kind of socket to each address. "Every IPv6 address" is left out on a machine that
/// has none.
fn each<T>(
    door: &'static str,
    addresses: &[SocketAddr],
    bind: impl Fn(SocketAddr) -> io::Result<T>,
) -> Result<Vec<T>, BindError> {
    let mut bound = Vec::with_capacity(addresses.len());
    for &address in addresses {
        match bind(address) {
            Ok(socket) => bound.push(socket),
            Err(error) if is_absent_family(address, &error) => {
                tracing::warn!(door, %address, "this machine has no IPv6, the address is left out");
            }
            Err(source) => {
                return Err(BindError { door, address, source });
            }
        }
    }
    Ok(bound)
}

fn is_absent_family(address: SocketAddr, error: &io::Error) -> bool {
    let absent = [Errno::EAFNOSUPPORT, Errno::EADDRNOTAVAIL].map(|errno| Some(errno as i32));
    address.is_ipv6() && address.ip().is_unspecified() && absent.contains(&error.raw_os_error())
}

fn orders(address: SocketAddr) -> io::Result<UdpGroup> {
    udp(address, 1, ORDERS_BUFFER)
}

fn tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = socket(address, Type::STREAM, Protocol::TCP)?;
    // A restart must not wait for the connections of the daemon before.
    socket.set_reuse_address(true)?;
    // Without it a small answer would wait for the client's acknowledgement of the last. Accepted
    // connections inherit it.
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_notsent_lowat(UNSENT)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn udp(address: SocketAddr, count: usize, receive_buffer: usize) -> io::Result<UdpGroup> {
    // Shared ports would let a second daemon of the same user take half of the datagrams. Bound
    // alone first, the address is refused if anybody has it.
    socket(address, Type::DGRAM, Protocol::UDP)?.bind(&address.into())?;
    let first = udp_member(address, receive_buffer)?;
    let address = first.local_addr()?;
    let mut sockets = vec![first];
    for _ in 1..count {
        sockets.push(udp_member(address, receive_buffer)?);
    }
    Ok(UdpGroup { address, sockets })
}

fn udp_member(address: SocketAddr, receive_buffer: usize) -> io::Result<UdpSocket> {
    let socket = socket(address, Type::DGRAM, Protocol::UDP)?;
    socket.set_reuse_port(true)?;
    socket.set_recv_buffer_size(receive_buffer)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

fn socket(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    if address.is_ipv6() {
        // IPv4 has sockets of its own, so a peer's address never comes as ::ffff:192.0.2.1.
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loopback() -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 0))
    }

    #[test]
    fn the_kernel_keeps_little_of_what_a_client_does_not_read() {
        let listener = tcp(loopback()).unwrap();
        let _client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        let kept = socket2::SockRef::from(&accepted).tcp_notsent_lowat().unwrap();
        assert_eq!(kept, UNSENT);
    }

    #[test]
    fn a_group_has_one_address_and_as_many_sockets_as_asked_for() {
        let group = udp(loopback(), 3, 1 << 16).unwrap();
        assert_eq!(group.sockets.len(), 3);
        for socket in &group.sockets {
            assert_eq!(socket.local_addr().unwrap(), group.address);
        }
        assert_ne!(group.address.port(), 0);
    }

    #[test]
    fn a_group_does_not_share_its_address_with_another() {
        let group = udp(loopback(), 2, 1 << 16).unwrap();
        let refused = udp(group.address, 2, 1 << 16).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    fn ipv4_and_ipv6_listen_on_the_same_port_side_by_side() {
        let four = tcp(SocketAddr::from(([0; 4], 0))).unwrap();
        let port = four.local_addr().unwrap().port();
        let six = SocketAddr::from(([0; 8], port));
        match tcp(six) {
            Ok(listener) => assert_eq!(listener.local_addr().unwrap(), six),
            Err(error) => assert!(is_absent_family(six, &error), "{error}"),
        }
    }

    #[test]
    fn an_address_in_use_is_refused_with_the_key_that_asks_for_it() {
        let taken = tcp(loopback()).unwrap();
        let address = taken.local_addr().unwrap();
        let refused = each("[ldap] listen", &[address], tcp).unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!(
                "[ldap] listen cannot listen on {address}: Address already in use (os error 98)"
            )
        );
    }

    #[test]
    fn only_every_address_of_ipv6_may_be_left_out() {
        let error = io::Error::from_raw_os_error(Errno::EADDRNOTAVAIL as i32);
        assert!(is_absent_family(SocketAddr::from(([0; 8], 389)), &error));
        assert!(!is_absent_family(SocketAddr::from(([0; 4], 389)), &error));
        let one = SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 389));
        assert!(!is_absent_family(one, &error));
    }
}
