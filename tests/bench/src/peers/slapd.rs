//! OpenLDAP's slapd: mdb, `{SSHA}` passwords, every used attribute indexed.
//!
//! It is measured with one database for all and access rules that isolate nobody, and once more
//! with a database for each organization, which is what keeping them apart takes. In its favour,
//! memberOf values are already in the entries.

use std::fmt::Write;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha1::{Digest, Sha1};

use super::{PATIENCE, Setup, disk_usage, free_ports, package_version};
use crate::clock;
use crate::data::{GROUPS, Organization, Random, group_name, password};
use crate::ldap;
use crate::proc::{Server, run};
use crate::subject::{Life, Subject, Tenant};
use crate::tls::Files;

/// Its threads hold at most 32 keys, one for each mdb database that they meet; beyond, binds end in
/// “internal error”. Measured: 30 databases work, 32 do not.
pub(crate) const MOST_DATABASES: usize = 30;

/// Above all organizations.
pub(crate) const TOP: &str = "dc=example";
/// The password of every service account.
pub(crate) const READER_PASSWORD: &str = "reads-everything";

/// Where organizations live.
#[derive(Clone, Copy)]
pub(crate) enum Databases {
    /// All in one.
    Shared,
    /// Each in one of its own.
    Separate,
}

/// Loads it with `slapadd -q` and starts it.
///
/// # Errors
/// When a step fails, with its output.
pub(crate) fn start(setup: &Setup<'_>, databases: Databases) -> Result<Subject> {
    let configuration = setup.write("slapd.conf", &configuration(setup, databases))?;
    let configuration = configuration.to_str().context("path is not UTF-8")?;
    let files = write_people(setup, databases)?;
    let begin = clock::now();
    for (suffix, people) in &files {
        run(Command::new("taskset")
            .args(["-c", &setup.cores.all, "slapadd", "-q"])
            .args(["-f", configuration, "-b", suffix, "-l"])
            .arg(people))?;
    }
    let load = clock::now() - begin;

    let [address, secure] = free_ports()?;
    let urls = format!("ldap://{address} ldaps://{secure}");
    let arguments = ["-d", "0", "-h", &urls, "-f", configuration];
    let begin = clock::now();
    let mut server =
        Server::start(&setup.cores.server, "slapd", &arguments, &setup.path("slapd.log"))?;
    clock::poll("slapd's first answer", PATIENCE, || {
        server.expect_alive()?;
        Ok(ldap::answers(address).then_some(()))
    })?;
    let start = clock::now() - begin;
    Ok(Subject {
        admin: None,
        metrics: None,
        name: match databases {
            Databases::Shared => "slapd",
            Databases::Separate => "slapd with a database each",
        },
        version: package_version("slapd")?,
        ldap: Some(address),
        ldaps: Some(secure),
        tls: setup.tls.client()?,
        radius: None,
        tenants: (setup.data.organizations.iter()).map(tenant).collect(),
        life: Life {
            load,
            start,
            disk: disk_usage(&setup.path("db"))?,
            after_start: server.memory()?,
            ..Life::default()
        },
        server,
    })
}

/// What an organization's service account is here.
pub(crate) fn tenant(organization: &Organization) -> Tenant {
    Tenant {
        reader_dn: reader_dn(organization),
        reader_password: READER_PASSWORD.to_owned(),
        secret: String::new(),
    }
}

fn reader_dn(organization: &Organization) -> String {
    format!("cn=reader,ou=services,{}", organization.base)
}

