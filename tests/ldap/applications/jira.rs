//! Jira and Confluence: groups of unique names, and synchronization by time of change.

use crate::harness::office::Office;

#[test]
fn either_kind_of_members_can_be_configured_and_changes_are_found_by_time() {
    let office = Office::new();
    let ada = office.user("ada", "a long word of hers");
    office.group("users", &[&ada], &[]);
    let client = office.ldap().with(["-E", "pr=1000/noprompt"]);
    let dn = office.user_dn("ada");
    for (layout, class, attribute) in [
        ("rfc2307bis", "groupOfNames", "member"),
        ("unique_member", "groupOfUniqueNames", "uniqueMember"),
    ] {
        office.lay_out(layout);
        let filter = format!("(&(objectClass={class})({attribute}={dn}))");
        let found = office.find(&client, &filter, &["cn", attribute, "entryUUID"]);
        assert_eq!(found.only().values(attribute), [dn.as_str()], "{layout}");
    }
    let since = "(&(objectClass=inetOrgPerson)(modifyTimestamp>=20200101000000Z))";
    assert_eq!(office.find(&client, since, &["modifyTimestamp"]).names(), [dn.as_str()]);
    let later = "(&(objectClass=inetOrgPerson)(modifyTimestamp>=20990101000000Z))";
    assert!(office.find(&client, later, &["modifyTimestamp"]).names().is_empty());
}
