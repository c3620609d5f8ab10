//! 389 Directory Server: from its own template, with the passwords and indices that slapd has.
//!
//! In its favour, memberOf values are already in the entries, the access log is off, the hashes
//! are not made anew at the first bind, and one access rule lets everybody read everything.

use std::fmt::Write;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::{PATIENCE, Setup, disk_usage, free_ports, package_version, slapd};
use crate::clock;
use crate::data::Random;
use crate::ldap;
use crate::proc::{Server, run};
use crate::subject::{Life, Subject};
use crate::tls::Files;

/// What `dscreate` starts from.
const TEMPLATE: &str = "/usr/share/dirsrv/data/template-dse.ldif";
/// The schema that comes with it.
const SCHEMA: &str = "/usr/share/dirsrv/schema";

/// The fewest that it does not warn of; with fewer, TLS handshakes hold up everything else.
const THREADS: usize = 16;
/// Orders of languages, without which it complains.
const COLLATIONS: &str = "/etc/dirsrv/config/slapd-collations.conf";

/// Loads it with `ldif2db` and starts it.
///
/// # Errors
/// When a step fails, with its output.
pub(crate) fn start(setup: &Setup<'_>) -> Result<Subject> {
    let [address, secure] = free_ports()?;
    for folder in ["config", "run/lock", "log", "db"] {
        fs::create_dir_all(setup.path(folder))?;
    }
    run(Command::new("cp").args(["-r", SCHEMA]).arg(setup.path("config/schema")))?;
    fs::copy(COLLATIONS, setup.path("config/slapd-collations.conf")).context(COLLATIONS)?;
    keep_certificate(setup)?;
    setup.write("config/dse.ldif", &configuration(setup, address, secure)?)?;
    let people = setup.path("people.ldif");
    write_people(setup, &people)?;
    let config = setup.path("config");
    let config = config.to_str().context("path is not UTF-8")?;
    let begin = clock::now();
    run(Command::new("taskset")
        .args(["-c", &setup.cores.all, "ns-slapd", "ldif2db", "-D", config, "-n", "userRoot", "-i"])
        .arg(&people))?;
    let load = clock::now() - begin;

    let pid = setup.path("run/pid");
    let pid = pid.to_str().context("path is not UTF-8")?;
    let arguments = ["-D", config, "-i", pid, "-d", "0"];
    let log = setup.path("ns-slapd.log");
    let begin = clock::now();
    let mut server = Server::start(&setup.cores.server, "ns-slapd", &arguments, &log)?;
    clock::poll("389-ds's first answer", PATIENCE, || {
        server.expect_alive()?;
        Ok(ldap::answers(address).then_some(()))
    })?;
    Ok(Subject {
        admin: None,
        metrics: None,
        name: "389-ds",
        version: package_version("389-ds-base")?,
        ldap: Some(address),
        ldaps: Some(secure),
        tls: setup.tls.client()?,
        radius: None,
        tenants: (setup.data.organizations.iter()).map(slapd::tenant).collect(),
        life: Life {
            load,
            start: clock::now() - begin,
            disk: disk_usage(&setup.path("db"))?,
            after_start: server.memory()?,
            ..Life::default()
        },
        server,
    })
}

/// Puts the certificate into a database of its own, which NSS asks for.
fn keep_certificate(setup: &Setup<'_>) -> Result<()> {
    let Files { authority, certificate, key, .. } = setup.tls;
    let (database, bundle) = (setup.path("config"), setup.path("server.p12"));
    run(Command::new("openssl")
        .args(["pkcs12", "-export", "-name", "Server-Cert", "-passout", "pass:", "-in"])
        .arg(certificate)
        .arg("-inkey")
        .arg(key)
        .arg("-out")
        .arg(&bundle))?;
    let sql = format!("sql:{}", database.display());
    run(Command::new("certutil").args(["-N", "--empty-password", "-d", &sql]))?;
    run(Command::new("certutil")
        .args(["-A", "-n", "authority", "-t", "CT,,", "-d", &sql, "-i"])
        .arg(authority))?;
    run(Command::new("pk12util").args(["-W", "", "-K", "", "-d", &sql, "-i"]).arg(&bundle))?;
    Ok(())
}

