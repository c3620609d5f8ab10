//! RFC 4511 section 4.5.1.7.7: matching by a rule that the client names.

use serde_json::json;

use crate::harness::ldap::Ldap;
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

#[test]
fn names_are_compared_by_the_rule_that_is_named() {
    let office = Office::new();
    office.user("ada", "a long word of hers");
    let (client, ada) = (office.ldap(), office.user_dn("ada"));
    let slug = office.slug.to_uppercase();
    for (test, is_so) in [
        ("(ou:dn:=PEOPLE)".to_owned(), true),
        ("(ou:dn:caseExactMatch:=people)".to_owned(), true),
        ("(ou:dn:caseExactMatch:=PEOPLE)".to_owned(), false),
        ("(!(ou:dn:caseExactMatch:=PEOPLE))".to_owned(), true),
        ("(ou:dn:caseIgnoreSubstringsMatch:=PEO\\2a)".to_owned(), true),
        ("(ou:dn:caseExactSubstringsMatch:=PEO\\2a)".to_owned(), false),
        ("(ou:dn:caseIgnoreMatch:=peo\\2a)".to_owned(), false),
        ("(ou:dn:caseIgnoreOrderingMatch:=q)".to_owned(), true),
        ("(ou:dn:caseIgnoreOrderingMatch:=people)".to_owned(), false),
        (format!("(dc:dn:caseIgnoreIA5Match:={slug})"), true),
        (format!("(dc:dn:caseExactIA5Match:={slug})"), false),
        ("(dc:dn:caseIgnoreSubstringsMatch:=\\2aAMPLE)".to_owned(), true),
        ("(:dn:caseIgnoreSubstringsMatch:=\\2aEOPL\\2a)".to_owned(), true),
        ("(:dn:caseExactSubstringsMatch:=\\2aEOPL\\2a)".to_owned(), false),
        // `ou` is a subtype of `name`.
        ("(name:dn:=People)".to_owned(), true),
        ("(name:dn:caseExactMatch:=People)".to_owned(), false),
        ("(cn:dn:=people)".to_owned(), false),
        ("(ou:dn:2.4.6.8.10:=people)".to_owned(), false),
        ("(!(ou:dn:2.4.6.8.10:=people))".to_owned(), false),
    ] {
        let filter = format!("(&{test}(objectClass=person))");
        let expected = if is_so { vec![ada.as_str()] } else { Vec::new() };
        assert_eq!(office.find(&client, &filter, &["1.1"]).names(), expected, "{filter}");
    }
    // Domain controllers have `name` apart.
    office.lay_out("active_directory");
    for (test, count) in [("(name:dn:=users)", 0), ("(cn:dn:=users)", 1)] {
        let filter = format!("(&{test}(objectClass=person))");
        let found = office.find(&client, &filter, &["1.1"]);
        assert_eq!((found.code, found.entries.len()), (0, count), "{filter}");
    }
}

#[test]
fn what_is_made_for_the_answer_is_compared_by_every_rule_of_text() {
    let office = Office::new();
    let [ada, bob] = ["Ada", "bob"].map(|login| office.user(login, "a long word of theirs"));
    let inner = office.group("inner", &[&ada], &[]);
    office.group("outer", &[], &[&inner]);
    office.group("others", &[&bob], &[]);
    let client = office.ldap();
    office.lay_out("rfc2307");
    for (test, expected) in [
        ("(memberUid=ada)", &["inner", "outer"][..]),
        ("(memberUid=a*)", &["inner", "outer"]),
        ("(memberUid=*DA)", &["inner", "outer"]),
        ("(memberUid=*b*)", &["others"]),
        ("(!(memberUid=a*))", &["others"]),
        ("(memberUid:caseExactIA5Match:=Ada)", &["inner", "outer"]),
        ("(memberUid:caseExactMatch:=ada)", &[]),
        ("(!(memberUid:caseExactMatch:=Ada))", &["others"]),
        ("(memberUid:caseExactIA5SubstringsMatch:=Ad\\2a)", &["inner", "outer"]),
        ("(memberUid:caseExactIA5SubstringsMatch:=ad\\2a)", &[]),
        ("(memberUid:caseIgnoreOrderingMatch:=b)", &["inner", "outer"]),
        ("(!(memberUid:integerMatch:=5))", &[]),
    ] {
        let filter = format!("(&{test}(objectClass=posixGroup))");
        assert_eq!(found(&office, &client, &filter), expected, "{filter}");
    }
    office.lay_out("active_directory");
    let domain = office.base.replace("dc=", "").replace(',', ".");
    let loud = domain.to_uppercase();
    for (test, expected) in [
        (format!("(userPrincipalName:caseExactMatch:=Ada@{domain})"), &["Ada"][..]),
        (format!("(userPrincipalName:caseExactMatch:=ada@{domain})"), &[]),
        (format!("(userPrincipalName:caseExactMatch:=Ada@{loud})"), &[]),
        (format!("(!(userPrincipalName:caseExactMatch:=Ada@{domain}))"), &["bob"]),
        (format!("(userPrincipalName:caseExactSubstringsMatch:=A\\2a@{domain})"), &["Ada"]),
        ("(userPrincipalName:caseExactSubstringsMatch:=a\\2a)".to_owned(), &[]),
        ("(!(userPrincipalName:caseExactOrderingMatch:=b))".to_owned(), &[]),
    ] {
        let filter = format!("(&{test}(objectClass=user))");
        assert_eq!(found(&office, &client, &filter), expected, "{filter}");
    }
}

