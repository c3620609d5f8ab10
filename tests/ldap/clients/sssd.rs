//! sssd: names, groups and logins of a Linux machine.

use serde_json::json;

use super::{NEW, PASSWORD, application, listed, profiled, staffed_office, suspend};
use crate::harness::host::{CA_FILE, Host};
use crate::harness::office::Office;

const FOLDERS: [&str; 3] = ["/etc", "/var/lib/sss", "/var/log/sssd"];

/// A machine with sssd, which has more lines in its domain's section.
pub(super) fn host(office: &Office, more: &str) -> Host {
    let host = Host::new(office, "sss", FOLDERS);
    start(host, office, &format!("ldap_schema = rfc2307bis\nldap_tls_cacert = {CA_FILE}\n{more}"))
}

fn start(host: Host, office: &Office, more: &str) -> Host {
    start_as(host, office, application(office, "sssd"), more)
}

fn start_as(mut host: Host, office: &Office, (dn, password): (String, String), more: &str) -> Host {
    let (address, base) = (&office.demo.ldap, &office.base);
    let config = format!(
        "[sssd]\nservices = nss, pam\ndomains = office\n\n\
         [nss]\nentry_negative_timeout = 0\nmemcache_timeout = 0\n\n\
         [domain/office]\nid_provider = ldap\nldap_uri = ldap://{address}\n\
         ldap_search_base = {base}\n\
         ldap_default_bind_dn = {dn}\nldap_default_authtok = {password}\n\
         ldap_id_use_start_tls = true\nldap_tls_reqcert = demand\n{more}\n"
    );
    host.room.write_private("/etc/sssd/sssd.conf", &config);
    let packages = "sssd-ldap libnss-sss libpam-sss";
    host.room.start("/usr/sbin/sssd", packages, &["-i", "--logger=stderr"]);
    host
}

#[test]
fn users_and_nested_groups_are_a_linux_machines() {
    let office = staffed_office();
    let host = host(&office, "");
    let said = host.room.until("getent passwd ada");
    let ada = office.ldap().search(&office.user_dn("ada"), "base", "(uid=ada)", &[]);
    let number = ada.only().value("uidNumber").to_owned();
    let line = format!("ada:*:{number}:{number}:Ada Lovelace:/home/ada:/bin/bash\n");
    assert_eq!(said.stdout, line);
    assert_eq!(host.getent(["passwd", &number]).stdout, line);
    assert_eq!(host.groups_of("ada"), ["crew", "engineers"]);
    assert_eq!(host.groups_of("linus"), ["crew"]);
    assert_eq!(host.members_of("crew"), ["ada", "linus"]);
    assert_eq!(host.members_of("engineers"), ["ada"]);
    assert_eq!(host.getent(["passwd", "nobody-of-ours"]).code, 2);
    // Nobody is listed who was not asked for, as it is by default.
    assert!(!host.getent(["passwd"]).stdout.contains("ada:"));
}

#[test]
fn logins_succeed_with_the_right_password_alone_and_end_with_a_suspension() {
    let office = staffed_office();
    let host = host(&office, "");
    host.room.until("getent passwd ada");
    let right = host.log_in("ada", PASSWORD);
    assert_eq!(right.code, 0, "{right:?}");
    let wrong = host.log_in("ada", "wrong");
    assert_ne!(wrong.code, 0);
    assert!(wrong.stderr.contains("Authentication failure"), "{wrong:?}");
    assert_ne!(host.log_in("ada", "").code, 0);
    let denied = host.su("ada", "wrong", "id -un");
    assert!(denied.code != 0 && denied.stdout.is_empty(), "{denied:?}");
    assert!(denied.stderr.contains("Authentication failure"), "{denied:?}");
    let su = host.su("ada", PASSWORD, "id -un; id -Gn");
    assert!(su.stdout.starts_with("ada\n") && su.stdout.contains("engineers"), "{su:?}");
    suspend(&office, "ada");
    assert_ne!(host.log_in("ada", PASSWORD).code, 0);
    assert_eq!(host.log_in("linus", PASSWORD).code, 0);
}

#[test]
fn the_profile_for_it_serves_whichever_schema_it_is_set_up_for() {
    let office = staffed_office();
    for (profile, schema) in [("sssd", "rfc2307bis"), ("sssd", "rfc2307"), ("ad-like", "ad")] {
        let host = Host::new(&office, "sss", FOLDERS);
        let account = profiled(&office, schema, profile);
        let more = format!(
            "ldap_schema = {schema}\nldap_tls_cacert = {CA_FILE}\nldap_id_mapping = false\n\
             ldap_referrals = false\nldap_user_principal = nosuchattribute"
        );
        let host = start_as(host, &office, account, &more);
        let said = host.room.until("getent passwd ada");
        assert!(said.stdout.ends_with(":/home/ada:/bin/bash\n"), "{schema}: {said:?}");
        assert_eq!(host.groups_of("ada"), ["crew", "engineers"], "{schema}");
        assert_eq!(host.groups_of("linus"), ["crew"], "{schema}");
        assert_eq!(host.members_of("crew"), ["ada", "linus"], "{schema}");
        let right = host.log_in("ada", PASSWORD);
        assert_eq!(right.code, 0, "{schema}: {right:?}\n{}", host.room.log());
        assert_ne!(host.log_in("ada", "wrong").code, 0, "{schema}");
    }
}

