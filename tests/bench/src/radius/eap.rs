//! A peer of EAP-TTLS with PAP inside, of PEAP with MS-CHAPv2 inside, and of EAP-TLS (RFC 5281,
//! draft-kamath-pppext-peapv0, RFC 5216), behind a piece of network gear.

use std::io::{Read, Write};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, HandshakeKind};

use super::packet::{Attributes, Reply};
use super::{ACCEPT, CHALLENGE, Gear, ms_chap};

/// EAP-Message.
const MESSAGE: u8 = 79;
/// State.
const STATE: u8 = 24;
/// More rounds than any login has.
const ROUNDS: usize = 40;
/// Flags of the pieces of a TLS message: its length comes first.
const LENGTH_INCLUDED: u8 = 0x80;
/// There is more of it to come.
pub(crate) const MORE: u8 = 0x40;

const REQUEST: u8 = 1;
const RESPONSE: u8 = 2;
const IDENTITY: u8 = 1;
const NAK: u8 = 3;
const MS_CHAP_V2: u8 = 26;
const EXTENSIONS: u8 = 33;
/// The result "success", as both sides of PEAP say it.
const SUCCESS: [u8; 6] = [0x80, 3, 0, 2, 0, 1];

/// Which method, and what is said inside.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inner {
    /// EAP-TTLS with PAP.
    TtlsPap,
    /// PEAP with EAP-MSCHAPv2.
    PeapMsChap,
    /// EAP-TLS: nothing, since a certificate has said it.
    Tls,
}

impl Inner {
    /// The method's name.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::TtlsPap => "EAP-TTLS",
            Self::PeapMsChap => "PEAP",
            Self::Tls => "EAP-TLS",
        }
    }

    const fn method(self) -> u8 {
        match self {
            Self::TtlsPap => 21,
            Self::PeapMsChap => 25,
            Self::Tls => 13,
        }
    }
}

/// Who logs in, and how.
pub(crate) struct Peer<'p> {
    /// The method.
    pub(crate) inner: Inner,
    /// Whom to trust, and the version of TLS.
    pub(crate) tls: &'p Arc<ClientConfig>,
    /// The login.
    pub(crate) user: &'p str,
    /// The password.
    pub(crate) password: &'p str,
    /// Whether the TLS session of a login before must go on.
    pub(crate) resumes: bool,
}

/// A login that has got as far as the server's hello.
pub(crate) struct Half {
    state: Vec<u8>,
    identifier: u8,
    tls: ClientConnection,
}

/// A login under way.
struct Login<'g, 'p> {
    gear: &'g mut Gear,
    peer: &'p Peer<'p>,
    state: Vec<u8>,
    identifier: u8,
    octets: usize,
}

impl Gear {
    /// Logs a peer in; the size of all replies.
    ///
    /// # Errors
    /// When it is not let in, or its session is not resumed where it must be, or is where not.
    pub(crate) fn eap(&mut self, peer: &Peer<'_>) -> Result<usize> {
        let mut login = Login { gear: self, peer, state: Vec::new(), identifier: 0, octets: 0 };
        let tls = login.greet()?;
        login.finish(tls)?;
        Ok(login.octets)
    }

    /// Begins to log a peer in, and leaves off after the server's hello.
    ///
    /// # Errors
    /// When the server does not come that far.
    pub(crate) fn eap_begin(&mut self, peer: &Peer<'_>) -> Result<Half> {
        let mut login = Login { gear: self, peer, state: Vec::new(), identifier: 0, octets: 0 };
        let tls = login.greet()?;
        let Login { state, identifier, .. } = login;
        Ok(Half { state, identifier, tls })
    }

