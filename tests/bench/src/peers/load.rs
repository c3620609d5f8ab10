//! All people through the admin API, over many connections at once.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::thread;

use anyhow::{Context, Result, anyhow};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use serde_json::{Value, json};

use crate::data::{Data, GROUPS, Organization, PASSWORDS, Random, User, group_name, password};
use crate::https::{Api, Connection};
use crate::subject::Tenant;
use crate::tls::Gateway;

/// From so many people on an organization is filled over all connections at once, and has no groups.
const MANY: usize = 50_000;
/// Connections at once: changes that wait together are committed together.
const CONNECTIONS: usize = 32;

/// An argon2id hash (19 MiB, two passes) of every password in use.
///
/// # Errors
/// When there is no memory.
pub(crate) fn hashes() -> Result<Vec<String>> {
    let mut random = Random::new(2);
    (0..PASSWORDS)
        .map(|number| {
            let salt = random.octets();
            let hash = hash(&password(number), salt)?;
            let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
            Ok(format!("$argon2id$v=19$m=19456,t=2,p=1${salt}${hash}"))
        })
        .collect()
}

/// One argon2id hash as the daemon makes it by default.
///
/// # Errors
/// When there is no memory.
pub(crate) fn hash(password: &str, salt: [u8; 16]) -> Result<[u8; 32]> {
    let params = Params::new(19 * 1024, 2, 1, None)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut hash = [0; 32];
    argon2.hash_password_into(password.as_bytes(), &salt, &mut hash)?;
    Ok(hash)
}

/// Creates all organizations, some of them with a gateway; what each of them was given, in their order.
///
/// # Errors
/// The first refusal.
pub(crate) fn everything(
    api: &Api,
    data: &Data,
    hashes: &[String],
    gateways: &[Gateway],
) -> Result<Vec<Tenant>> {
    // The large one is last and takes longest; it starts first.
    // Whose passwords are to be kept for MS-CHAPv2, they are sent in clear.
    let regulars: HashSet<&str> =
        data.regulars().into_iter().map(|(_, user)| user.login.as_str()).collect();
    let gateways: HashMap<usize, &Gateway> = data.spread(gateways.len()).zip(gateways).collect();
    let queue = Mutex::new(data.organizations.iter().enumerate().rev());
    let next = || queue.lock().ok()?.next();
    let work = || -> Result<Vec<(usize, Tenant)>> {
        let mut connection = api.open()?;
        let mut made = Vec::new();
        while let Some((number, organization)) = next() {
            let path = create(
                &mut connection,
                "/v1/organizations",
                &json!({
                    "slug": organization.slug, "name": organization.slug, "base": organization.base,
                }),
            )?;
            let connection = &mut connection;
            let mut loader = Loader { api, connection, path, organization, regulars: &regulars };
            made.push((number, loader.fill(hashes)?));
            if let Some(gateway) = gateways.get(&number) {
                loader.gateway(gateway)?;
            }
        }
        Ok(made)
    };
    let mut tenants = thread::scope(|scope| {
        let threads: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(work)).collect();
        let mut tenants = Vec::new();
        for thread in threads {
            tenants.extend(thread.join().map_err(|_| anyhow!("a loader panicked"))??);
        }
        Ok::<_, anyhow::Error>(tenants)
    })?;
    tenants.sort_by_key(|(number, _)| *number);
    Ok(tenants.into_iter().map(|(_, tenant)| tenant).collect())
}

/// Creates something; the path of what was created.
fn create(connection: &mut Connection<'_>, collection: &str, body: &Value) -> Result<String> {
    let made = connection.call("POST", collection, body)?;
    Ok(format!("{collection}/{}", text(&made, "id")?))
}

fn text<'a>(object: &'a Value, field: &str) -> Result<&'a str> {
    let value = object.get(field).and_then(Value::as_str);
    value.with_context(|| format!("no {field} in {object}"))
}

/// Fills one organization.
struct Loader<'a, 'b> {
    api: &'b Api,
    connection: &'a mut Connection<'b>,
    path: String,
    organization: &'a Organization,
    regulars: &'a HashSet<&'a str>,
}

