//! The facts of a demonstration, as its JSON has them.

use std::path::Path;

use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Description {
    pub(crate) ldap: String,
    pub(crate) ldaps: String,
    pub(crate) radius: Ports,
    pub(crate) admin_api: AdminApi,
    /// The URL of the devices' door; empty where a daemon has none.
    #[serde(default)]
    pub(crate) devices: String,
    pub(crate) ca_file: String,
    pub(crate) data_dir: String,
    pub(crate) pid: i32,
    pub(crate) organizations: Vec<Organization>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Ports {
    pub(crate) auth: String,
    pub(crate) acct: String,
    pub(crate) radsec: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct AdminApi {
    pub(crate) url: String,
    pub(crate) tokens: Tokens,
    /// With what the one who may do everything signs in.
    pub(crate) first: SignIn,
}

/// With what an admin signs in.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct SignIn {
    pub(crate) login: String,
    pub(crate) password: String,
    pub(crate) otpauth_uri: String,
}

/// An API key per role.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Tokens {
    pub(crate) administrator_with_billing: String,
    pub(crate) administrator: String,
    pub(crate) manager: String,
    pub(crate) help_desk: String,
    pub(crate) read_only: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Organization {
    pub(crate) id: String,
    pub(crate) slug: String,
    pub(crate) base: String,
    pub(crate) service_account: ServiceAccount,
    pub(crate) users: Vec<User>,
    pub(crate) radius_clients: Vec<RadiusClient>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ServiceAccount {
    pub(crate) dn: String,
    pub(crate) password: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct User {
    pub(crate) login: String,
    pub(crate) dn: String,
    pub(crate) password: String,
    pub(crate) groups: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RadiusClient {
    pub(crate) name: String,
    pub(crate) sources: Vec<String>,
    pub(crate) secret: String,
}

impl Description {
    /// Reads the JSON that a demonstration has written.
    pub(crate) fn read(file: &Path) -> Self {
        let text = std::fs::read(file).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    /// The organization of this slug.
    pub(crate) fn organization(&self, slug: &str) -> &Organization {
        self.organizations.iter().find(|organization| organization.slug == slug).unwrap()
    }
}

impl Organization {
    /// The user of this login.
    pub(crate) fn user(&self, login: &str) -> &User {
        self.users.iter().find(|user| user.login == login).unwrap()
    }

    /// The DN of a container: `people`, `groups` or `services`.
    pub(crate) fn container(&self, name: &str) -> String {
        format!("ou={name},{}", self.base)
    }

    /// The DN of a user, whether there is one or not.
    pub(crate) fn user_dn(&self, login: &str) -> String {
        format!("uid={login},{}", self.container("people"))
    }

    /// The DN of a group, whether there is one or not.
    pub(crate) fn group_dn(&self, name: &str) -> String {
        format!("cn={name},{}", self.container("groups"))
    }

    /// The network gear of the demonstration.
    pub(crate) fn gear(&self) -> &RadiusClient {
        self.radius_clients.first().unwrap()
    }
}
