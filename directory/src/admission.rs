//! What a door asks before it looks at a request any closer.

use uuid::Uuid;

use crate::access::{AtProvider, Context, InOrganization, Refusal};
use crate::authentication::HashParameters;
use crate::directory::Directory;
use crate::error::Error;
use crate::id::{OrganizationId, Place};

impl Directory {
    /// Asks whether the actor may do `P` in the organization with that external id; a refusal is
    /// an event. The change itself asks again, in its own transaction.
    ///
    /// # Errors
    /// `Refused`, in the same way for an organization that may not be seen and for none, or a
    /// store failure.
    pub fn admit<P: InOrganization>(
        &self,
        context: Context,
        organization: Uuid,
    ) -> Result<OrganizationId, Error> {
        let reading = self.read(context)?;
        let found = reading.organization_id(organization);
        // What nobody has takes the way, and the time, of what may not be seen.
        let hidden = matches!(found, Err(Error::Refused(Refusal::Hidden)));
        let found = if hidden { Ok(OrganizationId::NONE) } else { found };
        let admitted = found.and_then(|organization| {
            reading.authorize::<P>(organization)?;
            Ok(organization)
        });
        self.note_if_refused(&context, admitted)
    }

    /// Asks whether the actor may do `P` with the provider's own data; a refusal is an event.
    ///
    /// # Errors
    /// `Refused`, or a store failure.
    pub fn admit_at_provider<P: AtProvider>(&self, context: Context) -> Result<Place, Error> {
        let reading = self.read(context)?;
        let admitted = reading.authorize_provider::<P>().map(|grant| grant.place());
        self.note_if_refused(&context, admitted)
    }

    /// What a new password's hash costs.
    pub fn hash_parameters(&self) -> &HashParameters {
        &self.inner.engine.parameters
    }

    pub(crate) fn note_if_refused<T>(
        &self,
        context: &Context,
        asked: Result<T, Error>,
    ) -> Result<T, Error> {
        if let Err(Error::Refused(refusal)) = &asked {
            self.note_refusal(context, refusal);
        }
        asked
    }
}
