use std::collections::HashSet;
use std::sync::LazyLock;

use super::*;
use crate::selection::Selection;

#[test]
fn every_name_and_number_finds_its_own_attribute() {
    assert!(attributes().len() <= 256, "an index is an octet");
    for kind in attributes() {
        for name in [kind.name].iter().chain(kind.aliases) {
            assert_eq!(attribute(name), Some(kind), "{name}");
            assert_eq!(attribute(&name.to_uppercase()), Some(kind), "{name}");
        }
        let numbered = attribute(kind.oid).map(|kind| kind.oid);
        assert_eq!(numbered, Some(kind.oid), "{}", kind.name);
    }
    assert_eq!(attribute("nosuch"), None);
    assert_eq!(attribute(""), None);
}

const ALL: [Vocabulary; 4] = [
    Vocabulary::Rfc2307bis,
    Vocabulary::Rfc2307,
    Vocabulary::ActiveDirectory,
    Vocabulary::Jumpcloud,
];

#[test]
fn names_and_numbers_are_unique_in_each_vocabulary() {
    for vocabulary in ALL {
        let mut seen = HashSet::new();
        for kind in attributes().iter().filter(|kind| kind.is_in(vocabulary)) {
            for name in [kind.name, kind.oid].iter().chain(kind.aliases) {
                assert!(seen.insert(name.to_lowercase()), "{vocabulary:?} {name}");
            }
        }
        for class in object_classes_in(vocabulary) {
            assert!(seen.insert(class.oid.to_owned()), "{vocabulary:?} {}", class.oid);
        }
    }
}

#[test]
fn what_a_vocabulary_demands_it_has() {
    for vocabulary in ALL {
        for class in object_classes_in(vocabulary) {
            for name in class.must {
                assert!(attribute(name).unwrap().is_in(vocabulary), "{vocabulary:?} {name}");
            }
            for above in class.superclasses() {
                let is_it = |served: &ObjectClass| served.oid == above.oid;
                assert!(object_classes_in(vocabulary).any(is_it), "{vocabulary:?} {}", above.name);
            }
        }
    }
}

#[test]
fn what_the_schema_refers_to_is_defined() {
    for kind in attributes() {
        assert!(
            kind.superior.is_none_or(|superior| attribute(superior).is_some()),
            "{}",
            kind.name
        );
        assert!(syntaxes().contains(&kind.syntax), "{}", kind.name);
    }
    for class in object_classes() {
        assert!(
            class.superior.is_none_or(|superior| object_class(superior).is_some()),
            "{}",
            class.name
        );
        for name in class.must.iter().chain(class.may) {
            assert_eq!(attribute(name).map(|kind| kind.name), Some(*name), "{}", class.name);
        }
        assert_eq!(class.superclasses().last().map(|class| class.name), Some("top"));
    }
}

#[test]
fn rfc4512_3_3_an_object_class_is_its_superclasses() {
    let class = |name| object_class(name).unwrap();
    let person = class("INETORGPERSON");
    for above in ["2.16.840.1.113730.3.2.2", "organizationalPerson", "person", "top"] {
        assert!(person.is_a(class(above)), "{above}");
    }
    assert!(!person.is_a(class("posixAccount")));
    assert!(!class("person").is_a(person));
}

#[test]
fn rfc4512_2_5_1_subtypes_are_found_from_their_supertype() {
    let names: Vec<_> = attribute("name").unwrap().with_subtypes().map(|kind| kind.name).collect();
    for name in ["name", "cn", "sn", "givenName", "ou", "o", "title", "c"] {
        assert!(names.contains(&name), "{name}");
    }
    assert!(!names.contains(&"uid"));
}

#[test]
fn a_domain_knows_no_subtypes() {
    let kind = |name| attribute(name).unwrap();
    for (name, above) in [("cn", "name"), ("title", "name"), ("member", "distinguishedName")] {
        for vocabulary in ALL {
            let domain = vocabulary == Vocabulary::ActiveDirectory;
            let is_one = kind(name).is_a_in(kind(above), vocabulary);
            assert_eq!(is_one, !domain, "{vocabulary:?} {name}");
            assert!(kind(name).is_a_in(kind(name), vocabulary));
            assert!(!kind(above).is_a_in(kind(name), vocabulary));
        }
    }
    let mut printed = attribute_types(Vocabulary::ActiveDirectory.into());
    assert!(printed.all(|line| !line.contains(" SUP ")));
}

#[test]
fn names_of_others_are_subtypes_of_names_but_where_these_are_entries_own() {
    let member = |vocabulary: Vocabulary| {
        attribute_types(vocabulary.into()).find(|line| line.contains("'member'")).unwrap()
    };
    let rest = "EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )";
    let below = format!("( 2.5.4.31 NAME 'member' SUP distinguishedName {rest}");
    let apart = format!("( 2.5.4.31 NAME 'member' {rest}");
    for vocabulary in ALL {
        let domain = vocabulary == Vocabulary::ActiveDirectory;
        assert_eq!(member(vocabulary), if domain { &*apart } else { &*below }, "{vocabulary:?}");
    }
}

