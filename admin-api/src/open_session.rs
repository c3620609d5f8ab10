//! The open sessions of an admin, as the API shows them.

use std::net::IpAddr;

use directory::collections::AdminSession;
use directory::records;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::moment::Moment;

/// An open session of an admin.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpenSession {
    /// The session's id.
    id: Uuid,
    /// When it was begun.
    created: Moment,
    /// When it ends unless it is used.
    expires: Moment,
    /// When it was used last, about.
    last_used: Moment,
    /// From where it was used last, about.
    #[schema(required, value_type = Option<String>)]
    last_source: Option<IpAddr>,
    /// From where it was begun.
    #[schema(required, value_type = Option<String>)]
    source: Option<IpAddr>,
    /// What the program called itself with which it was begun.
    #[schema(required)]
    user_agent: Option<String>,
    /// What proved the admin beside the password, or in its place.
    #[schema(required)]
    proof: Option<SecondProof>,
    /// Whether it is in a browser's cookie.
    cookie: bool,
    /// Whether it is the one that asks.
    this: bool,
}

/// What proves an admin beside the password, or in its place.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SecondProof {
    /// A code of an authenticator app.
    Totp,
    /// A recovery code.
    RecoveryCode,
    /// A passkey, in place of the password too.
    Passkey,
}

/// Which sessions are ended.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Only the one with this id; else all.
    pub(crate) session: Option<Uuid>,
}

/// Which of one's own sessions are ended.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichOwn {
    /// Only the one with this id; else all.
    pub(crate) session: Option<Uuid>,
    /// Whether the one that asks goes on.
    #[serde(default)]
    #[param(default = false)]
    pub(crate) keep_this: bool,
}

impl From<AdminSession> for OpenSession {
    fn from(session: AdminSession) -> Self {
        let (token, used) = (session.token, session.used);
        let origin = token.origin;
        Self {
            id: token.uuid,
            created: Moment(token.created),
            expires: Moment(session.ends),
            last_used: Moment(used.map_or(token.created, |used| used.at)),
            last_source: used.map_or(origin.source, |used| used.source),
            source: origin.source,
            user_agent: origin.user_agent,
            proof: origin.proof.map(Into::into),
            cookie: origin.carrier == records::Carrier::Cookie,
            this: session.is_asking,
        }
    }
}

impl From<records::SecondProof> for SecondProof {
    fn from(proof: records::SecondProof) -> Self {
        match proof {
            records::SecondProof::Totp => Self::Totp,
            records::SecondProof::RecoveryCode => Self::RecoveryCode,
            records::SecondProof::Passkey => Self::Passkey,
        }
    }
}
