//! Apache httpd with mod_authnz_ldap.

use super::{PASSWORD, application, staffed_office};
use crate::harness::client::Client;
use crate::harness::host::CA_FILE;
use crate::harness::office::Office;
use crate::harness::room::Room;

const PORT: u16 = 8480;

/// What the folders of the web server demand, besides that somebody is known.
const FOLDERS: [(&str, &str); 6] = [
    ("anybody", "valid-user"),
    ("user", "ldap-user ada grace"),
    ("dn", "ldap-dn uid=ada,ou=people,BASE"),
    ("group", "ldap-group cn=engineers,ou=groups,BASE"),
    ("attribute", "ldap-attribute title=countess mail=nobody@office.example"),
    ("filter", "ldap-filter &(memberOf=cn=crew,ou=groups,BASE)(!(title=*))"),
];

/// A web server in a room.
struct Web {
    _room: Room,
    url: String,
}

impl Web {
    fn new(office: &Office) -> Self {
        let mut room = Room::new(["/etc"]);
        room.copy(&office.demo.ca_file, CA_FILE);
        room.make_folder("/run/www", "root");
        let url = format!("http://{}:{PORT}", office.address);
        for (folder, _) in FOLDERS {
            room.make_folder(&format!("/run/www/{folder}"), "root");
        }
        room.write("/etc/apache2/tenantry.conf", &config(office));
        let arguments = ["-f", "/etc/apache2/tenantry.conf", "-DFOREGROUND"];
        room.start("/usr/sbin/apache2", "apache2", &arguments);
        room.until(&format!("curl -so /dev/null {url}"));
        Self { _room: room, url }
    }

    /// The status of a folder for somebody.
    fn asks(&self, folder: &str, login: &str, password: &str) -> String {
        let who = format!("{login}:{password}");
        let arguments = ["-so", "/dev/null", "-w", "%{http_code}", "-u", &who];
        let url = format!("{}/{folder}/", self.url);
        Client::new("curl", "curl").args(arguments).arg(url).run().stdout
    }
}

fn config(office: &Office) -> String {
    let modules = [
        ("mpm_event", "mpm_event"),
        ("authn_core", "authn_core"),
        ("authz_core", "authz_core"),
        ("authz_user", "authz_user"),
        ("auth_basic", "auth_basic"),
        ("ldap", "ldap"),
        ("authnz_ldap", "authnz_ldap"),
        ("autoindex", "autoindex"),
    ];
    let modules: String = modules
        .iter()
        .map(|(name, file)| {
            format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{file}.so\n")
        })
        .collect();
    let (dn, password) = application(office, "apache");
    let (address, base) = (&office.demo.ldap, &office.base);
    let folders: String = FOLDERS
        .iter()
        .map(|(folder, demand)| {
            let demand = demand.replace("BASE", base);
            format!("<Location /{folder}>\nRequire {demand}\n</Location>\n")
        })
        .collect();
    format!(
        "ServerRoot /run\nServerName localhost\nListen {}:{PORT}\nPidFile /run/apache.pid\n\
         ErrorLog /dev/stderr\nLogLevel info authnz_ldap:debug\nDocumentRoot /run/www\n\
         User www-data\nGroup www-data\n{modules}\
         LDAPTrustedGlobalCert CA_BASE64 {CA_FILE}\n\
         <Location />\nOptions Indexes\nAuthType Basic\nAuthName Office\nAuthBasicProvider ldap\n\
         AuthLDAPURL \"ldap://{address}/{base}?uid,mail?sub?(objectClass=person)\" STARTTLS\n\
         AuthLDAPBindDN \"{dn}\"\nAuthLDAPBindPassword \"{password}\"\n\
         Require all denied\n</Location>\n{folders}",
        office.address
    )
}

#[test]
fn everybody_sees_the_folders_that_are_theirs() {
    let office = staffed_office();
    let web = Web::new(&office);
    let allowed = |login: &str| -> Vec<&str> {
        let folders = FOLDERS.map(|(folder, _)| (folder, web.asks(folder, login, PASSWORD)));
        assert!(
            folders.iter().all(|(_, status)| status == "200" || status == "401"),
            "{folders:?}"
        );
        folders
            .into_iter()
            .filter(|(_, status)| status == "200")
            .map(|(folder, _)| folder)
            .collect()
    };
    assert_eq!(allowed("ada"), ["anybody", "user", "dn", "group", "attribute"]);
    assert_eq!(allowed("linus"), ["anybody", "filter"]);
}

#[test]
fn wrong_and_empty_passwords_and_strangers_are_sent_away() {
    let office = staffed_office();
    let web = Web::new(&office);
    let attempts = [("ada", "wrong"), ("ada", ""), ("nobody", PASSWORD), ("*", PASSWORD), ("", "")];
    for (login, password) in attempts {
        assert_eq!(web.asks("anybody", login, password), "401", "{login}");
    }
    assert_eq!(web.asks("anybody", "ada", PASSWORD), "200");
}
