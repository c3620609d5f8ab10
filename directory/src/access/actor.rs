//! Who is asking: values that only a proof of identity makes.

use std::net::IpAddr;

use super::RequestId;
use crate::id::{AdminId, DeviceId, OrganizationId, RecordId, ServiceAccountId, TokenId, UserId};
use crate::records::Credential;
use crate::time::Time;

/// Somebody whose identity was proven, or nobody.
///
/// Made by [`crate::Directory::identify`] (a bearer token), by an accepted authentication, or as
/// [`Actor::nobody`]; it carries no right of its own: what it may do is read in each transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Actor(pub(crate) Who);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    Nobody,
    /// Whoever owns the machine, by a command of the daemon's.
    Operator,
    Admin {
        admin: AdminId,
        token: TokenId,
    },
    User {
        organization: OrganizationId,
        user: UserId,
        proven: Proven,
    },
    /// A user whose password was set by somebody else: nothing but changing it is theirs.
    UserToChangePassword {
        organization: OrganizationId,
        user: UserId,
        proven: Proven,
    },
    ServiceAccount {
        organization: OrganizationId,
        account: ServiceAccountId,
        proven: Proven,
    },
    Device {
        organization: OrganizationId,
        device: DeviceId,
        /// The record of the certificate, where an authority of the organization's own issued it.
        certificate: Option<storage::Id>,
    },
}

/// What proved an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Proven {
    /// The password that was set then: an actor of an earlier one is nobody any more.
    Password(Time),
    /// A certificate, which says nothing of a password.
    Certificate,
}

impl Proven {
    /// By the password that a credential holds.
    pub(crate) const fn by(credential: &Credential) -> Self {
        Self::Password(credential.changed)
    }

    /// Whether it proves the owner of a credential still.
    pub(crate) fn holds(self, credential: &Credential) -> bool {
        self == Self::Certificate || self == Self::by(credential)
    }

    /// Whether its owner must change the password before anything else.
    pub(crate) fn must_change(self, credential: &Credential) -> bool {
        self != Self::Certificate && credential.must_change
    }
}

impl Actor {
    /// Somebody who has not said who they are.
    pub const fn nobody() -> Self {
        Self(Who::Nobody)
    }

    /// Whoever owns the machine. No permission is theirs, and no door makes this: it is for what the
    /// directory does itself for a command, beside which no daemon runs.
    pub(crate) const fn operator() -> Self {
        Self(Who::Operator)
    }

    pub(crate) fn user(organization: OrganizationId, user: UserId, proven: Proven) -> Self {
        Self(Who::User { organization, user, proven })
    }

    pub(crate) fn user_to_change_password(
        organization: OrganizationId,
        user: UserId,
        proven: Proven,
    ) -> Self {
        Self(Who::UserToChangePassword { organization, user, proven })
    }

    pub(crate) fn service_account(
        organization: OrganizationId,
        account: ServiceAccountId,
        proven: Proven,
    ) -> Self {
        Self(Who::ServiceAccount { organization, account, proven })
    }

    pub(crate) fn device(
        organization: OrganizationId,
        device: DeviceId,
        certificate: Option<storage::Id>,
    ) -> Self {
        Self(Who::Device { organization, device, certificate })
    }

    /// The organization of a user, a service account or a device.
    pub fn organization(&self) -> Option<OrganizationId> {
        match self.0 {
            Who::User { organization, .. }
            | Who::UserToChangePassword { organization, .. }
            | Who::ServiceAccount { organization, .. }
            | Who::Device { organization, .. } => Some(organization),
            Who::Nobody | Who::Operator | Who::Admin { .. } => None,
        }
    }

    /// The record number of a user or a service account, for a view that names the caller.
    pub fn identity(&self) -> Option<Identity> {
        match self.0 {
            Who::User { user, .. } | Who::UserToChangePassword { user, .. } => {
                Some(Identity::User(user))
            }
            Who::ServiceAccount { account, .. } => Some(Identity::ServiceAccount(account)),
            Who::Nobody | Who::Operator | Who::Admin { .. } | Who::Device { .. } => None,
        }
    }

    /// Whether this is a user who must change their password before anything else.
    pub fn must_change_password(&self) -> bool {
        matches!(self.0, Who::UserToChangePassword { .. })
    }

    /// The same user after the password was changed.
    pub(crate) fn renewed(self, proven: Proven) -> Self {
        match self.0 {
            Who::User { organization, user, .. }
            | Who::UserToChangePassword { organization, user, .. } => {
                Self::user(organization, user, proven)
            }
            Who::Nobody
            | Who::Operator
            | Who::Admin { .. }
            | Who::ServiceAccount { .. }
            | Who::Device { .. } => self,
        }
    }

    /// The admin, when it is one.
    pub fn admin(&self) -> Option<AdminId> {
        match self.0 {
            Who::Admin { admin, .. } => Some(admin),
            Who::Nobody
            | Who::Operator
            | Who::User { .. }
            | Who::UserToChangePassword { .. }
            | Who::ServiceAccount { .. }
            | Who::Device { .. } => None,
        }
    }
}

/// A directory identity that can authenticate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    /// A person.
    User(UserId),
    /// An application.
    ServiceAccount(ServiceAccountId),
}

impl Identity {
    pub(crate) fn record(self) -> storage::Id {
        match self {
            Self::User(user) => user.record(),
            Self::ServiceAccount(account) => account.record(),
        }
    }
}

/// Who asks, from where and when: one value per operation.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// Who.
    pub actor: Actor,
    /// From where; absent for what runs on the machine itself.
    pub source: Option<IpAddr>,
    /// When.
    pub now: Time,
    /// By which request, or of which import; absent for what no request of the admin API asks for.
    pub request: Option<RequestId>,
}
