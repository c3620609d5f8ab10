//! OpenLDAP's server as a replica.

use super::{change_members, dismiss, entitle, hire, reader, rename};
use crate::harness::forwarder::Forwarder;
use crate::harness::office::Office;
use crate::harness::room::Room;

/// What OpenLDAP's schema lacks of ours, or has otherwise.
const SCHEMA: &str = "
attributetype ( 1.3.6.1.4.1.24552.500.1.1.1.13 NAME 'sshPublicKey'
  EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )
objectclass ( 1.3.6.1.4.1.24552.500.1.1.2.0 NAME 'ldapPublicKey' SUP top AUXILIARY
  MAY ( sshPublicKey $ uid ) )
";

/// A replica that runs in a room of its own.
struct Replica {
    room: Room,
    base: String,
}

impl Replica {
    /// Starts a replica that follows in this way.
    fn start(office: &Office, how: &str) -> Self {
        Self::asking(office, &office.demo.ldap, how)
    }

    /// Starts one that asks at an address.
    fn asking(office: &Office, address: &str, how: &str) -> Self {
        let mut room = Room::new(["/etc"]);
        let (dn, password) = reader(office);
        let (base, ca_file) = (&office.base, &office.demo.ca_file);
        let schemas = ["core", "cosine", "inetorgperson", "nis"];
        let schemas = schemas.map(|name| format!("include /etc/ldap/schema/{name}.schema\n"));
        let configuration = format!(
            "{}{SCHEMA}
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile /run/replica.pid
database mdb
suffix {base}
rootdn cn=replica,{base}
directory /run/replica
maxsize 10485760
access to * by * read
syncrepl rid=007 provider=ldap://{address} starttls=critical tls_cacert={ca_file}
  type={how} retry=\"1 +\" searchbase={base} bindmethod=simple binddn={dn} credentials=\"{password}\"
",
            schemas.concat()
        );
        room.write("/etc/replica.conf", &configuration);
        room.make_folder("/run/replica", "root");
        let arguments =
            ["-d", "sync", "-f", "/etc/replica.conf", "-h", "ldapi://%2Frun%2Freplica.sock/"];
        room.start("slapd", "slapd", &arguments);
        Self { room, base: base.clone() }
    }

    fn search(&self, filter: &str) -> String {
        format!("ldapsearch -x -LLL -H ldapi://%2Frun%2Freplica.sock/ -b {} '{filter}'", self.base)
    }

    /// Waits until the replica has an entry.
    fn has(&self, filter: &str) {
        self.room.until(&format!("{} 2>/dev/null | grep -q ^dn:", self.search(filter)));
    }

    /// Waits until the replica does not have an entry.
    fn has_no(&self, filter: &str) {
        self.room.until(&format!("! {} | grep -q ^dn:", self.search(filter)));
    }
}

fn follows(how: &str) {
    let office = Office::new();
    let (ada, bob) = (hire(&office, "ada"), hire(&office, "bob"));
    let staff = office.group("staff", &[&ada], &[]);
    let replica = Replica::start(&office, how);
    let member = |login: &str| format!("(&(cn=staff)(member={}))", office.user_dn(login));
    replica.has("(uid=bob)");
    replica.has(&member("ada"));
    replica.has(&format!("(&(uid=ada)(memberOf=cn=staff,ou=groups,{}))", office.base));

    entitle(&office, &ada, "Countess");
    replica.has("(&(uid=ada)(title=Countess))");
    change_members(&office, &staff, "add", &bob);
    replica.has(&member("bob"));
    rename(&office, &bob, "robert");
    replica.has("(uid=robert)");
    replica.has(&member("robert"));
    replica.has_no("(uid=bob)");

    dismiss(&office, &bob);
    replica.has_no("(uid=robert)");
    replica.has_no(&member("robert"));
    hire(&office, "cyd");
    replica.has("(uid=cyd)");
    replica.has("(uid=ada)");
    let log = replica.room.log();
    let done = log.lines().filter(|line| line.contains("syncrepl_") && line.contains(" be_"));
    let done: Vec<&str> = done.filter(|line| !line.contains("be_search")).collect();
    assert!(done.len() > 10, "{log}");
    assert!(done.iter().all(|line| line.ends_with("(0)")), "{done:#?}");
}

#[test]
fn a_replica_that_asks_every_second_has_what_we_have() {
    follows("refreshOnly interval=00:00:00:01");
}

#[test]
fn a_replica_that_stays_has_what_we_have() {
    follows("refreshAndPersist");
}

#[test]
fn a_replica_that_stays_goes_on_after_kill_9_and_is_told_what_changed_alone() {
    let Some(mut office) = Office::alone() else { return };
    let forwarder = Forwarder::to(&office.demo.ldap);
    let ada = hire(&office, "ada");
    let logins: Vec<String> = (0..20).map(|number| format!("user{number}")).collect();
    logins.iter().for_each(|login| drop(hire(&office, login)));
    let replica = Replica::asking(&office, &forwarder.address, "refreshAndPersist");
    replica.has("(uid=user19)");
    entitle(&office, &ada, "Countess");
    replica.has("(&(uid=ada)(title=Countess))");
    let told = || -> Vec<String> {
        let log = replica.room.log();
        let told = log.lines().filter(|line| line.contains("syncrepl_message_to_entry"));
        told.map(ToOwned::to_owned).collect()
    };
    for (round, title) in ["Lady", "Baroness"].into_iter().enumerate() {
        let before = told();
        assert!(
            logins
                .iter()
                .all(|login| { before.iter().any(|line| line.contains(&format!("uid={login},"))) })
        );
        office.kill_and_start_again();
        forwarder.turn_to(&office.demo.ldap);
        hire(&office, &format!("new{round}"));
        entitle(&office, &ada, title);
        replica.has(&format!("(uid=new{round})"));
        replica.has(&format!("(&(uid=ada)(title={title}))"));
        let since = told().split_off(before.len());
        assert!(!since.is_empty());
        let meant = |line: &String| line.contains("uid=new") || line.contains("uid=ada,");
        assert!(since.iter().all(meant), "only what changed is sent: {since:#?}");
        logins.iter().for_each(|login| replica.has(&format!("(uid={login})")));
    }
}
