//! What a session wants of its caller, and what it is told.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use crate::control::sort::Sort;
use crate::control::sync::SyncRequest;
use crate::control::view::ListView;
use crate::{
    Description, Filter, MadePassword, Password, PasswordChange, PasswordNotice, Requested,
    ResultCode, Selection, Text,
};

/// Names one request of one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub(crate) u64);

/// What the caller of a session has to do next.
#[derive(Debug)]
pub enum Command {
    /// Find the answer, now or later, and give it to [`Session::answer`](crate::Session::answer).
    Ask(Ticket, Question),
    /// The connection's identity is gone: it is anonymous.
    Anonymous,
    /// Stop working on this request: nobody waits for it any more. An answer is ignored.
    Abandoned(Ticket),
    /// Write all output, then do the TLS handshake and call
    /// [`Session::tls_established`](crate::Session::tls_established). Octets that came in clear
    /// behind the request are discarded (RFC 4513 section 3.1.1); a failed handshake ends the
    /// connection.
    StartTls,
    /// Write all output, then close the connection and stop all its work.
    Close,
}

/// What a client asked for and a session does not do by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missed {
    /// A control of this number, which is not known beside that operation. One beside a Bind is told
    /// when that has succeeded.
    Control(String),
    /// To be bound by this name with controls of these numbers, which are not known there, one of them
    /// critical.
    Refused(String, Vec<String>),
    /// An extended operation of this number.
    Operation(String),
    /// A change, by the name of its operation.
    Write(&'static str),
    /// To be bound by this name with a password that came in clear, where passwords are taken over
    /// TLS only.
    Protection(String),
}

/// A question that the directory must answer.
#[derive(Debug)]
pub enum Question {
    /// Who is this? The identity before it is gone as soon as this is asked; nothing else of the
    /// pipeline is looked at until it is answered with [`Answer::Result`] or [`Answer::Noticed`].
    Bind(BindRequest),
    /// Who is this, by a name and a password in the words of SASL? Asked over TLS only; else as
    /// [`Bind`](Self::Bind).
    Plain(PlainRequest),
    /// Who is this, by what TLS has proven? Else as [`Bind`](Self::Bind).
    External(ExternalRequest),
    /// Which entries are these? Write them through
    /// [`Session::entries`](crate::Session::entries), then say how it went by [`Answer::Result`],
    /// [`Answer::Page`] or [`Answer::More`].
    Search(Box<SearchRequest>),
    /// The client read what a search answered so far with [`Answer::More`] wrote, or one answered
    /// with [`Answer::Waiting`] was woken: go on with it.
    Continue,
    /// Is this so? [`ResultCode::CompareTrue`] and [`ResultCode::CompareFalse`] say so.
    Compare(CompareRequest),
    /// Who is this connection? Answered with [`Answer::Identity`].
    WhoAmI,
    /// Change the password of the connection's user. Answered with [`Answer::Noticed`], or with
    /// [`Answer::Password`] when one was made.
    ChangePassword(PasswordChange),
}

/// A simple bind with a name and a password, neither of them empty (RFC 4511 section 4.2).
pub struct BindRequest {
    /// The name, not parsed yet.
    pub dn: Text,
    /// The password.
    pub password: Password,
}

impl fmt::Debug for BindRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("BindRequest").field("dn", &self.dn).finish_non_exhaustive()
    }
}

/// A SASL Bind with a name and a password (RFC 4616).
pub struct PlainRequest {
    /// Who is to act; empty for whom the password proves.
    pub authorization: Text,
    /// Whom the password proves; not empty.
    pub authentication: Text,
    /// The password.
    pub password: Password,
}

impl fmt::Debug for PlainRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PlainRequest")
            .field("authorization", &self.authorization)
            .field("authentication", &self.authentication)
            .finish_non_exhaustive()
    }
}

/// A SASL Bind by what TLS has proven (RFC 4422 appendix A).
#[derive(Debug)]
pub struct ExternalRequest {
    /// Who is to act; empty for whom TLS has proven.
    pub authorization: Text,
}

/// A Compare (RFC 4511 section 4.10).
#[derive(Debug)]
pub struct CompareRequest {
    /// The entry's name, not parsed yet.
    pub entry: Text,
    /// The attribute.
    pub attribute: Description,
    /// The asserted value.
    pub value: Bytes,
}

