//! The five roles and the eight permissions, and which role holds which.

use serde::{Deserialize, Serialize};

/// A role of an admin; each can do all that the next one down can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything, admins, billing and organizations included.
    AdministratorWithBilling,
    /// Settings and configuration, and all below.
    Administrator,
    /// Users, groups and devices, and all below.
    Manager,
    /// Password resets, lockouts and MFA resets, and all below.
    HelpDesk,
    /// Looks, changes nothing.
    ReadOnly,
}

impl Role {
    /// Every role, the highest first.
    pub const ALL: [Self; 5] = [
        Self::AdministratorWithBilling,
        Self::Administrator,
        Self::Manager,
        Self::HelpDesk,
        Self::ReadOnly,
    ];

    /// The role's name in the API and in texts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AdministratorWithBilling => "administrator_with_billing",
            Self::Administrator => "administrator",
            Self::Manager => "manager",
            Self::HelpDesk => "help_desk",
            Self::ReadOnly => "read_only",
        }
    }

    /// The role of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether the role holds `permission`: the one look into the policy table.
    pub fn holds(self, permission: Permission) -> bool {
        POLICY
            .iter()
            .find(|(row, _)| *row == permission)
            .is_some_and(|(_, holders)| holders.contains(&self))
    }

    /// The lower of the two roles.
    pub fn lower(self, other: Self) -> Self {
        if self.rank() >= other.rank() { self } else { other }
    }

    /// Whether this role is above `other`.
    pub fn above(self, other: Self) -> bool {
        self.rank() < other.rank()
    }

    fn rank(self) -> u8 {
        match self {
            Self::AdministratorWithBilling => 0,
            Self::Administrator => 1,
            Self::Manager => 2,
            Self::HelpDesk => 3,
            Self::ReadOnly => 4,
        }
    }
}

/// What a route or a handle asks for; checks name these, never roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Add, delete, edit, suspend and scope admins, and their API access.
    ManageAdmins,
    /// Plans, billing contact, invoices, usage export.
    ManageBilling,
    /// Create, rename, suspend, delete and restore organizations.
    ManageOrganizations,
    /// Password policy, lockout, MFA policy, session lengths.
    ManageAuthentication,
    /// Service accounts, RADIUS clients, reply profiles, reveal of secrets.
    ManageConfiguration,
    /// Users, groups, memberships, suspend and activate.
    ManageIdentities,
    /// Set or force a password, unlock, reset MFA of directory users.
    RecoverAccounts,
    /// Every read.
    View,
}

impl Permission {
    /// Every permission, in the order of the policy table.
    pub const ALL: [Self; 8] = [
        Self::ManageAdmins,
        Self::ManageBilling,
        Self::ManageOrganizations,
        Self::ManageAuthentication,
        Self::ManageConfiguration,
        Self::ManageIdentities,
        Self::RecoverAccounts,
        Self::View,
    ];

    /// Those that count for the provider's own data; the others count in organizations alone.
    pub const AT_PROVIDER: [Self; 5] = [
        Self::ManageAdmins,
        Self::ManageBilling,
        Self::ManageOrganizations,
        Self::ManageConfiguration,
        Self::View,
    ];

    /// The permission of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.name() == name)
    }

    /// The permission's name in the API and in texts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ManageAdmins => "manage_admins",
            Self::ManageBilling => "manage_billing",
            Self::ManageOrganizations => "manage_organizations",
            Self::ManageAuthentication => "manage_authentication",
            Self::ManageConfiguration => "manage_configuration",
            Self::ManageIdentities => "manage_identities",
            Self::RecoverAccounts => "recover_accounts",
            Self::View => "view",
        }
    }
}

const TOP: &[Role] = &[Role::AdministratorWithBilling];
const ADMINISTRATORS: &[Role] = &[Role::AdministratorWithBilling, Role::Administrator];
const MANAGERS: &[Role] = &[Role::AdministratorWithBilling, Role::Administrator, Role::Manager];
const HELPERS: &[Role] =
    &[Role::AdministratorWithBilling, Role::Administrator, Role::Manager, Role::HelpDesk];

/// The whole policy: which roles hold which permission.
const POLICY: [(Permission, &[Role]); 8] = [
    (Permission::ManageAdmins, TOP),
    (Permission::ManageBilling, TOP),
    (Permission::ManageOrganizations, TOP),
    (Permission::ManageAuthentication, ADMINISTRATORS),
    (Permission::ManageConfiguration, ADMINISTRATORS),
    (Permission::ManageIdentities, MANAGERS),
    (Permission::RecoverAccounts, HELPERS),
    (Permission::View, &Role::ALL),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_can_do_all_that_the_next_one_down_can() {
        for pair in Role::ALL.windows(2) {
            for permission in Permission::ALL {
                assert!(pair[0].holds(permission) || !pair[1].holds(permission));
            }
            assert!(pair[0].above(pair[1]));
            assert_eq!(pair[0].lower(pair[1]), pair[1]);
        }
    }

    #[test]
    fn names_lead_back_to_their_roles() {
        for role in Role::ALL {
            assert_eq!(Role::named(role.name()), Some(role));
        }
        assert_eq!(Role::named("root"), None);
    }
}
