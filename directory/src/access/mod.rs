//! Who may do what: the one `authorize` that every door passes, and the grant that it leaves.
//!
//! A [`Grant`] is born in a transaction, names its place, is the only way to a handle, and dies
//! with the transaction. Its permission is part of its type, so a grant for resetting passwords
//! offers no handle that could delete a user, and one for reading offers no change at all.

mod actor;
mod authorize;
mod grant;
mod permit;
mod request_id;
mod role;
mod standing;

pub use actor::{Actor, Context, Identity};
pub(crate) use actor::{Proven, Who};
pub(crate) use authorize::{Errand, Seen, authorize, authorize_errand, organization, proves};
pub use authorize::{PlaceName, Refusal};
pub use grant::Grant;
pub use permit::{
    AtProvider, ChangeOwnPassword, InOrganization, ManageAdmins, ManageAuthentication,
    ManageBilling, ManageConfiguration, ManageDelivery, ManageIdentities, ManageOrganizations,
    OwnDevice, Permit, RecoverAccounts, Right, Search, View,
};
pub use request_id::RequestId;
pub use role::{Permission, Role};
pub use standing::Obstacle;
pub(crate) use standing::{Rights, Standing, home_answers, standing};