    /// Goes on with what [`Self::eap_begin`] has begun by a piece of something else, and waits for
    /// the answer; whether the server wants to hear more.
    ///
    /// # Errors
    /// When there is no answer.
    pub(crate) fn eap_piece(
        &mut self,
        peer: &Peer<'_>,
        half: &mut Half,
        piece: &[u8],
    ) -> Result<bool> {
        let (state, identifier) = (std::mem::take(&mut half.state), half.identifier);
        let mut login = Login { gear: self, peer, state, identifier, octets: 0 };
        let reply = login.respond(peer.inner.method(), piece)?;
        let Login { state, identifier, .. } = login;
        (half.state, half.identifier) = (state, identifier);
        Ok(reply.code == CHALLENGE)
    }

    /// Goes on with what [`Self::eap_begin`] has begun.
    ///
    /// # Errors
    /// When the peer is not let in.
    pub(crate) fn eap_finish(&mut self, peer: &Peer<'_>, half: Half) -> Result<()> {
        let Half { state, identifier, tls } = half;
        Login { gear: self, peer, state, identifier, octets: 0 }.finish(tls)
    }
}

impl Login<'_, '_> {
    /// As far as the server's hello and what comes with it.
    fn greet(&mut self) -> Result<ClientConnection> {
        let method = self.peer.inner.method();
        let mut offer = self.respond(IDENTITY, b"anonymous")?;
        if offer.value(MESSAGE).get(4) != Some(&method) {
            offer = self.respond(NAK, &[method])?;
        }
        ensure!(offer.value(MESSAGE).get(4) == Some(&method), "the method is not offered");
        let name = ServerName::try_from("localhost")?;
        let mut tls = ClientConnection::new(Arc::clone(self.peer.tls), name)?;
        match self.exchange(method, &mut tls)? {
            Heard::Message(octets) => feed(&mut tls, &octets)?,
            Heard::End(reply) => bail!("code {} for a first message of TLS", reply.code),
        }
        Ok(tls)
    }

    /// From there to the end.
    fn finish(&mut self, mut tls: ClientConnection) -> Result<()> {
        let method = self.peer.inner.method();
        let mut inside = Inside { peer: self.peer, spoke: false };
        for _round in 0..ROUNDS {
            if !tls.is_handshaking() && !tls.wants_write() {
                let peer_challenge = self.gear.random.octets();
                inside.speak(&mut tls, peer_challenge)?;
            }
            match self.exchange(method, &mut tls)? {
                Heard::Message(octets) => feed(&mut tls, &octets)?,
                Heard::End(reply) => {
                    ensure!(reply.code == ACCEPT, "code {} in place of {ACCEPT}", reply.code);
                    let resumes = self.peer.resumes;
                    ensure!(is_resumed(&tls) == resumes, "a session resumed: {}", !resumes);
                    return Ok(());
                }
            }
        }
        bail!("it does not end")
    }

    fn respond(&mut self, kind: u8, data: &[u8]) -> Result<Reply> {
        let [high, low] = u16::try_from(data.len() + 5)?.to_be_bytes();
        let packet = [&[RESPONSE, self.identifier, high, low, kind], data].concat();
        let mut attributes = Attributes::default();
        attributes.push(1, b"anonymous")?;
        attributes.push_pieces(MESSAGE, &packet)?;
        if !self.state.is_empty() {
            attributes.push(STATE, &self.state)?;
        }
        let authenticator = self.gear.random.octets();
        let reply = self.gear.access(&attributes, &authenticator)?;
        self.octets += reply.size;
        if reply.code == CHALLENGE {
            self.state = reply.value(STATE);
            self.identifier = *reply.value(MESSAGE).get(1).context("no packet of EAP")?;
        }
        Ok(reply)
    }

    /// Sends what TLS has to say, and collects the pieces of what comes back.
    fn exchange(&mut self, method: u8, tls: &mut ClientConnection) -> Result<Heard> {
        let mut data = vec![0];
        while tls.wants_write() {
            tls.write_tls(&mut data)?;
        }
        let mut heard = Vec::new();
        loop {
            let reply = self.respond(method, &data)?;
            if reply.code != CHALLENGE {
                return Ok(Heard::End(reply));
            }
            let packet = reply.value(MESSAGE);
            let flags = *packet.get(5).context("a packet without flags")?;
            let start = if flags & LENGTH_INCLUDED == 0 { 6 } else { 10 };
            heard.extend(packet.get(start..).unwrap_or_default());
            if flags & MORE == 0 {
                return Ok(Heard::Message(heard));
            }
            data = vec![0];
        }
    }
}

