//! Dovecot: people read their mail.

use super::{
    PASSWORD, application, codes_are_asked_as_the_application_says, staffed_office, suspend,
};
use crate::harness::client::{Client, Output};
use crate::harness::host::CA_FILE;
use crate::harness::office::Office;
use crate::harness::room::Room;

const PORT: u16 = 8143;

/// A mail server in a room.
struct Mail {
    room: Room,
    url: String,
}

impl Mail {
    /// A mail server that finds people by their login or mail address.
    fn new(office: &Office) -> Self {
        let mut room = Room::new(["/etc", "/var/lib/dovecot"]);
        room.copy(&office.demo.ca_file, CA_FILE);
        let (dn, password) = application(office, "dovecot");
        let (ldap, base, address) = (&office.demo.ldap, &office.base, office.address);
        let find = "(&(objectClass=posixAccount)(|(uid=%u)(mail=%u)))";
        let ldap = format!(
            "uris = ldap://{ldap}\ntls = yes\ntls_ca_cert_file = {CA_FILE}\n\
             tls_require_cert = demand\ndn = {dn}\ndnpass = {password}\nauth_bind = yes\n\
             base = ou=people,{base}\npass_filter = {find}\npass_attrs = uid=user\n\
             user_filter = {find}\n\
             user_attrs = uidNumber=uid, gidNumber=gid, =home=/run/mail/%{{ldap:uid}}\n\
             iterate_filter = (objectClass=posixAccount)\niterate_attrs = uid=user\n"
        );
        room.write_private("/etc/dovecot/tenantry-ldap.conf", &ldap);
        let database = "{\n  driver = ldap\n  args = /etc/dovecot/tenantry-ldap.conf\n}\n";
        let config = format!(
            "log_path = /dev/stderr\nprotocols = imap\nlisten = {address}\nssl = no\n\
             disable_plaintext_auth = no\nauth_failure_delay = 0\nauth_verbose = yes\n\
             mail_location = maildir:~/mail\nfirst_valid_uid = 1000\n\
             service imap-login {{\n  inet_listener imap {{\n    port = {PORT}\n  }}\n  \
             inet_listener imaps {{\n    port = 0\n  }}\n}}\n\
             passdb {database}userdb {database}"
        );
        room.write("/etc/dovecot/dovecot.conf", &config);
        room.make_folder("/run/mail", "root");
        let opened = room.program("chmod", "coreutils").args(["1777", "/run/mail"]).run();
        assert_eq!(opened.code, 0, "{opened:?}");
        room.start("/usr/sbin/dovecot", "dovecot-imapd dovecot-ldap", &["-F"]);
        room.until(&format!("curl -so /dev/null imap://{address}:{PORT} -X NOOP"));
        Self { room, url: format!("imap://{address}:{PORT}/") }
    }

    /// Logs in by IMAP and lists the mailboxes.
    fn logs_in(&self, login: &str, password: &str) -> Output {
        let who = format!("{login}:{password}");
        Client::new("curl", "curl").args(["-sS", "-u", &who, &self.url]).run()
    }

    fn doveadm<const N: usize>(&self, words: [&str; N]) -> Output {
        self.room.program("doveadm", "dovecot-core").args(words).run()
    }
}

/// What curl says when a login is denied.
const DENIED: i32 = 67;

#[test]
fn people_read_their_mail_by_login_or_address_with_the_right_password_alone() {
    let office = staffed_office();
    let mail = Mail::new(&office);
    for login in ["ada", "Ada@Office.example"] {
        let said = mail.logs_in(login, PASSWORD);
        assert!(said.code == 0 && said.stdout.contains("INBOX"), "{said:?}\n{}", mail.room.log());
    }
    for (login, password) in [("ada", "wrong"), ("nobody", PASSWORD), ("*", PASSWORD)] {
        assert_eq!(mail.logs_in(login, password).code, DENIED, "{login}");
    }
    suspend(&office, "ada");
    assert_eq!(mail.logs_in("ada", PASSWORD).code, DENIED);
    assert_eq!(mail.logs_in("linus", PASSWORD).code, 0);
}

#[test]
fn the_server_looks_people_up_and_lists_them() {
    let office = staffed_office();
    let mail = Mail::new(&office);
    let ada = office.ldap().search(&office.user_dn("ada"), "base", "(uid=ada)", &[]);
    let said = mail.doveadm(["user", "ada@office.example"]);
    assert_eq!(said.code, 0, "{said:?}");
    for (field, value) in
        [("uid", ada.only().value("uidNumber")), ("gid", ada.only().value("gidNumber"))]
    {
        assert!(said.stdout.contains(&format!("{field}\t{value}\n")), "{said:?}");
    }
    assert!(said.stdout.contains("home\t/run/mail/ada\n"), "{said:?}");
    assert_eq!(mail.doveadm(["user", "*"]).stdout, "ada\nlinus\n");
    assert_ne!(mail.doveadm(["user", "nobody"]).code, 0);
}

#[test]
fn codes_stand_behind_the_password_where_the_mail_server_is_known_by_its_address() {
    let office = staffed_office();
    let mail = Mail::new(&office);
    codes_are_asked_as_the_application_says(&office, "dovecot", |password| {
        let said = mail.logs_in("ada", password);
        assert!(matches!(said.code, 0 | DENIED), "{said:?}\n{}", mail.room.log());
        said.code == 0
    });
}
