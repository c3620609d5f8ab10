//! TLS messages in pieces that fit into EAP packets
//! ([RFC 5216, section 2.1.5](https://www.rfc-editor.org/rfc/rfc5216#section-2.1.5)).

use thiserror::Error;

use crate::method::Method;

/// The most octets that a peer may send until the handshake is over, in all messages together: a
/// hello, of half a kilobyte mostly, a chain of ten, as five certificates of RSA with 4096 bits are,
/// and the proof of its key; or a hello of two and a chain of nine. What is incomplete is held, here
/// or by rustls, whose buffer is 16 KiB for so much, twice that for more, and 4 KiB once all of it
/// was heard; a chain is held as itself and as a part of the transcript. So a conversation takes
/// less than 40 kB, whatever comes.
const HANDSHAKE: usize = 12 << 10;
/// The same of all that it says inside, a name and what proves it.
const INSIDE: usize = 8 << 10;
/// Octets of the length in front of a message's first piece.
const LENGTH: usize = 4;

const LENGTH_INCLUDED: u8 = 0x80;
const MORE: u8 = 0x40;
/// The flag of the packet that starts a method.
pub(crate) const START: u8 = 0x20;
/// Where TTLS and PEAP have their version.
const VERSION: u8 = 0x07;

/// Why a peer's piece cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum BadFragment {
    /// The flags, or the length that they announce, are missing.
    #[error("the packet ends before its flags or its length")]
    TooShort,
    /// The peer sends more in all than any has to, or announces that it will.
    #[error("the peer sends more octets than any handshake, or any proof inside, takes")]
    TooLong,
    /// The pieces are longer than was announced, or than were announced before.
    #[error("the message has another length than was announced")]
    Length,
    /// A piece with nothing in it, after which more is to come.
    #[error("a piece without octets")]
    Empty,
    /// The peer speaks another version of the method.
    #[error("version {0} of the method")]
    Version(u8),
}

/// What a peer's packet completed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// Nothing; the next piece is to be asked for.
    Piece,
    /// A message.
    Message(Vec<u8>),
    /// It says that it has what was sent to it.
    Acknowledgement,
}

/// Puts the peer's pieces together.
#[derive(Debug)]
pub(crate) struct Inbound {
    method: Method,
    octets: Vec<u8>,
    announced: Option<usize>,
    /// How many octets may still come.
    left: usize,
}

impl Inbound {
    /// Nothing came yet.
    pub(crate) const fn new(method: Method) -> Self {
        Self { method, octets: Vec::new(), announced: None, left: HANDSHAKE }
    }

    /// The handshake is over: what comes from here on is said inside.
    pub(crate) const fn go_inside(&mut self) {
        self.left = INSIDE;
    }

    /// Takes the data of one response.
    pub(crate) fn take(&mut self, data: &[u8]) -> Result<Received, BadFragment> {
        let (flags, rest) = data.split_first().ok_or(BadFragment::TooShort)?;
        // EAP-TLS has reserved bits there, which say nothing (RFC 5216, section 3.1).
        if self.method != Method::Tls && flags & VERSION != 0 {
            return Err(BadFragment::Version(flags & VERSION));
        }
        let piece = if flags & LENGTH_INCLUDED == 0 { rest } else { self.announce(rest)? };
        let more = flags & MORE != 0;
        let length = self.octets.len() + piece.len();
        if self.announced.is_some_and(|announced| length > announced) {
            return Err(BadFragment::Length);
        }
        let left = self.left.checked_sub(piece.len()).ok_or(BadFragment::TooLong)?;
        if more && piece.is_empty() {
            return Err(BadFragment::Empty);
        }
        if !more && length == 0 {
            self.announced = None;
            return Ok(Received::Acknowledgement);
        }
        if !more && self.announced.is_some_and(|announced| announced != length) {
            return Err(BadFragment::Length);
        }
        self.left = left;
        // No more than what came: many peers may stop within a message.
        self.octets.reserve_exact(piece.len());
        self.octets.extend_from_slice(piece);
        if more {
            return Ok(Received::Piece);
        }
        self.announced = None;
        Ok(Received::Message(std::mem::take(&mut self.octets)))
    }

