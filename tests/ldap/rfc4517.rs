//! RFC 4517: syntaxes and matching rules.

use serde_json::json;

use crate::harness::office::Office;
use crate::harness::ssh_keys::SSH_KEYS;

#[test]
fn section_4_2_19_numbers_are_ordered_as_numbers() {
    let office = Office::new();
    let client = office.ldap();
    for (login, number) in [("nine", 1009), ("ten", 1010), ("hundred", 1100), ("many", 20000)] {
        let fields = json!({"login": login, "display_name": login, "surname": login,
                            "uid_number": number});
        office.make("users", &fields);
    }
    let cases: [(&str, &[&str]); 7] = [
        ("(uidNumber>=1010)", &["hundred", "many", "ten"]),
        ("(uidNumber<=1010)", &["nine", "ten"]),
        ("(uidNumber=1100)", &["hundred"]),
        ("(uidNumber=1011)", &[]),
        ("(&(uidNumber>=1010)(uidNumber<=1100))", &["hundred", "ten"]),
        ("(uidNumber=ten)", &[]),
        ("(!(uidNumber=ten))", &[]),
    ];
    for (filter, logins) in cases {
        let mut expected: Vec<String> = logins.iter().map(|login| office.user_dn(login)).collect();
        expected.sort();
        let both = format!("(&(objectClass=posixAccount){filter})");
        assert_eq!(office.find(&client, &both, &["1.1"]).names(), expected, "{filter}");
    }
}

#[test]
fn section_4_2_11_needless_spaces_do_not_count_and_needed_ones_do() {
    let office = Office::new();
    let client = office.ldap();
    let fields = json!({"login": "ada", "display_name": "Ada  King Lovelace", "surname": "King"});
    office.make("users", &fields);
    for filter in ["(cn=ada king lovelace)", "(cn= ADA   KING  LOVELACE )", "(cn=ada king*)"] {
        assert_eq!(office.find(&client, filter, &["1.1"]).names().len(), 1, "{filter}");
    }
    for filter in ["(cn=adaking lovelace)", "(cn=ada*king*king*)", "(cn=adak*)"] {
        assert!(office.find(&client, filter, &["1.1"]).names().is_empty(), "{filter}");
    }
}

#[test]
fn section_4_2_29_and_30_spaces_and_hyphens_of_telephone_numbers_do_not_count() {
    let office = Office::new();
    let client = office.ldap();
    for (login, phone) in [("ada", "+49 (30) 1234-56"), ("bob", "+49 30 777")] {
        let fields = json!({"login": login, "display_name": login, "surname": "X", "phone": phone,
                            "mobile": format!("{phone} 9")});
        office.make("users", &fields);
    }
    for filter in [
        "(telephoneNumber=+49 \\2830\\29 1234-56)",
        "(telephoneNumber=+49\\2830\\29123456)",
        "(telephoneNumber=+-4-9-\\2830\\29-1 2 3 4 5 6)",
        "(mobile=+49\\2830\\291234569)",
        "(telephoneNumber=+49*1 2-34*)",
        "(telephoneNumber=*-3 4 5*6)",
        "(mobile=*3456-9)",
        "(telephoneNumber:telephoneNumberMatch:=+49\\2830\\29123456)",
        "(telephoneNumber:2.5.13.21:=\\2a12 34\\2a)",
        "(:telephoneNumberMatch:=+49\\2830\\29123456)",
    ] {
        assert_eq!(
            office.find(&client, filter, &["1.1"]).names(),
            [office.user_dn("ada")],
            "{filter}"
        );
    }
    for filter in
        ["(telephoneNumber=+4930123456)", "(telephoneNumber=*12*12*)", "(telephoneNumber>=+)"]
    {
        assert!(office.find(&client, filter, &["1.1"]).names().is_empty(), "{filter}");
    }
    // What is shown is what was written.
    let shown = office.find(&client, "(uid=ada)", &["telephoneNumber"]);
    assert_eq!(shown.only().values("telephoneNumber"), ["+49 (30) 1234-56"]);
}

#[test]
fn section_4_2_27_definitions_are_found_by_their_numbers_and_names() {
    let office = Office::new();
    let client = office.ldap();
    let found = |filter: &str| {
        let found = client.search("cn=subschema", "base", filter, &["cn"]);
        assert_eq!(found.code, 0, "{filter}: {found:?}");
        found.entries.len()
    };
    for filter in [
        "(attributeTypes=2.5.4.3)",
        "(attributeTypes=commonName)",
        "(objectClasses=inetOrgPerson)",
        "(matchingRules:objectIdentifierFirstComponentMatch:=caseIgnoreMatch)",
        "(&(objectClass=subschema)(cn=Subschema)(!(attributeTypes=1.2.3.4)))",
    ] {
        assert_eq!(found(filter), 1, "{filter}");
    }
    for filter in [
        "(attributeTypes=1.2.3.4)",
        "(attributeTypes=nosuch)",
        "(!(attributeTypes=nosuch))",
        "(!(nosuch=x))",
    ] {
        assert_eq!(found(filter), 0, "{filter}");
    }
}