#[test]
fn a_machine_that_does_not_trust_the_certificate_learns_nothing() {
    let office = staffed_office();
    let host = Host::new(&office, "sss", FOLDERS);
    let stranger = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    host.room.write("/etc/stranger.pem", &stranger.cert.pem());
    let host = start(
        host,
        &office,
        "ldap_schema = rfc2307bis\nldap_tls_cacert = /etc/stranger.pem\ndebug_level = 3",
    );
    host.room.until("! getent passwd ada && [ -S /var/lib/sss/pipes/nss ]");
    host.room.until_said("ldap_install_tls failed");
    assert_eq!(host.getent(["passwd", "ada"]).code, 2);
    assert_ne!(host.log_in("ada", PASSWORD).code, 0);
}

#[test]
fn people_change_their_own_password_on_the_machine() {
    let office = staffed_office();
    let host = host(&office, "");
    host.room.until("getent passwd ada");
    let wrong = host.change_password("ada", "wrong", NEW);
    assert_ne!(wrong.code, 0, "{wrong:?}");
    let changed = host.change_password("ada", PASSWORD, NEW);
    assert_eq!(changed.code, 0, "{changed:?}\n{}", host.room.log());
    assert_ne!(host.log_in("ada", PASSWORD).code, 0);
    assert_eq!(host.log_in("ada", NEW).code, 0);
    assert_eq!(office.ldap_as("ada", NEW).who_am_i().code, 0);
}

#[test]
fn whoever_logs_in_is_told_that_the_password_is_about_to_expire() {
    let office = staffed_office();
    let day = 24 * 60 * 60 * 1_000_u64;
    let policy = json!({"longest_age": 10 * day + day / 2, "warning": 20 * day});
    office.set(&json!({"password_policy": policy}));
    let host = host(&office, "");
    host.room.until("getent passwd ada");
    let warned = host.log_in("ada", PASSWORD);
    assert!(warned.code == 0 && warned.stdout.contains("password will expire in 10"), "{warned:?}");
}

#[test]
fn groups_that_name_their_members_by_login_are_a_linux_machines_as_well() {
    let office = staffed_office();
    office.act("PATCH", "presentation", Some(&json!({"layout": "rfc2307"})));
    let host = Host::new(&office, "sss", FOLDERS);
    let host = start(host, &office, &format!("ldap_schema = rfc2307\nldap_tls_cacert = {CA_FILE}"));
    host.room.until("getent passwd ada");
    assert_eq!(host.groups_of("ada"), ["crew", "engineers"]);
    assert_eq!(host.groups_of("linus"), ["crew"]);
    assert_eq!(host.members_of("crew"), ["ada", "linus"]);
}

#[test]
fn who_was_renamed_or_deleted_is_so_on_the_machine_once_its_cache_is_out_of_date() {
    let office = staffed_office();
    let host = host(&office, "");
    let ada = host.room.until("getent passwd ada").stdout;
    let linus = host.getent(["passwd", "linus"]).stdout;
    assert!(linus.starts_with("linus:"), "{linus}");
    assert_eq!(host.members_of("crew"), ["ada", "linus"]);
    let place = |login: &str| format!("users/{}", listed(&office, "users", ("login", login)));
    office.act("PATCH", &place("ada"), Some(&json!({"login": "augusta"})));
    office.act("DELETE", &place("linus"), None);
    // What the machine has read counts for an hour and a half.
    assert_eq!(host.getent(["passwd", "ada"]).stdout, ada);
    assert_eq!(host.getent(["passwd", "linus"]).stdout, linus);
    let emptied = host.room.program("/usr/sbin/sss_cache", "sssd-tools").arg("-E").run();
    assert_eq!(emptied.code, 0, "{emptied:?}");
    for gone in ["ada", "linus"] {
        assert_eq!(host.getent(["passwd", gone]).code, 2, "{gone}");
    }
    let number = ada.split(':').nth(2).unwrap();
    let augusta = host.getent(["passwd", "augusta"]).stdout;
    assert!(augusta.starts_with(&format!("augusta:*:{number}:")), "{ada}{augusta}");
    assert_eq!(host.getent(["passwd", number]).stdout, augusta);
    assert_eq!(host.members_of("crew"), ["augusta"]);
    assert_eq!(host.groups_of("augusta"), ["crew", "engineers"]);
    assert_eq!(host.log_in("augusta", PASSWORD).code, 0);
    assert_ne!(host.log_in("linus", PASSWORD).code, 0);
}
