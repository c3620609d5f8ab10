//! Who is written to about what an organization pays.

use directory::access::ManageBilling;
use directory::records::{self, BillingContactFields};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::Body;
use crate::caller::Within;
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// Who gets an organization's invoices.
#[derive(Serialize, ToSchema)]
#[schema(as = BillingContact)]
#[schema(example = json!({"name": "Accounts Payable", "mail": "invoices@acme.example"}))]
pub(crate) struct Contact {
    /// The name of a person or an office; null where there is none.
    #[schema(required)]
    pub(super) name: Option<String>,
    /// The mail address; null where there is none.
    #[schema(required)]
    pub(super) mail: Option<String>,
}

/// Who is to get an organization's invoices; what is left out is none.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewBillingContact)]
#[schema(example = json!({"name": "Accounts Payable", "mail": "invoices@acme.example"}))]
pub(crate) struct NewContact {
    /// The name of a person or an office.
    name: Option<String>,
    /// The mail address.
    mail: Option<String>,
}

impl From<BillingContactFields> for Contact {
    fn from(fields: BillingContactFields) -> Self {
        let BillingContactFields { name, mail } = fields;
        Self { name, mail }
    }
}

impl From<records::BillingContact> for Revised<Contact> {
    fn from(contact: records::BillingContact) -> Self {
        Self::new(contact.revision, contact.fields.into())
    }
}

/// Shows who gets an organization's invoices.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/billing/contact",
    tag = "Billing",
    responses((status = 200, description = "The contact.", body = Contact)),
    extensions(("x-permission" = json!("manage_billing")))
)]
pub(crate) async fn show_billing_contact(
    within: Within<ManageBilling>,
) -> Result<Revised<Contact>, Problem> {
    let reading = within.caller.read()?;
    Ok(reading.authorize::<ManageBilling>(within.organization)?.billing_contact()?.into())
}

/// Says who gets an organization's invoices.
#[utoipa::path(
    put,
    path = "/organizations/{organization}/billing/contact",
    tag = "Billing",
    params(IfMatch),
    request_body = NewContact,
    responses((status = 200, description = "As said.", body = Contact)),
    extensions(("x-permission" = json!("manage_billing")))
)]
pub(crate) async fn set_billing_contact(
    within: Within<ManageBilling>,
    IfMatch(revision): IfMatch,
    Body(NewContact { name, mail }): Body<NewContact>,
) -> Result<Revised<Contact>, Problem> {
    let organization = within.organization;
    let set = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageBilling>(organization)?;
        grant.billing_contacts()?.set(revision, BillingContactFields { name, mail })
    });
    Ok(set.await?.into())
}