/// What is asked of `ADDRESS`, and who has it.
const ADDRESSES: &[(&str, &[&str])] = &[
    ("(ADDRESS=12 high street$FLAT 3$leeds)", &["ada"]),
    ("(ADDRESS= 12 High Street $ Flat  3 $ Leeds )", &["ada"]),
    ("(ADDRESS=12 High Street$Flat 3, Leeds)", &["bob"]),
    ("(ADDRESS=12 High Street$Flat 3)", &[]),
    ("(ADDRESS=12 High Street Flat 3 Leeds)", &[]),
    ("(ADDRESS=Flat 3$12 High Street$Leeds)", &[]),
    ("(ADDRESS=gold \\5c24 silver$c:\\5c5cstrand$london)", &["eve"]),
    ("(ADDRESS=gold $ silver$c:\\5c5cstrand$london)", &[]),
    ("(&(uid=*)(!(ADDRESS=12 High Street$Flat 3, Leeds)))", &["ada", "eve"]),
    ("(ADDRESS=12 high*)", &["ada", "bob"]),
    ("(ADDRESS=flat*)", &[]),
    ("(ADDRESS=12*flat*leeds)", &["ada", "bob"]),
    ("(ADDRESS=*street * flat*)", &["ada", "bob"]),
    ("(ADDRESS=*street flat*)", &[]),
    ("(ADDRESS=*street$flat*)", &[]),
    ("(ADDRESS=*3leeds)", &[]),
    ("(ADDRESS=*\\5c24 sil*)", &["eve"]),
    ("(ADDRESS=*24*)", &[]),
    ("(ADDRESS=*c:\\5c5cs*)", &["eve"]),
    ("(ADDRESS:2.5.13.11:=12 high street$flat 3, leeds)", &["bob"]),
    ("(ADDRESS:caseIgnoreListSubstringsMatch:=\\2agold $ sil\\2a)", &["eve"]),
    ("(:caseIgnoreListMatch:=12 high street$flat 3, leeds)", &["bob"]),
    // They are in no order, and no rule of one text fits.
    ("(ADDRESS>=1)", &[]),
    ("(!(ADDRESS>=1))", &[]),
    ("(ADDRESS:caseIgnoreMatch:=12 high street$flat 3, leeds)", &[]),
    ("(!(ADDRESS:caseIgnoreMatch:=x))", &[]),
    ("(!(cn:caseIgnoreListMatch:=x))", &[]),
];

#[test]
fn section_4_2_9_and_10_addresses_match_line_by_line_indexed_or_not() {
    for (name, indexed) in [("postalAddress", true), ("homePostalAddress", false)] {
        let office = Office::new();
        let fields = json!({"name": name, "syntax": "text", "multiple": true, "indexed": indexed});
        office.make("custom-attributes", &fields);
        for (login, address) in [
            ("ada", "12 High  Street$Flat 3$Leeds"),
            ("bob", "12 High Street$Flat 3, Leeds"),
            ("eve", "Gold \\24 Silver$C:\\5CStrand$London"),
        ] {
            let fields = json!({"login": login, "display_name": login, "surname": "X",
                                "custom": {name: ["elsewhere", address]}});
            office.make("users", &fields);
        }
        let client = office.ldap();
        for (filter, expected) in ADDRESSES {
            let filter = filter.replace("ADDRESS", name);
            let expected: Vec<String> =
                expected.iter().map(|login| office.user_dn(login)).collect();
            assert_eq!(office.find(&client, &filter, &["1.1"]).names(), expected, "{filter}");
        }
        let ada = office.user_dn("ada");
        for (address, code) in [("12 HIGH street $ flat 3$Leeds", 6), ("12 High Street$Flat 3", 5)]
        {
            let compared = client.compare(&ada, &format!("{name}:{address}"));
            assert_eq!(compared.code, code, "{compared:?}");
        }
        // What is shown is what was written.
        let shown = office.find(&client, "(uid=eve)", &[name]);
        let written = ["Gold \\24 Silver$C:\\5CStrand$London", "elsewhere"];
        assert_eq!(shown.only().values(name), written);
    }
}

