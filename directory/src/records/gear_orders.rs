//! What becomes of sessions that go on when something of their users changes.

use serde::{Deserialize, Serialize};

/// What a RADIUS client wants to be told about sessions that go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GearOrders {
    /// The port on which its gear takes orders.
    pub port: u16,
    /// When the user is suspended or deleted.
    pub suspended: Consequence,
    /// When an admin locks the user out.
    pub locked: Consequence,
    /// When the user leaves a group that the client names.
    pub left_group: Consequence,
    /// When the user comes into a group that the client names.
    pub joined_group: Consequence,
    /// When the user has another password.
    pub password_changed: Consequence,
    /// When the certificate is revoked that let somebody in.
    pub certificate_revoked: Consequence,
    /// Whether a session ends whose gear refuses to treat it otherwise.
    pub end_when_refused: bool,
    /// When an admin changes what the client decides by, or what a reply profile of it says; and when a
    /// time of a rule begins or ends.
    pub policy_changed: Consequence,
    /// How its gear takes orders.
    pub way: OrderWay,
}

/// How gear takes orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderWay {
    /// By datagram, on a port of its own.
    #[default]
    Datagram,
    /// Down the connection inside TLS that it has opened itself.
    Connection,
}

/// What becomes of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consequence {
    /// It goes on.
    #[default]
    Nothing,
    /// The gear is told to end it.
    Disconnect,
    /// What decides about its user is asked again: it goes on as before, it goes on with another
    /// reply profile, or it ends.
    Change,
}

/// What happened to a user, or to what decides about users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// An admin suspended the user.
    Suspended,
    /// An admin deleted the user.
    Deleted,
    /// An admin locked the user out.
    Locked,
    /// The user is not in groups any more.
    LeftGroup,
    /// The user has another password.
    PasswordChanged,
    /// Certificates were revoked.
    CertificateRevoked,
    /// The user came into groups.
    JoinedGroup,
    /// RADIUS clients decide otherwise, or their reply profiles say something else.
    PolicyChanged,
    /// A time of a rule of RADIUS clients began or ended.
    TimeTurned,
}

/// The port for orders (RFC 5176, section 2.1).
const PORT: u16 = 3799;

impl Default for GearOrders {
    fn default() -> Self {
        Self {
            port: PORT,
            suspended: Consequence::Nothing,
            locked: Consequence::Nothing,
            left_group: Consequence::Nothing,
            joined_group: Consequence::Nothing,
            password_changed: Consequence::Nothing,
            certificate_revoked: Consequence::Nothing,
            end_when_refused: false,
            policy_changed: Consequence::Nothing,
            way: OrderWay::Datagram,
        }
    }
}

impl GearOrders {
    /// What becomes of a user's sessions.
    pub fn after(&self, trigger: Trigger) -> Consequence {
        match trigger {
            Trigger::Suspended | Trigger::Deleted => self.suspended,
            Trigger::Locked => self.locked,
            Trigger::LeftGroup => self.left_group,
            Trigger::JoinedGroup => self.joined_group,
            Trigger::PasswordChanged => self.password_changed,
            Trigger::CertificateRevoked => self.certificate_revoked,
            Trigger::PolicyChanged | Trigger::TimeTurned => self.policy_changed,
        }
    }

    /// Whether has to be known of a session whom an accept let in, and with what: gear says only by
    /// which name they came.
    pub(crate) fn asks_what_was_granted(&self) -> bool {
        Trigger::ALL.into_iter().any(|trigger| self.after(trigger) != Consequence::Nothing)
    }
}

impl Trigger {
    /// All of which clients say each for itself what they want.
    pub(crate) const ALL: [Self; 8] = [
        Self::Suspended,
        Self::Deleted,
        Self::Locked,
        Self::LeftGroup,
        Self::PasswordChanged,
        Self::CertificateRevoked,
        Self::JoinedGroup,
        Self::PolicyChanged,
    ];

    /// Whether it is about what a RADIUS client decides by, not about users.
    pub(crate) const fn is_of_policy(self) -> bool {
        matches!(self, Self::PolicyChanged | Self::TimeTurned)
    }

    /// The number by which an index knows it.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Suspended => 1,
            Self::Deleted => 2,
            Self::Locked => 3,
            Self::LeftGroup => 4,
            Self::PasswordChanged => 5,
            Self::CertificateRevoked => 6,
            Self::JoinedGroup => 7,
            Self::PolicyChanged | Self::TimeTurned => 8,
        }
    }
}
