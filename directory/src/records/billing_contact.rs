//! Who is written to about what an organization pays.

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};

use super::kinds;

/// Who gets an organization's invoices; there is one such record in its partition, or none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillingContact {
    /// What is said of it.
    pub fields: BillingContactFields,
    /// Raised with each change.
    pub revision: u64,
}

/// What admins write of a billing contact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillingContactFields {
    /// The name of a person or an office.
    pub name: Option<String>,
    /// The mail address.
    pub mail: Option<String>,
}

impl Record for BillingContact {
    const KIND: Kind = kinds::BILLING_CONTACT;
    const VERSION: u8 = 1;

    fn index(&self, _: &mut Entries) {}
}
