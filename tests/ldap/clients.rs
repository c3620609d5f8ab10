//! What real clients send first, and what they need of the answers.

use crate::harness::demo::Demo;

#[test]
fn sssd_reads_the_root_dse_and_looks_a_user_up() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let attributes = [
        "*",
        "altServer",
        "namingContexts",
        "supportedControl",
        "supportedExtension",
        "supportedFeatures",
        "supportedLDAPVersion",
        "supportedSASLMechanisms",
        "domainControllerFunctionality",
        "defaultNamingContext",
        "lastUSN",
        "highestCommittedUSN",
    ];
    let root = demo.ldap().search("", "base", "(objectclass=*)", &attributes);
    assert_eq!(root.only().values("supportedLDAPVersion"), ["3"]);
    let client = demo.ldap().as_service(&acme.service_account).with(["-e", "ppolicy"]);
    let filter = "(&(uid=ada)(objectclass=posixAccount)(&(uidNumber=*)(!(uidNumber=0))))";
    let asked = ["objectClass", "uid", "userPassword", "uidNumber", "krbLastPwdChange", "host"];
    let found = client.search(&acme.base, "sub", filter, &asked);
    assert_eq!(found.code, 0, "{found:?}");
    assert!(found.entries.iter().all(|entry| entry.values("userPassword").is_empty()));
}

#[test]
fn nextcloud_counts_its_users_and_finds_them_by_name_or_mail() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let client = demo.ldap().as_service(&acme.service_account);
    let has_groups = client.search(&acme.base, "sub", "(memberOf=*)", &["1.1"]);
    assert!(has_groups.names().len() >= acme.users.len());
    for name in ["ada", "ada@acme.example"] {
        let filter = format!(
            "(&(|(objectclass=inetOrgPerson))(|(uid={name})(mailPrimaryAddress={name})(mail={name})))"
        );
        let found = client.search(&acme.base, "sub", &filter, &["entryUUID", "dn", "mail"]);
        assert_eq!(found.only().dn, acme.user("ada").dn);
        assert_eq!(found.only().value("entryUUID").len(), 36);
    }
}

#[test]
fn gitlab_finds_one_user_with_a_size_limit_of_one() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let client = demo.ldap().as_service(&acme.service_account).with(["-z", "1"]);
    let found = client.search(&acme.base, "sub", "(uid=ada)", &["uid", "cn", "mail", "dn"]);
    assert_eq!(found.only().dn, acme.user("ada").dn);
}

#[test]
fn jenkins_finds_groups_by_any_kind_of_membership() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let client = demo.ldap().as_service(&acme.service_account);
    let dn = &acme.user("linus").dn;
    let filter = format!("(|(member={dn})(uniqueMember={dn})(memberUid=linus))");
    let found = client.search(&acme.base, "sub", &filter, &["cn"]);
    assert_eq!(found.only().value("cn"), "staff");
    let by_name = "(&(cn=staff)(|(objectclass=groupOfNames)(objectclass=groupOfUniqueNames)\
                   (objectclass=posixGroup)))";
    assert_eq!(client.search(&acme.base, "sub", by_name, &["cn"]).only().value("cn"), "staff");
}

#[test]
fn directory_studio_browses_level_by_level() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let client =
        demo.ldap().as_service(&acme.service_account).with(["-z", "1000", "-a", "always", "-M"]);
    let mut waiting = vec![acme.base.clone()];
    let mut seen = 0;
    while let Some(dn) = waiting.pop() {
        seen += 1;
        let found = client.search(&dn, "one", "(objectClass=*)", &["hasSubordinates"]);
        assert_eq!(found.code, 0);
        for entry in &found.entries {
            match entry.value("hasSubordinates") {
                "TRUE" => waiting.push(entry.dn.clone()),
                value => {
                    assert_eq!(value, "FALSE");
                    seen += 1;
                }
            }
        }
    }
    let whole = client.search(&acme.base, "sub", "(objectClass=*)", &["1.1"]);
    assert_eq!(whole.names().len(), seen);
}
