//! Section 4.5.1.6: types without values.

use crate::harness::demo::Demo;

#[test]
fn types_only_gives_the_types_and_no_values() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    let client = demo.ldap().as_service(&demo.acme().service_account).with(["-A"]);
    let found = client.search(&ada.dn, "base", "(objectClass=*)", &["uid", "mail", "memberOf"]);
    let entry = found.only();
    assert!(entry.attributes.iter().all(|(_, value)| value.is_empty()), "{entry:?}");
    let mut names = entry.names();
    names.sort_unstable();
    assert_eq!(names, ["mail", "memberOf", "uid"]);
}