/// A search (RFC 4511 section 4.5.1).
#[derive(Clone, Debug)]
pub struct SearchRequest {
    /// Where to start, not parsed yet.
    pub base: Text,
    /// How far to look.
    pub scope: Scope,
    /// What the client says about aliases; the directory has none.
    pub dereference: Dereference,
    /// The most entries that the client wants, all pages together; 0 for any number. The session
    /// keeps it ([`Stop::Size`](crate::Stop::Size)), so it is here for planning only.
    pub size_limit: u32,
    /// The longest time that the client wants to wait; zero for any time.
    pub time_limit: Duration,
    /// Attribute names without values are wanted. The session keeps it.
    pub types_only: bool,
    /// Which entries match.
    pub filter: Filter,
    /// Which attributes are wanted.
    pub selection: Selection,
    /// The same as the client names them, for who has attributes that the schema does not know.
    pub requested: Requested,
    /// The page that is wanted, when the client asked for pages.
    pub page: Option<Page>,
    /// The order that is wanted: say how it came out by
    /// [`EntryWriter::sorted`](crate::EntryWriter::sorted).
    pub sort: Option<Box<Sort>>,
    /// The part of the sorted list that is wanted: say where it stands by
    /// [`EntryWriter::viewed`](crate::EntryWriter::viewed).
    pub view: Option<Box<ListView>>,
    /// The client keeps a copy of what it finds: tell what became of each entry by
    /// [`EntryWriter::changed`](crate::EntryWriter::changed), the rest by
    /// [`EntryWriter::inform`](crate::EntryWriter::inform), and how far the copy is up to date by
    /// [`EntryWriter::synchronized`](crate::EntryWriter::synchronized).
    pub sync: Option<Box<SyncRequest>>,
}

/// One page of a search (RFC 2696).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The most entries on it, at least 1. The session keeps it
    /// ([`Stop::Page`](crate::Stop::Page)).
    pub size: u32,
    /// Where the page before it ended: what [`Answer::Page`] said. `None` on the first page.
    pub cursor: Option<Bytes>,
    /// Entries given on earlier pages.
    pub seen: u64,
}

/// How far a search looks (RFC 4511 section 4.5.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The base alone.
    Base,
    /// The base's children.
    One,
    /// The base and everything below.
    Subtree,
}

/// What a client wants done with aliases (RFC 4511 section 4.5.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dereference {
    /// Left alone.
    Never,
    /// Followed below the base.
    Searching,
    /// Followed to find the base.
    Finding,
    /// Followed everywhere.
    Always,
}

/// How a question ended.
#[derive(Debug)]
pub enum Answer {
    /// The operation is over, well or not.
    Result(Outcome),
    /// The page is full and the search can go on behind this cursor. Told to the client as success
    /// with a sealed cookie.
    Page(Vec<u8>),
    /// There are more entries, and the output is full ([`Stop::Output`](crate::Stop::Output)). The
    /// session asks [`Question::Continue`] once the client has read.
    More,
    /// All is told so far, and the client stays to hear of changes. The session asks
    /// [`Question::Continue`] after [`Session::wake`](crate::Session::wake).
    Waiting,
    /// Who this connection is: empty, or `dn:` and a DN, or `u:` and a name (RFC 4513 section
    /// 5.2.1.8).
    Identity(String),
    /// A Bind or a change of a password is over: told with what the password policy says, if the
    /// client asked for that.
    Noticed(Outcome, PasswordNotice),
    /// The password was changed to this one, which was made.
    Password(MadePassword),
}

/// A result: code, and what is said with it (RFC 4511 section 4.1.9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The code.
    pub code: ResultCode,
    /// The nearest entry that exists and may be named, else empty.
    pub matched: String,
    /// A sentence for people, or nothing.
    pub message: Cow<'static, str>,
}

impl Outcome {
    /// Success without words.
    #[must_use]
    pub const fn success() -> Self {
        Self::code(ResultCode::Success)
    }

    /// A code without words.
    #[must_use]
    pub const fn code(code: ResultCode) -> Self {
        Self { code, matched: String::new(), message: Cow::Borrowed("") }
    }

    /// A code with a sentence for people.
    #[must_use]
    pub fn new(code: ResultCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, matched: String::new(), message: message.into() }
    }

    /// The same, naming the nearest entry that exists.
    #[must_use]
    pub fn matching(self, matched: impl Into<String>) -> Self {
        Self { matched: matched.into(), ..self }
    }
}
