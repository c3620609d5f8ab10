use super::*;
use proptest::prelude::*;

fn dn(text: &str) -> Dn {
    Dn::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn rfc4517_4_2_15_names_are_equal_however_they_are_spelled() {
    let name = dn("uid=ada,ou=people,dc=acme,dc=example");
    for other in [
        "UID=Ada,OU=People,DC=ACME,DC=Example",
        " uid = ada , ou=people ,dc=acme, dc=example ",
        "uid=ada;ou=people;dc=acme;dc=example",
        "userid=ada,organizationalUnitName=people,domainComponent=acme,dc=example",
        "0.9.2342.19200300.100.1.1=ada,2.5.4.11=people,OID.0.9.2342.19200300.100.1.25=acme,dc=example",
        "uid=\\61d\\61,ou=\"people\",dc=acme,dc=example",
        "uid=#0403616461,ou=people,dc=acme,dc=example",
    ] {
        assert_eq!(dn(other), name, "{other}");
    }
    assert_ne!(dn("uid=adam,ou=people,dc=acme,dc=example"), name);
}

#[test]
fn rfc4514_4_examples_are_read() {
    for (text, normalized) in [
        ("UID=jsmith,DC=example,DC=net", "uid=jsmith,dc=example,dc=net"),
        ("OU=Sales+CN=J.  Smith,DC=example,DC=net", "cn=j. smith+ou=sales,dc=example,dc=net"),
        (
            "CN=James \\\"Jim\\\" Smith\\, III,DC=example",
            "cn=james \\\"jim\\\" smith\\, iii,dc=example",
        ),
        ("CN=Before\\0dAfter,DC=example,DC=net", "cn=before after,dc=example,dc=net"),
        ("1.3.6.1.4.1.1466.0=#04024869", "1.3.6.1.4.1.1466.0=hi"),
        ("CN=Lu\\C4\\8Di\\C4\\87", "cn=lučić"),
    ] {
        assert_eq!(dn(text).as_str(), normalized);
    }
}

#[test]
fn rfc4514_2_4_special_characters_round_trip() {
    for value in
        ["a,b", "a+b", "\"q\"", "back\\slash", "#lead", "a=b", "<x>", ";", "ä,ß", "a\\", "\\,"]
    {
        let name = dn(&format!("cn={},dc=acme", escape_value(value)));
        let (kind, read) = name.rdn().unwrap().single().unwrap();
        assert_eq!((kind, read.as_ref()), ("cn", crate::case_ignore(value).as_ref()), "{value}");
        assert_eq!(dn(name.as_str()), name);
        assert_eq!(name.rdns().count(), 2);
    }
    assert_eq!(escape_value(" x "), "\\ x\\ ");
    assert_eq!(escape_value("a\0b\nc"), "a\\00b\\0ac");
    assert!(matches!(escape_value("plain name"), Cow::Borrowed(_)));
}

#[test]
fn rfc4514_3_what_is_no_dn_is_refused() {
    for text in [
        "ada",
        "=x",
        "uid",
        ",",
        "uid=a,",
        ",uid=a",
        "uid=a,,dc=b",
        "u_d=a",
        "1.=x",
        "01.2=x",
        "cn=a\\",
        "cn=a\\zz",
        "cn=\\ff",
        "cn=#0",
        "cn=#zz",
        "cn=#04",
        "cn=#020101",
        "cn=\"a",
        "cn=a\"b",
        "cn=a<b",
        "cn=a\\,b<",
        "cn=\"a\"b\"",
        "cn=a+",
        "cn=a+cn=a",
        "cn=x\0",
    ] {
        assert_eq!(Dn::parse(text), Err(Error::Syntax), "{text}");
    }
}

#[test]
fn names_are_bounded() {
    assert_eq!(Dn::parse(&"x".repeat(LENGTH + 1)), Err(Error::TooLong));
    assert_eq!(Dn::parse(&vec!["dc=x"; RDNS + 1].join(",")), Err(Error::TooLong));
    assert_eq!(Dn::parse(&vec!["dc=x"; RDNS].join(",")).unwrap().rdns().count(), RDNS);
}

#[test]
fn the_root_is_above_everything() {
    for text in ["", "  "] {
        assert_eq!(dn(text), Dn::ROOT);
    }
    assert!(dn("dc=x").ends_with(&Dn::ROOT));
    assert_eq!(Dn::ROOT.rdn(), None);
    assert_eq!(Dn::ROOT.parent(), None);
    assert_eq!(dn("dc=x").parent(), Some(Dn::ROOT));
}

#[test]
fn a_name_is_below_another_by_whole_rdns_only() {
    let base = dn("dc=acme,dc=example");
    assert_eq!(dn("uid=ada,ou=people,dc=acme,dc=example").below(&base), Some("uid=ada,ou=people"));
    assert_eq!(base.below(&base), Some(""));
    assert_eq!(dn("dc=example").below(&base), None);
    assert_eq!(dn("xdc=acme,dc=example").below(&base), None);
    assert_eq!(dn("cn=a\\,dc\\=acme,dc=example").below(&base), None);
    let relative = dn("uid=ada,ou=people");
    assert_eq!(relative.under(&base), dn("uid=ada,ou=people,dc=acme,dc=example"));
    assert_eq!(relative.under(&base).parent(), Some(dn("ou=people,dc=acme,dc=example")));
}

#[test]
fn a_backslash_before_the_separator_belongs_to_the_value() {
    // The value ends in a backslash, so the comma behind it separates.
    let name = dn("cn=a\\\\,dc=acme");
    assert!(name.ends_with(&dn("dc=acme")));
    assert_eq!(name.rdn().unwrap().single().unwrap().1, "a\\");
}

#[test]
fn an_rdn_shows_its_parts() {
    let name = dn("ou=Sales+cn=J. Smith,dc=x");
    let rdn = name.rdn().unwrap();
    assert_eq!(rdn.single(), None);
    let parts: Vec<_> = rdn.parts().map(|(kind, value)| format!("{kind}:{value}")).collect();
    assert_eq!(parts, ["cn:j. smith", "ou:sales"]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn normalizing_twice_changes_nothing(text in "([a-z]{1,3}=[ -~äßİ]{0,6}[,+;])*cn=[ -~\u{0}-\u{2ff}]{0,8}") {
        if let Ok(name) = Dn::parse(&text) {
            prop_assert_eq!(Dn::parse(name.as_str()), Ok(name.clone()));
            let again = name.rdns().map(Rdn::as_str).collect::<Vec<_>>().join(",");
            prop_assert_eq!(again, name.as_str());
        }
    }

    #[test]
    fn an_escaped_value_is_read_back_prepared(value in "\\PC{0,12}") {
        let name = Dn::parse(&format!("cn={}", escape_value(&value))).unwrap();
        let (_, read) = name.rdn().unwrap().single().unwrap();
        prop_assert_eq!(read, crate::case_ignore(&value));
    }
}