    /// Whether a response would complete a message: what comes then may take a while.
    pub(crate) fn is_completed_by(data: &[u8]) -> bool {
        data.len() > 1 && data.first().is_some_and(|flags| flags & MORE == 0)
    }

    /// Notes how long the message will be; nothing is kept ready for it.
    fn announce<'d>(&mut self, data: &'d [u8]) -> Result<&'d [u8], BadFragment> {
        let (length, piece) = data.split_first_chunk::<LENGTH>().ok_or(BadFragment::TooShort)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length > self.octets.len() + self.left {
            return Err(BadFragment::TooLong);
        }
        if self.announced.is_some_and(|announced| announced != length) {
            return Err(BadFragment::Length);
        }
        self.announced = Some(length);
        Ok(piece)
    }
}

/// Hands a message out in pieces.
#[derive(Debug, Default)]
pub(crate) struct Outbound {
    octets: Vec<u8>,
    sent: usize,
}

impl Outbound {
    /// Takes the next message; the one before must be gone.
    pub(crate) fn put(&mut self, message: Vec<u8>) {
        self.octets = message;
        self.sent = 0;
    }

    /// Whether a piece is left.
    pub(crate) const fn is_left(&self) -> bool {
        self.sent < self.octets.len()
    }

    /// The data of the next request, at most `most` octets of it; without octets when nothing is
    /// left, which acknowledges a piece.
    pub(crate) fn next(&mut self, most: usize) -> Vec<u8> {
        let left = self.octets.get(self.sent..).unwrap_or_default();
        if left.len() < most {
            let data = [&[0], left].concat();
            self.put(Vec::new());
            return data;
        }
        let first = self.sent == 0;
        let room = most.saturating_sub(if first { 1 + LENGTH } else { 1 }).max(1);
        let (piece, _) = left.split_at_checked(room).unwrap_or((left, &[]));
        self.sent += piece.len();
        if first {
            let length = u32::try_from(self.octets.len()).unwrap_or(u32::MAX).to_be_bytes();
            [&[MORE | LENGTH_INCLUDED], &length[..], piece].concat()
        } else {
            [&[MORE], piece].concat()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(data: &[u8]) -> Result<Received, BadFragment> {
        Inbound::new(Method::Ttls).take(data)
    }

    #[test]
    fn a_message_in_one_piece_has_a_length_or_none() {
        assert_eq!(whole(b"\x00tls"), Ok(Received::Message(b"tls".to_vec())));
        assert_eq!(whole(b"\x80\0\0\0\x03tls"), Ok(Received::Message(b"tls".to_vec())));
        assert_eq!(whole(b"\x00"), Ok(Received::Acknowledgement));
    }

    #[test]
    fn rfc5216_2_1_5_pieces_are_put_together_and_each_is_asked_for() {
        let mut inbound = Inbound::new(Method::Ttls);
        assert_eq!(inbound.take(b"\xc0\0\0\0\x06ab"), Ok(Received::Piece));
        assert_eq!(inbound.take(b"\x40cd"), Ok(Received::Piece));
        assert_eq!(inbound.take(b"\x00ef"), Ok(Received::Message(b"abcdef".to_vec())));
        // The length may be repeated, as some peers do.
        assert_eq!(inbound.take(b"\xc0\0\0\0\x04ab"), Ok(Received::Piece));
        assert_eq!(inbound.take(b"\x80\0\0\0\x04cd"), Ok(Received::Message(b"abcd".to_vec())));
    }

    #[test]
    fn what_is_announced_binds_and_is_never_allocated() {
        assert_eq!(whole(b""), Err(BadFragment::TooShort));
        assert_eq!(whole(b"\x80\0\0\0"), Err(BadFragment::TooShort));
        assert_eq!(whole(b"\xc0\0\x01\0\x01a"), Err(BadFragment::TooLong));
        assert_eq!(whole(b"\xc0\xff\xff\xff\xffa"), Err(BadFragment::TooLong));
        assert_eq!(whole(b"\x80\0\0\0\x03tlsx"), Err(BadFragment::Length));
        assert_eq!(whole(b"\x80\0\0\0\x05tls"), Err(BadFragment::Length));
        let mut inbound = Inbound::new(Method::Ttls);
        assert_eq!(inbound.take(b"\xc0\0\0\0\x06ab"), Ok(Received::Piece));
        assert_eq!(inbound.take(b"\xc0\0\0\0\x07cd"), Err(BadFragment::Length));
        inbound.take(b"\xc0\0\0\0\x06cd").unwrap();
        assert!(inbound.octets.capacity() < 64);
    }

    #[test]
    fn pieces_without_end_come_to_an_end_and_hold_no_more_than_they_are() {
        assert_eq!(whole(b"\x40"), Err(BadFragment::Empty));
        let mut inbound = Inbound::new(Method::Tls);
        let piece = [&[MORE][..], &[7; 1000]].concat();
        let taken = (0..1000).take_while(|_| inbound.take(&piece).is_ok()).count();
        assert_eq!((taken, inbound.octets.len()), (HANDSHAKE / 1000, HANDSHAKE / 1000 * 1000));
        assert_eq!(inbound.octets.capacity(), inbound.octets.len());
        assert_eq!(inbound.take(&piece), Err(BadFragment::TooLong));
    }

    #[test]
    fn what_a_peer_sends_in_all_is_bounded_until_the_handshake_is_over_and_inside() {
        for method in [Method::Tls, Method::Ttls, Method::Peap] {
            let mut inbound = Inbound::new(method);
            let message = [&[0_u8][..], &[7; 1000]].concat();
            let count = |inbound: &mut Inbound| {
                (0..1000).take_while(|_| inbound.take(&message).is_ok()).count()
            };
            assert_eq!(count(&mut inbound), HANDSHAKE / 1000, "{method:?}");
            assert_eq!(inbound.take(&message), Err(BadFragment::TooLong));
            // Nor is it announced, when nothing of it has come; what is left is.
            assert_eq!(inbound.take(b"\xc0\0\0\x03\xe8a"), Err(BadFragment::TooLong));
            assert_eq!(inbound.take(b"\x00"), Ok(Received::Acknowledgement));
            inbound.go_inside();
            assert_eq!(inbound.take(b"\xc0\0\0\x03\xe8a"), Ok(Received::Piece));
            let rest = [&[0_u8][..], &[7; 999]].concat();
            assert!(matches!(inbound.take(&rest), Ok(Received::Message(it)) if it.len() == 1000));
            assert_eq!(count(&mut inbound), INSIDE / 1000 - 1, "{method:?}");
        }
    }

    #[test]
    fn another_version_is_refused_where_methods_have_one() {
        assert_eq!(whole(b"\x01tls"), Err(BadFragment::Version(1)));
        let reserved = Inbound::new(Method::Tls).take(b"\x1ftls");
        assert_eq!(reserved, Ok(Received::Message(b"tls".to_vec())));
    }

    proptest! {
        #[test]
        fn what_is_handed_out_can_be_put_together(length in 1_usize..9_000, most in 6_usize..1_500) {
            let message: Vec<u8> = (0..length).map(|at| at.to_le_bytes()[0]).collect();
            let (mut outbound, mut inbound) = (Outbound::default(), Inbound::new(Method::Ttls));
            outbound.put(message.clone());
            let mut pieces = 0;
            loop {
                let data = outbound.next(most);
                prop_assert!(data.len() <= most);
                pieces += 1;
                match inbound.take(&data).unwrap() {
                    Received::Piece => prop_assert!(outbound.is_left()),
                    Received::Message(octets) => {
                        prop_assert_eq!(octets, message);
                        break;
                    }
                    Received::Acknowledgement => prop_assert!(false),
                }
                prop_assert!(pieces <= length);
            }
            prop_assert!(!outbound.is_left());
        }

        #[test]
        fn no_octets_make_a_peers_pieces_fall_over(datas in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..20)) {
            let mut inbound = Inbound::new(Method::Ttls);
            for data in datas {
                let _any = inbound.take(&data);
                prop_assert!(inbound.octets.len() <= HANDSHAKE);
            }
        }
    }
}
