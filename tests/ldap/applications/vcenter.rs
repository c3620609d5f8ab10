//! VMware vCenter with an identity source of the kind OpenLDAP: groups are `groupOfUniqueNames`.

use crate::harness::office::Office;

#[test]
fn users_and_groups_are_listed_and_groups_of_somebody_found_by_unique_member() {
    let office = Office::new();
    let ada = office.user("ada", "a long word of hers");
    office.group("admins", &[&ada], &[]);
    let (_, _, client) = office.profiled("vcenter");
    let dn = office.user_dn("ada");
    let users =
        office.find(&client, "(&(objectClass=inetOrgPerson)(uid=ada))", &["entryUUID", "mail"]);
    assert_eq!(users.only().value("entryUUID"), ada);
    let filter = format!("(&(objectClass=groupOfUniqueNames)(uniqueMember={dn}))");
    let groups = office.find(&client, &filter, &["cn", "uniqueMember", "objectClass", "member"]);
    assert_eq!(groups.only().values("uniqueMember"), [dn.as_str()]);
    assert!(groups.only().values("objectClass").contains(&"groupOfUniqueNames"));
    assert!(groups.only().values("member").is_empty());
    assert!(office.find(&client, "(objectClass=groupOfNames)", &["1.1"]).names().is_empty());
    assert_eq!(office.find(&client, "(uniqueMember=*)", &["1.1"]).names().len(), 1);
    assert!(office.find(&client, &format!("(member={dn})"), &["1.1"]).names().is_empty());
}
