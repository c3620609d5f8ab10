//! A connection inside TLS, whose octets come in pieces of any size.

use radius::Stream;

use super::packets;

/// The first octet says which version is spoken, the second one how large pieces are; then comes what is
/// sent. Tells how many packets were in it.
///
/// # Panics
/// When it depends on the pieces what the packets are, or a server does with one what it must not.
pub(crate) fn run(octets: &[u8]) -> usize {
    let [flags, piece, sent @ ..] = octets else { return 0 };
    let whole = cut(sent, sent.len());
    assert_eq!(whole, cut(sent, usize::from(*piece)), "in pieces of {piece}");
    let (found, _) = whole;
    let mut requests = vec![2 | flags & 1];
    for packet in &found {
        requests.extend(u16::try_from(packet.len()).unwrap().to_be_bytes());
        requests.extend(packet);
    }
    packets::run(&requests);
    found.len()
}

/// The packets of a stream, and whether it can be read until its end.
fn cut(octets: &[u8], piece: usize) -> (Vec<Vec<u8>>, bool) {
    let (mut stream, mut packets) = (Stream::default(), Vec::new());
    for piece in octets.chunks(piece.max(1)) {
        stream.extend(piece);
        loop {
            match stream.next() {
                Ok(Some(packet)) => packets.push(packet.to_vec()),
                Ok(None) => break,
                Err(_) => return (packets, false),
            }
        }
    }
    let left = octets.len() - packets.iter().map(Vec::len).sum::<usize>();
    assert!(left < 4096, "{left} octets of less than a packet");
    assert_eq!(stream.is_partial(), left > 0);
    (packets, true)
}
