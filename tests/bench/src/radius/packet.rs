//! Packets and their signatures (RFC 2865, RFC 2869 section 5.14).

use anyhow::{Context, Result, ensure};
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};

use super::ACCESS;

/// Header, then Message-Authenticator: where its value stands.
const SIGNATURE: std::ops::Range<usize> = 22..38;
/// Vendor-Specific.
const VENDOR: u8 = 26;
const MESSAGE_AUTHENTICATOR: u8 = 80;

/// Attributes as they are written.
#[derive(Default)]
pub(super) struct Attributes(Vec<u8>);

impl Attributes {
    /// Adds one.
    ///
    /// # Errors
    /// When the value is too long.
    pub(super) fn push(&mut self, kind: u8, value: &[u8]) -> Result<()> {
        self.0.extend([kind, u8::try_from(value.len() + 2)?]);
        self.0.extend(value);
        Ok(())
    }

    /// Adds one of a vendor.
    ///
    /// # Errors
    /// When the value is too long.
    pub(super) fn push_vendor(&mut self, vendor: u32, kind: u8, value: &[u8]) -> Result<()> {
        let head = [kind, u8::try_from(value.len() + 2)?];
        self.push(VENDOR, &[&vendor.to_be_bytes(), &head[..], value].concat())
    }

    /// Adds a long value in pieces.
    ///
    /// # Errors
    /// None: no piece is too long.
    pub(super) fn push_pieces(&mut self, kind: u8, value: &[u8]) -> Result<()> {
        value.chunks(253).try_for_each(|piece| self.push(kind, piece))
    }
}

/// A reply that was signed by the secret.
pub(super) struct Reply {
    pub(super) code: u8,
    /// Octets of the packet.
    pub(super) size: usize,
    attributes: Vec<u8>,
}

impl Reply {
    /// The values of an attribute, one behind the other.
    pub(super) fn value(&self, kind: u8) -> Vec<u8> {
        let (mut rest, mut value) = (self.attributes.as_slice(), Vec::new());
        while let [found, length, behind @ ..] = rest {
            let (own, next) =
                behind.split_at_checked(usize::from(*length).saturating_sub(2)).unwrap_or_default();
            if *found == kind {
                value.extend(own);
            }
            rest = next;
        }
        value
    }
}

/// An Access-Request, its Message-Authenticator first.
pub(super) fn access(
    identifier: u8,
    authenticator: &[u8; 16],
    attributes: &Attributes,
    secret: &str,
) -> Result<Vec<u8>> {
    let mut packet = head(ACCESS, identifier, 18 + attributes.0.len())?;
    packet.extend(authenticator);
    packet.extend([MESSAGE_AUTHENTICATOR, 18]);
    packet.extend([0; 16]);
    packet.extend(&attributes.0);
    let mut signature = Hmac::<Md5>::new_from_slice(secret.as_bytes())?;
    signature.update(&packet);
    let place = packet.get_mut(SIGNATURE).context("no place to sign")?;
    place.copy_from_slice(&signature.finalize().into_bytes());
    Ok(packet)
}

/// A request whose authenticator is made with the secret (RFC 2866 section 3), and that.
pub(super) fn signed(
    code: u8,
    identifier: u8,
    attributes: &Attributes,
    secret: &str,
) -> Result<(Vec<u8>, [u8; 16])> {
    let mut packet = head(code, identifier, attributes.0.len())?;
    let authenticator = Md5::new_with_prefix(&packet)
        .chain_update([0; 16])
        .chain_update(&attributes.0)
        .chain_update(secret)
        .finalize()
        .into();
    packet.extend(authenticator);
    packet.extend(&attributes.0);
    Ok((packet, authenticator))
}

fn head(code: u8, identifier: u8, attributes: usize) -> Result<Vec<u8>> {
    let [high, low] = u16::try_from(20 + attributes)?.to_be_bytes();
    Ok(vec![code, identifier, high, low])
}

/// Checks identifier and Response Authenticator.
pub(super) fn check(
    reply: &[u8],
    identifier: u8,
    authenticator: &[u8; 16],
    secret: &str,
) -> Result<Reply> {
    let (head, rest) = reply.split_at_checked(4).context("reply too short")?;
    let (signature, attributes) = rest.split_at_checked(16).context("reply too short")?;
    let [code, answered, ..] = *head else { anyhow::bail!("reply too short") };
    ensure!(answered == identifier, "a reply to {answered}, not to {identifier}");
    let expected = Md5::new_with_prefix(head)
        .chain_update(authenticator)
        .chain_update(attributes)
        .chain_update(secret)
        .finalize();
    ensure!(expected.as_slice() == signature, "reply not signed by the secret");
    Ok(Reply { code, size: reply.len(), attributes: attributes.to_vec() })
}

/// Checks the Message-Authenticator of a packet, where it has one; of a reply it is made with the
/// authenticator of the request (RFC 3579 section 3.2).
pub(super) fn check_message(packet: &[u8], authenticator: &[u8; 16], secret: &str) -> Result<()> {
    let (head, rest) = packet.split_at_checked(4).context("packet too short")?;
    let (_, mut rest) = rest.split_at_checked(16).context("packet too short")?;
    let mut expected = Hmac::<Md5>::new_from_slice(secret.as_bytes())?;
    expected.update(head);
    expected.update(authenticator);
    let mut found = None;
    while let [kind, length, ..] = rest {
        let size = usize::from(*length).max(2);
        let (own, behind) = rest.split_at_checked(size).context("an attribute is cut off")?;
        if *kind == MESSAGE_AUTHENTICATOR {
            expected.update(&[*kind, *length]);
            expected.update(&[0; 16]);
            found = own.get(2..);
        } else {
            expected.update(own);
        }
        rest = behind;
    }
    let Some(found) = found else { return Ok(()) };
    let expected = expected.finalize().into_bytes();
    ensure!(expected.as_slice() == found, "Message-Authenticator not made with the secret");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_authenticator_is_looked_at_wherever_it_stands() {
        let (authenticator, mut attributes) = ([7; 16], Attributes::default());
        attributes.push(1, b"ada").unwrap();
        let packet = access(3, &authenticator, &attributes, "radsec").unwrap();
        check_message(&packet, &authenticator, "radsec").unwrap();
        for (other, secret) in [([8; 16], "radsec"), (authenticator, "other")] {
            assert!(check_message(&packet, &other, secret).is_err());
        }
        for place in [0, 22, packet.len() - 1] {
            let mut forged = packet.clone();
            forged[place] ^= 1;
            assert!(check_message(&forged, &authenticator, "radsec").is_err(), "{place}");
        }
        // The user's name, then the signature.
        let mut attributes = Attributes::default();
        attributes.push(1, b"ada").unwrap();
        attributes.push(MESSAGE_AUTHENTICATOR, &[0; 16]).unwrap();
        let mut last = head(ACCESS, 3, attributes.0.len()).unwrap();
        last.extend(authenticator);
        last.extend(&attributes.0);
        assert!(check_message(&last, &authenticator, "radsec").is_err());
        let mut signature = Hmac::<Md5>::new_from_slice(b"radsec").unwrap();
        signature.update(&last);
        let place = last.len() - 16;
        last[place..].copy_from_slice(&signature.finalize().into_bytes());
        check_message(&last, &authenticator, "radsec").unwrap();
    }
}