#[test]
fn rfc4512_4_1_definitions_are_printed() {
    let printed: Vec<_> = attribute_types(Vocabulary::Rfc2307bis.into()).collect();
    for line in [
        "( 2.5.4.3 NAME ( 'cn' 'commonName' ) SUP name EQUALITY caseIgnoreMatch ORDERING \
         caseIgnoreOrderingMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )",
        "( 1.3.6.1.1.16.4 NAME 'entryUUID' EQUALITY UUIDMatch ORDERING UUIDOrderingMatch SYNTAX \
         1.3.6.1.1.16.1 SINGLE-VALUE NO-USER-MODIFICATION USAGE directoryOperation )",
        "( 2.5.4.16 NAME 'postalAddress' EQUALITY caseIgnoreListMatch SUBSTR \
         caseIgnoreListSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.41 )",
        "( 0.9.2342.19200300.100.1.39 NAME 'homePostalAddress' EQUALITY caseIgnoreListMatch SUBSTR \
         caseIgnoreListSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.41 )",
    ] {
        assert!(printed.iter().any(|printed| printed == line), "{line}");
    }
    let classes: Vec<_> = printed_object_classes(Vocabulary::Rfc2307bis.into()).collect();
    let line = "( 2.5.6.6 NAME 'person' SUP top STRUCTURAL MUST ( sn $ cn ) MAY ( userPassword $ \
                telephoneNumber $ seeAlso $ description ) )";
    assert!(classes.iter().any(|printed| printed == line));
    let certificates = "( 2.5.4.36 NAME 'userCertificate' EQUALITY certificateExactMatch SYNTAX \
                        1.3.6.1.4.1.1466.115.121.1.8 )";
    assert!(printed.iter().any(|printed| printed == certificates));
    let line = "( 2.5.6.21 NAME 'pkiUser' SUP top AUXILIARY MAY ( userCertificate ) )";
    assert!(classes.iter().any(|printed| printed == line));
    assert!(ldap_syntaxes().any(|line| line == "( 1.3.6.1.1.16.1 DESC 'UUID' )"));
    let assertion = "( 1.3.6.1.1.15.1 DESC 'X.509 Certificate Exact Assertion' )";
    assert!(ldap_syntaxes().any(|line| line == assertion));
    let rule = "( 2.5.13.34 NAME 'certificateExactMatch' SYNTAX 1.3.6.1.1.15.1 )";
    assert!(printed_matching_rules().any(|line| line == rule));
    assert_eq!(printed_matching_rules().count(), matching_rules().len());
}

#[test]
fn what_no_entry_has_is_printed_only_where_organizations_may_have_it() {
    static HIDDEN: LazyLock<Selection> = LazyLock::new(|| {
        let members = ["memberUid", "uniqueMember", "distinguishedName", "owner"];
        let names = members.into_iter().chain(["carLicense", "userPassword"]);
        Selection::of(names.filter_map(attribute))
    });
    let served = Served {
        hidden: &HIDDEN,
        classes: Some(&["top", "person", "inetOrgPerson", "posixGroup"]),
        ..Vocabulary::Rfc2307bis.into()
    };
    let types: Vec<_> = attribute_types(served).collect();
    let has = |name: &str| types.iter().any(|line| line.contains(&format!("'{name}'")));
    assert_eq!(["memberUid", "uniqueMember", "owner"].map(has), [false; 3]);
    // What organizations may have is a subtype of the last one.
    assert_eq!(["carLicense", "userPassword", "cn", "distinguishedName"].map(has), [true; 4]);
    let classes: Vec<_> = printed_object_classes(served).collect();
    let names = |name: &&str| classes.iter().any(|line| line.contains(&format!("NAME '{name}'")));
    let all = ["top", "person", "inetOrgPerson", "posixGroup", "subentry", "subschema", "device"];
    let printed: Vec<_> = all.into_iter().filter(names).collect();
    assert_eq!((printed.len(), classes.len()), (6, 6), "{classes:?}");
    let group = classes.iter().find(|line| line.contains("'posixGroup'")).unwrap();
    assert!(group.ends_with("MAY ( userPassword $ description ) )"), "{group}");
}

#[test]
fn rfc4517_4_matching_rules_are_found_by_name_and_number() {
    assert_eq!(matching_rule("CASEIGNOREMATCH").unwrap().matching, Matching::CaseIgnore);
    assert_eq!(matching_rule("2.5.13.14").unwrap().name, "integerMatch");
    assert_eq!(matching_rule("1.2.840.113556.1.4.803").unwrap().matching, Matching::AllBits);
    assert_eq!(matching_rule("1.2.840.113556.1.4.1941").unwrap().matching, Matching::InChain);
    assert!(matching_rule("1.2.840.113556.1.4.9999").is_none());
    assert_eq!(Matching::CaseExactIa5.ordering().map(|rule| rule.name), None);
}

#[test]
fn groups_that_come_unasked_are_for_users_and_allowed_to_every_entry() {
    let printed = |groups_unasked| {
        let served = Served { groups_unasked, ..Vocabulary::Rfc2307bis.into() };
        let kind = attribute_types(served).find(|line| line.contains("'memberOf'")).unwrap();
        let top = printed_object_classes(served).find(|line| line.contains("'top'")).unwrap();
        (kind, top)
    };
    let (kind, top) = printed(false);
    assert!(kind.ends_with(" NO-USER-MODIFICATION USAGE directoryOperation )"), "{kind}");
    assert!(!top.contains("memberOf"), "{top}");
    let (kind, top) = printed(true);
    assert!(kind.ends_with(" SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )"), "{kind}");
    assert!(top.ends_with(" MAY ( memberOf ) )"), "{top}");
}