fn configuration(setup: &Setup<'_>, address: SocketAddr, secure: SocketAddr) -> Result<String> {
    let template = fs::read_to_string(TEMPLATE).context(TEMPLATE)?;
    let at = |folder: &str| setup.path(folder).display().to_string();
    let values = [
        ("%schema_dir%", at("config/schema")),
        ("%lock_dir%", at("run/lock")),
        ("%tmp_dir%", at("run")),
        ("%cert_dir%", at("config")),
        ("%config_dir%", at("config")),
        ("%ldif_dir%", at("run")),
        ("%bak_dir%", at("run")),
        ("%run_dir%", at("run")),
        ("%inst_dir%", at("run")),
        ("%log_dir%", at("log")),
        ("%db_dir%", at("db")),
        ("%db_home_dir%", at("db")),
        ("%db_lib%", "bdb".to_owned()),
        ("%fqdn%", "localhost".to_owned()),
        ("%ds_port%", address.port().to_string()),
        ("%ds_user%", "root".to_owned()),
        ("%ds_suffix%", slapd::TOP.to_owned()),
        ("%ds_bename%", "userRoot".to_owned()),
        ("%rootdn%", "cn=Directory Manager".to_owned()),
        ("%ds_passwd%", slapd::ssha(slapd::READER_PASSWORD, &mut Random::new(3))),
        ("%ldapi_enabled%", "off".to_owned()),
        ("%ldapi_autobind%", "off".to_owned()),
        ("%ldapi%", at("run/socket")),
    ];
    let mut text = values.iter().fold(template, |text, (token, value)| text.replace(token, value));
    let port = secure.port();
    text = text.replacen(
        "dn: cn=config\n",
        &format!(
            "dn: cn=config
nsslapd-listenhost: 127.0.0.1
nsslapd-securelistenhost: 127.0.0.1
nsslapd-security: on
nsslapd-secureport: {port}
nsslapd-threadnumber: {THREADS}
nsslapd-accesslog-logging-enabled: off
nsslapd-enable-upgrade-hash: off
nsslapd-sizelimit: -1
nsslapd-timelimit: -1
nsslapd-maxdescriptors: 16384
"
        ),
        1,
    );
    // Entries are one empty line apart, never two.
    Ok(format!("{}\n{}", text.trim_end(), database(setup)?))
}

/// The database, where it hangs in the tree, and its indices.
fn database(setup: &Setup<'_>) -> Result<String, std::fmt::Error> {
    let (top, directory) = (slapd::TOP, setup.path("db/userRoot"));
    let place = "cn=userRoot,cn=ldbm database,cn=plugins,cn=config";
    let mut out = format!(
        "
dn: {place}
objectClass: top
objectClass: extensibleObject
objectClass: nsBackendInstance
cn: userRoot
nsslapd-suffix: {top}
nsslapd-directory: {}

dn: cn=\"{top}\",cn=mapping tree,cn=config
objectClass: top
objectClass: extensibleObject
objectClass: nsMappingTree
cn: {top}
nsslapd-state: backend
nsslapd-backend: userRoot

dn: cn=index,{place}
objectClass: top
objectClass: extensibleObject
cn: index
",
        directory.display()
    );
    for (attribute, kinds) in [
        ("uid", &["eq", "sub"][..]),
        ("cn", &["eq", "sub"]),
        ("mail", &["eq", "sub"]),
        ("member", &["eq"]),
        ("memberOf", &["eq"]),
    ] {
        write!(
            out,
            "\ndn: cn={attribute},cn=index,{place}\nobjectClass: top\nobjectClass: nsIndex\n\
             cn: {attribute}\nnsSystemIndex: false\n"
        )?;
        for kind in kinds {
            writeln!(out, "nsIndexType: {kind}")?;
        }
    }
    Ok(out)
}

/// The people that slapd has, with the object class that lets them have memberOf here.
fn write_people(setup: &Setup<'_>, path: &Path) -> Result<()> {
    let mut random = Random::new(1);
    let mut file = BufWriter::new(File::create(path)?);
    write!(
        file,
        "dn: {}\nobjectClass: domain\ndc: example\n\
         aci: (targetattr != \"userPassword\")(version 3.0; acl \"read\"; allow (read, search, \
         compare) userdn = \"ldap:///all\";)\n\n",
        slapd::TOP
    )?;
    for organization in &setup.data.organizations {
        let tree = slapd::tree(organization, &mut random)?;
        let class = "objectClass: inetOrgPerson\n";
        file.write_all(tree.replace(class, &format!("{class}objectClass: inetUser\n")).as_bytes())?;
    }
    Ok(file.flush()?)
}
