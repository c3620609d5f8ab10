//! Section 4.1.9: what a result says to the person who configures an application.

use crate::harness::demo::Demo;
use crate::harness::raw::{self, Raw};

#[test]
fn a_base_that_leads_nowhere_is_told_from_what_the_caller_may_know() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let account = &acme.service_account;
    let mut raw = Raw::bound(&demo.ldap, &account.dn, &account.password);
    let own = format!("your organization's base is {}", acme.base);
    let inside = "what is below the base stands in ou=people, ou=groups, ou=services".to_owned();
    let nobody = "there is no such entry, or it is not for you".to_owned();
    let cases = [
        ("dc=nowhere".to_owned(), own.clone()),
        (demo.globex().base.clone(), own.clone()),
        (demo.globex().user_dn("nobody"), own.clone()),
        (demo.globex().user("ada").dn.clone(), own),
        (format!("ou=users,{}", acme.base), inside),
        (acme.user_dn("nobody"), nobody.clone()),
        (format!("cn=x,{}", acme.user("ada").dn), nobody),
    ];
    for (id, (base, words)) in (2..).zip(cases) {
        raw.send(&raw::search(id, &base, 2, raw::present("objectClass")));
        let answer = raw.receive().unwrap();
        assert_eq!((answer.code(), answer.words().1), (32, words), "{base}");
    }
}

#[test]
fn limits_and_missing_attributes_are_told_in_words() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let client = demo.ldap().as_service(&acme.service_account);
    let limited = client.clone().with(["-z", "1"]).search(&acme.base, "sub", "(uid=*)", &["1.1"]);
    assert_eq!(limited.code, 4);
    assert!(limited.output.stderr.contains("ask for pages"), "{limited:?}");
    let ada = &acme.user("ada").dn;
    for (assertion, code, words) in [
        ("nosuch:x", 17, "no entry can have this attribute"),
        ("member:x", 16, "the entry has no such attribute"),
    ] {
        let compared = client.compare(ada, assertion);
        assert_eq!(compared.code, code, "{compared:?}");
        let said = format!("{}{}", compared.stdout, compared.stderr);
        assert!(said.contains(words), "{said}");
    }
}
