//! PAP (RFC 2865 section 5.2).

use anyhow::Result;
use md5::{Digest, Md5};

use super::packet::{self, Attributes};
use super::{Asked, Gear};

impl Gear {
    /// Asks whether `user` may come in with `password`; the size of the reply.
    ///
    /// # Errors
    /// When there is no reply, or any other than a rightly signed Access-Accept.
    pub(crate) fn pap(&mut self, user: &str, password: &str) -> Result<usize> {
        let asked = self.ask_pap(user, password)?;
        self.wait(&asked)
    }

    /// The same without waiting.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub(crate) fn ask_pap(&mut self, user: &str, password: &str) -> Result<Asked> {
        let authenticator = self.random.octets();
        let attributes = attributes(&self.secret, &authenticator, user, password)?;
        self.ask(&attributes, authenticator)
    }

    /// A request as [`Self::pap`] makes it, for [`Self::send`].
    ///
    /// # Errors
    /// When the name is too long.
    pub(crate) fn pap_packet(&mut self, user: &str, password: &str) -> Result<Vec<u8>> {
        let authenticator = self.random.octets();
        let attributes = attributes(&self.secret, &authenticator, user, password)?;
        self.identifier = self.identifier.wrapping_add(1);
        packet::access(self.identifier, &authenticator, &attributes, &self.secret)
    }
}

/// What a request carries besides its signature.
pub(super) fn attributes(
    secret: &str,
    authenticator: &[u8; 16],
    user: &str,
    password: &str,
) -> Result<Attributes> {
    let mut attributes = Attributes::default();
    attributes.push(1, user.as_bytes())?;
    attributes.push(2, &hide(secret, authenticator, password))?;
    attributes.push(32, b"bench")?;
    attributes.push(5, &[0, 0, 0, 1])?;
    Ok(attributes)
}

fn hide(secret: &str, authenticator: &[u8; 16], password: &str) -> Vec<u8> {
    let mut hidden: Vec<u8> = Vec::with_capacity(32);
    let mut chain = authenticator.to_vec();
    for block in password.as_bytes().chunks(16) {
        let key = Md5::new_with_prefix(secret).chain_update(&chain).finalize();
        let padded = block.iter().chain(std::iter::repeat(&0));
        chain = key.iter().zip(padded).map(|(k, p)| k ^ p).collect();
        hidden.extend(&chain);
    }
    hidden
}
