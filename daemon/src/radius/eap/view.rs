//! Pure functions between EAP's words, RADIUS's and the directory's.

use std::sync::Arc;

use directory::authentication::{NetworkReply, Password, Proof, Who};
use eap::{Method, Offer, Success};
use radius::{AttributeType, Reply, ReplyError, SessionKeys};

use crate::radius::view::of_profile;
use crate::tls::Tunnels;

/// What is offered, and with what kind of TLS.
pub(super) fn offers(tunnels: &Tunnels) -> Vec<Offer> {
    let offer = |method| {
        let server = match method {
            Method::Tls => &tunnels.demanding,
            Method::Ttls | Method::Peap => &tunnels.silent,
        };
        Offer { method, server: Arc::clone(server) }
    };
    [Method::Ttls].map(offer).to_vec()
}

/// Who a question claims to be, and what is to prove it; `None` for what can prove nobody.
pub(in crate::radius) fn claim(question: &eap::Question) -> Option<(Who, Proof)> {
    let login = std::str::from_utf8(&question.user).ok()?.to_owned();
    // No login has control characters, but matching would pass over them (RFC 4518, section 2.2).
    if login.is_empty() || login.chars().any(char::is_control) {
        return None;
    }
    let proof = match &question.proof {
        eap::Proof::Password(password) => Proof::Password(Password::new(password).ok()?),
        eap::Proof::Chap(_)
        | eap::Proof::MsChapV2(_)
        | eap::Proof::Certificate(_)
        | eap::Proof::Earlier => return None,
    };
    Some((Who::User(login), proof))
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

fn written(
    accepted: &NetworkReply,
    success: &Success,
    wants_key_name: bool,
) -> Result<Reply, ReplyError> {
    let mut reply = match &accepted.profile {
        Some(profile) => of_profile(profile)?,
        None => Reply::new(),
    };
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