impl Loader<'_, '_> {
    fn fill(&mut self, hashes: &[String]) -> Result<Tenant> {
        let settings = format!("{}/settings", self.path);
        self.connection.call("PATCH", &settings, &json!({"ms_chap": true}))?;
        if self.organization.users.len() < MANY {
            self.users_in_groups(hashes)?;
        } else {
            self.users_at_once(hashes)?;
            // The daemon does not keep a connection that asks for nothing so long.
            *self.connection = self.api.open()?;
        }
        let path = format!("{}/service-accounts", self.path);
        let account = self.connection.call("POST", &path, &json!({"name": "reader"}))?;
        let secret = format!("secret-of-the-gear-of-{}", self.organization.slug);
        create(
            self.connection,
            &format!("{}/radius-clients", self.path),
            &json!({
                "name": "gear",
                "sources": [format!("{}/32", self.organization.source)],
                "secret": secret,
            }),
        )?;
        Ok(Tenant {
            reader_dn: text(&account, "dn")?.to_owned(),
            reader_password: text(&account, "password")?.to_owned(),
            secret,
        })
    }

    /// Has it know a gateway by its certificate.
    fn gateway(&mut self, gateway: &Gateway) -> Result<()> {
        let path = format!("{}/radius-clients", self.path);
        let certificates = json!({"fingerprints": [gateway.fingerprint]});
        let body = json!({"name": "gateway", "sources": [], "certificates": certificates});
        create(self.connection, &path, &body).map(drop)
    }

    fn users_in_groups(&mut self, hashes: &[String]) -> Result<()> {
        let mut ids = Vec::new();
        for user in &self.organization.users {
            ids.push((user, self.user(user, hashes)?));
        }
        (0..GROUPS).try_for_each(|group| self.group(group, &ids))
    }

    /// Creates the users over connections of their own.
    fn users_at_once(&self, hashes: &[String]) -> Result<()> {
        let Self { api, organization, regulars, .. } = *self;
        thread::scope(|scope| {
            let share = |first: usize| {
                let path = self.path.clone();
                scope.spawn(move || -> Result<()> {
                    let connection = &mut api.open()?;
                    let mut loader = Loader { api, connection, path, organization, regulars };
                    let mut own = organization.users.iter().skip(first).step_by(CONNECTIONS);
                    own.try_for_each(|user| loader.user(user, hashes).map(drop))
                })
            };
            let threads: Vec<_> = (0..CONNECTIONS).map(share).collect();
            let join = |thread: thread::ScopedJoinHandle<'_, Result<()>>| {
                thread.join().map_err(|_| anyhow!("a loader panicked"))?
            };
            threads.into_iter().try_for_each(join)
        })
    }

    /// Creates a user; its id.
    fn user(&mut self, user: &User, hashes: &[String]) -> Result<String> {
        let mut body = json!({
            "login": user.login,
            "display_name": user.display_name(),
            "given_name": user.given_name,
            "surname": user.surname,
            "mail": [user.mail(self.organization)],
        });
        let (name, value) = if self.regulars.contains(user.login.as_str()) {
            ("password", password(user.password))
        } else {
            ("password_hash", hashes.get(user.password).context("no hash")?.clone())
        };
        if let Some(fields) = body.as_object_mut() {
            fields.insert(name.to_owned(), value.into());
        }
        let made = self.connection.call("POST", &format!("{}/users", self.path), &body)?;
        Ok(text(&made, "id")?.to_owned())
    }

    fn group(&mut self, group: usize, ids: &[(&User, String)]) -> Result<()> {
        let body = json!({"name": group_name(group), "description": "A team"});
        let path = create(self.connection, &format!("{}/groups", self.path), &body)?;
        let members = ids.iter().filter(|(user, _)| user.groups.contains(&group));
        let members: Vec<_> = members.map(|(_, id)| id).collect();
        for some in members.chunks(100) {
            let body = json!({"add": {"users": some, "groups": []}});
            self.connection.call("PATCH", &format!("{path}/members"), &body)?;
        }
        Ok(())
    }
}
