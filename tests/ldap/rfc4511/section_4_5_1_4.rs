//! Section 4.5.1.4: the size limit of the client.

use crate::harness::demo::Demo;

#[test]
fn the_size_limit_is_exact() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let all = acme.users.len();
    for limit in 1..=all + 1 {
        let client = demo.ldap().as_service(&acme.service_account);
        let client = client.with(["-z", &limit.to_string()]);
        let found = client.search(&acme.base, "sub", "(objectClass=person)", &["1.1"]);
        assert_eq!(found.entries.len(), limit.min(all), "limit {limit}");
        assert_eq!(found.code, if limit < all { 4 } else { 0 }, "limit {limit}");
    }
}
