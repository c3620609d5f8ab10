//! The answer to who may do what, and if not, why.

use std::net::IpAddr;

use directory::access::{Obstacle, Permission};
use directory::{Outlook, Place};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::caller::Caller;
use crate::openapi::{Route, route_of};
use crate::problem::Problem;
use crate::role::RoleName;

/// The operation that makes an API key.
const KEY: &str = "create_own_key";
/// The operations that need a session that was begun a moment ago.
const FRESH: [&str; 8] = [
    KEY,
    "activate_own_passkey",
    "begin_own_authenticator",
    "begin_passkey",
    "change_own_password",
    "delete_own_passkey",
    "make_recovery_codes",
    "register_passkey",
];

/// The operations on other admins that need such a session beside their permission.
const FRESH_TOO: [&str; 4] = [
    "reset_admin_mfa",
    "reset_organization_admin_mfa",
    "set_admin_password",
    "set_organization_admin_password",
];

/// The operations that let another admin in: they need such a session or, but for who manages admins, an
/// API key.
const LETTING_IN: [&str; 4] =
    ["create_admin", "create_organization_admin", "invite_admin", "invite_organization_admin"];

/// The operations of which a part lets another admin in further.
const RAISING: [&str; 2] = ["update_admin", "update_organization_admin"];

/// The operations that let an admin in again: they need such a session for who manages admins.
const LETTING_BACK: [&str; 2] = ["activate_admin", "activate_organization_admin"];

/// The operation of which a part spares a user a change that the policy demands.
const SPARING: &str = "set_user_password";

/// The operation of which a part comes to suspending a user.
const LOCKING: &str = "lock_user";

/// The operations that are not for every API key: signing out, and ending one's own sessions and keys.
const SIGNING_OUT: &str = "sign_out";
const ENDING_SESSIONS: &str = "end_own_sessions";
const ENDING_KEYS: &str = "delete_own_key";

/// The operation of which a part is a chain, which needs the scope of all organizations.
const CHAINING: &str = "export_events";

/// The operations that look through whatever is in the scope, and are refused to no admin: each role
/// views.
const IN_SCOPE: [&str; 5] = [
    "count_all_events",
    "export_all_events",
    "find_users",
    "list_all_events",
    "list_organizations",
];

/// What is asked about; all permissions where neither an operation nor a permission is named.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// An operation, by its id in this document.
    operation: Option<String>,
    /// A permission, by its name.
    #[param(example = "view")]
    permission: Option<String>,
    /// The organization in which it would be done; without one it is about the provider.
    organization: Option<Uuid>,
}

/// From where another admin would come.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Coming {
    /// The address; without one the admin is supposed to come from where that is allowed. API keys
    /// may be narrowed to fewer networks than their admin.
    #[param(value_type = Option<String>, example = "192.0.2.7")]
    pub(crate) from: Option<IpAddr>,
}

/// Who may do what, and if not, why.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "admin": "0193a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b", "login": "grace", "role": "help_desk",
    "organization": "0193a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1c", "from": "192.0.2.7",
    "answers": [{
        "operation": "create_user", "permission": "manage_identities", "allowed": false,
        "reasons": [{
            "code": "permission", "detail": "needs manage_identities, which help_desk does not hold"
        }]
    }]
}))]
pub(crate) struct Rights {
    /// Whom it is about.
    admin: Uuid,
    /// The admin's login.
    login: String,
    /// The role that counts: the admin's, or the lower one of the API key that asks.
    role: RoleName,
    /// The organization that it is about; null for the provider.
    #[schema(required)]
    organization: Option<Uuid>,
    /// For which address networks were judged, of yourself the one that you come from; null where they
    /// were not.
    #[schema(required, value_type = Option<String>)]
    from: Option<IpAddr>,
    /// One answer for what was asked, or one for each permission.
    answers: Vec<Answer>,
}

/// Whether something may be done.
#[derive(Serialize, ToSchema)]
pub(crate) struct Answer {
    /// The operation that was asked about.
    #[schema(required)]
    operation: Option<String>,
    /// The permission that is needed; null where none is.
    #[schema(required)]
    permission: Option<&'static str>,
    /// Whether it may be done.
    allowed: bool,
    /// What stands in the way; where it may be done, in the way of a part of it alone.
    reasons: Vec<Reason>,
}

