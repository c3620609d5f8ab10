//! What real clients send first, and what they need of the answers.

use super::{PASSWORD, staffed_office};
use crate::harness::ber::long_element;
use crate::harness::demo::Demo;
use crate::harness::raw::Raw;

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

#[test]
fn jira_and_keycloak_follow_what_changed_since_they_asked_last() {
    let office = staffed_office();
    let client = office.ldap().with(["-E", "pr=1000/noprompt"]);
    let people = "(objectClass=inetOrgPerson)(objectClass=organizationalPerson)";
    let asked = ["entryUUID", "createTimestamp", "modifyTimestamp", "memberOf"];
    let found = office.find(&client, &format!("(&(uid=ada){people})"), &asked);
    let stamp = found.only().value("modifyTimestamp").to_owned();
    assert_eq!(stamp.len(), "20260102030405Z".len(), "{stamp}");
    let since = |stamp: &str| {
        let filter = format!("(&{people}(modifyTimestamp>={stamp}))");
        office.find(&client, &filter, &["uid"]).names().len()
    };
    assert_eq!(since(&stamp), 2);
    assert_eq!(since("20000101000000.0Z"), 2);
    assert_eq!(since("99990101000000Z"), 0);
}

#[test]
fn grafana_searches_by_login_or_mail_and_reads_the_groups_of_whom_it_found() {
    let office = staffed_office();
    let client = office.ldap().with(["-a", "never"]);
    let asked = ["uid", "sn", "mail", "givenName", "memberOf", "dn"];
    for name in ["ada", "ADA@office.example"] {
        let filter = format!("(|(uid={name})(mail={name}))");
        let found = office.find(&client, &filter, &asked);
        let groups =
            ["crew", "engineers"].map(|name| format!("cn={name},ou=groups,{}", office.base));
        let mut said = found.only().values("memberOf");
        said.sort_unstable();
        assert_eq!(said, groups);
    }
}

#[test]
fn pfsense_finds_a_user_of_a_group_one_level_below_and_binds_as_that_name() {
    let office = staffed_office();
    let client = office.ldap().with(["-a", "search"]);
    let people = format!("ou=people,{}", office.base);
    let filter = format!("(&(uid=ada)(&(memberOf=cn=crew,ou=groups,{})))", office.base);
    let found = client.search(&people, "one", &filter, &["memberOf"]);
    let dn = &found.only().dn;
    assert_eq!(office.demo.ldap().bound(dn, PASSWORD).who_am_i().stdout, format!("dn:{dn}\n"));
}

#[test]
fn a_printer_looks_for_a_part_of_a_name_with_a_small_limit() {
    let office = staffed_office();
    let client = office.ldap().with(["-z", "20"]);
    let found = office.find(&client, "(|(cn=*love*)(sn=*love*)(mail=*love*))", &["cn", "mail"]);
    assert_eq!(found.only().value("mail"), "ada@office.example");
}

#[test]
fn windows_sends_every_length_in_four_octets_a_paging_control_included() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let account = &acme.service_account;
    let mut raw = Raw::bound(&demo.ldap, &account.dn, &account.password);
    let text = |value: &str| long_element(4, value.as_bytes());
    let filter = long_element(0xa3, &[text("uid"), text("ada")].concat());
    let search = [
        text(&acme.base),
        long_element(0x0a, &[2]),
        long_element(0x0a, &[0]),
        long_element(2, &[0]),
        long_element(2, &[0]),
        // True in some libraries is 1.
        long_element(1, &[1]),
        filter,
        long_element(0x30, &text("uid")),
    ];
    let value = long_element(0x30, &[long_element(2, &[100]), text("")].concat());
    let control = [text("1.2.840.113556.1.4.319"), long_element(1, &[1]), long_element(4, &value)];
    let message = [
        long_element(2, &[2]),
        long_element(0x63, &search.concat()),
        long_element(0xa0, &long_element(0x30, &control.concat())),
    ];
    raw.send(&long_element(0x30, &message.concat()));
    let (messages, controls) = raw.receive_all_of_with_controls(2);
    let [entry, done] = &messages[..] else { panic!("{messages:?}") };
    assert!(done.code() == 0 && controls.is_some());
    // Types alone, as the boolean says.
    assert!(entry.content.ends_with(&[0x04, 0x03, b'u', b'i', b'd', 0x31, 0x00]), "{entry:?}");
}
