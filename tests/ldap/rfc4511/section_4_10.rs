//! Section 4.10: Compare.

use crate::harness::demo::Demo;

#[test]
fn comparing_says_true_false_or_why_it_cannot() {
    let demo = Demo::shared();
    let (acme, ada) = (demo.acme(), demo.acme().user("ada"));
    let nextcloud = demo.ldap().as_service(&acme.service_account);
    let staff = acme.group_dn("staff");
    let cases = [
        (ada.dn.clone(), "uid:ADA".to_owned(), 6),
        (ada.dn.clone(), "uid:grace".to_owned(), 5),
        (ada.dn.clone(), "title:x".to_owned(), 16),
        (ada.dn.clone(), "nosuch:x".to_owned(), 17),
        (ada.dn.clone(), format!("memberOf:{}", staff.to_uppercase()), 6),
        (acme.user_dn("nobody"), "uid:nobody".to_owned(), 32),
        (demo.globex().user("ada").dn.clone(), "uid:ada".to_owned(), 32),
        (acme.group_dn("engineers"), format!("member:{}", ada.dn), 6),
        (acme.group_dn("engineers"), format!("member:{}", acme.user("linus").dn), 5),
        ("no name".to_owned(), "uid:ada".to_owned(), 34),
        (acme.base.clone(), "objectClass:organization".to_owned(), 6),
    ];
    for (dn, assertion, code) in cases {
        let said = nextcloud.compare(&dn, &assertion);
        assert_eq!(said.code, code, "{assertion} at {dn}: {said:?}");
    }
}

#[test]
fn passwords_cannot_be_compared_with() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    let assertion = format!("userPassword:{}", ada.password);
    for client in [demo.ldap().as_user(ada), demo.ldap().as_service(&demo.acme().service_account)] {
        let code = client.compare(&ada.dn, &assertion).code;
        assert!([16, 17, 50].contains(&code), "{code}");
    }
}

#[test]
fn strangers_compare_nothing() {
    let demo = Demo::shared();
    let names = [demo.acme().user("ada").dn.clone(), demo.acme().user_dn("nobody")];
    for name in names {
        assert_eq!(demo.ldap().compare(&name, "uid:ada").code, 50, "{name}");
    }
}
