//! Why a packet got no reply, and why a request was rejected without anybody being asked.
//!
//! The two are different types because they are different to the peer: a drop is silence, a
//! refusal is an Access-Reject.

use thiserror::Error;

use crate::packet::Malformed;

/// Why a datagram was met with silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum DropReason {
    /// No RADIUS client may send from this address (RFC 2865, section 3).
    #[error("no RADIUS client has this source address")]
    Stranger,
    /// The octets are not a RADIUS packet.
    #[error("malformed packet: {0}")]
    Malformed(#[from] Malformed),
    /// The packet's code, given here, is not served on this port.
    #[error("packets of code {0} are not served on this port")]
    UnexpectedCode(u8),
    /// No candidate's secret verifies the Message-Authenticator: mostly a mistyped secret. An
    /// Accounting-Request has one that was made another way than its authenticator.
    #[error("the Message-Authenticator fits no shared secret")]
    NotAuthentic,
    /// No candidate's secret verifies the authenticator of an Accounting-Request.
    #[error("the Request Authenticator fits no shared secret")]
    AccountingNotAuthentic,
    /// An answer to an order was not made with our secret over the order that it names.
    #[error("an answer to an order is not signed with the shared secret")]
    AnswerNotAuthentic,
    /// Too many secrets were tried for what comes from this address: only those of the clients met
    /// there last were tried for this packet.
    #[error("too many shared secrets were tried for packets from this address")]
    Crowded,
    /// The Message-Authenticator is missing and every candidate requires it.
    #[error("the Message-Authenticator is missing")]
    MessageAuthenticatorMissing,
    /// The Message-Authenticator is missing and more than one candidate would take the packet:
    /// nothing says whose it is.
    #[error("without a Message-Authenticator the packet could be of several RADIUS clients")]
    Ambiguous,
    /// EAP-Message without Message-Authenticator (RFC 3579, section 3.1).
    #[error("EAP-Message without Message-Authenticator")]
    UnprotectedEap,
    /// Proxy-State without Message-Authenticator from a client that is no proxy.
    #[error("Proxy-State without Message-Authenticator")]
    UnprotectedProxyState,
    /// A retransmission of a request that is being worked on.
    #[error("duplicate of a request that is being answered")]
    Duplicate,
    /// A token of RADIUS/1.1 that another request has which is being worked on (RFC 9765, section
    /// 4.2.2).
    #[error("two requests that are being answered have the same token")]
    TokenReused,
    /// As many requests as the limits allow wait for their answers.
    #[error("too many requests wait for their answers")]
    Busy,
    /// The reply, with the request's Proxy-State, would be longer than a packet may be.
    #[error("the reply would be longer than a packet may be")]
    ReplyTooLong,
}

impl DropReason {
    /// What is to be said where not all were looked at that the packet may be of.
    pub(crate) const fn behind_a_cut(self) -> Self {
        match self {
            Self::Stranger
            | Self::NotAuthentic
            | Self::AccountingNotAuthentic
            | Self::MessageAuthenticatorMissing => Self::Crowded,
            Self::Malformed(_)
            | Self::UnexpectedCode(_)
            | Self::AnswerNotAuthentic
            | Self::Crowded
            | Self::Ambiguous
            | Self::UnprotectedEap
            | Self::UnprotectedProxyState
            | Self::Duplicate
            | Self::TokenReused
            | Self::Busy
            | Self::ReplyTooLong => self,
        }
    }

    /// Whether the packet would have been looked at further with a Message-Authenticator.
    #[must_use]
    pub const fn is_unsigned(self) -> bool {
        matches!(
            self,
            Self::MessageAuthenticatorMissing | Self::UnprotectedEap | Self::UnprotectedProxyState
        )
    }

    /// Whether a connection inside TLS ends with it: nobody is between who could have sent it
    /// (RFC 6613, section 2.6.4; RFC 6614, section 2.5, and its successor).
    #[must_use]
    pub const fn ends_connection(self) -> bool {
        match self {
            Self::Stranger
            | Self::Malformed(_)
            | Self::NotAuthentic
            | Self::AccountingNotAuthentic
            | Self::AnswerNotAuthentic
            | Self::TokenReused => true,
            Self::UnexpectedCode(_)
            | Self::MessageAuthenticatorMissing
            | Self::Ambiguous
            | Self::UnprotectedEap
            | Self::UnprotectedProxyState
            | Self::Duplicate
            | Self::Busy
            | Self::Crowded
            | Self::ReplyTooLong => false,
        }
    }
}

/// Why a known client's Access-Request was rejected without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum Refusal {
    /// User-Name is missing or empty.
    #[error("the request names no user")]
    UserNameMissing,
    /// There is no credential, or an empty password (RFC 5080, section 2.1.1).
    #[error("the request carries no credential")]
    CredentialMissing,
    /// More than one kind of credential (RFC 2865, section 4.1).
    #[error("the request carries credentials of more than one kind")]
    CredentialsMixed,
    /// User-Password, CHAP-Password, CHAP-Challenge or an attribute of MS-CHAPv2 has a length that
    /// it cannot have.
    #[error("the credential is malformed")]
    CredentialMalformed,
    /// User-Name, a credential or its challenge is there more than once.
    #[error("an attribute that must be single is repeated")]
    Repeated,
    /// The request carries the first version of MS-CHAP, which is not offered.
    #[error("MS-CHAP version 1 is not offered")]
    MsChapV1NotOffered,
    /// The request asks for another password (RFC 2548, section 2.3.3).
    #[error("passwords are not changed over RADIUS")]
    PasswordChangeNotOffered,
}
