//! RFC 4530: entryUUID.

use std::collections::HashSet;

use crate::harness::demo::Demo;

#[test]
fn every_entry_has_its_own_and_is_found_by_it() {
    let demo = Demo::shared();
    let mut seen = HashSet::new();
    for organization in &demo.organizations {
        let service = demo.ldap().as_service(&organization.service_account);
        let found = service.search(&organization.base, "sub", "(objectClass=*)", &["entryUUID"]);
        for entry in &found.entries {
            let uuid = entry.value("entryUUID");
            assert!(seen.insert(uuid.to_owned()), "{uuid} is given twice");
            let filter = format!("(entryUUID={})", uuid.to_uppercase());
            let again = service.search(&organization.base, "sub", &filter, &["1.1"]);
            assert_eq!(again.names(), [entry.dn.as_str()], "{filter}");
        }
        assert_eq!(found.code, 0);
    }
}
