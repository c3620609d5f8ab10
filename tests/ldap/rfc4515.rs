//! RFC 4515: filters as text, and values of any octets.

use crate::harness::demo::Demo;

#[test]
fn section_3_octets_of_no_character_and_very_long_values_find_nothing_and_do_no_harm() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let client = demo.ldap().as_service(&acme.service_account);
    let long = "x".repeat(50_000);
    let parts = "*a".repeat(500);
    let values = ["\\00", "\\c3\\28", "\\ed\\a0\\80", &long, &parts];
    for attribute in ["uid", "cn", "memberOf", "entryUUID", "uidNumber", "modifyTimestamp"] {
        for value in values {
            let filter = format!("({attribute}={value})");
            let found = client.search(&acme.base, "sub", &filter, &["1.1"]);
            // So many parts may be more than is looked for.
            let refused = value == parts && [2, 11, 53].contains(&found.code);
            assert!(refused || found.code == 0, "{found:?}");
            assert!(found.entries.is_empty(), "{filter}");
        }
    }
}

#[test]
fn section_3_a_value_may_be_written_in_escapes_alone() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let client = demo.ldap().as_service(&acme.service_account);
    let found = client.search(&acme.base, "sub", "(cn=\\41\\64a \\4C*lace)", &["1.1"]);
    assert_eq!(found.names(), [acme.user_dn("ada")]);
}
