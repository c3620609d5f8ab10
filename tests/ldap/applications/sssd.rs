//! sssd with either schema: groups name their members both ways.

use crate::harness::office::Office;

#[test]
fn groups_are_found_by_login_and_by_name() {
    let office = Office::new();
    let ada = office.user("ada", "a long word of hers");
    office.group("staff", &[&ada], &[]);
    let (_, _, client) = office.profiled("sssd");
    for member in ["(memberUid=ada)".to_owned(), format!("(member={})", office.user_dn("ada"))] {
        let filter =
            format!("(&{member}(objectClass=posixGroup)(cn=*)(&(gidNumber=*)(!(gidNumber=0))))");
        let found =
            office.find(&client, &filter, &["cn", "member", "memberUid", "modifyTimestamp"]);
        assert_eq!(found.only().values("member"), [office.user_dn("ada")]);
        assert_eq!(found.only().values("memberUid"), ["ada"]);
    }
}