enum Heard {
    /// A message of TLS; empty where only ours was acknowledged.
    Message(Vec<u8>),
    /// The login is over.
    End(Reply),
}

/// Whether the server goes on with a session that it gave before.
fn is_resumed(tls: &ClientConnection) -> bool {
    tls.handshake_kind() == Some(HandshakeKind::Resumed)
}

fn feed(tls: &mut ClientConnection, mut octets: &[u8]) -> Result<()> {
    while !octets.is_empty() {
        tls.read_tls(&mut octets)?;
        tls.process_new_packets()?;
    }
    Ok(())
}

/// What is said inside the tunnel.
struct Inside<'p> {
    peer: &'p Peer<'p>,
    spoke: bool,
}

impl Inside<'_> {
    fn speak(&mut self, tls: &mut ClientConnection, peer_challenge: [u8; 16]) -> Result<()> {
        match self.peer.inner {
            // The session has been proven already; nothing is said inside (RFC 5281 section 7.6).
            Inner::TtlsPap if self.spoke || is_resumed(tls) => Ok(()),
            Inner::TtlsPap => {
                self.spoke = true;
                let mut password = self.peer.password.as_bytes().to_vec();
                password.resize(password.len().next_multiple_of(16), 0);
                let avps = [avp(1, self.peer.user.as_bytes())?, avp(2, &password)?].concat();
                Ok(tls.writer().write_all(&avps)?)
            }
            Inner::PeapMsChap => {
                let mut heard = Vec::new();
                // It ends with what there is: more may come.
                let _blocked = tls.reader().read_to_end(&mut heard);
                let Some(answer) = self.answer(&heard, peer_challenge)? else { return Ok(()) };
                Ok(tls.writer().write_all(&answer)?)
            }
            Inner::Tls => Ok(()),
        }
    }

    /// Answers what the server said inside, which lacks the header of EAP but in its last word.
    fn answer(&self, heard: &[u8], peer_challenge: [u8; 16]) -> Result<Option<Vec<u8>>> {
        let Peer { user, password, .. } = self.peer;
        Ok(Some(match heard {
            [] => return Ok(None),
            [REQUEST, identifier, _, _, EXTENSIONS, ..] => {
                [&[RESPONSE, *identifier, 0, 11, EXTENSIONS], &SUCCESS[..]].concat()
            }
            [IDENTITY, ..] => [&[IDENTITY], user.as_bytes()].concat(),
            // The challenge: an operation, an identifier, a length, and sixteen octets after theirs.
            [MS_CHAP_V2, 1, identifier, _, _, 16, rest @ ..] => {
                let challenge = rest.first_chunk::<16>().context("a short challenge")?;
                let answered = ms_chap::answer(user, password, challenge, peer_challenge)?;
                let [high, low] = u16::try_from(5 + 49 + user.len())?.to_be_bytes();
                let head = [MS_CHAP_V2, 2, *identifier, high, low, 49];
                let ms_chap::Response { peer_challenge, nt_response } = answered;
                [&head, &peer_challenge[..], &[0; 8], &nt_response, &[0], user.as_bytes()].concat()
            }
            [MS_CHAP_V2, 3, ..] => vec![MS_CHAP_V2, 3],
            other => bail!("the server says {other:?} inside"),
        }))
    }
}

/// An AVP of Diameter, which must be understood.
fn avp(kind: u8, value: &[u8]) -> Result<Vec<u8>> {
    let mut octets = vec![0, 0, 0, kind, 0x40, 0, 0, u8::try_from(value.len() + 8)?];
    octets.extend(value);
    octets.resize(octets.len().next_multiple_of(4), 0);
    Ok(octets)
}
