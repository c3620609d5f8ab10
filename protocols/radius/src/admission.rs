//! Whose packet is it?

use hmac::Mac as _;
use subtle::ConstantTimeEq as _;

use crate::packet::{Code, HEADER};
use crate::refusal::DropReason;
use crate::request::Request;
use crate::secret::Secret;
use crate::server::Version;

/// A RADIUS client that may send from the datagram's source address, with one of its secrets. While
/// it has two, it comes twice in a row, with the newer one first.
#[derive(Clone, Copy)]
pub struct Candidate<'a, C> {
    /// The caller's key of the client.
    pub client: C,
    /// The secret that is shared with it.
    pub secret: &'a Secret,
    /// Whether a request without Message-Authenticator is dropped.
    pub require_message_authenticator: bool,
    /// Whether a request with Proxy-State but without Message-Authenticator is dropped.
    pub limit_proxy_state: bool,
    /// How narrow the network is that the address was found in: the length of its prefix.
    /// Candidates come narrowest first.
    pub precision: u8,
    /// Whether it comes before its place, for being met there before: then it counts only where its
    /// secret proves it, and the address says nothing of it.
    pub is_guess: bool,
}

/// The clients that a datagram may be of.
pub struct Slate<I> {
    /// Them, best fitting first.
    pub all: I,
    /// Whether there are others that are not looked at, since too many secrets were tried for what
    /// comes from there.
    pub is_cut: bool,
}

impl<I> From<I> for Slate<I> {
    fn from(all: I) -> Self {
        Self { all, is_cut: false }
    }
}

/// The proof that a request was found to be a client's; only [`admit`] makes it.
pub(crate) struct Admitted<'p, 's, C> {
    request: Request<'p>,
    client: C,
    secret: Option<&'s Secret>,
}

impl<'p, 's, C: Copy> Admitted<'p, 's, C> {
    /// Takes a request for that of the client whose connection it came on, without looking how it
    /// is signed: only in RADIUS/1.1, and for what is not served anyway.
    pub(crate) fn of_connection(
        request: Request<'p>,
        candidate: Option<Candidate<'s, C>>,
    ) -> Result<Self, NotAdmitted<C>> {
        let Candidate { client, secret, .. } = candidate.ok_or(DropReason::Stranger)?;
        let secret = (request.version == Version::V1_0).then_some(secret);
        Ok(Self { request, client, secret })
    }

    pub(crate) const fn request(&self) -> &Request<'p> {
        &self.request
    }

    pub(crate) const fn client(&self) -> C {
        self.client
    }

    /// What signs the reply and hides in it; nothing where TLS does both.
    pub(crate) const fn secret(&self) -> Option<&'s Secret> {
        self.secret
    }
}

/// Why a request is nobody's, with the client if the source address leaves only one.
pub(crate) struct NotAdmitted<C> {
    pub(crate) client: Option<C>,
    pub(crate) reason: DropReason,
}

impl<C> From<DropReason> for NotAdmitted<C> {
    fn from(reason: DropReason) -> Self {
        Self { client: None, reason }
    }
}

/// Finds the candidate that the request is of.
///
/// With a Message-Authenticator it is the first one whose secret verifies it. Without, a wrong
/// secret could not be told from a wrong password; so it is the one in the narrowest network that
/// does without, which must be the only one there (nobody's wide network comes between another
/// and its gear), the request must carry no EAP ([RFC 3579, section 3.1]), and it must not be a
/// Status-Server ([RFC 5997, section 3]), where TLS does not protect it. In RADIUS/1.1 the
/// connection says whose it is, and nothing is signed.
///
/// [RFC 3579, section 3.1]: https://www.rfc-editor.org/rfc/rfc3579#section-3.1
/// [RFC 5997, section 3]: https://www.rfc-editor.org/rfc/rfc5997#section-3
pub(crate) fn admit<'p, 's, C: Copy + PartialEq>(
    request: Request<'p>,
    mut candidates: impl Iterator<Item = Candidate<'s, C>>,
    is_in_tls: bool,
) -> Result<Admitted<'p, 's, C>, NotAdmitted<C>> {
    let is_status = request.packet.code == Code::StatusServer.octet();
    let is_bare = request.message_authenticator.is_none();
    if request.version == Version::V1_1 || (is_in_tls && is_status && is_bare) {
        return Admitted::of_connection(request, candidates.next());
    }
    let mut seen = Seen { only: None, several: false };
    let candidates = candidates.inspect(|candidate| {
        if !candidate.is_guess {
            seen.note(candidate.client);
        }
    });
    let chosen = if request.packet.code == Code::AccountingRequest.octet() {
        accountable(&request, candidates)
    } else if request.message_authenticator.is_some() {
        authentic(&request, candidates)
    } else {
        trusted_by_address(&request, candidates)
    };
    match chosen {
        Ok(Candidate { client, secret, .. }) => {
            Ok(Admitted { request, client, secret: Some(secret) })
        }
        Err(reason) => Err(NotAdmitted { client: seen.only, reason }),
    }
}

