//! What stands between a peer and the daemon, and lets something happen between the peer's first
//! time and its second.

use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use super::eapol::{Peer, Verdict};
use super::office::{Client, Office};
use super::wire::ACCEPT;

/// How long an answer is waited for; the peer asks again before it gives up.
const ANSWER: Duration = Duration::from_secs(8);

/// How it went for a peer that came twice.
#[derive(Debug)]
pub(crate) struct Twice {
    pub(crate) verdict: Verdict,
    /// The accepts that it had, octet by octet.
    pub(crate) accepts: Vec<Vec<u8>>,
}

impl Office {
    /// Lets a peer in, does something before it knows, and lets it come back with its session. From
    /// then on its gear asks from the address that `meanwhile` tells.
    pub(crate) fn twice(
        &self,
        peer: &Peer,
        gear: &Client,
        meanwhile: impl FnOnce() -> Ipv4Addr + Send,
    ) -> Twice {
        let inside = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = inside.local_addr().unwrap();
        let peer = peer.clone().at(&address.to_string(), &gear.secret).with(["-r1"]);
        std::thread::scope(|scope| {
            let relay = scope.spawn(|| self.relay(&inside, meanwhile));
            let verdict = peer.ask();
            // Nothing in it is the end.
            UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().send_to(&[], address).unwrap();
            Twice { verdict, accepts: relay.join().unwrap() }
        })
    }

    /// Hands requests on and answers back, and tells the accepts among these.
    fn relay(
        &self,
        inside: &UdpSocket,
        meanwhile: impl FnOnce() -> Ipv4Addr + Send,
    ) -> Vec<Vec<u8>> {
        let (mut accepts, mut meanwhile) = (Vec::new(), Some(meanwhile));
        let mut outside = self.outside(self.address);
        let mut buffer = [0; 8_192];
        loop {
            let (length, peer) = inside.recv_from(&mut buffer).unwrap();
            if length == 0 {
                return accepts;
            }
            outside.send(&buffer[..length]).unwrap();
            let Ok(length) = outside.recv(&mut buffer) else { continue };
            let answer = buffer[..length].to_vec();
            // A peer that had to wait asks twice, and has the same answer again.
            if answer[0] == ACCEPT && accepts.last() != Some(&answer) {
                accepts.push(answer);
                if let Some(meanwhile) = meanwhile.take() {
                    outside = self.outside(meanwhile());
                }
            }
            inside.send_to(&buffer[..length], peer).unwrap();
        }
    }

    fn outside(&self, from: Ipv4Addr) -> UdpSocket {
        let socket = UdpSocket::bind((from, 0)).unwrap();
        socket.connect(&self.demo.radius.auth).unwrap();
        socket.set_read_timeout(Some(ANSWER)).unwrap();
        socket
    }
}
