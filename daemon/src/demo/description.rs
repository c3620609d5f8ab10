//! What a demonstration has, as JSON for programs and as lines for people.

use std::fmt::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::admins::Admins;
use crate::start::Prepared;

/// Everything that one needs to try the demonstration. Its shape is a contract with those who
/// point their own tests at it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Description {
    ldap: String,
    ldaps: String,
    radius: Ports,
    admin_api: AdminApi,
    /// The URL of the devices' door.
    #[serde(default)]
    devices: String,
    ca_file: String,
    data_dir: String,
    pid: u32,
    organizations: Vec<Organization>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Ports {
    auth: String,
    acct: String,
    #[serde(default)]
    radsec: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct AdminApi {
    url: String,
    tokens: Tokens,
    /// With what the one who may do everything signs in: no API key lets in others like that one.
    #[serde(default)]
    first: SignIn,
}

/// With what an admin signs in.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct SignIn {
    pub(super) login: String,
    pub(super) password: String,
    /// What an authenticator app scans.
    pub(super) otpauth_uri: String,
}

/// An API key per role.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Tokens {
    pub(super) administrator_with_billing: String,
    pub(super) administrator: String,
    pub(super) manager: String,
    pub(super) help_desk: String,
    pub(super) read_only: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Organization {
    pub(super) id: Uuid,
    pub(super) slug: String,
    pub(super) base: String,
    pub(super) service_account: ServiceAccount,
    pub(super) users: Vec<User>,
    pub(super) radius_clients: Vec<RadiusClient>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ServiceAccount {
    pub(super) dn: String,
    pub(super) password: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct User {
    pub(super) login: String,
    pub(super) dn: String,
    pub(super) password: String,
    pub(super) groups: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RadiusClient {
    pub(super) name: String,
    pub(super) sources: Vec<String>,
    pub(super) secret: String,
}

pub(super) fn user_dn(login: &str, base: &str) -> String {
    format!("uid={login},ou=people,{base}")
}

pub(super) fn service_dn(name: &str, base: &str) -> String {
    format!("cn={name},ou=services,{base}")
}

impl Description {
    /// The API key of the one who may do everything.
    pub(super) fn top_key(&self) -> &str {
        &self.admin_api.tokens.administrator_with_billing
    }

    pub(super) fn new(admins: Admins, organizations: Vec<Organization>) -> Self {
        Self {
            ldap: String::new(),
            ldaps: String::new(),
            radius: Ports::default(),
            admin_api: AdminApi { url: String::new(), tokens: admins.tokens, first: admins.first },
            devices: String::new(),
            ca_file: String::new(),
            data_dir: String::new(),
            pid: 0,
            organizations,
        }
    }

    /// Fills in what changes from start to start: addresses, files, the process.
    pub(super) fn settle(&mut self, folder: &Path, prepared: &Prepared) {
        let sockets = &prepared.sockets;
        let tcp = |listeners: &[std::net::TcpListener]| {
            let address = listeners.first().and_then(|listener| listener.local_addr().ok());
            address.map(|address| address.to_string()).unwrap_or_default()
        };
        let udp = |groups: &[crate::sockets::UdpGroup]| {
            groups.first().map(|group| group.address.to_string()).unwrap_or_default()
        };
        self.ldap = tcp(&sockets.ldap);
        self.ldaps = tcp(&sockets.ldap_tls);
        self.radius = Ports {
            auth: udp(&sockets.radius_auth),
            acct: udp(&sockets.radius_acct),
            radsec: tcp(&sockets.radsec),
        };
        self.admin_api.url = format!("https://{}", tcp(&sockets.admin_api));
        self.devices = format!("https://{}", tcp(&sockets.devices));
        self.ca_file = folder.join("tls").join("ca.pem").display().to_string();
        self.data_dir = folder.display().to_string();
        self.pid = std::process::id();
    }

    /// What there is, with lines that can be pasted.
    pub(super) fn lines(&self) -> String {
        let mut text =
            String::from("Tenantry is running a demonstration. Try, in another shell:\n");
        for organization in &self.organizations {
            self.organization_lines(organization, &mut text);
        }
        let (url, tokens) = (&self.admin_api.url, &self.admin_api.tokens);
        let curl = format!("curl -sS --cacert '{}'", self.ca_file);
        text.push_str("\n# The admin API, browsable at /v1/docs; one key per role\n");
        let roles = [
            ("administrator_with_billing", &tokens.administrator_with_billing),
            ("administrator", &tokens.administrator),
            ("manager", &tokens.manager),
            ("help_desk", &tokens.help_desk),
            ("read_only", &tokens.read_only),
        ];
        for (role, token) in roles {
            let request = format!("{curl} -H 'Authorization: Bearer {token}' {url}");
            add(&mut text, format_args!("{request}/v1/organizations   # {role}"));
        }
        add(&mut text, format_args!("\nData in {}. Ctrl-C ends it.", self.data_dir));
        text
    }

    fn organization_lines(&self, organization: &Organization, text: &mut String) {
        let Organization { slug, base, service_account, .. } = organization;
        add(text, format_args!("\n# {slug}: as an application, as a user, as network gear"));
        let account = format!("-D '{}' -w '{}'", service_account.dn, service_account.password);
        let ldap = &self.ldap;
        add(
            text,
            format_args!(
                "ldapsearch -x -H ldap://{ldap} {account} -b '{base}' '(uid=ada)' '*' memberOf"
            ),
        );
        if let Some(user) = organization.users.first() {
            let (dn, password) = (&user.dn, &user.password);
            add(
                text,
                format_args!(
                    "LDAPTLS_CACERT='{}' ldapwhoami -x -H ldaps://{} -D '{dn}' -w '{password}'",
                    self.ca_file, self.ldaps
                ),
            );
            if let Some(client) = organization.radius_clients.first() {
                let attributes = format!(
                    "User-Name={},User-Password={password},Message-Authenticator=0x00",
                    user.login
                );
                let (auth, secret) = (&self.radius.auth, &client.secret);
                add(
                    text,
                    format_args!("echo '{attributes}' | radclient -x {auth} auth '{secret}'"),
                );
            }
        }
    }
}

fn add(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing into a string does not fail.
    let _written = writeln!(text, "{line}");
}
