//! RFC 3062: the password is changed through the admin API, and this operation is not offered.

use crate::harness::demo::Demo;

#[test]
fn nobody_changes_a_password_over_ldap() {
    let demo = Demo::shared();
    let (acme, ada) = (demo.acme(), demo.acme().user("ada"));
    let clients = [
        demo.ldap(),
        demo.ldap().as_user(ada),
        demo.ldap().as_user(acme.user("grace")),
        demo.ldap().as_service(&acme.service_account),
        demo.ldap().as_user(demo.globex().user("ada")),
    ];
    for client in clients {
        let said = client.set_password(&ada.dn, "Tr0ub4dor&3-x");
        assert_ne!(said.code, 0, "{said:?}");
    }
    assert_eq!(demo.ldap().as_user(ada).who_am_i().code, 0);
}
