//! RFC 4514: names as strings.

use serde_json::json;

use crate::harness::office::Office;

/// Names that need escapes, or look as if they did.
const NAMES: &[&str] = &[
    "Smith, Adam",
    "a+b",
    "the \"best\"",
    "back\\slash",
    "a=b",
    "<x>;y",
    "#hash",
    "in the middle # +",
    "Ærøskøbing",
    "日本",
    "(star*)",
];

#[test]
fn section_3_names_with_special_characters_come_back_and_lead_to_their_entries() {
    let office = Office::new();
    let client = office.ldap();
    for name in NAMES {
        office.make("groups", &json!({"name": name}));
    }
    let groups = format!("ou=groups,{}", office.base);
    let found = client.search(&groups, "one", "(objectClass=groupOfNames)", &["cn"]);
    assert_eq!(found.names().len(), NAMES.len());
    for entry in &found.entries {
        assert!(NAMES.contains(&entry.value("cn")), "{entry:?}");
        let again = client.search(&entry.dn, "base", "(objectClass=*)", &["cn", "entryDN"]);
        assert_eq!(again.only().value("cn"), entry.value("cn"), "{}", entry.dn);
        assert_eq!(again.only().value("entryDN"), entry.dn);
    }
}

#[test]
fn section_2_4_names_are_matched_however_they_are_escaped() {
    let office = Office::new();
    let client = office.ldap();
    let ada = office.user("ada", "correct horse battery");
    office.group("Smith, Adam+Eve", &[&ada], &[]);
    let spellings = ["Smith\\, Adam\\+Eve", "Smith\\2c Adam\\2BEve", "smith\\,  adam\\+eve"];
    for spelling in spellings {
        let dn = format!("cn={spelling},ou=groups,{}", office.base);
        let found = client.search(&dn, "base", "(objectClass=*)", &["cn"]);
        assert_eq!(found.only().value("cn"), "Smith, Adam+Eve", "{dn}");
        // In a filter a backslash is written as its octet (RFC 4515).
        let filter = format!("(memberOf={})", dn.replace('\\', "\\5c"));
        assert_eq!(office.find(&client, &filter, &["1.1"]).names(), [office.user_dn("ada")]);
    }
}