fn configuration(setup: &Setup<'_>, databases: Databases) -> String {
    let directory = setup.directory.display();
    let threads = setup.threads;
    let Files { authority, certificate, key, .. } = setup.tls;
    let (authority, certificate, key) = (authority.display(), certificate.display(), key.display());
    let global = format!(
        "include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile {directory}/slapd.pid
loglevel 0
TLSCACertificateFile {authority}
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
threads {threads}
sizelimit unlimited
timelimit unlimited
access to dn.base=\"\" by * read
"
    );
    let database = |(suffix, octets): (&str, u64)| {
        format!(
            "
database mdb
suffix {suffix}
directory {directory}/db/{suffix}
maxsize {octets}
index objectClass,member,memberOf,entryUUID eq
index uid,cn,mail eq,sub
access to attrs=userPassword by anonymous auth
access to * by users read
overlay memberof
"
        )
    };
    match databases {
        Databases::Shared => global + &database((TOP, 8 << 30)),
        Databases::Separate => {
            let bases = setup.data.organizations.iter().map(|o| (o.base.as_str(), 1 << 28));
            global + &bases.map(database).collect::<String>()
        }
    }
}

/// Writes the people of each database into a file and makes its directory: suffix and file.
fn write_people(setup: &Setup<'_>, databases: Databases) -> Result<Vec<(String, PathBuf)>> {
    let mut random = Random::new(1);
    let mut files = Vec::new();
    let mut place = |suffix: &str| -> Result<PathBuf> {
        fs::create_dir_all(setup.path("db").join(suffix))?;
        let path = setup.path(&format!("{suffix}.ldif"));
        files.push((suffix.to_owned(), path.clone()));
        Ok(path)
    };
    let organizations = &setup.data.organizations;
    match databases {
        Databases::Shared => {
            let mut file = BufWriter::new(File::create(place(TOP)?)?);
            file.write_all(
                format!(
                    "dn: {TOP}\nobjectClass: dcObject\nobjectClass: organization\n\
                 dc: example\no: all\n\n"
                )
                .as_bytes(),
            )?;
            for organization in organizations {
                file.write_all(tree(organization, &mut random)?.as_bytes())?;
            }
            file.flush()?;
        }
        Databases::Separate => {
            for organization in organizations {
                fs::write(place(&organization.base)?, tree(organization, &mut random)?)?;
            }
        }
    }
    Ok(files)
}

/// An organization as LDIF.
///
/// # Errors
/// None: strings have room.
pub(crate) fn tree(organization: &Organization, random: &mut Random) -> Result<String> {
    let Organization { base, slug, .. } = organization;
    let mut out = format!(
        "dn: {base}\nobjectClass: dcObject\nobjectClass: organization\ndc: {slug}\no: {slug}\n\n"
    );
    for unit in ["people", "groups", "services"] {
        write!(out, "dn: ou={unit},{base}\nobjectClass: organizationalUnit\nou: {unit}\n\n")?;
    }
    let dn = reader_dn(organization);
    let hash = ssha(READER_PASSWORD, random);
    write!(
        out,
        "dn: {dn}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\n\
         cn: reader\nuserPassword: {hash}\n\n"
    )?;
    for user in &organization.users {
        write!(
            out,
            "dn: {}\nobjectClass: inetOrgPerson\nuid: {}\ncn: {}\ndisplayName: {}\n\
             givenName: {}\nsn: {}\nmail: {}\nuserPassword: {}\n",
            organization.user_dn(user),
            user.login,
            user.display_name(),
            user.display_name(),
            user.given_name,
            user.surname,
            user.mail(organization),
            ssha(&password(user.password), random),
        )?;
        for group in user.groups {
            writeln!(out, "memberOf: {}", organization.group_dn(group))?;
        }
        out.push('\n');
    }
    for group in 0..GROUPS {
        let (dn, name) = (organization.group_dn(group), group_name(group));
        write!(out, "dn: {dn}\nobjectClass: groupOfNames\ncn: {name}\n")?;
        for user in organization.members(group) {
            writeln!(out, "member: {}", organization.user_dn(user))?;
        }
        out.push('\n');
    }
    Ok(out)
}

/// A salted SHA-1 password, as `slappasswd` makes it.
pub(crate) fn ssha(password: &str, random: &mut Random) -> String {
    let salt = random.next().to_be_bytes();
    let digest = Sha1::new_with_prefix(password).chain_update(salt).finalize();
    format!("{{SSHA}}{}", STANDARD.encode([digest.as_slice(), &salt].concat()))
}
