//! Sections 4.6 to 4.9: writing, which is the admin API's but for one's own password.

use crate::harness::demo::Demo;
use crate::harness::office::Office;

const OLD: &str = "correct horse battery";
const NEW: &str = "staple of another horse";

#[test]
fn ldapmodify_replaces_ones_own_password_or_deletes_the_old_and_adds_the_new() {
    let office = Office::new();
    office.user("ada", OLD);
    let dn = office.user_dn("ada");
    let ada = |password| office.demo.ldap().bound(&dn, password);
    let replace =
        format!("dn: {dn}\nchangetype: modify\nreplace: userPassword\nuserPassword: {NEW}\n");
    let done = ada(OLD).modify(&replace);
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!((ada(OLD).who_am_i().code, ada(NEW).who_am_i().code), (49, 0));
    let both = format!(
        "dn: {dn}\nchangetype: modify\ndelete: userPassword\nuserPassword: {NEW}\n-\n\
         add: userPassword\nuserPassword: {OLD}\n"
    );
    assert_eq!(ada(NEW).modify(&both).code, 0);
    assert_eq!((ada(NEW).who_am_i().code, ada(OLD).who_am_i().code), (49, 0));
    // The old one in it is not the one in use any more.
    assert_eq!(ada(OLD).modify(&both).code, 49);
    let short =
        format!("dn: {dn}\nchangetype: modify\nreplace: userPassword\nuserPassword: brief\n");
    let refused = ada(OLD).modify(&short);
    assert_eq!(refused.code, 19, "{refused:?}");
    assert!(refused.stderr.contains("at least 8 characters"), "{refused:?}");
}

#[test]
fn a_password_comes_alone_and_is_ones_own() {
    let office = Office::new();
    office.user("ada", OLD);
    office.user("bob", OLD);
    let (dn, bob) = (office.user_dn("ada"), office.user_dn("bob"));
    let never = office.user_dn("nobody");
    let ada = office.demo.ldap().bound(&dn, OLD);
    let replace = |dn: &str| {
        format!("dn: {dn}\nchangetype: modify\nreplace: userPassword\nuserPassword: {NEW}\n")
    };
    let with_more = format!("{}-\nreplace: mail\nmail: a@example.org\n", replace(&dn));
    assert_eq!(ada.modify(&with_more).code, 53);
    let (others, nobodys) = (ada.modify(&replace(&bob)), ada.modify(&replace(&never)));
    let words = |said: &crate::harness::client::Output| said.stderr.clone();
    assert_eq!((others.code, words(&others)), (53, words(&nobodys)));
    for password in [&dn, &bob] {
        assert_eq!(office.demo.ldap().bound(password, OLD).who_am_i().code, 0);
    }
}

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
            let refused = client.modify(&change);
            assert_eq!(refused.code, 53, "{change}");
            for words in ["admin API", "/v1/docs", "tenantry"] {
                assert!(refused.stderr.contains(words), "{change}: {refused:?}");
            }
        }
    }
    let nextcloud = demo.ldap().as_service(&acme.service_account);
    let found = nextcloud.search(&ada.dn, "base", "(objectClass=*)", &["sn"]);
    assert_eq!(found.only().value("sn"), "Lovelace");
    assert_eq!(nextcloud.search(&new, "base", "(objectClass=*)", &[]).code, 32);
}