/// Ada and Bob, of whom Ada is in a group within a group.
fn peopled() -> Office {
    let office = Office::new();
    let address = json!({"name": "postalAddress", "syntax": "text", "indexed": true});
    office.make("custom-attributes", &address);
    let ada = json!({"login": "ada", "display_name": "Ada King", "surname": "King",
        "mail": ["ada@acme.example"], "home_directory": "/home/Ada", "uid_number": 4004,
        "gid_number": 4004, "phone": "+1 23", "ssh_keys": [format!("{}  ada", SSH_KEYS[0])],
        "custom": {"postalAddress": "12 High  Street$Leeds"}});
    let bob = json!({"login": "bob", "display_name": "Bob", "surname": "Bee", "uid_number": 4009});
    let ada = office.make("users", &ada);
    office.make("users", &bob);
    let staff = office.group("staff", &[ada["id"].as_str().unwrap()], &[]);
    office.group("all", &[], &[&staff]);
    office
}

#[test]
fn section_4_2_31_a_unique_name_matches_with_and_without_an_identifier() {
    let office = peopled();
    office.lay_out("unique_member");
    let client = office.ldap();
    let ada = office.user_dn("ada");
    for filter in [
        format!("(uniqueMember={ada})"),
        format!("(uniqueMember={ada}#'0101'B)"),
        format!("(uniqueMember:uniqueMemberMatch:={ada})"),
        format!("(:2.5.13.23:={ada}#''B)"),
    ] {
        let found = office.find(&client, &filter, &["1.1"]);
        assert!(found.names().iter().any(|name| name.starts_with("cn=staff,")), "{filter}");
    }
    let wrong = format!("(uniqueMember={ada}#'2'B)");
    assert!(office.find(&client, &wrong, &["1.1"]).names().is_empty());
}

#[test]
fn section_4_2_16_a_fraction_of_a_second_lies_behind_the_second() {
    let office = peopled();
    let client = office.ldap();
    let shown = office.find(&client, "(uid=ada)", &["createTimestamp"]);
    let made = shown.only().values("createTimestamp")[0].trim_end_matches('Z').to_owned();
    for (filter, expected) in [
        (format!("(createTimestamp={made}.0Z)"), 1),
        (format!("(createTimestamp={made}.5Z)"), 0),
        (format!("(createTimestamp>={made}.5Z)"), 0),
        (format!("(createTimestamp<={made}.5Z)"), 1),
        (format!("(createTimestamp>={made}Z)"), 1),
    ] {
        let filter = format!("(&(uid=ada){filter})");
        assert_eq!(office.find(&client, &filter, &["1.1"]).names().len(), expected, "{filter}");
    }
}