/// Something that stands in the way.
#[derive(Serialize, ToSchema)]
pub(crate) struct Reason {
    /// What it is: stable, to be compared by programs.
    #[schema(value_type = ReasonCode)]
    code: &'static str,
    /// The same in words.
    detail: String,
}

/// What may stand in an admin's way.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "it says in the document which codes there are")]
pub(crate) enum ReasonCode {
    /// The admin is suspended.
    Suspended,
    /// The admin's own organization is suspended or deleted.
    HomeClosed,
    /// The admin has enrolled no second factor yet.
    MfaMissing,
    /// The admin does not work from that address.
    Network,
    /// It is the provider's, and the admin an organization's own.
    ProviderOnly,
    /// The organization is outside of the admin's scope.
    Scope,
    /// It, or a part of it, needs the scope of all organizations.
    ScopeOfAll,
    /// The API key that asks is narrowed to other organizations.
    KeyOrganizations,
    /// The organization is deleted.
    Deleted,
    /// No organization's own admin ever has this permission.
    NeverTheirs,
    /// The role does not hold the permission, or another that a part of it takes.
    Permission,
    /// The role that the API key is narrowed to does not hold the permission, or another that a part
    /// of it takes.
    KeyRole,
    /// It is for sessions, and an API key asks.
    ApiKey,
    /// It, or a part of it, is for no API key that is narrowed.
    NarrowedKey,
    /// The admin makes no API keys.
    ApiAccessOff,
    /// It, or a part of it, needs a session that was begun a moment ago.
    FreshSession,
}

/// A question whose operation or permission there is.
pub(crate) struct Asked {
    about: About,
    organization: Option<Uuid>,
}

enum About {
    Operation(&'static Route),
    Permission(Permission),
    All,
}

impl Question {
    /// Looks up what is asked about; `home` is the organization that is meant unless one is named.
    pub(crate) fn asked(self, home: Option<Uuid>) -> Result<Asked, Problem> {
        let about = match (self.operation, self.permission) {
            (None, None) => About::All,
            (Some(id), None) => {
                let found = route_of(&id);
                let none = "there is no such operation: the OpenAPI document names them";
                About::Operation(found.ok_or_else(|| Problem::invalid("/operation", none))?)
            }
            (None, Some(name)) => {
                let found = Permission::named(&name);
                let none = "there is no such permission: the policy names them";
                About::Permission(found.ok_or_else(|| Problem::invalid("/permission", none))?)
            }
            (Some(_), Some(_)) => {
                let detail = "ask about an operation or a permission, not about both";
                return Err(Problem::invalid("/permission", detail));
            }
        };
        let organization = self.organization.or(home);
        let within = match &about {
            About::Operation(route) if route.public => return Ok(Asked { about, organization }),
            About::Operation(route) => route.in_organization(),
            About::Permission(permission) if !Permission::AT_PROVIDER.contains(permission) => true,
            About::Permission(_) | About::All => organization.is_some(),
        };
        match organization {
            None if within => {
                Err(Problem::invalid("/organization", "say in which organization it is done"))
            }
            // The home is no more than what is usually meant.
            Some(_) if !within && self.organization.is_some() => {
                Err(Problem::invalid("/organization", "this is not done in an organization"))
            }
            organization => Ok(Asked { about, organization: organization.filter(|_| within) }),
        }
    }
}

impl Asked {
    /// The place that is asked about, of which the caller may know.
    pub(crate) fn place(&self, caller: &Caller) -> Result<Place, Problem> {
        Ok(match self.organization {
            None => Place::Provider,
            Some(id) => caller.api.directory.admit_to_see(caller.context, id).map(Place::from)?,
        })
    }

