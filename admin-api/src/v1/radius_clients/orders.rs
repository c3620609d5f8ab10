//! What a RADIUS client is told about sessions that go on, as the API spells it.

use directory::records;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the gear of a RADIUS client is told about sessions that go on (RFC 5176), when something of
/// their users changes, or of devices that came for themselves. An order goes to the address that the
/// session's reports came from, where that lies in a network of the client's `sources`; or to the one that the gear gives itself, where that
/// lies in one that is not wide (/16 or less, IPv6 /48) and the operator believes it there
/// (`[radius] order_networks_told`); and nowhere that the operator lets no orders go. With `way` as
/// `radsec` it goes down a connection that the gear has open.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({
    "port": 3799, "suspended": "disconnect", "left_group": "change_of_authorization",
    "joined_group": "change_of_authorization", "disconnect_when_refused": true
}))]
pub(crate) struct GearOrders {
    /// The UDP port on which the gear takes orders, 1024 or more.
    #[schema(default = 3799, minimum = 1024)]
    port: u16,
    /// When an admin suspends or deletes the user or the device.
    suspended: Consequence,
    /// When an admin locks the user out; what wrong passwords lock stays on the network.
    locked: Consequence,
    /// When the user or the device leaves a group that the client's `allowed_groups` or `rules` name, by
    /// way of nested groups as well.
    left_group: Consequence,
    /// When the user or the device comes into such a group. `disconnect` ends sessions that would have
    /// another reply profile since then. To move a user, put them into the new group before the old one is left.
    joined_group: Consequence,
    /// When the user has another password, whoever set it.
    password_changed: Consequence,
    /// When a certificate is revoked that let somebody in by EAP-TLS: by the organization's own
    /// authority, or by a list of another's. Its accept says so in a Class attribute of its own, which
    /// the gear has to say again in its reports; sessions from before the choice go on.
    certificate_revoked: Consequence,
    /// When an admin changes what the client decides by (`rules` and their order, `allowed_groups`,
    /// `reply_profile`, `time_zone` where a rule is of a time), or what a reply profile says with which
    /// it lets in; and when a time of a rule begins or ends. `disconnect` ends sessions that would have
    /// another reply profile since then.
    policy_changed: Consequence,
    /// Whether a session is ended whose gear refuses a change of authorization.
    disconnect_when_refused: bool,
    /// How the gear takes orders.
    way: OrderWay,
}

/// How gear takes orders.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OrderWay {
    /// By datagram, on `port`.
    #[default]
    Datagram,
    /// Down a RadSec connection that the gear has open: one from the address that the session's last
    /// report came from, or else the last one that the client opened. Where none is open, it is waited
    /// for as it is for an answer. `sources` and `port` mean nothing then.
    Radsec,
}

/// What becomes of a session.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Consequence {
    /// It goes on.
    #[default]
    Nothing,
    /// The gear is told to end it (Disconnect-Request).
    Disconnect,
    /// Rules and groups of the RADIUS client are asked about the user again. Where another reply
    /// profile is theirs since then, the gear is told what it says (CoA-Request); where they would not
    /// be let in, or with nothing that could be told, the session ends; where nothing is otherwise,
    /// nothing is sent. Accepts say in a Class attribute of their own how the user was let in and with
    /// what, and gear has to say it again in its reports: sessions of which that is not known end with
    /// a change of groups that the client names.
    ChangeOfAuthorization,
}

impl Default for GearOrders {
    fn default() -> Self {
        records::GearOrders::default().into()
    }
}

impl From<records::GearOrders> for GearOrders {
    fn from(orders: records::GearOrders) -> Self {
        let records::GearOrders {
            port,
            suspended,
            locked,
            left_group,
            joined_group,
            password_changed,
            certificate_revoked,
            end_when_refused,
            policy_changed,
            way,
        } = orders;
        Self {
            port,
            suspended: suspended.into(),
            locked: locked.into(),
            left_group: left_group.into(),
            joined_group: joined_group.into(),
            password_changed: password_changed.into(),
            certificate_revoked: certificate_revoked.into(),
            policy_changed: policy_changed.into(),
            disconnect_when_refused: end_when_refused,
            way: way.into(),
        }
    }
}

impl From<GearOrders> for records::GearOrders {
    fn from(orders: GearOrders) -> Self {
        let GearOrders {
            port,
            suspended,
            locked,
            left_group,
            joined_group,
            password_changed,
            certificate_revoked,
            policy_changed,
            disconnect_when_refused,
            way,
        } = orders;
        Self {
            port,
            suspended: suspended.into(),
            locked: locked.into(),
            left_group: left_group.into(),
            joined_group: joined_group.into(),
            password_changed: password_changed.into(),
            certificate_revoked: certificate_revoked.into(),
            end_when_refused: disconnect_when_refused,
            policy_changed: policy_changed.into(),
            way: way.into(),
        }
    }
}

impl From<records::OrderWay> for OrderWay {
    fn from(way: records::OrderWay) -> Self {
        match way {
            records::OrderWay::Datagram => Self::Datagram,
            records::OrderWay::Connection => Self::Radsec,
        }
    }
}

impl From<OrderWay> for records::OrderWay {
    fn from(way: OrderWay) -> Self {
        match way {
            OrderWay::Datagram => Self::Datagram,
            OrderWay::Radsec => Self::Connection,
        }
    }
}

impl From<records::Consequence> for Consequence {
    fn from(consequence: records::Consequence) -> Self {
        match consequence {
            records::Consequence::Nothing => Self::Nothing,
            records::Consequence::Disconnect => Self::Disconnect,
            records::Consequence::Change => Self::ChangeOfAuthorization,
        }
    }
}

impl From<Consequence> for records::Consequence {
    fn from(consequence: Consequence) -> Self {
        match consequence {
            Consequence::Nothing => Self::Nothing,
            Consequence::Disconnect => Self::Disconnect,
            Consequence::ChangeOfAuthorization => Self::Change,
        }
    }
}
