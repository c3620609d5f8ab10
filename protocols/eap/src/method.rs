//! The methods that are offered.

use crate::packet::Kind;

/// A method of authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// By a client's certificate ([RFC 5216](https://www.rfc-editor.org/rfc/rfc5216),
    /// [RFC 9190](https://www.rfc-editor.org/rfc/rfc9190)).
    Tls,
    /// By a password inside a tunnel ([RFC 5281](https://www.rfc-editor.org/rfc/rfc5281)).
    Ttls,
    /// By EAP-MSCHAPv2 inside a tunnel (draft-kamath-pppext-peapv0).
    Peap,
}

impl Method {
    /// The number of the type.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Tls => Kind::TLS,
            Self::Ttls => Kind::TTLS,
            Self::Peap => Kind::PEAP,
        }
    }

    /// The method of a number.
    #[must_use]
    pub fn of(kind: Kind) -> Option<Self> {
        [Self::Tls, Self::Ttls, Self::Peap].into_iter().find(|method| method.kind() == kind)
    }

    /// The name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tls => "EAP-TLS",
            Self::Ttls => "EAP-TTLS",
            Self::Peap => "PEAP",
        }
    }
}
