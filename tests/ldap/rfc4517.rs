//! RFC 4517: syntaxes and matching rules.

use serde_json::json;

use crate::harness::office::Office;

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
