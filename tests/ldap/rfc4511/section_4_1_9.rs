//! Section 4.1.9: what a result says to the person who configures an application.

use serde_json::json;

use crate::harness::client::Output;
use crate::harness::demo::Demo;
use crate::harness::office::Office;
use crate::harness::raw::{self, Raw};

#[test]
fn a_base_that_leads_nowhere_is_told_from_what_the_caller_may_know() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let account = &acme.service_account;
    let mut raw = Raw::bound(&demo.ldap, &account.dn, &account.password);
    let own = format!("your organization's base is {}", acme.base);
    let inside = "what is below the base stands in ou=people, ou=groups, ou=services, ou=devices";
    let inside = inside.to_owned();
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
fn the_nearest_entry_is_named_as_deep_as_the_caller_sees() {
    let office = Office::new();
    let ada = office.user("ada", "a long word of hers");
    office.user("bob", "a long word of his");
    let (ada_dn, bob_dn) = (office.user_dn("ada"), office.user_dn("bob"));
    let staff = office.group("staff", &[&ada], &[]);
    let (_, client) = office.application("app", &json!({"groups": [staff]}));
    let people = format!("ou=people,{}", office.base);
    for (base, matched) in [
        (format!("cn=a,{ada_dn}"), &ada_dn),
        (format!("cn=a,cn=b,UID=Ada,{people}"), &ada_dn),
        (format!("cn=a,{bob_dn}"), &people),
        (bob_dn, &people),
        (format!("cn=a,cn=ada,{people}"), &people),
        (format!("cn=a,ou=elsewhere,{}", office.base), &office.base),
    ] {
        let told = |output: &Output| {
            let all = format!("{}{}", output.stdout, output.stderr);
            all.lines().any(|line| line.to_lowercase() == format!("matched dn: {matched}"))
        };
        let found = client.search(&base, "sub", "(objectClass=*)", &["1.1"]);
        assert_eq!(found.code, 32, "{base}");
        assert!(told(&found.output), "{base}: {found:?}");
        let compared = client.compare(&base, "cn:a");
        assert_eq!(compared.code, 32, "{base}");
        assert!(told(&compared), "{base}: {compared:?}");
    }
}

#[test]
fn limits_and_missing_attributes_are_told_in_words() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let client = demo.ldap().as_service(&acme.service_account);
    let limited = client.clone().with(["-z", "1"]).search(&acme.base, "sub", "(uid=*)", &["1.1"]);
    assert_eq!(limited.code, 4);
    assert!(limited.output.stderr.contains("the request's own size limit"), "{limited:?}");
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
