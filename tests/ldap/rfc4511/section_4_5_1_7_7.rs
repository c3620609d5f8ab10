//! RFC 4511 section 4.5.1.7.7: matching by a rule that the client names.

use serde_json::json;

use crate::harness::office::Office;

#[test]
fn text_is_compared_with_or_without_case_as_the_rule_says() {
    let office = Office::new();
    for login in ["Ada", "bob"] {
        let fields = json!({
            "login": login, "display_name": format!("{login} Lovelace"), "surname": "Lovelace",
            "home_directory": "/home/Ada", "uid_number": if login == "Ada" { 10_005 } else { 10_002 }
        });
        office.make("users", &fields);
    }
    let client = office.ldap();
    let (ada, bob) = (office.user_dn("Ada"), office.user_dn("bob"));
    let both = [ada.as_str(), bob.as_str()];
    for (filter, expected) in [
        ("(uid:caseExactMatch:=Ada)", &both[..1]),
        ("(uid:2.5.13.5:=ada)", &[]),
        ("(uid:caseIgnoreMatch:=ADA)", &both[..1]),
        ("(uid:2.5.13.2:=ada)", &both[..1]),
        ("(cn:caseExactMatch:=Ada Lovelace)", &both[..1]),
        ("(cn:caseExactSubstringsMatch:=Ada\\2a)", &both[..1]),
        ("(cn:caseExactSubstringsMatch:=ada\\2a)", &[]),
        ("(cn:caseIgnoreSubstringsMatch:=\\2aLOVE\\2a)", &both[..]),
        ("(cn:2.5.13.4:=\\2a)", &both[..]),
        ("(uid:caseIgnoreOrderingMatch:=b)", &both[..1]),
        ("(uid:caseExactOrderingMatch:=b)", &both[..1]),
        ("(homeDirectory:caseIgnoreMatch:=/HOME/ada)", &both[..]),
        ("(homeDirectory:caseExactIA5Match:=/HOME/ada)", &[]),
        ("(uidNumber:integerMatch:=10005)", &both[..1]),
        ("(uidNumber:integerOrderingMatch:=10005)", &both[1..]),
        ("(uidNumber:1.2.840.113556.1.4.803:=5)", &both[..1]),
        ("(uidNumber:1.2.840.113556.1.4.804:=3)", &both[..]),
        ("(uidNumber:caseIgnoreMatch:=10005)", &[]),
        ("(!(uidNumber:caseIgnoreMatch:=10005))", &[]),
        ("(uid:integerMatch:=5)", &[]),
        ("(uid:2.4.6.8.10:=ada)", &[]),
        ("(!(uid:2.4.6.8.10:=ada))", &[]),
        ("(:caseExactMatch:=Ada)", &both[..1]),
        ("(:2.4.6.8.10:=ada)", &[]),
        ("(ou:dn:=nowhere)", &[]),
    ] {
        let filter = format!("(&{filter}(objectClass=person))");
        let found = office.find(&client, &filter, &["1.1"]);
        assert_eq!(found.names(), expected, "{filter}");
    }
    for filter in ["(&(ou:dn:=people)(uid=*))", "(&(ou:dn:caseIgnoreMatch:=People)(uid=*))"] {
        assert_eq!(office.find(&client, filter, &["1.1"]).names(), both, "{filter}");
    }
    let dc = format!("(&(dc:dn:={})(uid=*))", office.slug);
    assert_eq!(office.find(&client, &dc, &["1.1"]).names(), both);
}
