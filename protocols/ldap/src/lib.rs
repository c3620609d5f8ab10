//! LDAP without sockets: bytes and time go in, commands come out.
//!
//! A [`Session`] is one client's connection. The caller hands it the octets that it read
//! ([`Session::receive`]), asks what to do until there is nothing left ([`Session::next`]), answers
//! the questions among the [`Command`]s ([`Session::answer`], [`Session::entries`]) and writes what
//! gathered in [`Session::output`] to the socket: once for all requests of a read.
//!
//! The crate knows the protocol (RFC 4511 and its friends) and the schema that the entries follow,
//! not what is in the directory: who may see what is the caller's business.

mod ber;
mod certificate;
mod code;
pub mod control;
mod description;
pub mod dn;
mod entry;
mod envelope;
pub mod filter;
pub mod generalized_time;
mod limits;
mod password;
mod password_change;
mod prepare;
mod question;
mod requested;
mod response;
pub mod sasl;
pub mod schema;
mod selection;
mod session;
mod text;

pub use certificate::CertificateExactAssertion;
pub use code::ResultCode;
pub use control::password_policy::{PasswordError, PasswordNotice, PasswordWarning};
pub use description::{Description, is_oid};
pub use dn::Dn;
pub use entry::{Attributes, EntryWriter, Stop, Values};
pub use filter::Filter;
pub use limits::{CleartextBind, Limits, Security, Settings, StartTls};
pub use password::Password;
pub use password_change::{MadePassword, PasswordChange};
pub use prepare::case_ignore;
pub use question::{
    Answer, BindRequest, Command, CompareRequest, Dereference, ExternalRequest, Missed, Outcome,
    Page, PlainRequest, Question, Scope, SearchRequest, Ticket,
};
pub use requested::Requested;
pub use selection::Selection;
pub use session::Session;
pub use text::Text;

/// The extended operations that a root DSE may list in `supportedExtension` (RFC 4512 section
/// 5.1.3); StartTLS only where [`StartTls::Offered`].
pub const WHO_AM_I: &str = "1.3.6.1.4.1.4203.1.11.3";
/// Password Modify (RFC 3062).
pub const PASSWORD_MODIFY: &str = "1.3.6.1.4.1.4203.1.11.1";
/// Cancel (RFC 3909).
pub const CANCEL: &str = "1.3.6.1.1.8";
/// StartTLS (RFC 4511 section 4.14).
pub const START_TLS: &str = "1.3.6.1.4.1.1466.20037";
/// What a root DSE lists in `supportedFeatures`: all operational attributes by `+` (RFC 3673), and
/// absolute true and false filters (RFC 4526).
pub const SUPPORTED_FEATURES: &[&str] = &["1.3.6.1.4.1.4203.1.5.1", "1.3.6.1.4.1.4203.1.5.3"];