/// Microsoft's number of the rule that walks chains.
const CHAIN: &str = "1.2.840.113556.1.4.1941";

/// The logins and names of what a filter finds.
fn found(office: &Office, client: &Ldap, filter: &str) -> Vec<String> {
    let found = office.find(client, filter, &["1.1"]);
    let name = |dn: &str| dn.split([',', '=']).nth(1).unwrap().to_owned();
    let mut names: Vec<String> = found.names().into_iter().map(name).collect();
    names.sort();
    names
}

/// People under each other: Cyd under Bob under Ada; Dan and Eve under each other; Fay, of the group, is
/// under it, and whoever is under Fay. With their ids, in this order.
fn chained() -> (Office, [String; 7]) {
    let office = Office::new();
    for (name, multiple) in [("manager", false), ("deputyOf", true)] {
        let fields = json!({"name": name, "syntax": "reference", "multiple": multiple});
        office.make("custom-attributes", &fields);
    }
    let logins = ["ada", "bob", "cyd", "dan", "eve", "fay", "gus"];
    let ids = logins.map(|login| office.user(login, "a long word of theirs"));
    office.group("board", &[&ids[5]], &[]);
    for (user, custom) in [
        (1, json!({"manager": "ada", "deputyOf": ["ada"]})),
        (2, json!({"manager": "bob"})),
        (3, json!({"manager": "eve"})),
        (4, json!({"manager": "dan"})),
        (5, json!({"manager": {"group": "board"}})),
        (6, json!({"manager": "fay", "deputyOf": ["bob", "dan"]})),
    ] {
        office.act("PATCH", &format!("users/{}", ids[user]), Some(&json!({"custom": custom})));
    }
    (office, ids)
}

/// Puts a user under another one, or under nobody.
fn manage(office: &Office, user: &str, manager: &serde_json::Value) {
    let fields = json!({"custom": {"manager": manager}});
    office.act("PATCH", &format!("users/{user}"), Some(&fields));
}

#[test]
fn chains_of_an_organizations_own_references_are_walked_to_their_end() {
    let (office, ids) = chained();
    let client = office.ldap();
    let (base, user) = (&office.base, |login| office.user_dn(login));
    for (filter, expected) in [
        (format!("(manager={})", user("ada")), &["bob"][..]),
        (format!("(manager:{CHAIN}:={})", user("ada")), &["bob", "cyd"]),
        (
            format!("(manager:distinguishedNameInChainMatch:=UID=Ada, OU=people,{base})"),
            &["bob", "cyd"],
        ),
        (format!("(manager:{CHAIN}:={})", user("bob")), &["cyd"]),
        (format!("(manager:{CHAIN}:={})", user("cyd")), &[]),
        // Who is in a circle is under everybody in it.
        (format!("(manager:{CHAIN}:={})", user("dan")), &["dan", "eve"]),
        (format!("(manager:{CHAIN}:=cn=board,ou=groups,{base})"), &["fay", "gus"]),
        // One attribute's chain does not go on with another's.
        (format!("(deputyOf:{CHAIN}:={})", user("ada")), &["bob", "gus"]),
        (format!("(deputyOf:{CHAIN}:={})", user("eve")), &[]),
        (
            format!("(&(objectClass=person)(!(manager:{CHAIN}:={})))", user("ada")),
            &["ada", "dan", "eve", "fay", "gus"],
        ),
        (format!("(&(manager:{CHAIN}:={})(uid=c*))", user("ada")), &["cyd"]),
        (format!("(manager:{CHAIN}:=uid=nobody,ou=people,{base})"), &[]),
        (format!("(manager:{CHAIN}:=nobody)"), &[]),
        (format!("(!(manager:{CHAIN}:=nobody))"), &[]),
        (format!("(cn:{CHAIN}:={})", user("ada")), &[]),
    ] {
        assert_eq!(found(&office, &client, &filter), expected, "{filter}");
    }
    manage(&office, &ids[1], &json!(null));
    let under = format!("(manager:{CHAIN}:={})", user("ada"));
    assert_eq!(found(&office, &client, &under), [""; 0], "a broken chain");
}

#[test]
fn no_chain_leads_through_whom_the_caller_does_not_see() {
    let (office, [ada, _, cyd, _, _, _, gus]) = chained();
    let user = |login| office.user_dn(login);
    let some = office.group("some", &[&ada, &cyd, &gus], &[]);
    let (_, client) = office.application("narrow", &json!({"groups": [some]}));
    for (filter, expected) in [
        // Between Cyd and Ada stands Bob.
        (format!("(manager:{CHAIN}:={})", user("ada")), &[""; 0][..]),
        (format!("(manager:{CHAIN}:={})", user("bob")), &[]),
        (format!("(manager:{CHAIN}:={})", user("fay")), &[]),
    ] {
        assert_eq!(found(&office, &client, &filter), expected, "{filter}");
    }
    manage(&office, &gus, &json!("cyd"));
    manage(&office, &cyd, &json!("ada"));
    let under = format!("(manager:{CHAIN}:={})", user("ada"));
    assert_eq!(found(&office, &client, &under), ["cyd", "gus"]);
}