/// A rule, how it is asked for, and who matches.
type Case<'c> = (&'c str, &'c str, &'c [&'c str]);

/// Every rule that the subschema lists, but the one that only definitions are found by.
const RULES: &[Case<'static>] = &[
    ("caseIgnoreMatch", "(cn:RULE:=ADA  king)", &["ada"]),
    ("caseIgnoreOrderingMatch", "(cn:RULE:=bob)", &["ada", "all"]),
    ("caseIgnoreSubstringsMatch", "(cn:RULE:=ad\\2aKING)", &["ada"]),
    ("caseExactMatch", "(cn:RULE:=Ada King)", &["ada"]),
    ("caseExactMatch", "(cn:RULE:=ada king)", &[]),
    ("caseExactMatch", "(cn:RULE:=Ada\\ee\\80\\80King)", &[]),
    ("caseExactOrderingMatch", "(cn:RULE:=Bob)", &["ada"]),
    ("caseExactSubstringsMatch", "(cn:RULE:=A\\2aKing)", &["ada"]),
    ("caseExactSubstringsMatch", "(cn:RULE:=a\\2aKing)", &[]),
    ("caseIgnoreListMatch", "(postalAddress:RULE:=12 HIGH street $leeds)", &["ada"]),
    ("caseIgnoreListMatch", "(postalAddress:RULE:=12 High Street)", &[]),
    ("caseIgnoreListSubstringsMatch", "(postalAddress:RULE:=12\\2aSTREET\\2aleeds)", &["ada"]),
    ("caseIgnoreListSubstringsMatch", "(postalAddress:RULE:=\\2astreet leeds)", &[]),
    ("caseIgnoreIA5Match", "(mail:RULE:=ADA@acme.example)", &["ada"]),
    ("caseIgnoreIA5SubstringsMatch", "(mail:RULE:=\\2a@ACME\\2a)", &["ada"]),
    ("caseExactIA5Match", "(homeDirectory:RULE:=/home/Ada)", &["ada"]),
    ("caseExactIA5Match", "(homeDirectory:RULE:=/home/ada)", &[]),
    ("caseExactIA5SubstringsMatch", "(homeDirectory:RULE:=\\2a/A\\2a)", &["ada"]),
    ("integerMatch", "(uidNumber:RULE:=4004)", &["ada"]),
    ("integerMatch", "(uidNumber:RULE:=+4004)", &[]),
    ("integerOrderingMatch", "(uidNumber:RULE:=4005)", &["ada"]),
    ("integerBitAndMatch", "(uidNumber:RULE:=4004)", &["ada"]),
    ("integerBitAndMatch", "(uidNumber:RULE:=9)", &["bob"]),
    ("integerBitOrMatch", "(uidNumber:RULE:=1)", &["bob"]),
    ("generalizedTimeMatch", "(&(uid=ada)(createTimestamp:RULE:=MADE))", &["ada"]),
    ("generalizedTimeOrderingMatch", "(&(uid=ada)(createTimestamp:RULE:=MADE))", &[]),
    ("generalizedTimeOrderingMatch", "(createTimestamp:RULE:=99991231235959Z)", &["ada", "bob"]),
    ("distinguishedNameMatch", "(member:RULE:=UID=Ada, OU=people, BASE)", &["all", "staff"]),
    ("distinguishedNameInChainMatch", "(member:RULE:=uid=ada,ou=people,BASE)", &["all", "staff"]),
    ("distinguishedNameInChainMatch", "(memberOf:RULE:=cn=all,ou=groups,BASE)", &["ada", "staff"]),
    ("objectIdentifierMatch", "(objectClass:RULE:=2.5.6.6)", &["ada", "bob"]),
    ("objectIdentifierMatch", "(objectClass:RULE:=PERSON)", &["ada", "bob"]),
    ("objectIdentifierMatch", "(!(objectClass:RULE:=nosuch))", &[]),
    ("objectIdentifierMatch", "(&(uid=*)(!(objectClass:RULE:=1.2.3.4)))", &["ada", "bob"]),
    ("UUIDMatch", "(entryUUID:RULE:=ITS-ID)", &["ada"]),
    ("UUIDOrderingMatch", "(&(uid=ada)(entryUUID:RULE:=ITS-ID))", &[]),
    (
        "UUIDOrderingMatch",
        "(&(uid=ada)(entryUUID:RULE:=ffffffff-ffff-ffff-ffff-ffffffffffff))",
        &["ada"],
    ),
    ("octetStringMatch", "(sshPublicKey:RULE:=SSH-KEY  ada)", &["ada"]),
    ("octetStringMatch", "(sshPublicKey:RULE:=SSH-KEY ada)", &[]),
    ("octetStringMatch", "(&(uid=ada)(!(sshPublicKey:RULE:=\\ff)))", &["ada"]),
    ("octetStringOrderingMatch", "(sshPublicKey:RULE:=\\ff)", &["ada"]),
    ("octetStringOrderingMatch", "(sshPublicKey:RULE:=SSH-KEY  ada)", &[]),
    ("booleanMatch", "(&(ou=people)(hasSubordinates:RULE:=TRUE))", &["people"]),
    ("telephoneNumberMatch", "(telephoneNumber:RULE:=+1-2-3)", &["ada"]),
    ("telephoneNumberSubstringsMatch", "(telephoneNumber:RULE:=\\2a23)", &["ada"]),
];

#[test]
fn section_4_2_each_rule_that_is_listed_works_by_name_and_number() {
    let office = peopled();
    let client = office.ldap();
    let subschema = client.search("cn=subschema", "base", "(objectClass=*)", &["matchingRules"]);
    let listed = subschema.only().values("matchingRules");
    let word =
        |rule: &str, at: usize| rule.split(' ').nth(at).unwrap().trim_matches('\'').to_owned();
    let listed: Vec<(String, String)> =
        listed.iter().map(|rule| (word(rule, 3), word(rule, 1))).collect();
    let shown = office.find(&client, "(uid=ada)", &["entryUUID", "createTimestamp"]);
    let fact = |name: &str| shown.only().values(name)[0].to_owned();
    for (name, number) in &listed {
        let tried: Vec<&Case<'_>> = RULES.iter().filter(|(rule, ..)| rule == name).collect();
        let elsewhere = matches!(
            &**name,
            "objectIdentifierFirstComponentMatch" | "uniqueMemberMatch" | "certificateExactMatch"
        );
        assert!(elsewhere || !tried.is_empty(), "{name} is listed and was not tried");
        for (_, filter, expected) in tried {
            for rule in [name, number] {
                let filter = filter
                    .replace("RULE", rule)
                    .replace("BASE", &office.base)
                    .replace("SSH-KEY", SSH_KEYS[0])
                    .replace("ITS-ID", &fact("entryUUID"))
                    .replace("MADE", &fact("createTimestamp"));
                let found = office.find(&client, &filter, &["1.1"]);
                let part = |dn: &&str| dn.split([',', '=']).nth(1).unwrap().to_owned();
                let mut found: Vec<String> = found.names().iter().map(part).collect();
                // Everything else was made at some time as well.
                found
                    .retain(|it| !filter.contains("createTimestamp") || it == "ada" || it == "bob");
                found.sort();
                assert_eq!(found, *expected, "{filter}");
            }
        }
    }
}
