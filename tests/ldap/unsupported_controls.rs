//! Controls that are not offered: refused when critical, else ignored, and not listed (RFC 4511
//! section 4.1.11). Those that change nothing here are taken.

use crate::harness::demo::Demo;
use crate::harness::office::Office;

/// Assertion (RFC 4528), matched values (RFC 3876), proxied authorization (RFC 4370) and persistent
/// search (draft-ietf-ldapext-psearch-03), as OpenLDAP's tool is told of them.
const REFUSED: &[[&str; 2]] = &[
    ["-e", "assert=(uid=*)"],
    ["-E", "mv=(uid=ada)"],
    ["-e", "authzid=u:ada"],
    ["-E", "2.16.840.1.113730.3.4.3=:MAkCAQ8BAf8BAf8="],
];

#[test]
fn what_is_not_offered_is_refused_when_it_matters_and_otherwise_ignored() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let service = demo.ldap().as_service(&acme.service_account);
    for [option, control] in REFUSED {
        let critical = service.clone().with([option, &format!("!{control}")]);
        let refused = critical.search(&acme.base, "sub", "(uid=*)", &["uid"]);
        assert_eq!((refused.code, refused.entries.len()), (12, 0), "{control}: {refused:?}");
        let named = refused.output.stderr.contains("the critical control 1.")
            || refused.output.stderr.contains("the critical control 2.");
        assert!(named, "{control}: {refused:?}");
        // OpenLDAP's tool knows proxied authorization as critical only (RFC 4370 section 3).
        if !control.starts_with("authzid") {
            let ignored = service.clone().with([option, control]);
            let found = ignored.search(&acme.base, "sub", "(uid=*)", &["uid"]);
            assert_eq!(found.names().len(), acme.users.len(), "{control}");
        }
    }
}

#[test]
fn an_assertion_is_refused_beside_comparisons_and_changes_too() {
    let office = Office::new();
    let password = "correct horse battery";
    office.user("ada", password);
    let dn = office.user_dn("ada");
    let ada = office.demo.ldap().bound(&dn, password);
    let asserting = ada.clone().with(["-e", "!assert=(uid=*)"]);
    let compared = asserting.compare(&dn, "uid:ada");
    assert_eq!(compared.code, 12, "{compared:?}");
    let change = format!(
        "dn: {dn}\nchangetype: modify\nreplace: userPassword\nuserPassword: another horse\n"
    );
    let changed = asserting.modify(&change);
    assert_eq!(changed.code, 12, "{changed:?}");
    assert_eq!(ada.who_am_i().code, 0, "the password is as it was");
}

#[test]
fn what_changes_nothing_is_taken() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let service = demo.ldap().as_service(&acme.service_account);
    for dereference in ["never", "always", "search", "find"] {
        let taken = service.clone().with(["-e", "!manageDSAit", "-a", dereference]);
        let found = taken.search(&acme.base, "sub", "(uid=*)", &["uid"]);
        assert_eq!(found.names().len(), acme.users.len(), "{dereference}");
    }
    // What clients of domain controllers send so that they are given no references.
    let taken = service.with(["-E", "!domainScope"]);
    let found = taken.search(&acme.base, "sub", "(uid=*)", &["uid"]);
    assert_eq!(found.names().len(), acme.users.len());
}

#[test]
fn the_root_dse_lists_what_is_offered_and_nothing_else() {
    let demo = Demo::shared();
    let found = demo.ldap().search("", "base", "(objectClass=*)", &["+"]);
    let controls = found.only().values("supportedControl");
    let offered = [
        "1.2.840.113556.1.4.319",
        "1.2.840.113556.1.4.473",
        "2.16.840.1.113730.3.4.9",
        "2.16.840.1.113730.3.4.2",
        "1.2.840.113556.1.4.1339",
    ];
    for oid in offered {
        assert!(controls.contains(&oid), "{oid} is offered");
    }
    let refused = [
        "1.3.6.1.1.12",
        "1.2.826.0.1.3344810.2.3",
        "2.16.840.1.113730.3.4.18",
        "2.16.840.1.113730.3.4.3",
    ];
    for oid in refused {
        assert!(!controls.contains(&oid), "{oid} is not offered");
    }
    assert!(found.only().values("supportedExtension").contains(&"1.3.6.1.1.8"), "Cancel");
}
