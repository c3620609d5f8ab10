//! The RADIUS server as a machine without sockets: datagrams and time go in, commands come out.
//!
//! A [`Server`] takes a datagram together with the [`Candidate`]s that its source address allows,
//! finds out whose packet it is, forgets retransmissions that are being worked on, repeats replies
//! that were already given, and asks the rest as a [`Question`] in protocol words. Whoever drives
//! it brings the [`Answer`] whenever it is known; the reply is signed here and nowhere else.
//!
//! It speaks Access-Request (RFC 2865) with PAP, CHAP, MS-CHAPv2 (RFC 2548) and EAP (RFC 3579), whose
//! methods it does not know, Accounting-Request (RFC 2866), and Status-Server (RFC 5997), by datagrams
//! and inside TLS (RFC 6614, and RFC 9765 without MD5). Strangers and forgers meet silence; a known
//! client whose request is in itself unacceptable gets an Access-Reject without anybody being asked.
//!
//! An [`Order`] goes the other way: it has gear end or change a session (RFC 5176). A [`Dispatcher`]
//! sends orders, again until they are answered; a [`Downstream`] has those of a connection that gear opened.
//!
//! A reply that was not signed cannot be sent, since a [`SignedReply`] has no constructor:
//!
//! ```compile_fail
//! let forged = radius::SignedReply(std::sync::Arc::from([2_u8; 20].as_slice()));
//! ```
//!
//! and a secret cannot be printed:
//!
//! ```compile_fail
//! println!("{:?}", radius::Secret::new(b"0123456789abcdef"));
//! ```

mod accounting;
mod admission;
mod attribute;
mod credential;
mod dictionary;
mod dispatch;
mod downstream;
mod limits;
mod ms_chap;
mod order;
mod packet;
mod question;
mod recent;
mod refusal;
mod reply;
mod request;
mod secret;
mod server;
mod session_keys;
mod sign;
mod stream;
mod vendor;

pub use accounting::{Accounting, AccountingStatus};
pub use admission::{Candidate, Slate};
pub use attribute::{Attribute, AttributeType, Attributes};
pub use credential::{Chap, Credential, verify_chap};
pub use dictionary::{Named, ValueKind, named_attributes};
pub use dispatch::{DispatchLimits, Dispatched, Dispatcher, NewOrder, OrderEnd, OrderText, Turn};
pub use downstream::Downstream;
pub use limits::Limits;
pub use ms_chap::{Failure, MsChapV2};
pub use order::{Obedience, Order, OrderKind, answers_order, cause_in_words};
pub use packet::Malformed;
pub use question::Question;
pub use recent::Ticket;
pub use refusal::{DropReason, Refusal};
pub use reply::{Answer, Challenge, Message, Reply, ReplyError, Tag};
pub use secret::{EmptySecret, Secret};
pub use server::{AnswerError, Command, Port, RADSEC, Server, Version};
pub use session_keys::SessionKeys;
pub use sign::SignedReply;
pub use stream::Stream;
pub use vendor::{VendorAttribute, VendorAttributes};
