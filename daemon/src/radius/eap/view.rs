//! Pure functions between EAP's words, RADIUS's and the directory's.

use std::sync::Arc;

use directory::MacAddress;
use directory::authentication::{MsChapV2, NetworkReply, Password, Proof};
use directory::records::EapMethods;
use eap::{Chap, Method, Offer, Success};
use radius::{AttributeType, Reply, ReplyError, SessionKeys, verify_chap};

use super::sessions::Proven;
use crate::radius::circumstances::CallingDevice;
use crate::radius::view::{of_profile, put_marks};
use crate::tls::Tunnels;

/// What is offered of an organization's methods, and with what kind of TLS.
pub(super) fn offers(tunnels: &Tunnels, methods: EapMethods) -> Vec<Offer> {
    let EapMethods { ttls, peap, tls } = methods;
    let offer = |method| {
        let server = match method {
            Method::Tls => &tunnels.demanding,
            Method::Ttls | Method::Peap => &tunnels.silent,
        };
        Offer { method, server: Arc::clone(server) }
    };
    let all = [(Method::Ttls, ttls), (Method::Peap, peap), (Method::Tls, tls)];
    all.into_iter().filter(|(_, chosen)| *chosen).map(|(method, _)| offer(method)).collect()
}

/// A question in the directory's words.
pub(in crate::radius) enum Claim {
    /// A name and a proof.
    User(String, Proof),
    /// A certificate with those between it and its authority.
    Certificate(Vec<Vec<u8>>),
    /// A device, by its hardware address.
    Device(MacAddress),
}

impl Claim {
    /// The name that is claimed; none where the certificate names its holder.
    pub(super) fn login(&self) -> &str {
        match self {
            Self::User(login, _) => login,
            Self::Certificate(_) | Self::Device(_) => "",
        }
    }
}

/// The device that answered, if it gave its own address for a password, as gear does in its place.
pub(super) fn device(device: &CallingDevice, answer: &Chap) -> Option<Claim> {
    let Chap { identifier, challenge, response } = answer;
    let knows = |name: &[u8]| verify_chap(*identifier, challenge, response, name);
    device.counts(knows).then_some(Claim::Device(device.address))
}

/// Who a question claims to be, and what is to prove it; `None` for what can prove nobody. `found`
/// is whose session was resumed, where one was.
pub(super) fn claim(question: &eap::Question, found: Option<Proven>) -> Option<Claim> {
    let proof = match &question.proof {
        eap::Proof::Certificate(chain) => {
            return Some(Claim::Certificate(chain.iter().map(|one| one.to_vec()).collect()));
        }
        eap::Proof::Earlier => {
            let (login, earlier) = found?.user?;
            return Some(Claim::User(login, Proof::Earlier(earlier)));
        }
        eap::Proof::Password(password) => Proof::Password(Password::new(password).ok()?),
        eap::Proof::Chap(Chap { identifier, challenge, response }) => {
            let (identifier, challenge, response) = (*identifier, *challenge, *response);
            let fits = move |clear: &[u8]| verify_chap(identifier, &challenge, &response, clear);
            Proof::Challenge(Box::new(fits))
        }
        eap::Proof::MsChapV2(proof) => Proof::MsChapV2(Box::new(MsChapV2 {
            authenticator_challenge: proof.authenticator_challenge,
            peer_challenge: proof.peer_challenge,
            user_name: question.user.clone(),
            nt_response: proof.response,
        })),
        // Of devices alone, and never of a user.
        eap::Proof::Md5(_) => return None,
    };
    let login = std::str::from_utf8(&question.user).ok()?.to_owned();
    // No login has control characters, but matching would pass over them (RFC 4518, section 2.2).
    let is_name = !login.is_empty() && !login.chars().any(char::is_control);
    is_name.then_some(Claim::User(login, proof))
}

/// What the gear is told of a peer that is let in; `None` where its profile cannot be sent, which
/// would let it in without the VLAN that was meant.
pub(super) fn accept(
    accepted: &NetworkReply,
    success: &Success,
    wants_key_name: bool,
) -> Option<Reply> {
    match written(accepted, success, wants_key_name) {
        Ok(reply) => Some(reply),
        Err(error) => {
            tracing::error!(%error, "an accept cannot be sent");
            None
        }
    }
}

/// Likewise of a device that is let in, which shares no keys with the gear.
pub(super) fn admit(accepted: &NetworkReply, packet: &[u8]) -> Option<Reply> {
    let written = said(accepted).and_then(|mut reply| {
        reply.eap(packet)?;
        Ok(reply)
    });
    written.inspect_err(|error| tracing::error!(%error, "an accept cannot be sent")).ok()
}

/// What a profile says, and what the gear is to tell again.
fn said(accepted: &NetworkReply) -> Result<Reply, ReplyError> {
    let mut reply = match &accepted.profile {
        Some(profile) => of_profile(profile)?,
        None => Reply::new(),
    };
    put_marks(&mut reply, accepted)?;
    Ok(reply)
}

fn written(
    accepted: &NetworkReply,
    success: &Success,
    wants_key_name: bool,
) -> Result<Reply, ReplyError> {
    let mut reply = said(accepted)?;
    let keys = &success.keys;
    // The name of the keys is new in each conversation; as a salt it needs no secrecy.
    let salt = keys.session().last_chunk().map_or(0, |salt| u16::from_be_bytes(*salt));
    reply.session_keys(SessionKeys::new(keys.send(), keys.receive(), salt))?;
    if wants_key_name {
        reply.octets(AttributeType::EAP_KEY_NAME, keys.session())?;
    }
    reply.eap(&success.packet)?;
    Ok(reply)
}
