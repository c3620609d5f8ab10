//! Sections 4.6 to 4.9: writing, which is the admin API's.

use crate::harness::demo::Demo;

#[test]
fn every_write_is_refused_with_unwilling_to_perform_and_changes_nothing() {
    let demo = Demo::shared();
    let (acme, ada) = (demo.acme(), demo.acme().user("ada"));
    let new = acme.user_dn("eve");
    let changes = [
        format!("dn: {}\nchangetype: modify\nreplace: sn\nsn: X\n", ada.dn),
        format!("dn: {new}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: eve\ncn: E\nsn: E\n"),
        format!("dn: {}\nchangetype: delete\n", ada.dn),
        format!("dn: {}\nchangetype: modrdn\nnewrdn: uid=eve\ndeleteoldrdn: 1\n", ada.dn),
    ];
    for change in changes {
        for client in [demo.ldap().as_user(ada), demo.ldap().as_service(&acme.service_account)] {
            assert_eq!(client.modify(&change).code, 53, "{change}");
        }
    }
    let nextcloud = demo.ldap().as_service(&acme.service_account);
    let found = nextcloud.search(&ada.dn, "base", "(objectClass=*)", &["sn"]);
    assert_eq!(found.only().value("sn"), "Lovelace");
    assert_eq!(nextcloud.search(&new, "base", "(objectClass=*)", &[]).code, 32);
}
