//! Network gear that asks over RADIUS.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use storage::{Entries, Id, Kind, Record};
use uuid::Uuid;

use super::{Stamp, indices, kinds};
use crate::id::{GroupId, RecordId, ReplyProfileId};
use crate::text::prepare;

/// A RADIUS client's record; the shared secret is sealed beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RadiusClient {
    /// The stable external id.
    pub uuid: Uuid,
    /// When made and changed.
    pub stamp: Stamp,
    /// What admins write.
    pub fields: RadiusClientFields,
}

/// What admins write of a RADIUS client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RadiusClientFields {
    /// The client's name; unique in the organization.
    pub name: String,
    /// The networks that its datagrams may come from.
    pub sources: Vec<IpNet>,
    /// Whether a request without Message-Authenticator is dropped.
    pub require_message_authenticator: bool,
    /// Whether a request with Proxy-State but without Message-Authenticator is dropped.
    pub limit_proxy_state: bool,
    /// Whose members are accepted, nested ones included; empty for every active user.
    pub allowed_groups: Vec<GroupId>,
    /// What an accept carries.
    pub reply_profile: Option<ReplyProfileId>,
}

impl Default for RadiusClientFields {
    fn default() -> Self {
        Self {
            name: String::new(),
            sources: Vec::new(),
            require_message_authenticator: true,
            limit_proxy_state: true,
            allowed_groups: Vec::new(),
            reply_profile: None,
        }
    }
}

impl Record for RadiusClient {
    const KIND: Kind = kinds::RADIUS_CLIENT;
    const VERSION: u8 = 1;

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::RADIUS_CLIENT_UUID, self.uuid.as_bytes());
        entries.add(indices::RADIUS_CLIENT_NAME, prepare(&self.fields.name).as_bytes());
        if let Some(profile) = self.fields.reply_profile {
            let id: Id = profile.record();
            entries.add(indices::RADIUS_CLIENT_PROFILE, &id.to_be_bytes());
        }
    }
}
