//! Agreeing on a plan with an organization.

use directory::access::ManageBilling;
use directory::billing::Month;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Agreement;
use crate::body::Body;
use crate::caller::Home;
use crate::list::List;
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// What holds with an organization from a month on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "organization": "0193a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b",
    "plan": "0193a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1c",
    "since": "2026-12"
}))]
pub(crate) struct NewAgreement {
    /// The organization.
    organization: Uuid,
    /// The plan; null where nothing is billed.
    plan: Option<Uuid>,
    /// The first month, in UTC: this one or one to come.
    since: String,
}

/// Agrees with an organization on a plan as it is now, from a month on. Later changes of the plan
/// change nothing of it. What the organization has is counted at once. The `ETag` is that of the
/// organization's agreements.
#[utoipa::path(
    post,
    path = "/billing/agreements",
    tag = "Billing",
    params(IfMatch),
    request_body = NewAgreement,
    responses((status = 200, description = "All agreements.", body = List<Agreement>)),
    extensions(("x-permission" = json!("manage_billing")))
)]
pub(crate) async fn agree_on_plan(
    home: Home<ManageBilling>,
    IfMatch(revision): IfMatch,
    Body(new): Body<NewAgreement>,
) -> Result<Revised<List<Agreement>>, Problem> {
    let from = Month::read(&new.since)
        .ok_or_else(|| Problem::invalid("/since", "must be a month such as 2026-12"))?;
    let now = home.caller.now();
    let agreed = home.caller.change(move |change| {
        let offer = change.authorize_provider::<ManageBilling>()?.plans()?.offer(new.plan)?;
        let organization = change.organization_id(new.organization)?;
        let mut grant = change.authorize::<ManageBilling>(organization)?;
        let agreed = grant.billing().agree(revision, from, offer)?;
        Ok((organization, agreed))
    });
    let (organization, agreed) = agreed.await?;
    let counted = home
        .caller
        .api
        .blocking(move |directory| Ok::<_, Problem>(directory.count_usage_of(organization, now)?));
    if counted.await.is_err() {
        // It is agreed all the same; what was not counted is counted within the hour.
        tracing::warn!("what an organization has could not be counted when a plan was agreed on");
    }
    let revision = agreed.revision();
    Ok(Revised::new(revision, List { items: Agreement::list(agreed), next: None }))
}
