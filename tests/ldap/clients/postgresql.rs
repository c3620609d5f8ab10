//! PostgreSQL's own LDAP authentication.

use std::path::PathBuf;

use super::{PASSWORD, application, codes_are_asked_as_the_application_says, staffed_office};
use crate::harness::client::{Client, Output};
use crate::harness::host::CA_FILE;
use crate::harness::office::Office;
use crate::harness::room::Room;

const DATA: &str = "/run/data";
/// Where the server listens: a socket in the room.
const SOCKET: &str = "/run/postgresql";

/// A database server in a room.
struct Database {
    room: Room,
}

impl Database {
    /// A server with a database for each way to authenticate.
    fn new(office: &Office) -> Self {
        let room = Room::new(["/etc"]);
        room.copy(&office.demo.ca_file, CA_FILE);
        room.write("/etc/ldap/ldap.conf", &format!("TLS_CACERT {CA_FILE}\nTLS_REQCERT demand\n"));
        for folder in [DATA, SOCKET] {
            room.make_folder(folder, "postgres");
        }
        let initdb = programs().join("initdb").display().to_string();
        let made = as_postgres(&room, &initdb)
            .args(["--no-sync", "--no-instructions", "-A", "trust", "-U", "postgres", "-D", DATA])
            .run();
        assert_eq!(made.code, 0, "{made:?}");
        let mut database = Self { room };
        database.serve(&rules(office));
        for name in ["prefix", "search", "filter"] {
            database.make(&format!("create database {name}"));
        }
        for name in ["ada", "linus"] {
            database.make(&format!("create role {name} login"));
        }
        database
    }

    fn serve(&mut self, rules: &str) {
        self.room.write("/etc/postgresql-tenantry.hba", rules);
        let postgres = programs().join("postgres").display().to_string();
        let arguments = [
            "--reuid=postgres",
            "--regid=postgres",
            "--clear-groups",
            &postgres,
            "-D",
            DATA,
            "-k",
            SOCKET,
            "-c",
            "listen_addresses=",
            "-c",
            "fsync=off",
            "-c",
            "hba_file=/etc/postgresql-tenantry.hba",
        ];
        self.room.start("setpriv", "util-linux", &arguments);
        self.room.until(&format!("pg_isready -qh {SOCKET}"));
    }

    fn make(&self, statement: &str) {
        let made = as_postgres(&self.room, "psql")
            .args(["-qh", SOCKET, "-U", "postgres", "-c", statement])
            .run();
        assert_eq!(made.code, 0, "{made:?}");
    }

    /// Asks a database who one is.
    fn asks(&self, database: &str, login: &str, password: &str) -> Output {
        self.room
            .program("psql", "postgresql-client")
            .env("PGPASSWORD", password)
            .args(["-Ath", SOCKET, "-U", login, "-c", "select current_user", database])
            .run()
    }
}

/// Where Debian keeps the programs of the newest version.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql");
    let versions = versions.unwrap_or_else(|_| panic!("apt-get install postgresql"));
    versions.map(|version| version.unwrap().path().join("bin")).max().unwrap()
}

fn as_postgres(room: &Room, program: &str) -> Client {
    let who = ["--reuid=postgres", "--regid=postgres", "--clear-groups", program];
    room.program("setpriv", "util-linux").args(who)
}

fn rules(office: &Office) -> String {
    let (dn, password) = application(office, "postgresql");
    let (host, port) = office.demo.ldap.rsplit_once(':').unwrap();
    let base = &office.base;
    let server = format!("ldap ldapserver={host} ldapport={port} ldaptls=1");
    let search =
        format!("{server} ldapbasedn=\"{base}\" ldapbinddn=\"{dn}\" ldapbindpasswd=\"{password}\"");
    let engineer = format!("memberOf=cn=engineers,ou=groups,{base}");
    format!(
        "local all postgres peer\n\
         local prefix all {server} ldapprefix=\"uid=\" ldapsuffix=\",ou=people,{base}\"\n\
         local search all {search} ldapsearchattribute=uid\n\
         local filter all {search} \
         ldapsearchfilter=\"(&(objectClass=person)({engineer})(|(uid=$username)(mail=$username)))\"\n"
    )
}

#[test]
fn roles_log_in_by_binding_by_searching_and_by_a_filter() {
    let office = staffed_office();
    let database = Database::new(&office);
    for name in ["prefix", "search", "filter"] {
        let said = database.asks(name, "ada", PASSWORD);
        assert_eq!(said.stdout, "ada\n", "{said:?}\n{}", database.room.log());
        let said = database.asks(name, "ada", "wrong");
        let refused = "LDAP authentication failed for user \"ada\"";
        assert!(said.code == 2 && said.stderr.contains(refused), "{said:?}");
    }
    for (name, code) in [("prefix", 0), ("search", 0), ("filter", 2)] {
        assert_eq!(database.asks(name, "linus", PASSWORD).code, code, "{name}");
    }
    assert!(database.room.log().contains("wrong name or password"), "{}", database.room.log());
}

#[test]
fn codes_stand_behind_the_password_where_the_database_server_is_known_by_its_address() {
    for name in ["prefix", "search"] {
        let office = staffed_office();
        let database = Database::new(&office);
        codes_are_asked_as_the_application_says(&office, "postgresql", |password| {
            let said = database.asks(name, "ada", password);
            assert!(matches!(said.code, 0 | 2), "{said:?}\n{}", database.room.log());
            said.code == 0
        });
    }
}
