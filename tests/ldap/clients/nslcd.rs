//! nslcd with its name service and PAM modules, as small Linux machines and appliances use it.

use super::{NEW, PASSWORD, application, staffed_office, suspend};
use crate::harness::host::{CA_FILE, Host};
use crate::harness::office::Office;

/// A machine with nslcd, which has more lines in its configuration.
pub(super) fn host(office: &Office, more: &str) -> Host {
    let mut host = Host::new(office, "ldap", ["/etc"]);
    let (dn, password) = application(office, "nslcd");
    let address = &office.demo.ldap;
    let config = format!(
        "uid nslcd\ngid nslcd\nuri ldap://{address}\nbinddn {dn}\nbindpw {password}\n\
         ssl start_tls\ntls_reqcert demand\ntls_cacertfile {CA_FILE}\n\
         nss_nested_groups yes\n{more}\n"
    );
    host.room.write_private("/etc/nslcd.conf", &config);
    host.room.make_folder("/run/nslcd", "nslcd");
    host.room.start("/usr/sbin/nslcd", "nslcd libnss-ldapd libpam-ldapd", &["-d"]);
    host
}

#[test]
fn users_and_nested_groups_are_a_linux_machines_that_was_not_told_the_base() {
    let office = staffed_office();
    let host = host(&office, "");
    let said = host.room.until("getent passwd ada");
    assert!(said.stdout.ends_with(":Ada Lovelace:/home/ada:/bin/bash\n"), "{said:?}");
    assert_eq!(host.groups_of("ada"), ["crew", "engineers"]);
    assert_eq!(host.groups_of("linus"), ["crew"]);
    assert_eq!(host.members_of("crew"), ["ada", "linus"]);
    assert_eq!(host.members_of("engineers"), ["ada"]);
    assert_eq!(host.getent(["passwd", "nobody-of-ours"]).code, 2);
    assert!(host.room.log().contains(&format!("base=\"{}\"", office.base)), "{}", host.room.log());
}

#[test]
fn logins_succeed_with_the_right_password_alone_and_end_with_a_suspension() {
    let office = staffed_office();
    let host = host(&office, &format!("base {}", office.base));
    host.room.until("getent passwd ada");
    let right = host.log_in("ada", PASSWORD);
    assert_eq!(right.code, 0, "{right:?}");
    let wrong = host.log_in("ada", "wrong");
    assert_ne!(wrong.code, 0);
    assert!(wrong.stderr.contains("Authentication failure"), "{wrong:?}");
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
fn people_change_their_own_password_on_the_machine() {
    let office = staffed_office();
    let host = host(&office, &format!("base {}", office.base));
    host.room.until("getent passwd ada");
    let wrong = host.change_password("ada", "wrong", NEW);
    assert_ne!(wrong.code, 0, "{wrong:?}");
    let changed = host.change_password("ada", PASSWORD, NEW);
    assert_eq!(changed.code, 0, "{changed:?}\n{}", host.room.log());
    assert_ne!(host.log_in("ada", PASSWORD).code, 0);
    assert_eq!(host.log_in("ada", NEW).code, 0);
}
