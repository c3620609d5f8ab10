//! EAP methods on TLS as machines without sockets: packets and answers go in, commands come out.
//!
//! A [`Conversation`] takes the peer's responses one after another and says what to send, or asks
//! a [`Question`] in its own words: a password, an answer to a challenge, a certificate, or whether
//! an earlier session still counts. Whoever drives it brings the [`Answer`] whenever it is known.
//! It speaks EAP-TLS (RFC 5216, RFC 9190), EAP-TTLS (RFC 5281, RFC 9427) with PAP, CHAP, MS-CHAPv2
//! and EAP-MSCHAPv2 inside, and PEAP version 0 with EAP-MSCHAPv2, over TLS 1.2 and 1.3.
//!
//! Where the driver says that a peer may be a device which gear answers for by its hardware address, the
//! peer is asked by MD5-Challenge (RFC 3748) first, which is never asked of others.
//!
//! A finished tunnel is no login: only an accepted question leads to [`Command::Succeed`] or
//! [`Command::Admit`], and only the first of them has [`Keys`]. Nothing that a peer says outside of its
//! tunnel is asked about or believed, but what a device answers to its challenge.
//! Which certificates and sessions count is up to whoever is asked.
//!
//! Keys cannot be printed:
//!
//! ```compile_fail
//! fn print(keys: &eap::Keys) { println!("{keys:?}"); }
//! ```

mod avp;
#[cfg(test)]
#[path = "../fuzz/src/targets/avps.rs"]
mod avps;
mod conversation;
mod failure;
mod fragment;
#[cfg(test)]
#[path = "../fuzz/src/targets/inner.rs"]
mod inner;
mod md5;
mod method;
mod ms_chap;
mod packet;
mod question;
mod run;
#[cfg(test)]
mod tests;
mod tunnel;

pub use avp::BadAvps;
pub use conversation::{Command, Conversation, Offer, Settings, Success};
pub use failure::Failure;
pub use fragment::BadFragment;
pub use method::Method;
pub use packet::{Kind, Malformed, Response};
pub use question::{Answer, Chap, MsChapV2, Proof, Question};
pub use tunnel::Keys;
