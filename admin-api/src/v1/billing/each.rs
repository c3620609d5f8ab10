//! All organizations that somebody bills, one after another.

use directory::access::{Context, ManageBilling};
use directory::records::ClosedAccount;
use directory::{Directory, Error, OrganizationId, ReadingTransaction};
use serde::Serialize;
use uuid::Uuid;

use crate::problem::Problem;

/// So many organizations are read together.
const TOGETHER: usize = 200;

/// Whose a line is.
#[derive(Serialize)]
pub(super) struct Named {
    pub(super) organization: Uuid,
    pub(super) slug: String,
    pub(super) name: String,
}

/// Takes each organization that there is, in the order in which they were made.
pub(super) fn organization(
    directory: &Directory,
    context: Context,
    mut take: impl FnMut(&ReadingTransaction, OrganizationId, Named) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let mut after = None::<OrganizationId>;
    loop {
        let reading = directory.read(context)?;
        reading.authorize_provider::<ManageBilling>()?;
        let page = reading.organizations(after, TOGETHER)?;
        for (id, record) in page.records {
            let (slug, name) = (record.fields.slug, record.fields.name);
            take(&reading, id, Named { organization: record.uuid, slug, name })?;
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// Takes what is left of each that was destroyed and had agreed on something.
pub(super) fn closed_account(
    directory: &Directory,
    context: Context,
    mut take: impl FnMut(Named, &ClosedAccount) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let mut after = None;
    loop {
        let reading = directory.read(context)?;
        let grant = reading.authorize_provider::<ManageBilling>()?;
        let (accounts, next) = grant.closed_accounts(after, TOGETHER)?;
        for account in accounts {
            let (slug, name) = (account.slug.clone(), account.name.clone());
            take(Named { organization: account.organization, slug, name }, &account)?;
        }
        after = next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// Why an organization has nothing to show, where the others have.
pub(super) fn failure(error: Error, slug: &str) -> Result<String, Problem> {
    // What is asked for is wrong for all of them.
    if matches!(error, Error::Invalid(_)) {
        return Err(error.into());
    }
    if matches!(error, Error::Forbidden(_)) {
        return Ok(error.to_string());
    }
    tracing::error!(%error, slug, "an organization cannot be billed");
    Ok("the server failed; its log says why".to_owned())
}
