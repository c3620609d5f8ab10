//! Permissions as types, so that a grant's permission decides at compile time what it offers.

use super::role::Permission;

/// What an actor is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// A permission of an admin's role.
    Held(Permission),
    /// A directory identity's own right to search its organization.
    Search,
    /// A user's own right to change their password.
    OwnPassword,
    /// A device's own right to read what is demanded of it and to report how it follows.
    OwnDevice,
}

/// What a grant can be for.
pub trait Permit {
    /// What the actor must have.
    const RIGHT: Right;
}

/// A permit that counts inside an organization.
pub trait InOrganization: Permit {}

/// A permit that counts for the provider's own data.
pub trait AtProvider: Permit {}

macro_rules! permits {
    ($($(#[$doc:meta])* $name:ident = $right:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name(());

        impl Permit for $name {
            const RIGHT: Right = $right;
        }
    )*};
}

permits! {
    /// Admins, their roles and scopes.
    ManageAdmins = Right::Held(Permission::ManageAdmins);
    /// Plans and invoices.
    ManageBilling = Right::Held(Permission::ManageBilling);
    /// The organizations themselves.
    ManageOrganizations = Right::Held(Permission::ManageOrganizations);
    /// How an organization's people authenticate.
    ManageAuthentication = Right::Held(Permission::ManageAuthentication);
    /// Service accounts, RADIUS clients, reply profiles.
    ManageConfiguration = Right::Held(Permission::ManageConfiguration);
    /// Where events go, the provider's own among them.
    ManageDelivery = Right::Held(Permission::ManageConfiguration);
    /// Users, groups, memberships.
    ManageIdentities = Right::Held(Permission::ManageIdentities);
    /// Passwords and locks of users.
    RecoverAccounts = Right::Held(Permission::RecoverAccounts);
    /// Reading as an admin.
    View = Right::Held(Permission::View);
    /// Searching as a user or a service account of the organization.
    Search = Right::Search;
    /// Changing one's own password as a user of the organization.
    ChangeOwnPassword = Right::OwnPassword;
    /// Reading and reporting as a device of the organization.
    OwnDevice = Right::OwnDevice;
}

impl InOrganization for ManageAdmins {}
impl InOrganization for ManageBilling {}
impl InOrganization for ManageOrganizations {}
impl InOrganization for ManageAuthentication {}
impl InOrganization for ManageConfiguration {}
impl InOrganization for ManageDelivery {}
impl InOrganization for ManageIdentities {}
impl InOrganization for RecoverAccounts {}
impl InOrganization for View {}
impl InOrganization for Search {}
impl InOrganization for ChangeOwnPassword {}
impl InOrganization for OwnDevice {}
impl AtProvider for ManageAdmins {}
impl AtProvider for ManageBilling {}
impl AtProvider for ManageDelivery {}
impl AtProvider for ManageOrganizations {}
impl AtProvider for View {}
