//! Synology DSM and other storage with the profile of RFC 2307: groups list logins.

use crate::harness::office::Office;

#[test]
fn accounts_and_groups_are_read_whole_and_groups_list_logins_nested_ones_included() {
    let office = Office::new();
    let ada = office.user("ada", "a long word of hers");
    let bob = office.user("bob", "a long word of his");
    let inner = office.group("inner", &[&ada], &[]);
    office.group("outer", &[&bob], &[&inner]);
    let (_, _, client) = office.profiled("synology");
    let attributes = ["uid", "uidNumber", "gidNumber", "homeDirectory", "loginShell"];
    let accounts = office.find(&client, "(objectClass=posixAccount)", &attributes);
    assert_eq!(accounts.names().len(), 2);
    let group =
        office.find(&client, "(&(objectClass=posixGroup)(cn=outer))", &["memberUid", "member"]);
    assert_eq!(group.only().values("memberUid"), ["ada", "bob"]);
    assert!(group.only().values("member").is_empty());
    let of_ada = office.find(&client, "(&(objectClass=posixGroup)(memberUid=ada))", &["cn"]);
    assert_eq!(of_ada.names().len(), 2);
    let of_bob = office.find(&client, "(&(objectClass=posixGroup)(memberUid=bob))", &["cn"]);
    assert_eq!(of_bob.only().value("cn"), "outer");
    assert!(office.find(&client, "(memberUid=nobody)", &["cn"]).names().is_empty());
    assert_eq!(
        office.find(&client, "(structuralObjectClass=posixGroup)", &["cn"]).names().len(),
        2
    );
}
