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
        // What the entry shows: ada is in staff by way of engineers, which a filter finds.
        (staff.clone(), format!("member:{}", acme.group_dn("engineers")), 6),
        (staff.clone(), format!("member:{}", ada.dn), 5),
        (staff, format!("distinguishedName:{}", ada.dn), 5),
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

#[test]
fn what_cannot_be_told_is_neither_true_nor_false() {
    let demo = Demo::shared();
    let (acme, ada) = (demo.acme(), demo.acme().user("ada"));
    let nextcloud = demo.ldap().as_service(&acme.service_account);
    let cases = [
        ("uidNumber:many", 21),
        ("uidNumber:99", 5),
        ("objectClass:nosuch", 21),
        ("objectClass:1.2.3.4", 5),
        ("objectClass:2.5.6.6", 6),
        ("memberOf:no name", 21),
        ("entryUUID:x", 21),
        ("createTimestamp:today", 21),
        ("hasSubordinates:FALSE", 6),
        ("hasSubordinates:no", 21),
        ("cn;lang-de:Ada Lovelace", 17),
        ("cn;binary:ada lovelace", 17),
        ("userCertificate;binary:x", 16),
        ("commonName:ADA LOVELACE", 6),
        ("2.5.4.4:lovelace", 6),
        ("sAMAccountName:ada", 17),
        ("supportedControl:1.2", 16),
    ];
    for (assertion, code) in cases {
        let said = nextcloud.compare(&ada.dn, assertion);
        assert_eq!(said.code, code, "{assertion}: {said:?}");
    }
    let container = acme.container("people");
    for (assertion, code) in [("ou:People", 6), ("ou:x", 5), ("description:x", 16)] {
        assert_eq!(nextcloud.compare(&container, assertion).code, code, "{assertion}");
    }
    let escaped = ada.dn.replacen("ada", "\\61da", 1);
    assert_eq!(nextcloud.compare(&escaped, "uid:ada").code, 6);
}

#[test]
fn everybody_may_compare_with_what_everybody_may_read() {
    let demo = Demo::shared();
    let nextcloud = demo.ldap().as_service(&demo.acme().service_account);
    for client in [demo.ldap(), nextcloud] {
        for (dn, assertion, code) in [
            ("", "supportedFeatures:1.3.6.1.4.1.4203.1.5.1", 6),
            ("", "supportedFeatures:1.2.3.4", 5),
            ("", "supportedControl:1.2.840.113556.1.4.319", 18),
            ("", "subschemaSubentry:CN=Subschema", 6),
            ("", "mail:x", 16),
            ("", "nosuch:x", 17),
            ("", "sAMAccountName:x", 17),
            ("cn=Subschema", "attributeTypes:commonName", 6),
            ("cn=Subschema", "attributeTypes:1.2.3.4", 5),
            ("cn=Subschema", "objectClass:subschema", 6),
        ] {
            let said = client.compare(dn, assertion);
            assert_eq!(said.code, code, "{assertion} at {dn}: {said:?}");
        }
    }
}
