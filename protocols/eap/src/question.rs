//! What a conversation asks, and what it is told.

use rustls_pki_types::CertificateDer;
use zeroize::Zeroizing;

use crate::method::Method;

/// Somebody who claims to be somebody, inside a tunnel or by its certificate.
///
/// There is no `Debug`: it may hold a password.
#[derive(Clone)]
pub struct Question {
    /// The name, any octets; empty where the proof has one itself.
    pub user: Vec<u8>,
    /// What is to prove it.
    pub proof: Proof,
    /// The method's name for people, such as `EAP-TTLS/PAP`.
    pub method: &'static str,
}

/// What is to prove a name.
#[derive(Clone)]
pub enum Proof {
    /// The password itself.
    Password(Zeroizing<Vec<u8>>),
    /// An answer to a CHAP challenge.
    Chap(Chap),
    /// An answer to an MS-CHAPv2 challenge.
    MsChapV2(MsChapV2),
    /// An answer to MD5-Challenge, outside of any tunnel, of a peer that may be a device. Which one, the
    /// carrier says.
    Md5(Chap),
    /// The certificates that the peer sent, its own first; it has proven that it has the key of
    /// that one, and nothing else is known of them.
    Certificate(Vec<CertificateDer<'static>>),
    /// The peer resumed an earlier session of this method; whose it was, the keeper of sessions
    /// knows. What was true then may not be true any more. Refusing it lets the peer prove itself
    /// anew.
    Earlier,
}

/// A CHAP answer ([RFC 1994](https://www.rfc-editor.org/rfc/rfc1994)).
#[derive(Clone, Copy)]
pub struct Chap {
    /// The identifier.
    pub identifier: u8,
    /// What was asked.
    pub challenge: [u8; 16],
    /// MD5 over identifier, password and challenge.
    pub response: [u8; 16],
}

/// An MS-CHAPv2 answer ([RFC 2759](https://www.rfc-editor.org/rfc/rfc2759)).
#[derive(Clone, Copy)]
pub struct MsChapV2 {
    /// What was asked.
    pub authenticator_challenge: [u8; 16],
    /// What the peer asks in turn.
    pub peer_challenge: [u8; 16],
    /// The answer.
    pub response: [u8; 24],
}

impl Question {
    /// Asks for a name with a proof.
    pub(crate) fn new(name: &[u8], proof: Proof) -> Self {
        Self { user: name.to_vec(), proof, method: "EAP" }
    }

    /// Asks for a name with an MS-CHAPv2 answer, into which it went without the domain before it
    /// ([RFC 2759, section 4](https://www.rfc-editor.org/rfc/rfc2759#section-4)).
    pub(crate) fn ms_chap(name: &[u8], proof: MsChapV2) -> Self {
        let start = name.iter().position(|octet| *octet == b'\\').map_or(0, |at| at + 1);
        Self::new(name.get(start..).unwrap_or_default(), Proof::MsChapV2(proof))
    }

    /// Asks for a device that answered MD5-Challenge.
    pub(crate) fn md5(answer: Chap) -> Self {
        Self { user: Vec::new(), proof: Proof::Md5(answer), method: "EAP-MD5" }
    }

    /// Says by which method it was asked.
    pub(crate) fn by(self, method: Method, inside: bool) -> Self {
        let method = match (method, &self.proof) {
            (Method::Tls, _) => "EAP-TLS",
            (Method::Peap, Proof::Earlier) => "PEAP, resumed",
            (Method::Peap, _) => "PEAP/EAP-MSCHAPv2",
            (Method::Ttls, Proof::Earlier) => "EAP-TTLS, resumed",
            (Method::Ttls, Proof::Password(_)) => "EAP-TTLS/PAP",
            (Method::Ttls, Proof::Chap(_)) => "EAP-TTLS/CHAP",
            (Method::Ttls, _) if inside => "EAP-TTLS/EAP-MSCHAPv2",
            (Method::Ttls, _) => "EAP-TTLS/MS-CHAPv2",
        };
        Self { method, ..self }
    }
}

/// What a conversation is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is who it says, and is let in.
    Accept {
        /// What proves to the peer that its password is known here: `S=` and forty hexadecimal
        /// digits. An MS-CHAPv2 answer is not accepted without it.
        counterproof: Option<String>,
    },
    /// It is not let in.
    Reject,
}