/// The authenticator of an Accounting-Request is made with the secret itself, and proves as much as
/// a Message-Authenticator ([RFC 2866, section 3]). One that it carries as well is made before it,
/// over zeros in its place, as in the requests of [RFC 5176, section 3.4], and has to be right.
///
/// [RFC 2866, section 3]: https://www.rfc-editor.org/rfc/rfc2866#section-3
/// [RFC 5176, section 3.4]: https://www.rfc-editor.org/rfc/rfc5176#section-3.4
fn accountable<'s, C>(
    request: &Request<'_>,
    mut candidates: impl Iterator<Item = Candidate<'s, C>>,
) -> Result<Candidate<'s, C>, DropReason> {
    let found = candidates.find(|candidate| {
        let packet = &request.packet;
        let (head, attributes) = (packet.octets.get(..4).unwrap_or_default(), packet.attributes);
        let expected = candidate.secret.digest_of_three(head, &[0; 16], attributes);
        bool::from(expected.ct_eq(packet.authenticator))
    });
    let candidate = found.ok_or(DropReason::AccountingNotAuthentic)?;
    let is_bare = request.message_authenticator.is_none();
    if is_bare || verifies(request, &[0; 16], candidate.secret) {
        Ok(candidate)
    } else {
        Err(DropReason::NotAuthentic)
    }
}

fn authentic<'s, C>(
    request: &Request<'_>,
    mut candidates: impl Iterator<Item = Candidate<'s, C>>,
) -> Result<Candidate<'s, C>, DropReason> {
    let authenticator = request.packet.authenticator;
    candidates
        .find(|candidate| verifies(request, authenticator, candidate.secret))
        .ok_or(DropReason::NotAuthentic)
}

fn trusted_by_address<'s, C: PartialEq>(
    request: &Request<'_>,
    candidates: impl Iterator<Item = Candidate<'s, C>>,
) -> Result<Candidate<'s, C>, DropReason> {
    let mut lenient = candidates
        .filter(|candidate| !candidate.is_guess && !candidate.require_message_authenticator);
    let first = lenient.next();
    // Nothing says which of a client's two secrets is meant: the newer one, which comes first.
    let is_another =
        |other: &Candidate<'_, C>| first.as_ref().is_some_and(|first| first.client != other.client);
    let second = lenient.find(is_another);
    if request.eap.is_some() {
        return Err(DropReason::UnprotectedEap);
    }
    let (Some(candidate), false) = (first, request.packet.code == Code::StatusServer.octet())
    else {
        return Err(DropReason::MessageAuthenticatorMissing);
    };
    if second.is_some_and(|second| second.precision == candidate.precision) {
        return Err(DropReason::Ambiguous);
    }
    if candidate.limit_proxy_state && request.proxy_state_octets > 0 {
        return Err(DropReason::UnprotectedProxyState);
    }
    Ok(candidate)
}

/// Whether the Message-Authenticator was made with this secret over this authenticator, compared in
/// constant time.
fn verifies(request: &Request<'_>, authenticator: &[u8; 16], secret: &Secret) -> bool {
    let Some(place) = request.message_authenticator.clone() else {
        return false;
    };
    let octets = request.packet.octets;
    let mut mac = secret.mac();
    mac.update(octets.get(..4).unwrap_or_default());
    mac.update(authenticator);
    mac.update(octets.get(HEADER..place.start).unwrap_or_default());
    mac.update(&[0; 16]);
    mac.update(octets.get(place.end..).unwrap_or_default());
    mac.verify_slice(request.at(place)).is_ok()
}

/// Which clients the source address allows, as far as they were looked at.
struct Seen<C> {
    only: Option<C>,
    several: bool,
}

impl<C: Copy + PartialEq> Seen<C> {
    fn note(&mut self, client: C) {
        if self.only == Some(client) {
            return;
        }
        self.only = if self.several || self.only.is_some() { None } else { Some(client) };
        self.several |= self.only.is_none();
    }
}
