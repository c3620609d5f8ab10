//! What an organization's own certificate authority makes: certificates, and the keys for them.
//!
//! Whom a certificate names and for what it is good is decided here alone: of a request that
//! somebody brings only the public key is taken.

mod foreign;
#[cfg(test)]
#[path = "../../fuzz/src/targets/requests.rs"]
mod fuzzed;
mod key;
mod list;
mod paper;
mod request;

pub use foreign::ForeignList;
pub use key::NewKey;
pub(crate) use list::Lists;
pub use list::SignedList;
pub(crate) use paper::{Issuer, Paper, root};
pub use request::RequestedKey;

use crate::error::Error;

/// What is said where a certificate could not be made of what was checked before.
pub(crate) fn unmade<E>(_why: E) -> Error {
    Error::Forbidden("no certificate could be made of these names")
}