    /// The answer, for whom `outlook` is about.
    pub(crate) fn answer(self, outlook: &Outlook) -> Rights {
        let of =
            |operation: Option<&str>, permission: Option<Permission>, obstacles: &[Obstacle]| {
                let reason = |it: &Obstacle| Reason { code: it.code(), detail: it.to_string() };
                Answer {
                    operation: operation.map(ToOwned::to_owned),
                    permission: permission.map(Permission::name),
                    allowed: obstacles.iter().all(|it| it.is_partial()),
                    reasons: obstacles.iter().map(reason).collect(),
                }
            };
        let alone = |it: Permission| of(None, Some(it), &outlook.obstacles(Some(it)));
        let answers = match self.about {
            About::Operation(route) => {
                let needed = route.permission.and_then(Permission::named);
                vec![of(Some(&route.operation), needed, &in_the_way(route, needed, outlook))]
            }
            About::Permission(permission) => vec![alone(permission)],
            About::All if self.organization.is_some() => {
                Permission::ALL.into_iter().map(alone).collect()
            }
            About::All => Permission::AT_PROVIDER.into_iter().map(alone).collect(),
        };
        let admin = outlook.admin();
        Rights {
            admin: admin.uuid,
            login: admin.fields.login.clone(),
            role: RoleName(outlook.role()),
            organization: self.organization,
            from: outlook.from(),
            answers,
        }
    }
}

/// What stands in the way of an operation.
fn in_the_way(route: &Route, needed: Option<Permission>, outlook: &Outlook) -> Vec<Obstacle> {
    let operation = route.operation.as_str();
    match needed {
        _ if route.public => Vec::new(),
        needed if route.everywhere => outlook.obstacles_everywhere(needed),
        Some(_) if IN_SCOPE.contains(&operation) => outlook.obstacles(None),
        Some(needed) if route.names_organization => outlook.obstacles_from_provider(needed),
        None if FRESH.contains(&operation) => outlook.obstacles_to_own(operation == KEY),
        None if operation == SIGNING_OUT => outlook.obstacles_to_sign_out(),
        None if operation == ENDING_SESSIONS => outlook.obstacles_to_end_sessions(),
        None if operation == ENDING_KEYS => outlook.obstacles_to_end_keys(),
        needed => {
            let obstacles = outlook.obstacles(needed);
            if !obstacles.is_empty() {
                return obstacles;
            }
            // Whom nothing else holds up may have to have just signed in, or to hold more.
            if FRESH_TOO.contains(&operation) {
                outlook.obstacles_to_own(false)
            } else if LETTING_IN.contains(&operation) {
                outlook.obstacles_to_let_in()
            } else if RAISING.contains(&operation) {
                outlook.obstacles_to_raise()
            } else if LETTING_BACK.contains(&operation) {
                outlook.obstacles_to_let_back()
            } else if operation == SPARING {
                outlook.obstacles_to_spare()
            } else if operation == LOCKING {
                outlook.obstacles_to_lock()
            } else if operation == CHAINING {
                outlook.obstacles_to_export()
            } else {
                obstacles
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use directory::access::Role;

    use super::*;
    use crate::openapi::routes;

    /// Else a part of `update_settings` would have to be told of.
    #[test]
    fn whose_role_manages_authentication_manages_configuration_as_well() {
        for role in Role::ALL {
            let of = |permission| role.holds(permission);
            let [one, other] = [Permission::ManageAuthentication, Permission::ManageConfiguration];
            assert_eq!(of(one), of(other), "{role:?}");
        }
    }

    #[test]
    fn what_is_asked_about_in_its_own_way_is_there() {
        let naming = routes().into_iter().filter(|it| it.names_organization);
        let naming: Vec<_> = naming.map(|it| (it.operation, it.permission)).collect();
        assert_eq!(naming, [("agree_on_plan".to_owned(), Some("manage_billing"))]);
        for operation in FRESH.into_iter().chain([SIGNING_OUT, ENDING_SESSIONS, ENDING_KEYS]) {
            let own = route_of(operation).is_some_and(|it| it.permission.is_none() && !it.public);
            assert!(own, "{operation}");
        }
        let others = FRESH_TOO.into_iter().chain(LETTING_IN).chain(RAISING).chain(LETTING_BACK);
        let others = others.chain([SPARING, LOCKING, CHAINING]).chain(IN_SCOPE);
        for operation in others {
            assert!(route_of(operation).is_some_and(|it| it.permission.is_some()), "{operation}");
        }
    }
}
