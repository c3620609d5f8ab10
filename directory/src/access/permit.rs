//! Permissions as types, so that a grant's permission decides at compile time what it offers.

use super::role::Permission;

/// What a grant can be for.
pub trait Permit {
    /// What the actor must hold; `None` for what directory identities do (searching).
    const PERMISSION: Option<Permission>;
}

/// A permit that counts inside an organization.
pub trait InOrganization: Permit {}

/// A permit that counts for the provider's own data.
pub trait AtProvider: Permit {}

macro_rules! permits {
    ($($(#[$doc:meta])* $name:ident = $permission:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name(());

        impl Permit for $name {
            const PERMISSION: Option<Permission> = $permission;
        }
    )*};
}

permits! {
    /// Admins, their roles and scopes.
    ManageAdmins = Some(Permission::ManageAdmins);
    /// Plans and invoices.
    ManageBilling = Some(Permission::ManageBilling);
    /// The organizations themselves.
    ManageOrganizations = Some(Permission::ManageOrganizations);
    /// How an organization's people authenticate.
    ManageAuthentication = Some(Permission::ManageAuthentication);
    /// Service accounts, RADIUS clients, reply profiles.
    ManageConfiguration = Some(Permission::ManageConfiguration);
    /// Users, groups, memberships.
    ManageIdentities = Some(Permission::ManageIdentities);
    /// Passwords and locks of users.
    RecoverAccounts = Some(Permission::RecoverAccounts);
    /// Reading as an admin.
    View = Some(Permission::View);
    /// Searching as a user or a service account of the organization.
    Search = None;
}

impl InOrganization for ManageAdmins {}
impl InOrganization for ManageBilling {}
impl InOrganization for ManageOrganizations {}
impl InOrganization for ManageAuthentication {}
impl InOrganization for ManageConfiguration {}
impl InOrganization for ManageIdentities {}
impl InOrganization for RecoverAccounts {}
impl InOrganization for View {}
impl InOrganization for Search {}
impl AtProvider for ManageAdmins {}
impl AtProvider for ManageBilling {}
impl AtProvider for ManageOrganizations {}
impl AtProvider for View {}
