//! Looking at an organization as one of its own would.

use crate::access::{Actor, Context, Identity, Proven, View};
use crate::directory::ReadingTransaction;
use crate::error::Error;
use crate::id::OrganizationId;

impl ReadingTransaction {
    /// The same snapshot as somebody of an organization has it who has just bound. Whoever may look
    /// at the organization may look at what they see.
    ///
    /// # Errors
    /// `Refused` when the actor may not look at the organization.
    pub fn standing_in(
        &self,
        organization: OrganizationId,
        identity: Identity,
    ) -> Result<Self, Error> {
        self.authorize::<View>(organization)?;
        // What proves an identity does not matter to who only looks.
        let proven = Proven::Certificate;
        let actor = match identity {
            Identity::User(user) => Actor::user(organization, user, proven),
            Identity::ServiceAccount(account) => {
                Actor::service_account(organization, account, proven)
            }
        };
        let (snapshot, tools) = (self.snapshot.clone(), self.tools.clone());
        Ok(Self { snapshot, context: Context { actor, ..self.context }, tools })
    }

    /// Who reads.
    pub const fn actor(&self) -> Actor {
        self.context.actor
    }
}
